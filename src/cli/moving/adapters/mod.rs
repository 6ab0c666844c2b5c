//! Adapters for the files of other products: each makes rows of what it reads, and notes what cannot come along.
//!
//! Rules for accounts are the server's. `docs/moving-from.md` says for each product how its file is made.

mod auth0;
mod draft;
mod elements;
mod fields;
mod firebase;
mod hanko;
mod keycloak;
mod kratos;
mod once;
mod supabase;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use claviger_token::time::Timestamp;
use serde_json::Value;

use crate::cli::moving::{
    arguments::Format,
    lines::Lines,
    source::{Rows, SourceError, SourceRow},
};

use self::{
    draft::Draft,
    elements::{Elements, Layout},
    fields::Problem,
};

pub(super) use self::firebase::HashConfig;

/// What some products' files need beside them.
#[derive(Clone)]
pub(super) struct Options {
    /// The parameters of a Firebase project's hashes.
    pub(super) hash_config: Option<HashConfig>,
    /// When the file is read.
    pub(super) now: Timestamp,
}

/// Makes rows of one product's objects.
trait Adapter {
    /// Where the objects are.
    fn layout(&self) -> Layout;

    /// Reads one object; `None` if it is kept for a later one.
    fn read(&mut self, line: u64, value: &Value) -> Result<Option<Draft>, Problem>;

    /// What was kept and has not been used, with its line.
    fn finish(&mut self) -> Vec<(u64, Result<Draft, Problem>)> {
        Vec::new()
    }
}

/// The rows of a file.
pub(super) fn rows<'a>(format: Format, reader: impl BufRead + 'a, options: Options) -> Rows<'a> {
    let Options { hash_config, now } = options;
    match format {
        Format::Claviger => Box::new(Lines::new(reader)),
        Format::Keycloak => read(keycloak::Keycloak::default(), reader),
        Format::Supabase => read(supabase::Supabase(now), reader),
        Format::Auth0 => read(auth0::Auth0::default(), reader),
        Format::Firebase => read(firebase::Firebase(hash_config), reader),
        Format::Kratos => read(kratos::Kratos, reader),
        Format::Hanko => read(hanko::Hanko, reader),
    }
}

fn read<'a>(adapter: impl Adapter + 'a, reader: impl BufRead + 'a) -> Rows<'a> {
    let elements = Elements::new(reader, adapter.layout());
    Box::new(Adapted { adapter, elements, rest: None })
}

/// What an adapter makes of the objects of a file.
struct Adapted<A, R> {
    adapter: A,
    elements: Elements<R>,
    rest: Option<std::vec::IntoIter<(u64, Result<Draft, Problem>)>>,
}

impl<A: Adapter, R: BufRead> Iterator for Adapted<A, R> {
    type Item = Result<SourceRow, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rest.is_none() {
            let Some(element) = self.elements.next() else {
                self.rest = Some(self.adapter.finish().into_iter());
                break;
            };
            let (line, value) = match element {
                Ok(element) => (element.line, element.value),
                Err(error) => return Some(Err(error)),
            };
            let read = match &value {
                Ok(value) => self.adapter.read(line, value).transpose(),
                Err(problem) => Some(Err(problem.clone())),
            };
            if let Some(read) = read {
                return Some(row(line, read));
            }
        }
        self.rest.as_mut()?.next().map(|(line, read)| row(line, read))
    }
}

fn row(line: u64, read: Result<Draft, Problem>) -> Result<SourceRow, SourceError> {
    match read {
        Ok(Draft { account, left_behind }) => Ok(SourceRow { line, account, left_behind }),
        Err(Problem { field, problem }) => Err(SourceError::Row { line, field, problem }),
    }
}
