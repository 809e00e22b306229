//! What we keep of a project page: its wheels and sdists, grouped by version, as
//! bytes.
//!
//! They are what the cache stores and what is read in place. The head has the versions;
//! a version's files are in [`Rows`] that are read and decoded when they are asked for, for
//! a run looks at a few of a thousand versions. Strings that repeat (folders of URLs, wheel
//! tags, `Requires-Python`) are stored once, hashes as bytes, so a file takes some 100 bytes.
//! Files that are not a wheel or sdist of the project, and versions that are none
//! by PEP 440, are left out.

mod blob;
mod build;
mod entry;
mod names;
mod sparse;

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::hash::Algorithm;
use super::page::{Page, PageFile, ProjectStatus};
use crate::python::{ProjectName, Version};
use blob::{Entries, Head};

pub use blob::Damaged;
pub use entry::{Entry, File, FileKind, Yanked};
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
                has_secret: file.has_secret,
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
                files,
                ..Page::default()
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

#[cfg(test)]
mod tests;
