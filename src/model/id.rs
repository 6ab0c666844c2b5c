//! Identifiers: one type per noun, so that they cannot be mixed up.

use std::{fmt, str::FromStr};

use uuid::Uuid;

macro_rules! identifier {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an identifier that was made or stored before.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The identifier as a UUID.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// The 16 bytes of the identifier, as stored.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads the 16 bytes of a stored identifier.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

identifier! {
    /// Names an account. Also its WebAuthn user handle, so it says nothing about the person.
    AccountId
}
identifier! {
    /// Names a session. Travels in access tokens as `sid`.
    SessionId
}
identifier! {
    /// Names a passkey to its owner.
    PasskeyId
}
identifier! {
    /// Names a ceremony to the client that started it. Random, so that nobody else can finish it.
    CeremonyId
}
identifier! {
    /// Made up by a client to mark the retries of one request.
    RequestId
}
identifier! {
    /// Names a service account to the log.
    ServiceAccountId
}
