//! Requirements that name a place instead of a release: a file by URL or path, a
//! folder, a repository; and project files whose requirements only a build tells.

use std::collections::BTreeSet;
use std::path::PathBuf;

use url::Url;

use crate::python::{ExtraName, Marker, ProjectName};

/// A requirement on what is at a place. Its marker holds for the target.
#[derive(Debug, Clone)]
pub(super) struct Located {
    /// The project's name, if the line gives it.
    pub(super) name: Option<ProjectName>,
    /// The extras that are wanted.
    pub(super) extras: Vec<ExtraName>,
    /// When it applies, for the lock.
    pub(super) marker: Option<Marker>,
    /// Where it is.
    pub(super) at: At,
    /// Whether it stands behind `-e`.
    pub(super) is_editable: bool,
    /// The place as it was written, with `${VAR}`, without name, extras and marker.
    pub(super) as_written: String,
    /// Whether it replaces other requirements on the project instead of adding to them.
    pub(super) is_override: bool,
    /// The only hashes it accepts, as `sha256:…`.
    pub(super) hashes: BTreeSet<String>,
    /// `file:line`, for messages.
    pub(super) place: String,
    /// Who requires it, for annotations: `-r requirements.in`.
    pub(super) origin: String,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum At {
    /// A wheel or an sdist (`http`, `https`, `file`), with the fragment as written.
    File(Url),
    /// A folder with a source tree, by its absolute path.
    Folder(PathBuf),
    /// A repository: the whole `git+…` URL.
    Repository(String),
}

/// A project file that is an input, but says what it requires only when it is built:
/// `setup.py`, `setup.cfg`, or a `pyproject.toml` with dynamic fields.
#[derive(Debug, Clone)]
pub(super) struct ProjectTree {
    /// The folder of the project, absolute.
    pub(super) folder: PathBuf,
    /// The file as it is shown.
    pub(super) file: String,
    /// The extras that are wanted.
    pub(super) extras: Vec<ExtraName>,
    /// Whether all extras are wanted.
    pub(super) all_extras: bool,
}
