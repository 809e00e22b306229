//! Running the program, so that it asks nobody and runs nothing of the user's.
//!
//! Credentials of a URL go to git by the environment and a credential helper for their
//! host: arguments are seen by every user of the machine, settings of a repository stay on
//! disk, and a URL with a password is repeated by whoever fails.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::OnceLock;

use tokio::process::Command;

use super::error::Error;
use super::said;
use super::url::{GitUrl, Transport};

/// Settings that the user's must not replace.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    // It would be a program of the user's as well.
    "core.fsmonitor=false",
    "core.askPass=",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "fetch.unpackLimit=1",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "init.defaultBranch=main",
];

/// Without the program of Git LFS its files stay the pointers they are in the commit.
const WITHOUT_LFS: &[&str] = &[
    "filter.lfs.process=",
    "filter.lfs.smudge=",
    "filter.lfs.required=false",
];

/// What git would do by itself is done without the network as well.
const OFFLINE: &[&str] = &[
    "protocol.https.allow=never",
    "protocol.http.allow=never",
    "protocol.ssh.allow=never",
    "protocol.git.allow=never",
];

/// Answers git's question for a login (gitcredentials(7)).
const HELPER: &str = "!f() { if test \"$1\" = get; then \
     printf 'username=%s\\npassword=%s\\n' \"$PINFOLD_GIT_USER\" \"$PINFOLD_GIT_PASSWORD\"; \
     fi; }; f";

/// The variables of [`HELPER`].
const USER: &str = "PINFOLD_GIT_USER";
const PASSWORD: &str = "PINFOLD_GIT_PASSWORD";

/// What tells git where to work, or what it would be in a hook of the user's.
const FOREIGN: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "LANGUAGE",
    // A window would be asked for, where git has no terminal.
    "SSH_ASKPASS",
];

/// The program and the environment it is to have.
#[derive(Debug)]
pub(super) struct Program {
    /// Variables beside those of this process.
    variables: Vec<(OsString, OsString)>,
    is_offline: bool,
    /// Whether the user has an SSH command set in git's configuration.
    has_ssh_setting: OnceLock<bool>,
    has_lfs: OnceLock<bool>,
}

/// Where a subcommand works.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'a> {
    /// In no repository; the folder is not looked through upwards.
    Nowhere(&'a Path),
    /// In a bare repository.
    Bare(&'a Path),
    /// In a folder with a `.git`.
    Work(&'a Path),
}

impl Program {
    pub(super) const fn new(variables: Vec<(OsString, OsString)>, is_offline: bool) -> Self {
        Self {
            variables,
            is_offline,
            has_ssh_setting: OnceLock::new(),
            has_lfs: OnceLock::new(),
        }
    }

    /// Runs a subcommand and returns what it printed.
    ///
    /// # Errors
    /// When it fails; the error is made of what it says.
    pub(super) async fn text<A: AsRef<OsStr>>(
        &self,
        url: &GitUrl,
        at: At<'_>,
        arguments: &[A],
    ) -> Result<String, Error> {
        let output = self.output(url, at, arguments).await?;
        if !output.status.success() {
            return Err(failed(url, arguments, &output));
        }
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned())
    }

    /// Runs a subcommand to its end, whatever the end. If the future is dropped before,
    /// so is the program.
    pub(super) async fn output<A: AsRef<OsStr>>(
        &self,
        url: &GitUrl,
        at: At<'_>,
        arguments: &[A],
    ) -> Result<Output, Error> {
        if url.transport() == Transport::Ssh {
            self.look_for_ssh_setting().await?;
        }
        let mut command = self.command(at);
        Self::log_in(&mut command, url);
        command.args(arguments);
        command
            .output()
            .await
            .map_err(|source| Error::NoGit { source })
    }

    fn command(&self, at: At<'_>) -> Command {
        let mut command = Command::new("git");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        for name in FOREIGN {
            command.env_remove(name);
        }
        let variable = |name: &str| self.variable(name);
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_TEMPLATE_DIR", "")
            .env("GIT_PAGER", "cat")
            // Some files of a work folder are written by us.
            .env("GIT_DEFAULT_REF_FORMAT", "files")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if variable("GCM_INTERACTIVE").is_none() {
            command.env("GCM_INTERACTIVE", "never");
        }
        // It goes before the setting below.
        if let Some(allowed) = variable("GIT_ALLOW_PROTOCOL") {
            let allowed = allowed.to_string_lossy().into_owned();
            let allowed: Vec<&str> = allowed.split(':').filter(|name| *name != "ext").collect();
            command.env("GIT_ALLOW_PROTOCOL", allowed.join(":"));
        }
        let is_own_ssh = variable("GIT_SSH_COMMAND").is_some()
            || variable("GIT_SSH").is_some()
            || self.has_ssh_setting.get() == Some(&true);
        if !is_own_ssh {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        match at {
            At::Nowhere(folder) => {
                command.current_dir(folder);
                if let Some(above) = folder.parent() {
                    command.env("GIT_CEILING_DIRECTORIES", above);
                }
            }
            At::Bare(folder) => {
                command.current_dir(folder).env("GIT_DIR", folder);
            }
            At::Work(folder) => {
                command
                    .current_dir(folder)
                    .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(folder));
            }
        }
        let lfs = if self.has_lfs() { &[] } else { WITHOUT_LFS };
        let offline = if self.is_offline { OFFLINE } else { &[] };
        for setting in SETTINGS.iter().chain(lfs).chain(offline) {
            command.args(["-c", setting]);
        }
        command
    }

    /// Gives the URL's credentials to its host, and to no other.
    fn log_in(command: &mut Command, url: &GitUrl) {
        let Some(login) = url.login() else {
            return;
        };
        let key = format!("credential.{}.helper", login.server);
        // The empty one takes back the user's: what the URL says comes before.
        command.args(["-c", &format!("{key}="), "-c", &format!("{key}={HELPER}")]);
        command.env(USER, login.user).env(PASSWORD, login.password);
    }

    async fn look_for_ssh_setting(&self) -> Result<(), Error> {
        if self.has_ssh_setting.get().is_none() {
            let folder = std::env::temp_dir();
            let mut command = self.command(At::Nowhere(&folder));
            command.args(["config", "--get", "core.sshCommand"]);
            let output = command.output().await;
            let output = output.map_err(|source| Error::NoGit { source })?;
            let _ = self.has_ssh_setting.set(output.status.success());
        }
        Ok(())
    }

    fn has_lfs(&self) -> bool {
        *self.has_lfs.get_or_init(|| {
            let path = self.variable("PATH").unwrap_or_default();
            let name = format!("git-lfs{}", std::env::consts::EXE_SUFFIX);
            std::env::split_paths(&path).any(|folder| folder.join(&name).is_file())
        })
    }

    /// Returns the value of a variable that git will see, unless it is empty.
    fn variable(&self, name: &str) -> Option<OsString> {
        let own = self.variables.iter().rfind(|(known, _)| known == name);
        own.map(|(_, value)| value.clone())
            .or_else(|| std::env::var_os(name))
            .filter(|value| !value.is_empty())
    }
}

/// The error of a subcommand that failed.
pub(super) fn failed<A: AsRef<OsStr>>(url: &GitUrl, arguments: &[A], output: &Output) -> Error {
    let command = arguments
        .first()
        .map(|name| name.as_ref().to_string_lossy().into_owned());
    said::error(
        url,
        &command.unwrap_or_default(),
        &output.stderr,
        &output.status.to_string(),
    )
}
