//! Charges what a call asks of the database to its address; what follows once a token was verified, to the
//! caller: see [`crate::grpc::caller`].

use axum::{extract::Request, middleware::Next, response::Response};

use crate::domain::source::{self, Source};

use super::origin;

/// Runs the call with its [`Source`].
pub async fn charge(request: Request, next: Next) -> Response {
    let source = Source::anonymous(origin::address(&request));
    source::of(source, next.run(request)).await
}
