//! The log as it is written.

mod recording;

pub(crate) use recording::Recording;

use super::*;

fn logged(filter: &str, emit: impl FnOnce()) -> String {
    let (recording, _guard) = Recording::start(filter);
    emit();
    recording.text()
}

#[test]
fn dependencies_are_silent_below_warn_whatever_the_filter_says() {
    let text = logged("trace", || {
        tracing::trace!(target: "h2::codec", "hunter2");
        tracing::debug!(target: "sqlx::query", "hunter2");
        tracing::debug!(target: "claviger_other", "hunter2");
        tracing::error!(target: "webauthn_rs_core::internals", "hunter2");
        tracing::info!(target: "sqlx::postgres::notice", "hunter2");
        tracing::warn!(target: "hyper", "fine");
        tracing::trace!(target: "claviger::domain", "ours");
    });

    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("fine") && text.contains("ours"), "{text}");
}

#[test]
fn of_each_interval_the_first_lines_are_written_and_the_others_counted() {
    let (occasional, began) = (Occasional::new(2), Instant::now());
    let due = |later| occasional.due_at(began + later);

    let written: Vec<_> = (0..100).filter_map(|_| due(Duration::ZERO)).collect();
    assert_eq!(written, [0, 0]);
    assert_eq!(occasional.left_out_at(began), None, "the interval is not over");
    assert_eq!(due(INTERVAL), Some(98));
    assert_eq!((due(INTERVAL), due(INTERVAL)), (Some(0), None));

    assert_eq!(occasional.left_out_at(began + 2 * INTERVAL), Some(1));
    assert_eq!(occasional.left_out_at(began + 2 * INTERVAL), None);
    assert_eq!(due(2 * INTERVAL), Some(0));
}

#[test]
fn a_line_is_one_json_object_with_the_fields_in_their_order() {
    let text = logged("info", || {
        let (reason, absent) = (Some("\"ü\"\n"), None::<u8>);
        tracing::info!(target: "claviger", code = "OK", reason, absent, ms = 0.25, "a {}", "call");
    });

    let (timestamp, rest) = text.split_once(",\"level\"").unwrap();
    assert_eq!(
        rest,
        ":\"INFO\",\"message\":\"a call\",\"code\":\"OK\",\"reason\":\"\\\"ü\\\"\\n\",\"ms\":0.25,\
         \"target\":\"claviger\"}\n"
    );
    let written = timestamp.strip_prefix("{\"timestamp\":\"").unwrap().strip_suffix('"').unwrap();
    assert_eq!(written.len(), "2026-01-31T12:34:56.123456Z".len());
    let age = humantime::parse_rfc3339(written).unwrap().elapsed().unwrap();
    assert!(age < Duration::from_secs(60), "{age:?}");
}

#[test]
fn a_field_that_logs_while_it_is_printed_does_not_spoil_the_line() {
    struct Logs;
    impl std::fmt::Debug for Logs {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info!(target: "claviger", "inner");
            f.write_str("printed")
        }
    }
    let (recording, _guard) = Recording::start("info");

    tracing::info!(target: "claviger", field = ?Logs, "outer");

    let lines = recording.lines();
    let said: Vec<_> = lines.iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(said.last(), Some(&"outer"), "{lines:?}");
    assert_eq!(lines.last().unwrap()["field"], "printed");
}
