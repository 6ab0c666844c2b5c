//! JSON values in which every name of an object is given once.
//!
//! Of a name that is given twice, readers take the first value or the last, so that what a file says would
//! depend on its reader.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// A value of JSON.
pub(super) struct Once(pub(super) Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_string<E>(self, it: String) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(value)) = from.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            if object.contains_key(&name) {
                // In the words of serde, which also uses them for the fields of the format.
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            let Once(value) = from.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moving::lines::read_json;

    #[test]
    fn what_is_no_json_says_where_and_a_name_that_is_given_twice_is_named() {
        let rows = [
            ("{broken}", ("", "is not JSON at column 2")),
            ("{\"a\":\n1e999}", ("", "is not JSON at line 2 of it, column 5")),
            ("{\"a\":\"x\"", ("", "is cut off: its JSON does not end")),
            ("{\"a\":1,\"a\":2}", ("a", "must be given once")),
            ("{\"a\":[{\"b\":1,\"b\":1}]}", ("a[0].b", "must be given once")),
        ];
        for (row, (field, problem)) in rows {
            let read = read_json::<Once>(row.as_bytes()).map(|Once(value)| value);
            assert_eq!(read, Err((field.to_owned(), problem.to_owned())), "{row}");
        }
        let Once(value) = read_json(b"[null,true,-1,2,0.5,\"x\",{\"a\":{}}]").unwrap();
        assert_eq!(value.to_string(), "[null,true,-1,2,0.5,\"x\",{\"a\":{}}]");
    }
}
