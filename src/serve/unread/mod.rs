//! What a peer is sent and does not take: how much of it a connection may hold, and for how long.
//!
//! A peer may close its HTTP/2 windows or stop reading from the socket, and answer every PING. What it is sent
//! then waits in memory. A piece that is not taken in time ends its call, or the connection where the call has
//! been handed over whole, and so ends what waits for room meanwhile; a socket that takes nothing in time ends
//! the connection.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::{Buf, Bytes};
use futures_util::future::AbortHandle;
use tokio::{sync::Notify, time::Instant};

use super::{
    activity::Activity,
    connections::{Place, Pool},
};

/// What each piece costs beside its bytes: the call that waits for it.
const PIECE_COST: usize = 8 * 1024;
/// From how much on a connection is given nothing more, in bytes.
const MOST: usize = 1024 * 1024;
/// What a connection may hold without asking all others, and in which steps it asks for more, in bytes.
const FREE: usize = 16 * 1024;
const STEP: usize = 64 * 1024;
/// How many bytes must be taken to count as reading.
const PROGRESS: usize = 256;
/// How long a call that is ended may take to give back what it holds.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// What one connection holds.
#[derive(Debug)]
pub struct Unread {
    timeout: Duration,
    address: IpAddr,
    activity: Arc<Activity>,
    pool: Arc<Pool>,
    state: Mutex<State>,
    earlier: Notify,
}

#[derive(Debug)]
struct State {
    /// What waits for its peer: pieces, and calls that wait for room for one.
    waiting: HashMap<u64, Waiting>,
    next_id: u64,
    weight: usize,
    /// What is taken of the pool, each [`STEP`] bytes.
    taken: Vec<Place>,
    /// Since when the socket takes nothing.
    blocked_since: Option<Instant>,
    next_check: Instant,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    timeout: Duration,
    weight: usize,
    progress: usize,
    call: Weak<AbortHandle>,
    /// Whether its call was ended.
    is_ended: bool,
    /// The task of the call, if it waits for room.
    for_room: Option<Waker>,
}

impl State {
    /// Begins the time again of what waits behind a piece of which the peer takes something: the pieces of
    /// the same call, and what waits for room, which the peer makes in this way.
    fn renew(&mut self, call: &Weak<AbortHandle>) {
        let now = Instant::now();
        let behind = |it: &&mut Waiting| it.for_room.is_some() || it.call.ptr_eq(call);
        let waiting = self.waiting.values_mut().filter(|it| !it.is_ended);
        waiting.filter(behind).for_each(|it| it.since = now);
    }

    fn add(&mut self, waiting: Waiting) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.waiting.insert(id, waiting);
        id
    }
}

impl Unread {
    /// A connection that holds nothing, and whose peer may take `timeout` for each piece.
    pub fn new(
        timeout: Duration,
        address: IpAddr,
        activity: Arc<Activity>,
        pool: Arc<Pool>,
    ) -> Arc<Self> {
        let state = State {
            waiting: HashMap::new(),
            next_id: 0,
            weight: 0,
            taken: Vec::new(),
            blocked_since: None,
            next_check: Instant::now(),
        };
        let (state, earlier) = (Mutex::new(state), Notify::new());
        Arc::new(Self { timeout, address, activity, pool, state, earlier })
    }

    /// How long the peer may take for a piece.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Waits until the peer has left something unread for too long, other than what ending a call gave back.
    pub async fn overdue(&self) {
        while let Some(next) = self.check() {
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = self.earlier.notified() => {}
            }
        }
    }

    /// Ends the calls whose answers have been unread for too long. Returns when to check again; `None` if that
    /// did not help, or the socket takes nothing.
    fn check(&self) -> Option<Instant> {
        let mut state = self.lock();
        let now = Instant::now();
        let mut next = now + self.timeout;
        if let Some(since) = state.blocked_since {
            next = next.min(since + self.timeout);
        }
        for it in state.waiting.values_mut() {
            if it.since + it.timeout <= now {
                let call = it.call.upgrade().filter(|_| !it.is_ended)?;
                call.abort();
                (it.is_ended, it.since, it.timeout) = (true, now, END_TIMEOUT);
            }
            next = next.min(it.since + it.timeout);
        }
        state.next_check = next;
        (now < next).then_some(next)
    }

    fn check_by(&self, state: &State, deadline: Instant) {
        if deadline < state.next_check {
            self.earlier.notify_one();
        }
    }

    fn note_progress(&self, id: u64, bytes: usize) {
        let mut state = self.lock();
        let Some(piece) = state.waiting.get_mut(&id) else { return };
        piece.progress += bytes;
        if piece.progress >= PROGRESS {
            piece.progress = 0;
            let call = piece.call.clone();
            state.renew(&call);
        }
    }

    fn release(&self, id: u64, is_taken: bool) {
        let mut state = self.lock();
        let Some(released) = state.waiting.remove(&id) else { return };
        if is_taken {
            state.renew(&released.call);
        }
        state.weight -= released.weight;
        let needed = state.weight.saturating_sub(FREE).div_ceil(STEP);
        state.taken.truncate(needed);
        if state.weight < MOST {
            state
                .waiting
                .values()
                .filter_map(|it| it.for_room.as_ref())
                .for_each(Waker::wake_by_ref);
        }
    }

    /// Notes whether the socket takes what is written to it.
    pub(super) fn set_blocked(&self, is_blocked: bool) {
        self.lock().blocked_since = is_blocked.then(Instant::now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way of one answer to its connection.
#[derive(Debug)]
pub(super) struct Outlet {
    unread: Arc<Unread>,
    timeout: Duration,
    /// The wait for room, if it has begun.
    waiting: Option<u64>,
}

impl Outlet {
    /// The way of an answer whose peer may take `timeout` for each piece.
    pub(super) fn new(unread: &Arc<Unread>, timeout: Duration) -> Self {
        Self { unread: Arc::clone(unread), timeout, waiting: None }
    }

    /// Ready when the connection may be given more. When its peer takes nothing until then for too long, the
    /// call ends.
    pub(super) fn poll_room(
        &mut self,
        context: &mut Context<'_>,
        call: &Weak<AbortHandle>,
    ) -> Poll<()> {
        let mut state = self.unread.lock();
        if state.weight < MOST {
            return Poll::Ready(());
        }
        let for_room = Some(context.waker().clone());
        if let Some(waiting) = self.waiting.and_then(|id| state.waiting.get_mut(&id)) {
            waiting.for_room = for_room;
            return Poll::Pending;
        }
        let (since, timeout, call) = (Instant::now(), self.timeout, call.clone());
        let waiting =
            Waiting { since, timeout, weight: 0, progress: 0, call, is_ended: false, for_room };
        self.waiting = Some(state.add(waiting));
        self.unread.check_by(&state, since + timeout);
        Poll::Pending
    }

    /// Notes a piece of a call's answer that is handed over. If it has waited for room, it has the rest of
    /// that time: otherwise calls that are not read would end one batch after the other.
    pub(super) fn hand_over(&mut self, bytes: Bytes, call: Weak<AbortHandle>) -> Piece {
        let unread = &self.unread;
        let mut state = unread.lock();
        let waited = self.waiting.take().and_then(|id| state.waiting.remove(&id));
        let since = waited.map_or_else(Instant::now, |it| it.since);
        let (weight, timeout) = (bytes.len() + PIECE_COST, self.timeout);
        state.weight += weight;
        let id = state.add(Waiting {
            since,
            timeout,
            weight,
            progress: 0,
            call,
            is_ended: false,
            for_room: None,
        });
        while state.weight > FREE + STEP * state.taken.len() {
            let place = unread.pool.take(unread.address, STEP, &unread.activity);
            state.taken.push(place);
        }
        unread.check_by(&state, since + timeout);
        Piece { bytes, unread: Arc::clone(unread), id }
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if let Some(id) = self.waiting {
            self.unread.release(id, false);
        }
    }
}

/// A piece of an answer, which counts until it has been written to the socket or dropped.
#[derive(Debug)]
pub struct Piece {
    bytes: Bytes,
    unread: Arc<Unread>,
    id: u64,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if !self.bytes.is_empty() {
            self.unread.note_progress(self.id, count);
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.unread.release(self.id, self.bytes.is_empty());
    }
}

#[cfg(test)]
mod tests;
