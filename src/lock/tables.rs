//! Reading tables of a TOML text: values of the type that is asked for, and where they stand.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::{Problem, Span};

pub(super) type Table<'a> = DeTable<'a>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// Reads a text.
///
/// # Errors
/// When it is not TOML.
pub(super) fn parse(text: &str) -> Result<Table<'_>, Problem> {
    DeTable::parse(text)
        .map(Spanned::into_inner)
        .map_err(|error| {
            let span = error.span().map_or_else(Span::default, Span::from);
            let message = error.message().lines().next().unwrap_or_default();
            Problem::new(span, format!("invalid TOML: {message}"))
        })
}

/// Returns the string under a key; none if there is none.
pub(super) fn string<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}

/// Returns the table under a key; none if there is none.
pub(super) fn table<'t, 'a>(of: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
    of.get(key)?.get_ref().as_table()
}

/// Returns the entries of the list under a key; none if there is no list.
pub(super) fn list<'t, 'a>(table: &'t Table<'a>, key: &str) -> &'t [Value<'a>] {
    let list = table.get(key).and_then(|value| value.get_ref().as_array());
    list.map_or(&[], |list| list)
}

/// Returns the strings of the list under a key; what is none is passed over.
pub(super) fn strings<'t>(table: &'t Table<'_>, key: &str) -> Vec<&'t str> {
    let entries = list(table, key).iter();
    entries.filter_map(|one| one.get_ref().as_str()).collect()
}

/// Returns the tables of the list under a key, with their places; what is none is passed
/// over.
pub(super) fn tables<'t, 'a>(of: &'t Table<'a>, key: &str) -> Vec<(&'t Table<'a>, Span)> {
    let entries = list(of, key).iter();
    entries
        .filter_map(|one| Some((one.get_ref().as_table()?, Span::from(one.span()))))
        .collect()
}
