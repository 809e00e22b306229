//! Physical lines of a Dockerfile, and what counts as white space there.
//!
//! BuildKit reads lines that end with LF, and drops every CR before it. Where it trims,
//! it trims what Unicode calls white space; where it splits, it splits at ASCII blanks.

use crate::text::Span;

/// The longest line that BuildKit reads, in bytes without the LF.
pub(super) const LONGEST_LINE: usize = 65_535;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// The whole line, with its ending.
    pub(super) span: Span,
    /// The line without its ending, and without the file's byte order mark.
    pub(super) content: Span,
    /// Whether it is a comment, on its own or inside an instruction.
    pub(super) is_comment: bool,
}

/// Splits a file into its lines.
pub(super) fn split(source: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        let content = line
            .iter()
            .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
            .map_or(0, |last| last + 1);
        let mark = if start == 0 && line.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        lines.push(Line {
            span: Span::new(start, end),
            content: Span::new(start + mark, start + content.max(mark)),
            is_comment: false,
        });
        start = end;
    }
    lines
}

/// Returns where a line goes on if it ends with a continuation: its text without that.
///
/// ```text
/// continuation = escape *( SP / HTAB ) end     ; not behind another escape
/// ```
pub(super) fn without_continuation(line: &[u8], escape: u8) -> Option<&[u8]> {
    let last = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))?;
    let is_one = line[last] == escape && (last == 0 || line[last - 1] != escape);
    is_one.then(|| &line[..last])
}

/// Whether a byte separates words: `[\t\v\f\r ]`.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// Returns how many bytes the white space character at `at` has, 0 if there is none.
pub(super) fn space_at(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\t'..=b'\r' | b' ') => 1,
        Some(0xc2..=0xe3) => (2..=3)
            .find(|&length| is_wide_space(bytes.get(at..at + length)))
            .unwrap_or(0),
        _ => 0,
    }
}

/// Returns where the first character that is not white space begins.
pub(super) fn skip_space(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match space_at(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// Returns the part of a text between its white space.
pub(super) fn trim(bytes: &[u8], span: Span) -> Span {
    let text = &bytes[span.range()];
    let start = skip_space(text);
    let mut end = text.len();
    while end > start {
        end -= match text[end - 1] {
            b'\t'..=b'\r' | b' ' => 1,
            0x80..=0xbf => {
                let is_space = |&length: &usize| {
                    end - start >= length && is_wide_space(text.get(end - length..end))
                };
                match (2..=3).find(is_space) {
                    Some(length) => length,
                    None => break,
                }
            }
            _ => break,
        };
    }
    Span::new(span.start + start, span.start + end)
}

/// Whether these bytes are one white space character outside of ASCII.
fn is_wide_space(bytes: Option<&[u8]>) -> bool {
    let mut characters = bytes
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .unwrap_or("")
        .chars();
    characters.next().is_some_and(char::is_whitespace) && characters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_endings_and_the_byte_order_mark() {
        let source = b"\xef\xbb\xbfa\r\n\r\r\n\xef\xbb\xbfb";
        let contents: Vec<_> = split(source)
            .iter()
            .map(|line| &source[line.content.range()])
            .collect();
        assert_eq!(contents, [&b"a"[..], b"", b"\xef\xbb\xbfb"]);
        assert_eq!(split(b""), []);
        assert_eq!(split(b"\xef\xbb\xbf\n")[0].content, Span::new(3, 3));
    }

    #[test]
    fn two_escapes_are_no_continuation() {
        let cut = |line| without_continuation(line, b'\\');
        assert_eq!(cut(b"a \\ \t"), Some(&b"a "[..]));
        assert_eq!(cut(b"\\"), Some(&b""[..]));
        assert_eq!(cut(b"a\\\\"), None);
        assert_eq!(cut(b"a\\\\\\"), None);
        assert_eq!(cut(b"a`"), None);
        assert_eq!(cut(b" "), None);
        assert_eq!(without_continuation(b"a`", b'`'), Some(&b"a"[..]));
    }

    #[test]
    fn trims_what_unicode_calls_white_space() {
        let text = "\u{a0}\u{2003} a\u{a0}b \u{3000}\u{85}".as_bytes();
        let inner = trim(text, Span::new(0, text.len()));
        assert_eq!(&text[inner.range()], "a\u{a0}b".as_bytes());
        assert_eq!(trim(b"\xa0", Span::new(0, 1)), Span::new(0, 1));
        assert_eq!(trim(b" \t ", Span::new(0, 3)).len(), 0);
    }
}
