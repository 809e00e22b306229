//! What a folder of the user's holds, as a key: a project that is built from it need not
//! be built again while that stays the same.
//!
//! A build may read more than its folder: the history of the repository, what lies above.
//! A folder whose project files speak of such things has no key, nor has a large one.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::files::{self, Exclude};
use crate::text;

/// The most files that are looked at.
const MOST_FILES: usize = 5_000;

/// The most bytes that are looked at.
const MOST_BYTES: usize = 64 << 20;

/// What builds leave behind.
const LEFT_BEHIND: [&str; 5] = ["*.egg-info/", "build/", "dist/", "__pycache__/", "*.py[co]"];

/// What project files say that look beyond their folder, or change with the time.
const BEYOND: [&str; 7] = ["..", "scm", "vcs", "git", "versioneer", "pbr", "environ"];

/// Returns a key of a folder's content; none if that alone does not decide what a build
/// gives, or cannot be looked at. Reads files, and takes its time.
pub(in crate::ops) fn key(folder: &Path) -> Option<String> {
    for name in ["pyproject.toml", "setup.py", "setup.cfg"] {
        let bytes = files::read_if_there(&folder.join(name)).ok()?;
        let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if text.is_some_and(|text| BEYOND.iter().any(|word| text.contains(word))) {
            return None;
        }
    }
    let left_behind = LEFT_BEHIND.map(str::to_owned);
    let exclude = Exclude::new(folder, &left_behind).ok()?;
    let found = files::find(folder, &exclude, |_| true);
    if !found.problems.is_empty() || found.files.len() > MOST_FILES {
        return None;
    }
    let mut hasher = Sha256::new();
    let mut size = 0;
    for path in &found.files {
        let bytes = files::read(path).ok()?;
        size += bytes.len();
        if size > MOST_BYTES {
            return None;
        }
        let name = path.strip_prefix(folder).unwrap_or(path);
        hasher.update(name.as_os_str().as_encoded_bytes());
        hasher.update([0]);
        hasher.update(Sha256::digest(&bytes));
    }
    Some(text::hex(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn follows_what_is_in_the_folder_and_not_where_it_is() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let write = |name: &str, text: &str| {
            for folder in &folders {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        };
        let keys = || folders.each_ref().map(|folder| key(folder.path()).unwrap());
        write("setup.py", "from setuptools import setup\n");
        write("p/__init__.py", "");
        let [first, second] = keys();
        assert_eq!(first, second);
        write("p.egg-info/PKG-INFO", "x");
        write("build/lib/p.py", "x");
        assert_eq!(keys()[0], first);
        write("p/__init__.py", "x = 1\n");
        assert_ne!(keys()[0], first);
    }

    #[test]
    fn what_looks_beyond_has_none() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            "use_scm_version",
            "open('../requirements.txt')",
            "os.environ['X']",
        ] {
            fs::write(folder.path().join("setup.py"), text).unwrap();
            assert_eq!(key(folder.path()), None, "{text}");
        }
    }
}
