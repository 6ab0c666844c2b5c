//! What comes to the services and is no call in plain gRPC: calls in gRPC-web, pages of other origins, and what
//! is refused.
//!
//! In order: CORS, the check of method and content type, gRPC-web. Inside them is the path of plain calls.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use tonic::body::Body as Answer;
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::CorsLayer;

use super::{
    access_log::{self, Protocol},
    calls::{Arrived, Calls},
    edge::{self, Verdict, mark_secrets},
};

/// Answers such a request.
pub(super) async fn answer(
    calls: Arc<Calls>,
    cors: &CorsLayer,
    request: Request<Body>,
    arrived: Arrived,
) -> Response<Body> {
    let arrived = Arc::new(arrived);
    let inner = service_fn(move |request| check(Arc::clone(&calls), request, Arc::clone(&arrived)));
    never_fails(cors.layer(inner).oneshot(request).await)
}

async fn check(
    calls: Arc<Calls>,
    request: Request<Body>,
    arrived: Arc<Arrived>,
) -> Result<Response<Body>, Infallible> {
    let protocol = match edge::judge(&request) {
        Verdict::Plain => Protocol("grpc"),
        Verdict::Web => Protocol("grpc-web"),
        Verdict::Refused(status, message) => {
            access_log::refused(&request, &arrived.call, status);
            return Ok(refusal(status, message));
        }
    };
    let inner = service_fn(move |request: Request<Answer>| {
        let calls = Arc::clone(&calls);
        let (service, call) = (arrived.service.clone(), Arc::clone(&arrived.call));
        let request = request.map(Body::new);
        async move {
            let arrived = Arrived { service, call, protocol };
            Ok::<_, Infallible>(calls.answer(request, arrived).await)
        }
    });
    let mut response = never_fails(GrpcWebLayer::new().layer(inner).oneshot(request).await);
    mark_secrets(response.headers_mut());
    Ok(response.map(Body::new))
}

fn refusal(status: StatusCode, message: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn never_fails<T>(result: Result<T, Infallible>) -> T {
    let Ok(value) = result;
    value
}
