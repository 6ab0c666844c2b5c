//! What eyes see of a name.

use icu_properties::{CodePointSetData, props::SoftDotted};
use unicode_normalization::UnicodeNormalization as _;

use super::preparation::is_mark;

const DOT_ABOVE: char = '\u{307}';

/// What is compared at most, so that a database can index it. A few letters have prototypes of 15 bytes.
const MAX_BYTES: usize = 1024;

/// The skeleton of a name by UTS 39 §4, in which names that look alike are the same. It is compared, never
/// shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Skeleton(String);

impl Skeleton {
    /// That of a prepared name. Names are read without regard to case, so `0`, which looks like `O`, also
    /// looks like `o`. The order of letters is not looked at: names that could be shown in another one are
    /// refused.
    pub(super) fn of(name: &str) -> Self {
        // The second pass is for small letters of which only the capital has a prototype.
        let mut skeleton = seen(&seen(name));
        skeleton.truncate(skeleton.floor_char_boundary(MAX_BYTES));
        Self(skeleton)
    }

    /// The text to compare. It has no white space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn seen(text: &str) -> String {
    let soft_dotted = CodePointSetData::new::<SoftDotted>();
    let mut seen = String::with_capacity(text.len());
    let mut is_dotted = false;
    let small = unicode_security::skeleton(text).flat_map(char::to_lowercase).nfd();
    for c in small {
        if c == DOT_ABOVE && is_dotted {
            continue;
        }
        if !is_mark(c) {
            is_dotted = soft_dotted.contains(c);
        }
        // A sigma that ends a word is a sigma.
        seen.push(if c == 'ς' { 'σ' } else { c });
    }
    tones_last(seen)
}

/// Thai and Lao put a ring and a tone over a letter, which are shown alike in either order.
fn tones_last(seen: String) -> String {
    const RINGS: [char; 2] = ['\u{E4D}', '\u{ECD}'];
    if !seen.contains(RINGS) {
        return seen;
    }
    let mut chars: Vec<char> = seen.chars().collect();
    for at in 1..chars.len() {
        let is_tone = matches!(chars[at - 1], '\u{E48}'..='\u{E4B}' | '\u{EC8}'..='\u{ECB}');
        if is_tone && RINGS.contains(&chars[at]) {
            chars.swap(at - 1, at);
        }
    }
    chars.into_iter().collect()
}
