//! Sessions: opening, listing and ending them.

use claviger::{
    model::session::{EndReason, NewSession, SessionCursor},
    storage::sessions::SessionSelection,
};
use claviger_token::sign_in::SignInMethod;

use super::{
    HOUR, NOW, SECOND, account_id, act, act_at, new_session,
    passkeys::{added, session_with, used},
    session_id, session_of, sign_in_with, with_database,
};

#[tokio::test]
async fn a_session_is_listed_as_it_was_opened() {
    with_database(async |database| {
        let (alice, opened) = database.registered("alice").await;

        let listed = database.list_sessions(alice.id, NOW, None, 10).await.unwrap();

        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].id, opened.id);
        assert_eq!(listed[0].account_id, alice.id);
        assert_eq!(listed[0].method, Some(SignInMethod::Password));
        assert_eq!(listed[0].origin, opened.origin);
        assert_eq!(listed[0].auth_time, NOW);
        assert_eq!(listed[0].auth_method, Some(SignInMethod::Password));
        assert_eq!(listed[0].created_at, NOW);
        assert_eq!(listed[0].last_seen_at, NOW);
        assert_eq!(listed[0].refresh_generation, 0);
        assert_eq!(listed[0].idle_expires_at, opened.idle_expires_at);
        assert_eq!(listed[0].expires_at, opened.expires_at);
    })
    .await;
}

#[tokio::test]
async fn a_password_opens_a_session_only_while_its_hash_is_the_accounts() {
    with_database(async |database| {
        let (alice, _) = database.registered("alice").await;

        let wrong = database.sign_in(new_session(alice.id), "other").await;
        let right = database.sign_in(new_session(alice.id), "first").await;
        let nobody = database.sign_in(new_session(account_id()), "first").await;

        assert!(!wrong);
        assert!(right);
        assert!(!nobody);
        assert_eq!(database.list_sessions(alice.id, NOW, None, 10).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn proving_presence_again_moves_the_auth_time_of_a_live_session_only() {
    with_database(async |database| {
        let (_, session) = database.registered("alice").await;
        let passkey = added(&database, &session).await;
        let (opened, later) = (session_with(&passkey), NOW + HOUR);
        sign_in_with(&database, used(&passkey, 6), opened.clone()).await;
        let prove =
            async |id, now| database.record_password_reauthentication(id, act_at(now)).await;

        let live = prove(opened.id, later).await.unwrap();
        let expired = prove(session.id, session.idle_expires_at).await;
        let unknown = prove(session_id(), later).await;

        let (live, _) = live.unwrap();
        assert_eq!((live.auth_time, live.auth_method), (later, Some(SignInMethod::Password)));
        assert_eq!((live.method, live.last_seen_at), (Some(SignInMethod::Passkey), NOW));
        assert!(expired.unwrap().is_none());
        assert!(unknown.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn sessions_are_paged_newest_first_without_gaps_or_repeats() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let mut opened = vec![(NOW, first.id)];
        // Some of the same moment, so that only the id tells them apart.
        for step in [0, 0, 1, 1, 2, 3] {
            let created_at = NOW + SECOND * step;
            let session = NewSession { created_at, ..new_session(alice.id) };
            opened.push((created_at, session.id));
            database.sign_in(session, "first").await;
        }
        opened.sort();
        opened.reverse();

        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = database.list_sessions(alice.id, NOW, after, 2).await.unwrap();
            assert!(page.len() <= 2);
            let Some(last) = page.last() else { break };
            after = Some(SessionCursor { created_at: last.created_at, id: last.id });
            listed.extend(page.iter().map(|it| (it.created_at, it.id)));
        }

        assert_eq!(listed, opened);
    })
    .await;
}

#[tokio::test]
async fn sessions_that_ended_or_expired_are_not_listed() {
    with_database(async |database| {
        let (alice, ended) = database.registered("alice").await;
        let idle = NewSession { idle_expires_at: NOW + HOUR, ..new_session(alice.id) };
        let old = NewSession { expires_at: NOW + HOUR, ..new_session(alice.id) };
        let live = new_session(alice.id);
        for session in [idle, old, live.clone()] {
            database.sign_in(session, "first").await;
        }
        let one = SessionSelection::One(ended.id);
        database
            .end_sessions(alice.id, one, EndReason::Revoked, act(), NOW + HOUR)
            .await
            .unwrap()
            .announced(drop);

        let listed = database.list_sessions(alice.id, NOW + HOUR, None, 10).await.unwrap();

        assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [live.id]);
    })
    .await;
}

#[tokio::test]
async fn selected_sessions_end_and_are_revoked_once() {
    with_database(async |database| {
        let (alice, first) = database.registered("alice").await;
        let (_, of_bob) = database.registered("bob").await;
        let (second, third) = (new_session(alice.id), new_session(alice.id));
        for session in [&second, &third] {
            database.sign_in(session.clone(), "first").await;
        }
        let end = async |selection| {
            let reason = EndReason::Revoked;
            let ended = database.end_sessions(alice.id, selection, reason, act(), NOW + HOUR).await;
            let mut ended = ended.unwrap().announced(drop)?;
            ended.sort();
            Some(ended)
        };

        assert_eq!(end(SessionSelection::One(of_bob.id)).await, Some(vec![]));
        assert_eq!(end(SessionSelection::One(second.id)).await, Some(vec![second.id]));
        assert_eq!(end(SessionSelection::One(second.id)).await, Some(vec![]));
        assert_eq!(end(SessionSelection::AllBut(second.id)).await, None);
        assert_eq!(end(SessionSelection::AllBut(third.id)).await, Some(vec![first.id]));
        assert_eq!(end(SessionSelection::AllBut(third.id)).await, Some(vec![]));
        assert_eq!(end(SessionSelection::One(third.id)).await, Some(vec![third.id]));

        let mut revoked = database.list_revocations(NOW).await.unwrap();
        revoked.sort_by_key(session_of);
        let revoked: Vec<_> = revoked.iter().map(|it| (session_of(it), it.until)).collect();
        let until = NOW + HOUR;
        assert_eq!(revoked, [(first.id, until), (second.id, until), (third.id, until)]);
        assert!(database.list_revocations(until).await.unwrap().is_empty());
    })
    .await;
}
