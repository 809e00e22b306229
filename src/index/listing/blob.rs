//! The layout of a listing's bytes, and reading them. All numbers are little-endian.
//!
//! ```text
//! "pfl1"  total length  versions  files  strings  status  reason        7 × u32
//! per version: where its rows start, string of its text                 2 × u32
//! per string: where it starts; then where the last one ends                 u32
//! the strings; the rows
//! ```
//! A row is: flags (u16), strings of head, tail and folder, then what the flags say:
//! folders' bytes, last part, SHA-256, other hashes, strings of `requires-python`
//! and of the reason, time, size, the metadata's SHA-256. Numbers in rows are
//! variable-length (seven bits per byte, the least first), times are differences
//! in microseconds from the row before.
//!
//! When any of this changes, the number in [`MAGIC`] does, and the bucket's in
//! the client with it.

use jiff::Timestamp;

use super::Entry;
use crate::index::hash::{Algorithm, Sha256};
use crate::index::page::{MetadataFile, ProjectStatus, Status};

pub(super) const MAGIC: u32 = u32::from_le_bytes(*b"pfl1");

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
}

/// The states of PEP 792 by their code, less one.
pub(super) const STATUSES: [Status; 4] = [
    Status::Active,
    Status::Archived,
    Status::Quarantined,
    Status::Deprecated,
];

/// Where the parts of a listing's bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) version_count: usize,
    pub(super) file_count: usize,
    string_count: usize,
    string_table: usize,
    strings: usize,
    rows: usize,
}

impl Layout {
    /// Reads the header; none if the parts do not fill the bytes exactly.
    pub(super) fn read(blob: &[u8]) -> Option<Self> {
        let total = number(blob, 4)?;
        if number(blob, 0)? != MAGIC as usize || total != blob.len() {
            return None;
        }
        let (version_count, file_count) = (number(blob, 8)?, number(blob, 12)?);
        let string_count = number(blob, 16)?;
        let string_table = version_count.checked_mul(8)?.checked_add(HEADER)?;
        let strings = string_count
            .checked_add(1)?
            .checked_mul(4)?
            .checked_add(string_table)?;
        let strings_length = number(blob, strings.checked_sub(4)?)?;
        let rows = strings.checked_add(strings_length)?;
        // Every row has more than four bytes, and every version a row.
        let most_files = total.checked_sub(rows)? / 4;
        let is_plausible = version_count <= file_count && file_count <= most_files;
        is_plausible.then_some(Self {
            version_count,
            file_count,
            string_count,
            string_table,
            strings,
            rows,
        })
    }

    pub(super) fn status(&self, blob: &[u8]) -> Option<ProjectStatus> {
        let code = number(blob, 20)?.checked_sub(1)?;
        let reason = number(blob, 24)?.checked_sub(1);
        Some(ProjectStatus {
            status: *STATUSES.get(code)?,
            reason: reason.and_then(|id| Some(self.string(blob, id)?.to_owned())),
        })
    }

    pub(super) fn version_text<'a>(&self, blob: &'a [u8], index: usize) -> Option<&'a str> {
        self.string(blob, number(blob, HEADER + index * 8 + 4)?)
    }

    pub(super) fn entries<'a>(&self, blob: &'a [u8], index: usize) -> Entries<'a> {
        let start = |index| {
            if index == self.version_count {
                return Some(blob.len());
            }
            self.rows.checked_add(number(blob, HEADER + index * 8)?)
        };
        let rows = start(index).and_then(|from| blob.get(from..start(index + 1)?));
        Entries {
            layout: *self,
            blob,
            rows: rows.unwrap_or_default(),
            microsecond: 0,
        }
    }

    fn string<'a>(&self, blob: &'a [u8], id: usize) -> Option<&'a str> {
        if id >= self.string_count {
            return None;
        }
        let at = self.string_table + id * 4;
        let (start, end) = (number(blob, at)?, number(blob, at + 4)?);
        let strings = &blob[self.strings..self.rows];
        str::from_utf8(strings.get(start..end)?).ok()
    }
}

fn number(blob: &[u8], at: usize) -> Option<usize> {
    let bytes = blob.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}

/// The rows of one version.
pub(super) struct Entries<'a> {
    layout: Layout,
    blob: &'a [u8],
    rows: &'a [u8],
    microsecond: i64,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entry();
        if entry.is_none() {
            self.rows = &[];
        }
        entry
    }
}

impl<'a> Entries<'a> {
    fn entry(&mut self) -> Option<Entry<'a>> {
        let flags = u16::from_le_bytes(self.take(2)?.try_into().ok()?);
        let has = |flag| flags & flag != 0;
        let (head, tail, folder) = (self.string()?, self.string()?, self.string()?);
        let hash_folders = if has(flag::HASH_FOLDERS) {
            Some(self.take(32)?)
        } else {
            None
        };
        let last = if has(flag::OWN_LAST_PART) {
            Some(self.string()?)
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
            Some(self.string()?)
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
            head,
            tail,
            folder,
            hash_folders,
            last,
            sha256,
            other_hashes,
            core_metadata,
            is_wheel: has(flag::WHEEL),
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
        self.layout.string(self.blob, id)
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
