//! Tests never sleep: they move the clock, or wait until something holds, with a deadline.
//!
//! Where tokio's time is paused, sleeping moves it. Otherwise a sleep is here with its reason.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenTree};

use crate::{
    report,
    source::{self, TextFile, attribute_at, is_for_tests},
};

/// The files that sleep, and why. All others wait by the helpers of `patience.rs`.
const SLEEPERS: &[(&str, &str)] = &[
    ("src/serve/tests.rs", "a connection must outlast the time after which it could be closed"),
    ("tests/it/failover/backend.rs", "a backend calls at a steady rate while the primary changes"),
    ("tests/it/failover/client.rs", "a client keeps to RetryInfo of a program with its own clock"),
    ("tests/it/failover/standby.rs", "PostgreSQL waits for its standby by a clock of its own"),
    ("tests/it/failover/writer.rs", "a client rests between rounds and keeps to RetryInfo"),
    ("tests/it/replicas/balancer.rs", "logouts fall into every phase of the other replica's poll"),
    ("tests/it/replicas/late.rs", "a process that is stopped is away in real time"),
    (
        "tests/it/replicas/revocations.rs",
        "logouts fall into every phase of the other replica's poll",
    ),
    ("tests/it/revocations/slow.rs", "a watcher that reads slowly, on a real socket, is the case"),
    ("tests/it/revocations/storms/healing.rs", "watchers read slowly and reconnect after a pause"),
    (
        "tests/it/revocations/storms/keys.rs",
        "a key ages while calls and replicas' polls go through it",
    ),
    (
        "tests/it/revocations/storms/latency.rs",
        "logouts fall into every phase of the replica's poll",
    ),
    ("tests/it/support/patience.rs", "the helpers that poll, with a deadline"),
];

#[test]
fn tests_do_not_sleep() {
    let sleeping: BTreeMap<String, Vec<String>> =
        source::rust().iter().map(|it| (it.path.clone(), sleeps(it))).collect();
    let mut complaints = Vec::new();
    for (path, sleeps) in &sleeping {
        if !SLEEPERS.iter().any(|(listed, _)| listed == path) {
            complaints.extend(sleeps.iter().map(|it| format!("{path}:{it}")));
        }
    }
    for (listed, _) in SLEEPERS {
        if sleeping.get(*listed).is_none_or(Vec::is_empty) {
            complaints
                .push(format!("{listed} is listed in tests/tidy/sleeps.rs and does not sleep"));
        }
    }

    report(
        complaints,
        "move the clock, pause tokio's time, or call `wait_until` of tests/it/support/patience.rs; a \
         file that has to sleep is listed in tests/tidy/sleeps.rs with its reason",
    );
}

/// The calls of a `sleep` in what only tests compile: the line, and the function it is in.
fn sleeps(file: &TextFile) -> Vec<String> {
    let path = &file.path;
    let is_test =
        path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs");
    let mut found = Vec::new();
    search(&file.tokens(), &Place { is_test, ..Place::default() }, &mut found);
    found
}

/// Where in a file a token is.
#[derive(Clone, Default)]
struct Place {
    function: String,
    is_test: bool,
    is_paused: bool,
}

fn search(tokens: &[TokenTree], outer: &Place, found: &mut Vec<String>) {
    // Holds for the item that begins, until its braces are closed.
    let mut place = outer.clone();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((attribute, next)) = attribute_at(tokens, at) {
            place.is_test |= is_for_tests(&attribute);
            place.is_paused |= attribute.contains("start_paused=true");
            at = next;
            continue;
        }
        match (&tokens[at], tokens.get(at + 1)) {
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                place.function = name.to_string();
                at += 1;
            }
            (TokenTree::Ident(word), Some(TokenTree::Group(_)))
                if word == "sleep" && place.is_test && !place.is_paused =>
            {
                found.push(format!("{}: in {}", word.span().start().line, place.function));
            }
            (TokenTree::Punct(it), _) if it.as_char() == ';' => place = outer.clone(),
            (TokenTree::Group(group), _) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                search(&inner, &place, found);
                if group.delimiter() == Delimiter::Brace {
                    place = outer.clone();
                }
            }
            _ => {}
        }
        at += 1;
    }
}

mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        sleeps(&TextFile { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_sleep_in_a_test_is_found_with_its_function() {
        let text = "use tokio::time::sleep;\n\
                    impl A { async fn f() { while g() { select! { () = sleep(B) => {} } } } }\n\
                    fn h() { let x = 1; std::thread::sleep(B); }";

        assert_eq!(found("tests/it/a.rs", text), ["2: in f", "3: in h"]);
        assert_eq!(found("src/a.rs", text), Vec::<String>::new());
    }

    #[test]
    fn in_a_file_of_the_program_its_tests_count() {
        let text = "fn f() { sleep(A); }\n#[cfg(test)]\nmod tests { fn g() { sleep(A); } }";

        assert_eq!(found("src/a.rs", text), ["3: in g"]);
    }

    #[test]
    fn where_time_is_paused_no_test_waits() {
        let text = "#[tokio::test(start_paused = true)]\nasync fn f() { sleep(A).await; }\n\
                    #[tokio::test]\nasync fn g() { sleep(A).await; }";

        assert_eq!(found("tests/it/a.rs", text), ["4: in g"]);
    }
}
