//! TokenService on the wire.

use std::{sync::Arc, time::Duration};

use claviger_proto::pb::{self, token_service_server::TokenService};
use claviger_token::verdict::{Judged, Requirements};
use tokio::time::Instant;
use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::{
    domain::{
        revocations::Revocations,
        tokens::{access::AccessTokens, keys::KeyRing},
    },
    model::{answer::AnswerTimeout, service_account::Backend},
};

use super::{
    backend::{backend, stream_authorization},
    convert::{
        revocations::{self, Preface},
        tokens as convert,
    },
    services::Services,
    stream_authorization::while_authorized,
    watching,
};

/// Handles the calls of TokenService.
pub(super) struct Service {
    access_tokens: Arc<AccessTokens>,
    keys: Arc<KeyRing>,
    revocations: Arc<Revocations>,
    slow_watcher_timeout: Duration,
}

impl Service {
    pub(super) fn new(services: &Services) -> Self {
        Self {
            access_tokens: Arc::clone(&services.access_tokens),
            keys: Arc::clone(&services.keys),
            revocations: Arc::clone(&services.revocations),
            slow_watcher_timeout: services.slow_watcher_timeout,
        }
    }

    fn preface(&self) -> Preface {
        let settings = self.access_tokens.settings();
        Preface { issuer: settings.issuer.clone(), max_token_lifetime: settings.lifetime }
    }

    /// The verdict on a token of a call that arrived at a moment.
    async fn judge(
        &self,
        backend: &Backend,
        audience_field: &'static str,
        validation: &convert::Validation,
        arrived: Instant,
    ) -> Result<pb::ValidateTokenResponse, Status> {
        let requirements = Requirements {
            audience: &validation.required_audience,
            max_auth_age: validation.max_auth_age,
            groups: validation.groups.as_ref(),
        };
        let token = validation.token.expose();
        let judge = || self.access_tokens.judge_for(backend, token, audience_field, requirements);
        let mut judged = judge()?;
        if judged == Judged::Malformed && self.access_tokens.look_up_key(token, arrived).await? {
            judged = judge()?;
        }
        Ok(convert::judged(&judged))
    }
}

#[tonic::async_trait]
impl TokenService for Service {
    async fn validate_token(
        &self,
        request: Request<pb::ValidateTokenRequest>,
    ) -> Result<Response<pb::ValidateTokenResponse>, Status> {
        let (backend, arrived) = (backend(&request)?, Instant::now());
        let validation = convert::validation(request.into_inner())?;
        let response = self.judge(&backend, "required_audience", &validation, arrived).await?;
        Ok(Response::new(response))
    }

    async fn batch_validate_tokens(
        &self,
        request: Request<pb::BatchValidateTokensRequest>,
    ) -> Result<Response<pb::BatchValidateTokensResponse>, Status> {
        let (backend, arrived) = (backend(&request)?, Instant::now());
        let validations = convert::validations(request.into_inner())?;
        let mut responses = Vec::with_capacity(validations.len());
        for validation in &validations {
            let field = "requests.required_audience";
            responses.push(self.judge(&backend, field, validation, arrived).await?);
            // Verifying a hundred signatures in a row would delay the calls that share this thread.
            tokio::task::yield_now().await;
        }
        Ok(Response::new(pb::BatchValidateTokensResponse { responses }))
    }

    type WatchRevocationsStream = BoxStream<pb::WatchRevocationsResponse>;

    async fn watch_revocations(
        &self,
        request: Request<pb::WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        let audience = &request.get_ref().audience;
        self.access_tokens.require_askable(&backend(&request)?, "audience", audience)?;
        let authorization = stream_authorization(&request)?;
        let cursor = revocations::cursor(&request.get_ref().cursor)?;
        let watcher = self.revocations.watch(cursor);
        let messages = watching::messages(watcher, self.preface(), self.slow_watcher_timeout);
        let mut response = Response::new(while_authorized(messages, authorization));
        let timeout = watching::cut_off_after(self.slow_watcher_timeout);
        response.extensions_mut().insert(AnswerTimeout(timeout));
        Ok(response)
    }

    async fn get_revocations(
        &self,
        request: Request<pb::GetRevocationsRequest>,
    ) -> Result<Response<pb::GetRevocationsResponse>, Status> {
        let audience = &request.get_ref().audience;
        self.access_tokens.require_askable(&backend(&request)?, "audience", audience)?;
        let request = revocations::page(request.get_ref())?;
        let page = self.revocations.page(request.cursor, request.size);
        Ok(Response::new(revocations::listed(page, self.preface())))
    }

    async fn get_signing_keys(
        &self,
        _: Request<pb::GetSigningKeysRequest>,
    ) -> Result<Response<pb::GetSigningKeysResponse>, Status> {
        Ok(Response::new(convert::signing_keys(self.keys.published_states())))
    }
}
