//! Where the cache is kept when nobody says so.
//!
//! The XDG base directory specification on Unix, macOS included, as most
//! command line tools do; the local application data on Windows.

use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the folder for the cache of a user whose environment `lookup` reads.
///
/// `$XDG_CACHE_HOME/pinfold`, or `~/.cache/pinfold`; on Windows
/// `%LOCALAPPDATA%\pinfold\cache`. None where there is no home to be found.
pub fn default_dir(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The specification: a relative path is to be ignored.
    let absolute = |name: &str| {
        lookup(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        let base = absolute("LOCALAPPDATA")?;
        return Some(base.join("pinfold").join("cache"));
    }
    if let Some(base) = absolute("XDG_CACHE_HOME") {
        return Some(base.join("pinfold"));
    }
    let home = absolute("HOME").or_else(|| etcetera::home_dir().ok())?;
    Some(home.join(".cache").join("pinfold"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(environment: &[(&str, &str)], expected: &str) {
        let lookup = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        };
        assert_eq!(default_dir(lookup), Some(PathBuf::from(expected)));
    }

    #[test]
    fn follows_xdg_and_then_home() {
        check(
            &[("XDG_CACHE_HOME", "/x"), ("HOME", "/home/me")],
            "/x/pinfold",
        );
        check(&[("HOME", "/home/me")], "/home/me/.cache/pinfold");
    }

    #[test]
    fn ignores_a_relative_xdg_folder() {
        check(
            &[("XDG_CACHE_HOME", "x"), ("HOME", "/home/me")],
            "/home/me/.cache/pinfold",
        );
        check(
            &[("XDG_CACHE_HOME", ""), ("HOME", "/home/me")],
            "/home/me/.cache/pinfold",
        );
    }
}
