//! The dialect of INI files that pip reads: that of Python's `configparser`, without
//! interpolation.
//!
//! ```text
//! file    = *(line)
//! line    = blank | comment | "[" name "]" | key ("=" | ":") value | continuation
//! comment = ("#" | ";") …                      ; a line of its own, never behind a value
//! ```
//! A line that is further indented than its key's continues the value; blank lines and
//! comments may stand between. What Python refuses is a problem here: a line before the
//! first section, one that is neither, a section or a key that is there twice.

use crate::text::{Problem, Span};

/// The section that Python adds to each other one; it alone may be there twice.
pub(super) const DEFAULT: &str = "DEFAULT";

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ini<'a> {
    /// The names of its sections, in the order of the file.
    pub(super) sections: Vec<&'a str>,
    /// Its values, in the order of the file.
    pub(super) entries: Vec<Entry<'a>>,
}

/// A key's value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) section: &'a str,
    /// In pip's normal form: lower case, `-` for `_`, no dashes before it.
    pub(super) key: String,
    /// Its lines, each without blanks at its ends.
    pub(super) value: String,
    pub(super) line_number: usize,
    /// Where the key's line stands.
    pub(super) span: Span,
}

/// Returns a name as pip compares it, wherever it is written.
pub(super) fn normal_name(name: &str) -> String {
    let name = name.to_lowercase().replace('_', "-");
    match name.strip_prefix("--") {
        Some(bare) => bare.to_owned(),
        None => name,
    }
}

/// Reads a file; what is wrong does not keep the rest from being read.
pub(super) fn parse(text: &str) -> (Ini<'_>, Vec<Problem>) {
    let mut reader = Reader::default();
    let mut offset = 0;
    for (index, line) in text.split('\n').enumerate() {
        let line_start = offset;
        offset += line.len() + 1;
        let line = if index == 0 {
            line.trim_start_matches('\u{feff}')
        } else {
            line
        };
        let value = line.trim();
        let start = line_start + text[line_start..].find(value).unwrap_or_default();
        reader.line(&Line {
            value,
            indent: line.chars().take_while(|c| c.is_whitespace()).count(),
            number: index + 1,
            span: Span::new(start, start + value.len()),
        });
    }
    for entry in &mut reader.ini.entries {
        entry.value.truncate(entry.value.trim_end().len());
    }
    (reader.ini, reader.problems)
}

struct Line<'a> {
    value: &'a str,
    indent: usize,
    number: usize,
    span: Span,
}

#[derive(Default)]
struct Reader<'a> {
    ini: Ini<'a>,
    problems: Vec<Problem>,
    section: Option<&'a str>,
    /// Whether the last entry goes on in lines that are further indented than this.
    open: bool,
    indent: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &Line<'a>) {
        if line.value.starts_with(['#', ';']) {
            return;
        }
        if line.value.is_empty() {
            if self.open
                && let Some(entry) = self.ini.entries.last_mut()
            {
                entry.value.push('\n');
            }
            return;
        }
        if self.open
            && line.indent > self.indent
            && let Some(entry) = self.ini.entries.last_mut()
        {
            entry.value.push('\n');
            entry.value.push_str(line.value);
            return;
        }
        self.indent = line.indent;
        if let Some(name) = section_name(line.value) {
            self.open = false;
            if !self.ini.sections.contains(&name) {
                self.ini.sections.push(name);
            } else if name != DEFAULT {
                self.problem(line, format!("duplicate section `[{name}]`"));
            }
            self.section = Some(name);
        } else if let Some(section) = self.section {
            self.entry(section, line);
        } else {
            self.problem(line, "this is before the first section");
        }
    }

    fn entry(&mut self, section: &'a str, line: &Line<'a>) {
        let Some((key, value)) = line.value.split_once(['=', ':']) else {
            self.problem(line, "this is neither a section nor a key with a value");
            return;
        };
        let key = normal_name(key.trim_end());
        if key.is_empty() {
            self.problem(line, "this value does not have a key");
            return;
        }
        let is_again = self
            .ini
            .entries
            .iter()
            .any(|entry| entry.section == section && entry.key == key);
        if is_again {
            self.problem(line, format!("duplicate key `{key}`"));
        }
        self.open = true;
        self.ini.entries.push(Entry {
            section,
            key,
            value: value.trim_start().to_owned(),
            line_number: line.number,
            span: line.span,
        });
    }

    fn problem(&mut self, line: &Line<'_>, message: impl Into<String>) {
        self.problems.push(Problem::new(line.span, message));
    }
}

/// Returns the name in a section's header; what is behind its last bracket is nothing.
fn section_name(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn entries(text: &str) -> Vec<(&str, String, String, usize)> {
        let (ini, problems) = parse(text);
        assert_eq!(problems, []);
        ini.entries
            .into_iter()
            .map(|entry| (entry.section, entry.key, entry.value, entry.line_number))
            .collect()
    }

    fn problems(text: &str) -> Vec<(&str, String)> {
        let (_, problems) = parse(text);
        problems
            .into_iter()
            .map(|problem| (&text[problem.span.range()], problem.message))
            .collect()
    }

    fn entry(
        section: &str,
        key: &str,
        value: &str,
        line_number: usize,
    ) -> (String, String, String, usize) {
        (
            section.to_owned(),
            key.to_owned(),
            value.to_owned(),
            line_number,
        )
    }

    #[track_caller]
    fn check(text: &str, expected: &[(String, String, String, usize)]) {
        let found: Vec<_> = entries(text)
            .into_iter()
            .map(|(section, key, value, line)| (section.to_owned(), key, value, line))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn reads_both_separators_and_keeps_what_is_behind_a_value() {
        check(
            "\u{feff}[global] ; said\r\n# no\r\n  ; no\r\nIndex_URL : https://h/?a=b # c\r\n--pre=1\r\n",
            &[
                entry("global", "index-url", "https://h/?a=b # c", 4),
                entry("global", "pre", "1", 5),
            ],
        );
    }

    #[test]
    fn values_go_on_in_lines_that_are_further_indented() {
        check(
            "[install]\nfind-links =\n    a\n    # no\n\n  b=c\n [global]\nx = 1\n",
            &[
                entry("install", "find-links", "\na\n\nb=c\n[global]", 2),
                entry("install", "x", "1", 8),
            ],
        );
        // After a section's header nothing can go on.
        check(
            "[a]\n  x = 1\n  y = 2\n[b]\n  x = 3\n",
            &[
                entry("a", "x", "1", 2),
                entry("a", "y", "2", 3),
                entry("b", "x", "3", 5),
            ],
        );
    }

    #[test]
    fn what_python_refuses_is_a_problem() {
        assert_eq!(
            problems("x = 1\n[a]\n  nothing\n= 1\ny=1\nY:2\n[a]\n"),
            [
                ("x = 1", "this is before the first section".to_owned()),
                (
                    "nothing",
                    "this is neither a section nor a key with a value".to_owned()
                ),
                ("= 1", "this value does not have a key".to_owned()),
                ("Y:2", "duplicate key `y`".to_owned()),
                ("[a]", "duplicate section `[a]`".to_owned()),
            ]
        );
    }

    /// Values in the order of sections, as Python keeps them.
    #[test]
    fn says_what_python_says() {
        type Value = (String, String, String);
        let table = include_str!("../../../fixtures/oracle/pip_conf.json");
        let cases: Vec<(String, Option<Vec<Value>>)> = serde_json::from_str(table).unwrap();
        assert!(cases.len() > 500);
        for (text, expected) in cases {
            let (ini, problems) = parse(&text);
            let mut sections = vec![DEFAULT];
            sections.extend(ini.sections.iter().filter(|name| **name != DEFAULT));
            let found: Vec<Value> = sections
                .iter()
                .flat_map(|section| {
                    ini.entries
                        .iter()
                        .filter(move |entry| entry.section == *section)
                })
                .map(|entry| {
                    (
                        entry.section.to_owned(),
                        entry.key.clone(),
                        entry.value.clone(),
                    )
                })
                .collect();
            let found = problems.is_empty().then_some(found);
            assert_eq!(found, expected, "{text:?}: {problems:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_places_are_in_it(text in "[\\[\\]ab=:#; \\n\\r\u{e9}\u{feff}]{0,40}") {
            let (ini, problems) = parse(&text);
            for span in ini.entries.iter().map(|entry| entry.span).chain(problems.iter().map(|problem| problem.span)) {
                prop_assert!(text.get(span.range()).is_some());
            }
        }
    }
}
