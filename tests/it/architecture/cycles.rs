//! Files that use each other, by their imports.
//!
//! Rust lets files of one crate use each other in circles, and a circle can only be
//! read and changed as a whole. A name that `mod.rs` passes on counts for the file
//! that defines it, and passing on is no use of it. What is not seen: methods, and
//! paths made by macros.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{code_of, test_files, tokens, without_tests};

/// A cycle of files, with the uses that make it one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cycle {
    /// The files, sorted.
    pub(super) files: Vec<String>,
    /// Lines for people: who uses whom, by which path.
    pub(super) uses: Vec<String>,
}

/// Returns the cycles among `sources`, given by path and text.
pub(super) fn cycles(sources: &[(String, String)]) -> Vec<Cycle> {
    let edges = edges(sources);
    let reach: BTreeMap<&str, BTreeSet<&str>> = edges
        .keys()
        .map(|file| (&**file, reachable(file, &edges)))
        .collect();
    let mut cycles = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, reached) in &reach {
        if !reached.contains(file) || seen.contains(file) {
            continue;
        }
        let files: Vec<&str> = reached
            .iter()
            .copied()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        seen.extend(files.iter().copied());
        let mut uses = Vec::new();
        for user in &files {
            for (used, by) in &edges[*user] {
                if files.contains(&&**used) {
                    uses.push(format!("{user} uses {used} by `{by}`"));
                }
            }
        }
        let files = files.into_iter().map(str::to_owned).collect();
        cycles.push(Cycle { files, uses });
    }
    cycles
}

fn reachable<'a>(from: &str, edges: &'a Edges) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for used in edges
            .get(file)
            .into_iter()
            .flatten()
            .map(|(used, _)| &**used)
        {
            if reached.insert(used) {
                open.push(used);
            }
        }
    }
    reached
}

/// By file, the files it uses and a path that shows it.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

fn edges(sources: &[(String, String)]) -> Edges {
    let tests = test_files(sources);
    let files: BTreeMap<Vec<&str>, File> = sources
        .iter()
        .filter(|(path, _)| !tests.contains(path))
        .map(|(path, source)| (module_path(path), File::read(path, source)))
        .collect();
    let tree = Tree { files };
    let mut edges = Edges::new();
    for (module, file) in &tree.files {
        let mut used = BTreeMap::new();
        for path in file.paths() {
            let target = tree.find(module, &path, MOST_STEPS);
            if let Some(target) = target.filter(|target| *target != file.path) {
                used.entry(target.to_owned())
                    .or_insert_with(|| path.join("::"));
            }
        }
        edges.insert(file.path.to_owned(), used);
    }
    edges
}

/// How many re-exports of re-exports are followed.
const MOST_STEPS: u8 = 8;

/// Returns `index`, `page` for `src/index/page/mod.rs` as well as `src/index/page.rs`.
fn module_path(path: &str) -> Vec<&str> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut segments: Vec<&str> = path.split('/').collect();
    if matches!(segments.last(), Some(&("mod" | "lib" | "main"))) {
        segments.pop();
    }
    segments
}

struct Tree<'a> {
    files: BTreeMap<Vec<&'a str>, File<'a>>,
}

impl Tree<'_> {
    /// Returns the file that has what `path` names, as it reads in `module`.
    fn find(&self, module: &[&str], path: &[String], steps: u8) -> Option<&str> {
        let steps = steps.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let mut at: Vec<&str> = match &**first {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => {
                let file = self.files.get(module)?;
                if let Some(import) = file.import(name).filter(|import| import.path != path) {
                    let path: Vec<String> = import.path.iter().chain(rest).cloned().collect();
                    return self.find(module, &path, steps);
                }
                let child = [module, &[name]].concat();
                if !self.files.contains_key(&child) {
                    return None;
                }
                child
            }
        };
        for (number, segment) in rest.iter().enumerate() {
            let child = [&at, &[&**segment][..]].concat();
            if segment == "super" {
                at.pop();
            } else if self.files.contains_key(&child) {
                at = child;
            } else {
                let file = self.files.get(&at)?;
                let path = &rest[number..];
                return match file.import(segment) {
                    Some(_) => self.find(&at, path, steps),
                    None => Some(file.path),
                };
            }
        }
        // A folder as such is no file: what is used of it stands elsewhere.
        let file = self.files.get(&at)?;
        (!file.path.ends_with("/mod.rs")).then_some(file.path)
    }
}

/// A file as far as it uses others.
struct File<'a> {
    path: &'a str,
    imports: Vec<Import>,
    /// The paths outside of imports, a single name being one, too.
    named: BTreeSet<Vec<String>>,
}

/// What one name of a `use` stands for.
struct Import {
    name: String,
    path: Vec<String>,
    is_passed_on: bool,
}

impl<'a> File<'a> {
    fn read(path: &'a str, source: &str) -> Self {
        let code = without_tests(&code_of(source));
        let tokens = tokens(&code);
        let mut imports = Vec::new();
        let mut named = BTreeSet::new();
        let mut at = 0;
        while at < tokens.len() {
            let before = at.checked_sub(1).map_or("", |before| tokens[before]);
            if tokens[at] == "use" && tokens.get(at + 1) != Some(&"<") {
                let is_passed_on = before == "pub" || before == ")";
                at += 1;
                tree(&tokens, &mut at, &[], &mut |path, name| {
                    imports.push(Import {
                        name: name.to_owned(),
                        path: path.iter().map(|&segment| segment.to_owned()).collect(),
                        is_passed_on,
                    });
                });
            } else if is_name(tokens[at]) && before != "." {
                let mut path = vec![tokens[at].to_owned()];
                while tokens.get(at + 1) == Some(&"::")
                    && tokens.get(at + 2).is_some_and(|next| is_name(next))
                {
                    at += 2;
                    path.push(tokens[at].to_owned());
                }
                named.insert(path);
                at += 1;
            } else {
                at += 1;
            }
        }
        Self {
            path,
            imports,
            named,
        }
    }

    fn import(&self, name: &str) -> Option<&Import> {
        self.imports.iter().find(|import| import.name == name)
    }

    /// Returns the paths that are uses: all but names that are only passed on.
    fn paths(&self) -> impl Iterator<Item = Vec<String>> {
        let names: BTreeSet<&String> = self.named.iter().map(|path| &path[0]).collect();
        let imported = self
            .imports
            .iter()
            .filter(move |import| !import.is_passed_on || names.contains(&import.name))
            .map(|import| import.path.clone());
        imported.chain(self.named.iter().filter(|path| path.len() > 1).cloned())
    }
}

/// Reads a tree of imports from `at` on: gives each full path and the name it has here.
fn tree<'a>(
    tokens: &[&'a str],
    at: &mut usize,
    stem: &[&'a str],
    give: &mut impl FnMut(&[&'a str], &'a str),
) {
    let mut path = stem.to_vec();
    while let Some(&token) = tokens.get(*at) {
        *at += 1;
        match token {
            "::" => {}
            "{" => {
                while tokens.get(*at).is_some_and(|&token| token != "}") {
                    tree(tokens, at, &path, give);
                    *at += usize::from(tokens.get(*at) == Some(&","));
                }
                *at += 1;
                return;
            }
            "*" => return give(&path, "*"),
            "as" => {
                give(&path, tokens.get(*at).copied().unwrap_or_default());
                *at += 1;
                return;
            }
            name if is_name(name) => {
                if name != "self" || path.is_empty() {
                    path.push(name);
                }
                if !matches!(tokens.get(*at), Some(&("::" | "as"))) {
                    let name = path.last().copied().unwrap_or_default();
                    return give(&path, name);
                }
            }
            _ => return,
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
