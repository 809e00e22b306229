//! The command line: clap types, settings, failures and exit codes.
