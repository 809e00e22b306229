//! What is asked of a compilation: nothing in it is left open.
//!
//! It is made of the options of a lock: `compile` has those of its command line, `update`
//! and `explain` those of a lock's header. What is not an option of the lock is in [`Run`],
//! or set afterwards.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::build::ConfigSettings;
use crate::cache::Cache;
use crate::command::{self, AsWritten, IndexStrategy, Markers, Options, named_index};
use crate::config::ProjectPattern;
use crate::http;
use crate::index::Refresh;
use crate::lock::{Format, Style, UnsafePackages, UnsafePlacing, default_unsafe_packages};
use crate::ops::compile::cutoff::{Cutoff, Cutoffs};
use crate::ops::compile::target::TargetRequest;
use crate::ops::view::View;
use crate::python::{ExtraName, ProjectName, Requirement};
use crate::requirements::{GroupRequest, PerProject, Selector};
use crate::resolve::{Constraint, ForkStrategy, PreReleases, Resolution};
use crate::update;

/// Gives the values of environment variables.
pub type Variables = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Everything that decides what a compilation does, in parts: a function takes those that
/// it is about.
pub struct Compile {
    /// What is compiled.
    pub sources: Sources,
    /// Which releases may be chosen, and for whom.
    pub selection: Selection,
    /// Where releases come from.
    pub indexes: Indexes,
    /// How what has to be built is built.
    pub build: BuildOptions,
    /// What becomes of it.
    pub output: OutputOptions,
    /// The run that this is part of.
    pub run: Run,
}

/// What is compiled.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Requirements files, project files and scripts, in order.
    pub files: Vec<Source>,
    /// The dependency groups that are compiled with them, or without any source.
    pub groups: Vec<GroupRequest>,
    /// Constraint files, by path or URL.
    pub constraints: Vec<String>,
    /// Bounds from elsewhere than files.
    pub bounds: Vec<Constraint>,
    /// Override files, by path or URL.
    pub overrides: Vec<String>,
    /// The extras of project files.
    pub extras: Vec<ExtraName>,
    /// Whether all extras of project files are included.
    pub all_extras: bool,
}

/// Which releases may be chosen, and for whom.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What the lock is for.
    pub target: TargetRequest,
    /// Whether no pin is preferred.
    pub upgrade: bool,
    /// Projects whose pins are preferred although all others are to be upgraded.
    pub kept_packages: Vec<ProjectName>,
    /// Projects whose pins are not preferred, with what is allowed of them.
    pub upgrade_packages: Vec<Requirement>,
    /// Nothing uploaded at or after this counts.
    pub exclude_newer: Option<jiff::Timestamp>,
    /// The same for some projects, instead.
    pub exclude_newer_packages: BTreeMap<ProjectName, Cutoff>,
    /// What an update may take.
    pub gate: Option<update::Policy>,
    /// Which of the versions that will do is chosen.
    pub resolution: Resolution,
    /// Which pre-releases may be chosen; else as the files say.
    pub pre_releases: Option<PreReleases>,
    /// `--only-binary` (yes) and `--no-binary` (no).
    pub binary: PerProject,
    /// Whether the metadata of all files that the targets would install is compared.
    pub verify_metadata: bool,
    /// How versions are shared among several targets.
    pub fork_strategy: ForkStrategy,
    /// Whether only what is required directly is resolved.
    pub without_dependencies: bool,
    /// Where versions are preferred from, beside the lock itself.
    pub preferences: PreferenceSource,
}

/// Where preferred versions come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PreferenceSource {
    /// From nowhere but the output.
    #[default]
    Nowhere,
    /// A lock file beside the first source, if no output exists yet.
    Beside,
    /// This file.
    File(String),
}

impl Selection {
    /// Whether what the lock has of a project stays.
    pub(in crate::ops) fn keeps(&self, name: &ProjectName) -> bool {
        if self.upgrade {
            return self.kept_packages.contains(name);
        }
        let mut upgraded = self.upgrade_packages.iter();
        !upgraded.any(|requirement| requirement.name == *name)
    }

    /// Returns the limits on upload times.
    pub(in crate::ops) fn cutoffs(&self) -> Cutoffs {
        Cutoffs {
            all: self.exclude_newer,
            projects: self.exclude_newer_packages.clone(),
        }
    }
}

/// Where releases come from.
#[derive(Debug, Clone, Default)]
pub struct Indexes {
    /// `--index-url`, as given, unless it has a name.
    pub default: Option<String>,
    /// `--extra-index-url`, as given, where none has a name.
    pub extra: Vec<String>,
    /// Indexes that have a name, own projects or have a limit of their own; all but a
    /// default one come before those that are only URLs.
    pub named: Vec<NamedIndex>,
    /// Whether later indexes are asked if they have other projects of the names that an
    /// earlier index has. This tells them these names.
    pub collision_check: bool,
    /// `--find-links`, as given.
    pub find_links: Vec<String>,
    /// Directories of links that belong to the machine: the lock does not name them.
    pub unwritten_find_links: Vec<String>,
    /// Whether no index is asked.
    pub no_index: bool,
    /// How several indexes are used.
    pub strategy: IndexStrategy,
}

/// What a compilation has from the run that it is part of.
pub struct Run {
    /// The time of the run.
    pub now: jiff::Timestamp,
    /// The time from which durations are counted back.
    pub as_of: jiff::Timestamp,
    /// Whether the process ends after this: then memory is left to its end, which gives
    /// it back in one go.
    pub is_last: bool,
    /// How the network is used.
    pub http: http::Settings,
    /// User and password for the index.
    pub login: Option<(String, http::Secret)>,
    /// Where answers are kept.
    pub cache: Cache,
    /// How long the search for versions may compute.
    pub resolution_timeout: Duration,
    /// What is asked again although it is fresh.
    pub refresh: Refresh,
    /// The files as they are to be seen.
    pub view: View,
    /// The current directory, absolute.
    pub current_directory: String,
    /// The environment, for `${VAR}` in requirements files.
    pub variable: Variables,
}

impl Run {
    /// How long the search for versions may compute unless something else is said: what
    /// has a solution takes seconds.
    pub const RESOLUTION_TIMEOUT: Duration = Duration::from_mins(1);

    /// Returns the value of a variable that inputs and locations name; none if it has none.
    ///
    /// `PROJECT_ROOT` is the current directory unless it is set, as in uv.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name)
            .filter(|value| !value.is_empty())
            .or_else(|| (name == "PROJECT_ROOT").then(|| self.current_directory.clone()))
    }

    /// Drops a value that is needed no more. Where the process ends after this, its memory
    /// is left to that end, which gives all back in one go: to free a resolver's many small
    /// pieces one by one takes time that the user would wait for.
    pub(super) fn discard<T>(&self, value: T) {
        if self.is_last {
            std::mem::forget(value);
        }
    }
}

impl Compile {
    /// Returns the request that makes the lock of these options: pins are kept, and
    /// nothing is held back. `configured` are the indexes that the configuration names.
    pub fn new(options: &Options, configured: Vec<NamedIndex>, run: Run) -> Self {
        // The lock's own command names hosts to trust; they are trusted for it alone.
        let mut run = run;
        let hosts = options.trusted_hosts.iter().cloned();
        run.http.trusted_hosts.extend(hosts);
        Self {
            sources: Sources {
                files: options.sources.iter().cloned().map(Source::Path).collect(),
                groups: values(&options.groups),
                constraints: options.constraints.clone(),
                bounds: Vec::new(),
                overrides: options.overrides.clone(),
                extras: values(&options.extras),
                all_extras: options.all_extras,
            },
            selection: selection(options, run.as_of),
            indexes: indexes(options, configured),
            build: BuildOptions {
                constraints: options.build_constraints.clone(),
                is_isolated: options.build_isolation,
                is_forbidden: options.no_build,
                settings: options
                    .config_settings
                    .iter()
                    .map(|setting| (setting.key.clone(), setting.value.clone()))
                    .collect(),
            },
            output: output(options),
            run,
        }
    }
}

fn selection(options: &Options, as_of: jiff::Timestamp) -> Selection {
    let limits = options.exclude_newer_packages.iter().map(|one| {
        let before = one.limit.before(as_of);
        let cutoff = before.map_or(Cutoff::Off, Cutoff::Before);
        (one.project.clone(), cutoff)
    });
    Selection {
        target: TargetRequest {
            python: None,
            python_versions: values(&options.python_versions),
            python_platforms: values(&options.python_platforms),
            targets: values(&options.targets),
            is_universal: options.universal,
            platform_values: options.platform_values.clone(),
        },
        exclude_newer: options
            .exclude_newer
            .as_ref()
            .and_then(|limit| limit.before(as_of)),
        exclude_newer_packages: limits.collect(),
        resolution: options.resolution,
        fork_strategy: options.fork_strategy,
        pre_releases: options.pre_releases(),
        binary: binary(options),
        without_dependencies: options.no_deps,
        verify_metadata: options.verify_metadata,
        ..Selection::default()
    }
}

/// Returns how the lock looks.
fn output(options: &Options) -> OutputOptions {
    let path = options.output.as_ref().filter(|output| *output != "-");
    let is_pylock = options.format == Format::Pylock;
    OutputOptions {
        path: path.map(Into::into),
        format: options.format,
        beside: options.beside.as_ref().map(Into::into),
        all_files: options.all_files,
        naming: OutputNaming::Given,
        only_binary: if options.no_build {
            vec![":all:".to_owned()]
        } else {
            texts(&options.only_binary)
        },
        no_binary: texts(&options.no_binary),
        hashes: match options.hashes {
            command::Hashes::None => Hashes::None,
            command::Hashes::All | command::Hashes::Target => Hashes::Reuse,
        },
        which_hashes: match options.hashes {
            command::Hashes::Target => WhichHashes::Target,
            command::Hashes::All if is_pylock && !options.all_files => WhichHashes::Target,
            command::Hashes::All | command::Hashes::None => WhichHashes::All,
        },
        index_annotation: options.index_annotation,
        comments: options.input_comments,
        left_out: values(&options.no_emit_packages),
        markers: options.markers,
        style: style(options),
        newline: options.newline.newline(),
        command: command::write(options),
    }
}

fn style(options: &Options) -> Style {
    let names = if options.unsafe_packages.is_empty() {
        default_unsafe_packages()
    } else {
        values::<ProjectName>(&options.unsafe_packages)
    };
    Style {
        header: options.header,
        options: options.emitted,
        annotations: options.annotations,
        strip_extras: options.strip_extras,
        newline: crate::text::Newline::default(),
        unsafe_packages: UnsafePackages {
            names,
            placing: if options.allow_unsafe {
                UnsafePlacing::Apart
            } else {
                UnsafePlacing::Named
            },
        },
    }
}

fn values<T: Clone>(list: &[AsWritten<T>]) -> Vec<T> {
    list.iter().map(|one| T::clone(one)).collect()
}

fn texts<T>(list: &[AsWritten<T>]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Of builds and wheels: what is said of all projects, then of single ones.
fn binary(options: &Options) -> PerProject {
    let mut binary = PerProject::default();
    let only_binary = values(&options.only_binary);
    let no_binary = values(&options.no_binary);
    if options.no_build {
        binary.answer_yes(&[Selector::All]);
    }
    // An answer for all would take back those for projects.
    if no_binary.contains(&Selector::All) {
        binary.answer_no(&no_binary);
        binary.answer_yes(&only_binary);
    } else {
        binary.answer_yes(&only_binary);
        binary.answer_no(&no_binary);
    }
    binary
}

impl std::fmt::Debug for Compile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compile")
            .field("sources", &self.sources.files)
            .finish_non_exhaustive()
    }
}

/// Something to be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, by its path relative to the current directory or absolute.
    Path(String),
    /// Standard input, already read.
    Stdin(Vec<u8>),
}

impl Source {
    /// Returns how the source is named: `-` for standard input.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Stdin(_) => "-",
        }
    }
}

/// An index that the user says more of than where it is: `--index NAME=URL`, `[[index]]`.
#[derive(Debug, Clone)]
pub struct NamedIndex {
    /// What the user calls it; its credentials are found by this.
    pub name: Option<String>,
    /// Where it is, as given.
    pub url: String,
    /// The projects it owns. If there are any it is asked for these only, unless it is
    /// the default.
    pub packages: Vec<ProjectPattern>,
    /// Whether it stands in for PyPI, and is asked last.
    pub is_default: bool,
    /// Up to when its uploads count; else as for all.
    pub exclude_newer: Option<Cutoff>,
    /// The statuses by which it says that it has no such project, beside 404 and 410.
    pub ignored_statuses: Vec<u16>,
}

/// What the user says of builds.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Files that bound what builds require, by path or URL (`--build-constraint`).
    pub constraints: Vec<String>,
    /// Whether a build gets an environment of its own; else it runs in the interpreter's.
    pub is_isolated: bool,
    /// Whether nothing at all is built (`--no-build`).
    pub is_forbidden: bool,
    /// What is handed to backends (`--config-setting`), in order.
    pub settings: ConfigSettings,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            constraints: Vec::new(),
            is_isolated: true,
            is_forbidden: false,
            settings: ConfigSettings::new(),
        }
    }
}

/// What becomes of it: where the lock goes, and how it looks.
#[derive(Debug, Clone, Default)]
pub struct OutputOptions {
    /// The lock file: its pins are preferred. None: standard output.
    pub path: Option<PathBuf>,
    /// Its format.
    pub format: Format,
    /// The `pylock.toml` that is written beside a lock in the other format.
    pub beside: Option<PathBuf>,
    /// Whether a `pylock.toml` has all files of a release, not those of its targets.
    pub all_files: bool,
    /// Where its name is from.
    pub naming: OutputNaming,
    /// `--only-binary`, for the option lines.
    pub only_binary: Vec<String>,
    /// `--no-binary`, for the option lines.
    pub no_binary: Vec<String>,
    /// What becomes of hashes.
    pub hashes: Hashes,
    /// Of which files they are written.
    pub which_hashes: WhichHashes,
    /// Whether it is said from which index a pin comes.
    pub index_annotation: bool,
    /// Whether the comments of requirements stand beside their pins.
    pub comments: bool,
    /// Projects that are resolved and not written.
    pub left_out: Vec<ProjectName>,
    /// Which markers are written.
    pub markers: Markers,
    /// How the text looks.
    pub style: crate::lock::Style,
    /// How lines end; else as the output, or the first input, has them.
    pub newline: Option<crate::text::Newline>,
    /// The command for the header.
    pub command: String,
}

impl OutputOptions {
    /// Whether a `pylock.toml` is written.
    pub fn has_pylock(&self) -> bool {
        self.format == Format::Pylock || self.beside.is_some()
    }

    /// Has one lock written, of those that a command may name.
    pub fn write_only(&mut self, path: PathBuf) {
        self.format = Format::of_path(&path.to_string_lossy());
        if self.format == Format::Pylock && !self.all_files {
            self.which_hashes = WhichHashes::Target;
        }
        self.path = Some(path);
        self.beside = None;
    }
}

/// Where the name of an output is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputNaming {
    /// The user gave it.
    #[default]
    Given,
    /// It was made of the name of a source.
    Derived,
}

/// What becomes of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hashes {
    /// None are written.
    None,
    /// Those recorded for an unchanged pin are kept.
    #[default]
    Reuse,
    /// All are those the index has now.
    Refresh,
}

/// Of which files hashes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhichHashes {
    /// Of all files of a release: the lock can be installed by any platform.
    #[default]
    All,
    /// Of those that the target can install: the wheels that suit it, and the sdist
    /// where there is none or a build is asked for.
    Target,
}

/// Returns the indexes that the options name, then those that the configuration names.
fn indexes(options: &Options, mut configured: Vec<NamedIndex>) -> Indexes {
    let mut indexes = Indexes {
        find_links: options.find_links.clone(),
        no_index: options.no_index,
        strategy: options.index_strategy.unwrap_or_default(),
        ..Indexes::default()
    };
    // Their order counts, so if one has a name all stand where those with names do.
    let has_names = options
        .extra_index_urls
        .iter()
        .any(|text| named_index(text).is_some());
    for text in &options.extra_index_urls {
        match named_index(text) {
            Some((name, url)) => {
                let index = said(name, url, &mut configured);
                indexes.named.push(NamedIndex {
                    is_default: false,
                    ..index
                });
            }
            None if has_names => indexes.named.push(NamedIndex::at(None, text)),
            None => indexes.extra.push(text.clone()),
        }
    }
    let default = options.index_url.as_deref().filter(|url| !url.is_empty());
    let named_default = default.and_then(named_index).map(|(name, url)| NamedIndex {
        is_default: true,
        ..said(name, url, &mut configured)
    });
    if named_default.is_none() {
        indexes.default = default.map(str::to_owned);
    }
    indexes.named.extend(configured);
    // Of several default ones the last counts.
    indexes.named.extend(named_default);
    indexes
}

/// Returns an index that an option names; what the configuration says of one with its
/// name holds.
fn said(name: &str, url: &str, configured: &mut Vec<NamedIndex>) -> NamedIndex {
    let is_it = |index: &NamedIndex| index.name.as_deref() == Some(name);
    let known = configured.iter().position(is_it);
    match known.map(|at| configured.remove(at)) {
        Some(known) => NamedIndex {
            url: url.to_owned(),
            ..known
        },
        None => NamedIndex::at(Some(name), url),
    }
}

impl NamedIndex {
    /// Returns an index of which nothing is said but where it is.
    fn at(name: Option<&str>, url: &str) -> Self {
        Self {
            name: name.map(str::to_owned),
            url: url.to_owned(),
            packages: Vec::new(),
            is_default: false,
            exclude_newer: None,
            ignored_statuses: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Tool;
    use crate::config::ProjectPattern;

    /// Says which indexes there are where the configuration has one that owns projects.
    #[track_caller]
    fn check(default: Option<&str>, extra: &[&str], expected: &[&str]) {
        let options = Options {
            index_url: default.map(str::to_owned),
            extra_index_urls: extra.iter().map(|&url| url.to_owned()).collect(),
            ..Options::of(Tool::Pinfold)
        };
        let configured = NamedIndex {
            packages: vec![ProjectPattern::parse("acme-*").unwrap()],
            ..NamedIndex::at(Some("corp"), "https://c.example/")
        };
        let found = indexes(&options, vec![configured]);
        let named = found.named.iter().map(|index| {
            let name = index.name.as_deref().unwrap_or("-");
            let owned = index.packages.len();
            let default = if index.is_default { " default" } else { "" };
            format!("{name} {} owns {owned}{default}", index.url)
        });
        let unnamed = found.extra.iter().cloned();
        let all: Vec<String> = named.chain(unnamed).chain(found.default).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn what_is_said_comes_first_in_its_order() {
        check(
            None,
            &["https://a.example/", "b=https://b.example/"],
            &[
                "- https://a.example/ owns 0",
                "b https://b.example/ owns 0",
                "corp https://c.example/ owns 1",
            ],
        );
        check(
            Some("https://d.example/"),
            &["https://a.example/"],
            &[
                "corp https://c.example/ owns 1",
                "https://a.example/",
                "https://d.example/",
            ],
        );
    }

    #[test]
    fn an_index_that_moved_owns_what_it_owned() {
        check(
            None,
            &["corp=https://new.example/"],
            &["corp https://new.example/ owns 1"],
        );
        check(
            Some("corp=https://new.example/"),
            &[],
            &["corp https://new.example/ owns 1 default"],
        );
    }
}
