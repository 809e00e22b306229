//! The only place that prints: progress, diagnostics, diffs.
//!
//! Standard output carries data someone may pipe, standard error carries talk.
//! Nothing is said by colour alone. What comes from files and the network is
//! shown with its control characters made visible, so that it cannot move the
//! cursor or recolour the terminal.

mod diagnostics;
mod diff;
mod outline;
mod palette;
mod printer;
mod progress;

pub use diagnostics::{Diagnostic, Level, SourceText};
pub use diff::unified;
pub use printer::{Captured, ColorChoice, Printer, Verbosity};
pub use progress::Progress;
