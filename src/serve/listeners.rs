//! Binds the addresses of a listener.

use std::{io, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::settings::Listen;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

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
pub fn bind(listen: &Listen) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::with_capacity(listen.addresses.len());
    for &address in &listen.addresses {
        match bind_one(address, &listen.addresses) {
            Ok(listener) => listeners.push(listener),
            Err(cause) if listen.is_default && !listeners.is_empty() && is_absent(&cause) => {
                tracing::info!(%address, %cause, "not listening on a default address that this machine does not have");
            }
            Err(cause) => return Err(refused(listen.setting, address, cause)),
        }
    }
    Ok(listeners)
}

/// Binds one of the addresses of a listener. `[::]` receives IPv4 connections too, as the operating system
/// has it, unless the listener has an IPv4 address with the same port: both could not be bound.
fn bind_one(address: SocketAddr, all: &[SocketAddr]) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() && all.iter().any(|it| it.is_ipv4() && it.port() == address.port()) {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for the connections of before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
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
