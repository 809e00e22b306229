//! One connection at first, instead of one for each request that begins at once; and
//! that one made ahead, where it is known whom a run will ask.
//!
//! Whether a server speaks HTTP/2, so that all requests share a connection, is
//! known when the first connection stands. A run begins with dozens of requests,
//! and each would pay for a TLS handshake of its own. So to a server that is new
//! to us one request goes ahead; the others wait until it has its connection, or
//! has failed. Plain HTTP has nothing to share and does not wait.
//!
//! A handshake takes two round trips, in which there is other work to do. The library
//! makes connections for requests only, so a connection made ahead is one whose request
//! ends when it stands, before anything of it is sent. What came of it is left for the
//! first real request to that server.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::login::Origin;

/// From the connection to its place among those that can be shared.
const SETTLING: Duration = Duration::from_millis(1);

/// For how long a server is believed to keep a connection that nobody uses.
const LONGEST_REST: Duration = Duration::from_secs(5);

type BoxError = Box<dyn StdError + Send + Sync>;

/// The servers of a run.
#[derive(Debug, Default)]
pub(super) struct Gates {
    servers: Mutex<HashMap<Origin, Server>>,
}

/// A server of a run.
#[derive(Debug, Default)]
struct Server {
    /// What later requests wait for, once there is a first one.
    gate: Option<Arc<Semaphore>>,
    /// What is made ahead: for clients that check certificates, and for those that do not.
    ahead: [Ahead; 2],
}

/// What is made ahead for the first request to a server.
#[derive(Debug, Default)]
enum Ahead {
    #[default]
    Nothing,
    Made(oneshot::Receiver<Left>),
    Taken,
}

/// What came of a connection that was made ahead, and when.
#[derive(Debug)]
struct Left {
    /// The result of the connector underneath, whose type has no name outside the library.
    result: Box<dyn Any + Send>,
    at: Instant,
}

impl Left {
    fn is_rested(&self) -> bool {
        self.at.elapsed() > LONGEST_REST
    }
}

/// Which connection is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Its server.
    pub(super) url: &'a Url,
    /// Whether the server's certificate is checked.
    pub(super) checks: bool,
}

tokio::task_local! {
    /// What the request whose connection is being made has to do beside.
    static ERRAND: Cell<Option<Errand>>;
}

/// Where a request stands among those to its server.
enum Place {
    /// Nobody went before; with what was made ahead for it.
    First {
        ahead: Option<oneshot::Receiver<Left>>,
    },
    Later,
}

enum Errand {
    /// Only its connection is wanted.
    Ahead(oneshot::Sender<Left>),
    /// It is the first one to its server.
    First {
        opens: Opens,
        ahead: Option<oneshot::Receiver<Left>>,
    },
}

/// Opens its gate when it goes out of scope, whatever has become of the request.
struct Opens(Arc<Semaphore>);

impl Drop for Opens {
    fn drop(&mut self) {
        // A closed semaphore lets everybody go at once.
        self.0.close();
    }
}

/// The way to leave a connection that is made ahead.
pub(super) struct Leaves(oneshot::Sender<Left>);

impl Gates {
    /// Sends a request, after the first one to its server has a connection.
    pub(super) async fn pass<T>(&self, line: Line<'_>, sending: impl Future<Output = T>) -> T {
        if line.url.scheme() != "https" {
            return sending.await;
        }
        let (gate, place) = self.gate(line);
        if let Place::First { ahead } = place {
            let _opens = Opens(gate.clone());
            let errand = Errand::First {
                opens: Opens(gate),
                ahead,
            };
            return ERRAND.scope(Cell::new(Some(errand)), sending).await;
        }
        if !gate.is_closed() {
            // It never has a permit: this ends when it is closed.
            let _ = gate.acquire().await;
            tokio::time::sleep(SETTLING).await;
        }
        sending.await
    }

    /// Returns the way to leave a connection for the first request to a server, unless
    /// there is one already, or a connection was made ahead.
    pub(super) fn ahead(&self, line: Line<'_>) -> Option<Leaves> {
        if line.url.scheme() != "https" {
            return None;
        }
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let server = servers.entry(Origin::of(line.url)).or_default();
        let ahead = &mut server.ahead[usize::from(line.checks)];
        if server.gate.is_some() || !matches!(ahead, Ahead::Nothing) {
            return None;
        }
        let (leaves, left) = oneshot::channel();
        *ahead = Ahead::Made(left);
        Some(Leaves(leaves))
    }

    /// Returns the gate of a server; for the first request with what was made ahead.
    fn gate(&self, line: Line<'_>) -> (Arc<Semaphore>, Place) {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let server = servers.entry(Origin::of(line.url)).or_default();
        if let Some(gate) = &server.gate {
            return (gate.clone(), Place::Later);
        }
        let gate = Arc::new(Semaphore::new(0));
        server.gate = Some(gate.clone());
        let ahead = std::mem::replace(&mut server.ahead[usize::from(line.checks)], Ahead::Taken);
        let ahead = match ahead {
            Ahead::Made(left) => Some(left),
            Ahead::Nothing | Ahead::Taken => None,
        };
        (gate, Place::First { ahead })
    }
}

impl Leaves {
    /// Makes the connection of a request and leaves it; the request itself fails and is
    /// not sent.
    pub(super) async fn connect(self, sending: impl Future) {
        let errand = Cell::new(Some(Errand::Ahead(self.0)));
        let _ = ERRAND.scope(errand, sending).await;
    }
}

/// Opens the gate when the connection stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenWhenConnected;

impl<S> Layer<S> for OpenWhenConnected {
    type Service = Connecting<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Connecting { inner }
    }
}

/// Makes connections.
#[derive(Debug, Clone)]
pub(super) struct Connecting<S> {
    inner: S,
}

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + 'static,
    S::Response: Send + 'static,
    S::Future: Send + 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The library calls this while the request itself is being polled, so
        // the request's own errand is at hand.
        match ERRAND.try_with(Cell::take).ok().flatten() {
            None => Box::pin(self.inner.call(request)),
            Some(Errand::Ahead(leaves)) => {
                let connecting = self.inner.call(request);
                Box::pin(async move {
                    let left = Left {
                        result: Box::new(connecting.await),
                        at: Instant::now(),
                    };
                    // Nobody may want it any more.
                    let _ = leaves.send(left);
                    Err(LeftForAnother.into())
                })
            }
            Some(Errand::First { opens, ahead: None }) => {
                let connecting = self.inner.call(request);
                Box::pin(async move {
                    let connected = connecting.await;
                    drop(opens);
                    connected
                })
            }
            Some(Errand::First {
                opens,
                ahead: Some(ahead),
            }) => {
                let mut inner = self.inner.clone();
                Box::pin(async move {
                    let connected = match taken::<S::Response>(ahead).await {
                        Some(connected) => connected,
                        None => match poll_fn(|context| inner.poll_ready(context)).await {
                            Ok(()) => inner.call(request).await,
                            Err(error) => Err(error),
                        },
                    };
                    drop(opens);
                    connected
                })
            }
        }
    }
}

/// Waits for what was made ahead; none if it rested too long.
async fn taken<C: 'static>(ahead: oneshot::Receiver<Left>) -> Option<Result<C, BoxError>> {
    let Ok(left) = ahead.await else {
        // It was given up, for it took too long: to try again at once would take as long.
        return Some(Err(io::Error::from(io::ErrorKind::TimedOut).into()));
    };
    if left.is_rested() {
        return None;
    }
    let result = left.result.downcast::<Result<C, BoxError>>();
    result.ok().map(|result| *result)
}

/// Why a request whose connection was made ahead is not sent.
#[derive(Debug)]
struct LeftForAnother;

impl fmt::Display for LeftForAnother {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its connection is for another request")
    }
}

impl StdError for LeftForAnother {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn line(url: &Url) -> Line<'_> {
        Line { url, checks: true }
    }

    #[tokio::test]
    async fn others_wait_for_the_first_connection_and_not_for_its_answer() {
        let gates = Gates::default();
        let index = url("https://index.example/simple/");
        let begun = AtomicUsize::new(0);
        let (connect, connected) = oneshot::channel::<()>();
        let (answer, answered) = oneshot::channel::<()>();
        let first = gates.pass(line(&index), async {
            begun.fetch_add(1, Ordering::Relaxed);
            let mut connecting = Connector::when(connected);
            connecting.call(()).await.unwrap();
            answered.await.unwrap();
        });
        let other = gates.pass(line(&index), async {
            begun.fetch_add(1, Ordering::Relaxed);
            answer.send(()).unwrap();
        });
        let elsewhere = async {
            let plain = url("http://index.example/simple/");
            gates
                .pass(line(&plain), async {
                    begun.fetch_add(1, Ordering::Relaxed)
                })
                .await;
            tokio::task::yield_now().await;
            assert_eq!(begun.load(Ordering::Relaxed), 2, "the other one waits");
            connect.send(()).unwrap();
        };
        // Ends only if the other one goes before the first has its answer.
        tokio::join!(first, other, elsewhere);
    }

    #[tokio::test]
    async fn others_go_when_the_first_has_failed() {
        let gates = Gates::default();
        let index = url("https://index.example/simple/");
        gates.pass(line(&index), async {}).await;
        gates.pass(line(&index), async {}).await;
        assert!(gates.gate(line(&index)).0.is_closed());
    }

    /// Makes one connection when it is told to.
    #[derive(Clone)]
    struct Connector(Arc<Mutex<Option<oneshot::Receiver<()>>>>);

    impl Connector {
        fn when(connected: oneshot::Receiver<()>) -> Connecting<Self> {
            OpenWhenConnected.layer(Self(Arc::new(Mutex::new(Some(connected)))))
        }
    }

    impl Service<()> for Connector {
        type Response = ();
        type Error = BoxError;
        type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            let connected = self.0.lock().unwrap().take().expect("called once");
            Box::pin(async { Ok(connected.await?) })
        }
    }

    #[tokio::test]
    async fn the_first_request_takes_what_was_made_ahead_and_its_own_is_not_sent() {
        let gates = Gates::default();
        let index = url("https://index.example/simple/");
        let (connect, connected) = oneshot::channel::<()>();
        let mut connecting = Connector::when(connected);
        let leaves = gates.ahead(line(&index)).unwrap();
        assert!(gates.ahead(line(&index)).is_none(), "one is enough");
        let mut ahead = connecting.clone();
        let ahead = leaves.connect(async move {
            let error = ahead.call(()).await.unwrap_err();
            assert!(error.is::<LeftForAnother>(), "{error:?}");
        });
        let first = gates.pass(line(&index), async {
            connect.send(()).unwrap();
            // The connector gives one connection only: this is the one.
            connecting.call(()).await.unwrap();
        });
        tokio::join!(ahead, first);
        assert!(gates.ahead(line(&index)).is_none(), "too late");
    }

    #[tokio::test]
    async fn what_was_made_ahead_is_not_used_where_certificates_are_checked_differently() {
        let gates = Gates::default();
        let index = url("https://index.example/simple/");
        let (connect, connected) = oneshot::channel::<()>();
        let mut connecting = Connector::when(connected);
        let trusting = Line {
            url: &index,
            checks: false,
        };
        let _leaves = gates.ahead(trusting).unwrap();
        let first = gates.pass(line(&index), async {
            connect.send(()).unwrap();
            connecting.call(()).await.unwrap();
        });
        first.await;
    }

    #[tokio::test]
    async fn what_rested_too_long_is_not_used_and_what_was_given_up_took_too_long() {
        let left = |age: Duration| {
            let (leaves, left) = oneshot::channel();
            let result: Result<u8, BoxError> = Ok(1);
            let at = Instant::now().checked_sub(age).unwrap();
            let result = Box::new(result);
            assert!(leaves.send(Left { result, at }).is_ok());
            taken::<u8>(left)
        };
        assert!(matches!(left(Duration::ZERO).await, Some(Ok(1))));
        let too_long = LONGEST_REST + Duration::from_secs(1);
        assert!(left(too_long).await.is_none());
        let (_, given_up) = oneshot::channel();
        let error = taken::<u8>(given_up).await.unwrap().unwrap_err();
        let error = error.downcast::<io::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
