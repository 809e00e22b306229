//! From the options of a lock to the request that makes it.
//!
//! `compile` has the options of its command line, `update` and `explain` those of a lock's
//! header. What is not an option of the lock is in [`Run`], or set afterwards.

use jiff::Timestamp;

use super::request::{
    BuildOptions, Compile, Hashes, Indexes, NamedIndex, OutputOptions, Run, Selection, Source,
    Sources, WhichHashes,
};
use super::{Cutoff, TargetRequest};
use crate::command::{self, Options, named_index};
use crate::lock::{Style, UnsafePackages, UnsafePlacing, default_unsafe_packages};
use crate::python::ProjectName;
use crate::requirements::{PerProject, Selector};

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

fn selection(options: &Options, as_of: Timestamp) -> Selection {
    let limits = options.exclude_newer_packages.iter().map(|one| {
        let before = one.limit.before(as_of);
        let cutoff = before.map_or(Cutoff::Off, Cutoff::Before);
        (one.project.clone(), cutoff)
    });
    Selection {
        target: TargetRequest {
            python: None,
            python_version: options.python_version.as_deref().cloned(),
            python_platform: options.python_platform.as_deref().copied(),
        },
        exclude_newer: options
            .exclude_newer
            .as_ref()
            .and_then(|limit| limit.before(as_of)),
        exclude_newer_packages: limits.collect(),
        pre_releases: options.pre_releases(),
        binary: binary(options),
        without_dependencies: options.no_deps,
        ..Selection::default()
    }
}

/// Returns how the lock looks.
fn output(options: &Options) -> OutputOptions {
    let path = options.output.as_ref().filter(|output| *output != "-");
    OutputOptions {
        path: path.map(Into::into),
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
            command::Hashes::All | command::Hashes::None => WhichHashes::All,
        },
        index_annotation: options.index_annotation,
        comments: options.input_comments,
        left_out: values(&options.no_emit_packages),
        strip_markers: options.strip_markers,
        style: style(options),
        newline: options.newline.newline(),
        command: command::write(options),
    }
}

fn style(options: &Options) -> Style {
    let mut names = default_unsafe_packages();
    names.extend(values::<ProjectName>(&options.unsafe_packages));
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

fn values<T: Clone>(list: &[command::AsWritten<T>]) -> Vec<T> {
    list.iter().map(|one| T::clone(one)).collect()
}

fn texts<T>(list: &[command::AsWritten<T>]) -> Vec<String> {
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
