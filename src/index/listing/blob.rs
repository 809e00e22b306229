//! The layout of a listing's bytes, and reading them. All numbers are little-endian.
//!
//! ```text
//! "pfl3"  versions  files  strings  status  reason  length of the rows    7 × u32
//! per version, ascending: where its rows start                            u32
//! per version, then per string: where its text starts; then the end       u32
//! the texts
//!
//! the rows, those of the newest version first
//! ```
//! The first part is the head, which is always read; rows are read when they are asked
//! for. A row is: flags (u16), strings of prefix, tail and folder, then what the flags say:
//! folders' bytes, own version, last part, SHA-256, other hashes, string of `requires-python`,
//! text of the reason, time, size, the metadata's SHA-256. A secret in the URL is left out. The name is prefix, version
//! and tail. Numbers in rows are variable-length (seven bits per byte, the least first), times
//! are differences in microseconds from the row before in its version. A folder is a number
//! above its string, or 0 and a text: its length and its bytes.
//!
//! When any of this changes, the number in [`MAGIC`] does, and the bucket's in
//! the client with it.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::entry::Entry;
use crate::index::hash::{Algorithm, Sha256};
use crate::index::page::{MetadataFile, ProjectStatus, Status};

pub(super) const MAGIC: u32 = u32::from_le_bytes(*b"pfl3");

/// Length of the header.
pub(super) const HEADER: usize = 28;

/// What the flags of a row mean.
pub(super) mod flag {
    pub(in super::super) const WHEEL: u16 = 1;
    pub(in super::super) const SHA256: u16 = 1 << 1;
    pub(in super::super) const OTHER_HASHES: u16 = 1 << 2;
    pub(in super::super) const REQUIRES_PYTHON: u16 = 1 << 3;
    pub(in super::super) const YANKED: u16 = 1 << 4;
    pub(in super::super) const UPLOAD_TIME: u16 = 1 << 5;
    pub(in super::super) const SIZE: u16 = 1 << 6;
    pub(in super::super) const METADATA: u16 = 1 << 7;
    pub(in super::super) const METADATA_SHA256: u16 = 1 << 8;
    pub(in super::super) const HASH_FOLDERS: u16 = 1 << 9;
    pub(in super::super) const OWN_LAST_PART: u16 = 1 << 10;
    pub(in super::super) const OWN_VERSION: u16 = 1 << 11;
    pub(in super::super) const SECRET: u16 = 1 << 12;
}

/// The states of PEP 792 by their code, less one.
pub(super) const STATUSES: [Status; 4] = [
    Status::Active,
    Status::Archived,
    Status::Quarantined,
    Status::Deprecated,
];

/// The bytes are not a listing of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored project page is damaged")]
pub struct Damaged;

/// A listing's head.
#[derive(Debug)]
pub(super) struct Head {
    /// All but the texts.
    numbers: Vec<u8>,
    texts: Box<str>,
    pub(super) version_count: usize,
    pub(super) file_count: usize,
    string_count: usize,
    pub(super) row_bytes: usize,
}

impl Head {
    /// Reads a head; an error if its parts do not fill the bytes exactly.
    pub(super) fn read(mut numbers: Vec<u8>) -> Result<Self, Damaged> {
        let (counts, texts) = Self::counts(&numbers).ok_or(Damaged)?;
        let text = str::from_utf8(&numbers[texts..]).map_err(|_| Damaged)?;
        let text = text.into();
        numbers.truncate(texts);
        numbers.shrink_to_fit();
        let [version_count, file_count, string_count, row_bytes] = counts;
        Ok(Self {
            numbers,
            texts: text,
            version_count,
            file_count,
            string_count,
            row_bytes,
        })
    }

    /// Returns how many there are of what, and where the texts start.
    fn counts(bytes: &[u8]) -> Option<([usize; 4], usize)> {
        if number(bytes, 0)? != MAGIC as usize {
            return None;
        }
        let (versions, files) = (number(bytes, 4)?, number(bytes, 8)?);
        let (strings, rows) = (number(bytes, 12)?, number(bytes, 24)?);
        let texts = versions
            .checked_mul(2)?
            .checked_add(strings)?
            .checked_add(1)?
            .checked_mul(4)?
            .checked_add(HEADER)?;
        let text_bytes = number(bytes, texts.checked_sub(4)?)?;
        // Every row has more than four bytes, and every version a row.
        let is_plausible = versions <= files && files <= rows / 4;
        let is_exact = texts.checked_add(text_bytes)? == bytes.len();
        (is_plausible && is_exact).then_some(([versions, files, strings, rows], texts))
    }

    /// Returns its bytes, in two pieces.
    pub(super) fn bytes(&self) -> [&[u8]; 2] {
        [&self.numbers, self.texts.as_bytes()]
    }

    pub(super) fn status(&self) -> Option<ProjectStatus> {
        let code = number(&self.numbers, 16)?.checked_sub(1)?;
        let reason = number(&self.numbers, 20)?.checked_sub(1);
        Some(ProjectStatus {
            status: *STATUSES.get(code)?,
            reason: reason.and_then(|id| Some(self.string(id)?.to_owned())),
        })
    }

    pub(super) fn version_text(&self, index: usize) -> Option<&str> {
        if index >= self.version_count {
            return None;
        }
        self.text(index)
    }

    /// Returns where a version's rows are.
    pub(super) fn rows(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = |index: usize| number(&self.numbers, HEADER + index * 4);
        let end = match index.checked_sub(1) {
            None => self.row_bytes,
            Some(older) => start(older)?,
        };
        let start = start(index)?;
        (start < end).then_some(start..end)
    }

    fn string(&self, id: usize) -> Option<&str> {
        if id >= self.string_count {
            return None;
        }
        self.text(self.version_count + id)
    }

    fn text(&self, index: usize) -> Option<&str> {
        let at = HEADER + (self.version_count + index) * 4;
        let (start, end) = (number(&self.numbers, at)?, number(&self.numbers, at + 4)?);
        self.texts.get(start..end)
    }
}

fn number(blob: &[u8], at: usize) -> Option<usize> {
    let bytes = blob.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// The rows of one version.
pub(super) struct Entries<'a> {
    pub(super) head: &'a Head,
    pub(super) version: &'a str,
    pub(super) rows: &'a [u8],
    pub(super) microsecond: i64,
    /// Where it is noted that a row cannot be read.
    pub(super) is_damaged: &'a AtomicBool,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rows.is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_none() {
            self.rows = &[];
            self.is_damaged.store(true, Ordering::Relaxed);
        }
        entry
    }
}

impl<'a> Entries<'a> {
    fn entry(&mut self) -> Option<Entry<'a>> {
        let flags = u16::from_le_bytes(self.take(2)?.try_into().ok()?);
        let has = |flag| flags & flag != 0;
        let (prefix, tail) = (self.string()?, self.string()?);
        let folder = match self.varint()?.checked_sub(1) {
            None => self.text()?,
            Some(id) => self.head.string(usize::try_from(id).ok()?)?,
        };
        let hash_folders = if has(flag::HASH_FOLDERS) {
            Some(self.take(32)?)
        } else {
            None
        };
        let version = if has(flag::OWN_VERSION) {
            self.text()?
        } else {
            self.version
        };
        let last = if has(flag::OWN_LAST_PART) {
            Some(self.text()?)
        } else {
            None
        };
        let sha256 = if has(flag::SHA256) {
            Some(self.take(32)?)
        } else {
            None
        };
        let other_hashes = if has(flag::OTHER_HASHES) {
            self.other_hashes()?
        } else {
            Vec::new()
        };
        let requires_python = if has(flag::REQUIRES_PYTHON) {
            Some(self.string()?)
        } else {
            None
        };
        let yanked = if has(flag::YANKED) {
            Some(self.text()?)
        } else {
            None
        };
        let upload_time = if has(flag::UPLOAD_TIME) {
            Some(self.time()?)
        } else {
            None
        };
        let size = if has(flag::SIZE) {
            Some(self.varint()?)
        } else {
            None
        };
        let core_metadata = if has(flag::METADATA_SHA256) {
            MetadataFile::Sha256(Sha256(self.take(32)?.try_into().ok()?))
        } else if has(flag::METADATA) {
            MetadataFile::Present
        } else {
            MetadataFile::Absent
        };
        Some(Entry {
            prefix,
            version,
            tail,
            folder,
            hash_folders,
            last,
            sha256,
            other_hashes,
            core_metadata,
            is_wheel: has(flag::WHEEL),
            has_secret: has(flag::SECRET),
            requires_python,
            yanked,
            upload_time,
            size,
        })
    }

    fn other_hashes(&mut self) -> Option<Vec<(Algorithm, &'a [u8])>> {
        let count = self.take(1)?[0];
        (0..count)
            .map(|_| {
                let algorithm = Algorithm::from_code(self.take(1)?[0])?;
                Some((algorithm, self.take(algorithm.hex_digits() / 2)?))
            })
            .collect()
    }

    /// Reads a time; one out of jiff's range counts as damage.
    fn time(&mut self) -> Option<Timestamp> {
        let zigzag = self.varint()?;
        let difference = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        self.microsecond = self.microsecond.wrapping_add(difference);
        Timestamp::from_microsecond(self.microsecond).ok()
    }

    fn string(&mut self) -> Option<&'a str> {
        let id = usize::try_from(self.varint()?).ok()?;
        self.head.string(id)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.varint()?).ok()?;
        str::from_utf8(self.take(length)?).ok()
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rows.split_at_checked(count)?;
        self.rows = rest;
        Some(taken)
    }
}
