//! Who may create an account, and what decided it.

use std::fmt;

use url::{Host, Url};

use crate::model::{host::is_local, registration::RegistrationPolicy};

use super::{
    problem::Source,
    reader::Reader,
    table::{ACCOUNTS_REGISTRATION, PUBLIC_URL},
};

/// Who may create an account, and what decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Who may create an account.
    pub policy: RegistrationPolicy,
    /// What decided it.
    pub decided_by: DecidedBy,
}

/// What decides who may create an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecidedBy {
    /// The setting, given there.
    Setting(Source),
    /// `public.url`, with which only programs on this machine reach the server.
    LocalUrl,
    /// `public.url`, with which other machines reach the server.
    OtherUrl,
}

/// The setting, or what follows from the URL: a server that strangers can reach lets none of them in
/// before its operator says so.
pub fn registration(reader: &mut Reader<'_>, url: &Url) -> Registration {
    if let Some(policy) = reader.optional_choice(&ACCOUNTS_REGISTRATION) {
        let decided_by = DecidedBy::Setting(reader.source(&ACCOUNTS_REGISTRATION).clone());
        return Registration { policy, decided_by };
    }
    if is_this_machine(url) {
        Registration { policy: RegistrationPolicy::Open, decided_by: DecidedBy::LocalUrl }
    } else {
        Registration { policy: RegistrationPolicy::Closed, decided_by: DecidedBy::OtherUrl }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for DecidedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = PUBLIC_URL.key;
        match self {
            Self::Setting(source) => write!(f, "set by {source}"),
            Self::LocalUrl => write!(f, "because `{url}` is on this machine"),
            Self::OtherUrl => write!(f, "because `{url}` is not on this machine"),
        }
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.policy.name(), self.decided_by)
    }
}
