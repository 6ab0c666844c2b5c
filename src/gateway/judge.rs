//! What verifies access tokens for a gateway: the server itself, or a verifier that follows it.

use std::sync::Arc;

use claviger_token::{
    group::Groups,
    verdict::{Judged, Requirements},
};
use claviger_verifier::Verifier;
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use tokio::time::Instant;

use crate::{
    domain::{Error, tokens::access::AccessTokens},
    model::service_account::Backend,
};

/// The name of the demand, where the server checks it.
const AUDIENCE: &str = "audience";

/// The token cannot be verified at the moment: the known revocations are too old, its signing key cannot be
/// looked up, or too many requests wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// Verifies access tokens for a gateway.
pub trait Judge: Send + Sync + 'static {
    /// Verifies a token.
    ///
    /// # Errors
    /// [`Stale`] when the token cannot be verified at the moment.
    fn judge(&self, token: &str, required: Requirements<'_>) -> Result<Judged, Stale>;

    /// Waits for the signing key that a malformed token names, if the key may arrive soon. Returns whether
    /// to verify the token again.
    ///
    /// # Errors
    /// [`Stale`] when too many requests wait.
    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool, Stale>> {
        let _ = token;
        ready(Ok(false)).boxed()
    }

    /// The audience of requests for which the gateway names none; `None` when it must name one.
    fn default_audience(&self) -> Option<&str> {
        None
    }

    /// The groups of which the account must have at least one, for requests for which the gateway names
    /// none.
    fn default_groups(&self) -> Option<&Groups> {
        None
    }

    /// Whether the backend that asks may require this audience.
    fn may_require(&self, audience: &str) -> bool {
        let _ = audience;
        true
    }

    /// The judge for one backend, which may not ask about every token; `None` when this one judges for all
    /// backends alike.
    fn for_backend(self: Arc<Self>, backend: &Backend) -> Option<Arc<dyn Judge>> {
        let _ = backend;
        None
    }
}

impl Judge for AccessTokens {
    fn judge(&self, token: &str, required: Requirements<'_>) -> Result<Judged, Stale> {
        Self::judge(self, token, required).map_err(|_| Stale)
    }

    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool, Stale>> {
        let looked_up = self.look_up_key(token, Instant::now());
        looked_up.map(|found| found.map_err(|_| Stale)).boxed()
    }

    fn may_require(&self, audience: &str) -> bool {
        self.require_askable(&Backend::Local, AUDIENCE, audience).is_ok()
    }

    fn for_backend(self: Arc<Self>, backend: &Backend) -> Option<Arc<dyn Judge>> {
        let backend = backend.clone();
        Some(Arc::new(ForBackend { access_tokens: self, backend }))
    }
}

/// The server, restricted to what one backend may ask.
struct ForBackend {
    access_tokens: Arc<AccessTokens>,
    backend: Backend,
}

impl Judge for ForBackend {
    fn judge(&self, token: &str, required: Requirements<'_>) -> Result<Judged, Stale> {
        match self.access_tokens.judge_for(&self.backend, token, AUDIENCE, required) {
            Ok(judged) => Ok(judged),
            Err(Error::RevocationsStale) => Err(Stale),
            // A backend may learn nothing about a token for an audience that it may not ask for.
            Err(_) => Ok(Judged::WrongAudience(None)),
        }
    }

    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool, Stale>> {
        self.access_tokens.wait_for_key(token)
    }

    fn may_require(&self, audience: &str) -> bool {
        self.access_tokens.require_askable(&self.backend, AUDIENCE, audience).is_ok()
    }
}

impl Judge for Verifier {
    fn judge(&self, token: &str, required: Requirements<'_>) -> Result<Judged, Stale> {
        let max_auth_age = required.max_auth_age.or(self.requirements().max_auth_age);
        let required = Requirements { max_auth_age, ..required };
        Self::judge(self, token, required).map_err(|_| Stale)
    }

    fn default_audience(&self) -> Option<&str> {
        Some(self.requirements().audience)
    }

    fn default_groups(&self) -> Option<&Groups> {
        self.requirements().groups
    }

    /// Only its own: it has asked the server about no other.
    fn may_require(&self, audience: &str) -> bool {
        audience == self.requirements().audience
    }

    fn wait_for_key<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<bool, Stale>> {
        Self::wait_for_key(self, token).map(|waited| waited.map_err(|_| Stale)).boxed()
    }
}
