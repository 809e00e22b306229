//! The colours, in one place.

use anstyle::{AnsiColor, Style};

/// A line that is new.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
/// A line that is gone.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// Where in a file a piece is from.
pub(super) const PLACE: Style = AnsiColor::Cyan.on_default();
/// A heading.
pub(super) const HEADING: Style = Style::new().bold();
