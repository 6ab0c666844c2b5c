//! A clock that leaps, ahead by an hour, a month and two years, and back by an hour, and is set right
//! again: what was revoked stays so, no honest person is locked out, and keys rotate.

mod followers;
mod keys;
mod people;
mod revocations;
mod sessions;

use std::time::Duration;

use crate::support::{DAY, HOUR, Person, TestApp};

/// By how much the clock is ahead for a while.
const LEAPS: [Duration; 3] = [HOUR, DAY.saturating_mul(32), DAY.saturating_mul(731)];

/// Runs a test for every leap, with a restart at each change of the clock and without.
async fn after_each_leap(test: impl AsyncFn(Duration, bool)) {
    for leap in LEAPS {
        for restarted in [false, true] {
            eprintln!("ahead by {leap:?}, restarted: {restarted}");
            test(leap, restarted).await;
        }
    }
}

/// The same person with a connection to the server as it runs now.
fn at(app: &TestApp, person: &Person) -> Person {
    person.through(&app.stranger())
}
