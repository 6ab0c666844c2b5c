//! Names as honest people type them, and names that deceive.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation as _};
use proptest::prelude::*;
use unicode_security::restriction_level::{RestrictionLevel, RestrictionLevelDetection as _};

use super::*;

fn parsed(text: &str) -> Result<String, FieldReason> {
    Username::parse(text).map(|it| it.as_str().to_owned()).map_err(|rule| rule.reason)
}

fn skeleton(text: &str) -> Skeleton {
    Username::typed(text).unwrap().skeleton()
}

/// What an earlier version made of a text: RFC 8265 by Unicode 6.3, and one script for the whole name.
fn by_an_earlier_version(text: &str) -> Option<String> {
    let enforced = |text: &str| UsernameCaseMapped::enforce(text).map(String::from).ok();
    let name = enforced(text).filter(|it| it.chars().count() <= 64)?;
    let letters: String = name.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let is_stable = enforced(&name)? == name;
    let has_joiner = name.contains(preparation::JOINERS);
    let is_of_one = letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive);
    (is_stable && !has_joiner && is_of_one).then_some(name)
}

#[test]
fn names_are_prepared() {
    let table = [
        ("alice", "alice"),
        ("Alice", "alice"),
        ("ALICE@Example.COM", "alice@example.com"),
        ("alice+tag@example.com", "alice+tag@example.com"),
        ("guy.brush-1_2", "guy.brush-1_2"),
        ("ａｌｉｃｅ", "alice"),
        ("e\u{301}ric", "\u{e9}ric"),
        ("Straße", "straße"),
        ("Алиса", "алиса"),
        ("ΑΛΙΚΗ", "αλικη"),
        ("アリス太郎", "アリス太郎"),
        ("李小龙abc", "李小龙abc"),
        ("김철수", "김철수"),
        ("عربي", "عربي"),
        ("12345", "12345"),
        ("İbrahim", "ibrahim"),
        ("O\u{2019}Brien", "o'brien"),
        ("น้ำฝน", "น้\u{e4d}\u{e32}ฝน"),
        ("Լևոն", "լեւոն"),
        ("ᎠᎰ", "ꭰꮀ"),
        ("ﬁona", "fiona"),
        ("รา\u{e4d}", "รา\u{e4d}"),
        ("രാജന\u{d4d}\u{200d}", "രാജ\u{d7b}"),
    ];
    for (text, name) in table {
        assert_eq!(parsed(text).as_deref(), Ok(name), "{text}");
    }
}

#[test]
fn what_surrounds_a_name_is_no_part_of_it() {
    let around = [
        " ",
        "\t",
        "\n",
        "\r\n",
        "\u{a0}",
        "\u{2003}",
        "\u{202f}",
        "\u{3000}",
        "\u{feff}",
        "\u{200b}",
        "\u{200e}",
        "\u{200f}",
        "\u{2060}",
        "\u{61c}",
        "\u{ad}",
        "\u{200c}",
        "\u{85}",
        "  \u{200b} ",
    ];
    for it in around {
        for text in [format!("{it}alice"), format!("alice{it}"), format!("{it}alice{it}")] {
            assert_eq!(parsed(&text).as_deref(), Ok("alice"), "{text:?}");
            let typed = SignInName::parse(text.clone()).unwrap();
            assert_eq!(typed.username().map(Username::as_str), Some("alice"), "{text:?}");
        }
        assert_eq!(parsed(it), Err(FieldReason::Required), "{it:?}");
    }
    assert_eq!(parsed("\u{2068}alice\u{2069}").as_deref(), Ok("alice"));
    assert_eq!(parsed("\u{202d}alice\u{202c}").as_deref(), Ok("alice"));
}

#[test]
fn preparing_twice_changes_nothing() {
    let table =
        ["Alice", "ＡＬＩＣＥ", "İstanbul", "E\u{301}ric", "ΑΣΑΣ", "ᎠᎰ", "アリス", "ǄUNGLA", "น้ำ"];
    for text in table {
        let name = parsed(text).unwrap();
        assert_eq!(parsed(&name).as_deref(), Ok(name.as_str()), "{text}");
    }
}

#[test]
fn each_label_of_an_address_may_have_a_script_of_its_own() {
    let table = [
        "алиса@example.com",
        "алиса.петрова@example.com",
        "алиса+news@example.com",
        "alice@пример.рф",
        "alice@пример.com",
        "αλίκη@example.gr",
        "李小龙@example.com",
        "محمد.علي@example.com",
        "דוד1990@example.com",
        "alice@דוגמה.co.il",
        "सीता@example.in",
    ];
    for text in table {
        assert!(parsed(text).is_ok(), "{text}");
    }
}

#[test]
fn names_that_could_deceive_are_refused() {
    let table = [
        "p\u{430}ypal",             // Cyrillic а
        "p\u{430}ypal@example.com", // also before an @
        "alice@ex\u{430}mple.com",  // and behind it
        "payp\u{3b1}l",             // Greek α
        "\u{251}lice",              // Latin alpha, a phonetic letter
        "а\u{3b1}",                 // Cyrillic and Greek
        "pay-раура",                // only labels of addresses have scripts of their own
        "ali\u{200d}ce",            // joiner out of context
        "ali\u{200c}ce",            // non-joiner out of context
        "д\u{200c}а",               // likewise
        "ا\u{200c}ب",               // alef is not joined anyway
        "ali\u{200b}ce",            // zero-width space
        "ali\u{ad}ce",              // soft hyphen
        "\u{202e}ecila",            // direction override
        "alice\u{fe0f}",            // variation selector
        "ali\u{115f}ce",            // Hangul filler
        "ali\u{3164}ce",            // another
        "\u{301}alice",             // mark without a letter
        "alice.\u{301}bob",         // likewise
        "alice@\u{301}example.com", // likewise
        "e\u{301}\u{301}ric",       // a mark twice
        "é\u{301}ric",              // likewise, composed
        "a\u{323}\u{301}\u{323}b",  // twice with another between
        "i\u{307}brahim",           // a dot above a dot
        "ı\u{307}brahim",           // a dot above a dotless letter
        "j\u{307}an",               // likewise
        "і\u{307}ван",              // Cyrillic
        "į\u{307}",                 // with an ogonek
        "a\u{336}lice",             // struck out
        "a\u{332}lice",             // underlined
        "user1२",                   // digits of two systems
        "٣۳",                       // likewise, of Arabic and Persian
        "علی1٢",                    // likewise
        "·alice",                   // a middle dot that is not of Catalan
        "・アリス",                 // a middle dot without a word before it
        "al ice",
        "ali\nce",
        "alice\0",
        "☠",
        "1عربي", // breaks the direction rule
    ];
    for text in table {
        assert_eq!(parsed(text), Err(FieldReason::ForbiddenCharacters), "{text:?}");
    }
}

#[test]
fn joiners_stay_where_a_script_needs_them() {
    let table = [
        "می\u{200c}خواهم",      // Persian: not joined
        "علی\u{200c}رضا",       // a given name
        "ශ\u{dca}\u{200d}රී",    // Sinhala: Sri
        "ক\u{9cd}\u{200d}ষ",    // Bengali
        "র\u{200d}\u{9cd}যাচেল", // Bengali: Rachel
        "क\u{94d}\u{200c}ष",    // Devanagari: a visible virama
        "നിഖിൽ",
    ];
    for text in table {
        assert_eq!(parsed(text).as_deref(), Ok(text), "{text:?}");
        assert_eq!(skeleton(text), skeleton(&text.replace(preparation::JOINERS, "")), "{text:?}");
    }
}

#[test]
fn names_that_look_alike_have_one_skeleton() {
    let table = [
        ("сосо", "coco"),      // Cyrillic
        ("раураl", "paypal"),  // Cyrillic and Latin, which only older accounts can have
        ("ο", "o"),            // Greek
        ("modern", "rnodern"), // ASCII
        ("paypa1", "paypal"),
        ("b0b", "bob"),
        ("ꓐꓳꓐ", "bob"),                // Lisu, all of whose letters are Latin capitals
        ("ıbrahim", "ibrahim"),        // dotless
        ("i\u{307}brahim", "ibrahim"), // two dots, which only older accounts can have
        ("γιώργος", "ΓΙΏΡΓΟΣ"),        // sigma that ends a word
        ("løren", "lo\u{338}ren"),     // a stroke of its own
        ("o'brien", "o\u{2bc}brien"),
        ("ニノ", "二ノ"),     // Katakana and Han
        ("علی", "عل\u{649}"), // two letters without dots
        ("ന\u{d4d}", "ന\u{d4d}\u{200c}"),
    ];
    for (one, other) in table {
        let (one, other) = (preparation::prepared(one), preparation::prepared(other));
        assert_eq!(Skeleton::of(&one), Skeleton::of(&other), "{one} {other}");
    }
    for (one, other) in [("alice", "alise"), ("anna", "ana"), ("jose", "josé"), ("ali", "all")] {
        assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
    }
}

#[test]
fn a_skeleton_fits_into_an_index() {
    let address = format!("{}@{}", "\u{102a}".repeat(64), "\u{1023}".repeat(189));

    assert!(parsed(&address).is_ok());
    assert!((1000..=1024).contains(&skeleton(&address).as_str().len()));
}

#[test]
fn what_an_earlier_version_accepted_is_found_as_it_was_stored() {
    let marks = ['\u{301}', '\u{307}', '\u{308}', '\u{323}', '\u{93f}', '\u{94d}', '\u{5b4}'];
    let all = (1..=u32::from(char::MAX)).filter_map(char::from_u32);
    for c in all {
        let pairs = [format!("x{c}"), format!("{c}ب")];
        let was_usable = pairs.iter().filter(|it| check_against_an_earlier_version(it)).count() > 0;
        if check_against_an_earlier_version(&c.to_string()) || was_usable {
            for mark in marks {
                check_against_an_earlier_version(&format!("{c}{mark}"));
            }
        }
    }
}

/// Returns whether it was a name.
fn check_against_an_earlier_version(text: &str) -> bool {
    let Some(stored) = by_an_earlier_version(text) else { return false };
    let name = Username::typed(text).unwrap_or_else(|_| panic!("{text:?} was a name"));
    assert_eq!(name.former().unwrap_or(name.as_str()), stored, "{text:?}");
    true
}

proptest! {
    #[test]
    fn any_name_of_an_earlier_version_is_found(
        text in "[\\p{L}\\p{M}\\p{N}]{1,6}|[\\p{Greek}\\p{Latin}\\p{M}.@1-9]{1,8}|[\\p{Arabic}\\p{Hebrew}.@1-9]{1,6}"
    ) {
        check_against_an_earlier_version(&text);
    }

    #[test]
    fn a_parsed_name_parses_to_itself(text in "\\PC{1,12}") {
        if let Ok(name) = Username::parse(&text) {
            prop_assert_eq!(Username::parse(name.as_str()).map_err(|it| it.reason), Ok(name.clone()));
            prop_assert!(!name.skeleton().as_str().contains(char::is_whitespace));
        }
    }
}

#[test]
fn the_small_form_of_a_dotted_capital_is_a_plain_i() {
    let name = Username::parse("İbrahim").unwrap();

    assert_eq!((name.as_str(), name.former()), ("ibrahim", Some("i\u{307}brahim")));
    assert_eq!(Username::parse("ibrahim").unwrap().former(), None);
    assert_eq!(Username::typed("i\u{307}brahim").unwrap().as_str(), "i\u{307}brahim");
}

#[test]
fn a_name_typed_at_a_sign_in_need_not_be_usable() {
    let typed = |text: &str| SignInName::parse(text.to_owned());
    let (usable, unusable) = (typed("ALICE").unwrap(), typed("AL ICE").unwrap());
    let deceiving = typed("p\u{430}ypal").unwrap();

    assert_eq!((usable.as_str(), usable.username().is_some()), ("alice", true));
    assert_eq!((unusable.as_str(), unusable.username().is_some()), ("AL ICE", false));
    assert!(deceiving.username().is_some(), "an account of an earlier version may have it");
    assert_eq!(typed("").unwrap_err().reason, FieldReason::Required);
}

#[test]
fn names_have_1_to_64_characters_and_addresses_254() {
    let address = |local: usize, whole: usize| {
        let domain = "b".repeat(whole - local - 1);
        format!("{}@{domain}", "a".repeat(local))
    };
    assert_eq!(parsed(""), Err(FieldReason::Required));
    assert!(parsed("a").is_ok());
    assert!(parsed(&"a".repeat(64)).is_ok());
    assert!(parsed(&"é".repeat(64)).is_ok());
    assert!(parsed(&address(1, 254)).is_ok());
    assert!(parsed(&address(64, 254)).is_ok());
    assert!(parsed(&address(64, 254).replace('a', "e\u{301}")).is_ok());
    assert!(parsed(&format!(" {} ", address(64, 254))).is_ok());
    assert_eq!(parsed(&address(65, 100)), Err(FieldReason::TooLong));
    assert_eq!(parsed(&address(1, 255)), Err(FieldReason::TooLong));
    assert_eq!(parsed(&"a".repeat(65)), Err(FieldReason::TooLong));
    assert_eq!(parsed(&format!("{}@", "a".repeat(64))), Err(FieldReason::TooLong));
    assert_eq!(parsed(&"a".repeat(100_000)), Err(FieldReason::TooLong));
}
