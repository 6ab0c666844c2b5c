//! AccountService of operators on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::{
        Result as Admitted,
        operators::{
            accounts::AccountAdministration,
            recovery::RecoveryAdministration,
            rights::{Operation, Rights},
        },
    },
    grpc::contracts::admin::{self as pb, account_service_server::AccountService},
    model::{event::Actor, role::Role},
};

use super::{
    backend::backend,
    convert::administration::{self as convert, Act},
    services::OperatorServices,
};

/// Handles the calls of operators' AccountService.
pub(super) struct Service {
    accounts: AccountAdministration,
    recovery: RecoveryAdministration,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        let rights = services.rights();
        let recovery = services.recovery.clone();
        Self { accounts: services.administration.clone(), recovery, rights }
    }

    /// The operator that makes a call.
    async fn admit<T>(&self, request: &Request<T>, operation: Operation) -> Admitted<Actor> {
        let caller = backend(request)?;
        self.rights.admit(caller, operation).await
    }
}

#[tonic::async_trait]
impl AccountService for Service {
    async fn list_accounts(
        &self,
        request: Request<pb::ListAccountsRequest>,
    ) -> Result<Response<pb::ListAccountsResponse>, Status> {
        self.admit(&request, Operation::ListAccounts).await?;
        let (filter, page) = convert::list(request.get_ref())?;
        let accounts = self.accounts.list(&filter, page.after.as_deref(), page.size).await?;
        Ok(Response::new(convert::listed(&accounts)))
    }

    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        self.admit(&request, Operation::GetAccount).await?;
        let account = match convert::reference(request.into_inner())? {
            convert::Reference::Id(id) => self.accounts.account(id).await?,
            convert::Reference::Username(username) => self.accounts.account_of(&username).await?,
        };
        Ok(Response::new(pb::GetAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn create_account(
        &self,
        request: Request<pb::CreateAccountRequest>,
    ) -> Result<Response<pb::CreateAccountResponse>, Status> {
        let operation = Operation::CreateAccount;
        let least = match request.get_ref().groups.is_empty() {
            true => operation.role(),
            false => Role::Admin,
        };
        let actor = self.rights.admit_as(backend(&request)?, operation, least).await?;
        let (wanted, by) = convert::wanted(request.get_ref(), actor)?;
        let account = self.accounts.create(wanted, &by).await?;
        Ok(Response::new(pb::CreateAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn update_account(
        &self,
        request: Request<pb::UpdateAccountRequest>,
    ) -> Result<Response<pb::UpdateAccountResponse>, Status> {
        let actor = self.admit(&request, Operation::UpdateAccount).await?;
        let (Act { of: id, by }, change) = convert::update(request.into_inner(), actor)?;
        let account = self.accounts.update(id, change, &by).await?;
        Ok(Response::new(pb::UpdateAccountResponse { account: Some(convert::account(&account)) }))
    }

    async fn list_account_sessions(
        &self,
        request: Request<pb::ListAccountSessionsRequest>,
    ) -> Result<Response<pb::ListAccountSessionsResponse>, Status> {
        self.admit(&request, Operation::ListAccountSessions).await?;
        let (id, page) = convert::sessions(request.get_ref())?;
        let sessions = self.accounts.sessions(id, page.after, page.size).await?;
        Ok(Response::new(convert::sessions_listed(&sessions)))
    }

    async fn end_all_account_sessions(
        &self,
        request: Request<pb::EndAllAccountSessionsRequest>,
    ) -> Result<Response<pb::EndAllAccountSessionsResponse>, Status> {
        let actor = self.admit(&request, Operation::EndAllAccountSessions).await?;
        let pb::EndAllAccountSessionsRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        let ended = self.accounts.end_all_sessions(id, &by).await?;
        let ended_count = i32::try_from(ended).unwrap_or(i32::MAX);
        Ok(Response::new(pb::EndAllAccountSessionsResponse { ended_count }))
    }

    async fn list_account_passkeys(
        &self,
        request: Request<pb::ListAccountPasskeysRequest>,
    ) -> Result<Response<pb::ListAccountPasskeysResponse>, Status> {
        self.admit(&request, Operation::ListAccountPasskeys).await?;
        let id = convert::account_id(&request.get_ref().account_id)?;
        let passkeys = self.accounts.passkeys(id).await?;
        Ok(Response::new(convert::passkeys_listed(&passkeys)))
    }

    async fn disable_account(
        &self,
        request: Request<pb::DisableAccountRequest>,
    ) -> Result<Response<pb::DisableAccountResponse>, Status> {
        let actor = self.admit(&request, Operation::DisableAccount).await?;
        let pb::DisableAccountRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.accounts.disable(id, &by).await?;
        Ok(Response::new(pb::DisableAccountResponse {}))
    }

    async fn enable_account(
        &self,
        request: Request<pb::EnableAccountRequest>,
    ) -> Result<Response<pb::EnableAccountResponse>, Status> {
        let actor = self.admit(&request, Operation::EnableAccount).await?;
        let pb::EnableAccountRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.accounts.enable(id, &by).await?;
        Ok(Response::new(pb::EnableAccountResponse {}))
    }

    async fn delete_account(
        &self,
        request: Request<pb::DeleteAccountRequest>,
    ) -> Result<Response<pb::DeleteAccountResponse>, Status> {
        let actor = self.admit(&request, Operation::DeleteAccount).await?;
        let pb::DeleteAccountRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.accounts.delete(id, &by).await?;
        Ok(Response::new(pb::DeleteAccountResponse {}))
    }

    async fn unlock_account(
        &self,
        request: Request<pb::UnlockAccountRequest>,
    ) -> Result<Response<pb::UnlockAccountResponse>, Status> {
        let actor = self.admit(&request, Operation::UnlockAccount).await?;
        let Act { of, by } = convert::unlock(request.get_ref(), actor)?;
        match of {
            convert::Reference::Id(id) => self.accounts.unlock(id, &by).await?,
            convert::Reference::Username(it) => self.accounts.unlock_username(&it, &by).await?,
        }
        Ok(Response::new(pb::UnlockAccountResponse {}))
    }

    async fn remove_password(
        &self,
        request: Request<pb::RemovePasswordRequest>,
    ) -> Result<Response<pb::RemovePasswordResponse>, Status> {
        let actor = self.admit(&request, Operation::RemovePassword).await?;
        let pb::RemovePasswordRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.accounts.remove_password(id, &by).await?;
        Ok(Response::new(pb::RemovePasswordResponse {}))
    }

    async fn end_account_session(
        &self,
        request: Request<pb::EndAccountSessionRequest>,
    ) -> Result<Response<pb::EndAccountSessionResponse>, Status> {
        let actor = self.admit(&request, Operation::EndAccountSession).await?;
        let pb::EndAccountSessionRequest { account_id, session_id, reason } = request.into_inner();
        let Act { of: (owner, id), by } =
            convert::session_act((&account_id, &session_id), &reason, actor)?;
        self.accounts.end_session(owner, id, &by).await?;
        Ok(Response::new(pb::EndAccountSessionResponse {}))
    }

    async fn suspend_passkey(
        &self,
        request: Request<pb::SuspendPasskeyRequest>,
    ) -> Result<Response<pb::SuspendPasskeyResponse>, Status> {
        let actor = self.admit(&request, Operation::SuspendPasskey).await?;
        let pb::SuspendPasskeyRequest { account_id, passkey_id, reason } = request.into_inner();
        let Act { of: (owner, id), by } =
            convert::passkey_act((&account_id, &passkey_id), &reason, actor)?;
        self.accounts.suspend_passkey(owner, id, &by).await?;
        Ok(Response::new(pb::SuspendPasskeyResponse {}))
    }

    async fn resume_passkey(
        &self,
        request: Request<pb::ResumePasskeyRequest>,
    ) -> Result<Response<pb::ResumePasskeyResponse>, Status> {
        let actor = self.admit(&request, Operation::ResumePasskey).await?;
        let pb::ResumePasskeyRequest { account_id, passkey_id, reason } = request.into_inner();
        let Act { of: (owner, id), by } =
            convert::passkey_act((&account_id, &passkey_id), &reason, actor)?;
        self.accounts.resume_passkey(owner, id, &by).await?;
        Ok(Response::new(pb::ResumePasskeyResponse {}))
    }

    async fn remove_passkey(
        &self,
        request: Request<pb::RemovePasskeyRequest>,
    ) -> Result<Response<pb::RemovePasskeyResponse>, Status> {
        let actor = self.admit(&request, Operation::RemovePasskey).await?;
        let pb::RemovePasskeyRequest { account_id, passkey_id, reason } = request.into_inner();
        let Act { of: (owner, id), by } =
            convert::passkey_act((&account_id, &passkey_id), &reason, actor)?;
        self.accounts.remove_passkey(owner, id, &by).await?;
        Ok(Response::new(pb::RemovePasskeyResponse {}))
    }

    async fn create_recovery_link(
        &self,
        request: Request<pb::CreateRecoveryLinkRequest>,
    ) -> Result<Response<pb::CreateRecoveryLinkResponse>, Status> {
        let (operation, caller) = (Operation::CreateRecoveryLink, backend(&request)?);
        let actor = self.rights.admit(caller.clone(), operation).await?;
        let request = request.into_inner();
        let removes = request.remove_credentials;
        let Act { of: id, by } = convert::account_act(&request.account_id, &request.reason, actor)?;
        if self.recovery.is_in_group(id).await? {
            self.rights.admit_as(caller, operation, Role::Admin).await?;
        }
        let link = self.recovery.create_link(id, removes, &by).await?;
        Ok(Response::new(convert::recovery_link(&link)))
    }

    async fn withdraw_recovery_link(
        &self,
        request: Request<pb::WithdrawRecoveryLinkRequest>,
    ) -> Result<Response<pb::WithdrawRecoveryLinkResponse>, Status> {
        let actor = self.admit(&request, Operation::WithdrawRecoveryLink).await?;
        let pb::WithdrawRecoveryLinkRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.recovery.withdraw_link(id, &by).await?;
        Ok(Response::new(pb::WithdrawRecoveryLinkResponse {}))
    }

    async fn remove_recovery_codes(
        &self,
        request: Request<pb::RemoveRecoveryCodesRequest>,
    ) -> Result<Response<pb::RemoveRecoveryCodesResponse>, Status> {
        let actor = self.admit(&request, Operation::RemoveRecoveryCodes).await?;
        let pb::RemoveRecoveryCodesRequest { account_id, reason } = request.into_inner();
        let Act { of: id, by } = convert::account_act(&account_id, &reason, actor)?;
        self.recovery.remove_codes(id, &by).await?;
        Ok(Response::new(pb::RemoveRecoveryCodesResponse {}))
    }
}
