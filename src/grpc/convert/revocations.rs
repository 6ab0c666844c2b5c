//! The messages of the feed of revocations.

use std::time::Duration;

use claviger_proto::{
    pb,
    time::{duration, timestamp},
};
use claviger_token::revocation::{Revocation, Revoked};
use tonic::Status;

use crate::domain::{
    Error,
    revocations::{cursor::Cursor, watcher::Page},
};

use super::{
    fields::Fields,
    pages::{self, Sizes},
    tokens::signing_key,
};

/// The largest page is about 800 KiB on the wire.
const PAGE_SIZES: Sizes = Sizes { default: 1000, most: 10_000 };

/// What a page, and of a stream only the first message, contains.
#[derive(Debug, Clone)]
pub(crate) struct Preface {
    pub(crate) issuer: String,
    pub(crate) max_token_lifetime: Duration,
}

/// A requested page: at most `size` changes after a cursor.
pub(crate) struct PageRequest {
    pub(crate) cursor: Option<Cursor>,
    pub(crate) size: usize,
}

/// Reads a cursor; an empty one means none.
pub(crate) fn cursor(bytes: &[u8]) -> Result<Option<Cursor>, Status> {
    if bytes.is_empty() {
        return Ok(None);
    }
    Ok(Some(Cursor::from_bytes(bytes).ok_or(Error::CursorInvalid)?))
}

/// Reads the requested page.
pub(crate) fn page(request: &pb::GetRevocationsRequest) -> Result<PageRequest, Status> {
    let mut fields = Fields::default();
    let size = pages::size(request.page_size, PAGE_SIZES, &mut fields) as usize;
    fields.check()?;
    Ok(PageRequest { cursor: cursor(&request.cursor)?, size })
}

/// A message of a stream; the first one contains the preface.
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
        known_as_of: Some(timestamp(page.known_as_of)),
    }
}

/// A page of the feed, for a client that polls.
pub(crate) fn listed(page: Page, preface: Preface) -> pb::GetRevocationsResponse {
    pb::GetRevocationsResponse {
        cursor: page.cursor.to_bytes(),
        server_time: Some(timestamp(page.made_at)),
        revocations: page.revocations.into_iter().map(revocation).collect(),
        keys: page.keys.into_iter().map(signing_key).collect(),
        from_start: page.from_start,
        caught_up: page.caught_up,
        issuer: preface.issuer,
        max_token_lifetime: Some(duration(preface.max_token_lifetime)),
        known_as_of: Some(timestamp(page.known_as_of)),
    }
}

fn revocation(revocation: Revocation) -> pb::Revocation {
    use pb::revocation::Revoked as Wire;
    let revoked = match revocation.revoked {
        Revoked::Session(id) => Wire::SessionId(id.to_string()),
        Revoked::Account { account_id, before_epoch } => Wire::Account(pb::AccountRevocation {
            account_id: account_id.to_string(),
            before_epoch,
        }),
        Revoked::Token(id) => Wire::TokenId(id),
    };
    pb::Revocation { revoked: Some(revoked), expire_time: Some(timestamp(revocation.until)) }
}
