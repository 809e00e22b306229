//! Making a listing's bytes from a page; `blob.rs` has their layout.

use std::collections::hash_map::Entry as Slot;

use rustc_hash::FxHashMap;

use super::blob::{HEADER, MAGIC, STATUSES, flag};
use super::names::{self, Parts};
use crate::index::page::{MetadataFile, Page, PageFile};
use crate::python::{ProjectName, Version};
use crate::text::decode_hex;

/// Makes a listing's bytes.
pub(super) fn build(project: &ProjectName, page: &Page<'_>) -> Vec<u8> {
    let groups = grouped(project, page);
    let mut strings = Strings::default();
    let mut versions = Vec::with_capacity(groups.len() * 8);
    let mut rows = Vec::with_capacity(page.files.len() * 120);
    let mut file_count = 0;
    for group in &groups {
        push_number(&mut versions, rows.len());
        push_number(&mut versions, strings.id(group.text));
        let mut microsecond = 0;
        for (file, parts) in &group.files {
            push_row(&mut rows, &mut strings, file, *parts, &mut microsecond);
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

    let tables = versions.len() + (strings.list.len() + 1) * 4;
    let total = HEADER + tables + strings.length + rows.len();
    let mut blob = Vec::with_capacity(total);
    blob.extend(MAGIC.to_le_bytes());
    for value in [
        total,
        groups.len(),
        file_count,
        strings.list.len(),
        status,
        reason,
    ] {
        push_number(&mut blob, value);
    }
    blob.extend(versions);
    let mut start = 0;
    for string in &strings.list {
        push_number(&mut blob, start);
        start += string.len();
    }
    push_number(&mut blob, start);
    for string in &strings.list {
        blob.extend(string.as_bytes());
    }
    blob.extend(rows);
    blob
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
    file: &'a PageFile<'a>,
    parts: Parts<'a>,
    microsecond: &mut i64,
) {
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
    ] {
        if is_set {
            flags |= bit;
        }
    }

    rows.extend(flags.to_le_bytes());
    for text in [parts.head, parts.tail, folder] {
        push_varint(rows, strings.id(text) as u64);
    }
    rows.extend(hash_folders.iter().flatten());
    if last != file.filename {
        push_varint(rows, strings.id(last) as u64);
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
    for text in [&file.requires_python, &file.yanked].into_iter().flatten() {
        push_varint(rows, strings.id(text) as u64);
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
    length: usize,
}

impl<'a> Strings<'a> {
    fn id(&mut self, text: &'a str) -> usize {
        *self.ids.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.length += text.len();
            self.list.len() - 1
        })
    }
}

/// Pages are limited to far less than four gigabytes, so are their parts.
fn push_number(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("pages have less than four gigabytes");
    bytes.extend(number.to_le_bytes());
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}
