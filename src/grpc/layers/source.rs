//! Charges what a call asks of the database to its address; what follows once a token was verified, to the
//! caller: see [`crate::grpc::caller`].

use std::net::{IpAddr, Ipv4Addr};

use axum::{extract::Request, middleware::Next, response::Response};

use crate::{
    domain::source::{self, Source},
    model::session::Origin,
};

/// Runs the call with its [`Source`].
pub async fn charge(request: Request, next: Next) -> Response {
    let origin = request.extensions().get::<Origin>();
    let address = origin.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |origin| origin.address);
    source::of(Source::anonymous(address), next.run(request)).await
}
