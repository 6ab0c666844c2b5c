//! A refusal on the wire: a gRPC status with typed details.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::pb::ErrorReason;

/// `google.rpc.ErrorInfo.domain` of every error.
pub const ERROR_DOMAIN: &str = "claviger";

/// A status with `ErrorInfo`, and `RetryInfo` where waiting helps.
pub fn refusal(
    reason: ErrorReason,
    code: Code,
    message: impl Into<String>,
    retry_after: Option<Duration>,
) -> Status {
    Status::with_error_details(code, message, details(reason, retry_after))
}

/// The reason's name as it travels: without the prefix that protobuf style asks for.
pub fn reason_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The details of a refusal, for more to be added.
pub fn details(reason: ErrorReason, retry_after: Option<Duration>) -> ErrorDetails {
    let mut details =
        ErrorDetails::with_error_info(reason_name(reason), ERROR_DOMAIN, HashMap::new());
    if retry_after.is_some() {
        details.set_retry_info(retry_after);
    }
    details
}
