//! Envoy's `ext_authz`: `envoy.service.auth.v3.Authorization` on the wire.
//!
//! To Envoy an empty response means "let it pass", and so does the status OK beside a denial. So only one
//! function, [`respond`], makes responses, from a [`Decision`].

use std::sync::Arc;

use claviger_token::claims::Claims;
use tonic::{Code, Request, Response, Status};
use tonic_types::pb::Status as RpcStatus;

use crate::{
    domain::call,
    gateway::{Asked, Decision, Demands, Denial, Judge, decide, headers, preflight},
    grpc::{
        backend::backend,
        contracts::envoy::{
            config::core::v3::{
                HeaderValue, HeaderValueOption, header_value_option::HeaderAppendAction,
            },
            service::auth::v3::{
                AttributeContext, CheckRequest, CheckResponse, DeniedHttpResponse, OkHttpResponse,
                attribute_context::HttpRequest, authorization_server::Authorization,
                check_response::HttpResponse,
            },
            r#type::v3::{HttpStatus, StatusCode},
        },
    },
    telemetry::Occasional,
};

/// The largest request, in bytes: Envoy sends every header, at most 60 KiB of them by default.
pub(super) const MAX_REQUEST_BYTES: usize = 256 * 1024;

const AUTHORIZATION: &str = "authorization";
const WWW_AUTHENTICATE: &str = "www-authenticate";

/// Handles the calls of Authorization.
pub(super) struct Service {
    judge: Arc<dyn Judge>,
}

impl Service {
    pub(super) fn new(judge: Arc<dyn Judge>) -> Self {
        Self { judge }
    }
}

#[tonic::async_trait]
impl Authorization for Service {
    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let judge = judge_for(&self.judge, &request);
        let attributes = request.into_inner().attributes.unwrap_or_default();
        Ok(Response::new(check(&*judge, &attributes).await))
    }
}

/// The judge for the gateway that asks. `claviger agent` serves one gateway, and does not identify it.
fn judge_for<T>(judge: &Arc<dyn Judge>, request: &Request<T>) -> Arc<dyn Judge> {
    let own = backend(request).ok().and_then(|it| Arc::clone(judge).for_backend(&it));
    own.unwrap_or_else(|| Arc::clone(judge))
}

/// Every request of a route that is set up wrong is denied with the same line.
static MISCONFIGURED: Occasional = Occasional::new(10);

async fn check(judge: &dyn Judge, attributes: &AttributeContext) -> CheckResponse {
    let http = attributes.request.as_ref().and_then(|request| request.http.as_ref());
    let came = http.map(headers_of).unwrap_or_default();
    let extensions = &attributes.context_extensions;
    let pairs = extensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let decision = match Demands::read(pairs) {
        Ok(demands) => {
            let authorization = values_of(&came, AUTHORIZATION);
            let method = http.map_or("", |http| http.method.as_str());
            let is_preflight = preflight::is_preflight(method, |name| values_of(&came, name).len());
            let asked = Asked { authorization: &authorization, is_preflight };
            decide(judge, asked, &demands).await
        }
        Err(error) => {
            if let Some(left_out) = MISCONFIGURED.due() {
                tracing::warn!(
                    %error,
                    left_out,
                    request_id = call::request_id(),
                    "denied: the gateway's `context_extensions` for the route are not valid"
                );
            }
            Decision::Deny(Denial::NotAllowed)
        }
    };
    log(&decision, http);
    respond(&decision, came.iter().map(|(name, _)| name.as_str()))
}

/// The names and values of the request's headers, in either of the forms that Envoy can send. A value that
/// is not UTF-8 is kept in a form that no token has.
fn headers_of(http: &HttpRequest) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| match value.raw_value.as_slice() {
        [] => value.value.clone(),
        raw => String::from_utf8_lossy(raw).into_owned(),
    };
    let plain = http.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    let raw = http.header_map.iter().flat_map(|map| &map.headers);
    plain.chain(raw.map(|header| (header.key.clone(), text(header)))).collect()
}

fn values_of<'a>(headers: &'a [(String, String)], wanted: &str) -> Vec<&'a str> {
    let is_wanted = |name: &str| name.eq_ignore_ascii_case(wanted);
    headers.iter().filter(|(name, _)| is_wanted(name)).map(|(_, value)| value.as_str()).collect()
}

/// One line for every decision, without data that only the person and the upstream should see.
fn log(decision: &Decision, http: Option<&HttpRequest>) {
    let gateway_request_id = http.map_or("", |http| http.id.as_str());
    let request_id = call::request_id();
    match decision {
        Decision::Allow(_) => tracing::debug!(gateway_request_id, request_id, "gateway: passes"),
        Decision::Deny(denial) => {
            let denial = denial.name();
            tracing::info!(gateway_request_id, denial, request_id, "gateway: denied");
        }
    }
}

/// The response to a decision on a request with headers of these names. Nothing else makes responses.
fn respond<'a>(decision: &Decision, came: impl Iterator<Item = &'a str>) -> CheckResponse {
    match decision {
        Decision::Allow(claims) => CheckResponse {
            status: Some(status(Code::Ok, "")),
            http_response: Some(HttpResponse::OkResponse(passage(claims.as_deref(), came))),
        },
        Decision::Deny(denial) => CheckResponse {
            status: Some(status(code(*denial), denial.sentence())),
            http_response: Some(HttpResponse::DeniedResponse(refusal(*denial))),
        },
    }
}

fn status(code: Code, message: &str) -> RpcStatus {
    RpcStatus { code: code.into(), message: message.to_owned(), details: Vec::new() }
}

/// Sets each identity header, or removes it if it has no value; removes everything that an upstream may read as one.
fn passage<'a>(claims: Option<&Claims>, came: impl Iterator<Item = &'a str>) -> OkHttpResponse {
    let values = match claims {
        Some(claims) => headers::of(claims),
        None => headers::IDENTITY.map(|name| (name, String::new())),
    };
    let (empty, values): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|(_, value)| value.is_empty());
    let set = values.into_iter().map(|(name, value)| overwriting(name, value)).collect();
    // Envoy removes after it sets, so a header that is set must not be removed. The misspellings are
    // always removed, since Envoy may be configured to send us only some of the headers.
    let mut removed = headers::misspellings().to_vec();
    removed.extend(empty.into_iter().map(|(name, _)| name.to_owned()));
    let ours = came.filter(|name| headers::resembles_ours(name)).map(str::to_ascii_lowercase);
    removed.extend(ours.filter(|name| !headers::IDENTITY.contains(&name.as_str())));
    OkHttpResponse { headers: set, headers_to_remove: removed }
}

fn refusal(denial: Denial) -> DeniedHttpResponse {
    let challenge = denial.challenge();
    let headers = challenge.map(|value| overwriting(WWW_AUTHENTICATE, value.to_string()));
    DeniedHttpResponse {
        status: Some(HttpStatus { code: http_status(denial).into() }),
        headers: headers.into_iter().collect(),
        body: String::new(),
    }
}

/// A header that replaces every other of its name, in the fields of older and of newer releases.
fn overwriting(name: &str, value: String) -> HeaderValueOption {
    let header = HeaderValue { key: name.to_owned(), value, raw_value: Vec::new() };
    HeaderValueOption {
        header: Some(header),
        append: Some(false),
        append_action: HeaderAppendAction::OverwriteIfExistsOrAdd.into(),
    }
}

fn code(denial: Denial) -> Code {
    match denial {
        Denial::MissingToken | Denial::InvalidToken(_) | Denial::StepUpNeeded { .. } => {
            Code::Unauthenticated
        }
        Denial::MissingGroup | Denial::NotAllowed => Code::PermissionDenied,
        Denial::Unavailable => Code::Unavailable,
    }
}

fn http_status(denial: Denial) -> StatusCode {
    match denial {
        Denial::MissingToken | Denial::InvalidToken(_) | Denial::StepUpNeeded { .. } => {
            StatusCode::Unauthorized
        }
        Denial::MissingGroup | Denial::NotAllowed => StatusCode::Forbidden,
        Denial::Unavailable => StatusCode::ServiceUnavailable,
    }
}

#[cfg(test)]
mod tests;
