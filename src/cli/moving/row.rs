//! A line of the format in which accounts are exported and imported, as `docs/accounts.schema.json` and
//! docs/moving.md describe it.
//!
//! Checks the form alone; the rules for accounts are the server's. Names of fields are those of the contract for
//! operators. A field that is not known is refused: what is dropped in silence would be missed too late.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use claviger_token::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the format that this program reads and writes.
pub(super) const FORMAT_VERSION: u32 = 1;

/// One account. Fields without a value are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountRow {
    /// The version of the format.
    pub(super) version: Version,
    /// The account's identifier. The same one makes a repeated import recognise the account; without it, the
    /// server makes one from the username, which is the same every time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Uuid>,
    /// The name to sign in with.
    pub(super) username: String,
    /// The name to show for the person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) display_name: String,
    /// When the account was created; the time of the import if that is not known.
    #[serde(rename = "create_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<Time>,
    /// When its newest session was opened, if that is known.
    #[serde(rename = "last_sign_in_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) last_sign_in_at: Option<Time>,
    /// Whether the account can be signed in to.
    #[serde(default, skip_serializing_if = "State::is_active")]
    pub(super) state: State,
    /// When it was disabled; the time of the import if that is not known. Only with that state.
    #[serde(rename = "disabled_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) disabled_at: Option<Time>,
    /// The names of its groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<String>,
    /// The hash of its password, as a PHC string or in modular crypt format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password_hash: Option<HashText>,
    /// The user handle that its passkeys were created with, 1 to 64 bytes; the 16 bytes of the identifier if
    /// none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_handle: Option<Bytes>,
    /// Its passkeys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) passkeys: Vec<PasskeyRow>,
    /// Its recovery codes that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recovery_codes: Option<RecoveryCodesRow>,
}

/// A passkey of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasskeyRow {
    /// The credential's identifier, 16 to 1023 bytes.
    pub(super) credential_id: Bytes,
    /// The public key as COSE_Key CBOR.
    pub(super) public_key: Bytes,
    /// The name that its owner gave it; that of its provider if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    /// The signature counter; 0 if the authenticator has none.
    #[serde(default)]
    pub(super) counter: u32,
    /// The BE flag: whether it may be backed up.
    #[serde(default)]
    pub(super) backup_eligible: bool,
    /// The BS flag: whether it is backed up.
    #[serde(default)]
    pub(super) backed_up: bool,
    /// The UV flag of its registration.
    #[serde(default)]
    pub(super) user_verified: bool,
    /// How browsers may reach the authenticator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) transports: Vec<String>,
    /// The authenticator's model; all zeros if that is not known.
    #[serde(default, skip_serializing_if = "Uuid::is_nil")]
    pub(super) aaguid: Uuid,
    /// Whether it is discoverable, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) discoverable: Option<bool>,
    /// The attestation object of its registration, if it was kept.
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    pub(super) attestation_object: Bytes,
    /// When it was registered; the time of the account's creation if that is not known.
    #[serde(rename = "create_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) created_at: Option<Time>,
    /// When it was last used.
    #[serde(rename = "last_used_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) last_used_at: Option<Time>,
    /// When its counter suggested that its key was copied.
    #[serde(rename = "clone_suspected_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) clone_suspected_at: Option<Time>,
    /// When an operator suspended it.
    #[serde(rename = "suspended_time", default, skip_serializing_if = "Option::is_none")]
    pub(super) suspended_at: Option<Time>,
}

/// The recovery codes of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryCodesRow {
    /// When they were made.
    #[serde(rename = "create_time")]
    pub(super) created_at: Time,
    /// The SHA-256 of each code in capitals and without hyphens.
    pub(super) sha256: Vec<Bytes>,
}

/// Whether an account can be signed in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It can.
    #[default]
    Active,
    /// It cannot.
    Disabled,
}

impl State {
    const fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// The version of a row: always [`FORMAT_VERSION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub(super) struct Version;

impl From<Version> for u32 {
    fn from(_: Version) -> Self {
        FORMAT_VERSION
    }
}

impl TryFrom<u32> for Version {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number == FORMAT_VERSION {
            Ok(Self)
        } else {
            Err(format!("must be {FORMAT_VERSION}, the version that this program knows"))
        }
    }
}

/// A time: RFC 3339 in UTC, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Time(pub(crate) Timestamp);

impl From<Time> for String {
    fn from(Time(time): Time) -> Self {
        let since = Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(0));
        humantime::format_rfc3339_micros(UNIX_EPOCH + since).to_string()
    }
}

impl TryFrom<String> for Time {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        humantime::parse_rfc3339(&text)
            .map(|it| Self(Timestamp::from(it)))
            .map_err(|_| "must be a time such as 2026-01-31T10:00:00Z")
    }
}

/// The text of a password's hash, which does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct HashText(pub(crate) String);

impl fmt::Debug for HashText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashText(…)")
    }
}

/// Bytes: base64url without padding (RFC 4648 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Bytes> for String {
    fn from(Bytes(bytes): Bytes) -> Self {
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

impl TryFrom<String> for Bytes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(|_| "must be base64url without padding")
    }
}
