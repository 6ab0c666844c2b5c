//! Finds the service of a call by the path, and who may call it.
//!
//! tonic's own router clones every service and boxes every layer around it for each call. Here a call costs a
//! look-up, and a count of the references to its service.

use std::{
    collections::HashMap,
    convert::Infallible,
    future, mem,
    sync::{Arc, OnceLock},
};

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

    /// Adds a service that any caller may call, and that its first call makes. If it cannot be made, its calls get
    /// that status.
    #[must_use]
    pub fn made_late<S, M>(self, make: M) -> Self
    where
        S: Generated,
        M: Fn() -> Result<S, Status> + Send + Sync + 'static,
    {
        let late = Late { make, made: OnceLock::new() };
        self.add::<S>(Entry { guard: None, service: Box::new(late) })
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

/// A service that is made when it is first called.
struct Late<S, M> {
    make: M,
    made: OnceLock<Result<S, Status>>,
}

impl<S, M> Call for Late<S, M>
where
    S: Generated,
    M: Fn() -> Result<S, Status> + Send + Sync,
{
    fn call(&self, request: Request<Messages>) -> BoxFuture<Response<Body>, Infallible> {
        match self.made.get_or_init(&self.make) {
            Ok(service) => Call::call(service, request),
            Err(status) => Box::pin(future::ready(Ok(status.clone().into_http()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::IpAddr,
        sync::atomic::{AtomicUsize, Ordering},
        task::{Context, Poll},
    };

    use tonic::Code;

    use super::*;
    use crate::grpc::layers::{Port, framing::Receiving};

    #[derive(Clone)]
    struct Empty;

    impl NamedService for Empty {
        const NAME: &'static str = "test.Empty";
    }

    impl Service<Request<Messages>> for Empty {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Messages>) -> Self::Future {
            Box::pin(future::ready(Ok(Response::default())))
        }
    }

    /// The code of a call's headers; `None` while they have none.
    async fn called(services: &Dispatch) -> Option<Code> {
        let receiving = Receiving::new(Port::Public);
        let caller = IpAddr::from([127, 0, 0, 1]);
        let messages = Messages::new(axum::body::Body::empty(), caller, receiving, None);
        let service = services.find("/test.Empty/Call").unwrap();
        let Ok(response) = service.call(Request::new(messages)).unwrap().await;
        Status::from_header_map(response.headers()).map(|it| it.code())
    }

    #[tokio::test]
    async fn a_service_made_late_is_made_by_its_first_call_and_once() {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let services = Dispatch::default().made_late(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Empty)
        });
        assert_eq!(made.load(Ordering::Relaxed), 0);

        assert_eq!(called(&services).await, None);
        assert_eq!(called(&services).await, None);
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn calls_of_a_service_that_cannot_be_made_get_its_status() {
        let services =
            Dispatch::default().made_late(|| Err::<Empty, _>(Status::internal("on purpose")));

        assert_eq!(called(&services).await, Some(Code::Internal));
    }
}
