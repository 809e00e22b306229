//! Dependency groups (PEP 735) of a pyproject.toml.
//!
//! A group's content is judged when it is selected, not before, as the PEP wishes: a
//! group for another tool must not stand in the way. There need be no `[project]`.

use std::fmt::{self, Display};
use std::str::FromStr;

use indexmap::IndexMap;
use toml::de::DeTable;

use super::table::{Source, Table, Value};
use crate::python::{ExtraName, Requirement};
use crate::text::{Problem, Span, nearest};

/// A group's name in normal form, as that of a project: lower case, runs of `-`, `_`
/// and `.` made one `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(ExtraName);

impl FromStr for GroupName {
    type Err = GroupRequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Names of groups and of extras have one grammar and one normal form.
        match text.parse() {
            Ok(name) if !text.is_empty() => Ok(Self(name)),
            _ => Err(GroupRequestError::Name(text.to_owned())),
        }
    }
}

impl Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A wish for a group: `[PATH:]NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRequest {
    /// The pyproject.toml, relative to the current directory, or absolute; without it
    /// that of the current directory is meant.
    pub path: Option<String>,
    /// The group.
    pub name: GroupName,
}

/// Why a text is not a wish for a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupRequestError {
    /// The name is none.
    #[error("`{0}` is not a group name")]
    Name(String),
    /// Groups stand in no such file.
    #[error("`{0}` is not a `pyproject.toml`; only that has groups")]
    Path(String),
}

impl GroupRequestError {
    /// Returns what to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Name(_) => {
                "use letters, digits, `-`, `_`, and `.`; start and end with a letter or digit"
            }
            Self::Path(_) => {
                "write `NAME` for a group of the `pyproject.toml` here, or \
                 `directory/pyproject.toml:NAME`"
            }
        }
    }
}

impl FromStr for GroupRequest {
    type Err = GroupRequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, name) = match text.rsplit_once(':') {
            Some((path, name)) => (Some(path), name),
            None => (None, text),
        };
        if let Some(path) = path
            && path.rsplit('/').next() != Some("pyproject.toml")
        {
            return Err(GroupRequestError::Path(path.to_owned()));
        }
        Ok(Self {
            path: path.map(str::to_owned),
            name: name.parse()?,
        })
    }
}

impl Display for GroupRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{path}:{}", self.name),
            None => self.name.fmt(f),
        }
    }
}

/// The groups of a pyproject.toml.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// The project's name as written, if there is a project with a name.
    pub project: Option<String>,
    /// What is wrong with the file as a whole.
    pub problems: Vec<Problem>,
    by_name: IndexMap<GroupName, Group>,
    /// Where the table stands; at the start if there is none.
    span: Span,
}

/// A requirement of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouped {
    /// The requirement.
    pub requirement: Requirement,
    /// Where its text stands.
    pub span: Span,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Requirement(Grouped),
    Include(GroupName, Span),
}

impl Groups {
    /// Parses the text of a pyproject.toml.
    pub fn parse(text: &str) -> Self {
        let (document, errors) = DeTable::parse_recoverable(text);
        let mut groups = Self::default();
        groups.problems.extend(Source::syntax(&errors));
        if groups.problems.is_empty() {
            groups.read(Source { text }, document.get_ref());
        }
        groups
    }

    fn read(&mut self, source: Source<'_>, document: &Table<'_>) {
        self.project = document
            .get("project")
            .and_then(|project| project.get_ref().get("name"))
            .and_then(|name| name.get_ref().as_str())
            .map(str::to_owned);
        let Some(value) = document.get("dependency-groups") else {
            return;
        };
        self.span = source.first_line(Span::from(value.span()));
        let Some(table) = value.get_ref().as_table() else {
            let problem = source.wrong_type(value, "`dependency-groups`", "a table");
            return self.problems.push(problem);
        };
        let mut lists: Vec<_> = table.iter().collect();
        lists.sort_by_key(|(key, _)| key.span().start);
        for (key, list) in lists {
            let span = Span::from(key.span());
            let name = match key.get_ref().parse::<GroupName>() {
                Ok(name) => name,
                Err(error) => {
                    let problem = Problem::new(span, error.to_string()).with_help(error.help());
                    self.problems.push(problem);
                    continue;
                }
            };
            if self.by_name.contains_key(&name) {
                self.problems.push(
                    Problem::new(span, format!("duplicate group `{name}`")).with_help(
                        "names are the same if they differ only in case, `-`, `_`, and `.`",
                    ),
                );
                continue;
            }
            let group = Group::read(source, &name, list);
            self.by_name.insert(name, group);
        }
    }

    /// Returns the names of the groups, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &GroupName> {
        self.by_name.keys()
    }

    /// Returns the requirements of a group, and those of the groups that it includes.
    pub fn select(&self, name: &GroupName) -> Result<Vec<Grouped>, Vec<Problem>> {
        let mut walk = Walk {
            groups: self,
            open: Vec::new(),
            done: Vec::new(),
            selected: Vec::new(),
            problems: Vec::new(),
        };
        walk.group(name, self.span);
        if walk.problems.is_empty() {
            Ok(walk.selected)
        } else {
            Err(walk.problems)
        }
    }

    fn help_for(&self, name: &GroupName) -> String {
        let names: Vec<String> = self.by_name.keys().map(ToString::to_string).collect();
        if names.is_empty() {
            return "add it to a `[dependency-groups]` table; there is none".to_owned();
        }
        match nearest(&name.to_string(), names.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the groups are `{}`", names.join("`, `")),
        }
    }
}

impl Group {
    /// ```text
    /// group = "[" *(requirement / "{" "include-group" "=" name "}") "]"
    /// ```
    fn read(source: Source<'_>, name: &GroupName, list: &Value<'_>) -> Self {
        let mut group = Self::default();
        let what = format!("the group `{name}`");
        let Some(entries) = list.get_ref().as_array() else {
            let problem = source.wrong_type(list, &what, "an array");
            group.problems.push(problem);
            return group;
        };
        for entry in entries {
            let read = match entry.get_ref().as_table() {
                Some(table) => include(source, entry, table),
                None => source
                    .requirement(entry, &what)
                    .map(|(requirement, span)| Entry::Requirement(Grouped { requirement, span })),
            };
            match read {
                Ok(entry) => group.entries.push(entry),
                Err(problem) => group.problems.push(problem),
            }
        }
        group
    }
}

fn include(source: Source<'_>, entry: &Value<'_>, table: &Table<'_>) -> Result<Entry, Problem> {
    let span = source.first_line(Span::from(entry.span()));
    let only = table
        .get("include-group")
        .filter(|_| table.iter().count() == 1);
    let Some(value) = only else {
        return Err(Problem::new(span, "unknown kind of group entry")
            .with_help("write `{include-group = \"name\"}`, or a requirement as a string"));
    };
    let Some(text) = value.get_ref().as_str() else {
        return Err(source.wrong_type(value, "`include-group`", "a string"));
    };
    match text.parse() {
        Ok(name) => Ok(Entry::Include(name, Span::from(value.span()))),
        Err(error) => {
            let error: GroupRequestError = error;
            Err(Problem::new(Span::from(value.span()), error.to_string()).with_help(error.help()))
        }
    }
}

/// A walk through a group and those that it includes.
struct Walk<'a> {
    groups: &'a Groups,
    /// The groups on the way here.
    open: Vec<&'a GroupName>,
    done: Vec<&'a GroupName>,
    selected: Vec<Grouped>,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    /// Selects a group that is named at a place.
    fn group(&mut self, name: &GroupName, named_at: Span) {
        let Some((name, group)) = self.groups.by_name.get_key_value(name) else {
            return self.problems.push(
                Problem::new(named_at, format!("there is no group `{name}`"))
                    .with_help(self.groups.help_for(name)),
            );
        };
        if let Some(start) = self.open.iter().position(|open| *open == name) {
            let way: Vec<String> = self.open[start..]
                .iter()
                .chain([&name])
                .map(ToString::to_string)
                .collect();
            return self.problems.push(
                Problem::new(
                    named_at,
                    format!("the group `{name}` includes itself: {}", way.join(" → ")),
                )
                .with_help("remove one of the includes that form the cycle"),
            );
        }
        // Two ways to a group are not a circle.
        if self.done.contains(&name) {
            return;
        }
        self.done.push(name);
        self.problems.extend(group.problems.iter().cloned());
        self.open.push(name);
        for entry in &group.entries {
            match entry {
                Entry::Requirement(grouped) => self.selected.push(grouped.clone()),
                Entry::Include(other, span) => self.group(other, *span),
            }
        }
        self.open.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn selected(text: &str, name: &str) -> Vec<String> {
        let groups = Groups::parse(text);
        assert_eq!(groups.problems, []);
        let selected = groups.select(&name.parse().unwrap()).unwrap();
        selected
            .iter()
            .map(|one| text[one.span.range()].to_owned())
            .collect()
    }

    /// Shows problems as `what they point at: message | help`.
    fn problems(text: &str, name: &str) -> Vec<String> {
        let groups = Groups::parse(text);
        let problems = if groups.problems.is_empty() {
            groups.select(&name.parse().unwrap()).unwrap_err()
        } else {
            groups.problems
        };
        problems
            .iter()
            .map(|problem| {
                let help = problem
                    .help
                    .as_ref()
                    .map_or(String::new(), |help| format!(" | {help}"));
                format!("{}: {}{help}", &text[problem.span.range()], problem.message)
            })
            .collect()
    }

    #[test]
    fn groups_are_flattened_in_order() {
        let text = "[dependency-groups]\n\
                    test = ['pytest>=8', {include-group = 'Type_Check'}, 'coverage']\n\
                    type-check = ['mypy ; python_version > \"3\"']\n\
                    dev = [{ include-group = \"test\" }, 'ruff', {include-group = 'type.check'}]\n\
                    none = []\n";
        assert_eq!(
            selected(text, "DEV"),
            [
                "pytest>=8",
                "mypy ; python_version > \"3\"",
                "coverage",
                "ruff"
            ]
        );
        assert_eq!(selected(text, "none"), [""; 0]);
        let groups = Groups::parse(text);
        assert_eq!(groups.project, None);
        let names: Vec<String> = groups.names().map(ToString::to_string).collect();
        assert_eq!(names, ["test", "type-check", "dev", "none"]);
    }

    #[test]
    fn circles_are_shown_where_they_close() {
        let text = "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'c'}]\n\
                    c = ['x', {include-group = \"B\"}]\nself = [{include-group = 'self'}]\n";
        assert_eq!(
            problems(text, "a"),
            [
                "\"B\": the group `b` includes itself: b → c → b | remove one of the includes that form the cycle"
            ]
        );
        assert_eq!(
            problems(text, "self"),
            [
                "'self': the group `self` includes itself: self → self | remove one of the includes that form the cycle"
            ]
        );
    }

    #[test]
    fn unknown_groups_are_answered_with_near_ones() {
        let text = "[dependency-groups]\ntest = [{include-group = 'tpying'}]\ntyping = []\n";
        assert_eq!(
            problems(text, "test"),
            ["'tpying': there is no group `tpying` | did you mean `typing`?"]
        );
        assert_eq!(
            problems(text, "whatever"),
            ["[dependency-groups]: there is no group `whatever` | the groups are `test`, `typing`"]
        );
        assert_eq!(
            problems("[project]\nname = 'x'\n", "dev"),
            [": there is no group `dev` | add it to a `[dependency-groups]` table; there is none"]
        );
    }

    #[test]
    fn names_that_are_the_same_are_refused() {
        assert_eq!(
            problems("[dependency-groups]\nA_b = []\na-B = []\n'!' = []\n", "a"),
            [
                "a-B: duplicate group `a-b` | names are the same if they differ only in case, `-`, \
                 `_`, and `.`",
                "'!': `!` is not a group name | use letters, digits, `-`, `_`, and `.`; start and \
                 end with a letter or digit",
            ]
        );
    }

    #[test]
    fn only_a_selected_group_has_to_be_right() {
        let text = "[dependency-groups]\nbad = ['a ><', 3, {path = 'x'}, \
                    {include-group = 'good', x = 1}, {include-group = 1}]\ngood = ['b']\nworse = 1\n";
        assert_eq!(selected(text, "good"), ["b"]);
        let shown: Vec<String> = problems(text, "bad")
            .iter()
            .map(|problem| problem.split(" | ").next().unwrap().to_owned())
            .collect();
        assert_eq!(shown.len(), 5, "{shown:?}");
        assert!(shown[0].starts_with("<: "), "{shown:?}");
        assert_eq!(
            shown[1..],
            [
                "3: an entry of the group `bad` is an integer, not a string",
                "{path = 'x'}: unknown kind of group entry",
                "{include-group = 'good', x = 1}: unknown kind of group entry",
                "1: `include-group` is an integer, not a string",
            ]
        );
        assert_eq!(
            problems(text, "worse"),
            ["1: the group `worse` is an integer, not an array"]
        );
    }

    #[test]
    fn a_table_of_another_type_and_bad_toml_are_shown() {
        assert_eq!(
            problems("dependency-groups = 1\n", "a"),
            ["1: `dependency-groups` is an integer, not a table"]
        );
        assert!(problems("[dependency-groups\n", "a")[0].contains("invalid TOML"));
    }

    #[test]
    fn a_request_has_a_name_and_maybe_a_file() {
        let parse = |text: &str| text.parse::<GroupRequest>().map(|one| one.to_string());
        assert_eq!(parse("Dev_Tools"), Ok("dev-tools".to_owned()));
        assert_eq!(
            parse("../x/pyproject.toml:dev"),
            Ok("../x/pyproject.toml:dev".to_owned())
        );
        assert_eq!(
            parse("a:b/pyproject.toml:dev"),
            Ok("a:b/pyproject.toml:dev".to_owned())
        );
        assert_eq!(parse("x:dev"), Err(GroupRequestError::Path("x".to_owned())));
        assert_eq!(parse(":dev"), Err(GroupRequestError::Path(String::new())));
        assert_eq!(parse("a b"), Err(GroupRequestError::Name("a b".to_owned())));
        assert_eq!(
            parse("pyproject.toml:"),
            Err(GroupRequestError::Name(String::new()))
        );
    }

    proptest! {
        #[test]
        fn reads_any_text(text in "(\\PC|\n|\\[dependency-groups\\]\n|a = |b = |\\[|\\]|'a'|, |\\{include-group = |\\}){0,20}") {
            let groups = Groups::parse(&text);
            let mut problems = groups.problems.clone();
            for name in groups.names() {
                match groups.select(name) {
                    Ok(selected) => for one in selected {
                        prop_assert!(text.get(one.span.range()).is_some());
                    },
                    Err(more) => problems.extend(more),
                }
            }
            for problem in problems {
                prop_assert!(text.get(problem.span.range()).is_some(), "{:?}", problem);
            }
        }
    }
}
