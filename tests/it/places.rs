//! Requirements that name a place: a file by URL or path, a folder, a repository.
//!
//! Folders that have to be built take the machine's Python, repositories its git.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command};

use crate::index::{Index, Release, buildable_sdist, sdist, wheel};
use crate::project::{Project, Run, files_below, hashes};
use crate::registries::program;
use crate::repository::git;
use crate::scripted::{Reply, Server};

/// Makes a project that has a Python, or ends the test.
macro_rules! with_python {
    ($project:expr) => {
        match $project.with_python() {
            Some(project) => project,
            None => return,
        }
    };
}

/// Makes a project that has git and a Python, or ends the test.
macro_rules! with_git {
    ($project:expr) => {
        match $project.with_python_and(&["git"]) {
            Some(project) => project,
            None => return,
        }
    };
}

/// Asserts that another run changes nothing and asks nobody, and that one with another
/// requirement changes nothing but that.
#[track_caller]
fn is_settled(project: &Project, index: &Index) {
    let path = project.path("requirements.txt");
    let before = fs::metadata(&path).unwrap().ino();
    let lock = project.lock();
    index.requests();
    let run = project.compiles(&index.url(), &[]);
    assert_eq!(project.lock(), lock);
    run.says(0, &["up to date"]);
    assert_eq!(fs::metadata(&path).unwrap().ino(), before);
    assert_eq!(index.requests(), [""; 0]);
    index.add(wheel("zzz", "1.0"));
    let input = project.read("requirements.in");
    project.write("requirements.in", format!("{input}zzz\n"));
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["`requirements.txt`: 1 pin added ("]);
    assert!(project.lock().starts_with(&lock), "{}", project.lock());
    project.write("requirements.in", input);
}

/// A `pyproject.toml` that says all.
fn plain_project(name: &str, version: &str, dependencies: &[&str]) -> String {
    format!(
        "[project]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = {dependencies:?}\n"
    )
}

// Files by URL.

#[test]
fn a_wheel_and_archives_by_url_have_their_hash() {
    let files = [
        wheel("a", "1.0").requires(&["d"]),
        sdist("b", "1.0").requires(&["d"]),
        buildable_sdist("c", "1.0").requires(&["d"]),
    ];
    let index = Index::new([wheel("d", "1.0")]);
    let mut lines = String::new();
    for (name, file) in ["a", "b", "c"].iter().zip(&files) {
        let path = format!("/files/{}", file.filename());
        let reply = Reply::ok(file.bytes()).header("Cache-Control", "max-age=600");
        index.set(&path, reply);
        writeln!(lines, "{name} @ {}", index.file_url(file)).unwrap();
    }
    let project = with_python!(Project::of(&lines));
    project.compiles(&index.url(), &[]);
    let mut pins: Vec<String> = lines.lines().map(str::to_owned).collect();
    pins.push("d==1.0".to_owned());
    assert_eq!(project.pins(), pins);
    let mut all: Vec<String> = files.iter().map(Release::hash).collect();
    all.push(wheel("d", "1.0").hash());
    assert_eq!(hashes(&project.lock()), all);
    assert_eq!(project.builds(), ["c 1.0 metadata"]);
    let mut requests = index.requests();
    let count = requests.len();
    requests.dedup();
    assert_eq!(requests.len(), count, "{requests:?}");
    is_settled(&project, &index);
    assert_eq!(project.builds(), [""; 0]);
}

#[test]
fn what_is_behind_a_url_is_asked_for_again_when_it_is_stale() {
    let file = sdist("a", "1.0");
    let index = Index::new([]);
    let path = format!("/files/{}", file.filename());
    let fresh = Reply::ok(file.bytes())
        .header("Cache-Control", "no-cache")
        .header("ETag", "\"one\"");
    index.set(&path, fresh);
    let project = Project::of(&format!("a @ {}\n", index.file_url(&file)));
    project.compiles(&index.url(), &[]);
    index.requests();
    index.set(&path, Reply::status(304).header("ETag", "\"one\""));
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["up to date"]);
    assert_eq!(index.requests(), [format!("GET {path}")]);
}

#[test]
fn the_hash_in_a_url_is_checked() {
    for file in [wheel("a", "1.0"), sdist("a", "1.0")] {
        let index = Index::new([file.clone()]);
        let url = index.file_url(&file);
        let right = file.hash().replace(':', "=");
        let project = Project::of(&format!("a @ {url}#{right}\n"));
        project.compiles(&index.url(), &[]);
        assert_eq!(project.pins(), [format!("a @ {url}#{right}")]);
        assert_eq!(hashes(&project.lock()), [file.hash()]);
        let wrong = "0".repeat(64);
        project.write("requirements.in", format!("a @ {url}#sha256={wrong}\n"));
        let lock = project.lock();
        let run = project.compile(&index.url(), &["--no-cache"]);
        run.says(2, &[&file.filename(), &wrong]);
        let run = project.compile(&index.url(), &[]);
        run.says(2, &[&file.filename(), &wrong]);
        assert_eq!(project.lock(), lock);
    }
}

#[test]
fn the_hashes_beside_a_url_are_the_only_ones() {
    let file = sdist("a", "1.0");
    let index = Index::new([file.clone()]);
    let url = index.file_url(&file);
    let project = Project::of(&format!("a @ {url} --hash={}\n", file.hash()));
    project.compiles(&index.url(), &[]);
    assert_eq!(hashes(&project.lock()), [file.hash()]);
    let wrong = format!("sha256:{}", "0".repeat(64));
    project.write("requirements.in", format!("a @ {url} --hash={wrong}\n"));
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &["the hashes given for a (requirements.in:1) match none of its files"],
    );
}

#[test]
fn what_is_behind_a_url_has_to_be_what_it_is_called() {
    let file = sdist("b", "1.0");
    let index = Index::new([file.clone()]);
    let project = Project::of(&format!("a @ {}\n", index.file_url(&file)));
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "is b, not a"]);
}

// Files and folders here.

#[test]
fn a_wheel_here_is_locked_as_it_is_written() {
    let file = wheel("a", "1.0")
        .requires(&["d", "e ; extra == 'x'"])
        .extras(&["x"]);
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0")]);
    let project = Project::of("./wheels/a-1.0-py3-none-any.whl[x]\n");
    project.write("wheels/a-1.0-py3-none-any.whl", file.bytes());
    project.compiles(&index.url(), &["--no-strip-extras"]);
    assert_eq!(
        project.pins(),
        ["./wheels/a-1.0-py3-none-any.whl[x]", "d==1.0", "e==1.0"]
    );
    assert_eq!(hashes(&project.lock())[0], file.hash());
    project.compiles(&index.url(), &[]);
    is_settled(&project, &index);
}

#[test]
fn an_archive_here_is_locked_with_its_hash() {
    let file = sdist("a", "1.0").requires(&["d"]);
    let index = Index::new([wheel("d", "1.0")]);
    let project = Project::of("./a-1.0.tar.gz\n");
    project.write("a-1.0.tar.gz", file.bytes());
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["./a-1.0.tar.gz", "d==1.0"]);
    assert_eq!(hashes(&project.lock())[0], file.hash());
    is_settled(&project, &index);
    // It is what is there that counts.
    let file = sdist("a", "2.0");
    project.write("a-1.0.tar.gz", file.bytes());
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["./a-1.0.tar.gz"]);
    assert_eq!(hashes(&project.lock()), [file.hash()]);
}

#[test]
fn a_file_url_is_locked_as_it_is_written() {
    let index = Index::new([wheel("d", "1.0")]);
    let files = [wheel("a", "1.0").requires(&["d"]), sdist("b", "1.0")];
    let project = Project::new();
    let mut lines = String::new();
    for (name, file) in ["a", "b"].iter().zip(&files) {
        project.write(&file.filename(), file.bytes());
        let path = project.path(&file.filename());
        writeln!(lines, "{name} @ file://{}", path.display()).unwrap();
    }
    project.write("requirements.in", &lines);
    project.compiles(&index.url(), &[]);
    let mut pins: Vec<&str> = lines.lines().collect();
    pins.push("d==1.0");
    assert_eq!(project.pins(), pins);
    assert_eq!(hashes(&project.lock())[..2], files.map(|file| file.hash()));
    is_settled(&project, &index);
}

#[test]
fn a_folder_that_says_all_is_not_built() {
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0")]);
    let project = Project::of("./p[dev]\n");
    let text = plain_project("My.P", "1.0", &["d"]);
    project.write(
        "p/pyproject.toml",
        format!("{text}\n[project.optional-dependencies]\ndev = [\"e\"]\n"),
    );
    let run = project.compiles(&index.url(), &["--no-strip-extras"]);
    run.says(0, &["warning: ", "--require-hashes", "my-p"]);
    assert_eq!(project.pins(), ["d==1.0", "e==1.0", "./p[dev]"]);
    let lock = project.lock();
    assert!(
        lock.contains("# WARNING: pip install will require the following package to be hashed."),
        "{lock}"
    );
    assert_eq!(hashes(&lock).len(), 2);
    assert!(lock.contains("    # via my-p\n"), "{lock}");
    project.compiles(&index.url(), &[]);
    is_settled(&project, &index);
}

#[test]
fn a_folder_that_does_not_is_built_each_time() {
    let release = buildable_sdist("p", "1.0")
        .requires(&["d", "e ; extra == 'dev'"])
        .extras(&["dev"]);
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0")]);
    let project = with_python!(Project::of("p[dev] @ ./p\n"));
    project.unpack("p", &release);
    let input = format!("p[dev] @ file://{}\n", project.path("p").display());
    project.write("requirements.in", &input);
    project.compiles(&index.url(), &["--no-strip-extras"]);
    assert_eq!(project.pins(), ["d==1.0", "e==1.0", input.trim_end()]);
    assert_eq!(project.builds(), ["p 1.0 metadata"]);
    project.compiles(&index.url(), &[]);
    is_settled(&project, &index);
    project.builds();
    // Its files may have changed since.
    project.unpack("p", &buildable_sdist("p", "2.0"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), [input.replace("[dev]", "").trim_end()]);
    assert_eq!(project.builds(), ["p 2.0 metadata"]);
}

#[test]
fn an_editable_stands_first_as_it_is_written() {
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0"), wheel("a", "1.0")]);
    let project = with_python!(Project::of("a\n-e ./p[dev]\n"));
    let release = buildable_sdist("p", "1.0")
        .requires(&["d", "e ; extra == 'dev'"])
        .extras(&["dev"]);
    project.unpack("p", &release);
    let run = project.compiles(&index.url(), &[]);
    run.says(0, &["warning: ", "--require-hashes", "p;"]);
    let lock = project.lock();
    let lines: Vec<&str> = lock
        .lines()
        .filter(|line| !line.starts_with([' ', '#']))
        .collect();
    assert_eq!(
        lines,
        ["-e ./p[dev]", "a==1.0 \\", "d==1.0 \\", "e==1.0 \\"]
    );
    assert_eq!(hashes(&lock).len(), 3);
    assert_eq!(project.builds(), ["p 1.0 editable-metadata"]);
    is_settled(&project, &index);
    assert!(project.read("requirements.txt").contains("\n-e ./p[dev]\n"));
}

#[test]
fn an_editable_that_says_all_is_not_built() {
    let index = Index::new([wheel("d", "1.0")]);
    let project = Project::of("-e p\n");
    project.write("p/pyproject.toml", plain_project("p", "1.0", &["d"]));
    project.compiles(&index.url(), &[]);
    assert!(project.lock().contains("\n-e p\n"), "{}", project.lock());
    is_settled(&project, &index);
    let run = project.compiles(&index.url(), &["--no-hashes"]);
    assert!(!run.stderr.contains("--require-hashes"), "{}", run.stderr);
    assert!(!project.lock().contains("WARNING"), "{}", project.lock());
}

#[test]
fn two_spellings_of_one_place_are_one() {
    let index = Index::new([wheel("d", "1.0")]);
    let project = Project::of("./p\n");
    project.write("p/pyproject.toml", plain_project("p", "1.0", &["d"]));
    let file = format!("p @ file://{}", project.path("p").display());
    project.write("requirements.in", format!("./p\n{file}\n./x/../p/\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["d==1.0", "./p"]);
}

#[test]
fn a_folder_that_is_named_twice_is_built_once_and_editable_if_once_so() {
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0")]);
    let project = with_python!(Project::of("./p[dev]\n-e ./p\n"));
    let release = buildable_sdist("p", "1.0")
        .requires(&["d", "e ; extra == 'dev'"])
        .extras(&["dev"]);
    project.unpack("p", &release);
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    assert_eq!(project.builds(), ["p 1.0 editable-metadata"]);
    assert!(lock.contains("\n-e ./p\n"), "{lock}");
    assert_eq!(project.pins()[..2], ["d==1.0", "e==1.0"]);
}

#[test]
fn two_places_of_one_project_are_refused() {
    let index = Index::new([]);
    let project = Project::of("./p\n./q\n");
    for folder in ["p", "q"] {
        let text = plain_project("same", "1.0", &[]);
        project.write(&format!("{folder}/pyproject.toml"), text);
    }
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "same is required from two sources",
            "requirements.in:1",
            "requirements.in:2",
            "--override",
        ],
    );
}

#[test]
fn a_place_counts_for_all_who_require_the_project() {
    let index = Index::new([wheel("a", "1.0").requires(&["p>=1"]), wheel("p", "9.0")]);
    let project = Project::of("a\n./p\n");
    project.write("p/pyproject.toml", plain_project("p", "1.5", &[]));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.0", "./p"]);
    assert!(
        !index
            .requests()
            .iter()
            .any(|request| request.contains("/p/"))
    );
    project.write("p/pyproject.toml", plain_project("p", "0.5", &[]));
    let run = project.compile(&index.url(), &[]);
    run.says(1, &["a 1.0 requires p>=1", "p has 0.5"]);
}

#[test]
fn the_python_that_a_place_requires_is_checked() {
    let index = Index::new([]);
    let project = Project::of("./p\n");
    let text = plain_project("p", "1.0", &[]);
    project.write(
        "p/pyproject.toml",
        format!("{text}requires-python = \">=3.13\"\n"),
    );
    let run = project.compile(&index.url(), &[]);
    run.says(1, &["requires Python >=3.13"]);
}

#[test]
fn places_may_require_places() {
    let inner = wheel("inner", "1.0").requires(&["d"]);
    let index = Index::new([inner.clone(), wheel("d", "1.0")]);
    let project = Project::of("./p\n");
    let url = index.file_url(&inner);
    let text = plain_project("p", "1.0", &[&format!("inner @ {url}")]);
    project.write("p/pyproject.toml", text);
    project.compiles(&index.url(), &[]);
    assert_eq!(
        project.pins(),
        [
            "d==1.0".to_owned(),
            format!("inner @ {url}"),
            "./p".to_owned()
        ]
    );
    let lock = project.lock();
    assert!(lock.contains(&inner.hash()), "{lock}");
    assert!(lock.contains("    # via p\n"), "{lock}");
}

#[test]
fn a_place_that_only_an_extra_of_a_place_requires_is_not_looked_at() {
    let inner = wheel("inner", "1.0");
    let index = Index::new([]);
    let project = Project::of("./p\n");
    let text = plain_project("p", "1.0", &[]);
    let text = format!(
        "{text}[project.optional-dependencies]\nx = [\"inner @ {}\"]\nall = [\"p[x]\"]\n",
        index.file_url(&inner)
    );
    project.write("p/pyproject.toml", text);
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["./p"]);
    assert_eq!(index.requests(), [""; 0]);
    index.add(inner);
    for lines in ["./p[x]\n", "./p\n./p[x]\n", "./p[all]\n"] {
        project.write("requirements.in", lines);
        project.compiles(&index.url(), &[]);
        assert_eq!(project.pins().len(), 2, "{lines}");
    }
}

#[test]
fn places_may_require_each_other() {
    let index = Index::new([]);
    let a = wheel("a", "1.0");
    let b = wheel("b", "1.0");
    let url = |release: &Release| index.file_url(release);
    let project = Project::of(&format!("a @ {}\n", url(&a)));
    index.add(a.clone().requires(&[&format!("b @ {}", url(&b))]));
    index.add(b.clone().requires(&[&format!("a @ {}", url(&a))]));
    project.compiles(&index.url(), &[]);
    assert_eq!(
        project.pins(),
        [format!("a @ {}", url(&a)), format!("b @ {}", url(&b))]
    );
}

#[test]
fn a_release_of_an_index_may_not_require_a_place() {
    let inner = wheel("inner", "1.0");
    let index = Index::new([inner.clone()]);
    let url = index.file_url(&inner);
    index.add(wheel("a", "1.0").requires(&[&format!("inner @ {url}")]));
    let project = Project::of("a\n");
    let run = project.compile(&index.url(), &[]);
    run.says(
        1,
        &["a 1.0", &url, "only your own requirements may use a URL"],
    );
    assert!(
        !index
            .requests()
            .contains(&format!("GET /files/{}", inner.filename()))
    );
    // Who names it themselves may have it.
    project.write("requirements.in", format!("a\ninner @ {url}\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(
        project.pins(),
        ["a==1.0".to_owned(), format!("inner @ {url}")]
    );
}

#[test]
fn an_override_may_be_a_place_and_may_replace_one() {
    let index = Index::new([
        wheel("a", "1.0").requires(&["p<1"]),
        wheel("p", "0.5"),
        wheel("p", "0.7"),
    ]);
    let project = Project::of("a\np\n");
    project.write("p/pyproject.toml", plain_project("p", "2.0", &[]));
    project.write("override.txt", "./p\n");
    project.compiles(&index.url(), &["--override", "override.txt"]);
    assert_eq!(project.pins(), ["a==1.0", "./p"]);
    project.write(
        "requirements.in",
        "a\np @ https://files.example/p-3-py3-none-any.whl\n",
    );
    project.write("override.txt", "p==0.5\n");
    project.compiles(&index.url(), &["--override", "override.txt"]);
    assert_eq!(project.pins(), ["a==1.0", "p==0.5"]);
}

#[test]
fn a_constraint_may_be_a_place() {
    let file = wheel("p", "0.9");
    let index = Index::new([
        wheel("a", "1.0").requires(&["p<1"]),
        wheel("p", "0.5"),
        file.clone(),
    ]);
    let url = index.file_url(&file);
    let project = Project::of("a\n");
    project.write("constraints.txt", format!("p @ {url}\n"));
    project.compiles(&index.url(), &["-c", "constraints.txt"]);
    assert_eq!(project.pins(), ["a==1.0".to_owned(), format!("p @ {url}")]);
    let lock = project.lock();
    assert!(lock.contains("    #   -c constraints.txt\n"), "{lock}");
    // Nobody requires it: it does not come.
    let index = Index::new([wheel("b", "1.0"), file]);
    let project = Project::of("b\n");
    project.write(
        "constraints.txt",
        format!("p @ {}\n", index.file_url(&wheel("p", "0.9"))),
    );
    project.compiles(&index.url(), &["-c", "constraints.txt"]);
    assert_eq!(project.pins(), ["b==1.0"]);
}

#[test]
fn a_folder_that_may_not_be_built_is_refused() {
    let index = Index::new([]);
    let project = with_python!(Project::of("./p\n"));
    project.unpack("p", &buildable_sdist("p", "1.0"));
    let run = project.compile(&index.url(), &["--no-build"]);
    run.says(
        2,
        &[
            "requirements.in:1",
            "reading the metadata of `./p` requires a build",
            "--no-build",
        ],
    );
    assert_eq!(project.builds(), [""; 0]);
    // What says all is not built anyway.
    project.write("p/pyproject.toml", plain_project("p", "1.0", &[]));
    project.compiles(&index.url(), &["--no-build"]);
    assert_eq!(project.pins(), ["./p"]);
}

#[test]
fn a_folder_that_fails_to_build_ends_the_run_with_what_it_said() {
    let index = Index::new([]);
    let project = with_python!(Project::of("\n./p\n"));
    project.unpack(
        "p",
        &buildable_sdist("p", "1.0").fails_to_build("some words"),
    );
    let run = project.compile(&index.url(), &[]);
    run.says(
        2,
        &[
            "requirements.in:2: cannot build `./p`",
            "some words",
            "no way",
        ],
    );
    assert_eq!(project.files(), ["p", "requirements.in"]);
    // Nothing is put into the user's tree.
    let mut tree: Vec<String> = buildable_sdist("p", "1.0")
        .fails_to_build("")
        .tree()
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    tree.sort_unstable();
    let found: Vec<String> = files_below(&project.path("p"))
        .iter()
        .filter(|path| !path.to_string_lossy().contains("__pycache__"))
        .map(|path| {
            path.strip_prefix(project.path("p"))
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(found, tree);
}

// Repositories.

/// A git repository that the program may read.
struct Origin {
    folder: tempfile::TempDir,
}

impl Origin {
    /// A repository with one commit on `main`, tagged `v1`: project `p` 1.0, which
    /// requires `d`.
    fn new() -> Self {
        let origin = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        origin.git(&["init", "--quiet", "--initial-branch=main"]);
        origin.commit("1.0");
        origin.git(&["tag", "v1"]);
        origin
    }

    fn git(&self, arguments: &[&str]) -> String {
        let who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
        let folder = self.folder.path();
        git(folder, folder, &[&who, arguments].concat())
    }

    /// Commits another version; returns the commit.
    fn commit(&self, version: &str) -> String {
        let text = plain_project("p", version, &["d"]);
        self.commit_file("pyproject.toml", &text)
    }

    fn commit_file(&self, path: &str, content: &str) -> String {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "one more"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    fn url(&self) -> String {
        format!("git+file://{}", self.folder.path().display())
    }
}

fn index_of_d() -> Index {
    Index::new([wheel("d", "1.0"), wheel("e", "1.0")])
}

/// Returns the line of `p` in the lock.
#[track_caller]
fn line_of_p(project: &Project) -> String {
    let lock = project.lock();
    let line = lock.lines().find(|line| line.starts_with("p @ "));
    line.unwrap_or_else(|| panic!("{lock}"))
        .trim_end_matches(" \\")
        .to_owned()
}

#[test]
fn a_branch_a_tag_and_a_commit_are_locked_as_commits() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let first = origin.head();
    let second = origin.commit("2.0");
    let index = index_of_d();
    let url = origin.url();
    for (revision, commit) in [
        ("", &second),
        ("@main", &second),
        ("@v1", &first),
        (&format!("@{first}"), &first),
        (&format!("@{}", &first[..12]), &first),
    ] {
        let _ = fs::remove_file(project.path("requirements.txt"));
        project.write("requirements.in", format!("p @ {url}{revision}\n"));
        let run = project.compiles(&index.url(), &[]);
        run.says(0, &["warning: ", "--require-hashes", "p;"]);
        assert_eq!(
            project.pins(),
            ["d==1.0".to_owned(), format!("p @ {url}@{commit}")],
            "{revision}"
        );
        is_settled(&project, &index);
    }
}

#[test]
fn project_files_of_a_repository_are_its_own() {
    let project = with_git!(Project::new());
    let outside = tempfile::tempdir().unwrap();
    let own = outside.path().join("pyproject.toml");
    fs::write(&own, plain_project("p", "6.0", &["e"])).unwrap();
    let index = index_of_d();
    for (folder, fragment) in [("", ""), ("sub/", "#subdirectory=sub")] {
        let origin = Origin::new();
        let link = origin.folder.path().join(folder).join("pyproject.toml");
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(&own, &link).unwrap();
        origin.commit_file("more", "");
        project.write(
            "requirements.in",
            format!("p @ {}{fragment}\n", origin.url()),
        );
        let run = project.compile(&index.url(), &["-U"]);
        run.says(
            2,
            &[
                "requirements.in:1",
                "`pyproject.toml`",
                "is a link to a file outside of the repository",
            ],
        );
    }
}

#[test]
fn a_link_within_a_repository_is_followed() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let folder = origin.folder.path();
    fs::create_dir(folder.join("sub")).unwrap();
    std::os::unix::fs::symlink("../pyproject.toml", folder.join("sub/pyproject.toml")).unwrap();
    origin.commit_file("more", "");
    let line = format!("p @ {}#subdirectory=sub\n", origin.url());
    project.write("requirements.in", line);
    project.compiles(&index_of_d().url(), &[]);
    assert!(project.pins().contains(&"d==1.0".to_owned()));
}

#[test]
fn a_commit_is_kept_though_its_branch_moved() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let first = origin.head();
    let index = index_of_d();
    let url = origin.url();
    project.write("requirements.in", format!("p @ {url}@main\n"));
    project.compiles(&index.url(), &[]);
    let lock = project.lock();
    assert!(lock.contains("    # at main\n"), "{lock}");
    let second = origin.commit("2.0");
    is_settled(&project, &index);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{first}"));
    // Another cache knows nothing of it.
    project.compiles(&index.url(), &["--no-cache"]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{first}"));
    project.compiles(&index.url(), &["-P", "d"]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{first}"));
    let run = project.compiles(&index.url(), &["-P", "p"]);
    run.says(0, &["1 pin changed"]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{second}"));
    let third = origin.commit("3.0");
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{third}"));
    // Another revision than the locked one was of.
    project.write("requirements.in", format!("p @ {url}@v1\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{first}"));
    assert!(
        project.lock().contains("    # at v1\n"),
        "{}",
        project.lock()
    );
}

#[test]
fn a_commit_is_kept_without_annotations() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let first = origin.head();
    let index = index_of_d();
    let url = origin.url();
    project.write("requirements.in", format!("p @ {url}@main\n"));
    let arguments = ["--no-annotate", "--no-header"];
    project.compiles(&index.url(), &arguments);
    let lock = project.lock();
    origin.commit("2.0");
    project.compiles(&index.url(), &arguments);
    assert_eq!(project.lock(), lock);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{first}"));
    project.compiles(&index.url(), &["-U", "--no-annotate", "--no-header"]);
    assert_ne!(line_of_p(&project), format!("p @ {url}@{first}"));
}

#[test]
fn a_subdirectory_of_a_repository_is_a_project() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let commit = origin.commit_file("parts/q/pyproject.toml", &plain_project("q", "1.0", &["e"]));
    let index = index_of_d();
    let url = origin.url();
    project.write(
        "requirements.in",
        format!("{url}@main#subdirectory=parts/q&egg=q\n{url}@main\n"),
    );
    project.compiles(&index.url(), &[]);
    let pins = project.pins();
    assert_eq!(pins[..2], ["d==1.0", "e==1.0"]);
    assert_eq!(pins[2], format!("p @ {url}@{commit}"));
    assert!(
        pins[3].starts_with(&format!("q @ {url}@{commit}#")),
        "{}",
        pins[3]
    );
    assert!(pins[3].contains("subdirectory=parts/q"), "{}", pins[3]);
    is_settled(&project, &index);
}

#[test]
fn a_repository_that_does_not_say_all_is_built_once() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    for (path, content) in buildable_sdist("p", "2.0").requires(&["e"]).tree() {
        origin.commit_file(&path, &content);
    }
    let index = index_of_d();
    project.write("requirements.in", format!("p @ {}\n", origin.url()));
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins()[0], "e==1.0");
    assert_eq!(project.builds(), ["p 2.0 metadata"]);
    is_settled(&project, &index);
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(project.builds(), [""; 0]);
    project.compiles(&index.url(), &["--offline"]);
}

#[test]
fn an_editable_repository_gets_its_name() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let index = index_of_d();
    let url = origin.url();
    let commit = origin.head();
    for line in [
        format!("-e {url}@main#egg=p"),
        format!("-e \"p @ {url}@main\""),
    ] {
        let _ = fs::remove_file(project.path("requirements.txt"));
        project.write("requirements.in", format!("{line}\n"));
        project.compiles(&index.url(), &[]);
        let lock = project.lock();
        assert!(
            lock.contains(&format!("\n-e {url}@{commit}#egg=p\n")),
            "{line}: {lock}"
        );
        assert_eq!(hashes(&lock).len(), 1);
        is_settled(&project, &index);
    }
    let named = project.read("requirements.in");
    project.write("requirements.in", format!("-e {url}@main\n"));
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "the project name of"]);
    project.write("requirements.in", named);
    // It is kept, and moves, as another does.
    let second = origin.commit("2.0");
    project.compiles(&index.url(), &[]);
    assert!(project.lock().contains(&commit), "{}", project.lock());
    project.compiles(&index.url(), &["-P", "p"]);
    assert!(project.lock().contains(&second), "{}", project.lock());
}

#[test]
fn a_revision_that_is_not_there_is_told() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let index = index_of_d();
    project.write("requirements.in", format!("p @ {}@nope\n", origin.url()));
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "nope"]);
    project.write("requirements.in", "p @ git+file:///nowhere/at/all\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "/nowhere/at/all"]);
}

#[test]
fn without_git_the_reason_is_told() {
    let index = index_of_d();
    let project = Project::of("p @ git+https://forge.example/p\n");
    let run = project.compile(&index.url(), &[]);
    run.says(2, &["requirements.in:1", "git"]);
}

/// `git daemon`, which ends with its value.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_repository_is_read_over_the_network() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let commit = origin.head();
    // The port is free now; nobody else on this machine has a reason to take it.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let git = program("git").unwrap();
    // The program itself: `git` would start it as a child of its own.
    let output = Command::new(&git).arg("--exec-path").output().unwrap();
    let programs = String::from_utf8(output.stdout).unwrap();
    let daemon = Path::new(programs.trim_end()).join("git-daemon");
    if !daemon.is_file() {
        crate::project::left_out("there is no `git daemon`");
        return;
    }
    let mut command = Command::new(daemon);
    command
        .args([
            "--export-all",
            "--reuseaddr",
            "--listen=127.0.0.1",
            "--log-destination=none",
        ])
        .arg(format!("--port={port}"))
        .arg(format!(
            "--base-path={}",
            origin.folder.path().parent().unwrap().display()
        ))
        .env("HOME", origin.folder.path());
    let daemon = Daemon(command.spawn().unwrap());
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            std::time::Instant::now() < end,
            "git daemon does not listen"
        );
        std::thread::yield_now();
    }
    let folder = origin.folder.path().file_name().unwrap().to_str().unwrap();
    let url = format!("git+git://127.0.0.1:{port}/{folder}");
    let index = index_of_d();
    project.write("requirements.in", format!("p @ {url}@main\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{commit}"));
    is_settled(&project, &index);
    drop(daemon);
    // All that is needed is here.
    project.compiles(&index.url(), &[]);
    project.compiles(&index.url(), &["--offline"]);
    let run = project.compile(&index.url(), &["-P", "p"]);
    run.says(75, &["requirements.in:1"]);
}

// Secrets.

/// Asserts that no byte of a run tells the password.
#[track_caller]
fn assert_kept(project: &Project, run: &Run) {
    for (place, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        assert!(!text.contains("sesame"), "{place}: {text}");
    }
    for path in files_below(&project.path(""))
        .into_iter()
        .chain(files_below(&project.cache()))
    {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let is_told = text.contains("sesame") || path.to_string_lossy().contains("sesame");
        assert!(
            !is_told || path.ends_with("requirements.in"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_variable_in_a_place_round_trips_and_its_value_is_not_told() {
    let project = with_git!(Project::new());
    let project = project.with_variable("TOKEN", "sesame");
    let file = sdist("a", "1.0").requires(&["d"]);
    let index = Index::new([file.clone(), wheel("d", "1.0")]);
    let url = index.file_url(&file).replacen("://", "://me:${TOKEN}@", 1);
    project.write("requirements.in", format!("a @ {url}\n"));
    let run = project.compiles(&index.url(), &["-v"]);
    assert_kept(&project, &run);
    assert_eq!(project.pins()[0], format!("a @ {url}"));
    let run = project.compiles(&index.url(), &["-v", "-U"]);
    assert_kept(&project, &run);
    assert_eq!(project.pins()[0], format!("a @ {url}"));
}

#[test]
fn a_variable_in_the_url_of_a_repository_round_trips() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let commit = origin.head();
    // The folder's name stands for the secret.
    let folder = origin.folder.path().join("sesame");
    let bare = folder.to_str().unwrap();
    origin.git(&["clone", "--quiet", "--bare", ".", bare]);
    let project = project.with_variable("TOKEN", "sesame");
    let index = index_of_d();
    let url = format!("{}/${{TOKEN}}", origin.url());
    project.write("requirements.in", format!("p @ {url}@main\n"));
    project.compiles(&index.url(), &[]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{commit}"));
    is_settled(&project, &index);
    let second = origin.commit("2.0");
    origin.git(&["push", "--quiet", bare, "HEAD"]);
    project.compiles(&index.url(), &[]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{commit}"));
    project.compiles(&index.url(), &["-U"]);
    assert_eq!(line_of_p(&project), format!("p @ {url}@{second}"));
}

#[test]
fn a_login_for_a_repository_reaches_its_server_and_nothing_else() {
    let project = with_git!(Project::new());
    let origin = Origin::new();
    let first = origin.head();
    let bare = tempfile::tempdir().unwrap();
    let folder = bare.path().to_owned();
    origin.git(&["clone", "--quiet", "--bare", ".", folder.to_str().unwrap()]);
    let bare_git = |arguments: &[&str]| {
        let mut all = vec!["--git-dir", folder.to_str().unwrap()];
        all.extend(arguments);
        origin.git(&all)
    };
    bare_git(&["update-server-info"]);
    let files = folder.clone();
    let server = Server::answering(move |seen| {
        if seen.header("authorization") != Some("Basic bWU6c2VzYW1l") {
            return Reply::status(401).header("WWW-Authenticate", "Basic realm=\"tests\"");
        }
        let path = seen.path.split('?').next().unwrap_or_default();
        let path = path.strip_prefix("/p.git/").unwrap_or_default();
        fs::read(files.join(path)).map_or_else(|_| Reply::status(404), Reply::ok)
    });
    let project = project.with_variable("TOKEN", "sesame");
    let index = index_of_d();
    let with = |login: &str| {
        let url = server.url("/p.git");
        format!("git+{}", url.replacen("://", &format!("://{login}"), 1))
    };
    for (login, locked) in [("me:${TOKEN}@", "me:${TOKEN}@"), ("me:sesame@", "")] {
        let _ = fs::remove_file(project.path("requirements.txt"));
        project.write("requirements.in", format!("p @ {}@main\n", with(login)));
        let run = project.compiles(&index.url(), &["-v", "--no-cache"]);
        assert_kept(&project, &run);
        let run = project.compiles(&index.url(), &["-v"]);
        assert_kept(&project, &run);
        assert_eq!(line_of_p(&project), format!("p @ {}@{first}", with(locked)));
        is_settled(&project, &index);
    }
    let second = origin.commit("2.0");
    origin.git(&["push", "--quiet", folder.to_str().unwrap(), "HEAD"]);
    bare_git(&["update-server-info"]);
    project.compiles(&index.url(), &[]);
    assert_eq!(line_of_p(&project), format!("p @ {}@{first}", with("")));
    let run = project.compiles(&index.url(), &["-U", "-v"]);
    assert_kept(&project, &run);
    assert_eq!(line_of_p(&project), format!("p @ {}@{second}", with("")));
}

#[test]
fn a_password_in_the_url_of_a_repository_is_not_told() {
    let project = with_git!(Project::new());
    let index = index_of_d();
    // Nobody listens there.
    for line in [
        "p @ git+https://me:sesame@127.0.0.1:9/p@main",
        "-e git+https://me:sesame@127.0.0.1:9/p@main#egg=p",
        "p @ git+https://me:${TOKEN}@127.0.0.1:9/p@main",
        "p @ git+https://sesame@127.0.0.1:9/p@main",
    ] {
        let project = with_git!(Project::new()).with_variable("TOKEN", "sesame");
        project.write("requirements.in", format!("{line}\n"));
        let run = project.compile(&index.url(), &["-v"]);
        assert_ne!(run.code, 0);
        run.says(run.code, &["requirements.in:1"]);
        if !line.contains("git+https://sesame") {
            assert_kept(&project, &run);
        }
    }
    drop(project);
}

// The same inputs give the same bytes.

#[test]
fn another_folder_and_another_cache_give_the_same_lock() {
    let origin = Origin::new();
    let file = buildable_sdist("f", "1.0").requires(&["d"]);
    let index = Index::new([
        wheel("d", "1.0"),
        wheel("e", "1.0"),
        file.clone(),
        buildable_sdist("g", "1.0").requires(&["e", "h ; python_version >= '3'"]),
        wheel("h", "1.0"),
    ]);
    let lines = format!(
        "g\n-e ./p[dev]\n./q\nf @ {}\nr @ {}@main#subdirectory=r\n",
        index.file_url(&file),
        origin.url()
    );
    origin.commit_file("r/pyproject.toml", &plain_project("r", "1.0", &["d"]));
    let mut locks = Vec::new();
    for _ in 0..2 {
        let project = with_git!(Project::of(&lines));
        let release = buildable_sdist("p", "1.0")
            .requires(&["d", "e ; extra == 'dev'"])
            .extras(&["dev"]);
        project.unpack("p", &release);
        project.write("q/pyproject.toml", plain_project("q", "1.0", &["h"]));
        project.compiles(&index.url(), &[]);
        let cold = project.lock();
        fs::remove_file(project.path("requirements.txt")).unwrap();
        project.compiles(&index.url(), &[]);
        assert_eq!(project.lock(), cold);
        locks.push(cold);
    }
    assert_eq!(locks[0], locks[1]);
    assert!(locks[0].contains("\n-e ./p[dev]\n"), "{}", locks[0]);
}

// Projects in a part of an archive.

/// An archive with a project at its top and three below it, one of which has to be built.
fn archive_of_several() -> Release {
    let plain = |name: &str, requires: &str| plain_project(name, "1.0", &[requires]);
    let mut archive = sdist("root", "1.0")
        .requires(&["d"])
        .file("pkg_a/pyproject.toml", &plain("pkg-a", "e"))
        .file("pkg b/pyproject.toml", &plain("pkg-b", "e"));
    for (path, content) in buildable_sdist("pkg-c", "1.0").requires(&["e"]).tree() {
        archive = archive.file(&format!("sub/pkg_c/{path}"), &content);
    }
    archive
}

#[test]
fn the_subdirectory_of_an_archive_is_what_its_fragment_names() {
    let archive = archive_of_several();
    let index = Index::new([wheel("d", "1.0"), wheel("e", "1.0")]);
    let path = format!("/files/{}", archive.filename());
    let reply = Reply::ok(archive.bytes()).header("Cache-Control", "max-age=600");
    index.set(&path, reply);
    let url = index.file_url(&archive);
    let project = with_python!(Project::new());
    for (fragment, pins) in [
        ("#subdirectory=pkg_a", ["e==1.0", "pkg-a @ URL"]),
        (
            "#sha256=HASH&subdirectory=./pkg%20b/",
            ["e==1.0", "pkg-b @ URL"],
        ),
        ("#subdirectory=sub/pkg_c", ["e==1.0", "pkg-c @ URL"]),
        ("#subdirectory=.", ["d==1.0", "root @ URL"]),
    ] {
        let fragment = fragment.replace("HASH", &archive.hash()["sha256:".len()..]);
        let line = format!("{url}{fragment}");
        project.write("requirements.in", format!("{line}\n"));
        project.compiles(&index.url(), &[]);
        let pins = pins.map(|pin| pin.replace("URL", &line));
        assert_eq!(project.pins(), pins);
        assert_eq!(hashes(&project.lock())[1], archive.hash());
        is_settled(&project, &index);
    }
    assert_eq!(project.builds().len(), 1);
}

#[test]
fn a_subdirectory_that_an_archive_does_not_have_is_named() {
    let archive = archive_of_several();
    let index = Index::new([]);
    let project = with_python!(Project::new());
    project.write("a.tar.gz", archive.bytes());
    for (name, problem) in [
        ("gone", "does not contain the directory `gone`"),
        ("PKG-INFO", "does not contain the directory `PKG-INFO`"),
        ("../x", "which points outside of its directory"),
    ] {
        project.write(
            "requirements.in",
            format!("file:a.tar.gz#subdirectory={name}\n"),
        );
        let run = project.compile(&index.url(), &[]);
        run.says(
            2,
            &["requirements.in:1: cannot build `file:a.tar.gz#", problem],
        );
    }
}
