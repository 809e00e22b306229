//! Reads the tables and says what is wrong where.

use std::fmt::Display;

use jiff::SignedDuration;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::commit::CommitConfig;
use super::compile::{self, OwnSetting};
use super::discover::DiscoverConfig;
use super::docker::DockerConfig;
use super::index::IndexConfig;
use super::keys::{SECTIONS, Section};
use super::lock::LockConfig;
use super::policy::PolicyConfig;
use super::rule::RuleConfig;
use super::value::{Located, Word, values};
use crate::text::{Problem, Span, duration, nearest};

/// What the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `[compile]`, in the order of the file: options by name, whether or not there is one.
    pub compile: Vec<OwnSetting>,
    /// `[[index]]`, in the order of the file; no two have the same name, at most one is the
    /// default.
    pub indexes: Vec<IndexConfig>,
    /// `[policy]`
    pub policy: PolicyConfig,
    /// `[[rule]]`, in the order of the file.
    pub rules: Vec<RuleConfig>,
    /// `[[lock]]`, in the order of the file; no two have the same output.
    pub locks: Vec<LockConfig>,
    /// `[discover]`
    pub discover: DiscoverConfig,
    /// `[commit]`
    pub commit: CommitConfig,
    /// `[docker]`
    pub docker: DockerConfig,
}

/// Which file holds the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// A `pinfold.toml`: all of it is ours.
    PinfoldToml,
    /// A `pyproject.toml`: `[tool.pinfold]` is ours.
    Pyproject,
}

pub(super) type Table<'a> = DeTable<'a>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

impl Config {
    /// Reads a configuration; none if a pyproject.toml has no table of ours.
    ///
    /// With problems, what was understood is not to be used.
    pub fn parse(text: &str, home: Home) -> (Option<Self>, Vec<Problem>) {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader::default();
        for error in errors {
            let span = error.span().map_or_else(Span::default, Span::from);
            let message = error.message().lines().next().unwrap_or_default();
            reader.problem(span, format!("invalid TOML: {message}"), None);
        }
        let table = match home {
            Home::PinfoldToml => Some(document.get_ref()),
            Home::Pyproject => document
                .get_ref()
                .get("tool")
                .and_then(|tool| tool.get_ref().get("pinfold"))
                .and_then(|ours| {
                    let table = ours.get_ref().as_table();
                    if table.is_none() {
                        reader.wrong_type(ours, "tool.pinfold", "a table");
                    }
                    table
                }),
        };
        let Some(table) = table else {
            // A pyproject.toml that is broken elsewhere is not ours to complain about,
            // unless our table may be what is broken.
            let is_ours = home == Home::PinfoldToml || text.contains("pinfold");
            let problems = if is_ours { reader.problems } else { Vec::new() };
            return (None, problems);
        };
        let config = Self::read(table, &mut reader);
        reader.problems.sort_by_key(|problem| problem.span);
        (Some(config), reader.problems)
    }

    fn read(table: &Table<'_>, reader: &mut Reader) -> Self {
        let names = SECTIONS.map(|section| section.name);
        reader.known_names(table, &names, "the configuration");
        let rules = reader.tables(table, "rule", RuleConfig::read);
        let locks = reader.tables(table, "lock", LockConfig::read);
        for (index, lock) in locks.iter().enumerate() {
            let is_again = locks[..index]
                .iter()
                .any(|earlier| earlier.output.value == lock.output.value);
            if is_again {
                reader.problem(
                    lock.output.span,
                    format!("`{}` is the output of another lock, too", lock.output.value),
                    Some("make one lock of both, or give one another output".to_owned()),
                );
            }
        }
        let indexes = reader.tables(table, "index", IndexConfig::read);
        IndexConfig::check_all(&indexes, reader);
        Self {
            compile: reader.table(table, "compile", compile::read),
            indexes,
            policy: reader.table(table, "policy", PolicyConfig::read),
            rules,
            locks,
            discover: reader.table(table, "discover", DiscoverConfig::read),
            commit: reader.table(table, "commit", CommitConfig::read),
            docker: reader.table(table, "docker", DockerConfig::read),
        }
    }
}

/// Why a value is not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Refusal {
    /// A refusal without advice.
    pub(super) fn of(error: impl Display) -> Self {
        Self {
            message: error.to_string(),
            help: None,
        }
    }
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem {
            span,
            message: message.into(),
            help,
        });
    }

    pub(super) fn wrong_type(&mut self, value: &Value<'_>, name: &str, expected: &str) {
        self.problem(
            Span::from(value.span()),
            format!("`{name}` should be {expected}"),
            None,
        );
    }

    /// Complains about keys that a table does not have.
    pub(super) fn known_keys(&mut self, table: &Table<'_>, section: &Section) {
        self.known_names(table, &section.names(), &format!("`{}`", section.header()));
    }

    fn known_names(&mut self, table: &Table<'_>, known: &[&str], place: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            self.problem(
                Span::from(key.span()),
                format!("`{name}` is no key of {place}"),
                Some(meant(name, known, "keys here")),
            );
        }
    }

    /// Reads a table by a function of its own.
    fn table<T: Default>(
        &mut self,
        parent: &Table<'_>,
        name: &str,
        read: impl FnOnce(&Table<'_>, &mut Self) -> T,
    ) -> T {
        let Some(value) = parent.get(name) else {
            return T::default();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(value, name, "a table");
            return T::default();
        };
        read(table, self)
    }

    /// Reads an array of tables, each by a function of its own.
    fn tables<T>(
        &mut self,
        parent: &Table<'_>,
        name: &str,
        read: impl Fn(&Value<'_>, &Table<'_>, &mut Self) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = parent.get(name) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            let help = value
                .get_ref()
                .is_table()
                .then(|| format!("there may be several: write `[[{name}]]`"));
            let message = format!("`{name}` should be an array of tables");
            self.problem(Span::from(value.span()), message, help);
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => tables.extend(read(item, table, self)),
                None => self.wrong_type(item, name, "an array of tables"),
            }
        }
        tables
    }

    /// Reads an array of strings, each by a function of its own.
    pub(super) fn items<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Vec<Located<T>> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "an array of strings");
            return Vec::new();
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let span = Span::from(item.span());
            match item.get_ref().as_str().map(&parse) {
                Some(Ok(value)) => list.push(Located { value, span }),
                Some(Err(refusal)) => self.problem(span, refusal.message, refusal.help),
                None => self.wrong_type(item, key, "an array of strings"),
            }
        }
        list
    }

    /// As [`items`](Self::items), of an array that has some.
    pub(super) fn some_items<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Vec<Located<T>> {
        if let Some(value) = table.get(key)
            && value
                .get_ref()
                .as_array()
                .is_some_and(|items| items.is_empty())
        {
            self.problem(
                Span::from(value.span()),
                format!("`{key}` is empty"),
                Some("name one at least".to_owned()),
            );
        }
        self.items(table, key, parse)
    }

    /// As [`items`](Self::items), without their places.
    pub(super) fn list<T, E: Display>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        values(self.items(table, key, |text| parse(text).map_err(Refusal::of)))
    }

    /// Reads a string by a function of its own.
    pub(super) fn parsed<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Option<Located<T>> {
        let value = table.get(key)?;
        let span = Span::from(value.span());
        match value.get_ref().as_str().map(parse) {
            Some(Ok(value)) => return Some(Located { value, span }),
            Some(Err(refusal)) => self.problem(span, refusal.message, refusal.help),
            None => self.wrong_type(value, key, "a string"),
        }
        None
    }

    /// Reads a text that is not empty.
    pub(super) fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Located<String>> {
        self.parsed(table, key, |text| {
            if text.trim().is_empty() {
                Err(Refusal::of(format!("`{key}` is empty")))
            } else {
                Ok(text.to_owned())
            }
        })
    }

    /// Reads one of a few words.
    pub(super) fn word<T: Word>(&mut self, table: &Table<'_>, key: &str) -> Option<T> {
        let word = self.parsed(table, key, |text| {
            T::of(text).ok_or_else(|| Refusal {
                message: format!("`{text}` is no value of `{key}`"),
                help: Some(meant(text, T::WORDS, "values")),
            })
        });
        word.map(|word| word.value)
    }

    /// Reads a length of time.
    pub(super) fn duration(&mut self, table: &Table<'_>, key: &str) -> Option<SignedDuration> {
        let value = table.get(key)?;
        if !value.get_ref().is_str() {
            self.problem(
                Span::from(value.span()),
                format!("`{key}` should be a length of time"),
                Some("write it as text: `\"7d\"`, `\"24h\"`, `\"2w\"` or `\"P7D\"`".to_owned()),
            );
            return None;
        }
        let duration = self.parsed(table, key, |text| duration(text).map_err(Refusal::of));
        duration.map(|duration| duration.value)
    }

    /// Reads a day: a TOML date, or text of that form.
    pub(super) fn date(&mut self, table: &Table<'_>, key: &str) -> Option<Located<Date>> {
        let value = table.get(key)?;
        let written = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            _ => String::new(),
        };
        let span = Span::from(value.span());
        // jiff takes times as well, and drops what it has no use for.
        let is_day = written.len() == "2027-01-31".len();
        if let Some(value) = written.parse().ok().filter(|_| is_day) {
            return Some(Located { value, span });
        }
        self.problem(
            span,
            format!("`{key}` should be a day"),
            Some("write it as year, month and day: `2027-01-31`".to_owned()),
        );
        None
    }

    /// Reads a truth value.
    pub(super) fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(value, key, "`true` or `false`");
        }
        flag
    }
}

/// Returns what to write instead of a word that is not known.
fn meant(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the {what} are `{}`", known.join("`, `")),
    }
}

/// What the tests of each table need.
#[cfg(test)]
pub(super) mod testing {
    use std::fmt::Write as _;

    use super::{Config, Home};

    /// Reads a configuration that has no problems.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Config {
        let (config, problems) = Config::parse(text, Home::PinfoldToml);
        assert_eq!(problems, []);
        config.unwrap()
    }

    /// Returns a line for each problem: the place, what is wrong, what to do.
    pub(crate) fn places(text: &str) -> String {
        let (_, problems) = Config::parse(text, Home::PinfoldToml);
        let mut lines = String::new();
        for problem in problems {
            let place = &text[problem.span.range()];
            let _ = write!(lines, "{place}: {}", problem.message);
            if let Some(help) = problem.help {
                let _ = write!(lines, "; {help}");
            }
            lines.push('\n');
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, home: Home) -> Vec<(String, Option<String>)> {
        let (_, problems) = Config::parse(text, home);
        problems
            .into_iter()
            .map(|problem| (problem.message, problem.help))
            .collect()
    }

    #[test]
    fn reads_both_homes() {
        let table = "ignore = [\"ghcr.io/acme/*\"]\ncontexts = ['assets']\nplatforms = ['arm64']\n\
                     registry-mirrors = ['docker.io=http://127.0.0.1:5001']\nfreeze-args = true\n\
                     exclude = ['tests/**']\ninsecure-registries = ['reg:5000']\n";
        let (one, problems) = Config::parse(&format!("[docker]\n{table}"), Home::PinfoldToml);
        assert_eq!(problems, []);
        let (other, problems) = Config::parse(
            &format!("[project]\nname='x'\n[tool.pinfold.docker]\n{table}"),
            Home::Pyproject,
        );
        assert_eq!(problems, []);
        assert_eq!(one, other);
        let docker = one.unwrap().docker;
        assert_eq!(docker.contexts, ["assets"]);
        assert_eq!(docker.platforms[0].to_string(), "linux/arm64");
        assert_eq!(docker.freeze_args, Some(true));
        assert_eq!(docker.ignore[0].as_str(), "ghcr.io/acme/*");
    }

    #[test]
    fn a_project_without_our_table_says_nothing() {
        assert_eq!(
            Config::parse("[tool.ruff]\n", Home::Pyproject),
            (None, vec![])
        );
        assert_eq!(Config::parse("[broken", Home::Pyproject), (None, vec![]));
    }

    #[test]
    fn a_misspelt_key_is_an_error_with_a_suggestion() {
        assert_eq!(
            problems("[docker]\nignored = []\n[dokcer]\n", Home::PinfoldToml),
            [
                (
                    "`ignored` is no key of `[docker]`".to_owned(),
                    Some("did you mean `ignore`?".to_owned())
                ),
                (
                    "`dokcer` is no key of the configuration".to_owned(),
                    Some("did you mean `docker`?".to_owned())
                ),
            ]
        );
    }

    #[test]
    fn wrong_types_and_values_are_told_with_their_place() {
        let text = "[docker]\nplatforms = ['linux', 1]\nfreeze-args = 'yes'\nignore = 'x'\n";
        let (_, problems) = Config::parse(text, Home::PinfoldToml);
        let places: Vec<&str> = problems
            .iter()
            .map(|problem| &text[problem.span.range()])
            .collect();
        assert_eq!(places, ["'linux'", "1", "'yes'", "'x'"]);
        assert!(!self::problems("x = [", Home::PinfoldToml).is_empty());
        assert!(!self::problems("[tool]\npinfold = 1", Home::Pyproject).is_empty());
    }
}
