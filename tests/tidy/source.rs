//! The repository's files, and Rust files as tokens: with and without what only tests compile.

use std::{fs, ops::RangeInclusive, path::Path, process::Command};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file of the repository.
pub(crate) struct TextFile {
    /// Where it is, from the top of the repository.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl TextFile {
    /// The tokens, doc comments left out.
    pub(crate) fn tokens(&self) -> Vec<TokenTree> {
        self.strip(|attribute| attribute.starts_with("doc")).0
    }

    /// The tokens that are compiled without `cfg(test)`, doc comments left out.
    pub(crate) fn production(&self) -> Vec<TokenTree> {
        self.strip(|attribute| attribute.starts_with("doc") || is_for_tests(attribute)).0
    }

    /// The tokens of a release build, doc comments left out.
    pub(crate) fn release(&self) -> Vec<TokenTree> {
        self.strip(|attribute| {
            attribute.starts_with("doc")
                || is_for_tests(attribute)
                || attribute.starts_with("cfg") && attribute.contains("debug_assertions")
        })
        .0
    }

    /// How many lines are left without what only tests compile. Comments count.
    pub(crate) fn production_lines(&self) -> usize {
        let ranges = self.strip(is_for_tests).1;
        self.text.lines().count() - ranges.iter().map(|it| it.clone().count()).sum::<usize>()
    }

    /// The text, with empty lines where only tests compile something.
    pub(crate) fn production_text(&self) -> String {
        let ranges = self.strip(is_for_tests).1;
        let is_kept = |line: usize| !ranges.iter().any(|it| it.contains(&line));
        let lines = self.text.lines().enumerate();
        lines.map(|(at, line)| if is_kept(at + 1) { line } else { "" }.to_owned() + "\n").collect()
    }

    /// The tokens that are left, and the lines of those that are not.
    fn strip(&self, drops: impl Fn(&str) -> bool) -> (Vec<TokenTree>, Vec<RangeInclusive<usize>>) {
        let stream: TokenStream =
            self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        let mut stripper = Stripper { drops: &drops, lines: Vec::new() };
        let kept = stripper.strip(stream);
        (kept.into_iter().collect(), stripper.lines)
    }
}

/// Whether an attribute, its spaces removed, leaves an item to tests.
pub(crate) fn is_for_tests(attribute: &str) -> bool {
    attribute == "cfg(test)" || attribute == "test" || attribute == "tokio::test"
}

/// Removes attributes that `drops` names, with what they stand on. A doc attribute goes alone.
struct Stripper<'a> {
    drops: &'a dyn Fn(&str) -> bool,
    lines: Vec<RangeInclusive<usize>>,
}

impl Stripper<'_> {
    fn strip(&mut self, stream: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let Some((attribute, next)) = attribute_at(&tokens, at) else {
                kept.push(self.descend(&tokens[at]));
                at += 1;
                continue;
            };
            if !(self.drops)(&attribute) {
                kept.extend(tokens[at..next].iter().cloned());
                at = next;
            } else if attribute.starts_with("doc") {
                at = next;
            } else {
                let end = end_of_item(&tokens, next);
                let last = tokens[end - 1].span().end().line;
                self.lines.push(tokens[at].span().start().line..=last);
                at = end;
            }
        }
        kept.into_iter().collect()
    }

    fn descend(&mut self, token: &TokenTree) -> TokenTree {
        let TokenTree::Group(group) = token else { return token.clone() };
        let mut inner = proc_macro2::Group::new(group.delimiter(), self.strip(group.stream()));
        inner.set_span(group.span());
        inner.into()
    }
}

/// The attribute that starts at `at`, its spaces removed, and where it ends.
pub(crate) fn attribute_at(tokens: &[TokenTree], at: usize) -> Option<(String, usize)> {
    if !is_punct(tokens.get(at)?, '#') {
        return None;
    }
    let inner = usize::from(tokens.get(at + 1).is_some_and(|it| is_punct(it, '!')));
    let TokenTree::Group(group) = tokens.get(at + 1 + inner)? else { return None };
    if group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let text = group.stream().to_string().replace(' ', "");
    Some((text, at + 2 + inner))
}

/// Where the item, field, arm or statement ends that starts at `at`, its other attributes included.
fn end_of_item(tokens: &[TokenTree], mut at: usize) -> usize {
    while let Some((_, next)) = attribute_at(tokens, at) {
        at = next;
    }
    let mut angles = 0_i32;
    while at < tokens.len() {
        let token = &tokens[at];
        let arrow = at > 0 && (is_punct(&tokens[at - 1], '-') || is_punct(&tokens[at - 1], '='));
        at += 1;
        match token {
            TokenTree::Punct(it) if it.as_char() == '<' => angles += 1,
            TokenTree::Punct(it) if it.as_char() == '>' && !arrow => angles -= 1,
            TokenTree::Punct(it) if it.as_char() == ';' => break,
            TokenTree::Punct(it) if it.as_char() == ',' && angles <= 0 => break,
            TokenTree::Group(it) if it.delimiter() == Delimiter::Brace => {
                // `use a::{b};` and `x = S {};` go on to their semicolon.
                if tokens.get(at).is_some_and(|it| is_punct(it, ';') || is_punct(it, ',')) {
                    at += 1;
                }
                break;
            }
            _ => {}
        }
    }
    at
}

/// Whether an attribute is `#[cfg(test)]`.
pub(crate) fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Ident>().is_ok_and(|it| it == "test")
}

/// Whether a token is this character.
pub(crate) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(it) if it.as_char() == character)
}

/// Every token, those inside brackets included, in the order of the file.
pub(crate) fn flatten(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        flat.push(token.clone());
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            flat.extend(flatten(&inner));
        }
    }
    flat
}

/// The path of every file that git tracks or would track.
pub(crate) fn listed() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(top())
        .output()
        .expect("git is needed to list the files of the repository");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    String::from_utf8(listed.stdout)
        .expect("paths are UTF-8")
        .split_terminator('\0')
        // A file that was deleted and not yet committed is listed, too.
        .filter(|path| top().join(path).exists())
        .map(ToOwned::to_owned)
        .collect()
}

/// Every text file of the repository.
pub(crate) fn all() -> Vec<TextFile> {
    let text = |path: &str| String::from_utf8(fs::read(top().join(path)).ok()?).ok();
    listed().into_iter().filter_map(|path| Some(TextFile { text: text(&path)?, path })).collect()
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files whose path starts with one of `roots` and ends with `ending`.
pub(crate) fn under(roots: &[&str], ending: &str) -> Vec<TextFile> {
    let mut files = all();
    files.retain(|it| {
        it.path.ends_with(ending) && roots.iter().any(|root| it.path.starts_with(root))
    });
    assert!(!files.is_empty(), "no file under {roots:?} ends with {ending}");
    files
}

/// Every Rust file.
pub(crate) fn rust() -> Vec<TextFile> {
    under(&[""], ".rs")
}

/// The Rust files of the server and of the crates beside it, those left out that only tests compile.
pub(crate) fn program() -> Vec<TextFile> {
    let mut files = under(&["src/", "crates/"], ".rs");
    files.retain(|it| {
        let is_source = it.path.starts_with("src/") || it.path.contains("/src/");
        is_source && !it.path.contains("/tests/") && !it.path.ends_with("/tests.rs")
    });
    files
}

/// One file by its path.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| {
        panic!("{path} cannot be read: {error}. It is part of the project.")
    })
}

mod tests {
    use super::*;

    #[test]
    fn lines_that_only_tests_compile_do_not_count() {
        let file = TextFile {
            path: "src/a.rs".to_owned(),
            text: "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n".to_owned(),
        };

        assert_eq!(file.production_lines(), 2);
    }
}
