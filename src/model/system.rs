//! The system as its operators see it: what is running, and how much it holds.

/// How many rows a count looks at.
pub const COUNTED_ROWS: u32 = 10_000;

/// A limit in force: a setting that is a number or a duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The key of the setting.
    pub key: &'static str,
    /// The value, as the configuration writes it.
    pub value: String,
}

/// A number of rows, of which at most [`COUNTED_ROWS`] are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many were found.
    pub value: u64,
    /// Whether there may be more, among those that were not looked at.
    pub may_be_more: bool,
}

/// How much the database contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The accounts.
    pub accounts: Count,
    /// The accounts that are disabled.
    pub disabled_accounts: Count,
    /// The sessions that are active, of those that expire last.
    pub active_sessions: Count,
    /// The passkeys, suspended ones included.
    pub passkeys: Count,
    /// The service accounts.
    pub service_accounts: Count,
    /// The open invitations.
    pub open_invitations: Count,
    /// The events of the record.
    pub events: Count,
}

/// A database: what it is, and how much it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The engine: `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The version of the engine, as it states it.
    pub engine_version: String,
    /// The number of the newest migration.
    pub schema_version: i64,
    /// How much it contains.
    pub counts: Counts,
}
