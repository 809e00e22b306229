//! Scalars read once more, so that each byte of a value knows its place in the file.
//!
//! The value itself is the parser's; what is read here has to be the same, or there
//! is no result. Folding, chomping and indentation are those of YAML 1.2, §6.5, §7.3
//! and §8.1.

use super::tree::Style;
use crate::text::{Mapped, Span};

/// Returns the value of a scalar that begins at `start`, mapped to the file.
///
/// For blocks, `start` is the first character of the first line with content.
pub(super) fn decode(source: &[u8], start: usize, style: Style, value: &str) -> Option<Mapped> {
    // Compose's own reader, which is one of YAML 1.1, ends lines at these.
    if value.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return None;
    }
    let decoded = match style {
        Style::Plain => flow(source, start, None, value)?,
        Style::Single => flow(source, inside(source, start, b'\'')?, Some(b'\''), value)?,
        Style::Double => flow(source, inside(source, start, b'"')?, Some(b'"'), value)?,
        Style::Literal => block(source, start, false, value)?,
        Style::Folded => block(source, start, true, value)?,
    };
    (decoded.bytes() == value.as_bytes()).then_some(decoded)
}

/// Returns where a quoted scalar goes on behind its quote.
fn inside(source: &[u8], start: usize, quote: u8) -> Option<usize> {
    (source.get(start) == Some(&quote)).then_some(start + 1)
}

/// Reads a plain or quoted scalar; `at` is behind the quote.
fn flow(source: &[u8], mut at: usize, quote: Option<u8>, value: &str) -> Option<Mapped> {
    let mut mapped = Mapped::new();
    loop {
        if quote.is_none() && mapped.len() >= value.len() {
            return Some(mapped);
        }
        let byte = *source.get(at)?;
        match byte {
            b'\'' if quote == Some(b'\'') && source.get(at + 1) == Some(&b'\'') => {
                mapped.push(byte, Span::new(at, at + 2));
                at += 2;
            }
            byte if Some(byte) == quote => return Some(mapped),
            b'\\' if quote == Some(b'"') => at = escape(source, at, &mut mapped)?,
            b' ' | b'\t' | b'\r' | b'\n' => {
                let (breaks, end) = blanks(source, at);
                match &breaks[..] {
                    [] => mapped.push_verbatim(&source[at..end], at),
                    [one] => mapped.push(b' ', *one),
                    [_, rest @ ..] => push_breaks(&mut mapped, rest),
                }
                at = end;
            }
            byte => {
                mapped.push(byte, Span::new(at, at + 1));
                at += 1;
            }
        }
    }
}

/// Adds a newline for each line break.
fn push_breaks(mapped: &mut Mapped, breaks: &[Span]) {
    for span in breaks {
        mapped.push(b'\n', *span);
    }
}

/// Returns the line breaks in the blanks at an offset, and where those end.
fn blanks(source: &[u8], mut at: usize) -> (Vec<Span>, usize) {
    let mut breaks = Vec::new();
    loop {
        match source.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'\r' | b'\n') => {
                let end = line_break(source, at);
                breaks.push(Span::new(at, end));
                at = end;
            }
            _ => return (breaks, at),
        }
    }
}

/// Returns where the line break at an offset ends.
fn line_break(source: &[u8], at: usize) -> usize {
    let is_pair = source[at] == b'\r' && source.get(at + 1) == Some(&b'\n');
    at + 1 + usize::from(is_pair)
}

/// Reads what a backslash in double quotes begins; returns where it ends.
fn escape(source: &[u8], at: usize, mapped: &mut Mapped) -> Option<usize> {
    let kind = *source.get(at + 1)?;
    if matches!(kind, b'\r' | b'\n') {
        let (breaks, end) = blanks(source, at + 1);
        // The first break is escaped, each further one is an empty line.
        push_breaks(mapped, &breaks[1..]);
        return Some(end);
    }
    let digits = match kind {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => 0,
    };
    let end = at + 2 + digits;
    let character = match kind {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        b' ' | b'"' | b'/' | b'\\' => char::from(kind),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        b'x' | b'u' | b'U' => {
            let digits = std::str::from_utf8(source.get(at + 2..end)?).ok()?;
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
        }
        _ => return None,
    };
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        mapped.push(byte, Span::new(at, end));
    }
    Some(end)
}

/// Reads a block; `start` is where its first line with content begins, behind the
/// indentation, which is therefore known.
fn block(source: &[u8], start: usize, is_folded: bool, value: &str) -> Option<Mapped> {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let before = source.get(..start)?;
    let line_start = before.iter().rposition(is_break).map_or(0, |at| at + 1);
    let indent = start - line_start;
    let mut mapped = Mapped::new();
    for span in leading(source, line_start, value)? {
        mapped.push(b'\n', span);
    }
    let mut at = start;
    loop {
        let length = source[at..].iter().position(is_break);
        let end = length.map_or(source.len(), |length| at + length);
        mapped.push_verbatim(&source[at..end], at);
        let is_indented = |at: usize| matches!(source.get(at), Some(b' ' | b'\t'));
        let was_indented = is_indented(at);
        // The break behind the line, then those of empty lines.
        let mut breaks = Vec::new();
        at = end;
        let mut column = 0;
        while at < source.len() && is_break(&source[at]) {
            let next = line_break(source, at);
            breaks.push(Span::new(at, next));
            let spaces = source[next..].iter().take(indent);
            column = spaces.take_while(|byte| **byte == b' ').count();
            at = next + column;
        }
        let left = value.len().saturating_sub(mapped.len());
        let rest_is_breaks = value.as_bytes()[value.len() - left..]
            .iter()
            .all(|byte| *byte == b'\n');
        if left <= breaks.len() && rest_is_breaks || at >= source.len() || column < indent {
            // The end: as many breaks as chomping left.
            breaks.truncate(left);
            push_breaks(&mut mapped, &breaks);
            // A file may end without the last one.
            if mapped.len() + 1 == value.len() && value.ends_with('\n') {
                mapped.push(b'\n', Span::new(source.len(), source.len()));
            }
            return Some(mapped);
        }
        let folds = is_folded && !was_indented && !is_indented(at);
        match &breaks[..] {
            [one] if folds => mapped.push(b' ', *one),
            [_, rest @ ..] if folds => push_breaks(&mut mapped, rest),
            all => push_breaks(&mut mapped, all),
        }
    }
}

/// Returns the breaks of the empty lines before the first line with content.
fn leading(source: &[u8], line_start: usize, value: &str) -> Option<Vec<Span>> {
    let count = value.bytes().take_while(|byte| *byte == b'\n').count();
    let mut breaks = Vec::with_capacity(count);
    let mut end = line_start;
    for _ in 0..count {
        let before = source
            .get(..end)?
            .strip_suffix(b"\n")
            .unwrap_or(&source[..end]);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        let start = before.len();
        if start == end {
            return None;
        }
        breaks.push(Span::new(start, end));
        let line = before
            .iter()
            .rposition(|byte| matches!(byte, b'\r' | b'\n'));
        end = line.map_or(0, |at| at + 1);
    }
    breaks.reverse();
    Some(breaks)
}
