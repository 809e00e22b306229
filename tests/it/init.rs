//! `pinfold init` as its users meet it: the files it writes, that their validators take
//! them, and what the scripts in them do with a real repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::configuration::{check_schema, validator};
use crate::project::{Project, Run, left_out, run};
use crate::registries::program;

const KINDS: [(&str, &[&str]); 4] = [
    ("github", &[".github/workflows/pinfold.yml"]),
    ("gitlab", &[".gitlab-ci.pinfold.yml"]),
    (
        "systemd",
        &["pinfold-update.service", "pinfold-update.timer"],
    ),
    ("kubernetes", &["pinfold-update.cronjob.yaml"]),
];

fn init(project: &Project, arguments: &[&str]) -> Run {
    let mut all = vec!["init"];
    all.extend(arguments);
    run(&mut project.command(&all))
}

#[track_caller]
fn workflow(kind: &str) -> Project {
    let project = Project::new();
    let run = init(&project, &["--workflow", kind]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    project
}

#[test]
fn writes_a_configuration_at_the_root_of_the_repository() {
    let project = Project::new();
    project.write(".git/HEAD", "ref: refs/heads/master\n");
    project.write("services/api/requirements.in", "flask\n");
    project.write("services/api/Dockerfile", "FROM python:3.12\n");
    project.write("vendor/Dockerfile", "FROM python:3.12\n");
    let mut command = project.command(&["init"]);
    let run = run(command.current_dir(project.path("services")));
    run.says(
        0,
        &[
            "Wrote",
            "pinfold.toml`",
            "Found 1 requirements file and 1 file with images",
        ],
    );
    let text = project.read("pinfold.toml");
    for line in [
        "#   services/api/requirements.in",
        "#   services/api/Dockerfile",
        "#cooldown = \"7d\"",
        "base = \"master\"",
        "exclude = [\"vendor/**\"]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // What it wrote is what it reads.
    let run = crate::project::run(&mut project.command(&["docker", "explain"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    check_schema(&[project.path("pinfold.toml")]);
}

#[test]
fn never_overwrites_unless_forced() {
    let project = Project::new();
    project.write("pinfold.toml", "[docker]\n");
    let run = init(&project, &[]);
    run.says(
        2,
        &["`pinfold.toml` already exists", "`--force` overwrites it"],
    );
    assert_eq!(project.read("pinfold.toml"), "[docker]\n");
    // A dry run refuses nothing.
    let run = init(&project, &["--dry-run"]);
    run.says(0, &["already exists; `--force` overwrites it"]);
    assert_eq!(project.read("pinfold.toml"), "[docker]\n");
    init(&project, &["--force"]).says(0, &["Wrote `pinfold.toml`"]);
    assert_eq!(project.read("pinfold.toml"), run.stdout);

    // All or nothing.
    project.write("pinfold-update.timer", "mine");
    let run = init(&project, &["--workflow", "systemd", "--workflow", "gitlab"]);
    run.says(2, &["`pinfold-update.timer` already exists"]);
    assert_eq!(project.files(), ["pinfold-update.timer", "pinfold.toml"]);
}

#[test]
fn does_not_put_a_second_configuration_beside_the_first() {
    let project = Project::new();
    project.write("pyproject.toml", "[tool.pinfold.commit]\nbase = 'trunk'\n");
    let run = init(&project, &[]);
    run.says(2, &["`pyproject.toml` already has a configuration"]);
    assert_eq!(project.files(), ["pyproject.toml"]);
    // Its branches are those of workflows.
    init(&project, &["--workflow", "gitlab"]).says(0, &["Wrote `.gitlab-ci.pinfold.yml`"]);
    assert!(
        project
            .read(".gitlab-ci.pinfold.yml")
            .contains("BASE: \"trunk\"")
    );
}

#[test]
fn a_configuration_that_is_wrong_is_told_and_nothing_written() {
    let project = Project::new();
    project.write("pinfold.toml", "[commit]\nbranch = \"a; rm -rf /\"\n");
    let run = init(&project, &["--workflow", "github"]);
    run.says(2, &["is not a valid branch name", "pinfold.toml:2:10"]);
    assert_eq!(project.files(), ["pinfold.toml"]);
}

#[test]
fn warns_where_the_branch_to_start_from_is_another_one() {
    let project = Project::new();
    project.write(".git/HEAD", "ref: refs/heads/master\n");
    init(&project, &["--workflow", "github"]).says(0, &["set `base = \"master\"`"]);
    let text = project.read(".github/workflows/pinfold.yml");
    assert!(text.contains("BASE: \"master\""), "{text}");
}

#[test]
fn prints_several_files_with_their_names() {
    let project = Project::new();
    let run = init(&project, &["-n", "--workflow", "systemd"]);
    assert_eq!(run.code, 0);
    assert!(
        run.stdout
            .starts_with("##### pinfold-update.service #####\n")
    );
    assert!(run.stdout.contains("##### pinfold-update.timer #####\n"));
    assert_eq!(project.files(), [""; 0]);
}

#[test]
fn workflows_have_least_privileges_and_pin_what_they_use() {
    for (kind, names) in KINDS {
        let project = workflow(kind);
        let texts: String = names.iter().map(|name| project.read(name)).collect();
        assert!(texts.contains("pinfold update --commit"), "{kind}");
        assert!(texts.contains("--force-with-lease="), "{kind}");
        let install = format!(
            "cargo install --locked --version {} ",
            env!("CARGO_PKG_VERSION")
        );
        assert!(texts.contains(&install), "{kind}");
        // No token in a URL, where logs and process lists would show it.
        assert!(
            !texts.contains("TOKEN@") && !texts.contains("TOKEN}@"),
            "{kind}"
        );
        assert!(
            !texts
                .lines()
                .any(|line| line.trim_start().starts_with("- uses:"))
        );
    }
    let project = workflow("github");
    let text = project.read(".github/workflows/pinfold.yml");
    assert!(text.contains("\npermissions: {}\n"));
    assert!(text.contains("timeout-minutes:"));
    assert!(text.contains("cancel-in-progress: false"));
    // An expression in a script would be pasted into it.
    for step in ["Install pinfold", "Clone", "Update", "Push the branch"] {
        assert!(!block(&text, step, "run: |").contains("${{"), "{step}");
    }
    // Who talks to indexes has no token.
    assert!(!block(&text, "Update", "env:").contains("TOKEN"));
    let text = workflow("kubernetes").read("pinfold-update.cronjob.yaml");
    for fact in [
        "concurrencyPolicy: Forbid",
        "restartPolicy: Never",
        "automountServiceAccountToken: false",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [ALL]",
        "values: [1, 2]",
    ] {
        assert!(text.contains(fact), "{fact}");
    }
    let text = workflow("gitlab").read(".gitlab-ci.pinfold.yml");
    assert!(text.contains("exit_codes: 75"));
    let text = workflow("systemd").read("pinfold-update.service");
    assert!(text.contains("RestartPreventExitStatus=1 2"));
    assert!(text.contains("DynamicUser=yes"));
}

#[test]
fn validators_take_the_workflows() {
    let check = |name: &str, arguments: &[&str], files: &[PathBuf]| {
        let Some(validator) = validator(name) else {
            return;
        };
        let output = Command::new(validator)
            .args(arguments)
            .args(files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", said(&output));
    };
    let github = workflow("github");
    let files = [github.path(".github/workflows/pinfold.yml")];
    let schema = ["--builtin-schema", "vendor.github-workflows"];
    check("check-jsonschema", &schema, &files);
    check("zizmor", &["--offline", "--quiet"], &files);

    let gitlab = workflow("gitlab");
    let files = [gitlab.path(".gitlab-ci.pinfold.yml")];
    let schema = ["--builtin-schema", "vendor.gitlab-ci"];
    check("check-jsonschema", &schema, &files);

    let systemd = workflow("systemd");
    let files = ["service", "timer"].map(|kind| systemd.path(&format!("pinfold-update.{kind}")));
    check("systemd-analyze", &["verify"], &files);

    let kubernetes = workflow("kubernetes");
    let files = [kubernetes.path("pinfold-update.cronjob.yaml")];
    check("kubernetes-validate", &["--strict"], &files);
}

/// Returns the lines below `what` in the step with this name.
fn block(text: &str, step: &str, what: &str) -> String {
    let from = text
        .find(&format!("- name: {step}"))
        .unwrap_or_else(|| panic!("no step {step}"));
    let mut lines = text[from..].lines().skip(1);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut outer = 0;
    for line in lines.by_ref() {
        if line.trim_start().starts_with("- name: ") {
            return String::new();
        }
        if line.trim() == what {
            outer = indent(line);
            break;
        }
    }
    let inner: Vec<&str> = lines
        .take_while(|line| line.trim().is_empty() || indent(line) > outer)
        .map(str::trim_start)
        .collect();
    inner.join("\n") + "\n"
}

/// A repository on a server, and jobs that run beside it.
struct Forge {
    root: TempDir,
}

/// What stands for `pinfold update --commit`: a commit on the branch, always the same
/// for the same content.
const UPDATE: &str = r##"#!/bin/sh
set -eu
[ "$1 $2 $3" = "update --commit --report" ]
if env | grep -q secret-token; then echo "the token is in sight" >&2; exit 99; fi
echo run >> "$STATE/runs"
if [ -e "$STATE/content" ]; then
    echo "# moved" > "$4"
    blob=$(git hash-object -w "$STATE/content")
    tree=$(printf '100644 blob %s\tpins\n' "$blob" | git mktree)
    commit=$(GIT_AUTHOR_DATE='2026-11-21T00:00:00Z' GIT_COMMITTER_DATE='2026-11-21T00:00:00Z' \
        git commit-tree "$tree" -p HEAD -m 'Update pins: 1 project')
    git update-ref "refs/heads/$BRANCH" "$commit"
fi
if [ -e "$STATE/meanwhile" ]; then
    git push --quiet --force origin "$(cat "$STATE/meanwhile"):refs/heads/$BRANCH"
fi
exit "$(cat "$STATE/code")"
"##;

const GH: &str = r#"#!/bin/sh
echo "$*" >> "$STATE/gh"
case "$*" in
    *"--state open"*) cat "$STATE/open" ;;
    *"--state all"*) cat "$STATE/seen" ;;
esac
"#;

impl Forge {
    /// Returns `None` where there is no git.
    fn new() -> Option<Self> {
        if program("git").is_none() || program("bash").is_none() {
            left_out("there is no git, or no bash");
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        let forge = Self { root };
        for folder in ["bin", "state", "home"] {
            fs::create_dir(forge.path(folder)).unwrap();
        }
        for (name, script) in [
            ("pinfold", UPDATE),
            ("gh", GH),
            ("sleep", "#!/bin/sh\necho \"$1\" >> \"$STATE/slept\"\n"),
            ("cargo", "#!/bin/sh\n"),
        ] {
            let path = forge.path("bin").join(name);
            fs::write(&path, script).unwrap();
            executable(&path);
        }
        forge.sets("code", "0");
        forge.sets("open", "");
        forge.sets("seen", "false");
        forge.git(&[
            "init",
            "--quiet",
            "--bare",
            "--initial-branch=main",
            "origin.git",
        ]);
        forge.git(&["clone", "--quiet", "origin.git", "mine"]);
        forge.git(&["-C", "mine", "checkout", "--quiet", "-B", "main"]);
        forge.git(&[
            "-C",
            "mine",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "first",
        ]);
        forge.git(&["-C", "mine", "push", "--quiet", "origin", "main"]);
        Some(forge)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn sets(&self, name: &str, value: &str) {
        fs::write(self.path("state").join(name), value).unwrap();
    }

    fn has(&self, name: &str) -> String {
        fs::read_to_string(self.path("state").join(name)).unwrap_or_default()
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(program);
        command
            .current_dir(self.root.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.com")
            .env("STATE", self.path("state"));
        command
    }

    /// Lets the server take options with a push, as those of GitLab do.
    fn takes_push_options(&self) {
        let option = ["receive.advertisePushOptions", "true"];
        self.git(&[&["-C", "origin.git", "config"][..], &option].concat());
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Returns the commit that the branch is at on the server.
    fn branch(&self) -> Option<String> {
        let name = "refs/heads/pinfold/update";
        let all = self.git(&["-C", "origin.git", "for-each-ref", name]);
        all.split_whitespace().next().map(str::to_owned)
    }

    /// Runs the job of a kind in a machine of its own, and returns its exit code.
    fn job(&self, kind: &str) -> (i32, String) {
        let work = tempfile::tempdir_in(self.root.path()).unwrap();
        let url = format!("file://{}", self.root.path().display());
        let text = workflow(kind).read(KINDS.iter().find(|(name, _)| *name == kind).unwrap().1[0]);
        let scripts: Vec<String> = match kind {
            "github" => ["Clone", "Update", "Push the branch and open a pull request"]
                .iter()
                .map(|step| block(&text, step, "run: |"))
                .collect(),
            "gitlab" => vec![after(&text, "  script:\n    - |\n", "  artifacts:")],
            "systemd" => {
                let script = after(&text, "ExecStart=/bin/sh -euc '", "'\nTimeout");
                vec![script.replace("\\\n", " ").replace("$$", "$")]
            }
            _ => {
                let script = after(
                    &text,
                    "              args:\n                - |\n",
                    "              resources:",
                );
                vec![script.replace("/work/", &format!("{}/", work.path().display()))]
            }
        };
        let mut said_all = String::new();
        let mut exit_code = String::new();
        let mut before = String::new();
        for (index, script) in scripts.iter().enumerate() {
            let mut command = self.command(if kind == "github" { "bash" } else { "sh" });
            command
                .args(if kind == "github" {
                    &["-eo", "pipefail", "-c"][..]
                } else {
                    &["-euc"]
                })
                .arg(script)
                .current_dir(work.path())
                .env("BASE", "main")
                .env("BRANCH", "pinfold/update")
                .env("REPOSITORY", format!("{url}/origin.git"));
            if kind == "github" {
                let outputs = work.path().with_extension("outputs");
                command
                    .env("GITHUB_SERVER_URL", &url)
                    .env("GITHUB_REPOSITORY", "origin")
                    .env("GITHUB_OUTPUT", &outputs)
                    .env("RUNNER_TEMP", self.path("state"))
                    .env("EXIT_CODE", &exit_code)
                    .env("BEFORE", &before);
                if index != 1 {
                    command.env("GH_TOKEN", "secret-token");
                }
            }
            if kind == "gitlab" {
                command
                    .env("CI_PROJECT_URL", format!("{url}/origin"))
                    .env("CI_SERVER_URL", &url)
                    .env("CI_JOB_URL", "https://git.example/job/1")
                    .env("CI_PROJECT_DIR", work.path())
                    .env("PINFOLD_TOKEN", "secret-token");
            }
            let output = command.output().unwrap();
            said_all.push_str(&said(&output));
            if !output.status.success() {
                return (output.status.code().unwrap(), said_all);
            }
            if let Ok(outputs) = fs::read_to_string(work.path().with_extension("outputs")) {
                let output = |name: &str| {
                    let mut lines = outputs.lines();
                    let value = lines.find_map(|line| line.strip_prefix(name));
                    value.unwrap_or_default().to_owned()
                };
                before = output("branch-before=");
                exit_code = output("exit-code=");
            }
        }
        (0, said_all)
    }
}

fn executable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[track_caller]
fn after(text: &str, start: &str, end: &str) -> String {
    let from = text.find(start).expect(start) + start.len();
    let length = text[from..].find(end).expect(end);
    text[from..from + length].to_owned()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_job_pushes_what_moved_and_nothing_twice() {
    for (kind, _) in KINDS {
        let Some(forge) = Forge::new() else { return };
        forge.takes_push_options();
        let (code, said) = forge.job(kind);
        assert_eq!((code, forge.branch()), (0, None), "{kind}: {said}");
        forge.sets("content", "a==1\n");
        let (code, said) = forge.job(kind);
        assert_eq!(code, 0, "{kind}: {said}");
        let first = forge.branch().expect(kind);
        let (code, said) = forge.job(kind);
        assert_eq!(
            (code, forge.branch()),
            (0, Some(first.clone())),
            "{kind}: {said}"
        );
        // Another plan replaces the commit: the branch is one commit on its base.
        forge.sets("content", "a==2\n");
        let (code, said) = forge.job(kind);
        assert_eq!(code, 0, "{kind}: {said}");
        let second = forge.branch().expect(kind);
        assert_ne!(first, second, "{kind}");
        let parent = forge.git(&["-C", "origin.git", "rev-parse", &format!("{second}^")]);
        let main = forge.git(&["-C", "origin.git", "rev-parse", "main"]);
        assert_eq!(parent, main, "{kind}");
    }
}

#[test]
fn a_job_pushes_what_could_be_updated_and_fails_all_the_same() {
    for (kind, _) in KINDS {
        let Some(forge) = Forge::new() else { return };
        forge.takes_push_options();
        forge.sets("content", "a==1\n");
        forge.sets("code", "2");
        let (code, said) = forge.job(kind);
        assert_eq!(code, 2, "{kind}: {said}");
        assert!(forge.branch().is_some(), "{kind}: {said}");
    }
}

#[test]
fn a_job_does_not_overwrite_what_was_pushed_meanwhile() {
    for (kind, _) in KINDS {
        let Some(forge) = Forge::new() else { return };
        forge.takes_push_options();
        forge.git(&[
            "-C",
            "mine",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "by hand",
        ]);
        forge.git(&[
            "-C",
            "mine",
            "push",
            "--quiet",
            "origin",
            "HEAD:refs/heads/by-hand",
        ]);
        let by_hand = forge.git(&["-C", "mine", "rev-parse", "HEAD"]);
        forge.sets("content", "a==1\n");
        forge.sets("meanwhile", &by_hand);
        let (code, said) = forge.job(kind);
        assert_ne!(code, 0, "{kind}: {said}");
        assert!(said.contains("stale info"), "{kind}: {said}");
        assert_eq!(forge.branch(), Some(by_hand), "{kind}");
    }
}

#[test]
fn the_job_of_github_opens_one_pull_request_and_renews_its_text() {
    let Some(forge) = Forge::new() else { return };
    forge.job("github");
    assert_eq!(forge.has("gh"), "", "there is nothing to ask for");
    forge.sets("content", "a==1\n");
    let (code, said) = forge.job("github");
    assert_eq!(code, 0, "{said}");
    let asked = forge.has("gh");
    assert!(
        asked
            .contains("pr create --head pinfold/update --base main --title Update pins: 1 project"),
        "{asked}"
    );
    // One is open: its text follows.
    forge.sets("gh", "");
    forge.sets("open", "7");
    forge.sets("seen", "true");
    forge.job("github");
    let asked = forge.has("gh");
    assert!(
        asked.contains("--method PATCH repos/origin/pulls/7"),
        "{asked}"
    );
    assert!(!asked.contains("pr create"), "{asked}");
    // Somebody closed it: it stays closed until there is another commit.
    forge.sets("gh", "");
    forge.sets("open", "");
    forge.job("github");
    let asked = forge.has("gh");
    assert!(
        !asked.contains("pr create") && !asked.contains("PATCH"),
        "{asked}"
    );
    forge.sets("seen", "false");
    forge.job("github");
    assert!(forge.has("gh").contains("pr create"));
}

#[test]
fn the_job_of_github_tries_again_what_may_do_later() {
    let Some(forge) = Forge::new() else { return };
    forge.sets("code", "75");
    let (code, said) = forge.job("github");
    assert_eq!(code, 75, "{said}");
    assert_eq!(forge.has("slept"), "60\n300\n");
    assert_eq!(forge.has("runs").lines().count(), 3);
    forge.sets("runs", "");
    forge.sets("code", "2");
    forge.job("github");
    assert_eq!(forge.has("runs").lines().count(), 1);
}
