//! Tests of printed markers: that they hold where they should, and how they read.

use proptest::prelude::*;

use super::super::{Environment, Marker, Target, Version};
use super::tests::{environment, marker};
use super::{WorldSet, Worlds, marker_of_environments};

fn of(worlds: &mut Worlds, text: &str) -> WorldSet {
    worlds.of_marker(&Marker::parse(text).unwrap(), None)
}

/// Returns the marker for where `on` holds, as against the rest of `region`.
fn printed(region: &str, on: &str) -> String {
    let mut worlds = Worlds::new();
    let (region, on) = (of(&mut worlds, region), of(&mut worlds, on));
    let on = worlds.and(on, region);
    let off = worlds.minus(region, on);
    worlds.marker(on, off).unwrap_or_default()
}

fn target(python: &str, platform: &str) -> Environment {
    Target::new(python.parse().unwrap(), platform.parse().unwrap()).environment()
}

fn targets(pythons: &[&str], platforms: &[&str]) -> Vec<Environment> {
    let each = pythons.iter().flat_map(|python| {
        let each = platforms.iter();
        each.map(move |platform| target(python, platform))
    });
    each.collect()
}

/// Returns the marker that tells the environments of the bits of `on` from the others.
fn told_apart(all: &[Environment], on: u64, cuts: &[&str]) -> Option<String> {
    let is_on = |at: usize| on & (1 << at) != 0;
    let own = |wanted: bool| -> Vec<&Environment> {
        let all = all.iter().enumerate();
        let own = all.filter(|(at, _)| is_on(*at) == wanted);
        own.map(|(_, environment)| environment).collect()
    };
    let cuts: Vec<Version> = cuts.iter().map(|cut| cut.parse().unwrap()).collect();
    let text = marker_of_environments(&own(true), &own(false), &cuts);
    if let Some(text) = &text {
        let marker = Marker::parse(text).unwrap();
        for (at, environment) in all.iter().enumerate() {
            let holds = marker.evaluate(environment, None);
            assert_eq!(holds, is_on(at), "{text}: {environment:?}");
        }
        assert_eq!(marker.to_pip_string(), *text);
    }
    text
}

fn comparisons(text: &str) -> usize {
    text.matches('"').count() / 2
}

#[test]
fn every_choice_of_six_targets_takes_at_most_six_comparisons() {
    let all = targets(&["3.10", "3.12", "3.13"], &["linux/amd64", "linux/arm64"]);
    for on in 1..(1 << 6) - 1 {
        let text = told_apart(&all, on, &[]).unwrap();
        assert!(comparisons(&text) <= 6, "{text}");
    }
    assert_eq!(told_apart(&all, (1 << 6) - 1, &[]), None);
}

#[test]
fn every_choice_of_eight_targets_takes_at_most_eight_comparisons() {
    let pythons = ["3.9", "3.10", "3.12", "3.13"];
    let all = targets(&pythons, &["linux/amd64", "linux/arm64"]);
    for on in 1..(1 << 8) - 1 {
        let text = told_apart(&all, on, &[]).unwrap();
        assert!(comparisons(&text) <= 8, "{text}");
    }
}

#[test]
fn a_patch_is_named_where_it_decides() {
    let check = |pythons: [&str; 2], cuts: &[&str]| {
        let all = targets(&pythons, &["linux"]);
        [1, 2].map(|on| told_apart(&all, on, cuts).unwrap())
    };
    // cryptography
    assert_eq!(
        check(["3.9.1", "3.9.2"], &["3.9", "3.9.2", "3.10"]),
        [
            "python_full_version < \"3.9.2\"",
            "python_full_version >= \"3.9.2\""
        ]
    );
    // redis
    assert_eq!(
        check(["3.11.0", "3.11.9"], &["3.11", "3.11.3", "3.12"]),
        [
            "python_full_version < \"3.11.3\"",
            "python_full_version >= \"3.11.3\""
        ]
    );
    assert_eq!(
        check(["3.11.0", "3.11.9"], &[]),
        [
            "python_full_version < \"3.11.9\"",
            "python_full_version >= \"3.11.9\""
        ]
    );
    let minor = ["python_version < \"3.12\"", "python_version >= \"3.12\""];
    assert_eq!(check(["3.10.4", "3.12.11"], &[]), minor);
    assert_eq!(
        check(["3.10.4", "3.12.11"], &["3.11", "3.12", "3.13"]),
        minor
    );
    assert_eq!(
        check(["3.10.4", "3.12.11"], &["3.11"]),
        ["python_version < \"3.11\"", "python_version >= \"3.11\""]
    );
    assert_eq!(
        check(["3.14.0rc1", "3.14.0"], &[]),
        [
            "python_full_version == \"3.14.0rc1\"",
            "python_full_version == \"3.14.0\""
        ]
    );
}

#[test]
fn markers_of_six_targets_read_well() {
    let all = targets(&["3.10", "3.12", "3.13"], &["linux/amd64", "linux/arm64"]);
    for (on, expected) in [
        (0b00_00_11, "python_version < \"3.12\""),
        (0b11_11_00, "python_version >= \"3.12\""),
        (0b00_11_00, "python_version == \"3.12\""),
        (0b11_00_11, "python_version != \"3.12\""),
        (0b01_01_01, "platform_machine == \"x86_64\""),
        (0b10_10_10, "platform_machine == \"aarch64\""),
        (
            0b00_00_10,
            "python_version < \"3.12\" and platform_machine == \"aarch64\"",
        ),
        (
            0b11_11_01,
            "python_version >= \"3.12\" or platform_machine == \"x86_64\"",
        ),
        (
            0b10_00_10,
            "python_version != \"3.12\" and platform_machine == \"aarch64\"",
        ),
        (
            0b01_10_01,
            "(python_version != \"3.12\" and platform_machine == \"x86_64\") or \
             (python_version == \"3.12\" and platform_machine == \"aarch64\")",
        ),
    ] {
        assert_eq!(told_apart(&all, on, &[]).as_deref(), Some(expected));
    }
}

#[test]
fn platforms_are_told_apart_by_their_system() {
    let all = targets(&["3.12"], &["linux", "windows", "macos"]);
    let read = |on| told_apart(&all, on, &[]).unwrap();
    assert_eq!(read(0b010), "sys_platform == \"win32\"");
    assert_eq!(read(0b101), "sys_platform != \"win32\"");
    let mut pypy = target("3.12", "linux");
    pypy.implementation_name = "pypy".to_owned();
    pypy.platform_python_implementation = "PyPy".to_owned();
    let all = [target("3.12", "linux"), pypy];
    assert_eq!(
        told_apart(&all, 0b10, &[]).unwrap(),
        "implementation_name == \"pypy\""
    );
    let mut kernel = target("3.12", "linux");
    kernel.platform_release = "6.8.0-1-generic".to_owned();
    let all = [target("3.12", "linux"), kernel];
    let text = "platform_release == \"6.8.0-1-generic\"";
    assert_eq!(told_apart(&all, 0b10, &[]).as_deref(), Some(text));
}

#[test]
fn what_alternatives_have_in_common_is_said_once() {
    let platforms = [
        "linux/amd64",
        "linux/arm64",
        "linux/ppc64le",
        "windows",
        "macos",
    ];
    let all = targets(&["3.12"], &platforms);
    let text = "sys_platform == \"linux\" and \
        (platform_machine == \"aarch64\" or platform_machine == \"x86_64\")";
    let mut all: Vec<Environment> = all;
    all[3].platform_machine = "x86_64".to_owned();
    all[4].platform_machine = "aarch64".to_owned();
    for machine in ["s390x", "riscv64"] {
        all.push(Environment {
            platform_machine: machine.to_owned(),
            ..all[0].clone()
        });
    }
    assert_eq!(told_apart(&all, 0b000_0011, &[]).as_deref(), Some(text));
    let all = targets(
        &["3.10", "3.11", "3.12", "3.13"],
        &["linux/amd64", "linux/arm64", "linux/ppc64le"],
    );
    // 3.10 and one of two machines, and 3.12 and that one.
    let text = told_apart(&all, 0b000_001_000_011, &[]).unwrap();
    assert_eq!(
        text,
        "(python_version < \"3.11\" and platform_machine != \"ppc64le\") or \
         (python_version == \"3.12\" and platform_machine == \"x86_64\")"
    );
    let mut all = targets(
        &["3.10", "3.12"],
        &["linux/amd64", "linux/arm64", "windows"],
    );
    all.push(Environment {
        platform_machine: "aarch64".to_owned(),
        ..target("3.12", "windows")
    });
    assert_eq!(
        told_apart(&all, 0b001_0011, &[]).unwrap(),
        "sys_platform == \"linux\" and \
         (python_version < \"3.12\" or platform_machine == \"aarch64\")"
    );
}

#[test]
fn the_same_environment_on_both_sides_is_one_of_the_first() {
    let (one, two) = (target("3.12", "linux"), target("3.13", "linux"));
    let text = marker_of_environments(&[&one], &[&one, &two], &[]);
    assert_eq!(text.as_deref(), Some("python_version < \"3.13\""));
    assert_eq!(marker_of_environments(&[&one], &[&one], &[]), None);
    let never = marker_of_environments(&[], &[&one], &[]).unwrap();
    assert!(!Marker::parse(&never).unwrap().evaluate(&one, None));
}

#[test]
fn markers_for_all_environments_read_well() {
    for (region, on, expected) in [
        ("python_version >= '3.9'", "python_version >= '3.8'", ""),
        (
            "python_version >= '3.9'",
            "python_version < '3.10'",
            "python_version < \"3.10\"",
        ),
        (
            "python_version >= '3.9'",
            "python_version < '3.10' and platform_system == 'Windows'",
            "python_version < \"3.10\" and sys_platform == \"win32\"",
        ),
        (
            "python_version >= '3.9'",
            "os_name == 'nt' or sys_platform == 'win32' or platform_system == 'Windows'",
            "sys_platform == \"win32\"",
        ),
        (
            "python_version >= '3.9'",
            "python_full_version >= '3.9.2'",
            "python_full_version >= \"3.9.2\"",
        ),
        (
            "python_version >= '3.9'",
            "platform_python_implementation != 'PyPy' and sys_platform != 'cygwin'",
            "sys_platform != \"cygwin\" and implementation_name != \"pypy\"",
        ),
        ("", "implementation_name != 'PyPy'", ""),
        ("", "os_name == 'posix'", "os_name == \"posix\""),
        (
            "sys_platform == 'linux' or sys_platform == 'darwin' or sys_platform == 'win32'",
            "sys_platform == 'linux' or sys_platform == 'darwin'",
            "sys_platform != \"win32\"",
        ),
        (
            "python_version >= '3.9'",
            "python_version < '3.14' and (platform_machine == 'aarch64' or \
             platform_machine == 'ppc64le' or platform_machine == 'x86_64' or \
             platform_machine == 'AMD64')",
            "python_version < \"3.14\" and (platform_machine == \"AMD64\" or \
             platform_machine == \"aarch64\" or platform_machine == \"ppc64le\" or \
             platform_machine == \"x86_64\")",
        ),
        (
            "python_version >= '3.12'",
            "sys_platform != 'darwin' or platform_machine != 'x86_64'",
            "sys_platform != \"darwin\" or platform_machine != \"x86_64\"",
        ),
        (
            "",
            "platform_release >= '5' and platform_machine == 'x86_64'",
            "platform_machine == \"x86_64\" and platform_release >= \"5\"",
        ),
        (
            "",
            "platform_version not in 'a b' or python_version in '3.8,3.9'",
            "(python_version >= \"3.8\" and python_version < \"3.10\") or \
             platform_version not in \"a b\"",
        ),
        ("", "'bsd' in sys_platform", "\"bsd\" in sys_platform"),
    ] {
        let region = if region.is_empty() {
            "python_version >= '0'"
        } else {
            region
        };
        assert_eq!(printed(region, on), expected, "{on}");
    }
}

#[test]
fn what_is_free_need_not_be_said() {
    let mut worlds = Worlds::new();
    let on = of(
        &mut worlds,
        "python_version == '3.10' and sys_platform == 'linux'",
    );
    let off = of(
        &mut worlds,
        "python_version == '3.12' and sys_platform == 'win32'",
    );
    let text = worlds.marker(on, off).unwrap();
    assert_eq!(text, "python_version < \"3.12\"");
    assert_eq!(worlds.marker(on, WorldSet::NONE), None);
    assert_eq!(worlds.marker(on, on), None);
    let never = worlds.marker(WorldSet::NONE, on).unwrap();
    assert_eq!(of(&mut worlds, &never), WorldSet::NONE);
}

#[test]
fn the_order_in_which_comparisons_are_met_is_not_seen() {
    let parts = [
        "platform_release >= '5'",
        "platform_version == 'a'",
        "platform_machine in 'b a' and implementation_version < '7'",
    ];
    let read = |order: [usize; 3]| {
        let mut worlds = Worlds::new();
        let mut on = WorldSet::NONE;
        for at in order {
            let set = of(&mut worlds, parts[at]);
            on = worlds.or(on, set);
        }
        let off = worlds.not(on);
        worlds.marker(on, off).unwrap()
    };
    let text = read([0, 1, 2]);
    assert_eq!(comparisons(&text), 5, "{text}");
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(read(order), text);
    }
}

#[test]
fn a_marker_too_complex_to_print_is_said_to_be() {
    let mut worlds = Worlds::new();
    let part = |at: usize| {
        format!(
            "(python_full_version != '3.9.{at}' or platform_machine != 'm{at}' or \
             sys_platform != 's{at}' or implementation_name != 'i{at}')"
        )
    };
    let parts: Vec<String> = (0..40).map(part).collect();
    let on = of(&mut worlds, &parts.join(" and "));
    let off = worlds.not(on);
    worlds.marker(on, off);
    assert!(worlds.is_overfull());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_printed_holds_on_all_of_one_set_and_none_of_the_other(
        one in marker(), other in marker(), seen_before in marker(),
    ) {
        let mut worlds = Worlds::new();
        let (on, other_set) = (worlds.of_marker(&one, None), worlds.of_marker(&other, None));
        let rest = worlds.not(on);
        let free = worlds.minus(other_set, on);
        for off in [rest, free] {
            let text = worlds.marker(on, off);
            let read = text.as_ref().map_or(WorldSet::ALL, |text| of(&mut worlds, text));
            prop_assert!(worlds.is_subset(on, read), "{} / {}: {:?}", one, other, text);
            prop_assert!(worlds.is_disjoint(off, read), "{} / {}: {:?}", one, other, text);
            // Whatever was seen before, in whatever order.
            let mut later = Worlds::new();
            later.of_marker(&seen_before, None);
            let (other_set, on) = (later.of_marker(&other, None), later.of_marker(&one, None));
            let off = if off == rest { later.not(on) } else { later.minus(other_set, on) };
            prop_assert_eq!(later.marker(on, off), text);
        }
    }

    #[test]
    fn the_order_of_environments_is_not_seen(
        picked in prop::collection::vec((0..5_usize, 0..4_usize, 0..2_usize, any::<bool>()), 1..13),
    ) {
        let pythons = ["3.9.1", "3.9.2", "3.10.4", "3.12.1", "3.13.0"];
        let systems = [
            ["posix", "linux", "Linux", "x86_64"],
            ["posix", "linux", "Linux", "aarch64"],
            ["nt", "win32", "Windows", "AMD64"],
            ["posix", "darwin", "Darwin", "arm64"],
        ];
        let of = |wanted: bool| -> Vec<Environment> {
            let own = picked.iter().filter(|(_, _, _, is_on)| *is_on == wanted);
            own.map(|(python, system, implementation, _)| {
                let [os, sys, system, machine] = systems[*system];
                let [name, long] = [["cpython", "CPython"], ["pypy", "PyPy"]][*implementation];
                environment(pythons[*python], [os, sys, system, machine, name, long])
            })
            .collect()
        };
        let (on, off) = (of(true), of(false));
        let off: Vec<&Environment> = off.iter().filter(|own| !on.contains(own)).collect();
        let on: Vec<&Environment> = on.iter().collect();
        let text = marker_of_environments(&on, &off, &[]);
        // Listed in reverse, and twice.
        let mut on_again: Vec<&Environment> = on.iter().rev().copied().collect();
        let off_again: Vec<&Environment> = off.iter().rev().copied().collect();
        on_again.extend(&on);
        prop_assert_eq!(marker_of_environments(&on_again, &off_again, &[]), text.clone());
        if let (Some(text), false) = (text, on.is_empty()) {
            let marker = Marker::parse(&text).unwrap();
            prop_assert!(on.iter().all(|own| marker.evaluate(own, None)), "{}", text);
            prop_assert!(!off.iter().any(|own| marker.evaluate(own, None)), "{}", text);
        }
    }
}
