//! Which statements each call costs, pinned so that one more is noticed.
//!
//! PostgreSQL logs what it is sent: each entry is one message whose answer is waited for. What the calls cost
//! on SQLite is in `counts.rs`.

use std::{collections::HashSet, future::Future, ops::Range};

use claviger::{
    grpc::contracts::admin::CreateInvitationRequest, model::role::Role, storage::migrations,
};
use claviger_proto::pb::{self, TokenVerdict};

use crate::support::{
    Authenticator, BACKEND, Home, ORIGIN, PASSWORD, Person, TestApp, servers::PostgresServer,
    sign_ups,
};

const DATABASE: &str = "counted";

/// Each call and its statements, in the order in which the test makes the calls.
const COSTS: &[(&str, &str)] = &[
    (
        "Register",
        "BEGIN, INSERT budgets, COMMIT, \
         BEGIN, INSERT accounts, UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    (
        "Login",
        "BEGIN, INSERT sign_in_failures + INSERT budgets, COMMIT, \
         SELECT accounts, \
         BEGIN, lock accounts, UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    (
        "Login refused",
        "BEGIN, INSERT sign_in_failures + INSERT budgets, COMMIT, SELECT accounts, INSERT events",
    ),
    (
        "Login after that",
        "BEGIN, INSERT sign_in_failures + INSERT budgets, COMMIT, \
         SELECT accounts, \
         BEGIN, lock accounts, UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    (
        "StartSignUp",
        "BEGIN, INSERT budgets, COMMIT, SELECT accounts, BEGIN, INSERT budgets, COMMIT",
    ),
    (
        "FinishSignUp",
        "BEGIN, INSERT budgets, COMMIT, \
         BEGIN, INSERT used_ceremonies, INSERT accounts, INSERT passkeys, \
         UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    (
        "GetInvitation",
        "BEGIN, INSERT budgets, COMMIT, SELECT invitations, BEGIN, INSERT budgets, COMMIT",
    ),
    (
        "Register with an invitation",
        "BEGIN, INSERT budgets, COMMIT, SELECT invitations, \
         BEGIN, lock invitations, SELECT invitations, INSERT accounts, INSERT account_groups, \
         UPDATE invitations, INSERT events, UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    ("StartRegistration", "SELECT accounts, SELECT passkeys"),
    (
        "FinishRegistration",
        "BEGIN, lock accounts, INSERT used_ceremonies, SELECT accounts, \
         INSERT passkeys, INSERT events, COMMIT",
    ),
    ("StartAuthentication by name", "SELECT accounts, SELECT passkeys"),
    ("StartAuthentication", ""),
    (
        "FinishAuthentication",
        "SELECT passkeys, \
         BEGIN, lock accounts, INSERT used_ceremonies + UPDATE passkeys + \
         UPDATE accounts + INSERT sessions + INSERT events + \
         DELETE sign_in_failures + INSERT budgets, COMMIT",
    ),
    ("ListPasskeys", "SELECT accounts, SELECT passkeys"),
    (
        "DeletePasskey",
        "BEGIN, lock accounts, lock sessions, SELECT passkeys, \
         SELECT accounts, DELETE passkeys, INSERT events, UPDATE sessions, INSERT revocations, COMMIT",
    ),
    (
        "RemovePassword",
        "BEGIN, lock accounts, lock sessions, SELECT accounts, \
         UPDATE accounts, INSERT events, UPDATE sessions, INSERT revocations, COMMIT",
    ),
    ("GetAccount", "SELECT accounts"),
    ("IssueAccessToken", ""),
    ("ListSessions", "SELECT sessions"),
    ("RefreshTokens", "UPDATE sessions"),
    ("ValidateToken", ""),
    ("Logout", "BEGIN, UPDATE sessions, INSERT revocations, INSERT events, COMMIT"),
    (
        "Logout by refresh token",
        "BEGIN, UPDATE sessions, INSERT revocations, INSERT events, COMMIT",
    ),
];

#[tokio::test]
async fn every_call_costs_the_statements_it_is_known_to_cost() {
    let server = PostgresServer::start(&[("log_statement", "all")]);
    server.create_database(DATABASE, None).await;
    let home = Home::at(server.url(DATABASE));
    migrations::create(&home.options()).await.unwrap();
    let app = TestApp::start_in(home, &[]).await;
    let mut log = StatementLog::new(&server);

    let alice = count_sign_ins(&app, &mut log).await;
    count_passkeys(&app, &alice, &mut log).await;
    count_session(&app, &alice, &mut log).await;

    let known: Vec<_> = COSTS.iter().map(|&(call, costs)| (call, costs.to_owned())).collect();
    assert_eq!(log.costs(), known);
}

async fn count_sign_ins(app: &TestApp, log: &mut StatementLog<'_>) -> Person {
    let stranger = app.stranger();
    log.cost("Register", stranger.register("alice", PASSWORD)).await.unwrap();
    let alice = log.cost("Login", stranger.login("alice", PASSWORD)).await.unwrap();
    let refused = log.cost("Login refused", stranger.login("alice", "not her password")).await;
    assert!(refused.is_err());
    log.cost("Login after that", stranger.login("alice", PASSWORD)).await.unwrap();
    alice
}

async fn count_passkeys(app: &TestApp, alice: &Person, log: &mut StatementLog<'_>) {
    let stranger = app.stranger();
    let started = log.cost("StartSignUp", stranger.start_sign_up("carol")).await.unwrap();
    let request = sign_ups::finish(&started, "carol", &mut Authenticator::platform(ORIGIN));
    let mut calls = stranger.passkeys();
    log.cost("FinishSignUp", calls.finish_sign_up(request)).await.unwrap();
    count_invitation(app, log).await;

    let mut authenticator = Authenticator::platform(ORIGIN);
    let started = log.cost("StartRegistration", alice.start_registration()).await.unwrap();
    let answer = started.answer(&mut authenticator);
    let finished = alice.finish_registration(&started.id, answer, "laptop");
    log.cost("FinishRegistration", finished).await.unwrap();

    let stranger = app.stranger();
    let named = stranger.start_named("alice");
    log.cost("StartAuthentication by name", named).await.unwrap();
    let started = log.cost("StartAuthentication", stranger.start_discoverable()).await.unwrap();
    let answer = started.answer(&mut authenticator);
    let finished = stranger.finish_authentication(&started.id, answer);
    log.cost("FinishAuthentication", finished).await.unwrap();

    let passkeys = log.cost("ListPasskeys", alice.list_passkeys()).await.unwrap();
    log.cost("DeletePasskey", alice.delete_passkey(&passkeys[0].id)).await.unwrap();

    alice.add_passkey(&mut authenticator, "phone").await.unwrap();
    log.cost("RemovePassword", alice.remove_password()).await.unwrap();
}

async fn count_invitation(app: &TestApp, log: &mut StatementLog<'_>) {
    let groups = vec!["staff".to_owned()];
    let create = CreateInvitationRequest { groups, ..Default::default() };
    let created = app.inviter(Role::Admin).await.create_invitation(create).await.unwrap();
    let link = created.into_inner().link;
    let invitation = link.split_once("#invitation=").unwrap().1.to_owned();
    let get = pb::GetInvitationRequest { invitation: invitation.clone() };
    let mut calls = app.stranger().auth();
    log.cost("GetInvitation", calls.get_invitation(get)).await.unwrap();
    let request = pb::RegisterRequest {
        username: "dora".to_owned(),
        password: PASSWORD.to_owned(),
        invitation,
        ..Default::default()
    };
    log.cost("Register with an invitation", calls.register(request)).await.unwrap();
}

async fn count_session(app: &TestApp, alice: &Person, log: &mut StatementLog<'_>) {
    log.cost("GetAccount", alice.get_account()).await.unwrap();
    log.cost("IssueAccessToken", alice.token_for(BACKEND)).await;
    let request = pb::ListSessionsRequest::default();
    log.cost("ListSessions", alice.sessions().list_sessions(request)).await.unwrap();
    let alice = log.cost("RefreshTokens", alice.refresh()).await.unwrap();
    let verdict = log.cost("ValidateToken", app.verdict(&alice.backend_token)).await;
    assert_eq!(verdict, TokenVerdict::Active);
    log.cost("Logout", alice.logout()).await.unwrap();
    let bob = app.registered("bob").await;
    log.cost("Logout by refresh token", bob.logout_by_refresh_token()).await.unwrap();
}

#[tokio::test]
async fn a_decoy_costs_the_statements_of_a_passkey() {
    let server = PostgresServer::start(&[("log_statement", "all")]);
    server.create_database(DATABASE, None).await;
    let home = Home::at(server.url(DATABASE));
    migrations::create(&home.options()).await.unwrap();
    let app = TestApp::start_in(home, &[]).await;
    let mut of_mallory = Authenticator::platform(ORIGIN);
    app.registered("alice").await.add_passkey(&mut of_mallory.clone(), "").await.unwrap();
    app.registered("bob").await;
    let mallory = app.registered("mallory").await;
    mallory.add_passkey(&mut of_mallory, "").await.unwrap();
    let mut log = StatementLog::new(&server);

    for name in ["alice", "bob", "nobody"] {
        let named = log.cost("start", app.stranger().start_named(name)).await.unwrap();
        let id = named.options.allow_credentials[0].id.clone();
        for ceremony in [named, app.stranger().start_discoverable().await.unwrap()] {
            let mut posing = ceremony.forced_answer(&mut of_mallory);
            posing.raw_id.clone_from(&id);
            let stranger = app.stranger();
            let finished = stranger.finish_authentication(&ceremony.id, posing);
            assert!(log.cost("finish", finished).await.is_err());
        }
        let ceremony = mallory.start_registration().await.unwrap();
        let mut answer = Authenticator::platform(ORIGIN)
            .create_with(&ceremony.request(), |it| id.clone_into(&mut it.attested().credential_id))
            .unwrap();
        answer.raw_id = id;
        let finished = mallory.finish_registration(&ceremony.id, answer, "");
        assert!(log.cost("register", finished).await.is_err());
    }

    let costs: Vec<_> = log
        .costs()
        .into_iter()
        .map(|(call, cost)| {
            // The insertion that an existing id stops, or the reading that stands in for it.
            (call, cost.replace("INSERT passkeys", "SELECT passkeys"))
        })
        .collect();
    let (of_passkey, of_decoys) = costs.split_at(4);
    assert_eq!(
        of_passkey[1].1,
        "SELECT passkeys, SELECT used_ceremonies, BEGIN, INSERT used_ceremonies, INSERT events, COMMIT"
    );
    assert_eq!(of_decoys, [of_passkey, of_passkey].concat());
}

#[tokio::test]
async fn a_refused_sign_in_costs_the_same_for_a_name_that_no_account_has() {
    let server = PostgresServer::start(&[("log_statement", "all")]);
    server.create_database(DATABASE, None).await;
    let home = Home::at(server.url(DATABASE));
    migrations::create(&home.options()).await.unwrap();
    let app = TestApp::start_in(home, &[]).await;
    app.registered("alice").await;
    let mut log = StatementLog::new(&server);

    for name in ["alice", "stranger"] {
        let refused = log.cost("refused", app.stranger().login(name, "not the password")).await;
        assert!(refused.is_err());
    }

    let costs = log.costs();
    let known = &COSTS.iter().find(|(call, _)| *call == "Login refused").unwrap().1;
    assert!(costs.iter().all(|(_, cost)| cost == known), "{costs:#?}");
    let mut raw = app.home().raw().await;
    let rows = raw.number("SELECT count(*) FROM events WHERE kind = 'sign_in'").await;
    assert_eq!(rows, 2, "one for each refusal");
}

#[tokio::test]
async fn a_refused_recovery_code_costs_the_same_whatever_is_wrong() {
    let server = PostgresServer::start(&[("log_statement", "all")]);
    server.create_database(DATABASE, None).await;
    let home = Home::at(server.url(DATABASE));
    migrations::create(&home.options()).await.unwrap();
    let app = TestApp::start_in(home, &[]).await;
    let [alice, carol] = [app.registered("alice").await, app.registered("carol").await];
    let of_alice = alice.make_codes().await.unwrap();
    let of_carol = carol.make_codes().await.unwrap();
    let disable = "UPDATE accounts SET disabled_at = 1 WHERE username = 'carol'";
    app.home().raw().await.execute(disable).await;
    let mut log = StatementLog::new(&server);

    for (name, code) in [
        ("alice", "00000"),
        ("alice", of_carol[0].as_str()),
        ("carol", of_carol[0].as_str()),
        ("stranger", of_alice[0].as_str()),
    ] {
        let refused = log.cost("refused", app.stranger().begin(name, code)).await;
        assert!(refused.is_err());
    }

    let costs = log.costs();
    assert_eq!(
        costs[0].1,
        "BEGIN, INSERT sign_in_failures + INSERT budgets, COMMIT, SELECT accounts, INSERT events"
    );
    assert!(costs.iter().all(|it| *it == costs[0]), "{costs:#?}");
}

/// Which part of a server's log belongs to which call.
struct StatementLog<'a> {
    server: &'a PostgresServer,
    calls: Vec<(&'static str, Range<usize>)>,
}

impl<'a> StatementLog<'a> {
    fn new(server: &'a PostgresServer) -> Self {
        Self { server, calls: Vec::new() }
    }

    /// Makes a call and notes which part of the log it filled.
    async fn cost<T>(&mut self, name: &'static str, call: impl Future<Output = T>) -> T {
        let begin = self.server.log().len();
        let outcome = call.await;
        self.calls.push((name, begin..self.server.log().len()));
        outcome
    }

    /// What each call sent, without what was sent beside it.
    fn costs(&self) -> Vec<(&'static str, String)> {
        let log = self.server.log();
        let messages = without_sweeps(messages(&log));
        let cost = |range: &Range<usize>| {
            let sent = messages.iter().filter(|it| range.contains(&it.at) && !it.runs_beside());
            sent.map(|it| shortened(&it.sql)).collect::<Vec<_>>().join(", ")
        };
        self.calls.iter().map(|(name, range)| (*name, cost(range))).collect()
    }
}

/// A message to the database.
struct Message {
    /// Where in the log it begins.
    at: usize,
    backend: String,
    sql: String,
}

impl Message {
    /// Whether the poll for what other replicas did sent it, the search for sessions from the future, the
    /// sealing of the record, or the pool, which prepares a new connection and tests an idle one.
    fn runs_beside(&self) -> bool {
        self.sql.contains("recorded_at >")
            || self.sql.contains("FROM revocations WHERE expires_at >")
            || self.sql.contains("ended_at IS NULL AND auth_time >")
            || self.sql.contains("created_at > $1 OR refreshed_at > $1")
            || self.sql.contains("count(*) FROM sign_in_failures")
            || self.sql.contains("count(*) FROM budgets")
            || self.sql.contains("FROM signing_keys")
            || self.sql.contains("FROM event_checkpoints")
            || self.sql.contains("FROM event_keys")
            || self.sql.contains("position IS NULL")
            || self.sql.contains("FROM service_accounts")
            || self.sql.starts_with("SET statement_timeout")
            || self.sql.contains("pg_is_in_recovery")
            || self.sql.starts_with("/*")
    }
}

fn messages(log: &str) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut at = 0;
    for line in log.split_inclusive('\n') {
        if let Some(message) = message(at, line) {
            messages.push(message);
        } else if let (Some(last), true) = (messages.last_mut(), line.starts_with('\t')) {
            last.sql.push_str(line);
        }
        at += line.len();
    }
    messages.iter_mut().for_each(|it| it.sql = it.sql.trim().to_owned());
    messages
}

fn message(at: usize, line: &str) -> Option<Message> {
    let (prefix, entry) = line.split_once("LOG:  ")?;
    let executed = || entry.strip_prefix("execute ").and_then(|it| Some(it.split_once(": ")?.1));
    let sql = entry.strip_prefix("statement: ").or_else(executed)?;
    let backend = prefix.split(['[', ']']).nth(1)?.to_owned();
    let is_ours = prefix.contains(&format!(" {DATABASE} "));
    is_ours.then(|| Message { at, backend, sql: sql.to_owned() })
}

/// Leaves out the transactions of sweeps and of sealing.
fn without_sweeps(messages: Vec<Message>) -> Vec<Message> {
    let mut kept: Vec<Message> = Vec::new();
    let mut sweeping = HashSet::new();
    for message in messages {
        if message.sql.contains("pg_try_advisory_xact_lock") {
            let begin = kept.iter().rposition(|it| it.backend == message.backend);
            kept.remove(begin.expect("a sweep and a sealing begin a transaction"));
            sweeping.insert(message.backend);
        } else if !sweeping.contains(&message.backend) {
            kept.push(message);
        } else if message.sql.ends_with("COMMIT") {
            sweeping.remove(&message.backend);
        }
    }
    kept
}

/// Where a word stands that is in no subquery.
fn outermost(words: &[&str], word: &str) -> Option<usize> {
    let mut depth = 0;
    words.iter().position(|it| {
        let is_outside = depth == 0;
        depth += it.matches('(').count();
        depth -= it.matches(')').count();
        is_outside && *it == word
    })
}

fn shortened(statement: &str) -> String {
    let words: Vec<_> = statement.split_whitespace().collect();
    let table = |before: &str| {
        // Where it stands in a subquery alone, there is nothing else to read.
        let anywhere = || words.iter().position(|it| *it == before);
        outermost(&words, before).or_else(anywhere).map(|it| words[it + 1])
    };
    match words[0] {
        "BEGIN" => "BEGIN".to_owned(),
        "SET" if statement.ends_with("COMMIT") => "COMMIT".to_owned(),
        "SELECT" if statement.contains("pg_advisory_xact_lock") => "lock number".to_owned(),
        "SELECT" if statement.ends_with("FOR UPDATE") => {
            format!("lock {}", table("FROM").unwrap())
        }
        verb @ ("SELECT" | "DELETE") => format!("{verb} {}", table("FROM").unwrap_or(statement)),
        // The table that the first of its queries reads.
        "WITH" if changes(&words).is_empty() => {
            let from = words.iter().position(|it| *it == "FROM");
            format!("SELECT {}", words[from.unwrap() + 1])
        }
        "WITH" => changes(&words).join(" + "),
        verb @ "INSERT" => format!("{verb} {}", words[2]),
        verb @ "UPDATE" => format!("{verb} {}", words[1]),
        _ => statement.to_owned(),
    }
}

/// What a statement of several changes changes, in their order.
fn changes(words: &[&str]) -> Vec<String> {
    let change = |(place, word): (usize, &&str)| match word.trim_start_matches('(') {
        "INSERT" => Some(format!("INSERT {}", words[place + 2])),
        "DELETE" => Some(format!("DELETE {}", words[place + 2])),
        // Not the one of an upsert.
        "UPDATE" if words[place + 1] != "SET" => Some(format!("UPDATE {}", words[place + 1])),
        _ => None,
    };
    words.iter().enumerate().filter_map(change).collect()
}
