//! What people read of a file, as words: documents, comments, and the texts of the program.
//!
//! Tests are left out, and code in documents is not.

use proc_macro2::TokenTree;

use crate::source::{TextFile, flatten};

/// What stands between two words that do not belong together.
pub(crate) const MARK: &str = ".";

/// A piece of text that belongs together: a document, a comment, a text of the program.
pub(crate) struct Passage {
    /// Its words, and [`MARK`] for each mark between two.
    pub(crate) words: Vec<Word>,
    /// Whether it documents an item.
    pub(crate) is_documentation: bool,
}

/// A word, and the line that it is on.
pub(crate) struct Word {
    /// The word, in lower case.
    pub(crate) text: String,
    /// The line, counted from one.
    pub(crate) line: usize,
}

impl Passage {
    fn new(is_documentation: bool) -> Self {
        Self { words: Vec::new(), is_documentation }
    }

    /// Splits a line into words. Digits and underscores are letters, so that `a_b` is one name.
    fn read(&mut self, text: &str, line: usize) {
        let is_letter = |it: char| it.is_alphanumeric() || it == '_';
        let mut word = String::new();
        for character in text.chars().chain([' ']) {
            if is_letter(character) {
                word.extend(character.to_lowercase());
                continue;
            }
            if !word.is_empty() {
                self.words.push(Word { text: std::mem::take(&mut word), line });
            }
            if ".:;!?()|".contains(character) {
                self.words.push(Word { text: MARK.to_owned(), line });
            }
        }
    }
}

/// Words as one text, without the marks.
pub(crate) fn text(words: &[Word]) -> String {
    let words = words.iter().map(|it| it.text.as_str()).filter(|it| *it != MARK);
    words.collect::<Vec<_>>().join(" ")
}

/// The passages of a file, by the kind of the file.
pub(crate) fn of(file: &TextFile) -> Vec<Passage> {
    if file.path.ends_with(".rs") {
        let mut passages = comments(&file.production_text(), &["//!", "///", "//"]);
        passages.extend(texts(file));
        return passages;
    }
    if file.path.ends_with(".proto") {
        return comments(&file.text, &["//"]);
    }
    let mut whole = Passage::new(false);
    for (at, line) in file.text.lines().enumerate() {
        whole.read(line, at + 1);
    }
    vec![whole]
}

/// Comments that fill lines, those that follow each other in one passage. Where there is a mark for
/// documentation, the mark for mere comments is the last one.
fn comments(text: &str, marks: &[&str]) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut before = None;
    for (at, line) in text.lines().enumerate() {
        let mark = marks.iter().find(|it| line.trim_start().starts_with(**it));
        if let Some(mark) = mark {
            let is_documentation = marks.len() == 1 || *mark != "//";
            if before != Some(mark) {
                passages.push(Passage::new(is_documentation));
            }
            if let Some(passage) = passages.last_mut() {
                passage.read(&line.trim_start()[mark.len()..], at + 1);
            }
        }
        before = mark;
    }
    passages
}

/// The texts of the program.
fn texts(file: &TextFile) -> Vec<Passage> {
    let mut passages = Vec::new();
    for token in flatten(&file.production()) {
        let TokenTree::Literal(literal) = token else { continue };
        let written = literal.to_string();
        if !written.ends_with(['"', '#']) {
            continue;
        }
        let mut passage = Passage::new(false);
        for (at, line) in written.lines().enumerate() {
            let line = line.replace("\\n", " ").replace("\\t", " ");
            passage.read(&line, literal.span().start().line + at);
        }
        passages.push(passage);
    }
    passages
}

mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<(String, bool)> {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        let words =
            |it: &Passage| it.words.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ");
        of(&file).iter().map(|it| (words(it), it.is_documentation)).collect()
    }

    #[test]
    fn comments_and_texts_of_a_program_are_passages() {
        let text = "//! One\n//! duty.\n\n/// An `item_of`\n/// ours.\n// A reason.\nfn f() { g(\"Two\\nlines \\\n of it\"); }\n\
                    #[cfg(test)]\nmod tests {\n    // Unread.\n    const A: &str = \"unread\";\n}\n";

        let expected = [
            ("one duty .", true),
            ("an item_of ours .", true),
            ("a reason .", false),
            ("two lines of it", false),
        ];
        assert_eq!(read("src/a.rs", text), expected.map(|(it, is)| (it.to_owned(), is)));
    }

    #[test]
    fn every_comment_of_a_contract_documents() {
        let text = "// The account.\nmessage Account {\n  // Its name.\n  string name = 1;\n}\n";

        let expected = [("the account .", true), ("its name .", true)];
        assert_eq!(read("proto/a.proto", text), expected.map(|(it, is)| (it.to_owned(), is)));
    }
}
