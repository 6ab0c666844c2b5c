//! Where the zero-width joiner and non-joiner change what is seen: RFC 5892 A.1 and A.2, UAX 31 §2.3.
//!
//! Persian, Sinhala and others spell names with them. Two names that differ in them alone have the same
//! skeleton.

use icu_properties::{CodePointMapData, props::JoiningType};
use unicode_normalization::char::canonical_combining_class;

use super::preparation::{JOINERS, is_letter};

/// The combining class of viramas, which take the vowel from a consonant.
const VIRAMA: u8 = 9;

/// Whether each joiner is where a script needs it.
pub(super) fn are_seen(chars: &[char]) -> bool {
    chars.iter().enumerate().filter(|(_, c)| JOINERS.contains(c)).all(|(at, &c)| {
        let (before, after) =
            (chars.get(..at).unwrap_or_default(), chars.get(at + 1..).unwrap_or_default());
        let after_virama = before.last().is_some_and(is_virama) && starts_with_letter(after);
        after_virama
            || match c {
                '\u{200C}' => parts_letters(before, after),
                _ => is_before_virama(before, after),
            }
    })
}

/// A non-joiner between two letters that would be joined.
fn parts_letters(before: &[char], after: &[char]) -> bool {
    let joins = |it: JoiningType, other: JoiningType| it == other || it == JoiningType::DualJoining;
    let is_solid = |it: &JoiningType| *it != JoiningType::Transparent;
    let left = before.iter().rev().map(joining).find(is_solid);
    let right = after.iter().map(joining).find(is_solid);
    left.is_some_and(|it| joins(it, JoiningType::LeftJoining))
        && right.is_some_and(|it| joins(it, JoiningType::RightJoining))
}

/// A joiner that keeps a letter whole before a virama, such as in the Bengali র‍্য.
fn is_before_virama(before: &[char], after: &[char]) -> bool {
    let Some((next, rest)) = after.split_first() else { return false };
    before.last().is_some_and(|c| is_letter(*c)) && is_virama(next) && starts_with_letter(rest)
}

fn starts_with_letter(chars: &[char]) -> bool {
    chars.first().is_some_and(|c| is_letter(*c))
}

fn is_virama(c: &char) -> bool {
    canonical_combining_class(*c) == VIRAMA
}

fn joining(c: &char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(*c)
}
