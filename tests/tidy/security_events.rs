//! An event of the log that a call causes names the call, so that it is found by its request id.

use crate::{report, source};

/// What no call causes: the clock leaps, the record was cut back.
const OF_NO_CALL: &[&str] = &["src/domain/clock_events.rs", "src/domain/record/sealer.rs"];

#[test]
fn security_events_have_the_request_id_of_their_call() {
    let mut complaints = Vec::new();
    for file in source::program() {
        if OF_NO_CALL.contains(&file.path.as_str()) {
            continue;
        }
        let text = file.production_text();
        for (at, _) in text.match_indices("\"claviger::security\"") {
            if !arguments(&text[at..]).contains("request_id") {
                complaints.push(format!("{}:{}", file.path, text[..at].lines().count()));
            }
        }
    }
    report(complaints, "add `request_id = call::request_id()` to the event");
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
