//! Tests of reading pyproject.toml.

use proptest::prelude::*;

use super::super::table::raw_offset;
use super::*;

const WEB: &str = r#"
[build-system]
requires = ["hatchling"]

[project]
name = "My.Proj"
version = "1"
license = "MIT OR Apache-2.0"
license-files = ["LICENSE*"]
dynamic = ["version"]
requires-python = ">=3.9"
dependencies = [
    "flask>=3",
    'tomli>=2; python_version < "3.11"', # why
]

[project.optional-dependencies]
dev = ["my_proj[test]", "ruff"]
Test = ["pytest", "my-proj[dev, other]; os_name == 'nt'"]
other = ["rich ; python_version >= '3.10'"]

[dependency-groups]
lint = ["ruff", {include-group = "test"}]
"#;

fn extras(names: &[&str]) -> Vec<ExtraName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn selected(text: &str, names: &[&str], all: bool) -> Vec<String> {
    let project = Project::parse(text);
    assert_eq!(project.problems, []);
    let selected = project.select(&extras(names), all).unwrap();
    selected
        .iter()
        .map(|selected| {
            let marker = selected.requirement.marker.as_ref();
            let marker = marker.map_or(String::new(), |marker| {
                format!(" ; {}", marker.as_written())
            });
            let extra = selected.extra.as_ref();
            let extra = extra.map_or(String::new(), |extra| format!(" ({extra})"));
            format!("{}{marker}{extra}", selected.requirement.name)
        })
        .collect()
}

/// Shows problems as `what they point at: message`.
fn problems(text: &str) -> Vec<String> {
    Project::parse(text)
        .problems
        .iter()
        .map(|problem| format!("{}: {}", &text[problem.span.range()], problem.message))
        .collect()
}

#[test]
fn reads_what_the_file_states() {
    let project = Project::parse(WEB);
    assert_eq!(project.problems, []);
    assert_eq!(project.warnings, []);
    assert_eq!(project.name, "My.Proj");
    assert_eq!(project.normalized, Some("my-proj".parse().unwrap()));
    assert_eq!(project.dynamic, ["version"]);
    let (specifiers, span) = project.requires_python.unwrap();
    assert_eq!(specifiers.as_str(), ">=3.9");
    assert_eq!(&WEB[span.range()], "\">=3.9\"");
    let texts: Vec<&str> = project
        .dependencies
        .iter()
        .map(|(_, span)| &WEB[span.range()])
        .collect();
    assert_eq!(texts, ["flask>=3", "tomli>=2; python_version < \"3.11\""]);
    let names: Vec<String> = project.optional.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["dev", "test", "other"]);
}

#[test]
fn selects_extras_and_expands_references_to_itself() {
    assert_eq!(
        selected(WEB, &[], false),
        ["flask", "tomli ; python_version < \"3.11\""]
    );
    assert_eq!(
        selected(WEB, &["dev"], false)[2..],
        [
            "pytest (test)",
            "rich ; (os_name == 'nt') and (python_version >= '3.10') (other)",
            "ruff (dev)",
        ]
    );
    assert_eq!(
        selected(WEB, &["OTHER"], false)[2..],
        ["rich ; python_version >= '3.10' (other)"]
    );
}

#[test]
fn selects_all_extras() {
    let all = selected(WEB, &[], true);
    for name in [
        "pytest (test)",
        "ruff (dev)",
        "rich ; python_version >= '3.10' (other)",
    ] {
        assert!(all.iter().any(|line| line == name), "{name} in {all:?}");
    }
}

#[test]
fn circles_end() {
    let text = "[project]\nname = 'p'\n[project.optional-dependencies]\n\
                a = ['p[b]', 'x']\nb = ['p[a]', 'p[b]', 'p', 'y']\n";
    assert_eq!(selected(text, &["a"], false), ["y (b)", "x (a)"]);
    assert_eq!(selected(text, &["b", "a"], false), ["x (a)", "y (b)"]);
}

#[test]
fn an_unknown_extra_is_an_error_that_names_the_known_ones() {
    let project = Project::parse(WEB);
    let error = project.select(&extras(&["tets"]), false).unwrap_err();
    assert_eq!(error.to_string(), "`My.Proj` has no extra `tets`");
    assert_eq!(error.help().as_deref(), Some("did you mean `test`?"));
    let error = project.select(&extras(&["unheard"]), false).unwrap_err();
    assert_eq!(
        error.help().as_deref(),
        Some("its extras are `dev`, `test`, `other`")
    );
}

#[test]
fn warns_of_a_reference_to_an_extra_that_is_not_there() {
    let text = "[project]\nname = 'p'\ndependencies = ['P[a]']\n";
    let project = Project::parse(text);
    assert_eq!(project.warnings[0].message, "`p` has no extra `a`");
    assert_eq!(project.select(&[], true), Ok(vec![]));
}

#[test]
fn shows_all_that_is_wrong_inside_the_strings() {
    let text = "[project]\nname = 'a b'\nrequires-python = '>=x'\ndependencies = ['flask', \
                'fl>=1@sk', 3, \"\\u00e4 \\\"x\", '''\na b''']\noptional-dependencies = { A = [], a = 1, '!' = [] }\n";
    let places: Vec<String> = problems(text)
        .iter()
        .map(|problem| problem.split(": ").next().unwrap().to_owned())
        .collect();
    assert_eq!(
        places,
        ["'a b'", "x", "1@sk", "3", "\\u00e4", "b", "1", "a", "'!'"]
    );
}

#[test]
fn finds_the_place_in_a_string_with_escapes() {
    let raw = "\"\\u00e4b\\\"c\"";
    let at = |offset| raw_offset(raw, "äb\"c", offset).map(|at| &raw[at..]);
    assert_eq!(at(0), Some("\\u00e4b\\\"c\""));
    assert_eq!(at(2), Some("b\\\"c\""));
    assert_eq!(at(3), Some("\\\"c\""));
    assert_eq!(at(4), Some("c\""));
    assert_eq!(at(5), Some("\""));
    let raw = "\"\"\"\na \\\n   b\"\"\"";
    assert_eq!(
        raw_offset(raw, "a b", 2).map(|at| &raw[at..]),
        Some("b\"\"\"")
    );
    let raw = "'''\r\nab'''";
    assert_eq!(raw_offset(raw, "ab", 1).map(|at| &raw[at..]), Some("b'''"));
}

#[test]
fn what_is_dynamic_needs_a_build() {
    let check = |fields: &str, rest: &str, expected: (bool, bool)| {
        let text = format!("[project]\nname = 'p'\ndynamic = {fields}\n{rest}");
        let project = Project::parse(&text);
        assert_eq!(project.problems, [], "{text}");
        let needs = (project.needs_build(false), project.needs_build(true));
        assert_eq!(needs, expected, "{text}");
    };
    check("['version']", "", (false, false));
    check("['version', 'dependencies']", "", (true, true));
    check("['optional-dependencies']", "", (false, true));
    // What is listed is only a part (PEP 808).
    check("['dependencies']", "dependencies = ['a']\n", (true, true));
    let own_extra = "dependencies = ['P[x]']\n";
    check("['optional-dependencies']", own_extra, (true, true));
    assert_eq!(
        problems("[project]\nname = 'p'\ndynamic = ['version', 3]\n"),
        ["3: an entry of `dynamic` is an integer, not a string"]
    );
}

#[test]
fn an_extra_may_be_dynamic_when_others_refer_to_it() {
    let text =
        "[project]\nname = 'p'\ndynamic = ['optional-dependencies']\ndependencies = ['p[x]']\n";
    assert_eq!(Project::parse(text).warnings, []);
}

#[test]
fn knows_poetry() {
    let poetry = "[tool.poetry]\nname = 'p'\n[tool.poetry.dependencies]\nflask = '*'\n";
    let project = Project::parse(poetry);
    assert_eq!(project.statement, Statement::PoetryAlone);
    assert!(project.absence().message.contains("only Poetry reads"));
    let text = format!("{poetry}[build-system]\nrequires = ['poetry-core']\n");
    let project = Project::parse(&text);
    assert_eq!(project.statement, Statement::Build);
    assert!(project.needs_build(false));
    let text = "[project]\nname = 'p'\n[tool.poetry.dependencies]\nflask = '*'\n";
    let project = Project::parse(text);
    assert_eq!(project.problems, []);
    assert_eq!(
        project.warnings[0].message,
        "`[tool.poetry.dependencies]` is not read"
    );
    let text = text.replace("'p'", "'p'\ndynamic = ['dependencies']");
    assert_eq!(Project::parse(&text).warnings, []);
}

#[test]
fn says_what_is_missing() {
    let project = Project::parse("[tool.x]\n");
    assert_eq!(project.statement, Statement::Nothing);
    assert_eq!(project.problems, []);
    assert_eq!(project.absence().message, "there is no `[project]` table");
    let project = Project::parse("[build-system]\nrequires = []\n");
    assert_eq!(project.statement, Statement::Build);
    assert_eq!(
        problems("[project]\nversion = '1'\n"),
        ["[project]: `[project]` has no `name`"]
    );
    assert_eq!(
        problems("project = 1\n"),
        ["1: `project` is an integer, not a table"]
    );
}

#[test]
fn a_requirement_on_itself_stands_for_what_it_requires() {
    let project = Project::parse(WEB);
    let shown = |text: &str| -> Vec<String> {
        let reference = Requirement::parse(text).unwrap();
        let selected = project.select_reference(&reference).unwrap();
        selected
            .iter()
            .map(|one| one.requirement.to_string())
            .collect()
    };
    assert_eq!(
        shown("my.proj[other] ; os_name == 'nt'"),
        [
            "flask>=3 ; os_name == \"nt\"",
            "tomli>=2 ; os_name == \"nt\" and python_version < \"3.11\"",
            "rich ; os_name == \"nt\" and python_version >= \"3.10\"",
        ]
    );
    assert_eq!(shown("my-proj").len(), 2);
    let reference = Requirement::parse("my-proj[gone]").unwrap();
    assert!(project.select_reference(&reference).is_err());
}

#[test]
fn shows_all_syntax_errors_and_nothing_else() {
    let problems = problems("[project]\nname = \nx = 'a\n");
    assert!(problems.len() > 1, "{problems:?}");
    assert!(
        problems
            .iter()
            .all(|problem| problem.contains(": invalid TOML: ")),
        "{problems:?}"
    );
}

proptest! {
    #[test]
    fn reads_any_text(text in "(\\PC|\n|\\[project\\]\n|name = |'|\"|\\[|\\]|dependencies|\\\\u00e4|a;){0,30}") {
        let project = Project::parse(&text);
        for problem in project.problems.iter().chain(&project.warnings) {
            prop_assert!(text.get(problem.span.range()).is_some(), "{problem:?}");
        }
    }

    #[test]
    fn points_into_any_string(part in "(\\\\u00e4|\\\\\"|\\\\n|[a-c \u{e4};@\\[>=]|\\\\\\\\){0,12}") {
        let text = format!("[project]\nname = \"p\"\ndependencies = [\"\"\"{part}\"\"\", \"{part}\"]\n");
        let project = Project::parse(&text);
        let spans = project.problems.iter().map(|problem| problem.span);
        for span in spans.chain(project.dependencies.iter().map(|(_, span)| *span)) {
            prop_assert!(text.get(span.range()).is_some(), "{span:?}");
        }
    }

    #[test]
    fn an_offset_in_a_string_is_found(characters in proptest::collection::vec(prop_oneof![
        Just(("a", "a")), Just(("\\u00e4", "ä")), Just(("\\\"", "\"")), Just(("ö", "ö")), Just(("\\\\", "\\")), Just(("\\U0001F600", "😀")),
    ], 0..10)) {
        let raw: String = characters.iter().map(|(raw, _)| *raw).collect();
        let decoded: String = characters.iter().map(|(_, decoded)| *decoded).collect();
        let quoted = format!("\"{raw}\"");
        let (mut at, mut offset) = (1, 0);
        for (raw, meant) in characters {
            prop_assert_eq!(raw_offset(&quoted, &decoded, offset), Some(at));
            at += raw.len();
            offset += meant.len();
        }
        prop_assert_eq!(raw_offset(&quoted, &decoded, offset), Some(at));
    }
}
