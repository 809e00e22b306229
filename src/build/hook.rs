//! Calling the hooks of a backend (PEP 517, PEP 660), each in a process of its own.
//!
//! The process is Python with a small driver. What it is asked and what it answers
//! are JSON files in a temporary folder, so that the backend may print what it likes.

use std::ffi::OsString;
use std::fs;
use std::io::{self, PipeReader};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout, Command};

use super::environment::Environment;
use super::error::{Error, HookFailure};
use super::output::Tail;
use super::system::BuildSystem;
use crate::files::TemporaryFolder;

/// The program that calls a hook.
const DRIVER: &str = include_str!("driver.py");

/// How long to read on when the hook is done but something it left behind still
/// holds on to its output.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What is to be made of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A wheel.
    Wheel,
    /// A wheel that leads back to the tree (PEP 660); an ordinary one, where the
    /// backend makes no such wheels.
    Editable,
}

/// What a user tells a backend: names and values; a name that stands several times
/// has a list of values.
pub type ConfigSettings = Vec<(String, String)>;

/// What is wanted of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Deed {
    /// What else has to be installed.
    Requires,
    /// The metadata, or a wheel where there is no hook for it.
    Metadata,
    /// A wheel.
    Wheel,
}

/// What a backend is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) deed: Deed,
    pub(super) kind: Kind,
    pub(super) tree: &'a Path,
    pub(super) system: &'a BuildSystem,
    pub(super) settings: &'a ConfigSettings,
    /// Where files are put.
    pub(super) into: &'a Path,
}

/// What a backend answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    /// The name of a wheel.
    Wheel(String),
    /// The name of a folder of metadata.
    Metadata(String),
    /// Requirements.
    #[serde(untagged)]
    Requires(Vec<String>),
}

#[derive(Serialize)]
struct Request<'a> {
    deed: Deed,
    kind: Kind,
    backend: &'a str,
    backend_path: &'a [String],
    settings: serde_json::Map<String, serde_json::Value>,
    isolated: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reply {
    Answer { answer: Answer },
    Failure { failure: String, message: String },
}

impl Call<'_> {
    /// Calls the hook.
    pub(super) async fn run(&self, environment: &Environment) -> Result<Answer, Error> {
        let folder =
            TemporaryFolder::new("hook").map_err(Error::io("write", &std::env::temp_dir()))?;
        let request = folder.path().join("request.json");
        let bytes = serde_json::to_vec(&self.request(environment))
            .expect("texts and flags are always JSON");
        fs::write(&request, bytes).map_err(Error::io("write", &request))?;
        let (status, tail) = self
            .run_driver(environment, folder.path())
            .await
            .map_err(Error::io("run", environment.python()))?;
        let fail = |failure| Error::Hook {
            backend: self.system.backend.clone(),
            hook: fs::read_to_string(folder.path().join("hook.txt"))
                .unwrap_or_else(|_| self.first_hook().to_owned()),
            failure,
            output: tail.lines(),
        };
        let reply = fs::read(folder.path().join("answer.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        match reply {
            Some(Reply::Answer { answer }) => Ok(answer),
            Some(Reply::Failure { failure, message }) => Err(fail(match failure.as_str() {
                "import" => HookFailure::Import(message),
                "missing" => HookFailure::Missing,
                "answer" => HookFailure::Answer(message),
                _ => HookFailure::Raised(message),
            })),
            None => Err(fail(HookFailure::Ended(status))),
        }
    }

    fn request(&self, environment: &Environment) -> Request<'_> {
        Request {
            deed: self.deed,
            kind: self.kind,
            backend: &self.system.backend,
            backend_path: &self.system.backend_path,
            settings: grouped(self.settings),
            isolated: environment.is_isolated(),
        }
    }

    /// The hook that would have been called, when none was.
    const fn first_hook(&self) -> &'static str {
        match (self.deed, self.kind) {
            (Deed::Requires, Kind::Wheel) => "get_requires_for_build_wheel",
            (Deed::Requires, Kind::Editable) => "get_requires_for_build_editable",
            (Deed::Metadata, Kind::Wheel) => "prepare_metadata_for_build_wheel",
            (Deed::Metadata, Kind::Editable) => "prepare_metadata_for_build_editable",
            (Deed::Wheel, Kind::Wheel) => "build_wheel",
            (Deed::Wheel, Kind::Editable) => "build_editable",
        }
    }

    /// Runs the driver to its end; returns how it ended and the last it printed.
    async fn run_driver(
        &self,
        environment: &Environment,
        folder: &Path,
    ) -> io::Result<(ExitStatus, Tail)> {
        let (reader, writer) = io::pipe()?;
        let arguments: [OsString; 4] = [
            "-c".into(),
            DRIVER.into(),
            folder.into(),
            std::path::absolute(self.into)?.into(),
        ];
        let child = {
            let mut command = Command::new(environment.python());
            environment.prepare(&mut command);
            command
                .args(arguments)
                .current_dir(self.tree)
                .stdin(Stdio::piped())
                .stdout(writer.try_clone()?)
                .stderr(writer)
                .spawn()?
            // Dropping the command closes our ends of the pipe.
        };
        let mut group = Group { child };
        // Held to the end: while it is open the driver knows that we are here. (Waiting
        // for a child closes what stdin it still has.)
        let alive = group.child.stdin.take();
        let mut output = async_reader(reader)?;
        let mut tail = Tail::default();
        let status = {
            let read_all = read(&mut output, &mut tail);
            tokio::pin!(read_all);
            let ended = tokio::select! {
                () = &mut read_all => None,
                status = group.child.wait() => Some(status?),
            };
            match ended {
                None => group.child.wait().await?,
                Some(status) => {
                    // What the hook started may go on, and hold on to its output.
                    let _ = tokio::time::timeout(LAST_WORDS, read_all).await;
                    status
                }
            }
        };
        drop(alive);
        Ok((status, tail))
    }

    /// Checks that what a hook answered is the name of something it made.
    pub(super) fn made(&self, name: &str, ending: &str) -> Result<PathBuf, Error> {
        let path = self.into.join(name);
        let is_name = Path::new(name).file_name().is_some_and(|last| last == name);
        if is_name && name.ends_with(ending) && path.exists() {
            return Ok(path);
        }
        Err(self.odd(format!("`{name}`, which does not exist")))
    }

    /// An answer that is not one to what was asked.
    pub(super) fn odd(&self, answer: String) -> Error {
        Error::Hook {
            backend: self.system.backend.clone(),
            hook: self.first_hook().to_owned(),
            failure: HookFailure::Answer(answer),
            output: Vec::new(),
        }
    }
}

async fn read(output: &mut ChildStdout, tail: &mut Tail) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = output.read(&mut buffer).await {
        tail.push(&buffer[..length]);
    }
}

#[cfg(unix)]
fn async_reader(reader: PipeReader) -> io::Result<ChildStdout> {
    let handle: std::os::fd::OwnedFd = reader.into();
    ChildStdout::from_std(handle.into())
}

#[cfg(windows)]
fn async_reader(reader: PipeReader) -> io::Result<ChildStdout> {
    let handle: std::os::windows::io::OwnedHandle = reader.into();
    ChildStdout::from_std(handle.into())
}

/// A driver with all it started: when this is dropped, they end.
///
/// The driver makes itself the head of a group as the first it does, so before there
/// can be others in it.
struct Group {
    child: Child,
}

impl Drop for Group {
    fn drop(&mut self) {
        // `None` when it is done: then its number may be another's already.
        #[cfg(unix)]
        let group = self
            .child
            .id()
            .and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        // First the driver, that it starts no more. It stays a member of its group
        // until it is waited for.
        let _ = self.child.start_kill();
        #[cfg(unix)]
        if let Some(group) = group {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// Makes lists of what was told several times.
fn grouped(settings: &ConfigSettings) -> serde_json::Map<String, serde_json::Value> {
    use serde_json::Value;

    let mut groups = serde_json::Map::new();
    for (name, value) in settings {
        let value = Value::String(value.clone());
        match groups.get_mut(name) {
            None => {
                groups.insert(name.clone(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    groups
}
