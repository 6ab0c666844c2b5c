//! What a connection may hold, with time that the tests move.

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
    Outlet::new(of, TIMEOUT).hand_over(Bytes::from_static(&[0; 16 * 1024]), call)
}

fn call() -> Arc<AbortHandle> {
    Arc::new(AbortHandle::new_pair().0)
}

/// Pieces of a call that leave no room on a connection.
fn filling(connection: &Arc<Unread>, call: &Arc<AbortHandle>) -> Vec<Piece> {
    let pieces = MOST.div_ceil(16 * 1024 + PIECE_COST);
    (0..pieces).map(|_| piece(connection, Arc::downgrade(call))).collect()
}

fn has_room(outlet: &mut Outlet, call: &Arc<AbortHandle>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    outlet.poll_room(&mut context, &Arc::downgrade(call)).is_ready()
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
    let [call, other] = [call(), call()];
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
    let call = call();
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
    let (mut outlet, call) = (Outlet::new(&connection, TIMEOUT), call());
    let mut pieces = Vec::new();
    while has_room(&mut outlet, &call) {
        pieces.push(piece(&connection, Weak::new()));
    }

    assert_eq!(pieces.len(), MOST.div_ceil(16 * 1024 + PIECE_COST));
    pieces.pop();
    assert!(has_room(&mut outlet, &call));
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_for_room_end_with_those_that_hold_it() {
    let connection = connection(1, &pool());
    let calls: Vec<_> = (0..100).map(|_| call()).collect();
    let _pieces = filling(&connection, &calls[0]);
    let mut outlets: Vec<_> = calls.iter().map(|_| Outlet::new(&connection, TIMEOUT)).collect();
    for (outlet, call) in outlets.iter_mut().zip(&calls) {
        assert!(!has_room(outlet, call));
    }

    tokio::time::advance(TIMEOUT).await;
    assert!(connection.check().is_some());

    assert!(calls.iter().all(|it| it.is_aborted()));
    outlets.clear();
    assert!(connection.lock().waiting.values().all(|it| it.for_room.is_none()));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_room_is_not_late_while_something_is_taken() {
    let connection = connection(1, &pool());
    let [held, waiting] = [call(), call()];
    let mut pieces = filling(&connection, &held);
    let mut outlet = Outlet::new(&connection, TIMEOUT);
    assert!(!has_room(&mut outlet, &waiting));

    for _ in 0..20 {
        tokio::time::advance(SHORTER).await;
        pieces[0].advance(PROGRESS);
        assert!(connection.check().is_some());
    }
    for _ in 0..20 {
        // The last of a piece, beside which another one is handed over.
        tokio::time::advance(SHORTER).await;
        let mut taken = pieces.swap_remove(0);
        taken.advance(taken.remaining());
        drop(taken);
        pieces.push(piece(&connection, Arc::downgrade(&held)));
        assert!(connection.check().is_some());
    }
    assert!(!waiting.is_aborted());

    tokio::time::advance(TIMEOUT).await;
    connection.check();
    assert!(waiting.is_aborted());
}

#[tokio::test(start_paused = true)]
async fn what_gets_room_because_others_end_has_the_rest_of_its_time() {
    let connection = connection(1, &pool());
    let [held, waiting] = [call(), call()];
    let pieces = filling(&connection, &held);
    let mut outlet = Outlet::new(&connection, TIMEOUT);
    assert!(!has_room(&mut outlet, &waiting));

    tokio::time::advance(SHORTER).await;
    drop(pieces);
    assert!(has_room(&mut outlet, &waiting));
    let _piece = outlet.hand_over(Bytes::from_static(&[0; 16]), Arc::downgrade(&waiting));
    assert!(connection.check().is_some() && !waiting.is_aborted());
    tokio::time::advance(TIMEOUT - SHORTER).await;
    connection.check();

    assert!(waiting.is_aborted());
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
