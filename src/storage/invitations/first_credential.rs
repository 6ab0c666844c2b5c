//! Using an invitation for an account that exists: its first credential, and a session.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        ceremony::CeremonyUse,
        event::EventKind,
        id::{InvitationId, RequestId},
        passkey::Passkey,
        password::PasswordHash,
        session::{EndReason, NewSession, Opening},
    },
    storage::{
        Connection, Result, Storage,
        ceremonies::use_up,
        locks::{lock_account, lock_invitation},
        params,
        passkeys::insert_new,
        recovery,
        sessions::{Ended, Ending, SessionEnd, end_everything, insert_session},
    },
};

use super::{has_no_credential, is_open, mark_used};

/// The first credential of an account, by an invitation.
#[derive(Debug, Clone)]
pub struct FirstCredential {
    /// The invitation, which is for the account.
    pub invitation: InvitationId,
    /// The credential.
    pub credential: Credential,
    /// The session that it opens, with the account. Its act is the addition.
    pub session: NewSession,
    /// When the last access token of sessions that end expires.
    pub revoked_until: Timestamp,
}

/// A credential.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Credential {
    /// A password.
    Password {
        /// Its hash.
        hash: PasswordHash,
        /// Marks the retries of the same registration.
        request_id: Option<RequestId>,
    },
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

/// The outcome of the addition of a first credential. A ceremony is used up whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstCredentialOutcome {
    /// The account has it, and the session was opened so.
    Added(Opening),
    /// The invitation is not open or not for the account; or the account does not exist, is disabled or has
    /// a credential.
    InvitationInvalid,
    /// Some account has the credential id already.
    AlreadyRegistered,
    /// The ceremony was used before.
    CeremonyUsed,
}

const CAN_HAVE_ONE: &str =
    concat!("SELECT 1 FROM accounts WHERE id = $1 AND ", has_no_credential!());

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $2, request_id = $3 WHERE id = $1";

const WITHDRAW_OTHERS: &str =
    "DELETE FROM invitations WHERE for_account_id = $1 AND account_id IS NULL";

impl Storage {
    /// Adds the first credential of an account with an open invitation for it, ends what sessions it has
    /// left, and opens one. Its other invitations are withdrawn.
    pub async fn add_first_credential(
        &self,
        first: FirstCredential,
    ) -> Result<Ending<FirstCredentialOutcome>> {
        let id = first.session.account_id;
        let (now, revoked_until) = (first.session.created_at, first.revoked_until);
        let end = SessionEnd { reason: EndReason::Revoked, now, revoked_until };
        // On the heap, since the future of a write contains its input many times.
        let input = (Box::new(first), end);
        let added = self.write(input, |c, (first, end)| Box::pin(add(c, first, *end)));
        Ok(match added.await? {
            Ok((opening, ended)) => {
                Ending::new(FirstCredentialOutcome::Added(opening), end.of(id, ended))
            }
            Err(refused) => Ending::none(refused),
        })
    }
}

async fn add(
    connection: &mut Connection,
    first: &FirstCredential,
    end: SessionEnd,
) -> Result<std::result::Result<(Opening, Ended), FirstCredentialOutcome>> {
    let (id, session) = (first.session.account_id, &first.session);
    lock_account(connection, id).await?;
    if let Credential::Passkey { ceremony, .. } = &first.credential
        && !use_up(connection, ceremony).await?
    {
        return Ok(Err(FirstCredentialOutcome::CeremonyUsed));
    }
    lock_invitation(connection, first.invitation).await?;
    let is_open = is_open(connection, (first.invitation, Some(id)), session).await?;
    if !is_open || !connection.exists(CAN_HAVE_ONE, params![id]).await? {
        return Ok(Err(FirstCredentialOutcome::InvitationInvalid));
    }
    if !insert(connection, id, &first.credential).await? {
        return Ok(Err(FirstCredentialOutcome::AlreadyRegistered));
    }
    mark_used(connection, first.invitation, session).await?;
    connection.execute(WITHDRAW_OTHERS, params![id]).await?;
    // Nothing says whose codes they are that an account without a credential has left.
    recovery::void(connection, id).await?;
    let ended = end_everything(connection, id, end).await?;
    let act = &session.act;
    let event = match &first.credential {
        Credential::Password { .. } => act.event(EventKind::PasswordSet).on(session.id),
        Credential::Passkey { passkey, .. } => act.event(EventKind::PasskeyAdded).on(passkey.id),
    };
    let event = event.of(id).in_session(session.id);
    let opened = insert_session(connection, session, &event).await?;
    // The account is locked and active, so there are both.
    Ok(opened.zip(ended).ok_or(FirstCredentialOutcome::InvitationInvalid))
}

/// Returns `false` when the credential counts as some account's.
async fn insert(
    connection: &mut Connection,
    id: AccountId,
    credential: &Credential,
) -> Result<bool> {
    match credential {
        Credential::Password { hash, request_id } => {
            connection.execute(SET_PASSWORD, params![id, hash, request_id]).await?;
            Ok(true)
        }
        Credential::Passkey { passkey, is_decoy, .. } => {
            insert_new(connection, passkey, *is_decoy).await
        }
    }
}
