//! What holds of every lock for several targets, over random small indexes.

use std::collections::{BTreeMap, BTreeSet};

use pinfold::python::{
    Environment, Marker, PlatformValues, Requirement, RequirementSource, Specifiers, Tags, Target,
    TargetName, Version, WheelName,
};

use crate::index::{Index, Release, sdist, wheel};
use crate::project::{Project, run};

const TARGETS: [&str; 7] = [
    "3.10.2@x86_64-manylinux_2_36",
    "3.10.2@aarch64-manylinux_2_36",
    "3.11.4@x86_64-manylinux_2_36",
    "3.12.1@x86_64-manylinux_2_36",
    "3.12.1@aarch64-manylinux_2_36",
    "3.12.1@x86_64-pc-windows-msvc",
    "3.12.1@x86_64-manylinux_2_17",
];

/// A release of an index: its name, version, Pythons, requirements and the tags of its wheels.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    version: String,
    python: Option<&'static str>,
    requires: Vec<String>,
    /// None is an sdist.
    files: Vec<Option<&'static str>>,
}

impl Row {
    fn releases(&self) -> Vec<Release> {
        let requires: Vec<&str> = self.requires.iter().map(String::as_str).collect();
        let of = |file: Option<&str>| {
            let release = match file {
                Some(tag) => wheel(&self.name, &self.version).tag(tag),
                None => sdist(&self.name, &self.version),
            };
            let release = release.requires(&requires);
            match self.python {
                Some(python) => release.python(python),
                None => release,
            }
        };
        self.files.iter().copied().map(of).collect()
    }

    fn is_for(&self, target: &Target) -> bool {
        let python = self.python.map(|text| Specifiers::parse(text).unwrap());
        let tags: Tags = target.tags();
        let is_python = python.is_none_or(|python| python.contains(&target.python.release()));
        is_python
            && self.files.iter().any(|file| match file {
                None => true,
                Some(tag) => {
                    let name = WheelName::parse(&format!("x-0-{tag}.whl")).unwrap();
                    tags.compatibility(&name).is_some()
                }
            })
    }
}

/// Numbers that look random, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const MARKERS: [&str; 8] = [
    "",
    "",
    "",
    " ; python_version < '3.12'",
    " ; python_full_version >= '3.11.3'",
    " ; platform_machine == 'aarch64'",
    " ; sys_platform == 'win32'",
    " ; os_name == 'posix' and python_version >= '3.11'",
];

const PYTHONS: [Option<&str>; 7] = [
    None,
    None,
    None,
    None,
    Some(">=3.11"),
    Some(">=3.12"),
    Some("!=3.10.2"),
];

fn rows(dice: &mut Dice) -> Vec<Row> {
    const ANY: Option<&str> = Some("py3-none-any");
    let mut rows = Vec::new();
    for project in 0..5 {
        for version in 1..=1 + dice.below(4) {
            let requires = (0..dice.below(3)).map(|_| {
                let on = dice.below(5);
                let bound = dice.one(&["", "", ">=2", "<3", "!=2", "<=2"]);
                format!("p{on}{bound}{}", dice.one(&MARKERS))
            });
            let requires = requires.filter(|text| !text.starts_with(&format!("p{project}")));
            let requires = requires.collect();
            let files = match dice.below(8) {
                0 => vec![Some("cp312-cp312-manylinux_2_34_x86_64"), None],
                1 => vec![
                    Some("py3-none-manylinux_2_34_x86_64"),
                    Some("py3-none-manylinux_2_17_aarch64"),
                    Some("py3-none-win_amd64"),
                ],
                2 => vec![
                    Some("py3-none-manylinux_2_17_x86_64"),
                    Some("py3-none-manylinux_2_17_aarch64"),
                    Some("py3-none-win_amd64"),
                ],
                3 => vec![None],
                _ => vec![ANY],
            };
            rows.push(Row {
                name: format!("p{project}"),
                version: version.to_string(),
                python: dice.one(&PYTHONS),
                requires,
                files,
            });
        }
    }
    rows
}

/// Returns the pins that hold in an environment; a project must not be pinned twice.
fn filtered(lock: &[String], environment: &Environment) -> BTreeMap<String, String> {
    let mut pins = BTreeMap::new();
    for line in lock {
        let (pin, marker) = match line.split_once(" ; ") {
            Some((pin, marker)) => (pin, Some(Marker::parse(marker).unwrap())),
            None => (line.as_str(), None),
        };
        if marker.is_none_or(|marker| marker.evaluate(environment, None)) {
            let (name, version) = pin.split_once("==").unwrap();
            let twice = pins.insert(name.to_owned(), version.to_owned());
            assert_eq!(twice, None, "{lock:?}");
        }
    }
    pins
}

/// Asserts that pins are what requirements ask for, and nothing else.
fn check_valid(pins: &BTreeMap<String, String>, roots: &[String], rows: &[Row], target: &Target) {
    let environment = target.environment();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = roots.to_vec();
    while let Some(text) = open.pop() {
        let requirement = Requirement::parse(&text).unwrap();
        let marker = requirement.marker.as_ref();
        if marker.is_some_and(|marker| !marker.evaluate(&environment, None)) {
            continue;
        }
        let name = requirement.name.to_string();
        let version = pins.get(&name);
        let version = version.unwrap_or_else(|| panic!("{text} on {target}: {pins:?}"));
        let RequirementSource::Specifiers(specifiers) = &requirement.source else {
            panic!("{text}");
        };
        let parsed: Version = version.parse().unwrap();
        assert!(specifiers.contains(&parsed), "{text} on {target}: {pins:?}");
        if reached.insert(name.clone()) {
            let mut all = rows.iter();
            let row = all.find(|row| row.name == name && row.version == *version);
            let row = row.unwrap();
            assert!(row.is_for(target), "{row:?} is not for {target}");
            open.extend(row.requires.iter().cloned());
        }
    }
    let pinned: BTreeSet<String> = pins.keys().cloned().collect();
    assert_eq!(pinned, reached, "on {target}");
}

/// Compiles for targets; none if there is no solution.
fn compile(
    index: &Index,
    roots: &str,
    targets: &[&str],
    arguments: &[&str],
) -> Option<Vec<String>> {
    let project = Project::of(roots);
    let url = index.url();
    let mut all = vec!["compile", "-i", &url, "--no-emit-index-url", "-q"];
    for target in targets {
        all.extend(["--target", target]);
    }
    all.extend(arguments);
    let run = run(&mut project.command(&all));
    assert!(matches!(run.code, 0 | 1), "{}", run.stderr);
    (run.code == 0).then(|| project.pins())
}

#[test]
fn each_target_gets_a_valid_lock_and_its_own_with_newest() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut solved = 0;
    for _ in 0..24 {
        let rows = rows(&mut dice);
        let index = Index::new(rows.iter().flat_map(Row::releases));
        let roots: Vec<String> = (0..2 + dice.below(2))
            .map(|number| format!("p{number}{}", dice.one(&MARKERS)))
            .collect();
        let text = roots.join("\n");
        let mut chosen: Vec<&str> = TARGETS.to_vec();
        while chosen.len() > 3 {
            chosen.remove(dice.below(chosen.len()));
        }
        let of = |name: &str| -> Target {
            let name: TargetName = name.parse().unwrap();
            name.target(&PlatformValues::default())
        };
        let newest = compile(&index, &text, &chosen, &["--fork-strategy", "newest"]);
        for strategy in ["requires-python", "fewest"] {
            let shared = compile(&index, &text, &chosen, &["--fork-strategy", strategy]);
            assert_eq!(
                shared.is_some(),
                newest.is_some(),
                "{rows:#?}\n{text}\n{chosen:?}"
            );
            for target in chosen.iter().map(|name| of(name)) {
                let Some(lock) = &shared else { continue };
                let pins = filtered(lock, &target.environment());
                check_valid(&pins, &roots, &rows, &target);
            }
        }
        let mut backwards = chosen.clone();
        backwards.reverse();
        let other = compile(&index, &text, &backwards, &["--fork-strategy", "newest"]);
        assert_eq!(other, newest);
        let Some(lock) = newest else { continue };
        solved += 1;
        for name in &chosen {
            let target = of(name);
            let environment = target.environment();
            let pins = filtered(&lock, &environment);
            check_valid(&pins, &roots, &rows, &target);
            // Those that no marker tells apart have one lock.
            let cell: Vec<&str> = chosen
                .iter()
                .copied()
                .filter(|other| of(other).environment() == environment)
                .collect();
            let alone = compile(&index, &text, &cell, &[]).unwrap();
            assert_eq!(
                pins,
                filtered(&alone, &environment),
                "{rows:#?}\n{text}\n{name}"
            );
        }
    }
    assert!(solved >= 8, "{solved}");
}
