//! Digests as the OCI image specification has them (descriptor, §Digests).
//!
//! Only the registered algorithms: `sha256` and `sha512`, in lower-case hex. What a
//! server sends goes through this before it goes into a file.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256, Sha512};

use crate::text::hex;

/// A digest: `sha256:` or `sha512:` and the lower-case hex of the hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `algorithm:` before it.
    #[error("`{}` is not a digest; expected `sha256:` and 64 hexadecimal digits", shown(.0))]
    Form(String),
    /// The algorithm is not one of the registered ones.
    #[error("the algorithm of the digest `{}` is not supported; use `sha256` or `sha512`", shown(.0))]
    Algorithm(String),
    /// The hex has another length, or other characters.
    #[error(
        "the digest `{}` does not have {expected} lowercase hexadecimal digits",
        shown(text)
    )]
    Hex {
        /// The text.
        text: String,
        /// How many digits there should be.
        expected: usize,
    },
}

impl Digest {
    /// Returns the SHA-256 digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex(&Sha256::digest(bytes))))
    }

    /// Whether this is the digest of these bytes.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        match self.algorithm() {
            "sha512" => self.hex() == hex(&Sha512::digest(bytes)),
            _ => self.hex() == hex(&Sha256::digest(bytes)),
        }
    }

    /// Returns the algorithm's name.
    pub fn algorithm(&self) -> &str {
        &self.0[..6]
    }

    /// Returns the hex digits.
    pub fn hex(&self) -> &str {
        &self.0[7..]
    }

    /// Returns the whole: `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the beginning, enough to tell digests apart at a glance: `sha256:0123456789ab`.
    pub fn short(&self) -> &str {
        &self.0[..7 + 12]
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, digits) = text
            .split_once(':')
            .ok_or_else(|| DigestError::Form(text.to_owned()))?;
        let expected = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return Err(DigestError::Algorithm(text.to_owned())),
        };
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != expected || !digits.bytes().all(is_hex) {
            return Err(DigestError::Hex {
                text: text.to_owned(),
                expected,
            });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What came from elsewhere, fit to be shown.
fn shown(text: &str) -> String {
    const LONGEST: usize = 160;
    text.escape_debug().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_makes() {
        let digest = Digest::of(b"");
        assert_eq!(
            digest.as_str(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(digest.as_str().parse(), Ok(digest.clone()));
        assert_eq!(digest.short(), "sha256:e3b0c44298fc");
        assert!(digest.is_of(b"") && !digest.is_of(b"x"));
    }

    #[test]
    fn knows_sha512() {
        let text = format!("sha512:{}", hex(&Sha512::digest(b"x")));
        let digest: Digest = text.parse().unwrap();
        assert_eq!(digest.algorithm(), "sha512");
        assert!(digest.is_of(b"x") && !digest.is_of(b"y"));
    }

    #[test]
    fn refuses_what_could_become_syntax() {
        let good = Digest::of(b"").to_string();
        for bad in [
            String::new(),
            "sha256".to_owned(),
            good.to_uppercase(),
            good.replace("sha256", "md5"),
            format!("{good} AS x"),
            format!("{good}\n"),
            good[..70].to_owned(),
            format!("sha256:{}", "g".repeat(64)),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad:?}");
        }
    }
}
