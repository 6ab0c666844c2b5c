//! Parameters of statements, and how nouns are stored: identifiers and hashes as bytes, times as
//! microseconds, names as text.
//!
//! The nouns themselves know nothing of databases.

use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};

use crate::model::{
    certificate::CertificateName,
    id::{
        CeremonyId, EventId, InvitationId, PasskeyId, RecoveryCodeId, RecoveryLinkId, RequestId,
        ServiceAccountId,
    },
    invitation::InvitationHash,
    label::{DisplayName, PasskeyName},
    passkey::{CredentialId, UserHandle},
    password::PasswordHash,
    recovery::RecoveryHash,
    service_account::ServiceAccountName,
    service_key::ServiceKeyHash,
    token::RefreshFamilyHash,
    username::{Skeleton, Username},
};

/// A parameter, or NULL of its type. Without `Debug`: parameters must never be in a log.
#[derive(Clone, Copy)]
pub(in crate::storage) enum Parameter<'a> {
    Integer(Option<i64>),
    Text(Option<&'a str>),
    Bytes(Option<&'a [u8]>),
    Boolean(Option<bool>),
}

/// The parameters of a statement, `$1` first. Each is [`Stored`].
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::storage::engine::parameters::Stored::parameter(&$value)),*]
    };
}
pub(in crate::storage) use params;

/// A value that a statement takes as a parameter.
pub(in crate::storage) trait Stored {
    /// NULL of the type that the value is stored as, which PostgreSQL must know.
    const NULL: Parameter<'static>;

    /// The value as it is stored.
    fn parameter(&self) -> Parameter<'_>;
}

macro_rules! stored {
    ($kind:ident: $($type:ty => |$it:ident| $value:expr),+ $(,)?) => {$(
        impl Stored for $type {
            const NULL: Parameter<'static> = Parameter::$kind(None);

            fn parameter(&self) -> Parameter<'_> {
                let $it = self;
                Parameter::$kind(Some($value))
            }
        }
    )+};
}

stored!(Integer:
    i64 => |it| *it,
    u32 => |it| i64::from(*it),
    Timestamp => |it| it.as_micros(),
);

stored!(Boolean: bool => |it| *it);

stored!(Text:
    str => |it| it,
    String => |it| it,
    CertificateName => |it| it.as_str(),
    DisplayName => |it| it.as_str(),
    PasskeyName => |it| it.as_str(),
    PasswordHash => |it| it.as_phc(),
    ServiceAccountName => |it| it.as_str(),
    Skeleton => |it| it.as_str(),
    Username => |it| it.as_str(),
);

stored!(Bytes:
    [u8] => |it| it,
    [u8; 16] => |it| it,
    [u8; 32] => |it| it,
    Vec<u8> => |it| it,
    AccountId => |it| it.as_bytes(),
    CeremonyId => |it| it.as_bytes(),
    EventId => |it| it.as_bytes(),
    InvitationHash => |it| it.as_bytes(),
    InvitationId => |it| it.as_bytes(),
    PasskeyId => |it| it.as_bytes(),
    RecoveryCodeId => |it| it.as_bytes(),
    RecoveryHash => |it| it.as_bytes(),
    RecoveryLinkId => |it| it.as_bytes(),
    RequestId => |it| it.as_bytes(),
    ServiceAccountId => |it| it.as_bytes(),
    SessionId => |it| it.as_bytes(),
    CredentialId => |it| it.as_bytes(),
    UserHandle => |it| it.as_bytes(),
    RefreshFamilyHash => |it| it.as_bytes(),
    ServiceKeyHash => |it| it.as_bytes(),
);

impl<T: Stored> Stored for Option<T> {
    const NULL: Parameter<'static> = T::NULL;

    fn parameter(&self) -> Parameter<'_> {
        self.as_ref().map_or(T::NULL, T::parameter)
    }
}

impl<T: Stored + ?Sized> Stored for &T {
    const NULL: Parameter<'static> = T::NULL;

    fn parameter(&self) -> Parameter<'_> {
        (**self).parameter()
    }
}
