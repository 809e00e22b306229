//! Finds files by name below a folder, as version control sees it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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
/// under version control, unless git keeps it all the same; hidden files are looked at.
/// Other repositories inside that of the folder are not looked into. Symbolic links are
/// not followed: what they point to is found where it is, or is someone else's.
pub fn find(folder: &Path, exclude: &Exclude, is_wanted: impl Fn(&str) -> bool) -> Found {
    let is_in_repository = is_in_repository(folder);
    if !is_in_repository {
        return walk(folder, exclude, is_in_repository, &is_wanted);
    }
    // Git is asked while the folders are looked through.
    let (mut found, kept) = std::thread::scope(|scope| {
        let kept = scope.spawn(|| kept_though_ignored(folder));
        let found = walk(folder, exclude, is_in_repository, &is_wanted);
        (found, kept.join().unwrap_or_default())
    });
    let kept = kept.into_iter().filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(&is_wanted)
            && !is_excluded(folder, path, exclude)
            && std::fs::symlink_metadata(folder.join(path)).is_ok_and(|file| file.is_file())
    });
    found
        .files
        .extend(kept.map(|path| shown(folder.join(path))));
    found.files.sort_unstable();
    found.files.dedup();
    found
}

/// Whether a folder belongs to a git repository, by what is in it and above it.
fn is_in_repository(folder: &Path) -> bool {
    std::path::absolute(folder).is_ok_and(|folder| {
        folder
            .ancestors()
            .any(|folder| folder.join(".git").exists())
    })
}

/// Returns the files below a folder that git keeps although a pattern ignores them, seen
/// from the folder; none where git cannot say.
fn kept_though_ignored(folder: &Path) -> Vec<PathBuf> {
    let mut command = Command::new("git");
    // Nothing that the repository sets is run, and no variable names another one.
    command
        .args(["-c", "core.fsmonitor=false", "ls-files", "-z", "--cached"])
        .args(["--ignored", "--exclude-standard"])
        .current_dir(folder)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    match command.output() {
        Ok(output) if output.status.success() => output
            .stdout
            .split(|&byte| byte == 0)
            .filter(|path| !path.is_empty())
            .filter_map(|path| std::str::from_utf8(path).ok())
            .map(PathBuf::from)
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a file, seen from the folder, or a folder it is in is left out.
fn is_excluded(folder: &Path, path: &Path, exclude: &Exclude) -> bool {
    let folders = path.ancestors().skip(1);
    let mut folders = folders.filter(|above| !above.as_os_str().is_empty());
    let is_foreign = |name: &std::ffi::OsStr| name.to_str().is_some_and(is_foreign);
    path.parent()
        .is_some_and(|above| above.iter().any(is_foreign))
        || exclude.excludes(&folder.join(path), false)
        || folders.any(|above| exclude.excludes(&folder.join(above), true))
}

fn walk(
    folder: &Path,
    exclude: &Exclude,
    is_in_repository: bool,
    is_wanted: &impl Fn(&str) -> bool,
) -> Found {
    let exclude = exclude.clone();
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| {
            let is_border = || is_in_repository && is_folder(entry) && has_git(entry.path());
            entry.depth() == 0 || !(is_left_out(entry, &exclude) || is_border())
        })
        .build();
    let mut found = Found::default();
    for entry in walk {
        match entry {
            Ok(entry) => {
                let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
                if is_file && entry.file_name().to_str().is_some_and(is_wanted) {
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

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// Whether a folder is the top of a work tree: a clone, a linked work tree, a submodule.
fn has_git(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder.join(".git")).is_ok()
}

fn is_foreign(name: &str) -> bool {
    FOREIGN.contains(&name)
}

fn is_left_out(entry: &DirEntry, exclude: &Exclude) -> bool {
    let is_folder = is_folder(entry);
    let is_foreign = is_folder && entry.file_name().to_str().is_some_and(is_foreign);
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
