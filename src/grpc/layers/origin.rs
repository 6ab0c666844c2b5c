//! Determines the client's address and user agent, for display and for throttling.

use std::net::{IpAddr, Ipv4Addr};

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, header};

use crate::model::{
    client::ClientAddress,
    session::{MAX_USER_AGENT_CHARS, Origin},
};

/// Adds the [`Origin`] to the request's extensions, which already contain the [`ClientAddress`].
pub async fn identify(mut request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>();
    let address = address.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |it| it.0);
    let origin = Origin { address, user_agent: user_agent(request.headers()) };
    request.extensions_mut().insert(origin);
    next.run(request).await
}

/// The address of the client of a request that [`identify`] has seen.
pub(super) fn address(request: &Request) -> IpAddr {
    let origin = request.extensions().get::<Origin>();
    origin.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |origin| origin.address)
}

/// Where a request that [`identify`] has seen comes from.
pub(super) fn of(request: &Request) -> Origin {
    request.extensions().get::<Origin>().cloned().unwrap_or_else(|| Origin {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        user_agent: String::new(),
    })
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    let text = String::from_utf8_lossy(value.map_or(&[][..], |value| value.as_bytes()));
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let mut headers = HeaderMap::new();
        let long = format!("a\tb{}", "é".repeat(300));
        headers.insert("user-agent", HeaderValue::from_bytes(long.as_bytes()).unwrap());

        let agent = user_agent(&headers);

        assert_eq!(agent.chars().count(), 256);
        assert!(agent.starts_with("abé"));
    }
}
