//! The client against a server that follows a script.

mod answers;
mod images;
mod kept;
mod laws;
mod lists;
mod mirrors;
mod schemes;
mod tokens;

use std::ffi::OsString;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::{Client, CredentialStore, Error, Resolved, Settings};
use crate::cache::Cache;
use crate::http;
use crate::http::tests::scripted::{Reply, Seen, Server};
use crate::image::{Digest, Reference, Repository};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A clock that waits in no time.
struct Clock(Mutex<SystemTime>);

impl Default for Clock {
    fn default() -> Self {
        Self(Mutex::new(
            SystemTime::UNIX_EPOCH + Duration::from_hours(500_000),
        ))
    }
}

impl Clock {
    fn pass(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

impl http::Timer for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.pass(duration);
        Box::pin(async {})
    }
}

/// What a client is made of.
#[derive(Default)]
struct Maker {
    settings: Settings,
    http: http::Settings,
    cache: Option<Cache>,
    clock: Arc<Clock>,
}

impl Maker {
    /// With these mirrors.
    fn mirrors<'a>(mirrors: impl IntoIterator<Item = &'a str>) -> Self {
        let mut maker = Self::default();
        let mirrors = mirrors.into_iter().map(|text| text.parse().unwrap());
        maker.settings.mirrors = mirrors.collect();
        maker
    }

    /// Speaks plain HTTP with a server as if it were Docker Hub.
    fn hub(server: &Server) -> Self {
        let mirror = format!("docker.io={}", server.url(""));
        Self::mirrors([mirror.as_str()])
    }

    /// With a file of credentials.
    fn auth(mut self, json: &str) -> Self {
        self.settings.credentials = CredentialStore::from_environment(|name| {
            (name == "DOCKER_AUTH_CONFIG").then(|| OsString::from(json))
        });
        self
    }

    fn cache(mut self, dir: &tempfile::TempDir) -> Self {
        self.cache = Some(Cache::at(dir.path().to_owned()));
        self
    }

    fn client(&self) -> Client {
        let http = http::Settings {
            no_proxy: true,
            timer: self.clock.clone(),
            ..self.http.clone()
        };
        Client::new(
            self.settings.clone(),
            http::Client::new(http),
            self.cache.clone().unwrap_or(Cache::none()),
        )
    }
}

/// Runs a future as the program would, on a runtime of its own.
#[track_caller]
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn repository(name: &str) -> Repository {
    Reference::parse(name).unwrap().repository().clone()
}

/// Asks for a tag, as `name:tag`.
#[track_caller]
fn resolve(client: &Client, image: &str) -> Result<Resolved, Error> {
    let reference = Reference::parse(image).unwrap();
    let tag = reference.tag().unwrap();
    run(client.resolve(reference.repository(), tag, None))
}

#[track_caller]
fn resolve_all(client: &Client, images: &[String]) -> Vec<Result<Resolved, Error>> {
    let references: Vec<Reference> = images
        .iter()
        .map(|image| Reference::parse(image).unwrap())
        .collect();
    let questions = references
        .iter()
        .map(|it| client.resolve(it.repository(), it.tag().unwrap(), None));
    run(futures_util::future::join_all(questions))
}

/// Each request as `METHOD path`.
fn asked(server: &Server) -> Vec<String> {
    let line = |seen: &Seen| format!("{} {}", seen.method, seen.path);
    server.seen().iter().map(line).collect()
}

fn index() -> Vec<u8> {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[
        {{"digest":"{}","platform":{{"os":"linux","architecture":"amd64"}}}},
        {{"digest":"{}","platform":{{"os":"linux","architecture":"arm64","variant":"v8"}}}},
        {{"digest":"{}","platform":{{"os":"unknown","architecture":"unknown"}}}}]}}"#,
        Digest::of(b"amd64"),
        Digest::of(b"arm64"),
        Digest::of(b"attestation"),
    )
    .into_bytes()
}

/// A good answer.
fn manifest(body: &[u8], media_type: &str) -> Reply {
    Reply::ok(body)
        .header("Content-Type", media_type)
        .header("Docker-Content-Digest", Digest::of(body).as_str())
}

fn errors(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    Reply::status(status)
        .header("Content-Type", "application/json")
        .body(body)
}

/// Sends the client for a token to `/token` on the server that was asked.
fn bearer(seen: &Seen, rest: &str) -> Reply {
    let host = seen.header("host").unwrap();
    let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\"{rest}");
    Reply::status(401).header("WWW-Authenticate", challenge)
}

fn name_of(server: &Server) -> String {
    server.url("").replace("http://", "")
}

/// Returns the values of a parameter of a URL's query, or of a form.
fn parameters(query: &str, name: &str) -> Vec<String> {
    let query = query.split_once('?').map_or(query, |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}
