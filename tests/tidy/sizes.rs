//! Files, functions and parameter lists stay small enough to read.

use syn::{
    Attribute, Block, ImplItemFn, ItemFn, ItemMod, Signature, spanned::Spanned, visit::Visit,
};

use crate::{
    report,
    source::{self, TextFile},
};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 60;
const PARAMETERS: usize = 5;
const HEADER_LINES: usize = 8;

#[test]
fn files_are_not_longer_than_four_hundred_lines() {
    let complaints = programs()
        .iter()
        .map(|file| (file.production_lines(), file))
        .filter(|(lines, _)| *lines > FILE_LINES)
        .map(|(lines, file)| format!("{}: {lines} lines without tests", file.path))
        .collect();

    report(complaints, "split the file by duty; tests over 250 lines go to a file of their own");
}

#[test]
fn functions_are_short_and_take_few_parameters() {
    let mut complaints = Vec::new();
    for file in programs() {
        let parsed = syn::parse_file(&file.text).expect(&file.path);
        let mut functions = Functions { file: &file, complaints: &mut complaints };
        functions.visit_file(&parsed);
    }

    report(complaints, "split the function; put parameters that belong together into a struct");
}

#[test]
fn every_file_opens_with_its_duty() {
    let complaints = source::under(&["src/", "tests/", "benches/", "build.rs"], ".rs")
        .iter()
        .map(|file| (file.text.lines().take_while(|it| it.starts_with("//!")).count(), file))
        .filter(|(lines, _)| !(1..=HEADER_LINES).contains(lines))
        .map(|(lines, file)| format!("{}: {lines} lines of //!", file.path))
        .collect();

    report(
        complaints,
        "open the file with //!: its duty, then what it does not do; 8 lines at most",
    );
}

fn programs() -> Vec<TextFile> {
    let mut files = source::program();
    files.extend(source::under(&["build.rs"], ".rs"));
    files
}

struct Functions<'a> {
    file: &'a TextFile,
    complaints: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let lines = block.span().end().line + 1 - signature.span().start().line;
        let name = format!("{}: fn {}", self.file.path, signature.ident);
        if lines > FUNCTION_LINES {
            self.complaints.push(format!("{name}: {lines} lines, {FUNCTION_LINES} are allowed"));
        }
        let receiver = usize::from(signature.receiver().is_some());
        let parameters = signature.inputs.len() - receiver;
        if parameters > PARAMETERS {
            self.complaints
                .push(format!("{name}: {parameters} parameters, {PARAMETERS} are allowed"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !module.attrs.iter().any(is_cfg_test) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Ident>().is_ok_and(|it| it == "test")
}
