//! Token pairs and TokenService's messages.

use std::time::Duration;

use tonic::Status;

use crate::{
    domain::tokens::keys::{PUBLICATION_MAX_AGE, PublicKey},
    model::{
        signing_key::SigningAlgorithm,
        token::{AccessToken, Claims, TokenPair, Verdict},
        violation::FieldReason,
    },
    wire::pb,
};

use super::{
    fields::Fields,
    times::{duration, span, timestamp},
};

/// What a sign-in or a refresh hands out.
pub(crate) fn pair(tokens: &TokenPair) -> pb::TokenPair {
    pb::TokenPair {
        access_token: tokens.access_token.expose().to_owned(),
        access_token_expire_time: Some(timestamp(tokens.access_token_expires_at)),
        refresh_token: tokens.refresh_token.expose().to_owned(),
        refresh_token_expire_time: Some(timestamp(tokens.refresh_token_expires_at)),
        session_id: tokens.session_id.to_string(),
    }
}

/// A backend's question about a token.
pub(crate) struct Question {
    pub(crate) token: AccessToken,
    pub(crate) required_audience: Option<String>,
    pub(crate) max_auth_age: Option<Duration>,
}

/// Reads a backend's question.
pub(crate) fn question(request: pb::ValidateTokenRequest) -> Result<Question, Status> {
    let mut fields = Fields::default();
    let max_auth_age = request.max_auth_age.map(|age| span(&age).unwrap_or_default());
    if max_auth_age.is_some_and(|age| age < Duration::from_secs(1)) {
        fields.refuse("max_auth_age", FieldReason::OutOfRange, "must be at least one second");
    }
    fields.check()?;
    let required_audience = Some(request.required_audience).filter(|it| !it.is_empty());
    Ok(Question { token: AccessToken::new(request.access_token), required_audience, max_auth_age })
}

/// The answer to a backend's question.
pub(crate) fn judged(verdict: Verdict, said: Option<&Claims>) -> pb::ValidateTokenResponse {
    let verdict = match verdict {
        Verdict::Active => pb::TokenVerdict::Active,
        Verdict::Expired => pb::TokenVerdict::Expired,
        Verdict::Revoked => pb::TokenVerdict::Revoked,
        Verdict::Malformed => pb::TokenVerdict::Malformed,
        Verdict::WrongAudience => pb::TokenVerdict::WrongAudience,
        Verdict::StepUpNeeded => pb::TokenVerdict::StepUpNeeded,
    };
    pb::ValidateTokenResponse { verdict: verdict.into(), claims: said.map(claims) }
}

fn claims(claims: &Claims) -> pb::TokenClaims {
    pb::TokenClaims {
        issuer: claims.issuer.clone(),
        subject: claims.account_id.to_string(),
        audiences: claims.audiences.clone(),
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
    }
}

/// The published keys.
pub(crate) fn signing_keys(keys: Vec<PublicKey>) -> pb::GetSigningKeysResponse {
    pb::GetSigningKeysResponse {
        keys: keys.into_iter().map(signing_key).collect(),
        max_age: Some(duration(PUBLICATION_MAX_AGE)),
    }
}

fn signing_key(key: PublicKey) -> pb::SigningKey {
    let algorithm = match key.algorithm {
        SigningAlgorithm::Es256 => "ES256",
        SigningAlgorithm::Rs256 => "RS256",
        SigningAlgorithm::EdDsa => "EdDSA",
    };
    pb::SigningKey {
        key_id: key.key_id,
        algorithm: algorithm.to_owned(),
        public_key_der: key.public_key,
        activate_time: Some(timestamp(key.activates_at)),
        retire_time: key.retires_at.map(timestamp),
        state: pb::SigningKeyState::Unspecified.into(),
    }
}
