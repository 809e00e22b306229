//! A file of a listing: borrowed from its bytes, and copied out of them.

use jiff::Timestamp;

use crate::index::hash::{Algorithm, Sha256};
use crate::index::page::MetadataFile;
use crate::python::WheelName;
use crate::text::{hex, hex_in};

/// A wheel or sdist of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub filename: String,
    /// Where it is: absolute, without fragment.
    pub url: String,
    /// Whether the page has the URL with a secret, which is not kept.
    pub has_secret: bool,
    /// The hashes the index gives, as lower-case hexadecimal digits; mostly one SHA-256.
    pub hashes: Vec<(Algorithm, String)>,
    /// The Python versions it is for, as published.
    pub requires_python: Option<String>,
    /// Whether and why it was yanked (PEP 592).
    pub yanked: Option<Yanked>,
    /// When it was uploaded (PEP 700).
    pub upload_time: Option<Timestamp>,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// Whether its metadata lies beside it (PEP 658).
    pub core_metadata: MetadataFile,
    /// What kind of distribution it is.
    pub kind: FileKind,
}

impl File {
    /// Returns its SHA-256, if the index gives it.
    pub fn sha256(&self) -> Option<Sha256> {
        let (_, hex) = self
            .hashes
            .iter()
            .find(|(algorithm, _)| *algorithm == Algorithm::Sha256)?;
        Sha256::from_hex(hex)
    }

    /// Whether its hashes are none, or SHA-256 that can be read.
    pub(in crate::index) fn has_only_sha256(&self) -> bool {
        self.hashes.iter().all(|(algorithm, hex)| {
            *algorithm == Algorithm::Sha256 && Sha256::from_hex(hex).is_some()
        })
    }

    /// Returns the wheel's parsed name; none for an sdist.
    pub fn wheel(&self) -> Option<&WheelName> {
        match &self.kind {
            FileKind::Wheel(name) => Some(name),
            FileKind::Sdist => None,
        }
    }
}

/// A file that should no longer be chosen (PEP 592).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yanked {
    /// Why, if the index says.
    pub reason: Option<String>,
}

/// A kind of distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// Built, with what it runs on in its name (PEP 427).
    Wheel(WheelName),
    /// A source distribution.
    Sdist,
}

/// A file in a listing, borrowed from its bytes: what a choice needs to look at
/// before it takes one.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The start of the name: up to the version.
    pub(super) prefix: &'a str,
    /// The version as the name spells it.
    pub(super) version: &'a str,
    /// The rest of the name.
    pub(super) tail: &'a str,
    pub(super) folder: &'a str,
    /// Thirty-two bytes of hexadecimal folders (`ab/cd/…`), as PyPI has them.
    pub(super) hash_folders: Option<&'a [u8]>,
    /// The URL's last part, if it is not the name.
    pub(super) last: Option<&'a str>,
    pub(super) sha256: Option<&'a [u8]>,
    pub(super) other_hashes: Vec<(Algorithm, &'a [u8])>,
    pub(super) core_metadata: MetadataFile,
    /// Whether it is a wheel.
    pub is_wheel: bool,
    pub(super) has_secret: bool,
    /// The Python versions it is for, as published.
    pub requires_python: Option<&'a str>,
    /// The reason for which it was yanked, which may be empty; `None`: it was not.
    pub yanked: Option<&'a str>,
    /// When it was uploaded.
    pub upload_time: Option<Timestamp>,
    /// Its length in bytes.
    pub size: Option<u64>,
}

impl<'a> Entry<'a> {
    /// Returns the file's name.
    pub fn filename(&self) -> String {
        [self.prefix, self.version, self.tail].concat()
    }

    /// Returns the end of a wheel's name, `1-cp311-cp311-linux_x86_64` or without the
    /// build tag; none for an sdist. Equal ones are at one address in a listing.
    pub fn wheel_tags(&self) -> Option<&'a str> {
        let tags = self.tail.strip_prefix('-')?.strip_suffix(".whl")?;
        self.is_wheel.then_some(tags)
    }

    /// Returns where the file is.
    pub fn url(&self) -> String {
        let name = [self.prefix, self.version, self.tail];
        let length: usize = name.iter().map(|part| part.len()).sum();
        let mut url = String::with_capacity(self.folder.len() + 67 + length);
        url.push_str(self.folder);
        if let Some(bytes) = self.hash_folders {
            let mut digits = [0; 64];
            let digits = hex_in(&mut digits, bytes);
            for part in [&digits[..2], &digits[2..4], &digits[4..]] {
                url.push_str(part);
                url.push('/');
            }
        }
        if let Some(last) = self.last {
            url.push_str(last);
        } else {
            url.extend(name);
        }
        url
    }

    /// Whether the file is on this machine.
    pub fn is_local(&self) -> bool {
        let scheme = self.folder.get(..5);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
    }

    /// Returns the file's SHA-256, if the index gives it.
    pub fn sha256(&self) -> Option<Sha256> {
        Some(Sha256(self.sha256?.try_into().ok()?))
    }

    /// Returns whether the file's metadata lies beside it.
    pub fn core_metadata(&self) -> MetadataFile {
        self.core_metadata
    }

    /// Copies all of it; none if it is called a wheel but not by the rules, which no page
    /// gives, only damage.
    pub fn to_file(&self) -> Option<File> {
        let filename = self.filename();
        let kind = if self.is_wheel {
            FileKind::Wheel(WheelName::parse(&filename).ok()?)
        } else {
            FileKind::Sdist
        };
        let hash = |(algorithm, bytes): (Algorithm, &[u8])| (algorithm, hex(bytes));
        let sha256 = self.sha256.map(|bytes| (Algorithm::Sha256, bytes));
        Some(File {
            filename,
            url: self.url(),
            has_secret: self.has_secret,
            hashes: sha256
                .into_iter()
                .chain(self.other_hashes.iter().copied())
                .map(hash)
                .collect(),
            requires_python: self.requires_python.map(str::to_owned),
            yanked: self.yanked.map(|reason| Yanked {
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
            }),
            upload_time: self.upload_time,
            size: self.size,
            core_metadata: self.core_metadata,
            kind,
        })
    }
}
