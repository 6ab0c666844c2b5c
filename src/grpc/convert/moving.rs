//! MovingService's messages.

use claviger_proto::time::{read_timestamp, timestamp};
use tonic::Status;

use crate::{
    domain::{
        operators::{
            Operator,
            moving::{Checked, ImportMode, ImportOutcome, WantedImport, WantedState},
        },
        passwords::Passwords,
    },
    grpc::contracts::admin as pb,
    model::{
        event::Actor,
        group,
        label::DisplayName,
        moving::{ExportedPage, MAX_IMPORTED, PortableAccount, PortableCodes, RowViolation},
        passkey::UserHandle,
        recovery::{RECOVERY_CODES, RecoveryHash},
        username::Username,
        violation::{BrokenRule, FieldReason},
    },
};

use super::{
    fields::Fields,
    moved_passkeys,
    operators::operator,
    pages::{self, Page, Sizes},
    problems::Problems,
};

const PAGE_SIZES: Sizes = Sizes { default: 200, most: 500 };

type Row = Checked<WantedImport>;

/// Reads the accounts to import, and who imports them.
pub(crate) fn import(
    request: pb::ImportAccountsRequest,
    actor: Actor,
) -> Result<(Vec<Row>, ImportMode, Operator), Status> {
    let mut fields = Fields::default();
    let by = operator(&request.reason, actor, &mut fields);
    if request.accounts.is_empty() {
        fields.refuse("accounts", FieldReason::Required, "must be given");
    }
    if request.accounts.len() > MAX_IMPORTED {
        let description = format!("must be at most {MAX_IMPORTED}");
        fields.refuse("accounts", FieldReason::TooLong, &description);
    }
    fields.check()?;
    let by = by.ok_or_else(|| Fields::default().into_status())?;
    let mode = if request.dry_run { ImportMode::DryRun } else { ImportMode::Lasting };
    Ok((request.accounts.into_iter().map(row).collect(), mode, by))
}

/// Reads an account.
fn row(account: pb::PortableAccount) -> Row {
    let mut problems = Problems::default();
    let id = match account.id.as_str() {
        "" => Some(None),
        text => problems.parsed("id", text.parse().map_err(|_| not_a_uuid())).map(Some),
    };
    let username = problems.parsed("username", Username::parse(&account.username));
    let display_name = problems.parsed("display_name", DisplayName::parse(&account.display_name));
    let groups = problems.parsed("groups", group::parse(&account.groups));
    let state = state(&account, &mut problems);
    let password_hash = match account.password_hash.as_str() {
        "" => Some(None),
        text => problems.parsed("password_hash", Passwords::imported_hash(text)).map(Some),
    };
    let user_handle = match account.user_handle {
        bytes if bytes.is_empty() => Some(None),
        bytes => problems.parsed("user_handle", user_handle(bytes)).map(Some),
    };
    let recovery_codes = codes(account.recovery_codes, &mut problems);
    let passkeys = moved_passkeys::read(account.passkeys, &mut problems);
    problems.check()?;
    let read = WantedImport {
        id: id.flatten(),
        username: username.ok_or_else(Vec::new)?,
        display_name: display_name.unwrap_or_default(),
        created_at: account.create_time.as_ref().map(read_timestamp),
        last_sign_in_at: account.last_sign_in_time.as_ref().map(read_timestamp),
        state,
        groups: groups.unwrap_or_default(),
        password_hash: password_hash.flatten(),
        user_handle: user_handle.flatten(),
        passkeys,
        recovery_codes,
    };
    Ok(read)
}

fn not_a_uuid() -> BrokenRule {
    BrokenRule::new(FieldReason::Malformed, "must be a UUID in text form")
}

fn user_handle(bytes: Vec<u8>) -> Result<UserHandle, BrokenRule> {
    let too_long = || BrokenRule::new(FieldReason::TooLong, "must have at most 64 bytes");
    UserHandle::parse(bytes).ok_or_else(too_long)
}

fn state(account: &pb::PortableAccount, problems: &mut Problems) -> WantedState {
    let since = account.disabled_time.as_ref().map(read_timestamp);
    let state = pb::AccountState::try_from(account.state);
    if state == Ok(pb::AccountState::Disabled) {
        return WantedState::Disabled(since);
    }
    if state.is_err() {
        problems.refuse("state", BrokenRule::new(FieldReason::Malformed, "is not known"));
    } else if since.is_some() {
        let description = "must be left out unless the state is disabled";
        problems.refuse("disabled_time", BrokenRule::new(FieldReason::Malformed, description));
    }
    WantedState::Active
}

fn codes(
    codes: Option<pb::PortableRecoveryCodes>,
    problems: &mut Problems,
) -> Option<PortableCodes> {
    let pb::PortableRecoveryCodes { create_time, sha256 } = codes?;
    let created_at = create_time.as_ref().map(read_timestamp);
    if created_at.is_none() {
        problems.refuse("recovery_codes.create_time", BrokenRule::required());
    }
    if sha256.is_empty() {
        problems.refuse("recovery_codes.sha256", BrokenRule::required());
    }
    if sha256.len() > RECOVERY_CODES {
        let description = format!("must be at most {RECOVERY_CODES}");
        let rule = BrokenRule::new(FieldReason::TooLong, description);
        problems.refuse("recovery_codes.sha256", rule);
        return None;
    }
    let mut hashes = Vec::with_capacity(sha256.len());
    for (index, bytes) in sha256.into_iter().enumerate() {
        match bytes.try_into() {
            Ok(bytes) => hashes.push(RecoveryHash::from_bytes(bytes)),
            Err(_) => {
                let rule = BrokenRule::new(FieldReason::Malformed, "must have 32 bytes");
                problems.refuse(format!("recovery_codes.sha256[{index}]"), rule);
            }
        }
    }
    Some(PortableCodes { created_at: created_at?, hashes })
}

/// What became of the accounts.
pub(crate) fn imported(outcomes: Vec<ImportOutcome>) -> pb::ImportAccountsResponse {
    pb::ImportAccountsResponse { results: outcomes.into_iter().map(result).collect() }
}

fn result(outcome: ImportOutcome) -> pb::ImportResult {
    let (outcome, account_id, problems) = match outcome {
        ImportOutcome::Imported(id) => (pb::ImportOutcome::Imported, id.to_string(), Vec::new()),
        ImportOutcome::Exists(id) => (pb::ImportOutcome::Exists, id.to_string(), Vec::new()),
        ImportOutcome::Refused(violations) => {
            (pb::ImportOutcome::Refused, String::new(), violations)
        }
    };
    let problems = problems.into_iter().map(problem).collect();
    pb::ImportResult { outcome: outcome.into(), account_id, problems }
}

fn problem(RowViolation { field, rule }: RowViolation) -> pb::ImportProblem {
    pb::ImportProblem {
        field,
        reason: rule.reason.name().to_owned(),
        description: rule.description,
    }
}

/// Reads which page to export, and who exports it.
pub(crate) fn export(
    request: &pb::ExportAccountsRequest,
    actor: Actor,
) -> Result<(Page<String>, Operator), Status> {
    let mut fields = Fields::default();
    let page = (request.page_size, request.page_token.as_str());
    let position = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let page = pages::read_with(&mut fields, page, PAGE_SIZES, position);
    let by = operator(&request.reason, actor, &mut fields);
    fields.check()?;
    Ok((page, by.ok_or_else(|| Fields::default().into_status())?))
}

/// A page of accounts.
pub(crate) fn exported(page: ExportedPage) -> pb::ExportAccountsResponse {
    let last = page.accounts.last().filter(|_| page.has_more);
    let next_page_token = last.map(|it| pages::token(it.username.as_str())).unwrap_or_default();
    let accounts = page.accounts.into_iter().map(account).collect();
    pb::ExportAccountsResponse { accounts, next_page_token }
}

fn account(account: PortableAccount) -> pb::PortableAccount {
    let state = match account.disabled_at {
        None => pb::AccountState::Active,
        Some(_) => pb::AccountState::Disabled,
    };
    let codes = account.recovery_codes.map(|it| pb::PortableRecoveryCodes {
        create_time: Some(timestamp(it.created_at)),
        sha256: it.hashes.iter().map(|it| it.as_bytes().to_vec()).collect(),
    });
    pb::PortableAccount {
        id: account.id.to_string(),
        username: account.username.as_str().to_owned(),
        display_name: account.display_name.as_str().to_owned(),
        create_time: Some(timestamp(account.created_at)),
        last_sign_in_time: account.last_sign_in_at.map(timestamp),
        state: state.into(),
        disabled_time: account.disabled_at.map(timestamp),
        groups: account.groups.iter().map(ToString::to_string).collect(),
        password_hash: account.password_hash.map(|it| it.as_phc().to_owned()).unwrap_or_default(),
        user_handle: account.user_handle.map(|it| it.as_bytes().to_vec()).unwrap_or_default(),
        passkeys: account.passkeys.into_iter().map(moved_passkeys::written).collect(),
        recovery_codes: codes,
    }
}
