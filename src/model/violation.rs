//! What is wrong with a field of a request.

/// One broken rule of one field. Reported all at once, as `google.rpc.BadRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// The path of the field in the request message, in snake case.
    pub field: &'static str,
    /// What is wrong, in a form programs can act on.
    pub reason: FieldReason,
    /// What is wrong, in a sentence for people. Never repeats the value.
    pub description: String,
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
}

impl FieldReason {
    /// Every reason, for documentation and tests.
    pub const ALL: [Self; 8] = [
        Self::Required,
        Self::TooShort,
        Self::TooLong,
        Self::ForbiddenCharacters,
        Self::Malformed,
        Self::OutOfRange,
        Self::Guessable,
        Self::NotUpdatable,
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
        }
    }
}
