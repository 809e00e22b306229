//! What holds for any file.

use proptest::prelude::*;

use super::{Mode, digest_of, edits};
use crate::dockerfile::scope::Found;
use crate::dockerfile::{Dockerfile, Meaning, Outside, State};
use crate::text::apply;

/// Pieces of which hostile Dockerfiles are made.
const TOKENS: &[&[u8]] = &[
    b"FROM ",
    b"from\t",
    b"ARG ",
    b"COPY --from=",
    b"RUN --mount=type=bind,from=",
    b"RUN --mount=",
    b"ONBUILD ",
    b"ADD ",
    b"RUN ",
    b"--platform=",
    b"--",
    b" AS ",
    b" ",
    b"\t",
    b"\n",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\\",
    b"\\\n",
    b"`\n",
    b"`",
    b"\"",
    b"'",
    b"$",
    b"${",
    b"}",
    b":-",
    b":+",
    b"#",
    b"%",
    b"/",
    b":",
    b"@",
    b"=",
    b",",
    b"<<EOF",
    b"<<-\"EOF\"",
    b"EOF\n",
    b"[",
    b"]",
    b"# escape=`\n",
    b"# syntax=a:1\n",
    b"# pinfold: ignore\n",
    b"# x\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc2\xa0",
    b"a",
    b"b",
    b"A",
    b"B",
    b"python:3.9",
    b"scratch",
    b"$A",
    b"${A}",
    b"${A:-b}",
    b"${B:+:1}",
    b"$TARGETARCH",
    b"A=3.9",
    b"A=",
    b"B=python:$A",
    b"@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    b"0",
];

/// Lines that are often right.
fn line() -> impl Strategy<Value = String> {
    let name = "[ab]{1,2}";
    let word = prop_oneof![
        "[ab](/[ab])?(:[12])?",
        "\\$\\{?[AB]\\}?",
        "[ab]:\\$[AB]",
        "[ab]:\\$\\{[AB](:?[-+#%?/]|//)[12ab]?\\}",
        "\\$\\{[AB]:-[ab]:\\$[AB]\\}",
        "\"[ab]:1\"",
        "[ab]\\$[AB]:[12]",
        "[ab]:1\\\\\n-x",
        Just("scratch".to_owned()),
    ];
    prop_oneof![
        word.clone().prop_map(|word| format!("FROM {word}")),
        (word.clone(), name).prop_map(|(word, name)| format!("FROM {word} AS {name}")),
        ("[AB]", word.clone()).prop_map(|(name, word)| format!("ARG {name}={word}")),
        "ARG [AB](=[12])?",
        word.clone()
            .prop_map(|word| format!("COPY --from={word} a b")),
        word.prop_map(|word| format!("RUN --mount=type=bind,from={word},target=/a b")),
        "ONBUILD COPY --from=[ab](:1)? a b",
        "RUN <<E\na\nE",
        Just("# pinfold: ignore".to_owned()),
        Just(String::new()),
    ]
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let newline = prop_oneof![Just("\n"), Just("\r\n")];
    (proptest::collection::vec(line(), 0..8), newline)
        .prop_map(|(lines, newline)| lines.join(newline).into_bytes())
}

fn tokens() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::sample::select(TOKENS), 0..24)
        .prop_map(|tokens| tokens.concat())
}

/// Checks all laws of one file.
fn check(source: &[u8]) {
    let file = Dockerfile::parse(source);
    assert_eq!(file.print(), source, "print, then parse");
    for problem in file.problems() {
        assert!(problem.span.end <= source.len());
    }
    let uses = file.uses(&Outside::default());
    for image_use in &uses {
        assert!(image_use.span.end <= source.len());
    }
    assert!(uses.is_sorted_by_key(|image_use| image_use.span.start));
    for mode in [Mode::Pin, Mode::Update] {
        let edits = edits(&uses, mode);
        let changed = apply(source, &edits).expect("edits do not meet");
        let again = Dockerfile::parse(&changed).uses(&Outside::default());
        assert_eq!(again.len(), uses.len(), "no place comes or goes");
        for (before, after) in uses.iter().zip(&again) {
            let is_changed = match &before.state {
                State::Open(_) => true,
                State::Pinned(Ok(_)) => mode == Mode::Update,
                _ => false,
            };
            match (&before.meaning, &after.meaning) {
                (Meaning::Image(old), Meaning::Image(new)) if is_changed => {
                    assert_eq!(old.repository(), new.repository());
                    assert_eq!(old.followed_tag(), new.followed_tag());
                    assert_eq!(new.digest(), Some(&digest_of(old)));
                    assert!(matches!(after.state, State::Pinned(Ok(_))), "{after:?}");
                }
                (old, new) => assert_eq!(old, new),
            }
        }
        let second = super::edits(&again, mode);
        let unchanged = apply(&changed, &second).expect("edits do not meet");
        assert_eq!(unchanged, changed, "a second time changes nothing");
    }
    check_frozen(source);
}

/// Checks that what is frozen is pinned then, and the same image.
fn check_frozen(source: &[u8]) {
    let uses = Dockerfile::parse(source).uses(&Outside::default());
    for (index, image_use) in uses.iter().enumerate() {
        let (
            State::Left {
                frozen: Some(site), ..
            },
            Meaning::Image(old),
        ) = (&image_use.state, &image_use.meaning)
        else {
            continue;
        };
        let frozen = apply(source, &[site.edit(&digest_of(old))]).unwrap();
        let after = Dockerfile::parse(&frozen).uses(&Outside::default());
        let Meaning::Image(new) = &after[index].meaning else {
            panic!("{:?}", after[index]);
        };
        assert_eq!(new.digest(), Some(&digest_of(old)));
        assert_eq!(new.repository(), old.repository());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn laws_hold_for_any_bytes(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&source);
    }

    #[test]
    fn laws_hold_for_tricky_tokens(source in tokens()) {
        check(&source);
    }

    #[test]
    fn laws_hold_for_plain_lines(source in lines()) {
        check(&source);
    }
}

/// Files of defaults, references and names that stages declare again, a line each.
fn arguments() -> impl Strategy<Value = String> {
    let piece = || {
        proptest::sample::select(vec![
            "1", "1", "$A", "$A", "${B}", "${B}", "$C", "-x", "\"2\"", "${A:-1}", "${C:-$A}",
            "${B:+-x}", "${A#1}", "${C:?e}",
        ])
    };
    let head = || {
        proptest::sample::select(vec![
            "a:",
            "a:",
            "b:",
            "${A}a:",
            "${B}/a:",
            "${C:+$C/}a:",
            "a",
            "",
            "s",
        ])
    };
    let word = move || {
        (head(), proptest::collection::vec(piece(), 0..3))
            .prop_map(|(head, pieces)| format!("{head}{}", pieces.concat()))
    };
    let value = proptest::collection::vec(piece(), 1..3).prop_map(|pieces| pieces.concat());
    let name = || proptest::sample::select(vec!["A", "B", "C"]);
    let default = (
        name(),
        prop_oneof![2 => value, 1 => word(), 1 => Just(String::new())],
    )
        .prop_map(|(name, value)| format!("ARG {name}={value}\n"));
    let argument = prop_oneof![5 => default, 1 => name().prop_map(|name| format!("ARG {name}\n"))];
    let again = proptest::sample::select(vec![
        "",
        "",
        "",
        "",
        "ARG A\n",
        "ARG \"B\"\n",
        "ARG $X\n",
        "ARG A=$B\n",
        "ONBUILD ARG C\n",
    ]);
    let platform = proptest::sample::select(vec!["", "", "", "", "--platform=$A "]);
    let name = proptest::sample::select(vec!["", "", "", " AS s", " AS s1"]);
    let stage = (platform, word(), name, again)
        .prop_map(|(platform, word, name, again)| format!("FROM {platform}{word}{name}\n{again}"));
    let arguments = proptest::collection::vec(argument, 0..4);
    let stages = proptest::collection::vec(stage, 1..4);
    (arguments, stages).prop_map(|(arguments, stages)| arguments.concat() + &stages.concat())
}

/// Gives the variables of a file's head other values, as `--build-arg` does.
fn with_arguments(source: &[u8], values: &[(&str, &str)]) -> String {
    let text = std::str::from_utf8(source).unwrap();
    let head = text.lines().take_while(|line| !line.starts_with("FROM"));
    let head: usize = head.map(|line| line.len() + 1).sum();
    let lines = text[..head].lines().map(|line| {
        let is_of = |(name, _): &&(&str, &str)| {
            let rest = line["ARG ".len()..].strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        match values.iter().find(is_of) {
            Some((name, value)) => format!("ARG {name}={value}\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect::<Vec<_>>().concat() + &text[head..]
}

/// Checks that a file whose images are pinned builds what it built, whatever the values
/// of its variables are.
fn check_arguments(source: &[u8], values: &[(&str, &str)]) {
    let meanings = |text: &[u8]| -> Vec<Meaning> {
        let uses = Dockerfile::parse(text).uses(&Outside::default());
        uses.into_iter()
            .map(|image_use| image_use.meaning)
            .collect()
    };
    let uses = Dockerfile::parse(source).uses(&Outside::default());
    let pinned = apply(source, &edits(&uses, Mode::Pin)).unwrap();
    let images = meanings(source);
    let other = with_arguments(source, values);
    let before = meanings(other.as_bytes());
    let other = with_arguments(&pinned, values);
    let after = meanings(other.as_bytes());
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        match (before, after) {
            (Meaning::Image(before), Meaning::Image(after)) => {
                assert_eq!(before.repository(), after.repository(), "{other}");
                assert_eq!(before.followed_tag(), after.followed_tag(), "{other}");
                // What stands before the name is another mirror: there, a digest is
                // the same, or unknown.
                let is_right = |digest| {
                    images.iter().any(|image| match image {
                        Meaning::Image(image) => {
                            let last = image.name().rsplit('/').next().unwrap();
                            digest == &digest_of(image)
                                && before.name().ends_with(last)
                                && before.followed_tag() == image.followed_tag()
                        }
                        _ => false,
                    })
                };
                assert!(after.digest().is_none_or(is_right), "{other}");
            }
            (before, after) => assert_eq!(before, after, "{other}"),
        }
    }
    // What a stage declares again has the value it had.
    for name in ["A", "B", "C"] {
        let is_declared = ["\nARG ", "\nARG \"", "\nONBUILD ARG "]
            .into_iter()
            .any(|start| {
                let from = source.windows(5).position(|window| window == b"FROM ");
                let stages = String::from_utf8_lossy(&source[from.unwrap_or(0)..]).replace('"', "");
                stages.contains(&format!("{}{name}\n", start.replace('"', "")))
            });
        let value = |text: &[u8]| match Dockerfile::parse(text).scope.find(name) {
            Found::Arg(_, arg) => Some(arg.value.bytes()),
            Found::Builder | Found::Nothing => None,
        };
        if is_declared || source.windows(7).any(|window| window == b"\nARG $X") {
            assert_eq!(value(source), value(&pinned), "{name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn pins_are_right_whatever_variables_are(
        source in arguments(),
        a in proptest::option::of(proptest::sample::select(vec!["1", "2", "x/", "b", ""])),
        b in proptest::option::of(proptest::sample::select(vec!["1", "m", "x/y", ""])),
        c in proptest::option::of(proptest::sample::select(vec!["1", "m", "1-x", ""])),
    ) {
        check(source.as_bytes());
        let values = [("A", a), ("B", b), ("C", c)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let values: Vec<_> = values.collect();
        check_arguments(source.as_bytes(), &values);
    }
}
