//! Where calls come from.

use std::net::IpAddr;

/// The most characters kept of a user agent's name for itself.
pub const MAX_USER_AGENT_CHARS: usize = 256;

/// Where a call came from, for display and for throttling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The network address of the client.
    pub address: IpAddr,
    /// The user agent's name for itself, at most 256 characters. Not checked.
    pub user_agent: String,
}
