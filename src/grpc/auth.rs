//! AuthService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::{accounts::Accounts, sessions::Sessions};

use super::{
    ServerInfo,
    caller::{Callers, origin},
    convert::{auth as convert, tokens},
    pb::{self, auth_service_server::AuthService},
    status::from_error,
};

/// Handles the calls of AuthService.
pub(super) struct Service {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    callers: Callers,
    info: ServerInfo,
}

impl Service {
    pub(super) fn new(
        accounts: Arc<Accounts>,
        sessions: Arc<Sessions>,
        callers: Callers,
        info: ServerInfo,
    ) -> Self {
        Self { accounts, sessions, callers, info }
    }
}

#[tonic::async_trait]
impl AuthService for Service {
    async fn get_server_info(
        &self,
        _: Request<pb::GetServerInfoRequest>,
    ) -> Result<Response<pb::GetServerInfoResponse>, Status> {
        Ok(Response::new(convert::server_info(&self.info)))
    }

    async fn register(
        &self,
        request: Request<pb::RegisterRequest>,
    ) -> Result<Response<pb::RegisterResponse>, Status> {
        let origin = origin(&request);
        let registration = convert::registration(request.into_inner())?;
        let signed_in = self.accounts.register(registration, origin).await.map_err(from_error)?;
        Ok(Response::new(convert::registered(signed_in)))
    }

    async fn login(
        &self,
        request: Request<pb::LoginRequest>,
    ) -> Result<Response<pb::LoginResponse>, Status> {
        let origin = origin(&request);
        let pb::LoginRequest { username, password } = request.into_inner();
        let signed_in =
            self.accounts.login(&username, password.into(), origin).await.map_err(from_error)?;
        Ok(Response::new(convert::logged_in(signed_in)))
    }

    async fn refresh_tokens(
        &self,
        request: Request<pb::RefreshTokensRequest>,
    ) -> Result<Response<pb::RefreshTokensResponse>, Status> {
        let token = convert::refresh(request.into_inner())?;
        let pair = self.sessions.refresh(&token).await.map_err(from_error)?;
        Ok(Response::new(pb::RefreshTokensResponse { tokens: Some(tokens::pair(&pair)) }))
    }

    async fn logout(
        &self,
        request: Request<pb::LogoutRequest>,
    ) -> Result<Response<pb::LogoutResponse>, Status> {
        if request.get_ref().refresh_token.is_empty() {
            let caller = self.callers.require_for_logout(&request)?;
            self.sessions.logout(&caller).await.map_err(from_error)?;
        } else {
            let token = convert::logout(request.into_inner());
            self.sessions.logout_by_refresh_token(&token).await.map_err(from_error)?;
        }
        Ok(Response::new(pb::LogoutResponse {}))
    }

    async fn reauthenticate(
        &self,
        request: Request<pb::ReauthenticateRequest>,
    ) -> Result<Response<pb::ReauthenticateResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let origin = origin(&request);
        let password = request.into_inner().password.into();
        let token =
            self.accounts.reauthenticate(&caller, password, origin).await.map_err(from_error)?;
        Ok(Response::new(convert::reauthenticated(&token)))
    }
}
