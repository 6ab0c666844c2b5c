//! The files of the web client, and what they import. What is loaded later, by `import()`, is left out.

use crate::source::{self, TextFile};

/// An import of another file of the client.
pub(crate) struct Import {
    /// The file.
    pub(crate) path: String,
    /// The names, as they are written.
    pub(crate) names: String,
}

/// What runs in browsers and is written by hand: neither tests nor generated messages.
pub(crate) fn program() -> Vec<TextFile> {
    let mut files = source::under(&["client-web/src/"], ".ts");
    files.retain(|it| !it.path.ends_with(".test.ts") && !it.path.contains("/gen/"));
    files
}

/// What a file imports or exports again by a relative path, types included.
pub(crate) fn imports(file: &TextFile) -> Vec<Import> {
    let mut found = Vec::new();
    let mut rest = file.text.as_str();
    while let Some((before, after)) = rest.split_once(" from \"") {
        let Some((target, after)) = after.split_once('"') else { break };
        let statement = before.rfind("import ").into_iter().chain(before.rfind("export ")).max();
        if let (Some(start), Some(path)) = (statement, join(&file.path, target)) {
            let names = before[start..].split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
            found.push(Import { path, names });
        }
        rest = after;
    }
    found
}

/// The path of `target` as seen from the file `from`; none for a package.
fn join(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if !target.starts_with('.') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => _ = parts.pop(),
            name => parts.push(name),
        }
    }
    let path = parts.join("/");
    Some(path.strip_suffix(".js").map_or_else(|| path.clone(), |it| it.to_owned() + ".ts"))
}
