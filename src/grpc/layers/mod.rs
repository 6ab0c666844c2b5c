//! The one service of a port, and what every call passes in it.
//!
//! From outside in: request id, origin and guard (also around the HTTP pages); CORS, the check of method and
//! content type and gRPC-web for all but plain calls (`web`); the path of plain gRPC (`calls`). What is inside
//! sees plain gRPC, whatever the client speaks.

mod access_log;
mod body;
mod budget;
mod calls;
mod cors;
mod deadline;
pub mod details;
mod edge;
pub mod framing;
mod origin;
pub mod panics;
mod request_id;
mod streams;
mod web;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Extension, State},
};
use http::{Request, Response, header};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};
use tower_http::cors::CorsLayer;

use crate::{
    domain::{call, world::World},
    model::event::Call,
};

use self::{
    access_log::Protocol,
    calls::{Arrived, Calls},
    edge::Verdict,
};
use super::{
    dispatch::Dispatch,
    routes::{MAX_MESSAGE_BYTES, MAX_MOVED_BYTES},
};

pub use body::Reply;

/// The kind of callers that a port has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Everyone: each address prefix has a share of what is bounded.
    Public,
    /// Backends and gateways, which are few: only bounds of all hold.
    Internal,
}

impl Port {
    /// The largest message of any method of the port, in bytes.
    const fn longest_message(self) -> usize {
        match self {
            Self::Public => MAX_MESSAGE_BYTES,
            Self::Internal => MAX_MOVED_BYTES,
        }
    }

    /// How many streams may be open. Those of the public port are for the health of the server alone.
    const fn open_streams(self) -> usize {
        match self {
            Self::Public => 4096,
            Self::Internal => 16 * 1024,
        }
    }
}

/// Responds to a request that must not enter a port; `None` lets it in.
pub type Guard = Arc<dyn Fn(&Request<Body>, &Call) -> Option<Response<Body>> + Send + Sync>;

/// The settings of the layers.
#[derive(Clone)]
pub struct Settings {
    /// The kind of its callers.
    pub port: Port,
    /// Creates request ids.
    pub world: World,
    /// The web origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// What requests the port refuses before it looks at their paths.
    pub guard: Option<Guard>,
    /// How long a call may take until its response begins.
    pub request_timeout: Duration,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// Answers every request to a port. Clones share everything.
#[derive(Clone)]
pub struct PortService(Arc<Shared>);

struct Shared {
    services: Services,
    pages: Router,
    guard: Option<Guard>,
    world: World,
}

/// The services of a port, and the web origins whose pages may call them.
#[derive(Clone)]
struct Services {
    calls: Arc<Calls>,
    cors: Arc<CorsLayer>,
}

impl PortService {
    /// Puts the services and the HTTP pages beside them together.
    ///
    /// A request for an unknown path gets a gRPC status if it is a gRPC call, and the response of `nothing`
    /// otherwise.
    pub fn new(services: Dispatch, pages: Router, nothing: Router, settings: &Settings) -> Self {
        let services = Services {
            calls: Arc::new(Calls::new(services, settings)),
            cors: Arc::new(cors::layer(&settings.cors_origins)),
        };
        let otherwise = Fallback { services: services.clone(), nothing };
        let pages = pages.fallback_service(Router::new().fallback(fallback).with_state(otherwise));
        let (guard, world) = (settings.guard.clone(), settings.world.clone());
        Self(Arc::new(Shared { services, pages, guard, world }))
    }
}

impl Service<Request<Body>> for PortService {
    type Response = Response<Reply>;
    type Error = Infallible;
    // The only box around a call.
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.answer(request).await) })
    }
}

impl Shared {
    async fn answer(&self, request: Request<Body>) -> Response<Reply> {
        let id = request_id::of(request.headers(), &self.world);
        let call = Arc::new(Call {
            origin: origin::of(request.headers(), request.extensions()),
            request_id: id.as_ref().and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned(),
        });
        let refusal = self.guard.as_ref().and_then(|refuses| refuses(&request, &call));
        let mut response = match refusal {
            Some(refusal) => refusal.map(Reply::Other),
            None => self.admitted(request, call).await,
        };
        if let Some(id) = id {
            response.headers_mut().insert(request_id::HEADER, id);
        }
        response
    }

    async fn admitted(&self, request: Request<Body>, call: Arc<Call>) -> Response<Reply> {
        match self.services.calls.services.find(request.uri().path()) {
            Some(service) => {
                let (service, protocol) = (Some(Arc::clone(service)), Protocol("grpc"));
                self.services.answer(request, Arrived { service, call, protocol }).await
            }
            None => Box::pin(self.page(request, call)).await.map(Reply::Other),
        }
    }

    async fn page(&self, mut request: Request<Body>, call: Arc<Call>) -> Response<Body> {
        request.extensions_mut().insert(Arc::clone(&call));
        let Ok(response) = call::of(call, self.pages.clone().oneshot(request)).await;
        response
    }
}

impl Services {
    async fn answer(&self, request: Request<Body>, arrived: Arrived) -> Response<Reply> {
        // A page of any origin says so, and CORS decides whether it may read the response.
        let is_of_a_page = request.headers().contains_key(header::ORIGIN);
        if !is_of_a_page && edge::judge(&request) == Verdict::Plain {
            return self.calls.answer(request, arrived).await.map(Reply::Call);
        }
        let calls = Arc::clone(&self.calls);
        Box::pin(web::answer(calls, &self.cors, request, arrived)).await.map(Reply::Other)
    }
}

#[derive(Clone)]
struct Fallback {
    services: Services,
    nothing: Router,
}

/// Responds to a request that is neither for a service nor for a page.
async fn fallback(
    State(Fallback { services, nothing }): State<Fallback>,
    Extension(call): Extension<Arc<Call>>,
    request: Request<Body>,
) -> Response<Body> {
    if is_call(&request) {
        let arrived = Arrived { service: None, call, protocol: Protocol("grpc") };
        return services.answer(request, arrived).await.map(Body::new);
    }
    let Ok(response) = nothing.oneshot(request).await;
    response
}

fn is_call(request: &Request<Body>) -> bool {
    edge::speaks_grpc(request.headers()) || cors::is_preflight(request)
}

#[cfg(test)]
mod tests;
