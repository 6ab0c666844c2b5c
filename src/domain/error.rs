//! Every way a call can be refused.
//!
//! A variant exists only if a caller can act on it differently. What the caller hears of it is
//! decided in `grpc/status.rs`.

use std::time::Duration;

use crate::{model::violation::FieldViolation, storage};

/// What the domain returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The username or the password is wrong, or there is no password.
    #[error("credentials refused")]
    InvalidCredentials,
    /// The passkey's answer was refused; the detail is for the log only.
    #[error("passkey refused: {0}")]
    PasskeyRefused(&'static str),
    /// No such credential exists (discoverable flow only).
    #[error("passkey unknown")]
    PasskeyUnknown,
    /// No bearer token came with the call.
    #[error("access token missing")]
    AccessTokenMissing,
    /// The access token's time is over.
    #[error("access token expired")]
    AccessTokenExpired,
    /// The access token is not ours.
    #[error("access token invalid")]
    AccessTokenInvalid,
    /// The session has ended.
    #[error("session ended")]
    SessionEnded,
    /// The refresh token is not ours.
    #[error("refresh token invalid")]
    RefreshTokenInvalid,
    /// A spent refresh token came back; its session was ended.
    #[error("refresh token reused")]
    RefreshTokenReused,
    /// No service account shows this, or nothing is shown where something must be.
    #[error("caller unknown")]
    CallerUnknown,
    /// The service account asked about tokens for an audience that is not its own.
    #[error("audience denied")]
    AudienceDenied,
    /// The service account is no operator.
    #[error("operator only")]
    OperatorOnly,
    /// The last sign-in is too old for this call.
    #[error("reauthentication required")]
    ReauthenticationRequired,
    /// The account would be left without a way to sign in.
    #[error("last sign-in method")]
    LastSignInMethod,
    /// The account has as many passkeys as it may.
    #[error("passkey limit reached")]
    PasskeyLimitReached,
    /// The ceremony was used, has expired or never existed.
    #[error("ceremony not found")]
    CeremonyNotFound,
    /// The account has no such passkey.
    #[error("passkey not found")]
    PasskeyNotFound,
    /// The account has no such session.
    #[error("session not found")]
    SessionNotFound,
    /// There is no service account of this name.
    #[error("service account not found")]
    ServiceAccountNotFound,
    /// There is a service account of this name, or with one of these certificate names.
    #[error("service account exists")]
    ServiceAccountExists,
    /// The username belongs to somebody.
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
        /// How long to wait.
        retry_after: Duration,
    },
    /// A hundred failed attempts in a row.
    #[error("password locked")]
    PasswordLocked,
    /// Too many ceremonies are open.
    #[error("too many ceremonies")]
    TooManyCeremonies,
    /// The cursor is not one that the feed of revocations hands out.
    #[error("cursor invalid")]
    CursorInvalid,
    /// A watcher of revocations took nothing for too long.
    #[error("watcher too slow")]
    WatcherTooSlow,
    /// The server is busy.
    #[error("overloaded")]
    Overloaded,
    /// The database does not answer.
    #[error("database unavailable")]
    DatabaseUnavailable(#[source] storage::Error),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
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
