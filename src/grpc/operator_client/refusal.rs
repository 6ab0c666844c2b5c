//! Why a call failed, for a client to explain.

use tonic::Status;
use tonic_types::StatusExt as _;

use claviger_proto::refusal::ERROR_DOMAIN;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason in the contract, such as `ACCOUNT_NOT_FOUND`; `None` if what failed is not the server.
    pub reason: Option<String>,
    /// A fragment of a sentence.
    pub message: String,
    /// The fields that are not valid, each with a fragment of a sentence.
    pub fields: Vec<(String, String)>,
}

impl Refusal {
    /// Whether this is the reason.
    pub fn is(&self, reason: &str) -> bool {
        self.reason.as_deref() == Some(reason)
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().filter(|it| it.domain == ERROR_DOMAIN);
        let violations = details.bad_request().map(|it| it.field_violations.as_slice());
        let fields = violations.unwrap_or_default().iter();
        Self {
            reason: info.map(|it| it.reason.clone()),
            message: status.message().to_owned(),
            fields: fields.map(|it| (it.field.clone(), it.description.clone())).collect(),
        }
    }
}
