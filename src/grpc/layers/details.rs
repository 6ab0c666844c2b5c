//! Adds typed details to the errors that tonic itself returns.

use http::Response;
use tonic::{Code, Status};

use crate::grpc::status::EdgeRefusal;

/// Completes an error response that carries no `grpc-status-details-bin`.
pub fn complete<B>(response: &mut Response<B>) {
    let headers = response.headers();
    if headers.contains_key(Status::GRPC_STATUS_DETAILS) {
        return;
    }
    let Some(bare) = Status::from_header_map(headers) else { return };
    if bare.code() == Code::Ok {
        return;
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
