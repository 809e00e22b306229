//! Files that the real tools wrote (uv 0.13.8, Poetry 2.5.1, PDM 2.29.4, Pipenv 2026.10.3,
//! pip 26.3), with other hosts and fewer files, and the old formats by hand.

use super::*;
use crate::python::{Platform, PythonVersion, Tags, Target, WheelName};

const UV: &str = include_str!("../../../fixtures/locks/uv.lock");
const POETRY: &str = include_str!("../../../fixtures/locks/poetry.lock");
const PDM: &str = include_str!("../../../fixtures/locks/pdm.lock");
const PIPENV: &str = include_str!("../../../fixtures/locks/Pipfile.lock");
const PYLOCKS: [(&str, &str); 6] = [
    (
        "uv export",
        include_str!("../../../fixtures/locks/pylock.uv-export.toml"),
    ),
    ("uv", include_str!("../../../fixtures/locks/pylock.uv.toml")),
    (
        "pip",
        include_str!("../../../fixtures/locks/pylock.pip.toml"),
    ),
    (
        "pdm",
        include_str!("../../../fixtures/locks/pylock.pdm.toml"),
    ),
    (
        "poetry",
        include_str!("../../../fixtures/locks/pylock.poetry.toml"),
    ),
    (
        "pipenv",
        include_str!("../../../fixtures/locks/pylock.pipenv.toml"),
    ),
];

/// Returns what is chosen for a target, and what is noted.
#[track_caller]
fn chosen(kind: Kind, text: &str, python: &str, platform: &str) -> (String, Vec<String>) {
    let lock = read(kind, text).unwrap();
    let platform: Platform = platform.parse().unwrap();
    let target = Target::new(PythonVersion::parse(python).unwrap(), platform);
    let tags = Tags::new(&target);
    let fits = |wheel: &WheelName| tags.compatibility(wheel).is_some();
    let chosen = lock.choose(&target.environment(), &fits);
    let pins: Vec<String> = chosen
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    (pins.join(", "), lock.notes)
}

#[track_caller]
fn check(kind: Kind, text: &str, python: &str, pins: &str) {
    assert_eq!(
        chosen(kind, text, python, "linux").0,
        pins,
        "{kind:?} {python}"
    );
}

#[test]
fn uv_tells_versions_apart_by_its_resolution_markers() {
    let colorama = "colorama 0.4.6";
    check(
        Kind::Uv,
        UV,
        "3.12",
        &format!(
            "cffi 2.1.1, click 8.5.0, {colorama}, cryptography 50.0.2, importlib-metadata 8.7.1, \
             iniconfig 2.3.0, pycparser 3.0, typing-extensions 4.16.0, zipp 3.23.1"
        ),
    );
    check(
        Kind::Uv,
        UV,
        "3.9.0",
        &format!(
            "cffi 2.0.0, click 8.1.8, {colorama}, cryptography 47.0.0, importlib-metadata 8.7.1, \
             iniconfig 2.1.0, pycparser 2.23, typing-extensions 4.16.0, zipp 3.23.1"
        ),
    );
    let (_, notes) = chosen(Kind::Uv, UV, "3.12", "linux");
    assert_eq!(
        notes,
        ["it was made with `--exclude-newer 2026-10-01T00:00:00Z`, which does not apply here"]
    );
    for revision in ["", "revision = 99\n"] {
        let text = format!("version = 1\n{revision}[[package]]\nname = \"a\"\nversion = \"1\"\n");
        assert_eq!(read(Kind::Uv, &text), Ok(ForeignLock::default()));
    }
    let error = read(Kind::Uv, "version = 2\n").unwrap_err();
    assert_eq!(error, "its format is version 2; pinfold reads version 1");
}

#[test]
fn poetry_tells_versions_apart_by_markers_or_python() {
    let (pins, notes) = chosen(Kind::Poetry, POETRY, "3.12", "linux");
    assert!(pins.contains("cryptography 43.0.3"), "{pins}");
    assert_eq!(notes, [""; 0]);
    let (pins, _) = chosen(Kind::Poetry, POETRY, "3.14", "linux");
    assert!(pins.contains("cryptography 50.0.2"), "{pins}");
    let package = |version: &str, rest: &str| {
        format!("[[package]]\nname = \"a\"\nversion = \"{version}\"\n{rest}\n")
    };
    // Of Poetry 1: the requirements on Python have to do.
    let old = package("1.0", "python-versions = \"<3.10\"")
        + &package("2.0", "python-versions = \">=3.10\"")
        + "[metadata]\nlock-version = \"1.1\"\n[metadata.files]\na = [{file = \"a-1.0.tar.gz\"}]\n";
    check(Kind::Poetry, &old, "3.9", "a 1.0");
    check(Kind::Poetry, &old, "3.12", "a 2.0");
    let groups = package(
        "1.0",
        "markers = {main = \"os_name == 'nt'\", dev = \"os_name == 'x'\"}",
    ) + &package(
        "2.0",
        "markers = {main = \"os_name == 'nt'\", dev = \"os_name == 'posix'\"}",
    );
    check(Kind::Poetry, &groups, "3.12", "a 2.0");
    let elsewhere = package("1.0", "[package.source]\ntype = \"git\"\n");
    check(Kind::Poetry, &elsewhere, "3.12", "");
    let index = package("1.0", "[package.source]\ntype = \"legacy\"\n");
    check(Kind::Poetry, &index, "3.12", "a 1.0");
    assert!(read(Kind::Poetry, "[metadata]\nlock-version = \"3.0\"\n").is_err());
}

#[test]
fn pdm_has_twins_that_only_their_files_tell_apart() {
    let (pins, notes) = chosen(Kind::Pdm, PDM, "3.12", "linux");
    assert!(pins.contains("cryptography 43.0.3"), "{pins}");
    assert_eq!(notes, [""; 0]);
    let twin = |version: &str, wheel: &str| {
        format!(
            "[[package]]\nname = \"plat\"\nversion = \"{version}\"\nmarker = \"python_version == \
             '3.12'\"\nfiles = [{{file = \"plat-{version}-{wheel}.whl\", hash = \"sha256:0\"}}]\n"
        )
    };
    let text = "[metadata]\nlock_version = \"4.5.1\"\n".to_owned()
        + &twin("2.0", "cp312-cp312-manylinux_2_34_x86_64")
        + &twin("1.0", "cp312-cp312-musllinux_1_2_x86_64")
        + "[[package]]\nname = \"plat\"\nversion = \"3.0\"\nextras = [\"x\"]\n";
    let on = |platform: &str| chosen(Kind::Pdm, &text, "3.12", platform).0;
    assert_eq!(on("x86_64-musllinux_1_2"), "plat 1.0");
    assert_eq!(on("x86_64-manylinux_2_36"), "plat 2.0");
    // Where none fits, the newer one is as good as any.
    assert_eq!(on("windows"), "plat 2.0");
    assert!(read(Kind::Pdm, "[metadata]\nlock_version = \"5.0\"\n").is_err());
}

#[test]
fn pipenv_names_what_it_does_not_pin() {
    let (pins, notes) = chosen(Kind::Pipenv, PIPENV, "3.12", "linux");
    assert_eq!(
        pins,
        "cffi 2.1.1, click 8.5.1, cryptography 50.0.2, iniconfig 2.3.1, pycparser 3.12"
    );
    assert_eq!(notes, ["it does not pin these projects: pywin32"]);
    // Of what needs a newer Python nothing is preferred.
    check(Kind::Pipenv, PIPENV, "3.9.1", "");
    assert!(read(Kind::Pipenv, "[]").is_err());
}

#[test]
fn of_conda_s_only_what_pip_installs_counts() {
    let text = "version: 1\nmetadata:\n  content_hash: {linux-64: abc}\n  channels:\n  - url: \
                conda-forge\n    used_env_vars: []\npackage:\n\
                - name: numpy\n  version: 2.2.6\n  manager: conda\n  platform: linux-64\n  \
                dependencies:\n    python: '>=3.12'\n  url: https://conda.example.com/numpy\n  \
                hash:\n    md5: '0'\n  category: main\n  optional: false\n\
                - name: flask\n  version: 3.1.2\n  manager: pip\n  platform: linux-64\n  \
                dependencies:\n    name: '9'\n  hash: {sha256: '0'}\n\
                - name: flask\n  version: 3.0.0\n  manager: pip\n  platform: osx-arm64\n";
    let (pins, notes) = chosen(Kind::Conda, text, "3.12", "linux");
    assert_eq!(pins, "flask 3.1.2");
    assert_eq!(
        notes,
        ["it has these packages from conda, so their versions are not preferred: numpy"]
    );
    assert_eq!(chosen(Kind::Conda, text, "3.12", "macos").0, "flask 3.0.0");
    assert!(read(Kind::Conda, "a: 1\n").is_err());
    assert!(read(Kind::Conda, "a: [\n").is_err());
}

#[test]
fn pylocks_of_all_tools_are_read() {
    for (tool, text) in PYLOCKS {
        let (pins, _) = chosen(Kind::Pylock, text, "3.12", "linux");
        let has = |pin: &str| pins.contains(pin);
        let click = if matches!(tool, "uv" | "uv export") {
            "click 8.5.0"
        } else {
            "click 8."
        };
        assert!(
            has(click) && has("cffi 2.") && has("cryptography "),
            "{tool}: {pins}"
        );
        // Groups count, too.
        let has_group = !matches!(tool, "uv" | "pip" | "poetry");
        assert_eq!(has("iniconfig"), has_group, "{tool}: {pins}");
    }
    let notes = |tool: &str| {
        let (_, text) = PYLOCKS.into_iter().find(|(name, _)| *name == tool).unwrap();
        chosen(Kind::Pylock, text, "3.12", "linux").1
    };
    for tool in ["uv", "uv export", "pip", "pdm", "poetry"] {
        assert_eq!(notes(tool), [""; 0], "{tool}");
    }
    let notes = notes("pipenv");
    assert!(
        notes[0].starts_with("`environments` is an empty list"),
        "{notes:?}"
    );
    assert!(notes[1].starts_with("skipped pywin32"), "{notes:?}");
}

#[test]
fn anything_may_be_called_a_lock() {
    for kind in [
        Kind::Uv,
        Kind::Poetry,
        Kind::Pdm,
        Kind::Pipenv,
        Kind::Conda,
        Kind::Pylock,
        Kind::Requirements,
    ] {
        for text in [
            "",
            "\u{feff}",
            "[",
            "{}",
            "a: b",
            "package = 1",
            "[[package]]\nname = 1",
        ] {
            let _ = read(kind, text);
        }
    }
    let (pins, _) = chosen(
        Kind::Requirements,
        "a==1\nb==2 ; os_name == 'nt'\nc>=1\n",
        "3.12",
        "linux",
    );
    assert_eq!(pins, "a 1");
}

#[test]
fn kinds_are_known_by_name() {
    for (kind, name) in Kind::NAMED {
        assert_eq!(Kind::of_name(name), Some(kind));
    }
    assert_eq!(Kind::of_name("pylock.dev.toml"), Some(Kind::Pylock));
    assert_eq!(Kind::of_name("env.conda-lock.yml"), Some(Kind::Conda));
    assert_eq!(Kind::of_name("requirements.txt"), None);
}
