//! A line that shows that something happens, on a terminal, in runs that take long.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};

/// How long a run may take before it shows progress: a short one stays silent.
const QUIET_START: Duration = Duration::from_millis(200);
/// How often the line is drawn while nothing else happens.
const TICK: Duration = Duration::from_millis(100);

/// The line that is shown just now, so that printing can step round it.
#[derive(Clone, Default)]
pub(super) struct Current(Arc<Mutex<Option<WeakProgressBar>>>);

impl Current {
    /// Returns the line, if one is shown.
    pub(super) fn bar(&self) -> Option<ProgressBar> {
        self.lock().as_ref()?.upgrade()
    }

    fn lock(&self) -> MutexGuard<'_, Option<WeakProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Current").field(&self.bar()).finish()
    }
}

/// A spinner with a message and a count; silent unless a [`Printer`](super::Printer)
/// with a terminal made it. It disappears when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Returns a progress that shows nothing.
    pub fn hidden() -> Self {
        Self {
            bar: ProgressBar::hidden(),
        }
    }

    /// Returns a progress that appears after a moment.
    pub(super) fn shown(current: &Current) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style("{spinner} {wide_msg}"));
        *current.lock() = Some(bar.downgrade());
        let weak = bar.downgrade();
        std::thread::spawn(move || {
            std::thread::sleep(QUIET_START);
            if let Some(bar) = weak.upgrade()
                && !bar.is_finished()
            {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(TICK);
            }
        });
        Self { bar }
    }

    /// Says what is being done.
    pub fn set_message(&self, message: &str) {
        self.bar
            .set_message(crate::text::shown(message).into_owned());
    }

    /// Says how many steps there are; without it there is no count.
    pub fn set_total(&self, total: u64) {
        self.bar.set_length(total);
        self.bar
            .set_style(style("{spinner} {pos}/{len} {wide_msg}"));
    }

    /// Counts steps that are done.
    pub fn inc(&self, steps: u64) {
        self.bar.inc(steps);
    }

    /// Takes the line away.
    pub fn finish_and_clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("our templates are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_without_showing() {
        let progress = Progress::hidden();
        progress.set_total(3);
        progress.inc(1);
        progress.inc(1);
        progress.set_message("fetching flask");
        assert_eq!(progress.bar.position(), 2);
        assert_eq!(progress.bar.length(), Some(3));
        progress.finish_and_clear();
        assert!(progress.bar.is_finished());
    }

    #[test]
    fn a_dropped_progress_is_gone() {
        let current = Current::default();
        let progress = Progress::shown(&current);
        let bar = progress.bar.clone();
        assert!(!bar.is_finished());
        drop(progress);
        assert!(bar.is_finished());
    }
}
