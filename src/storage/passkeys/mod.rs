//! Passkeys: adding, listing, renaming and removing them.

mod row;
mod sign_up;
mod uses;

use claviger_token::{
    id::{AccountId, SessionId},
    sign_in::SignInMethod,
    time::Timestamp,
};

use crate::model::{
    account::NamedPasskey,
    ceremony::CeremonyUse,
    event::{Act, EventKind},
    id::PasskeyId,
    label::PasskeyName,
    passkey::{CredentialId, Passkey},
    session::{EndReason, SignIn},
};

use super::{
    Connection, Result, Storage,
    accounts::{account_details, find_account},
    ceremonies::insert_use,
    engine::Joined,
    events::append,
    groups::group_names,
    locks::lock_account,
    nearest::{nearest, next},
    params,
    sessions::{
        Ended, Ending, SessionEnd, SessionGroup, end_group, is_live, is_live_at, is_live_session,
        is_of_epoch, is_open_at,
    },
    ways_to_sign_in::ways_to_sign_in,
};
use row::{NamedRow, PasskeyRow, owners, passkey_columns, transports_text};
pub(super) use sign_up::insert_new;
pub use sign_up::{SignUp, SignUpOutcome};
pub use uses::{UseRefusal, Used};

/// The addition of a passkey.
#[derive(Debug, Clone)]
pub struct PasskeyAdditionRequest {
    /// The passkey, with its account.
    pub passkey: Passkey,
    /// The ceremony that it was made in.
    pub ceremony: CeremonyUse,
    /// The session of the caller, which must be live.
    pub caller: SessionId,
    /// How many passkeys the account may have.
    pub limit: u32,
    /// Who adds it, and when.
    pub act: Act,
}

/// The outcome of the addition of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyAddition {
    /// The passkey was added.
    Added,
    /// Some account has this credential id already.
    AlreadyRegistered,
    /// The account has as many passkeys as it may.
    LimitReached,
    /// The caller's session is not live.
    SessionEnded,
    /// The ceremony was used before.
    CeremonyUsed,
}

/// The outcome of the removal of a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasskeyRemoval {
    /// The passkey was removed, and these sessions that it had opened were ended.
    Removed(Vec<SessionId>),
    /// The account has no such passkey.
    NotFound,
    /// The account would be left without a way to sign in.
    LastSignInMethod,
    /// The caller's session is not live.
    SessionEnded,
}

/// The removal of a passkey.
#[derive(Debug, Clone)]
pub struct PasskeyRemovalRequest {
    /// The account that the passkey belongs to.
    pub account_id: AccountId,
    /// The passkey to remove.
    pub passkey_id: PasskeyId,
    /// The session of the caller, which must be live. It stays live even if the passkey opened it.
    pub caller: SessionId,
    /// Who removes it, and when.
    pub act: Act,
    /// When the last access token of the ended sessions expires.
    pub revoked_until: Timestamp,
}

const INSERT: &str = concat!(
    "INSERT INTO passkeys (",
    passkey_columns!(),
    ")
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (credential_id) DO NOTHING"
);

/// The use of a ceremony, and whether the session is live, whose lock comes with that. Returns a row for the
/// one, and another if the other is true as well.
const USE_IN_SESSION: Joined = Joined::new(
    concat!(
        insert_use!("($4, FALSE, $5)"),
        " RETURNING 1 AS number;\n",
        is_live_session!(),
        " AND changes() = 1"
    ),
    concat!(
        "WITH ceremony AS (
    ",
        insert_use!("($4, FALSE, $5)"),
        " RETURNING 1 AS number),
session AS (
    ",
        is_live_session!(),
        " AND EXISTS (SELECT 1 FROM ceremony) FOR UPDATE)
SELECT number FROM ceremony UNION ALL SELECT number FROM session"
    ),
);

const LIST: &str = concat!(
    "SELECT ",
    passkey_columns!(),
    " FROM passkeys WHERE account_id = $1 ORDER BY created_at, id"
);

// Where the account has none, those of another one.
const LIST_OFFERED: &str = concat!(
    "SELECT ",
    passkey_columns!(),
    " FROM passkeys WHERE account_id = ",
    nearest!("passkeys", "account_id", "$1"),
    " ORDER BY created_at, id"
);

// Where no passkey has the id, another one.
const FIND: &str = concat!(
    "SELECT ",
    passkey_columns!(),
    ", owners.* FROM passkeys JOIN ",
    owners!(),
    " ON owner_id = account_id WHERE credential_id = ",
    nearest!("passkeys", "credential_id", "$1")
);

const IS_TAKEN: &str = "SELECT 1 FROM passkeys WHERE credential_id = $1";

const RENAME: &str = concat!(
    "UPDATE passkeys SET name = $3 WHERE id = $1 AND account_id = $2 RETURNING ",
    passkey_columns!()
);

const IS_SUSPENDED: &str = "
SELECT suspended_at IS NOT NULL AS is_suspended FROM passkeys WHERE id = $1 AND account_id = $2";
const DELETE: &str = "DELETE FROM passkeys WHERE id = $1";

impl Storage {
    /// Adds a passkey to an account that has fewer than `limit`, while the caller's session is live. The
    /// ceremony is used up whatever the outcome.
    pub async fn add_passkey(&self, request: PasskeyAdditionRequest) -> Result<PasskeyAddition> {
        self.write(request, |c, request| Box::pin(add(c, request))).await
    }

    /// What `add_passkey` does and returns where some account has the credential id already, whether one
    /// has it or not: the same conditions in the same order, and as many statements.
    pub async fn refuse_passkey(&self, request: PasskeyAdditionRequest) -> Result<PasskeyAddition> {
        self.write(request, |c, request| Box::pin(refuse(c, request))).await
    }

    /// The passkeys of an account, oldest first.
    pub async fn list_passkeys(&self, account_id: AccountId) -> Result<Vec<Passkey>> {
        passkeys_in(&mut self.read().await?, account_id).await
    }

    /// The passkeys of an account, oldest first, to offer at a sign-in. That there are none takes the time
    /// of those of another account.
    pub async fn list_offered_passkeys(&self, account_id: AccountId) -> Result<Vec<Passkey>> {
        let mut connection = self.read().await?;
        let rows: Vec<PasskeyRow> = connection.list(LIST_OFFERED, params![account_id]).await?;
        let read: Vec<Passkey> =
            rows.into_iter().map(PasskeyRow::into_passkey).collect::<Result<_>>()?;
        Ok(read.into_iter().filter(|passkey| passkey.account_id == account_id).collect())
    }

    /// The passkey with this credential id, of any account. That there is none takes the same time.
    pub async fn find_passkey(&self, credential_id: &CredentialId) -> Result<Option<Passkey>> {
        Ok(self.find_named_passkey(credential_id).await?.map(|it| it.passkey))
    }

    /// Like [`Self::find_passkey`], with its account.
    pub async fn find_named_passkey(
        &self,
        credential_id: &CredentialId,
    ) -> Result<Option<NamedPasskey>> {
        let mut connection = self.read().await?;
        let row: Option<NamedRow> = connection.find(FIND, params![credential_id]).await?;
        let read = row.map(NamedRow::into_named).transpose()?;
        Ok(read.filter(|it| it.passkey.credential_id == *credential_id))
    }

    /// Renames a passkey. Returns it, or `None` when the account has no such passkey.
    pub async fn rename_passkey(
        &self,
        account_id: AccountId,
        id: PasskeyId,
        name: PasskeyName,
        act: Act,
    ) -> Result<Option<Passkey>> {
        self.write((account_id, id, name, act), |c, (account_id, id, name, act)| {
            Box::pin(rename(c, *account_id, *id, name, act))
        })
        .await
    }

    /// Removes a passkey and ends the sessions it opened, unless it is the last way in.
    pub async fn remove_passkey(
        &self,
        request: PasskeyRemovalRequest,
    ) -> Result<Ending<PasskeyRemoval>> {
        let PasskeyRemovalRequest { account_id, caller, revoked_until, .. } = request;
        let now = request.act.at;
        let end = SessionEnd { reason: EndReason::PasskeyRemoved, now, revoked_until };
        let removal =
            self.write((request, end), |c, (request, end)| Box::pin(remove(c, request, *end)));
        Ok(match removal.await? {
            Ok(ended) => {
                let removed = PasskeyRemoval::Removed(ended.live.clone());
                Ending::new(removed, end.of(account_id, ended))
            }
            Err(refused @ PasskeyRemoval::SessionEnded) => {
                Ending::had_ended(refused, caller, revoked_until)
            }
            Err(refused) => Ending::none(refused),
        })
    }
}

/// The passkeys of an account, oldest first, as a transaction sees them.
pub(super) async fn passkeys_in(
    connection: &mut Connection,
    account_id: AccountId,
) -> Result<Vec<Passkey>> {
    let rows: Vec<PasskeyRow> = connection.list(LIST, params![account_id]).await?;
    rows.into_iter().map(PasskeyRow::into_passkey).collect()
}

async fn add(
    connection: &mut Connection,
    request: &PasskeyAdditionRequest,
) -> Result<PasskeyAddition> {
    if let Some(refused) = why_not_added(connection, request).await? {
        return Ok(refused);
    }
    let passkey = &request.passkey;
    if !insert(connection, passkey).await? {
        return Ok(PasskeyAddition::AlreadyRegistered);
    }
    let event = request.act.event(EventKind::PasskeyAdded).of(passkey.account_id).on(passkey.id);
    append(connection, &event).await?;
    Ok(PasskeyAddition::Added)
}

async fn refuse(
    connection: &mut Connection,
    request: &PasskeyAdditionRequest,
) -> Result<PasskeyAddition> {
    if let Some(refused) = why_not_added(connection, request).await? {
        return Ok(refused);
    }
    // In place of the insertion, so that no statement less tells the two apart.
    connection.exists(IS_TAKEN, params![request.passkey.credential_id]).await?;
    Ok(PasskeyAddition::AlreadyRegistered)
}

/// Uses the ceremony up. Returns what keeps the account from getting a passkey, whatever its credential
/// id.
async fn why_not_added(
    connection: &mut Connection,
    request: &PasskeyAdditionRequest,
) -> Result<Option<PasskeyAddition>> {
    let PasskeyAdditionRequest { passkey, ceremony, caller, limit, .. } = request;
    let (account_id, now) = (passkey.account_id, passkey.created_at);
    lock_account(connection, account_id).await?;
    let parameters = params![caller, account_id, now, ceremony.id, ceremony.keep_until];
    let held: Vec<(i32,)> = connection.list_joined(USE_IN_SESSION, parameters).await?;
    match held.len() {
        0 => return Ok(Some(PasskeyAddition::CeremonyUsed)),
        1 => return Ok(Some(PasskeyAddition::SessionEnded)),
        _ => {}
    }
    let Some(owner) = find_account(connection, account_id).await? else {
        return Ok(Some(PasskeyAddition::SessionEnded));
    };
    let is_full = owner.account.passkey_count >= *limit;
    Ok(is_full.then_some(PasskeyAddition::LimitReached))
}

async fn insert(connection: &mut Connection, passkey: &Passkey) -> Result<bool> {
    let transports = transports_text(&passkey.transports)?;
    let inserted = connection
        .execute(
            INSERT,
            params![
                passkey.id,
                passkey.account_id,
                passkey.credential_id,
                passkey.name,
                passkey.public_key,
                passkey.counter,
                passkey.backup_eligible,
                passkey.backed_up,
                passkey.user_verified,
                transports,
                passkey.aaguid,
                passkey.discoverable,
                passkey.attestation_object,
                passkey.created_at,
                passkey.last_used_at,
                passkey.clone_suspected_at,
                passkey.suspended_at
            ],
        )
        .await?;
    Ok(inserted == 1)
}

async fn rename(
    connection: &mut Connection,
    account_id: AccountId,
    id: PasskeyId,
    name: &PasskeyName,
    act: &Act,
) -> Result<Option<Passkey>> {
    let row: Option<PasskeyRow> = connection.find(RENAME, params![id, account_id, name]).await?;
    let Some(row) = row else { return Ok(None) };
    append(connection, &act.event(EventKind::PasskeyRenamed).of(account_id).on(id)).await?;
    row.into_passkey().map(Some)
}

/// What ended with the passkey, or why it was not removed.
async fn remove(
    connection: &mut Connection,
    request: &PasskeyRemovalRequest,
    end: SessionEnd,
) -> Result<std::result::Result<Ended, PasskeyRemoval>> {
    let (account_id, id) = (request.account_id, request.passkey_id);
    lock_account(connection, account_id).await?;
    if !is_live(connection, request.caller, account_id, end.now).await? {
        return Ok(Err(PasskeyRemoval::SessionEnded));
    }
    let found: Option<(bool,)> = connection.find(IS_SUSPENDED, params![id, account_id]).await?;
    let Some((is_suspended,)) = found else { return Ok(Err(PasskeyRemoval::NotFound)) };
    let Some(ways) = ways_to_sign_in(connection, account_id).await? else {
        return Ok(Err(PasskeyRemoval::NotFound));
    };
    // A suspended one is no way in, so none goes with it.
    if !is_suspended && !ways.remain_without(SignInMethod::Passkey) {
        return Ok(Err(PasskeyRemoval::LastSignInMethod));
    }
    connection.execute(DELETE, params![id]).await?;
    let event = request.act.event(EventKind::PasskeyRemoved).of(account_id).on(id);
    append(connection, &event).await?;
    let (sign_in, spared) = (SignIn::Passkey(id), Some(request.caller));
    let group = SessionGroup::OpenedWith { sign_in, spared };
    end_group(connection, account_id, group, end).await.map(Ok)
}
