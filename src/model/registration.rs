//! Registration: whether accounts may be created, and by whom.

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationPolicy {
    /// Anyone.
    Open,
    /// Those whom an operator invites.
    Invitation,
    /// No one but an operator.
    Closed,
}

impl RegistrationPolicy {
    /// Its name in the configuration and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Closed => "closed",
        }
    }

    /// Whether anyone may create an account.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open)
    }
}
