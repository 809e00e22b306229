//! Releases of Python as numbers that sort as they do, and where an answer about them may
//! change.
//!
//! A Python is `X.Y.Z`; a pre-release counts as its release. Parts above [`MOST`] count as
//! that.

use std::str::FromStr as _;

use super::super::environment::Environment;
use super::super::version::Version;

const BITS: u32 = 20;
/// The highest number that a part may be.
const MOST: u64 = (1 << BITS) - 1;

/// Returns a release as a number.
pub(super) fn of_parts(parts: &[u64]) -> u64 {
    (0..3).fold(0, |packed, index| {
        (packed << BITS) | parts.get(index).copied().unwrap_or(0).min(MOST)
    })
}

/// Returns the release of a version.
pub(super) fn of_version(version: &Version) -> u64 {
    of_parts(version.release())
}

/// Returns the Python of an environment.
pub(super) fn of_environment(environment: &Environment) -> u64 {
    let text = if environment.python_full_version.is_empty() {
        &environment.python_version
    } else {
        &environment.python_full_version
    };
    let parts = text.split('.').map(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part[..digits].parse().unwrap_or(0)
    });
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part;
    }
    of_parts(&numbers)
}

/// Returns the three parts of a release.
pub(super) const fn parts(release: u64) -> [u64; 3] {
    [
        release >> (2 * BITS),
        (release >> BITS) & MOST,
        release & MOST,
    ]
}

pub(super) fn to_version(release: u64) -> Version {
    Version::new(parts(release))
}

/// Returns the first release of the same minor version.
pub(super) const fn minor(release: u64) -> u64 {
    release & !MOST
}

/// Returns the first release of the next minor version.
pub(super) const fn next_minor(release: u64) -> u64 {
    minor(release) + (1 << BITS)
}

/// Returns an environment of which only Python is known.
pub(super) fn to_environment(release: u64) -> Environment {
    let [major, minor, patch] = parts(release);
    Environment {
        python_version: format!("{major}.{minor}"),
        python_full_version: format!("{major}.{minor}.{patch}"),
        ..Environment::default()
    }
}

/// Adds where the answer to a comparison with a version may change.
pub(super) fn add_breaks(version: &str, breaks: &mut Vec<u64>) {
    let text = version.trim();
    let text = text.strip_suffix(".*").unwrap_or(text);
    if let Ok(version) = Version::from_str(text) {
        add_breaks_of(version.release(), breaks);
    }
}

fn add_breaks_of(parts: &[u64], breaks: &mut Vec<u64>) {
    let release = of_parts(parts);
    let major = release >> (2 * BITS);
    breaks.extend([
        release,
        release + 1,
        minor(release),
        next_minor(release),
        major << (2 * BITS),
        (major + 1) << (2 * BITS),
    ]);
}

/// Adds where the answer changes if a text of versions is searched for Python's.
pub(super) fn add_breaks_within(text: &str, breaks: &mut Vec<u64>) {
    /// Longer numbers are not those of a Python.
    const MOST_DIGITS: usize = 4;
    // All numbers that start at a byte, as `3.1` is a part of `3.12`.
    let numbers = |from: usize| {
        let digits = text.as_bytes()[from..].iter();
        let digits = digits.take_while(|byte| byte.is_ascii_digit()).count();
        (1..=digits.min(MOST_DIGITS)).filter_map(move |length| {
            Some((text[from..from + length].parse().ok()?, from + length))
        })
    };
    let behind_dot = |at: usize| (text.as_bytes().get(at) == Some(&b'.')).then_some(at + 1);
    for start in 0..text.len() {
        for (major, end) in numbers(start) {
            for (minor, end) in behind_dot(end).into_iter().flat_map(numbers) {
                add_breaks_of(&[major, minor], breaks);
                for (patch, _) in behind_dot(end).into_iter().flat_map(numbers) {
                    add_breaks_of(&[major, minor, patch], breaks);
                }
            }
        }
    }
}

/// Adds all releases that there may be, within reason, for what is asked of their text.
pub(super) fn add_all(has_patches: bool, breaks: &mut Vec<u64>) {
    const MOST_MINORS: u64 = 30;
    for major in 2..=4 {
        for minor in 0..MOST_MINORS {
            let patches = if has_patches { MOST_MINORS } else { 1 };
            breaks.extend((0..patches).map(|patch| of_parts(&[major, minor, patch])));
        }
    }
}

/// Returns the answers from each release on at which they change.
pub(super) fn pieces(mut breaks: Vec<u64>, mut holds: impl FnMut(u64) -> bool) -> Vec<(u64, bool)> {
    breaks.push(0);
    breaks.sort_unstable();
    breaks.dedup();
    breaks
        .into_iter()
        .map(|release| (release, holds(release)))
        .collect()
}
