//! The project's configuration: `pinfold.toml`, or `[tool.pinfold]` in a pyproject.toml.
//!
//! Strict: a key that is not known is an error with a suggestion, since a misspelt
//! one would silently do nothing.

mod docker;
mod reader;

pub use docker::DockerConfig;
pub use reader::{Config, Home};
