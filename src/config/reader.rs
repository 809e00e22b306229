//! Reads the values of tables and says what is wrong where.

use std::fmt::Display;

use jiff::SignedDuration;
use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::Section;
use super::value::{Located, Word, values};
use crate::text::{Problem, Span, duration, nearest};

pub(super) type Table<'a> = DeTable<'a>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

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
    pub(super) problems: Vec<Problem>,
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

    pub(super) fn known_names(&mut self, table: &Table<'_>, known: &[&str], place: &str) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            self.problem(
                Span::from(key.span()),
                format!("`{name}` is not a key of {place}"),
                Some(meant(name, known, "keys here")),
            );
        }
    }

    /// Reads a table by a function of its own.
    pub(super) fn table<T: Default>(
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
    pub(super) fn tables<T>(
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
                .then(|| format!("there can be several: write `[[{name}]]`"));
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

    /// As [`items`](Self::items); one text stands for an array of it.
    pub(super) fn one_or_items<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Vec<Located<T>> {
        match table.get(key) {
            Some(value) if value.get_ref().as_str().is_some() => {
                self.parsed(table, key, parse).into_iter().collect()
            }
            Some(value) if value.get_ref().as_array().is_none() => {
                self.wrong_type(value, key, "a string, or an array of strings");
                Vec::new()
            }
            _ => self.items(table, key, parse),
        }
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
                Some("name at least one".to_owned()),
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
                message: format!("`{text}` is not a value of `{key}`"),
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
                format!("`{key}` should be a duration"),
                Some("write a string: `\"7d\"`, `\"24h\"`, `\"2w\"`, or `\"P7D\"`".to_owned()),
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
            format!("`{key}` should be a date"),
            Some("write it as year, month, and day: `2027-01-31`".to_owned()),
        );
        None
    }

    /// Reads an array of HTTP statuses of errors.
    pub(super) fn statuses(&mut self, table: &Table<'_>, key: &str) -> Vec<u16> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let items = value.get_ref().as_array();
        if items.is_none() {
            self.wrong_type(value, key, "an array of HTTP statuses");
        }
        let mut statuses = Vec::new();
        for item in items.into_iter().flatten() {
            let number = item.get_ref().as_integer();
            let number = number.and_then(|number| number.as_str().parse::<u16>().ok());
            match number {
                Some(status @ 400..=599) => statuses.push(status),
                Some(other) => self.problem(
                    Span::from(item.span()),
                    format!("`{other}` is not the status of an error (example: `403`)"),
                    None,
                ),
                None => self.wrong_type(item, key, "an array of HTTP statuses"),
            }
        }
        statuses
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
