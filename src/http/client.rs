//! What the rest of the program calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use url::Url;

use super::error::Error;
use super::exchange::Inner;
use super::login::Secret;
use super::request::Request;
use super::response::Response;
use super::settings::Settings;
use super::shared::blocking;
use super::sink::{Streamed, Whole};

/// The HTTP client; a clone shares connections, limits and counts.
///
/// Use it from within a tokio runtime. Making one costs nothing.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<Inner>,
}

impl Client {
    /// Makes a client; what is wrong with its settings is told by the first request.
    pub fn new(settings: Settings) -> Self {
        Self {
            inner: Arc::new(Inner::new(settings, Arc::default())),
        }
    }

    /// Makes a client with other settings, which shares the connections of this one where
    /// these are made by the same settings.
    ///
    /// It has limits and counts of its own.
    #[must_use]
    pub fn with(&self, settings: Settings) -> Self {
        let lines = if settings.connects_as(&self.inner.settings) {
            Arc::clone(&self.inner.lines)
        } else {
            Arc::default()
        };
        Self {
            inner: Arc::new(Inner::new(settings, lines)),
        }
    }

    /// Makes a connection to the server of a URL in the background, so that the first
    /// request to it need not wait for the handshakes.
    ///
    /// No request is made, and nothing is waited for; if it fails, the first request says
    /// so. Does nothing without TLS, without a network, or when there was a request.
    pub fn connect_ahead(&self, url: &Url) {
        let line = self.inner.line(url);
        // Nobody waits for the task.
        drop(self.inner.lines.connect_ahead(&self.inner.settings, line));
    }

    /// Fetches the whole body.
    pub async fn get(&self, request: Request) -> Result<Response, Error> {
        let mut sink = Whole::default();
        let mut response = self.inner.run(Method::GET, request, &mut sink).await?;
        response.body = sink.bytes.into();
        Ok(response)
    }

    /// Fetches the whole body and inflates it on a thread that may block.
    ///
    /// As [`Client::get`] and [`Response::decode`], but compressed data that
    /// ends early is fetched once more. The response returned has no body.
    pub async fn get_decoded(
        &self,
        request: Request,
        max_bytes: u64,
    ) -> Result<(Response, Bytes), Error> {
        let mut tries_left = self.inner.settings.retries.min(1);
        loop {
            let response = self.get(request.clone()).await?;
            let (mut response, plain) = blocking(move || {
                let plain = response.decode(max_bytes);
                (response, plain)
            })
            .await;
            match plain {
                Err(Error::Truncated { .. }) if tries_left > 0 => tries_left -= 1,
                Err(error) => return Err(error),
                Ok(plain) => {
                    response.body = Bytes::new();
                    return Ok((response, plain));
                }
            }
        }
    }

    /// Asks for the headers only.
    pub async fn head(&self, request: Request) -> Result<Response, Error> {
        let mut sink = Whole::default();
        self.inner.run(Method::HEAD, request, &mut sink).await
    }

    /// Posts fields as a browser's form does, and fetches the whole answer.
    ///
    /// A redirect is followed only where it says to post again (307, 308), and only
    /// within the origin: the fields may hold a secret. Unlike a GET, it may have had
    /// an effect although no answer came; it is tried again anyway.
    pub async fn post_form(
        &self,
        mut request: Request,
        fields: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        request.form = Some(Secret::new(form));
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(header::CONTENT_TYPE, media_type);
        let mut sink = Whole::default();
        let mut response = self.inner.run(Method::POST, request, &mut sink).await?;
        response.body = sink.bytes.into();
        Ok(response)
    }

    /// Hands a body to `sink` as it comes, without keeping it; the response returned has none.
    ///
    /// Each byte is handed over once and in order: after a connection breaks,
    /// the rest is asked for, or what came already is passed over. So the whole
    /// may be of two makings; its hash will tell.
    pub async fn download(
        &self,
        request: Request,
        sink: impl FnMut(&[u8]) + Send,
    ) -> Result<Response, Error> {
        let mut sink = Streamed::to(sink);
        self.inner.run(Method::GET, request, &mut sink).await
    }

    /// Returns what tells whoever a request for a URL is made for from others; none if no
    /// login is known before the server asks.
    ///
    /// It goes by the settings alone, so that it is the same in each run.
    pub fn login_mark(&self, url: &Url) -> Option<String> {
        let known = &self.inner.settings.credentials;
        let login = known.find(url).or_else(|| known.find_default(url))?;
        Some(login.mark())
    }

    /// Returns how many requests were sent, redirects and retries included.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of bodies came, as sent.
    pub fn bytes(&self) -> u64 {
        self.inner.bytes.load(Ordering::Relaxed)
    }

    /// Returns the time, by the settings' clock.
    pub fn now(&self) -> SystemTime {
        self.inner.settings.timer.now()
    }

    /// Returns what the user should know of how credentials were looked for, once for
    /// all clients made of these settings.
    pub fn take_warning(&self) -> Option<String> {
        self.inner.take_warning()
    }

    /// Tells whether the network is turned off.
    pub fn is_offline(&self) -> bool {
        self.inner.settings.offline
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
