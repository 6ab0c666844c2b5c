//! What a new password must be like. No composition rules.
//!
//! Does not decide on which thread it runs: judging can take tens of milliseconds.

use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use crate::model::{
    password::{Password, TypedPassword},
    username::Username,
    violation::{BrokenRule, FieldReason},
};

use super::{
    Settings,
    blocklist::{Blocklist, words},
    preparation::prepare,
};

/// A shorter name is found in good passwords by chance.
const MIN_NAME_CHARS: usize = 4;
/// How much of a password zxcvbn sees at once. Its time grows with the square of the length, and for
/// 100 characters chosen to hurt it is half a second.
const WINDOW_CHARS: usize = 32;

/// The rules of this server.
pub(super) struct Policy {
    min_length: usize,
    max_length: usize,
    service_names: Vec<String>,
    blocklist: Blocklist,
}

impl Policy {
    /// The rules of the settings.
    pub(super) fn new(settings: &Settings, blocklist: Blocklist) -> Self {
        let length = |length: u32| usize::try_from(length).unwrap_or(usize::MAX);
        Self {
            min_length: length(settings.min_length),
            max_length: length(settings.max_length),
            service_names: settings.service_names.clone(),
            blocklist,
        }
    }

    /// Prepares a password and checks the rules that cost nothing.
    pub(super) fn admit(
        &self,
        typed: &TypedPassword,
        username: Option<&Username>,
    ) -> Result<Password, BrokenRule> {
        let password = prepare(typed)?;
        let length = password.expose().chars().count();
        if length < self.min_length {
            let description = format!("must have at least {} characters", self.min_length);
            return Err(BrokenRule::new(FieldReason::TooShort, description));
        }
        if length > self.max_length {
            let description = format!("must have at most {} characters", self.max_length);
            return Err(BrokenRule::new(FieldReason::TooLong, description));
        }
        let lowered = Zeroizing::new(password.expose().to_lowercase());
        if username.is_some_and(|it| holds(&lowered, it.as_str())) {
            return Err(BrokenRule::new(FieldReason::Guessable, "must not hold the username"));
        }
        if self.service_names.iter().any(|it| holds(&lowered, it)) {
            return Err(BrokenRule::new(
                FieldReason::Guessable,
                "must not hold the service's name",
            ));
        }
        Ok(password)
    }

    /// Checks that a password is neither known from breaches nor easy to guess.
    pub(super) fn judge(
        &self,
        password: &Password,
        username: Option<&Username>,
    ) -> Result<(), BrokenRule> {
        let text = password.expose();
        if self.blocklist.has(text) {
            let description = "is one of the passwords that attackers try first";
            return Err(BrokenRule::new(FieldReason::Guessable, description));
        }
        let known = self.known_words(username);
        // What is between words, or stands for a letter, is the first thing that is tried.
        let words = words(text);
        if is_hard_to_guess(text, &known) && words.iter().all(|it| is_hard_to_guess(it, &known)) {
            return Ok(());
        }
        Err(BrokenRule::new(FieldReason::Guessable, "is too easy to guess"))
    }

    /// Words that an attacker of this account would try first: the names and their parts.
    fn known_words<'a>(&'a self, username: Option<&'a Username>) -> Vec<&'a str> {
        let names = self.service_names.iter().map(String::as_str);
        names
            .chain(username.map(Username::as_str))
            .flat_map(|name| {
                let parts = name.split(|c: char| !c.is_alphanumeric());
                // The whole name, and what comes before the @ of an address.
                parts.chain([name]).chain(name.split('@').next())
            })
            .filter(|word| word.chars().count() >= MIN_NAME_CHARS)
            .collect()
    }
}

fn is_hard_to_guess(text: &str, known: &[&str]) -> bool {
    // A password is at least as good as its best part.
    windows(text).any(|part| zxcvbn(part, known).score() >= Score::Three)
}

/// Whether a text in lower case holds a name.
fn holds(lowered: &str, name: &str) -> bool {
    name.chars().count() >= MIN_NAME_CHARS && lowered.contains(&name.to_lowercase())
}

/// The first and the last characters of a text, as many as are judged at once; the whole text once
/// if it has no more.
fn windows(text: &str) -> impl Iterator<Item = &str> {
    let boundary = |chars: usize| text.char_indices().nth(chars).map(|(at, _)| at);
    let first = boundary(WINDOW_CHARS).map_or(text, |end| &text[..end]);
    let surplus = text.chars().count().saturating_sub(WINDOW_CHARS);
    let last = boundary(surplus).filter(|_| surplus > 0).map(|start| &text[start..]);
    [Some(first), last].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: [&str; 3] = ["localhost", "Claviger", "abc"];

    fn typed(text: &str) -> Result<TypedPassword, BrokenRule> {
        TypedPassword::parse(text.to_owned().into())
    }

    fn verdict(text: &str, username: &str) -> Result<(), FieldReason> {
        let service_names = SERVICE.map(str::to_owned).to_vec();
        let blocklist = Blocklist::load(None).unwrap();
        let policy = Policy { min_length: 15, max_length: 128, service_names, blocklist };
        let username = Username::parse(username).ok();
        let typed = typed(text).map_err(|broken| broken.reason)?;
        let password = policy.admit(&typed, username.as_ref());
        let password = password.map_err(|broken| broken.reason)?;
        policy.judge(&password, username.as_ref()).map_err(|broken| broken.reason)
    }

    #[test]
    fn good_passwords_are_accepted() {
        let table = [
            "tangerine quorum 9 lighthouse",
            "tangerine-quorum-9-lighthouse",
            "xK9#mQ2$vL5@nR8",
            "四月の雨は静かに古い橋を濡らしていた",
            "🦊🌵🛶🎻🪁🧭🦉🍋🚲🧵🪴🐙🎈🧊🔭",
            "der Fuchs zählt abends sieben Äpfel",
            "#8fK!pQz(2mV)wX=7",
            "!~#%^&*)(_+={}[]",
            "👩‍🚀🦊 1️⃣ ₿ lighthouse quorum",
        ];
        for text in table {
            assert_eq!(verdict(text, "alice"), Ok(()), "{text}");
        }
    }

    #[test]
    fn length_is_counted_in_code_points_after_preparation() {
        assert_eq!(verdict("", "alice"), Err(FieldReason::Required));
        assert_eq!(verdict("xK9#mQ2$vL5@nR", "alice"), Err(FieldReason::TooShort));
        assert_eq!(verdict("xK9#mQ2$vL5@nR8", "alice"), Ok(()));
        // Fifteen code points as typed, fourteen once composed.
        assert_eq!(verdict("xK9#mQ2$vL5@e\u{301}", "alice"), Err(FieldReason::TooShort));
        let long = "xK9#mQ2$vL5@nR8é".repeat(8);
        assert_eq!(verdict(&long, "alice"), Ok(()));
        assert_eq!(verdict(&format!("{long}x"), "alice"), Err(FieldReason::TooLong));
    }

    #[test]
    fn over_1024_bytes_nothing_else_is_looked_at() {
        let text = format!("{}\0", "a".repeat(1024));

        assert_eq!(typed(&text).unwrap_err().reason, FieldReason::TooLong);
        assert!(prepare(&typed(&"a".repeat(1024)).unwrap()).is_ok());
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["tangerine\0quorum-9-lighthouse", "tangerine\tquorum-9-lighthouse"] {
            assert_eq!(verdict(text, "alice"), Err(FieldReason::ForbiddenCharacters));
        }
    }

    #[test]
    fn guessable_passwords_are_refused() {
        let table = [
            "passwordpassword",
            "password123password123",
            "P@ssw0rd12345678",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopasdfghjkl",
            "123456789012345678901234567890",
            "abcdefghijklmnopqrstuvwxyz",
            "password password",
            "Password_Password",
            "P@ssword P@ssword!",
            "correct horse battery staple",
            "Correct-Horse-Battery-Staple-1",
            "CorrectHorseBatteryStaple",
            "ThisIsAPassword",
            "this is a password 2024",
            "th1s1smyp@ssw0rd",
            "football football",
            "FOOTBALL.football.1",
            "letmein letmein letmein",
            "trustno1 trustno1",
            "monkey dragon monkey dragon",
            "May the Force be with you",
            "qwerty qwerty qwerty",
            "iloveyou iloveyou",
            "пароль пароль пароль",
        ];
        for text in table {
            assert_eq!(verdict(text, "alice"), Err(FieldReason::Guessable), "{text}");
        }
        assert_eq!(verdict(&"password".repeat(16), "alice"), Err(FieldReason::Guessable));
    }

    #[test]
    fn names_are_refused_in_any_letter_case() {
        let good = "quorum-9-lighthouse-tangerine";
        for name in ["Wilhelmina", "LOCALHOST", "claviger", "CLAVIGER"] {
            let text = format!("{good}{name}");
            assert_eq!(verdict(&text, "wilhelmina"), Err(FieldReason::Guessable), "{text}");
        }
    }

    #[test]
    fn names_under_four_characters_are_not_looked_for() {
        assert_eq!(verdict("quorum-9-lighthouse-abc-bob", "bob"), Ok(()));
    }

    #[test]
    fn a_part_of_an_address_does_not_make_a_password_good() {
        let (text, username) = ("wilhelmina.von.trapp", "wilhelmina.von.trapp@example.com");

        assert_eq!(verdict(text, username), Err(FieldReason::Guessable));
    }

    #[test]
    fn a_long_password_is_as_good_as_its_best_end() {
        let (dull, good) = ("a".repeat(60), "tangerine-quorum-9-lighthouse");

        assert_eq!(verdict(&format!("{dull}{good}"), "alice"), Ok(()));
        assert_eq!(verdict(&format!("{good}{dull}"), "alice"), Ok(()));
        assert_eq!(verdict(&dull, "alice"), Err(FieldReason::Guessable));
    }

    #[test]
    fn windows_are_cut_between_characters() {
        let table = [(0, vec![0]), (32, vec![32]), (33, vec![32, 32]), (128, vec![32, 32])];
        for (length, lengths) in table {
            let text = "é".repeat(length);
            let cut: Vec<_> = windows(&text).map(|part| part.chars().count()).collect();
            assert_eq!(cut, lengths);
        }
    }
}
