//! The record of the day: followed through the end of a server, read, proved, and changed by hand.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Stdio},
};

use serde_json::Value;

use super::{Day, PATIENCE, internal_url, objects, server};
use crate::{
    command_line::program,
    support::{PASSWORD, Person, Process, patience::wait_until},
};

const EVENTS: &str = "SELECT count(*) FROM events";
const UNSEALED: &str = "SELECT count(*) FROM events WHERE position IS NULL";

/// What happened in the day, each at least once.
const KINDS: &[&str] = &[
    "account_registered",
    "account_disabled",
    "account_enabled",
    "account_updated",
    "account_groups_changed",
    "all_sessions_ended",
    "invitation_created",
    "invitation_used",
    "passkey_added",
    "passkey_removed",
    "service_account_created",
    "service_account_deleted",
    "sign_in",
    "signing_key_created",
];

/// `claviger audit watch`, under way.
pub(super) struct Watch {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Watch {
    /// Follows the record at a server, after a position.
    pub(super) fn start(day: &Day, server: &Process, operator: &str, after: i64) -> Self {
        Self::start_with(day, server, operator, &["--after", &after.to_string()])
    }

    fn start_with(day: &Day, server: &Process, operator: &str, flags: &[&str]) -> Self {
        let path = |name: &str| day.home().folder().join(format!("{operator}-{name}"));
        let number = fs::read_dir(day.home().folder()).unwrap().count();
        let (out, err) = (path(&format!("{number}.out")), path(&format!("{number}.err")));
        let mut command = program(&["audit", "watch", "--output", "json"]);
        let child = command
            .args(flags)
            .args(["--server", &internal_url(server)])
            .arg("--key-file")
            .arg(day.key_file(operator))
            .stdout(Stdio::from(File::create(&out).unwrap()))
            .stderr(Stdio::from(File::create(&err).unwrap()))
            .spawn()
            .unwrap();
        Self { child, out, err }
    }

    /// What has come until now.
    fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.out).unwrap();
        // The last line may be under way.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        objects(whole)
    }

    /// Waits until it has printed something.
    pub(super) async fn until_some_came(&self) {
        wait_until("events come", PATIENCE, async || !self.events().is_empty()).await;
    }

    /// Waits until the stream is lost. Returns the events that came, and what was said then.
    pub(super) async fn end(mut self) -> (Vec<Value>, String) {
        wait_until("the stream ends", PATIENCE, async || self.child.try_wait().unwrap().is_some())
            .await;
        let complaint = fs::read_to_string(&self.err).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(1), "{complaint}");
        (self.events(), complaint)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills the server that operators call while people sign in, and starts it again. Returns the position that
/// the watcher at it was told to continue after.
pub(super) async fn lose_a_server(day: &mut Day, watch: Watch, bob: &Person) -> i64 {
    watch.until_some_came().await;
    let stranger = day.first().stranger();
    let username = bob.account.username.clone();
    let signing_in = tokio::spawn(async move {
        let mut sessions = 0;
        while stranger.login(&username, PASSWORD).await.is_ok() {
            sessions += 1;
        }
        sessions
    });
    let opened = format!("SELECT count(*) FROM sessions WHERE account_id = {}", of(day, bob));
    let mut raw = day.home().raw().await;
    wait_until("people sign in", PATIENCE, async || raw.number(&opened).await > 5).await;

    day.servers.remove(0).kill();

    let (events, complaint) = watch.end().await;
    let position = events.last().unwrap()["position"].as_i64().unwrap();
    assert!(complaint.contains(&format!("Continue with --after {position}.")), "{complaint}");
    assert_gapless(&events, 0);
    assert!(signing_in.await.unwrap() > 0);
    day.servers.insert(0, server(&day.homes[0], "invitation"));
    position
}

/// An account's id as a literal of SQL.
fn of(day: &Day, person: &Person) -> String {
    let hex = person.account.id.replace('-', "");
    if day.home().database_url().starts_with("sqlite:") {
        format!("x'{hex}'")
    } else {
        format!("decode('{hex}', 'hex')")
    }
}

fn assert_gapless(events: &[Value], after: i64) {
    let positions = events.iter().map(|it| it["position"].as_i64().unwrap());
    assert!(positions.eq(after + 1..=after + i64::try_from(events.len()).unwrap()), "{events:?}");
}

/// Waits until the watcher has the rest of the day. Reads the record as a whole, and what it has of a
/// person.
pub(super) async fn follow_to_the_end(day: &Day, watch: Watch, after: i64) {
    let mut raw = day.home().raw().await;
    wait_until("everything is sealed", PATIENCE, async || raw.number(UNSEALED).await == 0).await;
    let count = raw.number(EVENTS).await;
    wait_until("everything came", PATIENCE, async || {
        after + i64::try_from(watch.events().len()).unwrap() == count
    })
    .await;
    assert_gapless(&watch.events(), after);

    let again = Watch::start_with(
        day,
        day.first(),
        "auditor",
        &["--after", "0", "--limit", &count.to_string()],
    );
    let number = usize::try_from(count).unwrap();
    wait_until("all came", PATIENCE, async || again.events().len() == number).await;
    let all = again.events();
    assert_gapless(&all, 0);
    assert_eq!(all[usize::try_from(after).unwrap()..], watch.events()[..]);
    for kind in KINDS {
        let of_kind = all.iter().filter(|it| it["kind"] == *kind && it["outcome"] == "success");
        assert!(of_kind.count() > 0, "{kind}");
    }
    let listed = day.list("auditor", &["audit", "list", "--limit", "100000"]);
    assert_eq!(listed.len(), all.len());
    let disabled = day
        .list("auditor", &["audit", "list", "--account", "alicia", "--kind", "account_disabled"]);
    assert_eq!(disabled.len(), 1);
    assert_eq!(disabled[0]["actor"], "desk");
    assert_eq!(disabled[0]["actor_role"], "help-desk");
    assert_eq!(disabled[0]["operator_reason"], "lost her laptop");
}

/// Verifies the record, in the database and exported, then changes one row by hand: it is found.
pub(super) async fn prove_and_tamper(day: &Day) {
    let mut raw = day.home().raw().await;
    let intact = day.local(&["audit", "verify"]).succeeded();
    assert!(intact.contains("The record is intact"), "{intact}");
    let export = day.home().folder().join("record.jsonl");
    fs::write(&export, day.local(&["audit", "export"]).succeeded()).unwrap();
    let verify_export = ["audit", "verify", "--file", export.to_str().unwrap()];
    day.local(&verify_export).succeeded();

    raw.execute("UPDATE events SET actor = 'root' WHERE kind = 'account_disabled'").await;

    let changed = "SELECT position FROM events WHERE kind = 'account_disabled'";
    let position = raw.number(changed).await;
    let found = day.local(&["audit", "verify"]).refused();
    assert!(found.contains(&format!("The row at position {position} is not")), "{found}");
    assert!(found.contains("The record is not intact."), "{found}");
    // What was kept elsewhere still proves what it was.
    day.local(&verify_export).succeeded();
}
