//! Whom to ask for a host's images, and what was learned about them in this run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::OnceCell;
use url::Url;

use crate::image::{DEFAULT_HOST, Repository};

use super::challenge::{Challenge, Scoping, is_inside};
use super::error::Error;
use super::group::Group;
use super::settings::{Settings, canonical_host};

/// Where Docker Hub's registry is.
const HUB: &str = "registry-1.docker.io";

/// One server for the images of one host.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// The host as references name it.
    pub(super) host: String,
    /// `host` or `host:port` of who is asked.
    pub(super) authority: String,
    /// What people know it by.
    pub(super) name: String,
    /// Before each path: empty, or ends in a slash.
    prefix: String,
    schemes: Schemes,
    /// Tells a mirror whom it stands for.
    names_host: bool,
    /// The scheme it speaks, once the first answer is there.
    pub(super) ready: OnceCell<Result<&'static str, Error>>,
    /// That it wants to be asked no more in this run.
    pub(super) limited: OnceLock<Error>,
    learned: Mutex<Option<Learned>>,
    /// What it wants to see at `/v2/`, once it was asked there.
    pub(super) root: OnceCell<Option<Challenge>>,
    /// Tokens, by what they are for.
    pub(super) groups: Mutex<HashMap<String, Arc<Group>>>,
    pub(super) single: Mutex<HashMap<String, Arc<Group>>>,
}

/// What a server wants to see.
#[derive(Debug, Clone)]
pub(super) struct Learned {
    pub(super) challenge: Challenge,
    pub(super) scoping: Scoping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schemes {
    Https,
    Http,
    /// This machine: HTTPS, or plain HTTP if it speaks no TLS.
    Either,
}

impl Endpoint {
    /// Returns whom to ask for a host's images, in order.
    pub(super) fn of(host: &str, settings: &Settings) -> Vec<Arc<Self>> {
        let is_for = |mirror: &str| canonical_host(mirror).eq_ignore_ascii_case(host);
        let exact = settings.mirrors.iter().filter(|it| is_for(&it.host));
        let any = settings.mirrors.iter().filter(|it| it.host == "*");
        let mirrors: Vec<Arc<Self>> = exact
            .chain(any)
            .map(|mirror| Arc::new(Self::mirror(host, &mirror.address)))
            .collect();
        if mirrors.is_empty() {
            return vec![Arc::new(Self::direct(host, settings))];
        }
        mirrors
    }

    fn direct(host: &str, settings: &Settings) -> Self {
        let authority = if host == DEFAULT_HOST { HUB } else { host };
        let schemes = if settings.speaks_plain_http(host) {
            Schemes::Http
        } else if is_loopback(authority) {
            Schemes::Either
        } else {
            Schemes::Https
        };
        Self::new(host, authority.to_owned(), host.to_owned(), schemes)
    }

    fn mirror(host: &str, address: &Url) -> Self {
        let mut authority = address.host_str().unwrap_or_default().to_owned();
        if canonical_host(&authority) == DEFAULT_HOST {
            HUB.clone_into(&mut authority);
        }
        if let Some(port) = address.port() {
            authority.push(':');
            authority.push_str(&port.to_string());
        }
        let is_itself = authority == host || (authority == HUB && host == DEFAULT_HOST);
        let schemes = if address.scheme() == "http" {
            Schemes::Http
        } else {
            Schemes::Https
        };
        let name = if is_itself { host } else { &authority }.to_owned();
        let prefix = address.path().trim_matches('/');
        Self {
            prefix: if prefix.is_empty() {
                String::new()
            } else {
                format!("{prefix}/")
            },
            names_host: !is_itself,
            ..Self::new(host, authority, name, schemes)
        }
    }

    fn new(host: &str, authority: String, name: String, schemes: Schemes) -> Self {
        Self {
            host: host.to_owned(),
            authority,
            name,
            prefix: String::new(),
            schemes,
            names_host: false,
            ready: OnceCell::new(),
            limited: OnceLock::new(),
            learned: Mutex::default(),
            root: OnceCell::new(),
            groups: Mutex::default(),
            single: Mutex::default(),
        }
    }

    /// Returns the schemes to try, in order.
    pub(super) fn schemes(&self) -> &'static [&'static str] {
        match self.schemes {
            Schemes::Https => &["https"],
            Schemes::Http => &["http"],
            Schemes::Either => &["https", "http"],
        }
    }

    /// Whether the scheme chooses the port, so that one may listen and the other not.
    pub(super) fn has_port(&self) -> bool {
        self.authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Returns a repository's path at this server.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Returns the URL of something of a repository.
    pub(super) fn url(
        &self,
        scheme: &str,
        repository: &Repository,
        rest: &str,
    ) -> Result<Url, url::ParseError> {
        let (prefix, path) = (&self.prefix, &repository.path);
        self.url_of(scheme, &format!("/v2/{prefix}{path}/{rest}"))
    }

    /// Returns the URL of a path, with its query.
    pub(super) fn url_of(&self, scheme: &str, target: &str) -> Result<Url, url::ParseError> {
        let mut url: Url = format!("{scheme}://{}{target}", self.authority).parse()?;
        let is_named = url.query_pairs().any(|(name, _)| name == "ns");
        if self.names_host && !is_named {
            url.query_pairs_mut().append_pair("ns", &self.host);
        }
        Ok(url)
    }

    /// Returns what tells this server from others, for the keys of what is kept.
    pub(super) fn key(&self) -> String {
        let scheme = match self.schemes {
            Schemes::Https => "https",
            Schemes::Http => "http",
            Schemes::Either => "any",
        };
        format!("{scheme}://{}/{}", self.authority, self.prefix)
    }

    /// Returns what the server wants to see, as far as it is known.
    pub(super) fn learned(&self) -> Option<Learned> {
        let learned = self.learned.lock();
        learned.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what the server wanted to see for a repository.
    pub(super) fn learn(&self, challenge: Challenge, repository: &Repository) -> Learned {
        let scoping = challenge.scoping(&self.path(&repository.path));
        let learned = Learned { challenge, scoping };
        let mut known = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(learned.clone());
        learned
    }
}

impl Learned {
    /// Returns the scope to ask for: that of a path, or what the server named.
    pub(super) fn scope(&self, path: &str) -> String {
        match (&self.challenge, self.scoping) {
            (
                Challenge::Bearer {
                    scope: Some(scope), ..
                },
                Scoping::Constant | Scoping::Told,
            ) => scope.clone(),
            _ => format!("repository:{path}:pull"),
        }
    }

    /// Returns what tells a token of this scope from others of the same registry.
    pub(super) fn key(&self, scope: &str) -> String {
        match &self.challenge {
            Challenge::Bearer { realm, service, .. } => {
                let service = service.as_deref().unwrap_or_default();
                format!("{realm}\n{service}\n{scope}")
            }
            Challenge::Basic => scope.to_owned(),
        }
    }
}

impl Settings {
    fn speaks_plain_http(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        self.plain_http
            .iter()
            .any(|plain| plain.eq_ignore_ascii_case(host) || plain.eq_ignore_ascii_case(name))
    }
}

fn is_loopback(authority: &str) -> bool {
    let Ok(url) = format!("https://{authority}/").parse::<Url>() else {
        return false;
    };
    let is_address = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(_)) => true,
        None => false,
    };
    is_address && is_inside(&url)
}

/// Asks the servers of a host one after the other, until one has the answer or the next
/// could not help either.
pub(super) async fn first_of<T>(
    endpoints: &[Arc<Endpoint>],
    ask: impl AsyncFn(&Arc<Endpoint>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut worst = None;
    for endpoint in endpoints {
        match ask(endpoint).await {
            Ok(answer) => return Ok(answer),
            Err(error) if !error.is_for_next_mirror() => return Err(error),
            // That one has it not says less than that another could not be asked.
            Err(error) if matches!(worst, None | Some(Error::NotFound { .. })) => {
                worst = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(worst.expect("each host has somebody to ask, and each answer returns or is noted"))
}

/// Returns what tells a repository at these servers from others, for what is kept.
pub(super) fn repository_key(endpoints: &[Arc<Endpoint>], repository: &Repository) -> String {
    let mut key = String::new();
    for endpoint in endpoints {
        key.push_str(&endpoint.key());
        key.push(' ');
    }
    for part in [&repository.host, " ", &repository.path] {
        key.push_str(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(host: &str, mirrors: &[&str], plain_http: &[&str]) -> Vec<String> {
        let settings = Settings {
            mirrors: mirrors.iter().map(|text| text.parse().unwrap()).collect(),
            plain_http: plain_http.iter().map(ToString::to_string).collect(),
            ..Settings::default()
        };
        let repository = Repository {
            host: host.to_owned(),
            path: "library/python".to_owned(),
        };
        let endpoints = Endpoint::of(host, &settings);
        let urls = endpoints.iter().flat_map(|endpoint| {
            let of = |scheme: &&str| endpoint.url(scheme, &repository, "manifests/3").unwrap();
            endpoint.schemes().iter().map(of)
        });
        urls.map(String::from).collect()
    }

    #[test]
    fn a_host_is_asked_itself_by_https() {
        assert_eq!(
            urls("docker.io", &[], &[]),
            ["https://registry-1.docker.io/v2/library/python/manifests/3"]
        );
        assert_eq!(
            urls(
                "ghcr.io",
                &["docker.io=https://m.example"],
                &["other.example"]
            ),
            ["https://ghcr.io/v2/library/python/manifests/3"]
        );
    }

    #[test]
    fn plain_http_is_for_the_hosts_named_and_this_machine() {
        let both = |host: &str| {
            ["https", "http"]
                .map(|scheme| format!("{scheme}://{host}/v2/library/python/manifests/3"))
        };
        let plain = |host: &str| [both(host)[1].clone()];
        assert_eq!(
            urls("r.example:5000", &[], &["r.example"]),
            plain("r.example:5000")
        );
        assert_eq!(
            urls("r.example:5000", &[], &["R.example:5000"]),
            plain("r.example:5000")
        );
        let other_port = urls("r.example:5000", &[], &["r.example:5001"]);
        assert_eq!(other_port, [both("r.example:5000")[0].clone()]);
        for host in ["127.0.0.1:5001", "localhost", "[::1]:5001", "127.9.9.9:1"] {
            assert_eq!(urls(host, &[], &[]), both(host));
        }
        assert_eq!(urls("localhost", &[], &["localhost"]), plain("localhost"));
        assert_eq!(urls("10.0.0.1:5000", &[], &[]).len(), 1);
    }

    #[test]
    fn mirrors_are_asked_in_order_and_told_for_whom() {
        let mirrors = &[
            "*=https://any.example",
            "docker.io=https://harbor.example:8443/hub/x/",
            "index.docker.io=http://127.0.0.1:5001",
            "docker.io=https://docker.io",
        ];
        assert_eq!(
            urls("docker.io", mirrors, &[]),
            [
                "https://harbor.example:8443/v2/hub/x/library/python/manifests/3?ns=docker.io",
                "http://127.0.0.1:5001/v2/library/python/manifests/3?ns=docker.io",
                "https://registry-1.docker.io/v2/library/python/manifests/3",
                "https://any.example/v2/library/python/manifests/3?ns=docker.io",
            ]
        );
        assert_eq!(
            urls("127.0.0.1:9", mirrors, &[]),
            ["https://any.example/v2/library/python/manifests/3?ns=127.0.0.1%3A9"]
        );
    }
}
