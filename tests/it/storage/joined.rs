//! Sign-ins, of which each is one hand-over to the database with many statements: all of them or none.

use claviger::{
    model::{
        failure::{Cost, FailureKey, Settlement},
        passkey::{Passkey, PasskeyUse},
        session::NewSession,
    },
    storage::{Error, passkeys::UseRefusal, throttle::Charge},
};
use claviger_token::id::AccountId;

use super::{
    DAY, Database, HOUR, NOW, bytes, hash, new_session,
    passkeys::{added, session_with, used},
    sign_in_with,
    throttle::{ADMITTED, cost, costing, failure},
    with_database,
};

/// What a sign-in changes: the rows of its tables, and the last sign-in and the counter.
async fn state(database: &Database, owner: AccountId, passkey: &Passkey) -> String {
    let mut raw = database.raw().await;
    let mut rows = Vec::new();
    for table in ["sessions", "events", "used_ceremonies", "sign_in_failures", "budgets"] {
        rows.push(raw.number(&format!("SELECT count(*) FROM {table}")).await);
    }
    let account = database.find_account(owner).await.unwrap().unwrap();
    let passkey = database.find_passkey(&passkey.credential_id).await.unwrap().unwrap();
    format!("{rows:?} {:?} {}", account.last_sign_in_at, passkey.counter)
}

/// Counts a failure, which the settlement takes back.
async fn settlement(database: &Database) -> Settlement {
    let key = FailureKey(bytes());
    database.charge_attempt(failure(key)).await.unwrap();
    Settlement { reset: vec![key], ..Settlement::default() }
}

#[tokio::test]
async fn a_sign_in_that_fails_in_the_middle_leaves_nothing_and_may_be_made_again() {
    with_database(async |database| {
        let (alice, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let settlement = settlement(&database).await;
        let session = NewSession { settlement, ..session_with(&passkey) };
        let session_exists = NewSession { refresh_family: phone.refresh_family, ..session.clone() };
        let event_exists = NewSession { act: phone.act.clone(), ..session.clone() };
        let passkey_use = used(&passkey, 6);
        let before = state(&database, alice.id, &passkey).await;

        for broken in [session_exists, event_exists] {
            let failed = database
                .open_passkey_session(passkey_use.clone(), broken.clone(), NOW + HOUR)
                .await
                .map(drop);
            assert!(matches!(failed, Err(Error::Unexpected(_))), "{failed:?}");
            assert_eq!(state(&database, alice.id, &passkey).await, before);
            let broken = NewSession { sign_in: new_session(alice.id).sign_in, ..broken };
            let failed =
                database.open_password_session(broken, hash("first"), NOW + HOUR).await.map(drop);
            assert!(matches!(failed, Err(Error::Unexpected(_))), "{failed:?}");
            assert_eq!(state(&database, alice.id, &passkey).await, before);
        }

        assert!(sign_in_with(&database, passkey_use, session).await);
        assert_ne!(state(&database, alice.id, &passkey).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_use_that_is_refused_uses_the_ceremony_up_and_changes_nothing_else() {
    with_database(async |database| {
        let (_, phone) = database.registered("alice").await;
        let passkey = added(&database, &phone).await;
        let (alice, settlement) = (phone.account_id, settlement(&database).await);
        let session = || NewSession { settlement: settlement.clone(), ..session_with(&passkey) };
        let stale = PasskeyUse { expected_counter: 4, ..used(&passkey, 6) };
        let open = async |passkey_use: &PasskeyUse| {
            let opened =
                database.open_passkey_session(passkey_use.clone(), session(), NOW + HOUR).await;
            opened.unwrap().announced(drop).unwrap_err()
        };

        assert_eq!(open(&stale).await, UseRefusal::Changed);
        let after = state(&database, alice, &passkey).await;
        let fresh = PasskeyUse { expected_counter: 5, ..stale.clone() };
        assert_eq!(open(&fresh).await, UseRefusal::CeremonyUsed);

        assert_eq!(state(&database, alice, &passkey).await, after);
        assert!(database.is_ceremony_used(stale.ceremony.id).await.unwrap());
        assert!(after.ends_with(" 5"), "{after}");
        assert_eq!(database.count("SELECT count(*) FROM sessions").await, 1);
        assert_eq!(
            database.count("SELECT count(*) FROM events WHERE outcome = 'refused'").await,
            1
        );
        assert!(database.find_failures(&settlement.reset).await.unwrap()[0].is_some());
    })
    .await;
}

#[tokio::test]
async fn a_session_takes_back_more_names_and_costs_than_one_statement_does() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;
        let names: Vec<_> = (0..5).map(|_| FailureKey(bytes())).collect();
        let costs: Vec<_> = (0..7).map(|_| cost(HOUR, HOUR)).collect();
        for name in &names {
            database.charge_attempt(failure(*name)).await.unwrap();
        }
        for cost in &costs {
            database.charge_attempt(costing(*cost, NOW)).await.unwrap();
        }
        let (reset, not_tried) = (names[..4].to_vec(), Some(names[4]));
        let settlement = Settlement { costs: costs.clone(), reset, not_tried };

        let session = NewSession { settlement, ..new_session(alice.id) };
        assert!(database.sign_in(session, "first").await);

        let found = database.find_failures(&names).await.unwrap();
        assert!(found.iter().all(Option::is_none), "{found:?}");
        for cost in costs {
            assert_eq!(database.charge_attempt(costing(cost, NOW)).await.unwrap(), ADMITTED);
        }
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_charged_to_more_prefixes_than_one_statement_takes_or_to_none() {
    with_database(async |database| {
        let mut costs: Vec<_> = (0..5).map(|_| cost(HOUR, DAY)).collect();
        costs[4].limit = HOUR;
        let attempt =
            |costs: &[Cost], key| Charge { costs: costs.to_vec(), ..failure(FailureKey(key)) };
        let refused = bytes();

        assert_eq!(database.charge_attempt(attempt(&costs, bytes())).await.unwrap(), ADMITTED);
        let spent = database.charge_attempt(attempt(&costs, refused)).await.unwrap();

        assert!(format!("{spent:?}").starts_with("Spent { cost: 4"), "{spent:?}");
        assert_eq!(database.find_failures(&[FailureKey(refused)]).await.unwrap(), [None]);
        costs[4].limit = HOUR * 2;
        assert_eq!(database.charge_attempt(attempt(&costs, refused)).await.unwrap(), ADMITTED);
    })
    .await;
}
