//! Laws of the algebra, against the evaluation of markers on a grid of environments.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Environment, ExtraName, Marker, PythonVersion, Specifiers, Target, Version};
use super::{WorldSet, Worlds};

/// Pythons of every class that [`VERSIONS`] make.
const PYTHONS: [&str; 22] = [
    "2.7.18", "3.0.0", "3.0.1", "3.1.0", "3.5.0", "3.8.0", "3.8.1", "3.8.20", "3.9.0", "3.9.1",
    "3.9.2", "3.10.0", "3.10.1", "3.11.0", "3.11.3", "3.11.9", "3.12.0", "4.0.0", "4.0.1", "4.1.0",
    "9.1.0", "9.2.0",
];
const VERSIONS: [&str; 9] = [
    "3", "3.8", "3.9", "3.9.1", "3.10", "3.11.3", "3.10.0", "4", "3.9.1.5",
];

pub(super) fn environment(python: &str, names: [&str; 6]) -> Environment {
    let [os, sys, system, machine, implementation, long] = names.map(str::to_owned);
    let parts: Vec<&str> = python.split('.').collect();
    Environment {
        os_name: os,
        sys_platform: sys,
        platform_system: system,
        platform_machine: machine,
        implementation_name: implementation,
        platform_python_implementation: long,
        python_version: parts[..2].join("."),
        python_full_version: python.to_owned(),
        implementation_version: python.to_owned(),
        platform_release: "6.8.0".to_owned(),
        platform_version: "#1 SMP".to_owned(),
    }
}

/// Environments of every class that the markers of [`marker`] make.
fn grid() -> Vec<Environment> {
    let mut systems = vec![
        ["posix", "linux", "Linux"],
        ["posix", "darwin", "Darwin"],
        ["nt", "win32", "Windows"],
        ["posix", "cygwin", "CYGWIN_NT-10.0"],
        ["posix", "cygwin", "FreeBSD"],
    ];
    for os in ["posix", "java", "odd"] {
        for sys in ["freebsd13", "odd"] {
            systems.extend(["FreeBSD", "odd"].map(|system| [os, sys, system]));
        }
    }
    let mut implementations = vec![["cpython", "CPython"], ["pypy", "PyPy"]];
    for name in ["graalpy", "odd"] {
        implementations.extend(["GraalVM", "odd"].map(|long| [name, long]));
    }
    let mut grid = Vec::new();
    for python in PYTHONS {
        for [os, sys, system] in &systems {
            for machine in ["x86_64", "aarch64", "x86", "odd"] {
                for [name, long] in &implementations {
                    grid.push(environment(python, [os, sys, system, machine, name, long]));
                }
            }
        }
    }
    grid
}

fn comparison() -> impl Strategy<Value = String> {
    let version = || prop::sample::select(VERSIONS.to_vec());
    let python = || prop::sample::select(vec!["python_version", "python_full_version"]);
    let order = prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!=", "~=", "==="]);
    let name = prop_oneof![
        Just((
            "sys_platform",
            vec!["linux", "darwin", "win32", "cygwin", "freebsd13"]
        )),
        Just(("os_name", vec!["posix", "nt", "java"])),
        Just((
            "platform_system",
            vec!["Linux", "Darwin", "Windows", "FreeBSD"]
        )),
        Just((
            "platform_machine",
            vec!["x86_64", "aarch64", "aarch64 x86_64"]
        )),
        Just((
            "implementation_name",
            vec!["cpython", "pypy", "graalpy", "PyPy"]
        )),
        Just((
            "platform_python_implementation",
            vec!["CPython", "PyPy", "GraalVM"]
        )),
    ];
    prop_oneof![
        (python(), order.clone(), version(), any::<bool>()).prop_map(
            |(variable, operator, version, is_reversed)| {
                let version = match operator {
                    "~=" if !version.contains('.') => "3.9",
                    _ => version,
                };
                if is_reversed {
                    format!("'{version}' {operator} {variable}")
                } else {
                    format!("{variable} {operator} '{version}'")
                }
            }
        ),
        (python(), any::<bool>(), version()).prop_map(|(variable, is_equal, version)| {
            let operator = if is_equal { "==" } else { "!=" };
            format!("{variable} {operator} '{version}.*'")
        }),
        (python(), any::<bool>()).prop_map(|(variable, is_in)| {
            let operator = if is_in { "in" } else { "not in" };
            format!("{variable} {operator} '3.8, 3.9.1,3.10'")
        }),
        (
            name,
            prop::sample::select(vec!["==", "!=", "==", "!=", "in", "not in", "<", ">="]),
            any::<prop::sample::Index>()
        )
            .prop_map(|((variable, values), operator, index)| {
                // Only a search takes several words.
                let value = index.get(&values);
                let is_search = operator.ends_with("in");
                let value = if is_search {
                    value
                } else {
                    value.split(' ').next().unwrap()
                };
                format!("{variable} {operator} '{value}'")
            }),
    ]
}

/// A marker of everything but comparisons of values that nothing is known of.
pub(super) fn marker() -> impl Strategy<Value = Marker> {
    comparison()
        .prop_recursive(3, 8, 3, |inner| {
            (prop::collection::vec(inner, 1..4), any::<bool>()).prop_map(|(parts, is_and)| {
                let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
                parts.join(if is_and { " and " } else { " or " })
            })
        })
        .prop_map(|text| Marker::parse(&text).unwrap())
}

fn of(worlds: &mut Worlds, text: &str) -> WorldSet {
    worlds.of_marker(&Marker::parse(text).unwrap(), None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sets_hold_what_their_markers_hold_on(one in marker(), other in marker()) {
        let mut worlds = Worlds::new();
        let (a, b) = (worlds.of_marker(&one, None), worlds.of_marker(&other, None));
        let (and, or) = (worlds.and(a, b), worlds.or(a, b));
        let (minus, not) = (worlds.minus(a, b), worlds.not(a));
        let (mut all_same, mut all_apart, mut all_within) = (true, true, true);
        for environment in &grid() {
            let (x, y) = (one.evaluate(environment, None), other.evaluate(environment, None));
            prop_assert_eq!(worlds.contains(a, environment), x, "{} {:?}", one, environment);
            prop_assert_eq!(worlds.contains(and, environment), x && y);
            prop_assert_eq!(worlds.contains(or, environment), x || y);
            prop_assert_eq!(worlds.contains(minus, environment), x && !y);
            prop_assert_eq!(worlds.contains(not, environment), !x);
            all_same &= x == y;
            all_apart &= !(x && y);
            all_within &= !x || y;
        }
        prop_assert_eq!(a == b, all_same, "{} / {}", &one, &other);
        prop_assert_eq!(worlds.is_disjoint(a, b), all_apart, "{} / {}", &one, &other);
        prop_assert_eq!(worlds.is_subset(a, b), all_within, "{} / {}", &one, &other);
    }

    #[test]
    fn laws_of_sets_make_the_same_ids(one in marker(), two in marker(), three in marker()) {
        let mut worlds = Worlds::new();
        let [a, b, c] = [one, two, three].map(|marker| worlds.of_marker(&marker, None));
        let (ab, ac, bc) = (worlds.and(a, b), worlds.and(a, c), worlds.or(b, c));
        prop_assert_eq!(worlds.and(a, bc), worlds.or(ab, ac));
        let (not_a, not_b) = (worlds.not(a), worlds.not(b));
        prop_assert_eq!(worlds.not(ab), worlds.or(not_a, not_b));
        prop_assert_eq!(worlds.not(not_a), a);
        prop_assert_eq!(worlds.minus(a, b), worlds.and(a, not_b));
        let rest = worlds.minus(a, b);
        prop_assert_eq!(worlds.or(rest, ab), a);
    }

    #[test]
    fn pythons_are_those_of_some_world(marker in marker()) {
        let mut worlds = Worlds::new();
        let set = worlds.of_marker(&marker, None);
        let ranges = worlds.pythons_of(set);
        let mut some: BTreeMap<Version, bool> = BTreeMap::new();
        for environment in grid() {
            let holds = marker.evaluate(&environment, None);
            *some.entry(environment.python_full_version.parse().unwrap()).or_default() |= holds;
        }
        for (python, holds) in some {
            let is_within = ranges.iter().any(|(lower, upper)| {
                python >= *lower && upper.as_ref().is_none_or(|upper| python < *upper)
            });
            prop_assert_eq!(is_within, holds, "{} {}", marker, python);
        }
        prop_assert_eq!(worlds.lowest_python(set), ranges.first().map(|range| range.0.clone()));
    }
}

#[test]
fn the_table_of_packaging_is_met() {
    let table = include_str!("../../../fixtures/oracle/markers.tsv");
    let mut worlds = Worlds::new();
    let mut environments: BTreeMap<&str, Environment> = BTreeMap::new();
    let mut compared = 0;
    for line in table.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["env", name, json] => {
                environments.insert(name, serde_json::from_str(json).unwrap());
            }
            ["eval", marker, environment, extra, _] => {
                let Ok(marker) = Marker::parse(marker) else {
                    continue;
                };
                let environment = &environments[environment];
                let is_release = !environment
                    .python_full_version
                    .contains(['a', 'b', 'c', '+']);
                if is_release {
                    let extra = (!extra.is_empty()).then(|| extra.parse::<ExtraName>().unwrap());
                    let set = worlds.of_marker(&marker, extra.as_ref());
                    let holds = marker.evaluate(environment, extra.as_ref());
                    assert_eq!(worlds.contains(set, environment), holds, "{line}");
                    compared += 1;
                }
            }
            _ => {}
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn systems_are_whole_rows() {
    let mut worlds = Worlds::new();
    for text in [
        "os_name == 'nt' and sys_platform == 'linux'",
        "sys_platform == 'linux' and platform_system == 'Windows'",
        "platform_system == 'Darwin' and os_name == 'nt'",
        "implementation_name == 'cpython' and platform_python_implementation == 'PyPy'",
        "implementation_name == 'PyPy' and implementation_name == 'pypy'",
        "python_version < '3.9' and python_full_version >= '3.9.1'",
        "sys_platform > 'a'",
        "implementation_name == 'PyPy'",
        "platform_system == 'windows'",
        "sys_platform == 'Linux'",
    ] {
        assert_eq!(of(&mut worlds, text), WorldSet::NONE, "{text}");
    }
    for (one, other) in [
        ("os_name == 'nt'", "sys_platform == 'win32'"),
        ("platform_system == 'Linux'", "sys_platform == 'linux'"),
        (
            "platform_python_implementation != 'PyPy'",
            "implementation_name != 'pypy'",
        ),
        ("python_version == '3.9'", "python_full_version == '3.9.*'"),
        ("python_version > '3.9'", "python_full_version >= '3.10'"),
        (
            "python_version ~= '3.9'",
            "python_version >= '3.9' and python_version < '4'",
        ),
        (
            "python_version in '3.8,3.9'",
            "python_full_version ~= '3.8.0' or python_version == '3.9'",
        ),
        (
            "platform_machine in 'arm64, aarch64'",
            "platform_machine == 'aarch64' or platform_machine == 'arm64'",
        ),
        (
            "python_full_version === '3.9.1'",
            "python_full_version >= '3.9.1' and python_full_version < '3.9.2'",
        ),
        (
            "'3.1' in python_version",
            "python_version == '3.1' or python_version >= '3.10' and python_version < '3.20'",
        ),
    ] {
        assert_eq!(
            of(&mut worlds, one),
            of(&mut worlds, other),
            "{one} / {other}"
        );
    }
}

#[test]
fn a_name_seen_later_is_part_of_the_rest_before() {
    let mut worlds = Worlds::new();
    let rest = of(&mut worlds, "platform_machine != 'x86_64'");
    let later = of(&mut worlds, "platform_machine == 'mips64'");
    assert!(worlds.is_subset(later, rest));
    let bsd = of(&mut worlds, "'bsd' in sys_platform");
    let openbsd = of(&mut worlds, "sys_platform == 'openbsd7'");
    assert!(!worlds.is_disjoint(bsd, openbsd));
    let other = environment(
        "3.12.0",
        [
            "posix", "openbsd7", "OpenBSD", "amd64", "cpython", "CPython",
        ],
    );
    assert!(worlds.contains(bsd, &other) && worlds.contains(openbsd, &other));
    let linux = of(&mut worlds, "sys_platform == 'linux'");
    assert!(worlds.is_disjoint(bsd, linux));
}

#[test]
fn nothing_is_assumed_of_releases_of_kernels() {
    let mut worlds = Worlds::new();
    // A kernel's release need not be a version, so that neither holds.
    let either = of(
        &mut worlds,
        "platform_release >= '5' or platform_release < '5'",
    );
    assert_ne!(either, WorldSet::ALL);
    let text = "platform_version == 'a' or platform_version != 'a'";
    assert_eq!(of(&mut worlds, text), WorldSet::ALL);
    let text = "platform_version in 'a' and platform_version not in 'a'";
    assert_eq!(of(&mut worlds, text), WorldSet::NONE);
    let new = of(&mut worlds, "platform_release >= '6'");
    let here = environment(
        "3.12.0",
        ["posix", "linux", "Linux", "x86_64", "cpython", "CPython"],
    );
    assert!(worlds.contains(new, &here));
    let world = worlds.of_environment(&here);
    assert!(worlds.is_subset(world, new));
}

#[test]
fn an_extra_is_known() {
    let mut worlds = Worlds::new();
    let marker = Marker::parse("extra == 'x' and os_name == 'nt'").unwrap();
    let extra: ExtraName = "x".parse().unwrap();
    let windows = of(&mut worlds, "sys_platform == 'win32'");
    for _ in 0..2 {
        assert_eq!(worlds.of_marker(&marker, Some(&extra)), windows);
        assert_eq!(worlds.of_marker(&marker, None), WorldSet::NONE);
    }
}

#[test]
fn required_pythons_are_ranges() {
    let mut worlds = Worlds::new();
    let mut pythons = |text: &str| -> Vec<String> {
        let set = worlds.of_pythons(&Specifiers::parse(text).unwrap());
        let ranges = worlds.pythons_of(set).into_iter();
        let ranges = ranges.map(|(lower, upper)| match upper {
            Some(upper) => format!("{lower}..{upper}"),
            None => format!("{lower}.."),
        });
        ranges.collect()
    };
    assert_eq!(pythons(""), ["0.0.0.."]);
    assert_eq!(
        pythons(">=3.8, !=3.9.0, !=3.9.1"),
        ["3.8.0..3.9.0", "3.9.2.."]
    );
    assert_eq!(
        pythons(">=3.8, <3.13, !=3.10.*"),
        ["3.8.0..3.10.0", "3.11.0..3.13.0"]
    );
    assert_eq!(pythons(">3.8"), ["3.8.1.."]);
    assert_eq!(pythons(">=3.14.0rc1"), ["3.14.0.."]);
    assert_eq!(pythons("<3"), ["0.0.0..3.0.0"]);
    assert_eq!(pythons(">=4, <3"), [""; 0]);
    let (lower, upper): (Version, Version) = ("3.9".parse().unwrap(), "3.10".parse().unwrap());
    let between = worlds.between(&lower, &upper);
    assert_eq!(between, of(&mut worlds, "python_version == '3.9'"));
    assert_eq!(
        worlds.since(&lower),
        of(&mut worlds, "python_version >= '3.9'")
    );
}

#[test]
fn an_environment_is_one_world() {
    let mut worlds = Worlds::new();
    let target = |python: &str, platform: &str| {
        let python: PythonVersion = python.parse().unwrap();
        Target::new(python, platform.parse().unwrap()).environment()
    };
    let linux = target("3.12.4", "linux");
    let one = worlds.of_environment(&linux);
    let written = "python_full_version == '3.12.4' and sys_platform == 'linux' \
        and platform_machine == 'x86_64' and implementation_name == 'cpython'";
    assert_eq!(one, of(&mut worlds, written));
    let windows = worlds.of_environment(&target("3.12.4", "windows"));
    assert!(worlds.is_disjoint(one, windows));
    let platform = worlds.of_platform(&linux);
    assert!(worlds.is_subset(one, platform));
    assert_eq!(
        platform,
        of(
            &mut worlds,
            "sys_platform == 'linux' and platform_machine == 'x86_64'"
        )
    );
    let elsewhere = environment(
        "3.12.4",
        ["posix", "sunos5", "SunOS", "i86pc", "odd", "Odd"],
    );
    let odd = worlds.of_environment(&elsewhere);
    assert!(worlds.contains(odd, &elsewhere) && !worlds.contains(odd, &linux));
}

#[test]
fn what_is_too_large_ends() {
    let mut worlds = Worlds::new();
    let parts: Vec<String> = (0..600)
        .map(|at| format!("platform_release == 'r{at}'"))
        .collect();
    of(&mut worlds, &parts.join(" or "));
    assert!(worlds.is_overfull());
    let mut worlds = Worlds::new();
    let long = format!("sys_platform in '{}'", "linux ".repeat(2000));
    let set = of(&mut worlds, &long);
    assert!(!worlds.is_overfull());
    let linux = environment(
        "3.12.0",
        ["posix", "linux", "Linux", "x86_64", "cpython", "CPython"],
    );
    assert!(worlds.contains(set, &linux));
}
