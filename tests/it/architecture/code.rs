//! Sources as the tests read them: text, with comments and literals blanked out.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns a path as it reads from the repository's root, with `/` in it.
pub(super) fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Returns the Rust files of a folder by their paths, sorted.
pub(super) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    visit(&root().join(folder), &mut |path| {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("sources are UTF-8");
            files.push((relative(&path), source));
        }
    });
    assert!(!files.is_empty(), "`{folder}` holds no Rust files");
    files
}

/// Visits all files of a folder, sorted; a folder that is not there has none.
pub(super) fn visit(folder: &Path, see: &mut impl FnMut(PathBuf)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if !path.is_dir() {
            see(path);
        } else if !path.ends_with("target") && !path.ends_with("__pycache__") {
            visit(&path, see);
        }
    }
}

/// Returns the first segments behind each `prefix`, with line numbers: of
/// `crate::{files, text::{Span, line}}` these are `files` and `text`.
pub(super) fn heads(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let mut heads = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        if code[..start].ends_with(|c| is_word(c) || c == ':') {
            continue;
        }
        let line = code[..start].matches('\n').count() + 1;
        let rest = &code[start + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            heads.extend(words(rest).next().map(|(word, _)| (line, word.to_owned())));
            continue;
        };
        let mut depth = 1;
        let mut is_head = true;
        for (at, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => is_head = true,
                c if is_head && is_word(c) => {
                    heads.extend(
                        words(&group[at..])
                            .next()
                            .map(|(word, _)| (line, word.to_owned())),
                    );
                    is_head = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    heads
}

/// Returns the words of `code`, each with what follows it.
pub(super) fn words(code: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = code;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| !is_word(c));
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some((word, after))
    })
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the source with comments and literals blanked out, lines kept.
pub(super) fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = not_code(rest, code.ends_with(is_word));
        if length == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            let (skipped, after) = rest.split_at(length);
            code.extend(skipped.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    code
}

/// Returns how long the comment or literal is that `rest` starts with; 0 if none.
fn not_code(rest: &str, is_inside_word: bool) -> usize {
    let until = |from: usize, end: &str| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if let Some(after) = rest.strip_prefix('\'') {
        // `'a'` and `'\n'` are characters, `'a` is a lifetime.
        let mut chars = after.chars();
        let is_character = chars.next() == Some('\\') || chars.next() == Some('\'');
        return if is_character { quoted(rest, '\'') } else { 0 };
    }
    if !is_inside_word {
        let prefix = ["r", "br", "cr"]
            .into_iter()
            .find(|prefix| rest.starts_with(prefix));
        if let Some(prefix) = prefix {
            let after = &rest[prefix.len()..];
            let fences = after.len() - after.trim_start_matches('#').len();
            if after[fences..].starts_with('"') {
                let end = format!("\"{}", "#".repeat(fences));
                return until(prefix.len() + fences + 1, &end);
            }
        }
    }
    0
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while let Some(next) = rest[at..].find(['/', '*']) {
        at += next;
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Returns the words and signs of `code`; `::` and `..` are one sign each.
pub(super) fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") || rest.starts_with("..") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

const ONLY_IN_TESTS: [&str; 2] = ["#[cfg(test)]", "#[cfg(all(test"];

/// Returns the code without items that are only for tests, lines kept.
pub(super) fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut end = 0;
    for item in test_items(code) {
        kept.push_str(&code[end..item.start]);
        end = item.end;
        kept.extend(
            code[item]
                .chars()
                .map(|c| if c == '\n' { '\n' } else { ' ' }),
        );
    }
    kept + &code[end..]
}

/// Returns how many lines of a source are not inside of items for tests.
pub(super) fn lines_without_tests(source: &str) -> usize {
    let code = code_of(source);
    let of_tests: usize = test_items(&code)
        .into_iter()
        .map(|item| code[item].matches('\n').count() + 1)
        .sum();
    code.lines().count() - of_tests
}

/// Returns where items that are only for tests stand, with their attributes.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut from = 0;
    while let Some(start) = ONLY_IN_TESTS
        .iter()
        .filter_map(|mark| code[from..].find(mark))
        .min()
    {
        let start = from + start;
        from = start + length_of_item(&code[start..]);
        items.push(start..from);
    }
    items
}

/// Returns how long an item or a field is, with its attributes.
fn length_of_item(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in item.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | ',' | '}') {
            return at + 1;
        }
    }
    item.len()
}

/// Returns the paths of the files that hold nothing but tests: those of modules that
/// a `#[cfg(test)]` stands before, and what lies below them.
pub(super) fn test_files(sources: &[(String, String)]) -> BTreeSet<String> {
    let mut roots = Vec::new();
    for (path, source) in sources {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let own = match name {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            name => format!("{folder}/{}", name.trim_end_matches(".rs")),
        };
        for mark in ONLY_IN_TESTS {
            for (start, _) in source.match_indices(mark) {
                let item = &source[start..];
                let item = &item[..item.find([';', '{']).map_or(item.len(), |end| end + 1)];
                let Some(name) = item
                    .strip_suffix(';')
                    .and_then(|item| item.split("mod ").nth(1))
                else {
                    continue;
                };
                let other = item
                    .split("#[path = \"")
                    .nth(1)
                    .and_then(|at| at.split('"').next());
                match other {
                    Some(file) => roots.push(format!("{folder}/{file}")),
                    None => roots.push(format!("{own}/{name}")),
                }
            }
        }
    }
    let is_below = |path: &str, root: &str| {
        path == root
            || path
                .strip_prefix(root)
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    sources
        .iter()
        .map(|(path, _)| path)
        .filter(|path| roots.iter().any(|root| is_below(path, root)))
        .cloned()
        .collect()
}
