//! Adds typed details to the errors that tonic itself returns.

use axum::{extract::Request, middleware::Next, response::Response};
use tonic::{Code, Status};

use crate::grpc::status::EdgeRefusal;

/// Completes an error response that carries no `grpc-status-details-bin`.
pub async fn complete(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(bare) = Status::from_header_map(response.headers()) else { return response };
    if bare.code() == Code::Ok || !bare.details().is_empty() {
        return response;
    }
    if let Some(refusal) = meaning(bare.code(), bare.message()) {
        let message = match bare.message() {
            "" => "the server has no such method",
            message => message.strip_prefix("Error, ").unwrap_or(message),
        };
        let complete = refusal.with_message(message);
        // Other headers stay; a failure leaves the response as it was.
        let _ = complete.add_header(response.headers_mut());
    }
    response
}

/// The refusal that one of tonic's own statuses stands for. Statuses of other services, such as NOT_FOUND
/// of the health service, stay as they are.
fn meaning(code: Code, message: &str) -> Option<EdgeRefusal> {
    match code {
        Code::OutOfRange | Code::ResourceExhausted if message.contains("too large") => {
            Some(EdgeRefusal::MessageTooLarge)
        }
        Code::Unimplemented if message.starts_with("Content is compressed with") => {
            Some(EdgeRefusal::CompressionUnknown)
        }
        Code::Unimplemented => Some(EdgeRefusal::MethodNotFound),
        // tonic's own codec, which health and reflection use, blames the server for what the caller sent.
        Code::Internal if message.starts_with("failed to decode Protobuf message") => {
            Some(EdgeRefusal::MessageMalformed)
        }
        Code::InvalidArgument => Some(EdgeRefusal::MessageMalformed),
        Code::DeadlineExceeded => Some(EdgeRefusal::DeadlineExceeded),
        Code::Unavailable => Some(EdgeRefusal::Overloaded),
        Code::Internal | Code::Unknown => Some(EdgeRefusal::Internal),
        _ => None,
    }
}
