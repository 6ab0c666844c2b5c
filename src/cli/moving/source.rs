//! Where imported accounts come from: what reads one file format, row by row.
//!
//! The format of other products is read by an adapter each, which makes rows of it; the rules for accounts
//! are the server's.

use std::io;

use super::row::AccountRow;

/// The rows of a file, in its order. A row that cannot be read costs only itself.
pub(super) type Rows<'a> = Box<dyn Iterator<Item = Result<SourceRow, SourceError>> + 'a>;

/// An account that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceRow {
    /// The line that it begins on, from 1; for a file that is one document, the number of the account in it.
    pub(super) line: u64,
    /// The account.
    pub(super) account: AccountRow,
    /// What of it cannot come along.
    pub(super) left_behind: Vec<Note>,
}

/// What cannot come along with an account, for the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// The path of the field in the source, such as `credentials[1]`.
    pub(super) field: String,
    /// Why, in words that follow the field: `is a one-time password, which Claviger does not have`.
    pub(super) reason: String,
}

/// What cannot be read.
#[derive(Debug)]
pub(super) enum SourceError {
    /// One row; reading continues behind it.
    Row {
        /// The line that it begins on, as in [`SourceRow::line`].
        line: u64,
        /// The path of the field in the source; empty for the row as a whole.
        field: String,
        /// What is wrong, in words that follow the field. Never repeats the value.
        problem: String,
    },
    /// The file from here on.
    File(io::Error),
}
