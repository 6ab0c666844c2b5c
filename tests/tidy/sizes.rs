//! Files, functions and parameter lists stay small enough to read.

use syn::{
    Block, ImplItemFn, ItemFn, ItemMod, Signature, TraitItemFn, spanned::Spanned, visit::Visit,
};

use crate::{
    report,
    source::{self, TextFile, is_cfg_test},
    typescript,
};

const FILE_LINES: usize = 400;
const MEDIAN_LINES: usize = 150;
const FUNCTION_LINES: usize = 60;
const PARAMETERS: usize = 5;
const HEADER_LINES: usize = 8;

#[test]
fn files_are_not_longer_than_four_hundred_lines() {
    let rust = programs();
    let rust = rust.iter().map(|it| (it.production_lines(), it));
    let web = typescript::program();
    let web = web.iter().map(|it| (it.text.lines().count(), it));
    let complaints = rust
        .chain(web)
        .filter(|(lines, _)| *lines > FILE_LINES)
        .map(|(lines, file)| format!("{}: {lines} lines without tests", file.path))
        .collect();

    report(complaints, "split the file by duty");
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is asked for, with --nocapture")]
fn the_median_file_is_read_at_one_sitting() {
    let mut lines: Vec<usize> = programs().iter().map(TextFile::production_lines).collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    println!("{} files, the median has {median} lines without tests", lines.len());
    let complaint = format!("the median of {} files is {median} lines", lines.len());

    report(
        Some(complaint).filter(|_| median > MEDIAN_LINES).into_iter().collect(),
        "split the longest files by duty until the median is 150 lines or less",
    );
}

#[test]
fn functions_are_short_and_take_few_parameters() {
    let complaints = programs().iter().flat_map(measure).collect();

    report(complaints, "split the function; put parameters that belong together into a struct");
}

#[test]
fn every_file_opens_with_its_duty() {
    let complaints = source::rust()
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

/// The program, and what builds it.
fn programs() -> Vec<TextFile> {
    let mut files = source::program();
    files.extend(source::rust().into_iter().filter(|it| it.path.ends_with("build.rs")));
    files
}

fn measure(file: &TextFile) -> Vec<String> {
    let parsed =
        syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
    let mut functions = Functions { file, complaints: Vec::new() };
    functions.visit_file(&parsed);
    functions.complaints
}

struct Functions<'a> {
    file: &'a TextFile,
    complaints: Vec<String>,
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

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

mod tests {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        measure(&TextFile { path: "src/a.rs".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_function_with_a_sixty_first_line_is_too_long() {
        let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));

        assert_eq!(complaints(&body(58)), Vec::<String>::new());
        assert_eq!(complaints(&body(59)), ["src/a.rs: fn f: 61 lines, 60 are allowed"]);
    }

    #[test]
    fn the_receiver_is_not_a_parameter() {
        let five = "impl A { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8) {} }";
        let six = "trait A { fn f(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {} }";

        assert_eq!(complaints(five), Vec::<String>::new());
        assert_eq!(complaints(six), ["src/a.rs: fn f: 6 parameters, 5 are allowed"]);
    }
}
