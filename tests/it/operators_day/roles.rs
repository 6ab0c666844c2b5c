//! What the roles may not do, which is refused and recorded, and the end of an operator.

use super::{Day, record::Watch};

/// What is above each operator, with the kind of the row of its refusal; a refused reading has none.
const ABOVE: &[(&str, &[&str], &str)] = &[
    ("auditor", &["accounts", "unlock", "alice"], "username_unlocked"),
    ("auditor", &["service-account", "create", "spy"], "service_account_created"),
    ("auditor", &["keys", "list"], ""),
    ("desk", &["keys", "rotate", "--now"], "signing_key_created"),
    ("desk", &["service-account", "rotate", "root"], "service_account_key_created"),
    ("desk", &["service-account", "delete", "root", "--yes"], "service_account_deleted"),
    ("desk", &["service-account", "list"], ""),
    ("desk", &["keys", "list"], ""),
];

/// Tries each of them.
pub(super) fn refuse_what_is_above_them(day: &Day) {
    for (operator, command, _) in ABOVE {
        let complaint = day.by(operator, command).refused();
        assert!(complaint.contains("ROLE_INSUFFICIENT"), "{command:?}: {complaint}");
    }

    for operator in ["auditor", "desk"] {
        let list = ["audit", "list", "--actor", operator, "--outcome", "refused"];
        let events = day.list("auditor", &list);
        let kinds: Vec<_> = events.iter().rev().map(|it| it["kind"].as_str().unwrap()).collect();
        let expected = ABOVE.iter().filter(|it| it.0 == operator && !it.2.is_empty());
        assert_eq!(kinds, expected.map(|it| it.2).collect::<Vec<_>>(), "{operator}");
        assert!(events.iter().all(|it| it["reason"] == "ROLE_INSUFFICIENT"), "{events:?}");
    }
}

/// Deletes an operator whose stream is open: the stream ends, and nothing is read with the key any more.
pub(super) async fn end_the_stream_of_a_deleted_operator(day: &Day) {
    let watch = Watch::start(day, day.last(), "leaver", 0);
    watch.until_some_came().await;

    let delete = ["service-account", "delete", "leaver", "--yes", "--reason", "left"];
    day.by("root", &delete).succeeded();

    watch.end().await;
    let complaint = day.at(day.last(), "leaver", &["accounts", "list"]).refused();
    assert!(complaint.contains("CALLER_UNKNOWN"), "{complaint}");
}
