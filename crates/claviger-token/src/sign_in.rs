//! Sign-in methods, and their authentication method references in tokens (RFC 8176).

/// The method of a sign-in, or of a later reauthentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInMethod {
    /// A password.
    Password,
    /// A passkey whose authenticator verified the person.
    Passkey,
}

impl SignInMethod {
    /// Every method. `references` does not compile without a new one, and a test compares the two.
    pub const ALL: &[Self] = &[Self::Password, Self::Passkey];

    /// The authentication method references of this method, `amr` in tokens (RFC 8176 §2). A passkey
    /// proves possession of a key (`pop`) and that its authenticator verified the person (`user`).
    pub const fn references(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::Passkey => &["pop", "user"],
        }
    }

    /// The method with exactly these references, in this order; `None` when there is none.
    pub fn from_references(references: &[impl AsRef<str>]) -> Option<Self> {
        let is_same = |method: &&Self| {
            let own = method.references().iter().copied();
            own.eq(references.iter().map(AsRef::as_ref))
        };
        Self::ALL.iter().find(is_same).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The index of a method in `ALL`. A new method does not compile before it has one.
    const fn place(method: SignInMethod) -> usize {
        match method {
            SignInMethod::Password => 0,
            SignInMethod::Passkey => 1,
        }
    }

    #[test]
    fn every_method_is_listed_once_and_found_by_its_references() {
        for (at, &method) in SignInMethod::ALL.iter().enumerate() {
            assert_eq!(place(method), at);
            assert_eq!(SignInMethod::from_references(method.references()), Some(method));
        }
        assert_eq!(SignInMethod::from_references(&[""; 0]), None);
        assert_eq!(SignInMethod::from_references(&["pwd", "user"]), None);
    }
}
