//! Refresh tokens: rotation by one conditional update, and the reason when that changed nothing.

use std::{sync::Arc, time::Duration};

use claviger_token::time::Timestamp;

use crate::{
    model::{
        event::{Act, EventKind},
        session::{EndReason, Rotation},
        token::RefreshFamilyHash,
    },
    storage::{
        Connection, Error, Result, Storage, events::append, groups::group_names,
        locks::lock_family, params,
    },
};

use super::{
    Ended, Ending, SessionAndProfileRow, SessionEnd,
    ending::{FamilyEnd, end_family},
    is_live_at, is_of_epoch, is_open_at, keep_later, profile_columns,
    row::SessionAndEpochRow,
    session_columns,
};

/// A refresh token that a client presented, and the terms of its rotation.
#[derive(Debug, Clone)]
pub struct RefreshAttempt {
    /// The hash of the secret that all refresh tokens of the session share.
    pub family: RefreshFamilyHash,
    /// The generation of the token.
    pub generation: u32,
    /// The attempt, which is recorded if the token was used before.
    pub act: Act,
    /// How long after its rotation a token returns the same successor again.
    pub grace: Duration,
    /// When the session will end unless it is refreshed again; cut to its `expires_at`.
    pub idle_expires_at: Timestamp,
    /// The latest end of a session that was opened until now. One that ends later was opened by a clock
    /// that was ahead, and is cut to this.
    pub latest_end: Timestamp,
    /// When the last access token of the session expires, in case the session is ended.
    pub revoked_until: Timestamp,
}

/// The rotation of the current generation, of sessions that fulfil a condition.
macro_rules! rotate {
    ($condition:literal) => {
        concat!(
            "UPDATE sessions
SET refresh_previous = refresh_generation, refresh_generation = refresh_generation + 1,
    refreshed_at = $3, ",
            keep_later!("refreshed_at", "$3"),
            ", idle_expires_at = CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END,
    expires_at = CASE WHEN $5 < expires_at THEN $5 ELSE expires_at END
WHERE refresh_family = $1 AND refresh_generation = $2 AND ",
            is_live_at!("$3"),
            $condition,
            " RETURNING ",
            session_columns!(),
            ", ",
            profile_columns!()
        )
    };
}

const ROTATE: &str = rotate!("");

// Without the transaction that undoes the rotation when only a later version knows the method.
const ROTATE_KNOWN: &str = rotate!(" AND auth_method IN ('password', 'passkey')");

const FIND: &str = concat!(
    "SELECT ",
    session_columns!(),
    ", ",
    profile_columns!(),
    ", (SELECT accounts.epoch FROM accounts
    WHERE accounts.id = sessions.account_id AND accounts.disabled_at IS NULL) AS account_epoch
FROM sessions WHERE refresh_family = $1"
);

const SUPERSEDE: &str = concat!(
    "UPDATE sessions
SET refresh_generation = refresh_generation + 1,
    refreshed_at = $3, ",
    keep_later!("refreshed_at", "$3"),
    ", idle_expires_at = CASE WHEN $4 < expires_at THEN $4 ELSE expires_at END,
    expires_at = CASE WHEN $5 < expires_at THEN $5 ELSE expires_at END
WHERE refresh_family = $1 AND refresh_previous = $2
RETURNING ",
    session_columns!(),
    ", ",
    profile_columns!()
);

impl Storage {
    /// Rotates a refresh token, by one conditional update, which is the only statement for a valid token.
    /// Generation `g` is valid when the session has `g` as its current one; it was spent last when the session
    /// has it as its previous one.
    pub async fn rotate_refresh_token(&self, attempt: RefreshAttempt) -> Result<Ending<Rotation>> {
        let end = SessionEnd {
            reason: EndReason::RefreshTokenReuse,
            now: attempt.act.at,
            revoked_until: attempt.revoked_until,
        };
        let attempt = Arc::new(attempt);
        if let Some(rotation) = self.rotate_at_once(&attempt).await? {
            return Ok(Ending::none(rotation));
        }
        let rotation =
            self.write((attempt, end), |c, (attempt, end)| Box::pin(rotate(c, attempt, *end)));
        Ok(match rotation.await? {
            (rotation @ Rotation::Reused { account_id, .. }, Some(ended)) => {
                Ending::new(rotation, end.of(account_id, ended))
            }
            (rotation @ Rotation::Ended(Some(id)), _) => {
                Ending::had_ended(rotation, id, end.revoked_until)
            }
            (rotation, _) => Ending::none(rotation),
        })
    }

    /// Rotates a token that is valid, in one statement. Returns `None` when it is not, and when it is unknown
    /// whether that was done: a rotation may be tried again.
    async fn rotate_at_once(&self, attempt: &Arc<RefreshAttempt>) -> Result<Option<Rotation>> {
        let rotated = self.write_once(Arc::clone(attempt), |c, attempt| {
            Box::pin(advance(c, ROTATE_KNOWN, attempt))
        });
        let row = match rotated.await {
            Err(Error::Unavailable(_)) => None,
            other => other?,
        };
        let Some(row) = row else { return Ok(None) };
        let (session, profile) = row.into_pair()?;
        Ok(Some(Rotation::Rotated(session, profile)))
    }
}

async fn rotate(
    connection: &mut Connection,
    attempt: &RefreshAttempt,
    end: SessionEnd,
) -> Result<(Rotation, Option<Ended>)> {
    match renew(connection, attempt).await? {
        Some(rotation) => Ok((rotation, None)),
        None => end_reused(connection, attempt, end).await,
    }
}

/// The next tokens, or why there are none; `None` when the token was spent and its successor used.
async fn renew(connection: &mut Connection, attempt: &RefreshAttempt) -> Result<Option<Rotation>> {
    if let Some(row) = advance(connection, ROTATE, attempt).await? {
        let (session, profile) = row.into_pair()?;
        return Ok(Some(Rotation::Rotated(session, profile)));
    }
    lock_family(connection, attempt.family).await?;
    let Some(found) = find(connection, attempt.family).await? else {
        return Ok(Some(Rotation::Unknown));
    };
    let row = match found.live(attempt.act.at)? {
        Ok(row) => row,
        Err(ended) => return Ok(Some(Rotation::Ended(ended))),
    };
    if !row.session.spent_last(attempt.generation) {
        return Ok(None);
    }
    let spent_at = row.session.refreshed_at();
    // Spent by a clock that was ahead, it would have a grace until the clock is as late again.
    let is_believed = !spent_at.is_from_future(attempt.act.at);
    if is_believed && attempt.act.at.since(spent_at) <= attempt.grace {
        let (session, profile) = row.into_pair()?;
        return Ok(Some(Rotation::Repeated(session, profile)));
    }
    // The client lost the answer: the successor was never used and becomes invalid unused, so there
    // are never two valid branches (RFC 9700 §4.14.2).
    let Some(row) = advance(connection, SUPERSEDE, attempt).await? else {
        return Ok(Some(Rotation::Ended(None)));
    };
    let (session, profile) = row.into_pair()?;
    Ok(Some(Rotation::Superseded(session, profile)))
}

/// Two holders of one token are a thief and a victim, and cannot be told apart: both lose the session.
async fn end_reused(
    connection: &mut Connection,
    attempt: &RefreshAttempt,
    end: SessionEnd,
) -> Result<(Rotation, Option<Ended>)> {
    match end_family(connection, attempt.family, end).await? {
        FamilyEnd::Ended(account_id, ended) => match ended.live.first() {
            Some(&session_id) => {
                let event = attempt.act.event(EventKind::RefreshTokenReused).of(account_id);
                let event = event.on(session_id).refused("REFRESH_TOKEN_REUSED");
                append(connection, &event).await?;
                Ok((Rotation::Reused { session_id, account_id }, Some(ended)))
            }
            None => Ok((Rotation::Ended(None), None)),
        },
        FamilyEnd::HadEnded(it) => Ok((Rotation::Ended(Some(it.session_id)), None)),
        FamilyEnd::Unknown => Ok((Rotation::Unknown, None)),
    }
}

async fn advance(
    connection: &mut Connection,
    statement: &'static str,
    attempt: &RefreshAttempt,
) -> Result<Option<SessionAndProfileRow>> {
    connection
        .find(
            statement,
            params![
                attempt.family,
                attempt.generation,
                attempt.act.at,
                attempt.idle_expires_at,
                attempt.latest_end
            ],
        )
        .await
}

async fn find(
    connection: &mut Connection,
    family: RefreshFamilyHash,
) -> Result<Option<SessionAndEpochRow>> {
    connection.find(FIND, params![family]).await
}

#[cfg(test)]
mod tests {
    use claviger_token::sign_in::SignInMethod;

    use super::ROTATE_KNOWN;

    #[test]
    fn a_token_of_every_known_method_is_rotated_in_one_statement() {
        for method in SignInMethod::ALL {
            assert!(ROTATE_KNOWN.contains(&format!("'{}'", method.name())), "{method:?}");
        }
    }
}
