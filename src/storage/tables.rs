//! What is copied: every table with all its columns.
//!
//! Not copied are `_sqlx_migrations`, which the target has of its own, and `unfinished_copies`, which
//! is about the copy. A test compares this with both engines' schemas.

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; the first is its key. Keys are bytes, or text that both engines order by its
    /// bytes, so that both have the rows in the same order.
    pub columns: &'static [Column],
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds, or NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of 64 bits.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Yes or no; a number in SQLite.
    Boolean,
}

/// All of them, in the order in which they are copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        columns: &[
            bytes("id"),
            text("username"),
            text("display_name"),
            text("password_hash"),
            bytes("request_id"),
            integer("created_at"),
        ],
    },
    Table {
        name: "sessions",
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
        ],
    },
    Table {
        name: "passkeys",
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
        ],
    },
    Table {
        name: "ceremonies",
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
    },
    Table {
        name: "revocations",
        // The time of record is by another clock in the target, but whoever starts to serve reads all
        // revocations first, whenever they were recorded. Copied, it needs no exception below.
        columns: &[bytes("session_id"), integer("expires_at"), integer("recorded_at")],
    },
    Table {
        name: "signing_keys",
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
    },
    Table {
        name: "account_revocations",
        columns: &[
            bytes("account_id"),
            integer("issued_before"),
            integer("expires_at"),
            integer("recorded_at"),
        ],
    },
    Table {
        name: "token_revocations",
        columns: &[text("token_id"), integer("expires_at"), integer("recorded_at")],
    },
    Table {
        name: "service_accounts",
        columns: &[
            bytes("id"),
            text("name"),
            text("audiences"),
            boolean("is_operator"),
            integer("created_at"),
        ],
    },
    Table {
        name: "service_account_keys",
        columns: &[
            bytes("key_hash"),
            bytes("service_account_id"),
            text("prefix"),
            integer("created_at"),
            integer("expires_at"),
        ],
    },
    Table {
        name: "service_account_certificates",
        columns: &[text("name"), bytes("service_account_id")],
    },
    Table {
        name: "sign_in_failures",
        columns: &[
            bytes("failure_key"),
            integer("failures"),
            integer("last_failed_at"),
            integer("keep_until"),
        ],
    },
];

impl Table {
    /// The column that no two rows share and that orders them.
    pub(super) fn key(&self) -> &'static str {
        self.columns.first().map_or("", |key| key.name)
    }

    /// The names of the columns, with commas between them.
    pub(super) fn column_list(&self) -> String {
        self.columns.iter().map(|it| it.name).collect::<Vec<_>>().join(", ")
    }
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
