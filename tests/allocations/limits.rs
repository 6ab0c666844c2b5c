//! What each call may allocate.

pub const FILE: &str = file!();

/// The allocations of each call when they were last measured. A sign-in with a passkey is two calls.
pub const LIMITS: &[(&str, f64)] = &[
    ("ValidateToken", 48.0),
    ("GetAccount", 61.0),
    ("ListPasskeys", 104.0),
    ("IssueAccessToken", 60.0),
    ("RefreshTokens", 114.0),
    ("sign-in with a passkey", 548.0),
    ("Login", 720.0),
];

/// Whether a count is above a limit by more than the server's own tasks may add.
pub fn is_exceeded(limit: f64, counted: f64) -> bool {
    counted > limit.mul_add(1.08, 2.0)
}
