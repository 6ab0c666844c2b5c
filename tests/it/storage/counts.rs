//! How much storage each call costs on SQLite, pinned so that more is noticed.
//!
//! What PostgreSQL is sent is in `statements.rs`. Here are the connections lent for reading, the units of work
//! and the hand-overs of statements. What the server does by itself comes on top of some calls, so the least of
//! several counts.

use std::future::Future;

use crate::support::{Authenticator, BACKEND, Home, ORIGIN, PASSWORD, TestApp, sign_ups::finish};

/// How often each call is made.
const ROUNDS: usize = 5;

/// Each call with its reads, units and hand-overs.
const COSTS: &[(&str, [u64; 3])] = &[
    ("Register", [0, 2, 3]),
    ("FinishSignUp", [0, 2, 5]),
    ("FinishRegistration", [0, 1, 4]),
    ("Login", [1, 2, 3]),
    ("FinishAuthentication", [1, 1, 2]),
    ("RefreshTokens", [0, 1, 1]),
    ("GetAccount", [1, 0, 1]),
    ("IssueAccessToken", [0, 0, 0]),
    ("Login, one session too many", [1, 2, 5]),
];

#[tokio::test]
async fn every_call_costs_the_storage_it_is_known_to_cost() {
    let app = TestApp::start_in(Home::on_sqlite(), &[("limits.sessions_per_account", "3")]).await;
    let mut counts = Counts { app: &app, of_calls: Vec::new() };

    for round in 0..ROUNDS {
        let (name, stranger) = (format!("alice{round}"), app.stranger());
        let alice = counts.of("Register", stranger.register(&name, PASSWORD)).await.unwrap();
        let started = stranger.start_sign_up(&format!("bob{round}")).await.unwrap();
        let request =
            finish(&started, &format!("bob{round}"), &mut Authenticator::platform(ORIGIN));
        let mut calls = stranger.passkeys();
        counts.of("FinishSignUp", calls.finish_sign_up(request)).await.unwrap();
        let mut authenticator = Authenticator::platform(ORIGIN);
        let started = alice.start_registration().await.unwrap();
        let answer = started.answer(&mut authenticator);
        let added = alice.finish_registration(&started.id, answer, "laptop");
        counts.of("FinishRegistration", added).await.unwrap();
        counts.of("Login", stranger.login(&name, PASSWORD)).await.unwrap();
        let started = stranger.start_discoverable().await.unwrap();
        let answer = started.answer(&mut authenticator);
        let finished = stranger.finish_authentication(&started.id, answer);
        counts.of("FinishAuthentication", finished).await.unwrap();
        let alice = counts.of("RefreshTokens", alice.refresh()).await.unwrap();
        counts.of("GetAccount", alice.get_account()).await.unwrap();
        counts.of("IssueAccessToken", alice.token_for(BACKEND)).await;
        let another = stranger.login(&name, PASSWORD);
        counts.of("Login, one session too many", another).await.unwrap();
    }

    assert_eq!(counts.of_calls, COSTS);
}

/// The least that each call has cost so far.
struct Counts<'a> {
    app: &'a TestApp,
    of_calls: Vec<(&'static str, [u64; 3])>,
}

impl Counts<'_> {
    async fn of<T>(&mut self, name: &'static str, call: impl Future<Output = T>) -> T {
        let before = self.now();
        let outcome = call.await;
        let after = self.now();
        let cost = [0, 1, 2].map(|it| after[it] - before[it]);
        match self.of_calls.iter_mut().find(|it| it.0 == name) {
            Some((_, least)) => *least = [0, 1, 2].map(|it| least[it].min(cost[it])),
            None => self.of_calls.push((name, cost)),
        }
        outcome
    }

    fn now(&self) -> [u64; 3] {
        let stats = self.app.storage_stats();
        [stats.reads, stats.units, stats.statements]
    }
}
