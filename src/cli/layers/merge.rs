//! Which layer has a say in which option.
//!
//! What is typed comes first, then one layer after another. Of an option the strongest
//! layer that says something of it says it all; lists of two layers are never joined. The
//! result is words, as if they had been typed, so that clap checks all values.

use std::collections::HashSet;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::options::{self, Shape};
use crate::config::{Layer, Setting, SettingProblem, SettingValue, pip_args};

/// What pip-tools and clap call the sources, which are not an option.
const SOURCE_FILES: &str = "src-files";
pub(in crate::cli) const SOURCES: &str = "SRC";

/// What our own configuration cannot say, since it says where that is.
pub(in crate::cli) const NO_KEYS: [&str; 3] = ["config", "no-config", "directory"];

/// Options that stand in the place of others: a layer that has the one has the last word on
/// these, and the other way round.
const INSTEAD_OF: [(&str, &[&str]); 1] = [(
    "target",
    &["python-version", "python-platform", "universal"],
)];

/// Returns what an option decides beside itself.
fn decided_with(subject: &str) -> impl Iterator<Item = &'static str> {
    INSTEAD_OF.iter().flat_map(move |&(one, others)| {
        let all = if subject == one { others } else { &[] };
        let one = others.contains(&subject).then_some(one);
        all.iter().copied().chain(one)
    })
}

/// Where a layer comes from, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::cli) enum Rank {
    /// The command line itself, of which only `--pip-args` becomes a layer.
    Typed,
    /// `PINFOLD_*`
    Variables,
    /// `[compile]` of our own configuration.
    Config,
    /// `[tool.pip-tools]`
    PipTools,
    /// `UV_INDEX*`
    UvVariables,
    /// `PIP_*`
    PipVariables,
    /// pip.conf
    PipConf,
}

impl Rank {
    /// Whether this is a setting of another tool.
    pub(in crate::cli) fn is_foreign(self) -> bool {
        self >= Self::PipTools
    }
}

/// A layer and where it comes from.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Ranked {
    pub(in crate::cli) rank: Rank,
    pub(in crate::cli) layer: Layer,
}

/// A setting that counts.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Counting {
    /// The option's long name.
    pub(in crate::cli) option: String,
    pub(in crate::cli) rank: Rank,
    /// The layer's origin.
    pub(in crate::cli) origin: String,
    /// The place within it.
    pub(in crate::cli) place: String,
    /// What would have been typed.
    pub(in crate::cli) words: Vec<OsString>,
}

impl Counting {
    /// Returns what holds it: of several files that make one layer, its own.
    pub(in crate::cli) fn origin(&self) -> &str {
        match self.place.rsplit_once(':') {
            Some((file, _)) if self.rank == Rank::PipConf => file,
            _ => &self.origin,
        }
    }
}

/// What comes of all layers.
#[derive(Debug, Default)]
pub(in crate::cli) struct Merged {
    /// What counts, weaker layers last.
    pub(in crate::cli) counting: Vec<Counting>,
    /// What a layer says of options that the command does not have: where, and its name.
    pub(in crate::cli) unknown: Vec<(Rank, Setting)>,
    /// What `--pip-args` have that says nothing to us.
    pub(in crate::cli) ignored: Vec<String>,
    /// What is wrong with `--pip-args`.
    pub(in crate::cli) problems: Vec<SettingProblem>,
}

impl Merged {
    /// Returns all that would have been typed.
    pub(in crate::cli) fn words(&self) -> impl Iterator<Item = OsString> {
        self.counting
            .iter()
            .flat_map(|setting| setting.words.iter().cloned())
    }
}

/// Finds out what counts, beside what was typed.
pub(in crate::cli) fn merge(command: &Command, typed: &ArgMatches, layers: &[Ranked]) -> Merged {
    let mut merge = Merge {
        command,
        decided: HashSet::new(),
        merged: Merged::default(),
    };
    for (name, option) in options::options(command) {
        if typed.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine) {
            let subject = options::subject(command, name);
            let with = decided_with(subject).map(str::to_owned);
            merge.decided.extend(with);
            merge.decided.insert(subject.to_owned());
        }
    }
    if typed.ids().any(|id| id.as_str() == SOURCES) {
        merge.decided.insert(SOURCES.to_owned());
    }
    if let Ok(Some(text)) = typed.try_get_one::<String>("pip_args") {
        let settings = merge.pip_args(text, "--pip-args");
        merge.typed_pip_args(&settings);
    }
    for ranked in layers {
        merge.layer(ranked);
    }
    merge.merged
}

/// Directories of links that a machine's own settings name are used and not written: they
/// may not exist where the lock is installed.
fn of_machine(rank: Rank, word: OsString) -> OsString {
    let folder = word
        .to_str()
        .and_then(|word| word.strip_prefix("--find-links="))
        .filter(|place| rank >= Rank::UvVariables && !place.contains("://"));
    match folder {
        Some(folder) => format!("--machine-find-links={folder}").into(),
        None => word,
    }
}

struct Merge<'a> {
    command: &'a Command,
    decided: HashSet<String>,
    merged: Merged,
}

impl Merge<'_> {
    fn layer(&mut self, Ranked { rank, layer }: &Ranked) {
        let is_open = !self.decided.contains("pip-args");
        let mut settings = Vec::new();
        // First, so that what the layer says by itself counts.
        if is_open
            && let Some(setting) = layer.get("pip-args")
            && let SettingValue::Texts(texts) = &setting.value
        {
            settings = self.pip_args(&texts.join(" "), &setting.place);
        }
        settings.extend(layer.settings.iter().cloned());
        let mut decided_here = Vec::new();
        for setting in settings {
            let is_too_late = *rank == Rank::Config && NO_KEYS.contains(&setting.option.as_str());
            let Some((subject, words)) = self.words(&setting).filter(|_| !is_too_late) else {
                self.merged.unknown.push((*rank, setting));
                continue;
            };
            if self.decided.contains(&subject) {
                continue;
            }
            let words = words.into_iter().map(|word| of_machine(*rank, word));
            let words = words.collect();
            decided_here.extend(decided_with(&subject).map(str::to_owned));
            decided_here.push(subject);
            self.merged.counting.push(Counting {
                option: setting.option,
                rank: *rank,
                origin: layer.origin.clone(),
                place: setting.place,
                words,
            });
        }
        self.decided.extend(decided_here);
    }

    /// What is typed inside of `--pip-args` adds to typed lists, and yields otherwise.
    fn typed_pip_args(&mut self, settings: &[Setting]) {
        let mut decided_here = Vec::new();
        for setting in settings {
            let Some((subject, words)) = self.words(setting) else {
                continue;
            };
            let is_list = options::find(self.command, &setting.option)
                .is_some_and(|(_, option)| options::shape(option) == Shape::List);
            if self.decided.contains(&subject) && !is_list {
                continue;
            }
            decided_here.push(subject);
            self.merged.counting.push(Counting {
                option: setting.option.clone(),
                rank: Rank::Typed,
                origin: setting.place.clone(),
                place: setting.place.clone(),
                words,
            });
        }
        self.decided.extend(decided_here);
    }

    fn pip_args(&mut self, text: &str, place: &str) -> Vec<Setting> {
        let (layer, problems) = pip_args(text, place);
        self.merged.ignored.extend(layer.ignored);
        self.merged.problems.extend(problems);
        layer.settings
    }

    /// Returns what a setting speaks of, and what would be typed for it.
    fn words(&self, setting: &Setting) -> Option<(String, Vec<OsString>)> {
        let name = setting.option.as_str();
        if let (SOURCE_FILES, SettingValue::Texts(texts)) = (name, &setting.value) {
            return Some((
                SOURCES.to_owned(),
                texts.iter().map(OsString::from).collect(),
            ));
        }
        let found = options::find(self.command, name);
        let subject = |name: &str| options::subject(self.command, name).to_owned();
        match (&setting.value, found) {
            (SettingValue::Texts(texts), Some((long, option))) => {
                if options::shape(option) == Shape::Switch {
                    return None;
                }
                let words = texts
                    .iter()
                    .map(|text| OsString::from(format!("--{long}={text}")));
                Some((subject(long), words.collect()))
            }
            (SettingValue::Flag(is_wanted), found) => {
                let name = match found {
                    Some((long, option)) if options::shape(option) == Shape::Switch => long,
                    _ => name,
                };
                let switch = options::switch(self.command, name, *is_wanted).ok()?;
                let spoken_of = switch.as_deref().unwrap_or(name);
                Some((
                    subject(spoken_of),
                    switch
                        .iter()
                        .map(|switch| OsString::from(format!("--{switch}")))
                        .collect(),
                ))
            }
            (SettingValue::Texts(_), None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction};

    use super::*;

    fn command() -> Command {
        let switch = |name: &'static str, other: &'static str| {
            Arg::new(name)
                .long(name)
                .action(ArgAction::SetTrue)
                .overrides_with(other)
        };
        let one = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Set);
        let list = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Append);
        Command::new("x")
            .arg(switch("header", "no-header"))
            .arg(switch("no-header", "header"))
            .arg(one("index-url").alias("default-index"))
            .arg(list("find-links"))
            .arg(one("timeout"))
            .arg(list("target"))
            .arg(list("python-version"))
            .arg(list("python-platform"))
            .arg(
                Arg::new("pip_args")
                    .long("pip-args")
                    .allow_hyphen_values(true),
            )
    }

    fn flag(option: &str, value: bool) -> Setting {
        Setting {
            option: option.to_owned(),
            value: SettingValue::Flag(value),
            place: "here".to_owned(),
        }
    }

    fn texts(option: &str, texts: &[&str]) -> Setting {
        Setting {
            option: option.to_owned(),
            value: SettingValue::Texts(texts.iter().map(|&text| text.to_owned()).collect()),
            place: "here".to_owned(),
        }
    }

    fn layers(layers: &[&[Setting]]) -> Vec<Ranked> {
        let ranks = [Rank::Variables, Rank::Config, Rank::PipConf];
        let layer = |(settings, rank): (&&[Setting], Rank)| Ranked {
            rank,
            layer: Layer {
                settings: settings.to_vec(),
                ..Layer::default()
            },
        };
        layers.iter().zip(ranks).map(layer).collect()
    }

    #[track_caller]
    fn check(typed: &[&str], of: &[&[Setting]], expected: &[&str]) {
        let mut command = command();
        let words = ["x"].iter().chain(typed);
        let typed = command.try_get_matches_from_mut(words).unwrap();
        let merged = merge(&command, &typed, &layers(of));
        let words: Vec<OsString> = merged.words().collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn the_strongest_layer_that_says_something_says_it_all() {
        check(
            &[],
            &[
                &[texts("timeout", &["1"])],
                &[texts("timeout", &["2"]), texts("find-links", &["a", "b"])],
                &[texts("find-links", &["c"]), texts("default-index", &["u"])],
            ],
            &[
                "--timeout=1",
                "--find-links=a",
                "--find-links=b",
                "--index-url=u",
            ],
        );
        check(
            &["--timeout", "9", "--find-links", "z"],
            &[&[texts("timeout", &["1"]), texts("find-links", &["a"])]],
            &[],
        );
    }

    #[test]
    fn targets_stand_in_the_place_of_versions_and_platforms() {
        let pair = &[
            texts("python-version", &["3.10", "3.12"]),
            texts("python-platform", &["linux"]),
        ][..];
        let target = &[texts("target", &["3.12@linux"])][..];
        check(&["--target", "3.11@linux"], &[pair, target], &[]);
        check(
            &["--python-version", "3.11"],
            &[target, pair],
            &["--python-platform=linux"],
        );
        check(&[], &[target, pair], &["--target=3.12@linux"]);
        let words = [
            "--python-version=3.10",
            "--python-version=3.12",
            "--python-platform=linux",
        ];
        check(&[], &[pair, target], &words);
    }

    #[test]
    fn a_pair_of_switches_is_one_option() {
        check(
            &["--header"],
            &[&[flag("header", false), flag("no-header", true)]],
            &[],
        );
        check(
            &[],
            &[&[flag("no-header", false)], &[flag("header", false)]],
            &["--header"],
        );
    }

    #[test]
    fn an_empty_list_takes_back_what_weaker_layers_say() {
        check(
            &[],
            &[&[texts("find-links", &[])], &[texts("find-links", &["a"])]],
            &[],
        );
    }

    #[test]
    fn what_is_meant_for_pip_belongs_to_its_layer() {
        check(
            &["--pip-args", "--find-links a --timeout 5", "--timeout", "9"],
            &[&[texts("find-links", &["b"])]],
            &["--find-links=a"],
        );
        check(
            &["--find-links", "a", "--pip-args", "-f b"],
            &[],
            &["--find-links=b"],
        );
        check(
            &[],
            &[
                &[texts("timeout", &["1"])],
                &[texts("pip-args", &["--timeout 2 -f 'a b'"])],
            ],
            &[
                "--timeout=1",
                "--find-links=a b",
                "--pip-args=--timeout 2 -f 'a b'",
            ],
        );
    }

    #[test]
    fn keeps_what_the_command_does_not_have() {
        let mut command = command();
        let typed = command.try_get_matches_from_mut(["x"]).unwrap();
        let all: [&[Setting]; 1] = [&[
            flag("frob", true),
            texts("header", &["yes"]),
            flag("timeout", true),
        ]];
        let merged = merge(&command, &typed, &layers(&all));
        assert_eq!(merged.unknown.len(), 3);
        assert_eq!(merged.words().count(), 0);
    }
}
