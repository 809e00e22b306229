//! Where packages are: indexes (PEP 503) and flat locations (`--find-links`).

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::http::display_url;
use crate::python::ProjectName;

/// The root of an index; below it each project has its page.
///
/// It ends with a slash and holds no credentials: those are given to the HTTP
/// client's settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexUrl(Url);

impl IndexUrl {
    /// Makes the root of an index from a URL with or without a slash at its end.
    pub fn new(mut url: Url) -> Self {
        // Both fail for URLs that cannot hold credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Self(url)
    }

    /// Returns the URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Returns the URL of a project's page.
    pub fn page(&self, project: &ProjectName) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}{project}/", url.path());
        url.set_path(&path);
        url
    }
}

impl fmt::Display for IndexUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display_url(&self.0))
    }
}

/// A place with files of any projects, `--find-links`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FindLinks {
    /// A folder with files, or an HTML file with links.
    Path(PathBuf),
    /// An HTML page with links.
    Page(Url),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_pages_below_the_root() {
        let page = |url: &str| {
            let index = IndexUrl::new(url.parse().unwrap());
            index.page(&"A.b".parse().unwrap()).to_string()
        };
        assert_eq!(
            page("https://index.example/simple"),
            "https://index.example/simple/a-b/"
        );
        assert_eq!(
            page("https://u:p@index.example/simple/#x"),
            "https://index.example/simple/a-b/"
        );
        assert_eq!(
            page("https://index.example?t=1"),
            "https://index.example/a-b/?t=1"
        );
    }
}
