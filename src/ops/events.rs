//! What a deed tells while it goes on.

use crate::image::Digest;
use crate::python::{ProjectName, Version};

/// Something that happened, for progress and for `--verbose`.
#[derive(Debug, Clone)]
pub enum Event {
    /// The target is settled: in words, and where it came from.
    Target(String),
    /// A project's releases are known: how many there are, and where they are.
    Releases {
        /// The project.
        name: ProjectName,
        /// How many versions it has there.
        count: u32,
        /// The index, without secrets; none if no index has it.
        index: Option<String>,
    },
    /// What a release requires is known.
    Metadata {
        /// The project.
        name: ProjectName,
        /// The release.
        version: Version,
    },
    /// A release cannot be used, and why.
    Rejected {
        /// The project.
        name: ProjectName,
        /// The release.
        version: Version,
        /// The reason, in words.
        reason: String,
    },
    /// Something is being built, and why, in words.
    Building(String),
    /// A file is being downloaded to learn its hash.
    Hashing(String),
    /// The versions are chosen: how many, and how many releases were looked at.
    Solved {
        /// How many projects have a version.
        pins: usize,
        /// How many releases had their requirements read.
        tried: usize,
    },
    /// So many images are asked for.
    Images(usize),
    /// A registry has answered.
    Image {
        /// The image, as short as can be.
        image: String,
        /// What it said; none if it did not.
        digest: Option<Digest>,
    },
    /// Something that is worth a line, and nothing to worry about.
    Note(String),
    /// Something the user should know, though the deed goes on.
    Warning(String),
    /// A detail for those who asked for details.
    Detail(String),
}

/// Hears of events.
pub trait Reporter: Send + Sync {
    /// Called for each event, from any thread.
    fn event(&self, event: Event);

    /// Whether details are worth the making.
    fn wants_details(&self) -> bool {
        false
    }
}

/// A reporter that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignore;

impl Reporter for Ignore {
    fn event(&self, _event: Event) {}
}
