//! AuthService on the wire.

use std::sync::Arc;

use claviger_proto::pb::{self, auth_service_server::AuthService};
use tonic::{Request, Response, Status};

use crate::{
    domain::{
        Error,
        accounts::Accounts,
        registrations::Registrations,
        sessions::{Sessions, SignedIn},
        tokens::access::AccessTokens,
    },
    model::invitation::InvitationToken,
};

use super::{
    caller::{Callers, origin},
    convert::auth as convert,
    refresh_cookie::{Delivery, RefreshCookie, RequestCookie},
    services::{ServerInfo, Services},
    status::EdgeRefusal,
};

/// Handles the calls of AuthService.
pub(super) struct Service {
    accounts: Arc<Accounts>,
    registrations: Registrations,
    sessions: Arc<Sessions>,
    access_tokens: Arc<AccessTokens>,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
    info: ServerInfo,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            accounts: Arc::clone(&services.accounts),
            registrations: services.registrations.clone(),
            sessions: Arc::clone(&services.sessions),
            access_tokens: Arc::clone(&services.access_tokens),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
            info: services.info.clone(),
        }
    }

    /// Ends the session of the refresh token, or else of the bearer token.
    async fn log_out(&self, request: Request<pb::LogoutRequest>) -> Result<(), Status> {
        if request.get_ref().refresh_token.is_empty() {
            let caller = self.callers.require_for_logout(&request).await?;
            Ok(self.sessions.logout(&caller).await?)
        } else {
            let token = convert::logout(request.into_inner());
            Ok(self.sessions.logout_by_refresh_token(&token).await?)
        }
    }

    /// Ends the session of the token in the cookie, or else of the bearer token. A person who signs out
    /// of a browser must succeed, so a cookie whose session does not exist any more is only cleared.
    async fn log_out_by_cookie(
        &self,
        cookie: &RequestCookie<'_>,
        request: Request<pb::LogoutRequest>,
    ) -> Result<(), Status> {
        convert::logout_by_cookie(request.get_ref())?;
        let ended = match cookie.token() {
            Some(Ok(token)) => self.sessions.logout_by_refresh_token(&token).await,
            Some(Err(error)) => Err(error),
            None if !request.metadata().contains_key("authorization") => {
                return Err(EdgeRefusal::RefreshTokenMissing.into());
            }
            None => return self.log_out(request).await,
        };
        match ended {
            Err(Error::RefreshTokenInvalid) => {
                match self.callers.require_for_logout(&request).await {
                    Ok(caller) => Ok(self.sessions.logout(&caller).await?),
                    Err(_) => Ok(()),
                }
            }
            ended => Ok(ended?),
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
        let origin = origin();
        let registration = convert::registration(request.into_inner())?;
        let SignedIn { account, tokens } = self.accounts.register(registration, origin).await?;
        delivery.deliver(&tokens, |tokens| convert::registered(&account, tokens))
    }

    async fn get_invitation(
        &self,
        request: Request<pb::GetInvitationRequest>,
    ) -> Result<Response<pb::GetInvitationResponse>, Status> {
        let origin = origin();
        let token = InvitationToken::new(request.into_inner().invitation);
        let invitation = self.registrations.invitation(origin.address, &token).await?;
        Ok(Response::new(convert::invitation(&invitation)))
    }

    async fn login(
        &self,
        request: Request<pb::LoginRequest>,
    ) -> Result<Response<pb::LoginResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let origin = origin();
        let (name, password) = convert::login(request.into_inner())?;
        let SignedIn { account, tokens } = self.accounts.login(name, password, origin).await?;
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
            Delivery::Cookie(cookie) => {
                let ended = self.log_out_by_cookie(&cookie, request).await;
                cookie.logged_out(ended.map(|()| pb::LogoutResponse {}))
            }
        }
    }

    async fn issue_access_token(
        &self,
        request: Request<pb::IssueAccessTokenRequest>,
    ) -> Result<Response<pb::IssueAccessTokenResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let token = self.access_tokens.issue(&caller, &request.get_ref().audience)?;
        Ok(Response::new(convert::issued(&token)))
    }

    async fn reauthenticate(
        &self,
        request: Request<pb::ReauthenticateRequest>,
    ) -> Result<Response<pb::ReauthenticateResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let password = convert::reauthentication(request.into_inner())?;
        let token = self.accounts.reauthenticate(&caller, password).await?;
        Ok(Response::new(convert::reauthenticated(&token)))
    }
}
