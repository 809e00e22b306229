//! uv's variables for indexes, and credentials for indexes that have names.
//!
//! `UV_DEFAULT_INDEX` and `UV_INDEX` win over their older names `UV_INDEX_URL` and
//! `UV_EXTRA_INDEX_URL`; of the further indexes those of `UV_INDEX` come first. Values
//! stay as they are written, `name=URL` with its name.

use std::fmt;

use super::setting::{Refused, SettingProblem, add, set};
use crate::config::layer::{Layer, SettingValue};
use crate::text::variable_word;

/// Reads the variables `UV_INDEX*` and their kin.
pub fn uv_variables(variable: impl Fn(&str) -> Option<String>) -> (Layer, Vec<SettingProblem>) {
    let mut layer = Layer::of("UV_*");
    let mut problems = Vec::new();
    let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    // The stronger of two names comes later.
    for (name, option) in [
        ("UV_INDEX_URL", "index-url"),
        ("UV_DEFAULT_INDEX", "index-url"),
        ("UV_INDEX_STRATEGY", "index-strategy"),
    ] {
        if let Some(value) = value(name) {
            let texts = SettingValue::Texts(vec![value.trim().to_owned()]);
            set(&mut layer, option, texts, name.to_owned());
        }
    }
    for (name, option, separator) in [
        ("UV_INDEX", "extra-index-url", ' '),
        ("UV_EXTRA_INDEX_URL", "extra-index-url", ' '),
        ("UV_FIND_LINKS", "find-links", ','),
    ] {
        if let Some(value) = value(name) {
            let texts = value
                .split(|c: char| c == separator || (separator == ' ' && c.is_whitespace()))
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect();
            add(
                &mut layer,
                option,
                SettingValue::Texts(texts),
                name.to_owned(),
            );
        }
    }
    match value("UV_KEYRING_PROVIDER").as_deref().map(str::trim) {
        None => {}
        Some(known @ ("disabled" | "subprocess")) => set(
            &mut layer,
            "keyring-provider",
            SettingValue::Texts(vec![known.to_owned()]),
            "UV_KEYRING_PROVIDER".to_owned(),
        ),
        Some(_) => problems.push(
            Refused::new("unknown keyring provider", "use `disabled` or `subprocess`")
                .at("UV_KEYRING_PROVIDER"),
        ),
    }
    (layer, problems)
}

/// Who we are on an index that has a name. Neither part is ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct IndexVariables {
    username: Option<String>,
    password: Option<String>,
    /// The variables' names, for messages.
    pub names: String,
}

impl IndexVariables {
    /// Returns the user's name, for the one place that sends it.
    pub fn expose_username(&self) -> Option<&str> {
        self.username.as_deref()
    }

    /// Returns the password, for the one place that sends it.
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_deref()
    }
}

impl fmt::Debug for IndexVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexVariables({})", self.names)
    }
}

/// Returns the variables in which a family of them has the credentials for an index of
/// this name: user, then password.
pub fn index_variable_names(family: &str, name: &str) -> [String; 2] {
    let name = variable_word(name);
    ["USERNAME", "PASSWORD"].map(|part| format!("{family}_INDEX_{name}_{part}"))
}

/// Returns the credentials that variables have for an index of this name:
/// `PINFOLD_INDEX_<NAME>_USERNAME` and `_PASSWORD`, else `UV_INDEX_<NAME>_…`.
///
/// The name is in capitals, with `_` for all that is neither letter nor digit. The two
/// families are not mixed.
pub fn index_variables(
    name: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<IndexVariables> {
    ["PINFOLD", "UV"].into_iter().find_map(|family| {
        let names = index_variable_names(family, name);
        let [username, password] = names
            .each_ref()
            .map(|name| variable(name).filter(|value| !value.is_empty()));
        let set: Vec<String> = names
            .into_iter()
            .zip([username.is_some(), password.is_some()])
            .filter_map(|(name, is_set)| is_set.then_some(name))
            .collect();
        (!set.is_empty()).then(|| IndexVariables {
            username,
            password,
            names: set.join(" and "),
        })
    })
}

/// What uv is told by variables and nothing here is: what would change a lock.
const UNREAD: [&str; 7] = [
    "UV_BUILD_CONSTRAINT",
    "UV_CONSTRAINT",
    "UV_EXCLUDE_NEWER",
    "UV_NO_BINARY",
    "UV_NO_BUILD",
    "UV_OVERRIDE",
    "UV_PRERELEASE",
];

/// Returns the names of variables by which uv would make another lock, and which are not
/// read.
pub fn uv_unread(variable: impl Fn(&str) -> Option<String>) -> Vec<&'static str> {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.trim().is_empty());
    UNREAD.into_iter().filter(|name| is_set(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{shown, told, variables};
    use super::*;

    #[test]
    fn reads_each_variable() {
        let (layer, problems) = uv_variables(variables(&[
            ("UV_INDEX_URL", "https://old.example/simple/"),
            ("UV_DEFAULT_INDEX", "https://index.example/simple/"),
            ("UV_EXTRA_INDEX_URL", "https://c.example/"),
            (
                "UV_INDEX",
                "acme=https://me:s3cret@a.example/  https://b.example/",
            ),
            ("UV_FIND_LINKS", "my wheels,https://d.example/"),
            ("UV_INDEX_STRATEGY", "unsafe-best-match"),
            ("UV_KEYRING_PROVIDER", "subprocess"),
        ]));
        assert_eq!(problems, []);
        insta::assert_snapshot!(shown(&layer), @r#"
        index-url = ["https://index.example/simple/"] (UV_DEFAULT_INDEX)
        index-strategy = ["unsafe-best-match"] (UV_INDEX_STRATEGY)
        extra-index-url = ["acme=https://me:s3cret@a.example/", "https://b.example/", "https://c.example/"] (UV_INDEX)
        find-links = ["my wheels", "https://d.example/"] (UV_FIND_LINKS)
        keyring-provider = ["subprocess"] (UV_KEYRING_PROVIDER)
        "#);
        assert!(!format!("{layer:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_not_read_is_known() {
        let list: &'static [(&str, &str)] = &[
            ("UV_EXCLUDE_NEWER", "7 days"),
            ("UV_OVERRIDE", " "),
            ("UV_OFFLINE", "1"),
        ];
        assert_eq!(uv_unread(variables(list)), ["UV_EXCLUDE_NEWER"]);
    }

    #[test]
    fn the_older_names_count_where_the_newer_are_not_set() {
        let (layer, _) = uv_variables(variables(&[
            ("UV_INDEX_URL", "https://old.example/simple/"),
            ("UV_DEFAULT_INDEX", " "),
            ("UV_EXTRA_INDEX_URL", "https://c.example/"),
        ]));
        insta::assert_snapshot!(shown(&layer), @r#"
        index-url = ["https://old.example/simple/"] (UV_INDEX_URL)
        extra-index-url = ["https://c.example/"] (UV_EXTRA_INDEX_URL)
        "#);
    }

    #[test]
    fn an_unknown_provider_is_told_without_its_value() {
        let (layer, problems) = uv_variables(variables(&[("UV_KEYRING_PROVIDER", "s3cret")]));
        assert!(layer.is_empty());
        assert_eq!(
            told(&problems),
            "UV_KEYRING_PROVIDER: unknown keyring provider; use `disabled` or `subprocess`\n"
        );
    }

    #[test]
    fn an_index_with_a_name_has_credentials_of_its_own() {
        let list = variables(&[
            ("UV_INDEX_MY_INDEX_2_USERNAME", "me"),
            ("UV_INDEX_MY_INDEX_2_PASSWORD", "s3cret"),
            ("UV_INDEX_BOTH_PASSWORD", "s3cret"),
            ("PINFOLD_INDEX_BOTH_USERNAME", "you"),
        ]);
        let login = index_variables("my-index.2", &list).unwrap();
        assert_eq!(login.expose_username(), Some("me"));
        assert_eq!(login.expose_password(), Some("s3cret"));
        assert_eq!(
            login.names,
            "UV_INDEX_MY_INDEX_2_USERNAME and UV_INDEX_MY_INDEX_2_PASSWORD"
        );
        assert!(!format!("{login:?}").contains("s3cret"));
        let both = index_variables("both", &list).unwrap();
        assert_eq!(both.expose_username(), Some("you"));
        assert_eq!(both.expose_password(), None);
        assert_eq!(both.names, "PINFOLD_INDEX_BOTH_USERNAME");
        assert_eq!(index_variables("other", &list), None);
    }
}
