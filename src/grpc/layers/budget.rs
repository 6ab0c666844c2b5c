//! What callers hold of the server for as long as they like, bounded: address prefixes share it.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;

use crate::model::shares::{Holder, PlaceId, Shares};

use super::Port;

/// A bound on what callers hold, in places or in bytes.
#[derive(Debug)]
pub(super) struct Budget {
    port: Port,
    shares: Mutex<Shares<Arc<Eviction>>>,
}

/// That a caller has lost its part, and what waits for that.
#[derive(Debug, Default)]
struct Eviction {
    has_lost: AtomicBool,
    waker: AtomicWaker,
}

impl Budget {
    /// Nothing taken of `capacity`.
    pub(super) fn new(port: Port, capacity: usize) -> Arc<Self> {
        Arc::new(Self { port, shares: Mutex::new(Shares::new(capacity)) })
    }

    /// Takes this much for a caller. At a bound, the oldest part of the same prefix is lost for it, or of the
    /// prefix that holds most.
    pub(super) fn take(self: &Arc<Self>, caller: IpAddr, weight: usize) -> Part {
        let holder = match self.port {
            Port::Public => Holder::Stranger(caller),
            Port::Internal => Holder::Known(caller),
        };
        let eviction = Arc::<Eviction>::default();
        let joined = self.lock().join(holder, weight, Arc::clone(&eviction), |_| true);
        for lost in joined.evicted {
            lost.has_lost.store(true, Ordering::Release);
            lost.waker.wake();
        }
        Part { budget: Arc::clone(self), place: joined.place, eviction }
    }

    fn lock(&self) -> MutexGuard<'_, Shares<Arc<Eviction>>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a caller holds, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Part {
    budget: Arc<Budget>,
    place: PlaceId,
    eviction: Arc<Eviction>,
}

impl Part {
    /// Ready when the part has been lost to another.
    pub(super) fn poll_lost(&self, context: &mut Context<'_>) -> Poll<()> {
        self.eviction.waker.register(context.waker());
        if self.eviction.has_lost.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.budget.lock().leave(self.place);
    }
}
