//! The whole configuration, read table by table.

use toml::de::DeTable;

use super::commit::CommitConfig;
use super::compile::{self, OwnSetting};
use super::discover::DiscoverConfig;
use super::docker::DockerConfig;
use super::index::IndexConfig;
use super::keys::SECTIONS;
use super::lock::LockConfig;
use super::policy::PolicyConfig;
use super::reader::{Reader, Table};
use super::rule::RuleConfig;
use crate::text::{Problem, Span};

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
                    format!("`{}` is also the output of another lock", lock.output.value),
                    Some("merge the two, or change the output of one".to_owned()),
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
                    "`ignored` is not a key of `[docker]`".to_owned(),
                    Some("did you mean `ignore`?".to_owned())
                ),
                (
                    "`dokcer` is not a key of the configuration".to_owned(),
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
