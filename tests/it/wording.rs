//! The words that users read: no phrase that a native writer would not use, American
//! spelling, and docs that wrap and whose tables can be scanned.
//!
//! `docs/CONTRIBUTING.md` has the rules for people. What is searched here is the docs, the
//! string literals of `src` outside of tests, and the help texts of the command line.

use std::fs;
use std::path::{Path, PathBuf};

/// Phrases that give a foreign hand away, with what to write. `*` stands for one to four words.
const BANNED: &[(&str, &str)] = &[
    ("be had", "\"unavailable\", \"cannot fetch\""),
    ("the answer is no", "\"check failed\""),
    ("all the same", "\"anyway\""),
    ("what * tells", "say who reports what"),
    ("what * tell", "say who reports what"),
    ("passed over", "\"skipped\""),
    ("passes over", "\"skips\""),
    ("has to be there", "\"required\""),
    ("have to be there", "\"required\""),
    ("stands there", "\"is there\""),
    ("stands behind", "\"follows\""),
    ("stands beside", "\"is next to\""),
    ("may stand", "\"can be\""),
    ("let us", "name who is allowed to do what"),
    ("lets us", "name who is allowed to do what"),
    ("length of time", "\"duration\""),
    ("lengths of time", "\"durations\""),
    ("truth value", "\"boolean\""),
    ("a text", "\"a string\""),
    ("array of texts", "\"array of strings\""),
    ("mind that", "\"note that\", or nothing"),
    ("is told", "\"is reported\""),
    ("are told", "\"are reported\""),
    ("is said", "\"is reported\""),
    ("is looked for", "\"is searched for\""),
    ("are looked for", "\"are searched for\""),
    ("going on without", "\"continuing without\""),
    ("cannot be asked", "\"cannot query\""),
    ("not one other byte", "\"no other byte\""),
    ("has no meaning here", "\"has no effect\""),
    ("each for itself", "\"separately\""),
    ("put to use", "\"use\""),
    ("of pinfold's making", "\"made by pinfold\""),
    ("anew", "\"again\""),
    ("spelt", "\"spelled\""),
    ("learnt", "\"learned\", \"known\""),
    ("whilst", "\"while\""),
    ("folder", "\"directory\""),
    ("folders", "\"directories\""),
];

/// Beginnings of words in British spelling.
const BRITISH: &[&str] = &[
    "behaviour",
    "cancelled",
    "colour",
    "favour",
    "honour",
    "initialis",
    "licence",
    "neighbour",
    "normalis",
    "organis",
    "recognis",
    "serialis",
    "summaris",
    "unrecognis",
];

/// The longest line of prose in the docs, and the longest cell of a table.
const MOST_COLUMNS: usize = 100;

/// Docs that are generated from definitions in `src`, which are searched there.
const GENERATED: &[&str] = &["docs/reference.md"];

#[test]
fn the_docs_hold_no_banned_phrase() {
    let mut problems = Vec::new();
    for (path, text) in docs() {
        for (number, paragraph) in paragraphs(&text) {
            // The rules quote what they ban.
            let paragraph = match path.as_str() {
                "docs/CONTRIBUTING.md" => unquoted(&paragraph),
                _ => paragraph,
            };
            for (phrase, better) in banned_in(&paragraph) {
                problems.push(format!("{path}:{number}: \"{phrase}\": write {better}"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn messages_and_help_hold_no_banned_phrase() {
    let mut problems = Vec::new();
    for path in rust_files() {
        let source = fs::read_to_string(&path).unwrap();
        for (number, text) in shown_texts(&source) {
            for (phrase, better) in banned_in(&text) {
                let path = relative(&path);
                problems.push(format!("{path}:{number}: \"{phrase}\": write {better}"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_docs_wrap_and_their_tables_hold_no_paragraphs() {
    let mut problems = Vec::new();
    for (path, text) in docs() {
        let mut is_figure = false;
        for (number, line) in prose_lines(&text) {
            match line {
                "<!-- figures -->" => is_figure = true,
                "<!-- end of figures -->" => is_figure = false,
                _ => {}
            }
            if is_figure || line.starts_with('>') {
                continue;
            }
            if let Some(row) = line.trim_start().strip_prefix('|') {
                for cell in row.split('|').map(str::trim) {
                    if cell.chars().count() > MOST_COLUMNS {
                        problems.push(format!("{path}:{number}: a long cell: {cell}"));
                    }
                }
            } else if line.chars().count() > MOST_COLUMNS {
                problems.push(format!("{path}:{number}: a long line"));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// Returns `README.md` and the pages of `docs` that people write, with their paths.
fn docs() -> Vec<(String, String)> {
    let mut paths = vec![root().join("README.md")];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "md") {
            paths.push(path);
        }
    }
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| (relative(path), fs::read_to_string(path).unwrap()));
    texts
        .filter(|(path, _)| !GENERATED.contains(&path.as_str()))
        .collect()
}

/// Returns the lines outside of code blocks, numbered from 1.
fn prose_lines(text: &str) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// Returns paragraphs with the number of their first line, so that a phrase is found
/// where it wraps.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut paragraphs: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in prose_lines(text) {
        if line.trim().is_empty() {
            is_open = false;
        } else if is_open && !line.starts_with(['|', '#', '-', '*']) {
            let (_, paragraph) = paragraphs.last_mut().unwrap();
            paragraph.push(' ');
            paragraph.push_str(line.trim());
        } else {
            paragraphs.push((number, line.to_owned()));
            is_open = true;
        }
    }
    paragraphs
}

/// Returns a text without what stands in double quotes.
fn unquoted(text: &str) -> String {
    text.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}

/// Returns the banned phrases of a text, each with what to write instead.
fn banned_in(text: &str) -> Vec<(String, &'static str)> {
    let words = words(text);
    let mut found = Vec::new();
    for (phrase, better) in BANNED {
        let pattern: Vec<&str> = phrase.split(' ').collect();
        if (0..words.len()).any(|at| matches(&words[at..], &pattern)) {
            found.push(((*phrase).to_owned(), *better));
        }
    }
    for (at, pair) in words.windows(2).enumerate() {
        let is_denial = matches!(pair[0].as_str(), "is" | "are") && pair[1] == "no";
        let before = at.checked_sub(1).map_or("", |at| words[at].as_str());
        let after = words.get(at + 2).map_or("", String::as_str);
        if is_denial && before != "there" && after != "longer" {
            found.push((format!("{} no {after}", pair[0]), "\"is not a\""));
        }
    }
    for word in &words {
        if BRITISH.iter().any(|start| word.starts_with(start)) {
            found.push((word.clone(), "it in American spelling"));
        }
    }
    found
}

/// Tells whether words begin with a pattern.
fn matches(words: &[String], pattern: &[&str]) -> bool {
    match pattern {
        [] => true,
        ["*", rest @ ..] => {
            let gap = words.iter().take_while(|word| !is_mark(word)).take(4);
            (1..=gap.count()).any(|count| matches(&words[count..], rest))
        }
        [first, rest @ ..] => {
            words.first().is_some_and(|word| word == first) && matches(&words[1..], rest)
        }
    }
}

/// Tells whether a word is the end of a sentence or of a part of one.
fn is_mark(word: &str) -> bool {
    matches!(word, "." | ";" | ":" | "?" | "!")
}

/// Returns the words in lower case; code and placeholders are one word each, and the end
/// of a sentence is a word of its own, so that no phrase reaches across it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            words.push("`".to_owned());
            continue;
        }
        let mut depth = 0_usize;
        let mut word = String::new();
        for symbol in part.chars().chain([' ']) {
            match symbol {
                '{' => depth += 1,
                '}' => {
                    depth = depth.saturating_sub(1);
                    words.push("{}".to_owned());
                }
                _ if depth > 0 => {}
                _ if symbol.is_alphanumeric() || matches!(symbol, '\'' | '-' | '_') => {
                    word.extend(symbol.to_lowercase());
                }
                _ => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    let mark = symbol.to_string();
                    if is_mark(&mark) {
                        words.push(mark);
                    }
                }
            }
        }
    }
    words
}

/// Returns what users may read of a source: string literals that have a space, and, where
/// options are declared, the docs of these; with line numbers, without test code.
fn shown_texts(source: &str) -> Vec<(usize, String)> {
    let end = source.find("#[cfg(test)]\nmod ").unwrap_or(source.len());
    let code = &source[..end];
    let has_options = code.contains("clap::");
    let mut texts = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let number = 1 + code[..at].matches('\n').count();
        let length = if rest.starts_with("//") {
            let line = rest.split('\n').next().unwrap();
            if has_options && let Some(doc) = line.strip_prefix("/// ") {
                texts.push((number, doc.to_owned()));
            }
            line.len()
        } else if let Some(length) = raw_string(rest) {
            texts.push((number, rest[..length].to_owned()));
            length
        } else if rest.starts_with('"') {
            let length = string(rest);
            texts.push((number, unbroken(&rest[1..length - 1])));
            length
        } else if rest.starts_with('\'') {
            character(rest)
        } else {
            rest.chars().next().unwrap().len_utf8()
        };
        at += length;
    }
    texts.retain(|(_, text)| text.contains(' '));
    texts
}

/// Returns the length of a raw string, if one begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    let body = hashes[count..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(count));
    Some(2 + count + body.find(&end)? + end.len())
}

/// Returns the length of a string with its quotes.
fn string(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, symbol) in rest.char_indices().skip(1) {
        match symbol {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Returns the length of a character's literal, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut symbols = rest.char_indices().skip(1);
    match symbols.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(1, |at| at + 4),
        _ => match symbols.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
    }
}

/// Returns a literal without the breaks that continue it on the next line.
fn unbroken(literal: &str) -> String {
    let mut parts = literal.split("\\\n");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.trim_start());
    }
    text
}

/// Returns the files of `src` that are not tests.
fn rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == "rs") && !is_test(&name) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn is_test(name: &str) -> bool {
    name.ends_with("tests.rs") || matches!(name, "laws.rs" | "samples.rs")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn relative(path: &Path) -> String {
    let relative = path.strip_prefix(root()).unwrap();
    relative.to_string_lossy().replace('\\', "/")
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = banned_in(text)
        .into_iter()
        .map(|(phrase, _)| phrase)
        .collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn phrases_are_found_between_code_and_placeholders() {
    check("`{text}` is no digest", &["is no digest"]);
    check("there is no `FROM` before it; it is no longer there", &[]);
    check("What only a build tells is built", &["what * tells"]);
    check("say what. It tells the rest", &[]);
    check("it is taken all the\nsame", &["all the same"]);
    check("its Behaviour in a {folder}", &["behaviour"]);
    check("which cannot be had", &["be had"]);
}

#[test]
fn literals_are_read_whole_and_tests_are_not() {
    let source = "fn a<'a>() { x('\"', \"one \\\n    two\", r#\"three \"4\"\"#); } // \"a b\"\n\
                  #[cfg(test)]\nmod tests { \"no no\" }\n";
    let texts: Vec<String> = shown_texts(source)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(texts, ["one two", "r#\"three \"4\"\"#"]);
}
