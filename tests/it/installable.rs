//! A lock is for pip: what pip refuses is not locked, or said; and what Pinfold leaves out
//! of a lock is said as well.

use crate::index::{Index, Release, wheel};
use crate::project::{Project, Run, run};

#[track_caller]
fn compiled(releases: &[Release], requirements: &str, arguments: &[&str]) -> (Project, Run) {
    let index = Index::new(releases.iter().cloned());
    let project = Project::of(requirements);
    let run = project.compiles(&index.url(), arguments);
    (project, run)
}

/// pip 24.1 and newer refuse these requirements, or end where they evaluate the markers.
const REFUSED: [&str; 7] = [
    "leaf (>=1.*)",
    "leaf (>dev)",
    "leaf>=1.0<2.0",
    "leaf~=1",
    "leaf; python_version ~= '3.9.*'",
    "leaf; os_name === 'posix'",
    "leaf; sys_platform == 'win32' and 'posix' ~= os_name",
];

#[test]
fn a_release_that_pip_refuses_is_passed_over() {
    for refused in REFUSED {
        let releases = [
            wheel("a", "1.0"),
            wheel("a", "2.0").requires(&[refused]),
            wheel("leaf", "1.0"),
        ];
        let (project, run) = compiled(&releases, "a\n", &[]);
        assert_eq!(project.pins(), ["a==1.0"], "{refused}");
        let skipped =
            "warning: skipped newer versions: a 2.0 (pip refuses its metadata: requirement `";
        run.says(0, &[skipped, refused]);
    }
}

#[test]
fn a_release_that_pip_refuses_is_taken_with_a_warning_where_nothing_else_will_do() {
    let releases = [
        wheel("a", "1.0"),
        wheel("a", "2.0").requires(&["leaf (>=1.*)"]),
        wheel("leaf", "1.0"),
    ];
    let (project, run) = compiled(&releases, "a==2.0\n", &[]);
    assert_eq!(project.pins(), ["a==2.0", "leaf==1.0"]);
    run.says(
        0,
        &["warning: a 2.0: pip refuses its metadata: requirement `leaf (>=1.*)`: "],
    );
}

#[test]
fn a_release_that_pip_refuses_stays_in_the_lock() {
    let index = Index::new([
        wheel("a", "1.0"),
        wheel("a", "2.0").requires(&["leaf (>=1.*)"]),
        wheel("leaf", "1.0"),
    ]);
    let project = Project::of("a\n");
    project.write("requirements.txt", "a==2.0\n");
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: a 2.0: pip refuses its metadata: "]);
    assert_eq!(project.pins(), ["a==2.0", "leaf==1.0"]);
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.pins(), ["a==1.0"]);
}

#[test]
fn a_release_that_requires_a_url_is_passed_over_with_a_word() {
    let releases = [
        wheel("a", "0.9").requires(&["leaf"]),
        wheel("a", "1.0").requires(&["leaf @ https://example.com/leaf-1.0-py3-none-any.whl"]),
        wheel("a", "2.0"),
        wheel("leaf", "1.0"),
    ];
    let index = Index::new(releases);
    let project = Project::of("a<2\n");
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==0.9", "leaf==1.0"]);
    let why = "requires `leaf @ https://example.com/leaf-1.0-py3-none-any.whl`";
    run.says(
        0,
        &["warning: skipped newer versions: a 1.0 (requires `leaf @ "],
    );
    let explained =
        crate::project::run(&mut project.command(&["explain", "a", "-i", &index.url()]));
    explained.says(0, &[]);
    assert!(
        explained.stdout.contains(&format!("1.0: {why}")),
        "{}",
        explained.stdout
    );
    assert!(
        !explained.stdout.contains("could be used"),
        "{}",
        explained.stdout
    );
}

#[test]
fn extras_in_the_fragment_of_a_named_url_are_refused_with_the_form_that_works() {
    for (line, help) in [
        (
            "a @ https://example.com/a-1.0-py3-none-any.whl#egg=a[x]",
            "write `a[x] @ https://example.com/a-1.0-py3-none-any.whl`",
        ),
        (
            "a[y] @ https://example.com/a.zip#egg=a[x]&subdirectory=p ; os_name == 'posix'",
            "write `a[x,y] @ https://example.com/a.zip#subdirectory=p`",
        ),
        (
            "https://example.com/a-1.0-py3-none-any.whl#egg=a[x]",
            "write `a[x] @ https://example.com/a-1.0-py3-none-any.whl`",
        ),
        (
            "-e \"a @ git+https://example.com/a.git#egg=a[x]\"",
            "write `-e \"a[x] @ git+https://example.com/a.git\"`",
        ),
    ] {
        let project = Project::of(&format!("{line}\n"));
        let run = run(&mut project.compile_command(&["--offline"]));
        run.says(2, &["`a[x]` is not a project name", help]);
    }
}

#[test]
fn arbitrary_equality_of_python_versions_is_written_so_that_all_installers_read_it() {
    let releases = [wheel("a", "1.0")];
    for (marker, written) in [
        ("python_version === '3.12'", "python_version == \"3.12\""),
        (
            "os_name == 'posix' and '3.12' === python_version",
            "os_name == \"posix\" and \"3.12\" == python_version",
        ),
        // Never true of a version that is written with two numbers.
        (
            "os_name == 'posix' or python_version === '3.12.0'",
            "os_name == \"posix\" or python_version === \"3.12.0\"",
        ),
    ] {
        let (project, _) = compiled(&releases, &format!("a==1.0 ; {marker}\n"), &[]);
        assert_eq!(project.pins(), [format!("a==1.0 ; {written}")]);
    }
}

#[test]
fn what_depends_on_the_release_of_the_platform_is_named() {
    let releases = [
        wheel("a", "1.0").requires(&[
            "b; platform_release >= '20.0'",
            "c; sys_platform == 'linux' and platform_version >= '20.0'",
            "w; sys_platform == 'win32' and platform_release >= '20.0'",
        ]),
        wheel("b", "1.0"),
    ];
    let requirements = "a\nb; platform_release == '6'\n";
    let (project, run) = compiled(&releases, requirements, &[]);
    assert_eq!(project.pins(), ["a==1.0"]);
    run.says(
        0,
        &[
            "warning: a 1.0: skipped 2 requirements because the release and version of the \
             target's platform are unknown: b, c; ",
            "warning: requirements.in:2: skipped b because ",
        ],
    );
}

#[test]
fn the_release_and_the_version_of_the_platform_can_be_stated() {
    let releases = [
        wheel("a", "1.0").requires(&[
            "b; platform_release >= '20.0'",
            "c; platform_version == 'Darwin Kernel 23'",
            "d; platform_release < '20.0'",
        ]),
        wheel("b", "1.0"),
        wheel("c", "1.0"),
        wheel("d", "1.0"),
    ];
    let stated = [
        "--platform-release=23.6.0",
        "--platform-version=Darwin Kernel 23",
    ];
    let (project, run) = compiled(&releases, "a\n", &stated);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0", "c==1.0"]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let lock = project.lock();
    for option in stated {
        let name = option.split('=').next().unwrap();
        assert!(lock.contains(&format!(" {name}=")), "{lock}");
    }
}

#[test]
fn a_free_threaded_python_takes_its_own_wheels() {
    let releases = [
        wheel("a", "1.0").tag("cp315-cp315t-manylinux_2_17_x86_64"),
        wheel("a", "2.0").tag("cp315-cp315-manylinux_2_17_x86_64"),
        wheel("b", "1.0").tag("cp315-abi3.abi3t-manylinux_2_17_x86_64"),
        wheel("b", "2.0").tag("cp315-abi3-manylinux_2_17_x86_64"),
    ];
    let index = Index::new(releases);
    let project = Project::of("a\nb\n");
    let url = index.url();
    let target = ["--python-version", "3.15t", "--python-platform", "linux"];
    let arguments = [&["compile", "-i", &url, "--no-emit-index-url"], &target[..]].concat();
    run(&mut project.command(&arguments)).says(0, &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
    let lock = project.lock();
    assert!(lock.contains("with Python 3.15 for "), "{lock}");
    assert!(lock.contains(" --python-version=3.15t "), "{lock}");
    let usual = [
        "compile",
        "-i",
        &url,
        "--python-version",
        "3.15",
        "--python-platform",
        "linux",
        "-U",
    ];
    run(&mut project.command(&usual)).says(0, &[]);
    assert_eq!(project.pins(), ["a==2.0", "b==2.0"]);
    let old = ["compile", "-i", &url, "--python-version", "3.12t"];
    run(&mut project.command(&old)).says(2, &["free-threaded builds exist from Python 3.13 on"]);
}
