//! The caller of an account API: the bearer token, and the address that the call came from.
//!
//! Each handler that needs an account calls this. There is no layer that does it for all, so an unknown
//! method still returns UNIMPLEMENTED.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use claviger_token::{
    bearer::{self, BearerError},
    claims::Claims,
};
use tokio::time::Instant;
use tonic::{Request, Status, metadata::MetadataMap};

use crate::{
    domain::{
        self, Error, call,
        source::{self, Owner},
        tokens::access::AccessTokens,
    },
    model::session::Origin,
};

/// Authenticates callers.
#[derive(Clone)]
pub struct Callers {
    access_tokens: Arc<AccessTokens>,
}

impl Callers {
    /// Verifies tokens with `access_tokens`.
    pub fn new(access_tokens: Arc<AccessTokens>) -> Self {
        Self { access_tokens }
    }

    /// The claims of the caller's access token.
    ///
    /// # Errors
    /// `ACCESS_TOKEN_MISSING`, `ACCESS_TOKEN_EXPIRED`, `ACCESS_TOKEN_INVALID` or `SESSION_ENDED`;
    /// `REVOCATIONS_STALE`, `DATABASE_UNAVAILABLE` or `OVERLOADED` when that is not known.
    pub async fn require<T>(&self, request: &Request<T>) -> Result<Arc<Claims>, Status> {
        self.authenticate(request.metadata(), AccessTokens::authenticate).await
    }

    /// The same, even if the session has ended: logging out twice succeeds.
    ///
    /// # Errors
    /// `ACCESS_TOKEN_MISSING`, `ACCESS_TOKEN_EXPIRED` or `ACCESS_TOKEN_INVALID`; `DATABASE_UNAVAILABLE`
    /// or `OVERLOADED` when that is not known.
    pub async fn require_for_logout<T>(&self, request: &Request<T>) -> Result<Arc<Claims>, Status> {
        self.authenticate(request.metadata(), AccessTokens::authenticate_for_logout).await
    }

    async fn authenticate(
        &self,
        metadata: &MetadataMap,
        authenticate: fn(&AccessTokens, &str) -> domain::Result<Arc<Claims>>,
    ) -> Result<Arc<Claims>, Status> {
        let (tokens, arrived) = (&*self.access_tokens, Instant::now());
        let token = bearer(metadata)?;
        let mut caller = authenticate(tokens, token);
        if matches!(caller, Err(Error::AccessTokenInvalid))
            && tokens.look_up_key(token, arrived).await?
        {
            caller = authenticate(tokens, token);
        }
        let caller = caller?;
        source::signed_in(Owner::Account(caller.account_id));
        Ok(caller)
    }
}

/// Where the current call came from, as its path determined.
pub fn origin() -> Origin {
    call::current().map_or_else(
        || Origin { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), user_agent: String::new() },
        |it| it.origin.clone(),
    )
}

fn bearer(metadata: &MetadataMap) -> Result<&str, Error> {
    bearer::bearer(metadata.as_ref()).map_err(|error| match error {
        BearerError::Missing | BearerError::OtherScheme => Error::AccessTokenMissing,
        BearerError::Malformed => Error::AccessTokenInvalid,
    })
}
