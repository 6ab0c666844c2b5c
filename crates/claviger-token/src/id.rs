//! Identifiers: one type per noun, so that one cannot be passed for another.

/// Defines an identifier: a UUID with a type of its own. Used by this crate and the server.
#[doc(hidden)]
#[macro_export]
macro_rules! identifier {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($crate::uuid::Uuid);

        impl $name {
            /// Wraps an existing UUID.
            pub const fn from_uuid(id: $crate::uuid::Uuid) -> Self {
                Self(id)
            }

            /// The identifier as a UUID.
            pub const fn as_uuid(&self) -> $crate::uuid::Uuid {
                self.0
            }

            /// The 16 bytes of the identifier.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads an identifier from its 16 bytes; `None` for any other length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                $crate::uuid::Uuid::from_slice(bytes).ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <$crate::uuid::Uuid as std::str::FromStr>::from_str(text).map(Self)
            }
        }
    };
}

identifier! {
    /// The identifier of an account: `sub` in access tokens. A UUID that never changes and is never
    /// used again. It is also the account's WebAuthn user handle, unless the account was imported with
    /// another one, so it reveals nothing about the person.
    AccountId
}
identifier! {
    /// The identifier of a session, which is one sign-in on one device: `sid` in access tokens.
    SessionId
}
