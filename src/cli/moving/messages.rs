//! Between the lines of files and the messages of the contract for operators.

use claviger_proto::time::{TimestampMessage, read_timestamp, timestamp};
use uuid::Uuid;

use crate::grpc::contracts::admin as pb;

use super::row::{AccountRow, Bytes, HashText, PasskeyRow, RecoveryCodesRow, State, Time, Version};

/// The message of a line.
pub(super) fn message(row: AccountRow) -> pb::PortableAccount {
    let state = match row.state {
        State::Active => pb::AccountState::Active,
        State::Disabled => pb::AccountState::Disabled,
    };
    let codes = row.recovery_codes.map(|it| pb::PortableRecoveryCodes {
        create_time: sent(Some(it.created_at)),
        sha256: it.sha256.into_iter().map(|Bytes(hash)| hash).collect(),
    });
    pb::PortableAccount {
        id: row.id.map(|it| it.to_string()).unwrap_or_default(),
        username: row.username,
        display_name: row.display_name,
        create_time: sent(row.created_at),
        last_sign_in_time: sent(row.last_sign_in_at),
        state: state.into(),
        disabled_time: sent(row.disabled_at),
        groups: row.groups,
        password_hash: row.password_hash.map(|HashText(hash)| hash).unwrap_or_default(),
        user_handle: row.user_handle.unwrap_or_default().0,
        passkeys: row.passkeys.into_iter().map(passkey_message).collect(),
        recovery_codes: codes,
    }
}

fn passkey_message(row: PasskeyRow) -> pb::PortablePasskey {
    pb::PortablePasskey {
        credential_id: row.credential_id.0,
        public_key: row.public_key.0,
        name: row.name,
        counter: row.counter,
        backup_eligible: row.backup_eligible,
        backed_up: row.backed_up,
        user_verified: row.user_verified,
        transports: row.transports,
        aaguid: row.aaguid.as_bytes().to_vec(),
        discoverable: row.discoverable,
        attestation_object: row.attestation_object.0,
        create_time: sent(row.created_at),
        last_used_time: sent(row.last_used_at),
        clone_suspected_time: sent(row.clone_suspected_at),
        suspended_time: sent(row.suspended_at),
    }
}

fn sent(time: Option<Time>) -> Option<TimestampMessage> {
    time.map(|Time(it)| timestamp(it))
}

/// The line of a message. What a server sends is by the contract; a part that is not is left out.
pub(super) fn row(account: pb::PortableAccount) -> AccountRow {
    let state = match account.state() {
        pb::AccountState::Disabled => State::Disabled,
        pb::AccountState::Active | pb::AccountState::Unspecified => State::Active,
    };
    let codes = account.recovery_codes.and_then(|it| {
        let sha256 = it.sha256.into_iter().map(Bytes).collect();
        received(it.create_time).map(|created_at| RecoveryCodesRow { created_at, sha256 })
    });
    AccountRow {
        version: Version,
        id: account.id.parse().ok(),
        username: account.username,
        display_name: account.display_name,
        created_at: received(account.create_time),
        last_sign_in_at: received(account.last_sign_in_time),
        state,
        disabled_at: received(account.disabled_time),
        groups: account.groups,
        password_hash: Some(account.password_hash).filter(|it| !it.is_empty()).map(HashText),
        user_handle: Some(Bytes(account.user_handle)).filter(|it| !it.0.is_empty()),
        passkeys: account.passkeys.into_iter().map(passkey_row).collect(),
        recovery_codes: codes,
    }
}

fn passkey_row(passkey: pb::PortablePasskey) -> PasskeyRow {
    PasskeyRow {
        credential_id: Bytes(passkey.credential_id),
        public_key: Bytes(passkey.public_key),
        name: passkey.name,
        counter: passkey.counter,
        backup_eligible: passkey.backup_eligible,
        backed_up: passkey.backed_up,
        user_verified: passkey.user_verified,
        transports: passkey.transports,
        aaguid: Uuid::from_slice(&passkey.aaguid).unwrap_or_default(),
        discoverable: passkey.discoverable,
        attestation_object: Bytes(passkey.attestation_object),
        created_at: received(passkey.create_time),
        last_used_at: received(passkey.last_used_time),
        clone_suspected_at: received(passkey.clone_suspected_time),
        suspended_at: received(passkey.suspended_time),
    }
}

fn received(time: Option<TimestampMessage>) -> Option<Time> {
    time.map(|it| Time(read_timestamp(&it)))
}
