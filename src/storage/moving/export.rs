//! Exporting accounts, page by page in the order of their usernames.

use claviger_token::{id::AccountId, time::Timestamp};

use crate::{
    model::{
        account::AccountWithPassword,
        event::{Act, EventKind},
        moving::{ExportedPage, PortableAccount, PortableCodes},
        passkey::Passkey,
        recovery::RecoveryHash,
    },
    storage::{
        Connection, Result, Storage,
        accounts::{AccountRow, account_columns, account_details},
        error::corrupt,
        events::append,
        groups::group_names,
        params,
        passkeys::passkeys_in,
    },
};

/// Which accounts are exported.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Those whose username comes after this one; all for an empty text.
    pub after: String,
    /// The greatest number of accounts.
    pub limit: u32,
    /// From this size of what they have in all, in bytes, no more accounts follow.
    pub enough_bytes: usize,
    /// Who exports them, and when.
    pub act: Act,
}

const LIST: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM accounts WHERE username > $1 ORDER BY username LIMIT $2"
);

const LIST_CODES: &str = "
SELECT code_hash, created_at FROM recovery_codes WHERE account_id = $1 ORDER BY code_hash";

impl Storage {
    /// Reads a page of accounts, and records that it was exported, in one transaction.
    pub async fn export_accounts(&self, request: PageRequest) -> Result<ExportedPage> {
        self.write(request, |c, request| Box::pin(export(c, request))).await
    }
}

async fn export(connection: &mut Connection, request: &PageRequest) -> Result<ExportedPage> {
    let rows: Vec<AccountRow> =
        connection.list(LIST, params![request.after, request.limit]).await?;
    let (mut accounts, mut bytes) = (Vec::new(), 0);
    let mut has_more = rows.len() >= usize::try_from(request.limit).unwrap_or(usize::MAX);
    let mut rows = rows.into_iter();
    for row in rows.by_ref() {
        let account = complete(connection, row.into_account()?).await?;
        bytes += size(&account);
        accounts.push(account);
        if bytes >= request.enough_bytes {
            break;
        }
    }
    has_more |= rows.next().is_some();
    // The page that says that there are no more exports nothing.
    if !accounts.is_empty() {
        let event = request.act.event(EventKind::AccountsExported).on(accounts.len());
        append(connection, &event).await?;
    }
    Ok(ExportedPage { accounts, has_more })
}

/// The account with its passkeys and codes.
async fn complete(
    connection: &mut Connection,
    found: AccountWithPassword,
) -> Result<PortableAccount> {
    let AccountWithPassword { account, password_hash, .. } = found;
    let passkeys = match account.passkey_count {
        0 => Vec::new(),
        _ => passkeys(connection, account.id).await?,
    };
    let recovery_codes = match account.recovery_codes_left {
        0 => None,
        _ => codes(connection, account.id).await?,
    };
    Ok(PortableAccount {
        id: account.id,
        username: account.username,
        display_name: account.display_name,
        created_at: account.created_at,
        last_sign_in_at: account.last_sign_in_at,
        disabled_at: account.disabled_at,
        groups: account.groups,
        password_hash,
        user_handle: account.imported_handle,
        passkeys,
        recovery_codes,
    })
}

/// The passkeys in an order that does not depend on the ids that this server has given them.
async fn passkeys(connection: &mut Connection, id: AccountId) -> Result<Vec<Passkey>> {
    let mut passkeys = passkeys_in(connection, id).await?;
    passkeys.sort_by(|one, other| {
        let key = |it: &Passkey| (it.created_at, it.credential_id.as_bytes().to_vec());
        key(one).cmp(&key(other))
    });
    Ok(passkeys)
}

async fn codes(connection: &mut Connection, id: AccountId) -> Result<Option<PortableCodes>> {
    let rows: Vec<(Vec<u8>, i64)> = connection.list(LIST_CODES, params![id]).await?;
    // All of them were made at once.
    let Some(created_at) = rows.first().map(|(_, it)| Timestamp::from_micros(*it)) else {
        return Ok(None);
    };
    let hash = |(hash, _): (Vec<u8>, i64)| {
        let hash = hash.try_into().map_err(|_| corrupt("recovery_codes", "code_hash")())?;
        Ok(RecoveryHash::from_bytes(hash))
    };
    let hashes = rows.into_iter().map(hash).collect::<Result<_>>()?;
    Ok(Some(PortableCodes { created_at, hashes }))
}

/// About how many bytes an account takes in a message.
fn size(account: &PortableAccount) -> usize {
    let passkeys = account.passkeys.iter().map(|it| {
        it.attestation_object.len() + it.public_key.len() + it.credential_id.as_bytes().len() + 256
    });
    1024 + passkeys.sum::<usize>()
}
