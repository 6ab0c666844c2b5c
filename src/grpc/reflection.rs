//! Reflection, so that grpcurl needs no proto files.
//!
//! The `google.rpc` error details are registered too, so that grpcurl decodes the details of errors.

use tonic_reflection::server::{
    Builder,
    v1::{ServerReflection, ServerReflectionServer},
    v1alpha,
};

/// The descriptors cannot be read.
pub(super) type DescriptorError = Box<dyn std::error::Error + Send + Sync>;

/// Our own descriptors, compiled by the build script.
const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/claviger.bin"));

/// Both versions of the reflection service: older tools support only `v1alpha`.
pub(super) struct Reflection<A: ServerReflection, B: v1alpha::ServerReflection> {
    pub(super) v1: ServerReflectionServer<A>,
    pub(super) v1alpha: v1alpha::ServerReflectionServer<B>,
}

/// Reflection over the services of one port.
pub(super) fn services(
    names: &[&str],
) -> Result<Reflection<impl ServerReflection, impl v1alpha::ServerReflection>, DescriptorError> {
    Ok(Reflection { v1: builder(names).build_v1()?, v1alpha: builder(names).build_v1alpha()? })
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
