//! What may be a secret has a type that does not print itself, so that no log, error or panic repeats it.

use syn::{Field, Fields, Ident, Item, visit::Visit};

use crate::{
    report,
    source::{self, is_cfg_test},
};

/// What fields that hold secrets are called, alone or as the last word of a name.
const NAMES: &[&str] = &[
    "code",
    "codes",
    "hash",
    "invitation",
    "link",
    "password",
    "recovery",
    "salt",
    "secret",
    "token",
    "tokens",
];

/// Types that print what they hold.
const PLAIN: &[&str] = &["Bytes", "String", "str", "u8", "Value"];

/// Fields that are no secrets, and the folders or files in which they are none.
const PUBLIC: &[(&str, &str)] = &[
    // Exports of the record have it.
    ("src/", "chain_hash"),
    // The IDs of access tokens.
    ("crates/claviger-token/src/revocation_set.rs", "tokens"),
];

#[test]
fn what_may_be_a_secret_does_not_print_itself() {
    let mut complaints = Vec::new();
    for file in source::program() {
        let parsed = syn::parse_file(&file.text).expect("the file compiles");
        for (item, field) in printed(&parsed.items) {
            let is_public = PUBLIC.iter().any(|it| file.path.starts_with(it.0) && field == it.1);
            if !is_public {
                complaints.push(format!("{}: {item}.{field}", file.path));
            }
        }
    }
    report(
        complaints,
        "give the field a type whose Debug prints nothing of it, like SecretString; a field that is no \
         secret is listed in tests/tidy/secrets.rs",
    );
}

#[test]
fn a_field_is_known_by_its_name_and_type() {
    let file =
        "#[derive(Debug)] struct A { password_hash: Option<String>, key_id: String, token: T }
        #[derive(Clone, Debug)] struct BackupCode(pub String);
        #[derive(Clone)] struct LinkToken(String);";
    let parsed = syn::parse_file(file).expect("it is Rust");

    let found = printed(&parsed.items);

    let found: Vec<(&str, &str)> = found.iter().map(|it| (&*it.0, &*it.1)).collect();
    assert_eq!(found, [("A", "password_hash"), ("BackupCode", "0")]);
}

/// The types that print themselves, and their fields that may be secrets.
fn printed(items: &[Item]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Struct(it) if derives_debug(&it.attrs) => {
                let name = it.ident.to_string();
                let wrapped = matches!(&it.fields, Fields::Unnamed(_)) && is_of_a_secret(&name);
                let wrapped = it.fields.iter().filter(|field| wrapped && is_plain(field));
                found.extend(wrapped.map(|_| (name.clone(), "0".to_owned())));
                found.extend(secrets(&it.fields).map(|field| (name.clone(), field)));
            }
            Item::Enum(it) if derives_debug(&it.attrs) => {
                let fields = it.variants.iter().flat_map(|variant| secrets(&variant.fields));
                found.extend(fields.map(|field| (it.ident.to_string(), field)));
            }
            Item::Mod(it) if !it.attrs.iter().any(is_cfg_test) => {
                let items = it.content.as_ref().map_or(&[][..], |(_, items)| items.as_slice());
                found.extend(printed(items));
            }
            _ => {}
        }
    }
    found
}

fn derives_debug(attributes: &[syn::Attribute]) -> bool {
    let derived = attributes.iter().filter(|it| it.path().is_ident("derive"));
    derived
        .filter_map(|it| it.meta.require_list().ok())
        .any(|list| list.tokens.clone().into_iter().any(|token| token.to_string() == "Debug"))
}

/// Whether the last word of a name, in either style, is one of [`NAMES`].
fn is_of_a_secret(name: &str) -> bool {
    let last = name.rsplit('_').next().unwrap_or_default();
    let last = last.rfind(char::is_uppercase).map_or(last, |at| &last[at..]);
    NAMES.contains(&last.to_lowercase().as_str())
}

fn secrets(fields: &Fields) -> impl Iterator<Item = String> + '_ {
    fields.iter().filter(|it| is_plain(it)).filter_map(|field| {
        let name = field.ident.as_ref()?.to_string();
        is_of_a_secret(&name).then_some(name)
    })
}

fn is_plain(field: &Field) -> bool {
    let mut words = Words::default();
    words.visit_type(&field.ty);
    words.0.iter().any(|it| PLAIN.contains(&it.as_str()))
}

/// The words of a type.
#[derive(Default)]
struct Words(Vec<String>);

impl<'a> Visit<'a> for Words {
    fn visit_ident(&mut self, word: &'a Ident) {
        self.0.push(word.to_string());
    }
}
