//! AuditService on the wire.

use std::time::Duration;

use futures_util::stream;
use tonic::{Request, Response, Status, codegen::BoxStream};

use crate::{
    domain::{
        operators::{
            explanations::Explanations,
            rights::{Operation, Rights},
        },
        record::{
            listing::{Follower, Listing},
            rotation::Rotation,
        },
    },
    grpc::contracts::admin::{self as pb, audit_service_server::AuditService},
    model::answer::AnswerTimeout,
};

use super::{
    backend::{backend, stream_authorization},
    convert::{audit as convert, explanations, operators::acting},
    services::OperatorServices,
    stream_authorization::while_authorized,
    watching,
};

/// Handles the calls of AuditService.
pub(super) struct Service {
    record: Listing,
    explanations: Explanations,
    keys: Rotation,
    rights: Rights,
    slow_watcher_timeout: Duration,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        let slow_watcher_timeout = services.slow_watcher_timeout;
        let rights = services.rights();
        let (record, keys) = (services.record.clone(), services.record_keys.clone());
        let explanations = services.explanations.clone();
        Self { record, explanations, keys, rights, slow_watcher_timeout }
    }
}

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_events(
        &self,
        request: Request<pb::ListEventsRequest>,
    ) -> Result<Response<pb::ListEventsResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::ListEvents).await?;
        let (filter, page) = convert::wanted(request.into_inner())?;
        let listed = self.record.page(filter, page.after, page.size).await?;
        Ok(Response::new(convert::listed(listed)))
    }

    type WatchEventsStream = BoxStream<pb::WatchEventsResponse>;

    async fn watch_events(
        &self,
        request: Request<pb::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        self.rights.admit(backend(&request)?, Operation::WatchEvents).await?;
        let authorization = stream_authorization(&request)?;
        let follower = self.record.follow(convert::start(request.get_ref())?).await?;
        let messages = Box::pin(stream::unfold(Some(follower), next));
        let mut response = Response::new(while_authorized(messages, authorization));
        let timeout = watching::cut_off_after(self.slow_watcher_timeout);
        response.extensions_mut().insert(AnswerTimeout(timeout));
        Ok(response)
    }

    async fn explain_token(
        &self,
        request: Request<pb::ExplainTokenRequest>,
    ) -> Result<Response<pb::ExplainTokenResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::ExplainToken).await?;
        let token = explanations::token(request.into_inner())?;
        let explanation = self.explanations.token(&token).await?;
        Ok(Response::new(explanations::token_explained(explanation)))
    }

    async fn explain_account(
        &self,
        request: Request<pb::ExplainAccountRequest>,
    ) -> Result<Response<pb::ExplainAccountResponse>, Status> {
        use explanations::Explained;
        self.rights.admit(backend(&request)?, Operation::ExplainAccount).await?;
        let explanation = match explanations::account(request.into_inner())? {
            Explained::Id(id) => self.explanations.account(id).await?,
            Explained::Username(username) => self.explanations.username(&username).await?,
        };
        Ok(Response::new(explanations::account_explained(explanation)))
    }

    async fn rotate_record_key(
        &self,
        request: Request<pb::RotateRecordKeyRequest>,
    ) -> Result<Response<pb::RotateRecordKeyResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::RotateRecordKey).await?;
        let by = acting(&request.get_ref().reason, actor)?;
        let key = self.keys.rotate(&by).await?;
        Ok(Response::new(convert::rotated(&key)))
    }
}

type Message = Result<pb::WatchEventsResponse, Status>;

/// A message is made only when the connection has room for it, so a slow watcher costs no memory.
async fn next(follower: Option<Follower>) -> Option<(Message, Option<Follower>)> {
    let mut follower = follower?;
    match follower.next().await {
        Ok(rows) => Some((Ok(convert::watched(rows)), Some(follower))),
        Err(error) => Some((Err(error.into()), None)),
    }
}
