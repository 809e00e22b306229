//! Making requests: limits, retries, redirects, credentials.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::sync::Semaphore;
use url::Url;

use super::credentials::{Credentials, Login, Origin, take_login};
use super::error::Error;
use super::gate::Gates;
use super::observe::Exchange;
use super::redact::display_url;
use super::request::Request;
use super::response::{Response, content_range};
use super::retry::{LONGEST_WAIT, backoff, jitter};
use super::settings::Settings;
use super::status::Failed;
use super::transport;

const MOST_REDIRECTS: usize = 10;

/// How much of a body is read that nobody wants: for its first line, and so
/// that the connection can be used again.
const UNWANTED_BYTES: usize = 16 << 10;

/// The HTTP client; a clone shares connections, limits and counts.
///
/// Use it from within a tokio runtime. Making one costs nothing.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    checking: OnceLock<Result<reqwest::Client, Error>>,
    trusting: OnceLock<Result<reqwest::Client, Error>>,
    permits: Semaphore,
    credentials: RwLock<Credentials>,
    /// Until when a server asked to be left alone.
    pauses: Mutex<HashMap<Origin, SystemTime>>,
    gates: Gates,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// What is done with the body as it comes.
trait Sink: Send {
    /// A body begins, at this byte of what was asked for; `length` is announced.
    fn begin(&mut self, first: u64, length: Option<u64>);
    fn add(&mut self, chunk: &[u8]);
    /// How many bytes need not come again.
    fn kept(&self) -> u64;
}

/// An exchange that gave no usable answer.
struct Failure {
    error: Error,
    retry: Retry,
}

enum Retry {
    No,
    Backoff,
    After(Duration),
}

impl Failure {
    fn last(error: Error) -> Self {
        Self {
            error,
            retry: Retry::No,
        }
    }
}

impl Client {
    /// Makes a client; what is wrong with its settings is told by the first request.
    pub fn new(settings: Settings) -> Self {
        let inner = Inner {
            checking: OnceLock::new(),
            trusting: OnceLock::new(),
            permits: Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            credentials: RwLock::new(settings.credentials.clone()),
            pauses: Mutex::default(),
            gates: Gates::default(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            settings,
        };
        Self {
            inner: Arc::new(inner),
        }
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
            let task = tokio::task::spawn_blocking(move || {
                let plain = response.decode(max_bytes);
                (response, plain)
            });
            let (mut response, plain) = match task.await {
                Ok(result) => result,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
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
        let mut sink = Streamed {
            sink,
            passed: 0,
            position: 0,
        };
        self.inner.run(Method::GET, request, &mut sink).await
    }

    /// Returns how many requests were sent, redirects and retries included.
    pub fn requests(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of bodies came, as sent.
    pub fn bytes(&self) -> u64 {
        self.inner.bytes.load(Ordering::Relaxed)
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

/// Keeps all of it; a second try begins anew.
#[derive(Default)]
struct Whole {
    bytes: Vec<u8>,
}

impl Sink for Whole {
    fn begin(&mut self, _: u64, length: Option<u64>) {
        // A wrong announcement must not cost memory: what is longer grows.
        const MOST_AT_ONCE: u64 = 16 << 20;
        self.bytes.clear();
        let length = length.unwrap_or(0).min(MOST_AT_ONCE);
        self.bytes
            .reserve(usize::try_from(length).unwrap_or_default());
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
    }

    fn kept(&self) -> u64 {
        0
    }
}

/// Passes on what was not passed on before.
struct Streamed<F> {
    sink: F,
    passed: u64,
    position: u64,
}

impl<F: FnMut(&[u8]) + Send> Sink for Streamed<F> {
    fn begin(&mut self, first: u64, _: Option<u64>) {
        self.position = first;
    }

    fn add(&mut self, chunk: &[u8]) {
        let known = self.passed.saturating_sub(self.position);
        self.position += chunk.len() as u64;
        let new = usize::try_from(known)
            .ok()
            .and_then(|known| chunk.get(known..));
        if let Some(new) = new.filter(|new| !new.is_empty()) {
            (self.sink)(new);
            self.passed = self.position;
        }
    }

    fn kept(&self) -> u64 {
        self.passed
    }
}

/// A request on its way, redirects followed.
struct Hop {
    method: Method,
    url: Url,
    headers: HeaderMap,
    /// What the URL itself said.
    login: Option<Login>,
}

impl Inner {
    async fn run(
        &self,
        method: Method,
        mut request: Request,
        sink: &mut dyn Sink,
    ) -> Result<Response, Error> {
        if self.settings.offline {
            let url = display_url(&request.url);
            return Err(Error::Offline { url });
        }
        if !matches!(request.url.scheme(), "http" | "https") {
            return Err(Error::Setup {
                what: format!("a request for `{}`", display_url(&request.url)),
                detail: format!("the scheme `{}` is not HTTP", request.url.scheme()),
            });
        }
        self.learn_login(&mut request.url);
        let allowed = request.deadline.unwrap_or(self.settings.deadline);
        let mut left = allowed;
        let mut retry = 0;
        loop {
            self.wait_for_pause(&request.url).await;
            let permit = self.permits.acquire().await;
            let start = Instant::now();
            let attempt = self.attempt(&method, &request, sink);
            let result = tokio::time::timeout(left, attempt).await;
            left = left.saturating_sub(start.elapsed());
            drop(permit);
            let failure = match result {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::last(Error::Timeout {
                    url: display_url(&request.url),
                    seconds: allowed.as_secs(),
                }),
            };
            let wait = match failure.retry {
                Retry::No => return Err(failure.error),
                _ if retry >= self.settings.retries => return Err(failure.error),
                Retry::Backoff => backoff(retry, jitter()),
                // Not all at once when the time has come.
                Retry::After(wait) => wait + backoff(0, jitter()).mul_f64(0.5),
            };
            retry += 1;
            self.settings.timer.sleep(wait).await;
        }
    }

    /// Takes the login out of a URL, and remembers it for what else is there.
    fn learn_login(&self, url: &mut Url) {
        if url.username().is_empty() && url.password().is_none() {
            return;
        }
        self.credentials
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take_from(url);
    }

    async fn attempt(
        &self,
        method: &Method,
        request: &Request,
        sink: &mut dyn Sink,
    ) -> Result<Response, Failure> {
        let mut hop = Hop {
            method: method.clone(),
            url: request.url.clone(),
            headers: self.headers_of(request, sink.kept()),
            login: None,
        };
        let mut asked_again = false;
        for _ in 0..=MOST_REDIRECTS {
            let sent = self.send(&hop, request, sink).await;
            match sent {
                Ok(Sent::Answer(response)) => return Ok(response),
                Ok(Sent::Redirect(location)) => hop.follow(location, &request.url)?,
                Err(failure) => {
                    let wants_login = matches!(
                        failure.error,
                        Error::Denied {
                            status: 401,
                            sent_credentials: false,
                            ..
                        }
                    );
                    if !wants_login || asked_again {
                        return Err(failure);
                    }
                    asked_again = true;
                    hop.login = self.read_credentials(|known| known.find_default(&hop.url));
                    if hop.login.is_none() {
                        return Err(failure);
                    }
                }
            }
        }
        Err(Failure::last(Error::Redirect {
            url: display_url(&request.url),
            detail: format!("more than {MOST_REDIRECTS} times in a row"),
        }))
    }

    fn headers_of(&self, request: &Request, kept: u64) -> HeaderMap {
        let mut headers = request.outgoing_headers();
        if kept > 0 && request.last_bytes.is_none() {
            // Ask for the rest only.
            let range = match request.range {
                Some((first, last)) => format!("bytes={}-{last}", first + kept),
                None => format!("bytes={kept}-"),
            };
            if let Ok(range) = HeaderValue::from_str(&range) {
                headers.insert(header::RANGE, range);
            }
        }
        headers
    }

    fn read_credentials(&self, find: impl FnOnce(&Credentials) -> Option<Login>) -> Option<Login> {
        find(
            &self
                .credentials
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Makes one exchange and tells the observer.
    async fn send(
        &self,
        hop: &Hop,
        request: &Request,
        sink: &mut dyn Sink,
    ) -> Result<Sent, Failure> {
        let mut record = Record {
            status: None,
            bytes: 0,
            protocol: http::Version::HTTP_11,
        };
        let start = Instant::now();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let result = self.exchange(hop, request, sink, &mut record).await;
        self.bytes.fetch_add(record.bytes, Ordering::Relaxed);
        if let Some(observer) = &self.settings.observer {
            let error = result
                .as_ref()
                .err()
                .map(|failure| failure.error.to_string());
            let protocol = format!("{:?}", record.protocol);
            observer.done(&Exchange {
                method: hop.method.as_str(),
                url: &display_url(&hop.url),
                status: record.status,
                bytes: record.bytes,
                protocol: record.status.map_or("", |_| &protocol),
                elapsed: start.elapsed(),
                error: error.as_deref(),
            });
        }
        result
    }

    async fn exchange(
        &self,
        hop: &Hop,
        request: &Request,
        sink: &mut dyn Sink,
        record: &mut Record,
    ) -> Result<Sent, Failure> {
        let client = self.client_for(&hop.url).map_err(Failure::last)?;
        let mut builder = client
            .request(hop.method.clone(), hop.url.clone())
            .headers(hop.headers.clone());
        let mut sent_credentials = hop.headers.contains_key(header::AUTHORIZATION);
        if !sent_credentials {
            let login = hop
                .login
                .clone()
                .or_else(|| self.read_credentials(|known| known.find(&hop.url)));
            if let Some(login) = login {
                builder = builder.basic_auth(login.user.expose(), Some(login.password.expose()));
                sent_credentials = true;
            }
        }
        let fail = |error: &reqwest::Error| {
            let (error, is_retryable) = transport::classify(error, &hop.url, &self.settings);
            Failure {
                error,
                retry: if is_retryable {
                    Retry::Backoff
                } else {
                    Retry::No
                },
            }
        };
        let sending = self.gates.pass(&hop.url, builder.send());
        let mut answer = sending.await.map_err(|error| fail(&error))?;
        let status = answer.status();
        record.status = Some(status.as_u16());
        record.protocol = answer.version();
        if let Some(location) = redirect_of(status, answer.headers()) {
            let location = location.map_err(|detail| {
                Failure::last(Error::Redirect {
                    url: display_url(&hop.url),
                    detail,
                })
            })?;
            read_unwanted(&mut answer, record).await;
            return Ok(Sent::Redirect(location));
        }
        if !is_answer(status) {
            let body = read_unwanted(&mut answer, record).await;
            return Err(self.judge(&answer, &body, hop, sent_credentials));
        }
        let first = position(status, answer.headers(), request, sink.kept())
            .map_err(|detail| Failure::last(garbage(&hop.url, detail)))?;
        let length = body_length(&hop.method, status, answer.headers());
        self.check_length(hop, request, length.unwrap_or(0))?;
        sink.begin(first, length);
        while let Some(chunk) = answer.chunk().await.map_err(|error| fail(&error))? {
            record.bytes += chunk.len() as u64;
            self.check_length(hop, request, record.bytes)?;
            sink.add(&chunk);
        }
        if let Some(length) = length.filter(|length| *length != record.bytes) {
            let detail = format!("{} of {length} bytes came", record.bytes);
            return Err(Failure {
                error: Error::Truncated {
                    url: display_url(&hop.url),
                    detail,
                },
                retry: Retry::Backoff,
            });
        }
        Ok(Sent::Answer(Response {
            status: status.as_u16(),
            url: hop.url.clone(),
            headers: std::mem::take(answer.headers_mut()),
            body: Bytes::new(),
        }))
    }

    fn check_length(&self, hop: &Hop, request: &Request, length: u64) -> Result<(), Failure> {
        if length <= request.max_bytes {
            return Ok(());
        }
        Err(Failure::last(Error::TooLarge {
            url: display_url(&hop.url),
            limit: request.max_bytes,
        }))
    }

    fn judge(
        &self,
        answer: &reqwest::Response,
        body: &[u8],
        hop: &Hop,
        sent_credentials: bool,
    ) -> Failure {
        let now = self.settings.timer.now();
        let failed = Failed {
            url: display_url(&hop.url),
            status: answer.status(),
            headers: answer.headers(),
            body,
            sent_credentials,
            now,
        };
        let verdict = failed.judge();
        let wait = verdict.wait;
        if let (Error::RateLimited { .. }, Some(wait)) = (&verdict.error, wait) {
            self.pause(&hop.url, now + wait);
        }
        let retry = match (verdict.is_retryable, wait) {
            (false, _) => Retry::No,
            (true, None) => Retry::Backoff,
            (true, Some(wait)) => Retry::After(wait),
        };
        Failure {
            error: verdict.error,
            retry,
        }
    }

    fn pause(&self, url: &Url, until: SystemTime) {
        let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = pauses.entry(Origin::of(url)).or_insert(until);
        *pause = until.max(*pause);
    }

    /// Waits while the server wants to be left alone.
    async fn wait_for_pause(&self, url: &Url) {
        loop {
            let until = {
                let pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
                if pauses.is_empty() {
                    return;
                }
                pauses.get(&Origin::of(url)).copied()
            };
            let now = self.settings.timer.now();
            let left = until.and_then(|until| until.duration_since(now).ok());
            // A clock set back must not make us wait for ever.
            match left.filter(|left| !left.is_zero()) {
                None => return,
                Some(left) => self.settings.timer.sleep(left.min(LONGEST_WAIT)).await,
            }
        }
    }

    fn client_for(&self, url: &Url) -> Result<&reqwest::Client, Error> {
        let is_tls = url.scheme() == "https";
        let checks = !(is_tls && self.is_trusted(url));
        let cell = if checks {
            &self.checking
        } else {
            &self.trusting
        };
        let built = cell.get_or_init(|| transport::build(&self.settings, checks, is_tls));
        built.as_ref().map_err(Clone::clone)
    }

    fn is_trusted(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        self.settings.trusted_hosts.iter().any(|trusted| {
            let Some(rest) = strip_prefix_ignoring_case(trusted, host) else {
                return false;
            };
            match rest.strip_prefix(':') {
                Some(port) => port.parse().ok() == url.port_or_known_default(),
                None => rest.is_empty(),
            }
        })
    }
}

enum Sent {
    Answer(Response),
    Redirect(String),
}

/// What the observer is told.
struct Record {
    status: Option<u16>,
    bytes: u64,
    protocol: http::Version,
}

impl Hop {
    /// Goes where a redirect points, taking along only what may go there.
    fn follow(&mut self, location: String, asked: &Url) -> Result<(), Failure> {
        let refuse = |detail: String| {
            Failure::last(Error::Redirect {
                url: display_url(asked),
                detail,
            })
        };
        let mut next = self
            .url
            .join(&location)
            .map_err(|error| refuse(format!("its target is no URL ({error})")))?;
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
        if Origin::of(&self.url) != Origin::of(&next) {
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

fn is_answer(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    )
}

/// Returns where an answer points, if it is a redirect.
fn redirect_of(status: StatusCode, headers: &HeaderMap) -> Option<Result<String, String>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let Some(location) = headers.get(header::LOCATION) else {
        return Some(Err(format!("status {status} without a target")));
    };
    // A target may hold bytes beyond ASCII, against the rules; browsers take UTF-8.
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    Some(Ok(location))
}

/// Returns at which byte of what was asked for the body begins.
fn position(
    status: StatusCode,
    headers: &HeaderMap,
    request: &Request,
    kept: u64,
) -> Result<u64, String> {
    match status {
        StatusCode::NOT_MODIFIED if request.revalidate.is_none() => {
            Err("status 304 to a request without a condition".to_owned())
        }
        StatusCode::PARTIAL_CONTENT => {
            let is_resumed = kept > 0 && request.last_bytes.is_none();
            if !request.is_range() && !is_resumed {
                return Err("status 206 to a request without a range".to_owned());
            }
            let range = content_range(headers)
                .ok_or_else(|| "status 206 without the range it holds".to_owned())?;
            if request.last_bytes.is_some() {
                return Ok(0);
            }
            let resumed_at = if is_resumed { kept } else { 0 };
            let (first, last) = request.range.unwrap_or((0, u64::MAX));
            if range.first != first + resumed_at || range.last > last {
                return Err(format!(
                    "another range than asked for: {}-{}",
                    range.first, range.last
                ));
            }
            Ok(resumed_at)
        }
        _ => Ok(0),
    }
}

fn body_length(method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    if method == Method::HEAD || status == StatusCode::NOT_MODIFIED {
        return Some(0);
    }
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Reads the beginning of a body that is not the answer; if it breaks, what came of it.
async fn read_unwanted(answer: &mut reqwest::Response, record: &mut Record) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < UNWANTED_BYTES {
        let Ok(Some(chunk)) = answer.chunk().await else {
            break;
        };
        record.bytes += chunk.len() as u64;
        body.extend_from_slice(&chunk);
    }
    body
}

fn garbage(url: &Url, detail: String) -> Error {
    Error::Garbage {
        url: display_url(url),
        detail,
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}
