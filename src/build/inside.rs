//! Names in archives, as paths that cannot lead anywhere else.

use std::path::{Component, Path, PathBuf};

/// Returns the path a member's name stands for; empty for the folder itself.
///
/// # Errors
/// What is wrong with the name: it is absolute, or climbs. A `..` is refused also where it
/// would stay inside: no honest archive has one.
pub(super) fn inside(name: &Path) -> Result<PathBuf, &'static str> {
    let mut path = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return Err("which points outside of its directory"),
            Component::RootDir | Component::Prefix(_) => {
                return Err("which is an absolute path");
            }
        }
    }
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err("which is not a file name");
    }
    Ok(path)
}

/// Checks the target of a symbolic link that stands in `folder`, a path in the tree.
///
/// It may climb first, by as many folders as there are, and then name things. A `..`
/// behind a name is refused: the name could be that of another link, and then the `..`
/// would lead where the text does not say.
pub(super) fn check_link(folder: &Path, target: &Path) -> Result<(), &'static str> {
    const OUTSIDE: &str = "a link that points outside of the archive";
    let mut depth = folder.components().count();
    let mut has_names = false;
    for component in target.components() {
        match component {
            Component::Normal(_) => has_names = true,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 && !has_names => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(OUTSIDE);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_or_are_refused() {
        let path = |name: &str| inside(Path::new(name)).map(|path| path.display().to_string());
        assert_eq!(path("a/b").as_deref(), Ok("a/b"));
        assert_eq!(path("./a//b/").as_deref(), Ok("a/b"));
        assert_eq!(path("./").as_deref(), Ok(""));
        for name in ["/a", "../a", "a/../b", "a/..", "a\0b"] {
            assert!(path(name).is_err(), "{name}");
        }
    }

    #[test]
    fn links_stay_inside_or_are_refused() {
        let check = |folder: &str, target: &str| check_link(Path::new(folder), Path::new(target));
        assert_eq!(check("a/b", "c"), Ok(()));
        assert_eq!(check("a/b", "../../c/d"), Ok(()));
        assert_eq!(check("", "./c"), Ok(()));
        for (folder, target) in [
            ("a", "../.."),
            ("", ".."),
            ("a/b", "/etc/passwd"),
            // `c` could be a link to the top.
            ("a/b", "c/../../x"),
        ] {
            assert!(check(folder, target).is_err(), "{folder} {target}");
        }
    }
}
