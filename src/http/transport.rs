//! The HTTP library underneath: how it is set up, and its errors in our words.

use std::error::Error as StdError;
use std::io;

use reqwest::redirect::Policy;
use url::Url;

use super::error::{ConnectProblem, Error, WITHOUT_TLS};
use super::gate::OpenWhenConnected;
use super::redact::{display_url, redact};
use super::settings::Settings;
use super::tls;

/// Several pages of megabytes in flight over a long line: what a stream and a
/// connection may hold before the server has to wait for us.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 32 << 20;

/// Makes the library's client.
pub(super) fn build(
    settings: &Settings,
    checks_certificates: bool,
    reads_roots_ahead: bool,
    is_direct: bool,
) -> Result<reqwest::Client, Error> {
    let tls = tls::config(settings, checks_certificates, reads_roots_ahead)?;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(&settings.user_agent)
        // We follow them, to decide at each what may go along.
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .pool_max_idle_per_host(settings.concurrency.max(20))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .connector_layer(OpenWhenConnected)
        .tcp_nodelay(true);
    if settings.no_proxy || is_direct {
        builder = builder.no_proxy();
    }
    if let Some(url) = &settings.proxy {
        let proxy = reqwest::Proxy::all(url.clone()).map_err(|error| Error::Setup {
            what: format!("the proxy `{}`", display_url(url)),
            detail: root_cause(&error),
        })?;
        builder = builder.proxy(proxy.no_proxy(reqwest::NoProxy::from_env()));
    }
    builder.build().map_err(|error| Error::Setup {
        what: "the HTTP client".to_owned(),
        detail: root_cause(&error),
    })
}

/// Says in our words what the library could not do, and whether to try again.
pub(super) fn classify(error: &reqwest::Error, url: &Url, settings: &Settings) -> (Error, bool) {
    let shown = display_url(url);
    let host = url.host_str().unwrap_or_default().to_owned();
    if let Some(tls) = find::<rustls::Error>(error) {
        let detail = tls_words(tls);
        return (
            Error::Tls {
                url: shown,
                host,
                detail,
            },
            false,
        );
    }
    if error.is_timeout() {
        let limit = if error.is_connect() {
            settings.connect_timeout
        } else {
            settings.read_timeout
        };
        return (
            Error::Timeout {
                url: shown,
                seconds: limit.as_secs(),
            },
            true,
        );
    }
    let detail = root_cause(error);
    if error.is_connect() {
        let problem = connect_problem(error);
        let error = Error::Connect {
            url: shown,
            host,
            problem,
            detail,
        };
        return (error, true);
    }
    let is_not_http =
        find::<hyper::Error>(error).is_some_and(|error| error.is_parse() || error.is_user());
    if is_not_http || error.is_builder() {
        return (Error::Garbage { url: shown, detail }, false);
    }
    (Error::Truncated { url: shown, detail }, true)
}

fn connect_problem(error: &reqwest::Error) -> ConnectProblem {
    if error.is_dns() {
        return ConnectProblem::Dns;
    }
    if find::<io::Error>(error).is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
        return ConnectProblem::Refused;
    }
    let mut source: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = source {
        // The tunnel's error type has no name outside the library.
        if error.to_string().starts_with("tunnel error") {
            return ConnectProblem::Proxy;
        }
        source = error.source();
    }
    ConnectProblem::Other
}

/// Finds an error of a type among the causes, also inside of an I/O error.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        current = match error.downcast_ref::<io::Error>() {
            Some(io) => match io.get_ref() {
                Some(inner) => Some(inner),
                None => io.source(),
            },
            None => error.source(),
        };
    }
    None
}

/// Returns the words of the innermost cause, without the system's number.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let words = innermost.to_string();
    let words = words.split(" (os error ").next().unwrap_or_default();
    redact(words).into_owned()
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::{CertificateError as Cert, Error as Tls};
    match error {
        Tls::InvalidCertificate(Cert::UnknownIssuer) => {
            "its certificate is from an untrusted authority".to_owned()
        }
        Tls::InvalidCertificate(Cert::BadSignature) => {
            "its certificate is not signed by its stated authority".to_owned()
        }
        Tls::InvalidCertificate(Cert::Expired | Cert::ExpiredContext { .. }) => {
            "its certificate has expired".to_owned()
        }
        Tls::InvalidCertificate(Cert::NotValidYet | Cert::NotValidYetContext { .. }) => {
            "its certificate is not valid yet".to_owned()
        }
        Tls::InvalidCertificate(Cert::NotValidForName | Cert::NotValidForNameContext { .. }) => {
            "its certificate is for a different name".to_owned()
        }
        Tls::InvalidMessage(_) => WITHOUT_TLS.to_owned(),
        Tls::General(words) => words.clone(),
        other => other.to_string(),
    }
}
