//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod environment;
mod marker;
mod name;
mod platform;
mod requirement;
mod specifier;
mod tags;
mod target;
mod version;
mod wheel;

pub use environment::Environment;
pub use marker::Marker;
pub use name::{ExtraName, ProjectName};
pub use platform::{Arch, Os, Platform, PlatformError};
pub use requirement::{Requirement, RequirementError, RequirementSource};
pub use specifier::{Operator, SpecifierError, Specifiers, describe};
pub use tags::{TagMismatch, Tags};
pub use target::{Implementation, PythonVersion, PythonVersionError, Target};
pub use version::Version;
pub use wheel::{FileNameError, SdistName, WheelName, WheelTags};
