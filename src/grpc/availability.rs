//! What the health service says.

use tonic_health::{
    ServingStatus,
    server::{HealthReporter, HealthService},
};

use super::{INTERNAL_SERVICES, PUBLIC_SERVICES};

/// The name of the server as a whole.
const WHOLE: &str = "";

/// Tells the health services how the server is. Each port speaks of its own services only.
#[derive(Clone, Debug, Default)]
pub struct Availability {
    public: HealthReporter,
    internal: HealthReporter,
}

impl Availability {
    /// The health service of the public port.
    pub fn public_service(&self) -> HealthService {
        HealthService::from_health_reporter(self.public.clone())
    }

    /// The health service of the internal port.
    pub fn internal_service(&self) -> HealthService {
        HealthService::from_health_reporter(self.internal.clone())
    }

    /// Says SERVING or NOT_SERVING of everything.
    pub async fn announce(&self, is_serving: bool) {
        let status = if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in PUBLIC_SERVICES.into_iter().chain([WHOLE]) {
            self.public.set_service_status(name, status).await;
        }
        for name in INTERNAL_SERVICES.into_iter().chain([WHOLE]) {
            self.internal.set_service_status(name, status).await;
        }
    }
}
