//! What needs no call: facts of storage, on SQLite, and tokens, in a counted process of their own.

use std::{process::ExitCode, time::Duration};

use claviger::{
    domain::tokens::access::{AccessTokens, Subject},
    model::{passkey::Passkey, session::Rotation, token::RefreshFamilyHash},
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
    passkey: Passkey,
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
        let (passkey, family) = sign_up(&storage).await;
        let (crowded, _) = sign_up(&storage).await;
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
            passkey,
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

/// Creates an account with a passkey. Returns that, and the refresh tokens of its session.
async fn sign_up(storage: &Storage) -> (Passkey, RefreshFamilyHash) {
    let account = nouns::account();
    let account_id = account.id;
    let session = nouns::session(account_id, None);
    let (caller, family) = (session.id, session.refresh_family);
    let passkey = nouns::passkey(account_id).unwrap();
    storage.create_account(account, session).await.unwrap();
    let addition = nouns::addition(passkey.clone(), caller, 20);
    storage.add_passkey(addition).await.unwrap();
    (passkey, family)
}

/// Opens the session of a sign-in with a passkey.
async fn open_session(storage: &Storage, passkey: &Passkey) {
    let passkey_use = nouns::passkey_use(passkey.id);
    let session = nouns::session(passkey.account_id, Some(passkey.id));
    let revoked_until = nouns::now() + LIFETIME;
    let opened = storage.open_passkey_session(passkey_use, session, revoked_until).await;
    assert!(opened.unwrap().announced(drop).is_ok());
}
