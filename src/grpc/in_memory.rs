//! The services for operators over a connection in memory, for the command line.
//!
//! Every call of it is an act of the local user, without credentials: a user who can open the database can
//! write anything into it. No listener may serve this router.

use std::{
    error::Error as _,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{Router, body::Body};
use http::{Extensions, HeaderMap, Request, Response};
use tonic::{Code, Status};

use crate::{model::service_account::Backend, telemetry};

use super::{
    dispatch::{Dispatch, Guard},
    layers::{
        Port, details,
        framing::{Messages, Receiving},
        panics,
    },
    routes,
    services::OperatorServices,
    status::EdgeRefusal,
    stream_authorization::StreamAuthorization,
};

/// The user of the operating system that runs a command.
#[derive(Debug, Clone)]
pub struct LocalUser(pub String);

/// Identifies every caller as the user.
impl Guard for LocalUser {
    fn admit(&self, _: &HeaderMap, extensions: &mut Extensions) -> Result<(), Status> {
        let user = Backend::CommandLine(self.0.clone());
        extensions.insert(StreamAuthorization::of_this_process(user));
        Ok(())
    }
}

/// The services for operators, every call of which is this user's.
pub fn router(services: &OperatorServices, user: &LocalUser) -> Router {
    let guard: Arc<dyn Guard> = Arc::new(user.clone());
    let services = Arc::new(routes::operators(services, &guard));
    let receiving = Receiving::new(Port::Internal);
    Router::new().fallback(move |request| answer(services, receiving, request))
}

async fn answer(
    services: Arc<Dispatch>,
    receiving: Receiving,
    request: Request<Body>,
) -> Response<Body> {
    let method = request.uri().path().trim_start_matches('/').to_owned();
    let mut response = panics::caught(call(&services, receiving, request)).await;
    details::complete(&mut response);
    log_cause(&method, &response);
    response.map(Body::new)
}

async fn call(
    services: &Dispatch,
    receiving: Receiving,
    request: Request<Body>,
) -> Response<tonic::body::Body> {
    let Some(service) = services.find(request.uri().path()) else {
        return Status::from(EdgeRefusal::MethodNotFound).into_http();
    };
    let caller = IpAddr::V4(Ipv4Addr::LOCALHOST);
    match service.call(request.map(|body| Messages::new(body, caller, receiving, None))) {
        Ok(answering) => {
            let Ok(response) = answering.await;
            response
        }
        Err(status) => status.into_http(),
    }
}

/// Logs why a call failed, as the access log of a listener does.
fn log_cause<B>(method: &str, response: &Response<B>) {
    let failed = Status::from_header_map(response.headers()).is_some_and(|status| {
        matches!(status.code(), Code::Internal | Code::Unknown | Code::Unavailable)
    });
    let original = response.extensions().get::<Status>().filter(|_| failed);
    if let Some(cause) = original.and_then(|it| it.source()) {
        let cause = telemetry::causes(cause);
        tracing::error!(method, cause, "call failed");
    }
}
