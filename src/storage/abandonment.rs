//! Abandoning the keys that were sealed under a key-encryption key that is lost.
//!
//! No server runs meanwhile, so nothing has to be announced to one.

use claviger_token::{id::AccountId, time::Timestamp};
use uuid::Uuid;

use crate::model::{
    event::{Act, Actor, EventKind},
    record::StoredEventKey,
    signing_key::StoredSigningKey,
};

use super::{
    Connection, Result, Storage, copy,
    copy::CopyError,
    error::corrupt,
    events::append,
    locks::lock_signing_keys,
    options::Options,
    params,
    record::keys::{insert_newest, reseal},
    signing_keys,
};

// As one account's sessions are ended, for a page of accounts: see `sessions/everything.rs`.
const BEGIN_EPOCHS: &str = "
UPDATE accounts SET epoch = CASE WHEN epoch < $2 THEN $2 ELSE epoch + 1 END
WHERE id IN (SELECT id FROM accounts WHERE id > $1 ORDER BY id LIMIT $3) RETURNING id";

// Those that have retired as well: after the clock is set back they would be needed again.
const REVOKE_ALL: &str = "
UPDATE signing_keys SET revoked_at = $1, retires_at = $1
WHERE key_id > '' AND revoked_at IS NULL RETURNING key_id";

/// How many accounts are changed in one transaction.
const PAGE: u32 = 1000;

/// What replaces the keys that are abandoned.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The signing key, which signs at once.
    pub signing_key: StoredSigningKey,
    /// The key of the record.
    pub record_key: StoredEventKey,
    /// Earlier keys of the record, whose public halves were sealed anew.
    pub earlier_record_keys: Vec<StoredEventKey>,
}

impl Storage {
    /// Ends every session of every account. An interrupted call has ended those of the first accounts, and
    /// the next one starts again. Returns how many accounts there are.
    pub async fn end_all_sessions_of_all(&self, now: Timestamp) -> Result<u64> {
        let (mut accounts, mut after) = (0, Some(AccountId::from_uuid(Uuid::nil())));
        while let Some(last) = after {
            let page = self.write((last, now), |c, (after, now)| {
                Box::pin(async move { begin_epochs(c, *after, *now).await })
            });
            let (count, last) = page.await?;
            (accounts, after) = (accounts + count, last);
        }
        Ok(accounts)
    }

    /// Revokes every signing key, and puts others in the place of all keys. Returns the keys that were
    /// revoked. `accounts` is how many accounts there are, for the event.
    pub async fn abandon_keys(
        &self,
        replacement: Replacement,
        accounts: u64,
        act: Act,
    ) -> Result<Vec<String>> {
        self.write((replacement, accounts, act), |c, (replacement, accounts, act)| {
            Box::pin(abandon(c, replacement, *accounts, act))
        })
        .await
    }
}

/// Refuses while a server, or a copy, uses a PostgreSQL database. A SQLite file has its lock.
///
/// # Errors
/// Also when the database cannot be asked.
pub async fn refuse_servers(database: &Options) -> std::result::Result<(), CopyError> {
    copy::refuse_others(database).await
}

/// Returns how many accounts there were, and the last one unless they were the last page.
async fn begin_epochs(
    connection: &mut Connection,
    after: AccountId,
    now: Timestamp,
) -> Result<(u64, Option<AccountId>)> {
    let ended: Vec<(Vec<u8>,)> =
        connection.list(BEGIN_EPOCHS, params![after, now.as_seconds(), PAGE]).await?;
    let count = ended.len();
    let last = ended.into_iter().map(|(id,)| id).max().filter(|_| count == PAGE as usize);
    let last = last.map(|id| AccountId::from_slice(&id).ok_or_else(corrupt("accounts", "id")));
    Ok((count as u64, last.transpose()?))
}

async fn abandon(
    connection: &mut Connection,
    replacement: &Replacement,
    accounts: u64,
    act: &Act,
) -> Result<Vec<String>> {
    let Replacement { signing_key, record_key, earlier_record_keys } = replacement;
    append(connection, &act.event(EventKind::KeysAbandoned).on(accounts)).await?;
    lock_signing_keys(connection).await?;
    let revoked: Vec<(String,)> = connection.list(REVOKE_ALL, params![act.at]).await?;
    let revoked: Vec<String> = revoked.into_iter().map(|(key_id,)| key_id).collect();
    // Far more than a database has.
    for (key_id, number) in revoked.iter().zip(3..=u8::MAX) {
        let event = act.consequence(number, act.actor.clone()).event(EventKind::SigningKeyRevoked);
        append(connection, &event.on(key_id)).await?;
    }
    signing_keys::insert(connection, signing_key, act.at).await?;
    let created = act.consequence(1, Actor::Server).event(EventKind::SigningKeyCreated);
    append(connection, &created.on(&signing_key.key_id)).await?;
    for key in earlier_record_keys {
        reseal(connection, key).await?;
    }
    insert_newest(connection, record_key).await?;
    let created = act.consequence(2, Actor::Server).event(EventKind::RecordKeyCreated);
    append(connection, &created.on(&record_key.key_id)).await?;
    Ok(revoked)
}
