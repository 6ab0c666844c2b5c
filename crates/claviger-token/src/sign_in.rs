//! Sign-in methods, and their authentication method references in tokens (RFC 8176).

// The enum, `ALL` and the references are made from one list, so that no method can be left out of one.
macro_rules! sign_in_methods {
    ($($(#[$doc:meta])+ $method:ident($name:literal) => $references:expr,)+) => {
        /// The method of a sign-in, or of a later reauthentication.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SignInMethod {
            $($(#[$doc])+ $method,)+
        }

        impl SignInMethod {
            /// Every method.
            pub const ALL: &[Self] = &[$(Self::$method),+];

            /// Its stable name, in the server's database and log.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$method => $name,)+
                }
            }

            /// The authentication method references of this method, `amr` in tokens (RFC 8176 §2).
            pub const fn references(self) -> &'static [&'static str] {
                match self {
                    $(Self::$method => &$references,)+
                }
            }
        }
    };
}

sign_in_methods! {
    /// A password.
    Password("password") => ["pwd"],
    /// A passkey. It proves possession of a key (`pop`), its authenticator found a person present (`user`,
    /// which says no more), and verified which one, so that there are two factors (`mfa`).
    Passkey("passkey") => ["pop", "user", "mfa"],
}

impl SignInMethod {
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

    #[test]
    fn every_method_is_found_by_its_references() {
        for &method in SignInMethod::ALL {
            assert_eq!(SignInMethod::from_references(method.references()), Some(method));
        }
        assert_eq!(SignInMethod::from_references(&[""; 0]), None);
        assert_eq!(SignInMethod::from_references(&["pwd", "user"]), None);
    }
}
