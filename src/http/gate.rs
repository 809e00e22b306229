//! One connection at first, instead of one for each request that begins at once.
//!
//! Whether a server speaks HTTP/2, so that all requests share a connection, is
//! known when the first connection stands. A run begins with dozens of requests,
//! and each would pay for a TLS handshake of its own. So to a server that is new
//! to us one request goes ahead; the others wait until it has its connection, or
//! has failed. Plain HTTP has nothing to share and does not wait.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Semaphore;
use tower_layer::Layer;
use tower_service::Service;
use url::Url;

use super::credentials::Origin;

/// From the connection to its place among those that can be shared.
const SETTLING: Duration = Duration::from_millis(1);

/// The servers of a run.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Mutex<HashMap<Origin, Arc<Semaphore>>>,
}

tokio::task_local! {
    /// The gate of the request whose connection is being made.
    static OPENING: Arc<Semaphore>;
}

/// Opens its gate when it goes out of scope, whatever has become of the request.
struct Opens(Arc<Semaphore>);

impl Drop for Opens {
    fn drop(&mut self) {
        // A closed semaphore lets everybody go at once.
        self.0.close();
    }
}

impl Gates {
    /// Sends a request, after the first one to its server has a connection.
    pub(super) async fn pass<T>(&self, url: &Url, sending: impl Future<Output = T>) -> T {
        if url.scheme() != "https" {
            return sending.await;
        }
        let (gate, is_first) = self.gate(url);
        if is_first {
            let _opens = Opens(gate.clone());
            return OPENING.scope(gate, sending).await;
        }
        if !gate.is_closed() {
            // It never has a permit: this ends when it is closed.
            let _ = gate.acquire().await;
            tokio::time::sleep(SETTLING).await;
        }
        sending.await
    }

    fn gate(&self, url: &Url) -> (Arc<Semaphore>, bool) {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_first = false;
        let gate = gates.entry(Origin::of(url)).or_insert_with(|| {
            is_first = true;
            Arc::new(Semaphore::new(0))
        });
        (gate.clone(), is_first)
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
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        // The library calls this while the request itself is being polled, so
        // the request's own gate is at hand.
        let opens = OPENING.try_with(|gate| Opens(gate.clone())).ok();
        let connecting = self.inner.call(request);
        Box::pin(async move {
            let connected = connecting.await;
            drop(opens);
            connected
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test]
    async fn others_wait_for_the_first_connection_and_not_for_its_answer() {
        let gates = Gates::default();
        let index = url("https://index.example/simple/");
        let begun = AtomicUsize::new(0);
        let (connect, connected) = oneshot::channel::<()>();
        let (answer, answered) = oneshot::channel::<()>();
        let first = gates.pass(&index, async {
            begun.fetch_add(1, Ordering::Relaxed);
            let mut connecting = OpenWhenConnected.layer(Connector(Some(connected)));
            connecting.call(()).await.unwrap();
            answered.await.unwrap();
        });
        let other = gates.pass(&index, async {
            begun.fetch_add(1, Ordering::Relaxed);
            answer.send(()).unwrap();
        });
        let elsewhere = async {
            let plain = url("http://index.example/simple/");
            gates
                .pass(&plain, async { begun.fetch_add(1, Ordering::Relaxed) })
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
        gates.pass(&index, async {}).await;
        gates.pass(&index, async {}).await;
        assert!(gates.gate(&index).0.is_closed());
    }

    /// Makes one connection when it is told to.
    struct Connector(Option<oneshot::Receiver<()>>);

    impl Service<()> for Connector {
        type Response = ();
        type Error = oneshot::error::RecvError;
        type Future = oneshot::Receiver<()>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            self.0.take().expect("called once")
        }
    }
}
