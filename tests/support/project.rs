//! A folder with a user's files, and the program run in it.
//!
//! Nothing of the machine gets in: no variables, no home, no cache, no Python.

use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::index::Release;
use crate::registries::program;

/// The program as it was built for these tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_pinfold");

/// After this a run counts as hung.
const PATIENCE: Duration = Duration::from_mins(1);

/// A user's folder.
pub(crate) struct Project {
    root: TempDir,
    environment: Vec<(String, String)>,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A run that goes on.
pub(crate) struct Running {
    child: Child,
    outputs: [mpsc::Receiver<Vec<u8>>; 2],
}

impl Project {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work", "home", "cache", "empty"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self {
            root,
            environment: Vec::new(),
        }
    }

    /// A folder with a `requirements.in`.
    pub(crate) fn of(requirements: &str) -> Self {
        let project = Self::new();
        project.write("requirements.in", requirements);
        project
    }

    /// Sets a variable for all further runs.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets all further runs find these programs of the machine, and no others; none
    /// where one is missing, which is then said.
    pub(crate) fn with_programs(self, names: &[&str]) -> Option<Self> {
        let folder = self.root.path().join("programs");
        fs::create_dir(&folder).unwrap();
        for &name in names {
            let program = if name == "python3" {
                python()?
            } else {
                program(name)?
            };
            symlink(program, folder.join(name)).unwrap();
        }
        Some(self.with_variable("PATH", folder.to_str().unwrap()))
    }

    /// Lets all further runs find the machine's Python, and keeps a log of what is
    /// built, with temporary files in a folder of their own.
    pub(crate) fn with_python(self) -> Option<Self> {
        self.with_python_and(&[])
    }

    /// As [`with_python`](Self::with_python), with other programs.
    pub(crate) fn with_python_and(self, others: &[&str]) -> Option<Self> {
        let mut names = vec!["python3"];
        names.extend(others);
        fs::create_dir(self.temporary()).unwrap();
        let temporary = self.temporary();
        let log = self.root.path().join("builds");
        let project = self
            .with_programs(&names)?
            .with_variable("TMPDIR", temporary.to_str().unwrap())
            .with_variable("BUILD_LOG", log.to_str().unwrap());
        Some(project)
    }

    /// Returns the folder for temporary files of who has a Python.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.path().join("temporary")
    }

    /// Returns what was built since the last call: `a 1.0 metadata`, sorted.
    pub(crate) fn builds(&self) -> Vec<String> {
        let log = self.root.path().join("builds");
        let text = fs::read_to_string(&log).unwrap_or_default();
        let _ = fs::remove_file(log);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }

    /// Writes the source tree of a release into a folder; `.` for the project's own.
    pub(crate) fn unpack(&self, folder: &str, release: &Release) {
        for (path, content) in release.tree() {
            self.write(&format!("{folder}/{path}"), content);
        }
    }

    /// Returns the path of something in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// Returns the folder that holds the cache.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    /// Returns the user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        assert!(path.starts_with(self.root.path()), "{name} is elsewhere");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Returns `requirements.txt`.
    #[track_caller]
    pub(crate) fn lock(&self) -> String {
        self.read("requirements.txt")
    }

    /// Returns the lines of `requirements.txt` that pin.
    #[track_caller]
    pub(crate) fn pins(&self) -> Vec<String> {
        pins(&self.lock())
    }

    /// Returns the names of all that is in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    /// Returns the command with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_CACHE_HOME", self.cache())
            .env("PATH", self.root.path().join("empty"))
            // Else the machine's own file of pip's settings would be read.
            .env("PIP_CONFIG_FILE", "/dev/null")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Returns the command that compiles for Python 3.12 on Linux.
    pub(crate) fn compile_command(&self, arguments: &[&str]) -> Command {
        let mut all = vec![
            "compile",
            "--python-version",
            "3.12",
            "--python-platform",
            "linux",
        ];
        all.extend(arguments);
        self.command(&all)
    }

    /// Compiles with an index, for Python 3.12 on Linux.
    pub(crate) fn compile(&self, index: &str, arguments: &[&str]) -> Run {
        let mut all = vec!["--index-url", index, "--no-emit-index-url"];
        all.extend(arguments);
        run(&mut self.compile_command(&all))
    }

    /// Compiles, which must succeed.
    #[track_caller]
    pub(crate) fn compiles(&self, index: &str, arguments: &[&str]) -> Run {
        let run = self.compile(index, arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }
}

impl Run {
    /// Asserts the exit code, and that the talk has these phrases.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, phrases: &[&str]) {
        assert_eq!(self.code, code, "{}", self.stderr);
        for phrase in phrases {
            assert!(
                self.stderr.contains(phrase),
                "`{phrase}` is not in:\n{}",
                self.stderr
            );
        }
    }
}

impl Running {
    /// Returns the process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `INT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for the end; the exit code of a signal's victim is -1.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Run {
        let [stdout, stderr] = &self.outputs;
        let mut texts = Vec::new();
        for output in [stdout, stderr] {
            let Ok(bytes) = output.recv_timeout(PATIENCE) else {
                let _ = self.child.kill();
                panic!("the program hangs");
            };
            texts.push(String::from_utf8(bytes).expect("the program writes UTF-8"));
        }
        let status = self.child.wait().unwrap();
        let stderr = texts.pop().unwrap_or_default();
        Run {
            code: status.code().unwrap_or(-1),
            stdout: texts.pop().unwrap_or_default(),
            stderr,
        }
    }
}

/// Returns the machine's Python itself: what is on the search path may be a script of a
/// version manager that starts it.
fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let program = program("python3")?;
        let script = "import sys, venv; print(sys.executable)";
        let output = Command::new(program).args(["-I", "-c", script]).output();
        let output = output.ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(PathBuf::from(text.trim_end()))
    });
    if python.is_none() {
        left_out("there is no `python3` with `venv`");
    }
    python.clone()
}

/// Starts a command.
pub(crate) fn start(command: &mut Command) -> Running {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let outputs = [
        collect(child.stdout.take().unwrap()),
        collect(child.stderr.take().unwrap()),
    ];
    Running { child, outputs }
}

fn collect(mut output: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Run {
    start(command).finish()
}

/// Runs a command that reads this from standard input.
#[track_caller]
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> Run {
    let mut running = start(command.stdin(Stdio::piped()));
    let mut stdin = running.child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    running.finish()
}

/// Returns the lines of a lock file that pin: no comments, hashes or options.
pub(crate) fn pins(lock: &str) -> Vec<String> {
    lock.lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ' ', '-']))
        .map(|line| line.trim_end_matches([' ', '\\']).to_owned())
        .collect()
}

/// Returns the hashes in a lock file, in its order.
pub(crate) fn hashes(lock: &str) -> Vec<String> {
    lock.lines()
        .filter_map(|line| line.trim().strip_prefix("--hash="))
        .map(|hash| hash.trim_end_matches([' ', '\\']).to_owned())
        .collect()
}

/// Says that a test, or a part of it, could not be run here; not captured, so that it
/// is seen.
pub(crate) fn left_out(why: &str) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "left out: {name}: {}", why.trim_end());
}

/// Returns all files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort_unstable();
    found
}
