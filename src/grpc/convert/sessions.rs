//! SessionService's messages.

use claviger_proto::{pb, time::timestamp};
use claviger_token::{id::SessionId, time::Timestamp};
use tonic::Status;

use crate::{
    domain::sessions::SessionPage,
    model::session::{Session, SessionCursor},
};

use super::{
    auth::sign_in_method,
    fields::Fields,
    pages::{self, Page, Sizes},
};

const PAGE_SIZES: Sizes = Sizes { default: 20, most: 100 };

/// Reads the requested page.
pub(crate) fn page(request: &pb::ListSessionsRequest) -> Result<Page<SessionCursor>, Status> {
    page_of(request.page_size, &request.page_token)
}

/// Reads a page of a list of sessions.
pub(super) fn page_of(size: i32, token: &str) -> Result<Page<SessionCursor>, Status> {
    pages::read(size, token, PAGE_SIZES, position)
}

fn position(bytes: &[u8]) -> Option<SessionCursor> {
    let (micros, id) = bytes.split_first_chunk::<8>()?;
    Some(SessionCursor {
        created_at: Timestamp::from_micros(i64::from_be_bytes(*micros)),
        id: SessionId::from_slice(id)?,
    })
}

pub(super) fn page_token(position: SessionCursor) -> String {
    let micros = position.created_at.as_micros().to_be_bytes();
    pages::token([&micros[..], &position.id.as_bytes()[..]].concat())
}

/// A page of sessions, of which `current` is the caller's own.
pub(crate) fn listed(page: &SessionPage, current: SessionId) -> pb::ListSessionsResponse {
    pb::ListSessionsResponse {
        sessions: page.sessions.iter().map(|it| session(it, Some(current))).collect(),
        next_page_token: page.next.map(page_token).unwrap_or_default(),
    }
}

/// A session, and whether it is the `current` one.
pub(super) fn session(session: &Session, current: Option<SessionId>) -> pb::Session {
    pb::Session {
        id: session.id.to_string(),
        current: current == Some(session.id),
        method: session.method.map_or(pb::SignInMethod::Unspecified, sign_in_method).into(),
        user_agent: session.origin.user_agent.clone(),
        address: session.origin.address.to_string(),
        create_time: Some(timestamp(session.created_at)),
        last_seen_time: Some(timestamp(session.last_seen_at)),
        expire_time: Some(timestamp(session.idle_expires_at)),
    }
}

/// The session to end.
pub(crate) fn session_id(request: &pb::RevokeSessionRequest) -> Result<SessionId, Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("session_id", &request.session_id);
    id.ok_or_else(|| fields.into_status())
}

/// A number of sessions.
pub(crate) fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
