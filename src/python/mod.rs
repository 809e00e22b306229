//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod environment;
mod marker;
mod name;
mod requirement;
mod specifier;
mod version;

pub use environment::Environment;
pub use marker::Marker;
pub use name::{ExtraName, ProjectName};
pub use requirement::{Requirement, RequirementError, RequirementSource};
pub use specifier::{Operator, SpecifierError, Specifiers, describe};
pub use version::Version;
