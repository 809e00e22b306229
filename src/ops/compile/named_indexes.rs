//! The indexes of a compilation that have names, beside those that are only URLs.

use super::request::{Indexes, NamedIndex};
use crate::command::{Options, named_index};

/// Returns the indexes that the options name, then those that the configuration names.
pub(super) fn indexes(options: &Options, mut configured: Vec<NamedIndex>) -> Indexes {
    let mut indexes = Indexes {
        find_links: options.find_links.clone(),
        no_index: options.no_index,
        strategy: options.index_strategy.unwrap_or_default(),
        ..Indexes::default()
    };
    // Their order counts, so if one has a name all stand where those with names do.
    let has_names = options
        .extra_index_urls
        .iter()
        .any(|text| named_index(text).is_some());
    for text in &options.extra_index_urls {
        match named_index(text) {
            Some((name, url)) => {
                let index = said(name, url, &mut configured);
                indexes.named.push(NamedIndex {
                    is_default: false,
                    ..index
                });
            }
            None if has_names => indexes.named.push(NamedIndex::at(None, text)),
            None => indexes.extra.push(text.clone()),
        }
    }
    let default = options.index_url.as_deref().filter(|url| !url.is_empty());
    let named_default = default.and_then(named_index).map(|(name, url)| NamedIndex {
        is_default: true,
        ..said(name, url, &mut configured)
    });
    if named_default.is_none() {
        indexes.default = default.map(str::to_owned);
    }
    indexes.named.extend(configured);
    // Of several default ones the last counts.
    indexes.named.extend(named_default);
    indexes
}

/// Returns an index that an option names; what the configuration says of one with its
/// name holds.
fn said(name: &str, url: &str, configured: &mut Vec<NamedIndex>) -> NamedIndex {
    let is_it = |index: &NamedIndex| index.name.as_deref() == Some(name);
    let known = configured.iter().position(is_it);
    match known.map(|at| configured.remove(at)) {
        Some(known) => NamedIndex {
            url: url.to_owned(),
            ..known
        },
        None => NamedIndex::at(Some(name), url),
    }
}

impl NamedIndex {
    /// Returns an index of which nothing is said but where it is.
    fn at(name: Option<&str>, url: &str) -> Self {
        Self {
            name: name.map(str::to_owned),
            url: url.to_owned(),
            packages: Vec::new(),
            is_default: false,
            exclude_newer: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Tool;
    use crate::config::ProjectPattern;

    /// Says which indexes there are where the configuration has one that owns projects.
    #[track_caller]
    fn check(default: Option<&str>, extra: &[&str], expected: &[&str]) {
        let options = Options {
            index_url: default.map(str::to_owned),
            extra_index_urls: extra.iter().map(|&url| url.to_owned()).collect(),
            ..Options::of(Tool::Pinfold)
        };
        let configured = NamedIndex {
            packages: vec![ProjectPattern::parse("acme-*").unwrap()],
            ..NamedIndex::at(Some("corp"), "https://c.example/")
        };
        let found = indexes(&options, vec![configured]);
        let named = found.named.iter().map(|index| {
            let name = index.name.as_deref().unwrap_or("-");
            let owned = index.packages.len();
            let default = if index.is_default { " default" } else { "" };
            format!("{name} {} owns {owned}{default}", index.url)
        });
        let unnamed = found.extra.iter().cloned();
        let all: Vec<String> = named.chain(unnamed).chain(found.default).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn what_is_said_comes_first_in_its_order() {
        check(
            None,
            &["https://a.example/", "b=https://b.example/"],
            &[
                "- https://a.example/ owns 0",
                "b https://b.example/ owns 0",
                "corp https://c.example/ owns 1",
            ],
        );
        check(
            Some("https://d.example/"),
            &["https://a.example/"],
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
            None,
            &["corp=https://new.example/"],
            &["corp https://new.example/ owns 1"],
        );
        check(
            Some("corp=https://new.example/"),
            &[],
            &["corp https://new.example/ owns 1 default"],
        );
    }
}
