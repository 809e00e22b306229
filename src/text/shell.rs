//! Words for a POSIX shell: how values stand in the commands that are shown and written.
//!
//! Quotes are those of Python's `shlex.quote`, as in pip-compile's headers. The crate `shlex`
//! (2.0.1) also quotes words with `=`, `,` or `%` and writes `"it's"`, so the headers of
//! locks that nobody touched would change.

use std::borrow::Cow;

/// Returns `word` so that a POSIX shell reads it as one word.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r#"'"'"'"#)))
}

/// Returns a path so that a command takes it for a path, not for an option.
pub fn shell_path(path: &str) -> Cow<'_, str> {
    if path.starts_with('-') {
        return Cow::Owned(shell_word(&format!("./{path}")).into_owned());
    }
    shell_word(path)
}

/// Returns `value` so that it is one word of a requirements file's line.
///
/// pip takes off comments before it looks at quotes: a `#` behind a blank begins one, and
/// does not where a quote stands between them.
pub fn option_word(value: &str) -> Cow<'_, str> {
    let is_special = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '\\');
    if !value.is_empty() && !value.contains(is_special) && !value.starts_with('#') {
        return Cow::Borrowed(value);
    }
    let mut quoted = String::from("'");
    let mut before = ' ';
    for character in value.chars() {
        match character {
            '\'' => quoted.push_str(r#"'"'"'"#),
            '#' if before.is_whitespace() => quoted.push_str("''#"),
            other => quoted.push(other),
        }
        before = character;
    }
    quoted.push('\'');
    Cow::Owned(quoted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::split_words;

    #[test]
    fn words_are_quoted_only_if_they_have_to_be() {
        for plain in ["a.in", "a@b%+=:,./-_9", "--x=y"] {
            assert_eq!(shell_word(plain), plain);
        }
        for (word, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("$(touch x)", "'$(touch x)'"),
            ("`x`;&|<>*?~!#", "'`x`;&|<>*?~!#'"),
            ("it's", r#"'it'"'"'s'"#),
            ("ü", "'ü'"),
        ] {
            assert_eq!(shell_word(word), quoted);
        }
        assert_eq!(shell_path("-r a"), "'./-r a'");
        assert_eq!(shell_path("-x"), "./-x");
        assert_eq!(shell_path("a/-x"), "a/-x");
    }

    #[test]
    fn option_values_are_quoted_as_pip_reads_them() {
        for plain in [
            "wheels",
            "https://u:${PW}@host.example/?a=b&c#d",
            "~/w",
            "a;b",
        ] {
            assert_eq!(option_word(plain), plain);
        }
        for (value, quoted) in [
            ("", "''"),
            ("wh dir", "'wh dir'"),
            ("a #b", "'a ''#b'"),
            ("#b", "'''#b'"),
            (r"C:\w", r"'C:\w'"),
            ("it's", r#"'it'"'"'s'"#),
        ] {
            assert_eq!(option_word(value), quoted);
        }
    }

    proptest! {
        #[test]
        fn option_values_read_back_as_they_were(value in "[a -~#'\"\\\\\u{a0}é]{0,12}") {
            let line = format!("--x {}", option_word(&value));
            let is_comment = |(at, _): (usize, &str)| {
                line[..at].chars().next_back().is_some_and(char::is_whitespace)
            };
            prop_assert!(!line.match_indices('#').any(is_comment), "{}", line);
            let words: Vec<String> = split_words(&line, 0)
                .unwrap()
                .into_iter()
                .map(|word| word.text.into_owned())
                .collect();
            prop_assert_eq!(words, ["--x".to_owned(), value]);
        }
    }
}
