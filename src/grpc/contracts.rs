//! The contracts that only the server speaks, generated: administration, and Envoy's. The public one is
//! `claviger_proto`.

/// The messages and services of `proto/claviger/admin/v1`.
#[allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated code")]
pub mod admin {
    tonic::include_proto!("claviger.admin.v1");
}

/// The messages and the service of `proto/envoy`. Modules are nested like Envoy's packages.
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
