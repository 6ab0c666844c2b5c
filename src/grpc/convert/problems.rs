//! What is wrong with one of many accounts in a message: found all at once, each with the path of its field.

use crate::model::{moving::RowViolation, violation::BrokenRule};

/// What is wrong with an account.
#[derive(Default)]
pub(super) struct Problems(Vec<RowViolation>);

impl Problems {
    pub(super) fn refuse(&mut self, field: impl Into<String>, rule: BrokenRule) {
        self.0.push(RowViolation { field: field.into(), rule });
    }

    /// Fails with all of them, if there are any.
    pub(super) fn check(self) -> Result<(), Vec<RowViolation>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(super) fn parsed<T>(
        &mut self,
        field: impl Into<String>,
        parsed: Result<T, BrokenRule>,
    ) -> Option<T> {
        parsed.map_err(|rule| self.refuse(field, rule)).ok()
    }
}
