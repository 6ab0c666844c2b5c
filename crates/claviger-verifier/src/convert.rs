//! From messages to nouns. What cannot be understood is `None`, and the caller says so aloud.

use claviger_proto::{pb, time::read_timestamp};
use claviger_token::{
    algorithm::SigningAlgorithm,
    revocation::{Revocation, Revoked},
    signature::VerifyingKey,
    time::Timestamp,
};

/// A revocation. One that does not say for how long it matters does so until `at_most`.
pub(super) fn revocation(message: &pb::Revocation, at_most: Timestamp) -> Option<Revocation> {
    use pb::revocation::Revoked as Message;
    let revoked = match message.revoked.as_ref()? {
        Message::SessionId(id) => Revoked::Session(id.parse().ok()?),
        Message::TokenId(id) => Revoked::Token(id.clone()),
        Message::Account(account) => Revoked::Account {
            account_id: account.account_id.parse().ok()?,
            issued_before: read_timestamp(account.issued_before.as_ref()?),
        },
    };
    let until = message.expire_time.as_ref().map_or(at_most, read_timestamp);
    Some(Revocation { revoked, until })
}

/// A public key.
pub(super) fn verifying_key(key: &pb::SigningKey) -> Option<VerifyingKey> {
    let algorithm = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa]
        .into_iter()
        .find(|it| it.name() == key.algorithm)?;
    VerifyingKey::from_spki(key.key_id.clone(), algorithm, &key.public_key_der)
}
