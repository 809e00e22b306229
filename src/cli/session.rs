//! What one run of a command rests on: the runtime, signals, what is said at its end.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::failure::Failure;
use super::report::Teller;
use super::stop;
use crate::http::{Exchange, Observer};
use crate::text::many;
use crate::ui::Printer;

/// How a command ended.
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
        .map_err(|error| Failure::usage(format!("cannot start the runtime: {error}"), None))?;
    let stop = stop::watch(printer);
    let teller = Teller::new(printer, shows_progress);
    let ended = runtime.block_on(async {
        tokio::select! {
            // First, so that signals are heard before there is something to stop.
            biased;
            code = stop.stopped() => Ended::Stopped(code),
            result = deed(&teller) => Ended::Done(result),
        }
    });
    teller.finish();
    // What is still being read or written in the background is not waited for.
    runtime.shutdown_background();
    if let Ended::Stopped(_) = ended {
        stop::end(printer);
    }
    Ok(ended)
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

/// Returns a closing line with what it took.
pub(super) fn ended(done: &str, requests: u64, elapsed: Duration) -> String {
    let requests = match requests {
        0 => "no requests".to_owned(),
        requests => many(requests, "request"),
    };
    format!("{done} ({requests}, {:.2} s)", elapsed.as_secs_f64())
}

pub(super) fn stdout_failed(error: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot write to standard output: {error}"), None)
}
