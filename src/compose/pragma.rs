//! `# pinfold: ignore`, on the line before a place or at the end of its own line.

use super::tree::{Kind, Style, Tree};
use crate::text::Span;

/// The comments that say what is to be ignored.
#[derive(Debug, Default)]
pub(super) struct Pragmas {
    /// Offsets behind each line break.
    lines: Vec<usize>,
    /// The lines with such a comment, from 0, and whether they hold nothing else.
    found: Vec<(usize, bool)>,
}

impl Pragmas {
    /// Finds them; a comment inside of a scalar is none.
    pub(super) fn new(text: &str, tree: &Tree<'_>) -> Self {
        let mut pragmas = Self {
            lines: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
            found: Vec::new(),
        };
        let scalars = scalars(tree, text);
        for (at, _) in text.match_indices('#') {
            let is_inside = |(start, end): &(usize, usize)| *start <= at && at < *end;
            let next = scalars.partition_point(|(start, _)| *start <= at);
            let before = text[..at].chars().next_back();
            let is_comment = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
                && !scalars[..next].last().is_some_and(is_inside);
            if is_comment && says_ignore(&text[at + 1..]) {
                let line_index = pragmas.line_index(at);
                let start = pragmas.line_start(line_index);
                let is_alone = text[start..at].trim_matches('\u{feff}').trim().is_empty();
                pragmas.found.push((line_index, is_alone));
            }
        }
        pragmas
    }

    /// Returns the number of the line, from 1, whose comment is about a place.
    pub(super) fn about(&self, place: Span) -> Option<usize> {
        let first = self.line_index(place.start);
        let last = self.line_index(place.end);
        let start = self.found.partition_point(|(line, _)| line + 1 < first);
        let near = self.found[start..].iter();
        let mut near = near.take_while(|(line, _)| *line <= last);
        let is_about = |(line, is_alone): &&(usize, bool)| *is_alone == (line + 1 == first);
        near.find(is_about).map(|(line, _)| line + 1)
    }

    /// Returns the number, from 1, of the line an offset is on.
    pub(super) fn line_number(&self, offset: usize) -> usize {
        self.line_index(offset) + 1
    }

    fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    fn line_start(&self, line_index: usize) -> usize {
        line_index
            .checked_sub(1)
            .map_or(0, |before| self.lines[before])
    }
}

/// Whether the text behind a `#` says it, as comments of Dockerfiles do.
fn says_ignore(comment: &str) -> bool {
    let read = || {
        let rest = strip_word(comment, "pinfold")?;
        let rest = rest.trim_start_matches(BLANKS).strip_prefix(':')?;
        strip_word(rest, "ignore")
    };
    read().is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text
        .trim_start_matches(BLANKS)
        .split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Returns where the scalars are that may have a `#` in them.
fn scalars(tree: &Tree<'_>, text: &str) -> Vec<(usize, usize)> {
    let mut scalars: Vec<_> = (0..tree.len())
        .filter_map(|id| {
            let node = tree.raw(id);
            let end = match node.kind {
                Kind::Scalar(_, Style::Literal | Style::Folded, _) => node.end,
                Kind::Scalar(_, Style::Single, _) => quoted_end(text, node.start, b'\''),
                Kind::Scalar(_, Style::Double, _) => quoted_end(text, node.start, b'"'),
                _ => return None,
            };
            Some((node.start, end))
        })
        .collect();
    scalars.sort_unstable();
    scalars
}

/// Returns where a quoted scalar ends.
fn quoted_end(text: &str, start: usize, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
