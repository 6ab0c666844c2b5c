//! How a person signs in, and how tokens say it (RFC 8176).

/// How a person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// With a password.
    Password,
    /// With a passkey.
    Passkey,
}

impl SignInMethod {
    /// The authentication method references of this proof (RFC 8176 §2): a passkey shows possession
    /// of a key and that its device verified the person.
    pub const fn references(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::Passkey => &["pop", "user"],
        }
    }
}
