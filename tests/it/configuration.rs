//! The configuration's schema and its reference, which are made of the table of keys.
//!
//! `PINFOLD_REWRITE=1 cargo test configuration` writes both anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pinfold::config::{Config, Home, Kind, SECTIONS, json_schema};

use crate::registries::program;

/// Returns a program that validates files: in the folder `PINFOLD_VALIDATORS`, or on PATH.
pub(crate) fn validator(name: &str) -> Option<PathBuf> {
    std::env::var_os("PINFOLD_VALIDATORS")
        .map(|folder| Path::new(&folder).join(name))
        .filter(|path| path.is_file())
        .or_else(|| program(name))
}

/// Checks configurations against the schema, where there is a program for that.
#[track_caller]
pub(crate) fn check_schema(files: &[PathBuf]) {
    if let Some(output) = validate(files) {
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// Returns what a validator says of files.
fn validate(files: &[PathBuf]) -> Option<Output> {
    let output = Command::new(validator("check-jsonschema")?)
        .arg("--schemafile")
        .arg(docs().join("pinfold.schema.json"))
        .args(files)
        .output();
    Some(output.unwrap())
}

fn said(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// Writes texts to files.
fn files(folder: &Path, texts: &[&str]) -> Vec<PathBuf> {
    let write = |(number, text): (usize, &&str)| {
        let path = folder.join(format!("{number}-.toml"));
        fs::write(&path, text).unwrap();
        path
    };
    texts.iter().enumerate().map(write).collect()
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Compares a file with what it should be, or makes it that.
#[track_caller]
fn check(name: &str, expected: &str) {
    let path = docs().join(name);
    if std::env::var_os("PINFOLD_REWRITE").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{name} is old: `PINFOLD_REWRITE=1 cargo test configuration` makes it anew"
    );
}

#[test]
fn the_schema_is_what_the_reader_knows() {
    let schema = serde_json::to_string_pretty(&json_schema()).unwrap();
    check("pinfold.schema.json", &format!("{schema}\n"));
}

/// Returns a paragraph in lines of at most 100 characters, as the docs have them.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    // Code spans stay on one line: only words outside of them are parted.
    let parts = text.split('`').enumerate();
    let glued = parts.map(|(number, part)| match number % 2 {
        0 => part.to_owned(),
        _ => format!("`{}`", part.replace(' ', "\u{a0}")),
    });
    for word in glued.collect::<String>().split(' ') {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= 100 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n").replace('\u{a0}', " ")
}

#[test]
fn the_reference_lists_each_key() {
    let text = fs::read_to_string(docs().join("configuration.md")).unwrap();
    let mut expected = String::new();
    let mut rest = text.as_str();
    for section in SECTIONS {
        let start = format!("<!-- keys of {} -->\n", section.header());
        let end = "<!-- end -->\n";
        let from = rest.find(&start).expect(&start) + start.len();
        let length = rest[from..].find(end).expect(end);
        expected.push_str(&rest[..from]);
        let _ = writeln!(
            expected,
            "{}\n\n| key | value | default | meaning |",
            wrapped(section.about)
        );
        expected.push_str("|---|---|---|---|\n");
        for key in section.keys {
            let kind = match key.kind {
                Kind::Text => "string".to_owned(),
                Kind::Flag => "`true`, `false`".to_owned(),
                Kind::Texts => "array of strings".to_owned(),
                Kind::TextOrTexts => "string or array of strings".to_owned(),
                Kind::SomeTexts => "array of strings, not empty".to_owned(),
                Kind::Statuses => "array of HTTP statuses".to_owned(),
                Kind::Word(words) => {
                    let words: Vec<String> =
                        words.iter().map(|word| format!("`\"{word}\"`")).collect();
                    words.join(", ")
                }
                Kind::Duration => "duration".to_owned(),
                Kind::Date => "date".to_owned(),
                Kind::Cutoff => "time, date, duration, `false`".to_owned(),
                Kind::Cutoffs => "table of these".to_owned(),
            };
            let default = key
                .default
                .map_or(String::new(), |value| format!("`{value}`"));
            let _ = writeln!(
                expected,
                "| `{}` | {kind} | {default} | {} |",
                key.name, key.about
            );
        }
        if let Some(others) = section.others {
            let _ = writeln!(expected, "\n{}", wrapped(others));
        }
        rest = &rest[from + length..];
    }
    expected.push_str(rest);
    check("configuration.md", &expected);
}

#[test]
fn the_examples_in_the_docs_are_good() {
    let mut examples = Vec::new();
    let names = [
        "../README.md",
        "configuration.md",
        "docker.md",
        "compile.md",
    ];
    let texts = names.map(|name| fs::read_to_string(docs().join(name)).unwrap());
    for text in &texts {
        for block in text.split("```toml\n").skip(1) {
            let example = block.split("```").next().unwrap();
            let home = if example.contains("[tool.pinfold") {
                Home::Pyproject
            } else {
                examples.push(example);
                Home::PinfoldToml
            };
            let (config, problems) = Config::parse(example, home);
            assert_eq!(problems, [], "{example}");
            assert!(config.is_some(), "{example}");
        }
    }
    assert!(examples.len() >= 6, "{examples:?}");
    let folder = tempfile::tempdir().unwrap();
    check_schema(&files(folder.path(), &examples));
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let good = [
        "",
        "[policy]\ncooldown = '1w2d3h4min'\ncooldown-major = 'P1DT12H'\n",
        "[policy]\ncooldown = 'PT36H'\n",
        "[[rule]]\nmatch-image = ['a']\ndigests = 'always'\nuntil = 2027-01-31\n",
        "[[rule]]\nmatch = ['a']\nignore = true\nuntil = '2027-01-31'\n",
        "[compile]\nno-header = true\ntimeout = 5\nextra = ['a']\nindex-url = 'https://a.example/'\n",
        "[compile]\nexclude-newer = 2026-10-01\nexclude-newer-package = { a = false, b = '7d' }\n",
        "[[index]]\nname = 'a'\nurl = 'https://a.example/'\nexclude-newer = false\n",
    ];
    let bad = [
        "[polcy]\n",
        "[policy]\ncooldwn = '7d'\n",
        "[policy]\ncooldown = ''\n",
        "[policy]\ncooldown = 'P'\n",
        "[policy]\ncooldown = 'PT'\n",
        "[policy]\ncooldown = '7'\n",
        "[policy]\ncooldown = '7 d'\n",
        "[policy]\ncooldown = 7\n",
        "[policy]\nmax-bump = 'any'\n",
        "[rule]\nmatch = ['a']\nignore = true\n",
        "[[rule]]\nignore = true\n",
        "[[rule]]\nmatch = ['a']\n",
        "[[rule]]\nmatch = ['a']\nignore = false\n",
        "[[rule]]\nmatch = []\nignore = true\n",
        "[[rule]]\nmatch = ['a']\nreason = 'x'\n",
        "[[rule]]\nmatch = ['a']\nmatch-image = ['a']\nignore = true\n",
        "[[rule]]\nmatch = ['a']\nimage-tags = 'patch'\n",
        "[[rule]]\nmatch-image = ['a']\nallow = '<6'\n",
        "[[rule]]\nmatch = ['a']\nignore = true\nuntil = 'tomorrow'\n",
        "[compile]\nextra = [['a']]\n",
        "[compile]\nextra = {}\n",
        "[compile]\nexclude-newer = true\n",
        "[compile]\nexclude-newer-package = { a = 7 }\n",
        "[index]\nname = 'a'\nurl = 'https://a.example/'\n",
        "[[index]]\nname = 'a'\n",
        "[[index]]\nname = 'a'\nurl = 'https://a.example/'\nowns = ['b']\n",
        "[[lock]]\noutput = 'a'\n",
        "[[lock]]\noutput = 'a'\nsources = []\n",
        "[docker]\nfreeze-args = 'yes'\n",
    ];
    let is_good = |text: &str| Config::parse(text, Home::PinfoldToml).1.is_empty();
    for text in good {
        assert!(is_good(text), "{text}");
    }
    for text in bad {
        assert!(!is_good(text), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    check_schema(&files(folder.path(), &good));
    let files = files(folder.path(), &bad);
    let Some(output) = validate(&files) else {
        return;
    };
    let said = said(&output);
    for (file, text) in files.iter().zip(bad) {
        assert!(said.contains(file.to_str().unwrap()), "{text}");
    }
}
