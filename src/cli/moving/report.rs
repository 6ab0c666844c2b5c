//! What became of the accounts of an import: the report in a file, and what a terminal shows.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use serde::Serialize;

use crate::cli::{complain, operator::table::printable};

/// How many refusals are printed; the others are in the report.
const PRINTED: u64 = 20;

/// What became of an account, or one thing that is wrong with it. Every name is there, also without a value.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    /// The line of the account in the file.
    pub(super) line: u64,
    /// `imported`, `exists`, `refused`, or `left_behind` for a part of an account that cannot come along.
    pub(super) outcome: &'static str,
    pub(super) account_id: String,
    pub(super) field: String,
    pub(super) reason: String,
    pub(super) description: String,
}

impl Entry {
    /// An account of a line, without details.
    pub(super) fn of(line: u64, outcome: &'static str) -> Self {
        let (account_id, field) = (String::new(), String::new());
        let (reason, description) = (String::new(), String::new());
        Self { line, outcome, account_id, field, reason, description }
    }

    /// As a sentence.
    fn sentence(&self) -> String {
        let field = if self.field.is_empty() { "the account" } else { &self.field };
        let reason = match self.reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        printable(&format!("line {}: {field}: {}{reason}", self.line, self.description))
    }
}

/// The report of an import.
pub(super) struct Report {
    file: Option<BufWriter<File>>,
    printed: u64,
    silenced: u64,
}

impl Report {
    /// A report into this file, if there is one, which must not exist.
    pub(super) fn create(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(create_new).transpose()?.map(BufWriter::new);
        Ok(Self { file, printed: 0, silenced: 0 })
    }

    /// Adds an entry. Refusals are printed as well, the first ones.
    pub(super) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if entry.outcome == "refused" {
            if self.printed < PRINTED {
                self.printed += 1;
                complain(entry.sentence());
            } else {
                self.silenced += 1;
            }
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        serde_json::to_writer(&mut *file, entry)?;
        file.write_all(b"\n")
    }

    /// Writes what is left.
    pub(super) fn end(mut self) -> io::Result<()> {
        if self.silenced > 0 {
            let more = self.silenced;
            complain(format_args!(
                "{more} more problems are not printed; --report has all of them"
            ));
        }
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

/// Creates a file that only its owner may read.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
