//! Pinfold pins what goes into a Python container: requirements with hashes,
//! base images by digest, and keeps both fresh.
//!
//! The modules, in reading order; `docs/architecture.md` says which may use
//! which, and `tests/it/architecture/` holds them to it.

pub mod cli;
pub mod ui;

pub mod ops;

pub mod build;
pub mod index;
pub mod interpreter;
pub mod registry;

pub mod cache;
pub mod files;
pub mod forge;
pub mod http;
pub mod vcs;

pub mod update;

pub mod command;
pub mod lock;
pub mod resolve;

pub mod compose;
pub mod config;
pub mod dockerfile;
pub mod requirements;

pub mod image;
pub mod python;
pub mod text;
