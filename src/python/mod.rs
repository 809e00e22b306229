//! Words for Python packaging: names, versions, specifiers, requirements,
//! markers, wheel tags, environments.

mod clause;
mod condition;
mod describe;
mod environment;
mod error;
mod marker;
mod marker_parser;
mod name;
mod platform;
mod repair;
mod requirement;
mod specifier;
mod tags;
mod target;
mod targets;
mod version;
mod wheel;
mod worlds;

pub use clause::Operator;
pub use condition::Condition;
pub use describe::describe;
pub use environment::{Environment, PlatformValues};
pub use error::{RequirementError, SpecifierError};
pub use marker::{Given, Marker};
pub use name::{ExtraName, ProjectName, is_spelling};
pub use platform::{Arch, Os, Platform, PlatformError};
pub use requirement::{Requirement, RequirementSource};
pub use specifier::Specifiers;
pub use tags::{TagMismatch, Tags};
pub use target::{Implementation, PythonVersion, PythonVersionError, Target};
pub use targets::{Cell, MOST_TARGETS, TargetName, TargetNameError, cells};
pub use version::Version;
pub use wheel::{FileNameError, SdistName, WheelName, WheelTags};
pub use worlds::{WorldSet, Worlds, marker_of_environments};

#[cfg(test)]
mod laws_tests;
