//! Which backend calls the internal listener: by its credentials, where it needs any.
//!
//! In which headers credentials travel is for gRPC and HTTP to know.

use std::sync::Arc;

use crate::{
    domain::{Error, Result},
    model::service_account::Backend,
};

use super::{Credentials, ServiceAccounts};

/// Which clients may call the internal listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Every client that reaches it, also without credentials.
    Anonymous,
    /// Only service accounts.
    ServiceAccounts,
}

/// Identifies the backends that call. A clone is a reference, since each call takes one along.
#[derive(Clone)]
pub struct Backends(Arc<Admitted>);

struct Admitted {
    accounts: ServiceAccounts,
    admission: Admission,
}

impl Backends {
    /// Backends are these service accounts; `admission` says whether a caller needs credentials.
    pub fn new(accounts: ServiceAccounts, admission: Admission) -> Self {
        Self(Arc::new(Admitted { accounts, admission }))
    }

    /// The backend with these credentials. The result holds for one call: the next one on the same
    /// connection is identified again.
    ///
    /// # Errors
    /// `CallerUnknown`.
    pub fn find(&self, shown: &Credentials) -> Result<Backend> {
        match (self.0.accounts.identify(shown)?, self.0.admission) {
            (Some(account), _) => Ok(Backend::Account(account)),
            (None, Admission::Anonymous) => Ok(Backend::Local),
            (None, Admission::ServiceAccounts) => Err(Error::CallerUnknown),
        }
    }
}
