//! The messages of operators' AccountService.

use claviger_proto::time::{read_timestamp, timestamp};
use claviger_token::id::{AccountId, SessionId};
use tonic::Status;

use crate::{
    domain::{
        operators::{
            Operator,
            accounts::{
                AccountChange, AccountFilter, AccountPage, CredentialFilter, WantedAccount, etag,
            },
            recovery::ShownLink,
        },
        sessions::SessionPage,
    },
    grpc::contracts::admin as pb,
    model::{
        account::Account, event::Actor, group, id::PasskeyId, label::DisplayName, passkey::Passkey,
        session::SessionCursor, username::Username, violation::FieldReason,
    },
};

use super::{
    fields::Fields,
    operators::operator,
    pages::{self, Page, Sizes},
    passkeys::passkey,
    sessions,
};

const PAGE_SIZES: Sizes = Sizes { default: 50, most: 200 };

/// The most bytes of a page token's text; a username is shorter.
const MAX_POSITION_BYTES: usize = 1024;

/// What is acted on, and who acts.
pub(crate) struct Act<T> {
    pub(crate) of: T,
    pub(crate) by: Operator,
}

/// How an account is named.
pub(crate) enum Reference {
    Id(AccountId),
    Username(Username),
}

/// Reads which accounts to list.
pub(crate) fn list(
    request: &pb::ListAccountsRequest,
) -> Result<(AccountFilter, Page<String>), Status> {
    let mut fields = Fields::default();
    let prefix = match request.username_prefix.as_str() {
        "" => None,
        text => fields.parsed("username_prefix", Username::typed(text)),
    };
    let is_disabled = match pb::AccountState::try_from(request.state) {
        Ok(pb::AccountState::Unspecified) => None,
        Ok(pb::AccountState::Active) => Some(false),
        Ok(pb::AccountState::Disabled) => Some(true),
        Err(_) => unknown("state", &mut fields),
    };
    let credential = match pb::CredentialFilter::try_from(request.credential) {
        Ok(pb::CredentialFilter::Unspecified) => None,
        Ok(pb::CredentialFilter::Password) => Some(CredentialFilter::Password),
        Ok(pb::CredentialFilter::Passkey) => Some(CredentialFilter::Passkey),
        Ok(pb::CredentialFilter::None) => Some(CredentialFilter::None),
        Err(_) => unknown("credential", &mut fields),
    };
    let group = match request.group.as_str() {
        "" => None,
        text => fields.parsed("group", group::parse_name(text)),
    };
    let page = (request.page_size, request.page_token.as_str());
    let page = pages::read_with(&mut fields, page, PAGE_SIZES, position);
    fields.check()?;
    let filter = AccountFilter {
        prefix,
        is_disabled,
        credential,
        group,
        signed_in_after: request.signed_in_after.as_ref().map(read_timestamp),
        signed_in_before: request.signed_in_before.as_ref().map(read_timestamp),
    };
    Ok((filter, page))
}

fn unknown<T>(field: &'static str, fields: &mut Fields) -> Option<T> {
    fields.refuse(field, FieldReason::OutOfRange, "must be one of the values of the contract");
    None
}

fn position(bytes: &[u8]) -> Option<String> {
    let text = str::from_utf8(bytes).ok().filter(|it| it.len() <= MAX_POSITION_BYTES)?;
    (!text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// A page of accounts.
pub(crate) fn listed(page: &AccountPage) -> pb::ListAccountsResponse {
    let next = page.next.as_ref().map(pages::token);
    pb::ListAccountsResponse {
        accounts: page.accounts.iter().map(account).collect(),
        next_page_token: next.unwrap_or_default(),
    }
}

/// Reads which account to return.
pub(crate) fn reference(request: pb::GetAccountRequest) -> Result<Reference, Status> {
    use pb::get_account_request::Account;
    let mut fields = Fields::default();
    let reference = match request.account {
        Some(Account::Id(text)) => fields.identifier("id", &text).map(Reference::Id),
        Some(Account::Username(text)) => {
            fields.parsed("username", Username::typed(&text)).map(Reference::Username)
        }
        None => {
            let sentence = "one of id and username must be given";
            fields.refuse("account", FieldReason::Required, sentence);
            None
        }
    };
    reference.ok_or_else(|| fields.into_status())
}

/// An account.
pub(crate) fn account(account: &Account) -> pb::Account {
    let state =
        if account.is_disabled() { pb::AccountState::Disabled } else { pb::AccountState::Active };
    pb::Account {
        id: account.id.to_string(),
        username: account.username.as_str().to_owned(),
        display_name: account.display_name.as_str().to_owned(),
        state: state.into(),
        has_password: account.has_password,
        passkey_count: i32::try_from(account.passkey_count).unwrap_or(i32::MAX),
        create_time: Some(timestamp(account.created_at)),
        disabled_time: account.disabled_at.map(timestamp),
        last_sign_in_time: account.last_sign_in_at.map(timestamp),
        etag: etag(account),
        groups: account.groups.iter().map(str::to_owned).collect(),
        recovery_codes_left: i32::try_from(account.recovery_codes_left).unwrap_or(i32::MAX),
        last_recovery_time: account.recovered_at.map(timestamp),
    }
}

/// Reads an account to create, and who creates it.
pub(crate) fn wanted(
    request: &pb::CreateAccountRequest,
    actor: Actor,
) -> Result<(WantedAccount, Operator), Status> {
    let mut fields = Fields::default();
    let username = fields.parsed("username", Username::parse(&request.username));
    let display_name = fields.parsed("display_name", DisplayName::parse(&request.display_name));
    let groups = fields.parsed("groups", group::parse(&request.groups));
    let by = operator(&request.reason, actor, &mut fields);
    match (username, display_name, groups, by) {
        (Some(username), Some(display_name), Some(groups), Some(by)) => {
            Ok((WantedAccount { username, display_name, groups }, by))
        }
        _ => Err(fields.into_status()),
    }
}

/// Reads a change.
pub(crate) fn update(
    request: pb::UpdateAccountRequest,
    actor: Actor,
) -> Result<(Act<AccountId>, AccountChange), Status> {
    let mut fields = Fields::default();
    let pb::UpdateAccountRequest { account, update_mask, reason } = request;
    let account = account.unwrap_or_default();
    let id = fields.identifier("account.id", &account.id);
    let by = operator(&reason, actor, &mut fields);
    let paths = update_mask.map(|mask| mask.paths).unwrap_or_default();
    if paths.is_empty() {
        fields.refuse("update_mask", FieldReason::Required, "must name a field");
    }
    let etag = Some(account.etag).filter(|it| !it.is_empty());
    let mut change = AccountChange { etag, ..AccountChange::default() };
    for path in &paths {
        match path.as_str() {
            "username" => {
                let username = Username::parse(&account.username);
                change.username = fields.parsed("account.username", username);
            }
            "display_name" => {
                let display_name = DisplayName::parse(&account.display_name);
                change.display_name = fields.parsed("account.display_name", display_name);
            }
            "groups" => {
                change.groups = fields.parsed("account.groups", group::parse(&account.groups));
            }
            _ => {
                let sentence = "only username, display_name and groups can be changed";
                fields.refuse("update_mask", FieldReason::NotUpdatable, sentence);
            }
        }
    }
    fields.check()?;
    let act = id.zip(by).map(|(of, by)| Act { of, by });
    Ok((act.ok_or_else(|| Fields::default().into_status())?, change))
}

/// Reads an account's id.
pub(crate) fn account_id(text: &str) -> Result<AccountId, Status> {
    let mut fields = Fields::default();
    fields.identifier("account_id", text).ok_or_else(|| fields.into_status())
}

/// Reads an act on an account.
pub(crate) fn account_act(id: &str, reason: &str, actor: Actor) -> Result<Act<AccountId>, Status> {
    let mut fields = Fields::default();
    let id = fields.identifier("account_id", id);
    let by = operator(reason, actor, &mut fields);
    id.zip(by).map(|(of, by)| Act { of, by }).ok_or_else(|| fields.into_status())
}

/// Reads an act on a session of an account.
pub(crate) fn session_act(
    (owner, id): (&str, &str),
    reason: &str,
    actor: Actor,
) -> Result<Act<(AccountId, SessionId)>, Status> {
    let mut fields = Fields::default();
    let owner = fields.identifier("account_id", owner);
    let id = fields.identifier("session_id", id);
    let by = operator(reason, actor, &mut fields);
    let act = owner.zip(id).zip(by).map(|(of, by)| Act { of, by });
    act.ok_or_else(|| fields.into_status())
}

/// Reads an act on a passkey of an account.
pub(crate) fn passkey_act(
    (owner, id): (&str, &str),
    reason: &str,
    actor: Actor,
) -> Result<Act<(AccountId, PasskeyId)>, Status> {
    let mut fields = Fields::default();
    let owner = fields.identifier("account_id", owner);
    let id = fields.identifier("passkey_id", id);
    let by = operator(reason, actor, &mut fields);
    let act = owner.zip(id).zip(by).map(|(of, by)| Act { of, by });
    act.ok_or_else(|| fields.into_status())
}

/// Reads what to unlock, and who acts.
pub(crate) fn unlock(
    request: &pb::UnlockAccountRequest,
    actor: Actor,
) -> Result<Act<Reference>, Status> {
    let mut fields = Fields::default();
    let named = match (request.account_id.as_str(), request.username.as_str()) {
        (id, "") => fields.identifier("account_id", id).map(Reference::Id),
        ("", name) => fields.parsed("username", Username::typed(name)).map(Reference::Username),
        _ => {
            let sentence = "must be empty when account_id is given";
            fields.refuse("username", FieldReason::Malformed, sentence);
            None
        }
    };
    let by = operator(&request.reason, actor, &mut fields);
    let act = named.zip(by).map(|(of, by)| Act { of, by });
    act.ok_or_else(|| fields.into_status())
}

/// Reads whose sessions to list.
pub(crate) fn sessions(
    request: &pb::ListAccountSessionsRequest,
) -> Result<(AccountId, Page<SessionCursor>), Status> {
    let id = account_id(&request.account_id)?;
    Ok((id, sessions::page_of(request.page_size, &request.page_token)?))
}

/// A page of sessions.
pub(crate) fn sessions_listed(page: &SessionPage) -> pb::ListAccountSessionsResponse {
    pb::ListAccountSessionsResponse {
        sessions: page.sessions.iter().map(|it| sessions::session(it, None)).collect(),
        next_page_token: page.next.map(sessions::page_token).unwrap_or_default(),
    }
}

/// The passkeys of an account.
pub(crate) fn passkeys_listed(passkeys: &[Passkey]) -> pb::ListAccountPasskeysResponse {
    pb::ListAccountPasskeysResponse { passkeys: passkeys.iter().map(passkey).collect() }
}

/// A new recovery link.
pub(crate) fn recovery_link(link: &ShownLink) -> pb::CreateRecoveryLinkResponse {
    pb::CreateRecoveryLinkResponse {
        link: link.link(),
        expire_time: Some(timestamp(link.expires_at)),
    }
}
