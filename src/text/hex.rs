//! Hexadecimal digits: bytes as digits and back.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The digits of each byte.
static PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Returns the two lower-case digits of a byte.
pub fn hex_pair(byte: u8) -> [u8; 2] {
    PAIRS[usize::from(byte)]
}

/// Returns bytes as lower-case digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    text
}

/// Appends bytes as lower-case digits.
pub fn push_hex(text: &mut String, bytes: &[u8]) {
    let mut buffer = [0; 64];
    for bytes in bytes.chunks(buffer.len() / 2) {
        let digits = &mut buffer[..bytes.len() * 2];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&hex_pair(*byte));
        }
        text.push_str(str::from_utf8(digits).expect("hexadecimal digits are ASCII"));
    }
}

/// Fills `bytes` from twice as many digits, in either case; false if there are other
/// things in `digits`, or more or fewer of them.
pub fn decode_hex(digits: &[u8], bytes: &mut [u8]) -> bool {
    if digits.len() != bytes.len() * 2 {
        return false;
    }
    let mut bad = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
        bad |= high | low;
        *byte = high << 4 | low & 15;
    }
    bad & 0xf0 == 0
}

/// The value of each digit, 0xf0 for every other byte.
static NIBBLES: [u8; 256] = {
    let mut table = [0xf0; 256];
    let mut value = 0;
    while value < 16 {
        let digit = DIGITS[value as usize];
        table[digit as usize] = value;
        table[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    table
};

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
