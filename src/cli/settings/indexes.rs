//! Which indexes there are: those of the command line and those of the configuration.

use std::path::Path;

use jiff::Timestamp;

use super::time;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::project;
use crate::config::{Config, IndexConfig};
use crate::ops::{Cutoff, NamedIndex};

/// The indexes, as a compilation wants them.
pub(super) struct Indexes {
    pub(super) index_url: Option<String>,
    pub(super) extra_index_urls: Vec<String>,
    pub(super) index_configs: Vec<NamedIndex>,
}

/// Returns the indexes. What the command line says of a name counts for more than what
/// the configuration says, but the projects that an index owns remain its own.
pub(super) fn indexes(
    args: &args::Compile,
    here: &Path,
    now: Timestamp,
) -> Result<Indexes, Failure> {
    let mut configured = if args.configuration.no_config {
        Vec::new()
    } else {
        let project = project::read(args.configuration.config.as_deref(), here)?;
        configured(&project.config, now)?
    };
    let mut named = Vec::new();
    let mut take = |text: &str, is_default: bool| {
        let (name, url) = split(text);
        let known = name.and_then(|name| {
            let is_known = |one: &NamedIndex| one.name.as_deref() == Some(name);
            configured.iter().position(is_known)
        });
        let mut index = known.map_or_else(
            || NamedIndex {
                name: name.map(str::to_owned),
                url: String::new(),
                packages: Vec::new(),
                is_default,
                exclude_newer: None,
            },
            |position| configured.remove(position),
        );
        url.clone_into(&mut index.url);
        index.is_default = is_default;
        index
    };
    let is_named = |text: &String| split(text).0.is_some();
    let mut index_url = args.index_url.clone().filter(|url| !url.is_empty());
    let mut extra_index_urls = args.extra_index_urls.clone();
    // Their order counts, so if one has a name all are listed as if they had.
    if extra_index_urls.iter().any(is_named) {
        let all = std::mem::take(&mut extra_index_urls);
        named.extend(all.iter().map(|text| take(text, false)));
    }
    if let Some(text) = index_url.take_if(|text| is_named(text)) {
        named.push(take(&text, true));
    }
    named.append(&mut configured);
    Ok(Indexes {
        index_url,
        extra_index_urls,
        index_configs: named,
    })
}

/// Takes `NAME=` off a URL.
fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once('=') {
        Some((name, url)) if is_name(name) => (Some(name), url),
        _ => (None, text),
    }
}

/// Whether a text can be the name of an index: no URL and no path starts like this.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(is_part)
}

/// Returns the indexes that a configuration names.
pub(in crate::cli) fn configured(
    config: &Config,
    now: Timestamp,
) -> Result<Vec<NamedIndex>, Failure> {
    let read = |index: &IndexConfig| {
        let exclude_newer = index
            .exclude_newer
            .as_ref()
            .map(|text| time::limit("exclude-newer", &text.value, now))
            .transpose()?
            .map(|limit| limit.map_or(Cutoff::Off, Cutoff::Before));
        Ok(NamedIndex {
            name: Some(index.name.value.clone()),
            url: index.url.value.clone(),
            packages: index.packages.iter().map(|one| one.value.clone()).collect(),
            is_default: index.is_default,
            exclude_newer,
        })
    };
    config.indexes.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_before_a_url() {
        let check = |text, name, url| assert_eq!(split(text), (name, url), "{text}");
        check(
            "corp=https://index.example/",
            Some("corp"),
            "https://index.example/",
        );
        check(
            "https://index.example/?a=b",
            None,
            "https://index.example/?a=b",
        );
        check("./folder=x", None, "./folder=x");
        check("=x", None, "=x");
    }
}
