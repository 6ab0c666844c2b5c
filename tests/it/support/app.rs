//! A real server in this process, on free ports, with a home of its own and a manual clock.

use std::time::Duration;

use claviger::{
    app::App,
    config::Config,
    domain::{
        clock::{ManualClock, WrongClock},
        events::act,
        service_accounts::ServiceAccounts,
        tokens::{
            access::Subject,
            keys::{Activation, KeyRevocation},
        },
        world::World,
    },
    storage::{Stats, Storage},
};
use claviger_proto::pb::{self, token_service_client::TokenServiceClient};
use claviger_token::time::Timestamp;
use tonic::{Status, transport::Channel};

use super::{
    Home, MINUTE, PASSWORD, Person, SECOND, command_line,
    patience::wait_until,
    people::{channel, channel_from},
    raw::RawConnection,
    set_groups,
};
use crate::assert_refused;

/// When every test begins: 2026-01-01 00:00 UTC.
const START: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Settings of one test, as `(key, value)` pairs on top of [`BASE`].
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// What all tests run with: free ports, hashes that cost little, and registration for anyone at any URL.
const BASE: Settings<'static> = &[
    ("public.listen", "127.0.0.1:0"),
    ("internal.listen", "127.0.0.1:0"),
    ("public.url", "http://localhost:8080"),
    ("accounts.registration", "open"),
    ("passwords.argon2_memory_kib", "8"),
    ("passwords.argon2_iterations", "1"),
    ("passwords.hash_queue", "256"),
];

/// A running server. Stops when it goes out of scope, at the latest with the test's process.
pub struct TestApp {
    app: App,
    clock: ManualClock,
    home: Home,
    settings: Vec<(String, String)>,
    public: Channel,
    internal: Channel,
}

impl TestApp {
    /// Starts a server with the base settings.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server with some settings changed.
    pub async fn start_with(settings: Settings<'_>) -> Self {
        Self::start_in(Home::new().await, settings).await
    }

    /// Starts a server whose clock stands at the present, for what judges by a clock of its own.
    pub async fn start_today(settings: Settings<'_>) -> Self {
        let now = claviger::domain::clock::Clock::System.now();
        Self::start_at(Home::new().await, ManualClock::starting_at(now), settings).await
    }

    /// Starts a server in a home.
    pub async fn start_in(home: Home, settings: Settings<'_>) -> Self {
        Self::start_at(home, ManualClock::starting_at(START), settings).await
    }

    /// Starts a server whose clock stands at the present time, for programs beside it that go by the
    /// real one.
    pub async fn start_now() -> Self {
        let clock = ManualClock::starting_at(World::system().now());
        Self::start_at(Home::new().await, clock, &[]).await
    }

    /// Starts another replica on the same database, with the same clock.
    pub async fn replica(&self) -> Self {
        Self::launch(self.home.replica(), self.clock.clone(), self.settings.clone()).await
    }

    /// Starts a server in a home, with a clock that the test has set.
    pub async fn start_at(home: Home, clock: ManualClock, settings: Settings<'_>) -> Self {
        let settings = BASE
            .iter()
            .chain(settings)
            .map(|&(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Self::launch(home, clock, settings).await
    }

    async fn launch(home: Home, clock: ManualClock, settings: Vec<(String, String)>) -> Self {
        let world = World::with_clock(clock.clone());
        Self::launch_in(world, home, clock, settings).await
    }

    /// Starts a server on a machine whose clock is wrong. Its manual clock moves nothing.
    pub async fn start_on_wrong_clock(home: Home, clock: &WrongClock) -> Self {
        let settings = BASE.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let world = World::with_wrong_clock(clock.clone());
        Self::launch_in(world, home, ManualClock::starting_at(START), settings.collect()).await
    }

    async fn launch_in(
        world: World,
        home: Home,
        clock: ManualClock,
        settings: Vec<(String, String)>,
    ) -> Self {
        let mut all = home.settings();
        all.extend(settings.clone());
        let config = Config::from_pairs(&all).unwrap();
        let app = App::start(config, world).await.unwrap();
        let public = channel(app.public_addresses()[0].port());
        let internal = channel(app.internal_addresses()[0].port());
        Self { app, clock, home, settings, public, internal }
    }

    /// Stops the server and starts it again on the same data, at the same point in time.
    pub async fn restart(self) -> Self {
        let Self { app, clock, home, settings, .. } = self;
        app.shutdown().await;
        Self::launch(home, clock, settings).await
    }

    /// Like [`Self::restart`], with some settings changed.
    pub async fn restart_with(mut self, settings: Settings<'_>) -> Self {
        let changed = settings.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        self.settings.extend(changed);
        self.restart().await
    }

    /// Sets the clock, and restarts the server on it if asked to. Otherwise the server notices at once, as
    /// it does within a quarter of a second by itself.
    pub async fn with_clock_at(self, wall: Timestamp, restarted: bool) -> Self {
        self.clock.set(wall);
        let app = if restarted { self.restart().await } else { self };
        app.sweep().await;
        app
    }

    /// Lets the server sweep and do what is due, as it does every ten seconds.
    pub async fn sweep(&self) {
        self.app.sweeper().run_once().await.unwrap();
    }

    /// Waits until everything that was recorded has its place. The server seals each second as well.
    pub async fn seal(&self) {
        let mut raw = self.home.raw().await;
        wait_until("the record is sealed", MINUTE, async || {
            self.app.sealer().run_once().await.unwrap();
            raw.number("SELECT count(*) FROM events WHERE position IS NULL").await == 0
        })
        .await;
    }

    /// Seals what there is, unless the record was tampered with.
    pub async fn try_to_seal(&self) -> claviger::domain::Result<()> {
        self.app.sealer().run_once().await
    }

    /// Stops the server.
    pub async fn stop(self) -> Home {
        self.app.shutdown().await;
        self.home
    }

    /// The clock that the server goes by.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Where it keeps its data.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// What its storage has done.
    pub fn storage_stats(&self) -> Stats {
        self.app.storage_stats()
    }

    /// The public port.
    pub fn public_port(&self) -> u16 {
        self.app.public_addresses()[0].port()
    }

    /// The internal port.
    pub fn internal_port(&self) -> u16 {
        self.app.internal_addresses()[0].port()
    }

    /// Somebody who has not signed in.
    pub fn stranger(&self) -> Person {
        Person::stranger(self.public.clone())
    }

    /// A backend on a connection of its own.
    pub fn new_backend(&self) -> TokenServiceClient<Channel> {
        TokenServiceClient::new(channel(self.internal_port()))
    }

    /// Somebody on a connection of their own.
    pub fn newcomer(&self) -> Person {
        Person::stranger(channel(self.public_port()))
    }

    /// Somebody who calls from an address of this machine, and gives up after a while.
    pub fn stranger_at(&self, address: [u8; 4], timeout: Duration) -> Person {
        Person::stranger(channel_from(address.into(), self.public_port(), timeout))
    }

    /// A person who calls from this address of a network of 24 bits of this machine.
    pub fn stranger_in(&self, network: u8, last: u8) -> Person {
        self.stranger_at([127, 0, network, last], 30 * SECOND)
    }

    /// Somebody who has just registered.
    pub async fn registered(&self, username: &str) -> Person {
        self.stranger().register(username, PASSWORD).await.unwrap()
    }

    /// A person who has just registered with a name to show.
    pub async fn registered_as(&self, username: &str, display_name: &str) -> Person {
        let request = pb::RegisterRequest {
            username: username.to_owned(),
            password: PASSWORD.to_owned(),
            display_name: display_name.to_owned(),
            ..Default::default()
        };
        self.stranger().register_as(request).await.unwrap()
    }

    /// Puts a person into groups as the command line does; an empty text stands for none.
    pub async fn set_groups(&self, person: &Person, groups: &str) {
        let groups = Some(groups).filter(|it| !it.is_empty()).map(|it| it.parse().unwrap());
        let storage = Storage::open(self.home.options()).await.unwrap();
        let act = act(&World::with_clock(self.clock.clone()), command_line().actor).unwrap();
        let id = person.account.id.parse().unwrap();
        assert!(set_groups(&storage, id, groups.unwrap_or_default(), act).await);
        storage.close().await;
    }

    /// The body of a page on the public port, which must be there.
    pub async fn get(&self, path: &str) -> String {
        let url = format!("http://127.0.0.1:{}{path}", self.public_port());
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// One text out of the database.
    pub async fn query_text(&self, sql: &'static str) -> String {
        self.open_database().await.text(sql).await
    }

    /// A connection of the test's own to the database.
    pub async fn open_database(&self) -> RawConnection {
        self.home.raw().await
    }

    /// Rotates the signing keys as the command line does, and lets the server notice.
    pub async fn rotate_keys(&self) {
        self.app.keys().rotate(Activation::AfterDelay, &command_line()).await.unwrap();
    }

    /// Likewise, with a key that signs at once.
    pub async fn rotate_keys_at_once(&self) {
        self.app.keys().rotate(Activation::AtOnce, &command_line()).await.unwrap();
    }

    /// Revokes a key as the command line does.
    pub async fn revoke_key(&self, key_id: &str) {
        let revoked = self.app.keys().revoke(key_id, &command_line()).await.unwrap();
        assert_eq!(revoked, KeyRevocation::Replaced);
    }

    /// An access token as a sign-in would hand it out.
    pub fn sign(&self, subject: Subject) -> String {
        self.app.access_tokens().sign(subject).unwrap().0.expose().to_owned()
    }

    /// How many watch revocations.
    pub fn watchers(&self) -> usize {
        self.app.revocations().watchers()
    }

    /// Its service accounts.
    pub fn service_accounts(&self) -> &ServiceAccounts {
        self.app.service_accounts()
    }

    /// A backend on the internal port.
    pub fn backend(&self) -> TokenServiceClient<Channel> {
        TokenServiceClient::new(self.internal.clone())
    }

    /// The verdict on an access token.
    pub async fn verdict(&self, access_token: &str) -> pb::TokenVerdict {
        self.judge(access_token, super::BACKEND, None).await.unwrap().verdict()
    }

    /// Asserts that no access token of a person is good any more.
    pub async fn assert_ended(&self, person: &Person) {
        assert_refused!(person.get_account().await.map(drop), Unauthenticated, SESSION_ENDED);
        // It is empty if the session ended before it was issued.
        if !person.backend_token.is_empty() {
            assert_eq!(self.verdict(&person.backend_token).await, pb::TokenVerdict::Revoked);
        }
    }

    /// The whole answer on an access token.
    pub async fn judge(
        &self,
        access_token: &str,
        required_audience: &str,
        max_auth_age: Option<Duration>,
    ) -> Result<pb::ValidateTokenResponse, Status> {
        let request = pb::ValidateTokenRequest {
            access_token: access_token.to_owned(),
            required_audience: required_audience.to_owned(),
            max_auth_age: max_auth_age.map(|age| age.try_into().unwrap()),
            ..Default::default()
        };
        Ok(self.backend().validate_token(request).await?.into_inner())
    }
}
