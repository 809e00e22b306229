//! `pinfold update` as its users meet it: what moves, what stays, what is told, and
//! what a second run does.

use serde_json::{Value, json};

use crate::project::run;
use crate::repository::{AS_OF, Repository, aged};

/// Three layered locks, a project, two Dockerfiles and a compose file, all a while old.
fn sample() -> Repository {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["shared"]),
        aged("beta", "1.0", 300).requires(&["shared"]),
        aged("gamma", "1.0", 300).requires(&["shared<3"]),
        aged("shared", "1.0", 300),
    ]);
    let project = &repository.project;
    project.write("base.in", "alpha\n");
    project.write("prod.in", "-r base.in\nbeta\n");
    project.write("dev.in", "-c prod.txt\n-r base.in\ngamma\n");
    for name in ["base", "prod", "dev"] {
        repository.lock(&[&format!("{name}.in"), "-o", &format!("{name}.txt")]);
    }
    project.write(
        "api/pyproject.toml",
        "[project]\nname = \"api\"\nversion = \"1\"\ndependencies = [\"beta\"]\n",
    );
    repository.lock(&["api/pyproject.toml", "-o", "api/requirements.txt"]);
    let python = repository.push("python", "3.12-slim", 1);
    let redis = repository.push("redis", "7", 1);
    project.write("Dockerfile", format!("FROM python:3.12-slim@{python}\n"));
    project.write(
        "api/Dockerfile",
        format!("FROM python:3.12-slim@{python} AS build\nFROM build\n"),
    );
    project.write(
        "compose.yaml",
        format!("services:\n  cache:\n    image: redis:7@{redis}\n"),
    );
    repository.commit_all();
    repository
}

/// The sample, and the world moved on.
fn stale_sample() -> Repository {
    let repository = sample();
    for release in [
        aged("alpha", "1.1", 100).requires(&["shared"]),
        aged("beta", "1.1", 100).requires(&["shared", "fresh"]),
        aged("fresh", "0.1", 100),
        aged("shared", "2.0", 100),
        aged("shared", "3.0", 90),
    ] {
        repository.index.add(release);
    }
    repository.push("python", "3.12-slim", 2);
    repository.push("redis", "7", 2);
    repository
}

/// One lock of alpha 1.0, and alpha 1.1 since.
fn small() -> Repository {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    repository.commit_all();
    repository.index.add(aged("alpha", "1.1", 100));
    repository
}

#[test]
fn moves_everything_and_then_nothing_byte_for_byte() {
    let repository = stale_sample();
    repository.updates(&[]);
    let versions = ["alpha==1.1", "shared==2.0"];
    assert_eq!(repository.pins("base.txt"), versions);
    assert_eq!(
        repository.pins("prod.txt"),
        ["alpha==1.1", "beta==1.1", "fresh==0.1", "shared==2.0"]
    );
    assert_eq!(
        repository.pins("dev.txt"),
        ["alpha==1.1", "gamma==1.0", "shared==2.0"]
    );
    // It shares nothing with the others, so nothing holds it.
    assert_eq!(
        repository.pins("api/requirements.txt"),
        ["beta==1.1", "fresh==0.1", "shared==3.0"]
    );
    let python = repository.push("python", "3.12-slim", 2);
    let redis = repository.push("redis", "7", 2);
    let first = repository.files();
    assert_eq!(
        first["Dockerfile"],
        format!("FROM python:3.12-slim@{python}\n")
    );
    assert_eq!(
        first["api/Dockerfile"],
        format!("FROM python:3.12-slim@{python} AS build\nFROM build\n")
    );
    assert_eq!(
        first["compose.yaml"],
        format!("services:\n  cache:\n    image: redis:7@{redis}\n")
    );
    repository.updates(&[]);
    assert_eq!(repository.files(), first);
    repository.updates(&["--check"]);
}

#[test]
fn commits_the_same_again_and_leaves_the_work_tree_and_the_index() {
    let repository = stale_sample();
    let (files, git) = (repository.files(), repository.users_git());
    let run = repository.updates(&["--commit"]);
    run.says(0, &["Committed", "to `pinfold/update`"]);
    let tip = || repository.git(&["rev-parse", "pinfold/update"]);
    let first = tip();
    assert_ne!(first, git.1);
    for _ in 0..2 {
        repository
            .updates(&["--commit"])
            .says(0, &["`pinfold/update` is already up to date"]);
        assert_eq!(tip(), first);
    }
    // Made anew, it is the same.
    repository.git(&["branch", "--quiet", "-D", "pinfold/update"]);
    repository.updates(&["--commit"]);
    assert_eq!(tip(), first);
    assert_eq!(repository.files(), files);
    assert_eq!(repository.users_git(), git);
    // What was committed is what a direct run writes.
    repository.updates(&[]);
    repository.git(&["diff", "--exit-code", "pinfold/update"]);
    assert_eq!(
        repository.git(&["rev-list", "--count", "main..pinfold/update"]),
        "1"
    );
}

#[test]
fn a_commit_takes_nothing_that_is_half_done_in_the_work_tree() {
    let repository = stale_sample();
    repository.project.write("notes.txt", "mine\n");
    repository.project.write("api/app.py", "print()\n");
    repository.git(&["add", "api/app.py"]);
    let (files, git) = (repository.files(), repository.users_git());
    repository.updates(&["--commit", "--branch", "bot/pins"]);
    assert_eq!(repository.files(), files);
    assert_eq!(repository.users_git(), git);
    let changed = repository.git(&["diff", "--name-only", "main", "bot/pins"]);
    assert_eq!(
        changed.lines().collect::<Vec<_>>(),
        [
            "Dockerfile",
            "api/Dockerfile",
            "api/requirements.txt",
            "base.txt",
            "compose.yaml",
            "dev.txt",
            "prod.txt"
        ]
    );
}

#[test]
fn a_commit_of_someone_else_on_the_branch_stays() {
    let repository = small();
    repository.updates(&["--commit"]);
    repository.git(&["checkout", "--quiet", "pinfold/update"]);
    repository.project.write("fix.txt", "mine\n");
    repository.commit_all();
    let mine = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["checkout", "--quiet", "main"]);
    repository.index.add(aged("alpha", "1.2", 60));
    let run = repository.updates(&["--commit"]);
    run.says(0, &["`pinfold/update` was not changed", "--branch"]);
    assert_eq!(repository.git(&["rev-parse", "pinfold/update"]), mine);
}

#[test]
fn a_young_release_waits_and_is_taken_in_its_time() {
    let repository = small();
    repository.index.add(aged("alpha", "1.2", 2));
    let run = repository.updates(&["--report", "report.md"]);
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.1"]);
    run.says(0, &["1.2", "PF101", "2026-11-26"]);
    let report = repository.project.read("report.md");
    for phrase in ["1.2", "PF101", "2026-11-26"] {
        assert!(report.contains(phrase), "{report}");
    }
    let day_before = repository.update_at("2026-11-26T04:16:00Z", &["--check"]);
    assert_eq!(day_before.code, 0, "{}", day_before.stderr);
    assert_eq!(
        repository
            .update_at("2026-11-26T04:18:00Z", &["--check"])
            .code,
        1
    );
    repository
        .update_at("2026-11-26T04:18:00Z", &[])
        .says(0, &[]);
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.2"]);
}

#[test]
fn a_young_transitive_release_waits_too() {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["shared"]),
        aged("shared", "1.0", 300),
    ]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    repository.index.add(aged("shared", "1.1", 3));
    repository.index.add(aged("shared", "2.0", 10));
    let before = repository.files();
    repository
        .updates(&[])
        .says(0, &["shared", "PF101", "2026-11-25"]);
    assert_eq!(repository.files(), before);
}

#[test]
fn a_young_pin_is_not_taken_back() {
    let repository = Repository::new([aged("alpha", "1.0", 300), aged("alpha", "1.1", 1)]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    let before = repository.files();
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.1"]);
    repository.updates(&[]);
    assert_eq!(repository.files(), before);
}

#[test]
fn a_release_without_a_time_is_held_not_guessed() {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    repository.project.write("requirements.in", "alpha\n");
    repository.lock(&[]);
    repository.index.add(aged("alpha", "1.1", 0).undated());
    let before = repository.files();
    repository.updates(&[]).says(0, &["PF105"]);
    assert_eq!(repository.files(), before);
}

#[test]
fn a_run_at_the_same_time_gives_the_same_bytes() {
    let results: Vec<_> = (0..2)
        .map(|_| {
            let repository = stale_sample();
            repository.index.add(aged("alpha", "1.2", 2));
            let run = repository.updates(&["--report", "report.md"]);
            repository.updates(&["--plan-out", "plan.json"]);
            (repository.files(), run.stdout)
        })
        .collect();
    assert_eq!(results[0], results[1]);
}

#[test]
fn a_second_replay_in_the_same_place_gives_the_same_plan() {
    let repository = stale_sample();
    repository.index.add(aged("alpha", "1.2", 2));
    let json = || {
        repository
            .updates(&["--dry-run", "--format", "json"])
            .stdout
    };
    assert_eq!(json(), json());
}

#[test]
fn lists_what_it_looks_after_and_why_and_asks_nobody() {
    let repository = stale_sample();
    repository.index.seen();
    repository.registry.seen();
    repository
        .project
        .write("tools/requirements.txt", "alpha==1.0\n");
    let run = repository.updates(&["--list"]);
    for phrase in [
        "base.txt  its header says `pinfold compile`; from base.in",
        "dev.txt  its header says `pinfold compile`; from dev.in",
        "api/requirements.txt  its header says `pinfold compile`; from api/pyproject.toml",
        "Dockerfile  by its name",
        "api/Dockerfile  by its name",
        "compose.yaml  by its name",
        "skipped: tools/requirements.txt  ",
    ] {
        assert!(run.stdout.contains(phrase), "`{phrase}`: {}", run.stdout);
    }
    assert_eq!(repository.index.requests(), [""; 0]);
    assert_eq!(repository.registry.requests(), [""; 0]);
}

#[test]
fn what_is_found_is_listed_for_programs_too() {
    let repository = sample();
    repository
        .project
        .write("tools/requirements.txt", "alpha==1.0\n");
    let run = repository.updates(&["--list", "--format", "json"]);
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(list["version"], 1);
    assert_eq!(list["command"], "update --list");
    let locks = list["locks"].as_array().unwrap();
    let base = locks
        .iter()
        .find(|lock| lock["path"] == "base.txt")
        .unwrap();
    assert_eq!(base["sources"], json!(["base.in"]));
    assert_eq!(base["found_by"], "header");
    assert_eq!(base["why"], "its header says `pinfold compile`");
    assert_eq!(
        list["images"],
        json!(["Dockerfile", "api/Dockerfile", "compose.yaml"])
    );
    assert_eq!(list["skipped"][0]["path"], "tools/requirements.txt");
    assert!(list["skipped"][0]["why"].is_string());
    assert!(list["notes"].is_array());
}

#[test]
fn check_says_whether_something_would_move_and_writes_nothing() {
    let repository = stale_sample();
    let before = repository.files();
    assert_eq!(repository.update(&["--check"]).code, 1);
    assert_eq!(repository.files(), before);
    repository.updates(&[]);
    repository.updates(&["--check"]);
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let repository = stale_sample();
    let before = repository.files();
    let run = repository.updates(&["--dry-run"]);
    for phrase in [
        "--- base.txt\n+++ base.txt\n",
        "\n-alpha==1.0",
        "\n+alpha==1.1",
        "--- compose.yaml\n",
    ] {
        assert!(run.stdout.contains(phrase), "`{phrase}`: {}", run.stdout);
    }
    assert_eq!(repository.files(), before);
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_plan_is_carried_out_later_as_a_direct_run_would() {
    let direct = stale_sample();
    direct.updates(&[]);
    let repository = stale_sample();
    let before = repository.files();
    let plan = repository.project.home().join("plan.json");
    let plan = plan.to_str().unwrap();
    let run = repository.updates(&["--dry-run", "--plan-out", plan, "--format", "json"]);
    assert_eq!(repository.files(), before);
    assert_eq!(std::fs::read_to_string(plan).unwrap(), run.stdout);
    repository.index.seen();
    repository.apply(&[plan]).says(0, &[]);
    assert_eq!(repository.index.requests(), [""; 0]);
    assert_eq!(repository.files(), direct.files());
}

#[test]
fn applies_a_plan_to_a_branch_as_a_direct_run_would() {
    let repository = stale_sample();
    repository.updates(&["--commit"]);
    let direct = repository.git(&["rev-parse", "pinfold/update"]);
    let plan = repository.project.home().join("plan.json");
    let plan = plan.to_str().unwrap();
    repository.updates(&["--dry-run", "--plan-out", plan]);
    let before = repository.files();
    repository
        .apply(&[plan, "--commit", "--branch", "other"])
        .says(0, &["Committed"]);
    assert_eq!(repository.git(&["rev-parse", "other"]), direct);
    assert_eq!(repository.files(), before);
}

#[test]
fn the_plan_and_the_report_are_given_where_they_are_wanted() {
    let repository = stale_sample();
    let home = repository.project.home();
    let (outputs, summary) = (home.join("outputs"), home.join("summary"));
    std::fs::write(&summary, "before\n").unwrap();
    let mut command = repository.command(&["--commit", "--format", "json", "--report", "r.md"]);
    command
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary);
    let run = run(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(plan["version"], 2);
    assert_eq!(plan["as_of"], AS_OF);
    let paths: Vec<&str> = plan["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths.len(), 7, "{paths:?}");
    let report = repository.project.read("r.md");
    for phrase in [
        "`alpha`",
        "1.0 → 1.1",
        "2026-08-13",
        "`python` | `3.12-slim`",
        "fresh",
    ] {
        assert!(report.contains(phrase), "`{phrase}`: {report}");
    }
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(summary.starts_with("before\n"), "{summary}");
    assert!(summary.contains("1.0 → 1.1"), "{summary}");
    let outputs = std::fs::read_to_string(&outputs).unwrap();
    let tip = repository.git(&["rev-parse", "pinfold/update"]);
    for line in [
        "status=updated",
        "changed=true",
        "updated=7",
        "failed=0",
        "branch=pinfold/update",
        &format!("commit={tip}"),
        "report=r.md",
    ] {
        assert!(outputs.lines().any(|it| it == line), "`{line}`: {outputs}");
    }
}

#[test]
fn rules_of_the_configuration_hold_and_end() {
    let repository = Repository::new([
        aged("alpha", "1.0", 300),
        aged("beta", "1.0", 300),
        aged("gamma", "1.0", 300),
    ]);
    repository
        .project
        .write("requirements.in", "alpha\nbeta\ngamma\n");
    repository.lock(&[]);
    for name in ["alpha", "beta", "gamma"] {
        repository.index.add(aged(name, "2.0", 100));
    }
    repository.project.write(
        "pinfold.toml",
        "[[rule]]\nmatch = [\"alpha\"]\nallow = \"<2\"\nreason = \"LTS\"\nuntil = 2027-01-31\n\
         [[rule]]\nmatch = [\"beta\"]\nignore = true\nreason = \"by hand\"\n\
         [[rule]]\nmatch = [\"gamma\"]\nallow = \"<2\"\nreason = \"done\"\nuntil = 2026-11-01\n",
    );
    let run = repository.updates(&["--report", "report.md"]);
    assert_eq!(
        repository.pins("requirements.txt"),
        ["alpha==1.0", "beta==1.0", "gamma==2.0"]
    );
    run.says(
        0,
        &["PF107", "LTS", "the rule for gamma expired on 2026-11-01"],
    );
    let report = repository.project.read("report.md");
    for phrase in ["PF107", "LTS", "2027-01-31", "gamma expired on 2026-11-01"] {
        assert!(report.contains(phrase), "`{phrase}`: {report}");
    }
}

#[test]
fn takes_over_locks_of_other_tools() {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    let files = [
        (
            "a",
            "#\n# This file is autogenerated by pip-compile with Python 3.12\n\
             # by the following command:\n#\n#    pip-compile --output-file=a.txt a.in\n#\n\
             alpha==1.0\n    # via -r a.in\n",
            "pip-compile",
        ),
        (
            "b",
            "# This file was autogenerated by uv via the following command:\n\
             #    uv pip compile b.in -o b.txt --python-version 3.12\n\
             alpha==1.0\n    # via -r b.in\n",
            "uv pip compile",
        ),
    ];
    for (name, lock, _) in files {
        repository.project.write(&format!("{name}.in"), "alpha\n");
        repository.project.write(&format!("{name}.txt"), lock);
    }
    let before = repository.files();
    let list = repository.updates(&["--list"]);
    for (name, _, tool) in files {
        let line = format!("{name}.txt  its header says `{tool}`; from {name}.in\n");
        assert!(list.stdout.contains(&line), "`{line}`: {}", list.stdout);
    }
    // Nothing moves, so their looks stay.
    repository.updates(&[]);
    assert_eq!(repository.files(), before);
    repository.index.add(aged("alpha", "1.1", 100));
    repository.updates(&[]);
    let first = repository.files();
    for (name, _, tool) in files {
        assert_eq!(repository.pins(&format!("{name}.txt")), ["alpha==1.1"]);
        let text = &first[&format!("{name}.txt")];
        assert!(text.contains("pinfold compile"), "{text}");
        assert!(!text.contains(tool), "{text}");
        assert!(!text.contains("--hash"), "as it was: {text}");
    }
    repository.updates(&[]);
    assert_eq!(repository.files(), first);
    let list = repository.updates(&["--list"]);
    assert!(
        list.stdout
            .contains("a.txt  its header says `pinfold compile`"),
        "{}",
        list.stdout
    );
}

#[test]
fn a_project_that_a_lock_reads_over_another_lock_agrees_with_it() {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["shared"]),
        aged("gamma", "1.0", 300).requires(&["shared<3"]),
        aged("shared", "1.0", 300),
    ]);
    repository.project.write("base.in", "alpha\n");
    repository
        .project
        .write("dev.in", "-c base.txt\n-r base.in\ngamma\n");
    for name in ["base", "dev"] {
        repository.lock(&[&format!("{name}.in"), "-o", &format!("{name}.txt")]);
    }
    repository.index.add(aged("shared", "2.0", 100));
    repository.index.add(aged("shared", "3.0", 90));
    // What only the lock above cannot have, the lock below does not get either.
    repository.updates(&["base.txt"]);
    assert_eq!(repository.pins("base.txt"), ["alpha==1.0", "shared==2.0"]);
    assert_eq!(
        repository.pins("dev.txt"),
        ["alpha==1.0", "gamma==1.0", "shared==2.0"]
    );
}

#[test]
fn rules_hold_images_too_and_tags_move_within_bounds() {
    let repository = Repository::new([]);
    let (python, redis) = (
        repository.push("python", "3.12.1-slim", 1),
        repository.push("redis", "7", 1),
    );
    repository.project.write(
        "Dockerfile",
        format!("FROM python:3.12.1-slim@{python}\nFROM redis:7@{redis}\n"),
    );
    repository.project.write(
        "pinfold.toml",
        "[policy]\nimage-tags = \"patch\"\n\
         [[rule]]\nmatch-image = [\"redis\"]\nignore = true\nreason = \"by hand\"\n",
    );
    for tag in ["3.12.4", "3.13.0-slim"] {
        repository.push("python", tag, 3);
    }
    let moved = repository.push("python", "3.12.4-slim", 2);
    repository.push("redis", "7", 2);
    repository.updates(&[]);
    let first = repository.files();
    assert_eq!(
        first["Dockerfile"],
        format!("FROM python:3.12.4-slim@{moved}\nFROM redis:7@{redis}\n")
    );
    repository.updates(&[]);
    assert_eq!(repository.files(), first);
}
