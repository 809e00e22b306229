//! The command line: clap types, settings, failures and exit codes.
//!
//! What was typed (`args`) becomes what is wanted (`settings`); what went
//! wrong becomes a message and an exit code (`failure`).

mod args;
mod docker;
pub mod exit;
mod explain;
mod failure;
mod foreign;
mod help;
mod init;
mod json;
mod layers;
mod project;
mod reference;
mod report;
mod repository;
mod run;
mod session;
mod settings;
mod stop;
mod update;

pub use run::run;
