//! What is said, to whom, and how loud.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::AutoStream;

use super::diagnostics::{Diagnostic, Level};
use super::diff;
use super::outline;
use super::progress::{Current, Progress};
use crate::text::{shown, visible, with_masked_passwords};

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Warnings, and a closing line.
    #[default]
    Normal,
    /// Also what was fetched, chosen and rejected, and why.
    Verbose,
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal that can, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints; the one value that knows how.
///
/// Cheap to clone; clones share their outputs and the progress that is shown.
#[derive(Debug, Clone)]
pub struct Printer {
    verbosity: Verbosity,
    stdout: Output,
    stderr: Output,
    shows_progress: bool,
    progress: Current,
}

/// One of the two outputs.
#[derive(Debug, Clone)]
struct Output {
    sink: Sink,
    color: bool,
    is_terminal: bool,
}

#[derive(Debug, Clone)]
enum Sink {
    Stdout,
    Stderr,
    Memory(Arc<Mutex<Vec<u8>>>),
}

/// What a printer made by [`Printer::in_memory`] has printed.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    stdout: Arc<Mutex<Vec<u8>>>,
    stderr: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// Returns what went to standard output.
    pub fn stdout(&self) -> String {
        text(&self.stdout)
    }

    /// Returns what went to standard error.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }
}

fn text(bytes: &Mutex<Vec<u8>>) -> String {
    let bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Printer {
    /// Returns a printer for this process's outputs.
    ///
    /// Progress is shown on a terminal, with normal verbosity, outside of CI.
    pub fn new(verbosity: Verbosity, color: ColorChoice) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        Self {
            verbosity,
            stdout: Output {
                color: color.is_on(&io::stdout()),
                is_terminal: io::stdout().is_terminal(),
                sink: Sink::Stdout,
            },
            stderr: Output {
                color: color.is_on(&io::stderr()),
                is_terminal: stderr_is_terminal,
                sink: Sink::Stderr,
            },
            shows_progress: stderr_is_terminal && verbosity == Verbosity::Normal && !is_ci,
            progress: Current::default(),
        }
    }

    /// Returns a printer without colour that keeps what it prints, for tests.
    pub fn in_memory(verbosity: Verbosity) -> (Self, Captured) {
        let captured = Captured::default();
        let output = |bytes: &Arc<Mutex<Vec<u8>>>| Output {
            sink: Sink::Memory(Arc::clone(bytes)),
            color: false,
            is_terminal: false,
        };
        let printer = Self {
            verbosity,
            stdout: output(&captured.stdout),
            stderr: output(&captured.stderr),
            shows_progress: false,
            progress: Current::default(),
        };
        (printer, captured)
    }

    /// Returns how much is said.
    pub const fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Whether [`detail`](Self::detail) prints, to spare making its text.
    pub fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Prints data to standard output, as it is.
    ///
    /// A reader that has gone away (a broken pipe) is a success; other failures
    /// are the caller's, since the data is what the user asked for.
    pub fn data(&self, bytes: &[u8]) -> io::Result<()> {
        unless_nobody_reads(self.write(&self.stdout, bytes))
    }

    /// Prints the difference between a file and what it would become, as data, with stars
    /// for passwords: older files may have some.
    pub fn diff(&self, name: &str, old: Option<&str>, new: &str) -> io::Result<()> {
        let text = if self.stdout.is_terminal {
            let old = old.map(visible);
            diff::unified(name, old.as_deref(), &visible(new), self.stdout.color)
        } else {
            diff::unified(name, old, new, self.stdout.color)
        };
        self.data(with_masked_passwords(&text).as_bytes())
    }

    /// Prints a text as data for people, its lines that are not indented as headings.
    pub fn outline(&self, text: &str) -> io::Result<()> {
        self.data(outline::outline(text, self.stdout.color).as_bytes())
    }

    /// Prints a text as data for people, who may read what others wrote in it.
    pub fn text(&self, text: &str) -> io::Result<()> {
        self.data(shown(text).as_bytes())
    }

    /// Prints a line about what was done: past tense, with numbers.
    pub fn line(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.talk(&format!("{}\n", shown(text)));
        }
    }

    /// Whether only errors are shown.
    pub fn is_quiet(&self) -> bool {
        self.verbosity < Verbosity::Normal
    }

    /// Prints a line that only a verbose run shows.
    pub fn detail(&self, text: &str) {
        if self.is_verbose() {
            self.talk(&format!("{}\n", shown(text)));
        }
    }

    /// Prints a warning that is about no place in a file.
    pub fn warning(&self, message: &str) {
        self.diagnostic(&Diagnostic::warning(message));
    }

    /// Prints a note that is about no place in a file.
    pub fn note(&self, message: &str) {
        self.diagnostic(&Diagnostic::note(message));
    }

    /// Prints a diagnostic; a quiet run shows errors only.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) {
        if diagnostic.level == Level::Error || self.verbosity >= Verbosity::Normal {
            self.talk(&diagnostic.render(self.stderr.color));
        }
    }

    /// Takes away the progress that is shown.
    pub fn end_progress(&self) {
        if let Some(bar) = self.progress.bar() {
            bar.finish_and_clear();
        }
    }

    /// Returns a progress, which shows itself only where one is wanted.
    pub fn progress(&self) -> Progress {
        if self.shows_progress {
            Progress::shown(&self.progress)
        } else {
            Progress::hidden()
        }
    }

    /// Prints to standard error. If that fails, there is nobody left to tell.
    fn talk(&self, text: &str) {
        let _ = self.write(&self.stderr, text.as_bytes());
    }

    /// Writes all at once, with the progress line out of the way.
    fn write(&self, output: &Output, bytes: &[u8]) -> io::Result<()> {
        match self.progress.bar() {
            Some(bar) if output.is_terminal => bar.suspend(|| output.write(bytes)),
            _ => output.write(bytes),
        }
    }
}

impl ColorChoice {
    fn is_on(self, stream: &impl anstream::stream::RawStream) -> bool {
        match self {
            Self::Auto => AutoStream::choice(stream) != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl Output {
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.sink {
            Sink::Stdout => write_all(io::stdout().lock(), bytes),
            Sink::Stderr => write_all(io::stderr().lock(), bytes),
            Sink::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.write_all(bytes)
            }
        }
    }
}

/// Takes a broken pipe for a success.
fn unless_nobody_reads(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn write_all(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Problem, Span};

    fn say_everything(verbosity: Verbosity) -> (String, String) {
        let (printer, captured) = Printer::in_memory(verbosity);
        printer.data(b"data\n").unwrap();
        printer.line("Pinned 3 packages");
        printer.detail("fetched flask");
        printer.warning("old release");
        printer.note("as of today");
        printer.diagnostic(&Diagnostic::error("no such file"));
        printer.diff("x", Some("a\n"), "b\n").unwrap();
        printer.progress().set_message("never seen");
        (captured.stdout(), captured.stderr())
    }

    #[test]
    fn text_of_others_is_escaped_and_cut_wherever_it_is_shown() {
        let (printer, captured) = Printer::in_memory(Verbosity::Verbose);
        let foreign = format!("good\rbad \u{202e}x {}", "a".repeat(100_000));
        printer.line(&foreign);
        printer.detail(&foreign);
        printer.text(&foreign).unwrap();
        let problem = Problem::new(Span::new(0, 1), foreign.clone()).with_help(&foreign);
        let diagnostic = Diagnostic::error(&foreign)
            .with_note(&foreign)
            .with_help(&foreign)
            .at(&foreign, &foreign, vec![problem]);
        printer.diagnostic(&diagnostic);
        let shown = captured.stdout() + &captured.stderr();
        assert!(!shown.contains(['\r', '\u{202e}']), "{shown}");
        assert!(shown.len() < 5_000, "{} bytes", shown.len());
        assert!(shown.matches("(100000 characters)").count() >= 7, "{shown}");
    }

    #[test]
    fn verbosity_governs_talk_and_never_data() {
        let data = "data\n--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n";
        let (stdout, stderr) = say_everything(Verbosity::Quiet);
        assert_eq!(
            (stdout.as_str(), stderr.as_str()),
            (data, "error: no such file\n")
        );
        let (stdout, stderr) = say_everything(Verbosity::Normal);
        assert_eq!(stdout, data);
        assert_eq!(
            stderr,
            "Pinned 3 packages\nwarning: old release\nnote: as of today\nerror: no such file\n"
        );
        let (_, stderr) = say_everything(Verbosity::Verbose);
        assert!(stderr.contains("fetched flask\n"), "{stderr}");
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let (printer, captured) = Printer::in_memory(Verbosity::Normal);
        printer.line("a\u{1b}[2J");
        printer.warning("b\u{1b}[2J");
        printer.diagnostic(
            &Diagnostic::error("c")
                .with_help("d\u{1b}[2J")
                .with_note("e\u{7}"),
        );
        assert!(
            !captured.stderr().contains(['\u{1b}', '\u{7}']),
            "{}",
            captured.stderr()
        );
    }

    #[test]
    fn a_broken_pipe_is_a_success_and_a_full_disk_is_none() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let broken = write_all(writer, b"x");
        assert!(broken.is_err());
        assert!(unless_nobody_reads(broken).is_ok());
        let full = Err(io::ErrorKind::StorageFull.into());
        assert!(unless_nobody_reads(full).is_err());
    }

    #[test]
    fn the_choice_of_colour_is_obeyed() {
        let color = |choice| Printer::new(Verbosity::Normal, choice).stderr.color;
        assert!(color(ColorChoice::Always));
        assert!(!color(ColorChoice::Never));
    }
}
