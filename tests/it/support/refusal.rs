//! A refused call, decoded as a client would.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What a refused call said.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    pub code: Code,
    pub reason: String,
    pub message: String,
    /// `(field, reason)` of every field violation.
    pub fields: Vec<(String, String)>,
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Decodes the refusal of a call, which must have been refused.
    pub fn of<T>(result: Result<T, Status>) -> Self {
        let Err(status) = result else { panic!("the call succeeded, but was to be refused") };
        Self::from_status(&status)
    }

    /// Decodes a status, which must carry an `ErrorInfo` of ours.
    pub fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
        assert_eq!(info.domain, "claviger");
        let fields = details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations.iter().map(|it| (it.field.clone(), it.reason.clone())).collect()
        });
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            message: status.message().to_owned(),
            fields,
            retry_after: details.retry_info().and_then(|it| it.retry_delay),
        }
    }

    /// Asserts that exactly these fields were refused, each for this reason.
    pub fn assert_fields(&self, expected: &[(&str, &str)]) {
        let got: Vec<(&str, &str)> =
            self.fields.iter().map(|(field, reason)| (field.as_str(), reason.as_str())).collect();
        assert_eq!(got, expected);
    }
}
