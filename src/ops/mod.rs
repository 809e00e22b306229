//! The deeds, a file per command: gather, decide, apply.
