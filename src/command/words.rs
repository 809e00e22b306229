//! The words of a command, split as a POSIX shell splits them (XCU §2.2, §2.3).
//!
//! Quotes and backslashes are understood, nothing is expanded: a variable or a
//! pattern stays what it is. One departure: an unquoted backslash before a letter
//! or a digit stays, because there it is the separator of a Windows path.
//!
//! The crate `shlex` (2.0.1) would save 40 lines and read three kinds of headers wrongly: it
//! makes `requirementsdev.in` of `requirements\dev.in`, takes words from one that begins with
//! `#` on for a comment, and refuses a backslash at the end.

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ShellWord {
    pub(super) text: String,
    /// Whether a part of it is quoted: then it is neither an operator nor a comment.
    pub(super) is_quoted: bool,
}

/// Returns the words of a command; none if a quote has no end.
///
/// ```text
/// word  = (plain | "\" any | "'" [^']* "'" | '"' (plain | "\" any)* '"')+
/// space = [ \t\r\n]+
/// ```
pub(super) fn split(text: &str) -> Option<Vec<ShellWord>> {
    let mut words = Vec::new();
    let mut word: Option<ShellWord> = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if is_space(character) {
            words.extend(word.take());
            continue;
        }
        let ShellWord {
            text: word,
            is_quoted,
        } = word.get_or_insert_default();
        *is_quoted |= matches!(character, '\'' | '"');
        match character {
            '\'' => loop {
                match characters.next()? {
                    '\'' => break,
                    character => word.push(character),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => match characters.next()? {
                        escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                        character => word.extend(['\\', character]),
                    },
                    character => word.push(character),
                }
            },
            '\\' => match characters.peek().copied() {
                Some(next) if next.is_alphanumeric() || matches!(next, '.' | '_') => {
                    word.push('\\');
                }
                Some(next) => {
                    word.push(next);
                    characters.next();
                }
                None => {}
            },
            character => word.push(character),
        }
    }
    words.extend(word);
    Some(words)
}

/// Returns the words between blanks, for a command that was written without quotes.
pub(super) fn split_unquoted(text: &str) -> Vec<String> {
    text.split(is_space)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::shell_word;

    fn check(text: &str, expected: &[&str]) {
        let words = split(text).unwrap();
        let texts: Vec<String> = words.into_iter().map(|word| word.text).collect();
        assert_eq!(texts, expected, "{text}");
    }

    #[test]
    fn splits_as_a_shell_does() {
        check("", &[]);
        check(" a  b\tc ", &["a", "b", "c"]);
        check(
            "--a='b c'd \"e \\\" \\n \\\\\" f\\ g",
            &["--a=b cd", "e \" \\n \\", "f g"],
        );
        check("'' x\"\"y a#b # c", &["", "xy", "a#b", "#", "c"]);
        check("'it'\"'\"'s'", &["it's"]);
        check("a\\", &["a"]);
    }

    #[test]
    fn keeps_the_backslashes_of_windows_paths() {
        check(
            r"requirements\dev.in 'sub\a.in'",
            &[r"requirements\dev.in", r"sub\a.in"],
        );
        check(r"..\base.in \.hidden", &[r"..\base.in", r"\.hidden"]);
    }

    #[test]
    fn quoted_words_are_told_from_others() {
        let words = split("# '#' \";\" a''b c\\;").unwrap();
        let quoted: Vec<bool> = words.iter().map(|word| word.is_quoted).collect();
        assert_eq!(quoted, [false, true, true, true, false]);
    }

    #[test]
    fn an_open_quote_is_no_word() {
        assert_eq!(split("a 'b"), None);
        assert_eq!(split("a \"b\\"), None);
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_itself(word in "\\PC{0,20}") {
            let words = split(&format!("a {} b", shell_word(&word))).unwrap();
            prop_assert_eq!(&words[1].text, &word);
            prop_assert_eq!(words.len(), 3);
        }
    }
}
