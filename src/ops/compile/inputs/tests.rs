//! Tests of reading inputs: what becomes a requirement, a place, a tree, a comment.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::kind::{Kind, Role, has_requirements_only};
use super::reader::{OpenFile, Reading, read};
use super::*;
use crate::http::{Client, Settings};
use crate::ops::compile::direct::source::DirectSource;
use crate::ops::compile::request::Source;
use crate::ops::error::Error;
use crate::ops::view::View;
use crate::python::{ExtraName, Target};
use crate::requirements::GroupRequest;

/// A folder with inputs.
struct Fixture {
    folder: TempDir,
    extras: Vec<ExtraName>,
    all_extras: bool,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Self {
            folder,
            extras: Vec::new(),
            all_extras: false,
        }
    }

    fn with_extras(mut self, extras: &[&str]) -> Self {
        self.extras = extras.iter().map(|extra| extra.parse().unwrap()).collect();
        self
    }

    async fn read_all(
        &self,
        sources: &[&str],
        groups: &[&str],
        constraints: &[&str],
        overrides: &[&str],
    ) -> Result<Inputs, Error> {
        let target = Target::new("3.12".parse().unwrap(), "linux".parse().unwrap());
        let http = Client::new(Settings::default());
        let reading = Reading {
            kept_files: None,
            environment: &target.environment(),
            is_for_range: false,
            variable: &|name| (name == "TOKEN").then(|| "s3cret".to_owned()),
            http: &http,
            current_directory: self.folder.path().to_str().unwrap(),
            view: &View::at(self.folder.path().to_owned()),
            extras: &self.extras,
            all_extras: self.all_extras,
        };
        let sources: Vec<Source> = sources
            .iter()
            .map(|source| Source::Path((*source).to_owned()))
            .collect();
        let groups: Vec<GroupRequest> = groups.iter().map(|text| text.parse().unwrap()).collect();
        let paths =
            |list: &[&str]| -> Vec<String> { list.iter().map(|path| (*path).to_owned()).collect() };
        read(
            &reading,
            &sources,
            &groups,
            &paths(constraints),
            &paths(overrides),
        )
        .await
    }

    #[track_caller]
    fn read(&self, sources: &[&str], groups: &[&str]) -> Inputs {
        block(self.read_all(sources, groups, &[], &[])).unwrap()
    }

    /// Returns what is wrong, as `file:line: message | help`.
    #[track_caller]
    fn refused(&self, sources: &[&str], groups: &[&str]) -> Vec<String> {
        let error = block(self.read_all(sources, groups, &[], &[]));
        match error.unwrap_err() {
            Error::Inputs(files) => files
                .iter()
                .flat_map(|file| {
                    file.problems.iter().map(|problem| {
                        format!(
                            "{}: {} | {}",
                            OpenFile::new(&file.text, "", &file.name, Role::Requirements)
                                .location(problem.span),
                            problem.message,
                            problem.help.as_deref().unwrap_or_default()
                        )
                    })
                })
                .collect(),
            Error::Usage { message, help } => {
                vec![format!("{message} | {}", help.unwrap_or_default())]
            }
            other => panic!("{other}"),
        }
    }

    /// Shows places as `name[extras] at (as written) marker, place, origin`.
    fn places(&self, reference: &[DirectReference]) -> Vec<String> {
        let base = self.folder.path().to_str().unwrap();
        reference
            .iter()
            .map(|one| {
                let at = match &one.source {
                    DirectSource::File(url) => url.to_string(),
                    DirectSource::Folder(path) => path.display().to_string(),
                    DirectSource::Repository(url) => url.clone(),
                };
                let extras: Vec<String> = one.extras.iter().map(ToString::to_string).collect();
                format!(
                    "{}{}[{}] {} ({}){} {}, {}",
                    if one.is_editable { "-e " } else { "" },
                    one.name
                        .as_ref()
                        .map_or("?".to_owned(), ToString::to_string),
                    extras.join(","),
                    at.replace(base, "BASE"),
                    one.as_written,
                    one.marker
                        .as_ref()
                        .map_or(String::new(), |marker| format!(" {marker}")),
                    one.location,
                    one.origin
                )
            })
            .collect()
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Shows roots as `requirement, place, origin`.
fn roots(inputs: &Inputs) -> Vec<String> {
    inputs
        .roots
        .iter()
        .map(|root| format!("{}, {}, {}", root.requirement, root.location, root.origin))
        .collect()
}

fn said(inputs: &Inputs) -> Vec<String> {
    inputs
        .comments
        .iter()
        .map(|(name, comments)| format!("{name}: {}", comments.join(" | ")))
        .collect()
}

const PROJECT: &str = "[project]\nname = 'My.Proj'\ndependencies = [\n  # for the web\n  'flask>=3', # why\n  'own @ file:./sub',\n]\n\
[project.optional-dependencies]\nx = ['click', 'MY_proj[y]']\ny = ['rich']\n\
[dependency-groups]\ntest = ['pytest', {include-group = 'Base_Set'}]\nbase-set = ['tomli ; python_version < \"3\"', 'attrs']\nself = ['my-proj[y]', 'build']\n";

#[test]
fn places_stand_beside_requirements() {
    let hash = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let fixture = Fixture::new(&[
        (
            "in/r.in",
            &"flask>=3\n\
             ./proj[dev,a] ; python_version > '3'\n\
             -e ./proj[dev]\n\
             -e file:proj#egg=Proj_1\n\
             ./w-1-py3-none-any.whl --hash=sha256:ZERO --hash=sha256:ONE\n\
             s-1.tar.gz\n\
             n[x] @ https://me:${TOKEN}@host.example/n-1.zip ; os_name == 'posix'\n\
             https://host.example/w-2-py3-none-any.whl\n\
             git+https://host.example/g@main#subdirectory=x\n\
             -e git+ssh://git@host.example/g#egg=g\n\
             -e 'q[z] @ git+file:///srv/q'\n\
             ./gone ; os_name == 'nt'\n"
                .replace("sha256:ZERO", &hash("0"))
                .replace("sha256:ONE", &hash("1")),
        ),
        ("proj/pyproject.toml", ""),
        ("w-1-py3-none-any.whl", ""),
        ("s-1.tar.gz", ""),
    ]);
    let inputs = fixture.read(&["in/r.in"], &[]);
    assert_eq!(roots(&inputs), ["flask>=3, in/r.in:1, -r in/r.in"]);
    assert_eq!(
        inputs.direct[3].hashes,
        BTreeSet::from([hash("0"), hash("1")])
    );
    let origin = "-r in/r.in";
    assert_eq!(
        fixture.places(&inputs.direct),
        [
            format!("?[a,dev] BASE/proj (./proj) python_version > \"3\" in/r.in:2, {origin}"),
            format!("-e ?[dev] BASE/proj (./proj) in/r.in:3, {origin}"),
            format!("-e proj-1[] BASE/proj (file:proj#egg=Proj_1) in/r.in:4, {origin}"),
            format!(
                "w[] file://BASE/w-1-py3-none-any.whl (./w-1-py3-none-any.whl) in/r.in:5, {origin}"
            ),
            format!("?[] file://BASE/s-1.tar.gz (s-1.tar.gz) in/r.in:6, {origin}"),
            format!(
                "n[x] https://me:s3cret@host.example/n-1.zip (https://me:${{TOKEN}}@host.example/n-1.zip) os_name == \"posix\" in/r.in:7, {origin}"
            ),
            format!(
                "w[] https://host.example/w-2-py3-none-any.whl (https://host.example/w-2-py3-none-any.whl) in/r.in:8, {origin}"
            ),
            format!(
                "?[] git+https://host.example/g@main#subdirectory=x (git+https://host.example/g@main#subdirectory=x) in/r.in:9, {origin}"
            ),
            format!(
                "-e g[] git+ssh://git@host.example/g#egg=g (git+ssh://git@host.example/g#egg=g) in/r.in:10, {origin}"
            ),
            format!("-e q[z] git+file:///srv/q (git+file:///srv/q) in/r.in:11, {origin}"),
        ]
    );
}

#[test]
fn constraints_and_overrides_may_name_places() {
    let fixture = Fixture::new(&[
        ("r.in", "a\n"),
        ("c.txt", "b @ https://host.example/b-1.zip\nc<2\n"),
        (
            "o.txt",
            "a @ git+https://host.example/a\nd @ https://host.example/d.zip ; os_name == 'nt'\n",
        ),
    ]);
    let inputs = block(fixture.read_all(&["r.in"], &[], &["c.txt"], &["o.txt"])).unwrap();
    assert_eq!(
        fixture.places(&inputs.direct_constraints),
        ["b[] https://host.example/b-1.zip (https://host.example/b-1.zip) c.txt:1, -c c.txt"]
    );
    assert_eq!(
        fixture.places(&inputs.direct),
        ["a[] git+https://host.example/a (git+https://host.example/a) o.txt:1, --override o.txt"]
    );
    assert!(inputs.direct[0].is_override);
    assert_eq!(inputs.dropped, ["d".parse().unwrap()]);
    assert_eq!(inputs.constraints.len(), 1);
}

#[test]
fn a_project_lists_places_relative_to_itself() {
    let fixture =
        Fixture::new(&[("p/pyproject.toml", PROJECT), ("p/sub/setup.py", "")]).with_extras(&["X"]);
    let inputs = fixture.read(&["p/pyproject.toml"], &[]);
    let origin = "My.Proj (p/pyproject.toml)";
    assert_eq!(
        roots(&inputs),
        [
            format!("flask>=3, p/pyproject.toml:5, {origin}"),
            format!("click, p/pyproject.toml:9, {origin}"),
            format!("rich, p/pyproject.toml:10, {origin}"),
        ]
    );
    assert_eq!(
        fixture.places(&inputs.direct),
        [format!(
            "own[] BASE/p/sub (file:p/sub) p/pyproject.toml:6, {origin}"
        )]
    );
    assert_eq!(said(&inputs), ["flask: for the web | why"]);
}

#[test]
fn groups_stand_alone_or_beside_sources() {
    let fixture = Fixture::new(&[
        ("pyproject.toml", PROJECT),
        ("sub/setup.py", ""),
        ("o/pyproject.toml", "[dependency-groups]\ndev = ['ruff']\n"),
        ("r.in", "a\n"),
    ]);
    let inputs = fixture.read(&[], &["Test", "test", "./o/pyproject.toml:dev"]);
    assert_eq!(
        roots(&inputs),
        [
            "pytest, pyproject.toml:12, My.Proj (pyproject.toml:test)",
            "attrs, pyproject.toml:13, My.Proj (pyproject.toml:test)",
            "ruff, o/pyproject.toml:2, (o/pyproject.toml:dev)",
        ]
    );
    assert!(inputs.direct.is_empty() && inputs.trees.is_empty());
    let inputs = fixture.read(&["r.in", "o/pyproject.toml"], &["o/pyproject.toml:dev"]);
    assert_eq!(
        roots(&inputs),
        [
            "a, r.in:1, -r r.in",
            "ruff, o/pyproject.toml:2, (o/pyproject.toml:dev)"
        ],
        "a file without a project has nothing but its groups"
    );
}

#[test]
fn a_group_may_have_the_project_itself() {
    let fixture = Fixture::new(&[("pyproject.toml", PROJECT), ("sub/setup.py", "")]);
    let inputs = fixture.read(&[], &["self"]);
    let origin = "My.Proj (pyproject.toml:self)";
    assert_eq!(
        roots(&inputs),
        [
            format!("flask>=3, pyproject.toml:5, {origin}"),
            format!("rich, pyproject.toml:10, {origin}"),
            format!("build, pyproject.toml:14, {origin}"),
        ]
    );
    let dynamic = PROJECT.replace("dependencies = [\n", "dynamic = ['dependencies']\nx = [\n");
    let fixture = Fixture::new(&[("pyproject.toml", &dynamic)]);
    let inputs = fixture.read(&[], &["self"]);
    assert_eq!(roots(&inputs).len(), 1);
    assert_eq!(inputs.trees[0].extras, ["y".parse().unwrap()]);
    assert!(!inputs.trees[0].all_extras);
}

#[test]
fn groups_that_are_none_are_refused_at_their_place() {
    let fixture = Fixture::new(&[(
        "pyproject.toml",
        "[dependency-groups]\ntest = [\n  {include-group = 'tset'},\n  'a ><',\n]\nboth = [{include-group = 'test'}]\n",
    )]);
    let refused = fixture.refused(&[], &["test", "both", "tests"]);
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert_eq!(
        refused[0],
        "pyproject.toml:1: there is no group `tests` | did you mean `test`?"
    );
    assert_eq!(
        refused[1],
        "pyproject.toml:3: there is no group `tset` | did you mean `test`?"
    );
    assert!(refused[2].starts_with("pyproject.toml:4: "), "{refused:?}");
    let refused = fixture.refused(&[], &["no/pyproject.toml:dev"]);
    assert_eq!(
        refused,
        [
            "cannot read the group `dev`: `no/pyproject.toml` does not exist | write the path before the group: `--group path/to/pyproject.toml:NAME`"
        ]
    );
}

#[test]
fn what_only_a_build_tells_becomes_a_tree() {
    let check = |files: &[(&str, &str)], source: &str, has_tree: bool| {
        let fixture = Fixture::new(files);
        let inputs = fixture.read(&[source], &[]);
        assert_eq!(inputs.trees.len(), usize::from(has_tree), "{files:?}");
        if let Some(tree) = inputs.trees.first() {
            let folder = Path::new(source).parent().unwrap();
            assert_eq!(tree.folder, fixture.folder.path().join(folder));
            assert_eq!(tree.file, source);
        }
    };
    check(&[("setup.py", "\u{0}")], "setup.py", true);
    check(&[("x/setup.cfg", "")], "x/setup.cfg", true);
    let project = "[project]\nname = 'p'\n";
    check(&[("pyproject.toml", project)], "pyproject.toml", false);
    let dynamic = format!("{project}dynamic = ['dependencies']\ndependencies = ['a']\n");
    check(&[("pyproject.toml", &dynamic)], "pyproject.toml", true);
    let extras = format!("{project}dynamic = ['optional-dependencies']\n");
    check(&[("pyproject.toml", &extras)], "pyproject.toml", false);
    let poetry = "[tool.poetry]\nname = 'p'\n[build-system]\nrequires = ['poetry-core']\n";
    check(&[("pyproject.toml", poetry)], "pyproject.toml", true);
    let settings = [("pyproject.toml", "[tool.black]\n"), ("setup.cfg", "")];
    check(&settings, "pyproject.toml", true);
    let fixture = Fixture::new(&[("pyproject.toml", &extras)]).with_extras(&["dev"]);
    let inputs = fixture.read(&["pyproject.toml"], &[]);
    assert_eq!(inputs.trees[0].extras, ["dev".parse().unwrap()]);
}

#[test]
fn files_of_one_folder_are_one_tree() {
    let fixture = Fixture::new(&[("setup.py", ""), ("setup.cfg", ""), ("x/setup.py", "")]);
    let inputs = fixture.read(&["setup.py", "setup.cfg", "x/setup.py"], &[]);
    let files: Vec<&str> = inputs.trees.iter().map(|tree| &*tree.file).collect();
    assert_eq!(files, ["setup.py", "x/setup.py"]);
}

#[test]
fn requires_python_is_kept_for_trees_too() {
    let text = "[project]\nname = 'p'\nrequires-python = '>=3.9'\ndynamic = ['dependencies']\n";
    let script = "# /// script\n# requires-python = '>=3.8'\n# ///\n";
    let fixture = Fixture::new(&[("pyproject.toml", text), ("s.py", script)]);
    let inputs = fixture.read(&["pyproject.toml", "s.py"], &[]);
    let shown: Vec<String> = inputs
        .requires_python
        .iter()
        .map(|(file, specifiers)| format!("{file} {specifiers}"))
        .collect();
    assert_eq!(shown, ["pyproject.toml >=3.9", "s.py >=3.8"]);
}

#[test]
fn a_script_requires_what_its_block_lists() {
    let script = "# /// script\n# dependencies = [\n#   # why\n#   'a>1', # behind\n#   'sub @ file:sub',\n# ]\n# ///\n";
    let fixture = Fixture::new(&[("t/s.py", script), ("t/sub/setup.py", "")]);
    let inputs = fixture.read(&["t/s.py"], &[]);
    assert_eq!(roots(&inputs), ["a>1, t/s.py:4, (t/s.py)"]);
    assert_eq!(
        fixture.places(&inputs.direct),
        ["sub[] BASE/t/sub (file:t/sub) t/s.py:5, (t/s.py)"]
    );
    assert_eq!(said(&inputs), ["a: why | behind"]);
}

#[test]
fn comments_are_kept_by_project() {
    let fixture = Fixture::new(&[
        (
            "r.in",
            "# pinned for #12\nflask<3  # see https://me:pw@host.example/x\n\n\
             # heading\n\nrich # rich\nwin ; os_name == 'nt' # not here\n-r more.in\n\
             ./proj # local\n-c c.txt\n",
        ),
        ("more.in", "Flask # more\nrich  # rich\nx==1  # via y\n"),
        ("c.txt", "flask # bound\n"),
        ("proj/setup.py", ""),
    ]);
    let inputs = fixture.read(&["r.in"], &[]);
    assert_eq!(
        said(&inputs),
        [
            "flask: pinned for #12 | see https://host.example/x | more",
            "rich: rich"
        ]
    );
    assert_eq!(inputs.direct[0].comments, ["local"]);
}

#[test]
fn kinds_are_told_by_names() {
    for (location, kind) in [
        ("requirements.in", Kind::Requirements),
        ("x.py/requirements", Kind::Requirements),
        ("pyproject.toml", Kind::Project),
        ("a/b/pyproject.toml", Kind::Project),
        ("setup.cfg", Kind::Setup),
        ("x/setup.py", Kind::Setup),
        ("x/run.py", Kind::Script),
        (".py", Kind::Requirements),
        ("https://host.example/run.py?raw=1", Kind::Script),
        ("-", Kind::Requirements),
    ] {
        assert_eq!(Kind::of(location), kind, "{location}");
    }
}

#[test]
fn only_plain_files_are_silent_on_indexes() {
    for silent in [
        "",
        "a\r\n  b>=1\n# --index-url x\n",
        "a @ https://h.example/a.whl",
    ] {
        assert!(has_requirements_only(silent.as_bytes()), "{silent}");
    }
    for other in [
        "a\n-i https://index.example/",
        " --index-url=x",
        "a \\\n  --hash=sha256:0",
        "${OPTIONS}",
        "\u{feff}--index-url x",
        "\u{a0}--index-url x",
        "\u{b}--index-url x",
    ] {
        assert!(!has_requirements_only(other.as_bytes()), "{other}");
    }
}
