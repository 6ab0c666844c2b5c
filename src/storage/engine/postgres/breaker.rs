//! A circuit breaker: while the database is away, calls are refused at once, and do not wait for a
//! connection one after the other.
//!
//! It opens when a call has waited for a connection in vain, none was got meanwhile, and an attempt to
//! connect past the pool fails as well. So neither a busy pool nor a short restart opens it. From then on
//! attempts are repeated, and the first that succeeds closes it.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tracing::Instrument as _;

use crate::storage::{Error, PostgresOptions, Result};

use super::states;

/// How long waiting for a connection must last to count, unless `acquire_timeout` is shorter: longer than a
/// restart takes, and shorter than the patience of what reads revocations.
const IN_VAIN: Duration = Duration::from_millis(1500);
/// How long an attempt to connect may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long after one attempt the next one follows.
const PAUSE: Duration = Duration::from_millis(250);

/// The breaker of one database, for all pools that lead there. Cheap to clone.
#[derive(Clone)]
pub(super) struct Breaker(Arc<Inner>);

struct Inner {
    target: Box<PgConnectOptions>,
    in_vain: Duration,
    is_open: watch::Sender<bool>,
    /// Whether a task tries to connect.
    is_trying: AtomicBool,
    last_success: Mutex<Option<Instant>>,
}

/// A call that waits for a connection, or for a place among those that do. When it is dropped before
/// [`Self::ended`], it has waited in vain.
pub(super) struct Wait<'a> {
    breaker: &'a Breaker,
    began: Instant,
    is_over: bool,
}

impl Breaker {
    pub(super) fn new(options: &PostgresOptions) -> Self {
        Self(Arc::new(Inner {
            target: options.target.clone(),
            // A little less: the wait began after its end was set.
            in_vain: IN_VAIN.min(options.acquire_timeout.mul_f32(0.9)),
            is_open: watch::Sender::new(false),
            is_trying: AtomicBool::new(false),
            last_success: Mutex::new(None),
        }))
    }

    /// Lets a call wait for a connection.
    ///
    /// # Errors
    /// [`Error::Unavailable`] while the database is away.
    pub(super) fn enter(&self) -> Result<Wait<'_>> {
        if *self.0.is_open.borrow() {
            return Err(away());
        }
        Ok(Wait { breaker: self, began: Instant::now(), is_over: false })
    }

    /// Tries to connect, unless a task does already or connections were got since `began`.
    fn suspect(&self, began: Instant) {
        let last_success = *self.0.last_success.lock().unwrap_or_else(PoisonError::into_inner);
        if last_success.is_some_and(|it| it >= began)
            || tokio::runtime::Handle::try_current().is_err()
            || self.0.is_trying.swap(true, Ordering::SeqCst)
        {
            return;
        }
        // Weak, so that it ends with the engine.
        let breaker = Arc::downgrade(&self.0);
        tokio::spawn(keep_trying(breaker).in_current_span());
    }
}

impl Wait<'_> {
    /// Returns as soon as the database is known to be away.
    pub(super) async fn refused(&self) -> Error {
        let mut is_open = self.breaker.0.is_open.subscribe();
        // The sender is in the breaker.
        let _ = is_open.wait_for(|is_open| *is_open).await;
        away()
    }

    /// A connection was got.
    pub(super) fn succeeded(self) {
        let success = &self.breaker.0.last_success;
        *success.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.ended();
    }

    /// What was waited for was got.
    pub(super) fn ended(mut self) {
        self.is_over = true;
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.began.elapsed() >= self.breaker.0.in_vain {
            self.breaker.suspect(self.began);
        }
    }
}

/// Tries to connect until that succeeds, and holds the breaker open meanwhile.
async fn keep_trying(breaker: Weak<Inner>) {
    // One that is late may be so because this process stood still; a second one is not.
    let mut was_late = false;
    loop {
        let Some(target) = breaker.upgrade().map(|it| it.target.clone()) else { return };
        let outcome = timeout(ATTEMPT_TIMEOUT, attempt(&target)).await;
        let is_late = outcome.is_err();
        let failure = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(cause)) => Some(cause.to_string()),
            Err(_) => Some("it did not answer in time".to_owned()),
        };
        let Some(breaker) = breaker.upgrade() else { return };
        let is_sure = was_late || !is_late || *breaker.is_open.borrow();
        was_late = is_late;
        let was_open = breaker.is_open.send_replace(failure.is_some() && is_sure);
        let Some(cause) = failure else {
            breaker.is_trying.store(false, Ordering::SeqCst);
            return;
        };
        if is_sure && !was_open {
            tracing::warn!(
                cause,
                "connecting to the database fails; calls that need it are refused until it succeeds"
            );
        }
        drop(breaker);
        sleep(PAUSE).await;
    }
}

/// Connects past the pool. A refusal that a running server gives is a success.
async fn attempt(target: &PgConnectOptions) -> sqlx::Result<()> {
    let outcome = async {
        let mut connection = target.connect().await?;
        states::refuse_standby(&mut connection).await?;
        connection.close().await
    };
    match outcome.await {
        Err(sqlx::Error::Database(error)) if !states::is_away(&*error) => Ok(()),
        outcome => outcome,
    }
}

fn away() -> Error {
    Error::Unavailable("connecting to the database fails".into())
}
