//! What the outside relies on: every reason documented and provoked, migrations alike on each engine.

use std::collections::{BTreeMap, BTreeSet};

use claviger::model::violation::FieldReason;

use crate::{report, source};

const REASONS: &str = "proto/claviger/v1/error_reason.proto";
const PAGE: &str = "docs/errors.md";
/// The field with which a call takes or delivers the refresh token in a cookie.
const DELIVERY: &str = " refresh_token_delivery = ";

#[test]
fn every_reason_is_documented_with_its_code() {
    let page = source::read(PAGE);
    let documented: BTreeMap<&str, &str> = page.lines().filter_map(reason_row).collect();
    let complaints = reasons()
        .iter()
        .filter(|(reason, code)| documented.get(reason.as_str()) != Some(&code.as_str()))
        .map(|(reason, code)| format!("| `{reason}` | {code} | …"))
        .collect();

    report(complaints, "write these rows into docs/errors.md, with the code of the proto comment");
}

#[test]
fn no_reason_is_documented_that_does_not_exist() {
    let page = source::read(PAGE);
    let reasons = reasons();
    let complaints = page
        .lines()
        .filter_map(reason_row)
        .filter(|(reason, _)| !reasons.contains_key(*reason))
        .filter(|(reason, _)| !FieldReason::ALL.iter().any(|it| it.name() == *reason))
        .map(|(reason, _)| reason.to_owned())
        .collect();

    report(complaints, "take these rows out of docs/errors.md, or fix their names");
}

#[test]
fn every_field_reason_is_documented() {
    let page = source::read(PAGE);
    let complaints = FieldReason::ALL
        .iter()
        .filter(|it| !page.contains(&format!("| `{}` |", it.name())))
        .map(|it| format!("| `{}` | …", it.name()))
        .collect();

    report(complaints, "write these rows into the table of field reasons in docs/errors.md");
}

/// The bodies of the public contract's messages, by name.
fn messages() -> BTreeMap<String, String> {
    let files = source::under(&["proto/claviger/v1/"], ".proto");
    let messages = files.iter().flat_map(|it| it.text.split("\nmessage ").skip(1));
    let parts = messages.filter_map(|it| it.split_once(' '));
    parts.map(|(name, body)| (name.to_owned(), body.to_owned())).collect()
}

#[test]
fn every_call_that_can_deliver_a_cookie_is_tested_with_it() {
    let tests = source::under(&["tests/it/cookies/"], ".rs");
    let messages = messages();
    let delivers = messages.iter().filter(|(_, body)| body.contains(DELIVERY));
    let calls: Vec<&str> = delivers.map(|(name, _)| name.as_str()).collect();
    let is_tested = |call: &str| tests.iter().any(|it| it.text.contains(&format!("pb::{call} {{")));
    let complaints = calls.iter().filter(|it| !is_tested(it)).map(|it| (*it).to_owned()).collect();

    assert!(calls.len() >= 6, "the contract was not read: {calls:?}");
    report(complaints, "test these calls with a cookie in tests/it/cookies");
}

#[test]
fn every_call_that_returns_a_refresh_token_can_deliver_a_cookie() {
    let messages = messages();
    let returns_tokens: Vec<&str> = messages
        .iter()
        .filter(|(name, body)| name.ends_with("Response") && body.contains("  TokenPair "))
        .map(|(name, _)| name.trim_end_matches("Response"))
        .collect();
    let delivers = |call: &str| messages[&format!("{call}Request")].contains(DELIVERY);
    let complaints =
        returns_tokens.iter().filter(|it| !delivers(it)).map(|it| format!("{it}Request")).collect();

    assert!(returns_tokens.len() >= 5, "the contract was not read: {returns_tokens:?}");
    report(complaints, "add `RefreshTokenDelivery refresh_token_delivery` to these messages");
}

#[test]
fn every_reason_is_provoked_by_a_test() {
    let mut tests = source::under(&["tests/"], "");
    tests.retain(|it| !it.path.starts_with("tests/tidy"));
    let words: BTreeSet<&str> = tests
        .iter()
        .flat_map(|it| it.text.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    let page = source::read(PAGE);
    let retired: BTreeSet<&str> = page
        .lines()
        .filter(|it| it.contains("Not returned any more"))
        .filter_map(|it| Some(reason_row(it)?.0))
        .collect();
    let complaints = reasons()
        .into_keys()
        .filter(|it| !retired.contains(it.as_str()))
        .filter(|it| !words.contains(it.as_str()) && !words.contains(camel_case(it).as_str()))
        .collect();

    report(complaints, "write a test under tests/ that provokes each of these over the wire");
}

#[test]
fn migrations_are_numbered_and_named_alike_for_every_engine() {
    let mut engines: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in source::under(&["migrations/"], "") {
        let mut parts = file.path.splitn(3, '/').skip(1);
        if let (Some(engine), Some(name)) = (parts.next(), parts.next()) {
            engines.entry(engine.to_owned()).or_default().insert(name.to_owned());
        }
    }
    let every: BTreeSet<&String> = engines.values().flatten().collect();
    let complaints = engines
        .iter()
        .flat_map(|(engine, names)| {
            every
                .iter()
                .filter(|it| !names.contains(**it))
                .map(move |it| format!("migrations/{engine}/{it} is missing"))
        })
        .collect();

    report(complaints, "write the migration for this engine as well");
}

/// Reasons and their codes, from the enum and the first word of each value's comment.
fn reasons() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut comment = String::new();
    for line in source::read(REASONS).lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("// ") {
            comment.push_str(text);
            comment.push(' ');
            continue;
        }
        if let Some((name, _)) =
            line.strip_prefix("ERROR_REASON_").and_then(|it| it.split_once(" = "))
            && name != "UNSPECIFIED"
        {
            let code = comment.split('.').next().unwrap_or_default();
            found.insert(name.to_owned(), code.to_owned());
        }
        comment.clear();
    }
    assert!(!found.is_empty(), "{REASONS} names no reason");
    found
}

/// The reason and the second cell of a table row whose first cell is a reason.
fn reason_row(line: &str) -> Option<(&str, &str)> {
    let (reason, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let is_reason = reason.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_reason.then(|| (reason, rest.split(" |").next().unwrap_or_default()))
}

fn camel_case(reason: &str) -> String {
    reason.split('_').map(|word| word[..1].to_owned() + &word[1..].to_lowercase()).collect()
}
