//! Reads the lines of the format of docs/accounts.schema.json.
//!
//! A line that cannot be read costs only itself. What is wrong is said without the value: it may be a secret
//! in the wrong place.

use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;
use serde_path_to_error::Path;

use super::{
    row::AccountRow,
    source::{SourceError, SourceRow},
};

/// The most bytes of a line. An account with as many passkeys as one may have, and the longest attestation
/// objects, is shorter.
pub(super) const MAX_LINE_BYTES: u64 = 2 * 1024 * 1024;

/// What some programs begin a text file with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The accounts of a file.
pub(super) struct Lines<R> {
    input: R,
    line: u64,
    is_over: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, line: 0, is_over: false }
    }

    /// Reads a line into `line`. Returns whether it is short enough; `None` at the end of the file.
    fn read(&mut self, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
        line.clear();
        let read = (&mut self.input).take(MAX_LINE_BYTES + 1).read_until(b'\n', line)?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if line.last() == Some(&b'\n') || line.len() as u64 <= MAX_LINE_BYTES {
            return Ok(Some(true));
        }
        self.skip()?;
        Ok(Some(false))
    }

    /// Skips the rest of a line.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let buffered = self.input.fill_buf()?;
            let end = buffered.iter().position(|it| *it == b'\n');
            let (used, is_end) = (end.map_or(buffered.len(), |it| it + 1), buffered.is_empty());
            self.input.consume(used);
            if end.is_some() || is_end {
                return Ok(());
            }
        }
    }

    fn error(&self, (field, problem): (String, String)) -> SourceError {
        SourceError::Row { line: self.line, field, problem }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<SourceRow, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        while !self.is_over {
            let is_short = match self.read(&mut line) {
                Ok(Some(is_short)) => is_short,
                Ok(None) => break,
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(SourceError::File(error)));
                }
            };
            if !is_short {
                let problem = format!("has more than {MAX_LINE_BYTES} bytes");
                return Some(Err(self.error((String::new(), problem))));
            }
            let text = match self.line {
                1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line),
                _ => &line,
            };
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let read = read_row(text).map_err(|it| self.error(it));
            let line = self.line;
            return Some(read.map(|account| SourceRow { line, account, left_behind: Vec::new() }));
        }
        None
    }
}

/// Reads an account, or says which field is wrong and why.
fn read_row(text: &[u8]) -> Result<AccountRow, (String, String)> {
    // An array would be taken for the fields in their order.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err((String::new(), "must be a JSON object".to_owned()));
    }
    read_json(text)
}

/// Reads a JSON value, or says which field is wrong and why.
pub(super) fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, (String, String)> {
    let text = str::from_utf8(text).map_err(|error| {
        (String::new(), format!("is not UTF-8 at column {}", error.valid_up_to() + 1))
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| explained(error.path(), error.inner()))?;
    json.end().map_err(|_| (String::new(), "has more than one JSON value".to_owned()))?;
    Ok(value)
}

/// The field and the words for an error. Of the library's own words, those are left out that repeat the value.
fn explained(path: &Path, error: &serde_json::Error) -> (String, String) {
    let path = Some(path.to_string()).filter(|it| it != ".").unwrap_or_default();
    // The path may end within what is not JSON.
    if error.is_eof() {
        return (String::new(), "is cut off: its JSON does not end".to_owned());
    }
    if !error.is_data() {
        let at = match error.line() {
            0 | 1 => String::new(),
            line => format!("line {line} of it, "),
        };
        return (String::new(), format!("is not JSON at {at}column {}", error.column()));
    }
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(before, _)| before);
    let named = |kind: &str| {
        let name = message.strip_prefix(kind)?.strip_prefix(" field `")?;
        let (name, _) = name.split_once('`')?;
        let parent = path.strip_suffix(name).map_or(path.as_str(), |it| it.trim_end_matches('.'));
        Some(if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") })
    };
    if let Some(field) = named("unknown") {
        return (field, "is not a field of the format".to_owned());
    }
    if let Some(field) = named("missing") {
        return (field, "must be given".to_owned());
    }
    if let Some(field) = named("duplicate") {
        return (field, "must be given once".to_owned());
    }
    let is_ours = message.starts_with("must ");
    let problem = if is_ours { message } else { "has a value of another type or range" };
    (path, problem.to_owned())
}
