//! `pinfold docker`: pins, looks after pins, explains.

pub(super) mod args;
mod json;
pub(super) mod settings;
mod text;

use std::time::Instant;

use self::args::{Docker, DockerCommand, Explain, Pin, Verify};
use super::args::shared::Format;
use super::exit;
use super::failure::{self, Failure};
use super::session::{Ended, run_to_end, stdout_failed};
use crate::ops::docker::{self, Outcome, Pinned, Verified};
use crate::ops::{self, Error};
use crate::ui::{Diagnostic, Printer};

/// Runs `pinfold docker`.
pub(super) fn run(args: &Docker, printer: &Printer, shows_progress: bool) -> Result<u8, Failure> {
    match &args.command {
        None => pin(&args.pin, printer, shows_progress),
        Some(DockerCommand::Verify(args)) => verify(args, printer, shows_progress),
        Some(DockerCommand::Explain(args)) => explain(args, printer),
    }
}

fn pin(args: &Pin, printer: &Printer, shows_progress: bool) -> Result<u8, Failure> {
    let started = Instant::now();
    let (request, mut access) = settings::pin(args)?;
    access.http.observer = super::session::observer(printer);
    let client = access.client();
    let ended = run_to_end(printer, shows_progress, async |teller| {
        docker::pin(&request, &client, teller).await
    })?;
    let mut pinned = match ended {
        Ended::Done(result) => result?,
        Ended::Stopped(code) => return Ok(code),
    };
    let mut code = told(printer, &pinned);
    let only_tells = args.check || args.dry_run;
    let unwritten = if only_tells {
        Vec::new()
    } else {
        docker::write(&mut pinned)
    };
    for error in &unwritten {
        printer.diagnostic(&failure::write(error));
        code = exit::FAILED;
    }
    let data = match args.output.format {
        Format::Json => json::pinned(&pinned, &unwritten, only_tells)?,
        Format::Text if args.dry_run => {
            text::diff(printer, &pinned).map_err(|error| stdout_failed(&error))?;
            Vec::new()
        }
        Format::Text if only_tells => Vec::new(),
        Format::Text => text::standard_output(&pinned),
    };
    if !data.is_empty() {
        printer.data(&data).map_err(|error| stdout_failed(&error))?;
    }
    text::changes(printer, &pinned, only_tells);
    printer.line(&text::closing(&pinned, only_tells, started.elapsed()));
    if args.check && code == exit::DONE && pinned.outcomes().any(|(_, _, it)| is_bad(it)) {
        code = exit::NO;
    }
    Ok(code)
}

/// Whether `--check` says no to it.
fn is_bad(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unpinned | Outcome::Added(_) | Outcome::Moved { .. } | Outcome::Failed(_) => true,
        Outcome::Left(reason) => !reason.is_settled(),
        Outcome::NoImage | Outcome::Kept(_) | Outcome::Stuck(..) => false,
    }
}

/// Tells what went wrong and what was left; returns the exit code it makes.
fn told(printer: &Printer, pinned: &Pinned) -> u8 {
    let mut code = exit::DONE;
    for error in &pinned.unread {
        printer.diagnostic(&failure::file(error));
        code = worse(code, exit::FAILED);
    }
    for file in &pinned.files {
        code = worse(code, text::problems(printer, &file.file));
    }
    text::left(printer, pinned);
    text::failures(printer, &pinned.failures);
    for failure in &pinned.failures {
        code = worse(code, code_of(failure));
    }
    for notice in &pinned.notices {
        printer.warning(notice);
    }
    code
}

fn code_of(failure: &docker::Failure) -> u8 {
    if failure.may_be_context {
        exit::DONE
    } else if failure.error.is_transient() {
        exit::TRY_LATER
    } else {
        exit::FAILED
    }
}

/// Of two exit codes, the one that tells more: what could not be done at all, then what
/// could not be done now, then no.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code| match code {
        exit::FAILED => 3,
        exit::TRY_LATER => 2,
        exit::NO => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn verify(args: &Verify, printer: &Printer, shows_progress: bool) -> Result<u8, Failure> {
    let started = Instant::now();
    let (request, mut access) = settings::verify(args)?;
    access.http.observer = super::session::observer(printer);
    let client = access.client();
    let ended = run_to_end(printer, shows_progress, async |teller| {
        docker::verify(&request, &client, teller).await
    })?;
    let verified: Verified = match ended {
        Ended::Done(result) => result?,
        Ended::Stopped(code) => return Ok(code),
    };
    let mut code = exit::DONE;
    for error in &verified.unread {
        printer.diagnostic(&failure::file(error));
        code = worse(code, exit::FAILED);
    }
    for file in &verified.files {
        code = worse(code, text::problems(printer, file));
    }
    text::failures(printer, &verified.failures);
    for failure in &verified.failures {
        code = worse(code, code_of(failure));
    }
    for notice in &verified.notices {
        printer.warning(notice);
    }
    let result = match args.output.format {
        Format::Json => printer.data(&json::verified(&verified)?),
        Format::Text => printer.text(&text::findings(&verified)),
    };
    result.map_err(|error| stdout_failed(&error))?;
    printer.line(&text::verified(&verified, started.elapsed()));
    if verified
        .findings
        .iter()
        .any(|finding| finding.kind.is_wrong())
    {
        code = worse(code, exit::NO);
    }
    Ok(code)
}

fn explain(args: &Explain, printer: &Printer) -> Result<u8, Failure> {
    let request = settings::explain(args)?;
    let survey = docker::survey(&request, &ops::Ignore).map_err(|error: Error| error)?;
    let mut code = exit::DONE;
    for error in &survey.unread {
        printer.diagnostic(&failure::file(error));
        code = exit::FAILED;
    }
    for file in &survey.files {
        code = worse(code, text::problems(printer, file));
    }
    let result = match args.output.format {
        Format::Json => printer.data(&json::explained(&survey)?),
        Format::Text => printer.text(&text::explained(&survey)),
    };
    result.map_err(|error| stdout_failed(&error))?;
    if survey.files.is_empty() {
        printer.diagnostic(&Diagnostic::warning(
            "found no Dockerfiles or compose files",
        ));
    }
    Ok(code)
}
