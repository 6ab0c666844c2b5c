//! Ten thousand logouts while watchers are killed, restarted, slowed and cut off: in the end each holds
//! exactly what the server holds.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use claviger::{
    domain::tokens::access::Subject,
    model::{account::Profile, label::DisplayName, username::Username},
};
use claviger_proto::pb::token_service_client::TokenServiceClient;
use claviger_token::{
    group::Groups,
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
};
use futures_util::future::join_all;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tonic::transport::{Channel, Endpoint};

use crate::{
    revocations::talkative,
    support::{
        DAY, Home, Person, TestApp,
        partition::{Network, SILENCE, Weather},
        patience::wait_until,
        people::channel,
        watcher::{Heard, Watcher},
    },
};

/// How many log out at once, each on a connection of their own.
const LEAVERS: usize = 8;
/// How many watchers of each kind there are.
const OF_EACH: usize = 2;
/// How many revocations there are before the first logout.
const TOLD_BEFORE: usize = 5000;
const BROKEN: Duration = Duration::from_secs(300);

/// What befalls a watcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing.
    Spared,
    /// It is killed again and again, and goes on with what it had.
    Killed,
    /// Likewise, but it remembers nothing.
    Forgetful,
    /// It reads so slowly that it is cut off.
    Slow,
    /// Its network falls silent or breaks.
    Partitioned,
}

const FATES: [Fate; 5] =
    [Fate::Spared, Fate::Killed, Fate::Forgetful, Fate::Slow, Fate::Partitioned];

/// A watcher's life.
struct Life {
    fate: Fate,
    /// The servers' ports, or the network's.
    ports: Vec<u16>,
    number: usize,
    is_over: watch::Receiver<bool>,
}

/// What a watcher held at the end, and what it went through.
struct Story {
    heard: Heard,
    streams: usize,
    refusals: Vec<String>,
}

impl Life {
    /// Watches until the storm is over and the server has nothing more to say.
    async fn live(mut self) -> Story {
        let mut story = Story { heard: Heard::default(), streams: 0, refusals: Vec::new() };
        loop {
            let has_calmed = *self.is_over.borrow();
            if self.fate == Fate::Forgetful && !has_calmed {
                story.heard = Heard::default();
            }
            let port = self.ports[story.streams % self.ports.len()];
            story.streams += 1;
            match Watcher::resume(self.backend(port), story.heard.clone()).await {
                Err(status) => {
                    story.refusals.push(status.message().to_owned());
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(mut watcher) => {
                    let has_all = self.watch(&mut watcher, &mut story.refusals).await;
                    story.heard = watcher.heard;
                    // What the last stream told began after the storm, so nothing is missing.
                    if has_all && has_calmed {
                        return story;
                    }
                }
            }
        }
    }

    /// Watches on one stream for as long as its fate allows. Answers whether it ended caught up.
    async fn watch(&mut self, watcher: &mut Watcher, refusals: &mut Vec<String>) -> bool {
        let began = Instant::now();
        let span = Duration::from_millis(400 + 300 * self.number as u64);
        let mut messages = 0;
        let is_first = refusals.is_empty();
        let began_calm = *self.is_over.borrow();
        let is_killed = matches!(self.fate, Fate::Killed | Fate::Forgetful);
        loop {
            let has_calmed = *self.is_over.borrow();
            if is_killed && !has_calmed && began.elapsed() > span {
                return false;
            }
            if self.fate == Fate::Slow && !has_calmed && messages == 0 {
                // The first stream has more to tell than its connection has room for, so the server waits at
                // once. Much later it would close the connection instead.
                tokio::time::sleep(10 * TOO_SLOW).await;
            }
            messages += 1;
            let next = tokio::select! {
                next = timeout(SILENCE, watcher.next()) => next,
                // The stream that is open began before the end. A slow watcher's first one is always cut off.
                _ = self.is_over.changed(), if self.fate != Fate::Slow || !is_first => {
                    return false;
                }
            };
            match next {
                Err(_) => return false,
                Ok(Err(status)) => {
                    refusals.push(status.message().to_owned());
                    return false;
                }
                Ok(Ok(message)) if message.caught_up && has_calmed => return began_calm,
                Ok(Ok(_)) => {}
            }
        }
    }

    /// A connection of its own; a slow watcher's has little room.
    fn backend(&self, port: u16) -> TokenServiceClient<Channel> {
        if self.fate != Fate::Slow {
            return TokenServiceClient::new(channel(port));
        }
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap();
        let endpoint = endpoint.initial_stream_window_size(16_384);
        TokenServiceClient::new(endpoint.connect_lazy())
    }
}

/// Servers on one database, with many sessions of one account.
struct Stage {
    apps: Vec<TestApp>,
    account: AccountId,
    sessions: Vec<SessionId>,
}

impl Stage {
    async fn set(apps: Vec<TestApp>, logouts: usize) -> Self {
        let alice = apps[0].registered("alice").await;
        let mut sessions = apps[0].open_database().await.copy_sessions(10_000).await;
        sessions.truncate(logouts);
        let account = alice.account.id.parse().unwrap();
        Self { apps, account, sessions }
    }

    /// Somebody who bears a token of this session.
    fn person(&self, app: &TestApp, stranger: &Person, session: SessionId) -> Person {
        let now = app.clock().now();
        stranger.bearing(&app.sign(Subject {
            epoch: 0,
            account_id: self.account,
            session_id: session,
            auth_time: now,
            auth_method: SignInMethod::Password,
            session_ends_at: now + DAY,
            profile: Profile {
                username: Username::parse("alice").unwrap(),
                display_name: DisplayName::default(),
                groups: Groups::default(),
            },
        }))
    }

    /// Logs every session out, at all servers at once.
    async fn log_everybody_out(&self) {
        let part = self.sessions.len().div_ceil(LEAVERS);
        let leavers = self.sessions.chunks(part).zip(self.apps.iter().cycle());
        join_all(leavers.map(async |(sessions, app)| {
            let stranger = app.newcomer();
            for &session in sessions {
                self.person(app, &stranger, session).logout().await.unwrap();
            }
        }))
        .await;
    }

    fn start_watchers(
        &self,
        networks: &[Network],
        is_over: &watch::Receiver<bool>,
    ) -> Vec<(Fate, JoinHandle<Story>)> {
        let ports: Vec<_> = self.apps.iter().map(TestApp::internal_port).collect();
        let beyond: Vec<_> = networks.iter().map(Network::port).collect();
        let lives = FATES.into_iter().flat_map(|fate| (0..OF_EACH).map(move |it| (fate, it)));
        let start = |(fate, number): (Fate, usize)| {
            let ports = if fate == Fate::Partitioned { &beyond } else { &ports };
            // The first stream of each leads to another server.
            let mut ports = ports.clone();
            let count = ports.len();
            ports.rotate_left(number % count);
            let life = Life { fate, ports, number, is_over: is_over.clone() };
            (fate, tokio::spawn(life.live()))
        };
        lives.map(start).collect()
    }

    /// What must be known in the end, from the database.
    async fn stored(&self) -> BTreeSet<String> {
        let revoked = self.apps[0].open_database().await.revoked_sessions().await;
        revoked.into_iter().map(|id| format!("session {id}")).collect()
    }
}

/// Lets the network fall silent, come back, and break, again and again, until the storm is over.
async fn spoil(networks: Arc<Vec<Network>>, mut is_over: watch::Receiver<bool>) {
    for weather in [Weather::Silent, Weather::Fair, Weather::Cut, Weather::Fair].into_iter().cycle()
    {
        networks.iter().for_each(|network| network.turn(weather));
        let rest = Duration::from_millis(400);
        if timeout(rest, is_over.wait_for(|it| *it)).await.is_ok() {
            break;
        }
    }
    networks.iter().for_each(|network| network.turn(Weather::Fair));
}

async fn weather_the_storm(apps: Vec<TestApp>, logouts: usize) {
    let stage = Stage::set(apps, logouts).await;
    let mut networks = Vec::new();
    for app in &stage.apps {
        networks.push(Network::to(app.internal_port()).await);
    }
    let networks = Arc::new(networks);
    let (over, is_over) = watch::channel(false);
    let watchers = stage.start_watchers(&networks, &is_over);
    let spoiler = tokio::spawn(spoil(Arc::clone(&networks), is_over));

    let began = Instant::now();
    stage.log_everybody_out().await;
    let took = began.elapsed();
    let stored = stage.stored().await;
    for app in &stage.apps {
        let live = wait_for_live(app, stored.len()).await;
        assert!(live.into_keys().eq(stored.iter().cloned()), "a server holds something else");
    }
    over.send_replace(true);
    spoiler.await.unwrap();

    assert_eq!(stored.len(), TOLD_BEFORE + stage.sessions.len());
    eprintln!("{} logouts in {took:.1?}", stored.len());
    for (fate, watcher) in watchers {
        let story = timeout(BROKEN, watcher).await.expect("it did not heal").unwrap();
        assert!(
            story.heard.live.into_keys().eq(stored.iter().cloned()),
            "{fate:?} holds another set"
        );
        let cut_off = story.refusals.iter().filter(|it| it.contains("nothing was read")).count();
        eprintln!("{fate:?}: {} streams, {cut_off} cut off for slowness", story.streams);
        assert!(story.streams > 2 || fate == Fate::Spared, "{fate:?} was never interrupted");
        assert!(fate != Fate::Slow || cut_off > 0, "it was not slow enough");
    }
}

/// What a server knows, once it is as many as there are.
async fn wait_for_live(app: &TestApp, count: usize) -> std::collections::BTreeMap<String, i64> {
    let mut live = std::collections::BTreeMap::new();
    wait_until("the server knows of every logout", BROKEN, async || {
        live = Heard::poll(&mut app.new_backend()).await.live;
        live.len() == count
    })
    .await;
    live
}

const PATIENCE: &str = "200ms";
/// The same.
const TOO_SLOW: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_thousand_logouts_every_watcher_holds_the_servers_set() {
    let app = talkative(Home::new().await, PATIENCE).await;

    weather_the_storm(vec![app], 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_that_wander_between_two_replicas_hold_the_same_set_in_the_end() {
    let first = talkative(Home::on_postgres().await, PATIENCE).await;
    let second = first.replica().await;

    weather_the_storm(vec![first, second], 3000).await;
}
