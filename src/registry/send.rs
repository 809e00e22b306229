//! One question to one server: the first request, challenges, what a refusal means.

use std::future::Future;

use crate::http::{self, HeaderValue, Request, Response, header, retry_after};

use super::ask::{Ask, Method};
use super::challenge::{Challenge, Scoping};
use super::endpoint::Learned;
use super::error::Error;
use super::inner::Inner;
use super::manifest::ACCEPT;
use super::said::said;
use super::token::{Authorization, Width};

/// What came back, and what went along with the question.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) response: Response,
    pub(super) authorization: Authorization,
}

impl Inner {
    /// Asks, with what the server wants to see; `earlier` is what went along with the
    /// same question before.
    pub(super) async fn send(
        &self,
        ask: &Ask<'_>,
        method: Method,
        earlier: Option<Authorization>,
    ) -> Result<Reply, Error> {
        let endpoint = ask.endpoint;
        // The first of a run goes ahead alone: its answer tells the others how to ask.
        if self.settings.is_eager && endpoint.schemes() == ["http"] {
            let _ = endpoint.ready.set(Ok("http"));
        }
        let mut own_answer = None;
        let first = self.first(ask, method, &mut own_answer);
        let scheme = endpoint.ready.get_or_init(|| first).await.clone()?;
        if let Some(error) = endpoint.limited.get() {
            return Err(error.clone());
        }
        let mut authorization = earlier.unwrap_or_default();
        let mut response = if let Some(result) = own_answer {
            result?
        } else {
            let learned = endpoint
                .learned()
                .filter(|it| authorization.is_none() && it.scoping != Scoping::Told);
            if let Some(learned) = learned {
                let width = Width::Shared;
                authorization = Box::pin(self.authorize(ask, scheme, &learned, width)).await?;
            }
            self.exchange(ask, method, scheme, &authorization).await?
        };
        // Without, with a token for all, with one of its own, with a new one of its own.
        for _ in 0..3 {
            let wanted = self.wanted(ask, scheme, &response, &authorization);
            let Some(learned) = wanted.await? else {
                break;
            };
            let Some(width) = authorization.next().await else {
                break;
            };
            let better = Box::pin(self.authorize(ask, scheme, &learned, width)).await?;
            if better.is_none() {
                break;
            }
            authorization = better;
            response = self.exchange(ask, method, scheme, &authorization).await?;
        }
        let reply = Reply {
            response,
            authorization,
        };
        if reply.response.status == 429 {
            // It was waited for already; those that come later need not wait as long.
            let error = self.refuse(ask, &reply);
            return Err(endpoint.limited.get_or_init(|| error).clone());
        }
        Ok(reply)
    }

    /// Returns what the server wants to see besides, if it wants something.
    ///
    /// Some only say that there is nothing, or nothing for us, and tell at `/v2/` how to
    /// log in. They are asked there before that is believed, where there is a login.
    async fn wanted(
        &self,
        ask: &Ask<'_>,
        scheme: &str,
        response: &Response,
        authorization: &Authorization,
    ) -> Result<Option<Learned>, Error> {
        let wants = Self::wants(ask, response, authorization);
        let is_told = matches!(wants, Ok(Some(_)));
        let may_hide = matches!(response.status, 401 | 403 | 404) && authorization.is_none();
        if may_hide
            && !is_told
            && let Some(challenge) = Box::pin(self.challenge_of_all(ask, scheme)).await
        {
            return Ok(Some(ask.endpoint.learn(challenge, ask.repository)));
        }
        wants
    }

    /// Returns what a server wants to see at `/v2/`, if there is a login for it.
    async fn challenge_of_all(&self, ask: &Ask<'_>, scheme: &str) -> Option<Challenge> {
        let endpoint = ask.endpoint;
        let path = endpoint.path(&ask.repository.path);
        let credentials = &self.settings.credentials;
        let found = credentials.find(&endpoint.authority, &path).await;
        // Where they cannot be read, the refusal is what there is to tell.
        found.ok().flatten()?;
        let question = async || {
            let ask = Ask {
                target: Some("/v2/"),
                is_manifest: false,
                ..*ask
            };
            let nothing = Authorization::default();
            let response = self.exchange(&ask, Method::Get, scheme, &nothing).await;
            let response = response.ok().filter(|response| response.status == 401)?;
            Challenge::of(&response.headers)
        };
        endpoint.root.get_or_init(question).await.clone()
    }

    fn wants(
        ask: &Ask<'_>,
        response: &Response,
        authorization: &Authorization,
    ) -> Result<Option<Learned>, Error> {
        match response.status {
            401 => match Challenge::of(&response.headers) {
                Some(challenge) => Ok(Some(ask.endpoint.learn(challenge, ask.repository))),
                None if authorization.is_none() => Err(Error::Challenge {
                    image: ask.image.to_owned(),
                    registry: ask.endpoint.name.clone(),
                }),
                None => Ok(ask.endpoint.learned()),
            },
            // Some say so where a token is not enough.
            403 if authorization.is_shared() => Ok(ask.endpoint.learned()),
            _ => Ok(None),
        }
    }

    /// Makes the first request to a server; finds out which scheme it speaks.
    ///
    /// That nobody is there holds for the others as well; what else goes wrong is this
    /// request's own.
    async fn first(
        &self,
        ask: &Ask<'_>,
        method: Method,
        own_answer: &mut Option<Result<Response, Error>>,
    ) -> Result<&'static str, Error> {
        let schemes = ask.endpoint.schemes();
        let mut schemes = schemes.iter().copied().peekable();
        while let Some(scheme) = schemes.next() {
            let nothing = Authorization::default();
            let error = match self.exchange(ask, method, scheme, &nothing).await {
                Ok(response) => {
                    if let (401, Some(challenge)) =
                        (response.status, Challenge::of(&response.headers))
                    {
                        ask.endpoint.learn(challenge, ask.repository);
                    }
                    *own_answer = Some(Ok(response));
                    return Ok(scheme);
                }
                Err(error) => error,
            };
            let (Error::Http(cause) | Error::Certificate(cause)) = &error else {
                return Err(error);
            };
            let is_other_port =
                matches!(cause, http::Error::Connect { .. }) && !ask.endpoint.has_port();
            if schemes.peek().is_some() && (cause.is_without_tls() || is_other_port) {
                continue;
            }
            let is_of_server = matches!(
                cause,
                http::Error::Connect { .. }
                    | http::Error::Tls { .. }
                    | http::Error::Timeout { .. }
                    | http::Error::Offline { .. }
                    | http::Error::Setup { .. }
            );
            if is_of_server {
                return Err(error);
            }
            *own_answer = Some(Err(error));
            return Ok(scheme);
        }
        unreachable!("there is a last scheme, and each of its answers returns");
    }

    fn exchange(
        &self,
        ask: &Ask<'_>,
        method: Method,
        scheme: &str,
        authorization: &Authorization,
    ) -> impl Future<Output = Result<Response, Error>> + Send {
        let request = ask.url(scheme).map(|url| {
            let mut request = Request::page(url)
                .max_bytes(ask.max_bytes)
                .any_status()
                .own_credentials()
                // The digest is that of the bytes as they are stored.
                .header(
                    header::ACCEPT_ENCODING,
                    HeaderValue::from_static("identity"),
                );
            if ask.is_manifest {
                request = request.accept(ACCEPT);
            }
            match &authorization.header {
                Some(value) => request.header(header::AUTHORIZATION, value.clone()),
                None => request,
            }
        });
        let name = &ask.endpoint.name;
        // On the heap: it is large, and is part of each future above.
        Box::pin(async move {
            let response = match method {
                Method::Head => self.http.head(request?).await?,
                Method::Get => self.http.get(request?).await?,
            };
            self.notices.read(name, &response.headers);
            Ok(response)
        })
    }

    /// Says what a status that is not success means.
    pub(super) fn refuse(&self, ask: &Ask<'_>, reply: &Reply) -> Error {
        let Reply {
            response,
            authorization: Authorization { login, .. },
        } = reply;
        let image = ask.image.to_owned();
        let registry = ask.endpoint.name.clone();
        let said = said(&response.headers, &response.body);
        let is_anonymous = login.is_none();
        match response.status {
            404 | 410 => Error::NotFound {
                image,
                registry,
                said,
                is_anonymous,
            },
            401 | 403 => Error::Denied {
                image,
                registry,
                login: login.clone(),
                said,
            },
            429 => Error::RateLimited {
                registry,
                retry_after: retry_after(&response.headers, self.http.now())
                    .map(|wait| wait.as_secs()),
                is_anonymous,
                said,
            },
            status => Error::Status {
                image,
                registry,
                status,
                said,
            },
        }
    }
}
