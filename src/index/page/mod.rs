//! Project pages of the Simple API: JSON (PEP 691, 700, 714, 792) and HTML
//! (PEP 503, 592, 629, 658, 714), read into one [`Page`].
//!
//! Pages are borrowed from, not copied: a large one has ten megabytes. Links that
//! no wheel or sdist is behind are kept here; [`Listing`](super::Listing) drops them.
//! Left out: provenance (PEP 740), signatures, `versions` (the files say the same).

mod html;
mod json;
mod time;

use std::borrow::Cow;

use jiff::Timestamp;
use url::Url;

use super::hash::{Algorithm, Sha256};
pub(super) use html::file_name;

/// What a project page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page<'a> {
    /// The state of the whole project (PEP 792), where the index gives one.
    pub status: Option<ProjectStatus>,
    /// The files in the page's order.
    pub files: Vec<PageFile<'a>>,
}

/// A project's state (PEP 792) and the reason given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectStatus {
    /// The state; one that PEP 792 does not name is no state.
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

/// Why a body is not a project page that we can use.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It is something else: a login page, an error message.
    #[error("not a project page: {0}")]
    NotAProjectPage(String),
    /// Its major version is not 1 (PEP 629).
    #[error("version {0} of the Simple API is not supported, only version 1 is")]
    Version(String),
    /// It starts like JSON, but is not.
    #[error("not a project page: broken JSON")]
    Json(#[source] serde_json::Error),
}

/// Reads the page that was found at `url` (after redirects).
///
/// The body tells its own format: servers were seen to lie about it.
pub fn parse<'a>(body: &'a [u8], url: &Url) -> Result<Page<'a>, PageError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => json::parse(body, url),
        Some(b'<') => html::parse(body, url),
        Some(_) => {
            let start = String::from_utf8_lossy(&body[..body.len().min(200)]);
            let line = start.trim().lines().next().unwrap_or_default();
            Err(PageError::NotAProjectPage(format!(
                "neither JSON nor HTML, it starts with `{}`",
                shortened(line)
            )))
        }
        None => Err(PageError::NotAProjectPage("an empty body".to_owned())),
    }
}

/// Checks that a version such as `1.4` has the major version 1.
fn check_version(version: &str) -> Result<(), PageError> {
    match version.trim().split('.').next() {
        Some("1") => Ok(()),
        _ => Err(PageError::Version(shortened(version))),
    }
}

/// Makes a link absolute and takes off its fragment.
fn resolve<'a>(link: Cow<'a, str>, base: &Url) -> Option<Cow<'a, str>> {
    let absolute = link.starts_with("https://") || link.starts_with("http://");
    if !absolute {
        let mut url = base.join(&link).ok()?;
        url.set_fragment(None);
        return Some(Cow::Owned(url.into()));
    }
    Some(match link {
        Cow::Borrowed(link) => Cow::Borrowed(link.split_once('#').map_or(link, |(link, _)| link)),
        Cow::Owned(mut link) => {
            link.truncate(link.find('#').unwrap_or(link.len()));
            Cow::Owned(link)
        }
    })
}

/// Adds a hash if its algorithm is known and its digits are right.
fn add_hash(
    name: &str,
    hex: &str,
    sha256: &mut Option<Sha256>,
    others: &mut Vec<(Algorithm, String)>,
) {
    if name == "sha256" {
        *sha256 = Sha256::from_hex(hex);
        return;
    }
    let Some(algorithm) = Algorithm::from_name(name) else {
        return;
    };
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || hex.len() != algorithm.hex_digits() {
        return;
    }
    if algorithm == Algorithm::Sha256 {
        *sha256 = Sha256::from_hex(hex);
    } else {
        others.retain(|(known, _)| *known != algorithm);
        others.push((algorithm, hex.to_ascii_lowercase()));
    }
}

/// Cuts a text for a message after some sixty characters.
fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
