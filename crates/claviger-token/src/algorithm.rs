//! The algorithms that sign access tokens (RFC 7518 §3.1, RFC 8037 §3.1).

// The enum, `ALL` and the names are made from one list, so that no algorithm can be left out of one.
macro_rules! signing_algorithms {
    ($($(#[$doc:meta])+ $algorithm:ident($name:literal),)+) => {
        /// The algorithm of a signing key. Signatures by the key are checked with this algorithm alone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SigningAlgorithm {
            $($(#[$doc])+ $algorithm,)+
        }

        impl SigningAlgorithm {
            /// Every algorithm.
            pub const ALL: &[Self] = &[$(Self::$algorithm),+];

            /// The JOSE name of the algorithm, `alg` in headers and keys.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$algorithm => $name,)+
                }
            }
        }
    };
}

signing_algorithms! {
    /// ECDSA with P-256 and SHA-256.
    Es256("ES256"),
    /// RSASSA-PKCS1-v1_5 with SHA-256 and 2048-bit keys.
    Rs256("RS256"),
    /// Ed25519.
    EdDsa("EdDSA"),
}

impl SigningAlgorithm {
    /// The algorithm with exactly this JOSE name; `None` when there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.name() == name).copied()
    }
}
