//! `# pinfold: ignore`: the comment that leaves what follows it alone.
//!
//! ```text
//! pragma = "#" *blank "pinfold" *blank ":" *blank "ignore" [ mark *char ]
//! mark   = any byte but a letter, a digit, "-", "_"
//! ```
//!
//! It stands on the line right before the reference's, before the instruction's first
//! line, or before those of the `ARG` that would carry the digest.

use super::parse::Dockerfile;

/// Returns the line number, from 1, of the pragma right before a line (from 0).
pub(super) fn before(file: &Dockerfile, line: usize) -> Option<usize> {
    let comment = file.lines.get(line.checked_sub(1)?)?;
    let is_pragma = comment.is_comment && is_pragma(&file.source[comment.content.range()]);
    is_pragma.then_some(line)
}

fn is_pragma(comment: &[u8]) -> bool {
    let read = || {
        let rest = comment.trim_ascii().strip_prefix(b"#")?;
        let rest = strip_word(rest, b"pinfold")?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?;
        strip_word(rest, b"ignore")
    };
    let is_mark = |byte: &u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_');
    read().is_some_and(|rest| rest.first().is_none_or(is_mark))
}

fn strip_word<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.trim_ascii_start().split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_reasons_are_free() {
        for comment in [
            "# pinfold: ignore",
            "#pinfold:ignore",
            "  # pinfold :  ignore\tbuilt here",
            "# Pinfold: ignore, it is ours",
        ] {
            assert!(is_pragma(comment.as_bytes()), "{comment}");
        }
        for comment in ["# pinfold: ignored", "# pinfold ignore", "# ignore", "#"] {
            assert!(!is_pragma(comment.as_bytes()), "{comment}");
        }
    }
}
