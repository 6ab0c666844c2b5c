//! What a password comes down to when letter case, separators and repetitions are taken away.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// A text derived from a password, wiped like it.
pub(in crate::domain::passwords) type Derived = Zeroizing<String>;

/// The forms in which a password may be listed.
pub(super) fn forms(password: &str) -> Vec<Derived> {
    let small = lowered(password);
    let is_digit = |c: char| c.is_ascii_digit();
    let around = |c: char| !c.is_alphabetic();
    let bare = bare(&small);
    let mut forms = vec![Zeroizing::new(bare.trim_matches(is_digit).to_owned())];
    forms.extend(['i', 'l'].map(|one| self::bare(&spelled(small.trim_matches(around), one))));
    forms.push(bare);
    let units: Vec<Derived> = forms.iter().filter_map(|it| repeated(it)).collect();
    forms.extend(units);
    forms.retain(|it| !it.is_empty());
    forms
}

/// The words of a password without what is between them, as typed and with letters for digits, where they are
/// most of it and separated in one way: what is between the words of `p@ssword p@ssword` adds nothing, while a
/// random password has many such characters.
pub(in crate::domain::passwords) fn words(password: &str) -> Vec<Derived> {
    let small = lowered(password);
    let spelled = spelled(&small, 'i');
    let mut words: Vec<Derived> = [small, spelled].iter().filter_map(|it| joined(it)).collect();
    words.dedup();
    words.retain(|it| it.as_str() != password);
    words
}

fn joined(text: &str) -> Option<Derived> {
    let mut separators: Vec<char> = text.chars().filter(|c| !c.is_alphanumeric()).collect();
    let total = text.chars().count();
    let is_mostly_words = separators.len() * 2 <= total;
    separators.sort_unstable();
    separators.dedup();
    (is_mostly_words && separators.len() <= 2).then(|| bare(text))
}

/// Letters of full width, and others that Unicode has for the sake of compatibility, are those that they look like.
fn lowered(text: &str) -> Derived {
    collected(text, text.nfkc().flat_map(char::to_lowercase))
}

fn bare(text: &str) -> Derived {
    collected(text, text.chars().filter(|c| c.is_alphanumeric()))
}

/// The text with the letters that digits and signs stand for. `1` is one of two.
fn spelled(text: &str, one: char) -> Derived {
    let letters = text.chars().map(|c| match c {
        '@' | '4' => 'a',
        '3' => 'e',
        '0' => 'o',
        '$' | '5' => 's',
        '7' => 't',
        '1' | '!' | '|' => one,
        c => c,
    });
    collected(text, letters)
}

/// In room that was made before, so that no copy stays in memory.
fn collected(text: &str, chars: impl Iterator<Item = char>) -> Derived {
    // A ligature of three bytes may stand for eighteen letters of two.
    let mut collected = Zeroizing::new(String::with_capacity(text.len() * 12));
    collected.extend(chars);
    collected
}

/// What a text repeats at least twice, perhaps with a part of it at the end.
fn repeated(text: &str) -> Option<Derived> {
    let starts = text.char_indices().map(|(at, _)| at).skip(1);
    let mut units = starts.take_while(|at| at * 2 <= text.len());
    units.find(|at| text.starts_with(&text[*at..])).map(|at| Zeroizing::new(text[..at].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_down_to_what_is_listed() {
        let table = [
            ("Correct Horse, Battery-Staple!", "correcthorsebatterystaple"),
            ("correct_horse_battery_staple_1", "correcthorsebatterystaple"),
            ("2024football 2024", "football"),
            ("football football", "football"),
            ("Football.football.foot", "football"),
            ("P@$$w0rd P@$$w0rd", "password"),
            ("we1come we1come", "welcome"),
            ("w1nter-1s-coming", "winteriscoming"),
            ("пароль-пароль", "пароль"),
            ("147147147147147", "147"),
            ("ｐａｓｓｗｏｒｄ　ｐａｓｓｗｏｒｄ", "password"),
            ("ﬁlm-𝐟𝐢𝐥𝐦-𝓯𝓲𝓵𝓶", "film"),
        ];
        for (password, form) in table {
            let forms = forms(password);
            assert!(forms.iter().any(|it| it.as_str() == form), "{password}: {forms:?}");
        }
        assert!(forms("!?*").is_empty());
    }

    #[test]
    fn words_are_what_is_left_when_one_separator_is_taken_away() {
        let texts = |it: &str| -> Vec<String> {
            words(it).iter().map(|it| it.as_str().to_owned()).collect()
        };

        assert_eq!(texts("password password"), ["passwordpassword"]);
        assert_eq!(texts("P@ssword P@ssword"), ["psswordpssword", "passwordpassword"]);
        assert_eq!(texts("xK9#mQ2%vL6^nR8"), Vec::<String>::new());
        assert_eq!(texts("passwordpassword"), Vec::<String>::new());
        assert_eq!(texts("🦊🌵🛶🎻"), Vec::<String>::new());
    }
}
