//! Token pairs and TokenService's messages.

use std::time::Duration;

use claviger_proto::{
    pb,
    time::{duration, read_duration, timestamp},
};
use claviger_token::{
    claims::{CLIENT_ID, Claims},
    group::Groups,
    verdict::{Judged, Verdict},
};
use tonic::Status;

use crate::{
    domain::tokens::keys::PUBLICATION_MAX_AGE,
    model::{
        group,
        signing_key::{PublicKey, SigningKeyState},
        token::{AccessToken, TokenPair},
        violation::FieldReason,
    },
};

use super::fields::Fields;

/// The tokens of a sign-in or a refresh.
pub(crate) fn pair(tokens: &TokenPair) -> pb::TokenPair {
    pb::TokenPair {
        access_token: tokens.access_token.expose().to_owned(),
        access_token_expire_time: Some(timestamp(tokens.access_token_expires_at)),
        refresh_token: tokens.refresh_token.expose().to_owned(),
        refresh_token_expire_time: Some(timestamp(tokens.refresh_token_expires_at)),
        session_id: tokens.session_id.to_string(),
    }
}

/// A token to validate, and what to require of it.
pub(crate) struct Validation {
    pub(crate) token: AccessToken,
    pub(crate) required_audience: String,
    pub(crate) max_auth_age: Option<Duration>,
    pub(crate) groups: Option<Groups>,
}

/// Reads a token to validate.
pub(crate) fn validation(request: pb::ValidateTokenRequest) -> Result<Validation, Status> {
    let mut fields = Fields::default();
    let validation = read_validation(request, &ALONE, &mut fields);
    fields.check()?;
    Ok(validation)
}

/// The names of the fields of a validation.
struct FieldNames {
    max_auth_age: &'static str,
    required_groups: &'static str,
}

const ALONE: FieldNames =
    FieldNames { max_auth_age: "max_auth_age", required_groups: "required_groups" };

const IN_BATCH: FieldNames = FieldNames {
    max_auth_age: "requests.max_auth_age",
    required_groups: "requests.required_groups",
};

fn read_validation(
    request: pb::ValidateTokenRequest,
    names: &FieldNames,
    fields: &mut Fields,
) -> Validation {
    let max_auth_age = request.max_auth_age.map(|age| read_duration(&age).unwrap_or_default());
    if max_auth_age.is_some_and(|age| age < Duration::from_secs(1)) {
        fields.refuse(names.max_auth_age, FieldReason::OutOfRange, "must be at least one second");
    }
    let groups = fields.parsed(names.required_groups, group::parse(&request.required_groups));
    Validation {
        token: AccessToken::new(request.access_token),
        required_audience: request.required_audience,
        max_auth_age,
        groups: groups.filter(|groups| !groups.is_empty()),
    }
}

/// The verdict on a token.
pub(crate) fn judged(judged: &Judged) -> pb::ValidateTokenResponse {
    let verdict = match judged.verdict() {
        Verdict::Active => pb::TokenVerdict::Active,
        Verdict::Expired => pb::TokenVerdict::Expired,
        Verdict::Revoked => pb::TokenVerdict::Revoked,
        Verdict::Malformed => pb::TokenVerdict::Malformed,
        Verdict::WrongAudience => pb::TokenVerdict::WrongAudience,
        Verdict::MissingGroup => pb::TokenVerdict::MissingGroup,
        Verdict::StepUpNeeded => pb::TokenVerdict::StepUpNeeded,
    };
    pb::ValidateTokenResponse {
        verdict: verdict.into(),
        claims: judged.claims().map(|it| claims(it)),
    }
}

/// The claims of a token.
pub(super) fn claims(claims: &Claims) -> pb::TokenClaims {
    pb::TokenClaims {
        issuer: claims.issuer.clone(),
        subject: claims.account_id.to_string(),
        audience: claims.audience.clone(),
        expire_time: Some(timestamp(claims.expires_at)),
        issue_time: Some(timestamp(claims.issued_at)),
        token_id: claims.token_id.clone(),
        session_id: claims.session_id.to_string(),
        auth_time: Some(timestamp(claims.auth_time)),
        authentication_methods: claims
            .auth_method
            .references()
            .iter()
            .map(|&method| method.to_owned())
            .collect(),
        client_id: CLIENT_ID.to_owned(),
        username: claims.username.clone(),
        display_name: claims.display_name.clone(),
        groups: claims.groups.iter().map(str::to_owned).collect(),
    }
}

/// The most tokens in one call.
pub(crate) const MAX_VALIDATIONS: usize = 100;

/// Reads the tokens of a batch.
pub(crate) fn validations(
    request: pb::BatchValidateTokensRequest,
) -> Result<Vec<Validation>, Status> {
    let mut fields = Fields::default();
    if !(1..=MAX_VALIDATIONS).contains(&request.requests.len()) {
        fields.refuse("requests", FieldReason::OutOfRange, "must be 1 to 100 requests");
    }
    let validations: Vec<_> = request
        .requests
        .into_iter()
        .map(|request| read_validation(request, &IN_BATCH, &mut fields))
        .take(MAX_VALIDATIONS)
        .collect();
    fields.check()?;
    Ok(validations)
}

/// The published keys.
pub(crate) fn signing_keys(keys: Vec<(PublicKey, SigningKeyState)>) -> pb::GetSigningKeysResponse {
    pb::GetSigningKeysResponse {
        keys: keys.into_iter().map(signing_key).collect(),
        max_age: Some(duration(PUBLICATION_MAX_AGE)),
    }
}

/// A signing key and its state.
pub(crate) fn signing_key((key, state): (PublicKey, SigningKeyState)) -> pb::SigningKey {
    let state = match state {
        SigningKeyState::Announced => pb::SigningKeyState::Announced,
        SigningKeyState::Active => pb::SigningKeyState::Active,
        SigningKeyState::Retired => pb::SigningKeyState::Retired,
        SigningKeyState::Compromised => pb::SigningKeyState::Compromised,
    };
    pb::SigningKey {
        key_id: key.key_id,
        algorithm: key.algorithm.name().to_owned(),
        public_key_der: key.public_key,
        activate_time: Some(timestamp(key.activates_at)),
        retire_time: key.retires_at.map(timestamp),
        state: state.into(),
    }
}
