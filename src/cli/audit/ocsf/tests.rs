//! The mapping against docs/ocsf.md and against the schema of OCSF (tests/ocsf).

// In this process as over the wire.
#[path = "../../../../tests/it/support/json_schema.rs"]
mod json_schema;

use std::{collections::BTreeSet, fs, path::Path};

use super::{super::lines::Bytes, *};
use crate::cli::tests::pages::code;

/// The versions of the schema that events are valid in.
const VERSIONS: [&str; 2] = ["1.5.0", "1.8.0"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn schema(version: &str) -> Value {
    serde_json::from_str(&read(&format!("tests/ocsf/schema-{version}.json"))).unwrap()
}

/// Why an event is not valid by a schema; empty if it is.
fn problems(schema: &Value, event: &Value) -> Vec<String> {
    let classes = schema["activities"].as_object().unwrap().keys();
    let uid = |name: &String| &schema["$defs"][name]["properties"]["class_uid"]["const"];
    match classes.into_iter().find(|it| *uid(it) == event["class_uid"]) {
        Some(class) => json_schema::problems(schema, class, event),
        None => vec![format!("there is no class {}", event["class_uid"])],
    }
}

/// A row with something in every column.
fn full(kind: &str) -> Row {
    let text = |text: &str| Some(text.to_owned());
    Row {
        id: vec![1; 16],
        kind: kind.to_owned(),
        occurred_at: 1_800_000_000_123_456,
        actor_kind: "account".to_owned(),
        actor: text("02020202-0202-0202-0202-020202020202"),
        actor_role: text("admin"),
        account_id: Some(vec![2; 16]),
        session_id: Some(vec![3; 16]),
        target: text("the target"),
        address: text("2001:db8::1"),
        user_agent: text("Mozilla/5.0 \u{1f98a}"),
        request_id: text("the request"),
        outcome: "success".to_owned(),
        reason: text("the reason"),
        method: text("passkey"),
        operator_reason: text("the reason of the operator"),
    }
}

/// Rows of every kind, of one that is not known, and of every actor, with and without what may be missing.
fn rows() -> Vec<Row> {
    let actors = ["account", "anonymous", "service_account", "command_line", "server", "newcomer"];
    let names = EventKind::ALL.iter().map(|it| it.name()).chain(["from_a_later_version"]);
    let mut rows = Vec::new();
    for kind in names {
        for (number, actor_kind) in (0..48).zip(actors.iter().cycle()) {
            let is = |bit: u32| number & (1 << bit) == 0;
            let mut row = Row { actor_kind: (*actor_kind).to_owned(), ..full(kind) };
            let has_name = !matches!(*actor_kind, "anonymous" | "server");
            row.actor = row.actor.filter(|_| has_name);
            row.outcome = if is(0) { "success" } else { "refused" }.to_owned();
            row.account_id = row.account_id.filter(|_| is(1));
            row.session_id = row.session_id.filter(|_| is(2));
            row.target = row.target.filter(|_| is(3));
            row.address = row.address.filter(|_| is(4));
            row.user_agent = row.user_agent.filter(|_| is(4));
            row.request_id = row.request_id.filter(|_| is(4));
            row.reason = row.reason.filter(|_| is(0) || is(1));
            row.method = if is(3) { row.method } else { Some("password".to_owned()) };
            row.method = row.method.filter(|_| is(2));
            rows.push(row);
        }
        rows.push(Row { kind: kind.to_owned(), id: vec![1; 16], ..Row::default() });
        rows.push(full(kind));
    }
    rows
}

#[test]
fn every_event_is_valid_by_the_schema() {
    for version in VERSIONS {
        let schema = schema(version);
        for row in rows() {
            for position in [0, 7] {
                let event = event(position, &row);
                let problems = problems(&schema, &event);
                assert_eq!(problems, Vec::<String>::new(), "{version}: {event:#}");
            }
        }
    }
}

#[test]
fn an_event_that_the_schema_does_not_allow_is_found() {
    let changes: [fn(&mut Value); 11] = [
        |it| it["activity_id"] = json!(98),
        |it| it["severity_id"] = json!(7),
        |it| it["status_id"] = json!("1"),
        |it| it["type_uid"] = json!(300_288),
        |it| it["category_uid"] = json!(4),
        |it| it["class_uid"] = json!(3001),
        |it| it["time"] = json!("2027-01-15T08:00:00Z"),
        |it| it["user"] = json!({ "type_id": 1 }),
        |it| it["auth_factors"][0]["factor_type_id"] = json!(12),
        |it| it["src_endpoint"]["ip"] = json!("localhost"),
        |it| it["note"] = json!("no attribute of the schema"),
    ];
    let required = ["metadata", "user", "service", "time", "severity_id", "activity_id"];

    for version in VERSIONS {
        let schema = schema(version);
        let sound = event(7, &full("sign_in"));
        assert_eq!(problems(&schema, &sound), Vec::<String>::new());
        for change in changes {
            let mut changed = sound.clone();
            change(&mut changed);
            assert_ne!(problems(&schema, &changed), Vec::<String>::new(), "{changed}");
        }
        for name in required {
            let mut changed = sound.clone();
            changed.as_object_mut().unwrap().remove(name);
            assert_ne!(problems(&schema, &changed), Vec::<String>::new(), "without {name}");
        }
    }
}

#[test]
fn activities_have_the_names_of_the_schema() {
    for version in VERSIONS {
        let schema = schema(version);
        for kind in EventKind::ALL {
            let (class, (id, name)) = class(*kind);
            let class = class.name().to_lowercase().replace(' ', "_");
            let known = &schema["activities"][&class][id.to_string()];
            let expected = if id == OTHER { "Other" } else { name };
            assert_eq!(known, expected, "{version}: {kind:?}");
        }
    }
}

#[test]
fn nothing_of_a_row_is_lost() {
    for kind in EventKind::ALL {
        for is_refused in [false, true] {
            let mut row = full(kind.name());
            row.outcome = if is_refused { "refused" } else { "success" }.to_owned();
            row.actor_kind = "service_account".to_owned();
            row.actor = Some("the actor".to_owned());

            let text = event(7, &row).to_string();

            let id = |bytes: &Option<Vec<u8>>| bytes.clone().map(|it| String::from(Bytes(it)));
            let columns = [
                id(&Some(row.id)),
                Some(row.kind),
                row.actor,
                row.actor_role,
                id(&row.session_id),
                row.target,
                row.address,
                row.user_agent,
                row.request_id,
                row.reason,
                row.operator_reason,
                Some((row.occurred_at / 1000).to_string()),
            ];
            for column in columns.into_iter().flatten() {
                assert!(text.contains(&column), "{column} is not in {text}");
            }
            let is_of_account = !kind.name().starts_with("service_account");
            assert!(!is_of_account || text.contains(&id(&row.account_id).unwrap()), "{text}");
        }
    }
}

#[test]
fn a_sign_in_is_an_authentication_of_its_user() {
    let row = Row { actor_role: None, operator_reason: None, target: None, ..full("sign_in") };
    let refused = Row {
        outcome: "refused".to_owned(),
        reason: Some("INVALID_CREDENTIALS".to_owned()),
        actor_kind: "anonymous".to_owned(),
        actor: None,
        account_id: None,
        session_id: None,
        method: Some("password".to_owned()),
        ..row.clone()
    };

    let signed_in = event(7, &row);
    let refused = event(0, &refused);

    let alice =
        json!({ "uid": "02020202-0202-0202-0202-020202020202", "type_id": 1, "type": "User" });
    assert_eq!(signed_in["type_uid"], 300_201);
    assert_eq!((&signed_in["user"], &signed_in["actor"]["user"]), (&alice, &alice));
    assert_eq!(signed_in["time"], 1_800_000_000_123_i64);
    assert_eq!(
        (&signed_in["is_mfa"], &signed_in["auth_protocol"]),
        (&json!(true), &json!("WebAuthn"))
    );
    assert_eq!(signed_in["metadata"]["sequence"], 7);
    assert_eq!(
        (&refused["status"], &refused["status_code"]),
        (&json!("Failure"), &json!("INVALID_CREDENTIALS"))
    );
    assert_eq!(refused["user"], json!({ "uid": "unknown", "type_id": 0, "type": "Unknown" }));
    assert_eq!((refused.get("actor"), refused["metadata"].get("sequence")), (None, None));
}

/// The lines of a table of docs/ocsf.md.
fn table(heading: &str) -> Vec<String> {
    let page = read("docs/ocsf.md");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section.lines().filter(|it| it.starts_with("| `")).map(str::to_owned).collect()
}

/// `CLAVIGER_BLESS=1` adds the kinds that are new, and changes no other line.
#[test]
fn no_kind_changes_its_class_or_its_activity() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ocsf/kinds.txt");
    let mut known = read("tests/ocsf/kinds.txt");
    let line = |kind: &EventKind| {
        let (class, (id, activity)) = class(*kind);
        format!("{} {} {id} {activity}", kind.name(), class.uid())
    };
    let is_known =
        |kind: &EventKind| known.lines().any(|it| it.split(' ').next() == Some(kind.name()));
    let new: Vec<_> = EventKind::ALL.iter().filter(|it| !is_known(it)).map(line).collect();
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        new.iter().for_each(|it| known += &format!("{it}\n"));
        fs::write(path, &known).unwrap();
    } else {
        assert!(new.is_empty(), "run this test with CLAVIGER_BLESS=1 and commit: {new:?}");
    }

    let now: BTreeSet<String> = EventKind::ALL.iter().map(line).collect();
    let known: BTreeSet<String> = known.lines().map(str::to_owned).collect();

    assert_eq!(now, known, "programs of operators rely on these");
}

#[test]
fn the_page_lists_every_kind_with_its_class() {
    let row = |kind: &EventKind| {
        let (name, (class, (id, activity))) = (kind.name(), class(*kind));
        let entity = match class {
            Class::EntityManagement(entity) => entity,
            _ => "",
        };
        let [success, refused] = [false, true].map(|it| severity(*kind, it));
        let severity = match success == refused {
            true => format!("{} {}", success.0, success.1),
            false => format!("{} {}; {} {} if refused", success.0, success.1, refused.0, refused.1),
        };
        let (uid, class) = (class.uid(), class.name());
        let line =
            format!("| `{name}` | {uid} {class} | {id} {activity} | {severity} | {entity} |");
        line.replace("  |", " |")
    };

    let expected: Vec<String> = EventKind::ALL.iter().map(row).collect();

    assert_eq!(table("Kinds"), expected, "copy it:\n{}", expected.join("\n"));
}

#[test]
fn the_page_lists_every_attribute() {
    let mut written = BTreeSet::new();
    for row in rows() {
        paths(&event(7, &row), "", &mut written);
    }

    let documented = table("Attributes");
    let names = |line: &String| code(line.split(" | ").next().unwrap());
    let documented: BTreeSet<String> = documented.iter().flat_map(names).collect();

    assert_eq!(documented, written);
}

/// The paths to the values of an event, as the page writes them.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let separator = if path.is_empty() { "" } else { "." };
            for (name, value) in fields {
                paths(value, &format!("{path}{separator}{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| paths(it, &format!("{path}[]"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}
