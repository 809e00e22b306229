//! How a lock is made, beside what goes in: all that a command can say of it.
//!
//! The defaults are those of the tool whose command it is, because a command says
//! only what differs from them.

use super::header::Tool;
use crate::lock::{Annotations, EmittedOptions};
use crate::text::Newline;

/// The options of a compilation, settled.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wish of its own, as the command line has it"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The index, as written; none: as the sources say, else PyPI.
    pub index_url: Option<String>,
    /// Further indexes, as written.
    pub extra_index_urls: Vec<String>,
    /// Folders and pages with links, as written: paths are relative to the folder
    /// that the command was run in.
    pub find_links: Vec<String>,
    /// Whether no index is asked.
    pub no_index: bool,
    /// Hosts whose certificates are not checked.
    pub trusted_hosts: Vec<String>,
    /// How several indexes are used: `first-index`, `unsafe-first-match` or
    /// `unsafe-best-match`.
    pub index_strategy: Option<String>,
    /// Nothing newer than this, as written: a time, a day, or a span such as `7 days`
    /// and `P7D`.
    pub exclude_newer: Option<String>,
    /// Which pre-releases may be chosen, as `--prerelease` names them; `--pre` is
    /// `allow`.
    pub prerelease: Option<String>,
    /// Projects for which only wheels count, or `:all:`.
    pub only_binary: Vec<String>,
    /// Projects for which wheels do not count, or `:all:`.
    pub no_binary: Vec<String>,
    /// Whether only what is required directly is resolved.
    pub no_deps: bool,
    /// How it is said who requires a project.
    pub annotations: Annotations,
    /// Whether there is a header.
    pub header: bool,
    /// Whether `name[extra]` is written as `name`.
    pub strip_extras: bool,
    /// Whether the markers of direct requirements are left out.
    pub strip_markers: bool,
    /// Which option lines are written.
    pub emitted: EmittedOptions,
    /// Whether pip, setuptools and the like are pinned.
    pub allow_unsafe: bool,
    /// Projects to be treated like pip and setuptools.
    pub unsafe_packages: Vec<String>,
    /// How lines end; none: as they do in the file.
    pub newline: Option<Newline>,
}

impl Options {
    /// Returns what a tool does when nothing is said.
    pub fn of(tool: Tool) -> Self {
        Self {
            index_url: None,
            extra_index_urls: Vec::new(),
            find_links: Vec::new(),
            no_index: false,
            trusted_hosts: Vec::new(),
            index_strategy: None,
            exclude_newer: None,
            prerelease: None,
            only_binary: Vec::new(),
            no_binary: Vec::new(),
            no_deps: false,
            annotations: Annotations::Split,
            header: true,
            strip_extras: tool != Tool::PipCompile,
            strip_markers: tool == Tool::Uv,
            emitted: match tool {
                Tool::Pinfold => EmittedOptions::default(),
                Tool::PipCompile => EmittedOptions {
                    trusted_hosts: true,
                    ..EmittedOptions::default()
                },
                Tool::Uv => EmittedOptions::NONE,
            },
            allow_unsafe: tool != Tool::PipCompile,
            unsafe_packages: Vec::new(),
            newline: None,
        }
    }
}
