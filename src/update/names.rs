//! Which files may be locks or sources, by their names, and paths in a repository.
//!
//! Names that only other tools use are left out, so that their files need not be read.

use crate::lock::pylock;
use crate::requirements::location;

/// Whether a file of this name may be a lock or what a lock is made of.
///
/// Names that only other tools use do not count, so that their files need not be read.
pub fn is_candidate_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "pyproject.toml" | "setup.py" | "setup.cfg") {
        return true;
    }
    let Some((stem, ending)) = lower.rsplit_once('.') else {
        return looks_like_requirements(&lower);
    };
    match ending {
        "in" => {
            !matches!(stem, "manifest" | "makefile" | "configure" | "version")
                && !TEMPLATES.iter().any(|ending| has_ending(stem, ending))
        }
        "txt" => !PROSE.contains(&stem),
        "lock" => !FOREIGN_LOCKS.contains(&stem),
        "pip" | "lockfile" | "frozen" | "pinned" => true,
        "toml" => pylock::has_name(&lower),
        _ => false,
    }
}

/// Endings before `.in` of files that other tools fill in.
const TEMPLATES: [&str; 22] = [
    ".ac", ".c", ".cfg", ".cmake", ".conf", ".cpp", ".desktop", ".h", ".hpp", ".html", ".ini",
    ".json", ".md", ".pc", ".py", ".rst", ".service", ".sh", ".spec", ".toml", ".xml", ".yaml",
];

/// Stems of `.txt` files that hold prose or are another tool's.
const PROSE: [&str; 20] = [
    "authors",
    "changelog",
    "changes",
    "cmakelists",
    "contributing",
    "contributors",
    "copying",
    "dependency_links",
    "entry_points",
    "history",
    "humans",
    "install",
    "licence",
    "license",
    "news",
    "notice",
    "readme",
    "robots",
    "sources",
    "top_level",
];

/// Stems of `.lock` files that other tools write in forms of their own.
const FOREIGN_LOCKS: [&str; 18] = [
    "bun", "bundle", "cargo", "chart", "composer", "conda", "deno", "devenv", "flake", "gemfile",
    "mix", "package", "pdm", "pipfile", "poetry", "pubspec", "uv", "yarn",
];

/// Whether a name, or a folder above, says that there are requirements in the file.
pub(super) fn looks_like_requirements(lower: &str) -> bool {
    ["requirements", "constraints"]
        .iter()
        .any(|word| lower.contains(word))
}

pub(super) fn is_absolute(path: &str) -> bool {
    let mut bytes = path.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(b'/' | b'\\'), _) => true,
        (Some(letter), Some(b':')) => letter.is_ascii_alphabetic(),
        _ => false,
    }
}

/// Returns the path from the root of what is written in a folder; none if it is not in
/// the repository.
pub(super) fn at(folder: &str, written: &str) -> Option<String> {
    if written.is_empty() || is_absolute(written) {
        return None;
    }
    let written = written.replace('\\', "/");
    let path = location::normalise(format!("{folder}/{written}").trim_start_matches('/'));
    (path != "." && path != ".." && !path.starts_with("../")).then_some(path)
}

pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |index| &path[..index])
}

/// Returns the folder of a file and those above it, up to the root, which is empty.
pub(super) fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder_of(path));
    std::iter::from_fn(move || {
        let folder = next?;
        next = (!folder.is_empty()).then(|| folder_of(folder));
        Some(folder)
    })
}

pub(super) fn has_ending(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some()
}
