//! The list of breached passwords that is part of the program: fingerprints in `breached.bin`, made by
//! `scripts/renew-breached-passwords`. Nothing is unpacked; a lookup reads a few bytes of it.
//!
//! A fingerprint has 36 bits, so a password that is not listed is taken for one in a hundred thousand cases.

use std::sync::LazyLock;

use crate::domain::shown_once::sha256;

/// A text that ends with an empty line, then for each of the first [`BUCKETS`] values of a hash's first 12
/// bits the number of fingerprints before its own (4 bytes, the most significant first), then the next 24 bits
/// of each, in order.
const FILE: &[u8] = include_bytes!("breached.bin");
const BUCKETS: usize = 1 << 12;
const INDEX_ENTRY: usize = 4;
const FINGERPRINT: usize = 3;

static TABLE: LazyLock<&[u8]> = LazyLock::new(|| {
    let end_of_text = FILE.windows(2).position(|it| it == b"\n\n").map_or(FILE.len(), |at| at + 2);
    FILE.get(end_of_text..).unwrap_or_default()
});

/// Whether a form of a password is listed.
pub(super) fn has(form: &str) -> bool {
    let hash = sha256(form.as_bytes());
    let bucket = usize::from(u16::from_be_bytes([hash[0], hash[1]]) >> 4);
    // The 24 bits after the first 12.
    let fingerprint = [
        (hash[1] << 4) | (hash[2] >> 4),
        (hash[2] << 4) | (hash[3] >> 4),
        (hash[3] << 4) | (hash[4] >> 4),
    ];
    of_bucket(bucket).is_some_and(|it| it.chunks_exact(FINGERPRINT).any(|it| *it == fingerprint))
}

fn of_bucket(bucket: usize) -> Option<&'static [u8]> {
    let table: &'static [u8] = *TABLE;
    let fingerprints = table.get(BUCKETS * INDEX_ENTRY..)?;
    let start = before(bucket)?;
    let end = if bucket + 1 == BUCKETS { fingerprints.len() } else { before(bucket + 1)? };
    fingerprints.get(start..end)
}

/// How many bytes of fingerprints are before those of a bucket.
fn before(bucket: usize) -> Option<usize> {
    let entry = TABLE.get(bucket * INDEX_ENTRY..(bucket + 1) * INDEX_ENTRY)?;
    let count = u32::from_be_bytes(entry.try_into().ok()?);
    Some(usize::try_from(count).ok()? * FINGERPRINT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_breached_is_listed_and_what_was_not_is_not() {
        for form in ["correcthorsebatterystaple", "thisisapassword", "maytheforcebewithyou"] {
            assert!(has(form), "{form}");
        }
        for form in ["", "tangerinequorumlighthouse", "xk9mq2vl5nr8", "四月の雨は静かに"] {
            assert!(!has(form), "{form}");
        }
    }

    #[test]
    fn few_texts_are_taken_for_listed_ones() {
        let taken = (0..1_000_000).filter(|number| has(&format!("not listed {number}"))).count();

        assert!(taken < 20, "{taken}");
    }

    #[test]
    fn the_file_is_whole() {
        let text = String::from_utf8_lossy(&FILE[..FILE.len() - TABLE.len()]);
        let count = text.lines().find_map(|it| it.strip_prefix("Fingerprints: ")).unwrap();
        let count: usize = count.parse().unwrap();

        assert_eq!(TABLE.len(), BUCKETS * INDEX_ENTRY + count * FINGERPRINT);
        assert!(FILE.len() <= 300_000);
        let all: usize = (0..BUCKETS).map(|it| of_bucket(it).unwrap().len()).sum();
        assert_eq!(all, count * FINGERPRINT);
    }
}
