//! What went wrong, as the user is told: the message, what to do, the exit code.

use std::error::Error as _;

use super::exit;
use crate::config::SettingProblem;
use crate::files;
use crate::http;
use crate::index;
use crate::ops::docker::WriteError;
use crate::ops::{self, FileProblems};
use crate::registry;
use crate::resolve::{Explanation, Knot};
use crate::text::{many, shell_path, with_masked_passwords, without_password};
use crate::ui::Diagnostic;

/// Why a command ends without success.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// What was asked for cannot be meant.
    pub(super) fn usage(message: String, help: Option<String>) -> Self {
        let mut diagnostic = Diagnostic::error(message);
        diagnostic.help = help;
        Self::of(diagnostic)
    }

    /// It could not be done, for one reason.
    pub(super) fn of(diagnostic: Diagnostic) -> Self {
        Self {
            code: exit::FAILED,
            diagnostics: vec![diagnostic],
        }
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        Self::of(file(&error))
    }
}

impl From<FileProblems> for Failure {
    fn from(file: FileProblems) -> Self {
        Self::of(problems(Diagnostic::error(""), file))
    }
}

impl From<ops::Error> for Failure {
    fn from(error: ops::Error) -> Self {
        let code = match &error {
            ops::Error::NoSolution { .. } => exit::NO,
            error if error.is_transient() => exit::TRY_LATER,
            _ => exit::FAILED,
        };
        let diagnostics = match error {
            ops::Error::Inputs(files) => files
                .into_iter()
                .map(|file| problems(Diagnostic::error(""), file))
                .collect(),
            ops::Error::NoSolution {
                target,
                explanation,
                advice,
            } => vec![no_solution(target.as_deref(), &explanation, advice)],
            error => {
                let mut diagnostic = Diagnostic::error(error.to_string());
                diagnostic.help = help(&error);
                let mut cause = error.source();
                while let Some(error) = cause {
                    diagnostic.notes.push(error.to_string());
                    cause = error.source();
                }
                if let ops::Error::SearchTooLong { knot, .. } = &error {
                    diagnostic.notes.push(busy_with(knot));
                }
                if let ops::Error::FailedBuild(failed) = &error
                    && !failed.output.is_empty()
                {
                    let output = failed.output.join("\n");
                    diagnostic
                        .notes
                        .push(format!("output of the build:\n{output}"));
                }
                vec![diagnostic]
            }
        };
        Self { code, diagnostics }
    }
}

/// Returns what is wrong with a setting that stands in no file.
pub(super) fn setting(problem: &SettingProblem) -> Failure {
    Failure::usage(
        format!("{}: {}", problem.place, problem.message),
        problem.help.clone(),
    )
}

/// Returns a file that could not be read or written.
pub(super) fn file(error: &files::Error) -> Diagnostic {
    let mut diagnostic = Diagnostic::error(error.to_string());
    diagnostic
        .notes
        .extend(error.source().map(ToString::to_string));
    diagnostic.help = error.help();
    diagnostic
}

/// Returns a file of pins that could not be written.
pub(super) fn write(error: &WriteError) -> Diagnostic {
    match error {
        WriteError::File(error) => {
            let mut diagnostic = file(error);
            // The general words are those of a command with `--output-file`.
            match error.cause {
                files::Cause::ReadOnly => {
                    diagnostic.help = Some(format!(
                        "make the directory writable, or print the result: `pinfold docker - < {}`",
                        shell_path(&error.path.to_string_lossy())
                    ));
                }
                files::Cause::Mounted => {
                    diagnostic.help = Some(format!(
                        "the file seems to be a mount of its own and cannot be replaced: mount its \
                         directory instead, or print the result: `pinfold docker - < {}`",
                        shell_path(&error.path.to_string_lossy())
                    ));
                }
                _ => {}
            }
            diagnostic
        }
        WriteError::Changed(_) => {
            Diagnostic::error(error.to_string()).with_help("the file changed on disk; run again")
        }
    }
}

/// Returns a file's problems with their places.
///
/// The lines are shown as they are, so that places fit, but for passwords.
pub(super) fn problems(diagnostic: Diagnostic, mut file: FileProblems) -> Diagnostic {
    for problem in &mut file.problems {
        problem.message = without_password(&problem.message);
        problem.help = problem.help.as_deref().map(without_password);
    }
    let name = if file.name == "-" {
        "<stdin>".to_owned()
    } else {
        file.name
    };
    diagnostic.at(name, with_masked_passwords(&file.text), file.problems)
}

fn no_solution(target: Option<&str>, explanation: &Explanation, advice: Vec<String>) -> Diagnostic {
    let target = target.map_or_else(String::new, |target| format!(" for {target}"));
    let mut diagnostic = Diagnostic::error(format!(
        "no combination of versions satisfies all requirements{target}\n  {}",
        explanation.facts.join("\n  ")
    ));
    // What was tried and helps says more than what might.
    let advice = if advice.is_empty() {
        explanation.hints.clone()
    } else {
        advice
    };
    diagnostic.help = if advice.is_empty() {
        Some("relax one of the requirements above".to_owned())
    } else {
        Some(advice.join("\n"))
    };
    diagnostic
}

/// Says where a search got stuck.
fn busy_with(knot: &Knot) -> String {
    let names: Vec<String> = knot.projects.iter().map(|it| format!("`{it}`")).collect();
    let others = match knot.others {
        0 => String::new(),
        others => format!(", and {}", many(others, "other")),
    };
    format!(
        "most of its {} were among {}{others}",
        many(knot.conflicts, "conflict"),
        names.join(", ")
    )
}

fn help(error: &ops::Error) -> Option<String> {
    match error {
        ops::Error::SearchTooLong { .. } => Some(
            "require versions of these projects that you know to work together, or allow more \
             time with `--resolution-timeout SECONDS`"
                .to_owned(),
        ),
        ops::Error::Usage { help, .. } | ops::Error::Machine { help, .. } => help.clone(),
        ops::Error::FailedBuild(failed) => failed.help.clone(),
        ops::Error::File(error) => error.help(),
        ops::Error::Repository { source, .. } => source.help(),
        ops::Error::Interpreter(error) => Some(error.help().to_owned()),
        ops::Error::Http(error) => http_help(error),
        ops::Error::Include { source, .. } => help(source),
        ops::Error::Build { source, .. } => help(source),
        ops::Error::Index {
            source: index::Error::Denied(error),
            index,
            ..
        } => Some(denied_help(error, index.variables.as_deref())),
        ops::Error::Index { source, .. } | ops::Error::FindLinks { source, .. } => index_help(source),
        ops::Error::Metadata { source, .. } => match &**source {
            index::MetadataError::Http { source, .. } => http_help(source),
            index::MetadataError::Hash { .. } => Some(
                "the file was changed in transit or on the index: run again with `--no-cache`; if that does not help, contact the operator of the index"
                    .to_owned(),
            ),
            _ => None,
        },
        ops::Error::OutputNotText { .. } => {
            Some("remove the file, or choose another output with `--output-file`".to_owned())
        }
        ops::Error::DamagedPages => Some("run again: they will be fetched again".to_owned()),
        ops::Error::Inputs(_) | ops::Error::NoSolution { .. } | ops::Error::GivenUp => None,
    }
}

/// Says what to do when an index does not let us in.
fn denied_help(error: &http::Error, variables: Option<&str>) -> String {
    let help = if let http::Error::Denied {
        login: Some(source),
        ..
    } = error
    {
        format!("correct or renew the credentials given {source}")
    } else {
        let variables = match variables {
            Some(names) => format!("in {names}"),
            None => {
                "for an index with a NAME (`--index NAME=URL`) in PINFOLD_INDEX_NAME_USERNAME and \
                     PINFOLD_INDEX_NAME_PASSWORD"
                    .to_owned()
            }
        };
        format!(
            "provide credentials: in the URL (`https://user:${{TOKEN}}@host/simple/`), {variables}, in \
             `~/.netrc`, or with the `keyring` program (`--keyring-provider subprocess`)"
        )
    };
    let refusal = match error.status() {
        Some(403) => {
            "; if it answers so for projects that it lacks, set `ignore-error-codes = [403]` in its \
             `[[index]]`"
        }
        _ => "",
    };
    format!("{help}{refusal}; no other index was tried instead")
}

fn index_help(error: &index::Error) -> Option<String> {
    match error {
        index::Error::Denied(error) => Some(denied_help(error, None)),
        index::Error::Http(error) => http_help(error),
        index::Error::Page { .. } => Some(
            "check `--index-url`: it must be the root of a Simple API, such as `https://host/simple/`".to_owned(),
        ),
        index::Error::Offline { .. } => Some("run once without `--offline`".to_owned()),
        index::Error::Read { .. } => None,
    }
}

/// Returns what to do when a registry did not tell.
pub(super) fn registry_help(error: &registry::Error) -> Option<String> {
    use registry::Error;
    let help = match error {
        Error::NotFound { registry, .. } => format!(
            "check the spelling; if the image is private, log in with `docker login {registry}`"
        ),
        Error::Denied {
            registry, login, ..
        } => match login {
            Some(_) => {
                format!("the credentials do not grant access: renew them with `docker login {registry}`")
            }
            None => format!(
                "log in with `docker login {registry}`; if the image is public, check the spelling"
            ),
        },
        Error::RateLimited {
            is_anonymous: true, ..
        } => "run again later, or log in with `docker login`".to_owned(),
        Error::RateLimited { .. } | Error::Status { .. } => "run again later".to_owned(),
        Error::Unsupported { .. } => {
            "push the image again with a current client to give it a stable digest"
                .to_owned()
        }
        Error::WebPage { registry, .. } => format!(
            "check the name of the registry, and whether a proxy or the network wants a login: open `https://{registry}/v2/` in a browser"
        ),
        Error::BadDigest { .. } | Error::Mismatch { .. } | Error::Malformed { .. } => {
            "contact the operator of the registry or of a proxy in between; nothing of this was written"
                .to_owned()
        }
        Error::MissingPlatform { .. } => {
            "omit `--platform` to pin the digest for all platforms, or use one that exists"
                .to_owned()
        }
        Error::Credentials { .. } => {
            "correct the file, or create it again with `docker login`".to_owned()
        }
        Error::Helper { program, .. } => {
            format!("check that `{program}` is on PATH and works: `{program} list`")
        }
        Error::Offline { .. } => "run once without `--offline`".to_owned(),
        Error::Certificate(error) | Error::Http(error) => return http_help(error),
        Error::Realm { .. }
        | Error::Challenge { .. }
        | Error::Token { .. }
        | Error::Address { .. } => return None,
    };
    Some(help)
}

fn http_help(error: &http::Error) -> Option<String> {
    let help = match error {
        http::Error::Offline { .. } => "run once without `--offline`",
        http::Error::Connect { .. } => {
            "check the network and the proxy settings, then run again; `--offline` may work with a filled cache"
        }
        http::Error::Timeout { .. }
        | http::Error::Truncated { .. }
        | http::Error::Server { .. } => "run again later; nothing was written",
        http::Error::RateLimited { .. } => "run again after that time; nothing was written",
        http::Error::Tls { .. } => {
            "if the certificate is from a private CA, pass its PEM file with `--cert` or SSL_CERT_FILE"
        }
        http::Error::Denied { .. } => "provide credentials in the URL or in `~/.netrc`",
        _ => return None,
    };
    Some(help.to_owned())
}
