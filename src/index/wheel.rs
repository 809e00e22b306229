//! `METADATA` out of a wheel (PEP 427) of which only some ranges are here.
//!
//! [`find_metadata`] reads a [`SparseFile`] until it meets bytes that are not there
//! and then says which it wants; the caller fetches them and calls again. The
//! end of the file first: there is the directory, and in most wheels the
//! metadata is right before it. So a small wheel takes one request.
//! The wheel's other files are not looked at, its `RECORD` is not checked.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::rc::Rc;

use zip::ZipArchive;

use crate::python::{ProjectName, WheelName};

/// How many bytes from the end to ask for first.
pub const FIRST_TAIL: u64 = 32 << 10;

/// The longest `METADATA` to accept, inflated.
const MAX_METADATA: u64 = 32 << 20;

/// The longest part of a file to ask for at once.
const MAX_RANGE: u64 = 64 << 20;

/// A file of known length of which some parts are known.
#[derive(Debug, Clone, Default)]
pub struct SparseFile {
    length: u64,
    /// Ascending by position; they neither overlap nor touch.
    parts: Vec<(u64, Vec<u8>)>,
}

impl SparseFile {
    /// Makes a file of which nothing is known yet but its length.
    pub fn new(length: u64) -> Self {
        Self {
            length,
            parts: Vec::new(),
        }
    }

    /// Makes a file of which all is known.
    pub fn whole(bytes: Vec<u8>) -> Self {
        Self {
            length: bytes.len() as u64,
            parts: vec![(0, bytes)],
        }
    }

    /// Returns the length of the whole file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds a part; what is known already stays, what is beyond the end is dropped.
    pub fn insert(&mut self, start: u64, bytes: &[u8]) {
        let end = start.saturating_add(bytes.len() as u64).min(self.length);
        let mut at = start;
        while at < end {
            let next = self.parts.partition_point(|(part, _)| *part <= at);
            if let Some((part, known)) = next.checked_sub(1).map(|before| &self.parts[before]) {
                let known_end = part + known.len() as u64;
                if known_end > at {
                    at = known_end;
                    continue;
                }
            }
            let stop = self.parts.get(next).map_or(end, |(part, _)| end.min(*part));
            let slice = index(at - start)..index(stop - start);
            self.parts.insert(next, (at, bytes[slice].to_vec()));
            at = stop;
        }
        self.join_parts();
    }

    /// Makes neighbors one part.
    fn join_parts(&mut self) {
        self.parts.dedup_by(|(start, bytes), (before, known)| {
            let is_next = *before + known.len() as u64 == *start;
            if is_next {
                known.append(bytes);
            }
            is_next
        });
    }

    /// Returns the known bytes from a position on; empty if that one is unknown.
    fn known_at(&self, at: u64) -> &[u8] {
        let next = self.parts.partition_point(|(start, _)| *start <= at);
        let Some((start, bytes)) = next.checked_sub(1).map(|before| &self.parts[before]) else {
            return &[];
        };
        bytes.get(index(at - start)..).unwrap_or_default()
    }

    /// Returns where the first known part behind a position starts, or the file ends.
    fn next_known(&self, at: u64) -> u64 {
        let next = self.parts.partition_point(|(start, _)| *start <= at);
        self.parts
            .get(next)
            .map_or(self.length, |(start, _)| *start)
    }
}

/// Positions inside of bytes in memory.
fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// What [`find_metadata`] has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// The bytes of `METADATA`.
    Found(Vec<u8>),
    /// These bytes of the wheel are needed.
    Missing(Range<u64>),
}

/// Why a wheel has no metadata that we can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelError {
    /// It is not a zip archive, or damaged.
    #[error("cannot read the wheel as a zip archive: {0}")]
    Zip(String),
    /// No folder is called as PEP 427 wants.
    #[error("the wheel has no `METADATA` in a `.dist-info` directory")]
    NoMetadata,
    /// Several are.
    #[error("the wheel has several `.dist-info` directories: `{0}` and `{1}`")]
    SeveralDistInfos(String, String),
    /// It is called after something else.
    #[error("the wheel's metadata is in `{0}`, which is not named after the wheel")]
    WrongDistInfo(String),
    /// The metadata is too long to be true.
    #[error("the wheel's `METADATA` is longer than {MAX_METADATA} bytes")]
    TooLarge,
}

/// Looks for `METADATA` in what is known of a wheel.
///
/// Each answer [`Search::Missing`] names bytes that are not known, so calls come
/// to an end.
pub fn find_metadata(file: &SparseFile, wheel: &WheelName) -> Result<Search, WheelError> {
    let wanted = Rc::new(Wanted::default());
    let reader = Reader {
        file,
        at: 0,
        wanted: Rc::clone(&wanted),
    };
    if let Some(range) = missing_end(file)? {
        return Ok(Search::Missing(range));
    }
    match search(reader, wheel, &wanted) {
        Ok(metadata) => Ok(Search::Found(metadata)),
        // Whatever went wrong: it may be for the bytes that were not there.
        Err(error) => wanted.missing.take().map(Search::Missing).ok_or(error),
    }
}

/// Returns what is to be known before the directory's end record can be looked for.
///
/// It is 22 bytes and a comment of at most 65,535 long; `zip` would look for it
/// in the whole file.
fn missing_end(file: &SparseFile) -> Result<Option<Range<u64>>, WheelError> {
    const LONGEST_END: u64 = 22 + 0xffff;
    let known_start = file.parts.last().map_or(file.length, |(start, bytes)| {
        let reaches_end = start + bytes.len() as u64 == file.length;
        if reaches_end { *start } else { file.length }
    });
    let tail = file.known_at(known_start);
    let last = tail.len().saturating_sub(index(LONGEST_END));
    if tail[last..]
        .windows(4)
        .any(|window| window == b"PK\x05\x06")
    {
        return Ok(None);
    }
    let wanted = if tail.is_empty() {
        FIRST_TAIL
    } else {
        LONGEST_END
    };
    let start = file.length.saturating_sub(wanted);
    if start >= known_start {
        return Err(WheelError::Zip("it has no end record".to_owned()));
    }
    Ok(Some(start..known_start))
}

fn search(reader: Reader<'_>, wheel: &WheelName, wanted: &Wanted) -> Result<Vec<u8>, WheelError> {
    let damaged = |error: &dyn std::error::Error| WheelError::Zip(error.to_string());
    let mut archive = ZipArchive::new(reader).map_err(|error| damaged(&error))?;
    let (index, folder) = dist_info(&archive)?;
    if !is_named_after(&folder, wheel) {
        return Err(WheelError::WrongDistInfo(folder));
    }
    let entry = archive
        .by_index_data(index)
        .map_err(|error| damaged(&error))?;
    if entry.size() > MAX_METADATA || entry.compressed_size() > MAX_METADATA {
        return Err(WheelError::TooLarge);
    }
    // Name and extra fields follow 30 bytes of local header; the latter are few.
    let header = 30 + 256 + entry.name_raw().len() as u64;
    let start = entry.header_start();
    let end = start.saturating_add(header + entry.compressed_size());
    wanted.whole.set(Some(start..end));
    let entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    let mut metadata = Vec::with_capacity(self::index(entry.size().min(1 << 20)));
    entry
        .take(MAX_METADATA + 1)
        .read_to_end(&mut metadata)
        .map_err(|error| damaged(&error))?;
    if metadata.len() as u64 > MAX_METADATA {
        return Err(WheelError::TooLarge);
    }
    Ok(metadata)
}

/// Returns the index of the one `*.dist-info/METADATA`, and its folder.
fn dist_info(archive: &ZipArchive<Reader<'_>>) -> Result<(usize, String), WheelError> {
    let mut found: Option<(usize, String)> = None;
    for (index, name) in archive.file_names_raw().enumerate() {
        let Some(folder) = name.strip_suffix(b"/METADATA") else {
            continue;
        };
        if folder.contains(&b'/') || !folder.ends_with(b".dist-info") {
            continue;
        }
        let folder = String::from_utf8_lossy(folder).into_owned();
        if let Some((_, other)) = found {
            return Err(WheelError::SeveralDistInfos(other, folder));
        }
        found = Some((index, folder));
    }
    found.ok_or(WheelError::NoMetadata)
}

/// Tells whether a folder is `{name}-{version}.dist-info`, in any spelling of them.
fn is_named_after(folder: &str, wheel: &WheelName) -> bool {
    let stem = folder.strip_suffix(".dist-info").unwrap_or(folder);
    let Some((name, version)) = stem.rsplit_once('-') else {
        return false;
    };
    let is_name = name
        .parse::<ProjectName>()
        .is_ok_and(|name| name == wheel.name);
    let version = super::listing::parse_version(version);
    is_name && version.is_some_and(|version| version == wheel.version)
}

/// What a reader lacked.
#[derive(Default)]
struct Wanted {
    /// The first unknown bytes that were asked for.
    missing: Cell<Option<Range<u64>>>,
    /// What will be asked for besides, if anything of it is.
    whole: Cell<Option<Range<u64>>>,
}

/// Reads a sparse file; unknown bytes are an error, and remembered.
struct Reader<'a> {
    file: &'a SparseFile,
    at: u64,
    wanted: Rc<Wanted>,
}

impl Reader<'_> {
    fn note_missing(&self, length: usize) {
        let next_known = self.file.next_known(self.at);
        // Without a hint this is the directory, which reaches to what is known.
        let whole = self
            .wanted
            .whole
            .take()
            .filter(|whole| whole.contains(&self.at));
        let end = whole.map_or(next_known, |whole| whole.end.max(self.at + length as u64));
        let end = end.min(next_known).min(self.at + MAX_RANGE);
        // The first lack is the cause; the archive may be read on elsewhere after it.
        let first = self.wanted.missing.take().unwrap_or(self.at..end);
        self.wanted.missing.set(Some(first));
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.file.length || buffer.is_empty() {
            return Ok(0);
        }
        let known = self.file.known_at(self.at);
        if known.is_empty() {
            self.note_missing(buffer.len());
            return Err(io::Error::other("bytes that are not here yet"));
        }
        let length = known.len().min(buffer.len());
        buffer[..length].copy_from_slice(&known[..length]);
        self.at += length as u64;
        Ok(length)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let at = match position {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.file.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;

    const METADATA: &[u8] = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n";

    fn name() -> WheelName {
        WheelName::parse("demo-1.0-py3-none-any.whl").unwrap()
    }

    fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (path, bytes) in files {
            let options = SimpleFileOptions::default().large_file(path.starts_with("zip64"));
            writer.start_file(*path, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Random bytes, as deflate would make short work of others.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let step = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(step).take(length).collect()
    }

    /// Answers each request from `bytes`; returns the outcome and what was asked for.
    fn fetch(bytes: &[u8]) -> (Result<Vec<u8>, WheelError>, Vec<Range<u64>>) {
        let mut file = SparseFile::new(bytes.len() as u64);
        let mut ranges = Vec::new();
        loop {
            match find_metadata(&file, &name()) {
                Ok(Search::Found(metadata)) => return (Ok(metadata), ranges),
                Err(error) => return (Err(error), ranges),
                Ok(Search::Missing(range)) => {
                    assert!(file.known_at(range.start).is_empty(), "{range:?} is known");
                    file.insert(range.start, &bytes[index(range.start)..index(range.end)]);
                    ranges.push(range);
                    assert!(ranges.len() < 20, "{ranges:?}");
                }
            }
        }
    }

    #[track_caller]
    fn check_error(files: &[(&str, &[u8])], expected: WheelError) {
        assert_eq!(fetch(&wheel(files)).0, Err(expected));
    }

    #[test]
    fn takes_one_request_for_a_small_wheel() {
        let bytes = wheel(&[
            ("demo/a.py", b""),
            ("demo-1.0.dist-info/METADATA", METADATA),
        ]);
        let length = bytes.len() as u64;
        let (metadata, ranges) = fetch(&bytes);
        assert_eq!(metadata, Ok(METADATA.to_vec()));
        assert_eq!(ranges.as_slice(), std::slice::from_ref(&(0..length)));
    }

    #[test]
    fn takes_one_request_for_a_large_wheel_with_metadata_at_its_end() {
        let bytes = wheel(&[
            ("demo/a.so", &noise(1 << 20)),
            ("Demo-1.0.0.dist-info/METADATA", METADATA),
        ]);
        let length = bytes.len() as u64;
        let (metadata, ranges) = fetch(&bytes);
        assert_eq!(metadata, Ok(METADATA.to_vec()));
        let tail = length - FIRST_TAIL..length;
        assert_eq!(ranges.as_slice(), std::slice::from_ref(&tail));
    }

    #[test]
    fn asks_for_metadata_that_is_elsewhere() {
        let bytes = wheel(&[
            ("a", &noise(99)),
            ("demo-1.0.dist-info/METADATA", METADATA),
            ("b", &noise(1 << 20)),
        ]);
        let (metadata, ranges) = fetch(&bytes);
        assert_eq!(metadata, Ok(METADATA.to_vec()));
        assert_eq!(ranges.len(), 2, "{ranges:?}");
        assert!(ranges[1].end - ranges[1].start < 1000, "{ranges:?}");
    }

    #[test]
    fn asks_for_the_rest_of_a_long_directory_at_once() {
        let names: Vec<String> = (0..2000)
            .map(|number| format!("demo/some/long/folder/file_{number}.py"))
            .collect();
        let mut files: Vec<(&str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), &b"x"[..]))
            .collect();
        files.push(("demo-1.0.dist-info/METADATA", METADATA));
        let (metadata, ranges) = fetch(&wheel(&files));
        assert_eq!(metadata, Ok(METADATA.to_vec()));
        assert!(ranges.len() <= 3, "{ranges:?}");
    }

    #[test]
    fn reads_zip64() {
        let bytes = wheel(&[
            ("zip64", &noise(100_000)),
            ("demo-1.0.dist-info/METADATA", METADATA),
        ]);
        assert_eq!(fetch(&bytes).0, Ok(METADATA.to_vec()));
    }

    #[test]
    fn wants_the_one_folder_named_after_the_wheel() {
        check_error(&[("demo/METADATA", METADATA)], WheelError::NoMetadata);
        check_error(
            &[("x/demo-1.0.dist-info/METADATA", METADATA)],
            WheelError::NoMetadata,
        );
        check_error(
            &[
                ("demo-1.0.dist-info/METADATA", METADATA),
                ("other-1.0.dist-info/METADATA", METADATA),
            ],
            WheelError::SeveralDistInfos(
                "demo-1.0.dist-info".to_owned(),
                "other-1.0.dist-info".to_owned(),
            ),
        );
        for folder in [
            "demo-1.1.dist-info",
            "other-1.0.dist-info",
            "demo.dist-info",
        ] {
            let path = format!("{folder}/METADATA");
            check_error(
                &[(&path, METADATA)],
                WheelError::WrongDistInfo(folder.to_owned()),
            );
        }
    }

    #[test]
    fn refuses_metadata_that_inflates_without_end() {
        let zeros = vec![0; index(MAX_METADATA) + 1];
        check_error(
            &[("demo-1.0.dist-info/METADATA", &zeros)],
            WheelError::TooLarge,
        );
    }

    #[test]
    fn refuses_what_is_no_archive() {
        for bytes in [&b""[..], b"<html>", &noise(100_000)] {
            let error = fetch(bytes).0.unwrap_err();
            assert!(matches!(error, WheelError::Zip(_)), "{error:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_damage(at in any::<prop::sample::Index>(), byte in any::<u8>(), other in any::<prop::sample::Index>()) {
            let mut bytes = wheel(&[("a", &noise(50)), ("demo-1.0.dist-info/METADATA", METADATA)]);
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            bytes[at] = byte;
            bytes[other] = !byte;
            let _ = fetch(&bytes);
        }

        #[test]
        fn never_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = fetch(&bytes);
        }

        #[test]
        fn holds_what_was_put_in(parts in prop::collection::vec((0_usize..100, 0_usize..40), 0..12)) {
            let all: Vec<u8> = (0..100).collect();
            let mut file = SparseFile::new(100);
            let mut known = [false; 100];
            for (start, length) in parts {
                let end = (start + length).min(100);
                file.insert(start as u64, &all[start..end]);
                known[start..end].fill(true);
            }
            for at in 0..100 {
                prop_assert_eq!(file.known_at(at as u64).first().copied(), known[at].then_some(all[at]));
            }
        }
    }
}
