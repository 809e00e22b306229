//! `[build-system]` of a pyproject.toml (PEP 518, PEP 517), and what holds without it.
//!
//! Other tables are not looked at, nor are keys of this table that the PEPs do not know.

use std::path::{Component, Path};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Error;
use crate::files;
use crate::python::Requirement;
use crate::text::{Problem, Span, position};

/// The backend of projects that name none: it runs their setup.py.
const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";

/// The oldest setuptools that has it. That `wheel` is needed as well is for old ones
/// of these to say, when they are asked for more requirements.
const LEGACY_REQUIRES: &str = "setuptools>=40.8.0";

/// How a project says it is to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSystem {
    /// What has to be installed before the backend can be asked anything.
    pub requires: Vec<String>,
    /// The backend: a module, or an object in one after a colon.
    pub backend: String,
    /// Folders of the tree, relative to it, to which the backend belongs.
    pub backend_path: Vec<String>,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl BuildSystem {
    /// Reads the pyproject.toml of a tree; without one there has to be a setup.py
    /// (or a setup.cfg).
    pub fn of_tree(tree: &Path) -> Result<Self, Error> {
        let Some(bytes) = files::read_if_there(&tree.join("pyproject.toml"))? else {
            let has = |name: &str| tree.join(name).is_file();
            if has("setup.py") || has("setup.cfg") {
                return Ok(Self::legacy());
            }
            return Err(Error::NotAProject {
                tree: tree.to_owned(),
            });
        };
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
                let span = Span::new(valid.len(), valid.len());
                return Err(at(&valid, Problem::new(span, "is not UTF-8")));
            }
        };
        let (system, spans) = read(text)?;
        for (folder, span) in system.backend_path.iter().zip(spans) {
            check_inside(tree, folder)
                .map_err(|message| at(text, Problem::new(span, format!("`{folder}` {message}"))))?;
        }
        Ok(system)
    }

    /// Reads the text of a pyproject.toml. Whether the folders of `backend-path` are
    /// there, and are not links out of the tree, is for [`of_tree`](Self::of_tree) to see.
    pub fn parse(pyproject: &str) -> Result<Self, Error> {
        read(pyproject).map(|(system, _)| system)
    }

    /// Returns what holds for a project that says nothing.
    pub fn legacy() -> Self {
        Self {
            requires: vec![LEGACY_REQUIRES.to_owned()],
            backend: LEGACY_BACKEND.to_owned(),
            backend_path: Vec::new(),
        }
    }
}

/// Reads a pyproject.toml; also returns where the folders of `backend-path` stand.
fn read(text: &str) -> Result<(BuildSystem, Vec<Span>), Error> {
    read_table(text).map_err(|problem| at(text, problem))
}

fn at(text: &str, problem: Problem) -> Error {
    Error::System {
        position: position(text, problem.span.start),
        problem,
    }
}

fn read_table(text: &str) -> Result<(BuildSystem, Vec<Span>), Problem> {
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().map_or_else(Span::default, Span::from);
        let message = error.message().lines().next().unwrap_or_default();
        Problem::new(span, format!("invalid TOML: {message}"))
    })?;
    let Some(value) = document.get_ref().get("build-system") else {
        return Ok((BuildSystem::legacy(), Vec::new()));
    };
    let Some(table) = value.get_ref().as_table() else {
        return Err(wrong_type(value, "`build-system`", "a table"));
    };
    let Some(requires) = table.get("requires") else {
        return Err(
            Problem::new(value.span().into(), "`[build-system]` has no `requires`")
                .with_help("add `requires = [\"setuptools\"]`, or whatever builds the project"),
        );
    };
    let requires = texts(requires, "`requires`")?;
    for (requirement, span) in &requires {
        Requirement::parse(requirement).map_err(|error| {
            let message = format!("`{requirement}` is not a requirement: {}", error.message);
            Problem {
                help: error.help,
                ..Problem::new(*span, message)
            }
        })?;
    }
    let backend = match table.get("build-backend") {
        Some(value) => backend(value)?,
        None => LEGACY_BACKEND.to_owned(),
    };
    let backend_path = match table.get("backend-path") {
        Some(value) => texts(value, "`backend-path`")?,
        None => Vec::new(),
    };
    for (folder, span) in &backend_path {
        if !stays_inside(Path::new(folder)) {
            let message = format!("`{folder}` is not a directory inside the project");
            return Err(Problem::new(*span, message));
        }
    }
    let (backend_path, spans) = backend_path.into_iter().unzip();
    let system = BuildSystem {
        requires: requires.into_iter().map(|(text, _)| text).collect(),
        backend,
        backend_path,
    };
    Ok((system, spans))
}

/// ```text
/// backend = object [ ":" object ]
/// object  = identifier *( "." identifier )
/// ```
fn backend(value: &Value<'_>) -> Result<String, Problem> {
    let Some(text) = value.get_ref().as_str() else {
        return Err(wrong_type(value, "`build-backend`", "a string"));
    };
    let (module, object) = text.split_once(':').unwrap_or((text, "_"));
    if is_dotted(module) && is_dotted(object) {
        Ok(text.to_owned())
    } else {
        let message = format!("`{text}` is not a backend");
        Err(Problem::new(value.span().into(), message)
            .with_help("write the backend as `module` or `module:object`"))
    }
}

/// Whether a text is identifiers of Python, joined by dots.
pub(super) fn is_dotted(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut characters = part.chars();
        let is_start = |c: char| c == '_' || c.is_alphabetic();
        characters.next().is_some_and(is_start)
            && characters.all(|c| c == '_' || c.is_alphanumeric())
    })
}

fn texts(value: &Value<'_>, name: &str) -> Result<Vec<(String, Span)>, Problem> {
    let Some(array) = value.get_ref().as_array() else {
        return Err(wrong_type(value, name, "a list of strings"));
    };
    array
        .iter()
        .map(|item| match item.get_ref().as_str() {
            Some(text) => Ok((text.to_owned(), item.span().into())),
            None => Err(wrong_type(item, name, "a list of strings")),
        })
        .collect()
}

fn wrong_type(value: &Value<'_>, name: &str, expected: &str) -> Problem {
    Problem::new(value.span().into(), format!("{name} should be {expected}"))
}

/// Whether a path leads nowhere outside of the folder it is relative to, links aside.
fn stays_inside(path: &Path) -> bool {
    let mut depth = 0_usize;
    for component in path.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// Checks, links and all, that a folder is there and inside of the tree.
fn check_inside(tree: &Path, folder: &str) -> Result<(), String> {
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|error| format!("cannot be used: {error}"))
    };
    if real(&tree.join(folder))?.starts_with(real(tree)?) {
        Ok(())
    } else {
        Err("is not a directory inside the project".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        BuildSystem::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn reads_what_builds_the_project() {
        let system = BuildSystem::parse(
            "[build-system]\nrequires = [\"hatchling>=1\", 'x; python_version < \"3.9\"']\n\
             build-backend = \"hatchling.build\"\nbackend-path = [\".\", \"a/../b\"]\nother = 1\n",
        )
        .unwrap();
        assert_eq!(
            system.requires,
            ["hatchling>=1", "x; python_version < \"3.9\""]
        );
        assert_eq!(system.backend, "hatchling.build");
        assert_eq!(system.backend_path, [".", "a/../b"]);
    }

    #[test]
    fn setuptools_builds_what_names_no_backend() {
        let legacy = BuildSystem::legacy();
        assert_eq!(legacy.requires, ["setuptools>=40.8.0"]);
        assert_eq!(legacy.backend, "setuptools.build_meta:__legacy__");
        assert_eq!(
            BuildSystem::parse("[project]\nname = 'x'\n").unwrap(),
            legacy
        );
        let system =
            BuildSystem::parse("build-system.requires = ['setuptools', 'cython']").unwrap();
        assert_eq!(system.requires, ["setuptools", "cython"]);
        assert_eq!(system.backend, legacy.backend);
    }

    #[test]
    fn a_tree_without_a_table_is_legacy_if_it_has_a_setup_script() {
        let folder = tempfile::tempdir().unwrap();
        let of_tree = || BuildSystem::of_tree(folder.path());
        assert!(matches!(of_tree(), Err(Error::NotAProject { .. })));
        std::fs::write(folder.path().join("setup.py"), "").unwrap();
        assert_eq!(of_tree().unwrap(), BuildSystem::legacy());
        std::fs::write(
            folder.path().join("pyproject.toml"),
            b"# \xc3\xa4\nx = '\xff'",
        )
        .unwrap();
        assert_eq!(
            of_tree().unwrap_err().to_string(),
            "pyproject.toml:2:6: is not UTF-8"
        );
    }

    #[test]
    fn says_where_the_table_is_wrong() {
        assert_eq!(
            message("[build-system]\nrequires = [\n"),
            "pyproject.toml:2:13: invalid TOML: unclosed array, expected `]`"
        );
        assert_eq!(
            message("x = 1\nbuild-system = 2\n"),
            "pyproject.toml:2:16: `build-system` should be a table"
        );
        assert_eq!(
            message("\n[build-system]\nbuild-backend = 'x'\n"),
            "pyproject.toml:2:1: `[build-system]` has no `requires`"
        );
        assert_eq!(
            message("[build-system]\nrequires = ['a', 1]\n"),
            "pyproject.toml:2:18: `requires` should be a list of strings"
        );
        let text = "[build-system]\nrequires = ['ok', 'not ok']\n";
        let message_of_requirement = message(text);
        assert!(
            message_of_requirement
                .starts_with("pyproject.toml:2:19: `not ok` is not a requirement: "),
            "{message_of_requirement}"
        );
        for backend in ["", "a b", "a:b:c", "a.", "1a", ":a"] {
            assert_eq!(
                message(&format!(
                    "[build-system]\nrequires = []\nbuild-backend = '{backend}'\n"
                )),
                format!("pyproject.toml:3:17: `{backend}` is not a backend")
            );
        }
    }

    #[test]
    fn a_backend_stays_inside_of_its_tree() {
        for folder in ["..", "/lib", "a/../../b"] {
            let text = format!("[build-system]\nrequires = []\nbackend-path = ['.', '{folder}']\n");
            assert_eq!(
                message(&text),
                format!("pyproject.toml:3:22: `{folder}` is not a directory inside the project")
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let text = "[build-system]\nrequires = []\nbackend-path = ['link']\n";
        std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
        let of_tree = || BuildSystem::of_tree(folder.path()).unwrap_err().to_string();
        assert!(of_tree().starts_with("pyproject.toml:3:17: `link` cannot be used: "));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
            assert_eq!(
                of_tree(),
                "pyproject.toml:3:17: `link` is not a directory inside the project"
            );
        }
    }
}
