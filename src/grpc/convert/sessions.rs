//! SessionService's messages.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tonic::Status;

use crate::{
    domain::sessions::SessionPage,
    model::{
        id::SessionId,
        session::{Session, SessionCursor, SignInMethod},
        time::Timestamp,
        violation::FieldReason,
    },
    wire::pb,
};

use super::{fields::Fields, times::timestamp};

/// The page size when none is asked for.
const DEFAULT_PAGE_SIZE: u32 = 20;
/// The largest page.
const MAX_PAGE_SIZE: u32 = 100;

/// Which page of sessions is wanted.
pub(crate) struct Page {
    pub(crate) after: Option<SessionCursor>,
    pub(crate) size: u32,
}

/// Reads which page is wanted. A larger page than the largest is cut (AIP-158).
pub(crate) fn page(request: &pb::ListSessionsRequest) -> Result<Page, Status> {
    let mut fields = Fields::default();
    let size = u32::try_from(request.page_size).unwrap_or_else(|_| {
        fields.refuse("page_size", FieldReason::OutOfRange, "must not be negative");
        0
    });
    let after = (!request.page_token.is_empty()).then(|| position(&request.page_token)).flatten();
    if after.is_none() && !request.page_token.is_empty() {
        let sentence = "must be the next_page_token of the page before";
        fields.refuse("page_token", FieldReason::Malformed, sentence);
    }
    fields.check()?;
    let size = if size == 0 { DEFAULT_PAGE_SIZE } else { size.min(MAX_PAGE_SIZE) };
    Ok(Page { after, size })
}

fn position(token: &str) -> Option<SessionCursor> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (micros, id) = bytes.split_first_chunk::<8>()?;
    Some(SessionCursor {
        created_at: Timestamp::from_micros(i64::from_be_bytes(*micros)),
        id: SessionId::from_slice(id)?,
    })
}

fn page_token(position: SessionCursor) -> String {
    let micros = position.created_at.as_micros().to_be_bytes();
    BASE64_URL_SAFE_NO_PAD.encode([&micros[..], &position.id.as_bytes()[..]].concat())
}

/// A page of sessions, seen from one of them.
pub(crate) fn listed(page: &SessionPage, current: SessionId) -> pb::ListSessionsResponse {
    pb::ListSessionsResponse {
        sessions: page.sessions.iter().map(|it| session(it, current)).collect(),
        next_page_token: page.next.map(page_token).unwrap_or_default(),
    }
}

fn session(session: &Session, current: SessionId) -> pb::Session {
    let method = match session.method {
        SignInMethod::Password => pb::SignInMethod::Password,
        SignInMethod::Passkey => pb::SignInMethod::Passkey,
    };
    pb::Session {
        id: session.id.to_string(),
        current: session.id == current,
        method: method.into(),
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

/// How many.
pub(crate) fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
