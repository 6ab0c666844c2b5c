//! The record as operators read it: newest first, with filters, in pages that examine a bounded number of
//! rows.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{id::EventId, record::Entry},
    storage::{Connection, Result, Storage, error::corrupt, params},
};

use super::{row, row::EntryRow};

/// How many rows a page examines at most, whatever its filters let through.
const EXAMINED: u32 = 10_000;

const LAST_EXAMINED: &str =
    "SELECT id FROM events WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3";

const LAST_EXAMINED_OF_ACCOUNT: &str = "
SELECT id FROM events WHERE account_id = $1 AND id >= $2 AND id < $3
ORDER BY id DESC LIMIT 1 OFFSET $4";

const LAST_EXAMINED_OF_REQUEST: &str = "
SELECT id FROM events WHERE request_id = $1 AND id >= $2 AND id < $3
ORDER BY id DESC LIMIT 1 OFFSET $4";

const OF_ALL: &str = row::entries!(
    "WHERE id >= $1 AND id < $2 AND (kind = $3 OR $3 IS NULL) AND (outcome = $4 OR $4 IS NULL)
    AND (actor = $5 OR $5 IS NULL) ORDER BY id DESC LIMIT $6"
);

const OF_ACCOUNT: &str = row::entries!(
    "WHERE account_id = $1 AND id >= $2 AND id < $3 AND (kind = $4 OR $4 IS NULL)
    AND (outcome = $5 OR $5 IS NULL) AND (actor = $6 OR $6 IS NULL) ORDER BY id DESC LIMIT $7"
);

// The events of a call are few, unless its client gives many calls the same id.
const OF_REQUEST: &str = row::entries!(
    "WHERE request_id = $1 AND id >= $2 AND id < $3 AND (account_id = $4 OR $4 IS NULL)
    AND (kind = $5 OR $5 IS NULL) AND (outcome = $6 OR $6 IS NULL)
    AND (actor = $7 OR $7 IS NULL) ORDER BY id DESC LIMIT $8"
);

// The kinds are those of the index.
const OF_REVOKED: &str = row::entries!(
    "WHERE target = $1 AND kind IN ('token_revoked', 'signing_key_revoked')
    ORDER BY id DESC LIMIT $2"
);

/// Which rows are listed: those that pass all of these.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that happened to this account.
    pub account_id: Option<AccountId>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those with this outcome.
    pub outcome: Option<String>,
    /// Those by an actor of this name.
    pub actor: Option<String>,
    /// Those of the call with this id.
    pub request_id: Option<String>,
    /// Those that happened at or after this time, to the millisecond.
    pub since: Option<Timestamp>,
    /// Those that happened before this time, to the millisecond.
    pub until: Option<Timestamp>,
}

/// A page of rows.
#[derive(Debug)]
pub struct Listed {
    /// The rows, newest first, sealed or not.
    pub entries: Vec<Entry>,
    /// The rows of the next page are before this one; `None` on the last page.
    pub next: Option<EventId>,
}

impl Storage {
    /// At most `limit` rows from before `before`, newest first. However few pass the filter, 10,000 rows are
    /// examined at most.
    pub async fn list_events(
        &self,
        filter: Filter,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Listed> {
        // Ids begin with the millisecond, and no event has the last one.
        let mut end = before.map_or([0xff; 16], |it| *it.as_bytes());
        end = filter.until.map_or(end, |it| end.min(first_id(it)));
        let first = filter.since.map_or([0; 16], first_id);
        let mut connection = self.read().await?;
        let last_examined = last_examined(&mut connection, &filter, first, end).await?;
        let first = last_examined.map_or(first, |it| *it.as_bytes());
        let rows = rows(&mut connection, filter, (first, end), limit).await?;
        let entries: Vec<Entry> = rows.into_iter().map(EntryRow::into_entry).collect();
        let next = match entries.last() {
            Some(last) if entries.len() == limit as usize => {
                Some(EventId::from_slice(&last.row.id).ok_or_else(corrupt("events", "id"))?)
            }
            _ => last_examined,
        };
        Ok(Listed { entries, next })
    }

    /// What revoked a token or a signing key of this id, newest first, at most `limit`.
    pub async fn list_events_of_revoked(&self, target: String, limit: u32) -> Result<Vec<Entry>> {
        let mut connection = self.read().await?;
        let rows: Vec<EntryRow> = connection.list(OF_REVOKED, params![target, limit]).await?;
        Ok(rows.into_iter().map(EntryRow::into_entry).collect())
    }
}

/// The last row that a page examines, if there may be others after it.
async fn last_examined(
    connection: &mut Connection,
    filter: &Filter,
    first: [u8; 16],
    end: [u8; 16],
) -> Result<Option<EventId>> {
    let before_it = EXAMINED - 1;
    let found: Option<(Vec<u8>,)> = match (&filter.request_id, filter.account_id) {
        (Some(id), _) => {
            let parameters = params![id, first, end, before_it];
            connection.find(LAST_EXAMINED_OF_REQUEST, parameters).await?
        }
        (None, Some(id)) => {
            let parameters = params![id, first, end, before_it];
            connection.find(LAST_EXAMINED_OF_ACCOUNT, parameters).await?
        }
        (None, None) => connection.find(LAST_EXAMINED, params![first, end, before_it]).await?,
    };
    let id = |(id,): (Vec<u8>,)| EventId::from_slice(&id).ok_or_else(corrupt("events", "id"));
    found.map(id).transpose()
}

async fn rows(
    connection: &mut Connection,
    filter: Filter,
    (first, end): ([u8; 16], [u8; 16]),
    limit: u32,
) -> Result<Vec<EntryRow>> {
    let Filter { account_id, kind, outcome, actor, request_id, .. } = filter;
    match (request_id, account_id) {
        (Some(id), _) => {
            let parameters = params![id, first, end, account_id, kind, outcome, actor, limit];
            connection.list(OF_REQUEST, parameters).await
        }
        (None, Some(id)) => {
            let parameters = params![id, first, end, kind, outcome, actor, limit];
            connection.list(OF_ACCOUNT, parameters).await
        }
        (None, None) => {
            connection.list(OF_ALL, params![first, end, kind, outcome, actor, limit]).await
        }
    }
}

/// The least id of a time.
fn first_id(time: Timestamp) -> [u8; 16] {
    let millis = u128::try_from(time.as_micros() / 1000).unwrap_or(0);
    (millis << 80).to_be_bytes()
}
