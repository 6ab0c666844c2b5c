//! A line of the log that a request causes has its id, so that everything of a request is found by it.
//!
//! Not checked: `serve`, which acts before there is a request, and `storage`, which does not know for whom it works.

use crate::{report, source};

/// The folders whose code runs in requests.
const IN_REQUESTS: &[&str] = &["src/domain/", "src/gateway/", "src/grpc/", "src/http/"];

/// What the server writes by itself: the file, and a part of the line where others in the file have a request.
const OF_NO_REQUEST: &[(&str, &str)] = &[
    ("src/domain/clock_events.rs", "clock"),
    ("src/domain/record/sealer.rs", "the end of the record was removed"),
    ("src/domain/replication.rs", "a key was not looked up"),
    ("src/domain/sweeper.rs", ""),
    // Of many calls together.
    ("src/grpc/layers/access_log.rs", "more calls failed"),
    // A command's calls in its own process are no requests.
    ("src/grpc/in_memory.rs", "call failed"),
];

const MACROS: &[&str] = &["trace", "debug", "info", "warn", "error"];

/// The macros' calls in a file: the line of each, and what is in its parentheses.
fn events(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for name in MACROS {
        for (at, start) in text.match_indices(&format!("tracing::{name}!(")) {
            let line = text[..at].matches('\n').count() + 1;
            found.push((line, arguments(&text[at + start.len()..])));
        }
    }
    found
}

/// Whether there is a field of this name, and not only one that ends with it.
fn has_request_id(arguments: &str) -> bool {
    let is_of_name = |character: char| character.is_alphanumeric() || character == '_';
    arguments.match_indices("request_id").any(|(at, name)| {
        let (before, after) = (&arguments[..at], &arguments[at + name.len()..]);
        !before.ends_with(is_of_name) && !after.starts_with(is_of_name)
    })
}

#[test]
fn lines_of_the_log_have_the_id_of_their_request() {
    let (mut complaints, mut used) = (Vec::new(), Vec::new());
    for file in source::program() {
        if !IN_REQUESTS.iter().any(|it| file.path.starts_with(it)) {
            continue;
        }
        for (line, arguments) in events(&file.production_text()) {
            if has_request_id(arguments) {
                continue;
            }
            let is_it = |it: &&(&str, &str)| file.path == it.0 && arguments.contains(it.1);
            match OF_NO_REQUEST.iter().find(is_it) {
                Some(listed) => used.push(*listed),
                None => complaints.push(format!("{}:{line}", file.path)),
            }
        }
    }
    let unused = OF_NO_REQUEST.iter().filter(|it| !used.contains(it));
    complaints.extend(unused.map(|(path, part)| format!("{path} has no such line: {part:?}")));

    report(
        complaints,
        "add `request_id = call::request_id()` to the event, or list it in OF_NO_REQUEST of \
         tests/tidy/request_ids.rs",
    );
}

#[test]
fn a_field_that_only_ends_like_the_id_is_none() {
    assert!(has_request_id("a, request_id, \"call\"") && has_request_id("request_id = id()"));
    assert!(!has_request_id("client_request_id = %id") && !has_request_id("request_ids"));
}

/// What follows up to the end of the parentheses that the text is in.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}
