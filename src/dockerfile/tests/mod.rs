//! The module as a whole: the rows of `fixtures/dockerfiles/rows.txt`, BuildKit as an
//! oracle, and the laws.

mod laws;
mod oracle;
mod rows;

use super::{Dockerfile, ImageUse, Meaning, Outside, Place, Reason, Site, State, Variable};
use crate::image::{Digest, Reference};
use crate::text::{Edit, Span, apply};

/// Which digests change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pin,
    Update,
}

/// The digest of an image in these tests.
fn digest_of(reference: &Reference) -> Digest {
    let name = reference.repository().familiar();
    let tag = reference.followed_tag().unwrap_or("none");
    Digest::of(format!("{name}:{tag}").as_bytes())
}

/// The edits that pin or update what can be.
fn edits(uses: &[ImageUse], mode: Mode) -> Vec<Edit> {
    let edit = |image_use: &ImageUse| {
        let Meaning::Image(reference) = &image_use.meaning else {
            return None;
        };
        match &image_use.state {
            State::Open(site) => Some(site.edit(&digest_of(reference))),
            State::Pinned(Ok(site)) if mode == Mode::Update => {
                Some(site.edit(&digest_of(reference)))
            }
            _ => None,
        }
    };
    uses.iter().filter_map(edit).collect()
}

fn changed(source: &[u8], mode: Mode) -> Vec<u8> {
    let uses = Dockerfile::parse(source).uses(&Outside::default());
    apply(source, &edits(&uses, mode)).unwrap()
}

/// What is said about a file, beside its edits.
fn findings(source: &[u8]) -> Vec<String> {
    let file = Dockerfile::parse(source);
    let problems = file.problems().iter().map(|problem| {
        let help = problem.help.as_deref().unwrap_or_default();
        format!("{} ({help})", problem.message)
    });
    let uses = file.uses(&Outside::default());
    let reasons = uses.iter().filter_map(|image_use| match &image_use.state {
        State::Left { reason, .. } | State::Pinned(Err(reason)) => Some(reason.to_string()),
        State::Nothing | State::Open(_) | State::Pinned(Ok(_)) => None,
    });
    problems.chain(reasons).collect()
}

fn uses(source: &str, contexts: &[&str]) -> Vec<ImageUse> {
    let contexts = contexts.iter().map(|&name| name.to_owned()).collect();
    Dockerfile::parse(source.as_bytes()).uses(&Outside { contexts })
}

#[test]
fn a_context_comes_before_an_image_of_its_name() {
    let source = "FROM python:latest\nFROM alpine:3.20\nCOPY --from=docker.io/acme/data a b\n";
    let names = ["docker.io/library/python", "acme/data", "alpine"];
    let meanings: Vec<_> = uses(source, &names)
        .into_iter()
        .map(|image_use| (image_use.meaning, image_use.state == State::Nothing))
        .collect();
    assert_eq!(
        meanings,
        [
            (Meaning::Context("python".to_owned()), true),
            (
                Meaning::Image(Reference::parse("alpine:3.20").unwrap()),
                false
            ),
            (Meaning::Context("acme/data".to_owned()), true),
        ]
    );
}

/// Returns the tags that can be changed along with their digests; `-` for the others.
fn tags(source: &str) -> Vec<String> {
    let source = source.replace("OLD", Digest::of(b"old").as_str());
    let found = uses(&source, &[]).into_iter().map(|found| {
        let tag = found.state.site().and_then(|site| site.tag);
        tag.map_or("-".to_owned(), |tag| source[tag.range()].to_owned())
    });
    found.collect()
}

#[test]
fn a_tag_can_be_changed_where_it_stands_in_one_piece_beside_its_digest() {
    let check = |source: &str, expected: &[&str]| assert_eq!(tags(source), expected, "{source}");
    check("FROM a:1.2@OLD", &["1.2"]);
    check("FROM a:1.2", &["1.2"]);
    check("FROM h:5000/a:1.2-x@OLD AS b", &["1.2-x"]);
    check("FROM \"a:1.2@OLD\"", &["1.2"]);
    check("# syntax=a/b:1.2@OLD\nFROM c:3", &["1.2", "3"]);
    check("FROM a\nCOPY --from=b:1.2@OLD c d", &["-", "1.2"]);
    check("ARG V=1.2@OLD\nFROM a:${V}", &["1.2"]);
    check("ARG V=1.2\nFROM a:$V", &["1.2"]);
    check("ARG I=h/a:1.2@OLD\nFROM $I", &["1.2"]);
    check("FROM a:${V:-1.2@OLD}", &["1.2"]);
    check("FROM ${I:-a:1.2@OLD}", &["1.2"]);
    check("ARG R=h/\nFROM ${R}a:1.2@OLD", &["1.2"]);
    check("ARG I=a\nFROM $I:1.2@OLD", &["1.2"]);
    check("FROM a@OLD\nFROM a", &["-", "-"]);
    check("ARG V=1.2\nFROM a:$V@OLD", &["-"]);
    check("ARG V=1.2\nFROM a:$V-x@OLD", &["-"]);
    check("ARG D=OLD\nFROM a:1.2@$D", &["-"]);
    check("ARG V=2@OLD\nFROM a:1.$V", &["-"]);
    check("ARG V=\nFROM a:1.2$V@OLD", &["-"]);
    check("ARG V=\nFROM a:${V}1.2@OLD", &["-"]);
    check("FROM a:1\\\n.2@OLD", &["-"]);
    check("FROM a:1'.2'@OLD", &["-"]);
}

#[test]
fn says_where_each_use_stands() {
    let source = "# syntax=a\nFROM --platform=linux/$X \"b:1\" AS B\nCOPY --link --from='c:1' d e\n\
                  RUN --mount=from=f true\nONBUILD COPY --from=g:1 h i\n\
                  ONBUILD RUN --mount=from=j:1 k\n";
    let found: Vec<_> = uses(source, &[])
        .into_iter()
        .map(|found| (found.place, source[found.span.range()].to_owned()))
        .collect();
    let from = Place::From {
        stage_index: 0,
        name: Some("b".to_owned()),
    };
    let expected = [
        (Place::Syntax, "a"),
        (from, "\"b:1\""),
        (Place::CopyFrom, "c:1"),
        (Place::MountFrom, "f"),
        (Place::OnbuildCopyFrom, "g:1"),
        (Place::OnbuildMountFrom, "j:1"),
    ];
    assert_eq!(
        found,
        expected.map(|(place, text)| (place, text.to_owned()))
    );
}

#[test]
fn explains_variables() {
    use super::VariableSource::{Arg, Builder, Expression, Inline, Nothing};
    let source = "ARG A='x'\nFROM $A${B:-y$C}${D:+z}${TARGETOS}\n";
    let found = uses(source, &[]).remove(0);
    let variable = |name: &str, value: &str, source| Variable {
        name: name.to_owned(),
        value: value.to_owned(),
        source,
    };
    assert_eq!(
        found.variables,
        [
            variable("A", "x", Arg(Span::new(6, 9))),
            variable("B", "y", Inline(Span::new(22, 25))),
            variable("C", "", Nothing),
            variable("D", "", Expression),
            variable("TARGETOS", "", Builder),
        ]
    );
    assert_eq!(found.value, "xy${TARGETOS}");
    assert_eq!(found.written, "$A${B:-y$C}${D:+z}${TARGETOS}");
}

#[test]
fn the_platform_is_known_where_its_variables_are() {
    let source = "ARG A=arm64\nFROM --platform=linux/$A x\nFROM --platform=$TARGETPLATFORM x\n\
                  FROM --platform=linux/$B x\nFROM x\n";
    let uses = uses(source, &[]);
    let platforms: Vec<_> = uses
        .iter()
        .map(|image_use| image_use.platform.as_deref())
        .collect();
    assert_eq!(
        platforms,
        [
            Some("linux/arm64"),
            Some("$TARGETPLATFORM"),
            Some("$B"),
            None
        ]
    );
}

#[test]
fn the_builder_may_choose_among_stages() {
    let source = "FROM x AS b-amd64\nFROM y AS b-arm64\nFROM b-$TARGETARCH\nFROM c-$TARGETARCH\n";
    let found = uses(source, &[]);
    assert_eq!(found[2].meaning, Meaning::Stages(vec![0, 1]));
    assert_eq!(found[2].state, State::Nothing);
    let State::Left { reason, .. } = &found[3].state else {
        panic!("{found:?}");
    };
    assert_eq!(*reason, Reason::PerPlatform("TARGETARCH".to_owned()));
}

#[track_caller]
fn check_frozen(source: &str, expected: &str) {
    let found = uses(source, &[]).pop().unwrap();
    let State::Left {
        frozen: Some(frozen),
        ..
    } = &found.state
    else {
        panic!("{found:?}");
    };
    let digest = Digest::of(b"");
    let new = apply(source.as_bytes(), &[frozen.edit(&digest)]).unwrap();
    let new = String::from_utf8(new).unwrap();
    assert_eq!(new.replace(digest.as_str(), "DIGEST"), expected);
    let again = uses(&new, &[]).pop().unwrap();
    assert!(matches!(again.state, State::Pinned(_)), "{again:?}");
}

#[test]
fn the_word_can_be_frozen_at_its_end() {
    check_frozen(
        "ARG V=1\nFROM a:$V-x AS b\n",
        "ARG V=1\nFROM a:$V-x@DIGEST AS b\n",
    );
    check_frozen(
        "ARG V=1\nFROM \"a:$V-x\" AS b\n",
        "ARG V=1\nFROM \"a:$V-x@DIGEST\" AS b\n",
    );
    check_frozen("ARG V=1\nFROM a$V-x", "ARG V=1\nFROM a$V-x:latest@DIGEST");
    check_frozen("ARG V=v1\nFROM a:${V#v}", "ARG V=v1\nFROM a:${V#v}@DIGEST");
    check_frozen(
        "ARG V=1\nFROM a:$V\\\n-x \\\n",
        "ARG V=1\nFROM a:$V\\\n-x@DIGEST \\\n",
    );
}

#[test]
fn what_must_come_from_outside_cannot_be_frozen() {
    for source in ["FROM a:$V", "FROM a$V:1", "FROM a:1-$TARGETARCH", "FROM A"] {
        let found = uses(source, &[]).remove(0);
        assert!(
            matches!(found.state, State::Left { frozen: None, .. }),
            "{found:?}"
        );
    }
}

#[test]
fn two_edits_of_one_default_are_one() {
    let source = "ARG V=1\nFROM a:$V\nFROM a:$V\n";
    let sites: Vec<Site> = uses(source, &[])
        .iter()
        .filter_map(|image_use| image_use.state.site().cloned())
        .collect();
    assert_eq!(sites.len(), 2);
    assert_eq!(sites[0], sites[1]);
}

#[test]
fn a_line_may_be_long_but_not_longer() {
    let source = |length: usize| format!("FROM a:1\nRUN {}\n", "x".repeat(length - 4));
    assert_eq!(findings(source(65_535).as_bytes()), [""; 0]);
    assert_eq!(
        findings(source(65_536).as_bytes()),
        ["the line is longer than 65535 bytes ()"]
    );
}

#[test]
fn no_digest_makes_a_line_too_long() {
    let source = |length: usize| format!("FROM a:1\nRUN --mount=from=b {}\n", "x".repeat(length));
    assert_eq!(findings(source(65_300).as_bytes()), [""; 0]);
    let long = source(65_500);
    let reason = "the line would be longer than 65535 bytes";
    assert_eq!(findings(long.as_bytes()), [reason]);
    let many = format!("FROM a:1\nRUN {}x\n", "--mount=from=b ".repeat(1_000));
    assert_eq!(findings(many.as_bytes()), [reason; 1_000]);
}

#[test]
fn hostile_files_are_read_within_bounds() {
    let doubling: String = (0..40).map(|_| "ARG A=$A$A\n").collect();
    let numbered = |count: usize, text: fn(usize) -> String| {
        let texts: Vec<String> = (0..count).map(text).collect();
        texts.concat()
    };
    let chosen = numbered(4000, |n| format!("FROM a AS s{n}\nFROM s$TARGETOS\n"));
    let long = "b".repeat(120);
    let names: String = (0..128)
        .map(|n| ["FROM a AS ", &long, &n.to_string(), "\n"].concat())
        .collect();
    let shared = numbered(10_000, |n| format!("FROM a{n}:$V\n"));
    for source in [
        "${A:-".repeat(200_000),
        format!("FROM {}", "${A:-".repeat(200_000)),
        format!("FROM {}", "$A".repeat(500_000)),
        format!("RUN <<{}", "\"${A:-'".repeat(150_000)),
        format!("ARG A=ab\n{doubling}FROM $A\n"),
        format!(
            "ARG A={}\n{}",
            "x".repeat(60_000),
            "FROM $A\n".repeat(20_000)
        ),
        format!(
            "ARG A={}\n{}",
            "x".repeat(60_000),
            "FROM ${A//*y/z}\n".repeat(20_000)
        ),
        format!(
            "ARG A={}\n{}",
            "x".repeat(200),
            "FROM ${A//*y/z}\n".repeat(20_000)
        ),
        chosen,
        names + &"FROM $TARGETOS-$TARGETOS\n".repeat(20_000),
        format!("ARG V=1\n{shared}"),
        "\\\n".repeat(500_000),
        "FROM a AS a\nCOPY --from=b a b\n".repeat(30_000),
        "<<A ".repeat(250_000),
        "RUN <<A <<B\n".repeat(80_000),
        "\"\\".repeat(500_000),
        "# pinfold: ignore\nFROM a\n".repeat(40_000),
    ] {
        let file = Dockerfile::parse(source.as_bytes());
        assert!(file.problems().len() <= 100);
        assert!(file.print() == source.as_bytes());
        file.uses(&Outside::default());
    }
}
