//! What is asked for.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use url::Url;

use super::login::Secret;

/// A GET (or HEAD, or POST) to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to fetch; credentials in it are taken out and sent as a header.
    pub url: Url,
    /// Further headers, such as `Accept`. An `Accept-Encoding` here replaces ours.
    pub headers: HeaderMap,
    /// The first and the last byte wanted, both included.
    pub range: Option<(u64, u64)>,
    /// How many bytes from the end are wanted; not together with `range`.
    pub last_bytes: Option<u64>,
    /// The longest body to accept, as sent.
    pub max_bytes: u64,
    /// What a stored copy goes by: the answer may then be 304.
    pub revalidate: Option<Validators>,
    /// Whether a compressed answer is welcome; never is for a range.
    pub compressed: bool,
    /// The longest the whole may take, retries included; else the settings' one.
    pub deadline: Option<Duration>,
    /// Whether each status is an answer, once retries did not help; else most are errors.
    pub any_status: bool,
    /// Whether no credentials are added to those in `headers`.
    pub own_credentials: bool,
    /// How a long body is held.
    pub(super) holding: Holding,
    /// What is posted: it may hold a secret.
    pub(super) form: Option<Secret>,
}

/// How a long body is held beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    /// Whatever others there are.
    Freely,
    /// When few others are.
    InTurn,
}

/// What a stored copy is known by on the server (RFC 9110 §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The value of `ETag`, quotes included.
    pub etag: Option<String>,
    /// The value of `Last-Modified`.
    pub last_modified: Option<String>,
}

impl Request {
    /// Large enough for the longest pages there are, ten times over.
    pub const DEFAULT_MAX_BYTES: u64 = 256 << 20;

    /// Asks for a page or another text: compressed where the server can.
    pub fn page(url: Url) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            range: None,
            last_bytes: None,
            max_bytes: Self::DEFAULT_MAX_BYTES,
            revalidate: None,
            compressed: true,
            deadline: None,
            any_status: false,
            own_credentials: false,
            holding: Holding::Freely,
            form: None,
        }
    }

    /// Asks for a file byte by byte as it is: never compressed on the way, of any
    /// length, and for up to an hour as long as bytes keep coming.
    pub fn file(url: Url) -> Self {
        Self {
            compressed: false,
            max_bytes: u64::MAX,
            deadline: Some(Duration::from_hours(1)),
            ..Self::page(url)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Says which media types are wanted.
    #[must_use]
    pub fn accept(self, types: &'static str) -> Self {
        self.header(header::ACCEPT, HeaderValue::from_static(types))
    }

    /// Asks only for the bytes from `first` to `last`, both included.
    #[must_use]
    pub fn range(mut self, first: u64, last: u64) -> Self {
        self.range = Some((first, last));
        self.last_bytes = None;
        self
    }

    /// Asks only for so many bytes from the end.
    #[must_use]
    pub fn last_bytes(mut self, count: u64) -> Self {
        self.last_bytes = Some(count);
        self.range = None;
        self
    }

    /// Limits the length of the body.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Asks whether a stored copy still holds.
    #[must_use]
    pub fn revalidate(mut self, validators: Option<Validators>) -> Self {
        self.revalidate = validators;
        self
    }

    /// Limits how long all of it may take.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Takes each status for an answer: what says "no" has its headers and its body.
    ///
    /// What may pass is still tried again before, and no answer at all is still an
    /// error. Of the body of a refusal only the first 16 KiB or so come.
    #[must_use]
    pub fn any_status(mut self) -> Self {
        self.any_status = true;
        self
    }

    /// Leaves credentials to the caller: neither the settings' nor netrc's are sent.
    #[must_use]
    pub fn own_credentials(mut self) -> Self {
        self.own_credentials = true;
        self
    }

    /// Lets a long body wait until few other such bodies are held: for pages, of which many
    /// are asked for at once. Who holds the answer must not wait for another one meanwhile.
    #[must_use]
    pub fn sharing_room(mut self) -> Self {
        self.holding = Holding::InTurn;
        self
    }

    pub(super) fn is_range(&self) -> bool {
        self.range.is_some() || self.last_bytes.is_some()
    }

    /// Returns the headers to send, but for credentials.
    pub(super) fn outgoing_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        if !headers.contains_key(header::ACCEPT_ENCODING) {
            let encoding = if self.compressed && !self.is_range() {
                "gzip"
            } else {
                "identity"
            };
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        }
        let range = match (self.range, self.last_bytes) {
            (Some((first, last)), _) => Some(format!("bytes={first}-{last}")),
            (None, Some(count)) => Some(format!("bytes=-{count}")),
            (None, None) => None,
        };
        let (etag, last_modified) = match &self.revalidate {
            Some(validators) => (validators.etag.clone(), validators.last_modified.clone()),
            None => (None, None),
        };
        for (name, value) in [
            (header::RANGE, range),
            (header::IF_NONE_MATCH, etag),
            (header::IF_MODIFIED_SINCE, last_modified),
        ] {
            // What a server sent and we stored is a good value; one that was
            // damaged since is only not sent.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }
}
