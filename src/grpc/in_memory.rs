//! The services for operators over a connection in memory, for the command line.
//!
//! Every call of it is an act of the local user, without credentials: a user who can open the database can
//! write anything into it. No listener may serve this router.

use std::error::Error as _;

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use tonic::{Code, Status, service::Interceptor};

use crate::{model::service_account::Backend, telemetry};

use super::{
    layers::{details, panics},
    routes,
    services::OperatorServices,
    stream_authorization::StreamAuthorization,
};

/// The user of the operating system that runs a command.
#[derive(Debug, Clone)]
pub struct LocalUser(pub String);

/// Identifies every caller as the user.
impl Interceptor for LocalUser {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, Status> {
        request.extensions_mut().insert(Backend::CommandLine(self.0.clone()));
        request.extensions_mut().insert(StreamAuthorization::of_this_process());
        Ok(request)
    }
}

/// The services for operators, every call of which is this user's.
pub fn router(services: &OperatorServices, user: &LocalUser) -> Router {
    let router = routes::operators(services, user).into_axum_router().reset_fallback();
    router.layer(from_fn(details::complete)).layer(panics::layer()).layer(from_fn(log_cause))
}

/// Logs why a call failed, as the access log of a listener does.
async fn log_cause(request: Request, next: Next) -> Response {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let response = next.run(request).await;
    let failed = Status::from_header_map(response.headers()).is_some_and(|status| {
        matches!(status.code(), Code::Internal | Code::Unknown | Code::Unavailable)
    });
    let original = response.extensions().get::<Status>().filter(|_| failed);
    if let Some(cause) = original.and_then(|it| it.source()) {
        let cause = telemetry::causes(cause);
        tracing::error!(method, cause, "call failed");
    }
    response
}
