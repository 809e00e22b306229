//! Percent-encoding (RFC 3986, section 2.1), the way back. Encoding is the business of
//! who knows which characters have a meaning at a place.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Returns text with the bytes that its `%2B` and the like stand for; a `%` without two
/// hexadecimal digits stays.
pub fn percent_decoded_bytes(text: &str) -> Cow<'_, [u8]> {
    percent_decode_str(text).into()
}

/// Returns text with the characters that its `%2B` and the like stand for, `U+FFFD`
/// for what gives none.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_encoded_and_nothing_else() {
        for (text, decoded) in [
            ("a%2Bb%2bc", "a+b+c"),
            ("%C3%A9", "é"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%+1%%41", "%zz%+1%A"),
            ("%é", "%é"),
            ("plain", "plain"),
            ("%ff-", "\u{fffd}-"),
        ] {
            assert_eq!(percent_decoded(text), decoded, "{text}");
        }
        assert_eq!(*percent_decoded_bytes("%ff-"), *b"\xff-");
    }
}
