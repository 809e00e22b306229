//! Which index is asked for which project.
//!
//! An index may own names, by patterns. A project it owns is looked for there and
//! nowhere else, whatever the strategy and whoever requires it: nobody can put another
//! project of that name before it, and no other index hears of the name. Only files from
//! `--find-links` that the user gave for the run count beside it, not those of
//! locations that a requirements file names. In turn, an index with patterns is asked
//! for what it owns only, unless it is the default one.
//!
//! pip, which installs the lock, knows no owners: it merges all indexes that the lock
//! names. There the hashes protect: another file has another hash.

use rustc_hash::FxHashMap;

use crate::command::IndexStrategy;
use crate::config::{ProjectPattern, index_variable_names, index_variables};
use crate::http::{IndexLogin, Secret};
use crate::index::{self, FindLinks, IndexUrl};
use crate::ops::compile::cutoff::Cutoff;
use crate::ops::error::Error;
use crate::python::ProjectName;

/// Where distributions come from.
#[derive(Debug, Clone, Default)]
pub struct IndexSettings {
    /// The indexes for projects that no index owns, the one to ask first coming first.
    pub indexes: Vec<IndexUrl>,
    /// The indexes that own projects.
    pub owners: Vec<Owner>,
    /// What indexes are called.
    pub names: FxHashMap<IndexUrl, String>,
    /// The limits that indexes have of their own, with what they are called.
    pub cutoffs: FxHashMap<IndexUrl, (String, Cutoff)>,
    /// The statuses by which indexes say that they have no such project, beside 404 and 410.
    pub ignored_statuses: FxHashMap<IndexUrl, Vec<u16>>,
    /// Flat locations.
    pub find_links: Vec<FindLinks>,
    /// How many of the flat locations, from the first, may have files of owned projects.
    pub trusted_find_links: usize,
    /// How several indexes are used.
    pub strategy: IndexStrategy,
}

/// An index that owns projects.
#[derive(Debug, Clone)]
pub struct Owner {
    /// What it is called.
    pub name: String,
    /// The index.
    pub index: IndexUrl,
    /// The projects it owns.
    pub packages: Vec<ProjectPattern>,
}

impl IndexSettings {
    /// Returns the index that owns a project, if one does.
    ///
    /// # Errors
    /// When two do.
    pub(in crate::ops) fn owner(&self, project: &ProjectName) -> Result<Option<&Owner>, Error> {
        let mut owners = self.owners.iter().filter_map(|owner| {
            let pattern = owner
                .packages
                .iter()
                .find(|pattern| pattern.matches(project))?;
            Some((owner, pattern))
        });
        let Some((first, one)) = owners.next() else {
            return Ok(None);
        };
        match owners.find(|(other, _)| other.index != first.index) {
            None => Ok(Some(first)),
            Some((second, other)) => Err(Error::Usage {
                message: format!(
                    "two indexes own {project}: `{}` (pattern `{one}`) and `{}` (pattern `{other}`)",
                    first.name, second.name
                ),
                help: Some("remove the name from the `packages` of one of them".to_owned()),
            }),
        }
    }

    /// Whether a failure says no more than that an index has no such project.
    pub(in crate::ops) fn says_absent(&self, index: &IndexUrl, error: &index::Error) -> bool {
        let ignored = self.ignored_statuses.get(index);
        ignored.is_some_and(|ignored| {
            let status = error.status();
            status.is_some_and(|status| ignored.contains(&status))
        })
    }

    /// Returns an index in words: `` `corp` (`https://index.example/simple/`) ``.
    pub(in crate::ops) fn shown(&self, index: &IndexUrl) -> String {
        match self.names.get(index) {
            Some(name) => format!("`{name}` (`{index}`)"),
            None => format!("`{index}`"),
        }
    }

    /// Returns the variables of the environment in which credentials for an index may
    /// be: by its name, or those for the default index, which comes last.
    pub(in crate::ops) fn variables(&self, index: &IndexUrl) -> Option<String> {
        match self.names.get(index) {
            Some(name) => Some(index_variable_names("PINFOLD", name).join(" and ")),
            None if self.indexes.last() == Some(index) => Some(DEFAULT_VARIABLES.join(" and ")),
            None => None,
        }
    }

    /// Whether an index owns a project.
    pub(in crate::ops) fn is_owned(&self, project: &ProjectName) -> bool {
        let mut patterns = self.owners.iter().flat_map(|owner| &owner.packages);
        patterns.any(|pattern| pattern.matches(project))
    }
}

/// The variables for the default index.
pub(in crate::ops) const DEFAULT_VARIABLES: [&str; 2] =
    ["PINFOLD_INDEX_USERNAME", "PINFOLD_INDEX_PASSWORD"];

/// Returns what variables say of the index with a name: `PINFOLD_INDEX_NAME_USERNAME` and
/// `…_PASSWORD`, or else uv's.
pub(in crate::ops) fn login_of(
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Option<IndexLogin> {
    let said = index_variables(name, variable)?;
    Some(IndexLogin {
        user: said.expose_username().map(Secret::new),
        password: said.expose_password().map(Secret::new),
        names: said.names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str, packages: &[&str]) -> Owner {
        Owner {
            name: name.to_owned(),
            index: IndexUrl::new(format!("https://{name}.example/").parse().unwrap()),
            packages: packages
                .iter()
                .map(|pattern| ProjectPattern::parse(pattern).unwrap())
                .collect(),
        }
    }

    fn owner_of(settings: &IndexSettings, project: &str) -> String {
        match settings.owner(&project.parse().unwrap()) {
            Ok(owner) => owner.map_or_else(String::new, |owner| owner.name.clone()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_have_one_owner_however_they_are_written() {
        let settings = IndexSettings {
            owners: vec![
                owner("corp", &["Acme_*"]),
                owner("torch", &["torch", "acme-gpu"]),
            ],
            ..IndexSettings::default()
        };
        assert_eq!(owner_of(&settings, "acme.core"), "corp");
        assert_eq!(owner_of(&settings, "Torch"), "torch");
        assert_eq!(owner_of(&settings, "torchvision"), "");
        assert_eq!(
            owner_of(&settings, "acme-gpu"),
            "two indexes own acme-gpu: `corp` (pattern `Acme_*`) and `torch` (pattern `acme-gpu`)"
        );
        let twice = IndexSettings {
            owners: vec![owner("corp", &["a*"]), owner("corp", &["acme"])],
            ..IndexSettings::default()
        };
        assert_eq!(owner_of(&twice, "acme"), "corp");
    }

    #[test]
    fn reads_the_variables_of_an_index() {
        let variables = [
            ("PINFOLD_INDEX_MY_CORP_2_PASSWORD", "pw"),
            ("UV_INDEX_MY_CORP_2_USERNAME", "uv"),
            ("UV_INDEX_OTHER_USERNAME", "me"),
            ("UV_INDEX_OTHER_PASSWORD", "pw"),
            ("UV_INDEX_EMPTY_PASSWORD", ""),
        ];
        let login = |name: &str| {
            let login = login_of(name, &|name| {
                let mut all = variables.iter();
                let (_, value) = all.find(|(other, _)| *other == name)?;
                Some((*value).to_owned())
            })?;
            let shown = |secret: Option<Secret>| secret.map(|secret| secret.expose().to_owned());
            Some((shown(login.user), shown(login.password), login.names))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            login("my-corp.2"),
            Some((
                None,
                text("pw"),
                "PINFOLD_INDEX_MY_CORP_2_PASSWORD".to_owned()
            ))
        );
        assert_eq!(
            login("other"),
            Some((
                text("me"),
                text("pw"),
                "UV_INDEX_OTHER_USERNAME and UV_INDEX_OTHER_PASSWORD".to_owned()
            ))
        );
        assert_eq!(login("empty"), None);
    }
}
