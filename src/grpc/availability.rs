//! What the health services report of the server and of the agent.

use tonic_health::{
    ServingStatus,
    server::{HealthReporter, HealthService},
};

use super::routes::{GATEWAY_SERVICES, INTERNAL_SERVICES, PUBLIC_SERVICES};

/// The name of the server as a whole.
const WHOLE: &str = "";

/// What the server can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything works.
    Serving,
    /// No one can sign in; access tokens are still verified from memory.
    WithoutDatabase,
    /// What is known of revocations is too old to call an access token valid.
    Stale,
    /// The clock of this machine is wrong, and the time is the database's. Calls are served, but replicas
    /// whose clocks are right should get them.
    Skewed,
    /// It is shutting down.
    Stopping,
}

/// The health services of the server, each about the services of its own port.
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

    /// Reports for each service whether it serves in this state.
    pub async fn announce(&self, state: State) {
        let public = status(state == State::Serving);
        for name in PUBLIC_SERVICES.into_iter().chain([WHOLE]) {
            self.public.set_service_status(name, public).await;
        }
        let internal =
            status(matches!(state, State::Serving | State::WithoutDatabase | State::Skewed));
        for name in INTERNAL_SERVICES.into_iter().chain([WHOLE]) {
            self.internal.set_service_status(name, internal).await;
        }
    }
}

/// The health service of `claviger agent`.
#[derive(Clone, Debug, Default)]
pub struct GatewayAvailability(HealthReporter);

impl GatewayAvailability {
    /// The health service.
    pub fn service(&self) -> HealthService {
        HealthService::from_health_reporter(self.0.clone())
    }

    /// Reports for each service whether it serves.
    pub async fn announce(&self, is_serving: bool) {
        for name in GATEWAY_SERVICES.into_iter().chain([WHOLE]) {
            self.0.set_service_status(name, status(is_serving)).await;
        }
    }
}

fn status(is_serving: bool) -> ServingStatus {
    if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing }
}
