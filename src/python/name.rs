//! Normalized names (PEP 503, PEP 685).

pub use pep508_rs::ExtraName;
/// A project's name in the normal form of PEP 503: lower case, runs of `-`, `_`
/// and `.` made one `-`. It parses any spelling and prints the normal one.
pub use pep508_rs::PackageName as ProjectName;

/// Whether `spelled` has the normal form `normal` (PEP 503), told without making a string.
pub fn is_spelling(spelled: &str, normal: &str) -> bool {
    let mut expected = normal.bytes();
    let mut in_run = false;
    for byte in spelled.bytes() {
        let is_separator = matches!(byte, b'-' | b'_' | b'.');
        if is_separator && in_run {
            continue;
        }
        in_run = is_separator;
        let byte = if is_separator {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        };
        if expected.next() != Some(byte) {
            return false;
        }
    }
    expected.next().is_none()
}
