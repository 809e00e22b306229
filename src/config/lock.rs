//! `[[lock]]`: a lock file and what it is made of.

use super::keys::LOCK;
use super::reader::{Reader, Refusal, Table, Value};
use super::value::{Located, values};
use crate::python::{ExtraName, Platform, ProjectName, PythonVersion, TargetName, TargetNameError};
use crate::text::Span;

/// A lock file and what it is made of. Paths are as written, relative to the
/// configuration's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockConfig {
    /// `output`: the lock file.
    pub output: Located<String>,
    /// `sources`: requirements files or a `pyproject.toml`; at least one.
    pub sources: Vec<Located<String>>,
    /// `constraints`
    pub constraints: Vec<Located<String>>,
    /// `overrides`
    pub overrides: Vec<Located<String>>,
    /// `extras`
    pub extras: Vec<ExtraName>,
    /// `python-version`
    pub python_versions: Vec<PythonVersion>,
    /// `python-platform`
    pub python_platforms: Vec<Platform>,
    /// `targets`
    pub targets: Vec<TargetName>,
    /// `universal`
    pub universal: Option<bool>,
    /// `index-url`
    pub index_url: Option<Located<String>>,
    /// `extra-index-urls`
    pub extra_index_urls: Vec<Located<String>>,
    /// `find-links`: folders or pages.
    pub find_links: Vec<Located<String>>,
    /// `no-hashes`
    pub no_hashes: Option<bool>,
    /// `only-binary`: names of projects, `:all:` or `:none:`, as on the command line.
    pub only_binary: Vec<String>,
    /// `no-binary`: the same.
    pub no_binary: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

impl LockConfig {
    pub(super) fn read(value: &Value<'_>, table: &Table<'_>, reader: &mut Reader) -> Option<Self> {
        reader.known_keys(table, &LOCK);
        let span = Span::from(value.span());
        for (key, help) in [
            ("output", "add `output = \"requirements.txt\"`"),
            ("sources", "add `sources = [\"requirements.in\"]`"),
        ] {
            if !table.contains_key(key) {
                reader.problem(span, format!("a lock needs `{key}`"), Some(help.to_owned()));
            }
        }
        let output = reader.parsed(table, "output", path);
        let sources = reader.some_items(table, "sources", path);
        let lock = Self {
            output: Located {
                value: String::new(),
                span,
            },
            sources,
            constraints: reader.items(table, "constraints", path),
            overrides: reader.items(table, "overrides", path),
            extras: values(reader.items(table, "extras", extra)),
            python_versions: values(reader.one_or_items(table, "python-version", |text| {
                PythonVersion::parse(text).map_err(Refusal::of)
            })),
            python_platforms: values(reader.one_or_items(table, "python-platform", |text| {
                Platform::parse(text).map_err(|error| Refusal {
                    message: error.to_string(),
                    help: Some(error.help),
                })
            })),
            targets: values(reader.items(table, "targets", |text| {
                text.parse().map_err(|error: TargetNameError| Refusal {
                    message: error.to_string(),
                    help: Some(error.help),
                })
            })),
            universal: reader.flag(table, "universal"),
            index_url: reader.parsed(table, "index-url", url),
            extra_index_urls: reader.items(table, "extra-index-urls", url),
            find_links: reader.items(table, "find-links", not_empty),
            no_hashes: reader.flag(table, "no-hashes"),
            only_binary: values(reader.items(table, "only-binary", selector)),
            no_binary: values(reader.items(table, "no-binary", selector)),
            span,
        };
        if let Some(output) = &output
            && lock
                .sources
                .iter()
                .any(|source| source.value == output.value)
        {
            reader.problem(
                output.span,
                "a lock file cannot be its own source",
                Some(
                    "put the loose requirements into `sources`, and the lock file into `output`"
                        .to_owned(),
                ),
            );
        }
        output.map(|output| Self { output, ..lock })
    }
}

fn extra(text: &str) -> Result<ExtraName, Refusal> {
    text.parse()
        .map_err(|_| Refusal::of(format!("`{text}` is not an extra name")))
}

fn not_empty(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::of("this is empty"));
    }
    Ok(text.to_owned())
}

/// A path has to be good on other machines.
fn path(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    if text.starts_with('/') || text.contains('\\') || text.chars().nth(1) == Some(':') {
        return Err(Refusal {
            message: format!("`{text}` is not a path relative to this file's directory"),
            help: Some("write it with `/`, as in `services/api/requirements.in`".to_owned()),
        });
    }
    Ok(text.strip_prefix("./").unwrap_or(&text).to_owned())
}

pub(super) fn url(text: &str) -> Result<String, Refusal> {
    let text = not_empty(text)?;
    // Variables (`https://${TOKEN}@host/`) are for who uses it to fill in; the scheme is none.
    if !["https://", "http://", "file://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        return Err(Refusal {
            message: "this is not the URL of an index".to_owned(),
            help: Some("write its root URL, such as `https://host/simple/`".to_owned()),
        });
    }
    Ok(text)
}

fn selector(text: &str) -> Result<String, Refusal> {
    if !matches!(text, ":all:" | ":none:") && text.parse::<ProjectName>().is_err() {
        return Err(Refusal {
            message: format!("`{text}` is not a project name"),
            help: Some("`:all:` means all projects, `:none:` none".to_owned()),
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{places, read};

    #[test]
    fn reads_all_it_says() {
        let text = "[[lock]]\noutput = 'a.lock'\nsources = ['./a.in', 'pyproject.toml']\n\
                    constraints = ['c.txt']\noverrides = ['o.txt']\nextras = ['Post_gres']\n\
                    python-version = '3.12'\npython-platform = ['linux/amd64']\n\
                    targets = ['3.13@linux/arm64']\n\
                    index-url = 'https://${TOKEN}@index.example/simple/'\n\
                    extra-index-urls = ['https://b.example/simple/']\nfind-links = ['wheels/']\n\
                    no-hashes = true\nonly-binary = [':all:']\nno-binary = ['psycopg2']\n";
        let locks = read(text).locks;
        let [lock] = &locks[..] else {
            panic!("{locks:?}")
        };
        assert_eq!(lock.output.value, "a.lock");
        assert_eq!(&text[lock.output.span.range()], "'a.lock'");
        assert_eq!(lock.sources[0].value, "a.in");
        assert_eq!(&text[lock.sources[1].span.range()], "'pyproject.toml'");
        assert_eq!(lock.constraints[0].value, "c.txt");
        assert_eq!(lock.overrides[0].value, "o.txt");
        assert_eq!(lock.extras[0].to_string(), "post-gres");
        assert_eq!(lock.python_versions[0].short(), "3.12");
        assert_eq!(lock.python_platforms.len(), 1);
        assert_eq!(lock.targets[0].to_string(), "3.13.0@aarch64-manylinux_2_28");
        assert_eq!(
            lock.index_url.as_ref().unwrap().value,
            "https://${TOKEN}@index.example/simple/"
        );
        assert_eq!(lock.extra_index_urls.len(), 1);
        assert_eq!(lock.find_links[0].value, "wheels/");
        assert_eq!(lock.no_hashes, Some(true));
        assert_eq!(lock.only_binary, [":all:"]);
        assert_eq!(lock.no_binary, ["psycopg2"]);
    }

    #[test]
    fn a_lock_says_what_it_is_and_what_it_is_made_of() {
        insta::assert_snapshot!(places("[[lock]]\n"), @r#"
        [[lock]]: a lock needs `output`; add `output = "requirements.txt"`
        [[lock]]: a lock needs `sources`; add `sources = ["requirements.in"]`
        "#);
        insta::assert_snapshot!(
            places("[[lock]]\noutput = 'a.txt'\nsources = []\n"),
            @"[]: `sources` is empty; name at least one"
        );
        insta::assert_snapshot!(
            places("[[lock]]\noutput = 'a.txt'\nsources = ['./a.txt']\n"),
            @"'a.txt': a lock file cannot be its own source; put the loose requirements into `sources`, and the lock file into `output`"
        );
        insta::assert_snapshot!(
            places("[[lock]]\noutput = 'a.txt'\nsources = ['a.in']\n[[lock]]\noutput = './a.txt'\nsources = ['b.in']\n"),
            @"'./a.txt': `a.txt` is also the output of another lock; merge the two, or change the output of one"
        );
    }

    #[test]
    fn bad_values_are_told_where_they_stand() {
        insta::assert_snapshot!(
            places("[[lock]]\noutput = '/a.txt'\nsources = ['a\\b', 'C:/a', ' ', 1]\npython-version = '3'\n\
                    python-platform = 'linucks'\nindex-url = 'pypi'\nonly-binary = ['a b']\nextras = ['!']\nfind-links = ['']\n"),
            @r#"
        '/a.txt': `/a.txt` is not a path relative to this file's directory; write it with `/`, as in `services/api/requirements.in`
        'a\b': `a\b` is not a path relative to this file's directory; write it with `/`, as in `services/api/requirements.in`
        'C:/a': `C:/a` is not a path relative to this file's directory; write it with `/`, as in `services/api/requirements.in`
        ' ': this is empty
        1: `sources` should be an array of strings
        '3': `3` is not a Python version (examples: `3.12`, `3.12.4`)
        'linucks': `linucks` is not a platform; write `linux`, `macos`, or `windows`; a triple such as `aarch64-unknown-linux-gnu`; `ARCH-manylinux_X_Y` or `ARCH-musllinux_X_Y`; or `linux/amd64` as in Docker
        'pypi': this is not the URL of an index; write its root URL, such as `https://host/simple/`
        'a b': `a b` is not a project name; `:all:` means all projects, `:none:` none
        '!': `!` is not an extra name
        '': this is empty
        "#
        );
    }
}
