//! SessionService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::sessions::Sessions;

use super::{
    caller::Callers,
    convert::sessions as convert,
    pb::{self, session_service_server::SessionService},
    status::from_error,
};

/// Handles the calls of SessionService.
pub(super) struct Service {
    sessions: Arc<Sessions>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(sessions: Arc<Sessions>, callers: Callers) -> Self {
        Self { sessions, callers }
    }
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let page = convert::page(&request.into_inner())?;
        let sessions =
            self.sessions.list(&caller, page.after, page.size).await.map_err(from_error)?;
        Ok(Response::new(convert::listed(&sessions, caller.session_id)))
    }

    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let id = convert::session_id(&request.into_inner())?;
        self.sessions.revoke(&caller, id).await.map_err(from_error)?;
        Ok(Response::new(pb::RevokeSessionResponse {}))
    }

    async fn revoke_other_sessions(
        &self,
        request: Request<pb::RevokeOtherSessionsRequest>,
    ) -> Result<Response<pb::RevokeOtherSessionsResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let revoked = self.sessions.revoke_others(&caller).await.map_err(from_error)?;
        Ok(Response::new(pb::RevokeOtherSessionsResponse {
            revoked_count: convert::count(revoked),
        }))
    }

    async fn revoke_all_sessions(
        &self,
        request: Request<pb::RevokeAllSessionsRequest>,
    ) -> Result<Response<pb::RevokeAllSessionsResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let revoked = self.sessions.revoke_all(&caller).await.map_err(from_error)?;
        Ok(Response::new(pb::RevokeAllSessionsResponse { revoked_count: convert::count(revoked) }))
    }
}
