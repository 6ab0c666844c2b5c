//! ServiceAccountService on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::{
        operators::rights::{Operation, Rights},
        service_accounts::ServiceAccounts,
    },
    grpc::contracts::admin::{self as pb, service_account_service_server::ServiceAccountService},
};

use super::{
    backend::backend,
    convert::{operators::acting, service_accounts as convert},
    services::OperatorServices,
};

/// Handles the calls of ServiceAccountService.
pub(super) struct Service {
    accounts: ServiceAccounts,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        let rights = services.rights();
        Self { accounts: services.service_accounts.clone(), rights }
    }
}

#[tonic::async_trait]
impl ServiceAccountService for Service {
    async fn create_service_account(
        &self,
        request: Request<pb::CreateServiceAccountRequest>,
    ) -> Result<Response<pb::CreateServiceAccountResponse>, Status> {
        let caller = backend(&request)?;
        let actor = self.rights.admit(caller, Operation::CreateServiceAccount).await?;
        let by = acting(&request.get_ref().reason, actor)?;
        let new = convert::new(request.into_inner())?;
        let created = self.accounts.create(new, &by).await?;
        Ok(Response::new(convert::created(&created)))
    }

    async fn list_service_accounts(
        &self,
        request: Request<pb::ListServiceAccountsRequest>,
    ) -> Result<Response<pb::ListServiceAccountsResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::ListServiceAccounts).await?;
        let page = convert::page(request.get_ref())?;
        // One more account shows whether there is a next page.
        let accounts = self.accounts.list(page.after.as_ref(), page.size + 1).await;
        Ok(Response::new(convert::listed(accounts?, page.size)))
    }

    async fn rotate_service_account_key(
        &self,
        request: Request<pb::RotateServiceAccountKeyRequest>,
    ) -> Result<Response<pb::RotateServiceAccountKeyResponse>, Status> {
        let caller = backend(&request)?;
        let actor = self.rights.admit(caller, Operation::RotateServiceAccountKey).await?;
        let by = acting(&request.get_ref().reason, actor)?;
        let rotation = convert::rotation(request.get_ref())?;
        let rotated = self.accounts.rotate(rotation, &by).await?;
        Ok(Response::new(convert::rotated(&rotated)))
    }

    async fn delete_service_account(
        &self,
        request: Request<pb::DeleteServiceAccountRequest>,
    ) -> Result<Response<pb::DeleteServiceAccountResponse>, Status> {
        let caller = backend(&request)?;
        let actor = self.rights.admit(caller, Operation::DeleteServiceAccount).await?;
        let by = acting(&request.get_ref().reason, actor)?;
        let name = convert::name(request.get_ref())?;
        self.accounts.delete(name, &by).await?;
        Ok(Response::new(pb::DeleteServiceAccountResponse {}))
    }
}
