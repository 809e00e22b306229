//! An HTTP/1.1 server for tests that says exactly what a script tells it to.
//!
//! For what a real server would not do: bodies that end early, status lines
//! that are none, answers that never come. It listens on 127.0.0.1, keeps what
//! it was asked, and speaks TLS if it is given a certificate.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What was posted.
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Seen {
    /// Returns a header's value; the name is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(header, _)| header == name)?;
        Some(value)
    }
}

/// What to send for one request, and what to do then.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    sends_length: bool,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    KeepOpen,
    Close,
    Hang,
}

impl Reply {
    /// Begins an answer with a status.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            head: format!("HTTP/1.1 {status} Scripted\r\n"),
            body: Vec::new(),
            sends_length: true,
            then: Then::KeepOpen,
        }
    }

    /// Answers 200 with a body.
    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200).body(body)
    }

    /// Sends these bytes as they are, and closes.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            head: String::new(),
            body: bytes.as_ref().to_vec(),
            sends_length: false,
            then: Then::Close,
        }
    }

    /// Never answers.
    pub(crate) fn silence() -> Self {
        Self {
            then: Then::Hang,
            ..Self::raw("")
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        for part in [name, ": ", value.as_ref(), "\r\n"] {
            self.head.push_str(part);
        }
        self
    }

    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Announces the whole body, sends only this much of it, and closes.
    pub(crate) fn cut_at(mut self, length: usize) -> Self {
        self = self.with_length();
        self.body.truncate(length);
        self.then = Then::Close;
        self
    }

    /// Announces the whole body, sends only this much of it, and no more.
    pub(crate) fn stall_at(self, length: usize) -> Self {
        Self {
            then: Then::Hang,
            ..self.cut_at(length)
        }
    }

    fn with_length(mut self) -> Self {
        if self.sends_length {
            let length = self.body.len();
            self = self.header("Content-Length", length.to_string());
            self.sends_length = false;
        }
        self
    }
}

/// The server; it ends with its value.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<dyn Fn(&Seen) -> Reply + Send + Sync>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    ends: AtomicBool,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Server {
    /// Answers the requests with these, one after the other; then with 599.
    pub(crate) fn script(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: Mutex<Vec<Reply>> = Mutex::new(replies.into_iter().collect());
        Self::answering(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.is_empty() {
                return Reply::status(599).body("the script has ended");
            }
            replies.remove(0)
        })
    }

    /// Answers each request with what `answer` makes of it.
    pub(crate) fn answering(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(answer, None)
    }

    /// As [`Server::answering`], over TLS.
    pub(crate) fn answering_tls(
        tls: rustls::ServerConfig,
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(answer, Some(Arc::new(tls)))
    }

    fn start(
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
            tls,
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.ends.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let serving = accepting.clone();
                thread::spawn(move || {
                    // A client that goes away is no failure of the server's.
                    let _ = serving.serve(stream);
                });
            }
        });
        Self {
            address,
            scheme,
            shared,
        }
    }

    /// Returns the URL of a path on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Returns the URL of a path on this server by another name of its host.
    pub(crate) fn url_by_name(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns what was asked for so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Returns how many connections were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let waking = socket.try_clone()?;
        match &self.tls {
            None => self.converse(&mut socket, &waking),
            Some(tls) => {
                let connection = rustls::ServerConnection::new(tls.clone()).unwrap();
                let mut stream = rustls::StreamOwned::new(connection, socket);
                self.converse(&mut stream, &waking)
            }
        }
    }

    fn converse(&self, stream: &mut (impl Read + Write), socket: &TcpStream) -> io::Result<()> {
        loop {
            let seen = match read_request(stream) {
                Ok(Some(seen)) => seen,
                Ok(None) => return Ok(()),
                Err(error) => {
                    // As servers do that are asked by TLS and speak none.
                    if error.kind() == io::ErrorKind::InvalidData {
                        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
                        stream.flush()?;
                        self.drain(socket);
                    }
                    return Err(error);
                }
            };
            self.seen.lock().unwrap().push(seen.clone());
            let reply = (self.answer)(&seen).with_length();
            let mut bytes = reply.head.into_bytes();
            if !bytes.is_empty() {
                bytes.extend_from_slice(b"\r\n");
            }
            if seen.method != "HEAD" {
                bytes.extend_from_slice(&reply.body);
            }
            // All at once: two small writes would wait for each other.
            stream.write_all(&bytes)?;
            stream.flush()?;
            match reply.then {
                Then::KeepOpen => {}
                Then::Close => {
                    let _ = socket.shutdown(std::net::Shutdown::Write);
                    return Ok(());
                }
                Then::Hang => {
                    // Until the client gives up, or the server ends.
                    socket.set_read_timeout(Some(Duration::from_millis(20)))?;
                    let mut byte = [0];
                    while !self.ends.load(Ordering::SeqCst) {
                        if matches!(stream.read(&mut byte), Ok(0)) {
                            break;
                        }
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Reads what the client sends still: a socket closed before that would take back
    /// what was sent to it.
    fn drain(&self, socket: &TcpStream) {
        let mut socket = socket;
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let mut bytes = [0; 512];
        while matches!(socket.read(&mut bytes), Ok(1..)) {
            if self.ends.load(Ordering::SeqCst) {
                break;
            }
        }
    }
}

/// Reads a request, and its body: one whose length is announced, or one in chunks.
fn read_request(stream: &mut impl Read) -> io::Result<Option<Seen>> {
    /// What a TLS handshake begins with.
    const HANDSHAKE: u8 = 0x16;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
        if head == [HANDSHAKE] {
            let words = "not what was asked for in plain HTTP";
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut seen = Seen {
        method,
        path,
        body: String::new(),
        headers,
    };
    let length = seen.header("content-length").map(str::parse);
    if let Some(Ok(length)) = length {
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        seen.body = String::from_utf8_lossy(&body).into_owned();
    } else if seen.header("transfer-encoding") == Some("chunked") {
        seen.body = String::from_utf8_lossy(&read_chunks(stream)?).into_owned();
    }
    Ok(Some(seen))
}

/// Reads a body in chunks (RFC 9112 §7.1), without trailers.
fn read_chunks(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            line.extend(byte);
        }
        let size = String::from_utf8_lossy(&line);
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        // Its bytes, and the end of their line.
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk)?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Ok(body);
        }
    }
}
