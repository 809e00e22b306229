//! What there is in a repository, by names alone.

use std::path::Path;

use crate::config::{DEFAULT_BASE, is_branch_name};
use crate::files::{self, Exclude};
use crate::ops::docker::FileKind;

/// Folders whose files are other people's, or examples.
const FOREIGN: [&str; 6] = [
    "vendor",
    "vendored",
    "third_party",
    "third-party",
    "fixtures",
    "testdata",
];

/// What there is in a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Requirements files, loose and locked, and projects.
    pub requirements: Vec<String>,
    /// Dockerfiles and compose files.
    pub containers: Vec<String>,
    /// Patterns for folders of other people's files, as in `[discover]`.
    pub foreign: Vec<String>,
    /// The branch that others start from, if that is known and is not the default.
    pub base: Option<String>,
}

impl Surroundings {
    /// Looks round in a folder.
    pub(super) fn of(folder: &Path) -> Self {
        let found = files::find(folder, &Exclude::nothing(), |name| {
            is_requirements_name(name) || FileKind::of_name(name).is_some()
        });
        let mut surroundings = Self {
            base: base(folder),
            ..Self::default()
        };
        for path in &found.files {
            let Ok(path) = path.strip_prefix(folder) else {
                continue;
            };
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            let Some((name, folders)) = parts.split_last() else {
                continue;
            };
            if let Some(depth) = folders
                .iter()
                .position(|folder| FOREIGN.contains(&&**folder))
            {
                let pattern = format!("{}/**", folders[..=depth].join("/"));
                if is_plain(&pattern) && !surroundings.foreign.contains(&pattern) {
                    surroundings.foreign.push(pattern);
                }
                continue;
            }
            let in_folder = folders
                .last()
                .is_some_and(|folder| is_about_requirements(folder));
            if FileKind::of_name(name).is_some() {
                surroundings.containers.push(parts.join("/"));
            } else if name == "pyproject.toml" || in_folder || is_about_requirements(name) {
                surroundings.requirements.push(parts.join("/"));
            }
        }
        surroundings
    }
}

/// Whether a file of this name may be about requirements, given the right folder.
fn is_requirements_name(name: &str) -> bool {
    let ends = |extension: &str| {
        Path::new(name)
            .extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(extension))
    };
    // `MANIFEST.in` and the like are somebody else's.
    name == "pyproject.toml"
        || (ends("in") && !name.starts_with("MANIFEST"))
        || ((ends("txt") || ends("lock")) && is_about_requirements(name))
}

fn is_about_requirements(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("requirements") || name.contains("constraints")
}

/// Whether a pattern means itself and can stand in TOML as it is.
fn is_plain(pattern: &str) -> bool {
    pattern
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | ' ' | '*'))
        && !pattern.starts_with(['*', ' '])
        && !pattern.trim_end_matches("/**").contains('*')
}

/// Returns the branch that others start from, as git keeps it in files, unless it is the
/// default: what the remote's HEAD says, else the one that is checked out.
fn base(folder: &Path) -> Option<String> {
    let git = folder.join(".git");
    let read = |name: &str| -> Option<String> {
        String::from_utf8(files::read(&git.join(name)).ok()?).ok()
    };
    let name = if let Some(head) = read("refs/remotes/origin/HEAD") {
        head.trim_end()
            .strip_prefix("ref: refs/remotes/origin/")?
            .to_owned()
    } else {
        // Whoever has the default and stands elsewhere is at work on something.
        let main = format!("refs/heads/{DEFAULT_BASE}");
        let packed = read("packed-refs").unwrap_or_default();
        let is_main = |line: &str| line.ends_with(&format!(" {main}"));
        if git.join(&main).exists() || packed.lines().any(is_main) {
            return None;
        }
        read("HEAD")?
            .trim_end()
            .strip_prefix("ref: refs/heads/")?
            .to_owned()
    };
    (name != DEFAULT_BASE && is_branch_name(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn of_names(names: &[&str]) -> Surroundings {
        let files: Vec<_> = names.iter().map(|name| (*name, "")).collect();
        Surroundings::of(folder(&files).path())
    }

    #[test]
    fn finds_requirements_and_containers_by_name() {
        let found = of_names(&[
            "requirements.in",
            "requirements-dev.txt",
            "reqs.txt",
            "requirements/base.in",
            "MANIFEST.in",
            "config.h.in",
            "app/pyproject.toml",
            "uv.lock",
            "Dockerfile",
            "deploy/compose.yaml",
            "README.txt",
        ]);
        assert_eq!(
            found.requirements,
            [
                "app/pyproject.toml",
                "requirements/base.in",
                "requirements-dev.txt",
                "requirements.in",
            ]
        );
        assert_eq!(found.containers, ["Dockerfile", "deploy/compose.yaml"]);
        assert_eq!(found.foreign, [""; 0]);
    }

    #[test]
    fn folders_of_other_people_become_patterns_and_are_not_counted() {
        let found = of_names(&[
            "vendor/a/requirements.txt",
            "vendor/b/requirements.txt",
            "tests/fixtures/x/Dockerfile",
            "od[d/vendor/Dockerfile",
            "Dockerfile",
        ]);
        assert_eq!(found.foreign, ["tests/fixtures/**", "vendor/**"]);
        assert_eq!(found.containers, ["Dockerfile"]);
        assert_eq!(found.requirements, [""; 0]);
    }

    #[test]
    fn the_branch_to_start_from_is_the_remotes_or_the_one_checked_out() {
        let check = |files: &[(&str, &str)], expected: Option<&str>| {
            let folder = folder(files);
            assert_eq!(base(folder.path()).as_deref(), expected, "{files:?}");
        };
        let remote = ".git/refs/remotes/origin/HEAD";
        check(&[], None);
        check(&[(".git/HEAD", "ref: refs/heads/master\n")], Some("master"));
        check(&[(".git/HEAD", "ref: refs/heads/main\n")], None);
        check(&[(".git/HEAD", "0123\n")], None);
        check(&[(".git/HEAD", "ref: refs/heads/a;b\n")], None);
        check(
            &[
                (remote, "ref: refs/remotes/origin/trunk\n"),
                (".git/HEAD", "ref: refs/heads/topic\n"),
            ],
            Some("trunk"),
        );
        check(
            &[
                (".git/refs/heads/main", "0\n"),
                (".git/HEAD", "ref: refs/heads/topic\n"),
            ],
            None,
        );
        check(
            &[
                (".git/packed-refs", "# pack\n0 refs/heads/main\n"),
                (".git/HEAD", "ref: refs/heads/topic\n"),
            ],
            None,
        );
        check(&[(".git", "gitdir: elsewhere\n")], None);
    }
}
