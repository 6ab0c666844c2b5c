//! Who knows whether a token holds: the server itself, or a verifier that follows it.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, ready};

use crate::{
    domain::tokens::access::AccessTokens,
    model::token::{Claims, Verdict},
    tokens::verdict::Requirements,
    verifier::Verifier,
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

    /// Waits for the key that a malformed token names, if it may be on its way. Answers whether it is
    /// worth judging the token again.
    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, bool> {
        let _ = token;
        ready(false).boxed()
    }
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

impl Judge for Verifier {
    fn judge(
        &self,
        token: &str,
        required: Requirements<'_>,
    ) -> Result<(Verdict, Option<Arc<Claims>>), Stale> {
        let own = self.requirements();
        let required = Requirements {
            audience: required.audience.or(own.audience),
            max_auth_age: required.max_auth_age.or(own.max_auth_age),
        };
        Self::judge(self, token, required).map_err(|_| Stale)
    }

    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, bool> {
        Self::wait_for_key(self, token).boxed()
    }
}
