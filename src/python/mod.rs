//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod name;
mod specifier;
mod version;

pub use name::{ExtraName, ProjectName};
pub use specifier::{Operator, SpecifierError, Specifiers, describe};
pub use version::Version;
