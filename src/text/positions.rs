//! Positions in a text of bytes, looked up instead of counted: for files in which many
//! places are told.

/// How many bytes lie between two marks.
const STEP: usize = 256;

/// Where the lines of a text begin, and how many characters there are up to its marks.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    /// The first byte of each line.
    lines: Vec<usize>,
    /// The characters before each mark; none if the bytes are not UTF-8.
    marks: Option<Vec<usize>>,
}

impl Positions {
    /// Reads a text; lines end with LF.
    pub fn new(bytes: &[u8]) -> Self {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let lines = std::iter::once(0)
            .chain(ends.map(|(at, _)| at + 1))
            .collect();
        let marks = std::str::from_utf8(bytes).is_ok().then(|| {
            let mut count = 0;
            let chunks = bytes.chunks(STEP).map(|chunk| {
                let before = count;
                count += characters(chunk);
                before
            });
            chunks.collect()
        });
        Self { lines, marks }
    }

    /// Returns the line and the column of an offset in the text this was made of, both
    /// from 1; columns count characters, without a byte-order mark.
    pub fn of(&self, bytes: &[u8], offset: usize) -> (usize, usize) {
        let offset = offset.min(bytes.len());
        let number = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines[number.saturating_sub(1)];
        let count = match &self.marks {
            Some(marks) if offset - start > STEP => {
                up_to(marks, bytes, offset) - up_to(marks, bytes, start)
            }
            _ => String::from_utf8_lossy(&bytes[start..offset])
                .chars()
                .count(),
        };
        let mark = "\u{feff}".as_bytes();
        let has_mark = start == 0 && bytes[..offset].starts_with(mark);
        (number, count - usize::from(has_mark) + 1)
    }
}

/// Returns how many characters begin before an offset.
fn up_to(marks: &[usize], bytes: &[u8], offset: usize) -> usize {
    let mark = (offset / STEP).min(marks.len().saturating_sub(1));
    marks
        .get(mark)
        .map_or(0, |count| count + characters(&bytes[mark * STEP..offset]))
}

/// Returns how many characters begin in these bytes of a text that is UTF-8.
fn characters(bytes: &[u8]) -> usize {
    let is_first = |byte: &&u8| **byte & 0xc0 != 0x80;
    bytes.iter().filter(is_first).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::position;
    use super::*;

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let bytes = "\u{feff}FROM a\nb".as_bytes();
        let positions = Positions::new(bytes);
        assert_eq!(positions.of(bytes, 0), (1, 1));
        assert_eq!(positions.of(bytes, 3), (1, 1));
        assert_eq!(positions.of(bytes, 8), (1, 6));
        assert_eq!(positions.of(bytes, 99), (2, 2));
        assert_eq!(Positions::new(b"").of(b"", 0), (1, 1));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_counted_as_they_are_shown() {
        let bytes = [b"a\n".as_slice(), &[0xe9; 600], b"x"].concat();
        assert_eq!(Positions::new(&bytes).of(&bytes, 602), (2, 601));
    }

    proptest! {
        #[test]
        fn positions_are_those_that_counting_gives(
            pieces in proptest::collection::vec("[a\u{e9}\u{4e2d}\n]{0,20}", 0..60),
            part in 0.0..=1.0_f64,
        ) {
            let text = pieces.concat();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small and positive")]
            let offset = text.floor_char_boundary((text.len() as f64 * part) as usize);
            let expected = position(&text, offset);
            let found = Positions::new(text.as_bytes()).of(text.as_bytes(), offset);
            prop_assert_eq!(found, (expected.line_number, expected.column_number));
        }
    }
}
