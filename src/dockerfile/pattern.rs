//! Shell patterns of `${V#p}`, `${V%p}` and `${V/p/r}`.
//!
//! ```text
//! pattern = *( "*" / "?" / "\" ( "*" / "?" / "\" / "}" / "/" ) / char )
//! ```
//!
//! There are no brackets. `?` is one byte here: values that are references are ASCII.

/// A pattern.
#[derive(Debug)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Byte(u8),
}

/// Which of several matches counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Shortest,
    Longest,
}

/// A backslash before a character that needs none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadEscape;

impl Pattern {
    pub(super) fn parse(text: &[u8]) -> Result<Self, BadEscape> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut bytes = text.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            tokens.push(match byte {
                b'*' => Token::Any,
                b'?' => Token::One,
                b'\\' => match bytes.next() {
                    Some(byte @ (b'*' | b'?' | b'\\' | b'}' | b'/')) => Token::Byte(byte),
                    _ => return Err(BadEscape),
                },
                byte => Token::Byte(byte),
            });
        }
        Ok(Self(tokens))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns how long the part of a text is that matches at its start.
    pub(super) fn prefix(&self, text: &[u8], length: Length) -> Option<usize> {
        matching(&self.0, text, length)
    }

    /// Returns how long the part of a text is that matches at its end.
    pub(super) fn suffix(&self, text: &[u8], length: Length) -> Option<usize> {
        let tokens: Vec<Token> = self.0.iter().rev().copied().collect();
        let text: Vec<u8> = text.iter().rev().copied().collect();
        matching(&tokens, &text, length)
    }

    /// Replaces the first match, or all.
    pub(super) fn replace(&self, text: &[u8], replacement: &[u8], is_global: bool) -> Vec<u8> {
        let mut result = Vec::new();
        let mut at = 0;
        let mut last_end = None;
        while at <= text.len() {
            let found = self
                .prefix(&text[at..], Length::Longest)
                .filter(|&length| length > 0 || last_end != Some(at));
            if let Some(length) = found {
                result.extend_from_slice(replacement);
                at += length;
                last_end = Some(at);
                if !is_global {
                    break;
                }
                if length > 0 {
                    continue;
                }
            }
            result.extend(text.get(at));
            at += 1;
        }
        result.extend_from_slice(text.get(at..).unwrap_or_default());
        result
    }
}

/// Walks through the text with all places of the pattern that are reached at once.
fn matching(tokens: &[Token], text: &[u8], length: Length) -> Option<usize> {
    let mut reached = vec![false; tokens.len() + 1];
    reached[0] = true;
    pass_any(tokens, &mut reached);
    let mut found = None;
    for at in 0..=text.len() {
        if std::mem::take(&mut reached[tokens.len()]) {
            found = Some(at);
            if length == Length::Shortest {
                break;
            }
        }
        let Some(&byte) = text.get(at) else { break };
        for place in (0..tokens.len()).rev() {
            let is_here = std::mem::take(&mut reached[place]);
            match tokens[place] {
                Token::Any => reached[place] = is_here,
                Token::One => reached[place + 1] |= is_here,
                Token::Byte(expected) => reached[place + 1] |= is_here && expected == byte,
            }
        }
        pass_any(tokens, &mut reached);
    }
    found
}

/// `*` may match nothing.
fn pass_any(tokens: &[Token], reached: &mut [bool]) {
    for (place, token) in tokens.iter().enumerate() {
        if *token == Token::Any && reached[place] {
            reached[place + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn matches_at_either_end() {
        let text = b"a-b-c";
        assert_eq!(pattern("*-").prefix(text, Length::Shortest), Some(2));
        assert_eq!(pattern("*-").prefix(text, Length::Longest), Some(4));
        assert_eq!(pattern("-*").suffix(text, Length::Shortest), Some(2));
        assert_eq!(pattern("-*").suffix(text, Length::Longest), Some(4));
        assert_eq!(pattern("b").prefix(text, Length::Longest), None);
        assert_eq!(pattern("??").suffix(text, Length::Longest), Some(2));
        assert_eq!(pattern("*").prefix(text, Length::Longest), Some(5));
        assert_eq!(pattern("*").prefix(text, Length::Shortest), Some(0));
        assert_eq!(pattern("\\*").prefix(b"*a", Length::Longest), Some(1));
        assert_eq!(pattern("\\*").prefix(b"\\a", Length::Longest), None);
        assert_eq!(pattern("\\\\").prefix(b"\\", Length::Longest), Some(1));
        assert_eq!(Pattern::parse(b"\\a").unwrap_err(), BadEscape);
    }

    #[test]
    fn replaces_the_first_match_or_all() {
        let replace = |text: &str, from, to: &str, is_global| {
            let new = pattern(from).replace(text.as_bytes(), to.as_bytes(), is_global);
            String::from_utf8(new).unwrap()
        };
        assert_eq!(replace("a.b.c", ".", "-", false), "a-b.c");
        assert_eq!(replace("a.b.c", ".", "-", true), "a-b-c");
        assert_eq!(replace("abc", "*", "x", true), "x");
        assert_eq!(replace("abc", "d", "x", true), "abc");
        assert_eq!(replace("abc", "", "-", true), "-a-b-c-");
        assert_eq!(replace("abc", "b*", "", false), "a");
    }
}
