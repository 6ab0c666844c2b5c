//! What a peer is sent and does not take: how much of it a connection may hold, and for how long.
//!
//! A peer may close its HTTP/2 windows or stop reading from the socket, and answer every PING. What it is sent
//! then waits in memory. A piece that is not taken in time ends its call, or the connection where the call has
//! been handed over whole; a socket that takes nothing in time ends the connection.

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
    pieces: HashMap<u64, Waiting>,
    next_id: u64,
    weight: usize,
    /// What is taken of the pool, each [`STEP`] bytes.
    taken: Vec<Place>,
    /// What waits for room.
    waiting: Vec<Waker>,
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
}

impl State {
    /// Begins the time of all pieces of a call again: what waits behind the one that is taken is not late.
    fn renew(&mut self, call: &Weak<AbortHandle>) {
        let now = Instant::now();
        let pieces = self.pieces.values_mut();
        pieces.filter(|it| !it.is_ended && it.call.ptr_eq(call)).for_each(|it| it.since = now);
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
            pieces: HashMap::new(),
            next_id: 0,
            weight: 0,
            taken: Vec::new(),
            waiting: Vec::new(),
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
        for piece in state.pieces.values_mut() {
            if piece.since + piece.timeout <= now {
                let call = piece.call.upgrade().filter(|_| !piece.is_ended)?;
                call.abort();
                (piece.is_ended, piece.since, piece.timeout) = (true, now, END_TIMEOUT);
            }
            next = next.min(piece.since + piece.timeout);
        }
        state.next_check = next;
        (now < next).then_some(next)
    }

    /// Ready when the connection may be given more.
    pub(super) fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.weight < MOST {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }

    /// Notes a piece of a call's answer that is handed over.
    pub(super) fn hand_over(
        self: &Arc<Self>,
        bytes: Bytes,
        call: Weak<AbortHandle>,
        timeout: Duration,
    ) -> Piece {
        let mut state = self.lock();
        let (id, since) = (state.next_id, Instant::now());
        state.next_id += 1;
        let weight = bytes.len() + PIECE_COST;
        state.weight += weight;
        let piece = Waiting { since, timeout, weight, progress: 0, call, is_ended: false };
        state.pieces.insert(id, piece);
        while state.weight > FREE + STEP * state.taken.len() {
            let place = self.pool.take(self.address, STEP, &self.activity);
            state.taken.push(place);
        }
        if since + timeout < state.next_check {
            self.earlier.notify_one();
        }
        Piece { bytes, unread: Arc::clone(self), id }
    }

    fn note_progress(&self, id: u64, bytes: usize) {
        let mut state = self.lock();
        let Some(piece) = state.pieces.get_mut(&id) else { return };
        piece.progress += bytes;
        if piece.progress >= PROGRESS {
            piece.progress = 0;
            let call = piece.call.clone();
            state.renew(&call);
        }
    }

    fn release(&self, id: u64) {
        let mut state = self.lock();
        let Some(piece) = state.pieces.remove(&id) else { return };
        state.renew(&piece.call);
        state.weight -= piece.weight;
        let needed = state.weight.saturating_sub(FREE).div_ceil(STEP);
        state.taken.truncate(needed);
        if state.weight < MOST {
            state.waiting.drain(..).for_each(Waker::wake);
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
        self.unread.release(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::connections::{Peers, Pools};

    const TIMEOUT: Duration = Duration::from_secs(30);
    const SHORTER: Duration = Duration::from_secs(20);

    fn pool() -> Arc<Pool> {
        Pools::new("test", 10, Peers::Strangers { trusted_proxies: Vec::new() }).unread
    }

    fn connection(last: u8, pool: &Arc<Pool>) -> Arc<Unread> {
        let activity = Activity::new(TIMEOUT, TIMEOUT);
        Unread::new(TIMEOUT, [192, 0, last, 1].into(), activity, Arc::clone(pool))
    }

    fn piece(of: &Arc<Unread>, call: Weak<AbortHandle>) -> Piece {
        of.hand_over(Bytes::from_static(&[0; 16 * 1024]), call, TIMEOUT)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_spared_and_one_that_takes_next_to_nothing_is_not() {
        let connection = connection(1, &pool());
        let mut piece = piece(&connection, Weak::new());

        for _ in 0..20 {
            tokio::time::advance(SHORTER).await;
            piece.advance(PROGRESS);
            assert!(connection.check().is_some());
        }
        tokio::time::advance(SHORTER).await;
        piece.advance(PROGRESS / 2);
        assert!(connection.check().is_some());
        tokio::time::advance(SHORTER).await;
        assert!(connection.check().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_behind_a_piece_that_is_taken_slowly_is_not_late() {
        let connection = connection(1, &pool());
        let [call, other] = [(); 2].map(|()| Arc::new(AbortHandle::new_pair().0));
        let mut first = piece(&connection, Arc::downgrade(&call));
        let _behind = piece(&connection, Arc::downgrade(&call));
        let others = piece(&connection, Arc::downgrade(&other));

        for _ in 0..20 {
            tokio::time::advance(SHORTER).await;
            first.advance(PROGRESS);
            connection.check();
        }
        assert!(!call.is_aborted());
        assert!(other.is_aborted());
        drop((others, first));
        tokio::time::advance(SHORTER).await;
        connection.check();
        assert!(!call.is_aborted());
        tokio::time::advance(SHORTER).await;
        connection.check();
        assert!(call.is_aborted());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_ended_and_the_connection_only_if_that_does_not_help() {
        let connection = connection(1, &pool());
        let call = Arc::new(AbortHandle::new_pair().0);
        let held = piece(&connection, Arc::downgrade(&call));
        drop(piece(&connection, Weak::new()));

        tokio::time::advance(TIMEOUT).await;
        assert!(connection.check().is_some());
        assert!(call.is_aborted());
        tokio::time::advance(END_TIMEOUT).await;
        assert!(connection.check().is_none(), "the call gave nothing back");
        drop(held);
        assert!(connection.check().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_takes_nothing_ends_its_connection() {
        let connection = connection(1, &pool());

        connection.set_blocked(true);
        tokio::time::advance(SHORTER).await;
        connection.set_blocked(false);
        connection.set_blocked(true);
        tokio::time::advance(SHORTER).await;
        assert!(connection.check().is_some());
        tokio::time::advance(SHORTER).await;
        assert!(connection.check().is_none());
    }

    #[tokio::test]
    async fn a_connection_is_given_no_more_than_it_may_hold() {
        let connection = connection(1, &pool());
        let room = || std::future::poll_fn(|context| connection.poll_room(context));
        let mut pieces = Vec::new();
        while futures_util::poll!(room()).is_ready() {
            pieces.push(piece(&connection, Weak::new()));
        }

        assert_eq!(pieces.len(), MOST.div_ceil(16 * 1024 + PIECE_COST));
        pieces.pop();
        assert!(futures_util::poll!(room()).is_ready());
    }

    #[tokio::test]
    async fn an_address_that_holds_its_share_loses_its_oldest_connection_for_more() {
        let pool = pool();
        let (other, first) = (connection(2, &pool), connection(1, &pool));
        let evicted = |connection: &Unread| connection.activity.is_evicted();
        let mut pieces = vec![piece(&other, Weak::new()), piece(&first, Weak::new())];
        let mut connections = Vec::new();
        while !evicted(&first) {
            let connection = connection(1, &pool);
            pieces.extend((0..40).map(|_| piece(&connection, Weak::new())));
            connections.push(connection);
            assert!(connections.len() < 100, "as much as they like");
        }

        assert!(connections.len() > 20, "{}", connections.len());
        assert!(!connections[1..].iter().any(|it| evicted(it)) && !evicted(&other));
    }
}
