//! One step of a request: where it goes, and what goes along.

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::error::Error;
use super::login::{Login, Origin, take_login};
use super::redact::display_url;

/// A request on its way, redirects followed.
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// What the URL itself said.
    pub(super) login: Option<Login>,
}

impl Hop {
    /// Goes where a redirect points, taking along only what may go there.
    pub(super) fn follow(&mut self, redirect: &Redirect, asked: &Url) -> Result<(), Error> {
        let refuse = |detail: String| Error::Redirect {
            url: display_url(asked),
            detail,
        };
        let mut next = self
            .url
            .join(&redirect.location)
            .map_err(|error| refuse(format!("its target is not a URL ({error})")))?;
        // Whatever it says, we say who we are only where the user told us to.
        take_login(&mut next);
        if !matches!(next.scheme(), "http" | "https") {
            return Err(refuse(format!("to the scheme `{}`", next.scheme())));
        }
        if self.url.scheme() == "https" && next.scheme() == "http" {
            return Err(refuse(format!(
                "from HTTPS to plain HTTP, at `{}`",
                display_url(&next)
            )));
        }
        let is_elsewhere = Origin::of(&self.url) != Origin::of(&next);
        let posts_again = matches!(redirect.status.as_u16(), 307 | 308);
        if self.method == Method::POST && (is_elsewhere || !posts_again) {
            return Err(refuse(format!(
                "a POST request, with status {}, to `{}`",
                redirect.status.as_u16(),
                display_url(&next)
            )));
        }
        if is_elsewhere {
            for name in [
                header::AUTHORIZATION,
                header::COOKIE,
                header::PROXY_AUTHORIZATION,
            ] {
                self.headers.remove(name);
            }
            self.login = None;
        }
        self.url = next;
        Ok(())
    }
}

/// Where an answer points.
pub(super) struct Redirect {
    pub(super) status: StatusCode,
    pub(super) location: String,
}

/// Returns where an answer points, if it is a redirect.
pub(super) fn redirect_of(
    status: StatusCode,
    headers: &HeaderMap,
) -> Option<Result<Redirect, String>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let Some(location) = headers.get(header::LOCATION) else {
        return Some(Err(format!("status {status} without a target")));
    };
    // A target may hold bytes beyond ASCII, against the rules; browsers take UTF-8.
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    Some(Ok(Redirect { status, location }))
}
