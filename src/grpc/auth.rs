//! AuthService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::{
    Error,
    accounts::Accounts,
    sessions::{Sessions, SignedIn},
};

use super::{
    ServerInfo, Services,
    caller::{Callers, origin},
    convert::auth as convert,
    pb::{self, auth_service_server::AuthService},
    refresh_cookie::{self, Carrier, Delivery, RefreshCookie},
    status::from_error,
};

/// Handles the calls of AuthService.
pub(super) struct Service {
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
    info: ServerInfo,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            accounts: Arc::clone(&services.accounts),
            sessions: Arc::clone(&services.sessions),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
            info: services.info.clone(),
        }
    }

    /// Ends the session that a refresh token names, or else the bearer token.
    async fn log_out(&self, request: Request<pb::LogoutRequest>) -> Result<(), Status> {
        if request.get_ref().refresh_token.is_empty() {
            let caller = self.callers.require_for_logout(&request)?;
            self.sessions.logout(&caller).await.map_err(from_error)
        } else {
            let token = convert::logout(request.into_inner());
            self.sessions.logout_by_refresh_token(&token).await.map_err(from_error)
        }
    }

    /// Ends the session that the cookie names, or else the bearer token. Whoever wants to sign out
    /// of a browser must get out: a cookie that names no session any more is only taken away.
    async fn log_out_by_cookie(
        &self,
        carrier: &Carrier<'_>,
        request: Request<pb::LogoutRequest>,
    ) -> Result<(), Status> {
        convert::logout_by_cookie(request.get_ref())?;
        let named = match carrier.token() {
            Some(Ok(token)) => self.sessions.logout_by_refresh_token(&token).await,
            Some(Err(error)) => Err(error),
            None if !request.metadata().contains_key("authorization") => {
                return Err(refresh_cookie::missing());
            }
            None => return self.log_out(request).await,
        };
        match named {
            Err(Error::RefreshTokenInvalid) => match self.callers.require_for_logout(&request) {
                Ok(caller) => self.sessions.logout(&caller).await.map_err(from_error),
                Err(_) => Ok(()),
            },
            named => named.map_err(from_error),
        }
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
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin(&request);
        let registration = convert::registration(request.into_inner())?;
        let SignedIn { account, tokens } =
            self.accounts.register(registration, origin).await.map_err(from_error)?;
        delivery.deliver(&tokens, |tokens| convert::registered(&account, tokens))
    }

    async fn login(
        &self,
        request: Request<pb::LoginRequest>,
    ) -> Result<Response<pb::LoginResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin(&request);
        let (name, password) = convert::login(request.into_inner())?;
        let SignedIn { account, tokens } =
            self.accounts.login(name, password, origin).await.map_err(from_error)?;
        delivery.deliver(&tokens, |tokens| convert::logged_in(&account, tokens))
    }

    async fn refresh_tokens(
        &self,
        request: Request<pb::RefreshTokensRequest>,
    ) -> Result<Response<pb::RefreshTokensResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let token = delivery.refresh_token(convert::refresh(request.into_inner())?)?;
        let tokens = self.sessions.refresh(&token).await.map_err(|it| delivery.refuse(it))?;
        delivery.deliver(&tokens, |tokens| pb::RefreshTokensResponse { tokens: Some(tokens) })
    }

    async fn logout(
        &self,
        request: Request<pb::LogoutRequest>,
    ) -> Result<Response<pb::LogoutResponse>, Status> {
        match self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)? {
            Delivery::Message => {
                self.log_out(request).await?;
                Ok(Response::new(pb::LogoutResponse {}))
            }
            Delivery::Cookie(carrier) => {
                let ended = self.log_out_by_cookie(&carrier, request).await;
                carrier.dismiss(ended.map(|()| pb::LogoutResponse {}))
            }
        }
    }

    async fn reauthenticate(
        &self,
        request: Request<pb::ReauthenticateRequest>,
    ) -> Result<Response<pb::ReauthenticateResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let origin = origin(&request);
        let password = convert::reauthentication(request.into_inner())?;
        let token =
            self.accounts.reauthenticate(&caller, password, origin).await.map_err(from_error)?;
        Ok(Response::new(convert::reauthenticated(&token)))
    }
}
