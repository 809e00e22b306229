//! Real registries for tests: Debian's `docker-registry` (Distribution) on loopback.
//!
//! Each runs from a folder of its own on a port that was free, and ends with its
//! value. It is filled by a small HTTP client of ours, or by `skopeo`. Where a program
//! is not installed the test says so and is left out: the constructors return `None`.
//! What Distribution never does wrong is in `fake_registry`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SigningKey as _,
};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::images::{INDEX_TYPE, Image, MANIFEST_TYPE};
use crate::project::left_out;
use crate::scripted::{Reply, Seen, Server};

/// Who may do everything.
pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "s3cret";
/// What the token server takes instead of a password.
pub(crate) const REFRESH_TOKEN: &str = "rt-alice";

/// `htpasswd -nbB -C 4 alice s3cret`
const HTPASSWD: &str = "alice:$2y$04$hB/nHHOj3RJke9RYxUQLtunbjmiP8d3VajaHYlM43FsQke5T3aMKC\n";

/// After this a registry counts as one that does not start.
const PATIENCE: Duration = Duration::from_secs(30);

/// The header by which a registry is known to be the one that was started.
const MARK: &str = "x-started-as";

/// A registry; it ends with its value.
pub(crate) struct Registry {
    process: Child,
    folder: TempDir,
    host: String,
    access: Access,
}

/// What a registry asks of its clients.
enum Access {
    Open,
    Login,
    Token(TokenServer),
    Tls(Arc<rustls::ClientConfig>),
}

/// What a registry answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// Returns where a program is, or says that the test is left out for want of it.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        left_out(&format!("there is no `{name}`"));
    }
    found
}

/// Returns the value of an `Authorization` header for a user.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", encode(&format!("{user}:{password}")))
}

/// Returns base64 as `config.json` has it.
pub(crate) fn encode(text: &str) -> String {
    base64(text.as_bytes(), STANDARD)
}

impl Registry {
    /// Anyone may do everything.
    pub(crate) fn anonymous() -> Option<Self> {
        Self::start(Access::Open, |_| json!({}))
    }

    /// Lets in [`USER`] with [`PASSWORD`], and nobody else.
    pub(crate) fn with_htpasswd() -> Option<Self> {
        Self::start(Access::Login, |folder| {
            let path = folder.join("htpasswd");
            fs::write(&path, HTPASSWD).unwrap();
            json!({"auth": {"htpasswd": {"realm": "tests", "path": path}}})
        })
    }

    /// Sends its clients to a token server: anyone may pull, but `private/…` is for
    /// [`USER`] with [`PASSWORD`] or [`REFRESH_TOKEN`].
    pub(crate) fn with_token_server() -> Option<Self> {
        let tokens = TokenServer::start();
        let (realm, certificate) = (tokens.server.url("/token"), tokens.issuer.certificate.pem());
        Self::start(Access::Token(tokens), |folder| {
            let path = folder.join("token.pem");
            fs::write(&path, &certificate).unwrap();
            json!({"auth": {"token": {
                "realm": realm,
                "service": "tests-registry",
                "issuer": "tests-issuer",
                "rootcertbundle": path,
            }}})
        })
    }

    /// Answers from what another registry has.
    pub(crate) fn mirror_of(upstream: &Self) -> Option<Self> {
        let remote = json!({"proxy": {"remoteurl": format!("http://{}", upstream.host)}});
        Self::start(Access::Open, |_| remote.clone())
    }

    /// Speaks TLS, with a certificate of this authority for `localhost` and 127.0.0.1.
    pub(crate) fn tls(authority: &Authority) -> Option<Self> {
        Self::start(Access::Tls(authority.client()), |folder| {
            let (certificate, key) = authority.issue(&["localhost", "127.0.0.1"]);
            fs::write(folder.join("server.pem"), certificate).unwrap();
            fs::write(folder.join("server.key"), key).unwrap();
            json!({"http": {"tls": {
                "certificate": folder.join("server.pem"),
                "key": folder.join("server.key"),
            }}})
        })
    }

    /// Starts one, with settings beside those that all have.
    fn start(access: Access, settings: impl FnOnce(&Path) -> Value) -> Option<Self> {
        let program = program("docker-registry")?;
        let folder = tempfile::tempdir().unwrap();
        let mut config = settings(folder.path());
        config["version"] = json!("0.1");
        config["log"] = json!({"level": "warn"});
        config["storage"] = json!({
            "filesystem": {"rootdirectory": folder.path().join("data")},
            "delete": {"enabled": true},
        });
        // Between our choice of a port and its use, another may take that port.
        for _ in 0..5 {
            if let Some((process, host)) = launch(&program, folder.path(), &mut config, &access) {
                return Some(Self {
                    process,
                    folder,
                    host,
                    access,
                });
            }
        }
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("`docker-registry` does not start: {log}");
    }

    /// Returns where it listens, as it stands in an image's name: `127.0.0.1:5000`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.address().port()
    }

    /// Returns its URL, by the name of the machine if it speaks TLS.
    pub(crate) fn url(&self) -> String {
        match self.access {
            Access::Tls(_) => format!("https://localhost:{}", self.port()),
            _ => format!("http://{}", self.host),
        }
    }

    /// Returns the full name of an image in it.
    pub(crate) fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host)
    }

    /// Returns what its token server was asked since the last call.
    pub(crate) fn token_requests(&self) -> Vec<Seen> {
        match &self.access {
            Access::Token(tokens) => std::mem::take(&mut tokens.seen.lock().unwrap()),
            _ => Vec::new(),
        }
    }

    /// Puts an image under a tag.
    pub(crate) fn push(&self, repository: &str, tag: &str, image: &Image) {
        for blob in &image.blobs {
            let uploads = format!("/v2/{repository}/blobs/uploads/");
            let answer = self.ask("POST", &uploads, &[], b"").expects(202);
            let location = answer.headers["location"].clone();
            // It may be a path, or a URL of this host.
            let path = match location.split_once("://") {
                Some((_, rest)) => rest.find('/').map_or(rest, |slash| &rest[slash..]),
                None => &location,
            };
            let separator = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{separator}digest={}", blob.digest);
            let octets = [("Content-Type", "application/octet-stream")];
            self.ask("PUT", &path, &octets, &blob.bytes).expects(201);
        }
        let children = image
            .manifests
            .iter()
            .map(|(_, child)| (MANIFEST_TYPE, child.digest.as_str(), child));
        for (media_type, name, manifest) in children.chain([(INDEX_TYPE, tag, &image.index)]) {
            let path = format!("/v2/{repository}/manifests/{name}");
            let answer = self
                .ask(
                    "PUT",
                    &path,
                    &[("Content-Type", media_type)],
                    &manifest.bytes,
                )
                .expects(201);
            assert_eq!(answer.headers["docker-content-digest"], manifest.digest);
        }
    }

    /// Puts an image of this name, revision and these platforms under a tag.
    pub(crate) fn push_index(
        &self,
        repository: &str,
        tag: &str,
        revision: u32,
        platforms: &[&str],
    ) -> Image {
        let image = Image::new(repository, revision, platforms);
        self.push(repository, tag, &image);
        image
    }

    /// Deletes a manifest, by its digest.
    pub(crate) fn delete_manifest(&self, repository: &str, digest: &str) {
        let path = format!("/v2/{repository}/manifests/{digest}");
        self.ask("DELETE", &path, &[], b"").expects(202);
    }

    /// Returns the digest of what a tag names, whatever that is.
    #[track_caller]
    pub(crate) fn digest(&self, repository: &str, tag: &str) -> String {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let accept = [
            INDEX_TYPE,
            "application/vnd.docker.distribution.manifest.list.v2+json",
            MANIFEST_TYPE,
        ];
        let answer = self
            .ask("HEAD", &path, &[("Accept", &accept.join(", "))], b"")
            .expects(200);
        answer.headers["docker-content-digest"].clone()
    }

    fn address(&self) -> SocketAddr {
        self.host.parse().unwrap()
    }

    /// Sends one request as somebody who may do everything.
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut headers: Vec<(&str, &str)> = headers.to_vec();
        let authorization = match &self.access {
            Access::Open | Access::Tls(_) => None,
            Access::Login => Some(basic(USER, PASSWORD)),
            Access::Token(tokens) => Some(tokens.issuer.pass_for(path)),
        };
        if let Some(authorization) = &authorization {
            headers.push(("Authorization", authorization));
        }
        speak(&self.access, &self.host, method, path, &headers, body).unwrap()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let words = format!("the registry {} says:\n{log}\n", self.host);
            let _ = io::stderr().write_all(words.as_bytes());
        }
    }
}

impl Answer {
    #[track_caller]
    fn expects(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }
}

/// Starts a registry on a port that was free, and waits until it answers; `None` if
/// it ends, or if somebody else answers.
fn launch(
    program: &Path,
    folder: &Path,
    config: &mut Value,
    access: &Access,
) -> Option<(Child, String)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mark = format!("{}-{number}", std::process::id());
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let host = format!("127.0.0.1:{port}");
    config["http"]["addr"] = json!(host);
    config["http"]["headers"] = json!({MARK: [mark]});
    // JSON is YAML.
    let path = folder.join("config.yml");
    fs::write(&path, config.to_string()).unwrap();
    let log = File::create(folder.join("log")).unwrap();
    let mut process = Command::new(program)
        .arg("serve")
        .arg(&path)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end && process.try_wait().unwrap().is_none() {
        match speak(access, &host, "GET", "/v2/", &[], b"") {
            Ok(answer) if answer.headers.get(MARK) == Some(&mark) => return Some((process, host)),
            Ok(_) => break,
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    let _ = process.kill();
    let _ = process.wait();
    None
}

/// Connects to a registry, sends one request and reads its answer.
fn speak(
    access: &Access,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(host)?;
    let Access::Tls(client) = access else {
        return exchange(&mut stream, host, method, path, headers, body);
    };
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let connection =
        rustls::ClientConnection::new(client.clone(), name).map_err(io::Error::other)?;
    let mut stream = rustls::StreamOwned::new(connection, stream);
    exchange(&mut stream, host, method, path, headers, body)
}

/// Sends one request and reads its answer. HTTP/1.0, so that a body ends with the
/// connection.
fn exchange(
    stream: &mut (impl Read + Write),
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {host}\r\n");
    let length = body.len().to_string();
    for (name, value) in headers.iter().chain([&("Content-Length", length.as_str())]) {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()?;
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        // A server need not say good-bye, which TLS takes for a cut.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    Ok(Answer {
        status: status
            .and_then(|code| code.parse().ok())
            .unwrap_or_default(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: bytes.split_off(end + 4),
    })
}

/// Copies an image with all its platforms: `docker://127.0.0.1:5000/a:1`,
/// `oci:folder:tag`. Returns whether `skopeo` is here at all.
#[must_use]
pub(crate) fn skopeo_copy(source: &str, destination: &str, options: &[&str]) -> bool {
    let Some(skopeo) = program("skopeo") else {
        return false;
    };
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(skopeo)
        .args(["--insecure-policy", "copy", "--all", "--quiet"])
        .args(["--src-tls-verify=false", "--dest-tls-verify=false"])
        .args(options)
        .args([source, destination])
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env_remove("REGISTRY_AUTH_FILE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "skopeo: {words}");
    true
}

/// Gives out tokens as the distribution project's token specifications say, both by GET
/// and by POST with a refresh token.
struct TokenServer {
    server: Server,
    issuer: Arc<Issuer>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Issuer {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl TokenServer {
    fn start() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["tests-issuer".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let issuer = Arc::new(Issuer { key, certificate });
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (answering, keeping) = (issuer.clone(), seen.clone());
        let server = Server::answering(move |request| {
            keeping.lock().unwrap().push(request.clone());
            answering.answer(request)
        });
        Self {
            server,
            issuer,
            seen,
        }
    }
}

impl Issuer {
    fn answer(&self, request: &Seen) -> Reply {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if path != "/token" {
            return Reply::status(404);
        }
        let is_post = request.method == "POST";
        let form = if is_post {
            request.body.as_bytes()
        } else {
            query.as_bytes()
        };
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(form).into_owned().collect();
        let field = |wanted: &str| {
            let mut fields = fields.iter();
            fields
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.as_str())
        };
        let user = match (is_post, request.header("authorization")) {
            (true, _) if field("refresh_token") == Some(REFRESH_TOKEN) => Some(USER),
            (false, Some(login)) if login == basic(USER, PASSWORD) => Some(USER),
            (false, None) => None,
            _ => return Reply::status(401).body(r#"{"details":"incorrect username or password"}"#),
        };
        let scopes = fields.iter().filter(|(name, _)| name == "scope");
        let access: Vec<Value> = scopes
            .flat_map(|(_, scopes)| scopes.split(' '))
            .filter_map(|scope| granted(scope, user.is_some()))
            .collect();
        let token = self.token(user.unwrap_or_default(), &access);
        let name = if is_post { "access_token" } else { "token" };
        let body = json!({name: token, "expires_in": 300}).to_string();
        Reply::ok(body).header("Content-Type", "application/json")
    }

    /// Returns the `Authorization` of one who may do everything with the repository
    /// of a path.
    fn pass_for(&self, path: &str) -> String {
        let end = path.find("/blobs/").or_else(|| path.find("/manifests/"));
        let scope = format!("repository:{}:pull,push,delete", &path[4..end.unwrap()]);
        let access = [granted(&scope, true).unwrap()];
        format!("Bearer {}", self.token(USER, &access))
    }

    /// Returns a JSON Web Token (RFC 7519), signed by ES256.
    fn token(&self, subject: &str, access: &[Value]) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let epoch = SystemTime::UNIX_EPOCH;
        let now = SystemTime::now().duration_since(epoch).unwrap().as_secs();
        let certificate = base64(self.certificate.der(), STANDARD);
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [certificate]});
        let claims = json!({
            "iss": "tests-issuer",
            "aud": "tests-registry",
            "sub": subject,
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "jti": COUNT.fetch_add(1, Ordering::Relaxed).to_string(),
            "access": access,
        });
        let part = |value: &Value| base64(value.to_string().as_bytes(), FOR_URLS);
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", base64(&without_der(&signature), FOR_URLS))
    }
}

/// Returns what is given for a scope: `repository:a/b:pull,push`.
fn granted(scope: &str, is_user: bool) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<&str> = actions
        .split(',')
        .filter(|action| is_user || (*action == "pull" && !name.starts_with("private/")))
        .collect();
    (!actions.is_empty()).then(|| json!({"type": kind, "name": name, "actions": actions}))
}

/// Returns the two numbers of an ECDSA signature, 32 bytes each (RFC 7518 §3.4),
/// from their DER form.
fn without_der(signature: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::with_capacity(64);
    // SEQUENCE, its length; then twice INTEGER, its length, its bytes.
    let mut rest = &signature[2..];
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(usize::from(rest[1]));
        let significant = number.len().min(32);
        numbers.resize(numbers.len() + 32 - significant, 0);
        numbers.extend_from_slice(&number[number.len() - significant..]);
        rest = after;
    }
    numbers
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns base64 (RFC 4648), padded but for URLs.
fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place <= chunk.len() {
                let index = bits >> (18 - 6 * place) & 63;
                text.push(char::from(alphabet[index as usize]));
            } else if alphabet == STANDARD {
                text.push('=');
            }
        }
    }
    text
}

/// An authority that no machine knows.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "the tests' own authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// Returns the file with its certificate.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns a certificate for these names, and its key.
    fn issue(&self, names: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Returns what a client of ours trusts.
    fn client(&self) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

/// Stands before a server, passes all on, and keeps the heads of what clients send;
/// for what a real server does not tell. Plain HTTP, requests without bodies.
pub(crate) struct Tap {
    address: SocketAddr,
    /// By connection.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
    ends: Arc<AtomicBool>,
}

impl Tap {
    pub(crate) fn before(registry: &Registry) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let tap = Self {
            address: listener.local_addr().unwrap(),
            sent: Arc::default(),
            ends: Arc::default(),
        };
        let (sent, ends, behind) = (tap.sent.clone(), tap.ends.clone(), registry.address());
        thread::spawn(move || {
            for client in listener.incoming() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(behind)) else {
                    continue;
                };
                let (to_client, from_server) = (client.try_clone(), server.try_clone());
                let (Ok(to_client), Ok(from_server)) = (to_client, from_server) else {
                    continue;
                };
                let sent = sent.clone();
                thread::spawn(move || {
                    let mut all = sent.lock().unwrap();
                    all.push(Vec::new());
                    let index = all.len() - 1;
                    drop(all);
                    pass(&client, &server, |bytes| {
                        sent.lock().unwrap()[index].extend_from_slice(bytes);
                    });
                });
                thread::spawn(move || pass(&from_server, &to_client, |_| {}));
            }
        });
        tap
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns where it listens, as it stands in an image's name.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// Returns the heads of the requests since the last call, sorted.
    pub(crate) fn heads(&self) -> Vec<String> {
        let mut heads = Vec::new();
        for sent in self.sent.lock().unwrap().iter_mut().map(std::mem::take) {
            // A client may try first whether TLS is spoken.
            if let Ok(sent) = String::from_utf8(sent) {
                let sent = sent.split("\r\n\r\n").filter(|head| !head.is_empty());
                heads.extend(sent.map(ToOwned::to_owned));
            }
        }
        heads.sort_unstable();
        heads
    }

    /// Returns the requests since the last call, sorted: `HEAD /v2/a/manifests/1`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let first = |head: &String| {
            let line = head.lines().next().unwrap_or_default();
            line.trim_end_matches(" HTTP/1.1").to_owned()
        };
        self.heads().iter().map(first).collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

/// Passes bytes on until one side ends, and shows them.
fn pass(mut from: &TcpStream, mut to: &TcpStream, show: impl Fn(&[u8])) {
    let mut bytes = [0; 8192];
    while let Ok(length) = from.read(&mut bytes)
        && length > 0
    {
        show(&bytes[..length]);
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
