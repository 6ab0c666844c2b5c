//! Completing a recovery: the new credential, the first session, and the end of what they replace, in one
//! transaction that uses up the code or the link.

use claviger_token::{id::AccountId, sign_in::SignInMethod, time::Timestamp};

use crate::{
    model::{
        ceremony::CeremonyUse,
        event::{Act, Event, EventKind},
        id::PasskeyId,
        passkey::Passkey,
        password::PasswordHash,
        recovery::RecoveryMeans,
        session::{EndReason, NewSession, Opening},
    },
    storage::{
        Connection, Result, Storage,
        ceremonies::use_up,
        error::corrupt,
        events::append,
        locks::lock_account,
        params,
        passkeys::insert_new,
        sessions::{
            EndedSessions, Ending, SessionEnd, end_everything, end_surplus, insert_session,
            surplus_end,
        },
    },
};

use super::{open_means, void};

/// A recovery to be completed.
#[derive(Debug, Clone)]
pub struct Completion {
    /// What it was begun with.
    pub means: RecoveryMeans,
    /// The new credential.
    pub credential: NewCredential,
    /// Whether the other sessions of the account end. They do in any case with a new password, and when the
    /// credentials go.
    pub ends_sessions: bool,
    /// Whether the other credentials of the account go. They do in any case if the operator decided so.
    pub removes_credentials: bool,
    /// How many passkeys the account may have.
    pub passkey_limit: u32,
    /// The session that it opens, with the account. Its act is the recovery.
    pub session: NewSession,
    /// When the last access token of sessions that end expires.
    pub revoked_until: Timestamp,
}

/// The credential that completes a recovery.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum NewCredential {
    /// A password.
    Password(PasswordHash),
    /// A passkey.
    Passkey {
        /// The passkey, with its account.
        passkey: Passkey,
        /// The ceremony that it was made in.
        ceremony: CeremonyUse,
        /// Whether the credential id counts as some account's, whether one has it or not.
        is_decoy: bool,
    },
}

/// The outcome of the completion of a recovery. A ceremony is used up whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionOutcome {
    /// The account has the credential, and the session was opened so.
    Recovered(Opening),
    /// The code or the link is void, or the account is disabled or does not exist.
    Ended,
    /// Some account has the credential id already.
    AlreadyRegistered,
    /// The account has as many passkeys as it may.
    PasskeyLimitReached,
    /// The ceremony was used before.
    CeremonyUsed,
}

/// Which consequence of a recovery is the new credential.
const CREDENTIAL: u8 = 1;
/// Which is the end of the other sessions.
const SESSIONS: u8 = 2;
/// Which is the removal of the password.
const PASSWORD: u8 = 3;
/// Which is the removal of the first passkey; those of the others follow.
const FIRST_PASSKEY: u8 = 8;
/// From where on those are that end because the account has too many sessions.
const SURPLUS: u8 = 128;

const ACTIVE: &str = "
SELECT password_hash IS NOT NULL AS has_password,
    (SELECT count(*) FROM passkeys WHERE passkeys.account_id = accounts.id) AS passkeys
FROM accounts WHERE id = $1 AND disabled_at IS NULL";

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $2 WHERE id = $1";

const REMOVE_PASSWORD: &str = "UPDATE accounts SET password_hash = NULL WHERE id = $1";

const OTHER_PASSKEYS: &str = "
SELECT id FROM passkeys WHERE account_id = $1 AND id <> $2 ORDER BY id";

const REMOVE_PASSKEYS: &str = "DELETE FROM passkeys WHERE account_id = $1 AND id <> $2";

const RECOVERED: &str = "UPDATE accounts SET recovered_at = $2 WHERE id = $1";

/// An account that is active.
#[derive(Clone, Copy, sqlx_macros::FromRow)]
struct ActiveRow {
    has_password: bool,
    passkeys: i64,
}

impl Storage {
    /// Completes a recovery, or changes nothing of the account.
    pub async fn complete_recovery(
        &self,
        completion: Completion,
    ) -> Result<Ending<CompletionOutcome>> {
        let (now, revoked_until) = (completion.session.created_at, completion.revoked_until);
        let end = SessionEnd { reason: EndReason::Revoked, now, revoked_until };
        // On the heap, since the future of a write contains its input many times.
        let input = (Box::new(completion), end);
        let completed = self.write(input, |c, (it, end)| Box::pin(complete(c, it, *end)));
        Ok(match completed.await? {
            Ok((opening, ended)) => Ending::new(CompletionOutcome::Recovered(opening), ended),
            Err(refused) => Ending::none(refused),
        })
    }
}

async fn complete(
    connection: &mut Connection,
    completion: &Completion,
    end: SessionEnd,
) -> Result<std::result::Result<(Opening, EndedSessions), CompletionOutcome>> {
    let (id, session) = (completion.session.account_id, &completion.session);
    lock_account(connection, id).await?;
    if let NewCredential::Passkey { ceremony, .. } = &completion.credential
        && !use_up(connection, ceremony).await?
    {
        return Ok(Err(CompletionOutcome::CeremonyUsed));
    }
    let active: Option<ActiveRow> = connection.find(ACTIVE, params![id]).await?;
    let means = open_means(connection, id, completion.means, session.created_at).await?;
    let Some((account, of_operator)) = active.zip(means) else {
        return Ok(Err(CompletionOutcome::Ended));
    };
    let removes = completion.removes_credentials || of_operator;
    let has_room = removes || account.passkeys < i64::from(completion.passkey_limit);
    if let Some(refused) = insert(connection, id, &completion.credential, has_room).await? {
        return Ok(Err(refused));
    }
    void(connection, id).await?;
    connection.execute(RECOVERED, params![id, session.created_at]).await?;
    append_credential(connection, completion, account).await?;
    if removes {
        remove_others(connection, completion, account).await?;
    }
    let ended = end_others(connection, completion, removes, end).await?;
    let opened = insert_session(connection, session, &recovered(completion)).await?;
    // The account is locked and active, so there are both.
    Ok(opened.zip(ended).ok_or(CompletionOutcome::Ended))
}

/// Inserts the credential, or returns why not.
async fn insert(
    connection: &mut Connection,
    id: AccountId,
    credential: &NewCredential,
    has_room: bool,
) -> Result<Option<CompletionOutcome>> {
    match credential {
        NewCredential::Password(hash) => {
            connection.execute(SET_PASSWORD, params![id, hash]).await?;
            Ok(None)
        }
        NewCredential::Passkey { .. } if !has_room => {
            Ok(Some(CompletionOutcome::PasskeyLimitReached))
        }
        NewCredential::Passkey { passkey, is_decoy, .. } => {
            let is_new = insert_new(connection, passkey, *is_decoy).await?;
            Ok((!is_new).then_some(CompletionOutcome::AlreadyRegistered))
        }
    }
}

/// The event of the recovery.
fn recovered(completion: &Completion) -> Event {
    let session = &completion.session;
    let event = match completion.means {
        RecoveryMeans::Code(code) => session.act.event(EventKind::RecoveryCodeUsed).on(code),
        RecoveryMeans::Link(link) => session.act.event(EventKind::RecoveryLinkUsed).on(link),
    };
    event.of(session.account_id).in_session(session.id).with(session.sign_in.method())
}

/// Records the new credential.
async fn append_credential(
    connection: &mut Connection,
    completion: &Completion,
    account: ActiveRow,
) -> Result<()> {
    let session = &completion.session;
    let act = Act { session_id: Some(session.id), ..session.act.clone() };
    let act = act.consequence(CREDENTIAL, act.actor.clone());
    let set = match &completion.credential {
        NewCredential::Password(_) if account.has_password => {
            act.event(EventKind::PasswordChanged).on(session.id)
        }
        NewCredential::Password(_) => act.event(EventKind::PasswordSet).on(session.id),
        NewCredential::Passkey { passkey, .. } => act.event(EventKind::PasskeyAdded).on(passkey.id),
    };
    append(connection, &set.of(session.account_id)).await
}

/// Removes the credentials that the new one replaces.
async fn remove_others(
    connection: &mut Connection,
    completion: &Completion,
    account: ActiveRow,
) -> Result<()> {
    let session = &completion.session;
    let act = Act { session_id: Some(session.id), ..session.act.clone() };
    let (id, actor) = (session.account_id, act.actor.clone());
    if account.has_password && session.sign_in.method() != SignInMethod::Password {
        connection.execute(REMOVE_PASSWORD, params![id]).await?;
        let act = act.consequence(PASSWORD, actor.clone());
        append(connection, &act.event(EventKind::PasswordRemoved).of(id)).await?;
    }
    // No passkey has the id of a session.
    let kept = session.sign_in.passkey_id().map_or(*session.id.as_bytes(), |it| *it.as_bytes());
    let removed: Vec<(Vec<u8>,)> = connection.list(OTHER_PASSKEYS, params![id, kept]).await?;
    connection.execute(REMOVE_PASSKEYS, params![id, kept]).await?;
    for (number, (passkey,)) in (FIRST_PASSKEY..SURPLUS).zip(removed) {
        let passkey = PasskeyId::from_slice(&passkey).ok_or_else(corrupt("passkeys", "id"))?;
        let act = act.consequence(number, actor.clone());
        append(connection, &act.event(EventKind::PasskeyRemoved).of(id).on(passkey)).await?;
    }
    Ok(())
}

/// Ends the sessions that the recovery ends, or those that are too many beside the one that it opens.
async fn end_others(
    connection: &mut Connection,
    completion: &Completion,
    removes: bool,
    end: SessionEnd,
) -> Result<Option<EndedSessions>> {
    let session = &completion.session;
    let id = session.account_id;
    let is_password = matches!(completion.credential, NewCredential::Password(_));
    let actor = session.act.actor.clone();
    if !(is_password || removes || completion.ends_sessions) {
        let act = session.act.consequence(SURPLUS, actor);
        let surplus = NewSession { act, ..session.clone() };
        let end = surplus_end(session, completion.revoked_until);
        let ended = end_surplus(connection, &surplus, end).await?;
        return Ok(Some(end.of(id, ended)));
    }
    // That a password ends them is part of what it is.
    if !is_password {
        let act = session.act.consequence(SESSIONS, actor);
        let act = Act { session_id: Some(session.id), ..act };
        append(connection, &act.event(EventKind::AllSessionsEnded).of(id)).await?;
    }
    let ended = end_everything(connection, id, end).await?;
    Ok(ended.map(|it| end.of(id, it)))
}
