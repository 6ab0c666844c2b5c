//! No file needs a file that needs it: imports have no circles.
//!
//! One edge does not count: between a module and an ancestor of it, either way. A parent puts its
//! children together, and they use what it holds. A name that a parent exports for a child of it is
//! the child's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    paths, report,
    source::{self, TextFile},
    typescript,
};

const ADVICE: &str = "move the noun that closes the circle to the lower of its two users, or to a \
                      file below both";

#[test]
fn rust_files_have_no_circle_of_imports() {
    report(rust(&source::program()).circles(), ADVICE);
}

#[test]
fn typescript_files_have_no_circle_of_imports() {
    report(web(&typescript::program()).circles(), ADVICE);
}

fn rust(files: &[TextFile]) -> Graph {
    let modules = Modules::of(files);
    let mut graph = Graph::default();
    for file in files {
        let own = paths::module_of(&file.path);
        for mention in paths::mentions(file) {
            let Some((module, name)) = modules.owner(&mention) else { continue };
            if !own.starts_with(&module) && !module.starts_with(&own) {
                graph.add(&file.path, modules.path(&module), &name);
            }
        }
    }
    graph
}

fn web(files: &[TextFile]) -> Graph {
    let mut graph = Graph::default();
    for file in files {
        for import in typescript::imports(file) {
            graph.add(&file.path, &import.path, &import.names);
        }
    }
    graph
}

/// The modules that are files.
struct Modules<'a> {
    files: BTreeMap<Vec<String>, Module<'a>>,
}

struct Module<'a> {
    path: &'a str,
    reexports: BTreeMap<String, Vec<String>>,
}

impl<'a> Modules<'a> {
    fn of(files: &'a [TextFile]) -> Self {
        let module = |it: &'a TextFile| Module { path: &it.path, reexports: paths::reexports(it) };
        Self { files: files.iter().map(|it| (paths::module_of(&it.path), module(it))).collect() }
    }

    fn path(&self, module: &[String]) -> &'a str {
        self.files[module].path
    }

    /// The deepest module on the way to what is mentioned, and the name it has there. None for what
    /// is not ours.
    fn owner(&self, mention: &str) -> Option<(Vec<String>, String)> {
        let mut path: Vec<String> = mention.split("::").map(ToOwned::to_owned).collect();
        // Exports of exports end somewhere, unless they are written in a circle themselves.
        for _ in 0..8 {
            let depth = (1..=path.len()).rev().find(|it| self.files.contains_key(&path[..*it]))?;
            let name = path.get(depth).unwrap_or(&path[depth - 1]).clone();
            let Some(target) = self.files[&path[..depth]].reexports.get(&name) else {
                path.truncate(depth);
                return Some((path, name));
            };
            let rest = path.split_off((depth + 1).min(path.len()));
            path = target.iter().cloned().chain(rest).collect();
        }
        None
    }
}

/// Which file names which, and by what names.
#[derive(Default)]
struct Graph {
    edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    fn add(&mut self, from: &str, to: &str, name: &str) {
        let targets = self.edges.entry(from.to_owned()).or_default();
        targets.entry(to.to_owned()).or_default().insert(name.to_owned());
    }

    /// One complaint for each set of files that all reach each other.
    fn circles(&self) -> Vec<String> {
        let reach: BTreeMap<&str, BTreeSet<&str>> =
            self.edges.keys().map(|it| (it.as_str(), self.reachable(it))).collect();
        let mut seen = BTreeSet::new();
        let mut complaints = Vec::new();
        for (file, reached) in &reach {
            if !reached.contains(file) || seen.contains(file) {
                continue;
            }
            let returns = |it: &&&str| reach.get(**it).is_some_and(|it| it.contains(file));
            let circle: BTreeSet<&str> = reached.iter().filter(returns).copied().collect();
            complaints.push(self.describe(&circle));
            seen.extend(circle);
        }
        complaints
    }

    fn reachable(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut waiting = VecDeque::from([from]);
        while let Some(file) = waiting.pop_front() {
            for next in self.edges.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(next.as_str()) {
                    waiting.push_back(next);
                }
            }
        }
        reached
    }

    /// Every edge inside the circle, with the names that make it.
    fn describe(&self, circle: &BTreeSet<&str>) -> String {
        let mut lines = vec![format!("a circle of {} files", circle.len())];
        for from in circle {
            let targets = self.edges[*from].iter().filter(|(to, _)| circle.contains(to.as_str()));
            for (to, names) in targets {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                lines.push(format!("    {from} ─▶ {to} for {}", names.join(", ")));
            }
        }
        lines.join("\n")
    }
}

mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Vec<TextFile> {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        files.iter().map(file).collect()
    }

    fn circles(texts: &[(&str, &str)]) -> Vec<String> {
        rust(&files(texts)).circles()
    }

    #[test]
    fn two_files_that_name_each_other_are_a_circle() {
        let found = circles(&[
            ("src/app/data.rs", "use super::key_file; fn f() { key_file::secret(); }"),
            ("src/app/key_file.rs", "use super::data::DataError;"),
            ("src/app/mod.rs", "mod data; mod key_file;"),
        ]);

        assert_eq!(
            found,
            ["a circle of 2 files\n    \
              src/app/data.rs ─▶ src/app/key_file.rs for key_file, secret\n    \
              src/app/key_file.rs ─▶ src/app/data.rs for DataError"]
        );
    }

    #[test]
    fn a_longer_circle_is_one_complaint() {
        let found = circles(&[
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "use crate::c::C;"),
            ("src/c.rs", "fn f() { crate::a::g(); }"),
            ("src/d.rs", "use crate::a::g;"),
        ]);

        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("a circle of 3 files"), "{found:?}");
    }

    #[test]
    fn a_parent_and_its_descendants_are_none() {
        let found = circles(&[
            ("src/a/mod.rs", "pub mod b; use b::B; pub struct A; use b::c::C;"),
            ("src/a/b/mod.rs", "pub mod c; use super::A;"),
            ("src/a/b/c.rs", "use super::super::A; use crate::a::b::B;"),
        ]);

        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn what_only_tests_name_is_none() {
        let found = circles(&[
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }"),
        ]);

        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn an_exported_name_leads_to_the_file_that_holds_it() {
        let found = circles(&[
            ("src/a/mod.rs", "mod b; pub use b::{B, Other as Known};"),
            ("src/a/b.rs", "use crate::c::C;"),
            ("src/c.rs", "use crate::a::{B, Known};"),
        ]);

        assert_eq!(
            found,
            ["a circle of 2 files\n    \
              src/a/b.rs ─▶ src/c.rs for C\n    \
              src/c.rs ─▶ src/a/b.rs for B, Other"]
        );
    }

    #[test]
    fn typescript_imports_count_whether_of_types_or_values() {
        let found = web(&files(&[
            ("client-web/src/a.ts", "import { b } from \"./element/b.js\";\n"),
            (
                "client-web/src/element/b.ts",
                "import x from \"library\";\nimport type {\n  A,\n  C,\n} from \"../a.js\";\n",
            ),
        ]))
        .circles();

        assert_eq!(
            found,
            ["a circle of 2 files\n    \
              client-web/src/a.ts ─▶ client-web/src/element/b.ts for { b }\n    \
              client-web/src/element/b.ts ─▶ client-web/src/a.ts for type { A, C, }"]
        );
    }
}
