//! What flat locations (`--find-links`) have, by project.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::index::{File, FindLinks, IndexClient, Listing};
use crate::ops::compile::indexes::IndexSettings;
use crate::ops::error::Error;
use crate::python::ProjectName;
use crate::text::without_login;

/// What flat locations have, by project.
pub(in crate::ops) type Flat = FxHashMap<ProjectName, Arc<Listing>>;

/// Reads the flat locations.
pub(in crate::ops) async fn flat(
    client: &IndexClient,
    settings: &IndexSettings,
) -> Result<Arc<Flat>, Error> {
    let mut files: BTreeMap<ProjectName, Vec<File>> = BTreeMap::new();
    for (number, links) in settings.find_links.iter().enumerate() {
        let is_trusted = number < settings.trusted_find_links;
        let found = client.find_links(links).await;
        let found = found.map_err(|source| Error::FindLinks {
            links: shown(links),
            source,
        })?;
        for (name, file) in found {
            if is_trusted || !settings.is_owned(&name) {
                files.entry(name).or_default().push(file);
            }
        }
    }
    let flat = files
        .into_iter()
        .map(|(name, files)| {
            let listing = Arc::new(Listing::of_files(&name, &files));
            (name, listing)
        })
        .collect();
    Ok(Arc::new(flat))
}

fn shown(links: &FindLinks) -> String {
    match links {
        FindLinks::Path(path) => without_login(&path.to_string_lossy()),
        FindLinks::Page(url) => crate::http::display_url(url),
    }
}
