//! Tokens: who gets which, and how they are fetched.
//!
//! The distribution project's token authentication: a GET with `service` and one `scope`
//! for each repository, with Basic credentials or none; for identity tokens the OAuth 2
//! form, a POST. The first token for a registry is asked for all repositories that are
//! expected. Where that is refused, or the registry then does not accept it for one of
//! them (some read only the first scope), that one gets a token of its own.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;

use crate::http::{HeaderValue, Request, Response, display_url, header, retry_after};

use super::ask::Ask;
use super::challenge::{Challenge, Scoping, check_realm};
use super::credentials::Login;
use super::endpoint::{Endpoint, Learned};
use super::error::Error;
use super::group::{Group, Held, Refusal, Token};
use super::inner::Inner;
use super::said::said;

/// How many repositories one token is asked for, and how long the list may be: servers
/// refuse URLs of more than 8 KiB.
const MOST_SCOPES: usize = 40;
const MOST_SCOPE_BYTES: usize = 4096;

/// The longest answer of a token server that is read.
const MOST_TOKEN_BYTES: u64 = 1 << 20;

/// What a token lives for if nobody says.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(1);

/// What goes along with a request.
#[derive(Debug, Default)]
pub(super) struct Authorization {
    pub(super) header: Option<HeaderValue>,
    /// Where the credentials came from, if there were any.
    pub(super) login: Option<String>,
    group: Option<Arc<Group>>,
    is_shared: bool,
    is_new: bool,
}

/// For how many repositories a token is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Shared,
    Single,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<i64>,
}

/// Where tokens are, and for whom.
struct Realm<'a> {
    url: Url,
    service: Option<&'a str>,
    registry: &'a str,
    login: Option<&'a Login>,
}

impl Authorization {
    /// Whether nothing went along.
    pub(super) fn is_none(&self) -> bool {
        self.header.is_none()
    }

    /// Returns what to try after this was refused: nothing, if it was the best there is.
    pub(super) async fn next(&self) -> Option<Width> {
        if self.is_none() {
            return Some(Width::Shared);
        }
        if self.is_shared {
            return Some(Width::Single);
        }
        // It may have been taken back meanwhile: one that is new would not be.
        let group = self.group.as_ref().filter(|_| !self.is_new)?;
        *group.held.lock().await = Held::Nothing;
        Some(Width::Single)
    }

    /// Whether a token for all may be too weak for this one.
    pub(super) const fn is_shared(&self) -> bool {
        self.is_shared
    }

    fn of_login(header: HeaderValue, source: String) -> Self {
        Self {
            header: Some(header),
            login: Some(source),
            is_new: true,
            ..Self::default()
        }
    }
}

impl Inner {
    /// Returns what the server wants to see with this request; nothing if we have nothing.
    pub(super) async fn authorize(
        &self,
        ask: &Ask<'_>,
        scheme: &str,
        learned: &Learned,
        width: Width,
    ) -> Result<Authorization, Error> {
        let endpoint = ask.endpoint;
        let path = endpoint.path(&ask.repository.path);
        let credentials = &self.settings.credentials;
        let found = credentials.find(&endpoint.authority, &path).await?;
        let login = found.as_ref().map(|found| &found.login);
        let source = || found.as_ref().map(|found| found.source.clone());
        let malformed = || Error::Credentials {
            source_name: source().unwrap_or_default(),
            detail: "its challenge contains invalid characters".to_owned(),
        };
        if let Some(Login::Token(token)) = login {
            let header = bearer(token.expose()).ok_or_else(malformed)?;
            return Ok(Authorization::of_login(
                header,
                source().unwrap_or_default(),
            ));
        }
        let Challenge::Bearer { realm, service, .. } = &learned.challenge else {
            let Some(login) = login else {
                return Ok(Authorization::default());
            };
            let header = basic(login).ok_or_else(malformed)?;
            return Ok(Authorization::of_login(
                header,
                source().unwrap_or_default(),
            ));
        };
        let registry = ask.url(scheme)?;
        let url = check_realm(realm, &registry).map_err(|detail| Error::Realm {
            registry: endpoint.name.clone(),
            realm: super::said::shown(realm),
            detail,
        })?;
        let realm = Realm {
            url,
            service: service.as_deref(),
            registry: &endpoint.name,
            login,
        };
        let mut group = self
            .group(endpoint, learned, &ask.repository.path, width)
            .await;
        let mut held = self.token(&group, &realm).await;
        if let Err(Refusal::Denied(_)) = &held
            && group.scopes.len() > 1
        {
            // One among many may be what is refused.
            group = self
                .group(endpoint, learned, &ask.repository.path, Width::Single)
                .await;
            held = self.token(&group, &realm).await;
        }
        match held {
            Ok((token, is_new)) => Ok(Authorization {
                header: Some(token.header),
                login: source(),
                is_shared: group.scopes.len() > 1,
                is_new,
                group: Some(group),
            }),
            Err(Refusal::Failed(error)) => Err(error),
            Err(Refusal::Denied(said)) => Err(Error::Denied {
                image: ask.image.to_owned(),
                registry: realm.authority(),
                login: source(),
                said,
            }),
        }
    }

    /// Returns the group of repositories that have their token in common with this one.
    async fn group(
        &self,
        endpoint: &Endpoint,
        learned: &Learned,
        path: &str,
        width: Width,
    ) -> Arc<Group> {
        let key = |path: &str| learned.key(&learned.scope(&endpoint.path(path)));
        let groups = match width {
            Width::Shared => &endpoint.groups,
            Width::Single => &endpoint.single,
        };
        let own_key = key(path);
        let known = || groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = known().get(&own_key) {
            return group.clone();
        }
        let mut others = Vec::new();
        if width == Width::Shared && learned.scoping == Scoping::Derived {
            for other in self.expected(&endpoint.host) {
                if other != path && self.is_same_person(endpoint, path, &other).await {
                    others.push(other);
                }
            }
        }
        let mut groups = known();
        if let Some(group) = groups.get(&own_key) {
            return group.clone();
        }
        let mut scopes = vec![learned.scope(&endpoint.path(path))];
        let mut keys = vec![own_key];
        let mut bytes = scopes[0].len();
        for other in others {
            let key = key(&other);
            let scope = learned.scope(&endpoint.path(&other));
            if groups.contains_key(&key) {
                continue;
            }
            bytes += "&scope=".len() + scope.len();
            if scopes.len() >= MOST_SCOPES || bytes > MOST_SCOPE_BYTES {
                break;
            }
            scopes.push(scope);
            keys.push(key);
        }
        let group = Arc::new(Group {
            scopes,
            held: tokio::sync::Mutex::default(),
        });
        if width == Width::Single {
            // The token for all is not tried again for this one.
            let shared = endpoint.groups.lock();
            let mut shared = shared.unwrap_or_else(PoisonError::into_inner);
            shared.insert(keys[0].clone(), group.clone());
        }
        groups.extend(keys.into_iter().map(|key| (key, group.clone())));
        group
    }

    async fn is_same_person(&self, endpoint: &Endpoint, path: &str, other: &str) -> bool {
        let (path, other) = (endpoint.path(path), endpoint.path(other));
        let credentials = &self.settings.credentials;
        credentials
            .is_same(&endpoint.authority, &path, &other)
            .await
    }

    /// Returns a group's token, and whether it was fetched just now.
    async fn token(&self, group: &Group, realm: &Realm<'_>) -> Result<(Token, bool), Refusal> {
        // Who comes meanwhile waits here, and finds the token.
        let mut held = group.held.lock().await;
        match &*held {
            Held::Token(token) if self.http.now() < token.renew_at => {
                return Ok((token.clone(), false));
            }
            Held::Refused(refusal) => return Err(refusal.clone()),
            _ => {}
        }
        let result = self.fetch_token(&group.scopes, realm).await;
        *held = match &result {
            Ok(token) => Held::Token(token.clone()),
            Err(refusal) => Held::Refused(refusal.clone()),
        };
        result.map(|token| (token, true))
    }

    async fn fetch_token(&self, scopes: &[String], realm: &Realm<'_>) -> Result<Token, Refusal> {
        let asked_at = self.http.now();
        let response = match realm.login {
            Some(Login::Identity(token)) => {
                let posted = self.post_token(scopes, realm, token.expose()).await?;
                if matches!(posted.status, 404 | 405) {
                    self.get_token(scopes, realm).await?
                } else {
                    posted
                }
            }
            _ => self.get_token(scopes, realm).await?,
        };
        realm.read(&response, asked_at)
    }

    async fn get_token(&self, scopes: &[String], realm: &Realm<'_>) -> Result<Response, Refusal> {
        let mut url = realm.url.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = realm.service {
                query.append_pair("service", service);
            }
            for scope in scopes {
                query.append_pair("scope", scope);
            }
        }
        let mut request = token_request(url);
        if let Some(login) = realm.login {
            let header = basic(login)
                .ok_or_else(|| realm.fail("the credentials contain invalid characters"))?;
            request = request.header(header::AUTHORIZATION, header);
        }
        let result = Box::pin(self.http.get(request)).await;
        result.map_err(|error| Refusal::Failed(error.into()))
    }

    async fn post_token(
        &self,
        scopes: &[String],
        realm: &Realm<'_>,
        token: &str,
    ) -> Result<Response, Refusal> {
        let scope = scopes.join(" ");
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("client_id", "pinfold"),
            ("refresh_token", token),
            ("scope", &scope),
        ];
        if let Some(service) = realm.service {
            fields.push(("service", service));
        }
        let request = token_request(realm.url.clone());
        let result = Box::pin(self.http.post_form(request, &fields)).await;
        result.map_err(|error| Refusal::Failed(error.into()))
    }
}

fn token_request(url: Url) -> Request {
    Request::page(url)
        .accept("application/json")
        .max_bytes(MOST_TOKEN_BYTES)
        .any_status()
        .own_credentials()
}

impl Realm<'_> {
    fn read(&self, response: &Response, asked_at: SystemTime) -> Result<Token, Refusal> {
        let said = || said(&response.headers, &response.body);
        match response.status {
            200..=299 => {}
            429 => {
                return Err(Refusal::Failed(Error::RateLimited {
                    registry: self.authority(),
                    retry_after: retry_after(&response.headers, asked_at)
                        .map(|wait| wait.as_secs()),
                    is_anonymous: self.login.is_none(),
                    said: said(),
                }));
            }
            400..=499 => return Err(Refusal::Denied(said())),
            status => {
                return Err(Refusal::Failed(Error::Status {
                    image: format!("a token for {}", self.registry),
                    registry: self.authority(),
                    status,
                    said: said(),
                }));
            }
        }
        let plain = response
            .decode(MOST_TOKEN_BYTES)
            .map_err(|error| Refusal::Failed(error.into()))?;
        if plain.trim_ascii_start().starts_with(b"<") {
            return Err(self.fail("it returned a web page, perhaps a login page"));
        }
        // What is wrong with an answer is not quoted: it may hold the token.
        let answer: Answer = serde_json::from_slice(&plain)
            .map_err(|_| self.fail("its response is not the expected JSON"))?;
        let token = [answer.token, answer.access_token]
            .into_iter()
            .flatten()
            .find(|token| !token.is_empty())
            .ok_or_else(|| self.fail("its response does not contain one"))?;
        let header =
            bearer(&token).ok_or_else(|| self.fail("the token contains invalid characters"))?;
        let lifetime = answer
            .expires_in
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map_or(DEFAULT_LIFETIME, Duration::from_secs);
        // Some earlier: a request takes its time, and clocks differ.
        let margin = (lifetime / 4).min(Duration::from_secs(10));
        let renew_at = asked_at.checked_add(lifetime.saturating_sub(margin));
        Ok(Token {
            header,
            renew_at: renew_at.unwrap_or(asked_at),
        })
    }

    fn authority(&self) -> String {
        self.url.authority().to_owned()
    }

    fn fail(&self, detail: &str) -> Refusal {
        Refusal::Failed(Error::Token {
            registry: self.registry.to_owned(),
            realm: display_url(&self.url),
            detail: detail.to_owned(),
        })
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    secret(&format!("Bearer {token}"))
}

fn basic(login: &Login) -> Option<HeaderValue> {
    let (user, password) = login.as_password()?;
    let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
    secret(&format!("Basic {pair}"))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    // So that its `Debug` shows nothing.
    value.set_sensitive(true);
    Some(value)
}
