//! Names of variables, where a `$` begins them.

/// Returns how long the name of a variable is that begins a text.
///
/// ```text
/// name = 1*DIGIT / special / ( letter / "_" ) *( letter / DIGIT / "_" )
/// special = "@" / "*" / "#" / "?" / "-" / "$" / "!"
/// ```
pub(super) fn name_length(text: &[u8]) -> usize {
    match text.first() {
        None => 0,
        Some(b'0'..=b'9') => text.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        Some(_) => {
            // Letters outside of ASCII count as BuildKit's do; what is not UTF-8 does not.
            let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            let length = text.iter().take_while(is_name).count();
            if text.get(length).is_none_or(u8::is_ascii) {
                return length;
            }
            let end = text
                .iter()
                .position(|byte| byte.is_ascii() && !is_name(&byte))
                .unwrap_or(text.len());
            let readable = match std::str::from_utf8(&text[..end]) {
                Ok(readable) => readable,
                Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or(""),
            };
            readable
                .find(|c: char| !is_letter(c) && !c.is_ascii_digit() && c != '_')
                .unwrap_or(readable.len())
        }
    }
}

/// Whether a character is a letter, or one of the few marks and symbols that count as
/// such here: the general categories of Unicode are not at hand.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !c.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_letters_end() {
        let length = |text: &str| name_length(text.as_bytes());
        assert_eq!(length("A_1-x"), 3);
        assert_eq!(length("12a"), 2);
        assert_eq!(length("@a"), 1);
        assert_eq!(length("\u{e9}a}"), 3);
        assert_eq!(length("a\u{2014}b"), 1);
        assert_eq!(length("(a)"), 0);
        assert_eq!(name_length(b"a\xff"), 1);
    }
}
