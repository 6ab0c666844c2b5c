//! Checking a password, and what follows when it is right.
//!
//! Whatever is wrong, the work and the error are the same, so that neither reveals whether an account
//! exists.

use claviger_token::{claims::Claims, id::AccountId, sign_in::SignInMethod};

use crate::{
    domain::{
        Error, Result, call,
        passwords::{PasswordCheck, Passwords},
        requester::Requester,
        sessions::{PreparedSession, SignedIn},
        throttle::Attempt,
    },
    model::{
        account::{Account, AccountWithPassword},
        event::{Actor, EventKind},
        password::{PasswordHash, TypedPassword},
        session::{Opening, Origin, SignIn},
    },
    storage::sessions::SignInRefusal,
};

use super::Accounts;

/// Which consequence of a failure the lock of the name is; the first is a summary of others.
const LOCK: u8 = 2;

/// An account whose password was just given.
pub(super) struct Proof {
    pub(super) account: Account,
    /// The hash the password was checked against.
    pub(super) hash: PasswordHash,
    /// The password as typed, if its hash is not one with the configured parameters.
    pub(super) outdated: Option<TypedPassword>,
    /// The attempt, whose success is to be reported.
    pub(super) attempt: Attempt,
}

/// What a password is tried for.
pub(super) struct Tried<'a> {
    kind: EventKind,
    /// `None` for someone who has not signed in.
    caller: Option<&'a Claims>,
}

impl<'a> Tried<'a> {
    /// A sign-in.
    pub(super) const fn sign_in() -> Self {
        Self { kind: EventKind::SignIn, caller: None }
    }

    /// What a caller who has signed in wants to do.
    pub(super) const fn by(caller: &'a Claims, kind: EventKind) -> Self {
        Self { kind, caller: Some(caller) }
    }
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum PasswordRefusal {
    /// It is wrong, or there is none, or there is no account.
    Wrong,
    /// It is right, and the account is disabled.
    AccountDisabled,
}

impl PasswordRefusal {
    /// The reason of the record.
    const fn reason(self) -> &'static str {
        match self {
            Self::Wrong => "INVALID_CREDENTIALS",
            Self::AccountDisabled => "ACCOUNT_DISABLED",
        }
    }
}

impl From<PasswordRefusal> for Error {
    fn from(refusal: PasswordRefusal) -> Self {
        match refusal {
            PasswordRefusal::Wrong => Self::InvalidCredentials,
            PasswordRefusal::AccountDisabled => Self::AccountDisabled,
        }
    }
}

impl Accounts {
    /// Checks a password against an account, or against none. The right password of a disabled account is
    /// charged like a wrong one: it opens nothing, so it must not take back what guesses at the name cost,
    /// and a client that repeats it must not fill the record. A success is for the caller to report, with
    /// what the password was given for.
    ///
    /// # Errors
    /// `InvalidCredentials`; `AccountDisabled` for the right password; `Overloaded`, which counts as no
    /// attempt.
    pub(super) async fn prove(
        &self,
        attempt: Attempt,
        tried: Tried<'_>,
        found: Option<AccountWithPassword>,
        password: &TypedPassword,
    ) -> Result<Proof> {
        let (account, hash) = found.map_or((None, None), |it| (Some(it.account), it.password_hash));
        let check = self.passwords.check(attempt.requester(), password.clone(), hash.clone()).await;
        let check = match check {
            Ok(check) => check,
            Err(error) => {
                self.throttle.not_tried(attempt).await?;
                return Err(error);
            }
        };
        let account_id = account.as_ref().map(|it| it.id);
        let wrong = PasswordRefusal::Wrong;
        let (Some(account), Some(hash)) = (account, hash) else {
            return Err(self.refuse(&attempt, tried, account_id, wrong).await);
        };
        let outdated = match check {
            PasswordCheck::Wrong => {
                return Err(self.refuse(&attempt, tried, account_id, wrong).await);
            }
            PasswordCheck::Right => None,
            PasswordCheck::RightButOutdated => Some(password.clone()),
        };
        if account.is_disabled() {
            let disabled = PasswordRefusal::AccountDisabled;
            return Err(self.refuse(&attempt, tried, account_id, disabled).await);
        }
        Ok(Proof { account, hash, outdated, attempt })
    }

    /// Opens a session for an account whose password was given, and reports the success in the same step.
    ///
    /// # Errors
    /// `InvalidCredentials` when the password has changed since, `AccountDisabled` when the account was
    /// disabled.
    pub(super) async fn open_session(&self, mut proof: Proof, origin: Origin) -> Result<SignedIn> {
        let prepared = self.sessions.prepare(proof.account.id, SignIn::Password, origin)?;
        let prepared = prepared.settling(proof.attempt.success());
        let opening = match self.open_or_again(&prepared, &mut proof).await {
            Ok(opening) => opening,
            Err(error @ (Error::InvalidCredentials | Error::AccountDisabled)) => return Err(error),
            Err(error) => {
                self.throttle.not_tried(proof.attempt).await?;
                return Err(error);
            }
        };
        let tokens = self.sessions.first_pair(prepared, opening)?;
        let Proof { account, hash, outdated, attempt } = proof;
        // The turn lasts until here: the next in line is to see the success.
        drop(attempt);
        tracing::info!(
            target: "claviger::security",
            event = "sign_in_succeeded",
            method = SignInMethod::Password.name(),
            account_id = %account.id,
            session_id = %tokens.session_id,
            request_id = call::request_id(),
        );
        self.upgrade_hash(account.id, hash, outdated).await;
        Ok(SignedIn { account, tokens })
    }

    /// Stores a session. If the password has changed since it was checked, that is done again.
    async fn open_or_again(
        &self,
        prepared: &PreparedSession,
        proof: &mut Proof,
    ) -> Result<Opening> {
        if let Some(opening) = self.open(prepared, proof).await? {
            return Ok(opening);
        }
        let again = async {
            self.prove_again(proof).await?;
            self.open(prepared, proof).await?.ok_or(Error::InvalidCredentials)
        };
        let again = again.await;
        if let Err(Error::InvalidCredentials) = again {
            let (id, wrong) = (proof.account.id, PasswordRefusal::Wrong);
            self.record_refusal(Tried::sign_in(), Some(id), wrong, false).await?;
        }
        again
    }

    /// Stores a session, unless the password has changed since. Returns what its first access token needs.
    ///
    /// # Errors
    /// `AccountDisabled`, which is recorded.
    async fn open(&self, prepared: &PreparedSession, proof: &Proof) -> Result<Option<Opening>> {
        let (session, hash) = (prepared.session.clone(), proof.hash.clone());
        let until = self.sessions.revoked_until(session.created_at);
        let opened = self.sessions.ending(move |storage| async move {
            storage.open_password_session(session, hash, until).await
        });
        match opened.await? {
            Ok(epoch) => Ok(Some(epoch)),
            Err(SignInRefusal::PasswordChanged) => Ok(None),
            Err(SignInRefusal::AccountDisabled) => Err(Error::AccountDisabled),
        }
    }

    /// Checks a password that was right against the account's current hash, which another sign-in may
    /// just have upgraded to the configured parameters.
    async fn prove_again(&self, proof: &mut Proof) -> Result<()> {
        let found = self.storage.find_account_with_password(proof.account.id).await?;
        let hash = found.and_then(|it| it.password_hash);
        let (Some(password), Some(hash)) = (proof.outdated.take(), hash) else {
            return Err(Error::InvalidCredentials);
        };
        let requester = Requester::Account(proof.account.id);
        let check = self.passwords.check(requester, password.clone(), Some(hash.clone()));
        proof.outdated = match check.await? {
            PasswordCheck::Wrong => return Err(Error::InvalidCredentials),
            PasswordCheck::Right => None,
            PasswordCheck::RightButOutdated => Some(password),
        };
        proof.hash = hash;
        Ok(())
    }

    /// Upgrades an outdated hash, or one of another product, to the configured parameters. A failure is
    /// logged: the sign-in has succeeded.
    pub(super) async fn upgrade_hash(
        &self,
        id: AccountId,
        old: PasswordHash,
        outdated: Option<TypedPassword>,
    ) {
        let Some(typed) = outdated else { return };
        // Another product may have taken what is no password here; its hash stays until it is changed.
        let Some(password) = Passwords::prepare(&typed) else { return };
        let upgrade = async {
            let upgraded = self.passwords.hash(Requester::Account(id), password).await?;
            self.storage.upgrade_password_hash(id, old, upgraded).await?;
            Ok::<_, Error>(())
        };
        match upgrade.await {
            Ok(()) => {
                tracing::info!(
                    account_id = %id,
                    request_id = call::request_id(),
                    "password hash upgraded to the configured parameters"
                );
            }
            Err(error) => {
                tracing::warn!(
                    account_id = %id,
                    %error,
                    request_id = call::request_id(),
                    "password hash not upgraded; the next sign-in tries again"
                );
            }
        }
    }

    /// Records a failure and returns its error, unless it cannot be recorded.
    async fn refuse(
        &self,
        attempt: &Attempt,
        tried: Tried<'_>,
        account_id: Option<AccountId>,
        refusal: PasswordRefusal,
    ) -> Error {
        let recorded = self.record_refusal(tried, account_id, refusal, attempt.locks()).await;
        let account_id = account_id.map(tracing::field::display);
        tracing::info!(
            target: "claviger::security",
            event = "sign_in_refused",
            method = SignInMethod::Password.name(),
            account_id,
            reason = refusal.reason(),
            request_id = call::request_id(),
        );
        self.throttle.failed(attempt);
        recorded.err().unwrap_or_else(|| refusal.into())
    }

    /// One row for each failure, with an account or without, and one more when it locks the name.
    pub(super) async fn record_refusal(
        &self,
        tried: Tried<'_>,
        account_id: Option<AccountId>,
        refusal: PasswordRefusal,
        locks: bool,
    ) -> Result<()> {
        let events = self.sessions.events();
        let act = match tried.caller {
            Some(caller) => events.act_of(caller)?,
            None => events.act(Actor::Anonymous)?,
        };
        let refused = act.event(tried.kind).of(account_id).with(SignInMethod::Password);
        let mut recorded = events.refusal(refused.refused(refusal.reason()));
        if locks {
            let act = act.consequence(LOCK, Actor::Server);
            recorded.push(act.event(EventKind::PasswordLocked).of(account_id));
        }
        events.record(recorded).await
    }
}
