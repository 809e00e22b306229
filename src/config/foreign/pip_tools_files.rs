//! Which file holds the settings of pip-tools for a run.

use std::path::{Path, PathBuf};

/// The names of the files, the stronger first.
const NAMES: [&str; 2] = [".pip-tools.toml", "pyproject.toml"];

/// Returns the file whose settings of pip-tools count for these inputs: the first there is
/// beside the first input that has one; without inputs, and for standard input, one of the
/// current folder.
///
/// As in pip-tools, a `pyproject.toml` counts although it may have no table of theirs; the
/// next input is then not looked at. Paths are relative to the current folder, as the inputs
/// are; symbolic links are not followed to other folders.
pub fn pip_tools_file(
    inputs: &[impl AsRef<Path>],
    is_folder: impl Fn(&Path) -> bool,
    is_file: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let beside = |input: &Path| {
        let folder = if is_folder(input) {
            input
        } else {
            input.parent().unwrap_or(Path::new(""))
        };
        NAMES
            .iter()
            .map(|name| folder.join(name))
            .find(|path| is_file(path))
    };
    if inputs.is_empty() {
        return beside(Path::new("-"));
    }
    inputs.iter().find_map(|input| beside(input.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(inputs: &[&str], there: &[&str], expected: Option<&str>) {
        let found = pip_tools_file(
            inputs,
            |path| path == Path::new("src"),
            |path| there.iter().any(|name| Path::new(name) == path),
        );
        assert_eq!(found.as_deref(), expected.map(Path::new), "{inputs:?}");
    }

    #[test]
    fn the_first_input_that_has_one_counts() {
        let there = ["b/pyproject.toml", "c/.pip-tools.toml", "c/pyproject.toml"];
        check(
            &["a/x.in", "b/x.in", "c/x.in"],
            &there,
            Some("b/pyproject.toml"),
        );
        check(&["c/x.in", "b/x.in"], &there, Some("c/.pip-tools.toml"));
        check(&["a/x.in"], &there, None);
        check(
            &["/abs/x.in"],
            &["/abs/pyproject.toml"],
            Some("/abs/pyproject.toml"),
        );
    }

    #[test]
    fn standard_input_and_nothing_stand_for_the_current_folder() {
        let there = [".pip-tools.toml", "src/pyproject.toml"];
        check(&["-"], &there, Some(".pip-tools.toml"));
        check(&[], &there, Some(".pip-tools.toml"));
        check(&["x.in"], &there, Some(".pip-tools.toml"));
        check(&["src"], &there, Some("src/pyproject.toml"));
    }
}
