//! Entries that are read in part: a head, and blocks that are read when they are asked for.
//!
//! ```text
//! entry = front slot table head blocks
//! front = magic (8 bytes) identity (u64) head-length (u32) block-count (u32)
//!         check (u32) slot-length (u32) front-check (u32)
//! table = per block: where it ends, from the start of the first (u32), its check (u32)
//! ```
//!
//! Slot, numbers and checks are as in `entry.rs`. What is needed first comes first, so that
//! one read brings it, and with it the first blocks. `check` covers the table and the head,
//! and so everything: that the blocks are those of the head is seen by their checks when they
//! are read. A file that is replaced meanwhile stays as it was for who has it open; who opens
//! it again sees by `check` whether it is the same.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crc32fast::{Hasher, hash};

use super::buffer::with_buffer;
use super::entry;

const MAGIC: [u8; 8] = *b"pinfold\x02";
const FRONT_BYTES: usize = 8 + 8 + 4 + 4 + 4 + 4 + 4;

/// How much is read at first: of most entries all.
const FIRST_READ: usize = 8 << 10;

/// What is longer is not ours: no memory is taken for it.
const LONGEST: usize = 1 << 30;

/// How many files stay open for later reads, so that enough are left for others.
const MOST_OPEN: usize = 64;

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// What is stored so that it can be read in part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// What is always read, in pieces.
    pub head: &'a [&'a [u8]],
    /// The blocks, one after the other.
    pub body: &'a [u8],
    /// Where each block ends in the body, ascending; the last at its end.
    pub ends: &'a [usize],
}

/// An entry whose head was read.
#[derive(Debug)]
pub struct LazyEntry {
    /// What is always read.
    pub head: Vec<u8>,
    /// The note beside it; empty if there was none.
    pub note: Vec<u8>,
    /// What is read when it is asked for.
    pub blocks: Blocks,
}

/// Which content a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LazyStamp {
    head_bytes: u32,
    block_count: u32,
    check: u32,
}

/// The blocks of an entry.
#[derive(Debug)]
pub struct Blocks {
    stamp: LazyStamp,
    table: Box<[Block]>,
    /// The first blocks, which came with the head.
    early: Box<[u8]>,
    /// The others, as far as they were read; empty: what should be there is not.
    late: Box<[OnceLock<Box<[u8]>>]>,
    is_damaged: AtomicBool,
    bytes_read: AtomicUsize,
    source: Source,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    end: u32,
    check: u32,
}

/// Where to read more.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    identity: u64,
    /// Where the first block starts.
    start: u64,
    file: Option<Mutex<KeptOpen>>,
}

/// A file that counts as open.
#[derive(Debug)]
struct KeptOpen(File);

impl KeptOpen {
    fn new(file: File) -> Option<Mutex<Self>> {
        if OPEN.fetch_add(1, Ordering::Relaxed) < MOST_OPEN {
            return Some(Mutex::new(Self(file)));
        }
        OPEN.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for KeptOpen {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The start of a file.
#[derive(Debug, Clone, Copy)]
struct Front {
    stamp: LazyStamp,
    slot_bytes: u32,
}

impl Front {
    /// Reads it; none if it is torn, foreign, or another key's.
    fn parse(bytes: &[u8], identity: u64) -> Option<Self> {
        let bytes: &[u8; FRONT_BYTES] = bytes.first_chunk()?;
        let half = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| bytes[at + byte]));
        let is_ours = bytes[..8] == MAGIC && bytes[8..16] == identity.to_le_bytes();
        if !is_ours || half(32) != hash(&bytes[..32]) {
            return None;
        }
        Some(Self {
            stamp: LazyStamp {
                head_bytes: half(16),
                block_count: half(20),
                check: half(24),
            },
            slot_bytes: half(28),
        })
    }

    fn to_bytes(self, identity: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FRONT_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&identity.to_le_bytes());
        for number in [
            self.stamp.head_bytes,
            self.stamp.block_count,
            self.stamp.check,
            self.slot_bytes,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let check = hash(&bytes);
        bytes.extend_from_slice(&check.to_le_bytes());
        bytes
    }

    fn slot(self) -> Range<usize> {
        FRONT_BYTES..FRONT_BYTES + self.slot_bytes as usize
    }

    fn table(self) -> Range<usize> {
        let start = self.slot().end;
        start..start + self.stamp.block_count as usize * 8
    }

    /// Returns where the head is, which ends where the blocks start.
    fn head(self) -> Range<usize> {
        let start = self.table().end;
        start..start + self.stamp.head_bytes as usize
    }
}

/// Opens and reads an entry; none if there is none, or a damaged one.
pub(super) fn open(path: PathBuf, identity: u64) -> Option<LazyEntry> {
    let mut file = File::open(&path).ok()?;
    with_buffer(FIRST_READ, |buffer| {
        let mut length = read_some(&mut file, buffer).ok()?;
        let front = Front::parse(&buffer[..length], identity)?;
        let head_end = front.head().end;
        if head_end > LONGEST {
            return None;
        }
        let mut longer = Vec::new();
        let mut bytes = &buffer[..length];
        if head_end > length {
            longer.reserve_exact(head_end);
            longer.extend_from_slice(bytes);
            longer.resize(head_end, 0);
            file.read_exact(&mut longer[length..]).ok()?;
            bytes = &longer;
            length = head_end;
        }
        let head = bytes.get(front.head())?;
        let check = {
            let mut hasher = Hasher::new();
            hasher.update(&bytes[front.table().start..head_end]);
            hasher.finalize()
        };
        if check != front.stamp.check {
            return None;
        }
        let note = entry::read_slot(&bytes[front.slot()], check)?;
        let table = read_table(&bytes[front.table()])?;
        let early = early_blocks(&table, &bytes[head_end..])?;
        let is_all = early.1 == table.len();
        Some(LazyEntry {
            head: head.to_vec(),
            note: note.to_vec(),
            blocks: Blocks {
                stamp: front.stamp,
                early: early.0.into(),
                late: (early.1..table.len()).map(|_| OnceLock::new()).collect(),
                table,
                is_damaged: AtomicBool::new(false),
                bytes_read: AtomicUsize::new(length),
                source: Source {
                    path,
                    identity,
                    start: head_end as u64,
                    file: if is_all { None } else { KeptOpen::new(file) },
                },
            },
        })
    })
}

/// Fills a buffer as far as a file goes.
pub(super) fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        // One call: regular files give what there is.
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn read_table(bytes: &[u8]) -> Option<Box<[Block]>> {
    let half = |bytes: &[u8]| u32::from_le_bytes([0, 1, 2, 3].map(|at| bytes[at]));
    let table: Box<[Block]> = bytes
        .chunks_exact(8)
        .map(|bytes| Block {
            end: half(bytes),
            check: half(&bytes[4..]),
        })
        .collect();
    table.is_sorted_by_key(|block| block.end).then_some(table)
}

/// Returns the blocks that are whole in what was read, and how many these are; none if
/// one is damaged.
fn early_blocks<'a>(table: &[Block], bytes: &'a [u8]) -> Option<(&'a [u8], usize)> {
    let count = table.partition_point(|block| block.end as usize <= bytes.len());
    let mut start = 0;
    for block in &table[..count] {
        let end = block.end as usize;
        if hash(&bytes[start..end]) != block.check {
            return None;
        }
        start = end;
    }
    Some((&bytes[..start], count))
}

impl Blocks {
    /// Returns which content this is.
    pub fn stamp(&self) -> LazyStamp {
        self.stamp
    }

    /// Returns bytes that are within one block; none if they are not there as they should
    /// be, which [`Self::is_damaged`] remembers.
    pub fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        if let Some(bytes) = self.early.get(range.clone()) {
            return Some(bytes);
        }
        let found = self.late_bytes(range);
        if found.is_none() {
            self.is_damaged.store(true, Ordering::Relaxed);
        }
        found
    }

    /// Whether anything was asked for that is not there as it should be.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of the file have been read.
    pub fn bytes_read(&self) -> usize {
        self.bytes_read.load(Ordering::Relaxed)
    }

    fn late_bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        let index = self
            .table
            .partition_point(|block| block.end as usize <= range.start);
        let early_count = self.table.len() - self.late.len();
        let cell = self.late.get(index.checked_sub(early_count)?)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.table[before].end as usize,
            None => 0,
        };
        let bytes = cell.get_or_init(|| {
            let block = self.table[index];
            let length = block.end as usize - start;
            let read = self.source.read(start as u64, length, self.stamp).ok();
            self.bytes_read.fetch_add(length, Ordering::Relaxed);
            read.filter(|bytes| hash(bytes) == block.check)
                .unwrap_or_default()
        });
        bytes.get(range.start - start..range.end.checked_sub(start)?)
    }
}

impl Source {
    fn read(&self, from: u64, length: usize, stamp: LazyStamp) -> io::Result<Box<[u8]>> {
        if let Some(file) = &self.file {
            let file = file.lock().unwrap_or_else(PoisonError::into_inner);
            return read_at(&file.0, self.start + from, length);
        }
        let mut file = File::open(&self.path)?;
        let mut front = [0; FRONT_BYTES];
        file.read_exact(&mut front)?;
        match Front::parse(&front, self.identity) {
            // The slot may have grown.
            Some(front) if front.stamp == stamp => {
                read_at(&file, front.head().end as u64 + from, length)
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn read_at(mut file: &File, start: u64, length: usize) -> io::Result<Box<[u8]>> {
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes.into_boxed_slice())
}

/// Returns what comes before the body in the file; none if a part is too long.
pub(super) fn before_body(parts: &Parts<'_>, note: &[u8], identity: u64) -> Option<Vec<u8>> {
    let mut table = Vec::with_capacity(parts.ends.len() * 8);
    let mut start = 0;
    for &end in parts.ends {
        table.extend_from_slice(&u32::try_from(end).ok()?.to_le_bytes());
        table.extend_from_slice(&hash(parts.body.get(start..end)?).to_le_bytes());
        start = end;
    }
    let mut hasher = Hasher::new();
    hasher.update(&table);
    for piece in parts.head {
        hasher.update(piece);
    }
    let head_bytes: usize = parts.head.iter().map(|piece| piece.len()).sum();
    let front = Front {
        stamp: LazyStamp {
            head_bytes: u32::try_from(head_bytes).ok()?,
            block_count: u32::try_from(parts.ends.len()).ok()?,
            check: hasher.finalize(),
        },
        slot_bytes: entry::slot_bytes(note)?,
    };
    let mut bytes = front.to_bytes(identity);
    bytes.reserve_exact(front.head().end - bytes.len());
    bytes.extend(entry::slot(note, front.stamp.check, front.slot_bytes)?);
    bytes.extend(table);
    for piece in parts.head {
        bytes.extend_from_slice(piece);
    }
    (start == parts.body.len()).then_some(bytes)
}

/// What is to be done for a new note.
pub(super) enum Renewal {
    /// These bytes are to be written at this place of the file.
    InPlace(u64, Vec<u8>),
    /// The file is to have these contents.
    Whole(Vec<u8>),
    /// Nothing: there is another payload, whose note is newer.
    Nothing,
}

/// Finds out how to renew the note of a file.
pub(super) fn renew(
    file: &mut File,
    identity: u64,
    expected: LazyStamp,
    note: &[u8],
) -> io::Result<Renewal> {
    let mut front = [0; FRONT_BYTES];
    file.read_exact(&mut front)?;
    let front = match Front::parse(&front, identity) {
        Some(front) if front.stamp == expected => front,
        _ => return Ok(Renewal::Nothing),
    };
    if let Some(slot) = entry::slot(note, expected.check, front.slot_bytes) {
        return Ok(Renewal::InPlace(front.slot().start as u64, slot));
    }
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "the note is too long");
    let longer = Front {
        slot_bytes: entry::slot_bytes(note).ok_or_else(too_long)?,
        ..front
    };
    let mut bytes = longer.to_bytes(identity);
    bytes.extend(entry::slot(note, expected.check, longer.slot_bytes).ok_or_else(too_long)?);
    file.seek(SeekFrom::Start(front.slot().end as u64))?;
    file.read_to_end(&mut bytes)?;
    Ok(Renewal::Whole(bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::cache::Cache;

    fn cache() -> (Cache, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        (Cache::at(dir.path().join("cache")), dir)
    }

    /// Stores blocks of these lengths, each filled with its number.
    fn put(cache: &Cache, lengths: &[usize], note: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        let mut ends = Vec::new();
        for (number, &length) in (1..).zip(lengths) {
            body.resize(body.len() + length, number);
            ends.push(body.len());
        }
        let parts = Parts {
            head: &[b"he", b"ad"],
            body: &body,
            ends: &ends,
        };
        cache.put_parts("b-v1", "k", &parts, note).unwrap();
        body
    }

    fn open(cache: &Cache) -> Option<LazyEntry> {
        cache.open_entry("b-v1", "k")
    }

    fn path(cache: &Cache) -> PathBuf {
        let bucket = cache.dir().unwrap().join("b-v1");
        let shard = fs::read_dir(bucket).unwrap().next().unwrap().unwrap();
        let file = fs::read_dir(shard.path()).unwrap().next().unwrap();
        file.unwrap().path()
    }

    #[test]
    fn a_short_entry_is_read_by_one_read() {
        let (cache, _dir) = cache();
        let body = put(&cache, &[3, 0, 5], b"note");
        let entry = open(&cache).unwrap();
        assert_eq!(
            (&entry.head[..], &entry.note[..]),
            (&b"head"[..], &b"note"[..])
        );
        let read = entry.blocks.bytes_read();
        assert_eq!(read as u64, fs::metadata(path(&cache)).unwrap().len());
        assert_eq!(entry.blocks.get(0..3).unwrap(), [1; 3]);
        assert_eq!(entry.blocks.get(4..8).unwrap(), &body[4..8]);
        assert_eq!(entry.blocks.bytes_read(), read);
        assert!(!entry.blocks.is_damaged());
        assert_eq!(entry.blocks.get(4..9), None);
        assert!(entry.blocks.is_damaged());
    }

    #[test]
    fn of_a_long_entry_only_the_blocks_are_read_that_are_asked_for() {
        let (cache, _dir) = cache();
        let body = put(&cache, &[1000, 20_000, 30_000, 40_000], b"");
        let blocks = open(&cache).unwrap().blocks;
        assert_eq!(blocks.bytes_read(), FIRST_READ);
        assert_eq!(blocks.get(0..1000).unwrap(), &body[..1000]);
        assert_eq!(blocks.bytes_read(), FIRST_READ);
        for _ in 0..2 {
            assert_eq!(blocks.get(51_000..90_000).unwrap(), &body[51_000..90_000]);
            assert_eq!(blocks.bytes_read(), FIRST_READ + 40_000);
        }
        assert!(!blocks.is_damaged());
    }

    #[test]
    fn a_head_longer_than_the_first_read_is_read_whole() {
        let (cache, _dir) = cache();
        let head = vec![7; FIRST_READ * 2];
        let parts = Parts {
            head: &[&head],
            body: b"body",
            ends: &[4],
        };
        cache.put_parts("b-v1", "k", &parts, b"note").unwrap();
        let entry = open(&cache).unwrap();
        assert_eq!((entry.head, entry.note), (head, b"note".to_vec()));
        assert_eq!(entry.blocks.get(0..4).unwrap(), b"body");
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed_before_what_it_is_in_is_used() {
        let (cache, _dir) = cache();
        let lengths = [1000, 9000, 9000, 700];
        let body = put(&cache, &lengths, b"note");
        let path = path(&cache);
        let whole = fs::read(&path).unwrap();
        let padding = FRONT_BYTES + entry::SLOT_HEAD_BYTES + 4..FRONT_BYTES + 192;
        for at in (0..300).chain((300..whole.len()).step_by(37)) {
            let mut flipped = whole.clone();
            flipped[at] ^= 16;
            fs::write(&path, flipped).unwrap();
            let Some(entry) = open(&cache) else {
                continue;
            };
            assert_eq!(
                (&entry.head[..], &entry.note[..]),
                (&b"head"[..], &b"note"[..])
            );
            let mut start = 0;
            let mut bad = 0;
            for length in lengths {
                match entry.blocks.get(start..start + length) {
                    Some(bytes) => assert_eq!(bytes, &body[start..start + length]),
                    None => bad += 1,
                }
                start += length;
            }
            assert_eq!(bad == 1, !padding.contains(&at), "{at}");
            assert_eq!(entry.blocks.is_damaged(), bad > 0);
        }
    }

    #[test]
    fn every_prefix_and_the_entry_of_another_key_are_noticed() {
        let (cache, _dir) = cache();
        put(&cache, &[100, 20_000], b"note");
        let path = path(&cache);
        let whole = fs::read(&path).unwrap();
        for length in (0..whole.len()).step_by(13) {
            fs::write(&path, &whole[..length]).unwrap();
            let blocks = open(&cache).map(|entry| entry.blocks);
            assert!(blocks.is_none_or(|blocks| blocks.get(100..20_100).is_none()));
        }
        fs::write(&path, &whole).unwrap();
        assert!(super::open(path, 1).is_none());
    }

    #[test]
    fn a_file_that_is_replaced_stays_for_who_has_it_open_and_is_another_for_others() {
        let (cache, _dir) = cache();
        put(&cache, &[1000, 20_000, 20_000], b"");
        let kept = open(&cache).unwrap().blocks;
        let mut reopened = open(&cache).unwrap().blocks;
        reopened.source.file = None;
        assert_eq!(reopened.get(1000..1001).unwrap(), [2]);
        // A longer note moves the blocks, which stay the same.
        let stamp = kept.stamp();
        cache.touch_parts("b-v1", "k", stamp, &[1; 500]).unwrap();
        assert_eq!(open(&cache).unwrap().note, [1; 500]);
        assert_eq!(reopened.get(21_000..41_000).unwrap(), vec![3; 20_000]);
        let mut again = open(&cache).unwrap().blocks;
        again.source.file = None;
        put(&cache, &[1000, 20_001, 20_000], b"");
        assert_eq!(again.get(1000..1001), None);
        assert!(again.is_damaged());
        if kept.source.file.is_some() {
            assert_eq!(kept.get(21_000..41_000).unwrap(), vec![3; 20_000]);
        }
    }

    #[test]
    fn a_note_is_renewed_in_place_and_not_on_another_payload() {
        let (cache, _dir) = cache();
        put(&cache, &[3], b"old");
        let length = fs::metadata(path(&cache)).unwrap().len();
        let stamp = open(&cache).unwrap().blocks.stamp();
        cache.touch_parts("b-v1", "k", stamp, b"newer").unwrap();
        assert_eq!(open(&cache).unwrap().note, b"newer");
        assert_eq!(fs::metadata(path(&cache)).unwrap().len(), length);
        put(&cache, &[4], b"newest");
        cache.touch_parts("b-v1", "k", stamp, b"stale").unwrap();
        assert_eq!(open(&cache).unwrap().note, b"newest");
        cache.remove("b-v1", "k").unwrap();
        cache.touch_parts("b-v1", "k", stamp, b"stale").unwrap();
        assert!(open(&cache).is_none());
    }

    #[test]
    fn no_more_files_stay_open_than_are_to_be_spared() {
        let (cache, _dir) = cache();
        put(&cache, &[20_000, 20_000], b"");
        let entries: Vec<Blocks> = (0..MOST_OPEN * 2)
            .map(|_| open(&cache).unwrap().blocks)
            .collect();
        let open = entries.iter().filter(|entry| entry.source.file.is_some());
        assert!(open.count() <= MOST_OPEN);
        for blocks in entries {
            assert_eq!(blocks.get(39_999..40_000).unwrap(), [2]);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, counts: (u32, u32, u32)) {
            let (cache, _dir) = cache();
            put(&cache, &[3], b"");
            let front = Front {
                stamp: LazyStamp { head_bytes: counts.0, block_count: counts.1, check: 0 },
                slot_bytes: counts.2,
            };
            let mut file = front.to_bytes(7);
            file.extend(bytes);
            let path = path(&cache);
            fs::write(&path, file).unwrap();
            prop_assert!(super::open(path, 7).is_none());
        }
    }
}
