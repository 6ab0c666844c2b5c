//! From a text as typed to the form in which a username is stored and found.
//!
//! Nothing here is about whether a new account may have the name.

use icu_properties::{CodePointMapData, props::GeneralCategory};
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::{GeneralSecurityProfile as _, general_security_profile::IdentifierType};

/// The zero-width non-joiner and the zero-width joiner.
pub(super) const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// Marks within words that are no letters: the middle dot of Catalan, hyphens and quotation marks of
/// Armenian and Hebrew, signs of Sindhi, the syllable mark of Tibetan, zero and the middle dot of East
/// Asia. RFC 5892 and UAX 31 have them too.
const WORD_MARKS: [char; 9] = [
    '\u{B7}', '\u{58A}', '\u{5F3}', '\u{5F4}', '\u{6FD}', '\u{6FE}', '\u{F0B}', '\u{3007}',
    '\u{30FB}',
];

/// The letters that older Malayalam keyboards write as a consonant, a virama and a joiner.
const CHILLUS: [(&str, &str); 6] = [
    ("\u{D23}\u{D4D}\u{200D}", "\u{D7A}"),
    ("\u{D28}\u{D4D}\u{200D}", "\u{D7B}"),
    ("\u{D30}\u{D4D}\u{200D}", "\u{D7C}"),
    ("\u{D32}\u{D4D}\u{200D}", "\u{D7D}"),
    ("\u{D33}\u{D4D}\u{200D}", "\u{D7E}"),
    ("\u{D15}\u{D4D}\u{200D}", "\u{D7F}"),
];

/// Turns what is the same to a person into the same text: without what surrounds it, in small letters, in
/// NFKC. For what earlier versions accepted, that is what RFC 8265 UsernameCaseMapped makes of it.
pub(super) fn prepared(text: &str) -> String {
    mapped(text, "i")
}

/// What earlier versions made of the same text: they put a second dot on the small form of `İ`. `None` if
/// there is no such letter.
pub(super) fn former(text: &str) -> Option<String> {
    let has_dotted = text.nfkc().any(|c| c == 'İ');
    has_dotted.then(|| mapped(text, "i\u{307}"))
}

fn mapped(text: &str, small_dotted: &str) -> String {
    // Most names: without what follows, of which nothing changes them.
    if text.is_ascii() {
        return text.trim().to_ascii_lowercase();
    }
    let compatible: String = text.nfkc().collect();
    let compatible = CHILLUS.iter().fold(compatible, |text, (typed, letter)| {
        if text.contains(typed) { text.replace(typed, letter) } else { text }
    });
    let mut small = String::with_capacity(compatible.len());
    for c in compatible.trim_matches(is_invisible_around).chars() {
        match c {
            'İ' => small.push_str(small_dotted),
            // Phones and word processors put these for what a keyboard types.
            '\u{2019}' => small.push('\''),
            '\u{2010}' => small.push('-'),
            // Letter by letter: a sigma that ends a word is not made another one.
            c => small.extend(c.to_lowercase()),
        }
    }
    small.nfkc().collect()
}

/// What may surround a name without a person seeing it: white space, and marks that phones and web pages put
/// around text that is copied. Not the override that shows letters in the other order.
fn is_invisible_around(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202D}'
                | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// Whether a name may have the character anywhere: ASCII that is seen, and letters, marks and decimal digits
/// of any script, but none that are for specialists, out of use or invisible (UTS 39 §3.1).
pub(super) fn is_usable(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    if JOINERS.contains(&c) || WORD_MARKS.contains(&c) {
        return true;
    }
    let kind = c.identifier_type();
    if is_mark(c) && c.script() == Script::Inherited {
        // The others strike letters out or underline them.
        return kind == Some(IdentifierType::Recommended);
    }
    let is_known = matches!(
        kind,
        Some(
            IdentifierType::Recommended
                | IdentifierType::Inclusion
                | IdentifierType::Limited_Use
                | IdentifierType::Uncommon_Use
                | IdentifierType::Exclusion
        )
    );
    is_known && (is_letter(c) || is_mark(c) || is_digit(c))
}

pub(super) fn is_word_mark(c: char) -> bool {
    WORD_MARKS.contains(&c)
}

pub(super) fn is_letter(c: char) -> bool {
    use GeneralCategory as It;
    let letters = [
        It::LowercaseLetter,
        It::UppercaseLetter,
        It::TitlecaseLetter,
        It::ModifierLetter,
        It::OtherLetter,
    ];
    letters.contains(&category(c))
}

pub(super) fn is_mark(c: char) -> bool {
    matches!(category(c), GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark)
}

pub(super) fn is_digit(c: char) -> bool {
    category(c) == GeneralCategory::DecimalNumber
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}
