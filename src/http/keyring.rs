//! Passwords that the program `keyring` knows, asked as pip's and uv's
//! `subprocess` providers ask it.
//!
//! ```text
//! keyring get SERVICE USER             prints the password
//! keyring get SERVICE --mode creds     prints user and password (keyring 25.2.1 and newer)
//! ```
//!
//! The service is the URL of the index as it was given; if there is nothing for
//! that, its host. The program is found in the absolute folders of `PATH` only. What
//! it says is never shown: it may hold the secret. Nothing is stored in the keyring.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::process::Command;
use url::Url;

use super::login::{Login, LoginSource, Origin, Secret};
use super::shared::Shared;

/// Whether passwords are asked of the `keyring` program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyringProvider {
    /// They are not.
    #[default]
    Disabled,
    /// By running `keyring get`.
    Subprocess,
}

/// After this the program counts as hung; somebody may have to unlock a keyring.
const PATIENCE: Duration = Duration::from_mins(2);

/// What the keyring has said, for the life of a run.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    /// By origin, path of the index and user.
    asked: Shared<(Origin, String, Option<String>), Option<Login>>,
    warning: Mutex<Option<String>>,
}

/// What is asked for.
pub(super) struct Question<'a> {
    /// The index's URL as it was given, or the root of an origin; without login.
    pub(super) service: &'a Url,
    pub(super) user: Option<&'a str>,
    pub(super) folders: &'a [PathBuf],
}

/// What came of asking.
enum Answer {
    Known(Login),
    Unknown,
    /// There is no use in asking again, and why.
    Failed(String),
}

impl Keyring {
    /// Returns what the program knows of an index; it is asked once.
    pub(super) async fn find(&self, question: &Question<'_>) -> Option<Login> {
        let key = (
            Origin::of(question.service),
            question.service.path().to_owned(),
            question.user.map(str::to_owned),
        );
        self.asked.get(key, Box::pin(self.ask(question))).await
    }

    /// Returns what the user should know, once.
    pub(super) fn take_warning(&self) -> Option<String> {
        self.warning
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    async fn ask(&self, question: &Question<'_>) -> Option<Login> {
        let Some(program) = find_program(question.folders) else {
            self.warn(
                "cannot find the `keyring` program on `PATH`; continuing without its credentials"
                    .to_owned(),
            );
            return None;
        };
        let host = question.service.host_str()?;
        let host = match question.service.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        for service in [question.service.as_str(), &host] {
            let mut command = Command::new(&program);
            command.args(["get", service]);
            match question.user {
                Some(user) => command.arg(user),
                None => command.args(["--mode", "creds"]),
            };
            match run(&mut command, question.user).await {
                Answer::Known(login) => return Some(login),
                Answer::Unknown => {}
                Answer::Failed(why) => {
                    self.warn(format!(
                        "cannot get credentials for `{host}` from the `keyring` program: {why}; \
                         continuing without them"
                    ));
                    return None;
                }
            }
        }
        None
    }

    fn warn(&self, words: String) {
        let mut warning = self.warning.lock().unwrap_or_else(PoisonError::into_inner);
        warning.get_or_insert(words);
    }
}

fn find_program(folders: &[PathBuf]) -> Option<PathBuf> {
    let name = format!("keyring{}", std::env::consts::EXE_SUFFIX);
    folders
        .iter()
        // An empty entry would mean the current folder, which others may write to.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

async fn run(command: &mut Command, user: Option<&str>) -> Answer {
    let running = command
        .stdin(Stdio::null())
        .env("PYTHONIOENCODING", "utf-8")
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(PATIENCE, running).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Answer::Failed(format!("cannot run it ({error})")),
        Err(_) => {
            return Answer::Failed(format!("it did not answer within {} s", PATIENCE.as_secs()));
        }
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return match said.trim() {
            // This is how it says that it has none.
            "" => Answer::Unknown,
            said if said.contains("unrecognized arguments: --mode") => Answer::Failed(
                "versions older than 25.2.1 need a user name; put it into the index's URL"
                    .to_owned(),
            ),
            _ => Answer::Failed(format!("it failed ({})", output.status)),
        };
    }
    let Ok(text) = String::from_utf8(output.stdout) else {
        return Answer::Failed("its output is not UTF-8".to_owned());
    };
    match understood(&text, user) {
        Some((user, password)) => Answer::Known(Login {
            user: Secret::new(user),
            password: Secret::new(password),
            source: LoginSource::Keyring,
        }),
        None => Answer::Unknown,
    }
}

/// Reads an answer: a password, or with no user known a line with the user before.
fn understood<'a>(text: &'a str, user: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    let mut lines = text.lines();
    let user = match user {
        Some(user) => user,
        None => lines.next()?,
    };
    let password = lines.next().filter(|password| !password.is_empty())?;
    Some((user, password))
}

#[cfg(test)]
mod tests {
    use super::understood;

    #[test]
    fn reads_a_password_or_user_and_password() {
        assert_eq!(understood("pw\n", Some("me")), Some(("me", "pw")));
        assert_eq!(understood("p w \r\n", Some("me")), Some(("me", "p w ")));
        assert_eq!(understood("me\npw\n", None), Some(("me", "pw")));
        assert_eq!(understood("me\n", None), None);
        assert_eq!(understood("\n", Some("me")), None);
        assert_eq!(understood("", None), None);
    }
}
