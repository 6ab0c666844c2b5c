//! SystemService on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::operators::{
        rights::{Operation, Rights},
        system::System,
    },
    grpc::contracts::admin::{self as pb, system_service_server::SystemService},
};

use super::{backend::backend, convert::system as convert, services::OperatorServices};

/// Handles the calls of SystemService.
pub(super) struct Service {
    system: System,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        Self { system: services.system.clone(), rights: services.rights() }
    }
}

#[tonic::async_trait]
impl SystemService for Service {
    async fn get_system(
        &self,
        request: Request<pb::GetSystemRequest>,
    ) -> Result<Response<pb::GetSystemResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::GetSystem).await?;
        let database = self.system.database().await?;
        let system = convert::system(self.system.configured(), database);
        Ok(Response::new(pb::GetSystemResponse { system: Some(system) }))
    }
}
