//! Tests of reading requirements files: what is shown, and where.
//!
//! What a line means is compared with pip in `oracle_tests.rs`.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::requirements::decode;
use crate::text::position;

fn variable(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("s3cret".to_owned()),
        "OPTS" => Some("--pre -i https://me:s3cret@index.example/".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn parse(text: &str) -> RequirementsFile {
    RequirementsFile::parse(text, &variable)
}

/// Shows items, problems and warnings, each with its place and the text there.
fn shown(text: &str) -> String {
    let file = parse(text);
    let place = |span: Span| {
        let position = position(text, span.start);
        let text = text[span.range()].replace('\r', "␍").replace('\n', "␊");
        format!(
            "{}:{} `{text}`",
            position.line_number, position.column_number
        )
    };
    let mut lines = Vec::new();
    for item in &file.items {
        let kind = match &item.kind {
            ItemKind::Requirement(line) => format!(
                "{} {}{}",
                match &line.requirement {
                    UnresolvedRequirement::Named(requirement) => requirement.to_string(),
                    UnresolvedRequirement::Unnamed(unnamed) => unnamed.url_or_path.clone(),
                },
                line.as_written,
                line.comment
                    .as_ref()
                    .map_or(String::new(), |comment| format!(" # {comment}")),
            ),
            ItemKind::Editable(line) => format!("editable {}", line.as_written),
            kind => format!("{kind:?}"),
        };
        lines.push(format!("{} {kind}", place(item.span)));
    }
    for (label, problems) in [("error", &file.problems), ("warning", &file.warnings)] {
        for problem in problems {
            lines.push(format!(
                "{label} {}: {}",
                place(problem.span),
                problem.message
            ));
            lines.extend(problem.help.as_ref().map(|help| format!("  help: {help}")));
        }
    }
    lines.join("\n")
}

fn only_requirement(text: &str) -> RequirementLine {
    let file = parse(text);
    assert_eq!(file.problems, []);
    match file.items.into_iter().next_back().unwrap().kind {
        ItemKind::Requirement(line) => line,
        kind => panic!("{kind:?}"),
    }
}

#[test]
fn shows_each_item_where_it_was_written() {
    assert_snapshot!(shown(
        "flask [async] >= 3  # web\r\n\
         \r\n\
         d\u{e4}h \\\r\n\
         c11 \\\r\n  >= 1.0 --hash=sha256:0\r\n\
         -r sub/base.in -i https://index.example/\r\n\
         --index-url https://me:${TOKEN}@index.example/ --no-binary flask,:all:\r\n\
         -e './p q[dev]'  # local\r\n\
         p @ https://${TOKEN}@host.example/p.zip ; os_name == 'nt'\r\n"
    ), @r###"
    1:1 `flask [async] >= 3` flask[async]>= 3 flask [async] >= 3 # web
    6:1 `-r sub/base.in` Include(Written("sub/base.in"))
    7:1 `--index-url https://me:${TOKEN}@index.example/` IndexUrl(Written("https://me:****@index.example/"))
    7:48 `--no-binary flask,:all:` NoBinary([Project(PackageName("flask")), All])
    8:1 `-e './p q[dev]'` editable ./p q[dev]
    9:1 `p @ https://${TOKEN}@host.example/p.zip ; os_name == 'nt'` p @ https://s3cret@host.example/p.zip ; os_name == "nt" p @ https://${TOKEN}@host.example/p.zip ; os_name == 'nt'
    error 3:2 `äh \␍␊c11 \␍␊  >= 1.0`: expected a comparison such as `>=1.0`, found `äh c11   >= 1.0`
    error 5:17 `sha256:0`: the sha256 hash has 1 digits, not 64
      help: it may have been truncated when it was copied
    warning 6:16 `-i https://index.example/`: pip ignores `-i` on the line of an include
      help: put it on its own line
    "###);
}

#[test]
fn shows_all_problems_at_once() {
    assert_snapshot!(shown(
        "flask = 1.0\n\
         foo.txt\n\
         sub/requirements.in\n\
         --index-ulr https://index.example/\n\
         -index-url https://index.example/\n\
         -x\n\
         --no\n\
         --require-hashes=yes\n\
         -r\n\
         -c ''\n\
         flask --hash=md5:00 --hash=sha256:00 --hash=sha256:xy --hash\n\
         flask -C a\n\
         flask\t--hash=sha256:00\n\
         --index-url 'https://index.example/\n\
         --pre \\ \n\
         -e https://host.example/x.zip\n\
         -e git+https://host.example/x\n\
         -e x @ git+https://host.example/x\n\
         git+https://host.example/x#egg=x[a]&subdirectory=b\n\
         x.whl\n\
         flask ; python_version > 3\n\
         ./proj[a!] ; os_name\n\
         flask -e ./x\n\
         --only-binary -x\n\
         -e https://me:pa55@host.example/x.zip\n"
    ), @r###"
    error 1:7 `= 1.0`: expected a comparison such as `>=1.0`, found `= 1.0`
      help: write `==1.0` for exactly this version
    error 2:1 `foo.txt`: `foo.txt` looks like a requirements file
      help: write `-r foo.txt` to include the file, or `foo-txt` for a project of that name
    error 3:1 `sub/requirements.in`: `sub/requirements.in` looks like a requirements file
      help: write `-r sub/requirements.in` to include the file
    error 4:1 `--index-ulr`: unknown option `--index-ulr`
      help: did you mean `--index-url`?
    error 5:1 `-index-url`: unknown option `-index-url`
      help: did you mean `--index-url`?
    error 6:1 `-x`: unknown option `-x`
    error 7:1 `--no`: ambiguous option `--no`
      help: it can mean `--no-binary`, `--no-index`, `--no-require-hashes`
    error 8:17 `=yes`: `--require-hashes` does not take a value
    error 9:1 `-r`: `-r` needs a value
    error 10:1 `-c ''`: the value of `-c` is empty
    error 11:14 `md5:00`: pip does not accept the hash algorithm `md5`
      help: use sha256, sha384, or sha512
    error 11:28 `sha256:00`: the sha256 hash has 2 digits, not 64
      help: it may have been truncated when it was copied
    error 11:45 `sha256:xy`: the sha256 hash has an invalid character `x`
      help: use the digits 0 to 9 and a to f
    error 11:55 `--hash`: `--hash` needs a value
    error 12:10 `a`: `a` does not have the form `KEY=VALUE`
      help: write `-C KEY=VALUE`
    error 13:6 `	`: this option follows a tab
      help: pip recognizes an option only after a space
    error 14:13 `'`: unclosed quote
    error 15:7 `\`: nothing follows this backslash
      help: a backslash continues a line only as its last character
    error 16:4 `https://host.example/x.zip`: `https://host.example/x.zip` cannot be editable
      help: use the path of a project directory, or a repository: `git+https://…`
    error 17:4 `git+https://host.example/x`: the project name of `git+https://host.example/x` is unknown
      help: put the name before it: `-e "name @ git+https://host.example/x"`
    error 18:6 `@`: a name with a URL must be a single value
      help: quote them: `-e "name @ git+https://…"`
    error 19:32 `x[a]`: `x[a]` is not a project name
      help: write `x[a] @ git+https://host.example/x#subdirectory=b`
    error 20:1 `x.whl`: `x.whl` is not a wheel file name
      help: wheels are named `name-version-python-abi-platform.whl`: `flask-3.1.2-py3-none-any.whl`
    error 21:26 `3`: `3` is not a marker variable
      help: quote strings: `"3"`
    error 22:9 `!`: expected `,` or `]` after an extra, found `!`
    error 23:7 `-e ./x`: `-e` is on the line of a requirement
      help: put it on its own line
    error 24:15 `-x`: `--only-binary` needs a value
      help: write project names separated by commas, `:all:`, or `:none:`
    error 25:4 `https://me:pa55@host.example/x.zip`: `https://me:****@host.example/x.zip` cannot be editable
      help: use the path of a project directory, or a repository: `git+https://…`
    "###);
}

#[test]
fn warns_of_what_pip_ignores() {
    assert_snapshot!(shown(
        "--no-index flask\n\
         flask -i https://index.example/ --pre\n\
         -r a.txt -c b.txt --pre\n\
         -f a -f b\n\
         --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n\
         --extra-index-url https://a.example/\n\
         -i https://b.example/\n\
         flask --global-option x\n\
         --no-binary !\n"
    ), @r###"
    1:1 `--no-index` NoIndex
    2:1 `flask` flask flask
    3:1 `-r a.txt` Include(Written("a.txt"))
    4:1 `-f a` FindLinks(Written("a"))
    6:1 `--extra-index-url https://a.example/` ExtraIndexUrl(Written("https://a.example/"))
    7:1 `-i https://b.example/` IndexUrl(Written("https://b.example/"))
    8:1 `flask` flask flask
    9:1 `--no-binary !` NoBinary([])
    warning 1:12 `flask`: pip ignores this
      help: put the requirement first, or on its own line
    warning 2:7 `-i https://index.example/`: pip ignores `-i` on the line of a requirement
      help: put it on its own line
    warning 2:33 `--pre`: pip ignores `--pre` on the line of a requirement
      help: put it on its own line
    warning 3:10 `-c b.txt`: pip ignores `-c` on the line of an include
      help: put it on its own line
    warning 3:19 `--pre`: pip ignores `--pre` on the line of an include
      help: put it on its own line
    warning 4:6 `-f b`: pip uses only the first `--find-links` on a line
      help: put it on its own line
    warning 5:1 `--hash=sha256:0000000000000000000000000000000000000000000000000000000000000000`: `--hash` does not belong to a requirement
      help: end the previous line with ` \`
    warning 6:1 `--extra-index-url https://a.example/`: pip drops this index at the `--index-url` below it
      help: put `--index-url` first
    warning 8:7 `--global-option x`: pip 25.3 and newer refuse `--global-option`
    warning 9:13 `!`: `!` is not a valid project name
    "###);
}

#[test]
fn keeps_secrets_out_of_what_is_written() {
    let file = parse(
        "-i https://me:${TOKEN}@index.example/\n\
         --extra-index-url='https://me:${TOKEN}@extra.example/'\n\
         --find-links \"${TOKEN}\"\n\
         -r${TOKEN}.txt\n\
         -e git+https://${TOKEN}@host.example/p#egg=p\n\
         p @ https://${TOKEN}@host.example/\\\n${TOKEN}.zip\n",
    );
    let written: Vec<(&str, &str)> = file
        .items
        .iter()
        .map(|item| match &item.kind {
            ItemKind::IndexUrl(written)
            | ItemKind::ExtraIndexUrl(written)
            | ItemKind::FindLinks(written)
            | ItemKind::Include(written) => (&*written.as_written, &*written.value),
            ItemKind::Editable(line) => (&*line.as_written, ""),
            ItemKind::Requirement(line) => (&*line.as_written, ""),
            kind => panic!("{kind:?}"),
        })
        .collect();
    assert_eq!(
        written,
        [
            (
                "https://me:${TOKEN}@index.example/",
                "https://me:s3cret@index.example/"
            ),
            (
                "https://me:${TOKEN}@extra.example/",
                "https://me:s3cret@extra.example/"
            ),
            ("${TOKEN}", "s3cret"),
            ("${TOKEN}.txt", "s3cret.txt"),
            ("git+https://${TOKEN}@host.example/p#egg=p", ""),
            ("p @ https://${TOKEN}@host.example/${TOKEN}.zip", ""),
        ]
    );
}

#[test]
fn gives_the_location_as_it_may_be_written() {
    for (text, location) in [
        (
            "p[a] @ https://${TOKEN}@h.example/p.zip;os_name=='nt'",
            "https://${TOKEN}@h.example/p.zip",
        ),
        (
            "p@https://h.example/p.zip ; os_name=='nt'",
            "https://h.example/p.zip",
        ),
        (
            "git+https://${TOKEN}@h.example/p#egg=p ; os_name=='nt'",
            "git+https://${TOKEN}@h.example/p#egg=p",
        ),
        ("./p [a,b]; os_name=='nt'", "./p"),
        ("./p", "./p"),
    ] {
        assert_eq!(only_requirement(text).location_as_written(), Some(location));
    }
    assert_eq!(only_requirement("flask>=1").location_as_written(), None);
    let file = parse("-e ./${TOKEN}[a]\n");
    let ItemKind::Editable(line) = &file.items[0].kind else {
        panic!("{file:?}")
    };
    assert_eq!(line.location_as_written(), Some("./${TOKEN}"));
}

#[test]
fn points_at_a_reference_that_holds_the_problem() {
    assert_snapshot!(shown("--bad ${OPTS} # x\nflask ${TOKEN}\n"), @r###"
    error 1:1 `--bad`: unknown option `--bad`
      help: pip does not support this option in a requirements file
    error 2:7 `${TOKEN}`: expected a comparison such as `>=1.0`, found `${TOKEN}`
    "###);
}

#[test]
fn a_pip_comment_declares_the_encoding() {
    let text = decode(b"# -*- coding: latin-1 -*-\nflask  # caf\xe9\n").unwrap();
    let line = only_requirement(&text);
    assert_eq!(line.comment.as_deref(), Some("café"));
}

#[test]
fn keeps_hashes_and_settings_in_their_order() {
    let hash = "Ab".repeat(32);
    let line = only_requirement(&format!(
        "flask===3 \\\n  --hash=sha256:{hash} \\\n  --hash sha512:{} -C a=b=c --config-settings 'd= e'\n",
        "0".repeat(128)
    ));
    assert_eq!(
        line.hashes,
        [
            format!("sha256:{}", hash.to_lowercase()),
            format!("sha512:{}", "0".repeat(128))
        ]
    );
    let settings =
        [("a", "b=c"), ("d", " e")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(line.config_settings, settings);
    assert_eq!(line.as_written, "flask===3");
}

#[test]
fn takes_a_name_from_a_wheel() {
    for text in [
        "./dist/My_Proj-1.0-py3-none-any.whl",
        "https://host.example/My_Proj-1.0%2Bcpu-1-py3-none-any.whl#sha256=00",
        "git+https://host.example/x.whl#egg=my.proj",
    ] {
        let name = only_requirement(text)
            .requirement
            .name()
            .map(ToString::to_string);
        assert_eq!(name.as_deref(), Some("my-proj"), "{text}");
    }
}

#[test]
fn a_semicolon_needs_a_space_in_a_bare_url_only() {
    let line = only_requirement("https://host.example/a;b.zip ; os_name == 'nt'");
    assert_eq!(
        line.requirement.marker().unwrap().as_written(),
        "os_name == 'nt'"
    );
    let line = only_requirement("a @ https://host.example/a.zip;os_name == 'nt'");
    assert_eq!(
        line.requirement.marker().unwrap().as_written(),
        "os_name == 'nt'"
    );
}

#[test]
fn knows_what_cannot_be_a_constraint() {
    let file = parse(
        "flask[a]\n-e ./x\nhttps://host.example/a.zip\nflask<3 ; os_name == 'nt'\na @ https://host.example/a.zip\n--pre\n",
    );
    let messages: Vec<String> = file
        .constraint_problems()
        .into_iter()
        .map(|problem| problem.message)
        .collect();
    assert_eq!(
        messages,
        [
            "an editable requirement cannot be a constraint",
            "a constraint needs a name",
        ]
    );
    let warnings = file.constraint_warnings();
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].message, "extras have no effect in a constraint");
    assert_eq!(warnings[0].span.range(), 0..8);
}

/// Text that is likely to reach every part of the parser.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => prop::sample::select(vec![
            "flask", "a>=1", "[x]", " ; os_name == 'nt'", "-e", "-r", " -i", "--hash=sha256:", "--no-binary", " @ ", "git+https://h/p",
            "#egg=", "&egg=", "./p", ".whl", ".zip", "${TOKEN}", "${OPTS}", "${EMPTY}", "${X", "=", ":", ",", "'", "\"", "\\",
            "\\\n", "\n", "\r\n", " ", "\t", " #", "#", "-", "--", "[", "]", "%2", "\u{e4}", "\u{2028}", "\u{85}", "\u{a0}", "@", ";",
        ]).prop_map(str::to_owned),
        1 => "\\PC",
    ];
    prop::collection::vec(part, 0..25).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn reads_any_text_and_points_into_it(text in any_text()) {
        let file = parse(&text);
        let mut constraints = file.constraint_problems();
        constraints.extend(file.constraint_warnings());
        let spans = file.items.iter().map(|item| item.span)
            .chain(file.problems.iter().chain(&file.warnings).map(|problem| problem.span))
            .chain(constraints.iter().map(|problem| problem.span));
        for span in spans.collect::<Vec<_>>() {
            prop_assert!(text.get(span.range()).is_some(), "{span:?} {file:?}");
        }
    }

    #[test]
    fn reads_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(text) = decode(&bytes) {
            parse(&text);
        }
    }

    #[test]
    fn a_broken_line_hides_no_other(text in any_text()) {
        let alone = parse(&format!("{text}\n\n")).items.len();
        let file = parse(&format!("{text}\n\nlast\n"));
        prop_assert_eq!(file.items.len(), alone + 1);
        let file = parse(&format!("first\n{text}"));
        prop_assert!(!file.items.is_empty());
    }

    #[test]
    fn line_endings_change_no_meaning(text in any_text()) {
        let unix = text.replace("\r\n", "\n").replace('\r', "");
        let kinds = |text: &str| parse(text).items.into_iter().map(|item| item.kind).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&unix), kinds(&unix.replace('\n', "\r\n")));
    }
}
