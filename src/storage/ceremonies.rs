//! Ceremonies, which are started and then taken once.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use claviger_token::{
    id::{AccountId, SessionId},
    time::{MAX_CLOCK_SKEW, Timestamp},
};

use crate::model::{
    ceremony::{CEREMONY_LIFETIME, Ceremony, CeremonyKind, CeremonyPurpose, QuotaKey},
    id::CeremonyId,
};

use super::{Connection, Result, Storage, error::corrupt, locks::lock_quota, params};

/// How many ceremonies may be open at once.
#[derive(Debug, Clone, Copy)]
pub struct CeremonyLimits {
    /// With the same quota key.
    pub per_quota_key: u32,
    /// With any quota key; kept approximately.
    pub overall: u32,
}

/// About how many rows of ceremonies there are, expired ones included until they are swept. Counted
/// in memory, so that the limit on all of them does not need a count of all rows.
#[derive(Debug)]
pub(super) struct OpenCeremonies(AtomicI64);

const COUNT_ALL: &str = "SELECT count(*) FROM ceremonies";

const INSERT: &str = "
INSERT INTO ceremonies (id, kind, named, account_id, session_id, payer, state, expires_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE (
    SELECT count(*) FROM ceremonies
    WHERE payer = $6 AND expires_at > $9 AND expires_at <= $11) < $10";

const TAKE: &str = "
DELETE FROM ceremonies WHERE id = $1 AND kind = $2 AND expires_at > $3 AND expires_at <= $4
RETURNING named, account_id, session_id, payer, state, expires_at";

const DISCARD: &str = "
DELETE FROM ceremonies
WHERE id IN (SELECT id FROM ceremonies WHERE expires_at > $1 ORDER BY expires_at LIMIT $2)";

impl Storage {
    /// Starts a ceremony. Returns `false`, and starts nothing, when too many are open.
    pub async fn start_ceremony(
        &self,
        ceremony: Ceremony,
        limits: CeremonyLimits,
        now: Timestamp,
    ) -> Result<bool> {
        // Refused before it is queued, so that a flood of starts does not delay other writes.
        if self.open_ceremonies.reached(limits.overall) {
            return Ok(false);
        }
        let input = (ceremony, limits, now, Arc::clone(&self.open_ceremonies));
        self.write(input, |c, (ceremony, limits, now, open)| {
            Box::pin(async move {
                let started = start_ceremony(c, ceremony, *limits, *now).await?;
                open.add(u64::from(started));
                Ok(started)
            })
        })
        .await
    }

    /// Takes a ceremony of this kind out of the database, so that it can be taken only once. `None`
    /// when it was taken before, has expired, never existed, or is of another kind (and then it stays).
    pub async fn take_ceremony(
        &self,
        id: CeremonyId,
        kind: CeremonyKind,
        now: Timestamp,
    ) -> Result<Option<Ceremony>> {
        let input = (id, kind, now, Arc::clone(&self.open_ceremonies));
        self.write(input, |c, (id, kind, now, open)| {
            Box::pin(async move {
                let taken = take_ceremony(c, *id, *kind, *now).await?;
                open.remove(u64::from(taken.is_some()));
                Ok(taken)
            })
        })
        .await
    }

    /// Deletes up to `batch` ceremonies that were started by a clock that was ahead, as `now` is certain.
    /// Returns how many there were. No sweep would delete them until the clock is as late again.
    pub async fn discard_ceremonies_from_future(&self, now: Timestamp, batch: u32) -> Result<u64> {
        let input = (now, batch, Arc::clone(&self.open_ceremonies));
        self.write(input, |c, (now, batch, open)| {
            Box::pin(async move {
                let discarded = c.execute(DISCARD, params![latest_end(*now), batch]).await?;
                open.remove(discarded);
                Ok(discarded)
            })
        })
        .await
    }
}

impl OpenCeremonies {
    /// Counts the rows in the database.
    pub(super) async fn load(connection: &mut Connection) -> Result<Self> {
        Ok(Self(AtomicI64::new(count_all(connection).await?)))
    }

    /// Counts again, which corrects the count after a failed commit.
    pub(super) async fn recount(&self, connection: &mut Connection) -> Result<()> {
        self.0.store(count_all(connection).await?, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn remove(&self, count: u64) {
        self.0.fetch_sub(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(i64::try_from(count).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn reached(&self, limit: u32) -> bool {
        self.0.load(Ordering::Relaxed) >= i64::from(limit)
    }
}

async fn count_all(connection: &mut Connection) -> Result<i64> {
    let (count,) = connection.fetch(COUNT_ALL, params![]).await?;
    Ok(count)
}

async fn start_ceremony(
    connection: &mut Connection,
    ceremony: &Ceremony,
    limits: CeremonyLimits,
    now: Timestamp,
) -> Result<bool> {
    lock_quota(connection, ceremony.quota_key).await?;
    let (account_id, session_id) = subjects(&ceremony.purpose);
    let inserted = connection
        .execute(
            INSERT,
            params![
                ceremony.id,
                kind_text(ceremony.purpose.kind()),
                matches!(ceremony.purpose, CeremonyPurpose::NamedAuthentication { .. }),
                account_id,
                session_id,
                ceremony.quota_key.0,
                ceremony.state,
                ceremony.expires_at,
                now,
                limits.per_quota_key,
                latest_end(now)
            ],
        )
        .await?;
    Ok(inserted == 1)
}

async fn take_ceremony(
    connection: &mut Connection,
    id: CeremonyId,
    kind: CeremonyKind,
    now: Timestamp,
) -> Result<Option<Ceremony>> {
    let (kind_text, latest_end) = (kind_text(kind), latest_end(now));
    let parameters = params![id, kind_text, now, latest_end];
    let row: Option<CeremonyRow> = connection.find(TAKE, parameters).await?;
    row.map(|row| row.into_ceremony(id, kind)).transpose()
}

/// The latest end of a ceremony that was started until `now`. One that ends later was started by a clock
/// that was ahead: its challenge would stay good, and count, until the clock is as late again.
fn latest_end(now: Timestamp) -> Timestamp {
    now + CEREMONY_LIFETIME + MAX_CLOCK_SKEW
}

const fn kind_text(kind: CeremonyKind) -> &'static str {
    match kind {
        CeremonyKind::Registration => "registration",
        CeremonyKind::Authentication => "authentication",
        CeremonyKind::Reauthentication => "reauthentication",
    }
}

const fn subjects(purpose: &CeremonyPurpose) -> (Option<AccountId>, Option<SessionId>) {
    match *purpose {
        CeremonyPurpose::Registration { account_id } => (Some(account_id), None),
        CeremonyPurpose::NamedAuthentication { account_id } => (account_id, None),
        CeremonyPurpose::DiscoverableAuthentication => (None, None),
        CeremonyPurpose::Reauthentication { account_id, session_id } => {
            (Some(account_id), Some(session_id))
        }
    }
}

#[derive(sqlx::FromRow)]
struct CeremonyRow {
    named: bool,
    account_id: Option<Vec<u8>>,
    session_id: Option<Vec<u8>>,
    payer: Vec<u8>,
    state: Vec<u8>,
    expires_at: i64,
}

impl CeremonyRow {
    fn into_ceremony(self, id: CeremonyId, kind: CeremonyKind) -> Result<Ceremony> {
        let no_payer = corrupt("ceremonies", "payer");
        Ok(Ceremony {
            id,
            purpose: self.purpose(kind)?,
            quota_key: QuotaKey(self.payer.try_into().map_err(|_| no_payer())?),
            state: self.state,
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }

    fn purpose(&self, kind: CeremonyKind) -> Result<CeremonyPurpose> {
        let no_account = corrupt("ceremonies", "account_id");
        let account_id = match &self.account_id {
            Some(id) => Some(AccountId::from_slice(id).ok_or_else(&no_account)?),
            None => None,
        };
        Ok(match kind {
            CeremonyKind::Registration => {
                CeremonyPurpose::Registration { account_id: account_id.ok_or_else(no_account)? }
            }
            CeremonyKind::Authentication if self.named => {
                CeremonyPurpose::NamedAuthentication { account_id }
            }
            CeremonyKind::Authentication => CeremonyPurpose::DiscoverableAuthentication,
            CeremonyKind::Reauthentication => CeremonyPurpose::Reauthentication {
                account_id: account_id.ok_or_else(no_account)?,
                session_id: self
                    .session_id
                    .as_deref()
                    .and_then(SessionId::from_slice)
                    .ok_or_else(corrupt("ceremonies", "session_id"))?,
            },
        })
    }
}
