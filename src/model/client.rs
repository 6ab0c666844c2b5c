//! Where a request comes from.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use super::certificate::ClientCertificate;

/// Where a request comes from. It is an extension of the request, the only one that a connection adds.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The address of the client, behind the proxies that are trusted.
    pub address: IpAddr,
    /// The other end of the connection.
    pub peer: SocketAddr,
    /// The certificate of the other end, where TLS asked for one.
    pub certificate: Option<Arc<ClientCertificate>>,
}
