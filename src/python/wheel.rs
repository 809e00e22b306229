//! Temporary stand-in for wheel names.
use super::ProjectName;
/// Version.
pub use pep440_rs::Version;
/// A wheel's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// project
    pub name: ProjectName,
    /// version
    pub version: Version,
}
impl WheelName {
    /// Parses.
    pub fn parse(filename: &str) -> Result<Self, String> {
        let stem = filename.strip_suffix(".whl").ok_or("no wheel")?;
        let parts: Vec<&str> = stem.split('-').collect();
        if !(5..=6).contains(&parts.len()) {
            return Err("parts".to_owned());
        }
        Ok(Self {
            name: parts[0].parse().map_err(|_| "name")?,
            version: parts[1].parse().map_err(|_| "version")?,
        })
    }
}
