//! Identifiers: one type per noun, so that they cannot be mixed up.

/// Defines an identifier: a UUID with a type of its own. For this crate and the server.
#[doc(hidden)]
#[macro_export]
macro_rules! identifier {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name($crate::uuid::Uuid);

        impl $name {
            /// Wraps an identifier that was made or stored before.
            pub const fn from_uuid(id: $crate::uuid::Uuid) -> Self {
                Self(id)
            }

            /// The identifier as a UUID.
            pub const fn as_uuid(&self) -> $crate::uuid::Uuid {
                self.0
            }

            /// The 16 bytes of the identifier, as stored.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads the 16 bytes of a stored identifier.
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
    /// Names an account: `sub` in access tokens. Also its WebAuthn user handle, so it says nothing
    /// about the person.
    AccountId
}
identifier! {
    /// Names a session: `sid` in access tokens.
    SessionId
}
