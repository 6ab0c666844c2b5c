//! Keys that change while everybody signs in and everything is judged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use claviger::domain::tokens::keys::ACTIVATION_DELAY;
use claviger_proto::pb::{SigningKeyState, TokenVerdict};
use futures_util::future::join_all;

use crate::support::{
    HOUR, Home, Person, SECOND, TestApp,
    figures::Distribution,
    watcher::{Heard, Watcher},
};

const PEOPLE: usize = 6;
const ROTATIONS: usize = 4;
/// More than a replica takes to read the keys.
const NOTICE: Duration = Duration::from_millis(1500);

async fn two() -> Arc<[TestApp; 2]> {
    let first = TestApp::start_in(Home::on_postgres().await, &[]).await;
    let second = first.replica().await;
    Arc::new([first, second])
}

fn key_of(access_token: &str) -> String {
    jsonwebtoken::decode_header(access_token).unwrap().kid.unwrap()
}

/// The person at this replica, with the next tokens.
async fn refreshed(app: &TestApp, person: &Person) -> Person {
    app.stranger().refresh_with(&person.tokens.refresh_token).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_good_token_is_refused_while_keys_rotate() {
    let apps = two().await;
    let (is_over, judged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let people = (0..PEOPLE).map(|number| {
        let (apps, is_over, judged) =
            (Arc::clone(&apps), Arc::clone(&is_over), Arc::clone(&judged));
        tokio::spawn(async move {
            let mut person = apps[0].registered(&format!("user{number}")).await;
            let mut keys = vec![key_of(&person.backend_token)];
            for round in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let before = person.clone();
                person = refreshed(&apps[round % 2], &person).await;
                keys.push(key_of(&person.backend_token));
                for (app, it) in apps.iter().flat_map(|app| [(app, &before), (app, &person)]) {
                    let verdict = app.verdict(&it.backend_token).await;
                    let expires = it.tokens.access_token_expire_time.unwrap().seconds;
                    let has_expired = expires <= app.clock().now().as_seconds();
                    assert!(verdict == TokenVerdict::Active || has_expired, "{verdict:?}");
                    judged.fetch_add(1, Ordering::Relaxed);
                }
            }
            keys.dedup();
            keys.len()
        })
    });
    let people: Vec<_> = people.collect();

    for round in 0..ROTATIONS {
        apps[round % 2].rotate_keys().await;
        // In steps, each well within the life of a token.
        for _ in 0..2 {
            tokio::time::sleep(NOTICE).await;
            apps[0].clock().advance(ACTIVATION_DELAY / 2);
        }
        tokio::time::sleep(NOTICE).await;
    }
    is_over.store(true, Ordering::Relaxed);

    let keys: Vec<_> = join_all(people).await.into_iter().map(Result::unwrap).collect();
    assert!(keys.iter().all(|count| *count > ROTATIONS), "not every key signed: {keys:?}");
    let judged = judged.load(Ordering::Relaxed);
    eprintln!("{ROTATIONS} rotations, {judged} good tokens judged, none refused");
}

/// One judgement.
struct Judgement {
    asked_at: Instant,
    key_id: String,
    verdict: TokenVerdict,
}

/// Refreshes and asks both replicas about the new token and the first one, until it is over.
async fn refresh_and_judge(
    apps: Arc<[TestApp; 2]>,
    number: usize,
    is_over: Arc<AtomicBool>,
) -> Vec<Judgement> {
    let mut person = apps[number % 2].registered(&format!("user{number}")).await;
    let first = person.backend_token.clone();
    let mut judgements = Vec::new();
    for round in number.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        person = refreshed(&apps[round % 2], &person).await;
        if person.backend_token.is_empty() {
            // The key was revoked after it had signed the token that this one was to be issued for.
            continue;
        }
        for app in apps.iter() {
            // There is none for a sign-in whose own token was signed by the revoked key.
            let tokens = [&first, &person.backend_token].into_iter().filter(|it| !it.is_empty());
            for token in tokens {
                let (asked_at, key_id) = (Instant::now(), key_of(token));
                let verdict = app.verdict(token).await;
                judgements.push(Judgement { asked_at, key_id, verdict });
            }
        }
    }
    judgements
}

/// Watches until a key is told of as compromised. Answers when.
async fn hears_of(mut watcher: Watcher, key_id: String) -> Instant {
    watcher.until(|heard| heard.keys[&key_id] == SigningKeyState::Compromised).await;
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_everywhere_within_a_second_and_the_next_one_nowhere() {
    let apps = two().await;
    let is_over = Arc::new(AtomicBool::new(false));
    let people = (0..PEOPLE)
        .map(|it| tokio::spawn(refresh_and_judge(Arc::clone(&apps), it, Arc::clone(&is_over))));
    let people: Vec<_> = people.collect();
    let keys = Heard::poll(&mut apps[0].new_backend()).await.keys;
    let old = keys.into_keys().next().unwrap();
    let mut watchers = Vec::new();
    for app in apps.iter() {
        let mut watcher = Watcher::start(app.new_backend()).await;
        watcher.catch_up().await;
        watchers.push(tokio::spawn(hears_of(watcher, old.clone())));
    }
    tokio::time::sleep(NOTICE).await;

    apps[0].revoke_key(&old).await;
    let revoked_at = Instant::now();
    tokio::time::sleep(2 * SECOND).await;
    is_over.store(true, Ordering::Relaxed);

    let people = join_all(people).await.into_iter().flat_map(Result::unwrap);
    let judgements: Vec<Judgement> = people.collect();
    let heard = join_all(watchers).await.into_iter().map(Result::unwrap);
    let heard: Vec<_> = heard.map(|at| at.saturating_duration_since(revoked_at)).collect();
    let after = |it: &&Judgement| it.asked_at > revoked_at + SECOND;
    let (dead, good): (Vec<_>, Vec<_>) =
        judgements.iter().filter(after).partition(|it| it.key_id == old);
    assert!(!dead.is_empty() && !good.is_empty());
    assert!(dead.iter().all(|it| it.verdict == TokenVerdict::Malformed));
    assert!(good.iter().all(|it| it.verdict == TokenVerdict::Active));
    assert!(heard.iter().all(|it| *it < SECOND), "{heard:?}");
    let survived = judgements.iter().filter(|it| {
        it.key_id == old && it.verdict == TokenVerdict::Active && it.asked_at > revoked_at
    });
    let survived = survived.map(|it| it.asked_at - revoked_at).max().unwrap_or_default();
    eprintln!(
        "a revoked key: last believed {survived:.0?} after; watchers: {}; later {} dead and {} good \
         tokens judged",
        Distribution::of(heard),
        dead.len(),
        good.len()
    );
    // The clock stands still, so a key could only have come back by a mistake.
    apps[0].clock().advance(HOUR);
    let told = Heard::poll(&mut apps[1].new_backend()).await.keys;
    assert_eq!(told[&old], SigningKeyState::Compromised);
}
