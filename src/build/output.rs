//! The end of what a program prints, however much that is.

use std::collections::VecDeque;

use crate::text::with_masked_passwords;

/// How many lines are told.
const TOLD_LINES: usize = 20;

/// How much of a line is told, in bytes.
const LONGEST_LINE: usize = 500;

/// Keeps the last lines of what comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<Vec<u8>>,
    /// The line that has not ended.
    line: Vec<u8>,
}

impl Tail {
    /// Takes the next piece.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, is_whole) = match piece.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (piece, false),
            };
            // What progress bars write over is what remains of them; and what goes on
            // for ever is not kept.
            let room = (8 * LONGEST_LINE).saturating_sub(self.line.len());
            self.line.extend(&content[..content.len().min(room)]);
            if is_whole {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.trim_ascii().is_empty() {
            return;
        }
        if self.lines.len() == TOLD_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Returns the lines, fit to be shown: without control characters, colors,
    /// passwords in URLs, and what is not UTF-8.
    pub(super) fn lines(mut self) -> Vec<String> {
        self.end_line();
        self.lines
            .iter()
            .map(|line| shown(&String::from_utf8_lossy(line)))
            .collect()
    }
}

fn shown(line: &str) -> String {
    let line = line.trim_end();
    let line = line.rsplit('\r').next().unwrap_or(line);
    let line = without_escapes(line);
    let mut line = with_masked_passwords(&line).into_owned();
    if line.len() > LONGEST_LINE {
        line.truncate(line.floor_char_boundary(LONGEST_LINE));
        line.push('…');
    }
    line
}

/// Drops what terminals act upon: `ESC [ … letter`, and single control characters.
fn without_escapes(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                for character in characters.by_ref() {
                    if ('@'..='~').contains(&character) {
                        break;
                    }
                }
            }
            '\t' => text.push_str("    "),
            character if character.is_control() => {}
            character => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut tail = Tail::default();
        for piece in pieces {
            tail.push(piece);
        }
        tail.lines()
    }

    #[test]
    fn joins_pieces_to_lines_and_drops_empty_ones() {
        assert_eq!(lines(&[b"a", b"b\n\n  \nc", b"\r\nd"]), ["ab", "c", "d"]);
        assert_eq!(lines(&[]), [""; 0]);
    }

    #[test]
    fn keeps_the_last_lines_only() {
        let pieces: Vec<String> = (0..1000).map(|number| format!("line {number}\n")).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        let lines = lines(&pieces);
        assert_eq!(lines.len(), TOLD_LINES);
        assert_eq!(lines.first().unwrap(), "line 980");
        assert_eq!(lines.last().unwrap(), "line 999");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let mut tail = Tail::default();
        for _ in 0..1000 {
            tail.push(&[b'x'; 1000]);
        }
        assert!(tail.line.len() <= 8 * LONGEST_LINE);
        let lines = tail.lines();
        assert_eq!(lines[0].len(), LONGEST_LINE + '…'.len_utf8());
    }

    #[test]
    fn shows_neither_colours_nor_passwords_nor_broken_text() {
        assert_eq!(
            lines(&[b"10%\r20%\rdone \x1b[31;1mred\x1b[0m\x07 \xff\n"]),
            ["done red \u{fffd}"]
        );
        let line = lines(&[b"from git+https://me:secret@forge.example/x\n"]).remove(0);
        assert!(!line.contains("secret"), "{line}");
    }
}
