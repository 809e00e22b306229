//! The text of a requirements file's bytes, decoded as pip does.
//!
//! A byte-order mark decides (UTF-8, UTF-16, UTF-32); else a PEP 263 comment such as
//! `# -*- coding: latin-1 -*-` at the start of one of the first two lines; else it
//! is UTF-8. pip then tries the encoding of the user's locale; we do not, because
//! the same bytes must mean the same requirements everywhere.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// Why bytes are not a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A byte sequence does not belong to the encoding.
    #[error(
        "byte {offset} (line {line_number}) is not {}{encoding}",
        if *.is_declared { "in the declared encoding " } else { "valid " }
    )]
    Malformed {
        /// The encoding that was tried, e.g. `UTF-8`.
        encoding: String,
        /// Whether the file itself names the encoding.
        is_declared: bool,
        /// Offset of the first bad byte.
        offset: usize,
        /// Line of that byte, counted from 1.
        line_number: usize,
    },
    /// The file declares an encoding that is not known.
    #[error("line {line_number} declares an unknown encoding `{label}`")]
    UnknownEncoding {
        /// The encoding as declared.
        label: String,
        /// Offset of the label's first byte.
        offset: usize,
        /// Line of the declaration, counted from 1.
        line_number: usize,
    },
}

impl DecodeError {
    /// Returns what to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Malformed {
                is_declared: false, ..
            } => {
                "save the file as UTF-8, or declare its encoding on the first line: `# -*- coding: \
                 latin-1 -*-`"
            }
            Self::Malformed { .. } => "save the file in the declared encoding, or as UTF-8",
            Self::UnknownEncoding { .. } => "save the file as UTF-8 and remove the declaration",
        }
    }

    /// Returns the offset of the byte at fault.
    pub fn offset(&self) -> usize {
        match self {
            Self::Malformed { offset, .. } | Self::UnknownEncoding { offset, .. } => *offset,
        }
    }
}

/// Returns the text of `bytes`, without a byte-order mark.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    // UTF-32's little-endian mark starts with UTF-16's, so it comes first.
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        utf8(rest).map_err(|offset| malformed(bytes, "UTF-8", false, offset + 3))
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe\0\0") {
        utf32(rest, u32::from_le_bytes)
            .map_err(|offset| malformed(bytes, "UTF-32", false, offset + 4))
    } else if let Some(rest) = bytes.strip_prefix(b"\0\0\xfe\xff") {
        utf32(rest, u32::from_be_bytes)
            .map_err(|offset| malformed(bytes, "UTF-32", false, offset + 4))
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        foreign(rest, UTF_16LE).map_err(|offset| malformed(bytes, "UTF-16", false, offset + 2))
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        foreign(rest, UTF_16BE).map_err(|offset| malformed(bytes, "UTF-16", false, offset + 2))
    } else if let Some(label) = declared_label(bytes) {
        decode_as(bytes, label.start, &bytes[label])
    } else {
        utf8(bytes).map_err(|offset| malformed(bytes, "UTF-8", false, offset))
    }
}

/// Decodes by a declared label: letters, digits, `-`, `_` and `.` only.
fn decode_as<'a>(
    bytes: &'a [u8],
    label_offset: usize,
    label: &[u8],
) -> Result<Cow<'a, str>, DecodeError> {
    let label = String::from_utf8_lossy(label);
    let text = match codec(&label) {
        Some(Codec::Utf8) => utf8(bytes),
        Some(Codec::Ascii) => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(offset) => Err(offset),
            None => utf8(bytes),
        },
        Some(Codec::Latin1) => Ok(Cow::Owned(bytes.iter().map(|&byte| byte as char).collect())),
        Some(Codec::Other(encoding)) => foreign(bytes, encoding),
        None => {
            return Err(DecodeError::UnknownEncoding {
                line_number: line_number(bytes, label_offset),
                label: label.into_owned(),
                offset: label_offset,
            });
        }
    };
    text.map_err(|offset| malformed(bytes, &label, true, offset))
}

/// Finds the label of a PEP 263 comment: `coding[:=]\s*([-\w.]+)` in one of the first
/// two lines, if that line starts with `#`.
fn declared_label(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut line_start = 0;
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        if line.starts_with(b"#")
            && let Some(label) = label_in(line)
        {
            return Some(line_start + label.start..line_start + label.end);
        }
        line_start += line.len() + 1;
    }
    None
}

fn label_in(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let is_space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0b;
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (0..line.len()).find_map(|index| {
        let rest = line[index..].strip_prefix(b"coding")?;
        let rest = rest
            .strip_prefix(b":")
            .or_else(|| rest.strip_prefix(b"="))?;
        let spaces = rest.iter().take_while(|&&byte| is_space(byte)).count();
        let length = rest[spaces..]
            .iter()
            .take_while(|&&byte| is_label(byte))
            .count();
        let start = line.len() - rest.len() + spaces;
        (length > 0).then_some(start..start + length)
    })
}

enum Codec {
    Utf8,
    Ascii,
    /// The first 256 characters of Unicode; not windows-1252, for which browsers take it.
    Latin1,
    Other(&'static Encoding),
}

/// Finds the codec that Python knows by this label.
fn codec(label: &str) -> Option<Codec> {
    // Python folds case and takes every run of other characters for one underscore.
    let mut name = String::with_capacity(label.len());
    for character in label.chars() {
        if character.is_ascii_alphanumeric() || character == '.' {
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    Some(match name {
        "utf_8" | "utf8" | "u8" | "utf" | "utf_8_sig" | "utf8_ucs2" | "utf8_ucs4" | "cp65001" => {
            Codec::Utf8
        }
        "ascii" | "us_ascii" | "us" | "646" | "ansi_x3.4_1968" | "ansi_x3_4_1968"
        | "ansi_x3.4_1986" | "cp367" | "csascii" | "ibm367" | "iso646_us" | "iso_646.irv_1991"
        | "iso_ir_6" => Codec::Ascii,
        "latin_1" | "latin1" | "latin" | "l1" | "iso_8859_1" | "iso8859_1" | "iso8859" | "8859"
        | "cp819" | "ibm819" | "csisolatin1" | "iso_8859_1_1987" | "iso_ir_100" => Codec::Latin1,
        _ => Codec::Other(other_encoding(name)?),
    })
}

fn other_encoding(name: &str) -> Option<&'static Encoding> {
    let dashed = name.replace('_', "-");
    let windows = name
        .strip_prefix("cp")
        .or(Some(name))
        .filter(|number| matches!(number.as_bytes(), [b'1', b'2', b'5', _]))
        .map(|number| format!("windows-{number}"));
    let iso = name
        .strip_prefix("iso8859_")
        .map(|part| format!("iso-8859-{part}"));
    let alias = match name {
        "latin_2" => Some("l2"),
        "latin_3" => Some("l3"),
        "latin_4" => Some("l4"),
        "latin_5" | "l5" => Some("l5"),
        "latin_6" => Some("l6"),
        "latin_9" | "latin9" | "l9" => Some("iso-8859-15"),
        "latin_10" | "latin10" | "l10" => Some("iso-8859-16"),
        "cp932" | "ms932" | "mskanji" | "s_jis" | "sjis" | "shiftjis" => Some("shift_jis"),
        "cp936" | "936" | "ms936" => Some("gbk"),
        "cp949" | "949" | "ms949" | "uhc" | "euckr" | "korean" => Some("euc-kr"),
        "cp950" | "950" | "ms950" => Some("big5"),
        "eucjp" | "ujis" | "u_jis" => Some("euc-jp"),
        "cp866" | "866" | "ibm866" => Some("ibm866"),
        "koi8r" => Some("koi8-r"),
        _ => None,
    };
    [
        alias,
        windows.as_deref(),
        iso.as_deref(),
        Some(name),
        Some(dashed.as_str()),
    ]
    .into_iter()
    .flatten()
    .find_map(|label| Encoding::for_label_no_replacement(label.as_bytes()))
    // A file whose declaration we could read as ASCII is not UTF-16.
    .filter(|&encoding| ![REPLACEMENT, X_USER_DEFINED, UTF_16LE, UTF_16BE].contains(&encoding))
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => Err(error.valid_up_to()),
    }
}

fn utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> Result<Cow<'_, str>, usize> {
    let (units, rest) = bytes.as_chunks::<4>();
    let mut text = String::with_capacity(units.len());
    for (index, &unit) in units.iter().enumerate() {
        text.push(char::from_u32(number(unit)).ok_or(index * 4)?);
    }
    if rest.is_empty() {
        Ok(Cow::Owned(text))
    } else {
        Err(bytes.len() - rest.len())
    }
}

/// Decodes strictly; an error is the offset of the first byte that does not fit.
fn foreign<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Result<Cow<'a, str>, usize> {
    if encoding == WINDOWS_1252 {
        // Browsers let the five unused codes pass; Python does not.
        let unused = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
        if let Some(offset) = bytes.iter().position(unused) {
            return Err(offset);
        }
    }
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text);
    }
    Err(first_malformed(bytes, encoding))
}

/// Finds the first bad byte of bytes that are known to be malformed.
fn first_malformed(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder
        .max_utf8_buffer_length_without_replacement(bytes.len())
        .unwrap_or(bytes.len().saturating_mul(3));
    let mut text = String::with_capacity(capacity);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (encoding_rs::DecoderResult::Malformed(length, behind), read) => {
            read.saturating_sub(usize::from(length) + usize::from(behind))
        }
        (_, read) => read.min(bytes.len().saturating_sub(1)),
    }
}

fn malformed(bytes: &[u8], encoding: &str, is_declared: bool, offset: usize) -> DecodeError {
    DecodeError::Malformed {
        encoding: encoding.to_owned(),
        is_declared,
        offset,
        line_number: line_number(bytes, offset),
    }
}

fn line_number(bytes: &[u8], offset: usize) -> usize {
    let before = &bytes[..offset.min(bytes.len())];
    before.split(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8]) -> String {
        decode(bytes).unwrap().into_owned()
    }

    #[test]
    fn takes_utf8_without_a_copy() {
        assert!(matches!(
            decode("flask # ä".as_bytes()),
            Ok(Cow::Borrowed("flask # ä"))
        ));
    }

    #[test]
    fn a_byte_order_mark_decides_and_is_removed() {
        assert_eq!(text(b"\xef\xbb\xbfa\xc3\xa4"), "aä");
        assert_eq!(text(b"\xff\xfea\0\xe4\0"), "aä");
        assert_eq!(text(b"\xfe\xff\0a\0\xe4"), "aä");
        assert_eq!(text(b"\xff\xfe\0\0a\0\0\0\xe4\0\0\0"), "aä");
        assert_eq!(text(b"\0\0\xfe\xff\0\0\0a\0\0\0\xe4"), "aä");
        assert_eq!(
            text(b"\xef\xbb\xbf# coding: ascii\n\xc3\xa4"),
            "# coding: ascii\nä"
        );
    }

    #[test]
    fn a_comment_in_the_first_two_lines_declares_the_encoding() {
        assert_eq!(
            text(b"# -*- coding: latin-1 -*-\n# \xe4\x80"),
            "# -*- coding: latin-1 -*-\n# ä\u{80}"
        );
        assert_eq!(
            text(b"flask\n# vim: set fileencoding=cp1252 :\n# \x80"),
            "flask\n# vim: set fileencoding=cp1252 :\n# €"
        );
        assert!(
            decode(b"\n\n# coding: latin-1\n\xe4").is_err(),
            "third line"
        );
        assert!(decode(b" # coding: latin-1\n\xe4").is_err(), "indented");
        assert!(decode(b"#coding latin-1\n\xe4").is_err(), "no colon");
    }

    #[test]
    fn knows_the_names_that_python_knows() {
        for label in [
            "latin1",
            "ISO-8859-1",
            "iso8859-1",
            "L1",
            "Latin_1",
            "cp819",
        ] {
            assert_eq!(
                text(format!("#coding:{label}\n").as_bytes()).len(),
                9 + label.len(),
                "{label}"
            );
        }
        for (label, byte, meant) in [
            ("windows-1252", 0x80, "€"),
            ("cp1251", 0xff, "я"),
            ("1250", 0x9a, "š"),
            ("iso8859-15", 0xa4, "€"),
            ("iso_8859_15", 0xa4, "€"),
            ("latin-2", 0xb9, "š"),
            ("l9", 0xa4, "€"),
            ("koi8_r", 0xd1, "я"),
        ] {
            let mut bytes = format!("#coding={label}\n").into_bytes();
            bytes.push(byte);
            assert!(text(&bytes).ends_with(meant), "{label}");
        }
        assert!(text(b"#coding: shift_jis\n\x83\x65").ends_with('テ'));
    }

    #[test]
    fn says_where_it_is_not_utf8() {
        let error = decode(b"flask\n# caf\xe9\n").unwrap_err();
        assert_eq!(error.offset(), 11);
        assert_eq!(error.to_string(), "byte 11 (line 2) is not valid UTF-8");
        assert!(error.help().contains("coding: latin-1"));
    }

    #[test]
    fn says_where_it_is_not_what_it_declares() {
        let error = decode(b"# coding: ascii\n\xc3\xa4").unwrap_err();
        assert_eq!(
            error.to_string(),
            "byte 16 (line 2) is not in the declared encoding ascii"
        );
        let error = decode(b"# coding: cp1252\n\x81").unwrap_err();
        assert_eq!(error.offset(), 17);
        let error = decode(b"# coding: euc-jp\nab\xff\xff").unwrap_err();
        assert_eq!(error.offset(), 19);
    }

    #[test]
    fn says_which_encoding_it_does_not_know() {
        let error = decode(b"\n# coding: klingon\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2 declares an unknown encoding `klingon`"
        );
        assert_eq!(error.offset(), 11);
        assert!(decode(b"# coding: utf-16\n").is_err());
    }

    #[test]
    fn refuses_half_characters() {
        assert_eq!(decode(b"\xff\xfea\0\x3d").unwrap_err().offset(), 4);
        assert_eq!(decode(b"\xff\xfe\x00\xd8a\0").unwrap_err().offset(), 2);
        assert_eq!(decode(b"\xff\xfe\0\0a\0\0").unwrap_err().offset(), 4);
        assert_eq!(decode(b"\xff\xfe\0\0\0\0\x11\0").unwrap_err().offset(), 4);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_text_or_an_error_inside_them(
            start in prop_oneof![
                Just(&b""[..]), Just(&b"\xff\xfe"[..]), Just(&b"\xfe\xff"[..]), Just(&b"\xff\xfe\0\0"[..]),
                Just(&b"\0\0\xfe\xff"[..]), Just(&b"# coding: gbk\n"[..]), Just(&b"# coding: iso-2022-jp\n"[..]),
                Just(&b"# coding: big5\n"[..]), Just(&b"# coding: cp1253\n"[..]),
            ],
            rest in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let bytes = [start, &rest].concat();
            if let Err(error) = decode(&bytes) {
                prop_assert!(error.offset() < bytes.len());
            }
        }
    }
}
