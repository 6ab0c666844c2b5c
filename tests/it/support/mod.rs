//! What the tests stand on: a real server in this process, people who call it, and a clock to move.
//!
//! Benchmarks use what needs no such clock, which a release build does not have.

pub mod agent;
#[cfg(debug_assertions)]
pub mod app;
pub mod authenticator;
pub mod authority;
#[cfg(debug_assertions)]
pub mod backends;
pub mod ceremonies;
pub mod echo;
pub mod figures;
pub mod groups;
pub mod home;
pub mod json_schema;
#[cfg(debug_assertions)]
pub mod page;
pub mod partition;
pub mod patience;
pub mod people;
pub mod process;
pub mod raw;
pub mod recoveries;
pub mod refusal;
pub mod schema;
pub mod servers;
pub mod sign_ups;
pub mod storm;
pub mod toolchains;
pub mod watcher;

#[cfg(debug_assertions)]
pub use app::TestApp;
pub use authenticator::{Algorithm, Authenticator, Counter};
pub use ceremonies::ORIGIN;
pub use groups::set_groups;
pub use home::Home;
#[cfg(debug_assertions)]
pub use page::{Answer, Dialect, Page};
pub use people::{BACKEND, Person};
pub use process::Process;
pub use refusal::Refusal;

use std::time::Duration;

use claviger::domain::operators::{Actor, Operator};

/// A password that every rule accepts.
pub const PASSWORD: &str = "copper lantern over wet gravel";
/// Another one.
pub const OTHER_PASSWORD: &str = "seventeen purple umbrellas dancing";
/// One second.
pub const SECOND: Duration = Duration::from_secs(1);
/// One minute.
pub const MINUTE: Duration = Duration::from_secs(60);
/// One hour.
pub const HOUR: Duration = Duration::from_secs(3600);
/// One day.
pub const DAY: Duration = Duration::from_secs(86_400);

/// What acts where a test stands in for a command.
pub fn command_line() -> Operator {
    Actor::CommandLine("tester".to_owned()).into()
}

/// Asserts that a call was refused with this code and reason, and answers with the refusal.
#[macro_export]
macro_rules! assert_refused {
    ($result:expr, $code:ident, $reason:ident) => {{
        let refusal = $crate::support::Refusal::of($result);
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (tonic::Code::$code, stringify!($reason)),
            "{refusal:?}"
        );
        refusal
    }};
}
