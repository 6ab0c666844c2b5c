//! Places that are given, waited for, left and refused.

use std::{
    net::{IpAddr, Ipv4Addr},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::*;
use crate::storage::source::{Source, of};

type Entering = std::pin::Pin<Box<dyn Future<Output = Result<Option<Place>>>>>;

const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for a place from this address.
fn enter(gate: &Gate, last: u8) -> Entering {
    let (gate, limit) = (gate.clone(), Instant::now() + PATIENCE);
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, last, 1));
    Box::pin(of(Source::anonymous(address), async move { gate.enter(limit).await }))
}

fn poll(entering: &mut Entering) -> Poll<Result<Option<Place>>> {
    entering.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_when_the_last_clone_is_dropped() {
    let gate = Gate::new(1);
    let place = enter(&gate, 1).await.unwrap().unwrap();
    let mut waiting = enter(&gate, 2);
    assert!(poll(&mut waiting).is_pending());

    let clone = place.clone();
    drop(place);
    assert!(poll(&mut waiting).is_pending());
    drop(clone);

    assert!(matches!(poll(&mut waiting), Poll::Ready(Ok(Some(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_its_place_to_the_next() {
    let gate = Gate::new(1);
    let place = enter(&gate, 1).await.unwrap().unwrap();
    let (mut first, mut second, mut third) = (enter(&gate, 2), enter(&gate, 2), enter(&gate, 2));
    for waiting in [&mut first, &mut second, &mut third] {
        assert!(poll(waiting).is_pending());
    }

    drop(first);
    drop(place);
    // It was given the place and has not taken it yet.
    drop(second);

    assert!(matches!(poll(&mut third), Poll::Ready(Ok(Some(_)))));
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_at_the_limit_and_the_servers_own_work_does_not_wait() {
    let gate = Gate::new(1);
    let _place = enter(&gate, 1).await.unwrap().unwrap();

    assert!(matches!(enter(&gate, 2).await, Err(Error::Unavailable(_))));
    assert!(matches!(gate.enter(Instant::now()).await, Ok(None)));
    assert_eq!(gate.lock().next().map(|_| ()), None);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_full_refuses_at_once() {
    let gate = Gate::new(1);
    let _place = enter(&gate, 1).await.unwrap().unwrap();
    let mut line: Vec<_> = (0..256).map(|_| enter(&gate, 2)).collect();
    assert!(line.iter_mut().all(|it| poll(it).is_pending()));

    assert!(matches!(poll(&mut enter(&gate, 2)), Poll::Ready(Err(Error::Overloaded))));
    assert!(poll(&mut enter(&gate, 3)).is_pending());
}
