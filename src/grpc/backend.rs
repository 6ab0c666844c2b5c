//! Which backend calls the internal port: by key, by certificate, or from this machine.
//!
//! For gRPC, [`Backends`] is an interceptor around each service; health and reflection have none. An
//! HTTP route calls [`of_http`] with its request's headers and extensions. Either way the
//! answer is good for one call: the next one on the same connection is asked again.

use std::sync::Arc;

use claviger_token::bearer::{BearerError, bearer};
use http::{Extensions, HeaderMap, HeaderName};
use tonic::{Request, Status, service::Interceptor};

use crate::{
    domain::{
        Error, Result,
        service_accounts::{Backends, Credentials},
    },
    model::{
        certificate::ClientCertificate,
        service_account::{Backend, ServiceAccount},
    },
};

use super::stream_authorization::Standing;

/// Where a service account's key travels over HTTP, without a scheme before it: `authorization` is the
/// person's there.
pub const SERVICE_KEY: HeaderName = HeaderName::from_static("x-claviger-service-key");

/// The backend that sent an HTTP request, by its header [`SERVICE_KEY`] or by the certificate that the
/// listener put among its extensions.
///
/// # Errors
/// `CallerUnknown`.
pub fn of_http(
    backends: &Backends,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Backend> {
    let key = only(headers, &SERVICE_KEY)?;
    backends.find(&Credentials::new(key, certificate(extensions)))
}

fn of_call(backends: &Backends, request: &Request<()>) -> Result<(Backend, Standing)> {
    let key = service_key(request.metadata().as_ref())?;
    let shown = Credentials::new(key, certificate(request.extensions()));
    let backend = backends.find(&shown)?;
    let standing = Standing::new(backends.clone(), shown, backend.clone());
    Ok((backend, standing))
}

/// Puts the [`Backend`] and its [`Standing`] among the request's extensions.
impl Interceptor for Backends {
    fn call(&mut self, mut request: Request<()>) -> std::result::Result<Request<()>, Status> {
        let (backend, standing) = of_call(self, &request)?;
        request.extensions_mut().insert(backend);
        request.extensions_mut().insert(standing);
        Ok(request)
    }
}

/// Who calls, as the interceptor found out.
///
/// # Errors
/// `CallerUnknown` where no interceptor did: nobody gets in by a service that was put up without.
pub fn backend<T>(request: &Request<T>) -> Result<Backend> {
    request.extensions().get::<Backend>().cloned().ok_or(Error::CallerUnknown)
}

/// The standing of who calls, for a stream.
///
/// # Errors
/// Like [`backend`].
pub fn standing<T>(request: &Request<T>) -> Result<Standing> {
    request.extensions().get::<Standing>().cloned().ok_or(Error::CallerUnknown)
}

/// The operator that calls.
///
/// # Errors
/// `CallerUnknown` for who shows nothing, also from this machine; `OperatorOnly`.
pub fn operator<T>(request: &Request<T>) -> Result<Arc<ServiceAccount>> {
    match backend(request)? {
        Backend::Local => Err(Error::CallerUnknown),
        Backend::Account(account) if account.is_operator => Ok(account),
        Backend::Account(_) => Err(Error::OperatorOnly),
    }
}

fn certificate(extensions: &Extensions) -> Option<Arc<ClientCertificate>> {
    extensions.get::<Arc<ClientCertificate>>().map(Arc::clone)
}

/// The service key in `authorization`, if there is such a header. Anything else in it shows no caller,
/// and a caller that shows something must be known.
fn service_key(headers: &HeaderMap) -> Result<Option<&str>> {
    match bearer(headers) {
        Ok(key) => Ok(Some(key)),
        Err(BearerError::Missing) => Ok(None),
        Err(BearerError::OtherScheme | BearerError::Malformed) => Err(Error::CallerUnknown),
    }
}

/// The one value of a header. Two could be read differently by us and by a proxy before us.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::CallerUnknown);
    }
    value.to_str().map(Some).map_err(|_| Error::CallerUnknown)
}
