//! The messages of the feed of revocations.

use std::time::Duration;

use claviger_proto::{
    pb,
    time::{duration, timestamp},
};
use claviger_token::revocation::{Revocation, Revoked};
use tonic::Status;

use crate::{
    domain::{
        Error,
        revocations::{cursor::Cursor, watcher::Page},
    },
    model::violation::FieldReason,
};

use super::{fields::Fields, tokens::signing_key};

/// The page size when none is asked for.
const DEFAULT_PAGE_SIZE: usize = 1000;
/// The largest page: about 800 KiB on the wire.
const MAX_PAGE_SIZE: usize = 10_000;

/// What only the first message of a stream says.
#[derive(Debug, Clone)]
pub(crate) struct Preface {
    pub(crate) issuer: String,
    pub(crate) max_token_lifetime: Duration,
}

/// Which page is wanted.
pub(crate) struct PageWanted {
    pub(crate) cursor: Option<Cursor>,
    pub(crate) size: usize,
}

/// Reads a cursor. An empty one means none.
pub(crate) fn cursor(bytes: &[u8]) -> Result<Option<Cursor>, Status> {
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Cursor::from_bytes(bytes).ok_or(Error::CursorInvalid)?))
}

/// Reads which page is wanted. A larger page than the largest is cut (AIP-158).
pub(crate) fn page_wanted(request: &pb::GetRevocationsRequest) -> Result<PageWanted, Status> {
    let mut fields = Fields::default();
    let size = usize::try_from(request.page_size).unwrap_or_else(|_| {
        fields.refuse("page_size", FieldReason::OutOfRange, "must not be negative");
        0
    });
    fields.check()?;
    let size = if size == 0 { DEFAULT_PAGE_SIZE } else { size.min(MAX_PAGE_SIZE) };
    Ok(PageWanted { cursor: cursor(&request.cursor)?, size })
}

/// A message of a stream. Its first one comes with the preface.
pub(crate) fn watched(page: Page, preface: Option<Preface>) -> pb::WatchRevocationsResponse {
    let is_first = preface.is_some();
    let (issuer, max_token_lifetime) = match preface {
        Some(it) => (it.issuer, Some(duration(it.max_token_lifetime))),
        None => (String::new(), None),
    };
    pb::WatchRevocationsResponse {
        cursor: page.cursor.to_bytes(),
        server_time: Some(timestamp(page.made_at)),
        revocations: page.revocations.into_iter().map(revocation).collect(),
        keys: page.keys.into_iter().map(signing_key).collect(),
        from_start: is_first && page.from_start,
        caught_up: page.caught_up,
        issuer,
        max_token_lifetime,
    }
}

/// A page of the feed, for a client that polls.
pub(crate) fn got(page: Page) -> pb::GetRevocationsResponse {
    pb::GetRevocationsResponse {
        cursor: page.cursor.to_bytes(),
        server_time: Some(timestamp(page.made_at)),
        revocations: page.revocations.into_iter().map(revocation).collect(),
        keys: page.keys.into_iter().map(signing_key).collect(),
        from_start: page.from_start,
        caught_up: page.caught_up,
    }
}

fn revocation(revocation: Revocation) -> pb::Revocation {
    use pb::revocation::Revoked as Wire;
    let revoked = match revocation.revoked {
        Revoked::Session(id) => Wire::SessionId(id.to_string()),
        Revoked::Account { account_id, issued_before } => Wire::Account(pb::AccountRevocation {
            account_id: account_id.to_string(),
            issued_before: Some(timestamp(issued_before)),
        }),
        Revoked::Token(id) => Wire::TokenId(id),
    };
    pb::Revocation { revoked: Some(revoked), expire_time: Some(timestamp(revocation.until)) }
}
