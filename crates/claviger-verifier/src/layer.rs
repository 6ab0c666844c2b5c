//! The verifier as a layer: before a whole server, or before some of its routes.
//!
//! Works for whatever takes `http::Request`: tonic's servers and axum's routers alike.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use claviger_token::bearer::{self, BearerError};
use futures_util::future::{BoxFuture, Either, Ready, ready};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tower::{Layer, Service};

use super::{Claims, Refusal, Requirements, Verifier};

/// Lets only calls with a good token pass, and tells the service whose it is.
///
/// The service finds `Arc<Claims>` in the extensions of the request, and nobody else can put them
/// there. Everything else is answered here: gRPC calls with a status and Claviger's `ErrorInfo`, other
/// requests with 401 and `www-authenticate` (RFC 6750 §3), or 503 and `retry-after` while tokens
/// cannot be judged.
///
/// What the layer stands before is up to you; it asks for a token whatever the path. For tonic,
/// `tonic::service::LayerExt::named_layer` puts it before one service, so that health and reflection
/// stay open; for axum, `Router::route_layer` before the routes added so far. A layer that answers
/// CORS preflights goes outside, since browsers send those without a token.
#[derive(Debug, Clone)]
pub struct VerifierLayer {
    verifier: Verifier,
    max_auth_age: Option<Duration>,
}

/// What [`VerifierLayer`] makes of a service.
#[derive(Debug, Clone)]
pub struct VerifierService<S> {
    layer: VerifierLayer,
    inner: S,
}

impl Verifier {
    /// A layer that lets only calls with a good token pass.
    pub fn layer(&self) -> VerifierLayer {
        let max_auth_age = self.requirements().max_auth_age;
        VerifierLayer { verifier: self.clone(), max_auth_age }
    }
}

impl VerifierLayer {
    /// The same, for what needs a sign-in no older than this.
    #[must_use]
    pub fn with_max_auth_age(self, max_auth_age: Duration) -> Self {
        Self { max_auth_age: Some(max_auth_age), ..self }
    }

    fn verify(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Refusal> {
        self.verify_token(bearer(headers)?)
    }

    fn verify_token(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let requirements =
            Requirements { max_auth_age: self.max_auth_age, ..self.verifier.requirements() };
        self.verifier.verify_with(token, requirements)
    }

    /// The token of a refused call that may be good once a key has arrived.
    fn worth_waiting<'h>(&self, headers: &'h HeaderMap, refusal: Refusal) -> Option<&'h str> {
        let token = bearer(headers).ok().filter(|_| refusal == Refusal::Malformed)?;
        self.verifier.may_learn_key(token).then_some(token)
    }

    fn refuse<R: Default>(&self, refusal: Refusal, headers: &HeaderMap) -> Response<R> {
        match headers.get(header::CONTENT_TYPE).filter(|it| is_grpc(it)) {
            Some(dialect) => {
                let mut response = refusal.to_status().into_http();
                // gRPC-web clients want their own name back.
                response.headers_mut().insert(header::CONTENT_TYPE, dialect.clone());
                response
            }
            None => {
                let (status, name, value) = refusal.to_http(self.max_auth_age);
                let mut response = Response::new(R::default());
                *response.status_mut() = status;
                response.headers_mut().insert(name, value);
                response
            }
        }
    }
}

impl<S> Layer<S> for VerifierLayer {
    type Service = VerifierService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        VerifierService { layer: self.clone(), inner }
    }
}

impl<S, B, R> Service<Request<B>> for VerifierService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<
        S::Future,
        Either<
            Ready<Result<Self::Response, Self::Error>>,
            BoxFuture<'static, Result<Self::Response, Self::Error>>,
        >,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.layer.verify(request.headers()) {
            Ok(claims) => {
                introduce(&mut request, claims);
                Either::Left(self.inner.call(request))
            }
            Err(refusal) if self.layer.worth_waiting(request.headers(), refusal).is_some() => {
                // The clone has not been asked whether it is ready; the service that has is taken.
                let clone = self.inner.clone();
                let inner = std::mem::replace(&mut self.inner, clone);
                Either::Right(Either::Right(Box::pin(wait(self.layer.clone(), inner, request))))
            }
            Err(refusal) => {
                let response = self.layer.refuse(refusal, request.headers());
                Either::Right(Either::Left(ready(Ok(response))))
            }
        }
    }
}

#[cfg(test)]
impl VerifierLayer {
    /// Whom it asks.
    pub(super) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// Waits for the key of the call's token, and decides then.
async fn wait<S, B, R>(
    layer: VerifierLayer,
    mut inner: S,
    mut request: Request<B>,
) -> Result<Response<R>, S::Error>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    // A copy, so that the request, which may not be shared between threads, is not borrowed.
    let token = bearer(request.headers()).map(ToOwned::to_owned);
    let verified = match token {
        Ok(token) => match layer.verifier.wait_for_key(&token).await {
            Ok(_is_known) => layer.verify_token(&token),
            Err(refusal) => Err(refusal),
        },
        Err(refusal) => Err(refusal),
    };
    match verified {
        Ok(claims) => {
            introduce(&mut request, claims);
            inner.call(request).await
        }
        Err(refusal) => Ok(layer.refuse(refusal, request.headers())),
    }
}

/// Says who calls, and takes away what anybody else said of it.
fn introduce<B>(request: &mut Request<B>, claims: Arc<Claims>) {
    let extensions = request.extensions_mut();
    extensions.remove::<Claims>();
    extensions.insert(claims);
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    bearer::bearer(headers).map_err(|error| match error {
        BearerError::Missing | BearerError::OtherScheme => Refusal::Missing,
        BearerError::Malformed => Refusal::Malformed,
    })
}

/// Whether a content type is one of gRPC's.
fn is_grpc(content_type: &HeaderValue) -> bool {
    let Some(rest) = content_type.as_bytes().strip_prefix(b"application/grpc") else {
        return false;
    };
    matches!(rest.first(), None | Some(b'+' | b';' | b'-'))
}
