//! What git says on its standard error, and what it means.
//!
//! Git has one exit code for all failures, and the servers have their own words. So this
//! goes by words, those of the C locale; what is not known is an error of git's.

use std::borrow::Cow;

use crate::text::{percent_decoded, with_masked_passwords};

use super::error::Error;
use super::url::GitUrl;

/// How many lines are told.
const TOLD_LINES: usize = 3;

/// How long a line that is told may be, in characters.
const TOLD_LENGTH: usize = 300;

/// Subcommands that speak with servers; `submodule` with those of other repositories.
const REMOTE: &[&str] = &["ls-remote", "fetch", "submodule"];

/// Lines that say nothing about this failure.
const EMPTY_WORDS: &[&str] = &[
    "hint:",
    "warning: redirecting to",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "Cloning into",
    "Warning: Permanently added",
];

/// The login, or the server's key.
const DENIED: &[&str] = &[
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "authentication failed",
    "authentication required",
    "permission denied",
    "host key verification failed",
    "returned error: 401",
    "returned error: 403",
    "invalid username or",
    "access denied: ",
    "logon failed",
];

/// No such repository.
const UNKNOWN: &[&str] = &[
    "repository not found",
    "' not found",
    "does not appear to be a git repository",
    "not a git repository",
    "repository not exported",
    "returned error: 404",
    "returned error: 410",
    "could not be found",
    "no such project",
    "no such file or directory",
    "' does not exist",
    "no such repository",
];

/// The network, or a server that is not well.
const UNREACHABLE: &[&str] = &[
    "could not resolve",
    "unable to look up",
    "name resolution",
    "name or service not known",
    "failed to connect",
    "couldn't connect",
    "unable to connect",
    "connection refused",
    "connection timed out",
    "connection reset",
    "connection closed",
    "operation timed out",
    "operation too slow",
    "network is unreachable",
    "no route to host",
    "timed out",
    "early eof",
    "unexpected disconnect",
    "hung up unexpectedly",
    "broken pipe",
    "rpc failed",
    "transfer closed",
    "empty reply from server",
    "unexpected eof",
    "ssl_connect",
    "ssl_error_syscall",
    "gnutls recv error",
    "gnutls_handshake",
    "tls connection was non-properly terminated",
    "returned error: 408",
    "returned error: 429",
    "returned error: 5",
    "rate limit",
    "too many requests",
    "curl 18 ",
    "curl 28 ",
    "curl 52 ",
    "curl 56 ",
    "curl 92 ",
    "could not read from remote repository",
];

/// Certificates: they do not get better by themselves.
const CERTIFICATE: &[&str] = &[
    "certificate problem",
    "certificate verification failed",
    "no alternative certificate subject name",
];

/// Makes the error of a subcommand that failed.
pub(super) fn error(url: &GitUrl, command: &str, stderr: &[u8], status: &str) -> Error {
    let text = String::from_utf8_lossy(stderr);
    let repository = url.repository();
    let said = told(url, &text);
    let said = if said.is_empty() {
        format!("it ends with {status}")
    } else {
        said
    };
    let text = text.to_lowercase();
    // The same words are said of files here.
    let is_remote = REMOTE.contains(&command);
    let has = |words: &[&str]| is_remote && words.iter().any(|words| text.contains(words));
    if has(DENIED) {
        Error::Authentication { repository, said }
    } else if has(UNKNOWN) && command != "submodule" {
        Error::UnknownRepository { repository, said }
    } else if !has(CERTIFICATE) && has(UNREACHABLE) {
        Error::Network { repository, said }
    } else {
        Error::Git {
            repository,
            command: command.to_owned(),
            said,
        }
    }
}

/// Returns the lines that tell why, as one, without credentials and control characters.
pub(super) fn told(url: &GitUrl, text: &str) -> String {
    let masked = with_masked_passwords(text);
    let lines: Vec<&str> = masked
        .lines()
        .map(|line| line.trim().trim_start_matches("remote: ").trim())
        .filter(|line| !line.is_empty() && *line != "remote:")
        .filter(|line| !EMPTY_WORDS.iter().any(|words| line.starts_with(words)))
        .collect();
    let lines = &lines[lines.len().saturating_sub(TOLD_LINES)..];
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let line = line.strip_prefix("fatal: ").unwrap_or(line);
            let line = line.chars().map(|c| if c.is_control() { ' ' } else { c });
            without_secrets(url, line.take(TOLD_LENGTH).collect())
        })
        .collect();
    lines.join("; ")
}

/// A server may repeat what it was sent.
fn without_secrets(url: &GitUrl, mut text: String) -> String {
    let Some(credentials) = url.credentials() else {
        return text;
    };
    let (user, password) = credentials.split_once(':').unwrap_or(("", credentials));
    for secret in [credentials, password, user] {
        for secret in [Cow::Borrowed(secret), percent_decoded(secret)] {
            // Short ones are parts of words.
            let is_told = secret.contains("${") || secret.len() < 4;
            if !is_told && text.contains(&*secret) {
                text = text.replace(&*secret, "****");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &str, expected: &str) {
        check_of("fetch", said, expected);
    }

    #[track_caller]
    fn check_of(command: &str, said: &str, expected: &str) {
        let url = GitUrl::parse("git+https://me:s3cret%21@host.example/r").unwrap();
        let error = error(&url, command, said.as_bytes(), "exit status: 128");
        let name = format!("{error:?}");
        let name = name.split([' ', '{']).next().unwrap();
        assert_eq!(format!("{name}: {error}"), expected);
    }

    #[test]
    fn tells_a_login_from_a_missing_repository_and_the_network() {
        check(
            "fatal: could not read Username for 'https://host.example': terminal prompts disabled\n",
            "Authentication: access to the repository `https://host.example/r` was denied: could \
             not read Username for 'https://host.example': terminal prompts disabled",
        );
        check(
            "remote: Repository not found.\nfatal: repository 'https://host.example/r/' not found\n",
            "UnknownRepository: cannot find a repository at `https://host.example/r`: Repository \
             not found.; repository 'https://host.example/r/' not found",
        );
        check(
            "fatal: unable to access 'https://host.example/r/': Could not resolve host: host.example",
            "Network: cannot reach the repository `https://host.example/r`: unable to access \
             'https://host.example/r/': Could not resolve host: host.example",
        );
        check(
            "error: RPC failed; HTTP 502\nfatal: the requested URL returned error: 502",
            "Network: cannot reach the repository `https://host.example/r`: error: RPC failed; \
             HTTP 502; the requested URL returned error: 502",
        );
    }

    #[test]
    fn a_denied_key_is_a_login_though_the_line_behind_it_is_of_the_network() {
        check(
            "git@host: Permission denied (publickey).\nfatal: Could not read from remote \
             repository.\n\nPlease make sure you have the correct access rights\nand the \
             repository exists.\n",
            "Authentication: access to the repository `https://host.example/r` was denied: \
             git@host: Permission denied (publickey).; Could not read from remote repository.",
        );
    }

    #[test]
    fn what_is_wrong_here_or_elsewhere_is_not_blamed_on_the_repository() {
        check_of(
            "checkout",
            "fatal: cannot create directory at 'a': Permission denied",
            "Git: `git checkout` failed for the repository `https://host.example/r`: cannot create \
             directory at 'a': Permission denied",
        );
        check_of(
            "submodule",
            "fatal: repository 'https://host.example/other/' not found",
            "Git: `git submodule` failed for the repository `https://host.example/r`: repository \
             'https://host.example/other/' not found",
        );
    }

    #[test]
    fn a_bad_certificate_is_no_matter_of_time() {
        check(
            "fatal: unable to access 'https://h/': SSL certificate problem: self-signed; failed to connect",
            "Git: `git fetch` failed for the repository `https://host.example/r`: unable to access \
             'https://h/': SSL certificate problem: self-signed; failed to connect",
        );
    }

    #[test]
    fn passwords_are_masked_in_what_git_and_servers_say() {
        check(
            "remote: bad token s3cret%21 or s3cret!\nfatal: odd 'https://me:s3cret%21@host.example/r'",
            "Git: `git fetch` failed for the repository `https://host.example/r`: bad token **** \
             or ****; odd 'https://************@host.example/r'",
        );
        check(
            "\u{1b}[31m",
            "Git: `git fetch` failed for the repository `https://host.example/r`:  [31m",
        );
        check(
            "",
            "Git: `git fetch` failed for the repository `https://host.example/r`: it ends with \
             exit status: 128",
        );
    }
}
