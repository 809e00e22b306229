//! `pinfold update` on `pylock.toml` files, and on lock files that only other tools update.

use crate::repository::{Repository, aged};

/// A repository with these locks of alpha 1.0, and alpha 1.1 since.
fn stale(outputs: &[&str]) -> Repository {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["beta"]),
        aged("beta", "1.0", 300),
    ]);
    repository.project.write("requirements.in", "alpha\n");
    let mut arguments = vec!["requirements.in"];
    for output in outputs {
        arguments.extend(["-o", output]);
    }
    repository.lock(&arguments);
    repository
        .index
        .add(aged("alpha", "1.1", 100).requires(&["beta"]));
    repository
}

#[test]
fn a_pylock_is_found_moved_and_then_stays() {
    let repository = stale(&["pylock.toml"]);
    repository.updates(&[]);
    let lock = repository.project.read("pylock.toml");
    assert!(lock.contains("alpha-1.1-py3-none-any.whl"), "{lock}");
    assert!(lock.contains("beta-1.0-py3-none-any.whl"), "{lock}");
    repository.updates(&[]);
    assert_eq!(repository.project.read("pylock.toml"), lock);
    let check = ["requirements.in", "-o", "pylock.toml", "--check"];
    repository.project.compiles(&repository.index.url(), &check);
}

#[test]
fn two_formats_of_one_command_move_together() {
    let both = ["requirements.txt", "pylock.toml"];
    let repository = stale(&both);
    let command = "--output-file=requirements.txt --output-file=pylock.toml";
    let mut arguments = vec!["requirements.in"];
    arguments.extend(both.iter().flat_map(|output| ["-o", output]));
    repository.updates(&[]);
    for output in both {
        let lock = repository.project.read(output);
        assert!(lock.contains(command), "{lock}");
        assert!(lock.contains("1.1"), "{lock}");
    }
    arguments.push("--check");
    repository
        .project
        .compiles(&repository.index.url(), &arguments);
}

#[test]
fn a_plan_for_a_pylock_is_applied_and_one_with_other_servers_is_not() {
    let repository = stale(&["pylock.toml"]);
    let before = repository.project.read("pylock.toml");
    let path = repository.project.home().join("plan.json");
    let path = path.to_str().unwrap().to_owned();
    repository.updates(&["--dry-run", "--plan-out", &path]);
    assert_eq!(repository.project.read("pylock.toml"), before);
    let plan = std::fs::read_to_string(&path).unwrap();
    let host = repository
        .index
        .url()
        .replace("/simple/", "/files/alpha-1.1");
    assert!(plan.contains(&host), "{plan}");
    std::fs::write(
        &path,
        plan.replace(&host, "http://other.example/files/alpha-1.1"),
    )
    .unwrap();
    let index = repository.index.url();
    let apply = || {
        crate::project::run(&mut repository.project.command(&[
            "apply",
            &path,
            "--index-url",
            &index,
        ]))
    };
    let run = apply();
    assert_ne!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("http://other.example/"),
        "{}",
        run.stderr
    );
    assert_eq!(repository.project.read("pylock.toml"), before);
    std::fs::write(&path, plan).unwrap();
    apply().says(0, &[]);
    assert!(repository.project.read("pylock.toml").contains("alpha-1.1"));
}

#[test]
fn locks_of_other_tools_are_named_with_what_can_be_done() {
    let repository = Repository::new([]);
    repository
        .project
        .write("pyproject.toml", "[project]\nname = \"x\"\n");
    repository.project.write("uv.lock", "version = 1\n");
    let words = "only uv updates it; `pinfold compile pyproject.toml --preferences uv.lock -o \
                 pylock.toml`";
    let run = repository.updates(&[]);
    run.says(0, &["uv.lock: skipped, because", words]);
    assert!(
        !run.stdout.contains("There is nothing to keep up to date"),
        "{}",
        run.stdout
    );
    repository
        .update(&["uv.lock"])
        .says(2, &["cannot update `uv.lock`: ", words]);
    // Beside something that is kept up to date it is not in the way.
    repository.project.write("requirements.in", "");
    repository.lock(&["requirements.in", "--no-preferences"]);
    let run = repository.updates(&[]);
    assert!(!run.stderr.contains("uv.lock"), "{}", run.stderr);
}

#[test]
fn a_pylock_of_which_nobody_says_how_it_is_made_is_named() {
    let repository = Repository::new([]);
    let lock = "lock-version = \"1.0\"\ncreated-by = \"pdm\"\npackages = []\n";
    repository.project.write("pylock.toml", lock);
    let run = repository.updates(&[]);
    run.says(
        0,
        &["pylock.toml: skipped, because its sources are unknown"],
    );
}
