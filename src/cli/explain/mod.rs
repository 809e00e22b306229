//! `pinfold explain`: why a lock has the version of a project that it has.

pub(super) mod args;
mod json;
mod settings;
mod text;

use self::args::Explain;
use super::exit;
use super::failure::{Failure, problems};
use super::session::{Ended, observer, run_to_end, stdout_failed};
use crate::ops::explain::{self, Absent, Answer, Explained};
use crate::ui::{Diagnostic, Printer};

/// Runs `pinfold explain`.
pub(super) fn run(args: &Explain, printer: &Printer, shows_progress: bool) -> Result<u8, Failure> {
    let (mut request, doubt) = settings::explain(args)?;
    if let Some(doubt) = doubt {
        printer.warning(&doubt);
    }
    request.compile.run.http.observer = observer(printer);
    let ended = run_to_end(printer, shows_progress, async |teller| {
        explain::explain(&request, teller).await
    })?;
    let explained = match ended {
        Ended::Done(result) => result?,
        Ended::Stopped(code) => return Ok(code),
    };
    for warning in &explained.warnings {
        printer.diagnostic(&problems(Diagnostic::warning(""), warning.clone()));
    }
    if args.is_json() {
        let data = json::explained(&explained)?;
        printer.data(&data).map_err(|error| stdout_failed(&error))?;
    }
    match &explained.answer {
        Answer::Pinned(pinned) => {
            if !args.is_json() {
                let text = text::pinned(&explained, pinned, args.all);
                printer
                    .outline(&text)
                    .map_err(|error| stdout_failed(&error))?;
            }
            Ok(exit::DONE)
        }
        Answer::Absent(absent) => {
            printer.diagnostic(&not_there(&explained, absent));
            Ok(exit::NO)
        }
    }
}

/// Says that the lock does not have the project, and what is known of why.
fn not_there(explained: &Explained, absent: &Absent) -> Diagnostic {
    let name = &explained.project;
    let mut diagnostic = Diagnostic::error(format!("`{name}` is not in `{}`", explained.lock));
    diagnostic.notes = text::reasons(explained, absent);
    diagnostic.help = if !absent.wanted.is_empty() {
        Some("the lock file is out of date: run `pinfold compile`".to_owned())
    } else if absent.not_held.is_empty() {
        absent
            .nearest
            .as_ref()
            .map(|nearest| format!("did you mean `{nearest}`?"))
    } else {
        None
    };
    diagnostic
}
