//! Fields of other products' JSON, each with the path that a report names it by.
//!
//! Fields that are not asked for are passed over: the products decide what is in their files.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use claviger_token::time::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::cli::moving::row::{Bytes, Time};

/// Products write padding or leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A field that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Its path.
    pub(super) field: String,
    /// What is wrong, in words that follow the path.
    pub(super) problem: String,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// An object of a document.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// A value at a path, which must be an object.
    pub(super) fn of(value: &'a Value, path: impl Into<String>) -> Result<Self, Problem> {
        let path = path.into();
        match value {
            Value::Object(object) => Ok(Self { object, path }),
            _ => Err(Problem::new(path, "must be an object")),
        }
    }

    /// The path of a field.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The path of the object itself.
    pub(super) fn own_path(&self) -> String {
        self.path.clone()
    }

    fn refuse<T>(&self, name: &str, problem: &str) -> Result<T, Problem> {
        Err(Problem::new(self.path(name), problem))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|it| !it.is_null())
    }

    /// Whether a field has a value: no empty text, list or object.
    pub(super) fn has(&self, name: &str) -> bool {
        match self.get(name) {
            None => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            Some(Value::Object(object)) => !object.is_empty(),
            Some(_) => true,
        }
    }

    /// A text; an empty one is none.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|it| !it.is_empty())),
            Some(_) => self.refuse(name, "must be a text"),
        }
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&'a str, Problem> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None => self.refuse(name, "is missing"),
        }
    }

    /// Yes or no; no if it is missing.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => self.refuse(name, "must be true or false"),
        }
    }

    /// A number, which may be written as a text.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        number.map(Some).map_or_else(|| self.refuse(name, "must be a whole number"), Ok)
    }

    /// A signature counter; 0 if it is missing.
    pub(super) fn counter(&self, name: &str) -> Result<u32, Problem> {
        let number = u32::try_from(self.number(name)?.unwrap_or_default());
        number.or_else(|_| self.refuse(name, "is too large"))
    }

    /// The values of a list, with their paths.
    pub(super) fn list(&self, name: &str) -> Result<Vec<(String, &'a Value)>, Problem> {
        let values = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(_) => return self.refuse(name, "must be a list"),
        };
        let path = self.path(name);
        Ok(values.iter().enumerate().map(|(at, it)| (format!("{path}[{at}]"), it)).collect())
    }

    /// The objects of a list.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, Problem> {
        self.list(name)?.into_iter().map(|(path, value)| Self::of(value, path)).collect()
    }

    /// The texts of a list, to keep.
    pub(super) fn owned_texts(&self, name: &str) -> Result<Vec<String>, Problem> {
        Ok(self.texts(name)?.into_iter().map(str::to_owned).collect())
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, Problem> {
        let read = |(path, value): (String, &'a Value)| {
            value.as_str().ok_or_else(|| Problem::new(path, "must be a text"))
        };
        self.list(name)?.into_iter().map(read).collect()
    }

    /// An object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, Problem> {
        self.get(name).map(|it| Self::of(it, self.path(name))).transpose()
    }

    /// Bytes that must be there: in base64 or base64url, or as PostgreSQL writes them (`\x…`).
    pub(super) fn bytes(&self, name: &str) -> Result<Bytes, Problem> {
        let text = self.required(name)?;
        decoded(text).map(Bytes).map_or_else(|| self.refuse(name, "must be base64"), Ok)
    }

    /// A UUID.
    pub(super) fn uuid(&self, name: &str) -> Result<Option<Uuid>, Problem> {
        let parse =
            |text: &str| Uuid::try_parse(text).or_else(|_| self.refuse(name, "must be a UUID"));
        self.text(name)?.map(parse).transpose()
    }

    /// A point in time as a text.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parsed_time(text).map(Some).map_or_else(|| self.refuse(name, "must be a time"), Ok)
    }

    /// A point in time in milliseconds since 1970.
    pub(super) fn milliseconds(&self, name: &str) -> Result<Option<Time>, Problem> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let time =
            UNIX_EPOCH.checked_add(Duration::from_millis(number)).and_then(before_year_10000);
        time.map(Some).map_or_else(|| self.refuse(name, "must be a time in milliseconds"), Ok)
    }
}

/// Bytes of a text.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("\\x") {
        return from_hex(hex);
    }
    let standard: String = text
        .chars()
        .filter(|it| !it.is_ascii_whitespace())
        .map(|it| match it {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    BASE64.decode(standard).ok()
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|it| it.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect();
    let digits = digits.filter(|it| it.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// RFC 3339 with any offset or none, and the text of PostgreSQL's `timestamptz`, which has a space and may have hours
/// alone in its offset.
fn parsed_time(text: &str) -> Option<Time> {
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(at);
    let local = humantime::parse_rfc3339(&format!("{day}T{clock}Z")).ok()?;
    let offset = |text: &str| {
        let digits: String = text.chars().filter(|it| *it != ':').collect();
        let (hours, minutes) = digits.split_at_checked(2)?;
        let minutes = if minutes.is_empty() { "0" } else { minutes };
        let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then(|| Duration::from_secs((hours * 60 + minutes) * 60))
    };
    let time = match zone.split_at_checked(1) {
        // Hanko's database keeps times without a zone, which are UTC.
        None | Some(("Z" | "z", "")) => Some(local),
        Some(("+", rest)) => local.checked_sub(offset(rest)?),
        Some(("-", rest)) => local.checked_add(offset(rest)?),
        _ => None,
    };
    before_year_10000(time?)
}

/// What a row can say: its times have a year of four digits.
fn before_year_10000(time: SystemTime) -> Option<Time> {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since < YEAR_10000).then(|| Time(Timestamp::from(time)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_of_every_product_are_read() {
        let table = [
            ("2024-08-17T12:05:15Z", "2024-08-17T12:05:15.000000Z"),
            ("2024-08-17T12:05:15.651387237Z", "2024-08-17T12:05:15.651387Z"),
            ("2024-08-17T14:05:15.5+02:00", "2024-08-17T12:05:15.500000Z"),
            ("2024-08-17T00:35:15-11:30", "2024-08-17T12:05:15.000000Z"),
            ("2024-08-17 12:05:15.123456+00", "2024-08-17T12:05:15.123456Z"),
            ("2024-08-17 17:35:15+0530", "2024-08-17T12:05:15.000000Z"),
            ("2024-08-17T12:05:15.5", "2024-08-17T12:05:15.500000Z"),
        ];

        for (text, expected) in table {
            assert_eq!(parsed_time(text).map(String::from).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "infinity",
            "2024-08-17",
            "2024-13-17T12:05:15Z",
            "2024-08-17T12:05:15+99",
            "2024-08-17T12:05:15+é",
            "2024-08-17T12:05:15Zx",
        ] {
            assert_eq!(parsed_time(text), None, "{text}");
        }
    }

    #[test]
    fn bytes_of_every_product_are_read() {
        let bytes = Some(vec![251, 255, 190, 1]);

        for text in ["+/++AQ==", "+/++AQ", "-_--AQ", "\\xfbffbe01", "+/++\nAQ=="] {
            assert_eq!(decoded(text), bytes, "{text}");
        }
        for text in ["+/++A", "\\xfbf", "\\xfé", "é"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn a_field_of_another_kind_is_named_by_its_path() {
        let value = json!({"a": {"b": [{"c": 1}], "d": "x"}, "n": -1});
        let root = Fields::of(&value, "").unwrap();
        let inner = root.object("a").unwrap().unwrap();
        let deep = inner.objects("b").unwrap().remove(0);

        let refused = [
            deep.text("c").unwrap_err(),
            inner.flag("d").unwrap_err(),
            inner.list("d").map(drop).unwrap_err(),
            root.number("n").unwrap_err(),
            inner.time("d").unwrap_err(),
            inner.uuid("d").unwrap_err(),
            inner.required("none").unwrap_err(),
            root.milliseconds("n").unwrap_err(),
        ];

        let said: Vec<_> =
            refused.iter().map(|it| format!("{} {}", it.field, it.problem)).collect();
        assert_eq!(
            said,
            [
                "a.b[0].c must be a text",
                "a.d must be true or false",
                "a.d must be a list",
                "n must be a whole number",
                "a.d must be a time",
                "a.d must be a UUID",
                "a.none is missing",
                "n must be a whole number",
            ]
        );
    }
}
