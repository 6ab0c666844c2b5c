//! The form of a refusal: a gRPC status with typed details (`google.rpc.ErrorInfo`).

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::pb::ErrorReason;

/// The `domain` in the `google.rpc.ErrorInfo` of every refusal.
pub const ERROR_DOMAIN: &str = "claviger";

/// A status with a code, a message, and [`details`]. `retry_after` is set where a retry may succeed.
pub fn refusal(
    reason: ErrorReason,
    code: Code,
    message: impl Into<String>,
    retry_after: Option<Duration>,
) -> Status {
    Status::with_error_details(code, message, details(reason, retry_after))
}

/// The name of a reason in `google.rpc.ErrorInfo.reason`, such as `SESSION_ENDED`: without the prefix
/// that the protobuf style guide requires.
pub fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The details of a refusal, to which the caller may add others: `ErrorInfo` with the reason, and
/// `RetryInfo` if there is a `retry_after`.
pub fn details(reason: ErrorReason, retry_after: Option<Duration>) -> ErrorDetails {
    let mut details =
        ErrorDetails::with_error_info(reason_name(reason), ERROR_DOMAIN, HashMap::new());
    if retry_after.is_some() {
        details.set_retry_info(retry_after);
    }
    details
}
