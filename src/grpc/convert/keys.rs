//! KeyService's messages.

use claviger_proto::time::timestamp;
use tonic::Status;

use crate::{
    domain::operators::keys::KeyState,
    grpc::contracts::admin as pb,
    model::{signing_key::PublicKey, violation::FieldReason},
};

use super::fields::Fields;

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

/// Reads which key to revoke.
pub(crate) fn key_id(request: &pb::RevokeKeyRequest) -> Result<&str, Status> {
    let mut fields = Fields::default();
    if request.key_id.is_empty() {
        fields.refuse("key_id", FieldReason::Required, "must be given");
    }
    fields.check()?;
    Ok(&request.key_id)
}
