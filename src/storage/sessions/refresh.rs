//! Refresh tokens: rotation by one conditional update, and the reason when that changed nothing.

use std::time::Duration;

use claviger_token::time::Timestamp;

use crate::{
    model::{
        session::{EndReason, Rotation},
        token::RefreshFamilyHash,
    },
    storage::{Connection, Result, Storage, locks::lock_family, params},
};

use super::{
    Ending, SessionEnd, SessionRow, WhichEnded, ending::end_family, is_live_at, is_of_epoch,
    is_open_at, row::SessionAndEpochRow, session_columns,
};

/// A refresh token that a client presented, and the terms of its rotation.
#[derive(Debug, Clone)]
pub struct RefreshAttempt {
    /// The hash of the secret that all refresh tokens of the session share.
    pub family: RefreshFamilyHash,
    /// The generation of the token.
    pub generation: u32,
    /// The time of the attempt.
    pub now: Timestamp,
    /// How long after its rotation a token returns the same successor again.
    pub grace: Duration,
    /// When the session will end unless it is refreshed again; cut to its `expires_at`.
    pub idle_expires_at: Timestamp,
    /// When the last access token of the session expires, in case the session is ended.
    pub revoked_until: Timestamp,
}

const ROTATE: &str = concat!(
    "UPDATE sessions
SET refresh_previous = refresh_generation, refresh_generation = refresh_generation + 1,
    refreshed_at = $3, idle_expires_at = CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END
WHERE refresh_family = $1 AND refresh_generation = $2 AND ",
    is_live_at!("$3"),
    " RETURNING ",
    session_columns!()
);

const FIND: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", (SELECT accounts.epoch FROM accounts WHERE accounts.id = sessions.account_id) AS account_epoch
FROM sessions WHERE refresh_family = $1"
);

const SUPERSEDE: &str = concat!(
    "UPDATE sessions
SET refresh_generation = refresh_generation + 1,
    refreshed_at = $3, idle_expires_at = CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END
WHERE refresh_family = $1 AND refresh_previous = $2
RETURNING ",
    session_columns!()
);

impl Storage {
    /// Rotates a refresh token, by one conditional update. Generation `g` is valid when the session has
    /// `g` as its current one; it was spent last when the session has it as its previous one.
    pub async fn rotate_refresh_token(&self, attempt: RefreshAttempt) -> Result<Ending<Rotation>> {
        let end = SessionEnd {
            reason: EndReason::RefreshTokenReuse,
            now: attempt.now,
            revoked_until: attempt.revoked_until,
        };
        let rotation =
            self.write((attempt, end), |c, (attempt, end)| Box::pin(rotate(c, attempt, *end)));
        let rotation = rotation.await?;
        Ok(match rotation {
            Rotation::Reused { session_id, account_id } => {
                let which = WhichEnded::Sessions(vec![session_id]);
                Ending::new(rotation, end.of(account_id, which))
            }
            Rotation::Ended(Some(id)) => Ending::had_ended(rotation, id, end.revoked_until),
            rotation => Ending::none(rotation),
        })
    }
}

async fn rotate(
    connection: &mut Connection,
    attempt: &RefreshAttempt,
    end: SessionEnd,
) -> Result<Rotation> {
    if let Some(row) = advance(connection, ROTATE, attempt).await? {
        return Ok(Rotation::Rotated(row.into_session()?));
    }
    lock_family(connection, attempt.family).await?;
    let Some(found) = find(connection, attempt.family).await? else { return Ok(Rotation::Unknown) };
    let row = match found.live(attempt.now)? {
        Ok(row) => row,
        Err(ended) => return Ok(Rotation::Ended(ended)),
    };
    if !row.spent_last(attempt.generation) {
        end_family(connection, attempt.family, end).await?;
        // Two holders of one token are a thief and a victim, and cannot be told apart: both lose the
        // session.
        return Ok(Rotation::Reused { session_id: row.id()?, account_id: row.account_id()? });
    }
    if attempt.now.since(row.refreshed_at()) <= attempt.grace {
        return Ok(Rotation::Repeated(row.into_session()?));
    }
    // The client lost the answer: the successor was never used and becomes invalid unused, so there
    // are never two valid branches (RFC 9700 §4.14.2).
    match advance(connection, SUPERSEDE, attempt).await? {
        Some(row) => Ok(Rotation::Superseded(row.into_session()?)),
        None => Ok(Rotation::Ended(None)),
    }
}

async fn advance(
    connection: &mut Connection,
    statement: &'static str,
    attempt: &RefreshAttempt,
) -> Result<Option<SessionRow>> {
    connection
        .find(
            statement,
            params![attempt.family, attempt.generation, attempt.now, attempt.idle_expires_at],
        )
        .await
}

async fn find(
    connection: &mut Connection,
    family: RefreshFamilyHash,
) -> Result<Option<SessionAndEpochRow>> {
    connection.find(FIND, params![family]).await
}
