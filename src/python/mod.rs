//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod name;

pub use name::{ExtraName, ProjectName};
