//! What the health service says.

use tonic_health::{
    ServingStatus,
    server::{HealthReporter, HealthService},
};

use super::pb;

/// The names the health service knows: the server as a whole, and each service.
const NAMES: [&str; 6] = [
    "",
    pb::auth_service_server::SERVICE_NAME,
    pb::account_service_server::SERVICE_NAME,
    pb::session_service_server::SERVICE_NAME,
    pb::passkey_service_server::SERVICE_NAME,
    pb::token_service_server::SERVICE_NAME,
];

/// Tells the health service how the server is.
#[derive(Clone, Debug, Default)]
pub struct Availability(HealthReporter);

impl Availability {
    /// A health service that says it.
    pub fn service(&self) -> HealthService {
        HealthService::from_health_reporter(self.0.clone())
    }

    /// Says SERVING or NOT_SERVING of everything.
    pub async fn announce(&self, is_serving: bool) {
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in NAMES {
            self.0.set_service_status(name, status).await;
        }
    }
}
