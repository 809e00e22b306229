//! What a lock may be written over: a lock of the same sources, and nothing that was read
//! to make it.

use std::path::{Component, Path};

use crate::command::{CompileCommand, Recipe, recipe_beside};
use crate::lock::{self, Format};
use crate::ops::compile::inputs::kind::{is_remote, local_path};
use crate::ops::compile::prepare::ReadInputs;
use crate::ops::compile::request::{Compile, OutputNaming, Source};
use crate::ops::error::Error;
use crate::text::{shell_word, without_password};

/// Checks that the output may be replaced.
///
/// # Errors
/// When it is one of the inputs; holds something that is not a lock; or has its name from a
/// source and is the lock of others.
pub(in crate::ops) fn check(request: &Compile, read: &ReadInputs) -> Result<(), Error> {
    for (path, previous) in read.locks(request) {
        check_one(request, read, path, previous)?;
    }
    Ok(())
}

fn check_one(
    request: &Compile,
    read: &ReadInputs,
    path: &Path,
    previous: &str,
) -> Result<(), Error> {
    let shown = path.display();
    let other_output = || Some("choose another output with `--output-file FILE`".to_owned());
    if is_read(request, read, path) {
        return Err(Error::Usage {
            message: format!("`{shown}` is both input and output"),
            help: other_output(),
        });
    }
    if let Some(line) = lock::foreign_line(previous).or_else(|| of_other_format(path, previous)) {
        return Err(Error::Usage {
            message: format!(
                "`{shown}` is not a lock file, and was not overwritten: `{}` is not a pin",
                without_password(&line)
                    .chars()
                    .take(MOST_SHOWN)
                    .collect::<String>()
            ),
            help: Some(
                "choose another output with `--output-file FILE`, or remove the file if it is \
                 not needed"
                    .to_owned(),
            ),
        });
    }
    if request.output.naming == OutputNaming::Derived
        && let Some(command) = recorded(request, previous)
        && !names_a_source(request, &command)
    {
        let options = command.options;
        let groups = options
            .groups
            .iter()
            .map(|group| format!("--group {group}"));
        let sources: Vec<String> = options.sources.into_iter().chain(groups).collect();
        return Err(Error::Usage {
            message: format!(
                "`{shown}` is the lock file of other sources, and was not overwritten: it is made \
                 of `{}`",
                without_password(&sources.join("`, `"))
            ),
            help: Some(format!(
                "name the output: `--output-file FILE` (`--output-file {}` overwrites it)",
                shell_word(&path.to_string_lossy())
            )),
        });
    }
    Ok(())
}

/// Returns the first line of a lock that has another format than its name says.
fn of_other_format(path: &Path, text: &str) -> Option<String> {
    let is_other = Format::of_path(&path.to_string_lossy()) != Format::of_text(text);
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.filter(|_| is_other).map(str::to_owned)
}

/// How much of a foreign line is shown.
const MOST_SHOWN: usize = 60;

/// Whether the output was read as an input.
fn is_read(request: &Compile, read: &ReadInputs, output: &Path) -> bool {
    let view = &request.run.view;
    let Ok(output) = view.path(output).canonicalize() else {
        return false;
    };
    let build_constraints = request.build.constraints.iter();
    let build_constraints = build_constraints
        .filter(|source| !is_remote(source))
        .map(|source| local_path(source));
    let trees = read.inputs.trees.iter().flat_map(|tree| {
        ["pyproject.toml", "setup.py", "setup.cfg"].map(|name| tree.folder.join(name))
    });
    let mut files = read
        .inputs
        .files
        .iter()
        .cloned()
        .chain(build_constraints)
        .chain(trees);
    files.any(|path| {
        let path = view.path(&path).canonicalize();
        path.is_ok_and(|path| path == output)
    })
}

/// Returns the command in the header of a lock, if it says what the lock is made of.
fn recorded(request: &Compile, text: &str) -> Option<CompileCommand> {
    let header = lock::header(text)?;
    let exists = |word: &str| request.run.view.path(Path::new(word)).is_file();
    match recipe_beside(&header, &exists) {
        Recipe::Command(command)
            if !(command.options.sources.is_empty() && command.options.groups.is_empty()) =>
        {
            Some(*command)
        }
        _ => None,
    }
}

/// Whether a command has one of the sources. It may have been run in another folder, so
/// what is compared is the ends of the paths.
fn names_a_source(request: &Compile, command: &CompileCommand) -> bool {
    request.sources.files.iter().any(|source| {
        let name = match source {
            Source::Path(name) => name,
            Source::Stdin(_) => "-",
        };
        let mut recorded = command.options.sources.iter();
        recorded.any(|recorded| recorded == name || is_same_end(recorded, name))
    })
}

/// Whether one of two paths ends as the other one is.
fn is_same_end(one: &str, other: &str) -> bool {
    let names = |path| {
        let parts = Path::new(path).components().rev();
        parts
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_owned()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let (one, other) = (names(one), names(other));
    let length = one.len().min(other.len());
    length > 0 && one[..length] == other[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_by_their_ends() {
        for (one, other) in [
            ("a.in", "a.in"),
            ("./a.in", "x/a.in"),
            ("../x/a.in", "x/a.in"),
            ("/w/x/a.in", "x/a.in"),
        ] {
            assert!(is_same_end(one, other) && is_same_end(other, one), "{one}");
        }
        for (one, other) in [
            ("a.in", "b.in"),
            ("x/a.in", "y/a.in"),
            ("..", "a.in"),
            ("", ""),
        ] {
            assert!(!is_same_end(one, other), "{one} {other}");
        }
    }
}
