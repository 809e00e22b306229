//! How a lock is made: all that a command can say of it.
//!
//! This is the one value for it. The command line becomes it, a header is read into it
//! and written from it, and a compilation is made of it. A field that is added here does
//! not compile before [`write`](super::write()) spells it.

use super::tool::Tool;
use super::values::{
    ConfigSetting, Hashes, IndexStrategy, LineEnds, Markers, ProjectLimit, UploadLimit,
};
use super::written::AsWritten;
use crate::lock::{Annotations, EmittedOptions, Format};
use crate::python::{ExtraName, Platform, PlatformValues, ProjectName, PythonVersion, TargetName};
use crate::requirements::{GroupRequest, Selector, location};
use crate::resolve::{ForkStrategy, PreReleases, Resolution};

/// The options of a compilation. Paths are as written: relative to the folder that the
/// command is run in.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own, as the command line has it"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What is compiled; empty: what the tool looks for by itself, or groups alone.
    pub sources: Vec<String>,
    /// The lock file; `-` is standard output.
    pub output: Option<String>,
    /// The format of the lock file.
    pub format: Format,
    /// The `pylock.toml` that is written beside a lock file in the other format.
    pub beside: Option<String>,
    /// Constraint files, by path or URL.
    pub constraints: Vec<String>,
    /// Override files, by path or URL.
    pub overrides: Vec<String>,
    /// The extras of project files.
    pub extras: Vec<AsWritten<ExtraName>>,
    /// Whether all extras of project files are included.
    pub all_extras: bool,
    /// Dependency groups.
    pub groups: Vec<AsWritten<GroupRequest>>,
    /// Whether only what is required directly is resolved.
    pub no_deps: bool,

    /// The versions of Python that the lock is for, each on each of the platforms.
    pub python_versions: Vec<AsWritten<PythonVersion>>,
    /// The platforms that the lock is for.
    pub python_platforms: Vec<AsWritten<Platform>>,
    /// The targets that the lock is for, instead.
    pub targets: Vec<AsWritten<TargetName>>,
    /// Whether the metadata of all files that the targets would install is compared.
    pub verify_metadata: bool,
    /// Whether the lock is for all platforms and all Pythons from the version on; the
    /// platforms are then those on which everything has to be installable.
    pub universal: bool,
    /// How versions are shared among environments.
    pub fork_strategy: ForkStrategy,
    /// What is stated of the platform beside its name.
    pub platform_values: PlatformValues,

    /// Which of the versions that will do is chosen.
    pub resolution: Resolution,
    /// Up to when uploads count.
    pub exclude_newer: Option<UploadLimit>,
    /// The same for single projects, instead.
    pub exclude_newer_packages: Vec<AsWritten<ProjectLimit>>,
    /// `--pre`, which is pip's word for `--prerelease allow`.
    pub pre: bool,
    /// Which pre-releases may be chosen.
    pub prerelease: Option<PreReleases>,
    /// Projects for which only wheels count.
    pub only_binary: Vec<AsWritten<Selector>>,
    /// Projects for which wheels do not count.
    pub no_binary: Vec<AsWritten<Selector>>,

    /// The index, or `NAME=URL`; none: as the sources say, else PyPI.
    pub index_url: Option<String>,
    /// Further indexes, likewise. Their order counts.
    pub extra_index_urls: Vec<String>,
    /// Folders and pages with links.
    pub find_links: Vec<String>,
    /// Whether no index is asked.
    pub no_index: bool,
    /// Hosts whose certificates are not checked.
    pub trusted_hosts: Vec<String>,
    /// How several indexes are used.
    pub index_strategy: Option<IndexStrategy>,

    /// Files that constrain what builds require.
    pub build_constraints: Vec<String>,
    /// What build backends are told.
    pub config_settings: Vec<ConfigSetting>,
    /// Whether no code of packages is run: only wheels count.
    pub no_build: bool,
    /// Whether each build has an environment of its own.
    pub build_isolation: bool,

    /// Which hashes are written.
    pub hashes: Hashes,
    /// Whether a `pylock.toml` lists all files of a release, not those of its targets.
    pub all_files: bool,
    /// How it is said who requires a project.
    pub annotations: Annotations,
    /// Whether it is said from which index a pin comes.
    pub index_annotation: bool,
    /// Whether the comments of requirements stand beside their pins.
    pub input_comments: bool,
    /// Whether there is a header.
    pub header: bool,
    /// Whether `name[extra]` is written as `name`.
    pub strip_extras: bool,
    /// Which markers are written.
    pub markers: Markers,
    /// Which option lines are written.
    pub emitted: EmittedOptions,
    /// Whether unsafe projects are pinned.
    pub allow_unsafe: bool,
    /// The projects that are unsafe; if there are none, pip, setuptools and distribute.
    pub unsafe_packages: Vec<AsWritten<ProjectName>>,
    /// Projects that are resolved and not written.
    pub no_emit_packages: Vec<AsWritten<ProjectName>>,
    /// How lines end.
    pub newline: LineEnds,
}

impl Options {
    /// Returns what a tool does when nothing is said.
    pub fn of(tool: Tool) -> Self {
        Self {
            sources: Vec::new(),
            output: None,
            format: Format::default(),
            beside: None,
            constraints: Vec::new(),
            overrides: Vec::new(),
            extras: Vec::new(),
            all_extras: false,
            groups: Vec::new(),
            no_deps: false,
            python_versions: Vec::new(),
            python_platforms: Vec::new(),
            targets: Vec::new(),
            verify_metadata: false,
            universal: false,
            fork_strategy: ForkStrategy::default(),
            platform_values: PlatformValues::default(),
            resolution: Resolution::Highest,
            exclude_newer: None,
            exclude_newer_packages: Vec::new(),
            pre: false,
            prerelease: None,
            only_binary: Vec::new(),
            no_binary: Vec::new(),
            index_url: None,
            extra_index_urls: Vec::new(),
            find_links: Vec::new(),
            no_index: false,
            trusted_hosts: Vec::new(),
            index_strategy: None,
            build_constraints: Vec::new(),
            config_settings: Vec::new(),
            no_build: false,
            build_isolation: true,
            hashes: match tool {
                Tool::Pinfold => Hashes::All,
                Tool::PipCompile | Tool::Uv => Hashes::None,
            },
            all_files: false,
            annotations: Annotations::Split,
            index_annotation: false,
            input_comments: false,
            header: true,
            strip_extras: tool != Tool::PipCompile,
            markers: match tool {
                Tool::Pinfold | Tool::PipCompile => Markers::Direct,
                Tool::Uv => Markers::None,
            },
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
            no_emit_packages: Vec::new(),
            newline: LineEnds::Preserve,
        }
    }

    /// Whether a `pylock.toml` is written.
    pub fn has_pylock(&self) -> bool {
        self.format == Format::Pylock || self.beside.is_some()
    }

    /// Takes the path of a lock file: one more where the other is of the other format, else
    /// instead of it.
    pub(super) fn take_output(&mut self, path: &str) {
        let path = path.to_owned();
        let before = self.output.take();
        let other = before.filter(|other| Format::of_path(other) != Format::of_path(&path));
        match Format::of_path(&path) {
            Format::Requirements => {
                self.beside = other.or(self.beside.take());
                self.output = Some(path);
            }
            Format::Pylock if other.is_some() => {
                self.output = other;
                self.beside = Some(path);
            }
            Format::Pylock => self.output = Some(path),
        }
    }

    /// Returns which pre-releases may be chosen, however that was said.
    pub fn pre_releases(&self) -> Option<PreReleases> {
        if self.pre {
            return Some(PreReleases::Allow);
        }
        self.prerelease
    }

    /// Returns the files that have the groups, as written.
    pub fn group_files(&self) -> Vec<String> {
        let mut files: Vec<String> = Vec::new();
        for group in &self.groups {
            let file = group.path.as_deref().unwrap_or("pyproject.toml");
            if !files.iter().any(|other| other == file) {
                files.push(file.to_owned());
            }
        }
        files
    }

    /// Takes over what is not said here and decides which releases there are; how the lock
    /// looks stays as it is.
    ///
    /// The paths of `defaults` are seen from the root; `folder` is where the command is
    /// run, from the root.
    pub fn fill(&mut self, defaults: &Self, folder: &str) {
        fn fill_list<T: Clone>(list: &mut Vec<T>, defaults: &[T]) {
            if list.is_empty() {
                *list = defaults.to_vec();
            }
        }
        fn fill_value<T: Clone>(value: &mut Option<T>, default: Option<&T>) {
            if value.is_none() {
                *value = default.cloned();
            }
        }
        fill_list(&mut self.extra_index_urls, &defaults.extra_index_urls);
        fill_list(
            &mut self.exclude_newer_packages,
            &defaults.exclude_newer_packages,
        );
        if !self.no_build && self.only_binary.is_empty() {
            self.no_build = defaults.no_build;
            self.only_binary.clone_from(&defaults.only_binary);
        }
        fill_list(&mut self.no_binary, &defaults.no_binary);
        fill_value(&mut self.index_strategy, defaults.index_strategy.as_ref());
        fill_value(&mut self.exclude_newer, defaults.exclude_newer.as_ref());
        if self.pre_releases().is_none() {
            self.pre = defaults.pre;
            self.prerelease = defaults.prerelease;
        }
        if self.find_links.is_empty() {
            let links = defaults.find_links.iter();
            self.find_links = links.map(|link| seen_from(folder, link)).collect();
        }
    }

    /// Takes whom a lock is for, where that is said: targets stand in the place of versions and
    /// platforms, and these in theirs.
    fn overlay_targets(&mut self, said: &mut Self) {
        if !said.targets.is_empty() {
            self.python_versions.clear();
            self.python_platforms.clear();
            self.universal = false;
        } else if !said.python_versions.is_empty() || !said.python_platforms.is_empty() {
            self.targets.clear();
        }
        replace_list(
            &mut self.python_versions,
            std::mem::take(&mut said.python_versions),
        );
        replace_list(
            &mut self.python_platforms,
            std::mem::take(&mut said.python_platforms),
        );
        replace_list(&mut self.targets, std::mem::take(&mut said.targets));
        self.verify_metadata |= said.verify_metadata;
        self.universal |= said.universal;
        if said.fork_strategy != ForkStrategy::default() {
            self.fork_strategy = said.fork_strategy;
        }
    }

    /// Lets what is said count for more than what is here; more of a list is added to it.
    ///
    /// What is said is what differs from the defaults of `pinfold compile`. How the lock
    /// looks is not asked of an existing one: those options stay.
    #[must_use]
    pub fn overlaid(mut self, mut said: Self) -> Self {
        self.overlay_targets(&mut said);
        // An option that is added has to be decided on here.
        let Self {
            sources,
            output,
            format,
            beside,
            constraints,
            overrides,
            extras,
            all_extras,
            groups,
            no_deps,
            python_versions: _,
            python_platforms: _,
            targets: _,
            verify_metadata: _,
            universal: _,
            fork_strategy: _,
            platform_values,
            resolution,
            exclude_newer,
            exclude_newer_packages,
            pre,
            prerelease,
            only_binary,
            no_binary,
            index_url,
            extra_index_urls,
            find_links,
            no_index,
            trusted_hosts,
            index_strategy,
            build_constraints,
            config_settings,
            no_build,
            build_isolation,
            hashes: _,
            all_files: _,
            annotations: _,
            index_annotation: _,
            input_comments: _,
            header: _,
            strip_extras: _,
            markers: _,
            emitted: _,
            allow_unsafe: _,
            unsafe_packages: _,
            no_emit_packages: _,
            newline: _,
        } = said;
        replace_list(&mut self.sources, sources);
        if output.is_some() {
            (self.output, self.format, self.beside) = (output, format, beside);
        }
        add(&mut self.constraints, constraints);
        add(&mut self.overrides, overrides);
        add(&mut self.extras, extras);
        self.all_extras |= all_extras;
        add(&mut self.groups, groups);
        self.no_deps |= no_deps;
        self.platform_values = platform_values.or(self.platform_values);
        if resolution != Resolution::Highest {
            self.resolution = resolution;
        }
        self.exclude_newer = exclude_newer.or(self.exclude_newer);
        replace_limits(&mut self.exclude_newer_packages, exclude_newer_packages);
        if pre || prerelease.is_some() {
            (self.pre, self.prerelease) = (pre, prerelease);
        }
        answer(&mut self.only_binary, &mut self.no_binary, only_binary);
        answer(&mut self.no_binary, &mut self.only_binary, no_binary);
        self.index_url = index_url.or(self.index_url);
        replace_list(&mut self.extra_index_urls, extra_index_urls);
        replace_list(&mut self.find_links, find_links);
        self.no_index |= no_index;
        add(&mut self.trusted_hosts, trusted_hosts);
        self.index_strategy = index_strategy.or(self.index_strategy);
        add(&mut self.build_constraints, build_constraints);
        self.config_settings.extend(config_settings);
        self.no_build |= no_build;
        self.build_isolation &= build_isolation;
        self
    }

    /// Returns what of them goes into a header: no index and no folder of links that the
    /// lock does not name either, and in order what has none.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        if !self.emitted.indexes {
            self.index_url = None;
            self.extra_index_urls.clear();
        }
        if !self.emitted.find_links {
            self.find_links.clear();
        }
        // Two orders of one command give the same header. That of indexes counts.
        for list in [
            &mut self.sources,
            &mut self.constraints,
            &mut self.overrides,
            &mut self.find_links,
            &mut self.build_constraints,
        ] {
            list.sort_unstable();
        }
        sort(&mut self.extras);
        sort(&mut self.groups);
        sort(&mut self.exclude_newer_packages);
        sort(&mut self.only_binary);
        sort(&mut self.no_binary);
        sort(&mut self.config_settings);
        sort(&mut self.unsafe_packages);
        sort(&mut self.no_emit_packages);
        self
    }
}

/// Lets the limits that are said count for more than those of the same projects.
fn replace_limits(limits: &mut Vec<AsWritten<ProjectLimit>>, said: Vec<AsWritten<ProjectLimit>>) {
    let is_said = |limit: &ProjectLimit| said.iter().any(|one| one.project == limit.project);
    limits.retain(|limit| !is_said(limit));
    limits.extend(said);
}

fn sort<T: ToString>(list: &mut [T]) {
    list.sort_by_cached_key(ToString::to_string);
}

/// Adds an answer to one of two opposed lists, and takes from the other what it revokes.
fn answer(
    list: &mut Vec<AsWritten<Selector>>,
    opposed: &mut Vec<AsWritten<Selector>>,
    said: Vec<AsWritten<Selector>>,
) {
    if said.iter().any(|one| **one == Selector::All) {
        opposed.clear();
    }
    opposed.retain(|one| !said.contains(one));
    list.extend(said);
}

/// Returns a path or URL, given as seen from the root, as it is seen from a folder.
pub fn seen_from(folder: &str, source: &str) -> String {
    if location::is_url(source) || source.starts_with('/') {
        return source.to_owned();
    }
    location::displayed(&format!("/{source}"), &format!("/{folder}"))
}

fn replace_list<T>(list: &mut Vec<T>, said: Vec<T>) {
    if !said.is_empty() {
        *list = said;
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, said: Vec<T>) {
    for value in said {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_said_is_filled_in() {
        let list =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.to_owned()).collect() };
        let mut defaults = Options::of(Tool::Pinfold);
        defaults.extra_index_urls = list(&["https://index.example/simple/"]);
        defaults.find_links = list(&["wheels", "https://index.example/links/"]);
        defaults.exclude_newer = Some("7d".parse().unwrap());
        defaults.only_binary = vec![":all:".parse().unwrap()];
        let mut options = Options::of(Tool::PipCompile);
        options.exclude_newer = Some("2026-10-01".parse().unwrap());
        options.only_binary = vec!["a".parse().unwrap()];
        options.fill(&defaults, "deploy/web");
        assert_eq!(options.exclude_newer, "2026-10-01".parse().ok());
        assert_eq!(options.only_binary, ["a".parse().unwrap()]);
        assert_eq!(options.extra_index_urls, defaults.extra_index_urls);
        assert_eq!(
            options.find_links,
            ["../../wheels", "https://index.example/links/"]
        );
    }

    #[test]
    fn what_is_said_counts_for_more() {
        let mut options = Options::of(Tool::PipCompile);
        options.extra_index_urls = vec!["https://a.example/".to_owned()];
        options.exclude_newer_packages = vec!["a=7d".parse().unwrap(), "b=7d".parse().unwrap()];
        options.no_binary = vec!["a".parse().unwrap(), "b".parse().unwrap()];
        options.prerelease = Some(PreReleases::Disallow);
        let mut said = Options::of(Tool::Pinfold);
        said.extra_index_urls = vec!["https://b.example/".to_owned()];
        said.exclude_newer_packages = vec!["A=false".parse().unwrap()];
        said.only_binary = vec!["a".parse().unwrap()];
        said.pre = true;
        let options = options.overlaid(said);
        assert_eq!(options.extra_index_urls, ["https://b.example/"]);
        let limits: Vec<String> = options
            .exclude_newer_packages
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(limits, ["b=7d", "A=false"]);
        assert_eq!(options.only_binary, ["a".parse().unwrap()]);
        assert_eq!(options.no_binary, ["b".parse().unwrap()]);
        assert_eq!(options.pre_releases(), Some(PreReleases::Allow));
        // How the lock looks is its own.
        assert_eq!(options.hashes, Hashes::None);
    }
}
