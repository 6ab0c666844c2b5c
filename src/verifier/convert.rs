//! From messages to nouns. What cannot be understood is `None`, and the caller says so aloud.

use std::time::Duration;

use crate::{
    model::{
        revocation::{Revocation, Revoked},
        signing_key::SigningAlgorithm,
        time::Timestamp,
    },
    tokens::signature::VerifyingKey,
    wire::pb,
};

/// A time.
pub(super) fn timestamp(time: &prost_types::Timestamp) -> Timestamp {
    let micros = time.seconds.saturating_mul(1_000_000);
    Timestamp::from_micros(micros.saturating_add(i64::from(time.nanos) / 1000))
}

/// A span that is longer than nothing.
pub(super) fn span(span: &prost_types::Duration) -> Option<Duration> {
    Duration::try_from(*span).ok().filter(|it| !it.is_zero())
}

/// A revocation. One that does not say for how long it matters does so until `at_most`.
pub(super) fn revocation(message: &pb::Revocation, at_most: Timestamp) -> Option<Revocation> {
    use pb::revocation::Revoked as Message;
    let revoked = match message.revoked.as_ref()? {
        Message::SessionId(id) => Revoked::Session(id.parse().ok()?),
        Message::TokenId(id) => Revoked::Token(id.clone()),
        Message::Account(account) => Revoked::Account {
            account_id: account.account_id.parse().ok()?,
            issued_before: timestamp(account.issued_before.as_ref()?),
        },
    };
    let until = message.expire_time.as_ref().map_or(at_most, timestamp);
    Some(Revocation { revoked, until })
}

/// A public key.
pub(super) fn verifying_key(key: &pb::SigningKey) -> Option<VerifyingKey> {
    let algorithm = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa]
        .into_iter()
        .find(|it| it.name() == key.algorithm)?;
    VerifyingKey::from_spki(key.key_id.clone(), algorithm, &key.public_key_der)
}
