//! Running a command line: which command it is, and `pinfold compile`.

use std::ffi::OsString;
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
use super::session::{Ended, ended, observer, run_to_end, stdout_failed};
use super::settings;
use super::update;
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

fn compile(
    making: &args::Making,
    project: &ProjectConfig,
    printer: &Printer,
    shows_progress: bool,
) -> Result<u8, Failure> {
    let started = Instant::now();
    let mut request = settings::compile(making, project)?;
    request.run.http.observer = observer(printer);
    let ended = run_to_end(printer, shows_progress, async |teller| {
        ops::compile(&request, teller).await
    })?;
    match ended {
        Ended::Done(result) => finish(&making.compile, printer, &result?, started.elapsed()),
        Ended::Stopped(code) => Ok(code),
    }
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
    let own_name = compiled
        .output
        .as_ref()
        .map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    let is_changed = compiled.is_changed();
    let name = named(compiled, &own_name);
    if args.check || args.dry_run {
        if is_changed && args.dry_run {
            show_diffs(compiled, &own_name, printer)?;
        }
        let what = compiled
            .changes
            .as_deref()
            .unwrap_or("it does not exist yet");
        printer.line(&if is_changed {
            format!("{name} would change: {what}")
        } else {
            format!("{name} {} up to date: {}", be(compiled), pins(compiled))
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
        (false, _) => format!("{name} {} up to date: {}", be(compiled), pins(compiled)),
        (true, None) => format!("Pinned {} in {name}", pins(compiled)),
        (true, Some(changes)) => format!("Updated {name}: {changes}"),
    };
    printer.line(&ended(&done, compiled.requests, elapsed));
    tell_moves(compiled, printer);
    Ok(exit::DONE)
}

/// Returns the names of the files that change, or of all where none does.
fn named(compiled: &Compiled, own_name: &str) -> String {
    let Some(beside) = &compiled.beside else {
        return format!("`{own_name}`");
    };
    let other = beside.output.display();
    match (compiled.is_text_changed(), beside.is_changed()) {
        (true, false) => format!("`{own_name}`"),
        (false, true) => format!("`{other}`"),
        _ => format!("`{own_name}` and `{other}`"),
    }
}

fn be(compiled: &Compiled) -> &'static str {
    if compiled.beside.is_some() {
        "are"
    } else {
        "is"
    }
}

fn show_diffs(compiled: &Compiled, own_name: &str, printer: &Printer) -> Result<(), Failure> {
    if compiled.is_text_changed() {
        printer
            .diff(own_name, compiled.previous.as_deref(), &compiled.text)
            .map_err(|error| stdout_failed(&error))?;
    }
    if let Some(beside) = compiled
        .beside
        .as_ref()
        .filter(|beside| beside.is_changed())
    {
        let name = beside.output.display().to_string();
        printer
            .diff(&name, beside.previous.as_deref(), &beside.text)
            .map_err(|error| stdout_failed(&error))?;
    }
    Ok(())
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
