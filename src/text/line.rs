//! Lines of a text: where an offset is, and how lines end.
//!
//! Lines are those an editor counts: they end with LF or CRLF, nothing else.

use super::Span;

/// A place as people count: the first character of a text is `1:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1.
    pub line_number: usize,
    /// Column in characters, counted from 1.
    pub column_number: usize,
}

/// Returns the position of the byte at `offset`, of the text's end when `offset`
/// is behind it.
///
/// An offset inside a character counts as that character's start.
pub fn position(text: &str, offset: usize) -> Position {
    let before = &text[..text.floor_char_boundary(offset.min(text.len()))];
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    Position {
        line_number: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        column_number: before[line_start..].chars().count() + 1,
    }
}

/// Returns where a byte of `bytes` lies in the text that `String::from_utf8_lossy` makes
/// of them, its end when `offset` is behind them.
pub fn lossy_offset(bytes: &[u8], offset: usize) -> usize {
    String::from_utf8_lossy(&bytes[..offset.min(bytes.len())]).len()
}

/// Returns the span of the line that holds the byte at `offset`, without its ending.
pub fn line_at(text: &str, offset: usize) -> Span {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let start = text[..offset].rfind('\n').map_or(0, |index| index + 1);
    let end = text[offset..]
        .find('\n')
        .map_or(text.len(), |index| offset + index);
    let end = if end > start && end < text.len() && text.as_bytes()[end - 1] == b'\r' {
        end - 1
    } else {
        end
    };
    Span::new(start, end)
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Newline {
    /// `\n`, as everywhere but on Windows.
    #[default]
    Lf,
    /// `\r\n`.
    CrLf,
}

impl Newline {
    /// Returns how the text's first line ends, `None` if it has no end.
    pub fn of(text: &str) -> Option<Self> {
        let end = text.find('\n')?;
        Some(if text[..end].ends_with('\r') {
            Self::CrLf
        } else {
            Self::Lf
        })
    }

    /// Returns the characters themselves.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str, offset: usize) -> (usize, usize) {
        let position = position(text, offset);
        (position.line_number, position.column_number)
    }

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("ab\ncd", 0), (1, 1));
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("ab\r\ncd", 5), (2, 2));
        assert_eq!(at("ab\n", 99), (2, 1));
    }

    #[test]
    fn counts_columns_in_characters_not_in_bytes() {
        assert_eq!(at("äöü!", 6), (1, 4));
        assert_eq!(at("äöü!", 5), (1, 3), "inside `ü`");
    }

    #[test]
    fn finds_the_line_without_its_ending() {
        let text = "ab\r\ncd\n\nx";
        let line = |offset| &text[line_at(text, offset).range()];
        assert_eq!(line(0), "ab");
        assert_eq!(line(3), "ab");
        assert_eq!(line(4), "cd");
        assert_eq!(line(7), "");
        assert_eq!(line(8), "x");
        assert_eq!(line(9), "x");
    }

    #[test]
    fn takes_the_newline_of_the_first_line() {
        assert_eq!(Newline::of("a"), None);
        assert_eq!(Newline::of("a\nb\r\n"), Some(Newline::Lf));
        assert_eq!(Newline::of("a\r\nb\n"), Some(Newline::CrLf));
        assert_eq!(Newline::of("\n"), Some(Newline::Lf));
    }

    proptest! {
        #[test]
        fn a_position_leads_back_to_its_offset(text in "[a\u{e9}\r\n]{0,30}", part in 0.0..=1.0_f64) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "small and positive")]
            let offset = text.floor_char_boundary((text.len() as f64 * part) as usize);
            let position = position(&text, offset);
            let line = text.split_inclusive('\n').chain([""]).nth(position.line_number - 1).unwrap();
            let start: usize = text.split_inclusive('\n').take(position.line_number - 1).map(str::len).sum();
            let column: usize = line.chars().take(position.column_number - 1).map(char::len_utf8).sum();
            prop_assert_eq!(start + column, offset);
            let span = line_at(&text, offset);
            prop_assert_eq!(span.start, start);
            prop_assert!(!text[span.range()].contains('\n'));
        }
    }
}
