//! Parts of a page that both formats have: versions, links, hashes.

use std::borrow::Cow;

use url::Url;

use super::model::PageError;
use crate::index::hash::{Algorithm, Sha256};

/// Checks that a version such as `1.4` has the major version 1.
pub(super) fn check_version(version: &str) -> Result<(), PageError> {
    match version.trim().split('.').next() {
        Some("1") => Ok(()),
        _ => Err(PageError::Version(shortened(version))),
    }
}

/// What links of a page are relative to.
pub(super) struct Base<'u> {
    /// Where the page is.
    page: &'u Url,
    /// What the page says instead.
    named: Option<Url>,
}

impl<'u> Base<'u> {
    /// Returns the base of a page that says nothing else.
    pub(super) const fn of(page: &'u Url) -> Self {
        Self { page, named: None }
    }

    /// Takes what a page names as the base, unless it named one before.
    pub(super) fn name(&mut self, href: &str) {
        if self.named.is_none() {
            self.named = self.page.join(href).ok();
        }
    }

    /// Makes a link absolute and takes off its fragment.
    ///
    /// None if it is no URL, or if the page came over the network and the link leads to
    /// anything else than a server: a page must not choose files of this machine.
    pub(super) fn resolve<'a>(&self, link: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let absolute = link.starts_with("https://") || link.starts_with("http://");
        if !absolute {
            let mut url = self.named.as_ref().unwrap_or(self.page).join(&link).ok()?;
            if is_on_server(self.page) && !is_on_server(&url) {
                return None;
            }
            url.set_fragment(None);
            return Some(Cow::Owned(url.into()));
        }
        Some(match link {
            Cow::Borrowed(link) => {
                Cow::Borrowed(link.split_once('#').map_or(link, |(link, _)| link))
            }
            Cow::Owned(mut link) => {
                link.truncate(link.find('#').unwrap_or(link.len()));
                Cow::Owned(link)
            }
        })
    }
}

fn is_on_server(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Adds a hash if its algorithm is known and its digits are right.
pub(super) fn add_hash(
    name: &str,
    hex: &str,
    sha256: &mut Option<Sha256>,
    others: &mut Vec<(Algorithm, String)>,
) {
    if name == "sha256" {
        *sha256 = Sha256::from_hex(hex);
        return;
    }
    let Some(algorithm) = Algorithm::from_name(name) else {
        return;
    };
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || hex.len() != algorithm.hex_digits() {
        return;
    }
    if algorithm == Algorithm::Sha256 {
        *sha256 = Sha256::from_hex(hex);
    } else {
        others.retain(|(known, _)| *known != algorithm);
        others.push((algorithm, hex.to_ascii_lowercase()));
    }
}

/// Cuts a text of others for a message after some sixty characters; what is no character
/// that can be seen is left out.
pub fn shortened(text: &str) -> String {
    let text = text.trim();
    let text = &text.replace(char::is_control, "");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
