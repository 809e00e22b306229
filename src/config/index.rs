//! `[[index]]`: an index with a name, and the projects that it owns.
//!
//! What an index owns is looked for there and nowhere else, so that nobody can put a
//! project of the same name on another index before it (dependency confusion).

use std::fmt;

use super::compile::cutoff;
use super::keys::INDEX;
use super::lock::url;
use super::pattern::ProjectPattern;
use super::reader::{Reader, Refusal, Table, Value};
use super::value::Located;
use crate::text::{Span, variable_word, without_password};

/// An index.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexConfig {
    /// `name`: what messages call it; the variables with its credentials have it, too.
    pub name: Located<String>,
    /// `url`: its root, as written.
    pub url: Located<String>,
    /// `packages`: the projects it owns.
    pub packages: Vec<Located<ProjectPattern>>,
    /// `default`: whether it stands in for PyPI. At most one of all does.
    pub is_default: bool,
    /// `exclude-newer`: up to when its uploads count, as it would be typed: a time, a day, a
    /// length of time back from now, or `false` for no limit; else as for all.
    pub exclude_newer: Option<Located<String>>,
    /// `ignore-error-codes`: by which statuses it says that it has no such project.
    pub ignored_statuses: Vec<u16>,
    /// Where it stands.
    pub span: Span,
}

impl IndexConfig {
    pub(super) fn read(value: &Value<'_>, table: &Table<'_>, reader: &mut Reader) -> Option<Self> {
        reader.known_keys(table, &INDEX);
        let span = Span::from(value.span());
        for (key, help) in [
            ("name", "add `name = \"internal\"`"),
            ("url", "add `url = \"https://host/simple/\"`"),
        ] {
            if !table.contains_key(key) {
                reader.problem(
                    span,
                    format!("an index needs a `{key}`"),
                    Some(help.to_owned()),
                );
            }
        }
        let name = reader.parsed(table, "name", name);
        let url = reader.parsed(table, "url", url);
        let packages = reader.items(table, "packages", |text| {
            ProjectPattern::parse(text).map_err(Refusal::of)
        });
        let is_default = reader.flag(table, "default").unwrap_or_default();
        let exclude_newer = table.get("exclude-newer").and_then(|value| {
            let text = cutoff("exclude-newer", value, reader)?;
            Some(Located {
                value: text,
                span: Span::from(value.span()),
            })
        });
        let ignored_statuses = reader.statuses(table, "ignore-error-codes");
        Some(Self {
            name: name?,
            url: url?,
            packages,
            is_default,
            exclude_newer,
            ignored_statuses,
            span,
        })
    }

    /// Complains about what indexes cannot have in common.
    pub(super) fn check_all(indexes: &[Self], reader: &mut Reader) {
        for (number, index) in indexes.iter().enumerate() {
            for earlier in &indexes[..number] {
                index.check(earlier, reader);
            }
        }
    }

    fn check(&self, earlier: &Self, reader: &mut Reader) {
        // Variables tell `my-index` and `MY_INDEX` not apart.
        let (name, other) = (&self.name.value, &earlier.name.value);
        if variable_word(name) == variable_word(other) {
            reader.problem(
                self.name.span,
                format!("another index is also named `{name}`"),
                Some(
                    "choose a different name, because it selects the index's credentials"
                        .to_owned(),
                ),
            );
        }
        if self.url.value == earlier.url.value {
            reader.problem(
                self.url.span,
                format!("the index `{other}` has the same URL"),
                Some("merge the two indexes".to_owned()),
            );
        }
        if self.is_default && earlier.is_default {
            reader.problem(
                self.span,
                format!("`{name}` cannot be the default, because `{other}` is"),
                Some("remove `default = true` from one of them".to_owned()),
            );
        }
        for package in &self.packages {
            let is_owned = |owned: &Located<ProjectPattern>| owned.value.is_same(&package.value);
            if earlier.packages.iter().any(is_owned) {
                reader.problem(
                    package.span,
                    format!("`{}` also belongs to the index `{other}`", package.value),
                    Some("a project has one owner; remove it from one of them".to_owned()),
                );
            }
        }
    }
}

/// URLs may have passwords.
impl fmt::Debug for IndexConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexConfig")
            .field("name", &self.name)
            .field("url", &without_password(&self.url.value))
            .field("packages", &self.packages)
            .field("is_default", &self.is_default)
            .field("exclude_newer", &self.exclude_newer)
            .field("ignored_statuses", &self.ignored_statuses)
            .field("span", &self.span)
            .finish()
    }
}

fn name(text: &str) -> Result<String, Refusal> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !starts_well || !text.bytes().all(is_part) {
        return Err(Refusal {
            // Somebody may have written the URL here.
            message: "this is not a valid index name".to_owned(),
            help: Some("use letters, digits, `-`, `_`, and `.`, as in `internal`".to_owned()),
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};

    #[test]
    fn reads_all_it_says() {
        let text = "[[index]]\nname = 'internal'\nurl = 'https://me:s3cret@index.example/simple/'\n\
                    packages = ['acme-*', 'Tools']\ndefault = true\nexclude-newer = false\nignore-error-codes = [403, 401]\n\
                    [[index]]\nname = 'other'\nurl = 'https://${TOKEN}@other.example/simple/'\n";
        let indexes = read(text).indexes;
        let [index, other] = &indexes[..] else {
            panic!("{indexes:?}")
        };
        assert_eq!(index.name.value, "internal");
        assert_eq!(index.url.value, "https://me:s3cret@index.example/simple/");
        assert_eq!(&text[index.packages[1].span.range()], "'Tools'");
        assert!(
            index.packages[0]
                .value
                .matches(&"acme-core".parse().unwrap())
        );
        assert!(index.is_default);
        assert_eq!(index.exclude_newer.as_ref().unwrap().value, "false");
        assert_eq!(index.ignored_statuses, [403, 401]);
        assert!(!other.is_default && other.packages.is_empty());
        assert_eq!(other.exclude_newer, None);
        assert!(!format!("{indexes:?}").contains("s3cret"));
    }

    #[test]
    fn an_index_has_a_name_and_a_url() {
        insta::assert_snapshot!(
            places("[[index]]\n[[index]]\nname = 'https://me:s3cret@h/'\nurl = 'pypi'\npackages = ['a b']\nexclude-newer = 7\nignore-error-codes = [403, 200, 'x']\nowns = []\n"),
            @r#"
        [[index]]: an index needs a `name`; add `name = "internal"`
        [[index]]: an index needs a `url`; add `url = "https://host/simple/"`
        'https://me:s3cret@h/': this is not a valid index name; use letters, digits, `-`, `_`, and `.`, as in `internal`
        'pypi': this is not the URL of an index; write its root URL, such as `https://host/simple/`
        'a b': `a b` is not a project name or a pattern (example: `acme-*`)
        7: `exclude-newer` should be a time, a date, a duration, or `false`; write `"7d"`, `"2026-10-01"`, `"2026-10-01T00:00:00Z"`, or `false` for no limit
        200: `200` is not the status of an error (example: `403`)
        'x': `ignore-error-codes` should be an array of HTTP statuses
        owns: `owns` is not a key of `[[index]]`; the keys here are `name`, `url`, `packages`, `default`, `exclude-newer`, `ignore-error-codes`
        "#
        );
    }

    #[test]
    fn two_indexes_share_neither_name_nor_url_nor_projects() {
        insta::assert_snapshot!(
            places("[[index]]\nname = 'my-index'\nurl = 'https://a.example/'\npackages = ['acme-*', 'b']\ndefault = true\n\
                    [[index]]\nname = 'My.Index'\nurl = 'https://a.example/'\npackages = ['Acme_*', 'c']\ndefault = true\n"),
            @r#"
        [[index]]: `My.Index` cannot be the default, because `my-index` is; remove `default = true` from one of them
        'My.Index': another index is also named `My.Index`; choose a different name, because it selects the index's credentials
        'https://a.example/': the index `my-index` has the same URL; merge the two indexes
        'Acme_*': `Acme_*` also belongs to the index `my-index`; a project has one owner; remove it from one of them
        "#
        );
    }
}
