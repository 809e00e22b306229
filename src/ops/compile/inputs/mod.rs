//! What the user requires, read from requirements files, project files, groups and
//! scripts. `kind` tells files apart, `reader` reads them with all they include, and
//! `lines` and `projects` take what they say.

pub(in crate::ops) mod kind;
mod lines;
mod projects;
mod pylocks;
pub(in crate::ops) mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::lock::pylock::Pylock;
use crate::ops::compile::direct::source::{DirectReference, ProjectTree};
use crate::ops::error::FileProblems;
use crate::python::{Marker, ProjectName, Specifiers};
use crate::requirements::{PerProject, Written};
use crate::resolve::{Constraint, RootRequirement};
use crate::text;

/// What requirements files say beside requirements.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// `--index-url`
    pub index_url: Option<Written>,
    /// `--extra-index-url`
    pub extra_index_urls: Vec<Written>,
    /// `--find-links`, the values of paths as seen from the current directory.
    pub find_links: Vec<Written>,
    /// `--no-index`
    pub no_index: bool,
    /// `--pre`
    pub pre: bool,
    /// `--only-binary` (yes) and `--no-binary` (no).
    pub binary: PerProject,
    /// What `--only-binary` and `--no-binary` named, for the output.
    pub only_binary: Vec<String>,
    /// As above.
    pub no_binary: Vec<String>,
    /// `--trusted-host`
    pub trusted_hosts: Vec<String>,
}

/// A lock that was read as a source.
#[derive(Debug)]
pub(in crate::ops) struct PylockSource {
    /// Its name, as shown.
    pub(in crate::ops) name: String,
    /// Its text.
    pub(in crate::ops) text: String,
    /// What it says.
    pub(in crate::ops) lock: Pylock,
}

/// All that was read.
#[derive(Debug, Default)]
pub(in crate::ops) struct Inputs {
    /// What is required by specifiers.
    pub(in crate::ops) roots: Vec<RootRequirement>,
    /// What is required from a place, overrides among it.
    pub(in crate::ops) direct: Vec<DirectReference>,
    /// Where projects come from if they are required; each has a name.
    pub(in crate::ops) direct_constraints: Vec<DirectReference>,
    /// Project files whose requirements only a build tells.
    pub(in crate::ops) trees: Vec<ProjectTree>,
    /// Whether a direct requirement is by `===`.
    pub(in crate::ops) arbitrary: BTreeSet<ProjectName>,
    /// The only hashes that direct requirements accept (`--hash`), with their places.
    pub(in crate::ops) hashes: BTreeMap<ProjectName, (BTreeSet<String>, String)>,
    pub(in crate::ops) constraints: Vec<Constraint>,
    /// Who constrains what, for annotations: `-c constraints.txt`.
    pub(in crate::ops) constraint_origins: Vec<(ProjectName, String)>,
    /// What replaces other requirements, by specifiers.
    pub(in crate::ops) overrides: Vec<RootRequirement>,
    /// Direct requirements whose marker does not hold for the target.
    pub(in crate::ops) unmet: Vec<RootRequirement>,
    /// Projects with an override that does not hold for the target.
    pub(in crate::ops) dropped: Vec<ProjectName>,
    pub(in crate::ops) options: SourceOptions,
    /// `requires-python` of the project files, with the file's name.
    pub(in crate::ops) requires_python: Vec<(String, Specifiers)>,
    /// Markers that may ask for more than the minor version of Python.
    pub(in crate::ops) patch_markers: Vec<Marker>,
    pub(in crate::ops) warnings: Vec<FileProblems>,
    /// What comments of requirements files and project files say beside requirements
    /// that apply, in order, without `#` and without passwords. Those of places without
    /// a name are with these.
    pub(in crate::ops) comments: BTreeMap<ProjectName, Vec<String>>,
    /// How the first source's lines end.
    pub(in crate::ops) newline: Option<text::Newline>,
    pub(in crate::ops) has_project: bool,
    /// The locks that were read as sources.
    pub(in crate::ops) pylocks: Vec<PylockSource>,
    /// The files that were read, as their paths were written.
    pub(in crate::ops) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests;
