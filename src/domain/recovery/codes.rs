//! Making codes, and beginning a recovery with a code or a link.
//!
//! A wrong code, a used one, an unknown name and a disabled account take the same path and the same work,
//! and are charged like a wrong password.

use std::net::IpAddr;

use claviger_token::{claims::Claims, id::AccountId};

use crate::{
    domain::{Error, Result, call, throttle::Attempt},
    model::{
        event::{Actor, EventKind},
        id::RecoveryCodeId,
        recovery::{RECOVERY_CODES, RecoveryCode, RecoveryLinkToken, RecoveryMeans},
        username::SignInName,
    },
    storage::recovery::NewRecoveryCodes,
};

use super::{Begun, Recoveries, hash};

/// Which consequence of a failure the lock of the name is; the first is a summary of others.
const LOCK: u8 = 2;

impl Recoveries {
    /// Makes codes in place of those that the caller's account has. Needs a fresh sign-in: a thief of a
    /// session must not make a way back for later.
    ///
    /// # Errors
    /// `ReauthenticationRequired`, or `SessionEnded` when the session was ended meanwhile.
    pub async fn create_codes(&self, caller: &Claims) -> Result<Vec<RecoveryCode>> {
        self.sessions.require_fresh(caller)?;
        let act = self.sessions.events().act_of(caller)?;
        let made = (0..RECOVERY_CODES).map(|_| {
            let id = RecoveryCodeId::from_uuid(self.world.ordered_uuid()?);
            Ok((id, RecoveryCode::of(&self.world.random_bytes()?)))
        });
        let made = made.collect::<Result<Vec<(RecoveryCodeId, RecoveryCode)>>>()?;
        let account_id = caller.account_id;
        let new = NewRecoveryCodes {
            account_id,
            caller: caller.session_id,
            codes: made.iter().map(|(id, code)| (*id, hash(code.expose()))).collect(),
            revoked_until: self.sessions.revoked_until(act.at),
            act,
        };
        let replaced = self
            .sessions
            .ending(move |storage| async move { storage.replace_recovery_codes(new).await });
        if !replaced.await? {
            return Err(Error::SessionEnded);
        }
        let event = "recovery_codes_created";
        let request_id = call::request_id();
        tracing::info!(target: "claviger::security", event, %account_id, request_id);
        Ok(made.into_iter().map(|(_, code)| code).collect())
    }

    /// Begins a recovery with a username and a code. A name that no account can have is counted and refused
    /// like a username that no account has.
    ///
    /// # Errors
    /// `RecoveryCodeInvalid`, `TooManyAttempts`, `PasswordLocked`.
    pub async fn begin_with_code(
        &self,
        name: &SignInName,
        code: &RecoveryCode,
        address: IpAddr,
    ) -> Result<Begun> {
        let attempt = self.throttle.admit(name, address).await?;
        let hash = hash(code.expose());
        let found = self.storage.find_recovery_code(name.username(), hash).await?;
        let account_id = found.account_id;
        let (Some(owner), Some(id), false) = (account_id, found.code_id, found.is_disabled) else {
            let is_right = found.code_id.is_some();
            return Err(self.refuse_code(&attempt, account_id, is_right).await?);
        };
        let Some(begun) = self.begin(owner, RecoveryMeans::Code(id), false).await? else {
            return Err(self.refuse_code(&attempt, None, false).await?);
        };
        self.throttle.succeeded(attempt).await?;
        Ok(begun)
    }

    /// Begins a recovery with the token of a link. A wrong one is charged to the address.
    ///
    /// # Errors
    /// `RecoveryLinkInvalid`, `TooManyAttempts`.
    pub async fn begin_with_link(
        &self,
        token: &RecoveryLinkToken,
        address: IpAddr,
    ) -> Result<Begun> {
        let attempt = self.throttle.admit_registration(address).await?;
        let found = self.storage.find_recovery_link(hash(token.expose()), self.world.now()).await?;
        let begun = match found.filter(|it| !it.is_disabled) {
            Some(link) => {
                let means = RecoveryMeans::Link(link.id);
                self.begin(link.account_id, means, link.removes_credentials).await?
            }
            None => None,
        };
        let Some(begun) = begun else {
            let act = self.sessions.events().act(Actor::Anonymous)?;
            let event = act.event(EventKind::RecoveryLinkUsed);
            let event = match found {
                Some(link) => event.of(link.account_id).on(link.id).refused("ACCOUNT_DISABLED"),
                None => event.refused("RECOVERY_LINK_INVALID"),
            };
            self.record(event).await?;
            self.throttle.failed(&attempt);
            return Err(Error::RecoveryLinkInvalid);
        };
        self.throttle.succeeded(attempt).await?;
        Ok(begun)
    }

    /// Records a code that begins nothing, and that it locks the name if it does. The record says what the
    /// response does not: that the code is right and the account disabled.
    async fn refuse_code(
        &self,
        attempt: &Attempt,
        account_id: Option<AccountId>,
        is_right: bool,
    ) -> Result<Error> {
        let events = self.sessions.events();
        let act = events.act(Actor::Anonymous)?;
        let reason = if is_right { "ACCOUNT_DISABLED" } else { "RECOVERY_CODE_INVALID" };
        let refused = act.event(EventKind::RecoveryCodeUsed).of(account_id).refused(reason);
        let mut recorded = events.refusal(refused);
        if attempt.locks() {
            let act = act.consequence(LOCK, Actor::Server);
            recorded.push(act.event(EventKind::PasswordLocked).of(account_id));
        }
        events.record(recorded).await?;
        tracing::info!(
            target: "claviger::security",
            event = "recovery_refused",
            account_id = account_id.map(tracing::field::display),
            reason,
            request_id = call::request_id(),
        );
        self.throttle.failed(attempt);
        Ok(Error::RecoveryCodeInvalid)
    }
}
