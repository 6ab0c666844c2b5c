//! KeyService on the wire.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use crate::{
    domain::{
        Error,
        operators::{
            keys::with_states,
            rights::{Operation, Rights},
        },
        tokens::keys::{Activation, KeyRevocation, KeyRing},
    },
    grpc::contracts::admin::{self as pb, key_service_server::KeyService},
};

use super::{
    backend::backend,
    convert::{keys as convert, operators::acting},
    services::OperatorServices,
};

/// Handles the calls of KeyService.
pub(super) struct Service {
    keys: Arc<KeyRing>,
    rights: Rights,
}

impl Service {
    pub(super) fn new(services: &OperatorServices) -> Self {
        Self { keys: Arc::clone(&services.keys), rights: services.rights() }
    }

    fn listed(&self) -> Vec<pb::Key> {
        let keys = with_states(self.keys.published_and_revoked(), self.keys.now());
        keys.map(|(key, state)| convert::key(&key, state)).collect()
    }
}

#[tonic::async_trait]
impl KeyService for Service {
    async fn list_keys(
        &self,
        request: Request<pb::ListKeysRequest>,
    ) -> Result<Response<pb::ListKeysResponse>, Status> {
        self.rights.admit(backend(&request)?, Operation::ListKeys).await?;
        self.keys.reload().await?;
        Ok(Response::new(pb::ListKeysResponse { keys: self.listed() }))
    }

    async fn rotate_key(
        &self,
        request: Request<pb::RotateKeyRequest>,
    ) -> Result<Response<pb::RotateKeyResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::RotateKey).await?;
        let by = acting(&request.get_ref().reason, actor)?;
        let activation = match request.get_ref().immediately {
            true => Activation::AtOnce,
            false => Activation::AfterDelay,
        };
        let made = self.keys.rotate(activation, &by).await?;
        let key = self.listed().into_iter().find(|it| it.key_id == made.key_id);
        Ok(Response::new(pb::RotateKeyResponse { key }))
    }

    async fn revoke_key(
        &self,
        request: Request<pb::RevokeKeyRequest>,
    ) -> Result<Response<pb::RevokeKeyResponse>, Status> {
        let actor = self.rights.admit(backend(&request)?, Operation::RevokeKey).await?;
        let (key_id, by) = convert::revocation(request.get_ref(), actor)?;
        let revoked = self.keys.revoke(key_id, &by).await?;
        if revoked == KeyRevocation::Unknown {
            return Err(Error::SigningKeyNotFound.into());
        }
        Ok(Response::new(pb::RevokeKeyResponse {
            already_revoked: revoked == KeyRevocation::Repeated,
            replaced: revoked == KeyRevocation::Replaced,
        }))
    }
}
