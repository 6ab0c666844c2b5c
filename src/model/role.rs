//! Roles: how much of the contract for operators a service account may call.

use super::violation::{BrokenRule, FieldReason};

/// The role of a service account. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads accounts, their sessions and their passkeys. Changes nothing.
    Reader,
    /// Also disables and enables accounts, ends their sessions, unlocks them, and suspends and removes their
    /// credentials. Touches neither service accounts nor keys.
    HelpDesk,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, from the least to the greatest.
    pub const ALL: [Self; 3] = [Self::Reader, Self::HelpDesk, Self::Admin];

    /// Its stable name, in the database, on the command line and in the record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::HelpDesk => "help-desk",
            Self::Admin => "admin",
        }
    }

    /// The role of a name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Reads a role; an empty text is none.
    ///
    /// # Errors
    /// `OutOfRange`.
    pub fn parse(text: &str) -> Result<Option<Self>, BrokenRule> {
        let role = Self::from_name(text);
        if role.is_none() && !text.is_empty() {
            let description = "must be reader, help-desk or admin";
            return Err(BrokenRule::new(FieldReason::OutOfRange, description));
        }
        Ok(role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_those_before_it_and_has_a_name_of_its_own() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Ok(Some(role)));
        }
        assert_eq!(Role::parse(""), Ok(None));
        assert_eq!(Role::parse("operator").unwrap_err().reason, FieldReason::OutOfRange);
    }
}
