//! The only place that prints: progress, diagnostics, diffs.
