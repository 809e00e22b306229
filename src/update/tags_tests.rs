//! Tags as real images have them.

use super::tags::{can_move, newest};
use crate::config::TagLimit;

const PYTHON: &[&str] = &[
    "latest",
    "slim",
    "3",
    "3-slim",
    "3.9-slim",
    "3.12",
    "3.12-slim",
    "3.12-slim-bookworm",
    "3.12.1",
    "3.12.1-slim",
    "3.12.1-slim-bookworm",
    "3.12.1-alpine3.19",
    "3.12.4",
    "3.12.4-slim",
    "3.12.4-slim-bookworm",
    "3.12.4-alpine3.20",
    "3.12.10-slim",
    "3.12.10-slim-bookworm",
    "3.12.10-windowsservercore-ltsc2022",
    "3.13",
    "3.13-slim",
    "3.13-rc-slim",
    "3.13.0rc1-slim",
    "3.13.0rc2-slim",
    "3.13.0rc10-slim",
    "3.13.0-slim",
    "3.13.0a6-slim",
    "3.13.0b1-slim",
    "3.14-rc-slim",
    "3.14.0a1-slim",
    "3.14.0a1",
    "4-slim",
];
const NODE: &[&str] = &[
    "lts",
    "current-slim",
    "20",
    "20-slim",
    "20.11-slim",
    "20.11.1-slim",
    "20.18.0-slim",
    "20.18.0-bookworm-slim",
    "22-slim",
    "22.9.0-slim",
    "22.9.0-alpine3.20",
    "23-slim",
    "22.9-alpine",
    "jod-slim",
    "20.11.1-alpine3.19",
    "20.18.0-alpine3.20",
];
const ALPINE: &[&str] = &[
    "latest",
    "edge",
    "20230901",
    "20240329",
    "20240606",
    "3",
    "3.18",
    "3.19",
    "3.19.0",
    "3.19.4",
    "3.20",
    "3.20.0_rc1",
    "3.20.3",
    "3.9",
    "3.9.6",
    "2.7",
];
const DEBIAN: &[&str] = &[
    "stable",
    "stable-slim",
    "bookworm",
    "bookworm-20240612-slim",
    "bookworm-20240701-slim",
    "12",
    "12-slim",
    "12.5",
    "12.5-slim",
    "12.6-slim",
    "12.7-slim",
    "13-slim",
    "sid-slim",
    "experimental",
    "oldstable-20240701",
];
const POSTGRES: &[&str] = &[
    "16",
    "16-alpine",
    "16.2-bookworm",
    "16.4-bookworm",
    "17rc1-bookworm",
    "17beta3-bookworm",
    "17.0-bookworm",
    "17-alpine",
    "16.2-alpine3.19",
    "16.4-alpine3.20",
    "9.6.24-alpine",
];
const NGINX: &[&str] = &[
    "mainline",
    "stable-alpine3.19",
    "1",
    "1.25",
    "1.26.1",
    "1.26.2",
    "1.27.0",
    "1.27.1-perl",
    "1.27.2",
    "1.27.2-alpine3.20-perl",
    "1.27.0-alpine-slim",
    "1.27.2-alpine-slim",
];
const REDIS: &[&str] = &[
    "7",
    "7.2.4",
    "7.2.5",
    "7.2.5-bookworm",
    "7.4.0",
    "7.4-rc1",
    "7.4-rc2",
    "8.0-M01",
    "8.0-M02",
    "8.0-M01-alpine",
    "7.4",
    "32bit",
    "7.2.4-32bit",
    "7.2.5-32bit",
];
const GOLANG: &[&str] = &[
    "1.22",
    "1.22.3",
    "1.22.7",
    "1.23rc1",
    "1.23rc2",
    "1.23.1",
    "1.23",
    "1.22.3-alpine3.19",
    "1.22.7-alpine3.19",
    "1.22.7-alpine3.20",
    "tip-20240801",
    "1.9",
    "1.22.10",
];
const TRAEFIK: &[&str] = &[
    "v2",
    "v2.11",
    "v2.11.8",
    "v3.0",
    "v3.0.0-rc1",
    "v3.0.0-beta5",
    "v3.0.4",
    "v3.1",
    "v3.1.0-rc2",
    "v3.1.2",
    "v3.2",
    "3.9",
    "3.1.9",
    "saintnectaire",
    "v3.10",
];
const UBUNTU: &[&str] = &[
    "latest",
    "rolling",
    "noble",
    "noble-20240605",
    "20.04",
    "22.04",
    "22.10",
    "24.04",
    "24.10",
    "14.04.5",
    "devel",
];

#[track_caller]
fn check(tags: &[&str], current: &str, limits: [Option<&str>; 3]) {
    let steps = [TagLimit::Patch, TagLimit::Minor, TagLimit::Major];
    let found = steps.map(|limit| newest(current, tags.iter().copied(), limit));
    let names = found
        .each_ref()
        .map(|it| it.as_ref().map(|it| it.tag.as_str()));
    assert_eq!(names, limits, "{current}");
    let backwards = steps.map(|limit| newest(current, tags.iter().rev().copied(), limit));
    assert_eq!(found, backwards, "the order of the tags matters");
    for (limit, bumped) in steps.into_iter().zip(found) {
        let Some(bumped) = bumped else { continue };
        assert!(bumped.step <= limit, "{bumped:?}");
        let again = newest(&bumped.tag, tags.iter().copied(), limit);
        assert_eq!(again, None, "{current} moves twice");
        assert!(can_move(current));
    }
    assert_eq!(newest(current, tags.iter().copied(), TagLimit::Keep), None);
}

#[track_caller]
fn check_stays(tags: &[&str], current: &str) {
    check(tags, current, [None; 3]);
}

#[test]
fn python_keeps_its_precision_and_its_system() {
    let patch = Some("3.12.10-slim");
    let minor = Some("3.13.0-slim");
    check(PYTHON, "3.12.1-slim", [patch, minor, minor]);
    check(
        PYTHON,
        "3.12-slim",
        [None, Some("3.13-slim"), Some("3.13-slim")],
    );
    check(PYTHON, "3.12", [None, Some("3.13"), Some("3.13")]);
    check(PYTHON, "3-slim", [None, None, Some("4-slim")]);
    check(PYTHON, "3.12.1", [Some("3.12.4"); 3]);
    check(
        PYTHON,
        "3.12.1-slim-bookworm",
        [Some("3.12.10-slim-bookworm"); 3],
    );
    check_stays(PYTHON, "3.12.1-alpine3.19");
    check_stays(PYTHON, "3.12.10-windowsservercore-ltsc2022");
    check_stays(PYTHON, "3.14.1-slim");
}

#[test]
fn a_pre_release_moves_within_its_release_and_on_to_it() {
    check(PYTHON, "3.13.0rc1-slim", [Some("3.13.0-slim"); 3]);
    let without_release: Vec<&str> = PYTHON
        .iter()
        .copied()
        .filter(|it| *it != "3.13.0-slim")
        .collect();
    check(
        &without_release,
        "3.13.0rc1-slim",
        [Some("3.13.0rc10-slim"); 3],
    );
    check(
        &without_release,
        "3.13.0b1-slim",
        [Some("3.13.0rc10-slim"); 3],
    );
    check_stays(&without_release, "3.14.0a1-slim");
    check(PYTHON, "3.13-rc-slim", [Some("3.13-slim"); 3]);
    check_stays(PYTHON, "3.14-rc-slim");
    check(POSTGRES, "17beta3-bookworm", [Some("17rc1-bookworm"); 3]);
    check(REDIS, "8.0-M01", [Some("8.0-M02"); 3]);
    check(REDIS, "7.4-rc1", [Some("7.4"); 3]);
    let tags = [
        "1.0.0-beta.9",
        "1.0.0-beta.10",
        "1.0.0-alpha.11",
        "1.1.0-beta.1",
        "1.0.0-beta11",
    ];
    check(&tags, "1.0.0-beta.2", [Some("1.0.0-beta.10"); 3]);
    check(
        &["2.0.dev1", "2.0.dev12", "2.1.dev1"],
        "2.0.dev2",
        [Some("2.0.dev12"); 3],
    );
}

#[test]
fn node_moves_by_numbers_in_the_order_of_numbers() {
    check(
        NODE,
        "20.11.1-slim",
        [None, Some("20.18.0-slim"), Some("22.9.0-slim")],
    );
    check(NODE, "20-slim", [None, None, Some("23-slim")]);
    check_stays(NODE, "20.11.1-alpine3.19");
    check_stays(NODE, "20.11-slim");
}

#[test]
fn alpine_does_not_jump_to_its_dates() {
    check(ALPINE, "3.19", [None, Some("3.20"), Some("3.20")]);
    check(ALPINE, "3.9", [None, Some("3.20"), Some("3.20")]);
    check(
        ALPINE,
        "3.19.0",
        [Some("3.19.4"), Some("3.20.3"), Some("3.20.3")],
    );
    check_stays(ALPINE, "3");
    check(ALPINE, "20230901", [None, None, Some("20240606")]);
}

#[test]
fn debian_s_dates_stay() {
    check(
        DEBIAN,
        "12.5-slim",
        [None, Some("12.7-slim"), Some("12.7-slim")],
    );
    check(DEBIAN, "12-slim", [None, None, Some("13-slim")]);
    check_stays(DEBIAN, "bookworm-20240612-slim");
    check_stays(DEBIAN, "stable-slim");
}

#[test]
fn databases_and_servers_keep_their_suffix() {
    let minor = Some("16.4-bookworm");
    check(
        POSTGRES,
        "16.2-bookworm",
        [None, minor, Some("17.0-bookworm")],
    );
    check(POSTGRES, "16-alpine", [None, None, Some("17-alpine")]);
    check_stays(POSTGRES, "16.2-alpine3.19");
    check(
        NGINX,
        "1.26.1",
        [Some("1.26.2"), Some("1.27.2"), Some("1.27.2")],
    );
    check(NGINX, "1.27.0-alpine-slim", [Some("1.27.2-alpine-slim"); 3]);
    check_stays(NGINX, "stable-alpine3.19");
    check(
        REDIS,
        "7.2.4",
        [Some("7.2.5"), Some("7.4.0"), Some("7.4.0")],
    );
    check(REDIS, "7.2.4-32bit", [Some("7.2.5-32bit"); 3]);
    check_stays(REDIS, "32bit");
    check(
        GOLANG,
        "1.22.3",
        [Some("1.22.10"), Some("1.23.1"), Some("1.23.1")],
    );
    check(GOLANG, "1.22", [None, Some("1.23"), Some("1.23")]);
    check(GOLANG, "1.22.3-alpine3.19", [Some("1.22.7-alpine3.19"); 3]);
    check(GOLANG, "1.23rc1", [Some("1.23"); 3]);
}

#[test]
fn a_v_is_part_of_the_form() {
    check(TRAEFIK, "v3.0", [None, Some("v3.10"), Some("v3.10")]);
    check(TRAEFIK, "v3.1", [None, Some("v3.10"), Some("v3.10")]);
    check(TRAEFIK, "v2.11", [None, None, Some("v3.10")]);
    check(TRAEFIK, "v3.0.4", [None, Some("v3.1.2"), Some("v3.1.2")]);
    let release = [Some("v3.0.4"), Some("v3.1.2"), Some("v3.1.2")];
    check(TRAEFIK, "v3.0.0-beta5", release);
    check_stays(TRAEFIK, "saintnectaire");
}

#[test]
fn ubuntu_s_year_is_its_first_number() {
    check(UBUNTU, "24.04", [None, Some("24.10"), Some("24.10")]);
    check(UBUNTU, "22.04", [None, Some("22.10"), Some("24.10")]);
    check_stays(UBUNTU, "noble-20240605");
    check_stays(UBUNTU, "14.04.5");
}

#[test]
fn no_version_becomes_a_date() {
    let tags = [
        "12.1", "12.2", "13.0", "999.0", "2024.1", "20240101", "202401.1",
    ];
    check(&tags, "12.1", [None, Some("12.2"), Some("13.0")]);
    check(
        &["2023.1", "2024.1", "2023.9", "9999.1"],
        "2023.1",
        [None, Some("2023.9"), Some("2024.1")],
    );
    check(
        &["v1.20240101", "v1.20240301"],
        "v1.20240101",
        [None, Some("v1.20240301"), Some("v1.20240301")],
    );
}

#[test]
fn what_says_nothing_about_its_order_stays() {
    for tag in [
        "latest",
        "slim",
        "stable",
        "edge",
        "main",
        "nightly",
        "",
        "v",
        "-",
        "1.",
        "1..2",
        "1.x",
        "1.2-20240101",
        "1.2.3-3fa9c1d",
        "1.2-g3fa9c1d",
        "3fa9c1d",
        "1234567",
        "20241301",
        "1.2-dev-20240101",
        "99999999999999999999999",
        "8u392",
        "release-1.2",
        "1.2:3",
        "1.2/3",
    ] {
        assert!(!can_move(tag), "{tag}");
        check_stays(
            &["1.3", "2", "99", "1.3-20240102", "v2", "latest", "20250101"],
            tag,
        );
    }
    let mixed = [
        "1.2-b08", "1.2-c", "1.3-b08", "8u401", "1.3c", "1.3-p1", "nonsense", "v", "1.3-",
    ];
    check(&mixed, "1.2-b08", [None, Some("1.3-b08"), Some("1.3-b08")]);
    check_stays(&mixed, "1.2c");
}

#[test]
fn of_two_ways_to_write_a_version_the_same_one_comes() {
    check(&["1.2.1", "1.2.02", "1.2.2"], "1.2.1", [Some("1.2.2"); 3]);
    check_stays(&["1.2.01", "1.2.1"], "1.2.1");
    check(
        &["1.2.3.4", "1.2.3.10", "1.2.4.0"],
        "1.2.3.4",
        [Some("1.2.4.0"); 3],
    );
}
