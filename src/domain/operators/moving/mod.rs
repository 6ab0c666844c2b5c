//! Moving accounts in and out: importing them with the credentials that they have elsewhere, and exporting them.
//!
//! Hashes are taken and given as they are; no password is hashed here. Reading and writing files is for the
//! command line.

mod wanted;

use claviger_token::{id::AccountId, time::Timestamp};
use uuid::Builder;

use crate::{
    domain::{Result, call, events::Events, secret::DerivedKey},
    model::{
        id::{PasskeyId, RecoveryCodeId},
        moving::{Clash, ExportedPage, Imported, PortableAccount, RowViolation},
        passkey::Passkey,
        username::Username,
        violation::{BrokenRule, FieldReason},
    },
    storage::{
        Storage,
        moving::{Import, ImportRow, PageRequest},
    },
};

use super::Operator;
pub use wanted::{PasskeyFlags, WantedImport, WantedPasskey, WantedState};

/// From this size on, in bytes, a page of an export is full.
const ENOUGH_BYTES: usize = 1024 * 1024;

/// An account to be imported, or what is wrong with it.
pub type Checked<T> = std::result::Result<T, Vec<RowViolation>>;

/// Whether an import lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// It does.
    Lasting,
    /// It is undone at its end.
    DryRun,
}

/// What became of an account to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It was imported.
    Imported(AccountId),
    /// An account with its id exists, and was left as it is.
    Exists(AccountId),
    /// It was not imported, for these reasons.
    Refused(Vec<RowViolation>),
}

/// Imports and exports accounts. Cheap to clone.
#[derive(Clone)]
pub struct Moving {
    storage: Storage,
    events: Events,
    key: DerivedKey,
}

impl Moving {
    /// `key` makes the ids of accounts that come without one.
    pub fn new(storage: Storage, events: Events, key: DerivedKey) -> Self {
        Self { storage, events, key }
    }

    /// Imports accounts in one transaction. Returns what became of each, also of those that could not be read.
    ///
    /// # Errors
    /// When storage fails; then none was imported.
    pub async fn import(
        &self,
        rows: Vec<Checked<WantedImport>>,
        mode: ImportMode,
        by: &Operator,
    ) -> Result<Vec<ImportOutcome>> {
        let now = self.events.world().now();
        let mut checked = Vec::with_capacity(rows.len());
        for row in rows {
            checked.push(match row {
                Ok(wanted) => self.prepare(wanted, now, by)?,
                Err(violations) => Err(violations),
            });
        }
        let is_dry_run = mode == ImportMode::DryRun;
        let good: Vec<ImportRow> =
            checked.iter().filter_map(|it| it.as_ref().ok().cloned()).collect();
        let mut imported = match good.is_empty() {
            true => Vec::new(),
            false => self.storage.import_accounts(Import { rows: good, is_dry_run }).await?,
        }
        .into_iter();
        let outcomes = checked.into_iter().map(|row| match row {
            Ok(row) => outcome(row.account.id, imported.next()),
            Err(violations) => ImportOutcome::Refused(violations),
        });
        let outcomes: Vec<ImportOutcome> = outcomes.collect();
        if mode == ImportMode::Lasting {
            log(&outcomes, by);
        }
        Ok(outcomes)
    }

    /// A page of all accounts, those after a username.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export(
        &self,
        after: Option<String>,
        limit: u32,
        by: &Operator,
    ) -> Result<ExportedPage> {
        let act = by.act(self.events.world())?;
        let after = after.unwrap_or_default();
        let request = PageRequest { after, limit, enough_bytes: ENOUGH_BYTES, act };
        let page = self.storage.export_accounts(request).await?;
        tracing::info!(
            target: "claviger::security",
            event = "accounts_exported",
            accounts = page.accounts.len(),
            by = by.actor.to_string(),
            request_id = call::request_id(),
        );
        Ok(page)
    }

    /// Makes what is missing of an account, and checks its times.
    fn prepare(
        &self,
        wanted: WantedImport,
        now: Timestamp,
        by: &Operator,
    ) -> Result<Checked<ImportRow>> {
        let violations = wanted.future_times(now);
        if !violations.is_empty() {
            return Ok(Err(violations));
        }
        let world = self.events.world();
        let id = wanted.id.unwrap_or_else(|| self.id_of(&wanted.username));
        let created_at = wanted.created_at.unwrap_or(now);
        let passkeys = wanted.passkeys.into_iter().map(|it| {
            let passkey_id = PasskeyId::from_uuid(world.ordered_uuid()?);
            Ok(it.of(id, passkey_id, created_at))
        });
        let passkeys = passkeys.collect::<Result<Vec<Passkey>>>()?;
        let codes = wanted.recovery_codes.as_ref().map_or(0, |it| it.hashes.len());
        let code_ids = (0..codes).map(|_| Ok(RecoveryCodeId::from_uuid(world.ordered_uuid()?)));
        let account = PortableAccount {
            id,
            username: wanted.username,
            display_name: wanted.display_name,
            created_at,
            last_sign_in_at: wanted.last_sign_in_at,
            disabled_at: wanted.state.disabled_at(now),
            groups: wanted.groups,
            password_hash: wanted.password_hash,
            user_handle: wanted.user_handle.filter(|it| it.as_bytes() != id.as_bytes()),
            passkeys,
            recovery_codes: wanted.recovery_codes,
        };
        let code_ids = code_ids.collect::<Result<_>>()?;
        Ok(Ok(ImportRow { account, code_ids, act: by.act(world)? }))
    }

    /// The id of an account that comes without one. It is the same every time, so that a repeated import finds
    /// the account, and it cannot be computed from the username by others: it is in tokens and user handles.
    fn id_of(&self, username: &Username) -> AccountId {
        let mac = self.key.mac(&[b"imported account", username.as_str().as_bytes()]);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&mac[..16]);
        AccountId::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

fn outcome(id: AccountId, imported: Option<Imported>) -> ImportOutcome {
    match imported {
        Some(Imported::Now) => ImportOutcome::Imported(id),
        Some(Imported::Before) => ImportOutcome::Exists(id),
        Some(Imported::Refused(clash)) => ImportOutcome::Refused(vec![violation(clash)]),
        // Storage returns as many outcomes as it gets rows.
        None => ImportOutcome::Refused(Vec::new()),
    }
}

fn violation(clash: Clash) -> RowViolation {
    let (field, reason, description) = match clash {
        Clash::Username => ("username".to_owned(), FieldReason::Taken, "is another account's"),
        Clash::DeletedId => (
            "id".to_owned(),
            FieldReason::DeletedRecently,
            "is that of an account that was deleted, and of which tokens may not have expired",
        ),
        Clash::IdIsHandle => {
            ("id".to_owned(), FieldReason::Taken, "is the user handle of another account")
        }
        Clash::UserHandle => ("user_handle".to_owned(), FieldReason::Taken, "is another account's"),
        Clash::Passkey(index) => (
            format!("passkeys[{index}].credential_id"),
            FieldReason::Taken,
            "is that of another passkey",
        ),
        Clash::RecoveryCode(index) => {
            (format!("recovery_codes.sha256[{index}]"), FieldReason::Taken, "is there twice")
        }
    };
    RowViolation { field, rule: BrokenRule::new(reason, description) }
}

fn log(outcomes: &[ImportOutcome], by: &Operator) {
    let count = |is: fn(&ImportOutcome) -> bool| outcomes.iter().filter(|it| is(it)).count();
    tracing::info!(
        target: "claviger::security",
        event = "accounts_imported",
        imported = count(|it| matches!(it, ImportOutcome::Imported(_))),
        existing = count(|it| matches!(it, ImportOutcome::Exists(_))),
        refused = count(|it| matches!(it, ImportOutcome::Refused(_))),
        by = by.actor.to_string(),
        request_id = call::request_id(),
    );
}
