//! The client against a server that follows a script.

#[path = "../../../tests/support/authority.rs"]
pub(crate) mod authority;
#[path = "../../../tests/support/scripted.rs"]
pub(crate) mod scripted;

mod ahead;
mod answers;
mod credentials;
#[cfg(unix)]
mod keyring;
mod proxies;
mod redirects;
mod retries;
mod statuses;
mod tls;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use url::Url;

use super::{Client, Error, Request, Response, Settings, Timer};

/// A clock that waits in no time.
#[derive(Default)]
struct FakeTimer {
    slept: Mutex<Vec<Duration>>,
}

impl FakeTimer {
    fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

impl Timer for FakeTimer {
    fn now(&self) -> SystemTime {
        let slept: Duration = self.slept.lock().unwrap().iter().sum();
        SystemTime::UNIX_EPOCH + slept
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.slept.lock().unwrap().push(duration);
        Box::pin(async {})
    }
}

/// A client that goes directly to where it is told, with a clock of its own.
fn settings() -> (Settings, Arc<FakeTimer>) {
    let timer = Arc::new(FakeTimer::default());
    let settings = Settings {
        no_proxy: true,
        timer: timer.clone(),
        ..Settings::default()
    };
    (settings, timer)
}

fn client() -> Client {
    Client::new(settings().0)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn page(text: &str) -> Request {
    Request::page(url(text))
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

#[track_caller]
fn get(client: &Client, text: &str) -> Result<Response, Error> {
    run(client.get(page(text)))
}
