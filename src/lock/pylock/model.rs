//! What a `pylock.toml` says beside names, versions and markers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::lock::model::PinSource;
use crate::python::ProjectName;

/// What a lock is for, and what is known of its releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// The markers of the environments that the lock is for, in order; none: of all.
    pub environments: Vec<String>,
    /// The versions of Python that the lock is for.
    pub requires_python: Option<String>,
    /// The targets, as `3.12.11@x86_64-manylinux_2_36`.
    pub targets: Vec<String>,
    /// What is known of each pin.
    pub releases: BTreeMap<(ProjectName, PinSource), Release>,
}

/// What is known of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version, if it stays as long as the pin does.
    pub version: Option<String>,
    /// The versions of Python that it is for, as published.
    pub requires_python: Option<String>,
    /// What it requires of the lock: names, and the versions where they are known.
    pub dependencies: BTreeSet<(ProjectName, Option<String>)>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a release comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An index, or a folder or page of links.
    Files {
        /// The index, without secrets.
        index: Option<String>,
        /// The source distribution.
        sdist: Option<File>,
        /// The wheels, in any order.
        wheels: Vec<File>,
    },
    /// A commit of a repository.
    Vcs {
        /// The kind of repository: `git`.
        kind: String,
        /// Where the repository is.
        place: Place,
        /// The branch, tag or other name that gave the commit.
        revision: Option<String>,
        /// The commit.
        commit: String,
        /// Where the project is in it.
        subdirectory: Option<String>,
    },
    /// A folder.
    Directory {
        /// Its path, from the folder of the lock.
        path: String,
        /// Whether it is installed as it is.
        is_editable: bool,
        /// Where the project is in it.
        subdirectory: Option<String>,
    },
    /// A wheel or an archive at a place of its own.
    Archive {
        /// The file.
        file: File,
        /// Where the project is in it.
        subdirectory: Option<String>,
    },
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// When it was uploaded.
    pub upload_time: Option<Timestamp>,
    /// Its hashes by algorithm, in hexadecimal digits.
    pub hashes: BTreeMap<String, String>,
}

impl File {
    /// Returns the hashes as a requirements file has them: `sha256:…`.
    pub fn prefixed_hashes(&self) -> impl Iterator<Item = String> {
        let hashes = self.hashes.iter();
        hashes.map(|(algorithm, digits)| format!("{algorithm}:{digits}"))
    }
}

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A URL.
    Url(String),
    /// A path, from the folder of the lock.
    Path(String),
}

impl Place {
    /// Returns the URL or the path.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Url(text) | Self::Path(text) => text,
        }
    }

    /// Returns its last part, decoded, without query and fragment.
    pub fn last_part(&self) -> String {
        match self {
            Self::Url(url) => {
                let url = url.split(['?', '#']).next().unwrap_or(url);
                let last = url.rsplit('/').next().unwrap_or(url);
                crate::text::percent_decoded(last).into_owned()
            }
            Self::Path(path) => path.rsplit('/').next().unwrap_or(path).to_owned(),
        }
    }
}
