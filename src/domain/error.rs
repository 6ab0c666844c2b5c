//! Every way a call can be refused.
//!
//! A variant exists only if a caller can act on it differently. The status that the caller gets is
//! decided in `grpc/status.rs`.

use std::time::Duration;

use crate::{
    model::violation::{FieldViolation, Violations},
    storage,
};

/// What the domain returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The username or the password is wrong, or there is no password.
    #[error("credentials refused")]
    InvalidCredentials,
    /// The passkey's response was refused; the detail is for the log only.
    #[error("passkey refused: {0}")]
    PasskeyRefused(&'static str),
    /// No such credential exists (discoverable flow only).
    #[error("passkey unknown")]
    PasskeyUnknown,
    /// No bearer token came with the call.
    #[error("access token missing")]
    AccessTokenMissing,
    /// The access token has expired.
    #[error("access token expired")]
    AccessTokenExpired,
    /// The access token is not one that this server issued for its own API.
    #[error("access token invalid")]
    AccessTokenInvalid,
    /// The session has ended.
    #[error("session ended")]
    SessionEnded,
    /// The refresh token is not one that this server issued.
    #[error("refresh token invalid")]
    RefreshTokenInvalid,
    /// A spent refresh token came back; its session was ended.
    #[error("refresh token reused")]
    RefreshTokenReused,
    /// The credentials identify no service account, or there are none where they are required.
    #[error("caller unknown")]
    CallerUnknown,
    /// The service account asked about tokens for an audience that is not its own.
    #[error("audience denied")]
    AudienceDenied,
    /// The service account has no role.
    #[error("operator only")]
    OperatorOnly,
    /// The role of the service account does not include the call.
    #[error("role insufficient")]
    RoleInsufficient,
    /// The credentials are right, and an operator disabled the account.
    #[error("account disabled")]
    AccountDisabled,
    /// The passkey's response is right, and an operator suspended the passkey.
    #[error("passkey suspended")]
    PasskeySuspended,
    /// The last sign-in is too old for this call.
    #[error("reauthentication required")]
    ReauthenticationRequired,
    /// The account would be left without a way to sign in.
    #[error("last sign-in method")]
    LastSignInMethod,
    /// The account that an invitation is to be for has a credential already.
    #[error("account has a credential")]
    AccountHasCredential,
    /// The account has as many passkeys as it may.
    #[error("passkey limit reached")]
    PasskeyLimitReached,
    /// The ceremony was used, has expired or never existed.
    #[error("ceremony not found")]
    CeremonyNotFound,
    /// There is no such account.
    #[error("account not found")]
    AccountNotFound,
    /// The names of the account are not those that the change was made for.
    #[error("etag mismatch")]
    EtagMismatch,
    /// The account has no such passkey.
    #[error("passkey not found")]
    PasskeyNotFound,
    /// The account has no such session.
    #[error("session not found")]
    SessionNotFound,
    /// There is no service account of this name.
    #[error("service account not found")]
    ServiceAccountNotFound,
    /// There is no signing key with this id.
    #[error("signing key not found")]
    SigningKeyNotFound,
    /// There is a service account of this name, or with one of these certificate names.
    #[error("service account exists")]
    ServiceAccountExists,
    /// The server lets no one create an account.
    #[error("registration closed")]
    RegistrationClosed,
    /// The invitation is unknown, used, withdrawn or expired: which of them is not said.
    #[error("invitation invalid")]
    InvitationInvalid,
    /// There is no open invitation with this id.
    #[error("invitation not found")]
    InvitationNotFound,
    /// As many invitations are open as may be.
    #[error("invitation limit reached")]
    InvitationLimitReached,
    /// The username or the recovery code is wrong, or the account is disabled: which of them is not said.
    #[error("recovery code invalid")]
    RecoveryCodeInvalid,
    /// The recovery link is unknown, used, withdrawn or expired, or its account disabled: which of them is not
    /// said.
    #[error("recovery link invalid")]
    RecoveryLinkInvalid,
    /// The recovery has expired or was completed, or what it was begun with is void.
    #[error("recovery ended")]
    RecoveryEnded,
    /// The account has no open recovery link.
    #[error("recovery link not found")]
    RecoveryLinkNotFound,
    /// An account has the username.
    #[error("username taken")]
    UsernameTaken,
    /// The passkey is registered already.
    #[error("passkey already registered")]
    PasskeyAlreadyRegistered,
    /// Fields break rules; all of them at once.
    #[error("fields invalid")]
    FieldsInvalid(Vec<FieldViolation>),
    /// Too many failed attempts.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// Too many failed attempts in a row.
    #[error("password locked")]
    PasswordLocked,
    /// The cursor has not the form of those that the feed of revocations returns.
    #[error("cursor invalid")]
    CursorInvalid,
    /// A watcher of revocations read nothing for too long.
    #[error("watcher too slow")]
    WatcherTooSlow,
    /// A queue of the server is full.
    #[error("overloaded")]
    Overloaded,
    /// The database cannot be reached.
    #[error("database unavailable")]
    DatabaseUnavailable(#[source] storage::Error),
    /// What is known of revocations is too old to call an access token valid.
    #[error("revocations stale")]
    RevocationsStale,
    /// A failure of the server itself.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A failure of the server itself, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::FieldsInvalid(violations.into_vec())
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Overloaded => Self::Overloaded,
            storage::Error::Unavailable(_) => Self::DatabaseUnavailable(error),
            storage::Error::Corrupt { .. }
            | storage::Error::TooNew { .. }
            | storage::Error::TooOld { .. }
            | storage::Error::ChangingConnections
            | storage::Error::UnfinishedCopy { .. }
            | storage::Error::Unexpected(_) => Self::internal(error),
        }
    }
}
