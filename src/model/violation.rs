//! What is wrong with the fields of a request.
//!
//! Each noun's `parse` returns the rule that a text breaks, with its sentence for people; a request
//! collects them in [`Violations`].

/// A rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// What is wrong, in a form programs can act on.
    pub reason: FieldReason,
    /// What is wrong, in words for people that follow the field's name. Never repeats the value.
    pub description: String,
}

impl BrokenRule {
    /// A rule with its words.
    pub fn new(reason: FieldReason, description: impl Into<String>) -> Self {
        Self { reason, description: description.into() }
    }

    /// A value that must be given and is not.
    pub fn required() -> Self {
        Self::new(FieldReason::Required, "must be given")
    }
}

/// One broken rule of one field. Reported all at once, as `google.rpc.BadRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path of the field in the request message, in snake case.
    pub field: &'static str,
    /// What is wrong, in a form programs can act on.
    pub reason: FieldReason,
    /// What is wrong, in words for people that follow the field's name. Never repeats the value.
    pub description: String,
}

/// The broken rules of one request, collected so that all are reported in one reply.
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldViolation>);

impl Violations {
    /// Adds a broken rule of a field.
    pub fn refuse(
        &mut self,
        field: &'static str,
        reason: FieldReason,
        description: impl Into<String>,
    ) {
        self.0.push(FieldViolation { field, reason, description: description.into() });
    }

    /// The value read from a field; of one that breaks a rule, adds the rule.
    pub fn parsed<T>(&mut self, field: &'static str, parsed: Result<T, BrokenRule>) -> Option<T> {
        parsed.map_err(|rule| self.refuse(field, rule.reason, rule.description)).ok()
    }

    /// Whether the field is known to break a rule for this reason.
    pub fn contains(&self, field: &str, reason: FieldReason) -> bool {
        self.0.iter().any(|it| it.field == field && it.reason == reason)
    }

    /// Whether no rule is broken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fails with all broken rules if there is any.
    ///
    /// # Errors
    /// The violations themselves.
    pub fn check(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The broken rules in the order they were added.
    pub fn into_vec(self) -> Vec<FieldViolation> {
        self.0
    }
}

/// Why a field was refused. Listed in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldReason {
    /// It must be given.
    Required,
    /// It is shorter than the rule allows.
    TooShort,
    /// It is longer than the rule allows.
    TooLong,
    /// It holds characters the rule forbids.
    ForbiddenCharacters,
    /// It is not in the form the rule asks for.
    Malformed,
    /// It is outside the range the rule allows.
    OutOfRange,
    /// The password is too easy to guess.
    Guessable,
    /// The field cannot be changed, or does not exist.
    NotUpdatable,
    /// It names something that is not configured.
    Unknown,
    /// Another account has the value.
    Taken,
    /// It is the id of an account that was deleted, and of which tokens may not have expired.
    DeletedRecently,
}

impl FieldReason {
    /// Every reason, for documentation and tests.
    pub const ALL: [Self; 11] = [
        Self::Required,
        Self::TooShort,
        Self::TooLong,
        Self::ForbiddenCharacters,
        Self::Malformed,
        Self::OutOfRange,
        Self::Guessable,
        Self::NotUpdatable,
        Self::Unknown,
        Self::Taken,
        Self::DeletedRecently,
    ];

    /// The stable name that travels in `BadRequest.FieldViolation.reason`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "REQUIRED",
            Self::TooShort => "TOO_SHORT",
            Self::TooLong => "TOO_LONG",
            Self::ForbiddenCharacters => "FORBIDDEN_CHARACTERS",
            Self::Malformed => "MALFORMED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Guessable => "GUESSABLE",
            Self::NotUpdatable => "NOT_UPDATABLE",
            Self::Unknown => "UNKNOWN",
            Self::Taken => "TAKEN",
            Self::DeletedRecently => "DELETED_RECENTLY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_broken_rules_are_reported_at_once() {
        let mut violations = Violations::default();
        assert!(Violations::default().check().is_ok());

        let good = violations.parsed("display_name", Ok("Alice"));
        let bad = violations.parsed::<&str>("username", Err(BrokenRule::required()));
        violations.refuse("password", FieldReason::TooShort, "must have at least 15 characters");

        assert_eq!((good, bad), (Some("Alice"), None));
        assert!(violations.contains("username", FieldReason::Required));
        assert!(!violations.contains("username", FieldReason::TooShort));
        let broken = violations.check().unwrap_err().into_vec();
        let broken: Vec<_> = broken.iter().map(|it| (it.field, it.reason)).collect();
        let expected = [("username", FieldReason::Required), ("password", FieldReason::TooShort)];
        assert_eq!(broken, expected);
    }
}
