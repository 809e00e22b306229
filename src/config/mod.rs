//! The project's configuration: `pinfold.toml`, or `[tool.pinfold]` in a pyproject.toml.
//!
//! Strict: a key that is not known is an error with a suggestion, since a misspelled
//! one would silently do nothing. What is not said stays open: defaults are for `cli`.

mod commit;
mod compile;
mod discover;
mod docker;
mod document;
mod foreign;
mod index;
mod keys;
mod layer;
mod lock;
mod pattern;
mod policy;
mod reader;
mod rule;
mod schema;
mod value;

pub use commit::{CommitConfig, DEFAULT_BASE, DEFAULT_BRANCH, DEFAULT_MESSAGE, is_branch_name};
pub use compile::OwnSetting;
pub use discover::DiscoverConfig;
pub use docker::DockerConfig;
pub use document::{Config, Home};
pub use foreign::{
    ForeignFile, IndexVariables, SettingProblem, System, index_variable_names, index_variables,
    pip_args, pip_conf, pip_conf_files, pip_tools, pip_tools_file, pip_variables, uv_unread,
    uv_variables,
};
pub use index::IndexConfig;
pub use keys::{Key, Kind, SECTIONS, Section};
pub use layer::{Layer, Setting, SettingValue};
pub use lock::LockConfig;
pub use pattern::{ProjectPattern, ProjectPatternError};
pub use policy::PolicyConfig;
pub use rule::{ImageRule, ProjectRule, RuleConfig, RuleSubject};
pub use schema::json_schema;
pub use value::{Bump, DigestUpdates, Located, MissingUploadTime, TagLimit};
