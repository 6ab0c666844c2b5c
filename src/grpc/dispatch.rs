//! Finds the service of a call by the path, and who may call it.
//!
//! tonic's own router clones every service and boxes every layer around it for each call. Here a call costs a
//! look-up, and a count of the references to its service.

use std::{collections::HashMap, convert::Infallible, mem, sync::Arc};

use http::{Extensions, HeaderMap, Request, Response};
use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service},
    server::NamedService,
};

use super::layers::framing::Messages;

/// Identifies the callers of a service.
pub trait Guard: Send + Sync + 'static {
    /// Adds the caller to the extensions of its request, or refuses the call.
    ///
    /// # Errors
    /// The status of a call that is refused.
    fn admit(&self, headers: &HeaderMap, extensions: &mut Extensions) -> Result<(), Status>;
}

/// A service as it is generated, whose calls are answered by a future of their own.
pub trait Generated:
    Service<
        Request<Messages>,
        Response = Response<Body>,
        Error = Infallible,
        Future = BoxFuture<Response<Body>, Infallible>,
    > + NamedService
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Generated for S where
    S: Service<
            Request<Messages>,
            Response = Response<Body>,
            Error = Infallible,
            Future = BoxFuture<Response<Body>, Infallible>,
        > + NamedService
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// The services of a port.
#[derive(Default)]
pub struct Dispatch {
    services: HashMap<&'static str, Arc<Entry>>,
}

/// One of them.
pub struct Entry {
    guard: Option<Arc<dyn Guard>>,
    service: Box<dyn Call>,
}

impl Dispatch {
    /// Adds a service that any caller may call.
    #[must_use]
    pub fn with<S: Generated>(self, service: S) -> Self {
        self.add::<S>(Entry { guard: None, service: Box::new(service) })
    }

    /// Adds a service whose callers are identified first.
    #[must_use]
    pub fn guarded<S: Generated>(self, guard: &Arc<dyn Guard>, service: S) -> Self {
        let guard = Some(Arc::clone(guard));
        self.add::<S>(Entry { guard, service: Box::new(service) })
    }

    fn add<S: NamedService>(mut self, entry: Entry) -> Self {
        self.services.insert(S::NAME, Arc::new(entry));
        self
    }

    /// The service of a path such as `/claviger.v1.TokenService/ValidateToken`.
    pub fn find(&self, path: &str) -> Option<&Arc<Entry>> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        self.services.get(service).filter(|_| !method.is_empty())
    }
}

impl Entry {
    /// Calls the service for a caller that its guard admits.
    ///
    /// # Errors
    /// The status of a call that the guard refuses.
    pub fn call(
        &self,
        mut request: Request<Messages>,
    ) -> Result<BoxFuture<Response<Body>, Infallible>, Status> {
        if let Some(guard) = &self.guard {
            let mut extensions = mem::take(request.extensions_mut());
            guard.admit(request.headers(), &mut extensions)?;
            *request.extensions_mut() = extensions;
        }
        Ok(self.service.call(request))
    }
}

/// Calls a copy of the service: calls run at once, and calling one needs it alone.
trait Call: Send + Sync {
    fn call(&self, request: Request<Messages>) -> BoxFuture<Response<Body>, Infallible>;
}

impl<S: Generated> Call for S {
    fn call(&self, request: Request<Messages>) -> BoxFuture<Response<Body>, Infallible> {
        Service::call(&mut self.clone(), request)
    }
}
