//! The indexes that `[[index]]` names.

use jiff::Timestamp;

use super::time::limit;
use crate::cli::failure::Failure;
use crate::cli::project::ProjectConfig;
use crate::ops::{Cutoff, NamedIndex};

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
                ignored_statuses: config.ignored_statuses.clone(),
            })
        })
        .collect()
}
