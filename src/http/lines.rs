//! The connections of a client, which others may share.

use std::sync::OnceLock;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use url::{Host, Url};

use super::error::Error;
use super::gate::{Gates, Line};
use super::settings::Settings;
use super::transport;

/// Connections, made when they are needed or ahead of that.
#[derive(Default)]
pub(super) struct Lines {
    /// The library's client that checks certificates; hosts that are trusted blindly have
    /// one of their own.
    checking: OnceLock<Result<reqwest::Client, Error>>,
    trusting: OnceLock<Result<reqwest::Client, Error>>,
    /// The same two for this machine, which no proxy of the environment leads to.
    direct: [OnceLock<Result<reqwest::Client, Error>>; 2],
    pub(super) gates: Gates,
}

impl Lines {
    /// Returns the library's client for a connection.
    pub(super) fn client(
        &self,
        settings: &Settings,
        line: Line<'_>,
    ) -> Result<&reqwest::Client, Error> {
        let is_direct = settings.proxy.is_none() && is_loopback(line.url);
        let cell = match (is_direct, line.checks) {
            (true, checks) => &self.direct[usize::from(checks)],
            (false, true) => &self.checking,
            (false, false) => &self.trusting,
        };
        let is_tls = line.url.scheme() == "https";
        let built = cell.get_or_init(|| transport::build(settings, line.checks, is_tls, is_direct));
        built.as_ref().map_err(Clone::clone)
    }

    /// Makes a connection in the background, for the first request to its server.
    ///
    /// Nothing of it is told here: what goes wrong is told by that request.
    /// Returns the task that does it, if there is something to do.
    pub(super) fn connect_ahead(
        &self,
        settings: &Settings,
        line: Line<'_>,
    ) -> Option<JoinHandle<()>> {
        if settings.offline {
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        // Only where to; what else a URL says belongs to requests.
        let root = Url::parse(&line.url.origin().ascii_serialization()).ok()?;
        let leaves = self.gates.ahead(line)?;
        let request = self.client(settings, line).ok()?.get(root);
        Some(runtime.spawn(async move { leaves.connect(request.send()).await }))
    }
}

/// Whether a URL names this machine, as most HTTP clients have it that read the
/// variables for proxies: `localhost` or a loopback address.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
