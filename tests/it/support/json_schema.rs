//! As much of JSON Schema (2020-12) as the excerpts of the schema of OCSF and the schema of exported accounts
//! use. Any other keyword is refused, so that none is silently ignored.

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "shared by two test binaries")]

use std::net::IpAddr;

use serde_json::Value;

/// What is wrong with a value by the schema of this name in a document; empty if it is valid.
pub fn problems(document: &Value, name: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let schema = &document["$defs"][name];
    assert!(schema.is_object(), "there is no schema {name}");
    check(document, schema, value, name, &mut found);
    found
}

/// What is wrong with a value by a document that is its schema; empty if it is valid.
pub fn problems_of_whole(document: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, document, value, "it", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().unwrap() {
        let is_valid = match keyword.as_str() {
            // Annotations.
            "title" | "deprecated" | "$schema" | "$id" | "$defs" | "description" => true,
            // The patterns beside them say the same.
            "format" | "contentEncoding" => true,
            "type" => has_type(rule.as_str().unwrap(), value),
            "enum" => rule.as_array().unwrap().contains(value),
            "const" => rule == value,
            "maxLength" => value.as_str().is_none_or(|it| it.chars().count() <= number(rule)),
            "minLength" => value.as_str().is_none_or(|it| it.chars().count() >= number(rule)),
            "maxItems" => value.as_array().is_none_or(|it| it.len() <= number(rule)),
            "minimum" => value.as_i64().is_none_or(|it| rule.as_i64().unwrap() <= it),
            "maximum" => value.as_i64().is_none_or(|it| it <= rule.as_i64().unwrap()),
            // The only pattern of OCSF is that of IP addresses.
            "pattern" if at.ends_with(".ip") => value.as_str().is_some_and(is_address),
            "pattern" => value.as_str().is_none_or(|it| fits(rule.as_str().unwrap(), it)),
            "required" => has_all(rule, value),
            "anyOf" => rule.as_array().unwrap().iter().any(|it| {
                let mut problems = Vec::new();
                check(document, it, value, at, &mut problems);
                problems.is_empty()
            }),
            "additionalProperties" => rule == true || knows_all(&schema["properties"], value),
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let Some(property) = rule.get(name) {
                        check(document, property, value, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(document, rule, item, &format!("{at}[]"), found);
                }
                true
            }
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                check(document, &document["$defs"][name], value, at, found);
                true
            }
            unknown => panic!("the keyword {unknown:?} is not known here"),
        };
        if !is_valid {
            found.push(format!("{at}: {keyword} {rule}: {value}"));
        }
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        unknown => panic!("the type {unknown:?} is not known here"),
    }
}

fn number(rule: &Value) -> usize {
    usize::try_from(rule.as_u64().unwrap()).unwrap()
}

/// Whether a text fits a pattern of the schema of exported accounts.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[A-Za-z0-9_-]*$" => {
            text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
        }
        "^[a-z0-9][a-z0-9._-]{0,63}$" => {
            let is_allowed =
                |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"._-".contains(&it);
            (1..=64).contains(&text.len())
                && text.bytes().all(is_allowed)
                && text.as_bytes()[0].is_ascii_alphanumeric()
        }
        "^[a-z-]{1,32}$" => {
            (1..=32).contains(&text.len())
                && text.bytes().all(|it| it.is_ascii_lowercase() || it == b'-')
        }
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$" => {
            text.ends_with('Z') && humantime::parse_rfc3339(text).is_ok()
        }
        unknown => panic!("the pattern {unknown:?} is not known here"),
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn has_all(names: &Value, value: &Value) -> bool {
    names.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some())
}

fn knows_all(properties: &Value, value: &Value) -> bool {
    let names = value.as_object().into_iter().flat_map(|it| it.keys());
    names.into_iter().all(|name| properties.get(name).is_some())
}
