//! The path of a call in plain gRPC, from the edge to its service and back: one future, whose state is shared
//! by reference.
//!
//! In order: the line of the log, the end of streams, the deadline, the source of what is charged, panics,
//! details of errors, the framing of messages, the service.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use http::{Request, Response};
use tonic::{Status, body::Body as Answer};

use crate::{
    domain::{
        call,
        source::{self, Source},
    },
    grpc::{
        dispatch::{Dispatch, Entry},
        status::EdgeRefusal,
    },
    model::event::Call,
};

use super::{
    Settings,
    access_log::{Failures, Line, Protocol},
    body::{CallBody, Watch},
    deadline, details,
    edge::mark_secrets,
    framing::{self, Messages, Receiving},
    panics,
    streams::Streams,
};

/// What the calls of a port share.
pub(super) struct Calls {
    pub(super) services: Dispatch,
    receiving: Receiving,
    streams: Arc<Streams>,
    request_timeout: Duration,
    failures: Arc<Failures>,
}

/// A call that has arrived.
pub(super) struct Arrived {
    /// The service that it is for, if the port has it.
    pub(super) service: Option<Arc<Entry>>,
    /// Where it comes from, and its id.
    pub(super) call: Arc<Call>,
    /// The protocol of its client.
    pub(super) protocol: Protocol,
}

impl Calls {
    /// No calls yet.
    pub(super) fn new(services: Dispatch, settings: &Settings) -> Self {
        Self {
            services,
            receiving: Receiving::new(settings.port),
            streams: Arc::new(Streams::new(settings.port, settings.shutdown.clone())),
            request_timeout: settings.request_timeout,
            failures: Arc::default(),
        }
    }

    /// Answers a call. Its line is logged when its response ends, or is abandoned.
    pub(super) async fn answer(
        &self,
        mut request: Request<Body>,
        arrived: Arrived,
    ) -> Response<CallBody> {
        mark_secrets(request.headers_mut());
        let Arrived { service, call, protocol } = arrived;
        let caller = call.origin.address;
        let mut line = Line::start(request.uri(), &call, protocol, &self.failures);
        let fault = framing::fault(request.uri().path());
        let (head, body) = request.into_parts();
        let messages = Messages::new(body, caller, self.receiving.clone(), fault.clone());
        let mut response = self.run(service, call, Request::from_parts(head, messages)).await;
        details::complete(&mut response);
        mark_secrets(response.headers_mut());
        if line.answered(&response) {
            return response.map(CallBody::ended);
        }
        let streams = Arc::clone(&self.streams);
        // The body owns the line: one that is dropped before its trailers was abandoned.
        let watch = Watch { line, caller, streams, ending: Default::default(), fault };
        response.map(|inner| CallBody::watched(inner, watch))
    }

    /// Runs the service in time, with the [`Source`] of the call and as this [`Call`].
    async fn run(
        &self,
        service: Option<Arc<Entry>>,
        call: Arc<Call>,
        request: Request<Messages>,
    ) -> Response<Answer> {
        let deadline = match deadline::of(request.headers(), self.request_timeout) {
            Ok(deadline) => deadline,
            Err(refusal) => return Status::from(refusal).into_http(),
        };
        let source = Source::anonymous(call.origin.address);
        let handled = panics::caught(handle(service, request));
        let work = source::of(source, call::of(call, handled));
        deadline::enforce(deadline, work)
            .await
            .unwrap_or_else(|refusal| Status::from(refusal).into_http())
    }
}

/// Calls the service, whose future takes the place of the request.
async fn handle(service: Option<Arc<Entry>>, request: Request<Messages>) -> Response<Answer> {
    let called = match &service {
        Some(service) => service.call(request),
        None => Err(EdgeRefusal::MethodNotFound.into()),
    };
    match called {
        Ok(answering) => {
            let Ok(response) = answering.await;
            response
        }
        Err(status) => status.into_http(),
    }
}
