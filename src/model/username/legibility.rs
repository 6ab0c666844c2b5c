//! What a new name must be like so that a reader can tell it from others.
//!
//! Judges one name; that no other account has one that looks alike is the duty of the database.

use icu_properties::{CodePointSetData, props::SoftDotted};
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::mixed_script::AugmentedScriptSet;

use super::{
    address,
    direction::reads_in_one_direction,
    joiners::are_seen,
    preparation::{is_digit, is_letter, is_mark, is_word_mark},
};

/// More marks on one letter than any script needs.
const MAX_MARKS: usize = 8;
const DOT_ABOVE: char = '\u{307}';

/// Whether a reader can tell a prepared name from others.
pub(super) fn is_legible(name: &str) -> bool {
    let halves = match address(name) {
        Some((local, domain)) => [local, domain],
        None => [name, ""],
    };
    let chars: Vec<char> = name.chars().collect();
    labels(name).all(is_of_one_script)
        && halves.into_iter().all(has_digits_of_one_kind)
        && reads_in_one_direction(name)
        && has_plain_marks(name)
        && are_seen(&chars)
        && stand_in_words(&chars)
}

/// The labels of an e-mail address, each of which may have a script of its own; any other name is one.
fn labels(name: &str) -> impl Iterator<Item = &str> {
    let (local, domain) = address(name).unwrap_or(("", ""));
    let whole = if local.is_empty() { name } else { "" };
    // A hyphen joins words of a domain's label, but separates those of a mailbox.
    local.split(['.', '+', '-', '_']).chain(domain.split('.')).chain([whole])
}

/// UTS 39 §5.2 "highly restrictive": one script, or Latin with Han, Bopomofo, Kana or Hangul. This stops
/// `pаypal` (with a Cyrillic а) from posing as `paypal`.
fn is_of_one_script(label: &str) -> bool {
    let mut all = AugmentedScriptSet::default();
    let mut beside_latin = AugmentedScriptSet::default();
    // ASCII punctuation belongs to no script, but is no part of the identifiers UTS 39 speaks of.
    for c in label.chars().filter(|c| !c.is_ascii_punctuation()) {
        let scripts = AugmentedScriptSet::for_char(c);
        all.intersect_with(scripts);
        if !scripts.base.contains_script(Script::Latin) {
            beside_latin.intersect_with(scripts);
        }
    }
    !all.is_empty() || beside_latin.kore || beside_latin.hanb || beside_latin.jpan
}

/// Whether all decimal digits are of one system. Those of a system are ten code points in a row.
fn has_digits_of_one_kind(text: &str) -> bool {
    let digits = || text.chars().filter(|&c| is_digit(c)).map(u32::from);
    match (digits().min(), digits().max()) {
        (Some(least), Some(most)) => most - least < 10,
        _ => true,
    }
}

/// Whether each mark is seen: on a letter, once, and not a dot where there is one.
fn has_plain_marks(name: &str) -> bool {
    let soft_dotted = CodePointSetData::new::<SoftDotted>();
    let mut base = None;
    let mut marks: Vec<char> = Vec::new();
    for c in name.nfd() {
        if !is_mark(c) {
            base = Some(c).filter(|c| !c.is_ascii_punctuation());
            marks.clear();
            continue;
        }
        let Some(base) = base else { return false };
        let is_dotted = soft_dotted.contains(base) || matches!(base, 'ı' | 'ȷ');
        if marks.contains(&c) || marks.len() == MAX_MARKS || (c == DOT_ABOVE && is_dotted) {
            return false;
        }
        marks.push(c);
    }
    true
}

/// Whether the marks that are no letters are where words have them.
fn stand_in_words(chars: &[char]) -> bool {
    chars.iter().enumerate().filter(|(_, c)| is_word_mark(**c)).all(|(at, c)| {
        let before = at.checked_sub(1).and_then(|it| chars.get(it));
        let after = chars.get(at + 1);
        let is_in_word = |c: Option<&char>| c.is_some_and(|&c| is_letter(c) || is_mark(c));
        match c {
            // `l·l` of Catalan, RFC 5892 A.3.
            '\u{B7}' => before == Some(&'l') && after == Some(&'l'),
            // RFC 5892 A.7, and not at an end, where it could be anything.
            '\u{30FB}' => before.is_some_and(|&c| is_east_asian(c)) && is_in_word(after),
            '\u{58A}' => is_in_word(before) && is_in_word(after),
            // These are words or numbers themselves.
            '\u{3007}' | '\u{6FD}' | '\u{6FE}' => true,
            _ => is_in_word(before),
        }
    })
}

fn is_east_asian(c: char) -> bool {
    // The sign that lengthens a vowel belongs to both syllabaries.
    let scripts = [Script::Han, Script::Hiragana, Script::Katakana];
    scripts.contains(&c.script()) || c == 'ー'
}
