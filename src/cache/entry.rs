//! The format of one entry's file.
//!
//! ```text
//! entry  = payload slot footer
//! slot   = note-check (u32) note-length (u16) note padding
//! footer = magic (8 bytes) payload-length (u64) identity (u64)
//!          payload-check (u32) slot-length (u32) footer-check (u32)
//! ```
//!
//! Numbers are little-endian, checks are CRC-32 (against accidents, not against
//! people who can write to the folder). The payload comes first, so that a
//! reader who wants only it cuts the rest off instead of moving megabytes. The
//! note's check covers the payload's check too: a note written into the file of
//! another payload, which a race between two processes may do, does not hold.

use std::ops::Range;

use crc32fast::{Hasher, hash};

const MAGIC: [u8; 8] = *b"pinfold\x01";
const FOOTER_BYTES: usize = 8 + 8 + 8 + 4 + 4 + 4;
pub(super) const SLOT_HEAD_BYTES: usize = 4 + 2;
/// Room for a freshness with an ordinary entity tag and date, and to grow.
const SLOT_MIN_BYTES: usize = 192;

/// A stored payload and the note beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    bytes: Vec<u8>,
    payload_bytes: usize,
    note: Range<usize>,
    stamp: Stamp,
}

/// Where an entry's note is, and which payload it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    payload_bytes: u64,
    payload_check: u32,
    slot_bytes: u32,
}

impl Entry {
    /// Returns what was stored.
    pub fn payload(&self) -> &[u8] {
        &self.bytes[..self.payload_bytes]
    }

    /// Returns the note stored beside the payload; empty if there was none.
    pub fn note(&self) -> &[u8] {
        &self.bytes[self.note.clone()]
    }

    /// Returns the payload alone, without copying it.
    pub fn into_payload(mut self) -> Vec<u8> {
        self.bytes.truncate(self.payload_bytes);
        self.bytes
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Reads a file's bytes; none if they are torn, foreign, or another key's.
    pub(super) fn parse(bytes: Vec<u8>, identity: u64) -> Option<Self> {
        let footer_start = bytes.len().checked_sub(FOOTER_BYTES)?;
        let stamp = Stamp::parse(&bytes[footer_start..], bytes.len() as u64, identity)?;
        let payload_bytes = usize::try_from(stamp.payload_bytes).ok()?;
        if hash(&bytes[..payload_bytes]) != stamp.payload_check {
            return None;
        }
        let note = read_slot(&bytes[payload_bytes..footer_start], stamp.payload_check)?;
        let note_start = payload_bytes + SLOT_HEAD_BYTES;
        Some(Self {
            payload_bytes,
            note: note_start..note_start + note.len(),
            stamp,
            bytes,
        })
    }
}

impl Stamp {
    pub(super) const BYTES: usize = FOOTER_BYTES;

    /// Reads the footer of a file that is `file_bytes` long.
    pub(super) fn parse(footer: &[u8], file_bytes: u64, identity: u64) -> Option<Self> {
        let word = |at: usize| Some(u64::from_le_bytes(footer.get(at..at + 8)?.try_into().ok()?));
        let half = |at: usize| Some(u32::from_le_bytes(footer.get(at..at + 4)?.try_into().ok()?));
        if footer.get(..8)? != MAGIC || word(16)? != identity {
            return None;
        }
        if half(32)? != hash(&footer[..32]) {
            return None;
        }
        let stamp = Self {
            payload_bytes: word(8)?,
            payload_check: half(24)?,
            slot_bytes: half(28)?,
        };
        let expected = stamp
            .payload_bytes
            .checked_add(u64::from(stamp.slot_bytes))?
            .checked_add(FOOTER_BYTES as u64)?;
        (expected == file_bytes).then_some(stamp)
    }

    /// Returns where in the file the slot begins.
    pub(super) fn slot_offset(self) -> u64 {
        self.payload_bytes
    }

    /// Returns the bytes to write at the slot for a new note, if it has room.
    pub(super) fn slot(self, note: &[u8]) -> Option<Vec<u8>> {
        slot(note, self.payload_check, self.slot_bytes)
    }
}

/// Returns the bytes of a slot with a note, if it has room.
pub(super) fn slot(note: &[u8], payload_check: u32, slot_bytes: u32) -> Option<Vec<u8>> {
    let slot_bytes = slot_bytes as usize;
    let length = u16::try_from(note.len()).ok()?;
    if SLOT_HEAD_BYTES + note.len() > slot_bytes {
        return None;
    }
    let mut slot = Vec::with_capacity(slot_bytes);
    slot.extend_from_slice(&note_check(note, payload_check).to_le_bytes());
    slot.extend_from_slice(&length.to_le_bytes());
    slot.extend_from_slice(note);
    slot.resize(slot_bytes, 0);
    Some(slot)
}

/// Returns the note in a slot; none if it is torn, or another payload's.
pub(super) fn read_slot(slot: &[u8], payload_check: u32) -> Option<&[u8]> {
    let check = u32::from_le_bytes(*slot.first_chunk()?);
    let length = u16::from_le_bytes(*slot.get(4..)?.first_chunk()?);
    let note = slot.get(SLOT_HEAD_BYTES..)?.get(..usize::from(length))?;
    (note_check(note, payload_check) == check).then_some(note)
}

/// Returns how long the slot for a new note is to be.
pub(super) fn slot_bytes(note: &[u8]) -> Option<u32> {
    u32::try_from((SLOT_HEAD_BYTES + note.len()).max(SLOT_MIN_BYTES)).ok()
}

/// Returns what follows `payload` in its file; none if the note is too long.
pub(super) fn tail(payload: &[u8], note: &[u8], identity: u64) -> Option<Vec<u8>> {
    let stamp = Stamp {
        payload_bytes: payload.len() as u64,
        payload_check: hash(payload),
        slot_bytes: slot_bytes(note)?,
    };
    let mut tail = stamp.slot(note)?;
    let start = tail.len();
    tail.extend_from_slice(&MAGIC);
    tail.extend_from_slice(&stamp.payload_bytes.to_le_bytes());
    tail.extend_from_slice(&identity.to_le_bytes());
    tail.extend_from_slice(&stamp.payload_check.to_le_bytes());
    tail.extend_from_slice(&stamp.slot_bytes.to_le_bytes());
    let check = hash(&tail[start..]);
    tail.extend_from_slice(&check.to_le_bytes());
    Some(tail)
}

fn note_check(note: &[u8], payload_check: u32) -> u32 {
    let mut hasher = Hasher::new_with_initial(payload_check);
    hasher.update(note);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(payload: &[u8], note: &[u8]) -> Vec<u8> {
        let mut file = payload.to_vec();
        file.extend(tail(payload, note, 7).expect("the note is short"));
        file
    }

    #[test]
    fn reads_what_it_wrote() {
        let entry = Entry::parse(file(b"payload", b"note"), 7).expect("a good entry");
        assert_eq!(entry.payload(), b"payload");
        assert_eq!(entry.note(), b"note");
        assert_eq!(entry.into_payload(), b"payload");
    }

    #[test]
    fn refuses_the_entry_of_another_key() {
        assert_eq!(Entry::parse(file(b"payload", b""), 8), None);
    }

    #[test]
    fn refuses_every_prefix_and_a_longer_file() {
        let whole = file(b"payload", b"note");
        for length in 0..whole.len() {
            assert_eq!(Entry::parse(whole[..length].to_vec(), 7), None, "{length}");
        }
        let mut longer = whole;
        longer.push(0);
        assert_eq!(Entry::parse(longer, 7), None);
    }

    #[test]
    fn refuses_a_note_made_for_another_payload() {
        let other = Entry::parse(file(b"PAYLOAD", b"old"), 7).expect("a good entry");
        let mut mixed = file(b"payload", b"new");
        let slot = other.stamp().slot(b"old").expect("it has room");
        mixed[7..7 + slot.len()].copy_from_slice(&slot);
        assert_eq!(Entry::parse(mixed, 7), None);
    }

    #[test]
    fn has_no_room_for_a_note_beyond_the_slot() {
        let entry = Entry::parse(file(b"payload", b"note"), 7).expect("a good entry");
        assert!(entry.stamp().slot(&[1; 186]).is_some());
        assert_eq!(entry.stamp().slot(&[1; 187]), None);
    }

    proptest! {
        #[test]
        fn any_payload_and_note_come_back(payload: Vec<u8>, note in prop::collection::vec(any::<u8>(), 0..400)) {
            let entry = Entry::parse(file(&payload, &note), 7).expect("a good entry");
            prop_assert_eq!(entry.payload(), &payload[..]);
            prop_assert_eq!(entry.note(), &note[..]);
        }

        #[test]
        fn a_flipped_bit_outside_the_padding_is_noticed(bit in 0usize..8 * (7 + 6 + 4)) {
            let mut bytes = file(b"payload", b"note");
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(Entry::parse(bytes, 7), None);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert_eq!(Entry::parse(bytes, 7), None);
        }
    }
}
