//! Which tags a repository has: OCI distribution specification 1.1, §Listing tags.
//!
//! Lists come in pages; the next one is where `Link: <…>; rel="next"` (RFC 8288) says,
//! which is taken as it is, but only on the server that was asked. The order is not to be
//! trusted, so the tags are sorted here. A list without end is cut, which is told.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::ask::{Ask, Method};
use super::client::{is_web_page, web_page};
use super::endpoint::{Endpoint, first_of, repository_key};
use super::error::Error;
use super::inner::Inner;
use crate::http::{HeaderMap, header};
use crate::image::{Repository, is_tag};

/// How many pages are read; of 1,000 tags each where a registry sends as many.
const MOST_PAGES: usize = 50;
/// The longest page that is read, and how much all of them may have.
const MOST_PAGE_BYTES: u64 = 8 << 20;
const MOST_BYTES: u64 = 32 << 20;
/// More than these some registries (ECR) refuse to be asked for.
const FIRST: &str = "tags/list?n=1000";

#[derive(Deserialize)]
struct Page<'a> {
    /// Some send null where there is none.
    #[serde(borrow)]
    tags: Option<Vec<std::borrow::Cow<'a, str>>>,
}

impl Inner {
    /// Returns a repository's tags, sorted.
    pub(super) async fn list(&self, repository: &Repository) -> Result<Arc<[String]>, Error> {
        let endpoints = self.endpoints(&repository.host);
        let image = repository.familiar().into_owned();
        let key = repository_key(&endpoints, repository);
        let now = self.http.now();
        if let Some(tags) = self.kept(now, || self.stored.list(&key)) {
            return Ok(tags.into());
        }
        if self.http.is_offline() {
            return Err(Error::Offline { image });
        }
        let tags = first_of(&endpoints, async |endpoint| {
            self.list_at(endpoint, repository, &image).await
        })
        .await?;
        let tags: Vec<String> = tags.into_iter().collect();
        self.stored.put_list(&key, &tags, now);
        Ok(tags.into())
    }

    /// Reads the list of one server, page by page.
    async fn list_at(
        &self,
        endpoint: &Endpoint,
        repository: &Repository,
        image: &str,
    ) -> Result<BTreeSet<String>, Error> {
        let mut tags = BTreeSet::new();
        let mut bytes = 0;
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let ask = Ask {
                endpoint,
                repository,
                rest: FIRST,
                target: next.as_deref(),
                image,
                is_manifest: false,
                max_bytes: MOST_PAGE_BYTES,
            };
            let reply = self.send(&ask, Method::Get, None).await?;
            let response = &reply.response;
            if response.status != 200 {
                return Err(self.refuse(&ask, &reply));
            }
            let malformed = |detail: String| Error::Malformed {
                image: image.to_owned(),
                registry: endpoint.name.clone(),
                detail,
            };
            let body = response.decode(MOST_PAGE_BYTES)?;
            bytes += body.len() as u64;
            if is_web_page(response, &body) {
                return Err(web_page(&ask));
            }
            let page: Page<'_> = serde_json::from_slice(&body)
                .map_err(|error| malformed(super::said::shown(&error.to_string())))?;
            let of_page = page.tags.into_iter().flatten();
            tags.extend(of_page.filter(|tag| is_tag(tag)).map(String::from));
            let Some(link) = next_link(&response.headers) else {
                return Ok(tags);
            };
            // Where we asked, not where we were sent: a token is for that server.
            let asked = ask.url("https")?;
            next = Some(target_of(link, &asked).ok_or_else(|| {
                malformed("the next page of its tags is on another host".to_owned())
            })?);
            if bytes >= MOST_BYTES {
                break;
            }
        }
        self.notices.add(format!(
            "`{image}` at `{}` has too many tags to read all; newer ones may be missing",
            endpoint.name
        ));
        Ok(tags)
    }
}

/// Returns the target of the link to the next page.
fn next_link(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(links)
        .find(|(_, parameters)| is_next(parameters))
        .map(|(target, _)| target)
}

/// Splits `<target>; parameters, <target>; parameters`; a comma may be part of a target.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (_, behind) = rest.split_once('<')?;
        let (target, behind) = behind.split_once('>')?;
        let end = behind.find('<').unwrap_or(behind.len());
        rest = &behind[end..];
        Some((target, &behind[..end]))
    })
}

fn is_next(parameters: &str) -> bool {
    parameters.split([';', ',']).any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        })
    })
}

/// Returns path and query of a link, if it leads to the host that was asked.
///
/// A registry behind a proxy often does not know its own scheme and port, so those of
/// the question stay.
fn target_of(link: &str, asked: &Url) -> Option<String> {
    let next = asked.join(link).ok()?;
    let is_same = matches!(next.scheme(), "http" | "https")
        && next.host_str() == asked.host_str()
        && next.username().is_empty()
        && next.password().is_none();
    is_same.then(|| match next.query() {
        Some(query) => format!("{}?{query}", next.path()),
        None => next.path().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_page_among_links() {
        let check = |values: &[&str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::LINK, value.parse().unwrap());
            }
            assert_eq!(next_link(&headers), expected, "{values:?}");
        };
        check(
            &[r#"</v2/a/tags/list?n=1&last=b>; rel="next""#],
            Some("/v2/a/tags/list?n=1&last=b"),
        );
        check(&["</x>;rel=next"], Some("/x"));
        check(
            &["</p>; rel=prev, </n,1>; title=x; REL=\"last next\""],
            Some("/n,1"),
        );
        check(&["</p>; rel=prev", "</n>; rel=next"], Some("/n"));
        check(&["</p>; rel=nextish", "</p>", "rel=next", "<"], None);
        check(&[], None);
    }

    #[test]
    fn a_link_leads_to_the_host_that_was_asked() {
        let check = |link: &str, expected: Option<&str>| {
            let asked = "https://r.example:5000/v2/a/b/tags/list?n=1000"
                .parse()
                .unwrap();
            assert_eq!(target_of(link, &asked).as_deref(), expected, "{link}");
        };
        check(
            "/v2/a/b/tags/list?last=x%2Fy&n=5",
            Some("/v2/a/b/tags/list?last=x%2Fy&n=5"),
        );
        check("list?last=x", Some("/v2/a/b/tags/list?last=x"));
        check("?last=x", Some("/v2/a/b/tags/list?last=x"));
        check("http://r.example/v2/x", Some("/v2/x"));
        check("//R.example/v2/x", Some("/v2/x"));
        for elsewhere in [
            "https://evil.example/v2/x",
            "//evil.example/x",
            "https://r.example.evil.example/",
            "https://u:p@r.example:5000/x",
            "file:///etc/passwd",
            "ftp://r.example/x",
        ] {
            check(elsewhere, None);
        }
    }
}
