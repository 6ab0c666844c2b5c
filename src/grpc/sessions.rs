//! SessionService on the wire.

use std::sync::Arc;

use claviger_proto::pb::{self, session_service_server::SessionService};
use tonic::{Request, Response, Status};

use crate::domain::sessions::Sessions;

use super::{
    caller::Callers, convert::sessions as convert, refresh_cookie::RefreshCookie,
    services::Services,
};

/// Handles the calls of SessionService.
pub(super) struct Service {
    sessions: Arc<Sessions>,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            sessions: Arc::clone(&services.sessions),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
        }
    }
}

#[tonic::async_trait]
impl SessionService for Service {
    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let page = convert::page(&request.into_inner())?;
        let sessions = self.sessions.list(&caller, page.after, page.size).await?;
        Ok(Response::new(convert::listed(&sessions, caller.session_id)))
    }

    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        let cookie = self.refresh_cookie.clear(&request);
        let caller = self.callers.require(&request).await?;
        let id = convert::session_id(&request.into_inner())?;
        self.sessions.revoke(&caller, id).await?;
        let response = pb::RevokeSessionResponse {};
        let is_own = id == caller.session_id;
        Ok(if is_own { cookie.respond(response) } else { Response::new(response) })
    }

    async fn revoke_other_sessions(
        &self,
        request: Request<pb::RevokeOtherSessionsRequest>,
    ) -> Result<Response<pb::RevokeOtherSessionsResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let revoked = self.sessions.revoke_others(&caller).await?;
        Ok(Response::new(pb::RevokeOtherSessionsResponse {
            revoked_count: convert::count(revoked),
        }))
    }

    async fn revoke_all_sessions(
        &self,
        request: Request<pb::RevokeAllSessionsRequest>,
    ) -> Result<Response<pb::RevokeAllSessionsResponse>, Status> {
        let cookie = self.refresh_cookie.clear(&request);
        let caller = self.callers.require(&request).await?;
        let revoked = self.sessions.revoke_all(&caller).await?;
        let revoked_count = convert::count(revoked as usize);
        Ok(cookie.respond(pb::RevokeAllSessionsResponse { revoked_count }))
    }
}
