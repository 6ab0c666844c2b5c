//! Passwords that attackers try first: those known from breaches, and the operator's own list.
//!
//! Looks at the whole password, not at its parts; how hard it is to guess is judged elsewhere.

mod breached;
mod forms;
mod own;

use std::path::Path;

pub(super) use self::forms::words;
pub use self::own::BlocklistError;

use self::own::OwnList;

/// The lists.
pub struct Blocklist {
    own: Option<OwnList>,
}

impl Blocklist {
    /// The list that is part of the program and, if one is named, the operator's file.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn load(own: Option<&Path>) -> Result<Self, BlocklistError> {
        Ok(Self { own: own.map(OwnList::read).transpose()? })
    }

    /// Whether a prepared password is listed: as it is, or in other letter case, with other separators, with
    /// digits around it, with digits for letters, or repeated.
    pub(super) fn has(&self, password: &str) -> bool {
        let is_own = |form: &str| self.own.as_ref().is_some_and(|it| it.has(form));
        forms::forms(password).iter().any(|form| breached::has(form) || is_own(form))
    }
}
