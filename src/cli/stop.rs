//! Ending a run on a signal, whatever it is doing.
//!
//! Signals are heard on a thread of their own. The first one tells the task that works to
//! stop; if that does not, since it computes or is held up by a file, the thread ends the
//! process itself: it removes temporary files and says what became of the run. From then
//! on, another signal ends the process at once, within the handler: by then even the thread
//! may be held up, by files that are being replaced together or by a full pipe.
//!
//! A second signal within [`GRACE`] does not count as another: programs that pass signals
//! on, such as `timeout`, often send the same one twice.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;

use super::exit;
use crate::files;
use crate::ui::{Diagnostic, Printer};

/// How long the task has to stop by itself.
const GRACE: Duration = Duration::from_millis(100);

/// What the thread and the task that works know of a stop.
#[derive(Default)]
pub(super) struct Stop {
    /// The exit code for the signal that came, or 0.
    code: AtomicU8,
    wake: Notify,
    /// Whether someone is ending the run already.
    is_claimed: AtomicBool,
}

impl Stop {
    /// Waits for a signal; returns the exit code for it.
    ///
    /// Whoever gets it ends the run, and nobody else does.
    pub(super) async fn stopped(&self) -> u8 {
        self.wake.notified().await;
        if self.claim() {
            self.code.load(Ordering::SeqCst)
        } else {
            // The process is about to end.
            std::future::pending().await
        }
    }

    fn claim(&self) -> bool {
        !self.is_claimed.swap(true, Ordering::SeqCst)
    }
}

/// Lets signals end the run from here on.
pub(super) fn watch(printer: &Printer) -> Arc<Stop> {
    static WATCHED: OnceLock<Arc<Stop>> = OnceLock::new();
    let stop = WATCHED.get_or_init(|| {
        let stop = Arc::new(Stop::default());
        // Without it, a signal has its usual effect, which is to end the process.
        let _ = listen(&stop, printer);
        stop
    });
    Arc::clone(stop)
}

/// Removes temporary files, and says what became of the run.
pub(super) fn end(printer: &Printer) {
    let is_written = files::remove_temporaries();
    printer.diagnostic(&Diagnostic::error(if is_written {
        "stopped; some files were already written"
    } else {
        "stopped; nothing was written"
    }));
}

#[cfg(unix)]
fn listen(stop: &Arc<Stop>, printer: &Printer) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::register_conditional_shutdown;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level;

    let code_of = |signal| match signal {
        SIGINT => exit::INTERRUPTED,
        _ => exit::TERMINATED,
    };
    let is_armed = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, code_of(signal).into(), Arc::clone(&is_armed))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    make_room_for_files();
    let (stop, printer) = (Arc::clone(stop), printer.clone());
    let work = move || {
        for signal in signals.forever() {
            let code = code_of(signal);
            stop.code.store(code, Ordering::SeqCst);
            stop.wake.notify_one();
            std::thread::sleep(GRACE);
            is_armed.store(true, Ordering::SeqCst);
            if stop.claim() {
                printer.end_progress();
                end(&printer);
                low_level::exit(code.into());
            }
        }
    };
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(work).map(drop)
}

/// Lets the kernel's table of open files grow while there is one thread.
///
/// Once there are two, each time that it grows (at 64 files, at 128, ...) Linux waits until no
/// CPU can look at the old one: 10 to 15 ms, as long as a run takes that has all in its cache.
#[cfg(unix)]
fn make_room_for_files() {
    /// Below the usual limit of 1,024.
    const LAST: i32 = 1_000;
    // Where fewer are allowed, the table stays small.
    drop(rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), LAST));
}

#[cfg(not(unix))]
fn listen(stop: &Arc<Stop>, printer: &Printer) -> std::io::Result<()> {
    let (stop, printer) = (Arc::clone(stop), printer.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let work = move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
            return;
        }
        stop.code.store(exit::INTERRUPTED, Ordering::SeqCst);
        stop.wake.notify_one();
        std::thread::sleep(GRACE);
        if stop.claim() {
            printer.end_progress();
            end(&printer);
        } else {
            // The task ends the run; another signal does not wait for it.
            let _ = runtime.block_on(tokio::signal::ctrl_c());
        }
        std::process::abort();
    };
    std::thread::Builder::new().spawn(work).map(drop)
}
