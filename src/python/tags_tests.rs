//! Tests of wheel tags: whole lists against `packaging`, ranks and mismatches.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::*;

fn target(python: &str, implementation: &str, platform: &str) -> Target {
    let mut target = Target::new(python.parse().unwrap(), platform.parse().unwrap());
    target.implementation = match implementation {
        "cpython" => Implementation::CPython {
            free_threaded: false,
        },
        "free-threaded" => Implementation::CPython {
            free_threaded: true,
        },
        "pypy" => Implementation::PyPy { abi: 73 },
        other => panic!("{other}"),
    };
    target
}

/// All tags in order, as `packaging` lists them.
fn all(target: &Target) -> Vec<String> {
    let list = list(target);
    let mut tags = Vec::new();
    for (python, abi) in &list.blocks {
        for platform in &list.platforms {
            tags.push(format!("{python}-{abi}-{platform}"));
        }
    }
    tags.extend(list.any.iter().map(|python| format!("{python}-none-any")));
    tags
}

fn wheel(tags: &str) -> WheelName {
    WheelName::parse(&format!("foo-1.0-{tags}.whl")).unwrap()
}

#[test]
fn agrees_with_packaging_on_every_tag_and_its_place() {
    let table = include_str!("../../fixtures/oracle/tags.tsv");
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [python, implementation, platform, length, digest] =
            line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        count += 1;
        let tags = all(&target(python, implementation, platform));
        let mut text = String::new();
        for tag in &tags {
            text.push_str(tag);
            text.push('\n');
        }
        let mut found = String::new();
        for byte in Sha256::digest(&text) {
            write!(found, "{byte:02x}").unwrap();
        }
        assert_eq!(tags.len().to_string(), length, "{line}:\n{text}");
        assert_eq!(found, digest, "{line}:\n{text}");
    }
    assert!(count > 100, "{count}");
}

#[test]
fn ranks_are_the_places_in_the_list() {
    for platform in ["x86_64-manylinux_2_28", "aarch64-macos_13_0", "windows"] {
        let target = target("3.11", "cpython", platform);
        let tags = target.tags();
        let all = all(&target);
        for (index, tag) in all.iter().enumerate() {
            let rank = tags.compatibility(&wheel(tag)).unwrap();
            assert_eq!(usize::try_from(rank).unwrap(), all.len() - index, "{tag}");
        }
    }
}

#[test]
fn a_wheel_of_several_tags_is_as_good_as_its_best() {
    let tags = target("3.11", "cpython", "linux").tags();
    let rank = |text| tags.compatibility(&wheel(text));
    assert_eq!(rank("py2.py3-none-any"), rank("py3-none-any"));
    assert_eq!(
        rank("cp311-cp311-manylinux_2_5_x86_64.manylinux_2_17_x86_64"),
        rank("cp311-cp311-manylinux_2_17_x86_64")
    );
    assert_eq!(
        rank("cp39.cp311-abi3-win32.manylinux1_x86_64.any"),
        rank("cp311-abi3-manylinux1_x86_64")
    );
    assert!(rank("cp311-cp311-manylinux_2_17_x86_64") > rank("cp311-abi3-manylinux_2_17_x86_64"));
    assert!(rank("cp37-abi3-manylinux_2_17_x86_64") > rank("py3-none-any"));
}

#[track_caller]
fn check_mismatch(wheel_tags: &str, expected: TagMismatch) {
    let tags = target("3.11", "cpython", "x86_64-manylinux_2_17").tags();
    let wheel = wheel(wheel_tags);
    assert_eq!(tags.compatibility(&wheel), None);
    assert_eq!(tags.incompatibility(&wheel), expected);
}

#[test]
fn says_what_does_not_fit() {
    check_mismatch("cp310-cp310-manylinux_2_17_x86_64", TagMismatch::Python);
    check_mismatch("cp312-abi3-manylinux_2_17_x86_64", TagMismatch::Python);
    check_mismatch("py2-none-any", TagMismatch::Python);
    check_mismatch(
        "pp39-pypy39_pp73-manylinux_2_17_x86_64",
        TagMismatch::Python,
    );
    check_mismatch("cp310-none-any", TagMismatch::Python);
    check_mismatch("cp311-cp311d-manylinux_2_17_x86_64", TagMismatch::Abi);
    check_mismatch("py3-abi3-any", TagMismatch::Abi);
    check_mismatch("cp311-cp311-manylinux_2_28_x86_64", TagMismatch::Platform);
    check_mismatch("cp311-cp311-manylinux_2_17_aarch64", TagMismatch::Platform);
    check_mismatch("cp311-cp311-musllinux_1_2_x86_64", TagMismatch::Platform);
    check_mismatch("cp38-abi3-win_amd64", TagMismatch::Platform);
    check_mismatch("py3-none-macosx_11_0_arm64", TagMismatch::Platform);
}

#[test]
fn free_threaded_builds_take_no_abi3() {
    let tags = target("3.13", "free-threaded", "linux").tags();
    assert!(
        tags.compatibility(&wheel("cp313-cp313t-linux_x86_64"))
            .is_some()
    );
    assert!(
        tags.compatibility(&wheel("cp313-cp313-linux_x86_64"))
            .is_none()
    );
    assert!(
        tags.compatibility(&wheel("cp38-abi3-linux_x86_64"))
            .is_none()
    );
}
