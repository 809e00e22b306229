//! Making requests: limits, retries, redirects, credentials.
//!
//! A request is made in attempts, an attempt in hops (redirects), and a hop is
//! one exchange with a server.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::answer::{body_length, is_answer, position};
use super::credentials::Credentials;
use super::error::Error;
use super::gate::Line;
use super::hop::{Hop, Redirect, redirect_of};
use super::keyring::{KeyringProvider, Question};
use super::lines::Lines;
use super::login::{Login, LoginSource, Origin};
use super::observe::Exchange;
use super::pace::Pace;
use super::redact::display_url;
use super::request::{Holding, Request};
use super::response::Response;
use super::retry::{LONGEST_WAIT, backoff, jitter};
use super::settings::Settings;
use super::sink::Sink;
use super::status::Failed;
use super::transport;

const MOST_REDIRECTS: usize = 10;

/// How long a page may be to be held beside any number of others.
const SMALL: u64 = 2 << 20;

/// How many longer ones are held at once. PyPI has few of them.
const MOST_LARGE: usize = 2;

/// How much of a body is read that nobody wants: for its first line, and so
/// that the connection can be used again.
const UNWANTED_BYTES: usize = 16 << 10;

/// What the clones of a client share.
pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) lines: Arc<Lines>,
    permits: Semaphore,
    /// Room for pages that are long.
    large: Arc<Semaphore>,
    /// By origin, where the settings limit those.
    host_permits: Mutex<HashMap<Origin, Arc<Semaphore>>>,
    credentials: RwLock<Credentials>,
    /// Until when a server asked to be left alone.
    pauses: Mutex<HashMap<Origin, SystemTime>>,
    pub(super) requests: AtomicU64,
    pub(super) bytes: AtomicU64,
}

/// An exchange that gave no usable answer.
struct Failure {
    error: Error,
    retry: Retry,
    /// The answer anyway, for those who read any; its body is in the sink.
    response: Option<Box<Response>>,
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
            response: None,
        }
    }

    /// Returns what the caller gets when nothing is tried any more.
    fn end(self) -> Result<Response, Error> {
        self.response
            .map_or(Err(self.error), |response| Ok(*response))
    }
}

impl Inner {
    pub(super) fn new(settings: Settings, lines: Arc<Lines>) -> Self {
        Self {
            lines,
            large: Arc::new(Semaphore::new(MOST_LARGE)),
            permits: Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            host_permits: Mutex::default(),
            credentials: RwLock::new(settings.credentials.clone()),
            pauses: Mutex::default(),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            settings,
        }
    }

    /// Makes a request, as often as it takes.
    pub(super) async fn run(
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
            let host_permit = self.host_permit(&request.url).await;
            let permit = self.permits.acquire().await;
            let start = Instant::now();
            let attempt = self.attempt(&method, &request, sink);
            let result = tokio::time::timeout(left, attempt).await;
            left = left.saturating_sub(start.elapsed());
            drop((permit, host_permit));
            let failure = match result {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::last(Error::Timeout {
                    url: display_url(&request.url),
                    seconds: allowed.as_secs(),
                }),
            };
            let wait = match failure.retry {
                Retry::No => return failure.end(),
                _ if retry >= self.settings.retries => return failure.end(),
                Retry::Backoff => backoff(retry, jitter()),
                // Not all at once when the time has come.
                Retry::After(wait) => wait + backoff(0, jitter()).mul_f64(0.5),
            };
            retry += 1;
            self.settings.timer.sleep(wait).await;
        }
    }

    /// Waits for a place among the requests to an origin.
    async fn host_permit(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let most = self.settings.per_host?;
        let semaphore = {
            let mut permits = self
                .host_permits
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            permits
                .entry(Origin::of(url))
                .or_insert_with(|| Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS))))
                .clone()
        };
        // It is never closed.
        semaphore.acquire_owned().await.ok()
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
            headers: headers_of(request, sink.kept()),
            login: None,
        };
        let mut asked_again = false;
        for _ in 0..=MOST_REDIRECTS {
            self.complete_login(&mut hop, request).await;
            let sent = self.send(&hop, request, sink).await;
            match sent {
                Ok(Sent::Answer(response)) => return Ok(response),
                Ok(Sent::Redirect(redirect)) => {
                    hop.follow(&redirect, &request.url).map_err(Failure::last)?;
                }
                Err(failure) => {
                    let wants_login = matches!(
                        failure.error,
                        Error::Denied {
                            status: 401,
                            sent_credentials: false,
                            ..
                        } | Error::Denied {
                            status: 401,
                            login: Some(LoginSource::Netrc),
                            ..
                        }
                    );
                    if !wants_login || asked_again || request.own_credentials {
                        return Err(failure);
                    }
                    asked_again = true;
                    hop.login = match self.read_credentials(|known| known.find_default(&hop.url)) {
                        Some(login) => Some(login),
                        None => self.ask_keyring(&hop.url, None).await,
                    };
                    if hop.login.is_none() {
                        return Err(failure);
                    }
                }
            }
        }
        Err(Failure::last(Error::Redirect {
            url: display_url(&request.url),
            detail: format!("more than {MOST_REDIRECTS} redirects in a row"),
        }))
    }

    fn read_credentials(&self, find: impl FnOnce(&Credentials) -> Option<Login>) -> Option<Login> {
        find(
            &self
                .credentials
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Looks for the password of a URL's user.
    async fn complete_login(&self, hop: &mut Hop, request: &Request) {
        if self.settings.keyring == KeyringProvider::Disabled
            || hop.login.is_some()
            || request.own_credentials
            || hop.headers.contains_key(header::AUTHORIZATION)
        {
            return;
        }
        if let Some(login) = self.read_credentials(|known| known.find(&hop.url)) {
            hop.login = self.ask_keyring(&hop.url, Some(&login)).await;
        }
    }

    /// Asks the keyring for the password of a login, or for a login; remembers the answer.
    async fn ask_keyring(&self, url: &Url, login: Option<&Login>) -> Option<Login> {
        if self.settings.keyring == KeyringProvider::Disabled {
            return None;
        }
        let question = self
            .credentials
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keyring(url, login)?;
        let found = question
            .keyring
            .find(&Question {
                service: &question.service,
                user: question.user.as_deref(),
                folders: &self.settings.environment.program_dirs,
            })
            .await?;
        self.credentials
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .add_login(&question.service, found.clone());
        Some(found)
    }

    /// Returns what the user should know of the keyring, once.
    pub(super) fn take_warning(&self) -> Option<String> {
        self.credentials
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .take_warning()
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
        let line = self.line(&hop.url);
        let client = self.lines.client(&self.settings, line);
        let client = client.map_err(Failure::last)?;
        let mut builder = client
            .request(hop.method.clone(), hop.url.clone())
            .headers(hop.headers.clone());
        let mut sent_credentials = hop.headers.contains_key(header::AUTHORIZATION);
        let mut login_source = None;
        if let Some(form) = &request.form {
            builder = builder.body(form.expose().to_owned());
        }
        if !sent_credentials && !request.own_credentials {
            let login = hop
                .login
                .clone()
                .or_else(|| self.read_credentials(|known| known.find(&hop.url)));
            if let Some(login) = login {
                builder = builder.basic_auth(login.user.expose(), Some(login.password.expose()));
                sent_credentials = true;
                login_source = Some(login.source);
            }
        }
        let fail = |error: &reqwest::Error| self.broken(&hop.url, error);
        let sending = self.lines.gates.pass(line, builder.send());
        let mut answer = sending.await.map_err(|error| fail(&error))?;
        let status = answer.status();
        record.status = Some(status.as_u16());
        record.protocol = answer.version();
        if let Some(redirect) = redirect_of(status, answer.headers()) {
            let redirect = redirect.map_err(|detail| {
                Failure::last(Error::Redirect {
                    url: display_url(&hop.url),
                    detail,
                })
            })?;
            self.read_unwanted(&mut answer, record).await;
            return Ok(Sent::Redirect(redirect));
        }
        if !is_answer(status) {
            let body = self.read_unwanted(&mut answer, record).await;
            let mut failure = self.judge(&answer, &body, hop, (sent_credentials, login_source));
            if request.any_status {
                sink.begin(0, None);
                sink.add(&body);
                failure.response = Some(Box::new(response_of(answer, hop)));
            }
            return Err(failure);
        }
        let first = position(status, answer.headers(), request, sink.kept())
            .map_err(|detail| Failure::last(garbage(&hop.url, detail)))?;
        let length = body_length(&hop.method, status, answer.headers());
        check_length(hop, request, length.unwrap_or(0))?;
        sink.begin(first, length);
        let pace = Pace::from(self.settings.timer.now());
        let mut room = None;
        while let Some(chunk) = answer.chunk().await.map_err(|error| fail(&error))? {
            record.bytes += chunk.len() as u64;
            check_length(hop, request, record.bytes)?;
            let in_time = pace.check(record.bytes, self.settings.timer.now());
            in_time.map_err(|elapsed| too_slow(hop, elapsed))?;
            if room.is_none() && request.holding == Holding::InTurn && record.bytes > SMALL {
                // Never closed, so always had.
                room = Arc::clone(&self.large).acquire_owned().await.ok();
            }
            sink.add(&chunk);
        }
        if let Some(length) = length.filter(|length| *length != record.bytes) {
            let detail = format!("received {} of {length} bytes", record.bytes);
            return Err(Failure {
                error: Error::Truncated {
                    url: display_url(&hop.url),
                    detail,
                },
                retry: Retry::Backoff,
                response: None,
            });
        }
        let response = response_of(answer, hop);
        Ok(Sent::Answer(Response {
            room: room.map(Arc::new),
            ..response
        }))
    }

    /// Returns the failure of an exchange that broke.
    fn broken(&self, url: &Url, error: &reqwest::Error) -> Failure {
        let (error, is_retryable) = transport::classify(error, url, &self.settings);
        Failure {
            error,
            retry: if is_retryable {
                Retry::Backoff
            } else {
                Retry::No
            },
            response: None,
        }
    }

    /// Reads the beginning of a body that is not the answer; if it breaks or drips, what
    /// came of it.
    async fn read_unwanted(&self, answer: &mut reqwest::Response, record: &mut Record) -> Vec<u8> {
        let pace = Pace::from(self.settings.timer.now());
        let mut body = Vec::new();
        while body.len() < UNWANTED_BYTES {
            let Ok(Some(chunk)) = answer.chunk().await else {
                break;
            };
            record.bytes += chunk.len() as u64;
            body.extend_from_slice(&chunk);
            let length = body.len() as u64;
            if pace.check(length, self.settings.timer.now()).is_err() {
                break;
            }
        }
        body
    }

    fn judge(
        &self,
        answer: &reqwest::Response,
        body: &[u8],
        hop: &Hop,
        (sent_credentials, login): (bool, Option<LoginSource>),
    ) -> Failure {
        let now = self.settings.timer.now();
        let failed = Failed {
            url: display_url(&hop.url),
            status: answer.status(),
            headers: answer.headers(),
            body,
            sent_credentials,
            login,
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
            response: None,
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

    /// Returns which connection a URL wants.
    pub(super) fn line<'a>(&self, url: &'a Url) -> Line<'a> {
        let checks = !(url.scheme() == "https" && self.is_trusted(url));
        Line { url, checks }
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
    Redirect(Redirect),
}

/// Returns an answer without its body.
fn response_of(mut answer: reqwest::Response, hop: &Hop) -> Response {
    Response {
        status: answer.status().as_u16(),
        url: hop.url.clone(),
        headers: std::mem::take(answer.headers_mut()),
        body: Bytes::new(),
        room: None,
    }
}

/// What the observer is told.
struct Record {
    status: Option<u16>,
    bytes: u64,
    protocol: http::Version,
}

fn headers_of(request: &Request, kept: u64) -> HeaderMap {
    let mut headers = request.outgoing_headers();
    if kept > 0 && request.last_bytes.is_none() {
        // Ask for the rest only.
        let range = match request.range {
            Some((first, last)) => format!("bytes={}-{last}", first.saturating_add(kept)),
            None => format!("bytes={kept}-"),
        };
        if let Ok(range) = HeaderValue::from_str(&range) {
            headers.insert(header::RANGE, range);
        }
    }
    headers
}

fn too_slow(hop: &Hop, elapsed: Duration) -> Failure {
    Failure::last(Error::Timeout {
        url: display_url(&hop.url),
        seconds: elapsed.as_secs(),
    })
}

fn check_length(hop: &Hop, request: &Request, length: u64) -> Result<(), Failure> {
    if length <= request.max_bytes {
        return Ok(());
    }
    Err(Failure::last(Error::TooLarge {
        url: display_url(&hop.url),
        limit: request.max_bytes,
    }))
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
