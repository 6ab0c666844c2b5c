//! The backend that calls the internal port: a service account by its key or certificate, or a program of
//! this machine.
//!
//! [`Backends`] is an interceptor around each service; health and reflection have none. Each call is
//! identified anew, also on a connection that had one before.

use std::sync::Arc;

use claviger_token::bearer::{BearerError, bearer};
use http::HeaderMap;
use tonic::{Request, Status, service::Interceptor};

use crate::{
    domain::{
        Error, Result,
        service_accounts::{Backends, Credentials},
    },
    model::{certificate::ClientCertificate, service_account::Backend},
};

use super::stream_authorization::StreamAuthorization;

/// Adds the [`Backend`] and its [`StreamAuthorization`] to the request's extensions.
impl Interceptor for Backends {
    fn call(&mut self, mut request: Request<()>) -> std::result::Result<Request<()>, Status> {
        let shown = credentials(&request)?;
        let backend = self.find(&shown)?;
        let authorization = StreamAuthorization::new(self.clone(), shown, backend.clone());
        request.extensions_mut().insert(backend);
        request.extensions_mut().insert(authorization);
        Ok(request)
    }
}

/// The backend that calls, as the interceptor identified it.
///
/// # Errors
/// `CallerUnknown` without an interceptor, so that a service which lacks one has no callers.
pub fn backend<T>(request: &Request<T>) -> Result<Backend> {
    request.extensions().get::<Backend>().cloned().ok_or(Error::CallerUnknown)
}

/// The authorization of the backend that calls, for a stream.
///
/// # Errors
/// Like [`backend`].
pub fn stream_authorization<T>(request: &Request<T>) -> Result<StreamAuthorization> {
    request.extensions().get::<StreamAuthorization>().cloned().ok_or(Error::CallerUnknown)
}

/// The key and the certificate of a call; the listener adds the certificate to the extensions.
fn credentials(request: &Request<()>) -> Result<Credentials> {
    let key = service_key(request.metadata().as_ref())?;
    let certificate = request.extensions().get::<Arc<ClientCertificate>>().map(Arc::clone);
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
