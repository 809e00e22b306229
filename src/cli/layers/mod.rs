//! What is said elsewhere than on the command line: in variables and in files.
//!
//! All of it becomes words that stand before what was typed, so that there is one
//! parser, one definition of each option, and one place where it is decided which layer
//! counts ([`merge`]). From the strongest to the weakest: what is typed, `PINFOLD_*`,
//! `[compile]` of our configuration, pip-tools' configuration, `UV_INDEX*`, `PIP_*`,
//! pip.conf. All but the first two are for `pinfold compile` alone.

mod files;
mod merge;
mod options;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

pub(super) use self::options::{Shape, options, shape, variable};

pub(super) use self::merge::NO_KEYS;
use self::merge::SOURCES;
use self::merge::{Counting, Merged, Rank, Ranked, merge};
use super::args::{Arguments, Compile};
use super::failure::{self, Failure};
use super::foreign;
use super::help;
use super::project::ProjectConfig;
use crate::config::{Layer, Setting, SettingValue};
use crate::ops::FileProblems;
use crate::text::{Problem, nearest};

/// A command line with all that belongs to it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) arguments: Arguments,
    pub(super) said: Said,
    /// Our own configuration, if it was read for the layers.
    pub(super) project: ProjectConfig,
}

/// What there is to say of the layers.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The settings of other tools that count here.
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// For those who want to know it all.
    pub(super) details: Vec<String>,
    places: Vec<(String, String)>,
}

impl Said {
    /// Adds to a failure where the options that it names come from.
    pub(super) fn explain(&self, mut failure: Failure) -> Failure {
        for diagnostic in &mut failure.diagnostics {
            for (option, place) in &self.places {
                let is_named = [' ', '`', '='].iter().any(|end| {
                    let named = format!("`--{option}{end}");
                    diagnostic.message.contains(&named)
                });
                if is_named {
                    let note = format!("`--{option}` comes from {place}");
                    diagnostic.notes.push(note);
                }
            }
        }
        failure
    }
}

/// Why there is nothing to be done.
#[derive(Debug)]
pub(super) enum Stop {
    /// clap's own words: help, version, or an error.
    Usage(clap::Error),
    Failure(Failure),
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Returns the definition of all that can be typed.
pub(super) fn command() -> Command {
    Arguments::command()
        .mut_subcommand("compile", |command| foreign::add_to(command, FORMAT))
        .mut_subcommand("explain", |command| foreign::add_to(command, FORMAT))
}

/// Parses a command line, with all layers below it.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Parsed, Stop> {
    let words: Vec<OsString> = arguments.into_iter().collect();
    // `pinfold help` has a copy of all definitions, which is built only for who asks for it.
    let asks_for_help = words.iter().any(|word| word == "help");
    let mut line = Line {
        words,
        command: command().disable_help_subcommand(!asks_for_help),
        path: Vec::new(),
    };
    let typed = match line.command.try_get_matches_from_mut(&line.words) {
        Ok(typed) => typed,
        Err(error) => return Err(help::complete(error, command, &line.words).into()),
    };
    let mut deepest = &typed;
    while let Some((name, matches)) = deepest.subcommand() {
        line.path.push(name.to_owned());
        deepest = matches;
    }
    let mut said = Said::default();
    let mut layers = vec![Ranked {
        rank: Rank::Variables,
        layer: line.variables()?,
    }];
    let mut merged = merge(line.deepest(), deepest, &layers);
    let mut matches = line.parse(&typed, &mut merged, &mut said)?;
    enter(&matches)?;
    let mut project = ProjectConfig::default();
    if line.path == ["compile"] || line.path == ["explain"] {
        let mut files = files::read(innermost(&matches))?;
        if line.path == ["explain"] {
            for ranked in &mut files.layers {
                let settings = &mut ranked.layer.settings;
                settings.retain(|setting| setting.option != FORMAT);
            }
        }
        if line.path == ["explain"] && !innermost(&matches).ids().any(|id| id.as_str() == SOURCES) {
            // What the lock is made of, its header says; how servers are reached, it does not.
            for ranked in &mut files.layers {
                let settings = &mut ranked.layer.settings;
                settings.retain(|setting| OF_UPDATE.contains(&setting.option.as_str()));
            }
        }
        layers.extend(files.layers);
        for name in &files.unread {
            let ours = name.replacen("UV_", "PINFOLD_", 1);
            said.warnings.push(format!(
                "{name} is a uv setting that pinfold does not read: set {ours}, or `no-foreign-config` to ignore settings of other tools"
            ));
        }
        project = files.project;
        for ranked in &layers {
            let ignored = ranked.layer.ignored.iter();
            said.details
                .extend(ignored.map(|ignored| format!("{ignored} has no effect here")));
        }
        merged = merge(line.deepest(), deepest, &layers);
        matches = line.parse(&typed, &mut merged, &mut said)?;
        said.tell(&merged);
        unknown(line.deepest(), &merged, &project)?;
        let warnings = foreign::check(line.deepest(), innermost(&matches))
            .map_err(|failure| said.explain(failure))?;
        // What a file says to another tool is not ours to warn of.
        let is_typed = |name: &str| !merged.counting.iter().any(|one| one.option == name);
        let typed = warnings.into_iter().filter(|(name, _)| is_typed(name));
        said.warnings.extend(typed.map(|(_, warning)| warning));
    } else {
        let path: Vec<&str> = line.path.iter().map(String::as_str).collect();
        let shared: &[&str] = match path[..] {
            ["update"] => &OF_UPDATE,
            ["apply"] => &OF_APPLY,
            _ => &[],
        };
        if !shared.is_empty() {
            let (own, _) = files::read_own(innermost(&matches), shared)?;
            layers.push(own);
            merged = merge(line.deepest(), deepest, &layers);
            matches = line.parse(&typed, &mut merged, &mut said)?;
        }
        said.tell(&merged);
    }
    let arguments = Arguments::from_arg_matches(&matches)?;
    // The definition of all options is thousands of small pieces, and the process is
    // about to use them no more: its end gives them back in one go.
    std::mem::forget((line, typed, matches));
    Ok(Parsed {
        arguments,
        said,
        project,
    })
}

/// An option of `compile` for the format of locks, and of others for that of results.
const FORMAT: &str = "format";

/// The options of `[compile]` that `pinfold update` has as well.
const OF_UPDATE: [&str; 9] = [
    "index-url",
    "keyring-provider",
    "trusted-host",
    "cert",
    "client-cert",
    "proxy",
    "timeout",
    "retries",
    "cache-dir",
];
/// Those of `pinfold apply`: what an update may write, it may.
const OF_APPLY: [&str; 1] = ["index-url"];

/// Returns what `[compile]` says, checked as if it had been typed in a directory.
pub(super) fn own_compile(project: &ProjectConfig, here: &Path) -> Result<Compile, Failure> {
    let mut line = Line {
        words: vec!["pinfold".into(), "compile".into()],
        command: command(),
        path: vec!["compile".to_owned()],
    };
    let no_usage = |error: &clap::Error| Failure::usage(Why::of(error).message, None);
    let typed = line
        .command
        .try_get_matches_from_mut(&line.words)
        .map_err(|error| no_usage(&error))?;
    let own = Ranked {
        rank: Rank::Config,
        layer: files::own(project, here),
    };
    let mut merged = merge(line.deepest(), innermost(&typed), &[own]);
    let mut said = Said::default();
    let matches = match line.parse(&typed, &mut merged, &mut said) {
        Ok(matches) => matches,
        Err(Stop::Failure(failure)) => return Err(failure),
        Err(Stop::Usage(error)) => return Err(no_usage(&error)),
    };
    unknown(line.deepest(), &merged, project)?;
    Compile::from_arg_matches(innermost(&matches)).map_err(|error| no_usage(&error))
}

/// Returns what was given to the innermost subcommand.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    let mut deepest = matches;
    while let Some((_, matches)) = deepest.subcommand() {
        deepest = matches;
    }
    deepest
}

/// Goes to the directory that `--directory` names.
fn enter(matches: &ArgMatches) -> Result<(), Failure> {
    let Ok(Some(folder)) = matches.try_get_one::<PathBuf>("directory") else {
        return Ok(());
    };
    std::env::set_current_dir(folder).map_err(|error| {
        Failure::usage(format!("`--directory {}`: {error}", folder.display()), None)
    })
}

/// A command line as it was typed.
struct Line {
    words: Vec<OsString>,
    command: Command,
    /// The subcommands that were named.
    path: Vec<String>,
}

impl Line {
    /// Returns the definition of the innermost subcommand.
    fn deepest(&self) -> &Command {
        let mut command = &self.command;
        for name in &self.path {
            command = command.find_subcommand(name).unwrap_or(command);
        }
        command
    }

    /// Reads the variables of all options. One that is set to nothing counts as not set:
    /// that is what CI systems make of a secret that is not there.
    fn variables(&self) -> Result<Layer, Failure> {
        let mut layer = Layer::of("PINFOLD_*");
        for (name, option) in options::options(self.deepest()) {
            // The variable is for the format of results, which other commands have.
            let is_of_others = name == FORMAT && self.path == ["compile"];
            if foreign::is_foreign(option) || is_of_others {
                continue;
            }
            let variable = options::variable(name);
            let Some(text) = std::env::var_os(&variable).filter(|text| !text.is_empty()) else {
                continue;
            };
            let text = text.into_string().map_err(|_| {
                Failure::usage(format!("the variable {variable} is not valid UTF-8"), None)
            })?;
            let value = match options::shape(option) {
                Shape::Switch => SettingValue::Flag(options::truth(&text).ok_or_else(|| {
                    Failure::usage(
                        format!("the variable {variable} is neither true nor false"),
                        Some("write `1` or `0`".to_owned()),
                    )
                })?),
                Shape::One => SettingValue::Texts(vec![text]),
                // Nearly always one path, which may have blanks.
                Shape::List if name == "output-file" => SettingValue::Texts(vec![text]),
                Shape::List => {
                    SettingValue::Texts(text.split_whitespace().map(str::to_owned).collect())
                }
            };
            layer.settings.push(Setting {
                option: name.to_owned(),
                value,
                place: variable,
            });
        }
        Ok(layer)
    }

    /// Parses with what counts of the layers; settings of other tools that cannot be used
    /// are left out, with a warning.
    fn parse(
        &mut self,
        typed: &ArgMatches,
        merged: &mut Merged,
        said: &mut Said,
    ) -> Result<ArgMatches, Stop> {
        if merged.counting.is_empty() {
            return Ok(typed.clone());
        }
        let at = self.behind_subcommands();
        loop {
            let (before, behind) = self.words.split_at(at);
            let words: Vec<OsString> = before
                .iter()
                .cloned()
                .chain(merged.words())
                .chain(behind.iter().cloned())
                .collect();
            let error = match self.command.try_get_matches_from_mut(words) {
                Ok(matches) => return Ok(matches),
                Err(error) => error,
            };
            let Some((index, why)) = self.culprit(&merged.counting) else {
                return Err(Stop::Usage(error));
            };
            let setting = merged.counting.remove(index);
            if !setting.rank.is_foreign() {
                let message = format!("{}: {}", setting.place, why.message);
                return Err(Failure::usage(message, why.help).into());
            }
            said.warnings.push(format!(
                "`{}` of {} has no effect: {}",
                setting.option, setting.place, why.message
            ));
        }
    }

    /// Finds the setting that clap does not take by itself.
    fn culprit(&mut self, settings: &[Counting]) -> Option<(usize, Why)> {
        for (index, setting) in settings.iter().enumerate() {
            let mut words: Vec<&OsStr> = vec![OsStr::new("pinfold")];
            words.extend(self.path.iter().map(OsStr::new));
            words.extend(setting.words.iter().map(OsString::as_os_str));
            let Err(error) = self.command.try_get_matches_from_mut(words) else {
                continue;
            };
            // A command that lacks something else is none of its faults.
            if error.kind() != ErrorKind::MissingRequiredArgument {
                return Some((index, Why::of(&error)));
            }
        }
        None
    }

    /// Returns where words can be put that belong to the innermost subcommand.
    fn behind_subcommands(&self) -> usize {
        let mut at = 1;
        for _ in &self.path {
            while let Some(word) = self.words.get(at) {
                at += 1;
                match word.to_str() {
                    // The global options with a value.
                    Some("--color" | "--directory") => at += 1,
                    Some(word) if word.starts_with('-') => {}
                    _ => break,
                }
            }
        }
        at.min(self.words.len())
    }
}

/// Why clap does not take a setting.
struct Why {
    message: String,
    help: Option<String>,
}

impl Why {
    fn of(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut lines = text.lines().map(str::trim);
        let message = lines.next().unwrap_or_default();
        let choices = lines.next().unwrap_or_default();
        Self {
            message: message.trim_start_matches("error: ").to_owned(),
            help: choices
                .strip_prefix("[possible values: ")
                .and_then(|choices| choices.strip_suffix(']'))
                .map(|choices| format!("the choices are {choices}")),
        }
    }
}

/// Our own configuration has no keys that nobody knows.
fn unknown(command: &Command, merged: &Merged, project: &ProjectConfig) -> Result<(), Failure> {
    if let Some(problem) = merged.problems.first() {
        return Err(failure::setting(problem));
    }
    let mut found = Vec::new();
    for (rank, setting) in &merged.unknown {
        if *rank != Rank::Config {
            continue;
        }
        let name = &setting.option;
        let mut keys = project.config.compile.iter();
        let span = keys
            .find(|key| key.name.value == *name)
            .map(|key| key.name.span)
            .unwrap_or_default();
        let is_key = !NO_KEYS.contains(&name.as_str());
        let option = options::find(command, name).filter(|_| is_key);
        let shape = option.map(|(_, option)| options::shape(option));
        let (message, help) = match shape {
            Some(Shape::Switch) => (format!("`{name}` should be `true` or `false`"), None),
            Some(_) => (
                format!("`{name}` should be a string or an array of strings"),
                None,
            ),
            None => {
                let names = options::options(command)
                    .filter(|(_, option)| !option.is_hide_set())
                    .map(|(name, _)| name);
                (
                    format!("`{name}` is not a key of `[compile]`"),
                    nearest(name, names)
                        .map(|meant| format!("did you mean `{meant}`?"))
                        .or_else(|| Some("keys are the long names of options".to_owned())),
                )
            }
        };
        found.push(Problem {
            span,
            message,
            help,
        });
    }
    if found.is_empty() {
        return Ok(());
    }
    let file = FileProblems {
        name: project.name.clone(),
        text: project.text.clone(),
        problems: found,
    };
    Err(file.into())
}

impl Said {
    /// Says which layers had an effect.
    fn tell(&mut self, merged: &Merged) {
        let mut groups: Vec<(Rank, &str, Vec<&Counting>)> = Vec::new();
        for setting in &merged.counting {
            let origin = setting.origin();
            match groups
                .iter_mut()
                .find(|(rank, other, _)| (*rank, *other) == (setting.rank, origin))
            {
                Some((_, _, group)) => group.push(setting),
                None => groups.push((setting.rank, origin, vec![setting])),
            }
            self.places
                .push((setting.option.clone(), setting.place.clone()));
        }
        for (rank, origin, group) in groups {
            let options = enumeration(group.iter().map(|one| format!("`{}`", one.option)));
            // A family of variables says less than their names.
            let place = match rank {
                Rank::Variables | Rank::UvVariables | Rank::PipVariables => {
                    enumeration(group.iter().map(|one| one.place.clone()))
                }
                _ => origin.to_owned(),
            };
            let line = format!("{options} from {place}");
            match rank {
                Rank::Typed => {}
                rank if rank.is_foreign() => self.notes.push(line),
                _ => self.details.push(line),
            }
        }
        for (rank, setting) in &merged.unknown {
            if rank.is_foreign() {
                self.details.push(format!(
                    "`{}` ({}) has no effect here",
                    setting.option, setting.place
                ));
            }
        }
        let ignored = merged.ignored.iter();
        self.warnings
            .extend(ignored.map(|ignored| format!("{ignored} has no effect here")));
    }
}

/// Joins names: `a`, `a and b`, `a, b and c`; each once.
fn enumeration(names: impl Iterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    match seen.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}
