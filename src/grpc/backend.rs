//! The backend that calls the internal port: a service account by its key or certificate, or a program of
//! this machine.
//!
//! [`Backends`] guards each service; health and reflection have no guard. Each call is identified anew, also on
//! a connection that had one before.

use claviger_token::bearer::{BearerError, bearer};
use http::{Extensions, HeaderMap};
use tonic::{Request, Status};

use crate::{
    domain::{
        Error, Result,
        service_accounts::{Backends, Credentials},
    },
    model::{client::Sender, service_account::Backend},
};

use super::{dispatch::Guard, stream_authorization::StreamAuthorization};

impl Guard for Backends {
    fn admit(
        &self,
        headers: &HeaderMap,
        extensions: &mut Extensions,
    ) -> std::result::Result<(), Status> {
        let shown = credentials(headers, extensions)?;
        let backend = self.find(&shown)?;
        extensions.insert(StreamAuthorization::new(self.clone(), shown, backend));
        Ok(())
    }
}

/// The backend that calls, as the guard identified it.
///
/// # Errors
/// `CallerUnknown` without a guard, so that a service which lacks one has no callers.
pub fn backend<T>(request: &Request<T>) -> Result<Backend> {
    let caller = request.extensions().get::<StreamAuthorization>();
    caller.map(|it| it.backend().clone()).ok_or(Error::CallerUnknown)
}

/// The authorization of the backend that calls, for a stream.
///
/// # Errors
/// Like [`backend`].
pub fn stream_authorization<T>(request: &Request<T>) -> Result<StreamAuthorization> {
    request.extensions().get::<StreamAuthorization>().cloned().ok_or(Error::CallerUnknown)
}

/// The key and the certificate of a call; the connection adds the certificate to the extensions.
fn credentials(headers: &HeaderMap, extensions: &Extensions) -> Result<Credentials> {
    let key = service_key(headers)?;
    let certificate = extensions.get::<Sender>().and_then(|it| it.certificate.clone());
    Ok(Credentials::new(key, certificate))
}

/// The service key in `authorization`, if the header exists. Anything else in it identifies no service
/// account, and credentials must identify one.
fn service_key(headers: &HeaderMap) -> Result<Option<&str>> {
    match bearer(headers) {
        Ok(key) => Ok(Some(key)),
        Err(BearerError::Missing) => Ok(None),
        Err(BearerError::OtherScheme | BearerError::Malformed) => Err(Error::CallerUnknown),
    }
}
