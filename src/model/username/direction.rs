//! Whether a name with letters that are read from right to left is shown in one way only (RFC 5893).

use icu_properties::{CodePointMapData, props::BidiClass as It};

use super::address;

/// Whether a name has no letters from right to left, or keeps the rule: as a whole, like RFC 8265 asks, or
/// in each part of an address, like RFC 5893 asks of domains.
pub(super) fn reads_in_one_direction(name: &str) -> bool {
    let is_from_right = name
        .chars()
        .any(|c| [It::RightToLeft, It::ArabicLetter, It::ArabicNumber].contains(&class(c)));
    if !is_from_right || keeps_rule(name) {
        return true;
    }
    address(name).is_some_and(|(local, domain)| {
        std::iter::once(local).chain(domain.split('.')).all(keeps_rule)
    })
}

/// RFC 5893 §2.
fn keeps_rule(label: &str) -> bool {
    let classes: Vec<It> = label.chars().map(class).collect();
    let has = |it: It| classes.contains(&it);
    let last = classes.iter().rfind(|it| **it != It::NonspacingMark);
    let (own, ends): (&[It], &[It]) = match classes.first() {
        Some(&(It::RightToLeft | It::ArabicLetter)) => {
            if has(It::EuropeanNumber) && has(It::ArabicNumber) {
                return false;
            }
            let own = &[It::RightToLeft, It::ArabicLetter, It::ArabicNumber];
            (own, &[It::RightToLeft, It::ArabicLetter, It::EuropeanNumber, It::ArabicNumber])
        }
        Some(&It::LeftToRight) => (&[It::LeftToRight], &[It::LeftToRight, It::EuropeanNumber]),
        _ => return false,
    };
    let either = [
        It::EuropeanNumber,
        It::EuropeanSeparator,
        It::CommonSeparator,
        It::EuropeanTerminator,
        It::OtherNeutral,
        It::BoundaryNeutral,
        It::NonspacingMark,
    ];
    let are_allowed = classes.iter().all(|it| own.contains(it) || either.contains(it));
    are_allowed && last.is_some_and(|it| ends.contains(it))
}

fn class(c: char) -> It {
    CodePointMapData::<It>::new().get(c)
}
