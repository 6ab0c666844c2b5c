//! What each call and each fact may cost.

use crate::process::Counting;

pub const FILE: &str = file!();

/// What something cost when it was last measured.
pub struct Limit {
    pub name: &'static str,
    pub allocations: f64,
    /// In thousands, in a build without optimisation.
    pub instructions: f64,
}

const fn limit(name: &'static str, allocations: f64, instructions: f64) -> Limit {
    Limit { name, allocations, instructions }
}

/// A sign-in with a passkey is two calls.
pub const CALLS: &[Limit] = &[
    limit("ValidateToken", 43.0, 350.0),
    limit("GetAccount", 57.0, 630.0),
    limit("ListPasskeys", 99.0, 775.0),
    limit("IssueAccessToken", 57.0, 715.0),
    limit("RefreshTokens", 113.0, 1000.0),
    limit("sign-in with a passkey", 352.0, 3500.0),
    limit("Login", 315.0, 2400.0),
];

/// Those of storage, and tokens. What is judged for the first time has been signed before.
pub const FACTS: &[Limit] = &[
    limit("storage: find an account", 18.0, 98.0),
    limit("storage: find by a username", 59.0, 210.0),
    limit("storage: find by no one's username", 59.0, 210.0),
    limit("storage: find a passkey", 30.0, 140.0),
    limit("storage: find no passkey", 30.0, 140.0),
    limit("storage: offer a passkey", 32.0, 88.0),
    limit("storage: offer no passkey", 32.0, 88.0),
    limit("storage: rotate a refresh token", 45.0, 205.0),
    limit("storage: open a session", 97.0, 506.0),
    limit("storage: open one too many", 158.0, 1190.0),
    limit("a token signed", 34.0, 284.0),
    limit("a token judged for the first time", 29.0, 862.0),
    limit("a token judged again", 1.0, 37.0),
];

/// What strangers cause, and must not be able to tell from one another by their times.
pub const ALIKE: &[[&str; 2]] = &[
    ["storage: find by a username", "storage: find by no one's username"],
    ["storage: find a passkey", "storage: find no passkey"],
    ["storage: offer a passkey", "storage: offer no passkey"],
];

impl Limit {
    /// What is counted of it.
    pub fn of(&self, counting: Counting) -> f64 {
        match counting {
            Counting::Allocations => self.allocations,
            Counting::Instructions => self.instructions * 1000.0,
        }
    }

    /// Whether a count is above the limit by more than the process's own tasks may add.
    pub fn is_exceeded(&self, counting: Counting, count: f64) -> bool {
        let (part, some) = match counting {
            Counting::Allocations => (1.08, 2.0),
            Counting::Instructions => (1.15, 10_000.0),
        };
        count > self.of(counting).mul_add(part, some)
    }
}

/// Whether counts of instructions are as close to each other as those of what is alike.
pub fn is_alike(one: f64, other: f64) -> bool {
    one.max(other) <= one.min(other) * 1.05
}
