//! Reflection, so that grpcurl needs no proto files.
//!
//! The `google.rpc` error details are registered too, so that grpcurl decodes the details of errors. Reading all
//! descriptors is more work than the rest of a start, so each version of the service is made by its first call.

use std::sync::Arc;

use tonic::Status;
use tonic_reflection::server::{
    Builder, Error,
    v1::{ServerReflection, ServerReflectionServer},
    v1alpha,
};

use super::status::EdgeRefusal;

/// Our own descriptors, compiled by the build script.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claviger.bin"));

/// Reflection over services with these names.
///
/// # Errors
/// When the descriptors cannot be read.
pub(super) fn v1(names: &[&str]) -> Result<ServerReflectionServer<impl ServerReflection>, Status> {
    builder(names).build_v1().map_err(unreadable)
}

/// The same for older tools, which know nothing else.
///
/// # Errors
/// When the descriptors cannot be read.
pub(super) fn v1alpha(
    names: &[&str],
) -> Result<v1alpha::ServerReflectionServer<impl v1alpha::ServerReflection>, Status> {
    builder(names).build_v1alpha().map_err(unreadable)
}

fn unreadable(error: Error) -> Status {
    let mut status = Status::from(EdgeRefusal::Internal);
    status.set_source(Arc::new(error));
    status
}

fn builder<'a>(names: &[&str]) -> Builder<'a> {
    let conventions = ["grpc.health.v1.Health"];
    names.iter().chain(&conventions).fold(
        Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET),
        |builder, name| builder.with_service_name(*name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::routes::{GATEWAY_SERVICES, INTERNAL_SERVICES, PUBLIC_SERVICES};

    #[test]
    fn the_descriptors_of_every_port_can_be_read() {
        for names in [&PUBLIC_SERVICES[..], &INTERNAL_SERVICES[..], &GATEWAY_SERVICES[..]] {
            assert!(v1(names).is_ok(), "{names:?}");
            assert!(v1alpha(names).is_ok(), "{names:?}");
        }
    }
}
