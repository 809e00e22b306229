//! What a project page says, in whichever format.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::index::hash::{Algorithm, Sha256};
use crate::text::without_password;

/// What a project page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page<'a> {
    /// The project that it is of, where the page says so: JSON pages do (PEP 691).
    pub name: Option<Cow<'a, str>>,
    /// The state of the whole project (PEP 792), where the index gives one.
    pub status: Option<ProjectStatus>,
    /// The files in the page's order.
    pub files: Vec<PageFile<'a>>,
}

impl Page<'_> {
    /// Takes logins and signatures out of the files' URLs; returns these URLs without and
    /// with them.
    pub fn take_secrets(&mut self) -> Vec<(String, String)> {
        let mut secrets = Vec::new();
        for file in &mut self.files {
            if !file.url.contains(['?', '@']) {
                continue;
            }
            let public = without_password(&file.url);
            if public != file.url {
                let whole = std::mem::replace(&mut file.url, Cow::Owned(public.clone()));
                file.has_secret = true;
                secrets.push((public, whole.into_owned()));
            }
        }
        secrets
    }
}

/// A project's state (PEP 792) and the reason given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectStatus {
    /// The state; one that PEP 792 does not name is not a state.
    pub status: Status,
    /// Why, in the words of whoever set it.
    pub reason: Option<String>,
}

/// The states of PEP 792.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing special.
    Active,
    /// No updates are expected.
    Archived,
    /// Unsafe to use; the index offers no files.
    Quarantined,
    /// Obsolete, maybe superseded.
    Deprecated,
}

impl Status {
    /// Returns the state of a name such as `archived`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active,
            "archived" => Self::Archived,
            "quarantined" => Self::Quarantined,
            "deprecated" => Self::Deprecated,
            _ => return None,
        })
    }

    /// Returns the name that PEP 792 gives the state.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
            Self::Quarantined => "quarantined",
            Self::Deprecated => "deprecated",
        }
    }
}

/// One file of a project page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFile<'a> {
    /// The file's name.
    pub filename: Cow<'a, str>,
    /// Where it is: absolute, without fragment.
    pub url: Cow<'a, str>,
    /// Whether the URL held a secret, which was taken out.
    pub has_secret: bool,
    /// Its SHA-256, if the page gives it.
    pub sha256: Option<Sha256>,
    /// Its other hashes, as lower-case hexadecimal digits.
    pub other_hashes: Vec<(Algorithm, String)>,
    /// The Python versions it is for, as published.
    pub requires_python: Option<Cow<'a, str>>,
    /// The reason for which it was yanked, which may be empty; `None`: it was not.
    pub yanked: Option<Cow<'a, str>>,
    /// When it was uploaded.
    pub upload_time: Option<Timestamp>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// Whether its metadata can be had without it.
    pub core_metadata: MetadataFile,
}

/// Whether a file's core metadata lies beside it as `<url>.metadata` (PEP 658, 714).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MetadataFile {
    /// It does not, or the index does not say.
    #[default]
    Absent,
    /// It does; the index gives no hash that we know.
    Present,
    /// It does, with this hash.
    Sha256(Sha256),
}

impl MetadataFile {
    /// Returns its hash, if the index gives one.
    pub const fn sha256(self) -> Option<Sha256> {
        match self {
            Self::Sha256(sha256) => Some(sha256),
            Self::Absent | Self::Present => None,
        }
    }
}

/// The most files that a page may list: some twenty times what the largest project has.
pub(super) const MAX_FILES: usize = 250_000;

/// Why a body is not a project page that we can use.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It is something else: a login page, an error message.
    #[error("not a project page: {0}")]
    NotAProjectPage(String),
    /// It is the page of another project.
    #[error("it is the page of the project `{0}`")]
    OfAnother(String),
    /// Its major version is not 1 (PEP 629).
    #[error("Simple API version {0} is not supported; only version 1 is")]
    Version(String),
    /// It lists more files than any project has.
    #[error("it lists more than {0} files")]
    TooManyFiles(usize),
    /// It starts like JSON, but is not.
    #[error("not a project page: broken JSON")]
    Json(#[source] serde_json::Error),
}
