//! Cuts JSON documents into the rows that they hold, one at a time: an export of a whole product does not fit
//! into memory.
//!
//! Looks at braces, brackets and strings alone. Whether a row is valid JSON shows when it is parsed.

use std::io::{self, BufRead};

use serde_json::Value;

use crate::cli::moving::source::SourceError;

/// The most bytes of one row.
const MAX_ROW_BYTES: usize = 2 * 1024 * 1024;

/// Where the rows are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// Objects one after another, as in JSON Lines, or in arrays.
    Rows,
    /// In the array of this name, in one object or several one after another.
    Under(&'static str),
}

/// A row, or why it cannot be read.
pub(super) struct Element {
    /// The line that it begins on; in an array the number of the row in the file.
    pub(super) line: u64,
    /// The object; `None` if it is not valid JSON or too long.
    pub(super) value: Option<Value>,
}

/// The rows of a document.
pub(super) struct Elements<R> {
    reader: R,
    layout: Layout,
    line: u64,
    count: u64,
    is_in_object: bool,
    is_in_array: bool,
    is_done: bool,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(reader: R, layout: Layout) -> Self {
        Self {
            reader,
            layout,
            line: 1,
            count: 0,
            is_in_object: false,
            is_in_array: false,
            is_done: false,
        }
    }

    /// The next row, after what is between.
    fn advance(&mut self) -> io::Result<Option<Element>> {
        while let Some(byte) = self.skip_white_space()? {
            match (byte, self.layout) {
                (b'{', Layout::Rows) => return self.row().map(Some),
                (b'{', Layout::Under(_)) if self.is_in_array => return self.row().map(Some),
                (b',', _) if self.is_in_array || self.is_in_object => self.bump(),
                (b'[', Layout::Rows) if !self.is_in_array => self.enter_array(),
                (b']', _) if self.is_in_array => {
                    self.bump();
                    self.is_in_array = false;
                }
                (b'{', Layout::Under(_)) if !self.is_in_object => {
                    self.bump();
                    self.is_in_object = true;
                }
                (b'}', Layout::Under(_)) if self.is_in_object => {
                    self.bump();
                    self.is_in_object = false;
                }
                (b'"', Layout::Under(name)) if self.is_in_object && !self.is_in_array => {
                    self.member(name)?;
                }
                _ => return Err(self.malformed("something else than an account is there")),
            }
        }
        if self.is_in_array || self.is_in_object {
            return Err(self.malformed("the file ends within a document"));
        }
        Ok(None)
    }

    fn enter_array(&mut self) {
        self.bump();
        self.is_in_array = true;
    }

    /// Passes a name and its value, or enters the array of the rows.
    fn member(&mut self, wanted: &str) -> io::Result<()> {
        let name = self.value()?;
        if self.skip_white_space()? != Some(b':') {
            return Err(self.malformed("a name has no value"));
        }
        self.bump();
        let is_wanted = name.is_some_and(|it| it == format!("\"{wanted}\"").as_bytes());
        if is_wanted && self.skip_white_space()? == Some(b'[') {
            self.enter_array();
        } else {
            self.skip_white_space()?;
            self.value()?;
        }
        Ok(())
    }

    fn row(&mut self) -> io::Result<Element> {
        self.count += 1;
        let line = if self.is_in_array { self.count } else { self.line };
        let bytes = self.value()?;
        let value = bytes.and_then(|it| serde_json::from_slice(&it).ok());
        Ok(Element { line, value })
    }

    /// The bytes of a value; `None` if there are too many. Values that are neither a string, an array nor an
    /// object end before what follows them.
    fn value(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let (mut depth, mut is_text, mut is_escaped, mut is_first) = (0_u32, false, false, true);
        while let Some(byte) = self.peek()? {
            let is_end = matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            if depth == 0 && !is_text && is_end && !is_first {
                return Ok(complete(bytes));
            }
            self.bump();
            if bytes.len() <= MAX_ROW_BYTES {
                bytes.push(byte);
            }
            is_first = false;
            if is_text {
                is_text = is_escaped || byte != b'"';
                is_escaped = !is_escaped && byte == b'\\';
                if !is_text && depth == 0 {
                    return Ok(complete(bytes));
                }
                continue;
            }
            match byte {
                b'"' => is_text = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth == 0 && !is_text {
                return Ok(complete(bytes));
            }
        }
        Err(self.malformed("the file ends within a value"))
    }

    fn skip_white_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                // A byte order mark may begin the file.
                Some(b' ' | b'\n' | b'\r' | b'\t' | 0xEF | 0xBB | 0xBF) => self.bump(),
                other => return Ok(other),
            }
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn bump(&mut self) {
        // The byte was peeked at, so it is in the buffer.
        if let Ok([b'\n', ..]) = self.reader.fill_buf() {
            self.line += 1;
        }
        self.reader.consume(1);
    }

    fn malformed(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {what}", self.line))
    }
}

fn complete(bytes: Vec<u8>) -> Option<Vec<u8>> {
    (bytes.len() <= MAX_ROW_BYTES).then_some(bytes)
}

impl<R: BufRead> Iterator for Elements<R> {
    type Item = Result<Element, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        match self.advance() {
            Ok(Some(element)) => Some(Ok(element)),
            Ok(None) => {
                self.is_done = true;
                None
            }
            Err(error) => {
                self.is_done = true;
                Some(Err(SourceError::File(error)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The rows as line and value; how the file ended.
    fn read(text: &str, layout: Layout) -> (Vec<(u64, Option<Value>)>, Option<String>) {
        let (mut rows, mut end) = (Vec::new(), None);
        for element in Elements::new(text.as_bytes(), layout) {
            match element {
                Ok(element) => rows.push((element.line, element.value)),
                Err(SourceError::File(error)) => end = Some(error.to_string()),
                Err(other) => panic!("{other:?}"),
            }
        }
        (rows, end)
    }

    #[test]
    fn rows_are_found_in_lines_in_arrays_and_in_both() {
        let rows = vec![(1, Some(json!({"a": 1}))), (2, Some(json!({"b": "}\\\"{"})))];
        let lines = "\u{feff}{\"a\":1}\r\n{\"b\":\"}\\\\\\\"{\"}\n\n";
        let array = "[{\"a\":1},\n\n {\"b\":\"}\\\\\\\"{\"}]";
        let arrays = "[{\"a\":1}]\n[]\n[{\"b\":\"}\\\\\\\"{\"}]";

        for text in [lines, array, arrays] {
            assert_eq!(read(text, Layout::Rows), (rows.clone(), None), "{text}");
        }
        assert_eq!(read("", Layout::Rows), (vec![], None));
    }

    #[test]
    fn rows_are_found_under_a_name_in_one_document_or_several() {
        let text = r#"{"realm": "x", "roles": {"users": [{"no": 1}]}, "n": 1, "t": true, "s": "]}\"",
            "users": [ {"a": {"users": [1]}}, {"b": 2} ], "groups": ["users", []]}
            {"users": [], "z": null}
            {"users": [{"c": 3}]}"#;

        let (rows, end) = read(text, Layout::Under("users"));

        assert_eq!(end, None);
        assert_eq!(
            rows,
            [
                (1, Some(json!({"a": {"users": [1]}}))),
                (2, Some(json!({"b": 2}))),
                (3, Some(json!({"c": 3}))),
            ]
        );
    }

    #[test]
    fn a_row_that_is_no_json_or_too_long_costs_only_itself() {
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_ROW_BYTES));
        let text = format!("{{\"a\":1}}\n{{broken}}\n{long}\n{{\"b\":2}}\n");

        let (rows, end) = read(&text, Layout::Rows);

        assert_eq!(end, None);
        let lines: Vec<_> = rows.iter().map(|(line, value)| (*line, value.is_some())).collect();
        assert_eq!(lines, [(1, true), (2, false), (3, false), (4, true)]);
    }

    #[test]
    fn what_is_no_document_ends_with_its_line() {
        let table = [
            ("{\"a\":1}\nusers", Layout::Rows, "line 2: something else than an account is there"),
            ("[{\"a\":1}\n", Layout::Rows, "line 2: the file ends within a document"),
            ("{\"a\":\n1", Layout::Rows, "line 2: the file ends within a value"),
            ("[1]", Layout::Rows, "line 1: something else than an account is there"),
            ("[]", Layout::Under("users"), "line 1: something else than an account is there"),
            ("{\"users\"", Layout::Under("users"), "line 1: a name has no value"),
            (
                "{\"users\":[1]}",
                Layout::Under("users"),
                "line 1: something else than an account is there",
            ),
        ];

        for (text, layout, end) in table {
            assert_eq!(read(text, layout).1.as_deref(), Some(end), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_ends(text in "[\\[\\]{}\",:\\\\a1 \n]{0,60}") {
            for layout in [Layout::Rows, Layout::Under("a")] {
                read(&text, layout);
            }
        }
    }
}
