//! The layers every call passes, and their order.
//!
//! From outside in: request id and origin (also around the HTTP pages), CORS, the check of method
//! and content type, gRPC-web, the access log, the end of streams, the deadline, the source, panics,
//! details of errors, the framing of messages. Layers inside gRPC-web see plain gRPC, whatever the client
//! speaks.

pub mod access_log;
mod budget;
pub mod cors;
pub mod deadline;
pub mod details;
pub mod edge;
pub mod framing;
pub mod origin;
pub mod panics;
pub mod request_id;
pub mod source;
pub mod streams;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use tokio_util::sync::CancellationToken;
use tonic::{Status, service::Routes};
use tonic_web::GrpcWebLayer;
use tower::ServiceExt as _;

use crate::{domain::world::World, grpc::status::EdgeRefusal};

use self::{framing::Receiving, streams::Streams};
use super::routes::{MAX_MESSAGE_BYTES, MAX_TOKENS_BYTES};

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
            Self::Internal => MAX_TOKENS_BYTES,
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

/// The settings of the layers.
#[derive(Clone)]
pub struct Settings {
    /// The kind of its callers.
    pub port: Port,
    /// Creates request ids.
    pub world: World,
    /// The web origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// How long a call may take until its response begins.
    pub request_timeout: Duration,
    /// Cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// Puts the services, the HTTP pages beside them and the layers together.
///
/// A request for an unknown path gets a gRPC status if it is a gRPC call, and the response of `nothing`
/// otherwise.
pub fn assemble(routes: Routes, pages: Router, nothing: Router, settings: &Settings) -> Router {
    let held = Held {
        receiving: Receiving::new(settings.port),
        streams: Streams::new(settings.port, settings.shutdown.clone()),
    };
    let services = around_calls(routes.into_axum_router().reset_fallback(), &held, settings);
    let unknown = around_calls(Router::new().fallback(unknown_method), &held, settings);
    let router = services.merge(pages).fallback_service(
        Router::new().fallback(fallback).with_state(Fallback { unknown, nothing }),
    );
    around_everything(router, settings)
}

/// What the calls of a port hold.
struct Held {
    receiving: Receiving,
    streams: Streams,
}

fn around_calls(router: Router, held: &Held, settings: &Settings) -> Router {
    router
        .layer(from_fn_with_state(held.receiving.clone(), framing::check))
        .layer(from_fn(details::complete))
        .layer(panics::layer())
        .layer(from_fn(source::charge))
        .layer(from_fn_with_state(settings.request_timeout, deadline::enforce))
        .layer(from_fn_with_state(held.streams.clone(), streams::end_in_time))
        .layer(from_fn_with_state(Arc::default(), access_log::record))
        .layer(GrpcWebLayer::new())
        .layer(from_fn(edge::check))
        .layer(cors::layer(&settings.cors_origins))
}

fn around_everything(router: Router, settings: &Settings) -> Router {
    router
        .layer(from_fn(origin::identify))
        .layer(from_fn_with_state(settings.world.clone(), request_id::identify))
}

#[derive(Clone)]
struct Fallback {
    unknown: Router,
    nothing: Router,
}

async fn fallback(State(state): State<Fallback>, request: axum::extract::Request) -> Response {
    let is_call = edge::speaks_grpc(request.headers()) || cors::is_preflight(&request);
    let router = if is_call { state.unknown } else { state.nothing };
    match router.oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    }
}

async fn unknown_method() -> Response {
    Status::from(EdgeRefusal::MethodNotFound).into_http()
}

#[cfg(test)]
mod tests;
