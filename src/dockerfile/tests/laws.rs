//! What holds for any file.

use proptest::prelude::*;

use super::{Mode, digest_of, edits};
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
