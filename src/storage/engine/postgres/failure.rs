//! Why a unit of work failed, and whether it may run again.

use crate::storage::Error;

use super::states;

/// Why a unit failed, and whether it may run again.
pub(super) struct Failure {
    pub(super) cause: Error,
    pub(super) again: bool,
}

impl Failure {
    /// Nothing was sent yet.
    pub(super) fn of_acquiring(cause: Error) -> Self {
        let again = states::was_disconnected(&cause);
        Self { cause, again }
    }

    /// Without a COMMIT nothing was changed.
    pub(super) fn of_working(cause: Error) -> Self {
        let again = matches!(cause, Error::Unavailable(_)) && !states::was_timed_out(&cause);
        Self { cause, again }
    }

    /// Only the database knows whether a COMMIT failed; a missing answer does not mean that it did.
    pub(super) fn of_committing(cause: Error) -> Self {
        let again = states::was_rolled_back(&cause);
        Self { cause, again }
    }
}
