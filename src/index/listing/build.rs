//! Making a listing from a page; `blob.rs` has their layout.

use std::collections::hash_map::Entry as Slot;

use rustc_hash::{FxHashMap, FxHashSet};

use super::blob::{HEADER, MAGIC, STATUSES, flag};
use super::names::{self, Parts};
use crate::index::page::{MetadataFile, Page, PageFile};
use crate::python::{ProjectName, Version};
use crate::text::decode_hex;

/// Makes a listing's head and rows.
pub(super) fn build(project: &ProjectName, page: &Page<'_>) -> (Vec<u8>, Vec<u8>) {
    let groups = grouped(project, page);
    let mut strings = Strings::default();
    let mut starts = vec![0; groups.len()];
    let mut rows = Vec::with_capacity(page.files.len() * 120);
    let mut file_count = 0;
    for (group, start) in groups.iter().zip(&mut starts).rev() {
        *start = rows.len();
        let mut microsecond = 0;
        for (file, parts) in &group.files {
            push_row(
                &mut rows,
                &mut strings,
                group.text,
                (file, *parts),
                &mut microsecond,
            );
        }
        file_count += group.files.len();
    }
    let (status, reason) = page.status.as_ref().map_or((0, 0), |status| {
        let code = STATUSES.iter().position(|known| *known == status.status);
        let reason = status
            .reason
            .as_deref()
            .map_or(0, |reason| strings.id(reason) + 1);
        (code.map_or(0, |code| code + 1), reason)
    });

    let texts = || {
        let versions = groups.iter().map(|group| group.text);
        versions.chain(strings.list.iter().copied())
    };
    let text_bytes: usize = texts().map(str::len).sum();
    let count = groups.len() * 2 + strings.list.len() + 1;
    let mut head = Vec::with_capacity(HEADER + count * 4 + text_bytes);
    head.extend(MAGIC.to_le_bytes());
    for value in [
        groups.len(),
        file_count,
        strings.list.len(),
        status,
        reason,
        rows.len(),
    ] {
        push_number(&mut head, value);
    }
    for start in starts {
        push_number(&mut head, start);
    }
    let mut start = 0;
    for text in texts() {
        push_number(&mut head, start);
        start += text.len();
    }
    push_number(&mut head, start);
    for text in texts() {
        head.extend(text.as_bytes());
    }
    (head, rows)
}

/// The files of one version, in the page's order.
struct Group<'a> {
    version: Version,
    text: &'a str,
    files: Vec<(&'a PageFile<'a>, Parts<'a>)>,
}

/// Groups files by version, ascending.
fn grouped<'a>(project: &ProjectName, page: &'a Page<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    // Each spelling is parsed once; several may be one version.
    let mut by_text: FxHashMap<&str, Option<usize>> = FxHashMap::default();
    let mut by_version: FxHashMap<Version, usize> = FxHashMap::default();
    let mut last: Option<(&str, Option<usize>)> = None;
    for file in &page.files {
        let Some(parts) = names::split(&file.filename, project) else {
            continue;
        };
        let text = parts.version;
        let index = match last {
            Some((last_text, index)) if last_text == text => index,
            _ => *by_text.entry(text).or_insert_with(|| {
                let version = names::parse_version(text)?;
                Some(match by_version.entry(version) {
                    Slot::Occupied(slot) => *slot.get(),
                    Slot::Vacant(slot) => {
                        let version = slot.key().clone();
                        slot.insert(groups.len());
                        groups.push(Group {
                            version,
                            text,
                            files: Vec::new(),
                        });
                        groups.len() - 1
                    }
                })
            }),
        };
        last = Some((text, index));
        if let Some(index) = index {
            groups[index].files.push((file, parts));
        }
    }
    groups.sort_by(|one, other| one.version.cmp(&other.version));
    groups
}

fn push_row<'a>(
    rows: &mut Vec<u8>,
    strings: &mut Strings<'a>,
    version: &str,
    (file, parts): (&'a PageFile<'a>, Parts<'a>),
    microsecond: &mut i64,
) {
    let prefix = &parts.head[..parts.head.len() - parts.version.len()];
    let (folder, last) = file
        .url
        .split_at(file.url.rfind('/').map_or(0, |at| at + 1));
    let hash_folders = hash_folders(folder);
    let folder = if hash_folders.is_some() {
        &folder[..folder.len() - 67]
    } else {
        folder
    };
    let metadata_sha256 = match file.core_metadata {
        MetadataFile::Sha256(hash) => Some(hash),
        MetadataFile::Absent | MetadataFile::Present => None,
    };
    let mut flags = 0;
    for (is_set, bit) in [
        (parts.is_wheel, flag::WHEEL),
        (file.sha256.is_some(), flag::SHA256),
        (!file.other_hashes.is_empty(), flag::OTHER_HASHES),
        (file.requires_python.is_some(), flag::REQUIRES_PYTHON),
        (file.yanked.is_some(), flag::YANKED),
        (file.upload_time.is_some(), flag::UPLOAD_TIME),
        (file.size.is_some(), flag::SIZE),
        (file.core_metadata == MetadataFile::Present, flag::METADATA),
        (metadata_sha256.is_some(), flag::METADATA_SHA256),
        (hash_folders.is_some(), flag::HASH_FOLDERS),
        (last != file.filename, flag::OWN_LAST_PART),
        (parts.version != version, flag::OWN_VERSION),
        (file.has_secret, flag::SECRET),
    ] {
        if is_set {
            flags |= bit;
        }
    }

    rows.extend(flags.to_le_bytes());
    for text in [prefix, parts.tail] {
        push_varint(rows, strings.id(text) as u64);
    }
    if let Some(id) = strings.known_id(folder) {
        push_varint(rows, id as u64 + 1);
    } else {
        rows.push(0);
        push_text(rows, folder);
    }
    rows.extend(hash_folders.iter().flatten());
    if parts.version != version {
        push_text(rows, parts.version);
    }
    if last != file.filename {
        push_text(rows, last);
    }
    rows.extend(file.sha256.iter().flat_map(|hash| hash.0));
    if !file.other_hashes.is_empty() {
        // There are seven algorithms and each occurs once.
        rows.push(file.other_hashes.len().to_le_bytes()[0]);
        for (algorithm, hex) in &file.other_hashes {
            let mut bytes = [0; 64];
            let bytes = &mut bytes[..algorithm.hex_digits() / 2];
            decode_hex(hex.as_bytes(), bytes);
            rows.push(algorithm.code());
            rows.extend_from_slice(bytes);
        }
    }
    if let Some(specifiers) = &file.requires_python {
        push_varint(rows, strings.id(specifiers) as u64);
    }
    if let Some(reason) = &file.yanked {
        push_text(rows, reason);
    }
    if let Some(time) = file.upload_time {
        let difference = time.as_microsecond() - *microsecond;
        *microsecond = time.as_microsecond();
        push_varint(rows, (difference << 1 ^ difference >> 63).cast_unsigned());
    }
    if let Some(size) = file.size {
        push_varint(rows, size);
    }
    rows.extend(metadata_sha256.iter().flat_map(|hash| hash.0));
}

/// Reads the end of a folder, `ab/cd/<60 digits>/`, as thirty-two bytes.
fn hash_folders(folder: &str) -> Option<[u8; 32]> {
    let end = folder.as_bytes().last_chunk::<67>()?;
    if [end[2], end[5], end[66]] != *b"///" || !folder.is_char_boundary(folder.len() - 67) {
        return None;
    }
    let mut digits = [0; 64];
    digits[..2].copy_from_slice(&end[..2]);
    digits[2..4].copy_from_slice(&end[3..5]);
    digits[4..].copy_from_slice(&end[6..66]);
    let mut bytes = [0; 32];
    let is_lower = !digits.iter().any(u8::is_ascii_uppercase);
    (is_lower && decode_hex(&digits, &mut bytes)).then_some(bytes)
}

/// The strings of a listing, each once.
#[derive(Default)]
struct Strings<'a> {
    ids: FxHashMap<&'a str, usize>,
    list: Vec<&'a str>,
    /// Those that came up once: some indexes have a folder for each file.
    once: FxHashSet<&'a str>,
}

impl<'a> Strings<'a> {
    fn id(&mut self, text: &'a str) -> usize {
        *self.ids.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() - 1
        })
    }

    /// Returns the number of a string from the second time on.
    fn known_id(&mut self, text: &'a str) -> Option<usize> {
        let is_known = self.ids.contains_key(text) || !self.once.insert(text);
        is_known.then(|| self.id(text))
    }
}

/// Pages are limited to far less than four gigabytes, so are their parts.
fn push_number(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("pages have less than four gigabytes");
    bytes.extend(number.to_le_bytes());
}

fn push_text(bytes: &mut Vec<u8>, text: &str) {
    push_varint(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}
