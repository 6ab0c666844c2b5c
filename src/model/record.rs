//! The record as the database has it: rows with their places, and the checkpoints that prove them.
//!
//! Nothing of a row is parsed: whether it is the one that was written is decided by its bytes, and a row
//! that was changed by hand may hold anything.

use std::fmt;

use claviger_token::time::Timestamp;

/// The size of a chain hash, SHA-256.
pub const CHAIN_HASH: usize = 32;

/// The columns of a row of the record but for its place, under their names in the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "docs/audit.md says what they mean")]
pub struct Row {
    pub id: Vec<u8>,
    pub kind: String,
    pub occurred_at: i64,
    pub actor_kind: String,
    pub actor: Option<String>,
    pub actor_role: Option<String>,
    pub account_id: Option<Vec<u8>>,
    pub session_id: Option<Vec<u8>>,
    pub target: Option<String>,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub method: Option<String>,
    pub operator_reason: Option<String>,
}

/// A row with its place, if it has one yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place, once it is sealed.
    pub position: Option<i64>,
    /// The row.
    pub row: Row,
}

/// A row in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Its place: 1 for the first row ever.
    pub position: i64,
    /// The hash of this row and of all before it.
    pub chain_hash: Vec<u8>,
    /// All columns of the row but its place and hash.
    pub row: Row,
}

/// What the record was at a position, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The position of the last row that it covers.
    pub position: i64,
    /// The chain hash of that row.
    pub chain_hash: Vec<u8>,
    /// All rows after this position were in the record; those up to it had been kept for long enough.
    pub kept_after: i64,
    /// When that row was sealed.
    pub signed_at: Timestamp,
    /// The signature over all of the above (ES256, in the form of JWS).
    pub signature: Vec<u8>,
    /// The key that signed it.
    pub key_id: String,
}

/// A key pair that signs checkpoints.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEventKey {
    /// The thumbprint of the public key (RFC 7638).
    pub key_id: String,
    /// The private key (PKCS #8 DER), sealed under the key-encryption key.
    pub sealed_private_key: Vec<u8>,
    /// The public key as DER SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for StoredEventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEventKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
