//! TokenService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::domain::tokens::{access::AccessTokens, keys::KeyRing};

use super::{
    convert::tokens as convert,
    pb::{self, token_service_server::TokenService},
};

/// Handles the calls of TokenService.
pub(super) struct Service {
    access_tokens: Arc<AccessTokens>,
    keys: Arc<KeyRing>,
}

impl Service {
    pub(super) fn new(access_tokens: Arc<AccessTokens>, keys: Arc<KeyRing>) -> Self {
        Self { access_tokens, keys }
    }
}

#[tonic::async_trait]
impl TokenService for Service {
    async fn validate_token(
        &self,
        request: Request<pb::ValidateTokenRequest>,
    ) -> Result<Response<pb::ValidateTokenResponse>, Status> {
        let question = convert::question(request.into_inner())?;
        let (verdict, claims) = self.access_tokens.judge(
            question.token.expose(),
            question.required_audience.as_deref(),
            question.max_auth_age,
        );
        Ok(Response::new(convert::judged(verdict, claims.as_deref())))
    }

    async fn batch_validate_tokens(
        &self,
        _: Request<pb::BatchValidateTokensRequest>,
    ) -> Result<Response<pb::BatchValidateTokensResponse>, Status> {
        Err(Status::unimplemented("this method is being built"))
    }

    type WatchRevocationsStream = BoxStream<pb::WatchRevocationsResponse>;

    async fn watch_revocations(
        &self,
        _: Request<pb::WatchRevocationsRequest>,
    ) -> Result<Response<Self::WatchRevocationsStream>, Status> {
        Err(Status::unimplemented("this method is being built"))
    }

    async fn get_revocations(
        &self,
        _: Request<pb::GetRevocationsRequest>,
    ) -> Result<Response<pb::GetRevocationsResponse>, Status> {
        Err(Status::unimplemented("this method is being built"))
    }

    async fn get_signing_keys(
        &self,
        _: Request<pb::GetSigningKeysRequest>,
    ) -> Result<Response<pb::GetSigningKeysResponse>, Status> {
        Ok(Response::new(convert::signing_keys(self.keys.published())))
    }
}
