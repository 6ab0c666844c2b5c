//! Whether the backend that opened a stream may still read it.
//!
//! A connection and its streams can outlive keys, certificates and service accounts, so identifying the
//! caller when the call begins is not enough.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::{Interval, MissedTickBehavior};
use tonic::{Status, codegen::BoxStream};

use crate::{
    domain::{
        Error, Result,
        service_accounts::{Backends, Credentials},
    },
    model::service_account::Backend,
};

/// How often a stream without messages is checked. Otherwise it is checked before each message.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The caller of a call, with the credentials that it showed: they are checked again while a stream is open.
/// A guard adds it to the extensions of a request.
#[derive(Clone)]
pub struct StreamAuthorization {
    backend: Backend,
    /// `None` for the process itself, which needs no credentials.
    shown: Option<(Backends, Credentials)>,
}

impl StreamAuthorization {
    /// For a caller that was identified as `backend` by these credentials.
    pub(super) fn new(backends: Backends, credentials: Credentials, backend: Backend) -> Self {
        Self { backend, shown: Some((backends, credentials)) }
    }

    /// For the process itself, as this backend.
    pub(super) const fn of_this_process(backend: Backend) -> Self {
        Self { backend, shown: None }
    }

    /// The caller.
    pub(super) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Checks that the credentials are still valid.
    ///
    /// # Errors
    /// `CallerUnknown` when the service account was deleted, or its key or certificate has expired.
    pub fn check(&self) -> Result<()> {
        let Some((backends, credentials)) = &self.shown else { return Ok(()) };
        let is_same = match (backends.find(credentials)?, &self.backend) {
            (Backend::Local, Backend::Local) => true,
            (Backend::Account(now), Backend::Account(then)) => now.id == then.id,
            _ => false,
        };
        if is_same { Ok(()) } else { Err(Error::CallerUnknown) }
    }
}

struct Watched<T> {
    inner: BoxStream<T>,
    authorization: StreamAuthorization,
    ticks: Interval,
}

/// The stream while its caller is authorized; then it ends with `CALLER_UNKNOWN`.
pub(super) fn while_authorized<T: Send + 'static>(
    inner: BoxStream<T>,
    authorization: StreamAuthorization,
) -> BoxStream<T> {
    let mut ticks = tokio::time::interval(CHECK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watched = Watched { inner, authorization, ticks };
    Box::pin(stream::unfold(Some(watched), next))
}

async fn next<T>(
    watched: Option<Watched<T>>,
) -> Option<(std::result::Result<T, Status>, Option<Watched<T>>)> {
    let mut watched = watched?;
    loop {
        let item = tokio::select! {
            item = watched.inner.next() => Some(item?),
            _ = watched.ticks.tick() => None,
        };
        if let Err(error) = watched.authorization.check() {
            return Some((Err(error.into()), None));
        }
        if let Some(item) = item {
            return Some((item, Some(watched)));
        }
    }
}
