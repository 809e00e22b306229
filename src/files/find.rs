//! Finds files by name below a folder, as version control sees it.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::error::{Action, Error};

/// Folders that hold other people's files, whether or not anything ignores them.
const FOREIGN: [&str; 7] = [
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".venv",
    "node_modules",
    "site-packages",
];

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted.
    pub files: Vec<PathBuf>,
    /// What could not be looked into.
    pub problems: Vec<Error>,
}

/// Files to leave out: lines of the form of `.gitignore`, each relative to a folder.
#[derive(Debug, Clone)]
pub struct Exclude(Vec<Gitignore>);

/// A line that cannot be used to leave out files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a file pattern: {problem}")]
pub struct BadPattern {
    /// The line.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Exclude {
    /// Leaves out nothing.
    pub fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Reads lines that are relative to a folder, given as an absolute path.
    pub fn new(base: &Path, patterns: &[String]) -> Result<Self, BadPattern> {
        let mut builder = GitignoreBuilder::new(base);
        for pattern in patterns {
            builder
                .add_line(None, pattern)
                .map_err(|error| BadPattern {
                    pattern: pattern.clone(),
                    problem: error.to_string(),
                })?;
        }
        let built = builder.build().map_err(|error| BadPattern {
            pattern: patterns.join(" "),
            problem: error.to_string(),
        })?;
        Ok(Self(vec![built]))
    }

    /// Adds lines, which count for more.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Whether a file is one that a line names, itself or a folder it is in.
    pub fn names(&self, path: &Path) -> bool {
        self.0
            .iter()
            .filter(|lines| path.starts_with(lines.path()))
            .any(|lines| lines.matched_path_or_any_parents(path, false).is_ignore())
    }

    fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        if self.0.is_empty() {
            return false;
        }
        // Patterns are relative to their own folder, wherever the search starts.
        let Ok(absolute) = std::path::absolute(path) else {
            return false;
        };
        let mut matches = self
            .0
            .iter()
            .rev()
            .map(|it| it.matched(&absolute, is_folder));
        matches
            .find(|it| !it.is_none())
            .is_some_and(|it| it.is_ignore())
    }
}

/// Returns the files below a folder whose names are wanted.
///
/// What `.gitignore` and the like leave out is left out, whether or not the folder is
/// under version control; hidden files are looked at. Symbolic links are not followed:
/// what they point to is found where it is, or is someone else's.
pub fn find(folder: &Path, exclude: &Exclude, is_wanted: impl Fn(&str) -> bool) -> Found {
    let exclude = exclude.clone();
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| entry.depth() == 0 || !is_left_out(entry, &exclude))
        .build();
    let mut found = Found::default();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                if is_file && entry.file_name().to_str().is_some_and(&is_wanted) {
                    found.files.push(shown(entry.into_path()));
                }
            }
            Err(error) => {
                let path = path_of(&error).unwrap_or(folder).to_owned();
                // A line of a .gitignore that cannot be read is git's business.
                if let Some(source) = error.io_error() {
                    // Its own words name the path once more.
                    let source = std::io::Error::from(source.kind());
                    found.problems.push(Error::new(Action::Read, &path, source));
                }
            }
        }
    }
    found.files.sort_unstable();
    found
}

fn is_left_out(entry: &DirEntry, exclude: &Exclude) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_foreign = is_folder
        && entry
            .file_name()
            .to_str()
            .is_some_and(|name| FOREIGN.contains(&name));
    is_foreign || exclude.excludes(entry.path(), is_folder)
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// Returns the path as people write it: without `./`.
fn shown(path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(short) if !short.as_os_str().is_empty() => short.to_owned(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        folder
    }

    fn names(folder: &Path, exclude: &Exclude) -> Vec<String> {
        let found = find(folder, exclude, |name| name == "Dockerfile");
        assert!(found.problems.is_empty());
        found
            .files
            .iter()
            .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn finds_hidden_files_but_not_what_is_ignored_or_foreign() {
        let folder = folder(&[
            "b/Dockerfile",
            "Dockerfile",
            ".devcontainer/Dockerfile",
            "out/Dockerfile",
            "node_modules/x/Dockerfile",
            ".git/Dockerfile",
            "Dockerfile.txt",
        ]);
        fs::write(folder.path().join(".gitignore"), "out/\n").unwrap();
        assert_eq!(
            names(folder.path(), &Exclude::nothing()),
            [".devcontainer/Dockerfile", "Dockerfile", "b/Dockerfile"]
        );
    }

    #[test]
    fn leaves_out_what_is_excluded_relative_to_the_base() {
        let folder = folder(&["tests/a/Dockerfile", "a/tests/Dockerfile", "Dockerfile"]);
        let exclude = Exclude::new(folder.path(), &["/tests/**".to_owned()]).unwrap();
        assert_eq!(
            names(folder.path(), &exclude),
            ["Dockerfile", "a/tests/Dockerfile"]
        );
        let below = folder.path().join("tests");
        assert_eq!(names(&below, &exclude), [""; 0]);
    }

    #[test]
    fn leaves_out_by_name_outside_of_the_base() {
        let folder = folder(&["old/Dockerfile", "Dockerfile", "base/old/Dockerfile"]);
        let base = folder.path().join("base");
        let by_name = Exclude::new(&base, &["old/".to_owned()]).unwrap();
        assert_eq!(names(folder.path(), &by_name), ["Dockerfile"]);
        let at_base = Exclude::new(&base, &["/old/".to_owned()]).unwrap();
        assert_eq!(
            names(folder.path(), &at_base),
            ["Dockerfile", "old/Dockerfile"]
        );
    }

    #[test]
    fn what_is_added_counts_for_more() {
        let folder = folder(&["a/old/Dockerfile", "old/Dockerfile"]);
        let of = |folder: &Path, line: &str| Exclude::new(folder, &[line.to_owned()]).unwrap();
        let exclude = of(folder.path(), "old/").and(of(&folder.path().join("a"), "!/old/"));
        assert_eq!(names(folder.path(), &exclude), ["a/old/Dockerfile"]);
    }

    #[cfg(unix)]
    #[test]
    fn does_not_follow_links() {
        let folder = folder(&["real/Dockerfile"]);
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("real/Dockerfile", folder.path().join("Dockerfile")).unwrap();
        assert_eq!(
            names(folder.path(), &Exclude::nothing()),
            ["real/Dockerfile"]
        );
    }
}
