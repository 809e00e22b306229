//! `pinfold update` where something goes wrong: what is written, what is told, and with
//! which code it ends.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::project::{left_out, run, start};
use crate::repository::{AS_OF, Repository, aged};
use crate::scripted::Reply;

/// Two locks that have nothing to do with each other, and an image; all could move.
fn stale() -> Repository {
    let repository = Repository::new([aged("alpha", "1.0", 300), aged("beta", "1.0", 300)]);
    let project = &repository.project;
    project.write("a/requirements.in", "alpha\n");
    project.write("b/requirements.in", "beta\n");
    for folder in ["a", "b"] {
        let (source, lock) = (
            format!("{folder}/requirements.in"),
            format!("{folder}/requirements.txt"),
        );
        repository.lock(&[&source, "-o", &lock]);
    }
    let digest = repository.push("python", "3.12", 1);
    project.write("Dockerfile", format!("FROM python:3.12@{digest}\n"));
    repository.commit_all();
    for name in ["alpha", "beta"] {
        repository.index.add(aged(name, "1.1", 100));
    }
    repository.push("python", "3.12", 2);
    repository
}

/// A URL where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_target_without_a_solution_stays_and_the_others_go_on() {
    let repository = stale();
    repository.project.write("a/requirements.in", "alpha==9\n");
    let before = repository.files();
    let run = repository.update(&["--report", "report.md"]);
    let reproduce =
        format!("pinfold update a/requirements.txt --as-of {AS_OF} --dry-run --verbose");
    run.says(2, &["a/requirements.txt", &reproduce]);
    assert_eq!(
        repository.project.read("a/requirements.txt"),
        before["a/requirements.txt"]
    );
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.1"]);
    assert_ne!(repository.project.read("Dockerfile"), before["Dockerfile"]);
    let report = repository.project.read("report.md");
    for phrase in ["`a/requirements.txt`", &reproduce, "alpha"] {
        assert!(report.contains(phrase), "`{phrase}`: {report}");
    }
    // The command does show it again.
    let mut arguments: Vec<&str> = reproduce.split(' ').skip(2).collect();
    arguments.retain(|argument| !["--as-of", AS_OF].contains(argument));
    repository.update(&arguments).says(2, &["alpha"]);
}

#[test]
fn what_belongs_to_a_target_without_a_solution_stays_too() {
    let repository = Repository::new([aged("alpha", "1.0", 300), aged("beta", "1.0", 300)]);
    let project = &repository.project;
    project.write("base.in", "alpha\n");
    project.write("dev.in", "-c base.txt\n-r base.in\nbeta\n");
    project.write("other.in", "beta\n");
    for name in ["base", "dev", "other"] {
        repository.lock(&[&format!("{name}.in"), "-o", &format!("{name}.txt")]);
    }
    project.write("dev.in", "-c base.txt\n-r base.in\nbeta==9\n");
    repository.commit_all();
    for name in ["alpha", "beta"] {
        repository.index.add(aged(name, "1.1", 100));
    }
    let before = repository.files();
    let run = repository.update(&["--commit"]);
    run.says(
        2,
        &["dev.txt: failed", "beta==9", "pinfold update dev.txt "],
    );
    assert!(!run.stderr.contains("joint"), "{}", run.stderr);
    assert_eq!(repository.files(), before);
    let changed = repository.git(&["diff", "--name-only", "main", "pinfold/update"]);
    assert_eq!(changed, "other.txt");
}

#[test]
fn an_index_that_is_down_is_something_to_try_later() {
    let repository = stale();
    let before = repository.files();
    let index = format!("{}/simple/", nowhere());
    let arguments = ["--only", "locks"];
    let run = run(&mut repository.command_at(AS_OF, &index, &arguments));
    run.says(75, &["a/requirements.txt", "b/requirements.txt"]);
    assert_eq!(repository.files(), before);
}

#[test]
fn a_page_that_cannot_be_had_stops_its_locks_only() {
    let repository = stale();
    repository.index.set("/simple/beta/", Reply::status(503));
    repository
        .update(&[])
        .says(75, &["b/requirements.txt", "`beta`"]);
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.0"]);
    repository.index.heal();
    repository.updates(&[]);
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.1"]);
}

/// Makes the metadata of a wheel unavailable, beside it and in it.
fn break_wheel(repository: &Repository, filename: &str) {
    for path in [
        format!("/files/{filename}"),
        format!("/files/{filename}.metadata"),
    ] {
        repository.index.set(&path, Reply::status(503));
    }
}

#[test]
fn a_release_that_cannot_be_read_keeps_its_project_only() {
    let repository = Repository::new([aged("alpha", "1.0", 300), aged("beta", "1.0", 300)]);
    repository.project.write("requirements.in", "alpha\nbeta\n");
    repository.lock(&[]);
    for name in ["alpha", "beta"] {
        repository.index.add(aged(name, "1.1", 100));
    }
    break_wheel(&repository, "beta-1.1-py3-none-any.whl");
    let run = repository.update(&["--report", "report.md"]);
    run.says(75, &["beta", "without moving beta: done"]);
    assert_eq!(
        repository.pins("requirements.txt"),
        ["alpha==1.1", "beta==1.0"]
    );
    repository.index.heal();
    repository.updates(&[]);
    assert_eq!(
        repository.pins("requirements.txt"),
        ["alpha==1.1", "beta==1.1"]
    );
}

#[test]
fn a_release_that_cannot_be_read_is_told_where_locks_agree_too() {
    let repository = Repository::new([aged("alpha", "1.0", 300), aged("beta", "1.0", 300)]);
    repository.project.write("base.in", "alpha\n");
    repository
        .project
        .write("dev.in", "-c base.txt\n-r base.in\nbeta\n");
    for name in ["base", "dev"] {
        repository.lock(&[&format!("{name}.in"), "-o", &format!("{name}.txt")]);
    }
    for name in ["alpha", "beta"] {
        repository.index.add(aged(name, "1.1", 100));
    }
    break_wheel(&repository, "beta-1.1-py3-none-any.whl");
    let run = repository.update(&[]);
    run.says(75, &["without moving beta: done", "pinfold update dev.txt"]);
    assert_eq!(repository.pins("base.txt"), ["alpha==1.1"]);
    assert_eq!(repository.pins("dev.txt"), ["alpha==1.1", "beta==1.0"]);
}

#[test]
fn a_registry_that_is_down_leaves_the_images_only() {
    let repository = stale();
    let before = repository.files();
    let mut command = repository.command(&[]);
    command.env(
        "PINFOLD_REGISTRY_MIRROR",
        format!("docker.io={}", nowhere()),
    );
    run(&mut command).says(75, &["Dockerfile"]);
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.1"]);
    assert_eq!(repository.project.read("Dockerfile"), before["Dockerfile"]);
    repository.updates(&[]);
    assert_ne!(repository.project.read("Dockerfile"), before["Dockerfile"]);
}

/// Lets nobody write into a folder as long as it lives, the administrator neither.
struct ReadOnly(std::path::PathBuf);

impl ReadOnly {
    fn new(folder: std::path::PathBuf) -> Option<Self> {
        let guard = Self(folder);
        guard.set(0o555, "+i");
        let probe = guard.0.join("probe");
        if fs::write(&probe, "").is_ok() {
            let _ = fs::remove_file(probe);
            left_out("the administrator may write everywhere here");
            return None;
        }
        Some(guard)
    }

    fn set(&self, mode: u32, attribute: &str) {
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(mode));
        let _ = Command::new("chattr").arg(attribute).arg(&self.0).output();
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("chattr").arg("-i").arg(&self.0).output();
        self.set(0o755, "-i");
    }
}

#[test]
fn a_folder_that_cannot_be_written_stays_and_the_others_go_on() {
    let repository = stale();
    let before = repository.files();
    let Some(guard) = ReadOnly::new(repository.project.path("a")) else {
        return;
    };
    repository.update(&[]).says(2, &["a/requirements.txt"]);
    assert_eq!(
        repository.files()["a/requirements.txt"],
        before["a/requirements.txt"]
    );
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.1"]);
    drop(guard);
    repository.updates(&[]);
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
}

#[test]
fn a_second_run_at_once_is_told_so() {
    let repository = stale();
    repository.index.set("/simple/alpha/", Reply::silence());
    repository.index.seen();
    let before = repository.files();
    let first = repository.start(&[]);
    repository.index.wait_for("/simple/alpha/");
    let second = repository.update(&[]);
    second.says(2, &[&first.id().to_string(), "wait for it to finish"]);
    let apply = repository.update(&["--commit"]);
    apply.says(2, &["wait for it to finish"]);
    // Who only looks is not in the way.
    repository.index.heal();
    assert_eq!(repository.update(&["--check"]).code, 1);
    first.signal("KILL");
    assert_eq!(first.finish().code, -1);
    assert_eq!(repository.files(), before);
    repository.updates(&[]);
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
    assert_eq!(
        repository.git(&["status", "--porcelain"]).lines().count(),
        3
    );
}

#[test]
fn an_interrupted_run_writes_nothing() {
    let repository = stale();
    repository.index.set("/simple/alpha/", Reply::silence());
    repository.index.seen();
    let before = repository.files();
    let first = repository.start(&[]);
    repository.index.wait_for("/simple/alpha/");
    first.signal("TERM");
    assert_eq!(first.finish().code, 143);
    assert_eq!(repository.files(), before);
    repository.index.heal();
    repository.updates(&[]);
}

#[test]
fn whenever_it_is_killed_the_next_run_makes_it_whole() {
    let direct = stale();
    direct.updates(&[]);
    let wanted = direct.files();
    // Each group has a transaction of its own: locks, locks, images.
    let signs = [
        ".git/pinfold/journal",
        "a/requirements.txt",
        "b/requirements.txt",
        "Dockerfile",
    ];
    for sign in signs {
        let repository = stale();
        let before = repository.files();
        let path = repository.project.path(sign);
        let look = || {
            fs::read(&path)
                .ok()
                .or_else(|| fs::read_dir(&path).ok()?.next().map(|_| Vec::new()))
        };
        let old = look();
        let running = repository.start(&[]);
        let end = Instant::now() + Duration::from_secs(30);
        // It may be over before it is seen.
        while look() == old && repository.project.read("Dockerfile") == before["Dockerfile"] {
            assert!(Instant::now() < end, "{sign} never changes");
        }
        running.signal("KILL");
        running.finish();
        for (name, text) in repository.files() {
            if let Some(before) = before.get(&name) {
                assert!(
                    text == *before || text == wanted[&name],
                    "{name} is half-done"
                );
            }
        }
        repository.updates(&[]);
        assert_eq!(repository.files(), wanted);
    }
}

#[test]
fn what_is_not_committed_is_not_committed_by_the_way() {
    let repository = stale();
    let (requirements, image) = ("a/requirements.in", "Dockerfile");
    repository.project.write(requirements, "alpha\n# mine\n");
    let text = repository.project.read(image);
    repository.project.write(image, format!("{text}RUN true\n"));
    let (files, git) = (repository.files(), repository.users_git());
    let run = repository.update(&["--commit"]);
    run.says(
        2,
        &[
            "a/requirements.txt: failed: `a/requirements.in` has uncommitted changes",
            "Dockerfile: failed: `Dockerfile` has uncommitted changes",
            "without `--commit`",
        ],
    );
    assert_eq!(repository.files(), files);
    assert_eq!(repository.users_git(), git);
    let changed = repository.git(&["diff", "--name-only", "main", "pinfold/update"]);
    assert_eq!(changed, "b/requirements.txt");
    // In the work tree they are as good as any.
    repository.updates(&[]);
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
}

#[test]
fn a_plan_for_another_state_is_not_committed() {
    let repository = stale();
    let (path, _) = plan(&repository);
    repository
        .project
        .write("a/requirements.txt", "alpha==0.9\n");
    repository.commit_all();
    let run = repository.apply(&[&path, "--commit"]);
    run.says(2, &["`a/requirements.txt` changed since the plan was made"]);
    let changed = repository.git(&["diff", "--name-only", "main", "pinfold/update"]);
    let changed: Vec<&str> = changed.lines().collect();
    assert_eq!(changed, ["Dockerfile", "b/requirements.txt"]);
}

#[test]
fn a_commit_that_is_killed_is_made_by_the_next_run() {
    let repository = stale();
    let (files, git) = (repository.files(), repository.users_git());
    let objects = repository.project.path(".git/objects");
    let count = || crate::project::files_below(&objects).len();
    let before = count();
    let running = repository.start(&["--commit"]);
    let end = Instant::now() + Duration::from_secs(30);
    while count() == before {
        assert!(Instant::now() < end, "nothing is ever committed");
    }
    running.signal("KILL");
    running.finish();
    assert_eq!(repository.files(), files);
    assert_eq!(repository.users_git(), git);
    repository.updates(&["--commit"]);
    repository.updates(&[]);
    repository.git(&["diff", "--exit-code", "pinfold/update"]);
}

#[test]
fn a_linked_work_tree_is_left_as_clean_as_any() {
    let repository = stale();
    let linked = repository.project.home().join("linked");
    let name = linked.to_str().unwrap();
    repository.git(&["worktree", "add", "--quiet", "-b", "side", name]);
    let mut command = repository.command(&[]);
    let run = run(command.current_dir(&linked));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        repository.git(&["-C", name, "status", "--porcelain"]),
        " M Dockerfile\n M a/requirements.txt\n M b/requirements.txt"
    );
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

/// Makes a plan outside the work tree, and returns its path and text.
fn plan(repository: &Repository) -> (String, String) {
    let path = repository.project.home().join("plan.json");
    let name = path.to_str().unwrap().to_owned();
    repository.updates(&["--dry-run", "--plan-out", &name]);
    let text = fs::read_to_string(&path).unwrap();
    (name, text)
}

#[test]
fn a_file_that_changed_since_the_plan_stays_and_the_others_go_on() {
    let repository = stale();
    let (path, _) = plan(&repository);
    repository
        .project
        .write("a/requirements.txt", "alpha==0.9\n");
    let run = repository.apply(&[&path]);
    run.says(2, &["`a/requirements.txt` changed since the plan was made"]);
    assert_eq!(
        repository.project.read("a/requirements.txt"),
        "alpha==0.9\n"
    );
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.1"]);
}

#[test]
fn a_plan_that_leads_out_of_the_repository_is_refused() {
    let repository = stale();
    let before = repository.files();
    let (path, text) = plan(&repository);
    for name in [
        "../out.txt",
        "/tmp/out.txt",
        "a/../../out.txt",
        ".git/hooks/pre-commit",
    ] {
        let changed = text.replace("\"a/requirements.txt\"", &format!("\"{name}\""));
        assert_ne!(changed, text);
        fs::write(&path, changed).unwrap();
        repository.apply(&[&path]).says(2, &[name]);
        assert_eq!(repository.files(), before);
    }
    fs::write(&path, "{}").unwrap();
    repository
        .apply(&[&path])
        .says(2, &["cannot read the plan"]);
    fs::write(&path, text.replace("\"version\": 2", "\"version\": 3")).unwrap();
    repository.apply(&[&path]).says(2, &["version 3"]);
}

#[test]
fn a_link_leads_no_plan_out_of_the_repository() {
    let repository = stale();
    let (path, text) = plan(&repository);
    let outside = repository.project.home().join("outside");
    fs::create_dir(&outside).unwrap();
    let lock = repository.project.read("a/requirements.txt");
    fs::write(outside.join("requirements.txt"), &lock).unwrap();
    symlink(&outside, repository.project.path("folder")).unwrap();
    let file = outside.join("requirements.txt");
    symlink(&file, repository.project.path("file.txt")).unwrap();
    let hooks = repository.project.path(".git/hooks");
    symlink(&hooks, repository.project.path("hooks")).unwrap();
    fs::write(hooks.join("post-commit"), &lock).unwrap();
    for name in ["folder/requirements.txt", "file.txt", "hooks/post-commit"] {
        let text = text.replace("\"a/requirements.txt\"", &format!("\"{name}\""));
        fs::write(&path, text).unwrap();
        let run = repository.apply(&[&path]);
        assert_eq!(fs::read_to_string(&file).unwrap(), lock);
        assert_eq!(fs::read_to_string(hooks.join("post-commit")).unwrap(), lock);
        run.says(2, &[name, "is a link that leaves the repository"]);
    }
}

#[test]
fn a_lock_behind_a_link_in_the_repository_is_updated_where_it_is() {
    let repository = stale();
    let lock = repository.project.path("a/requirements.txt");
    fs::rename(&lock, repository.project.path("real.txt")).unwrap();
    symlink("../real.txt", &lock).unwrap();
    repository.commit_all();
    repository.updates(&["--commit"]);
    repository.updates(&[]);
    assert!(lock.is_symlink());
    assert_eq!(repository.pins("real.txt"), ["alpha==1.1"]);
    repository.git(&["diff", "--exit-code", "pinfold/update"]);
}

#[test]
fn a_commit_needs_a_repository_with_a_commit() {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    repository.index.add(aged("alpha", "1.1", 100));
    let before = repository.files();
    repository
        .update(&["--commit"])
        .says(2, &["no commits yet"]);
    fs::remove_dir_all(repository.project.path(".git")).unwrap();
    repository
        .update(&["--commit"])
        .says(2, &["is not in a git repository"]);
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.0"]);
    assert_eq!(repository.project.lock(), before["requirements.txt"]);
    // Without git, there is still a folder to look after.
    repository.updates(&[]);
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.1"]);
}

#[test]
fn paths_choose_targets_and_have_to_be_in_the_repository() {
    let repository = stale();
    let before = repository.files();
    let mut command = repository.command(&["requirements.in"]);
    let chosen = run(command.current_dir(repository.project.path("a")));
    assert_eq!(chosen.code, 0, "{}", chosen.stderr);
    let after = repository.files();
    assert_eq!(repository.pins("a/requirements.txt"), ["alpha==1.1"]);
    for name in ["b/requirements.txt", "Dockerfile"] {
        assert_eq!(after[name], before[name]);
    }
    repository
        .update(&["/"])
        .says(2, &["is not in the repository"]);
    repository
        .update(&["nothing"])
        .says(2, &["there is no `nothing`"]);
    repository.updates(&["--only", "images"]);
    assert_eq!(repository.pins("b/requirements.txt"), ["beta==1.0"]);
    assert_ne!(repository.files()["Dockerfile"], before["Dockerfile"]);
}

#[test]
fn failures_are_told_to_ci_too() {
    let repository = stale();
    repository.project.write("a/requirements.in", "alpha==9\n");
    let outputs = repository.project.home().join("outputs");
    let mut command = repository.command(&[]);
    let run = start(
        command
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_ACTIONS", "true"),
    )
    .finish();
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("::warning"), "{}", run.stdout);
    let outputs = fs::read_to_string(outputs).unwrap();
    for line in ["status=partial", "changed=true", "updated=2", "failed=1"] {
        assert!(outputs.lines().any(|it| it == line), "`{line}`: {outputs}");
    }
}

#[test]
fn a_text_from_elsewhere_says_nothing_of_its_own_in_the_report() {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    repository.project.write(
        "pinfold.toml",
        "[[rule]]\nmatch = [\"alpha\"]\nallow = \"<1.1\"\nreason = \"@all see #1 <img src=x> | `x`\"\n",
    );
    repository.index.add(aged("alpha", "1.1", 100));
    repository.updates(&["--report", "report.md"]);
    let report = repository.project.read("report.md");
    let line = report.lines().find(|line| line.contains("PF107")).unwrap();
    for foreign in ["@all", " #1", "<img", "| `x`"] {
        assert!(!line.contains(foreign), "`{foreign}`: {line}");
    }
}

#[test]
fn a_configuration_that_is_wrong_stops_all_and_asks_nobody() {
    let repository = stale();
    repository.index.seen();
    let before = {
        repository
            .project
            .write("pinfold.toml", "[policy]\ncooldwn = \"7d\"\n");
        repository.files()
    };
    repository
        .update(&[])
        .says(2, &["did you mean `cooldown`?"]);
    repository
        .update(&["--no-config", "--cooldown", "soon"])
        .says(2, &["`--cooldown`"]);
    repository
        .update_at("yesterday", &["--no-config"])
        .says(2, &["--as-of"]);
    assert_eq!(repository.index.requests(), [""; 0]);
    assert_eq!(repository.files(), before);
}

#[test]
fn the_command_that_reproduces_a_failure_is_quoted_for_a_shell() {
    for (folder, shown) in [
        ("$(touch X)", "'$(touch X)/requirements.txt' --as-of "),
        ("my folder", "'my folder/requirements.txt' --as-of "),
        ("-rf", "./-rf/requirements.txt --as-of "),
    ] {
        let repository = Repository::new([aged("alpha", "1.0", 300)]);
        let source = format!("./{folder}/requirements.in");
        repository.project.write(&source, "alpha\n");
        repository.lock(&[&source, "-o", &format!("./{folder}/requirements.txt")]);
        repository.project.write(&source, "alpha==9\n");
        repository.commit_all();
        let run = repository.update(&[]);
        run.says(2, &[&format!("to reproduce: pinfold update {shown}")]);
    }
}
