//! The command in the header of a lock file, read and never run.
//!
//! pip-compile, uv and pinfold each write down how the file was made. What they
//! write is enough to make it again; what people put there instead (`make lock`) is
//! kept as text. There is no specification: the forms are those that pip-compile 1
//! to 7.6, uv 0.1 to 0.13 and pinfold write.
//!
//! uv writes its arguments without quotes, so that `--exclude-newer "7 days"` looks
//! as if `days` were a file. Which words are files is asked of the caller.

use super::parse::{Arguments, CompileCommand};
use super::targets::stated_targets;
use super::tool::Tool;
use super::values::is_version;
use super::words;
use crate::lock::FileHeader;
use crate::text::without_password;

/// What a header says of how its file is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// A command whose meaning is known.
    Command(Box<CompileCommand>),
    /// Someone's own command, such as `make lock`, without passwords.
    Custom(String),
    /// A command that cannot be followed.
    Unreadable {
        /// The command, without passwords; empty if there is none.
        command: String,
        /// Why not.
        why: String,
    },
}

/// Returns what a header says of how its file is made.
pub fn recipe(header: &FileHeader) -> Recipe {
    recipe_beside(header, &|_| false)
}

/// Returns what a header says; `exists` knows which words are files.
pub fn recipe_beside(header: &FileHeader, exists: &dyn Fn(&str) -> bool) -> Recipe {
    let text = header.command.as_deref().unwrap_or_default().trim();
    let unreadable = |why: String| Recipe::Unreadable {
        command: without_password(text),
        why,
    };
    if text.is_empty() {
        return unreadable("its header contains no command".to_owned());
    }
    // uv quotes nothing; if there are quotes, someone else wrote it.
    let is_raw = header.tool == "uv" && !text.contains(['\'', '"']);
    let split = if is_raw { None } else { words::split(text) };
    let has_open_quote = !is_raw && split.is_none();
    let (words, quoted): (Vec<String>, Vec<bool>) = match split {
        Some(words) => words
            .into_iter()
            .map(|word| (word.text, word.is_quoted))
            .unzip(),
        None => (words::split_unquoted(text), Vec::new()),
    };
    let is_bare = |at: usize| !quoted.get(at).copied().unwrap_or_default();
    let (tool, first) = match program(&words) {
        Program::Known(tool, first) => (tool, first),
        Program::Other(why) => return unreadable(why),
        Program::Unknown => return Recipe::Custom(without_password(text)),
    };
    let is_raw = is_raw || (has_open_quote && header.tool == "uv");
    if has_open_quote && !is_raw {
        return unreadable("it has an unclosed quote".to_owned());
    }
    let is_comment = |&at: &usize| words[at].starts_with('#') && is_bare(at);
    let end = (first..words.len()).find(is_comment);
    let end = end.unwrap_or(words.len());
    let arguments = &words[first.min(end)..end];
    if !is_raw && (first..end).any(|at| is_operator(&words[at]) && is_bare(at)) {
        return Recipe::Custom(without_password(text));
    }
    match Arguments::new(tool, arguments, is_raw, exists).read() {
        Ok(mut command) => {
            let stated = match stated_targets(header.target.as_deref()) {
                Ok(stated) => stated,
                Err(error) => {
                    return unreadable(format!("the platform in its header is invalid: {error}"));
                }
            };
            stated.complete(&mut command.options);
            Recipe::Command(Box::new(command))
        }
        Err(why) => unreadable(why),
    }
}

/// Whose command some words are.
enum Program {
    /// A compiler's, and where its arguments begin.
    Known(Tool, usize),
    /// A known program's that does something else.
    Other(String),
    /// Nobody's that is known here.
    Unknown,
}

/// Finds the program, behind assignments and behind programs that run others.
fn program(words: &[String]) -> Program {
    let is_assignment = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    };
    let skipped = words.iter().take_while(|word| is_assignment(word)).count();
    match named(words, skipped) {
        Program::Unknown => {}
        found => return found,
    }
    let Some(runner) = words.get(skipped).map(|word| base_name(word)) else {
        return Program::Unknown;
    };
    if !RUNNERS.contains(&runner.as_str()) {
        return Program::Unknown;
    }
    // `uv run --with pip-tools pip-compile …`: the first word that is a compiler.
    (skipped + 1..words.len())
        .take_while(|&at| !is_operator(&words[at]))
        .map(|at| named(words, at))
        .find(|found| matches!(found, Program::Known(..)))
        .unwrap_or(Program::Unknown)
}

/// Programs that run another one in some environment.
const RUNNERS: [&str; 10] = [
    "env", "hatch", "pdm", "pipenv", "pipx", "poetry", "rye", "time", "uv", "uvx",
];

/// Returns whose command begins at a word.
fn named(words: &[String], at: usize) -> Program {
    let word = |offset: usize| words.get(at + offset).map(String::as_str);
    let Some(name) = word(0).map(base_name) else {
        return Program::Unknown;
    };
    match name.as_str() {
        "pip-compile" => Program::Known(Tool::PipCompile, at + 1),
        "pip-tools" if word(1) == Some("compile") => Program::Known(Tool::PipCompile, at + 2),
        "pinfold" => match subcommand(words, at + 1) {
            Some((_, "compile" | "lock", behind)) => Program::Known(Tool::Pinfold, behind),
            Some((_, other, _)) => {
                Program::Other(format!("`pinfold {other}` does not write lock files"))
            }
            None => Program::Unknown,
        },
        "uv" => match subcommand(words, at + 1) {
            Some((_, "pip", behind)) if words.get(behind).is_some_and(|w| w == "compile") => {
                Program::Known(Tool::Uv, behind + 1)
            }
            Some((_, "export", _)) => Program::Other(
                "`uv export` writes it from `uv.lock`, which only uv updates".to_owned(),
            ),
            _ => Program::Unknown,
        },
        "poetry" | "pdm" if word(1) == Some("export") => Program::Other(format!(
            "`{name} export` writes it from `{name}.lock`, which only {name} updates"
        )),
        _ if is_python(&name) && word(1) == Some("-m") => match (word(2), word(3), word(4)) {
            (Some("piptools"), Some("compile"), _) => Program::Known(Tool::PipCompile, at + 4),
            (Some("uv"), Some("pip"), Some("compile")) => Program::Known(Tool::Uv, at + 5),
            _ => Program::Unknown,
        },
        _ => Program::Unknown,
    }
}

/// Returns the first word that is no flag: where it is, what it is, and what is behind.
fn subcommand(words: &[String], from: usize) -> Option<(usize, &str, usize)> {
    let mut at = from;
    loop {
        let word = words.get(at)?;
        if !word.starts_with('-') {
            return Some((at, word, at + 1));
        }
        at += match word.as_str() {
            "--color"
            | "--directory"
            | "--project"
            | "--config-file"
            | "--cache-dir"
            | "--allow-insecure-host" => 2,
            _ => 1,
        };
    }
}

/// Returns a program's name without its folder and the ending of Windows.
fn base_name(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.to_ascii_lowercase();
    name.strip_suffix(".exe").unwrap_or(&name).to_owned()
}

fn is_python(name: &str) -> bool {
    name == "py"
        || name
            .strip_prefix("python")
            .is_some_and(|rest| rest.is_empty() || is_version(rest))
}

/// Whether a word joins or redirects commands.
fn is_operator(word: &str) -> bool {
    matches!(
        word,
        "&&" | "||" | "|" | "&" | ";" | "<" | ">" | ">>" | "2>" | "2>&1"
    ) || word.ends_with(';')
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
