//! MovingService on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::operators::{
        moving::Moving,
        rights::{Operation, Rights},
    },
    grpc::contracts::admin::{self as pb, moving_service_server::MovingService},
};

use super::{backend::backend, convert::moving as convert, services::OperatorServices};

/// Handles the calls of MovingService.
pub(super) struct Service {
    moving: Moving,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        Self { moving: services.moving.clone(), rights: services.rights() }
    }
}

#[tonic::async_trait]
impl MovingService for Service {
    async fn import_accounts(
        &self,
        request: Request<pb::ImportAccountsRequest>,
    ) -> Result<Response<pb::ImportAccountsResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::ImportAccounts).await?;
        let (rows, mode, by) = convert::import(request.into_inner(), actor)?;
        let outcomes = self.moving.import(rows, mode, &by).await?;
        Ok(Response::new(convert::imported(outcomes)))
    }

    async fn export_accounts(
        &self,
        request: Request<pb::ExportAccountsRequest>,
    ) -> Result<Response<pb::ExportAccountsResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::ExportAccounts).await?;
        let (page, by) = convert::export(request.get_ref(), actor)?;
        let exported = self.moving.export(page.after, page.size, &by).await?;
        Ok(Response::new(convert::exported(exported)))
    }
}
