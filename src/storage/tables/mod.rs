//! The one list of tables: what is copied of each, what the deletion of an account does to it, and
//! how it is swept.
//!
//! A test compares the list with the schemas of both engines. Not in it are `_sqlx_migrations`, which
//! belongs to sqlx, and `unfinished_copies`, which is about the copying itself.

mod invitations;
mod record;
mod recovery;
mod service_accounts;

/// A table, and what is done with its rows.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The name in the schema.
    pub name: &'static str,
    /// Its columns but for generated ones; the first are its key. Keys are numbers, bytes, or text that both
    /// engines order by its bytes, so that both have the rows in the same order.
    pub columns: &'static [Column],
    /// How many columns the key has.
    pub key_columns: usize,
    /// What the deletion of an account does to its rows.
    pub account_deletion: AccountDeletion,
    /// How expired rows are deleted.
    pub sweep: Sweep,
}

/// What the deletion of an account does to the rows of a table.
#[derive(Debug, Clone, Copy)]
pub enum AccountDeletion {
    /// No row belongs to an account.
    Unrelated,
    /// This statement deletes the rows of the account whose id is `$1`.
    Deletes(&'static str),
    /// The sweep deletes the rows of the account within minutes, for this reason, by
    /// [`DELETE_SESSIONS_OF_THE_PAST`].
    Sweeps(&'static str),
    /// The rows of the account stay, for this reason.
    Keeps(&'static str),
}

/// How expired rows of a table are deleted.
#[derive(Debug, Clone, Copy)]
pub enum Sweep {
    /// Each statement deletes at most `$2` rows that expired at or before `$1`, the time of the sweep.
    AtExpiry(&'static [&'static str]),
    /// Like [`Self::AtExpiry`], but `$1` is before the time of the sweep: rows are kept for a while
    /// after their end.
    AfterRetention(&'static [&'static str]),
    /// Each statement deletes at most `$1` rows that the last checkpoint says are no longer kept.
    OfRecord(&'static [&'static str]),
    /// No row expires. The table stays bounded for this reason.
    Never(&'static str),
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name in the schema.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
}

/// The type of a column's values. Any of them may be NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A signed integer of 64 bits.
    Integer,
    /// A text in UTF-8.
    Text,
    /// A string of bytes.
    Bytes,
    /// A truth value; 0 or 1 in SQLite.
    Boolean,
}

/// Deletes rows that fulfil a condition, those first that come first by the column of `$order`.
macro_rules! sweep {
    ($table:literal, $key:literal, $condition:literal, $order:literal) => {
        concat!(
            concat!("DELETE FROM ", $table, " WHERE ", $key),
            concat!(" IN (SELECT ", $key, " FROM ", $table, " WHERE ", $condition),
            concat!(" ORDER BY ", $order, " LIMIT $2)")
        )
    };
}
use sweep;

/// Deletes at most `$1` sessions that ended together with all others of their account, or whose account
/// was deleted, whether or not they had ended before. Revocations expire after 0: the condition makes
/// the engines walk through their index.
pub const DELETE_SESSIONS_OF_THE_PAST: &str = "
DELETE FROM sessions WHERE id IN (
    SELECT sessions.id FROM account_revocations
    JOIN sessions ON sessions.account_id = account_revocations.account_id
        AND sessions.epoch < account_revocations.epoch
    WHERE account_revocations.expires_at > 0
    LIMIT $1)";

/// All tables, in the order in which they are copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        key_columns: 1,
        columns: &[
            bytes("id"),
            text("username"),
            text("display_name"),
            text("password_hash"),
            bytes("request_id"),
            integer("created_at"),
            integer("epoch"),
            integer("disabled_at"),
            integer("last_sign_in_at"),
            integer("recovered_at"),
            bytes("user_handle"),
            text("username_skeleton"),
        ],
        account_deletion: AccountDeletion::Deletes("DELETE FROM accounts WHERE id = $1"),
        sweep: Sweep::Never("accounts stay until they are deleted"),
    },
    Table {
        name: "account_groups",
        key_columns: 2,
        columns: &[text("group_name"), bytes("account_id")],
        account_deletion: AccountDeletion::Deletes(
            "DELETE FROM account_groups WHERE account_id = $1",
        ),
        sweep: Sweep::Never("the number of groups of an account is limited"),
    },
    Table {
        name: "sessions",
        key_columns: 1,
        columns: &[
            bytes("id"),
            bytes("account_id"),
            text("method"),
            bytes("passkey_id"),
            bytes("refresh_family"),
            integer("refresh_generation"),
            integer("refresh_previous"),
            integer("refreshed_at"),
            text("address"),
            text("user_agent"),
            integer("auth_time"),
            text("auth_method"),
            integer("created_at"),
            integer("idle_expires_at"),
            integer("expires_at"),
            integer("ended_at"),
            text("end_reason"),
            integer("latest_issued_at"),
            integer("epoch"),
        ],
        account_deletion: AccountDeletion::Sweeps(
            "there may be hundreds of thousands of them, and all have ended",
        ),
        sweep: Sweep::AfterRetention(&[
            sweep!("sessions", "id", "ended_at < $1", "ended_at"),
            // By whole days, as the index has them.
            sweep!(
                "sessions",
                "id",
                "ended_at IS NULL AND expiry_day < $1 / 86400000000",
                "expiry_day"
            ),
        ]),
    },
    Table {
        name: "passkeys",
        key_columns: 1,
        columns: &[
            bytes("id"),
            bytes("account_id"),
            bytes("credential_id"),
            text("name"),
            bytes("public_key"),
            integer("counter"),
            boolean("backup_eligible"),
            boolean("backed_up"),
            boolean("user_verified"),
            text("transports"),
            bytes("aaguid"),
            boolean("discoverable"),
            bytes("attestation_object"),
            integer("created_at"),
            integer("last_used_at"),
            integer("clone_suspected_at"),
            integer("suspended_at"),
        ],
        account_deletion: AccountDeletion::Deletes("DELETE FROM passkeys WHERE account_id = $1"),
        sweep: Sweep::Never("the number of passkeys of an account is limited"),
    },
    Table {
        // Of the previous version, which may run beside this one.
        name: "ceremonies",
        key_columns: 1,
        columns: &[
            bytes("id"),
            text("kind"),
            boolean("named"),
            bytes("account_id"),
            bytes("session_id"),
            bytes("payer"),
            bytes("state"),
            integer("expires_at"),
        ],
        // An authentication that was started with the username stays, and is refused like that of a
        // username that no account has: its sudden end would reveal that the account existed.
        account_deletion: AccountDeletion::Deletes(
            "DELETE FROM ceremonies WHERE account_id = $1 AND kind <> 'authentication'",
        ),
        sweep: Sweep::AtExpiry(&[sweep!("ceremonies", "id", "expires_at <= $1", "expires_at")]),
    },
    Table {
        name: "used_ceremonies",
        key_columns: 1,
        columns: &[bytes("id"), boolean("failed"), integer("keep_until")],
        account_deletion: AccountDeletion::Unrelated,
        sweep: Sweep::AtExpiry(&[sweep!(
            "used_ceremonies",
            "id",
            "keep_until <= $1",
            "keep_until"
        )]),
    },
    Table {
        name: "revocations",
        key_columns: 1,
        // The time of record is by another clock in the target, but a server that starts reads all
        // revocations first, whenever they were recorded. Copied, it needs no exception below.
        columns: &[bytes("session_id"), integer("expires_at"), integer("recorded_at")],
        account_deletion: AccountDeletion::Keeps(
            "access tokens of the deleted sessions must stay revoked until they expire",
        ),
        sweep: Sweep::AtExpiry(&[sweep!(
            "revocations",
            "session_id",
            "expires_at <= $1",
            "expires_at"
        )]),
    },
    Table {
        name: "signing_keys",
        key_columns: 1,
        columns: &[
            text("key_id"),
            text("algorithm"),
            bytes("sealed_private_key"),
            bytes("public_key"),
            integer("created_at"),
            integer("activates_at"),
            integer("retires_at"),
            integer("revoked_at"),
        ],
        account_deletion: AccountDeletion::Unrelated,
        // A compromised key is kept, so that every watcher is notified of it however long it was away.
        sweep: Sweep::AtExpiry(&[sweep!(
            "signing_keys",
            "key_id",
            "retires_at <= $1 AND revoked_at IS NULL",
            "retires_at"
        )]),
    },
    Table {
        name: "account_revocations",
        key_columns: 1,
        columns: &[
            bytes("account_id"),
            integer("issued_before"),
            integer("expires_at"),
            integer("recorded_at"),
            integer("epoch"),
        ],
        account_deletion: AccountDeletion::Keeps(
            "access tokens of the deleted account must stay revoked until they expire",
        ),
        // Not before the sessions that it ended, which are found by it.
        sweep: Sweep::AtExpiry(&[sweep!(
            "account_revocations",
            "account_id",
            "expires_at <= $1 AND NOT EXISTS (
                SELECT 1 FROM sessions WHERE sessions.account_id = account_revocations.account_id
                AND sessions.epoch < account_revocations.epoch)",
            "expires_at"
        )]),
    },
    Table {
        name: "token_revocations",
        key_columns: 1,
        columns: &[text("token_id"), integer("expires_at"), integer("recorded_at")],
        account_deletion: AccountDeletion::Unrelated,
        sweep: Sweep::AtExpiry(&[sweep!(
            "token_revocations",
            "token_id",
            "expires_at <= $1",
            "expires_at"
        )]),
    },
    service_accounts::ACCOUNTS,
    service_accounts::KEYS,
    service_accounts::CERTIFICATES,
    invitations::INVITATIONS,
    recovery::CODES,
    recovery::LINKS,
    Table {
        name: "sign_in_failures",
        key_columns: 1,
        columns: &[
            bytes("failure_key"),
            integer("failures"),
            integer("last_failed_at"),
            integer("keep_until"),
        ],
        account_deletion: AccountDeletion::Unrelated,
        sweep: Sweep::AtExpiry(&[sweep!(
            "sign_in_failures",
            "failure_key",
            "keep_until <= $1",
            "keep_until"
        )]),
    },
    record::EVENTS,
    record::CHECKPOINTS,
    record::KEYS,
    Table {
        name: "budgets",
        key_columns: 1,
        columns: &[bytes("budget_key"), integer("spent_until")],
        account_deletion: AccountDeletion::Unrelated,
        sweep: Sweep::AtExpiry(&[sweep!(
            "budgets",
            "budget_key",
            "spent_until <= $1",
            "spent_until"
        )]),
    },
];

impl Table {
    /// The columns whose values no two rows share, and that order the rows.
    pub fn key(&self) -> &'static [Column] {
        self.columns.get(..self.key_columns).unwrap_or(self.columns)
    }

    /// The names of the columns, with commas between them.
    pub(super) fn column_list(&self) -> String {
        list(self.columns, "")
    }

    /// The names of the columns of the key, each with a suffix, with commas between them.
    pub(super) fn key_list(&self, suffix: &str) -> String {
        list(self.key(), suffix)
    }
}

fn list(columns: &[Column], suffix: &str) -> String {
    let names = columns.iter().map(|it| format!("{}{suffix}", it.name));
    names.collect::<Vec<_>>().join(", ")
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes }
}

const fn boolean(name: &'static str) -> Column {
    Column { name, kind: Kind::Boolean }
}
