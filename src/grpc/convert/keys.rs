//! KeyService's messages.

use claviger_proto::time::timestamp;
use tonic::Status;

use crate::{
    domain::operators::{Operator, keys::KeyState},
    grpc::contracts::admin as pb,
    model::{event::Actor, signing_key::PublicKey, violation::FieldReason},
};

use super::{fields::Fields, operators::operator};

/// A key with what it does.
pub(crate) fn key(key: &PublicKey, state: KeyState) -> pb::Key {
    let state = match state {
        KeyState::Next => pb::KeyState::Next,
        KeyState::Signing => pb::KeyState::Signing,
        KeyState::Retiring => pb::KeyState::Retiring,
        KeyState::Revoked => pb::KeyState::Revoked,
    };
    pb::Key {
        key_id: key.key_id.clone(),
        algorithm: key.algorithm.name().to_owned(),
        state: state.into(),
        activate_time: Some(timestamp(key.activates_at)),
        retire_time: key.retires_at.map(timestamp),
        revoke_time: key.revoked_at.map(timestamp),
    }
}

/// Reads which key to revoke, and who acts.
pub(crate) fn revocation(
    request: &pb::RevokeKeyRequest,
    actor: Actor,
) -> Result<(&str, Operator), Status> {
    let mut fields = Fields::default();
    if request.key_id.is_empty() {
        fields.refuse("key_id", FieldReason::Required, "must be given");
    }
    let by = operator(&request.reason, actor, &mut fields);
    let key_id = Some(request.key_id.as_str()).filter(|it| !it.is_empty());
    key_id.zip(by).ok_or_else(|| fields.into_status())
}
