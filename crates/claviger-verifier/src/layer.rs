//! The verifier as a tower layer that guards a whole server or some of its routes.
//!
//! Works for every service that takes an `http::Request`, such as those of tonic and axum.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use claviger_token::{
    bearer::{self, BearerError},
    group::Groups,
};
use futures_util::future::{BoxFuture, Either, Ready, ready};
use http::{HeaderMap, HeaderValue, Request, Response, header};
use tower::{Layer, Service};

use crate::{Claims, Refusal, Requirements, Verifier};

/// A tower layer that passes on only requests with a valid token.
///
/// The guarded service finds [`Arc<Claims>`](Claims) in the extensions of the request; claims that were
/// there before are replaced. Other requests are refused: gRPC calls with a status
/// ([`Refusal::to_status`]), all others with 401, 403 or 503 ([`Refusal::to_http`]). The `content-type`
/// decides which.
///
/// The layer requires a token on every path that it guards. For tonic,
/// `tonic::service::LayerExt::named_layer` guards one service, so that health checks and reflection stay
/// open. For axum, `Router::route_layer` guards the routes that were added before it. A CORS layer goes
/// outside, since browsers send preflight requests without a token.
#[derive(Debug, Clone)]
pub struct VerifierLayer {
    verifier: Verifier,
    max_auth_age: Option<Duration>,
    groups: Option<Arc<Groups>>,
}

/// A service that is guarded by a [`VerifierLayer`].
#[derive(Debug, Clone)]
pub struct VerifierService<S> {
    layer: VerifierLayer,
    inner: S,
}

impl Verifier {
    /// A layer that passes on only requests with a token that meets the requirements of the settings.
    pub fn layer(&self) -> VerifierLayer {
        let Requirements { max_auth_age, groups, .. } = self.requirements();
        let groups = groups.cloned().map(Arc::new);
        VerifierLayer { verifier: self.clone(), max_auth_age, groups }
    }
}

impl VerifierLayer {
    /// The same layer, for routes that need a sign-in no older than this instead of
    /// [`Settings::max_auth_age`](crate::Settings::max_auth_age).
    #[must_use]
    pub fn with_max_auth_age(self, max_auth_age: Duration) -> Self {
        Self { max_auth_age: Some(max_auth_age), ..self }
    }

    /// The same layer, for routes that only accounts in at least one of these groups may call, instead of
    /// those of [`Settings::groups`](crate::Settings::groups).
    #[must_use]
    pub fn with_groups(self, groups: Groups) -> Self {
        Self { groups: Some(Arc::new(groups)), ..self }
    }

    fn verify(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Refusal> {
        self.verify_token(bearer(headers)?)
    }

    fn verify_token(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let requirements = Requirements {
            max_auth_age: self.max_auth_age,
            groups: self.groups.as_deref(),
            ..self.verifier.requirements()
        };
        self.verifier.verify_with(token, requirements)
    }

    /// The token of a refused request, if it may be valid once a key has arrived.
    fn worth_waiting<'h>(&self, headers: &'h HeaderMap, refusal: Refusal) -> Option<&'h str> {
        let token = bearer(headers).ok().filter(|_| refusal == Refusal::Malformed)?;
        self.verifier.may_learn_key(token).then_some(token)
    }

    fn refuse<R: Default>(&self, refusal: Refusal, headers: &HeaderMap) -> Response<R> {
        match headers.get(header::CONTENT_TYPE).filter(|it| is_grpc(it)) {
            Some(content_type) => {
                let mut response = refusal.to_status().into_http();
                // gRPC-web clients expect their own content type.
                response.headers_mut().insert(header::CONTENT_TYPE, content_type.clone());
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
                insert_claims(&mut request, claims);
                Either::Left(self.inner.call(request))
            }
            Err(refusal) if self.layer.worth_waiting(request.headers(), refusal).is_some() => {
                // Only `self.inner` was polled for readiness, so it is used and the clone is kept.
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
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// Waits for the key of the request's token and verifies it again.
async fn wait<S, B, R>(
    layer: VerifierLayer,
    mut inner: S,
    mut request: Request<B>,
) -> Result<Response<R>, S::Error>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    // A copy, so that the request, which need not be `Sync`, is not borrowed across the await.
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
            insert_claims(&mut request, claims);
            inner.call(request).await
        }
        Err(refusal) => Ok(layer.refuse(refusal, request.headers())),
    }
}

/// Puts the claims of the caller into the request, in place of any that were there.
fn insert_claims<B>(request: &mut Request<B>, claims: Arc<Claims>) {
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

/// Whether a content type is one of gRPC or gRPC-web.
fn is_grpc(content_type: &HeaderValue) -> bool {
    let Some(rest) = content_type.as_bytes().strip_prefix(b"application/grpc") else {
        return false;
    };
    matches!(rest.first(), None | Some(b'+' | b';' | b'-'))
}
