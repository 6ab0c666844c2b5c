//! Who knows whether a token holds: the server itself, or a verifier that follows it.

use std::sync::Arc;

use crate::{
    domain::tokens::access::AccessTokens,
    model::token::{Claims, Verdict},
    tokens::verdict::Requirements,
};

/// Nobody can tell at the moment: the revocations that are known are too old to rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// Judges access tokens for a gateway.
pub trait Judge: Send + Sync + 'static {
    /// Judges a token. Without a required audience the judge's own is required. Claims come with every
    /// verdict but `Malformed`.
    ///
    /// # Errors
    /// When nobody can tell.
    fn judge(
        &self,
        token: &str,
        required: Requirements<'_>,
    ) -> Result<(Verdict, Option<Arc<Claims>>), Stale>;
}

impl Judge for AccessTokens {
    fn judge(
        &self,
        token: &str,
        required: Requirements<'_>,
    ) -> Result<(Verdict, Option<Arc<Claims>>), Stale> {
        Ok(Self::judge(self, token, required.audience, required.max_auth_age))
    }
}
