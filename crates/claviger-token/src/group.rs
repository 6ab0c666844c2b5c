//! Groups: short names that operators give to accounts, and that services require.
//!
//! A set has a text form, the names in order with commas between them. It is the form in storage, in the
//! settings of gateways and in the header of an upstream, and the one in memory: one allocation each.

use std::{fmt, str::FromStr};

/// The most characters the name of a group may have.
pub const MAX_GROUP_CHARS: usize = 64;
/// The most groups an account may have, and the most that a service may name.
pub const MAX_GROUPS: usize = 32;

/// What stands between names. No name contains it.
const SEPARATOR: char = ',';

/// Why a text is not the name of a group, or a list of names not a set of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroups {
    /// A name, or the text of a set, is empty.
    #[error("must not be empty")]
    Empty,
    /// A name has more than [`MAX_GROUP_CHARS`] characters.
    #[error("must have at most 64 characters each")]
    TooLong,
    /// A name has a character that is not allowed, or not as the first one.
    #[error("must contain only a to z, 0 to 9, -, _ and ., and begin with a letter or a digit")]
    ForbiddenCharacters,
    /// There are more than [`MAX_GROUPS`] names.
    #[error("must be at most 32 groups")]
    TooMany,
}

/// The name of a group: 1 to 64 of `a` to `z`, `0` to `9`, `-`, `_` and `.`, beginning with a letter or a
/// digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(String);

impl GroupName {
    /// Checks a text.
    ///
    /// # Errors
    /// `Empty`, `TooLong` or `ForbiddenCharacters`.
    pub fn parse(text: &str) -> Result<Self, InvalidGroups> {
        let allowed =
            |it: u8| matches!(it, b'a'..=b'z' | b'0'..=b'9') || matches!(it, b'-' | b'_' | b'.');
        let Some(first) = text.bytes().next() else { return Err(InvalidGroups::Empty) };
        if !first.is_ascii_alphanumeric() || !text.bytes().all(allowed) {
            return Err(InvalidGroups::ForbiddenCharacters);
        }
        if text.len() > MAX_GROUP_CHARS {
            return Err(InvalidGroups::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A set of at most [`MAX_GROUPS`] groups, in the order of their names. [`FromStr`] reads its text form,
/// such as `admins,staff`, in any order; an empty text is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Groups(Box<str>);

impl Groups {
    /// A set from names in any order. One that is given twice counts once in the set.
    ///
    /// # Errors
    /// What is wrong with a name; `TooMany`.
    pub fn parse(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, InvalidGroups> {
        let mut parsed = Vec::new();
        for name in names {
            if parsed.len() == MAX_GROUPS {
                return Err(InvalidGroups::TooMany);
            }
            parsed.push(GroupName::parse(name.as_ref())?);
        }
        parsed.sort_unstable();
        parsed.dedup();
        let names: Vec<&str> = parsed.iter().map(GroupName::as_str).collect();
        Ok(Self(names.join(",").into()))
    }

    /// The text form; empty for no groups.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        // The text of no groups would be one empty name.
        self.0.split(SEPARATOR).filter(|name| !name.is_empty())
    }

    /// Whether any group is in both sets.
    pub fn have_any_of(&self, others: &Self) -> bool {
        self.iter().any(|name| others.iter().any(|other| name == other))
    }
}

impl FromStr for Groups {
    type Err = InvalidGroups;

    fn from_str(text: &str) -> Result<Self, InvalidGroups> {
        Self::parse(text.split(SEPARATOR))
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain_and_begin_with_a_letter_or_a_digit() {
        let longest = "a".repeat(64);
        for text in ["a", "7", "staff", "on-call_2.eu", "2nd-line", longest.as_str()] {
            assert_eq!(GroupName::parse(text).unwrap().as_str(), text);
        }
        let refused = |text: &str| GroupName::parse(text).unwrap_err();
        for text in ["-a", "_a", ".a", "Staff", "a b", "a,b", "ä", "a\n", "a/b", "a%"] {
            assert_eq!(refused(text), InvalidGroups::ForbiddenCharacters, "{text:?}");
        }
        assert_eq!(refused(""), InvalidGroups::Empty);
        assert_eq!(refused(&"a".repeat(65)), InvalidGroups::TooLong);
    }

    #[test]
    fn a_set_is_sorted_and_has_each_group_once() {
        let groups = Groups::parse(["staff", "admins", "staff"]).unwrap();

        assert_eq!(groups.as_str(), "admins,staff");
        assert_eq!(groups.iter().collect::<Vec<_>>(), ["admins", "staff"]);
        assert_eq!("staff,admins".parse(), Ok(groups));
        assert_eq!(Groups::parse([""; 0]), Ok(Groups::default()));
        assert_eq!(Groups::default().iter().count(), 0);
    }

    #[test]
    fn a_set_has_at_most_32_groups() {
        let names = |count: usize| (0..count).map(|it| format!("group-{it}"));

        assert_eq!(Groups::parse(names(32)).unwrap().iter().count(), 32);
        assert_eq!(Groups::parse(names(33)), Err(InvalidGroups::TooMany));
    }

    #[test]
    fn a_text_with_an_empty_name_is_no_set() {
        for text in ["", ",", "staff,", ",staff", "staff,,admins"] {
            assert_eq!(text.parse::<Groups>(), Err(InvalidGroups::Empty), "{text:?}");
        }
        assert_eq!("staff, admins".parse::<Groups>(), Err(InvalidGroups::ForbiddenCharacters));
    }

    #[test]
    fn one_common_group_is_enough() {
        let set = |text: &str| text.parse::<Groups>().unwrap();

        assert!(set("admins,staff").have_any_of(&set("staff,support")));
        assert!(!set("admins,staff").have_any_of(&set("support")));
        assert!(!set("staff-eu").have_any_of(&set("staff")));
        assert!(!Groups::default().have_any_of(&set("staff")));
        assert!(!set("staff").have_any_of(&Groups::default()));
    }
}
