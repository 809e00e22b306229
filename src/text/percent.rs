//! Percent-encoding (RFC 3986, section 2.1), the way back. Encoding is the business of
//! who knows which characters have a meaning at a place.

use std::borrow::Cow;

use super::hex::decode_hex;

/// Returns text with the bytes that its `%2B` and the like stand for; a `%` without two
/// hexadecimal digits stays.
pub fn percent_decoded_bytes(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let mut byte = [0];
        let is_escape = *first == b'%'
            && tail
                .get(..2)
                .is_some_and(|digits| decode_hex(digits, &mut byte));
        bytes.push(if is_escape { byte[0] } else { *first });
        rest = if is_escape { &tail[2..] } else { tail };
    }
    Cow::Owned(bytes)
}

/// Returns text with the characters that its `%2B` and the like stand for, `U+FFFD`
/// for what gives none.
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    match percent_decoded_bytes(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    }
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
