//! The messages of operators' RevocationService.

use claviger_proto::time::read_timestamp;
use claviger_token::{id::SessionId, time::Timestamp};
use tonic::Status;
use uuid::Uuid;

use crate::{
    domain::{operators::Operator, tokens::MAX_ACCESS_LIFETIME},
    grpc::contracts::admin as pb,
    model::{event::Actor, violation::FieldReason},
};

use super::{fields::Fields, operators::operator};

/// An access token to revoke.
pub(crate) struct Token {
    /// Its `jti`.
    pub(crate) id: Uuid,
    /// Its `exp`, if that is known.
    pub(crate) expires_at: Option<Timestamp>,
}

/// Reads which session to revoke, and who does it.
pub(crate) fn session(
    request: &pb::RevokeSessionRequest,
    actor: Actor,
) -> Result<(SessionId, Operator), Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("session_id", &request.session_id);
    let by = operator(&request.reason, actor, &mut fields);
    id.zip(by).ok_or_else(|| fields.into_status())
}

/// Reads which access token to revoke at a time, and who does it.
pub(crate) fn token(
    request: &pb::RevokeTokenRequest,
    actor: Actor,
    now: Timestamp,
) -> Result<(Token, Operator), Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("token_id", &request.token_id);
    let expires_at = request.expire_time.as_ref().map(read_timestamp);
    if expires_at.is_some_and(|it| it <= now || it > now + MAX_ACCESS_LIFETIME) {
        let sentence = "must be in the future, by at most a day";
        fields.refuse("expire_time", FieldReason::OutOfRange, sentence);
    }
    let by = operator(&request.reason, actor, &mut fields);
    fields.check()?;
    let token = id.map(|id| Token { id, expires_at });
    token.zip(by).ok_or_else(|| Fields::default().into_status())
}
