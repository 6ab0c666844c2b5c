//! InvitationService on the wire.

use tonic::{Request, Response, Status};

use crate::{
    domain::operators::{
        invitations::Invitations,
        rights::{Operation, Rights},
    },
    grpc::contracts::admin::{self as pb, invitation_service_server::InvitationService},
    model::role::Role,
};

use super::{backend::backend, convert::invitations as convert, services::OperatorServices};

/// Handles the calls of InvitationService.
pub(super) struct Service {
    invitations: Invitations,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        Self { invitations: services.invitations.clone(), rights: services.rights() }
    }
}

#[tonic::async_trait]
impl InvitationService for Service {
    async fn create_invitation(
        &self,
        request: Request<pb::CreateInvitationRequest>,
    ) -> Result<Response<pb::CreateInvitationResponse>, Status> {
        let (operation, caller) = (Operation::CreateInvitation, backend(&request)?);
        let actor = self.rights.admit(caller.clone(), operation).await?;
        let (wanted, by) = convert::wanted(request.into_inner(), actor)?;
        if self.invitations.gives_groups(&wanted).await? {
            self.rights.admit_as(caller, operation, Role::Admin).await?;
        }
        let created = self.invitations.create(wanted, &by).await?;
        Ok(Response::new(convert::created(&created)))
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Result<Response<pb::ListInvitationsResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::ListInvitations).await?;
        let page = convert::page(request.get_ref())?;
        // One more than asked for shows whether there is another page.
        let listed = self.invitations.list(page.after, page.size.saturating_add(1)).await?;
        Ok(Response::new(convert::listed(listed, page.size)))
    }

    async fn withdraw_invitation(
        &self,
        request: Request<pb::WithdrawInvitationRequest>,
    ) -> Result<Response<pb::WithdrawInvitationResponse>, Status> {
        let operation = Operation::WithdrawInvitation;
        let actor = self.rights.admit(backend(&request)?, operation).await?;
        let (id, by) = convert::withdrawal(request.get_ref(), actor)?;
        self.invitations.withdraw(id, &by).await?;
        Ok(Response::new(pb::WithdrawInvitationResponse {}))
    }
}
