//! The storage conformance suite: what every engine must do, constraint by constraint.
//!
//! Runs on the engine under test; what concerns one engine alone is in its own file.

mod accounts;
mod ceremonies;
mod clocks;
mod counts;
mod crowds;
mod epochs;
mod first_credentials;
mod groups;
mod invitations;
mod joined;
mod later_versions;
mod moving;
mod passkeys;
mod passwords;
mod plans;
mod races;
mod record;
mod record_sizes;
mod recovery;
mod refresh_tokens;
mod revocations;
mod service_accounts;
mod sessions;
mod sign_ups;
mod signing_keys;
mod statements;
mod sweeps;
mod tables;
mod throttle;
mod writer;

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    ops::Deref,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use claviger::{
    model::{
        account::NewAccount,
        ceremony::CeremonyUse,
        event::{Act, Actor, Event, EventKind},
        failure::Settlement,
        id::{CeremonyId, EventId, PasskeyId},
        label::{DisplayName, PasskeyName},
        passkey::{CredentialId, Passkey, PasskeyUse},
        password::PasswordHash,
        session::{NewSession, Origin, SignIn},
        token::RefreshFamilyHash,
        username::Username,
    },
    storage::{
        Options, Storage, accounts::AccountCreation, passkeys::PasskeyAdditionRequest,
        sweeps::Cutoffs,
    },
};
use claviger_token::{
    id::{AccountId, SessionId},
    revocation::{Revocation, Revoked},
    time::Timestamp,
};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use crate::support::{Home, raw::RawConnection};

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The epoch that begins when everything of an account is ended at [`NOW`] for the first time.
pub(crate) const NEXT_EPOCH: i64 = NOW.as_seconds();
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// How many take part in a race, and how often it is run.
pub(crate) const RACERS: usize = 8;
pub(crate) const ROUNDS: usize = 1000;
/// How many rounds are under way at once.
const ROUNDS_AT_ONCE: usize = 16;

/// The session that a revocation names.
pub(crate) fn session_of(revocation: &Revocation) -> SessionId {
    match revocation.revoked {
        Revoked::Session(id) => id,
        ref other => panic!("{other:?}"),
    }
}

/// Runs a test on a fresh database of the engine under test.
pub(crate) async fn with_database(test: impl AsyncFn(Database)) {
    test(Database::new(Home::new().await).await).await;
}

/// Runs a test on a fresh SQLite file, whatever engine is under test.
pub(crate) async fn with_sqlite(test: impl AsyncFn(Database)) {
    test(Database::new(Home::on_sqlite()).await).await;
}

/// A database that is deleted with its test.
pub(crate) struct Database {
    storage: Storage,
    home: Home,
}

impl Deref for Database {
    type Target = Storage;

    fn deref(&self) -> &Storage {
        &self.storage
    }
}

impl Database {
    async fn new(home: Home) -> Self {
        let storage = Storage::open(options(&home)).await.unwrap();
        Self { storage, home }
    }

    /// Another handle, for another task.
    pub(crate) fn handle(&self) -> Storage {
        self.storage.clone()
    }

    /// Where it is kept.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Closes the database and opens it again, as a restart would.
    pub(crate) async fn reopened(self) -> Self {
        self.storage.close().await;
        let storage = Storage::open(options(&self.home)).await.unwrap();
        Self { storage, home: self.home }
    }

    /// A connection past storage, for what it offers no way to do.
    pub(crate) async fn raw(&self) -> RawConnection {
        self.home.raw().await
    }

    /// Opens a session with the password that new accounts have, or another. Returns whether it did.
    pub(crate) async fn sign_in(&self, session: NewSession, password: &str) -> bool {
        sign_in(&self.storage, session, password).await
    }

    /// The number that a query past storage returns.
    pub(crate) async fn count(&self, query: &'static str) -> usize {
        self.raw().await.number(query).await.try_into().unwrap()
    }

    /// An account with a password and one session.
    pub(crate) async fn registered(&self, username: &str) -> (NewAccount, NewSession) {
        let account = new_account(username);
        let session = new_session(account.id);
        let created = self.create_account(account.clone(), session.clone()).await.unwrap();
        assert_eq!(created, AccountCreation::Created);
        (account, session)
    }

    /// An account that signs in with passkeys alone.
    pub(crate) async fn registered_without_password(
        &self,
        username: &str,
    ) -> (AccountId, NewSession) {
        let (account, session) = self.registered(username).await;
        let mut raw = self.raw().await;
        let statement = "UPDATE accounts SET password_hash = NULL WHERE id = $1";
        raw.execute_with(statement, account.id.as_bytes()).await;
        (account.id, session)
    }
}

/// Opens a session with a password. Returns whether it did.
pub(crate) async fn sign_in(storage: &Storage, session: NewSession, password: &str) -> bool {
    let opened = storage.open_password_session(session, hash(password), NOW + HOUR).await;
    opened.unwrap().announced(drop).is_ok()
}

/// Opens a session with a passkey. Returns whether it did.
pub(crate) async fn sign_in_with(
    storage: &Storage,
    passkey_use: PasskeyUse,
    session: NewSession,
) -> bool {
    let opened = storage.open_passkey_session(passkey_use, session, NOW + HOUR).await;
    opened.unwrap().announced(drop).is_ok()
}

pub(crate) fn options(home: &Home) -> Options {
    home.options_with(&[("database.busy_timeout", "200ms")])
}

/// Runs every round of a race on one database, several rounds at once.
pub(crate) async fn rounds(round: impl AsyncFn(usize)) {
    let round = &round;
    stream::iter(0..ROUNDS).for_each_concurrent(ROUNDS_AT_ONCE, |number| round(number)).await;
}

/// Runs `racers` at once, each in a task of its own.
pub(crate) async fn race<F: Future<Output: Send> + Send + 'static>(
    racers: impl IntoIterator<Item = F>,
) -> Vec<F::Output> {
    let tasks: Vec<_> = racers.into_iter().map(tokio::spawn).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// A number that was not used before. Rising, as version 7 identifiers are.
fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn uuid() -> Uuid {
    Uuid::from_u128(u128::from(next()))
}

pub(crate) fn account_id() -> AccountId {
    AccountId::from_uuid(uuid())
}

pub(crate) fn session_id() -> SessionId {
    SessionId::from_uuid(uuid())
}

pub(crate) fn passkey_id() -> PasskeyId {
    PasskeyId::from_uuid(uuid())
}

pub(crate) fn ceremony_id() -> CeremonyId {
    CeremonyId::from_uuid(uuid())
}

/// Something that the server does at [`NOW`].
pub(crate) fn act() -> Act {
    act_at(NOW)
}

/// Something that the server does at a time.
pub(crate) fn act_at(at: Timestamp) -> Act {
    let event_id = EventId::from_uuid(Uuid::from_u128(u128::from(next()) << 8));
    Act { event_id, at, actor: Actor::Server, session_id: None, call: None, reason: None }
}

/// A refused event at a time.
pub(crate) fn refusal_at(at: Timestamp) -> Event {
    act_at(at).event(EventKind::PasskeyCloneSuspected).refused("PASSKEY_REFUSED")
}

/// The addition of a passkey to an account that may have so many.
pub(crate) fn addition(
    passkey: Passkey,
    ceremony: CeremonyUse,
    caller: SessionId,
    limit: u32,
) -> PasskeyAdditionRequest {
    PasskeyAdditionRequest { passkey, ceremony, caller, limit, act: act() }
}

/// Sweeps what expired at or before a time, with sessions that ended before another; events are kept.
pub(crate) fn cutoffs(expired: Timestamp, sessions: Timestamp) -> Cutoffs {
    Cutoffs { expired, sessions }
}

/// The use of a ceremony that was not used before and expires in an hour.
pub(crate) fn ceremony_use() -> CeremonyUse {
    CeremonyUse { id: ceremony_id(), keep_until: NOW + HOUR }
}

/// 32 bytes that were not used before.
pub(crate) fn bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&next().to_be_bytes());
    bytes
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::from_phc(text.to_owned())
}

pub(crate) fn new_account(username: &str) -> NewAccount {
    NewAccount {
        id: account_id(),
        username: Username::from_stored(username.to_owned()),
        display_name: DisplayName::from_stored("Alice A.".to_owned()),
        password_hash: Some(hash("first")),
        request_id: None,
        created_at: NOW,
        invitation: None,
    }
}

pub(crate) fn new_session(account_id: AccountId) -> NewSession {
    NewSession {
        id: session_id(),
        account_id,
        sign_in: SignIn::Password,
        refresh_family: RefreshFamilyHash::from_bytes(bytes()),
        act: act(),
        origin: Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: "browser".to_owned(),
        },
        created_at: NOW,
        idle_expires_at: NOW + DAY * 30,
        expires_at: NOW + DAY * 90,
        limit: 100,
        settlement: Settlement::default(),
    }
}

pub(crate) fn new_passkey(account_id: AccountId) -> Passkey {
    Passkey {
        id: passkey_id(),
        account_id,
        credential_id: CredentialId::parse(bytes().to_vec()).unwrap(),
        name: PasskeyName::from_stored("laptop".to_owned()),
        public_key: vec![1, 2, 3],
        counter: 5,
        backup_eligible: false,
        backed_up: false,
        user_verified: true,
        transports: vec!["internal".to_owned(), "hybrid".to_owned()],
        aaguid: [7; 16],
        discoverable: Some(true),
        attestation_object: vec![4, 5, 6],
        created_at: NOW,
        last_used_at: None,
        clone_suspected_at: None,
        suspended_at: None,
    }
}
