//! AccountService on the wire.

use std::sync::Arc;

use claviger_proto::pb::{self, account_service_server::AccountService};
use tonic::{Request, Response, Status};

use crate::domain::{accounts::Accounts, events::Events};

use super::{
    caller::{Callers, origin},
    convert::{accounts as convert, activity},
    refresh_cookie::RefreshCookie,
    services::Services,
};

/// Handles the calls of AccountService.
pub(super) struct Service {
    accounts: Arc<Accounts>,
    events: Events,
    refresh_cookie: Arc<RefreshCookie>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(services: &Services, callers: Callers) -> Self {
        Self {
            accounts: Arc::clone(&services.accounts),
            events: services.events.clone(),
            refresh_cookie: Arc::clone(&services.refresh_cookie),
            callers,
        }
    }
}

#[tonic::async_trait]
impl AccountService for Service {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let account = self.accounts.get(&caller).await?;
        Ok(Response::new(pb::GetAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let delivery =
            self.refresh_cookie.delivery(&request, request.get_ref().refresh_token_delivery)?;
        let caller = self.callers.require(&request).await?;
        let origin = origin();
        let (proof, new) = convert::password_change(request.into_inner())?;
        let tokens = self.accounts.change_password(&caller, proof, new, origin).await?;
        delivery.deliver(&tokens, |tokens| pb::ChangePasswordResponse { tokens: Some(tokens) })
    }

    async fn remove_password(
        &self,
        request: Request<pb::RemovePasswordRequest>,
    ) -> Result<Response<pb::RemovePasswordResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        self.accounts.remove_password(&caller).await?;
        Ok(Response::new(pb::RemovePasswordResponse {}))
    }

    async fn delete_account(
        &self,
        request: Request<pb::DeleteAccountRequest>,
    ) -> Result<Response<pb::DeleteAccountResponse>, Status> {
        let cookie = self.refresh_cookie.clear(&request);
        let caller = self.callers.require(&request).await?;
        self.accounts.delete(&caller).await?;
        Ok(cookie.respond(pb::DeleteAccountResponse {}))
    }

    async fn list_activity(
        &self,
        request: Request<pb::ListActivityRequest>,
    ) -> Result<Response<pb::ListActivityResponse>, Status> {
        let caller = self.callers.require(&request).await?;
        let page = activity::page(&request.into_inner())?;
        let events = self.events.list(&caller, page.after, page.size).await?;
        Ok(Response::new(activity::listed(events)))
    }
}
