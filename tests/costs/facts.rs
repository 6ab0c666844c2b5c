//! What needs no call: facts of storage, on SQLite, and tokens, in a counted process of their own.

use std::{process::ExitCode, time::Duration};

use claviger::{
    domain::tokens::access::{AccessTokens, Subject},
    model::{
        passkey::Passkey, recovery::RecoveryHash, session::Rotation, token::RefreshFamilyHash,
        username::Username,
    },
    storage::{Options, SqliteOptions, Storage, migrations},
};
use claviger_token::{algorithm::SigningAlgorithm, id::AccountId};
use tempfile::TempDir;

use crate::{
    access_tokens::{LIFETIME, REQUIREMENTS, access_tokens, subject},
    nouns,
    process::{self, Counted, Counting},
};

/// The first argument of a process that does such work.
pub const ARGUMENT: &str = "--counted-facts";

/// Does the work that each line asks for: how often, and what.
pub fn serve() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut facts = runtime.block_on(Facts::prepare());
    process::answer(|line| {
        let Some((times, name)) = line.split_once(' ') else { return };
        let times = times.parse().unwrap();
        runtime.block_on(async { facts.repeat(name, times).await });
    });
    ExitCode::SUCCESS
}

/// A process that does such work.
pub struct CountedFacts {
    process: Counted,
    _folder: TempDir,
}

impl CountedFacts {
    pub fn start(counting: Counting) -> Self {
        let folder = TempDir::new().unwrap();
        let mut process = Counted::start(counting, folder.path(), [ARGUMENT.to_owned()]);
        // Answered once everything is prepared.
        process.after("");
        process.begin();
        Self { process, _folder: folder }
    }

    /// Does something this many times, and returns how much has been counted so far.
    pub fn after(&mut self, times: u32, name: &str) -> f64 {
        self.process.after(&format!("{times} {name}"))
    }
}

/// A person of the database, and tokens.
struct Facts {
    storage: Storage,
    account_id: AccountId,
    family: RefreshFamilyHash,
    generation: u32,
    username: Username,
    no_username: Username,
    passkey: Passkey,
    no_passkey: Passkey,
    /// Of an account that has as many sessions as it may have.
    crowded: Passkey,
    tokens: AccessTokens,
    subject: Subject,
    seen: String,
    unseen: Vec<String>,
    _folder: TempDir,
}

impl Facts {
    async fn prepare() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("claviger.db");
        let options = SqliteOptions { path, busy_timeout: Duration::from_secs(5), readers: 1 };
        let options = Options::Sqlite(options);
        migrations::create(&options).await.unwrap();
        let storage = Storage::open(options).await.unwrap();
        let (no_username, _) = unknown();
        let (username, passkey, family) = sign_up(&storage).await;
        let (_, no_passkey) = unknown();
        let (_, crowded, _) = sign_up(&storage).await;
        for _ in 0..nouns::SESSIONS {
            open_session(&storage, &crowded).await;
        }
        let tokens = access_tokens(storage.clone(), SigningAlgorithm::Es256).await.unwrap();
        let subject = subject().unwrap();
        let (seen, _) = tokens.sign(subject.clone()).unwrap();
        let seen = seen.expose().to_owned();
        let unseen = Vec::new();
        Self {
            storage,
            account_id: passkey.account_id,
            family,
            generation: 0,
            username,
            no_username,
            passkey,
            no_passkey,
            crowded,
            tokens,
            subject,
            seen,
            unseen,
            _folder: folder,
        }
    }

    async fn repeat(&mut self, name: &str, times: u32) {
        for _ in 0..times {
            match name {
                "storage: find an account" => self.find_account().await,
                "storage: find by a username" => self.find_by_name(&self.username, true).await,
                "storage: find by no one's username" => {
                    self.find_by_name(&self.no_username, false).await;
                }
                "storage: find a passkey" => self.find_passkey(&self.passkey, true).await,
                "storage: find no passkey" => self.find_passkey(&self.no_passkey, false).await,
                "storage: offer a passkey" => self.offer(&self.passkey, 1).await,
                "storage: offer no passkey" => self.offer(&self.no_passkey, 0).await,
                "storage: open a session" => open_session(&self.storage, &self.passkey).await,
                "storage: open one too many" => open_session(&self.storage, &self.crowded).await,
                "storage: rotate a refresh token" => self.rotate().await,
                "a token signed" => self.sign(),
                "a token judged for the first time" => self.judge_unseen(),
                "a token judged again" => self.judge(&self.seen),
                _ => panic!("{name} is no fact"),
            }
        }
    }

    async fn find_account(&self) {
        self.storage.find_account(self.account_id).await.unwrap().unwrap();
    }

    /// All that is read by a username that a stranger gives.
    async fn find_by_name(&self, username: &Username, is_known: bool) {
        let found = self.storage.find_account_by_username(username).await.unwrap();
        assert_eq!(found.is_some(), is_known);
        assert_eq!(self.storage.find_account_id(username).await.unwrap().is_some(), is_known);
        let code = RecoveryHash::from_bytes([1; 32]);
        let found = self.storage.find_recovery_code(Some(username), code).await.unwrap();
        assert_eq!(found.account_id.is_some(), is_known);
    }

    async fn find_passkey(&self, passkey: &Passkey, is_known: bool) {
        let found = self.storage.find_named_passkey(&passkey.credential_id).await.unwrap();
        assert_eq!(found.is_some(), is_known);
    }

    async fn offer(&self, passkey: &Passkey, count: usize) {
        let offered = self.storage.list_offered_passkeys(passkey.account_id).await.unwrap();
        assert_eq!(offered.len(), count);
    }

    async fn rotate(&mut self) {
        let attempt = nouns::refresh(self.family, self.generation);
        let rotation = self.storage.rotate_refresh_token(attempt).await.unwrap().announced(drop);
        let Rotation::Rotated(session, _) = rotation else { panic!("not rotated: {rotation:?}") };
        self.generation = session.refresh_generation;
    }

    fn sign(&mut self) {
        let (token, _) = self.tokens.sign(self.subject.clone()).unwrap();
        self.unseen.push(token.expose().to_owned());
    }

    /// One of those that were signed before.
    fn judge_unseen(&mut self) {
        let token = self.unseen.pop().unwrap();
        self.judge(&token);
    }

    fn judge(&self, token: &str) {
        self.tokens.judge(token, REQUIREMENTS).unwrap();
    }
}

/// A name and a passkey that no account has.
fn unknown() -> (Username, Passkey) {
    let account = nouns::account();
    (account.username, nouns::passkey(account.id).unwrap())
}

/// Creates an account with a passkey. Returns its name, the passkey, and the refresh tokens of its session.
async fn sign_up(storage: &Storage) -> (Username, Passkey, RefreshFamilyHash) {
    let account = nouns::account();
    let username = account.username.clone();
    let account_id = account.id;
    let session = nouns::session(account_id, None);
    let (caller, family) = (session.id, session.refresh_family);
    let passkey = nouns::passkey(account_id).unwrap();
    storage.create_account(account, session).await.unwrap();
    let addition = nouns::addition(passkey.clone(), caller, 20);
    storage.add_passkey(addition).await.unwrap();
    (username, passkey, family)
}

/// Opens the session of a sign-in with a passkey.
async fn open_session(storage: &Storage, passkey: &Passkey) {
    let passkey_use = nouns::passkey_use(passkey.id);
    let session = nouns::session(passkey.account_id, Some(passkey.id));
    let revoked_until = nouns::now() + LIFETIME;
    let opened = storage.open_passkey_session(passkey_use, session, revoked_until).await;
    assert!(opened.unwrap().announced(drop).is_ok());
}
