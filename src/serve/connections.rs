//! What the open connections of a server share: places, and memory for unread answers.
//!
//! At a bound a connection goes, not the newcomer: otherwise an address that holds all places keeps everyone out
//! for as long as they like.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use tokio::time::Instant;

use crate::model::shares::{Holder, PlaceId, Shares};

use super::activity::Activity;

/// What all connections may leave unread of their answers, in bytes, beyond what each may without asking.
const UNREAD: usize = 128 * 1024 * 1024;
/// How often a lack is logged at most.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Who may come to a listener.
#[derive(Debug, Clone)]
pub enum Peers {
    /// Backends and gateways: few, and often many connections from one address.
    Known {
        /// The proxies that they come through.
        trusted_proxies: Vec<IpNet>,
    },
    /// Everyone. Each address prefix has a share.
    Strangers {
        /// The proxies that many come through, which have no bound of their own.
        trusted_proxies: Vec<IpNet>,
    },
}

impl Peers {
    fn holder(&self, address: IpAddr) -> Holder {
        let address = address.to_canonical();
        if self.bound(address) { Holder::Stranger(address) } else { Holder::Known(address) }
    }

    /// Whether what comes directly from an address is bounded by it.
    pub fn bound(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        matches!(self, Self::Strangers { trusted_proxies } if !trusted_proxies.iter().any(|it| it.contains(&address)))
    }

    /// The proxies whose `x-forwarded-for` is trusted.
    pub fn trusted_proxies(&self) -> &[IpNet] {
        match self {
            Self::Known { trusted_proxies } | Self::Strangers { trusted_proxies } => {
                trusted_proxies
            }
        }
    }
}

/// What the connections of a listener share.
#[derive(Debug, Clone)]
pub struct Pools {
    /// Places, one for each.
    pub connections: Arc<Pool>,
    /// Memory for unread answers, in bytes.
    pub unread: Arc<Pool>,
}

impl Pools {
    /// Nothing is taken, and there may be so many connections. The name of the listener is for the log.
    pub fn new(listener: &'static str, connections: usize, peers: Peers) -> Self {
        let pool = |what, capacity| {
            let state = State { shares: Shares::new(capacity), warned_at: None };
            let peers = peers.clone();
            Arc::new(Pool { listener, what, peers, state: Mutex::new(state) })
        };
        Self { connections: pool("places", connections), unread: pool("unread answers", UNREAD) }
    }
}

/// Something that connections share.
#[derive(Debug)]
pub struct Pool {
    listener: &'static str,
    what: &'static str,
    peers: Peers,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    shares: Shares<Arc<Activity>>,
    warned_at: Option<Instant>,
}

impl Pool {
    /// Takes so much for a connection from this address, and ends the connections that go for it.
    pub fn take(self: &Arc<Self>, address: IpAddr, weight: usize, of: &Arc<Activity>) -> Place {
        let mut state = self.lock();
        let holder = self.peers.holder(address);
        let joined = state.shares.join(holder, weight, Arc::clone(of), |it| it.is_idle());
        let is_silent = state.warned_at.is_some_and(|it| it.elapsed() < WARNING_INTERVAL);
        if !joined.evicted.is_empty() && !is_silent {
            state.warned_at = Some(Instant::now());
            let (listener, of, taken) = (self.listener, self.what, state.shares.taken());
            tracing::warn!(listener, %address, of, taken, "closing connections beyond the limit");
        }
        drop(state);
        joined.evicted.iter().for_each(|it| it.evict());
        Place { pool: Arc::clone(self), id: joined.place }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a connection has taken, given back when this is dropped.
#[derive(Debug)]
pub struct Place {
    pool: Arc<Pool>,
    id: PlaceId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.lock().shares.leave(self.id);
    }
}
