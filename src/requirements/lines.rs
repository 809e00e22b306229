//! Logical lines of a requirements file: split, joined, stripped of comments and
//! with variables expanded, in pip's order.
//!
//! Each line keeps a map to the source text, so that whatever is found in it can be
//! shown where it was written.

use crate::text::Span;

/// A logical line, as pip hands it to its parser.
#[derive(Debug)]
pub(super) struct LogicalLine {
    /// The processed text: not empty, no comment, variables expanded.
    pub(super) text: String,
    /// The comment behind it, without `#` and the space around it.
    pub(super) comment: Option<String>,
    /// What the lines directly above it say that are comments, and no tool's.
    pub(super) above: Vec<String>,
    /// Stretches of `text`, in order; together they cover it.
    pieces: Vec<Piece>,
    /// The references that were expanded, as written: `${TOKEN}`.
    references: Vec<String>,
}

/// A stretch of a logical line's text; it ends where the next one starts.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// Where it starts in the text.
    start: usize,
    /// Where it comes from.
    source: Span,
    /// Which reference it is the value of; else it is the source, byte for byte.
    reference: Option<usize>,
}

/// Returns the logical lines of `source` that are not empty.
///
/// `variable` gives the value of an environment variable.
pub(super) fn logical_lines(
    source: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut joined = LogicalLine::empty();
    // The comments since the last line that was something else.
    let mut above: Vec<&str> = Vec::new();
    for line in physical_lines(source) {
        let text = &source[line.range()];
        if is_comment(text) {
            // It ends a continuation, and adds nothing to it.
            if let Some(mut line) = joined.finish(variable) {
                line.above = said_above(&above);
                lines.push(line);
                above.clear();
            }
            joined = LogicalLine::empty();
            above.push(text);
        } else if text.ends_with('\\') {
            // pip strips backslashes on both sides, and so it must be.
            let stripped = text.trim_end_matches('\\');
            let end = line.start + stripped.len();
            let start = end - stripped.trim_start_matches('\\').len();
            joined.push(source, Span::new(start, end));
        } else {
            joined.push(source, line);
            if let Some(mut line) = joined.finish(variable) {
                line.above = said_above(&above);
                lines.push(line);
            }
            joined = LogicalLine::empty();
            above.clear();
        }
    }
    if let Some(mut line) = joined.finish(variable) {
        line.above = said_above(&above);
        lines.push(line);
    }
    lines
}

impl LogicalLine {
    const fn empty() -> Self {
        Self {
            text: String::new(),
            comment: None,
            above: Vec::new(),
            pieces: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Returns where a range of the text was written.
    pub(super) fn source(&self, range: Span) -> Span {
        let start = self.source_start(range.start);
        let end = if range.is_empty() {
            start
        } else {
            self.source_end(range.end)
        };
        // A value may be cut out of the middle of a continued line.
        Span::new(start, end.max(start))
    }

    /// Whether a variable was expanded in it.
    pub(super) fn has_references(&self) -> bool {
        !self.references.is_empty()
    }

    /// Returns a range of the text with expanded references put back.
    ///
    /// `None` if the range holds a part of a value only: then nothing could be
    /// written that would mean the same.
    pub(super) fn written(&self, range: Span) -> Option<String> {
        let mut written = String::with_capacity(range.len());
        let mut index = self.piece_at(range.start);
        let mut at = range.start;
        while at < range.end {
            let reference = self.pieces[index].reference;
            let mut end = self.piece_end(index);
            if let Some(reference) = reference {
                let mut first = index;
                while first > 0 && self.pieces[first - 1].reference == Some(reference) {
                    first -= 1;
                }
                while index + 1 < self.pieces.len()
                    && self.pieces[index + 1].reference == Some(reference)
                {
                    index += 1;
                    end = self.piece_end(index);
                }
                if self.pieces[first].start < at || end > range.end {
                    return None;
                }
                written.push_str(&self.references[reference]);
            } else {
                written.push_str(&self.text[at..end.min(range.end)]);
            }
            at = end;
            index += 1;
        }
        Some(written)
    }

    /// Returns a message about this line without the values of its variables.
    ///
    /// They may be secrets. A part of a value that is long enough to be recognized is
    /// hidden like the whole, since a message quotes what a parser stumbled over.
    pub(super) fn hide_values(&self, mut message: String) -> String {
        for (index, reference) in self.references.iter().enumerate() {
            let value: String = (0..self.pieces.len())
                .filter(|&piece| self.pieces[piece].reference == Some(index))
                .map(|piece| &self.text[self.pieces[piece].start..self.piece_end(piece)])
                .collect();
            message = hide(&message, &value, reference);
        }
        message
    }

    fn push(&mut self, source: &str, line: Span) {
        if !line.is_empty() {
            self.pieces.push(Piece {
                start: self.text.len(),
                source: line,
                reference: None,
            });
            self.text.push_str(&source[line.range()]);
        }
    }

    fn finish(mut self, variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        if let Some(hash) = comment_start(&self.text) {
            let comment = self.text[hash + 1..].trim_matches(is_space);
            self.comment = Some(comment.to_owned()).filter(|comment| !comment.is_empty());
            self.text.truncate(hash);
        }
        self.text
            .truncate(self.text.trim_end_matches(is_space).len());
        let indent = self.text.len() - self.text.trim_start_matches(is_space).len();
        self.text.drain(..indent);
        let length = self.text.len();
        if length == 0 {
            return None;
        }
        if indent > 0 {
            let first = self.piece_at(indent);
            self.pieces.drain(..first);
            for piece in &mut self.pieces {
                if piece.start < indent {
                    piece.source.start += indent - piece.start;
                    piece.start = 0;
                } else {
                    piece.start -= indent;
                }
            }
        }
        self.pieces.retain(|piece| piece.start < length);
        if let Some(last) = self.pieces.last_mut() {
            last.source.end = last.source.start + (length - last.start);
        }
        self.expand(variable);
        Some(self)
    }

    /// Replaces `${NAME}` where the variable has a value.
    ///
    /// The references are those of the unexpanded line, but each replaces wherever it
    /// stands by then, in an earlier one's value too, as in pip.
    fn expand(&mut self, variable: &dyn Fn(&str) -> Option<String>) {
        for reference in references(&self.text) {
            let name = &reference[2..reference.len() - 1];
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                // `${A}` in the value of A would never end if it were looked for again.
                self.replace(&reference, &value);
            }
        }
    }

    fn replace(&mut self, reference: &str, value: &str) {
        if !self.text.contains(reference) {
            return;
        }
        let mut next = Self::empty();
        next.comment = self.comment.take();
        next.references = std::mem::take(&mut self.references);
        let mut at = 0;
        for (start, _) in self.text.match_indices(reference) {
            self.copy(Span::new(at, start), &mut next);
            at = start + reference.len();
            // What replaces a part of a value is still that value to the reader.
            let outer = self.pieces[self.piece_at(start)].reference;
            next.pieces.push(Piece {
                start: next.text.len(),
                source: self.source(Span::new(start, at)),
                reference: Some(outer.unwrap_or_else(|| {
                    next.references.push(reference.to_owned());
                    next.references.len() - 1
                })),
            });
            next.text.push_str(value);
        }
        self.copy(Span::new(at, self.text.len()), &mut next);
        *self = next;
    }

    /// Appends a range of this line to another with its origins.
    fn copy(&self, range: Span, to: &mut Self) {
        let mut index = if range.is_empty() {
            return;
        } else {
            self.piece_at(range.start)
        };
        let mut at = range.start;
        while at < range.end {
            let piece = self.pieces[index];
            let end = self.piece_end(index).min(range.end);
            let source = if piece.reference.is_some() {
                piece.source
            } else {
                let start = piece.source.start + (at - piece.start);
                Span::new(start, start + (end - at))
            };
            to.pieces.push(Piece {
                start: to.text.len(),
                source,
                reference: piece.reference,
            });
            to.text.push_str(&self.text[at..end]);
            at = end;
            index += 1;
        }
    }

    /// Returns the piece that holds the byte at `offset`, the last one at the end.
    fn piece_at(&self, offset: usize) -> usize {
        self.pieces
            .partition_point(|piece| piece.start <= offset)
            .saturating_sub(1)
    }

    fn piece_end(&self, index: usize) -> usize {
        self.pieces
            .get(index + 1)
            .map_or(self.text.len(), |next| next.start)
    }

    fn source_start(&self, offset: usize) -> usize {
        let piece = self.pieces[self.piece_at(offset)];
        match piece.reference {
            None => piece.source.start + (offset - piece.start),
            Some(_) if offset >= self.text.len() => piece.source.end,
            Some(_) => piece.source.start,
        }
    }

    /// Returns where the character before `offset` ends; `offset` is not 0.
    fn source_end(&self, offset: usize) -> usize {
        let piece = self.pieces[self.piece_at(offset - 1)];
        match piece.reference {
            None => piece.source.start + (offset - piece.start),
            Some(_) => piece.source.end,
        }
    }
}

/// Replaces a value, and each part of it that has four characters or more.
fn hide(message: &str, value: &str, reference: &str) -> String {
    const RECOGNISABLE: usize = 4;
    let mut hidden = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let mut found = 0;
        let mut characters = 0;
        for (index, character) in rest.char_indices() {
            let end = index + character.len_utf8();
            if !value.contains(&rest[..end]) {
                break;
            }
            found = end;
            characters += 1;
        }
        if characters >= RECOGNISABLE || found == value.len() && found > 0 {
            hidden.push_str(reference);
            rest = &rest[found..];
        } else {
            hidden.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    hidden
}

/// Returns the `${NAME}` of a text, each once, in order: `\$\{[A-Z0-9_]+\}`.
fn references(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        rest = &rest[start..];
        let length = rest[2..]
            .bytes()
            .take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
            .count();
        if length > 0 && rest[2 + length..].starts_with('}') {
            let reference = &rest[..length + 3];
            if !found.iter().any(|known| known == reference) {
                found.push(reference.to_owned());
            }
            rest = &rest[length + 3..];
        } else {
            rest = &rest[2..];
        }
    }
    found
}

/// Returns the lines of a text without their endings, as Python's `str.splitlines`.
fn physical_lines(text: &str) -> impl Iterator<Item = Span> + '_ {
    let bytes = text.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let mut end = start;
        let mut ending = 0;
        while end < bytes.len() {
            ending = line_ending(&bytes[end..]);
            if ending > 0 {
                break;
            }
            end += 1;
        }
        let line = Span::new(start, end);
        start = end + ending;
        Some(line)
    })
}

/// Returns the length of the line ending that the bytes start with.
fn line_ending(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
        [b'\n' | 0x0b | 0x0c | b'\r' | 0x1c..=0x1e, ..] => 1,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// Returns what people say in comments that stand above a line.
///
/// Not counted are: an indented comment, as those are that say below a pin who wants
/// it; a block that says that the file was generated; the name of an encoding (PEP 263),
/// settings of an editor, rulers.
fn said_above(comments: &[&str]) -> Vec<String> {
    if comments
        .iter()
        .any(|line| line.contains("autogenerated by") || line.contains("auto-generated by"))
    {
        return Vec::new();
    }
    let is_for_tools = |text: &str| {
        ["coding:", "coding=", "vim:"]
            .iter()
            .any(|word| text.contains(word))
    };
    comments
        .iter()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|text| text.trim_start_matches('#').trim_matches(is_space))
        .filter(|text| is_said_by_people(text) && !is_for_tools(text))
        .map(str::to_owned)
        .collect()
}

/// Whether a comment says something, and more than who wants a pin.
pub(super) fn is_said_by_people(text: &str) -> bool {
    text.contains(char::is_alphanumeric) && text != "via" && !text.starts_with("via ")
}

fn is_comment(line: &str) -> bool {
    line.trim_start_matches(is_space).starts_with('#')
}

/// Finds the `#` that starts a comment: the first at the start or behind a space.
fn comment_start(text: &str) -> Option<usize> {
    text.match_indices('#')
        .map(|(index, _)| index)
        .find(|&index| text[..index].chars().next_back().is_none_or(is_space))
}

/// Whether Python takes a character for a space, in `strip` and in `\s`.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("s3cret".to_owned()),
            "A" => Some("${B}".to_owned()),
            "B" => Some("b b".to_owned()),
            "LOOP" => Some("x${LOOP}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    fn texts(source: &str) -> Vec<String> {
        logical_lines(source, &variable)
            .into_iter()
            .map(|line| line.text)
            .collect()
    }

    #[test]
    fn splits_where_python_splits() {
        assert_eq!(
            texts("a\nb\r\nc\rd\x0be\x0cf\x1cg\x1dh\x1ei\u{85}j\u{2028}k\u{2029}l\x1fm"),
            [
                "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l\x1fm"
            ]
        );
    }

    #[test]
    fn joins_lines_before_it_strips_comments() {
        assert_eq!(texts("c11 \\\n  >= 1.0"), ["c11   >= 1.0"]);
        assert_eq!(texts("c11 # x \\\npre\nd"), ["c11", "d"]);
        assert_eq!(texts("a \\\n# no \\\nb"), ["a", "b"]);
        assert_eq!(texts("# no \\\nb"), ["b"]);
        assert_eq!(texts("a\\"), ["a"]);
        assert_eq!(texts("\\\n\\\na"), ["a"]);
        assert_eq!(texts("\\a\\\\\nb"), ["ab"]);
        assert_eq!(texts("a \\\n\nb"), ["a", "b"]);
        assert_eq!(texts("a\\\r\nb"), ["ab"]);
        assert_eq!(texts("a \\ \nb"), ["a \\", "b"]);
    }

    #[test]
    fn a_comment_needs_a_space_before_it() {
        assert_eq!(
            texts("a#b\na #b\n#c\n \t# d\na\u{a0}# e"),
            ["a#b", "a", "a"]
        );
        let lines = logical_lines("a   #  why  \nb #", &variable);
        assert_eq!(lines[0].comment.as_deref(), Some("why"));
        assert_eq!(lines[1].comment, None);
    }

    #[test]
    fn comments_directly_above_belong_to_a_line() {
        let above = |source: &str| -> Vec<String> {
            logical_lines(source, &variable)
                .iter()
                .map(|line| format!("{}: {}", line.text, line.above.join("|")))
                .collect()
        };
        assert_eq!(
            above(
                "# far\n\n# one\n#two\n## 2 ##\n# ----\n#\na\nb\n# for c\nc \\\n  >=1\n# after\n"
            ),
            ["a: one|two|2 ##", "b: ", "c   >=1: for c"]
        );
        assert_eq!(above("# a\n \t\na"), ["a: "], "a line of spaces is empty");
        assert_eq!(above("a \\\n# of b\nb"), ["a: ", "b: of b"]);
        assert_eq!(above("# x\na \\\n"), ["a: x"]);
    }

    #[test]
    fn what_tools_write_above_a_line_is_not_counted() {
        let above = |source: &str| -> Vec<Vec<String>> {
            let lines = logical_lines(source, &variable);
            lines.into_iter().map(|line| line.above).collect()
        };
        let none = vec![Vec::<String>::new()];
        assert_eq!(
            above("# This file is autogenerated by pip-compile\n#  pip-compile x\n#\na==1\n"),
            none
        );
        assert_eq!(above("# -*- coding: utf-8 -*-\n# vim: tw=80\na\n"), none);
        assert_eq!(
            above("a==1\n    # via\n    #   b\n    #   -r x.in\nb==1\n# via x\nc==1\n"),
            [[""; 0]; 3]
        );
    }

    #[test]
    fn expands_upper_case_variables_that_have_a_value() {
        assert_eq!(
            texts("x${TOKEN}y ${EMPTY} ${UNSET} $TOKEN ${token} ${}"),
            ["xs3crety ${EMPTY} ${UNSET} $TOKEN ${token} ${}"]
        );
        assert_eq!(
            texts("${A} ${B}"),
            ["b b b b"],
            "as pip, which replaces in turn"
        );
        assert_eq!(texts("${B} ${A}"), ["b b ${B}"]);
        assert_eq!(texts("${LOOP}"), ["x${LOOP}"]);
        assert_eq!(texts("${TO\\\nKEN}"), ["s3cret"]);
    }

    #[test]
    fn knows_where_each_part_was_written() {
        let source = "  ab \\\n  cd${TOKEN}ef  # why\n";
        let lines = logical_lines(source, &variable);
        let line = &lines[0];
        assert_eq!(line.text, "ab   cds3cretef");
        assert_eq!(
            &source[line.source(Span::new(0, line.text.len())).range()],
            "ab \\\n  cd${TOKEN}ef"
        );
        let shown = |start, end| &source[line.source(Span::new(start, end)).range()];
        assert_eq!(shown(0, 2), "ab");
        assert_eq!(shown(5, 7), "cd");
        assert_eq!(shown(7, 13), "${TOKEN}");
        assert_eq!(shown(9, 15), "${TOKEN}ef");
        assert_eq!(shown(13, 15), "ef");
        assert_eq!(
            line.source(Span::new(15, 15)).start,
            source.find("  #").unwrap()
        );
    }

    #[test]
    fn writes_references_back() {
        let lines = logical_lines("u:${TOKEN}@h ${A} ${B}", &variable);
        let line = &lines[0];
        assert_eq!(line.text, "u:s3cret@h b b b b");
        let all = Span::new(0, line.text.len());
        assert_eq!(line.written(all).as_deref(), Some("u:${TOKEN}@h ${A} ${B}"));
        assert_eq!(line.written(Span::new(0, 8)).as_deref(), Some("u:${TOKEN}"));
        assert_eq!(line.written(Span::new(0, 5)), None, "half of a value");
    }

    #[test]
    fn hides_values_in_messages() {
        let lines = logical_lines("${TOKEN} ${B}", &variable);
        let hidden = |message: &str| lines[0].hide_values(message.to_owned());
        assert_eq!(hidden("found `s3cret`"), "found `${TOKEN}`");
        assert_eq!(hidden("found `cret`, b b"), "found `${TOKEN}`, ${B}");
        assert_eq!(hidden("secret"), "se${TOKEN}");
        assert_eq!(hidden("nothing, bold"), "nothing, bold");
    }

    proptest! {
        #[test]
        fn lines_hold_no_ending_comment_or_outer_space(source in "[a#\\\\ \t\r\n\u{85}\u{e9}$\\{\\}AB_]{0,40}") {
            for line in logical_lines(&source, &variable) {
                prop_assert!(!line.text.is_empty());
                if !line.has_references() {
                    let has_ending = line.text.contains(['\n', '\r', '\u{85}']);
                    prop_assert!(!has_ending);
                    prop_assert_eq!(comment_start(&line.text), None);
                    prop_assert_eq!(line.text.trim_matches(is_space), &line.text);
                }
            }
        }

        #[test]
        fn every_part_lies_in_the_source(source in "[a#\\\\ \n\u{e9}$\\{\\}AB]{0,40}|(.|\n|\\$\\{A\\}|\\$\\{B\\}|\\\\\n){0,20}") {
            for line in logical_lines(&source, &variable) {
                for (start, character) in line.text.char_indices() {
                    let end = start + character.len_utf8();
                    let origin = line.source(Span::new(start, end));
                    let shown = &source[origin.range()];
                    prop_assert!(!line.has_references() && shown.chars().eq([character]) || line.has_references());
                    let rest = line.source(Span::new(start, line.text.len()));
                    prop_assert!(source.get(rest.range()).is_some());
                }
                let whole = Span::new(0, line.text.len());
                let written = line.written(whole);
                prop_assert!(written.is_some());
                prop_assert!(line.has_references() || written.as_deref() == Some(&line.text));
            }
        }
    }
}
