//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod name;
mod wheel;

pub use name::{ExtraName, ProjectName};
pub use wheel::{Version, WheelName};
