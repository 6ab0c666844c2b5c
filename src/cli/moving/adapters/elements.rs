//! Cuts JSON documents into the rows that they hold, one at a time: an export of a whole product does not fit
//! into memory.
//!
//! Looks at braces, brackets and strings alone. Whether a row is valid JSON shows when it is parsed.

use std::io::{self, BufRead};

use serde_json::Value;

use crate::cli::moving::{lines::read_json, source::SourceError};

use super::{fields::Problem, once::Once};

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
    /// The object, or why it is none.
    pub(super) value: Result<Value, Problem>,
}

/// The rows of a document.
pub(super) struct Elements<R> {
    reader: R,
    layout: Layout,
    line: u64,
    /// How many bytes of the line have been read.
    column: u64,
    count: u64,
    /// Whether every row so far ended on the line that it began on.
    is_by_line: bool,
    is_in_object: bool,
    is_in_array: bool,
    is_done: bool,
}

/// What was read of a value.
enum Text {
    Whole(Vec<u8>),
    TooLong,
    /// Where it has no end, the next row begins.
    CutOff,
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(reader: R, layout: Layout) -> Self {
        Self {
            reader,
            layout,
            line: 1,
            column: 0,
            count: 0,
            is_by_line: true,
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
                (_, Layout::Under(_)) if !self.is_in_array => {
                    return Err(self.malformed("something else than an account is there"));
                }
                _ => return self.no_row().map(Some),
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
        match self.skip_white_space()? {
            Some(b'[') if is_wanted => self.enter_array(),
            Some(first) if is_wanted && first != b'n' => {
                return Err(self.malformed(&format!("`{wanted}` is no list")));
            }
            _ => drop(self.value()?),
        }
        Ok(())
    }

    fn row(&mut self) -> io::Result<Element> {
        self.count += 1;
        let begin = self.line;
        let line = if self.is_in_array { self.count } else { begin };
        let may_be_cut_off = self.column == 0;
        let value = match self.text(may_be_cut_off)? {
            Text::Whole(bytes) => read_json(&bytes)
                .map(|Once(value)| value)
                .map_err(|(field, problem)| Problem::new(field, problem)),
            Text::TooLong => Err(Problem::new("", format!("has more than {MAX_ROW_BYTES} bytes"))),
            Text::CutOff => Err(Problem::new("", "is cut off: its JSON does not end")),
        };
        self.is_by_line &= value.is_err() || self.line == begin;
        Ok(Element { line, value })
    }

    /// Passes what stands where a row would be, and costs only itself: a value, or outside of arrays the line.
    fn no_row(&mut self) -> io::Result<Element> {
        self.count += 1;
        let line = if self.is_in_array { self.count } else { self.line };
        if self.is_in_array {
            self.value()?;
        } else {
            while self.peek()?.is_some_and(|it| it != b'\n') {
                self.bump();
            }
        }
        Ok(Element { line, value: Err(Problem::new("", "must be a JSON object")) })
    }

    /// The bytes of a value; `None` if there are too many.
    fn value(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(match self.text(false)? {
            Text::Whole(bytes) => Some(bytes),
            Text::TooLong | Text::CutOff => None,
        })
    }

    /// Reads a value. Those that are neither a string, an array nor an object end before what follows them.
    fn text(&mut self, may_be_cut_off: bool) -> io::Result<Text> {
        let mut bytes = Vec::new();
        let (mut depth, mut is_text, mut is_escaped, mut last) = (0_u32, false, false, None);
        while let Some(byte) = self.peek()? {
            let is_end = matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            if depth == 0 && !is_text && is_end && last.is_some() {
                return Ok(complete(bytes));
            }
            let is_row = byte == b'{' && self.column == 0 && last.is_some();
            if may_be_cut_off && is_row && (is_text || self.begins_row_after(last)) {
                return Ok(Text::CutOff);
            }
            self.bump();
            if bytes.len() <= MAX_ROW_BYTES {
                bytes.push(byte);
            }
            if !byte.is_ascii_whitespace() {
                last = Some(byte);
            }
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

    /// Whether a brace that begins a line begins a row, within one that has not ended: after this byte it
    /// belongs to no value, or every row has a line of its own.
    fn begins_row_after(&self, last: Option<u8>) -> bool {
        let is_value = matches!(last, Some(b'[' | b',' | b':'));
        !is_value || (self.is_by_line && self.count > 1)
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
        match self.reader.fill_buf() {
            Ok([b'\n', ..]) => (self.line, self.column) = (self.line + 1, 0),
            // What a byte order mark takes is no column.
            Ok([0xEF | 0xBB | 0xBF, ..]) if self.column == 0 => {}
            _ => self.column += 1,
        }
        self.reader.consume(1);
    }

    fn malformed(&self, what: &str) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {what}", self.line))
    }
}

fn complete(bytes: Vec<u8>) -> Text {
    if bytes.len() <= MAX_ROW_BYTES { Text::Whole(bytes) } else { Text::TooLong }
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
                Ok(element) => rows.push((element.line, element.value.ok())),
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

    /// The lines of the rows, and whether each can be read.
    fn readable(text: &str, layout: Layout) -> Vec<(u64, bool)> {
        let (rows, end) = read(text, layout);
        assert_eq!(end, None, "{text}");
        rows.iter().map(|(line, value)| (*line, value.is_some())).collect()
    }

    #[test]
    fn a_row_without_an_end_costs_only_itself() {
        for cut in ["{", "{\"a\":\"x", "{\"a\":\"x\\", "{\"a\":[1", "{\"a\":{\"b\":1}"] {
            let first = format!("{cut}\n{{\"b\":2}}\r\n{{\"b\":{{\"c\":3}}}}\n");
            assert_eq!(readable(&first, Layout::Rows), [(1, false), (2, true), (3, true)], "{cut}");
        }
        for cut in ["{\"a\":", "{\"a\":1,", "{\"a\":["] {
            let later = format!("{{\"b\":2}}\n{cut}\n{{\"b\":3}}\n");
            assert_eq!(readable(&later, Layout::Rows), [(1, true), (2, false), (3, true)], "{cut}");
        }
    }

    #[test]
    fn a_row_may_have_lines_of_its_own() {
        let text = "{\"a\":[\n{\"b\":1},\n{\"b\":2}\n],\"c\":\n{}}\n{\"a\":[\n{}]}\n";

        assert_eq!(readable(text, Layout::Rows), [(1, true), (6, true)]);
    }

    #[test]
    fn what_is_no_row_costs_only_itself() {
        let lines = "null\n{\"a\":1}\nid,name\n}\n3 {}\n{\"a\":2}\n";
        let array = "[null,{\"a\":1},[{}],\"}\",-1.5,{\"a\":2}]";

        assert_eq!(
            readable(lines, Layout::Rows),
            [(1, false), (2, true), (3, false), (4, false), (5, false), (6, true)]
        );
        let expected = [(1, false), (2, true), (3, false), (4, false), (5, false), (6, true)];
        assert_eq!(readable(array, Layout::Rows), expected);
        let document = format!("{{\"users\":{array}}}");
        assert_eq!(readable(&document, Layout::Under("users")), expected);
    }

    #[test]
    fn what_is_no_document_ends_with_its_line() {
        let table = [
            ("[{\"a\":1}\n", Layout::Rows, "line 2: the file ends within a document"),
            ("{\"a\":\n1", Layout::Rows, "line 2: the file ends within a value"),
            ("[]", Layout::Under("users"), "line 1: something else than an account is there"),
            ("{\"users\"", Layout::Under("users"), "line 1: a name has no value"),
            ("{\"users\":{}}", Layout::Under("users"), "line 1: `users` is no list"),
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
