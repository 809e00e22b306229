//! Words of an option string, split as Python's `shlex.split` does.
//!
//! The crate `shlex` (2.0.1) is not used: it has no places, which problems need, and splits
//! as a POSIX shell does. There a `#` begins a comment, `\$` in double quotes loses its
//! backslash and a carriage return is not a space; pip sees it the other way in all three.

use std::borrow::Cow;

use super::Span;

/// A word: what it means, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its text, without quotes and escapes.
    pub text: Cow<'a, str>,
    /// Where it stands in the string that was split, quotes included.
    pub span: Span,
}

/// Why a string does not split into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitError {
    /// A quote opened at this offset has no end.
    OpenQuote(usize),
    /// The backslash at this offset has nothing behind it.
    OpenEscape(usize),
}

/// Splits `text[start..]` into words; spans count from the start of `text`.
///
/// ```text
/// word   = (plain | "\" any | "'" [^']* "'" | '"' (plain | '\"' | "\\")* '"')+
/// spaces = [ \t\r\n]+
/// ```
///
/// # Errors
/// When a quote or an escape is left open.
pub fn split_words(text: &str, start: usize) -> Result<Vec<Word<'_>>, SplitError> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut at = start;
    loop {
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if at == bytes.len() {
            return Ok(words);
        }
        let length = bytes[at..]
            .iter()
            .take_while(|&&byte| !is_space(byte) && !matches!(byte, b'\'' | b'"' | b'\\'))
            .count();
        let plain = at + length;
        if plain == bytes.len() || is_space(bytes[plain]) {
            words.push(Word {
                text: Cow::Borrowed(&text[at..plain]),
                span: Span::new(at, plain),
            });
            at = plain;
        } else {
            let mut value = text[at..plain].to_owned();
            let end = quoted(text, plain, &mut value)?;
            words.push(Word {
                text: Cow::Owned(value),
                span: Span::new(at, end),
            });
            at = end;
        }
    }
}

/// Reads the rest of a word that has quotes or escapes; returns where it ends.
fn quoted(text: &str, start: usize, value: &mut String) -> Result<usize, SplitError> {
    let mut characters = text[start..].char_indices();
    while let Some((index, character)) = characters.next() {
        let at = start + index;
        match character {
            ' ' | '\t' | '\r' | '\n' => return Ok(at),
            '\\' => match characters.next() {
                Some((_, escaped)) => value.push(escaped),
                None => return Err(SplitError::OpenEscape(at)),
            },
            '\'' => loop {
                match characters.next() {
                    Some((_, '\'')) => break,
                    Some((_, character)) => value.push(character),
                    None => return Err(SplitError::OpenQuote(at)),
                }
            },
            '"' => loop {
                match characters.next() {
                    Some((_, '"')) => break,
                    Some((_, '\\')) => match characters.next() {
                        Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                        Some((_, character)) => value.extend(['\\', character]),
                        None => return Err(SplitError::OpenQuote(at)),
                    },
                    Some((_, character)) => value.push(character),
                    None => return Err(SplitError::OpenQuote(at)),
                }
            },
            _ => value.push(character),
        }
    }
    Ok(text.len())
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split_words(text, 0)
            .unwrap()
            .into_iter()
            .map(|word| word.text.into_owned())
            .collect()
    }

    #[test]
    fn splits_as_a_shell_does() {
        assert_eq!(texts(""), [""; 0]);
        assert_eq!(
            texts(" -i  https://x\t--pre "),
            ["-i", "https://x", "--pre"]
        );
        assert_eq!(
            texts(r#"--a='b c'd "e \" \n \\" f\ g '' x""y"#),
            ["--a=b cd", "e \" \\n \\", "f g", "", "xy"]
        );
        assert_eq!(texts("a#b # c"), ["a#b", "#", "c"]);
        assert_eq!(texts("a\u{a0}b"), ["a\u{a0}b"]);
    }

    #[test]
    fn says_which_quote_is_open() {
        assert_eq!(split_words("ab 'c", 0), Err(SplitError::OpenQuote(3)));
        assert_eq!(split_words("ab \"c\\", 0), Err(SplitError::OpenQuote(3)));
        assert_eq!(split_words("ab c\\", 0), Err(SplitError::OpenEscape(4)));
    }

    #[test]
    fn spans_hold_the_quotes() {
        let text = "x --a='b c' d";
        let words = split_words(text, 2).unwrap();
        assert_eq!(&text[words[0].span.range()], "--a='b c'");
        assert_eq!(&text[words[1].span.range()], "d");
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_hold_no_outer_space(text in "[a\u{e9} \t'\"\\\\]{0,20}") {
            let mut behind = 0;
            for word in split_words(&text, 0).unwrap_or_default() {
                prop_assert!(word.span.start >= behind && word.span.end > word.span.start);
                prop_assert!(!text[word.span.range()].starts_with([' ', '\t']));
                behind = word.span.end;
            }
        }
    }
}
