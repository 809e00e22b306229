//! Project pages of the Simple API: JSON (PEP 691, 700, 714, 792) and HTML
//! (PEP 503, 592, 629, 658, 714), read into one [`Page`].
//!
//! Pages are borrowed from, not copied: a large one has ten megabytes. Links that
//! no wheel or sdist is behind are kept here; [`Listing`](super::Listing) drops them.
//! Left out: provenance (PEP 740), signatures, `versions` (the files say the same).

mod html;
mod json;
mod model;
mod parts;
mod time;

use url::Url;

pub(super) use html::file_name;
pub use model::{MetadataFile, Page, PageError, PageFile, ProjectStatus, Status};
pub use parts::shortened;

/// Whether a body may be a page by its beginning.
pub fn may_be_page(beginning: &[u8]) -> bool {
    let body = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'<'))
}

/// Reads the page that was found at `url` (after redirects).
///
/// The body tells its own format: servers were seen to lie about it.
pub fn parse<'a>(body: &'a [u8], url: &Url) -> Result<Page<'a>, PageError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => json::parse(body, url),
        Some(b'<') => html::parse(body, url),
        Some(_) => {
            let start = String::from_utf8_lossy(&body[..body.len().min(200)]);
            let line = start.trim().lines().next().unwrap_or_default();
            Err(PageError::NotAProjectPage(format!(
                "neither JSON nor HTML; it starts with `{}`",
                shortened(line)
            )))
        }
        None => Err(PageError::NotAProjectPage("an empty body".to_owned())),
    }
}

#[cfg(test)]
mod tests;
