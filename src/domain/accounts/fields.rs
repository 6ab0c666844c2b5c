//! What is wrong with the fields of a request, in sentences for people.
//!
//! Judges nothing itself.

use secrecy::{ExposeSecret, SecretString};

use crate::{
    domain::{Error, Result},
    model::{
        label::MAX_LABEL_CHARS,
        password::MAX_PASSWORD_BYTES,
        username::MAX_USERNAME_CHARS,
        violation::{FieldReason, FieldViolation},
    },
};

/// Refuses a request whose fields break rules.
pub(super) fn all_hold(broken: Vec<FieldViolation>) -> Result<()> {
    if broken.is_empty() { Ok(()) } else { Err(Error::FieldsInvalid(broken)) }
}

/// A field that must be given and is not.
pub(super) fn required(field: &'static str) -> FieldViolation {
    violation(field, FieldReason::Required, "must be given".to_owned())
}

/// A username somebody wants to have.
pub(super) fn username(field: &'static str, reason: FieldReason) -> FieldViolation {
    let description = match reason {
        FieldReason::Required => "must be given".to_owned(),
        FieldReason::TooLong => format!("must have at most {MAX_USERNAME_CHARS} characters"),
        _ => "must hold only letters of one script, digits and ASCII punctuation".to_owned(),
    };
    violation(field, reason, description)
}

/// A name to show.
pub(super) fn label(field: &'static str, reason: FieldReason) -> FieldViolation {
    let description = match reason {
        FieldReason::TooLong => format!("must have at most {MAX_LABEL_CHARS} characters"),
        _ => "must not hold control or invisible characters".to_owned(),
    };
    violation(field, reason, description)
}

/// What is wrong with a password that is to be checked: only its size is looked at.
pub(super) fn typed_password(
    field: &'static str,
    password: &SecretString,
) -> Option<FieldViolation> {
    let text = password.expose_secret();
    if text.is_empty() {
        return Some(required(field));
    }
    let description = || format!("must have at most {MAX_PASSWORD_BYTES} bytes");
    (text.len() > MAX_PASSWORD_BYTES).then(|| violation(field, FieldReason::TooLong, description()))
}

fn violation(field: &'static str, reason: FieldReason, description: String) -> FieldViolation {
    FieldViolation { field, reason, description }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_password_is_refused_for_its_size_alone() {
        let reason = |text: String| typed_password("password", &text.into()).map(|it| it.reason);

        assert_eq!(reason(String::new()), Some(FieldReason::Required));
        assert_eq!(reason("x".to_owned()), None);
        assert_eq!(reason("\0".to_owned()), None);
        assert_eq!(reason("x".repeat(1024)), None);
        assert_eq!(reason("x".repeat(1025)), Some(FieldReason::TooLong));
    }

    #[test]
    fn all_broken_rules_are_reported_at_once() {
        let broken = vec![required("username"), required("password")];

        assert!(all_hold(Vec::new()).is_ok());
        let Err(Error::FieldsInvalid(reported)) = all_hold(broken.clone()) else {
            panic!("refused for another reason");
        };
        assert_eq!(reported, broken);
    }
}
