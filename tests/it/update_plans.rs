//! Plans that come from elsewhere: what `pinfold apply` carries out, and what it refuses.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::project::Run;
use crate::repository::{Repository, aged};

/// A lock, a Dockerfile and a compose file, all of which have updates.
fn stale() -> Repository {
    let repository = Repository::new([aged("alpha", "1.0", 300)]);
    let project = &repository.project;
    project.write("base.in", "alpha\n");
    project.write("requirements.in", "-r base.in\n");
    project.write("pinfold.toml", "[policy]\ncooldown = \"7d\"\n");
    repository.lock(&["requirements.in", "-o", "requirements.txt"]);
    let python = repository.push("python", "3.12-slim", 1);
    let redis = repository.push("redis", "7", 1);
    project.write(
        "Dockerfile",
        format!("FROM python:3.12-slim@{python}\nRUN pip install .\n"),
    );
    project.write(
        "compose.yaml",
        format!("services:\n  cache:\n    image: redis:7@{redis}\n"),
    );
    repository.commit_all();
    repository.index.add(aged("alpha", "1.1", 100));
    repository.push("python", "3.12-slim", 2);
    repository.push("redis", "7", 2);
    repository
}

/// Makes a plan, and returns where it is.
fn plan(repository: &Repository) -> String {
    let path = repository.project.home().join("plan.json");
    let path = path.to_str().unwrap().to_owned();
    repository.updates(&["--dry-run", "--plan-out", &path]);
    path
}

/// Returns the target of a path in a plan.
fn target<'a>(plan: &'a mut Value, path: &str) -> &'a mut Value {
    let targets = plan["targets"].as_array_mut().unwrap();
    let mut targets = targets.iter_mut();
    targets.find(|target| target["path"] == path).unwrap()
}

fn after(plan: &mut Value, path: &str, change: impl Fn(&str) -> String) {
    let after = &mut target(plan, path)["files"][0]["after"]["text"];
    let changed = change(after.as_str().unwrap());
    assert_ne!(after.as_str().unwrap(), changed);
    *after = changed.into();
}

/// Applies a plan after a change of it.
fn apply_altered(
    alter: impl FnOnce(&mut Value),
    arguments: &[&str],
) -> (Repository, BTreeMap<String, String>, Run) {
    let repository = stale();
    let path = plan(&repository);
    let mut value: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    alter(&mut value);
    fs::write(&path, value.to_string()).unwrap();
    let before = repository.files();
    let mut all = vec![path.as_str()];
    all.extend(arguments);
    let run = repository.apply(&all);
    (repository, before, run)
}

/// A plan with one thing that no update would write.
type Alteration = (&'static str, fn(&mut Value));

/// What a plan may be made to say, by what is wrong with it.
fn alterations() -> Vec<Alteration> {
    vec![
        ("a file beside the target's", |plan| {
            let file = json!({"path": "setup.sh", "before": null, "after": {"text": "true\n"}});
            let files = &mut target(plan, "Dockerfile")["files"];
            files.as_array_mut().unwrap().push(file);
        }),
        ("a target that is none", |plan| {
            let mut other = target(plan, "Dockerfile").clone();
            other["path"] = json!("ci.yml");
            other["files"] =
                json!([{"path": "ci.yml", "before": null, "after": {"text": "on: push\n"}}]);
            plan["targets"].as_array_mut().unwrap().push(other);
        }),
        ("a Dockerfile that is new", |plan| {
            let mut other = target(plan, "Dockerfile").clone();
            other["path"] = json!("app.Dockerfile");
            other["files"][0]["path"] = json!("app.Dockerfile");
            other["files"][0]["before"] = json!(null);
            plan["targets"].as_array_mut().unwrap().push(other);
        }),
        ("another instruction", |plan| {
            after(plan, "Dockerfile", |text| format!("{text}RUN true\n"));
        }),
        ("another image", |plan| {
            after(plan, "Dockerfile", |text| {
                text.replace("python:", "pyth0n:")
            });
        }),
        ("a digest that is not reported", |plan| {
            after(plan, "compose.yaml", |text| {
                let (start, _) = text.split_once("sha256:").unwrap();
                format!("{start}sha256:{}\n", "0".repeat(64))
            });
        }),
        ("an image that is reported only", |plan| {
            let image = target(plan, "Dockerfile")["images"][0].clone();
            let mut images = vec![image.clone(), image];
            images[1]["image"] = json!("redis");
            target(plan, "Dockerfile")["images"] = images.into();
        }),
        ("a pin that is not reported", |plan| {
            after(plan, "requirements.txt", |text| {
                format!("{text}beta==1.0 \\\n    --hash=sha256:{}\n", "0".repeat(64))
            });
        }),
        ("a pin that is reported only", |plan| {
            let pins = &mut target(plan, "requirements.txt")["pins"];
            let mut other = pins[0].clone();
            other["project"] = json!("beta");
            pins.as_array_mut().unwrap().push(other);
        }),
        ("another version than is reported", |plan| {
            target(plan, "requirements.txt")["pins"][0]["to"] = json!("1.2");
        }),
        ("an index", |plan| {
            after(plan, "requirements.txt", |text| {
                format!("--extra-index-url https://mirror.example/simple/\n{text}")
            });
        }),
        ("another command", |plan| {
            after(plan, "requirements.txt", |text| {
                text.replace(
                    "#    pinfold compile",
                    "#    pinfold compile --extra-index-url https://mirror.example/simple/",
                )
            });
        }),
        ("a lock where there is none", |plan| {
            let mut other = target(plan, "requirements.txt").clone();
            other["path"] = json!("other.txt");
            other["files"][0]["path"] = json!("other.txt");
            other["files"][0]["before"] = json!(null);
            plan["targets"].as_array_mut().unwrap().push(other);
        }),
        ("a line that is not a pin", |plan| {
            after(plan, "requirements.txt", |text| format!("{text}beta\n"));
        }),
    ]
}

#[test]
fn a_plan_writes_nothing_but_the_pins_that_it_reports() {
    for (what, alter) in alterations() {
        let (repository, before, run) = apply_altered(alter, &[]);
        assert_eq!(run.code, 2, "{what}: {}", run.stderr);
        let refusal = "the plan was not applied: it writes";
        assert!(run.stderr.contains(refusal), "{what}: {}", run.stderr);
        assert_eq!(repository.files(), before, "{what}");
    }
}

#[test]
fn nor_does_it_commit_anything_else() {
    for (what, alter) in alterations() {
        let (repository, _, run) = apply_altered(alter, &["--commit"]);
        assert_eq!(run.code, 2, "{what}: {}", run.stderr);
        let branches = repository.git(&["branch", "--list", "pinfold/update"]);
        assert_eq!(branches, "", "{what}");
    }
}

/// Changes a file after the plan was made, and applies it.
fn apply_after(path: &str, content: &str, is_committed: bool) -> (Repository, Run) {
    let repository = stale();
    let plan = plan(&repository);
    repository.project.write(path, content);
    let run = if is_committed {
        repository.commit_all();
        repository.apply(&[&plan, "--commit"])
    } else {
        repository.apply(&[&plan])
    };
    (repository, run)
}

#[test]
fn a_plan_is_not_applied_where_its_sources_changed() {
    for (path, content) in [
        ("requirements.in", "-r base.in\nalpha<1.1\n"),
        ("base.in", "alpha<1.1\n"),
    ] {
        let message = format!("`{path}` changed since the plan was made");
        let (repository, run) = apply_after(path, content, false);
        run.says(2, &[&message]);
        assert_eq!(repository.pins("requirements.txt"), ["alpha==1.0"]);
        // The others are not made of it.
        assert_eq!(
            repository.git(&["diff", "--name-only", "--", "Dockerfile"]),
            "Dockerfile"
        );
        let (repository, run) = apply_after(path, content, true);
        run.says(2, &[&message]);
        let changed = ["diff", "--name-only", "main", "pinfold/update"];
        assert_eq!(repository.git(&changed), "Dockerfile\ncompose.yaml");
    }
}

#[test]
fn a_plan_is_not_applied_under_another_configuration() {
    let rule = "[[rule]]\nmatch = [\"alpha\"]\nignore = true\nreason = \"by hand\"\n";
    let (repository, run) = apply_after("pinfold.toml", rule, false);
    run.says(2, &["`pinfold.toml` changed since the plan was made"]);
    assert_eq!(repository.pins("requirements.txt"), ["alpha==1.0"]);
}

#[test]
fn a_plan_may_write_the_index_of_the_configuration() {
    let repository = stale();
    let project = &repository.project;
    let pip = "#\n# This file is autogenerated by pip-compile with Python 3.12\n\
               # by the following command:\n#\n#    pip-compile --output-file=pip.txt pip.in\n#\n";
    project.write("pip.txt", format!("{pip}alpha==1.0\n    # via -r pip.in\n"));
    project.write("pip.in", "alpha\n");
    let index = repository.index.url();
    let config = format!("[compile]\nindex-url = \"{index}\"\n");
    project.write("pinfold.toml", config);
    repository.commit_all();
    let path = plan(&repository);
    repository.apply(&[&path]).says(0, &[]);
    let option = format!("--index-url {index}\n");
    assert!(project.read("pip.txt").contains(&option));
}

#[test]
fn a_plan_alone_writes_nothing() {
    let repository = stale();
    let before = repository.files();
    let path = repository.project.home().join("plan.json");
    let run = repository.updates(&["--plan-out", path.to_str().unwrap()]);
    assert!(path.is_file());
    run.says(0, &["pinfold apply"]);
    assert_eq!(repository.files(), before);
}

/// Locks of each kind and images at each kind of place, all of which have updates.
fn of_each_kind() -> Repository {
    let repository = Repository::new([
        aged("alpha", "1.0", 300).requires(&["shared"]),
        aged("shared", "1.0", 300),
    ]);
    let project = &repository.project;
    for name in ["own", "emitting", "pip", "uv", "custom", "table"] {
        project.write(&format!("{name}.in"), "alpha\n");
    }
    repository.lock(&["own.in", "-o", "own.txt"]);
    let emitting = [
        "--emit-index-url",
        "--emit-build-options",
        "--only-binary",
        "shared",
    ];
    let mut arguments = vec!["emitting.in", "-o", "emitting.txt"];
    arguments.extend(emitting);
    repository.lock(&arguments);
    let pins =
        |name: &str| format!("alpha==1.0\n    # via -r {name}.in\nshared==1.0\n    # via alpha\n");
    let pip = "#\n# This file is autogenerated by pip-compile with Python 3.12\n\
               # by the following command:\n#\n#    pip-compile --output-file=pip.txt pip.in\n#\n";
    project.write("pip.txt", format!("{pip}{}", pins("pip")));
    let uv = "# This file was autogenerated by uv via the following command:\n\
              #    uv pip compile uv.in -o uv.txt --python-version 3.12\n";
    project.write("uv.txt", format!("{uv}{}", pins("uv")));
    project.write("table.txt", pins("table"));
    let custom = "#\n# This file is autogenerated by pip-compile with Python 3.12\n\
                  # by the following command:\n#\n#    make lock\n#\n";
    project.write("custom.txt", format!("{custom}{}", pins("custom")));
    project.write(
        "pinfold.toml",
        "[compile]\npython-version = \"3.12\"\n[policy]\nimage-tags = \"patch\"\n\
         [[lock]]\noutput = \"table.txt\"\nsources = [\"table.in\"]\npython-version = \"3.12\"\n",
    );
    project.write("layer.in", "-c own.txt\n-r own.in\nalpha[extra]\n");
    repository.lock(&["layer.in", "-o", "layer.txt"]);
    project.write(
        "pyproject.toml",
        "[project]\nname = \"it\"\nversion = \"1\"\ndependencies = [\"alpha\"]\n\
         [dependency-groups]\ndev = [\"shared\"]\n",
    );
    repository.lock(&["--group", "dev", "-o", "dev.txt"]);
    repository.lock(&["pyproject.toml", "-o", "project.txt"]);
    let python = repository.push("python", "3.12.1-slim", 1);
    repository.push("python", "3.12.4-slim", 2);
    repository.push("redis", "7", 3);
    project.write(
        "Dockerfile",
        format!(
            "\u{feff}ARG PY=3.12.1-slim@{python}\r\nFROM python:$PY AS a\r\nFROM redis:7\r\n\
             FROM python:3.12.1-slim@{python}\r\nFROM python:3.12.1-slim\r\nCOPY --from=a / /\r\n"
        ),
    );
    project.write(
        "compose.yaml",
        format!(
            "services:\n  a: {{image: redis, build: {{dockerfile_inline: \"FROM redis:7\"}}}}\n  \
             b: {{image: \"python:3.12.1-slim@{python}\"}}\n  c:\n    image: redis:7 # kept\n"
        ),
    );
    repository.push("redis", "latest", 3);
    repository.commit_all();
    repository
        .index
        .add(aged("alpha", "1.1", 100).requires(&["shared", "fresh"]));
    repository.index.add(aged("shared", "1.1", 100));
    repository.index.add(aged("fresh", "0.1", 100));
    repository
}

#[test]
fn a_plan_for_locks_and_images_of_each_kind_is_carried_out() {
    let direct = of_each_kind();
    let before = direct.files();
    direct.updates(&[]);
    let after = direct.files();
    let repository = of_each_kind();
    let path = plan(&repository);
    // It was an argument that named the index, and no plan can.
    let without = repository.files();
    let refusal = "with the option line `--index-url";
    repository.apply(&[&path]).says(2, &[refusal]);
    assert_eq!(repository.files(), without);
    let index = repository.index.url();
    let arguments = [&path, "--index-url", &index];
    repository.apply(&arguments).says(0, &[]);
    // Each repository has an index of its own.
    let same = |files: &BTreeMap<String, String>, of: &Repository| {
        let own = |text: &String| text.replace(&of.index.url(), "INDEX");
        let files = files.iter().map(|(name, text)| (name.clone(), own(text)));
        files.collect::<BTreeMap<_, _>>()
    };
    assert_eq!(
        same(&repository.files(), &repository),
        same(&after, &direct)
    );
    let unchanged: Vec<&str> = after
        .iter()
        .filter(|(name, text)| before.get(*name) == Some(*text))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        unchanged,
        [
            "custom.in",
            "emitting.in",
            "layer.in",
            "own.in",
            "pinfold.toml",
            "pip.in",
            "pyproject.toml",
            "table.in",
            "uv.in"
        ]
    );
    // To apply it once more is to do nothing.
    repository.apply(&arguments).says(0, &[]);
}
