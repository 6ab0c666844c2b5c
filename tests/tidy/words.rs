//! Plain technical English: what people read has none of the idioms that the project has left behind,
//! and a docstring says something.

use proc_macro2::TokenTree;

use crate::{
    passages::{self, Passage, Word},
    report,
    source::{self, TextFile, flatten},
};

/// Words that follow each other, each with its forms; words after which it is something else; and what
/// to write.
const IDIOMS: &[(&[&str], &[&str], &str)] = &[
    (&["hear|hears|heard|hearing", "of"], &[], "receives, is notified of"),
    (&["tell|tells|told|telling", "of"], &[], "publishes, reports"),
    (&["is|are|was|were|be|been|being", "told"], &["apart"], "is notified, receives, is given"),
    (&["news"], &[], "update, message"),
    (&["nobody|nobodys"], &[], "no caller, no client, no one else's … by name"),
    (&["somebody|somebodys"], &[], "a caller, the client, a person"),
    (&["whoever|whomever|whosoever"], &[], "the caller, the client, a process that"),
    (&["look|looks|looked|looking", "after"], &[], "manages"),
    (&["mend|mends|mended|mending"], &[], "fix"),
    (&["go|goes|going|went|gone", "on"], ON_SOMETHING, "continues, stays valid"),
    (&["lives"], &[], "is valid for, exists, is stored in"),
    (&["may|can|must|will|would|should|could|to|cannot", "live"], &[], "is valid for, exists"),
    (
        &["dead|die|dies|died|dying"],
        &["connection", "connections", "peer", "peers"],
        "is revoked, has expired, has ended, has failed",
    ),
    (
        &["is|are|was|were|be|been|has|have|had|already|long", "gone"],
        &[],
        "does not exist, was deleted, has closed",
    ),
    (&["answers", "with"], &[], "returns"),
    (&["answers", "whether|that|what|how"], &[], "returns whether"),
    (&["puzzle|puzzles|puzzled|puzzling"], &[], "unknown, not understood"),
    (&["forgive|forgives|forgiven|forgave|forgiving"], &[], "resets the failed sign-in count"),
    (&["moving|move", "house"], &[], "copy to another engine"),
    (&["farewell"], &[], "the cookie that clears"),
    (&["unheard"], &[], "not yet synced"),
    (&["silent_for|silent_for_seconds"], &[], "last_message_age"),
];

/// "What goes on the wire" is a matter of place.
const ON_SOMETHING: &[&str] = &["the", "a", "an", "its", "their", "one", "top"];

/// Names that stood for something else, and what it is called.
const NAMES: &[(&str, &str)] = &[
    ("Brought", "CookieValue"),
    ("CeremonyPayer", "QuotaKey"),
    ("Crowded", "TooManyWaiters"),
    ("Farewell", "ClearCookie"),
    ("Patience", "KeyWait"),
    ("Payer", "QuotaKey"),
    ("Standing", "StreamAuthorization"),
    ("Unheard", "NotYetSynced"),
    ("WithoutStream", "StalePolicy"),
    ("Word", "LastMessage"),
    ("hold_account", "lock_account"),
    ("judges", "can_verify"),
    ("puzzle", "report_unknown"),
    ("puzzled", "has_unknown"),
    ("silent_for", "last_message_age"),
];

/// A docstring of these words alone says nothing.
const FILLERS: &[&str] = &[
    "are", "at", "for", "from", "how", "is", "it", "long", "many", "most", "much", "now", "of",
    "one", "since", "that", "the", "then", "there", "these", "this", "time", "to", "until", "was",
    "what", "when", "where", "which", "who", "whom", "whose", "why",
];

/// Nor does a docstring of two words that asks.
const QUESTIONS: &[&str] =
    &["how", "what", "when", "where", "which", "who", "whom", "whose", "why"];

#[test]
fn what_people_read_is_plain_english() {
    report(
        read().iter().flat_map(idioms).collect(),
        "write what the arrow says, or another plain word, as the documentation of etcd, Caddy and \
         PostgreSQL would",
    );
}

#[test]
fn names_are_words_of_the_trade() {
    report(source::program().iter().flat_map(names).collect(), "rename it to what the arrow says");
}

#[test]
fn docstrings_say_something() {
    report(
        read().iter().flat_map(fillers).collect(),
        "say what it means, its unit, bounds or source; on a private item nothing is better",
    );
}

/// What people read: the documents, the contract, and the program with its comments.
fn read() -> Vec<TextFile> {
    let mut files = source::under(&["docs/", "proto/claviger/"], "");
    files.retain(|it| !it.path.ends_with(".binpb"));
    files
        .extend(source::under(&[""], ".md").into_iter().filter(|it| !it.path.starts_with("docs/")));
    files.extend(source::under(&["src/"], ".html"));
    files.extend(source::program());
    files
}

fn idioms(file: &TextFile) -> Vec<String> {
    let mut complaints = Vec::new();
    for passage in passages::of(file) {
        for at in 0..passage.words.len() {
            let rest = &passage.words[at..];
            let found = IDIOMS.iter().find(|(forms, unless, _)| begins(rest, forms, unless));
            if let Some((forms, _, advice)) = found {
                let line = rest[0].line;
                let words = context(&passage.words, at, forms.len());
                complaints.push(format!("{}:{line}: {words} ─▶ {advice}", file.path));
            }
        }
    }
    complaints
}

/// Whether words begin with one form of each, and are not followed by one of `unless`.
fn begins(words: &[Word], forms: &[&str], unless: &[&str]) -> bool {
    words.len() >= forms.len()
        && forms.iter().zip(words).all(|(forms, word)| forms.split('|').any(|it| it == word.text))
        && words.get(forms.len()).is_none_or(|it| !unless.contains(&it.text.as_str()))
}

/// The words from `at`, between three before and three behind.
fn context(words: &[Word], at: usize, length: usize) -> String {
    let before = passages::text(&words[at.saturating_sub(3)..at]);
    let found = passages::text(&words[at..at + length]);
    let behind = passages::text(&words[at + length..(at + length + 3).min(words.len())]);
    format!("{before} «{found}» {behind}").trim().to_owned()
}

fn names(file: &TextFile) -> Vec<String> {
    let mut complaints = Vec::new();
    for token in flatten(&file.production()) {
        let TokenTree::Ident(ident) = &token else { continue };
        if let Some((name, better)) = NAMES.iter().find(|(it, _)| ident == it) {
            let line = ident.span().start().line;
            complaints.push(format!("{}:{line}: {name} ─▶ {better}", file.path));
        }
    }
    complaints
}

fn fillers(file: &TextFile) -> Vec<String> {
    let passages = passages::of(file);
    let fillers = passages.iter().filter(|it| it.is_documentation && is_filler(it));
    fillers
        .map(|it| format!("{}:{}: {}", file.path, it.words[0].line, passages::text(&it.words)))
        .collect()
}

fn is_filler(passage: &Passage) -> bool {
    let words: Vec<&str> = passage
        .words
        .iter()
        .map(|it| it.text.as_str())
        .filter(|it| *it != passages::MARK)
        .collect();
    let asks = words.len() <= 2 && words.first().is_some_and(|it| QUESTIONS.contains(it));
    asks || !words.is_empty() && words.iter().all(|it| FILLERS.contains(it))
}

mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn an_idiom_is_found_in_every_form_and_across_lines() {
        for text in [
            "Replicas hear of it.",
            "It has not been heard\nof for long.",
            "Nobody's token",
            "Waits for news.",
            "An operator looks\n  after it",
            "The calls may go on.",
            "how long a session lives at most",
            "a token that may live longer",
            "its last token is dead",
            "the passkey is already gone",
            "Answers with a token",
        ] {
            assert_eq!(idioms(&file("docs/a.md", text)).len(), 1, "{text}");
        }
    }

    #[test]
    fn plain_english_is_left_alone() {
        for text in [
            "Told apart from others: the two are told apart by their reason.",
            "The live stream of a deadlock",
            "An answer with this counter",
            "What goes on the wire",
            "Look. After that, go. On disk it is small.",
            "fn what_nobody_owns_is_not_found()",
        ] {
            assert_eq!(idioms(&file("docs/a.md", text)), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_complaint_shows_the_place_and_what_to_write() {
        let found = idioms(&file(
            "src/a.rs",
            "\n/// What the agent has heard of\n/// the server.\nfn f() {}",
        ));

        assert_eq!(
            found,
            ["src/a.rs:2: the agent has «heard of» the server ─▶ receives, is notified of"]
        );
    }

    #[test]
    fn a_name_left_behind_is_found_where_it_is_used() {
        let found = names(&file("src/a.rs", "use b::Standing; fn hold() { c.judges(); }"));

        assert_eq!(
            found,
            ["src/a.rs:1: Standing ─▶ StreamAuthorization", "src/a.rs:1: judges ─▶ can_verify"]
        );
    }

    #[test]
    fn a_docstring_that_only_asks_is_a_filler() {
        for text in
            ["Who.", "Which one.", "Now.", "Where from.", "How many there are.", "Which file."]
        {
            let text = format!("struct A {{\n    /// {text}\n    b: B,\n}}\n");
            assert_eq!(fillers(&file("src/a.rs", &text)).len(), 1, "{text}");
        }
        for text in ["Who signed in.", "The account.", "`iat`.", "How long to wait, in seconds."] {
            let text = format!("struct A {{\n    /// {text}\n    b: B,\n}}\n");
            assert_eq!(fillers(&file("src/a.rs", &text)), Vec::<String>::new(), "{text}");
        }
    }
}
