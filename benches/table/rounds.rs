//! Rounds: everybody calls again and again for a while.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::calls::Callers;

pub const ROUNDS: usize = 5;
pub const ROUND: Duration = Duration::from_secs(2);

/// The CPU time of a call in one round, in µs.
pub async fn measure(cpu: impl AsyncFn() -> Duration, callers: &mut Callers) -> f64 {
    let before = cpu().await;
    let until = Instant::now() + ROUND;
    let mut tasks = JoinSet::new();
    for mut caller in callers.drain() {
        tasks.spawn(async move {
            let mut calls = 0_u32;
            while Instant::now() < until {
                caller.call().await;
                calls += 1;
            }
            (calls, caller)
        });
    }
    let mut calls = 0;
    for (count, caller) in tasks.join_all().await {
        calls += count;
        callers.push(caller);
    }
    (cpu().await - before).as_secs_f64() * 1e6 / f64::from(calls)
}
