//! From messages to nouns. `None` stands for what this version does not know; the caller reports it.

use claviger_proto::{pb, time::read_timestamp};
use claviger_token::{
    algorithm::SigningAlgorithm,
    revocation::{Revocation, Revoked},
    signature::VerifyingKey,
    time::Timestamp,
};

/// A revocation. `latest_end` is its end if the message does not state one.
pub(crate) fn revocation(message: &pb::Revocation, latest_end: Timestamp) -> Option<Revocation> {
    use pb::revocation::Revoked as Message;
    let revoked = match message.revoked.as_ref()? {
        Message::SessionId(id) => Revoked::Session(id.parse().ok()?),
        Message::TokenId(id) => Revoked::Token(id.clone()),
        Message::Account(account) => Revoked::Account {
            account_id: account.account_id.parse().ok()?,
            // Not set by a server that does not know epochs.
            before_epoch: Some(account.before_epoch).filter(|epoch| *epoch > 0)?,
        },
    };
    let until = message.expire_time.as_ref().map_or(latest_end, read_timestamp);
    Some(Revocation { revoked, until })
}

/// The public key of a signing key.
pub(crate) fn verifying_key(key: &pb::SigningKey) -> Option<VerifyingKey> {
    let algorithm = SigningAlgorithm::from_name(&key.algorithm)?;
    VerifyingKey::from_spki(key.key_id.clone(), algorithm, &key.public_key_der)
}
