//! What the server and the verifier share of the wire: the generated messages, the codec, and the form
//! of a refusal.

pub mod codec;
pub mod refusal;

use std::time::Duration;

/// How often a stream of revocations speaks at least, so that silence means that it is lost.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The messages and services of `proto/claviger/v1`, generated.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod pb {
    tonic::include_proto!("claviger.v1");
}

/// The messages and services of `proto/claviger/admin/v1`, generated.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod admin {
    tonic::include_proto!("claviger.admin.v1");
}

/// The messages and the service of `proto/envoy`, generated: modules are nested like Envoy's packages.
#[cfg(feature = "server")]
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod envoy {
    pub mod config {
        pub mod core {
            pub mod v3 {
                tonic::include_proto!("envoy.config.core.v3");
            }
        }
    }
    pub mod service {
        pub mod auth {
            pub mod v3 {
                tonic::include_proto!("envoy.service.auth.v3");
            }
        }
    }
    pub mod r#type {
        pub mod v3 {
            tonic::include_proto!("envoy.r#type.v3");
        }
    }
}
