//! Groups of accounts, as operators and callers name them.
//!
//! What a group is belongs to tokens: see `claviger_token::group`.

use claviger_token::group::{GroupName, Groups, InvalidGroups};

use super::violation::{BrokenRule, FieldReason};

/// A set of groups from names in any order; none is a set as well.
///
/// # Errors
/// `Required`, `TooLong` or `ForbiddenCharacters`; `TooLong` also for more names than a set may have.
pub fn parse(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Groups, BrokenRule> {
    Groups::parse(names).map_err(|error| BrokenRule::new(reason(error), error.to_string()))
}

/// The name of one group.
///
/// # Errors
/// `Required`, `TooLong` or `ForbiddenCharacters`.
pub fn parse_name(name: &str) -> Result<GroupName, BrokenRule> {
    GroupName::parse(name).map_err(|error| BrokenRule::new(reason(error), error.to_string()))
}

const fn reason(error: InvalidGroups) -> FieldReason {
    match error {
        InvalidGroups::Empty => FieldReason::Required,
        InvalidGroups::TooLong | InvalidGroups::TooMany => FieldReason::TooLong,
        InvalidGroups::ForbiddenCharacters => FieldReason::ForbiddenCharacters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_names_has_a_reason() {
        let refused = |names: &[String]| parse(names).unwrap_err().reason;
        let names: Vec<String> = (0..33).map(|it| format!("group-{it}")).collect();

        assert_eq!(parse(&names[..32]).unwrap().iter().count(), 32);
        assert_eq!(refused(&names), FieldReason::TooLong);
        assert_eq!(refused(&["a".repeat(65)]), FieldReason::TooLong);
        assert_eq!(refused(&[String::new()]), FieldReason::Required);
        assert_eq!(refused(&["Staff".to_owned()]), FieldReason::ForbiddenCharacters);
    }
}
