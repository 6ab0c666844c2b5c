//! AccountService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::domain::accounts::Accounts;

use super::{
    caller::{Callers, origin},
    convert::{accounts as convert, tokens},
    pb::{self, account_service_server::AccountService},
    status::from_error,
};

/// Handles the calls of AccountService.
pub(super) struct Service {
    accounts: Arc<Accounts>,
    callers: Callers,
}

impl Service {
    pub(super) fn new(accounts: Arc<Accounts>, callers: Callers) -> Self {
        Self { accounts, callers }
    }
}

#[tonic::async_trait]
impl AccountService for Service {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let account = self.accounts.get(&caller).await.map_err(from_error)?;
        Ok(Response::new(pb::GetAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn change_password(
        &self,
        request: Request<pb::ChangePasswordRequest>,
    ) -> Result<Response<pb::ChangePasswordResponse>, Status> {
        let caller = self.callers.require(&request)?;
        let origin = origin(&request);
        let pb::ChangePasswordRequest { current_password, new_password } = request.into_inner();
        let pair = self
            .accounts
            .change_password(&caller, current_password.into(), new_password.into(), origin)
            .await
            .map_err(from_error)?;
        Ok(Response::new(pb::ChangePasswordResponse { tokens: Some(tokens::pair(&pair)) }))
    }

    async fn remove_password(
        &self,
        request: Request<pb::RemovePasswordRequest>,
    ) -> Result<Response<pb::RemovePasswordResponse>, Status> {
        let caller = self.callers.require(&request)?;
        self.accounts.remove_password(&caller).await.map_err(from_error)?;
        Ok(Response::new(pb::RemovePasswordResponse {}))
    }

    async fn delete_account(
        &self,
        request: Request<pb::DeleteAccountRequest>,
    ) -> Result<Response<pb::DeleteAccountResponse>, Status> {
        let caller = self.callers.require(&request)?;
        self.accounts.delete(&caller).await.map_err(from_error)?;
        Ok(Response::new(pb::DeleteAccountResponse {}))
    }
}
