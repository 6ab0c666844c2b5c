//! RevocationService of operators on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::operators::{
        revocations::Revoker,
        rights::{Operation, Rights},
    },
    grpc::contracts::admin::{self as pb, revocation_service_server::RevocationService},
};

use super::{backend::backend, convert::revoking as convert, services::OperatorServices};

/// Handles the calls of RevocationService.
pub(super) struct Service {
    revoker: Revoker,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        Self { revoker: services.revoker.clone(), rights: services.rights() }
    }
}

#[tonic::async_trait]
impl RevocationService for Service {
    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::RevokeSession).await?;
        let (id, by) = convert::session(request.get_ref(), actor)?;
        let revoked = self.revoker.session(id, &by).await?;
        Ok(Response::new(pb::RevokeSessionResponse {
            account_id: revoked.account_id.to_string(),
            already_ended: !revoked.was_live,
        }))
    }

    async fn revoke_token(
        &self,
        request: Request<pb::RevokeTokenRequest>,
    ) -> Result<Response<pb::RevokeTokenResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::RevokeToken).await?;
        let (token, by) = convert::token(request.get_ref(), actor, self.revoker.now())?;
        self.revoker.token(token.id, token.expires_at, &by).await?;
        Ok(Response::new(pb::RevokeTokenResponse {}))
    }
}
