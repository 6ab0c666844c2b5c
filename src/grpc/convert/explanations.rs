//! The messages of explanations.

use claviger_proto::{pb as people, time::timestamp};
use claviger_token::{
    id::{AccountId, SessionId},
    time::Timestamp,
};
use tonic::Status;

use crate::{
    domain::{
        operators::explanations::{AccountExplanation, TokenExplanation, TokenState},
        throttle::Failures,
    },
    grpc::contracts::admin as pb,
    model::{record::Entry, token::AccessToken, username::Username, violation::FieldReason},
};

use super::{administration, audit, fields::Fields, passkeys, tokens};

/// The account to explain.
pub(crate) enum Explained {
    Id(AccountId),
    Username(Username),
}

/// Reads the token to explain.
pub(crate) fn token(request: pb::ExplainTokenRequest) -> Result<AccessToken, Status> {
    let mut fields = Fields::default();
    if request.access_token.is_empty() {
        fields.refuse("access_token", FieldReason::Required, "must be given");
    }
    fields.check()?;
    Ok(AccessToken::new(request.access_token))
}

/// Reads the account to explain.
pub(crate) fn account(request: pb::ExplainAccountRequest) -> Result<Explained, Status> {
    use pb::explain_account_request::Account;
    let mut fields = Fields::default();
    let explained = match request.account {
        Some(Account::Id(text)) => fields.identifier("id", &text).map(Explained::Id),
        Some(Account::Username(text)) => {
            fields.parsed("username", Username::typed(&text)).map(Explained::Username)
        }
        None => {
            let sentence = "one of id and username must be given";
            fields.refuse("account", FieldReason::Required, sentence);
            None
        }
    };
    explained.ok_or_else(|| fields.into_status())
}

/// The explanation of a token.
pub(crate) fn token_explained(it: TokenExplanation) -> pb::ExplainTokenResponse {
    let (account_id, session_id) = it.session.map(texts).unwrap_or_default();
    // Of another kind of token only this much is read.
    let other = it.issuer.map(|issuer| people::TokenClaims { issuer, ..Default::default() });
    let explanation = pb::TokenExplanation {
        state: state(it.state).into(),
        proven: it.is_proven,
        claims: it.claims.as_ref().map(tokens::claims).or(other),
        key_id: it.key_id.unwrap_or_default(),
        key_revoke_time: it.key_revoked_at.map(timestamp),
        not_before_time: it.not_before.map(timestamp),
        account_id,
        session_id,
        session_active: it.is_session_live,
        server_issuer: it.server_issuer,
        events: events(it.events),
    };
    pb::ExplainTokenResponse { explanation: Some(explanation) }
}

fn texts((owner, id): (AccountId, SessionId)) -> (String, String) {
    (owner.to_string(), id.to_string())
}

const fn state(state: TokenState) -> pb::TokenState {
    match state {
        TokenState::Active => pb::TokenState::Active,
        TokenState::NotAToken => pb::TokenState::NotAToken,
        TokenState::RefreshToken => pb::TokenState::RefreshToken,
        TokenState::ServiceAccountKey => pb::TokenState::ServiceAccountKey,
        TokenState::Invitation => pb::TokenState::Invitation,
        TokenState::OtherKind => pb::TokenState::OtherKind,
        TokenState::OtherIssuer => pb::TokenState::OtherIssuer,
        TokenState::KeyUnknown => pb::TokenState::KeyUnknown,
        TokenState::SignatureWrong => pb::TokenState::SignatureWrong,
        TokenState::KeyRevoked => pb::TokenState::KeyRevoked,
        TokenState::Expired => pb::TokenState::Expired,
        TokenState::KeyRetired => pb::TokenState::KeyRetired,
        TokenState::NotYetValid => pb::TokenState::NotYetValid,
        TokenState::Revoked => pb::TokenState::Revoked,
        TokenState::SessionEnded => pb::TokenState::SessionEnded,
        TokenState::AccountEnded => pb::TokenState::AccountEnded,
        TokenState::AccountDisabled => pb::TokenState::AccountDisabled,
        TokenState::AccountDeleted => pb::TokenState::AccountDeleted,
        TokenState::FromFuture => pb::TokenState::FromFuture,
    }
}

/// The explanation of an account.
pub(crate) fn account_explained(it: AccountExplanation) -> pb::ExplainAccountResponse {
    let failures = it.failures.as_ref();
    let explanation = pb::AccountExplanation {
        account: it.account.as_ref().map(administration::account),
        username: it.username.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        sign_in_attempts: failures.map(|it| attempts(&it.at_sign_in)),
        session_attempts: failures.map(|it| attempts(&it.in_sessions)),
        passkeys: it.passkeys.iter().map(passkeys::passkey).collect(),
        events: events(it.events),
    };
    pb::ExplainAccountResponse { explanation: Some(explanation) }
}

fn attempts(failures: &Failures) -> pb::FailedAttempts {
    let number = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    let time = |it: Option<Timestamp>| it.map(timestamp);
    pb::FailedAttempts {
        count: number(failures.count),
        last_time: time(failures.last_at),
        locked: failures.is_locked,
        retry_time: time(failures.retry_at),
        lock_count: number(failures.locked_at),
    }
}

fn events(entries: Vec<Entry>) -> Vec<pb::Event> {
    entries.into_iter().map(audit::entry).collect()
}
