//! Programs that keep credentials: the protocol of Docker's credential helpers.
//!
//! `docker-credential-NAME get` reads the server's name and prints
//! `{"ServerURL":…,"Username":…,"Secret":…}`. Where it has none, it fails and says so in
//! words. Only `get` is ever asked.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::login::Login;
use crate::registry::error::Error;
use crate::registry::said::shown;

/// Long enough to type a password into a window of the helper's.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where helpers are.
#[derive(Debug, Default)]
pub(super) struct Helpers {
    folders: Vec<PathBuf>,
    pub(super) patience: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: Option<String>,
    secret: Option<String>,
}

/// Returns the name of a helper's program.
pub(super) fn program_name(helper: &str) -> String {
    format!("docker-credential-{helper}")
}

impl Helpers {
    /// Looks for helpers in the folders of `PATH`.
    pub(super) fn new(path: Option<OsString>) -> Self {
        let folders = path
            .map(|path| std::env::split_paths(&path).collect())
            .unwrap_or_default();
        Self {
            folders,
            patience: PATIENCE,
        }
    }

    /// Asks a helper who we are at a server.
    pub(super) async fn ask(&self, helper: &str, server: &str) -> Result<Option<Login>, Error> {
        let fail = |detail: String| Error::Helper {
            program: program_name(helper),
            server: server.to_owned(),
            detail,
        };
        // A file that names a path would have us run anything.
        if helper.contains(['/', '\\']) || helper.contains("..") {
            return Err(fail("its name is not a program name".to_owned()));
        }
        let program = self
            .find(helper)
            .ok_or_else(|| fail("it is not on `PATH`".to_owned()))?;
        let output = tokio::time::timeout(self.patience, run(&program, server))
            .await
            .map_err(|_| fail(format!("it did not answer within {:?}", self.patience)))?
            .map_err(|error| fail(error.to_string()))?;
        if !output.status.success() {
            // Their library prints its errors to where answers go.
            let words = [&output.stdout, &output.stderr]
                .map(|bytes| first_line(bytes))
                .into_iter()
                .find(|words| !words.is_empty());
            return match words {
                Some(words) if says_not_found(&words) => Ok(None),
                Some(words) => Err(fail(words)),
                None => Err(fail(format!("it failed, with {}", output.status))),
            };
        }
        // What is wrong with an answer is not quoted: it may hold the secret.
        let answer: Answer = serde_json::from_slice(&output.stdout)
            .map_err(|_| fail("its output is not the expected JSON".to_owned()))?;
        let user = answer.username.unwrap_or_default();
        let secret = answer.secret.unwrap_or_default();
        if secret.is_empty() {
            return Ok(None);
        }
        Ok(Some(Login::new(user, secret)))
    }

    fn find(&self, helper: &str) -> Option<PathBuf> {
        let name = format!("{}{}", program_name(helper), std::env::consts::EXE_SUFFIX);
        self.folders
            .iter()
            // An empty entry would mean the current folder, which others may write to.
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&name))
            .find(|path| path.is_file())
    }
}

async fn run(program: &Path, server: &str) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read may be gone already, and says why in its output.
        let _ = stdin.write_all(server.as_bytes()).await;
    }
    child.wait_with_output().await
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .map(shown)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}

fn says_not_found(words: &str) -> bool {
    words.to_ascii_lowercase().contains("credentials not found")
}
