//! Running a command line.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::CommandFactory as _;

use super::args::{self, Arguments, Color, Command};
use super::docker;
use super::exit;
use super::explain;
use super::failure::{Failure, problems};
use super::init;
use super::layers::{self, Parsed, Stop};
use super::project::ProjectConfig;
use super::reference;
use super::report::Teller;
use super::settings;
use super::update;
use crate::files;
use crate::http::{Exchange, Observer};
use crate::ops::{self, Compiled};
use crate::text::many;
use crate::ui::{ColorChoice, Diagnostic, Printer, Verbosity};

/// Runs a command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let Parsed {
        arguments,
        said,
        project,
    } = match layers::parse(arguments) {
        Ok(parsed) => parsed,
        Err(Stop::Usage(error)) => return usage(&error),
        Err(Stop::Failure(failure)) => {
            return tell(
                &failure,
                &Printer::new(Verbosity::Normal, ColorChoice::Auto),
            );
        }
    };
    let global = &arguments.global;
    let verbosity = match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let color = match global.color {
        _ if global.no_color => ColorChoice::Never,
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let printer = Printer::new(verbosity, color);
    for detail in &said.details {
        printer.detail(detail);
    }
    for note in &said.notes {
        printer.note(note);
    }
    for warning in &said.warnings {
        printer.warning(warning);
    }
    let result = match &arguments.command {
        Command::Compile(args) => compile(args, &project, &printer, !global.no_progress),
        Command::Docker(args) => docker::run(args, &printer, !global.no_progress),
        Command::Explain(args) => explain::run(args, &printer, !global.no_progress),
        Command::Update(args) => update::run(args, &printer, !global.no_progress),
        Command::Apply(args) => update::apply(args, &printer),
        Command::Init(args) => init::run(args, &printer),
        Command::Completions { shell } => completions(*shell, &printer),
        Command::Reference => reference(&printer),
    };
    match result {
        Ok(code) => code,
        Err(failure) => tell(&said.explain(failure), &printer),
    }
}

fn tell(failure: &Failure, printer: &Printer) -> u8 {
    for diagnostic in &failure.diagnostics {
        printer.diagnostic(diagnostic);
    }
    failure.code
}

/// clap's own words: help and version are answers, the rest are errors.
fn usage(error: &clap::Error) -> u8 {
    // Nobody is left to be told that this failed.
    let _ = error.print();
    match error.kind() {
        clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion => exit::DONE,
        _ => exit::FAILED,
    }
}

fn completions(shell: clap_complete::Shell, printer: &Printer) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "pinfold", &mut script);
    printer
        .data(&script)
        .map_err(|error| stdout_failed(&error))?;
    Ok(exit::DONE)
}

fn reference(printer: &Printer) -> Result<u8, Failure> {
    printer
        .data(reference::text().as_bytes())
        .map_err(|error| stdout_failed(&error))?;
    Ok(exit::DONE)
}

pub(super) fn stdout_failed(error: &std::io::Error) -> Failure {
    Failure::usage(format!("standard output cannot be written: {error}"), None)
}

fn compile(
    args: &args::Compile,
    project: &ProjectConfig,
    printer: &Printer,
    shows_progress: bool,
) -> Result<u8, Failure> {
    let started = Instant::now();
    let mut request = settings::compile(args, project)?;
    request.http.observer = observer(printer);
    let ended = run_to_end(printer, shows_progress, async |teller| {
        ops::compile(&request, teller).await
    })?;
    match ended {
        Ended::Done(result) => finish(args, printer, &result?, started.elapsed()),
        Ended::Stopped(code) => Ok(code),
    }
}

/// Tells of each exchange in a verbose run.
pub(super) fn observer(printer: &Printer) -> Option<Arc<dyn Observer>> {
    if !printer.is_verbose() {
        return None;
    }
    let printer = printer.clone();
    Some(Arc::new(move |exchange: &Exchange<'_>| {
        printer.detail(&exchange_line(exchange));
    }))
}

/// How a deed ended.
pub(super) enum Ended<T> {
    /// By itself.
    Done(T),
    /// By a signal; with the exit code for it.
    Stopped(u8),
}

/// Runs a deed until it is done or a signal stops it.
pub(super) fn run_to_end<T>(
    printer: &Printer,
    shows_progress: bool,
    deed: impl AsyncFnOnce(&Teller<'_>) -> T,
) -> Result<Ended<T>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::usage(
                format!("the system gives no threads or timers: {error}"),
                None,
            )
        })?;
    let teller = Teller::new(printer, shows_progress);
    let ended = runtime.block_on(async {
        tokio::select! {
            // First, so that signals are heard before there is something to stop.
            biased;
            code = stopped() => Ended::Stopped(code),
            result = deed(&teller) => Ended::Done(result),
        }
    });
    teller.finish();
    // What is still being read or written in the background is not waited for.
    runtime.shutdown_background();
    if let Ended::Stopped(_) = ended {
        files::remove_temporaries();
        printer.diagnostic(&Diagnostic::error("stopped; nothing was written"));
    }
    Ok(ended)
}

/// Waits for a signal to stop; returns the exit code for it.
async fn stopped() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => exit::INTERRUPTED,
            _ = terminate.recv() => exit::TERMINATED,
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => exit::INTERRUPTED,
        Err(_) => std::future::pending().await,
    }
}

fn exchange_line(exchange: &Exchange<'_>) -> String {
    let mut line = format!("{} {}", exchange.method, exchange.url);
    match (exchange.status, exchange.error) {
        (Some(status), None) => {
            let _ = write!(line, ": {status}, {} bytes", exchange.bytes);
        }
        (_, Some(error)) => {
            let _ = write!(line, ": {error}");
        }
        (None, None) => {}
    }
    let _ = write!(line, ", {} ms", exchange.elapsed.as_millis());
    line
}

/// Shows or writes what came of it.
fn finish(
    args: &args::Compile,
    printer: &Printer,
    compiled: &Compiled,
    elapsed: Duration,
) -> Result<u8, Failure> {
    for warning in &compiled.warnings {
        printer.diagnostic(&problems(Diagnostic::warning(""), warning.clone()));
    }
    let name = compiled
        .output
        .as_ref()
        .map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    let is_changed = compiled.is_changed();
    if args.check || args.dry_run {
        if is_changed && args.dry_run {
            printer
                .diff(&name, compiled.previous.as_deref(), &compiled.text)
                .map_err(|error| stdout_failed(&error))?;
        }
        let what = compiled
            .changes
            .as_deref()
            .unwrap_or("it does not exist yet");
        printer.line(&if is_changed {
            format!("`{name}` would change: {what}")
        } else {
            format!("`{name}` is up to date: {}", pins(compiled))
        });
        // The diff has shown them already.
        if !args.dry_run {
            tell_moves(compiled, printer);
        }
        return Ok(if args.check && is_changed {
            exit::NO
        } else {
            exit::DONE
        });
    }
    if compiled.output.is_none() {
        printer
            .data(compiled.text.as_bytes())
            .map_err(|error| stdout_failed(&error))?;
        printer.line(&ended(
            &format!("Pinned {}", pins(compiled)),
            compiled.requests,
            elapsed,
        ));
        return Ok(exit::DONE);
    }
    let is_written = compiled.write()?;
    let done = match (is_written, compiled.changes.as_deref()) {
        (false, _) => format!("`{name}` is up to date: {}", pins(compiled)),
        (true, None) => format!("Pinned {} in `{name}`", pins(compiled)),
        (true, Some(changes)) => format!("Updated `{name}`: {changes}"),
    };
    printer.line(&ended(&done, compiled.requests, elapsed));
    tell_moves(compiled, printer);
    Ok(exit::DONE)
}

/// How many moved pins are named.
const MOST_MOVES: usize = 10;

fn tell_moves(compiled: &Compiled, printer: &Printer) {
    for change in compiled.moves.iter().take(MOST_MOVES) {
        printer.line(&format!("  {change}"));
    }
    if let Some(more) = compiled
        .moves
        .len()
        .checked_sub(MOST_MOVES)
        .filter(|&more| more > 0)
    {
        printer.line(&format!("  and {more} more"));
    }
}

fn pins(compiled: &Compiled) -> String {
    many(compiled.pins, "project")
}

/// Returns a closing line with what it took.
pub(super) fn ended(done: &str, requests: u64, elapsed: Duration) -> String {
    let requests = match requests {
        0 => "no requests".to_owned(),
        requests => many(requests, "request"),
    };
    format!("{done} ({requests}, {:.2} s)", elapsed.as_secs_f64())
}
