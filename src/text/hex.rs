//! Hexadecimal digits: bytes as digits and back.

use base16ct::{lower, mixed};

/// Returns bytes as lower-case digits.
pub fn hex(bytes: &[u8]) -> String {
    lower::encode_string(bytes)
}

/// Returns bytes as lower-case digits, which are kept in `buffer`: twice as many.
pub fn hex_in<'a>(buffer: &'a mut [u8], bytes: &[u8]) -> &'a str {
    lower::encode_str(bytes, buffer).expect("the buffer is long enough")
}

/// Fills `bytes` from twice as many digits, in either case; false if there are other
/// things in `digits`, or more or fewer of them.
pub fn decode_hex(digits: &[u8], bytes: &mut [u8]) -> bool {
    digits.len() == bytes.len() * 2 && mixed::decode(digits, bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_each_byte() {
        let all: Vec<u8> = (0..=255).collect();
        let digits = hex(&all);
        assert!(digits.starts_with("000102") && digits.ends_with("fdfeff"));
        let mut read = vec![0; 256];
        assert!(decode_hex(digits.as_bytes(), &mut read));
        assert_eq!(read, all);
        assert!(decode_hex(digits.to_uppercase().as_bytes(), &mut read));
        assert_eq!(read, all);
    }

    #[test]
    fn refuses_other_things_and_other_lengths() {
        for digits in ["0", "000", "0g", "g0", "/0", ":0", "", "é"] {
            assert!(!decode_hex(digits.as_bytes(), &mut [0]), "{digits}");
        }
    }
}
