//! Which projects take their version from the history of the repository.
//!
//! A commit without its history builds as version `0.1.dev0` there, and a requirement on
//! the project is then not met. What builds do cannot be known before they run, so this
//! goes by the names of the programs that look at tags.

use super::error::Error;
use super::program::Program;
use super::store::Store;
use super::url::GitUrl;

/// Files that say how a project is built.
pub(super) const PROJECT_FILES: &[&str] = &["pyproject.toml", "setup.cfg", "setup.py"];

/// Programs that make a version of tags, as they are named in these files.
const PROGRAMS: &[&str] = &[
    "setuptools_scm",
    "setuptools-scm",
    "setuptools-git",
    "setuptools_git",
    "hatch-vcs",
    "hatch_vcs",
    "flit-scm",
    "flit_scm",
    "pdm.version",
    "poetry-dynamic-versioning",
    "poetry-version-plugin",
    "versioningit",
    "versioneer",
    "dunamai",
    "uv-dynamic-versioning",
    "vcs-versioning",
    "vcs_versioning",
    "pbr",
    "miniver",
    "git describe",
];

/// Whether the project of a commit names a program that looks at tags.
pub(super) async fn is_read(
    program: &Program,
    url: &GitUrl,
    store: &Store,
    commit: &str,
) -> Result<bool, Error> {
    let mut arguments = vec!["grep", "--quiet", "--fixed-strings", "--word-regexp"];
    for name in PROGRAMS {
        arguments.extend(["-e", *name]);
    }
    let folder = url.subdirectory().unwrap_or_default();
    let paths: Vec<String> = PROJECT_FILES
        .iter()
        .flat_map(|file| {
            [
                format!(":(literal){folder}/{file}"),
                format!(":(literal){file}"),
            ]
        })
        .collect();
    arguments.extend([commit, "--"]);
    // Where there is no subdirectory, both are the same.
    let skip = usize::from(folder.is_empty());
    arguments.extend(
        paths
            .iter()
            .skip(skip)
            .step_by(1 + skip)
            .map(String::as_str),
    );
    let output = program.output(url, store.at(), &arguments).await?;
    Ok(output.status.success())
}
