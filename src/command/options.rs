//! How a lock is made, beside what goes in: all that a command can say of it.
//!
//! The defaults are those of the tool whose command it is, because a command says
//! only what differs from them.

use super::tool::Tool;
use crate::lock::{Annotations, EmittedOptions};
use crate::requirements::location;
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
    /// What is in force for single projects, as written: `NAME=7d`, `NAME=false`.
    pub exclude_newer_packages: Vec<String>,
    /// Dependency groups, as written: `NAME` or `PATH:NAME`. Paths are relative to the
    /// folder that the command was run in.
    pub groups: Vec<String>,
    /// Files that bound what builds need, as written, likewise.
    pub build_constraints: Vec<String>,
    /// What build backends are told, as written: `KEY=VALUE`.
    pub config_settings: Vec<String>,
    /// Whether each build has an environment of its own.
    pub build_isolation: bool,
    /// Whether only the hashes of files are written that the target can use.
    pub target_hashes: bool,
    /// Whether the comments of requirements stand beside their pins.
    pub input_comments: bool,
    /// Projects that are resolved and not written.
    pub left_out: Vec<String>,
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

/// Parts `NAME=URL`; none if there is no name.
pub fn named_index(text: &str) -> Option<(&str, &str)> {
    let (name, url) = text.split_once('=')?;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let is_name =
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part);
    is_name.then_some((name, url))
}

/// What counts where the command of a lock says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// As [`Options::extra_index_urls`].
    pub extra_index_urls: Vec<String>,
    /// As [`Options::find_links`], but relative to the root.
    pub find_links: Vec<String>,
    /// As [`Options::index_strategy`].
    pub index_strategy: Option<String>,
    /// As [`Options::exclude_newer`].
    pub exclude_newer: Option<String>,
    /// As [`Options::exclude_newer_packages`].
    pub exclude_newer_packages: Vec<String>,
    /// As [`Options::prerelease`].
    pub prerelease: Option<String>,
    /// As [`Options::only_binary`].
    pub only_binary: Vec<String>,
    /// As [`Options::no_binary`].
    pub no_binary: Vec<String>,
}

impl Options {
    /// Takes over what is not said; `folder` is where the command was run, from the root.
    pub fn fill(&mut self, defaults: &Defaults, folder: &str) {
        let lists = [
            (&mut self.extra_index_urls, &defaults.extra_index_urls),
            (
                &mut self.exclude_newer_packages,
                &defaults.exclude_newer_packages,
            ),
            (&mut self.only_binary, &defaults.only_binary),
            (&mut self.no_binary, &defaults.no_binary),
        ];
        for (list, said) in lists {
            if list.is_empty() {
                list.clone_from(said);
            }
        }
        for (value, said) in [
            (&mut self.index_strategy, &defaults.index_strategy),
            (&mut self.exclude_newer, &defaults.exclude_newer),
            (&mut self.prerelease, &defaults.prerelease),
        ] {
            if value.is_none() {
                value.clone_from(said);
            }
        }
        if self.find_links.is_empty() {
            let seen = |place: &String| {
                if location::is_url(place) || place.starts_with('/') {
                    place.clone()
                } else {
                    location::displayed(&format!("/{place}"), &format!("/{folder}"))
                }
            };
            self.find_links = defaults.find_links.iter().map(seen).collect();
        }
    }

    /// Returns the files that have the groups, as written.
    pub fn group_files(&self) -> Vec<String> {
        let mut files: Vec<String> = Vec::new();
        for group in &self.groups {
            let file = group
                .rsplit_once(':')
                .map_or("pyproject.toml", |(path, _)| path);
            if !files.iter().any(|other| other == file) {
                files.push(file.to_owned());
            }
        }
        files
    }

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
            exclude_newer_packages: Vec::new(),
            groups: Vec::new(),
            build_constraints: Vec::new(),
            config_settings: Vec::new(),
            build_isolation: true,
            target_hashes: false,
            input_comments: false,
            left_out: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_said_is_filled_in() {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let defaults = Defaults {
            extra_index_urls: list(&["https://index.example/simple/"]),
            find_links: list(&["wheels", "https://index.example/links/"]),
            exclude_newer: Some("7d".to_owned()),
            only_binary: list(&[":all:"]),
            ..Defaults::default()
        };
        let mut options = Options::of(Tool::PipCompile);
        options.exclude_newer = Some("2026-10-01".to_owned());
        options.only_binary = list(&["a"]);
        options.fill(&defaults, "deploy/web");
        assert_eq!(options.exclude_newer.as_deref(), Some("2026-10-01"));
        assert_eq!(options.only_binary, ["a"]);
        assert_eq!(options.extra_index_urls, defaults.extra_index_urls);
        assert_eq!(
            options.find_links,
            ["../../wheels", "https://index.example/links/"]
        );
    }
}
