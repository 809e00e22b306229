//! Running the program, with nothing of the caller's in its way.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use super::error::Error;

/// How many of the last lines of what git says are told.
const TOLD_LINES: usize = 3;

/// Settings that must not matter: no hooks (`reference-transaction` would run), no
/// other encoding of messages, no signature made of the time and a secret.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "i18n.commitEncoding=UTF-8",
    "commit.gpgSign=false",
    // No name made up of the machine's; see `commit::Identity`.
    "user.useConfigOnly=true",
    // Milliseconds to wait for another program that moves the same branch.
    "core.filesRefLockTimeout=1000",
];

/// The program, and the repository it is to work on.
#[derive(Debug, Clone)]
pub(super) struct Git {
    folder: PathBuf,
    /// `GIT_DIR`; without it git looks for itself.
    repository: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    work_tree: Option<PathBuf>,
}

impl Git {
    /// Lets git look for a repository from a folder upwards.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            repository: None,
            work_tree: None,
        }
    }

    /// Says which repository it is, and where its work tree if that is known.
    pub(super) fn at(folder: &Path, git_dir: &Path, work_tree: Option<&Path>) -> Self {
        Self {
            folder: folder.to_owned(),
            repository: Some(git_dir.to_owned()),
            work_tree: work_tree.map(Path::to_owned),
        }
    }

    fn command<A: AsRef<OsStr>>(&self, name: &str, arguments: &[A]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .arg("--no-replace-objects");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.arg(name).args(arguments);
        // A program that git runs, as a hook is, has these set to what may be another
        // repository or a half-made index.
        for variable in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_NAMESPACE",
            "GIT_SHALLOW_FILE",
            "GIT_AUTHOR_DATE",
            "GIT_COMMITTER_DATE",
            "LANGUAGE",
        ] {
            command.env_remove(variable);
        }
        if let Some(git_dir) = &self.repository {
            command.env("GIT_DIR", git_dir);
        }
        if let Some(work_tree) = &self.work_tree {
            command.env("GIT_WORK_TREE", work_tree);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a subcommand that is spoken with.
    pub(super) fn start(&self, name: &str, arguments: &[&str]) -> Result<Child, Error> {
        self.command(name, arguments)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|source| Error::NoGit { source })
    }

    /// Runs a subcommand to its end, whatever the end.
    pub(super) fn output<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: &[A],
    ) -> Result<Output, Error> {
        self.command(name, arguments)
            .output()
            .map_err(|source| Error::NoGit { source })
    }

    /// Runs a subcommand and returns what it prints, without the last line break.
    pub(super) fn text(&self, name: &str, arguments: &[&str]) -> Result<String, Error> {
        printed(name, &self.output(name, arguments)?)
    }

    /// As [`text`](Self::text), with an input and variables.
    pub(super) fn text_of(
        &self,
        name: &str,
        arguments: &[&str],
        input: &[u8],
        variables: &[(&str, &str)],
    ) -> Result<String, Error> {
        let mut child = self
            .command(name, arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|source| Error::NoGit { source })?;
        let mut stdin = child.stdin.take().expect("it was asked for");
        let output = thread::scope(|scope| {
            // One that ends before it has read all says why in its output.
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
            child.wait_with_output()
        });
        printed(name, &output.map_err(|source| Error::NoGit { source })?)
    }
}

fn printed(name: &str, output: &Output) -> Result<String, Error> {
    if !output.status.success() {
        return Err(failed(name, output));
    }
    let text = std::str::from_utf8(&output.stdout).map_err(|_| odd(name))?;
    Ok(text.strip_suffix('\n').unwrap_or(text).to_owned())
}

/// The error of a subcommand that failed.
pub(super) fn failed(name: &str, output: &Output) -> Error {
    let said = last_lines(&output.stderr);
    Error::Git {
        command: name.to_owned(),
        problem: if said.is_empty() {
            format!("failed with {}", output.status)
        } else {
            format!("failed: {said}")
        },
    }
}

/// The error of an answer that is not understood.
pub(super) fn odd(name: &str) -> Error {
    Error::Git {
        command: name.to_owned(),
        problem: "gave unexpected output".to_owned(),
    }
}

/// Returns the last lines of what a program says, as one, without control characters.
pub(super) fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text
        .lines()
        .map(|line| shown(line.trim()))
        .filter(|line| !line.is_empty() && !line.starts_with("hint:"))
        .collect();
    lines[lines.len().saturating_sub(TOLD_LINES)..].join("; ")
}

/// Makes text of others fit to be shown.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 300;
    let text = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    text.take(LONGEST).collect()
}
