//! Recovery: getting back into an account whose credentials are lost, by a code of its owner or a link of
//! an operator.
//!
//! There is no session before a recovery is completed. What begins one hands out a text that only the calls
//! which complete it read, so it can do nothing else; the code or the link is used up by the completion.

mod codes;
mod completion;
mod texts;

use std::sync::Arc;

use claviger_token::id::AccountId;

use crate::{
    model::{
        account::Account,
        event::{Act, Actor, Event, EventKind},
        recovery::{RECOVERY_LIFETIME, Recovery, RecoveryHash, RecoveryMeans, RecoveryText},
    },
    storage::Storage,
};

use super::{
    Error, Result,
    passkeys::Passkeys,
    passwords::Passwords,
    secret::DerivedKey,
    sessions::Sessions,
    shown_once::sha256,
    source::{self, Owner},
    throttle::Throttle,
    world::World,
};

use self::texts::Texts;

pub use self::completion::{ByPasskey, Recovered};

/// A recovery that was begun, with what its client shows of the account.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The text that completes it.
    pub text: RecoveryText,
    /// The recovery.
    pub recovery: Recovery,
    /// The account.
    pub account: Account,
    /// Whether the other credentials of the account go in any case.
    pub removes_credentials: bool,
}

/// The recovery use cases.
pub struct Recoveries {
    storage: Storage,
    passwords: Arc<Passwords>,
    passkeys: Arc<Passkeys>,
    sessions: Arc<Sessions>,
    throttle: Arc<Throttle>,
    texts: Texts,
    world: World,
}

impl Recoveries {
    /// Puts the use cases together. `key` authenticates what clients keep.
    pub fn new(
        storage: Storage,
        (passwords, passkeys): (Arc<Passwords>, Arc<Passkeys>),
        sessions: Arc<Sessions>,
        throttle: Arc<Throttle>,
        key: DerivedKey,
    ) -> Self {
        let world = sessions.world().clone();
        Self { storage, passwords, passkeys, sessions, throttle, texts: Texts::new(key), world }
    }

    /// Begins a recovery of an account.
    async fn begin(
        &self,
        account_id: AccountId,
        means: RecoveryMeans,
        removes_credentials: bool,
    ) -> Result<Option<Begun>> {
        let expires_at = self.world.now() + RECOVERY_LIFETIME;
        let recovery = Recovery { account_id, means, expires_at };
        let Some(account) = self.storage.find_account(account_id).await? else { return Ok(None) };
        let text = self.texts.text(&recovery);
        Ok(Some(Begun { text, recovery, account, removes_credentials }))
    }

    /// The recovery of a text and its account, if it can still be completed. Whether it is completed
    /// meanwhile shows at the completion.
    ///
    /// # Errors
    /// `RecoveryEnded`.
    async fn open(&self, text: &RecoveryText) -> Result<(Recovery, Account)> {
        let (opened, now) = (self.texts.open(text), self.world.now());
        let recovery = opened.filter(|it| it.is_open_at(now)).ok_or(Error::RecoveryEnded)?;
        let Recovery { account_id, means, .. } = recovery;
        source::signed_in(Owner::Account(account_id));
        let found = self.storage.find_account(account_id).await?;
        let account = found.filter(|it| !it.is_disabled()).ok_or(Error::RecoveryEnded)?;
        if !self.storage.is_recovery_open(account_id, means, now).await? {
            return Err(self.ended(&recovery).await?);
        }
        Ok((recovery, account))
    }

    /// Records that a recovery whose code or link is void was to be completed.
    async fn ended(&self, recovery: &Recovery) -> Result<Error> {
        let act = self.sessions.events().act(Actor::Account(recovery.account_id))?;
        let event = event(&act, recovery.means).of(recovery.account_id);
        self.record(event.refused("RECOVERY_ENDED")).await?;
        Ok(Error::RecoveryEnded)
    }

    async fn record(&self, refused: Event) -> Result<()> {
        let events = self.sessions.events();
        events.record(events.refusal(refused)).await
    }
}

fn event(act: &Act, means: RecoveryMeans) -> Event {
    match means {
        RecoveryMeans::Code(id) => act.event(EventKind::RecoveryCodeUsed).on(id),
        RecoveryMeans::Link(id) => act.event(EventKind::RecoveryLinkUsed).on(id),
    }
}

/// The hash by which a code or the token of a link is stored and found.
pub(in crate::domain) fn hash(text: &str) -> RecoveryHash {
    RecoveryHash::from_bytes(sha256(text.as_bytes()))
}
