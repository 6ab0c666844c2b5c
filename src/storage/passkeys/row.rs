//! The row of a passkey, and its conversion.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        account::NamedPasskey,
        id::PasskeyId,
        label::PasskeyName,
        passkey::{CredentialId, Passkey},
    },
    storage::{Error, Result, accounts::AccountDetails, error::corrupt},
};

/// The columns of a [`PasskeyRow`], in the order in which a new passkey is inserted.
macro_rules! passkey_columns {
    () => {
        "id, account_id, credential_id, name, public_key, counter, backup_eligible, backed_up,
    user_verified, transports, aaguid, discoverable, attestation_object, created_at, last_used_at,
    clone_suspected_at, suspended_at"
    };
}
pub(super) use passkey_columns;

/// A passkey as the statements with [`passkey_columns!`] return it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct PasskeyRow {
    id: Vec<u8>,
    account_id: Vec<u8>,
    credential_id: Vec<u8>,
    name: String,
    public_key: Vec<u8>,
    counter: i64,
    backup_eligible: bool,
    backed_up: bool,
    user_verified: bool,
    transports: String,
    aaguid: Vec<u8>,
    discoverable: Option<bool>,
    attestation_object: Vec<u8>,
    created_at: i64,
    last_used_at: Option<i64>,
    clone_suspected_at: Option<i64>,
    suspended_at: Option<i64>,
}

impl PasskeyRow {
    pub(super) fn into_passkey(self) -> Result<Passkey> {
        let invalid = |column| corrupt("passkeys", column);
        Ok(Passkey {
            id: PasskeyId::from_slice(&self.id).ok_or_else(invalid("id"))?,
            account_id: AccountId::from_slice(&self.account_id)
                .ok_or_else(invalid("account_id"))?,
            credential_id: CredentialId::parse(self.credential_id)
                .ok_or_else(invalid("credential_id"))?,
            name: PasskeyName::from_stored(self.name),
            public_key: self.public_key,
            counter: u32::try_from(self.counter).map_err(|_| invalid("counter")())?,
            backup_eligible: self.backup_eligible,
            backed_up: self.backed_up,
            user_verified: self.user_verified,
            transports: serde_json::from_str(&self.transports)
                .map_err(|_| invalid("transports")())?,
            aaguid: self.aaguid.try_into().map_err(|_| invalid("aaguid")())?,
            discoverable: self.discoverable,
            attestation_object: self.attestation_object,
            created_at: Timestamp::from_micros(self.created_at),
            last_used_at: self.last_used_at.map(Timestamp::from_micros),
            clone_suspected_at: self.clone_suspected_at.map(Timestamp::from_micros),
            suspended_at: self.suspended_at.map(Timestamp::from_micros),
        })
    }
}

/// The accounts of passkeys, as a table beside that of the passkeys.
macro_rules! owners {
    () => {
        concat!(
            "(SELECT id AS owner_id, password_hash IS NOT NULL AS has_password,
        created_at AS registered_at, ",
            account_details!(),
            " FROM accounts) AS owners"
        )
    };
}
pub(super) use owners;

/// A passkey with its account.
#[derive(sqlx_macros::FromRow)]
pub(super) struct NamedRow {
    #[sqlx(flatten)]
    passkey: PasskeyRow,
    has_password: bool,
    registered_at: i64,
    #[sqlx(flatten)]
    details: AccountDetails,
}

impl NamedRow {
    pub(super) fn into_named(self) -> Result<NamedPasskey> {
        let passkey = self.passkey.into_passkey()?;
        let (id, since) = (passkey.account_id, self.registered_at);
        let owner = self.details.into_account(id, self.has_password, since)?;
        Ok(NamedPasskey { passkey, owner })
    }
}

/// Transports as they are stored: a JSON array of strings.
pub(super) fn transports_text(transports: &[String]) -> Result<String> {
    serde_json::to_string(transports).map_err(|error| Error::Unexpected(error.into()))
}
