//! Creating an account together with its passkey and its first session.

use crate::{
    model::{account::NewAccount, ceremony::CeremonyUse, passkey::Passkey, session::NewSession},
    storage::{
        Connection, Result, Storage,
        accounts::{insert_account, registered},
        ceremonies::use_up,
        invitations::{hold_invitation, use_invitation},
        params,
        sessions::insert_session,
    },
};

use super::{IS_TAKEN, insert};

const DELETE_ACCOUNT: &str = "DELETE FROM accounts WHERE id = $1";

/// An account to be created with a passkey.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The account, without a password.
    pub account: NewAccount,
    /// Its passkey.
    pub passkey: Passkey,
    /// Its first session, which is of [`FIRST_EPOCH`](crate::model::session::FIRST_EPOCH).
    pub session: NewSession,
    /// The ceremony that the passkey was made in.
    pub ceremony: CeremonyUse,
    /// Whether the credential id counts as some account's, whether one has it or not.
    pub is_decoy: bool,
}

/// The outcome of a sign-up with a passkey. The ceremony is used up whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpOutcome {
    /// The account, its passkey and its session were created.
    Created,
    /// Another account has the username.
    UsernameTaken,
    /// Some account has the credential id already.
    AlreadyRegistered,
    /// The ceremony was used before.
    CeremonyUsed,
    /// The invitation was used or withdrawn, or has expired.
    InvitationInvalid,
}

impl Storage {
    /// Creates an account with a passkey and a session, or nothing of them.
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<SignUpOutcome> {
        self.write(sign_up, |c, sign_up| Box::pin(create(c, sign_up))).await
    }
}

async fn create(connection: &mut Connection, sign_up: &SignUp) -> Result<SignUpOutcome> {
    let SignUp { account, passkey, session, ceremony, is_decoy } = sign_up;
    if !use_up(connection, ceremony).await? {
        return Ok(SignUpOutcome::CeremonyUsed);
    }
    if !hold_invitation(connection, account, session).await? {
        return Ok(SignUpOutcome::InvitationInvalid);
    }
    if !insert_account(connection, account).await? {
        return Ok(SignUpOutcome::UsernameTaken);
    }
    if !insert_new(connection, passkey, *is_decoy).await? {
        connection.execute(DELETE_ACCOUNT, params![account.id]).await?;
        return Ok(SignUpOutcome::AlreadyRegistered);
    }
    use_invitation(connection, account, session).await?;
    insert_session(connection, session, &registered(session).on(passkey.id)).await?;
    Ok(SignUpOutcome::Created)
}

/// Inserts the passkey of an account that has none. Returns `false` when some account has the credential id
/// already, or it counts as such.
pub(in crate::storage) async fn insert_new(
    connection: &mut Connection,
    passkey: &Passkey,
    is_decoy: bool,
) -> Result<bool> {
    if is_decoy {
        // In place of the insertion, so that no statement less tells the two apart.
        connection.exists(IS_TAKEN, params![passkey.credential_id]).await?;
        return Ok(false);
    }
    insert(connection, passkey).await
}
