//! Sign-ins as storage sees them, and the bare transaction of one.

use std::time::Duration;

use claviger::{
    model::{
        failure::{BudgetKey, Cost, FailureKey, Settlement},
        passkey::Passkey,
        password::PasswordHash,
        username::Username,
    },
    storage::{
        Storage,
        throttle::{Charge, NameCharge},
    },
};
use claviger_token::id::AccountId;
use sqlx::{Connection as _, PgConnection};

use crate::{
    bare,
    support::{
        Outcome,
        databases::{Database, Engine},
        nouns::{self, DAY, HASH, MINUTE},
    },
};

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Passkey,
    Password,
    /// With the hashing of the password, as `passwords.argon2_*` is by default.
    PasswordWithHash,
    /// The transaction that opens a session for a passkey.
    Bare,
}

impl Call {
    pub const ALL: [Self; 4] = [Self::Passkey, Self::Password, Self::PasswordWithHash, Self::Bare];

    pub fn is_for(self, engine: Engine) -> bool {
        self != Self::Bare || engine == Engine::Postgres
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey sign-in, storage",
            Self::Password => "password sign-in, storage",
            Self::PasswordWithHash => "password sign-in with its hash",
            Self::Bare => "passkey transaction, bare sqlx",
        }
    }
}

/// How many accounts a client has: none of them reaches its limit of sessions within a round, which would
/// make other rows.
const ACCOUNTS: usize = 16;

/// A client that signs in again and again, with one account after the other.
pub struct Client {
    call: Call,
    storage: Storage,
    people: Vec<Person>,
    next: usize,
    connection: Option<PgConnection>,
    has_row: bool,
}

struct Person {
    account_id: AccountId,
    username: Username,
    passkey: Passkey,
    key: [u8; 32],
}

impl Client {
    pub async fn new(call: Call, database: &Database, has_row: bool) -> Outcome<Self> {
        let storage = database.storage.clone();
        let mut people = Vec::new();
        for _ in 0..ACCOUNTS {
            people.push(Person::new(&storage).await?);
        }
        let connection = match call {
            Call::Bare => Some(PgConnection::connect(&database.url).await?),
            _ => None,
        };
        Ok(Self { call, storage, people, next: 0, connection, has_row })
    }

    pub async fn sign_in(&mut self) -> Outcome<()> {
        self.next = (self.next + 1) % self.people.len();
        let person = &self.people[self.next];
        match self.call {
            Call::Passkey => person.by_passkey(&self.storage).await,
            Call::Password => person.by_password(&self.storage).await,
            Call::PasswordWithHash => {
                tokio::task::spawn_blocking(hash).await??;
                person.by_password(&self.storage).await
            }
            Call::Bare => {
                let connection = self.connection.as_mut().ok_or("not connected")?;
                bare::sign_in(connection, person.account_id, &person.passkey, self.has_row).await
            }
        }
    }
}

impl Person {
    async fn new(storage: &Storage) -> Outcome<Self> {
        let account = nouns::account();
        let session = nouns::session(account.id, None);
        let passkey = nouns::passkey(account.id)?;
        let (account_id, username, caller) = (account.id, account.username.clone(), session.id);
        let key = *session.refresh_family.as_bytes();
        storage.create_account(account, session).await?;
        storage.add_passkey(nouns::addition(passkey.clone(), caller, 20)).await?;
        Ok(Self { account_id, username, passkey, key })
    }

    /// The storage calls of a discoverable sign-in.
    async fn by_passkey(&self, storage: &Storage) -> Outcome<()> {
        let passkey_use = nouns::passkey_use(self.passkey.id);
        let found = storage.find_named_passkey(&self.passkey.credential_id).await?;
        let passkey = found.ok_or("the passkey does not exist")?.passkey;
        let mut session = nouns::session(self.account_id, Some(passkey.id));
        session.settlement.reset = vec![FailureKey(self.key)];
        let until = nouns::now() + MINUTE * 15;
        let opened = storage.open_passkey_session(passkey_use, session, until).await?;
        let is_open = opened.announced(drop).is_ok();
        if is_open { Ok(()) } else { Err("no sign-in".into()) }
    }

    /// The storage calls of a sign-in with a password.
    async fn by_password(&self, storage: &Storage) -> Outcome<()> {
        let (now, key) = (nouns::now(), FailureKey(self.key));
        let price = Duration::from_secs(60);
        let costs = vec![Cost { key: BudgetKey(self.key), price, limit: DAY }];
        let name = NameCharge { key, found: None, free: 4, keep_until: now + DAY };
        let charge = Charge { costs: costs.clone(), name: Some(name), now };
        storage.charge_attempt(charge).await?;
        storage.find_account_by_username(&self.username).await?.ok_or("no account")?;
        let mut session = nouns::session(self.account_id, None);
        session.settlement = Settlement { costs, reset: vec![key], not_tried: None };
        let hash = PasswordHash::from_phc(HASH.to_owned());
        let opened = storage.open_password_session(session, hash, now + MINUTE * 15).await?;
        opened.announced(drop).map(drop).map_err(|it| format!("{it:?}").into())
    }
}

/// Hashes a password with the default parameters.
fn hash() -> Outcome<()> {
    let parameters = argon2::Params::new(19_456, 2, 1, None).map_err(|it| it.to_string())?;
    let algorithm =
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters);
    let mut output = [0; 32];
    let hashed = algorithm.hash_password_into(b"a password", b"sixteen byte sal", &mut output);
    hashed.map_err(|it| it.to_string().into())
}
