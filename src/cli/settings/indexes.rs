//! Which indexes there are: those that are typed, and those that `[[index]]` names.

use jiff::Timestamp;

use super::time::limit;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::project::ProjectConfig;
use crate::ops::{Cutoff, NamedIndex};
use crate::update::named_index;

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
    for text in &args.extra_index_urls {
        match named_index(text) {
            Some((name, url)) => indexes.named.push(typed(name, url, &mut configured)),
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
