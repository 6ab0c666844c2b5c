//! The open connections of a server, whose places address prefixes share.
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

/// How often a lack of places is logged at most.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Who may come to a listener.
#[derive(Debug, Clone)]
pub enum Peers {
    /// Backends and gateways: few, and often many connections from one address.
    Known,
    /// Everyone. Each address prefix has a share of the connections.
    Strangers {
        /// The proxies that many come through, which have no bound of their own.
        trusted_proxies: Vec<IpNet>,
    },
}

impl Peers {
    fn holder(&self, address: IpAddr) -> Holder {
        let address = address.to_canonical();
        match self {
            Self::Strangers { trusted_proxies }
                if !trusted_proxies.iter().any(|it| it.contains(&address)) =>
            {
                Holder::Stranger(address)
            }
            _ => Holder::Known(address),
        }
    }
}

/// The open connections.
#[derive(Debug)]
pub struct Connections {
    peers: Peers,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    shares: Shares<Arc<Activity>>,
    warned_at: Option<Instant>,
}

impl Connections {
    /// None yet, of at most `limit`.
    pub fn new(limit: usize, peers: Peers) -> Arc<Self> {
        let state = State { shares: Shares::new(limit), warned_at: None };
        Arc::new(Self { peers, state: Mutex::new(state) })
    }

    /// Adds a connection, and ends those that go for it. `listener` is for the log.
    pub fn add(
        self: &Arc<Self>,
        address: IpAddr,
        activity: &Arc<Activity>,
        listener: &str,
    ) -> Place {
        let mut state = self.lock();
        let holder = self.peers.holder(address);
        let joined = state.shares.join(holder, 1, Arc::clone(activity), |it| it.is_idle());
        let is_silent = state.warned_at.is_some_and(|it| it.elapsed() < WARNING_INTERVAL);
        if !joined.evicted.is_empty() && !is_silent {
            state.warned_at = Some(Instant::now());
            let open = state.shares.taken();
            tracing::warn!(listener, %address, open, "closing connections beyond the limit");
        }
        drop(state);
        joined.evicted.iter().for_each(|it| it.evict());
        Place { connections: Arc::clone(self), id: joined.place }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection, given back when this is dropped.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    id: PlaceId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().shares.leave(self.id);
    }
}
