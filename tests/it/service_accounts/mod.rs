//! Service accounts: made, listed, rotated and deleted, by call and by command.

mod command_line;
mod operators;
mod replicas;
mod rotation;
pub(crate) mod secrecy;
mod wire;

use claviger::grpc::contracts::admin;
use claviger_proto::pb::{GetSigningKeysRequest, token_service_client::TokenServiceClient};
use tonic::Status;

use crate::support::backends::Keyed;

/// Makes a call that any known backend may make.
async fn ask(mut backend: TokenServiceClient<Keyed>) -> Result<(), Status> {
    backend.get_signing_keys(GetSigningKeysRequest {}).await.map(drop)
}

/// Asks for a service account with this name and nothing else.
pub(crate) fn named(name: &str) -> admin::CreateServiceAccountRequest {
    admin::CreateServiceAccountRequest { name: name.to_owned(), ..Default::default() }
}
