//! What we keep of a project page: its wheels and sdists, grouped by version, as
//! bytes.
//!
//! They are what the cache stores and what is read in place. The head has the versions;
//! a version's files are in [`Rows`] that are read and decoded when they are asked for, for
//! a run looks at a few of a thousand versions. Strings that repeat (folders of URLs, wheel
//! tags, `Requires-Python`) are stored once, hashes as bytes, so a file takes some 100 bytes.
//! Files that are no wheel or sdist of the project, and versions that are none
//! by PEP 440, are left out.

mod blob;
mod build;
mod names;
mod sparse;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::hash::{Algorithm, Sha256};
use super::page::{MetadataFile, Page, PageFile, ProjectStatus};
use crate::python::{ProjectName, Version, WheelName};
use crate::text::{hex, hex_in};
use blob::{Entries, Head};

pub(super) use names::is_sdist_name;
pub(super) use names::parse_version;
pub(crate) use sparse::Sparse;

/// A project's files by version, ascending.
#[derive(Debug)]
pub struct Listing {
    head: Head,
    rows: Box<dyn Rows>,
    versions: Sparse<Version>,
    is_damaged: AtomicBool,
}

/// The rows of a listing, wherever they are.
pub trait Rows: fmt::Debug + Send + Sync {
    /// Returns bytes that belong to one block; none if they cannot be had as they were.
    fn get(&self, range: Range<usize>) -> Option<&[u8]>;
}

impl Rows for Vec<u8> {
    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        self.as_slice().get(range)
    }
}

/// How many bytes a block of rows has at least, but for the last: what is read at a time.
const BLOCK: usize = 4 << 10;

/// A wheel or sdist of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub filename: String,
    /// Where it is: absolute, without fragment.
    pub url: String,
    /// The hashes the index gives, as lower-case hexadecimal digits; mostly one SHA-256.
    pub hashes: Vec<(Algorithm, String)>,
    /// The Python versions it is for, as published.
    pub requires_python: Option<String>,
    /// Whether and why it was yanked (PEP 592).
    pub yanked: Option<Yanked>,
    /// When it was uploaded (PEP 700).
    pub upload_time: Option<Timestamp>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// Whether its metadata lies beside it (PEP 658).
    pub core_metadata: MetadataFile,
    /// What kind of distribution it is.
    pub kind: FileKind,
}

impl File {
    /// Returns its SHA-256, if the index gives it.
    pub fn sha256(&self) -> Option<Sha256> {
        let (_, hex) = self
            .hashes
            .iter()
            .find(|(algorithm, _)| *algorithm == Algorithm::Sha256)?;
        Sha256::from_hex(hex)
    }

    /// Whether its hashes are none, or SHA-256 that can be read.
    pub(in crate::index) fn has_only_sha256(&self) -> bool {
        self.hashes.iter().all(|(algorithm, hex)| {
            *algorithm == Algorithm::Sha256 && Sha256::from_hex(hex).is_some()
        })
    }

    /// Returns the wheel's parsed name; none for an sdist.
    pub fn wheel(&self) -> Option<&WheelName> {
        match &self.kind {
            FileKind::Wheel(name) => Some(name),
            FileKind::Sdist => None,
        }
    }
}

/// A file that should no longer be chosen (PEP 592).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yanked {
    /// Why, if the index says.
    pub reason: Option<String>,
}

/// A kind of distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// Built, with what it runs on in its name (PEP 427).
    Wheel(WheelName),
    /// A source distribution.
    Sdist,
}

/// The bytes are no listing of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored project page is damaged")]
pub struct Damaged;

impl Listing {
    /// Makes the listing of a project from its page.
    pub fn build(project: &ProjectName, page: &Page<'_>) -> Self {
        let (head, rows) = build::build(project, page);
        Self::open(head, Box::new(rows)).expect("a head just made has the right layout")
    }

    /// Makes the listing of a project from files found elsewhere than on a page.
    pub fn of_files(project: &ProjectName, files: &[File]) -> Self {
        let files = files
            .iter()
            .map(|file| PageFile {
                filename: file.filename.as_str().into(),
                url: file.url.as_str().into(),
                sha256: file.sha256(),
                other_hashes: file
                    .hashes
                    .iter()
                    .filter(|(algorithm, _)| *algorithm != Algorithm::Sha256)
                    .cloned()
                    .collect(),
                requires_python: file.requires_python.as_deref().map(Into::into),
                yanked: file
                    .yanked
                    .as_ref()
                    .map(|yanked| yanked.reason.as_deref().unwrap_or_default().into()),
                upload_time: file.upload_time,
                size: file.size,
                core_metadata: file.core_metadata,
            })
            .collect();
        Self::build(
            project,
            &Page {
                status: None,
                files,
            },
        )
    }

    /// Reads the listing out of a head and rows that [`Self::head`] and [`Self::rows`]
    /// gave before.
    ///
    /// Only the head is looked at. A version whose rows turn out to be damaged has no
    /// files beyond the damage, which [`Self::is_damaged`] tells.
    pub fn open(head: Vec<u8>, rows: Box<dyn Rows>) -> Result<Self, Damaged> {
        let head = Head::read(head)?;
        Ok(Self {
            versions: Sparse::new(head.version_count),
            head,
            rows,
            is_damaged: AtomicBool::new(false),
        })
    }

    /// Whether anything that was asked for could not be read as it was. Nothing that was
    /// concluded from such a listing holds.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    fn note_damage(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Returns the head to store, in pieces.
    pub fn head(&self) -> [&[u8]; 2] {
        self.head.bytes()
    }

    /// Returns the rows to store, if they are at hand: of a listing that was made, not of
    /// one that was opened.
    pub fn rows(&self) -> Option<&[u8]> {
        self.rows.get(0..self.head.row_bytes)
    }

    /// Returns where each block of the rows ends: they are to be had by blocks.
    pub fn block_ends(&self) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut start = 0;
        for index in (0..self.len()).rev() {
            let end = self.head.rows(index).map_or(start, |rows| rows.end);
            if end - start >= BLOCK || (index == 0 && end > start) {
                ends.push(end);
                start = end;
            }
        }
        ends
    }

    /// Returns the number of versions.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Tells whether there is no version at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of files of all versions.
    pub fn file_count(&self) -> usize {
        self.head.file_count
    }

    /// Returns the state of the project (PEP 792), where the index gives one.
    pub fn status(&self) -> Option<ProjectStatus> {
        self.head.status()
    }

    /// Returns a version; they ascend with the index, which is below [`Self::len`].
    pub fn version(&self, index: usize) -> &Version {
        self.versions.get_or_init(index, || {
            let version = names::parse_version(self.version_text(index));
            version.unwrap_or_else(|| {
                self.note_damage();
                Version::new([0])
            })
        })
    }

    /// Returns a version as the first of its files spells it.
    pub fn version_text(&self, index: usize) -> &str {
        self.head.version_text(index).unwrap_or_else(|| {
            self.note_damage();
            "0"
        })
    }

    /// Returns the index of a version, however it is spelled.
    pub fn find(&self, version: &Version) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.version(middle).cmp(version) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Returns a version's files in the page's order, ready to be kept.
    pub fn files(&self, index: usize) -> Vec<File> {
        self.entries(index)
            .filter_map(|entry| entry.to_file())
            .collect()
    }

    /// Returns a version's files in the page's order, without copying anything.
    pub fn entries(&self, index: usize) -> impl Iterator<Item = Entry<'_>> {
        let rows = self.head.rows(index).and_then(|rows| self.rows.get(rows));
        if rows.is_none() {
            self.note_damage();
        }
        Entries {
            head: &self.head,
            version: self.version_text(index),
            rows: rows.unwrap_or_default(),
            microsecond: 0,
            is_damaged: &self.is_damaged,
        }
    }
}

/// A file in a listing, borrowed from its bytes: what a choice needs to look at
/// before it takes one.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The start of the name: up to the version.
    prefix: &'a str,
    /// The version as the name spells it.
    version: &'a str,
    /// The rest of the name.
    tail: &'a str,
    folder: &'a str,
    /// Thirty-two bytes of hexadecimal folders (`ab/cd/…`), as PyPI has them.
    hash_folders: Option<&'a [u8]>,
    /// The URL's last part, if it is not the name.
    last: Option<&'a str>,
    sha256: Option<&'a [u8]>,
    other_hashes: Vec<(Algorithm, &'a [u8])>,
    core_metadata: MetadataFile,
    /// Whether it is a wheel.
    pub is_wheel: bool,
    /// The Python versions it is for, as published.
    pub requires_python: Option<&'a str>,
    /// The reason for which it was yanked, which may be empty; `None`: it was not.
    pub yanked: Option<&'a str>,
    /// When it was uploaded.
    pub upload_time: Option<Timestamp>,
    /// Its length in bytes.
    pub size: Option<u64>,
}

impl<'a> Entry<'a> {
    /// Returns the file's name.
    pub fn filename(&self) -> String {
        [self.prefix, self.version, self.tail].concat()
    }

    /// Returns the end of a wheel's name, `1-cp311-cp311-linux_x86_64` or without the
    /// build tag; none for an sdist. Equal ones are at one address in a listing.
    pub fn wheel_tags(&self) -> Option<&'a str> {
        let tags = self.tail.strip_prefix('-')?.strip_suffix(".whl")?;
        self.is_wheel.then_some(tags)
    }

    /// Returns where the file is.
    pub fn url(&self) -> String {
        let name = [self.prefix, self.version, self.tail];
        let length: usize = name.iter().map(|part| part.len()).sum();
        let mut url = String::with_capacity(self.folder.len() + 67 + length);
        url.push_str(self.folder);
        if let Some(bytes) = self.hash_folders {
            let mut digits = [0; 64];
            let digits = hex_in(&mut digits, &bytes);
            for part in [&digits[..2], &digits[2..4], &digits[4..]] {
                url.push_str(part);
                url.push('/');
            }
        }
        if let Some(last) = self.last {
            url.push_str(last);
        } else {
            url.extend(name);
        }
        url
    }

    /// Whether the file is on this machine.
    pub fn is_local(&self) -> bool {
        let scheme = self.folder.get(..5);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
    }

    /// Returns the file's SHA-256, if the index gives it.
    pub fn sha256(&self) -> Option<Sha256> {
        Some(Sha256(self.sha256?.try_into().ok()?))
    }

    /// Returns whether the file's metadata lies beside it.
    pub fn core_metadata(&self) -> MetadataFile {
        self.core_metadata
    }

    /// Copies all of it; none if it is called a wheel but not by the rules, which no page
    /// gives, only damage.
    pub fn to_file(&self) -> Option<File> {
        let filename = self.filename();
        let kind = if self.is_wheel {
            FileKind::Wheel(WheelName::parse(&filename).ok()?)
        } else {
            FileKind::Sdist
        };
        let hash = |(algorithm, bytes): (Algorithm, &[u8])| (algorithm, hex(bytes));
        let sha256 = self.sha256.map(|bytes| (Algorithm::Sha256, bytes));
        Some(File {
            filename,
            url: self.url(),
            hashes: sha256
                .into_iter()
                .chain(self.other_hashes.iter().copied())
                .map(hash)
                .collect(),
            requires_python: self.requires_python.map(str::to_owned),
            yanked: self.yanked.map(|reason| Yanked {
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
            }),
            upload_time: self.upload_time,
            size: self.size,
            core_metadata: self.core_metadata,
            kind,
        })
    }
}

#[cfg(test)]
mod tests;
