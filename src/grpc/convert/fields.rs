//! Collecting what is wrong with the fields of one request, and reading identifiers.

use std::str::FromStr;

use tonic::Status;

use crate::{
    domain::Error,
    model::violation::{BrokenRule, FieldReason, Violations},
};

/// The broken rules found so far.
#[derive(Default)]
pub(crate) struct Fields(Violations);

impl Fields {
    /// Adds a broken rule.
    pub(crate) fn refuse(&mut self, field: &'static str, reason: FieldReason, description: &str) {
        self.0.refuse(field, reason, description);
    }

    /// The value read from a field, if it breaks no rule.
    pub(crate) fn parsed<T>(
        &mut self,
        field: &'static str,
        parsed: Result<T, BrokenRule>,
    ) -> Option<T> {
        self.0.parsed(field, parsed)
    }

    /// Reads an identifier.
    pub(crate) fn identifier<T: FromStr>(&mut self, field: &'static str, text: &str) -> Option<T> {
        if text.is_empty() {
            self.refuse(field, FieldReason::Required, "must be given");
            return None;
        }
        self.optional_identifier(field, text)
    }

    /// Reads an identifier that may be left empty.
    pub(crate) fn optional_identifier<T: FromStr>(
        &mut self,
        field: &'static str,
        text: &str,
    ) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let parsed = T::from_str(text).ok();
        if parsed.is_none() {
            self.refuse(field, FieldReason::Malformed, "must be a UUID in text form");
        }
        parsed
    }

    /// Refuses a refresh token beside one that comes in a cookie: two could name two sessions.
    pub(crate) fn empty_beside_cookie(&mut self, field: &'static str, text: &str) {
        if !text.is_empty() {
            let sentence = "must be empty when the refresh token comes in a cookie";
            self.refuse(field, FieldReason::Malformed, sentence);
        }
    }

    /// Fails with all broken rules, if there are any.
    pub(crate) fn check(self) -> Result<(), Status> {
        self.0.check().map_err(|violations| Error::from(violations).into())
    }

    /// The status of a request that broke these rules.
    pub(crate) fn into_status(self) -> Status {
        Error::from(self.0).into()
    }
}
