//! Charges what a call asks of the database to its address; what follows once a token was verified, to the
//! caller: see [`crate::grpc::caller`]. The events of the call say where it came from.

use std::sync::Arc;

use axum::{extract::Request, middleware::Next, response::Response};

use crate::{
    domain::{
        call,
        source::{self, Source},
    },
    model::event::Call,
};

use super::{origin, request_id::RequestId};

/// Runs the call with its [`Source`] and as a [`Call`].
pub async fn charge(request: Request, next: Next) -> Response {
    let origin = origin::of(&request);
    let source = Source::anonymous(origin.address);
    let request_id = request.extensions().get().map_or("", RequestId::as_str).to_owned();
    let call = Arc::new(Call { origin, request_id });
    source::of(source, call::of(call, next.run(request))).await
}
