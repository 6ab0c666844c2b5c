//! Binds the addresses of a listener.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

use super::settings::Listen;

/// An address could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "The address {address} of the setting `{setting}` is in use by another program; stop that \
         program or choose another address."
    )]
    InUse {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
    },
    /// The operating system refuses it for another reason.
    #[error("Cannot listen on {address}, an address of the setting `{setting}`: {cause}.")]
    Other {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        cause: io::Error,
    },
}

/// Binds every address. Of the default addresses one may be missing on this machine (no IPv6).
///
/// # Errors
/// When an address is in use or cannot be bound.
pub async fn bind(listen: &Listen) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::with_capacity(listen.addresses.len());
    for &address in &listen.addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(cause) if listen.is_default && !listeners.is_empty() && is_absent(&cause) => {
                tracing::info!(%address, %cause, "not listening on a default address that this machine does not have");
            }
            Err(cause) => return Err(refused(listen.setting, address, cause)),
        }
    }
    Ok(listeners)
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT on Linux and on macOS: the kernel has no IPv6.
        || matches!(cause.raw_os_error(), Some(97 | 47))
}

fn refused(setting: &'static str, address: SocketAddr, cause: io::Error) -> BindError {
    match cause.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { setting, address },
        _ => BindError::Other { setting, address, cause },
    }
}
