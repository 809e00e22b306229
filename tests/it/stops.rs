//! Ends before the end: signals, full disks, folders that cannot be written,
//! readers that go away. Nothing is left half-written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::index::{Index, wheel};
use crate::project::{PROGRAM, Project, left_out, run, start};
use crate::scripted::Reply;

const OLD: &str = "a==0.9\n";

fn stopped_by(signal: &str, code: i32) {
    let index = Index::new([wheel("a", "1.0").requires(&["b"]), wheel("b", "1.0")]);
    index.set("/simple/b/", Reply::silence());
    let project = Project::of("a\n");
    project.write("requirements.txt", OLD);
    let url = index.url();
    let running = start(&mut project.compile_command(&["-i", &url]));
    index.wait_for("/simple/b/");
    running.signal(signal);
    let run = running.finish();
    run.says(code, &["error: stopped; nothing was written"]);
    assert_eq!(project.lock(), OLD);
    assert_eq!(project.files(), ["requirements.in", "requirements.txt"]);
    // What was learned before the signal is good.
    index.heal();
    project.compiles(&url, &[]);
    assert_eq!(project.pins(), ["a==1.0", "b==1.0"]);
}

#[test]
fn ctrl_c_writes_nothing() {
    stopped_by("INT", 130);
}

#[test]
fn a_request_to_terminate_writes_nothing() {
    stopped_by("TERM", 143);
}

#[test]
fn ctrl_c_while_an_input_is_awaited_ends_the_run() {
    let index = Index::new([]);
    index.set("/files/more.in", Reply::silence());
    let project = Project::of("");
    project.write(
        "requirements.in",
        format!("-r http://{}/files/more.in\n", index.host()),
    );
    let running = start(&mut project.compile_command(&[]));
    index.wait_for("/files/more.in");
    running.signal("INT");
    running.finish().says(130, &["stopped"]);
}

#[test]
fn a_pipe_is_not_a_dockerfile() {
    let project = Project::new();
    let pipe = project.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for arguments in [&["docker", "pipe"][..], &["docker", "verify", "pipe"]] {
        run(&mut project.command(arguments)).says(
            2,
            &[
                "cannot read `pipe`",
                "it is a pipe or a device",
                "pipe it to standard input with `-`",
            ],
        );
    }
}

/// More projects than there are numbers for them: no two may have the same version. Every
/// assignment must be tried.
fn crowd(projects: usize) -> (Index, String) {
    let mut releases = Vec::new();
    for project in 1..=projects {
        for number in 1..projects {
            let others = (1..=projects).filter(|&other| other != project);
            let needs: Vec<String> = others.map(|it| format!("p{it}!={number}.0")).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            let release = wheel(&format!("p{project}"), &format!("{number}.0"));
            releases.push(release.requires(&needs));
        }
    }
    let requirements: Vec<String> = (1..=projects).map(|it| format!("p{it}\n")).collect();
    (Index::new(releases), requirements.concat())
}

/// The search would take hours; hanging is what would fail this.
#[test]
fn a_signal_ends_a_search_that_goes_on_and_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (index, requirements) = crowd(16);
        let project = Project::of(&requirements);
        project.write("requirements.txt", OLD);
        let running = start(&mut project.compile_command(&["-i", &index.url()]));
        index.wait_for("/files/p16-1.0-py3-none-any.whl.metadata");
        running.signal(signal);
        running
            .finish()
            .says(code, &["error: stopped; nothing was written"]);
        assert_eq!(project.lock(), OLD);
        assert_eq!(project.files(), ["requirements.in", "requirements.txt"]);
    }
}

#[test]
fn a_search_that_takes_too_long_names_where_it_is_stuck() {
    let (index, requirements) = crowd(16);
    let project = Project::of(&format!("z\n{requirements}"));
    index.add(wheel("z", "1.0"));
    project.write("requirements.txt", OLD);
    let run = project.compile(&index.url(), &["--resolution-timeout", "1"]);
    run.says(
        2,
        &[
            "error: no solution found within 1 second: the search for versions was stopped",
            " conflicts were among `",
            "--resolution-timeout SECONDS",
        ],
    );
    assert!(!run.stderr.contains("`z`"), "{}", run.stderr);
    assert_eq!(project.lock(), OLD);
}

/// A reader that goes away at once.
#[test]
fn a_closed_standard_output_is_no_failure() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let url = index.url();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = project
        .compile_command(&["-i", &url, "-o", "-"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_full_standard_output_is_a_failure() {
    if !Path::new("/dev/full").exists() {
        left_out("there is no /dev/full");
        return;
    }
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    let url = index.url();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = project
        .compile_command(&["-i", &url, "-o", "-"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("cannot write to standard output"),
        "{stderr}"
    );
}

/// Many releases: a lock and a cache of more than 64 kB.
fn large() -> (Index, String) {
    let releases: Vec<_> = (0..800)
        .map(|number| wheel(&format!("p{number}"), "1.0"))
        .collect();
    let requirements = releases
        .iter()
        .map(|release| format!("{}\n", release.filename().split('-').next().unwrap()))
        .collect::<Vec<_>>()
        .concat();
    (Index::new(releases), requirements)
}

/// Runs the program with a disk of 64 kB mounted at a folder of the project.
///
/// The mount is private to the run and ends with it; only root may make one.
fn on_a_small_disk(project: &Project, arguments: &[&str]) -> Option<(i32, String)> {
    let compile = format!(
        "mount -t tmpfs -o size=64k tmpfs small && cp old.txt small/ && {{ '{PROGRAM}' \"$@\"; code=$?; \
         ls -A small >&2; cmp small/old.txt old.txt && exit $code; }}"
    );
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", &compile, "sh"])
        .args(arguments)
        .current_dir(project.path(""))
        .env_remove("PIP_FIND_LINKS")
        .env("XDG_CACHE_HOME", project.cache())
        .env("HOME", project.home())
        .output()
        .ok()?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if stderr.contains("unshare:") || stderr.contains("mount:") {
        left_out(&format!("only root can make a small disk: {stderr}"));
        return None;
    }
    Some((output.status.code().unwrap_or(-1), stderr))
}

#[test]
fn a_full_disk_leaves_the_old_lock() {
    let (index, requirements) = large();
    let project = Project::of(&requirements);
    fs::create_dir(project.path("small")).unwrap();
    project.write("old.txt", OLD);
    let url = index.url();
    let target = ["--python-version=3.12", "--python-platform=linux"];
    let mut arguments = vec!["compile", "-i", &url, "-o", "small/old.txt"];
    arguments.extend(target);
    let Some((code, stderr)) = on_a_small_disk(&project, &arguments) else {
        return;
    };
    assert_eq!(code, 2, "{stderr}");
    for phrase in [
        "cannot write `small/old.txt`",
        "No space left",
        "free some space",
    ] {
        assert!(stderr.contains(phrase), "{stderr}");
    }
    // What `ls` lists: the old lock, and no temporary file.
    assert!(stderr.ends_with("\nold.txt\n"), "{stderr}");
}

#[test]
fn a_full_disk_for_the_cache_is_a_warning() {
    let (index, requirements) = large();
    let project = Project::of(&requirements);
    fs::create_dir(project.path("small")).unwrap();
    project.write("old.txt", OLD);
    let url = index.url();
    let target = ["--python-version=3.12", "--python-platform=linux"];
    let mut arguments = vec!["compile", "-i", &url, "--cache-dir", "small/cache"];
    arguments.extend(target);
    let Some((code, stderr)) = on_a_small_disk(&project, &arguments) else {
        return;
    };
    assert_eq!(code, 0, "{stderr}");
    for phrase in [
        "warning: ",
        "small/cache",
        "No space left",
        "Pinned 800 projects",
    ] {
        assert!(stderr.contains(phrase), "{stderr}");
    }
    assert_eq!(stderr.matches("warning").count(), 1, "{stderr}");
    assert_eq!(project.pins().len(), 800);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_the_old_lock() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    project.write("locks/old.txt", OLD);
    let folder = project.path("locks");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe")).unwrap();
        // Root may write anywhere; a read-only mount stands in.
        read_only_mount(&index, &project);
        return;
    }
    let run = project.compile(&index.url(), &["-o", "locks/old.txt"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    run.says(
        2,
        &["cannot write `locks/old.txt`", "allow this user to write"],
    );
    assert_eq!(project.read("locks/old.txt"), OLD);
}

fn read_only_mount(index: &Index, project: &Project) {
    let url = index.url();
    let script = format!(
        "mount --bind locks locks && mount -o remount,ro,bind locks && exec '{PROGRAM}' compile -i {url} \
         -o locks/old.txt --python-version 3.12 --python-platform linux"
    );
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .current_dir(project.path(""))
        .env("XDG_CACHE_HOME", project.cache())
        .env("HOME", project.home())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if stderr.contains("unshare:") || stderr.contains("mount:") {
        left_out(&format!("only root can mount: {stderr}"));
        return;
    }
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for phrase in [
        "cannot write `locks/old.txt`",
        "Read-only",
        "--output-file=-",
    ] {
        assert!(stderr.contains(phrase), "{stderr}");
    }
    assert_eq!(project.read("locks/old.txt"), OLD);
}

#[test]
fn what_a_killed_run_left_beside_the_lock_is_swept() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    project.write(".pinfold-Ab12Cd.tmp", "a==");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.files(), ["requirements.in", "requirements.txt"]);
}

#[test]
fn a_lock_behind_a_link_stays_behind_it() {
    let index = Index::new([wheel("a", "1.0")]);
    let project = Project::of("a\n");
    project.write("real/lock.txt", OLD);
    std::os::unix::fs::symlink("real/lock.txt", project.path("requirements.txt")).unwrap();
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(
        fs::read_link(project.path("requirements.txt")).unwrap(),
        Path::new("real/lock.txt")
    );
    assert!(project.read("real/lock.txt").contains("a==1.0"));
}
