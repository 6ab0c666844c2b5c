//! The record as operators read it: newest first, with filters.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::record::Row,
    storage::{Result, Storage, params},
};

use super::{row, row::EntryRow};

const OF_ALL: &str = row::entries!(
    "WHERE id >= $1 AND id < $2 AND (kind = $3 OR $3 IS NULL) ORDER BY id DESC LIMIT $4"
);

const OF_ACCOUNT: &str = row::entries!(
    "WHERE account_id = $1 AND id >= $2 AND id < $3 AND (kind = $4 OR $4 IS NULL)
    ORDER BY id DESC LIMIT $5"
);

/// Which rows are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that happened to this account.
    pub account_id: Option<AccountId>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those that happened at or after this time, to the millisecond.
    pub since: Option<Timestamp>,
}

impl Storage {
    /// At most `limit` rows, sealed or not, newest first.
    pub async fn list_events(&self, filter: Filter, limit: u32) -> Result<Vec<Row>> {
        let Filter { account_id, kind, since } = filter;
        // Ids begin with the millisecond, and no event has the last one.
        let (first, end) = (since.map_or([0; 16], first_id), [0xff; 16]);
        let mut connection = self.read().await?;
        let rows: Vec<EntryRow> = match account_id {
            Some(id) => connection.list(OF_ACCOUNT, params![id, first, end, kind, limit]).await?,
            None => connection.list(OF_ALL, params![first, end, kind, limit]).await?,
        };
        Ok(rows.into_iter().map(EntryRow::into_row).collect())
    }
}

/// The least id of a time.
fn first_id(time: Timestamp) -> [u8; 16] {
    let millis = u128::try_from(time.as_micros() / 1000).unwrap_or(0);
    (millis << 80).to_be_bytes()
}
