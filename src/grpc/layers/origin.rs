//! Determines the client's address and user agent, for display and for throttling.

use std::net::{IpAddr, Ipv4Addr};

use http::{Extensions, HeaderMap, header};

use crate::model::{
    client::Sender,
    session::{MAX_USER_AGENT_CHARS, Origin},
};

/// The origin of a request, whose connection has added its [`Sender`].
pub(super) fn of(headers: &HeaderMap, extensions: &Extensions) -> Origin {
    let address = extensions.get::<Sender>().map(|it| it.address);
    Origin {
        address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        user_agent: user_agent(headers),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT);
    // Nearly all are plain and short, and taken as they are.
    let plain = value.and_then(|it| it.to_str().ok()).filter(|it| is_plain(it));
    if let Some(plain) = plain {
        return plain.to_owned();
    }
    let text = String::from_utf8_lossy(value.map_or(&[][..], |value| value.as_bytes()));
    text.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT_CHARS).collect()
}

fn is_plain(text: &str) -> bool {
    text.len() <= MAX_USER_AGENT_CHARS && text.bytes().all(|it| matches!(it, b' '..=b'~'))
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
