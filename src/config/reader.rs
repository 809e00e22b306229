//! Reads the tables and says what is wrong where.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::docker::DockerConfig;
use crate::text::{Problem, Span, nearest};

/// What the configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
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
        let mut config = Self::default();
        reader.known_keys(table, &["docker"], "the configuration");
        if let Some(docker) = table.get("docker") {
            match docker.get_ref().as_table() {
                Some(table) => config.docker = DockerConfig::read(table, &mut reader),
                None => reader.wrong_type(docker, "docker", "a table"),
            }
        }
        reader.problems.sort_by_key(|problem| problem.span);
        (Some(config), reader.problems)
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

    /// Complains about keys that are not known.
    pub(super) fn known_keys(&mut self, table: &Table<'_>, known: &[&str], place: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys here are `{}`", known.join("`, `")),
            };
            self.problem(
                Span::from(key.span()),
                format!("`{name}` is no key of {place}"),
                Some(help),
            );
        }
    }

    /// Reads an array of strings, each by a function of its own.
    pub(super) fn list<T, E: std::fmt::Display>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(value, key, "an array of strings");
            return Vec::new();
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_str().map(&parse) {
                Some(Ok(parsed)) => list.push(parsed),
                Some(Err(error)) => {
                    self.problem(Span::from(item.span()), error.to_string(), None);
                }
                None => self.wrong_type(item, key, "an array of strings"),
            }
        }
        list
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
