//! Hashes of distribution files as indexes publish them (PEP 503, PEP 691):
//! the algorithms of Python's `hashlib` that occur, and SHA-256 as bytes.
//! Computing them is the caller's business, but for [`Sha256::of`].

use std::fmt;
use std::str::FromStr;

use sha2::Digest as _;

use crate::text::{decode_hex, hex_in};

/// A hash algorithm, by its name in `hashlib`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `md5`, broken: never a reason to trust a file.
    Md5,
    /// `sha1`, broken: never a reason to trust a file.
    Sha1,
    /// `sha224`
    Sha224,
    /// `sha256`, what nearly every index publishes.
    Sha256,
    /// `sha384`
    Sha384,
    /// `sha512`
    Sha512,
    /// `blake2b` with 64 bytes.
    Blake2b,
}

impl Algorithm {
    const ALL: [Self; 7] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Blake2b,
    ];

    /// Returns the algorithm of a name such as `sha256`, in any letter case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// Returns the name that `hashlib` and pip know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Blake2b => "blake2b",
        }
    }

    /// Returns how many hexadecimal digits a hash has.
    pub fn hex_digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha224 => 56,
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 | Self::Blake2b => 128,
        }
    }

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A SHA-256 hash; prints as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Computes the hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Returns the hash written as 64 hexadecimal digits in either case.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut hash = [0; 32];
        decode_hex(hex.as_bytes(), &mut hash).then_some(Self(hash))
    }
}

impl Sha256 {
    /// Returns the hash as lock files have it: `sha256:` and its digits.
    pub fn prefixed(&self) -> String {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        text.push_str(hex_in(&mut [0; 64], &self.0));
        text
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex_in(&mut [0; 64], &self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

/// The text was not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sha256 hash")]
pub struct NotSha256(pub String);

impl FromStr for Sha256 {
    type Err = NotSha256;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text).ok_or_else(|| NotSha256(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn prints_what_it_read_in_lower_case() {
        assert_eq!(Sha256::from_hex(EMPTY).unwrap().to_string(), EMPTY);
        assert_eq!(
            Sha256::from_hex(&EMPTY.to_uppercase()).unwrap().to_string(),
            EMPTY
        );
        assert_eq!(Sha256::of(b"").to_string(), EMPTY);
    }

    #[test]
    fn refuses_what_is_not_64_digits() {
        assert_eq!(Sha256::from_hex(&EMPTY[1..]), None);
        assert_eq!(Sha256::from_hex(&EMPTY.replace('e', "g")), None);
        assert_eq!(Sha256::from_hex(""), None);
        assert_eq!("x".parse::<Sha256>(), Err(NotSha256("x".to_owned())));
    }

    #[test]
    fn knows_algorithms_by_name_and_code() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::from_code(algorithm.code()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("SHA256"), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::from_name("crc32"), None);
    }
}
