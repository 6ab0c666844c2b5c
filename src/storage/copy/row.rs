//! Rows on their way between two databases, and their checksum.

use aws_lc_rs::digest::{Context, SHA256};

use crate::storage::tables::Table;

/// A value with its kind; `None` is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Boolean(Option<bool>),
}

/// The values in the order of the table's columns.
pub(super) type Row = Vec<Value>;

/// The values of a row's key.
pub(super) fn key<'r>(table: &Table, row: &'r Row) -> &'r [Value] {
    row.get(..table.key().len()).unwrap_or(row)
}

/// A digest of rows that is the same whichever engine they are read from.
pub(super) struct Checksum(Context);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn add(&mut self, row: &Row) {
        row.iter().for_each(|value| self.add_value(value));
    }

    pub(super) fn finish(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.finish().as_ref());
        bytes
    }

    /// Kind, length and content, so that no two lists of values are written alike.
    fn add_value(&mut self, value: &Value) {
        match value {
            Value::Integer(Some(number)) => self.add_content(b'i', &number.to_be_bytes()),
            Value::Text(Some(text)) => self.add_content(b't', text.as_bytes()),
            Value::Bytes(Some(bytes)) => self.add_content(b'b', bytes),
            Value::Boolean(Some(truth)) => self.add_content(b'?', &[u8::from(*truth)]),
            Value::Integer(None)
            | Value::Text(None)
            | Value::Bytes(None)
            | Value::Boolean(None) => self.0.update(b"0"),
        }
    }

    fn add_content(&mut self, kind: u8, content: &[u8]) {
        self.0.update(&[kind]);
        self.0.update(&(content.len() as u64).to_be_bytes());
        self.0.update(content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(rows: &[Row]) -> [u8; 32] {
        let mut checksum = Checksum::new();
        rows.iter().for_each(|row| checksum.add(row));
        checksum.finish()
    }

    #[test]
    fn rows_that_differ_in_anything_have_different_checksums() {
        let text = |text: &str| Value::Text(Some(text.to_owned()));
        let bytes = |bytes: &[u8]| Value::Bytes(Some(bytes.to_vec()));
        let contents = [
            vec![],
            vec![vec![text("")]],
            vec![vec![Value::Text(None)]],
            vec![vec![text("ab"), text("c")]],
            vec![vec![text("a"), text("bc")]],
            vec![vec![bytes(b"a"), bytes(b"bc")]],
            vec![vec![Value::Integer(Some(0))]],
            vec![vec![Value::Integer(Some(1))]],
            vec![vec![Value::Boolean(Some(true))]],
            vec![vec![Value::Boolean(Some(false))]],
            vec![vec![bytes(b"0")], vec![Value::Bytes(None)]],
            vec![vec![Value::Bytes(None)], vec![bytes(b"0")]],
        ];

        let mut checksums: Vec<_> = contents.iter().map(|rows| checksum(rows)).collect();
        checksums.sort_unstable();
        checksums.dedup();

        assert_eq!(checksums.len(), contents.len());
    }
}
