//! Whether who began a stream may still go on with it.
//!
//! A connection and its streams outlive keys, certificates and service accounts, so it is not enough to
//! ask who calls when the call begins.

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

/// How often a stream that is quiet is asked whose it is. One that sends is asked at each message.
const INTERVAL: Duration = Duration::from_millis(500);

/// What the caller showed when the call began, to be looked at again.
#[derive(Clone)]
pub struct Standing {
    backends: Backends,
    shown: Credentials,
    backend: Backend,
}

impl Standing {
    /// The standing of who was found to be `backend` by what was shown.
    pub(super) fn new(backends: Backends, shown: Credentials, backend: Backend) -> Self {
        Self { backends, shown, backend }
    }

    /// Fails once what the caller showed is no longer good: the service account was deleted, or its
    /// key or certificate has expired.
    ///
    /// # Errors
    /// `CallerUnknown`.
    pub fn check(&self) -> Result<()> {
        let is_same = match (self.backends.find(&self.shown)?, &self.backend) {
            (Backend::Local, Backend::Local) => true,
            (Backend::Account(now), Backend::Account(then)) => now.id == then.id,
            _ => false,
        };
        if is_same { Ok(()) } else { Err(Error::CallerUnknown) }
    }
}

struct Watched<T> {
    inner: BoxStream<T>,
    standing: Standing,
    ticks: Interval,
}

/// The stream, until its caller loses their standing: then it ends with `CALLER_UNKNOWN`.
pub(super) fn while_known<T: Send + 'static>(
    inner: BoxStream<T>,
    standing: Standing,
) -> BoxStream<T> {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watched = Watched { inner, standing, ticks };
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
        if let Err(error) = watched.standing.check() {
            return Some((Err(error.into()), None));
        }
        if let Some(item) = item {
            return Some((item, Some(watched)));
        }
    }
}
