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
use tonic::{Request, Status, metadata::MetadataMap};

use crate::{
    domain::{Error, tokens::access::AccessTokens},
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
    /// `ACCESS_TOKEN_MISSING`, `ACCESS_TOKEN_EXPIRED`, `ACCESS_TOKEN_INVALID` or `SESSION_ENDED`.
    pub fn require<T>(&self, request: &Request<T>) -> Result<Arc<Claims>, Status> {
        let token = bearer(request.metadata())?;
        Ok(self.access_tokens.authenticate(token)?)
    }

    /// The same, even if the session has ended: logging out twice succeeds.
    ///
    /// # Errors
    /// `ACCESS_TOKEN_MISSING`, `ACCESS_TOKEN_EXPIRED` or `ACCESS_TOKEN_INVALID`.
    pub fn require_for_logout<T>(&self, request: &Request<T>) -> Result<Arc<Claims>, Status> {
        let token = bearer(request.metadata())?;
        Ok(self.access_tokens.authenticate_for_logout(token)?)
    }
}

/// Where a call came from, as `layers/origin.rs` determined.
pub fn origin<T>(request: &Request<T>) -> Origin {
    request.extensions().get::<Origin>().cloned().unwrap_or_else(|| Origin {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        user_agent: String::new(),
    })
}

fn bearer(metadata: &MetadataMap) -> Result<&str, Error> {
    bearer::bearer(metadata.as_ref()).map_err(|error| match error {
        BearerError::Missing | BearerError::OtherScheme => Error::AccessTokenMissing,
        BearerError::Malformed => Error::AccessTokenInvalid,
    })
}
