//! Gives the errors that tonic itself makes the details that ours have.

use axum::{extract::Request, middleware::Next, response::Response};
use claviger_proto::{pb::ErrorReason, refusal::refusal};
use tonic::{Code, Status};

/// Completes an error response that carries no `grpc-status-details-bin`.
pub async fn complete(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(bare) = Status::from_header_map(response.headers()) else { return response };
    if bare.code() == Code::Ok || !bare.details().is_empty() {
        return response;
    }
    if let Some((reason, code)) = meaning(bare.code(), bare.message()) {
        let message = match bare.message() {
            "" => "the server has no such method",
            message => message.strip_prefix("Error, ").unwrap_or(message),
        };
        let complete = refusal(reason, code, message, None);
        // Headers that are not about the status stay; a failure leaves the response as it was.
        let _ = complete.add_header(response.headers_mut());
    }
    response
}

/// What a status of tonic's own making means in our vocabulary. Other services' own answers, such
/// as NOT_FOUND of the health service, are left alone.
fn meaning(code: Code, message: &str) -> Option<(ErrorReason, Code)> {
    match code {
        Code::OutOfRange | Code::ResourceExhausted if message.contains("too large") => {
            Some((ErrorReason::MessageTooLarge, Code::ResourceExhausted))
        }
        // gRPC asks for this code when a message is compressed in a way the server does not know.
        Code::Unimplemented if message.starts_with("Content is compressed with") => {
            Some((ErrorReason::MessageMalformed, code))
        }
        Code::Unimplemented => Some((ErrorReason::MethodNotFound, code)),
        Code::Internal if is_framing_fault(message) => {
            Some((ErrorReason::MessageMalformed, Code::InvalidArgument))
        }
        Code::InvalidArgument => Some((ErrorReason::MessageMalformed, code)),
        Code::DeadlineExceeded => Some((ErrorReason::DeadlineExceeded, code)),
        Code::Unavailable => Some((ErrorReason::Overloaded, code)),
        Code::Internal | Code::Unknown => Some((ErrorReason::Internal, Code::Internal)),
        _ => None,
    }
}

/// Whether tonic blames the server for what the caller sent (tonic 0.14, codec/decode.rs and
/// server/grpc.rs).
fn is_framing_fault(message: &str) -> bool {
    [
        "Missing request message",
        "Unexpected EOF decoding stream",
        "protocol error: received message",
    ]
    .iter()
    .any(|start| message.starts_with(start))
}
