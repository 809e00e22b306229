//! A Simple index for tests (PEP 503, 691, 658, 700), made of a table of releases.
//!
//! Wheels and sdists are real, if tiny. It speaks JSON with or without metadata
//! beside the files, or HTML, with entity tags and ranges; it keeps what it was
//! asked, and a path that no client has a reason to ask for fails the test. What
//! it should get wrong is set path by path with [`Index::set`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::scripted::{Reply, Seen, Server};

/// How a page looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// JSON with upload times, and metadata beside the wheels.
    Json,
    /// JSON, but metadata is in the wheels only.
    JsonWithoutMetadata,
    /// HTML, metadata in the wheels only, and no upload times.
    Html,
}

/// One distribution of a release.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    name: String,
    version: String,
    requires: Vec<String>,
    extras: Vec<String>,
    requires_python: Option<String>,
    yanked: Option<String>,
    uploaded: String,
    payload: usize,
    form: Form,
    /// What it has beside its metadata: paths below its top folder, and contents.
    files: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Form {
    Wheel(String),
    /// Metadata 2.2: what it requires is the same for each build.
    StaticSdist,
    /// What it requires shows when it is built.
    DynamicSdist,
    /// As before, and it can be built; what it requires is not in it as it is.
    BuildableSdist,
}

/// A wheel for any platform.
pub(crate) fn wheel(name: &str, version: &str) -> Release {
    Release {
        name: name.to_owned(),
        version: version.to_owned(),
        requires: Vec::new(),
        extras: Vec::new(),
        requires_python: None,
        yanked: None,
        uploaded: "2026-01-01T00:00:00Z".to_owned(),
        payload: 0,
        form: Form::Wheel("py3-none-any".to_owned()),
        files: Vec::new(),
    }
}

/// An sdist whose requirements can be read.
pub(crate) fn sdist(name: &str, version: &str) -> Release {
    Release {
        form: Form::StaticSdist,
        ..wheel(name, version)
    }
}

/// An sdist that would have to be built.
pub(crate) fn dynamic_sdist(name: &str, version: &str) -> Release {
    Release {
        form: Form::DynamicSdist,
        ..wheel(name, version)
    }
}

/// An sdist that is built by a backend of its own, which requires nothing.
///
/// Each call of the backend adds a line to the file that `BUILD_LOG` names.
pub(crate) fn buildable_sdist(name: &str, version: &str) -> Release {
    let system =
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\"own\"]\n";
    Release {
        form: Form::BuildableSdist,
        ..wheel(name, version)
            .file("pyproject.toml", system)
            .file("own/backend.py", BACKEND)
    }
}

/// A wheel with a backend in it, as module `NAME` with underscores.
pub(crate) fn backend_wheel(name: &str, version: &str) -> Release {
    wheel(name, version).file(&format!("{}.py", name.replace('-', "_")), BACKEND)
}

/// What stands for setuptools where a project names no backend.
pub(crate) fn legacy_backend_wheel() -> Release {
    wheel("setuptools", "80.0")
        .file("setuptools/__init__.py", "")
        .file("setuptools/build_meta.py", BACKEND)
}

/// The backend of the releases here.
const BACKEND: &str = include_str!("backend.py");

impl Release {
    /// Puts a file into it, in the place of another of that name.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(other, _)| other != path);
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Has it built by a backend that is to be installed, from a module.
    pub(crate) fn built_by(self, requires: &[&str], module: &str) -> Self {
        let system =
            format!("[build-system]\nrequires = {requires:?}\nbuild-backend = \"{module}\"\n");
        self.file("pyproject.toml", &system)
    }

    /// Has its backend ask for more (`get_requires_for_build_wheel`).
    pub(crate) fn build_asks_for(self, requirements: &[&str]) -> Self {
        self.file("asks", &requirements.join("\n"))
    }

    /// Has its build say something and fail.
    pub(crate) fn fails_to_build(self, words: &str) -> Self {
        self.file("fails", words)
    }

    /// Has its build connect to where `BUILD_CALLS` says, and do nothing more.
    pub(crate) fn hangs_in_build(self) -> Self {
        self.file("hangs", "")
    }

    /// Has its build give the metadata of another release.
    pub(crate) fn reports(self, other: &Release) -> Self {
        self.file("BUILT", &other.metadata())
    }

    /// Returns the files of its source tree.
    pub(crate) fn tree(&self) -> Vec<(String, String)> {
        let mut files = self.files.clone();
        match self.form {
            Form::BuildableSdist => {
                let told = format!(
                    "Metadata-Version: 2.1\nName: {}\nVersion: {}\n",
                    self.name, self.version
                );
                files.push(("PKG-INFO".to_owned(), told));
                if !files.iter().any(|(path, _)| path == "BUILT") {
                    files.push(("BUILT".to_owned(), self.metadata()));
                }
            }
            _ => files.push(("PKG-INFO".to_owned(), self.metadata())),
        }
        files
    }

    pub(crate) fn requires(mut self, requirements: &[&str]) -> Self {
        self.requires = requirements.iter().map(ToString::to_string).collect();
        self
    }

    pub(crate) fn extras(mut self, extras: &[&str]) -> Self {
        self.extras = extras.iter().map(ToString::to_string).collect();
        self
    }

    pub(crate) fn python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    pub(crate) fn yanked(mut self, reason: &str) -> Self {
        self.yanked = Some(reason.to_owned());
        self
    }

    pub(crate) fn uploaded(mut self, time: &str) -> Self {
        time.clone_into(&mut self.uploaded);
        self
    }

    /// Leaves the index without knowing when it was uploaded.
    pub(crate) fn undated(self) -> Self {
        self.uploaded("")
    }

    /// Puts this many bytes into the wheel before its metadata.
    pub(crate) fn payload(mut self, bytes: usize) -> Self {
        self.payload = bytes;
        self
    }

    pub(crate) fn tag(mut self, tag: &str) -> Self {
        self.form = Form::Wheel(tag.to_owned());
        self
    }

    /// Returns the name of the file.
    pub(crate) fn filename(&self) -> String {
        let stem = format!("{}-{}", self.name.replace(['-', '.'], "_"), self.version);
        match &self.form {
            Form::Wheel(tag) => format!("{stem}-{tag}.whl"),
            Form::StaticSdist | Form::DynamicSdist | Form::BuildableSdist => {
                format!("{stem}.tar.gz")
            }
        }
    }

    /// Returns the core metadata.
    pub(crate) fn metadata(&self) -> String {
        let version = match self.form {
            Form::DynamicSdist | Form::BuildableSdist => "2.1",
            Form::Wheel(_) | Form::StaticSdist => "2.2",
        };
        let mut text = format!(
            "Metadata-Version: {version}\nName: {}\nVersion: {}\n",
            self.name, self.version
        );
        for (field, values) in [
            ("Requires-Dist", &self.requires),
            ("Provides-Extra", &self.extras),
        ] {
            for value in values {
                let _ = writeln!(text, "{field}: {value}");
            }
        }
        if let Some(specifiers) = &self.requires_python {
            let _ = writeln!(text, "Requires-Python: {specifiers}");
        }
        text
    }

    /// Returns the file itself.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let stem = format!("{}-{}", self.name.replace(['-', '.'], "_"), self.version);
        match &self.form {
            Form::Wheel(tag) => {
                let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
                let options = zip::write::SimpleFileOptions::default();
                let info = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n");
                if self.payload > 0 {
                    let stored = options.compression_method(zip::CompressionMethod::Stored);
                    zip.start_file("payload", stored).unwrap();
                    zip.write_all(&vec![0; self.payload]).unwrap();
                }
                for (path, content) in &self.files {
                    zip.start_file(path, options).unwrap();
                    zip.write_all(content.as_bytes()).unwrap();
                }
                for (name, content) in [("WHEEL", info), ("METADATA", self.metadata())] {
                    zip.start_file(format!("{stem}.dist-info/{name}"), options)
                        .unwrap();
                    zip.write_all(content.as_bytes()).unwrap();
                }
                zip.finish().unwrap().into_inner()
            }
            Form::StaticSdist | Form::DynamicSdist | Form::BuildableSdist => {
                let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                let mut tar = tar::Builder::new(gzip);
                for (path, content) in self.tree() {
                    let mut header = tar::Header::new_gnu();
                    header.set_size(content.len() as u64);
                    header.set_mode(0o644);
                    header.set_cksum();
                    let path = format!("{stem}/{path}");
                    tar.append_data(&mut header, path, content.as_bytes())
                        .unwrap();
                }
                tar.into_inner().unwrap().finish().unwrap()
            }
        }
    }

    /// Returns the hash as a lock file has it.
    pub(crate) fn hash(&self) -> String {
        format!("sha256:{}", sha256(&self.bytes()))
    }

    fn is_wheel(&self) -> bool {
        matches!(self.form, Form::Wheel(_))
    }
}

/// Returns the SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The server; it ends with its value, which fails if it was asked for what it
/// cannot have.
pub(crate) struct Index {
    server: Server,
    state: Arc<State>,
}

struct State {
    mode: Mode,
    inner: Mutex<Inner>,
    asked: Condvar,
}

struct Inner {
    releases: Vec<Release>,
    cache_control: String,
    answers: BTreeMap<String, Reply>,
    once: BTreeMap<String, Reply>,
    login: Option<String>,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
    gates: Vec<Gate>,
}

/// Paths none of which is answered before all of them are asked for.
struct Gate {
    paths: BTreeSet<String>,
    missing: BTreeSet<String>,
}

/// After this, what a gate waits for does not come.
const PATIENCE: Duration = Duration::from_secs(20);

impl Index {
    /// Serves releases as PyPI would.
    pub(crate) fn new(releases: impl IntoIterator<Item = Release>) -> Self {
        Self::in_mode(Mode::Json, releases)
    }

    pub(crate) fn in_mode(mode: Mode, releases: impl IntoIterator<Item = Release>) -> Self {
        let state = Arc::new(State {
            mode,
            inner: Mutex::new(Inner {
                releases: releases.into_iter().collect(),
                cache_control: "max-age=600, public".to_owned(),
                answers: BTreeMap::new(),
                once: BTreeMap::new(),
                login: None,
                seen: Vec::new(),
                unexpected: Vec::new(),
                gates: Vec::new(),
            }),
            asked: Condvar::new(),
        });
        let answering = Arc::clone(&state);
        Self {
            server: Server::answering(move |seen| answering.answer(seen)),
            state,
        }
    }

    /// Returns the index's URL.
    pub(crate) fn url(&self) -> String {
        self.server.url("/simple/")
    }

    /// Returns the URL with a user and a password in it.
    pub(crate) fn url_with_login(&self, login: &str) -> String {
        self.url().replacen("://", &format!("://{login}@"), 1)
    }

    /// Returns the URL of a file.
    pub(crate) fn file_url(&self, release: &Release) -> String {
        self.server.url(&format!("/files/{}", release.filename()))
    }

    /// Returns where it listens.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.server.port())
    }

    /// Uploads a distribution.
    pub(crate) fn add(&self, release: Release) {
        self.inner().releases.push(release);
    }

    /// Says something else of a distribution that is there.
    pub(crate) fn replace(&self, release: Release) {
        let name = release.filename();
        let mut inner = self.inner();
        inner.releases.retain(|other| other.filename() != name);
        inner.releases.push(release);
    }

    /// Answers a path with this, whatever it would be.
    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.inner().answers.insert(path.to_owned(), reply);
    }

    /// Answers a path with this once.
    pub(crate) fn set_once(&self, path: &str, reply: Reply) {
        self.inner().once.insert(path.to_owned(), reply);
    }

    /// Answers all paths as they should be again.
    pub(crate) fn heal(&self) {
        self.inner().answers.clear();
    }

    /// How long pages are fresh.
    pub(crate) fn cache_control(&self, value: &str) {
        value.clone_into(&mut self.inner().cache_control);
    }

    /// Answers none of these paths before all of them are asked for: who asks for one
    /// after the other fails the test.
    pub(crate) fn hold_until_all(&self, paths: &[String]) {
        let paths: BTreeSet<String> = paths.iter().cloned().collect();
        let missing = paths.clone();
        self.inner().gates.push(Gate { paths, missing });
    }

    /// Lets in only who sends this `Authorization`.
    pub(crate) fn admit_only(&self, authorization: &str) {
        self.inner().login = Some(authorization.to_owned());
    }

    /// Returns what was asked for since the last call: `GET /simple/a/`, sorted.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut requests: Vec<String> = self
            .seen()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.path))
            .collect();
        requests.sort_unstable();
        requests
    }

    /// Returns the requests since the last call, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.inner().seen)
    }

    /// Waits till a path is asked for.
    pub(crate) fn wait_for(&self, path: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        let mut inner = self.inner();
        while !inner.seen.iter().any(|seen| seen.path == path) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nobody asks for {path}");
            inner = self
                .state
                .asked
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.state.lock()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let unexpected = std::mem::take(&mut self.inner().unexpected);
        if !std::thread::panicking() {
            assert_eq!(unexpected, Vec::<String>::new(), "asked for without reason");
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let mut inner = self.lock();
        inner.seen.push(seen.clone());
        for gate in &mut inner.gates {
            gate.missing.remove(&seen.path);
        }
        self.asked.notify_all();
        inner = self.hold(inner, &seen.path);
        if let Some(reply) = inner.once.remove(&seen.path) {
            return reply;
        }
        if let Some(reply) = inner.answers.get(&seen.path) {
            return reply.clone();
        }
        if let Some(login) = &inner.login
            && seen.header("authorization") != Some(login)
        {
            return Reply::status(401).header("WWW-Authenticate", "Basic realm=\"tests\"");
        }
        if let Some(project) = project_of(&seen.path) {
            return self.page(&inner, project, seen);
        }
        if let Some(reply) = self.file(&inner, seen) {
            return reply;
        }
        inner
            .unexpected
            .push(format!("{} {}", seen.method, seen.path));
        Reply::status(404)
    }

    /// Waits until all gates of a path are open.
    fn hold<'a>(&self, mut inner: MutexGuard<'a, Inner>, path: &str) -> MutexGuard<'a, Inner> {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut gates = inner.gates.iter();
            let Some(gate) =
                gates.find(|gate| gate.paths.contains(path) && !gate.missing.is_empty())
            else {
                return inner;
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let missing = format!(
                    "{path} was not answered, but {:?} not asked for",
                    gate.missing
                );
                inner.gates.clear();
                inner.unexpected.push(missing);
                self.asked.notify_all();
                return inner;
            }
            inner = self
                .asked
                .wait_timeout(inner, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn page(&self, inner: &Inner, project: &str, seen: &Seen) -> Reply {
        let releases: Vec<&Release> = inner
            .releases
            .iter()
            .filter(|release| normalised(&release.name) == project)
            .collect();
        if releases.is_empty() {
            return Reply::status(404).body("no such project");
        }
        let (media_type, body) = match self.mode {
            Mode::Html => ("text/html", html(&releases)),
            Mode::Json => (JSON, json(project, &releases, true)),
            Mode::JsonWithoutMetadata => (JSON, json(project, &releases, false)),
        };
        let tag = format!("\"{}\"", &sha256(body.as_bytes())[..16]);
        let reply = if seen.header("if-none-match") == Some(&tag) {
            Reply::status(304)
        } else {
            Reply::ok(body).header("Content-Type", media_type)
        };
        reply
            .header("ETag", tag)
            .header("Cache-Control", &inner.cache_control)
    }

    fn file(&self, inner: &Inner, seen: &Seen) -> Option<Reply> {
        let filename = seen.path.strip_prefix("/files/")?;
        let release = |name: &str| {
            inner
                .releases
                .iter()
                .find(|release| release.filename() == name)
        };
        if let Some(stem) = filename.strip_suffix(".metadata") {
            let release = release(stem)?;
            let is_beside = self.mode == Mode::Json && release.is_wheel();
            return is_beside.then(|| Reply::ok(release.metadata()));
        }
        let body = release(filename)?.bytes();
        Some(match seen.header("range") {
            Some(range) => part(&body, range),
            None => Reply::ok(body).header("Accept-Ranges", "bytes"),
        })
    }
}

const JSON: &str = "application/vnd.pypi.simple.v1+json";

fn project_of(path: &str) -> Option<&str> {
    let project = path.strip_prefix("/simple/")?.strip_suffix('/')?;
    (!project.is_empty() && normalised(project) == project).then_some(project)
}

fn normalised(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

fn json(project: &str, releases: &[&Release], has_metadata: bool) -> String {
    let files: Vec<_> = releases
        .iter()
        .map(|release| {
            let mut file = json!({
                "filename": release.filename(),
                "url": format!("/files/{}", release.filename()),
                "hashes": {"sha256": sha256(&release.bytes())},
                "requires-python": release.requires_python,
                "yanked": release.yanked.as_ref().map_or(json!(false), |reason| json!(reason)),
                "upload-time": Some(&release.uploaded).filter(|time| !time.is_empty()),
                "size": release.bytes().len(),
            });
            if has_metadata && release.is_wheel() {
                file["core-metadata"] = json!({"sha256": sha256(release.metadata().as_bytes())});
            }
            file
        })
        .collect();
    let mut versions: Vec<&str> = releases
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    versions.dedup();
    json!({
        "meta": {"api-version": "1.1"},
        "name": project,
        "versions": versions,
        "files": files,
    })
    .to_string()
}

fn html(releases: &[&Release]) -> String {
    let mut page = "<!DOCTYPE html>\n<html><body>\n".to_owned();
    for release in releases {
        let filename = release.filename();
        let _ = write!(
            page,
            "<a href=\"../../files/{filename}#sha256={}\"",
            sha256(&release.bytes())
        );
        for (attribute, value) in [
            ("data-requires-python", &release.requires_python),
            ("data-yanked", &release.yanked),
        ] {
            if let Some(value) = value {
                let value = value.replace('<', "&lt;").replace('>', "&gt;");
                let _ = write!(page, " {attribute}=\"{value}\"");
            }
        }
        let _ = writeln!(page, ">{filename}</a><br>");
    }
    page.push_str("</body></html>\n");
    page
}

/// Answers a range of bytes: `bytes=5-9`, `bytes=-4` (RFC 9110 §14).
fn part(body: &[u8], range: &str) -> Reply {
    let total = body.len();
    let ends = range
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'));
    let (start, end) = match ends {
        Some(("", length)) => (total.saturating_sub(length.parse().unwrap()), total),
        Some((start, "")) => (start.parse().unwrap(), total),
        Some((start, last)) => (
            start.parse().unwrap(),
            total.min(last.parse::<usize>().unwrap() + 1),
        ),
        None => return Reply::status(400),
    };
    if start >= total {
        return Reply::status(416).header("Content-Range", format!("bytes */{total}"));
    }
    Reply::status(206)
        .header(
            "Content-Range",
            format!("bytes {start}-{}/{total}", end - 1),
        )
        .body(&body[start..end])
}
