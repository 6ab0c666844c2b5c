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

    /// Whether a person may create an account, with an invitation or without. While it is closed, no
    /// invitation helps.
    pub const fn admits(self, with_invitation: bool) -> bool {
        match self {
            Self::Open => true,
            Self::Invitation => with_invitation,
            Self::Closed => false,
        }
    }
}
