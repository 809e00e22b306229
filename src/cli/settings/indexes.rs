//! Which indexes there are: those that are typed, and those that `[[index]]` names.

use jiff::Timestamp;

use super::time::limit;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::project::ProjectConfig;
use crate::command::named_index;
use crate::ops::{Cutoff, NamedIndex, Strategy};

impl From<args::IndexStrategy> for Strategy {
    fn from(strategy: args::IndexStrategy) -> Self {
        match strategy {
            args::IndexStrategy::FirstIndex => Self::FirstIndex,
            args::IndexStrategy::UnsafeFirstMatch => Self::UnsafeFirstMatch,
            args::IndexStrategy::UnsafeBestMatch => Self::UnsafeBestMatch,
        }
    }
}

/// The indexes of a compilation.
pub(super) struct Indexes {
    /// The default one, if it is but a URL.
    pub(super) default: Option<String>,
    /// Further ones that are but URLs.
    pub(super) unnamed: Vec<String>,
    /// Those of which more is said.
    pub(super) named: Vec<NamedIndex>,
}

/// Returns the indexes that are typed, and those that the configuration names.
pub(super) fn indexes(
    args: &args::Compile,
    project: &ProjectConfig,
    now: Timestamp,
) -> Result<Indexes, Failure> {
    let mut indexes = Indexes {
        default: None,
        unnamed: Vec::new(),
        named: Vec::new(),
    };
    let mut configured = configured_indexes(project, now)?;
    // Their order counts, so if one has a name all stand where those with names do.
    let has_names = args
        .extra_index_urls
        .iter()
        .any(|text| named_index(text).is_some());
    for text in &args.extra_index_urls {
        match named_index(text) {
            Some((name, url)) => {
                let index = typed(name, url, &mut configured);
                indexes.named.push(NamedIndex {
                    is_default: false,
                    ..index
                });
            }
            None if has_names => indexes.named.push(NamedIndex {
                name: None,
                url: text.clone(),
                packages: Vec::new(),
                is_default: false,
                exclude_newer: None,
            }),
            None => indexes.unnamed.push(text.clone()),
        }
    }
    let default = args.index_url.as_deref().filter(|url| !url.is_empty());
    let named_default = default.and_then(named_index).map(|(name, url)| NamedIndex {
        is_default: true,
        ..typed(name, url, &mut configured)
    });
    if named_default.is_none() {
        indexes.default = default.map(str::to_owned);
    }
    indexes.named.extend(configured);
    // Of several default ones the last counts.
    indexes.named.extend(named_default);
    Ok(indexes)
}

/// Returns an index that is typed; what the configuration says of one with its name holds.
fn typed(name: &str, url: &str, configured: &mut Vec<NamedIndex>) -> NamedIndex {
    let is_it = |index: &NamedIndex| index.name.as_deref() == Some(name);
    let known = configured.iter().position(is_it);
    let known = known.map(|at| configured.remove(at));
    NamedIndex {
        url: url.to_owned(),
        ..known.unwrap_or_else(|| NamedIndex {
            name: Some(name.to_owned()),
            url: String::new(),
            packages: Vec::new(),
            is_default: false,
            exclude_newer: None,
        })
    }
}

/// Returns the indexes that the configuration names.
pub(in crate::cli) fn configured_indexes(
    project: &ProjectConfig,
    now: Timestamp,
) -> Result<Vec<NamedIndex>, Failure> {
    let configs = project.config.indexes.iter();
    configs
        .map(|config| {
            let exclude_newer = config
                .exclude_newer
                .as_ref()
                .map(|text| limit("exclude-newer", &text.value, now))
                .transpose()?;
            Ok(NamedIndex {
                name: Some(config.name.value.clone()),
                url: config.url.value.clone(),
                packages: config
                    .packages
                    .iter()
                    .map(|pattern| pattern.value.clone())
                    .collect(),
                is_default: config.is_default,
                exclude_newer: exclude_newer.map(|limit| limit.map_or(Cutoff::Off, Cutoff::Before)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;
    use crate::config::{Config, Home};

    #[track_caller]
    fn check(typed: &[&str], config: &str, expected: &[&str]) {
        let words = ["pinfold", "compile"].iter().chain(typed);
        let matches = crate::cli::layers::command()
            .try_get_matches_from(words)
            .unwrap();
        let (_, matches) = matches.subcommand().unwrap();
        let args = args::Compile::from_arg_matches(matches).unwrap();
        let (config, problems) = Config::parse(config, Home::PinfoldToml);
        assert_eq!(problems, []);
        let project = ProjectConfig {
            config: config.unwrap(),
            ..ProjectConfig::default()
        };
        let found = indexes(&args, &project, Timestamp::UNIX_EPOCH).unwrap();
        let named = found.named.iter().map(|index| {
            let name = index.name.as_deref().unwrap_or("-");
            let owned = index.packages.len();
            let default = if index.is_default { " default" } else { "" };
            format!("{name} {} owns {owned}{default}", index.url)
        });
        let unnamed = found.unnamed.iter().cloned();
        let all: Vec<String> = named.chain(unnamed).chain(found.default).collect();
        assert_eq!(all, expected);
    }

    const CONFIG: &str =
        "[[index]]\nname = 'corp'\nurl = 'https://c.example/'\npackages = ['acme-*']\n";

    #[test]
    fn what_is_typed_comes_first_in_its_order() {
        check(
            &[
                "--index",
                "https://a.example/",
                "--index",
                "b=https://b.example/",
            ],
            CONFIG,
            &[
                "- https://a.example/ owns 0",
                "b https://b.example/ owns 0",
                "corp https://c.example/ owns 1",
            ],
        );
        check(
            &["--index", "https://a.example/", "-i", "https://d.example/"],
            CONFIG,
            &[
                "corp https://c.example/ owns 1",
                "https://a.example/",
                "https://d.example/",
            ],
        );
    }

    #[test]
    fn an_index_that_moved_owns_what_it_owned() {
        check(
            &["--index", "corp=https://new.example/"],
            CONFIG,
            &["corp https://new.example/ owns 1"],
        );
        check(
            &["--default-index", "corp=https://new.example/"],
            CONFIG,
            &["corp https://new.example/ owns 1 default"],
        );
    }
}
