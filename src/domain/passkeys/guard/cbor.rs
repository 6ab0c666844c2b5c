//! Reading one CBOR item from the front of some bytes, strictly.
//!
//! Only the form that CTAP2 lets authenticators write: definite lengths, no key twice, bounded depth
//! and size. Two parsers could disagree about anything else, and webauthn-rs has one of its own.

use ciborium::Value;

/// Deeper nesting than any attestation statement or extension has.
const MAX_DEPTH: usize = 16;
/// More members than any map of a response has. Bounds the search for duplicates.
const MAX_MEMBERS: usize = 64;

/// The first item and the bytes behind it; `None` when the item is not in the strict form.
pub(super) fn split_item(bytes: &[u8]) -> Option<(Value, &[u8])> {
    let rest = skip_item(bytes, MAX_DEPTH)?;
    let item = &bytes[..bytes.len() - rest.len()];
    // A few levels more than the limit here, since the reader counts them differently.
    let value: Value = ciborium::de::from_reader_with_recursion_limit(item, MAX_DEPTH * 2).ok()?;
    keys_are_unique(&value).then_some((value, rest))
}

/// The only item in the bytes.
pub(super) fn single_item(bytes: &[u8]) -> Option<Value> {
    split_item(bytes).and_then(|(value, rest)| rest.is_empty().then_some(value))
}

/// Whether these bytes write the item with the shortest form of each number and length, and without
/// tags in their place (CTAP2 §8). The order of a map's members is free.
pub(super) fn is_shortest(item: &Value, bytes: &[u8]) -> bool {
    let mut shortest = Vec::with_capacity(bytes.len());
    ciborium::into_writer(item, &mut shortest).is_ok_and(|()| shortest == bytes)
}

fn skip_item(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    let (&initial, rest) = bytes.split_first()?;
    let (argument, mut rest) = split_argument(initial & 0b1_1111, rest)?;
    match initial >> 5 {
        // Integers, simple values and floats end with their argument.
        0 | 1 | 7 => Some(rest),
        // Byte and text strings.
        2 | 3 => rest.get(usize::try_from(argument).ok()?..),
        // Arrays. A length beyond the end of the bytes fails at the first missing item.
        4 => {
            for _ in 0..argument {
                rest = skip_item(rest, depth)?;
            }
            Some(rest)
        }
        5 => {
            for _ in 0..argument.checked_mul(2)? {
                rest = skip_item(rest, depth)?;
            }
            Some(rest)
        }
        _ => skip_item(rest, depth),
    }
}

/// The number that follows an initial byte. Indefinite lengths and reserved forms have none.
fn split_argument(info: u8, bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = match info {
        0..=23 => return Some((u64::from(info), bytes)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (argument, rest) = bytes.split_at_checked(length)?;
    Some((argument.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)), rest))
}

fn keys_are_unique(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(keys_are_unique),
        Value::Tag(_, inner) => keys_are_unique(inner),
        Value::Map(members) => {
            members.len() <= MAX_MEMBERS
                && members.iter().enumerate().all(|(index, (key, value))| {
                    !members[..index].iter().any(|(earlier, _)| earlier == key)
                        && keys_are_unique(key)
                        && keys_are_unique(value)
                })
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_split_from_what_follows() {
        let (value, rest) = split_item(&[0xa1, 0x01, 0x02, 0xff, 0xff]).unwrap();

        assert_eq!(value, Value::Map(vec![(Value::from(1), Value::from(2))]));
        assert_eq!(rest, [0xff, 0xff]);
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_at_any_depth() {
        assert!(single_item(&[0xa2, 0x01, 0x02, 0x01, 0x03]).is_none());
        assert!(single_item(&[0x81, 0xa2, 0x01, 0x02, 0x01, 0x03]).is_none());
    }

    #[test]
    fn a_key_that_comes_twice_in_two_encodings_is_refused() {
        assert!(single_item(&[0xa2, 0x01, 0x02, 0x18, 0x01, 0x03]).is_none());
    }

    #[test]
    fn only_the_shortest_form_of_an_item_is_the_shortest() {
        let is_shortest = |bytes: &[u8]| super::is_shortest(&single_item(bytes).unwrap(), bytes);

        assert!(is_shortest(&[0xa2, 0x20, 0x41, 0x07, 0x01, 0x19, 0x01, 0x00]));
        // A number, a length and a map's size in a byte of their own; a number as a tagged string.
        assert!(!is_shortest(&[0xa1, 0x18, 0x01, 0x02]));
        assert!(!is_shortest(&[0xa1, 0x01, 0x58, 0x01, 0x07]));
        assert!(!is_shortest(&[0xb8, 0x01, 0x01, 0x02]));
        assert!(!is_shortest(&[0xa1, 0xc2, 0x41, 0x01, 0x02]));
    }

    #[test]
    fn an_indefinite_length_is_refused() {
        assert!(single_item(&[0xbf, 0x01, 0x02, 0xff]).is_none());
        assert!(single_item(&[0x5f, 0x41, 0x00, 0xff]).is_none());
    }

    #[test]
    fn bytes_behind_the_only_item_are_refused() {
        assert!(single_item(&[0x01, 0x00]).is_none());
    }

    #[test]
    fn an_item_that_promises_more_than_there_is_is_refused() {
        assert!(single_item(&[]).is_none());
        assert!(single_item(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(single_item(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(single_item(&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn deep_nesting_is_refused_without_exhausting_the_stack() {
        for opener in [0x81, 0xc1] {
            let mut deep = vec![opener; 65_536];
            deep.push(0x00);

            assert!(single_item(&deep).is_none());
        }
    }

    #[test]
    fn a_map_with_thousands_of_members_is_refused() {
        let mut crowd = vec![0xb9, 0x20, 0x00];
        for number in 0..0x2000_u16 {
            crowd.push(0x19);
            crowd.extend(number.to_be_bytes());
            crowd.push(0x00);
        }

        assert!(single_item(&crowd).is_none());
    }
}
