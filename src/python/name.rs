//! Normalised names (PEP 503, PEP 685).

pub use pep508_rs::ExtraName;
/// A project's name in the normal form of PEP 503: lower case, runs of `-`, `_`
/// and `.` made one `-`. It parses any spelling and prints the normal one.
pub use pep508_rs::PackageName as ProjectName;
