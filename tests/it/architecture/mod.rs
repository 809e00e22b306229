//! The shape of the source: who uses whom, what pure modules do without, where
//! the index's address stands.
//!
//! `docs/architecture.md` says the same in prose. What is read here is text, with
//! comments and literals blanked out, not syntax trees: a path made by a macro is
//! not seen. Other modules are named by `crate::…`; a chain of `super::` that climbs
//! out of its module counts as well.

mod code;
mod cycles;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use code::{
    code_of, heads, lines_without_tests, relative, root, rust_files, test_files, visit,
    without_tests, words,
};
use cycles::cycles;

/// What each module may use beside itself. A row uses rows above it only.
const MAY_USE: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("image", &["text"]),
    ("dockerfile", &["text", "image"]),
    ("compose", &["text", "image", "dockerfile"]),
    // For spans: parsers of requirements, specifiers and markers say where a problem is.
    ("python", &["text"]),
    ("config", &["text", "image", "python"]),
    ("requirements", &["text", "python"]),
    ("lock", &["text", "python"]),
    ("resolve", &["text", "python"]),
    (
        "command",
        &["text", "python", "requirements", "lock", "resolve"],
    ),
    (
        "update",
        &[
            "text",
            "python",
            "config",
            "requirements",
            "lock",
            "command",
        ],
    ),
    ("cache", &[]),
    ("files", &["text"]),
    ("build", &["text", "python", "files"]),
    ("forge", &["text"]),
    ("vcs", &["text", "files"]),
    ("http", &["text"]),
    ("index", &["text", "python", "cache", "http"]),
    ("interpreter", &["python"]),
    ("registry", &["image", "cache", "http"]),
    (
        "ops",
        &[
            "text",
            "image",
            "dockerfile",
            "compose",
            "config",
            "python",
            "requirements",
            "lock",
            "resolve",
            "command",
            "update",
            "cache",
            "files",
            "build",
            "forge",
            "http",
            "index",
            "interpreter",
            "registry",
            "vcs",
        ],
    ),
    ("ui", &["text"]),
    (
        "cli",
        &[
            "text",
            "image",
            "dockerfile",
            "config",
            "python",
            "requirements",
            "lock",
            "resolve",
            "command",
            "update",
            "cache",
            "files",
            "forge",
            "http",
            "index",
            "registry",
            "ops",
            "ui",
        ],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Files and folders that are functions on values: nothing comes in but arguments.
const PURE: &[&str] = &[
    "src/text/",
    "src/image/",
    "src/dockerfile/",
    "src/compose/",
    "src/config/",
    "src/python/",
    "src/requirements/",
    "src/lock/",
    "src/resolve/",
    "src/command/",
    "src/update/",
    "src/index/hash.rs",
    "src/index/listing/",
    "src/index/metadata.rs",
    "src/index/page/",
    "src/index/sdist.rs",
    "src/index/wheel.rs",
];

/// What pure code does without, as words.
const IMPURE_WORDS: &[&str] = &[
    "async",
    "await",
    "tokio",
    "reqwest",
    "hyper",
    "tempfile",
    "SystemTime",
    "Instant",
    "canonicalize",
    "read_dir",
    "try_exists",
];

/// What pure code does without, as parts of `std`.
const IMPURE_STD: &[&str] = &["fs", "env", "net", "process", "thread"];

/// What pure code does without, as macros.
const IMPURE_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];

/// Libraries that few modules name, so that they can be replaced.
const NAMED_BY: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["ui"]),
    ("clap", &["cli"]),
    ("hyper", &["http"]),
    ("indicatif", &["ui"]),
    ("pep440_rs", &["python"]),
    ("pep508_rs", &["python"]),
    ("percent_encoding", &["text"]),
    ("reqwest", &["http"]),
    ("rustls", &["http"]),
    ("saphyr_parser", &["compose", "lock"]),
    ("semver", &["update"]),
    ("strsim", &["text"]),
];

/// How many lines a file of `src` has at most, without tests.
const MOST_LINES: usize = 800;

/// Cycles of files inside a module. Each is to be read and changed as a whole, so the
/// list may shrink and not grow.
const CYCLES: &[&[&str]] = &[];

/// Where the index's address may stand.
const ADDRESS: &str = "src/index/mod.rs";

#[test]
fn modules_use_only_what_the_table_lists() {
    let problems: Vec<String> = rust_files("src")
        .iter()
        .flat_map(|(path, source)| foreign_uses(path, source))
        .collect();
    assert_none(&problems, "edges that `MAY_USE` does not list");
}

#[test]
fn the_table_has_no_cycle_and_a_row_for_each_module() {
    let mut above = BTreeSet::new();
    for (module, uses) in MAY_USE {
        for used in *uses {
            assert!(above.contains(used), "`{module}` uses `{used}`, not above");
        }
        above.insert(*module);
    }
    let found: BTreeSet<String> = rust_files("src")
        .iter()
        .map(|(path, _)| module_of(path).to_owned())
        .collect();
    let listed: BTreeSet<String> = above.into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed);
}

#[test]
fn the_table_lists_no_right_in_vain_and_none_twice() {
    assert_none(&repeated_names(MAY_USE), "names listed twice in `MAY_USE`");
    let unused = unused_rights(MAY_USE, &rust_files("src"));
    assert_none(&unused, "rights in `MAY_USE` that no import uses");
}

#[test]
fn files_use_each_other_in_listed_cycles_only() {
    let found = cycles(&rust_files("src"));
    let listed: BTreeSet<Vec<String>> = CYCLES
        .iter()
        .map(|files| files.iter().map(|file| format!("src/{file}")).collect())
        .collect();
    let mut problems = Vec::new();
    for cycle in &found {
        if !listed.contains(&cycle.files) {
            problems.push(format!("new: {}", cycle.files.join(", ")));
            problems.extend(cycle.uses.iter().map(|line| format!("    {line}")));
        }
    }
    let found: BTreeSet<&Vec<String>> = found.iter().map(|cycle| &cycle.files).collect();
    for files in listed.iter().filter(|files| !found.contains(files)) {
        problems.push(format!("gone, strike it: {}", files.join(", ")));
    }
    assert_none(&problems, "cycles of files beside those in `CYCLES`");
}

#[test]
fn pure_modules_touch_nothing_but_their_arguments() {
    let files = rust_files("src");
    for pure in PURE {
        let exists = files.iter().any(|(path, _)| path.starts_with(pure));
        assert!(exists, "`{pure}` is listed in `PURE` and gone");
    }
    let problems: Vec<String> = files
        .iter()
        .filter(|(path, _)| PURE.iter().any(|pure| path.starts_with(pure)))
        .flat_map(|(path, source)| impurities(path, source))
        .collect();
    assert_none(&problems, "reaching out of pure modules");
}

#[test]
fn files_are_short_enough_to_be_read_at_once() {
    let files = rust_files("src");
    let tests = test_files(&files);
    let mut problems = Vec::new();
    for (path, source) in files.iter().filter(|(path, _)| !tests.contains(path)) {
        let lines = lines_without_tests(source);
        if lines > MOST_LINES {
            problems.push(format!("{path}: {lines} lines without tests"));
        }
    }
    assert_none(&problems, "files longer than `MOST_LINES`");
}

/// Clippy counts the lines of functions, up to 100 of code.
#[test]
fn no_function_is_let_off_its_limit_of_lines() {
    let lint = "too_many_lines";
    let mut problems = Vec::new();
    for (path, source) in rust_files("src") {
        if words(&code_of(&source)).any(|(word, _)| word == lint) {
            problems.push(path);
        }
    }
    for file in ["Cargo.toml", ".clippy.toml"] {
        let settings = fs::read_to_string(root().join(file)).expect("the settings are here");
        if settings.replace('-', "_").contains(lint) {
            problems.push(file.to_owned());
        }
    }
    assert_none(&problems, "files that name `too_many_lines`");
}

#[test]
fn libraries_that_may_be_replaced_are_named_by_few_modules() {
    let mut problems = Vec::new();
    for (path, source) in rust_files("src") {
        let code = code_of(&source);
        for (library, modules) in NAMED_BY {
            let is_named = || words(&code).any(|(word, _)| word == *library);
            if !modules.contains(&module_of(&path)) && is_named() {
                let modules = modules.join("` and `");
                problems.push(format!("{path}: `{library}` is for `{modules}` to name"));
            }
        }
    }
    assert_none(&problems, "libraries named elsewhere");
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let mut files = rust_files("src");
    files.extend(rust_files("tests"));
    let problems: Vec<String> = files
        .iter()
        .filter(|(_, source)| !source.starts_with("//! "))
        .map(|(path, _)| path.clone())
        .collect();
    assert_none(&problems, "files that do not open with `//!`");
}

#[test]
fn the_address_of_the_public_index_stands_in_one_place() {
    let host = pinfold::index::PYPI_SIMPLE
        .split('/')
        .nth(2)
        .expect("the constant is a URL");
    let mut places = Vec::new();
    for start in [
        "src", "tests", "docs", "fixtures", ".ci", ".cargo", ".config",
    ] {
        visit(&root().join(start), &mut |path| places.push(path));
    }
    for file in ["README.md", "Cargo.toml", "LICENSE"] {
        places.push(root().join(file));
    }
    places.retain(|path| {
        fs::read(path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(host))
    });
    let places: Vec<String> = places.iter().map(|path| relative(path)).collect();
    assert_eq!(places, [ADDRESS], "elsewhere say PyPI");
}

#[test]
fn the_code_map_names_each_module() {
    let map = fs::read_to_string(root().join("docs/architecture.md")).expect("docs are here");
    let missing: Vec<String> = MAY_USE
        .iter()
        .filter(|(module, _)| !["lib", "main"].contains(module))
        .map(|(module, _)| format!("`{module}/`"))
        .filter(|name| !map.contains(name.as_str()))
        .collect();
    assert_none(&missing, "modules that docs/architecture.md does not name");
}

/// Returns each use of another module that the table does not list.
fn foreign_uses(path: &str, source: &str) -> Vec<String> {
    let module = module_of(path);
    let allowed = rights(module);
    modules_used(path, &code_of(source))
        .into_iter()
        .filter(|(_, used)| !allowed.contains(&&**used))
        .map(|(line, used)| format!("{path}:{line}: `{module}` uses `{used}`"))
        .collect()
}

fn rights(module: &str) -> &'static [&'static str] {
    MAY_USE
        .iter()
        .find(|(name, _)| *name == module)
        .map_or(&[][..], |(_, uses)| uses)
}

/// Returns the other modules that a file's code names, with line numbers.
fn modules_used(path: &str, code: &str) -> Vec<(usize, String)> {
    let module = module_of(path);
    let mut uses = heads(code, "crate::");
    uses.extend(heads(code, "pinfold::"));
    // `super` from a file at depth n leads to the crate's root after n steps, one
    // later from an inline module; names tell which it is.
    let climb = "super::".repeat(depth(path).max(1));
    uses.extend(
        heads(code, &climb)
            .into_iter()
            .filter(|(_, head)| MAY_USE.iter().any(|(name, _)| name == head)),
    );
    uses.retain(|(_, head)| head != module && head != "self");
    uses
}

/// Returns the rights of `table` that no code uses but that of tests.
fn unused_rights(table: &[(&str, &[&str])], sources: &[(String, String)]) -> Vec<String> {
    let tests = test_files(sources);
    let used: BTreeSet<(&str, String)> = sources
        .iter()
        .filter(|(path, _)| !tests.contains(path))
        .flat_map(|(path, source)| {
            modules_used(path, &without_tests(&code_of(source)))
                .into_iter()
                .map(|(_, used)| (module_of(path), used))
        })
        .collect();
    let mut unused = Vec::new();
    for (module, rights) in table {
        for right in *rights {
            if !used.contains(&(*module, (*right).to_owned())) {
                unused.push(format!("`{module}` does not use `{right}`"));
            }
        }
    }
    unused
}

/// Returns the names that a row of `table` lists twice, or `table` itself.
fn repeated_names(table: &[(&str, &[&str])]) -> Vec<String> {
    let mut repeated = Vec::new();
    let mut modules = BTreeSet::new();
    for (module, rights) in table {
        if !modules.insert(*module) {
            repeated.push(format!("`{module}` has two rows"));
        }
        let mut seen = BTreeSet::new();
        for right in *rights {
            if !seen.insert(*right) {
                repeated.push(format!("`{module}` lists `{right}` twice"));
            }
        }
    }
    repeated
}

/// Returns what pure code must not have.
fn impurities(path: &str, source: &str) -> Vec<String> {
    let code = code_of(source);
    let mut found: Vec<(usize, String)> = heads(&code, "std::")
        .into_iter()
        .filter(|(_, head)| IMPURE_STD.contains(&&**head))
        .map(|(line, head)| (line, format!("std::{head}")))
        .collect();
    for (number, line) in code.lines().enumerate() {
        for (word, after) in words(line) {
            let is_macro = after.starts_with('!') && !after.starts_with("!=");
            if IMPURE_WORDS.contains(&word)
                || is_macro && IMPURE_MACROS.contains(&word)
                || word == "now" && after.starts_with('(')
            {
                found.push((number + 1, word.to_owned()));
            }
        }
    }
    found
        .into_iter()
        .map(|(line, what)| format!("{path}:{line}: `{what}`"))
        .collect()
}

/// Returns the top-level module a file belongs to: `index` for `src/index/page/html.rs`.
fn module_of(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Returns how deep a file's module lies under the crate's root.
fn depth(path: &str) -> usize {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let segments = inside.split('/').count();
    let is_folder = inside.ends_with("/mod.rs") || inside == "lib.rs" || inside == "main.rs";
    segments - usize::from(is_folder)
}

fn assert_none(problems: &[String], what: &str) {
    let mut message = String::new();
    for problem in problems {
        let _ = write!(message, "\n  {problem}");
    }
    assert!(problems.is_empty(), "{what}:{message}");
}

/// The checks themselves, on sources that break the rules.
mod the_checks {
    use super::code::tokens;
    use super::{
        code_of, cycles, foreign_uses, impurities, lines_without_tests, repeated_names, test_files,
        unused_rights, without_tests,
    };

    fn sources(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(path, source): &(&str, &str)| ((*path).to_owned(), (*source).to_owned());
        files.iter().map(owned).collect()
    }

    /// Returns the files of each cycle, a line each.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let cycles = cycles(&sources(files));
        cycles.iter().map(|cycle| cycle.files.join(" ")).collect()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn see_paths_groups_and_climbing() {
        let source = "use crate::{\n    python::{Version, http},\n    cache,\n};\n\
                      fn f() -> crate::ops::Error { super::super::ui::f() }\n\
                      use super::super::page;";
        assert_eq!(
            foreign_uses("src/lock/read.rs", source),
            [
                "src/lock/read.rs:1: `lock` uses `cache`",
                "src/lock/read.rs:5: `lock` uses `ops`",
                "src/lock/read.rs:5: `lock` uses `ui`",
            ]
        );
        assert_eq!(
            foreign_uses("src/main.rs", "use pinfold::ops;"),
            ["src/main.rs:1: `main` uses `ops`"]
        );
    }

    #[test]
    fn pass_over_own_paths_comments_and_literals() {
        let source = "//! See [`crate::ops`].\n\
                      use crate::lock::Lock; /* crate::ui /* nested */ crate::ui */\n\
                      const A: &str = \"\\\"crate::ops\"; const B: &str = r#\"\"crate::ui\"#;\n\
                      pub(crate) fn f<'a>(_: &'a str) -> char { '\"' }\n";
        assert_eq!(
            foreign_uses("src/lock/mod.rs", source),
            Vec::<String>::new()
        );
        assert_eq!(
            foreign_uses("src/lock/mod.rs", &format!("{source}use crate::ui;")).len(),
            1
        );
    }

    #[test]
    fn see_clocks_files_tasks_and_printing() {
        let source = "use std::{fmt, env};\nuse std::time::{Duration, Instant};\n\
                      async fn f() { std::fs::read(\"tokio\"); println!(); Timestamp::now(); }\n\
                      // tokio\nfn print(is_async: bool, nowhere: std::io::Empty) {}";
        assert_eq!(
            impurities("x.rs", source),
            [
                "x.rs:1: `std::env`",
                "x.rs:3: `std::fs`",
                "x.rs:2: `Instant`",
                "x.rs:3: `async`",
                "x.rs:3: `println`",
                "x.rs:3: `now`",
            ]
        );
    }

    #[test]
    fn keep_lines_where_they_are() {
        assert_eq!(
            code_of("a /* b\nc */ d\n\"e\nf\" g"),
            "a     \n     d\n  \n   g"
        );
    }

    #[test]
    fn see_rights_that_only_tests_use() {
        let table: &[(&str, &[&str])] = &[("lock", &["text", "python", "cache", "ui"])];
        let sources = sources(&[
            (
                "src/lock/mod.rs",
                "use crate::text::Span;\n#[cfg(test)]\nmod laws;\n\
                 #[cfg(test)]\nmod tests { use crate::ui; }\n// crate::cache\n",
            ),
            ("src/lock/laws.rs", "use crate::ui;"),
            ("src/lock/read.rs", "fn f() { crate::python::f(); }"),
            ("src/text/mod.rs", "use crate::cache;"),
        ]);
        assert_eq!(
            unused_rights(table, &sources),
            ["`lock` does not use `cache`", "`lock` does not use `ui`"]
        );
    }

    #[test]
    fn see_names_listed_twice() {
        let table: &[(&str, &[&str])] = &[
            ("text", &[]),
            ("lock", &["text", "python", "text"]),
            ("text", &[]),
        ];
        assert_eq!(
            repeated_names(table),
            ["`lock` lists `text` twice", "`text` has two rows"]
        );
        assert_eq!(repeated_names(&table[..1]), NONE);
    }

    #[test]
    fn see_files_that_use_each_other() {
        let direct = [
            (
                "src/a/mod.rs",
                "mod one; mod two; mod three; pub use one::One;",
            ),
            ("src/a/one.rs", "use super::two::{Two, self as t};"),
            ("src/a/two.rs", "fn f() -> crate::a::three::Three { }"),
            ("src/a/three.rs", "use super::{one, Other};"),
            ("src/b.rs", "use crate::a::One;"),
        ];
        assert_eq!(found(&direct), ["src/a/one.rs src/a/three.rs src/a/two.rs"]);
        assert_eq!(
            cycles(&sources(&direct))[0].uses,
            [
                "src/a/one.rs uses src/a/two.rs by `super::two::Two`",
                "src/a/three.rs uses src/a/one.rs by `super::one`",
                "src/a/two.rs uses src/a/three.rs by `crate::a::three::Three`",
            ]
        );
    }

    #[test]
    fn follow_names_that_are_passed_on() {
        let through = [
            (
                "src/a/mod.rs",
                "mod one; mod two; pub use self::one::{One as First};",
            ),
            ("src/a/one.rs", "use super::two::Two;"),
            ("src/a/two.rs", "use crate::a::First;"),
        ];
        assert_eq!(found(&through), ["src/a/one.rs src/a/two.rs"]);
        let by_alias = [
            ("src/a/mod.rs", "mod one; pub mod b;"),
            ("src/a/b/mod.rs", "mod two; pub(super) use two::f;"),
            (
                "src/a/b/two.rs",
                "pub(crate) fn f() { super::super::one::g() }",
            ),
            ("src/a/one.rs", "use super::b; pub(super) fn g() { b::f() }"),
        ];
        assert_eq!(found(&by_alias), ["src/a/b/two.rs src/a/one.rs"]);
    }

    #[test]
    fn see_a_module_and_its_child_that_use_each_other() {
        let child = ("src/a/one.rs", "use super::Shared;");
        let passing_on = "mod one; pub use one::One; pub struct Shared;";
        assert_eq!(found(&[("src/a/mod.rs", passing_on), child]), NONE);
        for using in ["pub fn f(_: One) {}", "fn f() { one::f() }", "use one::f;"] {
            let parent = format!("{passing_on} {using}");
            assert_eq!(
                found(&[("src/a/mod.rs", &parent), child]),
                ["src/a/mod.rs src/a/one.rs"]
            );
        }
    }

    #[test]
    fn pass_over_tests_comments_methods_and_libraries() {
        assert_eq!(
            found(&[
                ("src/a/mod.rs", "mod one; mod url; #[cfg(test)] mod tests;"),
                (
                    "src/a/one.rs",
                    "use url::Url; // super::url::f\n\
                     fn f(u: Url) -> impl Sized + use<'_> { u.url() }\n\
                     #[cfg(test)]\nmod tests { use super::super::url::Own; }",
                ),
                ("src/a/url.rs", "use super::one::f;"),
                ("src/a/tests.rs", "use super::url::Own;"),
            ]),
            NONE
        );
    }

    #[test]
    fn tell_tests_from_the_rest() {
        let source = "struct A {\n    #[cfg(test)]\n    b: [u8; 2],\n    c: u8,\n}\n\
                      #[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;\n\
                      #[cfg(all(test, unix))]\npub mod more {\n    fn f() { g(); }\n}\n\
                      #[cfg(unix)]\nmod kept;\n";
        let kept = without_tests(&code_of(source));
        assert_eq!(kept.lines().count(), source.lines().count());
        assert_eq!(tokens(&kept).concat(), "structA{c:u8,}#[cfg(unix)]modkept;");
        assert_eq!(lines_without_tests(source), 5);
        let files = sources(&[
            ("src/a/b.rs", source),
            ("src/a/a_tests.rs", ""),
            ("src/a/c/mod.rs", "#[cfg(test)]\nmod laws;"),
            ("src/a/c/laws/mod.rs", ""),
            ("src/a/c/laws/rows.rs", ""),
            ("src/a/laws.rs", ""),
            ("src/kept.rs", ""),
        ]);
        assert_eq!(
            test_files(&files).into_iter().collect::<Vec<_>>(),
            [
                "src/a/a_tests.rs",
                "src/a/c/laws/mod.rs",
                "src/a/c/laws/rows.rs"
            ]
        );
    }
}
