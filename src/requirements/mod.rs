//! pip's requirements files and pyproject tables, parsed with spans.
//!
//! [`decode()`] makes a text of a file's bytes, [`RequirementsFile::parse`],
//! [`Project::parse`], [`Groups::parse`] and [`Script::parse`] make items of the text,
//! and [`location`] says where includes lead. Nothing is opened here: an include is an item for whoever can read files.

mod decode;
mod file;
mod groups;
mod lines;
pub mod location;
mod options;
mod per_project;
mod pyproject;
mod script;
mod table;
mod unresolved;

pub use decode::{DecodeError, decode};
pub use file::{EditableLine, Item, ItemKind, RequirementLine, RequirementsFile, Written};
pub use groups::{GroupName, GroupRequest, GroupRequestError, Grouped, Groups};
pub use per_project::{PerProject, Selector};
pub use pyproject::{Project, SelectError, Selected, Statement};
pub use script::Script;
pub use table::comments_beside;
pub use unresolved::{UnnamedRequirement, UnresolvedRequirement};

#[cfg(test)]
mod oracle_tests;
