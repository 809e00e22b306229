//! The gate for text that others wrote, on its way to people: nothing in it steers the
//! terminal or hides, and nothing is longer than a reader can use.

use std::borrow::Cow;

/// How many characters without a blank are shown, and of how many the beginning is.
const LONGEST_WORD: usize = 1_000;
const CUT_WORD: usize = 200;
/// The same for lines.
const LONGEST_LINE: usize = 8_000;
const CUT_LINE: usize = 4_000;

/// Returns a text as it may be shown: [`visible`], and what is too long cut, with its
/// length behind it.
pub fn shown(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if !is_too_long(&text) {
        return text;
    }
    let mut result = String::new();
    for line in text.split_inclusive('\n') {
        let (content, end) = match line.strip_suffix('\n') {
            Some(content) => (content, "\n"),
            None => (line, ""),
        };
        let mut kept = String::new();
        for word in content.split_inclusive([' ', '\t']) {
            let blank = &word[word.trim_end_matches([' ', '\t']).len()..];
            let word = word.trim_end_matches([' ', '\t']);
            kept.push_str(&cut(word, LONGEST_WORD, CUT_WORD));
            kept.push_str(blank);
        }
        result.push_str(&cut(&kept, LONGEST_LINE, CUT_LINE));
        result.push_str(end);
    }
    Cow::Owned(result)
}

/// Returns a text with the characters escaped that control a terminal, turn the direction
/// of a line or are not seen, but for tabs and the ends of lines.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Most texts are of these alone, and bytes are looked at several times as fast.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let ends_line = |at: usize| text.as_bytes().get(at + 1) == Some(&b'\n');
    let is_escaped = |at: usize, c: char| match c {
        '\r' => !ends_line(at),
        c => is_hidden(c),
    };
    let Some(first) = text.char_indices().find(|(at, c)| is_escaped(*at, *c)) else {
        return Cow::Borrowed(text);
    };
    let mut result = text[..first.0].to_owned();
    for (at, c) in text[first.0..].char_indices() {
        if is_escaped(first.0 + at, c) {
            result.extend(c.escape_default());
        } else {
            result.push(c);
        }
    }
    Cow::Owned(result)
}

/// Whether a character controls a terminal, turns the direction of a line or is not seen.
///
/// Joiners are none of these: scripts need them, and so do emoji.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

fn is_too_long(text: &str) -> bool {
    if text.len() <= LONGEST_WORD {
        return false;
    }
    // No word and no line has more characters than bytes.
    let longest = |mark: fn(&u8) -> bool| text.as_bytes().split(mark).map(<[u8]>::len).max();
    let word = longest(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
    word > Some(LONGEST_WORD) || longest(|byte| *byte == b'\n') > Some(LONGEST_LINE)
}

/// Returns the beginning of a text that is too long, and what it is the beginning of; the
/// end comes too, since it tells what the text is, as the quote that closes it.
fn cut(text: &str, longest: usize, kept: usize) -> Cow<'_, str> {
    const END: usize = 40;
    if text.len() <= longest {
        return Cow::Borrowed(text);
    }
    let length = text.chars().count();
    if length <= longest {
        return Cow::Borrowed(text);
    }
    let at = |count: usize| {
        text.char_indices()
            .nth(count)
            .map_or(text.len(), |(at, _)| at)
    };
    let (start, end) = (&text[..at(kept)], &text[at(length - END)..]);
    Cow::Owned(format!("{start}… ({length} characters) …{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_escaped() {
        assert_eq!(visible("a\u{1b}[31m\tb\r\n"), "a\\u{1b}[31m\tb\r\n");
        assert_eq!(visible("good\rbad"), "good\\rbad");
        assert_eq!(visible("\r"), "\\r");
        assert_eq!(visible("a\u{202e}b\u{2066}c"), "a\\u{202e}b\\u{2066}c");
        assert_eq!(visible("a\u{200b}b\u{feff}"), "a\\u{200b}b\\u{feff}");
        assert_eq!(visible("\u{85}\u{2028}"), "\\u{85}\\u{2028}");
        for text in ["plain\n", "é 中 \u{200d}\r\n", "👩\u{200d}💻"] {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text}");
            assert!(matches!(shown(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_its_length_told() {
        let name = "a".repeat(2_000_000);
        let text = format!("x:1: `{name}` is not pinned: no such thing\nnext");
        let text = shown(&text);
        assert!(text.starts_with("x:1: `aaaa"), "{text}");
        assert!(text.contains("aa… (2000002 characters) …aa"), "{text}");
        assert!(
            text.ends_with("aa` is not pinned: no such thing\nnext"),
            "{text}"
        );
        assert!(text.len() < 400, "{text}");

        let words = "é ".repeat(9_000);
        assert!(shown(&words).contains("(18000 characters)"));
        assert!(shown(&words).chars().count() < 4_100);
        let path = "/é".repeat(450);
        assert_eq!(shown(&path), path);
    }

    #[test]
    fn escapes_count_as_what_they_are_shown_as() {
        assert!(shown(&"\u{1b}".repeat(1_000_000)).len() < 400);
    }
}
