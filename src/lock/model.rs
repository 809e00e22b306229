//! What a compiled requirements file holds, as values.
//!
//! The format is pip's requirements file with the hashes of its "hash-checking
//! mode"; names follow PEP 503, extras PEP 685. Versions and markers are kept
//! as text: what they mean was decided before a lock is made.

use std::collections::BTreeSet;

use crate::python::{ExtraName, ProjectName};

/// A compiled requirements file: everything that may be written into one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// Who made the file and how, if that is known.
    pub header: Option<Header>,
    /// The options pip needs to install the pins.
    pub options: OptionLines,
    /// The pins, in any order; writing sorts them.
    pub pins: Vec<Pin>,
    /// Projects that belong to the pins and are not written.
    pub left_out: Vec<ProjectName>,
}

impl Lock {
    /// Returns how many projects are pinned: of several pins of one, each is for others.
    pub fn project_count(&self) -> usize {
        let names: BTreeSet<&ProjectName> = self.pins.iter().map(|pin| &pin.name).collect();
        names.len()
    }
}

/// The provenance that stands above the pins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// The command that makes the file again, as `command::command_line`
    /// builds it or as the user asked for it.
    pub command: String,
    /// What the pins were chosen for, as it reads after "with", such as
    /// `Python 3.11 for x86_64-manylinux_2_28`.
    pub target: String,
}

/// Option lines of a requirements file, written in this order.
///
/// The texts are what the user wrote: `${VAR}` is not expanded. A password that
/// was written out is dropped when the lock is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionLines {
    /// The default index, if it is not pip's own default.
    pub index_url: Option<String>,
    /// Further indexes, the first one first.
    pub extra_index_urls: Vec<String>,
    /// Flat locations of files.
    pub find_links: Vec<String>,
    /// Hosts whose certificate is not checked.
    pub trusted_hosts: Vec<String>,
    /// Projects never taken from a wheel, or `:all:`.
    pub no_binary: Vec<String>,
    /// Projects only taken from a wheel, or `:all:`.
    pub only_binary: Vec<String>,
}

/// One project made exact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The project.
    pub name: ProjectName,
    /// The extras that were asked for.
    pub extras: Vec<ExtraName>,
    /// Where its one release comes from.
    pub source: PinSource,
    /// The marker, in the spelling to be written.
    pub marker: Option<String>,
    /// The accepted hashes, each as `sha256:…`.
    pub hashes: Vec<String>,
    /// The branch, tag or other name of a repository that gave the commit.
    pub revision: Option<String>,
    /// The index it comes from, if that is to be said.
    pub index: Option<String>,
    /// What stands beside the requirement in the input, to be repeated here.
    pub comments: Vec<String>,
    /// Who asks for it: files such as `-r requirements.in` and project names.
    pub via: Vec<String>,
    /// Whether pip has no way to check this source against a hash (a repository,
    /// a folder); its hashes are then not written.
    pub unhashable: bool,
}

/// What a pin points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PinSource {
    /// A release of an index.
    Version {
        /// The version as text.
        version: String,
        /// Whether it is compared as text (`===`), not as a version (`==`).
        arbitrary: bool,
    },
    /// A direct reference (PEP 508): `name @ URL`.
    Url(String),
    /// A file or a folder here: its path as the user wrote it.
    Path(String),
    /// An editable install: the text behind `-e`.
    Editable(String),
}

impl PinSource {
    /// Returns a release by its version, compared as PEP 440 says.
    pub fn version(version: impl Into<String>) -> Self {
        Self::Version {
            version: version.into(),
            arbitrary: false,
        }
    }
}
