//! URLs of files that hold a login or a signature: used while a run goes on, and kept
//! nowhere. Who needs one that the cache has without its secret asks the page again.

use url::Url;

use super::metadata::{http_error, url_of};
use super::{Error, IndexClient, IndexUrl, MetadataError, lock, page_error};
use crate::http::{self, Response, display_url};
use crate::index::File;
use crate::index::page;
use crate::python::ProjectName;

impl IndexClient {
    /// Remembers URLs with their secrets, by the URLs without them.
    pub(super) fn note_secrets(&self, secrets: Vec<(String, String)>) {
        if !secrets.is_empty() {
            lock(&self.secrets).extend(secrets);
        }
    }

    /// Returns where a file is to be fetched: with the secret that its page has.
    pub(super) async fn whole_url(&self, file: &File) -> Result<Url, MetadataError> {
        let url = url_of(file)?;
        if !file.has_secret {
            return Ok(url);
        }
        if self.secret_of(file).is_none() {
            self.check_online(&file.filename, &url)?;
            self.learn_secrets(file).await?;
        }
        let whole = self
            .secret_of(file)
            .and_then(|whole| Url::parse(&whole).ok());
        whole.ok_or_else(|| {
            let url = display_url(&url);
            http_error(file, http::Error::NotFound { url, status: 404 })
        })
    }

    fn secret_of(&self, file: &File) -> Option<String> {
        lock(&self.secrets).get(&file.url).cloned()
    }

    /// Asks again for the pages that may have a file, each once.
    async fn learn_secrets(&self, file: &File) -> Result<(), MetadataError> {
        let pages: Vec<(IndexUrl, ProjectName)> = lock(&self.standings)
            .keys()
            .filter(|(_, project)| may_be_of(&file.filename, project))
            .cloned()
            .collect();
        for key in pages {
            let url = key.0.page(&key.1);
            let asked = self.secret_pages.get(key, Box::pin(self.read_secrets(url)));
            asked.await.map_err(|error| failure(file, error))?;
        }
        Ok(())
    }

    async fn read_secrets(&self, url: Url) -> Result<(), Error> {
        let response = self.http.get(Self::page_request(url, false)).await?;
        let read = |response: &Response, body: &[u8]| {
            let page = page::parse(body, &response.url);
            let mut page = page.map_err(|error| page_error(response, error))?;
            Ok(page.take_secrets())
        };
        let secrets = self.room.read(response, read).await?;
        self.note_secrets(secrets);
        Ok(())
    }
}

/// Whether a file may be of a project by the beginning of its name.
fn may_be_of(filename: &str, project: &ProjectName) -> bool {
    let project: &str = project.as_ref();
    let Some((start, rest)) = filename.split_at_checked(project.len()) else {
        return false;
    };
    let plain = |byte: u8| match byte {
        b'_' | b'.' => b'-',
        other => other.to_ascii_lowercase(),
    };
    start.bytes().map(plain).eq(project.bytes()) && rest.starts_with('-')
}

fn failure(file: &File, error: Error) -> MetadataError {
    let source = match error {
        Error::Denied(error) | Error::Http(error) => error,
        Error::Offline { url } => http::Error::Offline { url },
        Error::Page { url, source } => http::Error::Garbage {
            url,
            detail: source.to_string(),
        },
        Error::Read { path, source } => http::Error::Garbage {
            url: path,
            detail: source.to_string(),
        },
    };
    http_error(file, source)
}
