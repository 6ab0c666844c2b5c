//! Who is charged for work, so that one does not starve the others.

use std::net::IpAddr;

use claviger_token::id::AccountId;
use ipnet::IpNet;

use crate::model::prefix;

/// Who is charged for work. Budgets of anonymous and of signed-in callers are apart: a person who
/// shares an address with an attacker can still use an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Requester {
    /// A caller who has not signed in, by what one customer controls: see [`prefix::narrowest`].
    Address(IpNet),
    /// A caller who has signed in.
    Account(AccountId),
}

impl Requester {
    /// A caller who has not signed in.
    pub fn anonymous(address: IpAddr) -> Self {
        Self::Address(prefix::narrowest(address))
    }
}
