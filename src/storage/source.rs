//! Where the current call comes from: who is charged for what it asks of the database.
//!
//! A task-local value, like the deadline: the edge sets it, and only the engines read it. What the server
//! does by itself has no source.

use std::{cell::Cell, future::Future, net::IpAddr};

use claviger_token::id::AccountId;

use crate::model::token::RefreshFamilyHash;

tokio::task_local! {
    static SOURCE: Cell<Source>;
}

/// Where a call comes from.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The address of the client.
    pub address: IpAddr,
    /// The caller, once a token of this server has said who it is.
    pub owner: Option<Owner>,
}

/// A caller who has signed in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// By an access token.
    Account(AccountId),
    /// By a refresh token, which names no account.
    Session(RefreshFamilyHash),
}

impl Source {
    /// A caller who has not signed in.
    pub fn anonymous(address: IpAddr) -> Self {
        Self { address, owner: None }
    }
}

/// Runs the work of a call from this source. Like the other values of a call it is no `async fn`, which would
/// hold the work twice, and within each other they would double it each time.
pub fn of<T>(source: Source, work: impl Future<Output = T>) -> impl Future<Output = T> {
    SOURCE.scope(Cell::new(source), work)
}

/// The source of the current call, where one was set.
pub fn current() -> Option<Source> {
    SOURCE.try_with(Cell::get).ok()
}

/// Charges what follows in the current call to a caller whose token was verified.
pub fn signed_in(owner: Owner) {
    // What the server does by itself is charged to no caller.
    let _ = SOURCE.try_with(|source| source.set(Source { owner: Some(owner), ..source.get() }));
}

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(id) => write!(f, "Account({id})"),
            // The hash is as good as a name of the session, and belongs in no log.
            Self::Session(_) => f.write_str("Session"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_call_is_charged_to_its_caller_as_soon_as_the_caller_is_known() {
        let owner = Owner::Account(AccountId::from_uuid(Uuid::from_u128(1)));
        signed_in(owner);
        assert!(current().is_none(), "there is no call");

        of(Source::anonymous(Ipv4Addr::LOCALHOST.into()), async {
            assert_eq!(current().unwrap().owner, None);
            signed_in(owner);
            let source = current().unwrap();
            assert_eq!((source.address, source.owner), (Ipv4Addr::LOCALHOST.into(), Some(owner)));
        })
        .await;
        assert!(current().is_none());
    }
}
