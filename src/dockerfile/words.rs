//! Words of an instruction: its keyword, the builder's flags, what is left.
//!
//! ```text
//! instruction = keyword *( blanks flag ) [ blanks "--" ] [ blanks rest ]
//! flag        = "--" *( char / quoted / "\" char )
//! quoted      = <"> *( char / "\" char ) <"> / "'" *( char / "\" char ) "'"
//! ```
//!
//! In flags the backslash escapes, whatever the file's escape character is. Three
//! ways to split the rest: at blanks (`FROM`, `COPY`), at blanks outside of quotes
//! (`ARG`), or as an array of JSON strings.

use super::lines::{is_blank, space_at, trim};
use crate::text::{Mapped, Span};

/// The parts of an instruction.
#[derive(Debug)]
pub(super) struct Parts {
    /// The keyword, in the logical line.
    pub(super) keyword: Span,
    /// The flags without quotes and escapes: `--name=value`.
    pub(super) flags: Vec<Mapped>,
    /// What follows, in the logical line.
    pub(super) rest: Span,
}

/// Whether an instruction's rest is an array of JSON strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonForm {
    /// It is.
    Yes,
    /// It is not: a shell's line, or words.
    No,
    /// It is an array of other things, which BuildKit refuses.
    Mixed,
}

/// Splits a part of a logical line into an instruction's parts.
pub(super) fn split_instruction(line: &Mapped, span: Span) -> Parts {
    let bytes = line.bytes();
    let span = trim(bytes, span);
    let mut at = span.start;
    while at < span.end && !is_blank(bytes[at]) {
        at += 1;
    }
    let keyword = Span::new(span.start, at);
    while at < span.end && is_blank(bytes[at]) {
        at += 1;
    }
    let (flags, rest_start) = flags(line, Span::new(at, span.end));
    Parts {
        keyword,
        flags,
        rest: trim(bytes, Span::new(rest_start, span.end)),
    }
}

/// Reads flags; returns them and where the rest begins.
fn flags(line: &Mapped, span: Span) -> (Vec<Mapped>, usize) {
    let bytes = &line.bytes()[..span.end];
    let mut flags = Vec::new();
    let mut at = span.start;
    loop {
        while at < span.end && is_space(bytes[at]) {
            at += 1;
        }
        if !bytes[at..].starts_with(b"--") {
            return (flags, at);
        }
        let mut word = Mapped::new();
        let mut quote = None;
        while let Some(&byte) = bytes.get(at) {
            if quote.is_none() && is_space(byte) {
                break;
            }
            if quote == Some(byte) {
                quote = None;
            } else if quote.is_none() && matches!(byte, b'\'' | b'"') {
                quote = Some(byte);
            } else if byte != b'\\' {
                push(&mut word, line, Span::new(at, at + 1));
            } else if at + 1 < span.end {
                push(&mut word, line, Span::new(at, at + 2));
                at += 1;
            } else {
                quote = None;
            }
            at += 1;
        }
        if word.bytes() == b"--" {
            return (flags, at);
        }
        flags.push(word);
    }
}

/// Whether a byte is white space where BuildKit reads byte by byte, as in flags: 0x85
/// and 0xA0 are on their own then.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// Adds the last byte of a part of a line, as made of all of that part.
fn push(word: &mut Mapped, line: &Mapped, span: Span) {
    let source = line
        .source(span)
        .expect("the bytes of a logical line are in the order of the file");
    word.push(line.bytes()[span.end - 1], source);
}

/// Splits at blanks.
pub(super) fn split_at_blanks(bytes: &[u8], span: Span) -> Vec<Span> {
    let mut words = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let start = at;
        while at < span.end && !is_blank(bytes[at]) {
            at += 1;
        }
        if at > start {
            words.push(Span::new(start, at));
        }
        at += 1;
    }
    words
}

/// Splits at white space outside of quotes; quotes and escapes stay in the words.
pub(super) fn split_at_space(bytes: &[u8], span: Span, escape: u8) -> Vec<Span> {
    let bytes = &bytes[..span.end];
    let mut words = Vec::new();
    let mut at = span.start;
    loop {
        while let length @ 1.. = space_at(bytes, at) {
            at += length;
        }
        if at >= span.end {
            return words;
        }
        let start = at;
        let mut end = span.end;
        let mut quote = None;
        while let Some(&byte) = bytes.get(at) {
            if quote.is_none() && space_at(bytes, at) > 0 {
                end = at;
                break;
            }
            if byte == escape && quote != Some(b'\'') {
                if at + 1 == span.end {
                    // An escape at the very end escapes nothing, and is dropped.
                    end = at;
                }
                at += 1;
            } else if quote == Some(byte) {
                quote = None;
            } else if quote.is_none() && matches!(byte, b'\'' | b'"') {
                quote = Some(byte);
            }
            at += 1;
        }
        if end > start {
            words.push(Span::new(start, end));
        }
    }
}

/// Says whether a text is an array of JSON strings.
pub(super) fn json_form(text: &[u8]) -> JsonForm {
    if !text.starts_with(b"[") {
        return JsonForm::No;
    }
    let text = without_surrogates(&String::from_utf8_lossy(text));
    let values: Result<Vec<serde_json::Value>, _> = serde_json::from_str(&text);
    match values {
        Ok(values) if values.iter().all(serde_json::Value::is_string) => JsonForm::Yes,
        Ok(_) => JsonForm::Mixed,
        Err(_) => JsonForm::No,
    }
}

/// Replaces the escapes of surrogates, which Go's JSON takes alone as well.
fn without_surrogates(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut result = parts.next().unwrap_or_default().to_owned();
    let mut is_escaped = false;
    for part in parts {
        result.push('\\');
        // Of two backslashes, the second one is escaped and escapes nothing.
        let is_escape = !std::mem::take(&mut is_escaped);
        is_escaped = is_escape && part.is_empty();
        match part.as_bytes() {
            [
                b'u',
                b'd' | b'D',
                b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F',
                a,
                b,
                ..,
            ] if is_escape && a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                result.push_str("ufffd");
                result.push_str(&part[5..]);
            }
            _ => result.push_str(part),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[track_caller]
    fn check(line: &str, flags: &[&str], rest: &str) {
        let mapped = Mapped::verbatim(line.as_bytes(), 0);
        let parts = split_instruction(&mapped, Span::new(0, mapped.len()));
        let found: Vec<_> = parts.flags.iter().map(|flag| show(flag.bytes())).collect();
        assert_eq!(found, flags);
        assert_eq!(&line[parts.rest.range()], rest);
    }

    #[test]
    fn flags_end_at_the_first_other_word() {
        check("FROM a --x", &[], "a --x");
        check(
            "COPY  --link\t--from=a b --c ",
            &["--link", "--from=a"],
            "b --c",
        );
        check("FROM --platform=a -- b", &["--platform=a"], "b");
        check("FROM -- b", &[], "b");
        check("FROM --", &[], "");
        check("FROM", &[], "");
        check("", &[], "");
    }

    #[test]
    fn flags_lose_quotes_and_escapes() {
        check("COPY --from=\"a b\" c", &["--from=a b"], "c");
        check("COPY --from='a\\'b' c", &["--from=a'b"], "c");
        check("COPY --from=a\\ b c", &["--from=a b"], "c");
        check("COPY --from=\"a b", &["--from=a b"], "");
        check("COPY --from=a\\", &["--from=a"], "");
        check("COPY --from=`a` b", &["--from=`a`"], "b");
    }

    #[test]
    fn a_flag_knows_its_place_in_the_file() {
        let mapped = Mapped::verbatim(b"COPY --from=\"a\\:1\" b", 100);
        let parts = split_instruction(&mapped, Span::new(0, mapped.len()));
        let flag = &parts.flags[0];
        assert_eq!(flag.bytes(), b"--from=a:1");
        assert_eq!(flag.source(Span::new(7, 10)), Some(Span::new(113, 117)));
    }

    #[track_caller]
    fn check_words(line: &str, words: &[&str]) {
        let spans = split_at_space(line.as_bytes(), Span::new(0, line.len()), b'\\');
        let found: Vec<_> = spans.iter().map(|span| &line[span.range()]).collect();
        assert_eq!(found, words);
    }

    #[test]
    fn quotes_hold_words_together() {
        check_words(
            "a=1  b='x y' c=\"\\\" z\"",
            &["a=1", "b='x y'", "c=\"\\\" z\""],
        );
        check_words("a=\\  b", &["a=\\ ", "b"]);
        check_words("a='\\' b'", &["a='\\'", "b'"]);
        check_words("a\\", &["a"]);
        check_words("\\", &[]);
        check_words("a \"b c", &["a", "\"b c"]);
        check_words("", &[]);
    }

    #[test]
    fn an_array_of_strings_is_json_and_a_test_is_not() {
        assert_eq!(json_form(b"[\"a\", \"<<EOF\"]"), JsonForm::Yes);
        assert_eq!(json_form(b"[]"), JsonForm::Yes);
        assert_eq!(json_form(b"[ -f a ] && b"), JsonForm::No);
        assert_eq!(json_form(b"[\"a\"] b"), JsonForm::No);
        assert_eq!(json_form(b"['a']"), JsonForm::No);
        assert_eq!(json_form(b"[\"\xff\"]"), JsonForm::Yes);
        assert_eq!(json_form(b"[1]"), JsonForm::Mixed);
        assert_eq!(json_form(b"[\"\\ud800\\\\\"]"), JsonForm::Yes);
        assert_eq!(json_form(b"[\"\\ud8\"]"), JsonForm::No);
        assert_eq!(json_form(b"[\"\\\\\\ud800\", 1]"), JsonForm::Mixed);
        assert_eq!(json_form(b"a"), JsonForm::No);
    }
}
