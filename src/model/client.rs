//! Where a request comes from.

use std::net::IpAddr;

/// The address of the client, behind the proxies that are trusted. It is an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
