//! Tables of compose files before and after, and the laws that hold for all.
//!
//! A table in `fixtures/compose/` has cases: a title, a file, what comes out of it
//! (nothing if it stays), a line for each use, a line for each problem. `«BOM»`, `␍`
//! and `⇥` stand for what cannot be seen, `¶` for a missing end of the last line, `OLD`
//! and `D(x)` for digests.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::ComposeFile;
use super::scalar;
use super::tree::{Kind, Style, Tree};
use crate::dockerfile::{Carrier, ImageUse, Meaning, Outside, Place, State};
use crate::image::{Digest, Reference};
use crate::text::{Edit, Span, apply, position};

const TITLE: &str = "=== ";
const BECOMES: &str = "--- becomes\n";
const USES: &str = "--- uses\n";
const PROBLEMS: &str = "--- problems\n";

#[test]
fn images_of_services() {
    check(
        "images.txt",
        include_str!("../../fixtures/compose/images.txt"),
    );
}

#[test]
fn variables_that_compose_replaces() {
    check(
        "variables.txt",
        include_str!("../../fixtures/compose/variables.txt"),
    );
}

#[test]
fn dockerfiles_in_scalars() {
    check(
        "dockerfiles.txt",
        include_str!("../../fixtures/compose/dockerfiles.txt"),
    );
}

/// Checks that each case of a table comes out as the table says.
#[track_caller]
fn check(name: &str, table: &str) {
    let mut actual = String::new();
    for case in table.split(TITLE).skip(1) {
        let (title, rest) = case.split_once('\n').unwrap();
        let ends = [BECOMES, USES, PROBLEMS]
            .iter()
            .filter_map(|mark| rest.find(mark));
        let input = &rest[..ends.min().unwrap_or(rest.len())];
        let _ = write!(actual, "{TITLE}{title}\n{input}{}", outcome(input));
    }
    assert!(actual == table, "{name} should be:\n{actual}");
}

fn outcome(input: &str) -> String {
    let source = seen(input);
    let file = ComposeFile::parse(source.as_bytes());
    let uses = file.uses(&Outside::default());
    let pinned = pin(source.as_bytes(), &uses);
    let mut outcome = String::new();
    let text = shown(&String::from_utf8(pinned).unwrap(), &uses);
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "¶\n"
    };
    let text = text + end;
    if text != input {
        outcome += BECOMES;
        outcome += &text;
    }
    let at = |offset| {
        let position = position(&source, offset);
        format!("{}:{}", position.line_number, position.column_number)
    };
    if !uses.is_empty() {
        outcome += USES;
    }
    for image in &uses {
        outcome += &shown(
            &format!("{} {}", at(image.span.start), describe(image)),
            &uses,
        );
        outcome += "\n";
    }
    if !file.problems().is_empty() {
        outcome += PROBLEMS;
    }
    for problem in file.problems() {
        let at = at(problem.span.start);
        let _ = writeln!(outcome, "{at} {}", problem.message);
    }
    outcome
}

fn describe(image: &ImageUse) -> String {
    let place = place(&image.place);
    let value = if image.value == image.written {
        image.value.clone()
    } else {
        format!("{} = {}", image.written, image.value)
    };
    let platform = image
        .platform
        .as_ref()
        .map(|platform| format!(" for {platform}"));
    let carrier = |carrier: &Carrier| match carrier {
        Carrier::Word => String::new(),
        Carrier::Arg(name) => format!(" in ARG {name}"),
        Carrier::Inline(name) => format!(" in the default of {name}"),
    };
    let state = match &image.state {
        State::Nothing => format!("nothing to do: {:?}", image.meaning),
        State::Open(site) => format!("open{}", carrier(&site.carrier)),
        State::Pinned(Ok(site)) => format!("pinned{}", carrier(&site.carrier)),
        State::Pinned(Err(reason)) => format!("pinned for good: {reason}"),
        State::Left {
            reason,
            frozen: None,
        } => format!("left: {reason}"),
        State::Left { reason, .. } => format!("left, could be frozen: {reason}"),
    };
    let line = format!("{place}: {value}{}: {state}", platform.unwrap_or_default());
    line.replace('\n', "⏎")
}

fn place(place: &Place) -> String {
    match place {
        Place::ComposeImage { service } => service.clone(),
        Place::ComposeContext { service, context } => format!("{service}, context {context}"),
        Place::Inline {
            service,
            place: inner,
        } => format!("{service}, {}", self::place(inner)),
        Place::From { .. } => "FROM".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Makes the edits that give each open place its digest.
fn pin(source: &[u8], uses: &[ImageUse]) -> Vec<u8> {
    apply(source, &edits(uses)).unwrap()
}

fn edits(uses: &[ImageUse]) -> Vec<Edit> {
    let edits = uses
        .iter()
        .filter_map(|image| match (&image.state, &image.meaning) {
            (State::Open(site), Meaning::Image(reference)) => Some(site.edit(&digest(reference).1)),
            _ => None,
        });
    edits.collect()
}

/// Returns what is asked of a registry, and its answer.
fn digest(reference: &Reference) -> (String, Digest) {
    let repository = reference.repository().familiar().into_owned();
    let name = format!("{repository}:{}", reference.followed_tag().unwrap());
    let digest = Digest::of(name.as_bytes());
    (name, digest)
}

/// Returns the digest that is written `OLD`.
fn old() -> Digest {
    Digest::of(b"old")
}

/// Returns a text with what cannot be seen in it.
fn seen(text: &str) -> String {
    text.replace("¶\n", "")
        .replace("␍\n", "\r\n")
        .replace("«BOM»", "\u{feff}")
        .replace('⇥', "\t")
        .replace("OLD", old().as_str())
}

/// Returns a text with signs for what cannot be seen.
fn shown(text: &str, uses: &[ImageUse]) -> String {
    let mut text = text
        .replace("\r\n", "␍\n")
        .replace('\u{feff}', "«BOM»")
        .replace('\t', "⇥")
        .replace(old().as_str(), "OLD");
    for image in uses {
        if let (State::Open(_), Meaning::Image(reference)) = (&image.state, &image.meaning) {
            let (name, digest) = digest(reference);
            text = text.replace(digest.as_str(), &format!("D({name})"));
        }
    }
    text
}

/// Returns the tag of the only image that can be changed along with its digest.
fn tag(source: &str) -> Option<String> {
    let source = source.replace("OLD", old().as_str());
    let uses = ComposeFile::parse(source.as_bytes()).uses(&Outside::default());
    let [found] = uses.as_slice() else {
        panic!("{uses:?}");
    };
    let tag = found.state.site()?.tag?;
    Some(source[tag.range()].to_owned())
}

#[test]
fn a_tag_can_be_changed_where_it_stands_in_one_piece_beside_its_digest() {
    let check = |image: &str, expected: Option<&str>| {
        let source = format!("services:\n  a:\n    image: {image}\n");
        assert_eq!(tag(&source).as_deref(), expected, "{image}");
        let name = image.trim_matches(['"', '\'']);
        for line in [format!("FROM {name}"), format!("COPY --from={name} b c")] {
            let rest = if line.starts_with("COPY") {
                "FROM scratch AS d\n        "
            } else {
                ""
            };
            let source = format!(
                "services:\n  a:\n    build:\n      dockerfile_inline: |\n        {rest}{line}\n"
            );
            let source = source.replace("OLD", old().as_str());
            let uses = ComposeFile::parse(source.as_bytes()).uses(&Outside::default());
            let site = uses.last().unwrap().state.site();
            let tag = site.and_then(|site| site.tag);
            let tag = tag.map(|tag| &source[tag.range()]);
            assert_eq!(tag, expected, "{source}");
        }
    };
    check("a:1.2@OLD", Some("1.2"));
    check("\"h:5000/a:1.2-x@OLD\"", Some("1.2-x"));
    check("'a:1.2'", Some("1.2"));
    check("a:${V:-1.2@OLD}", Some("1.2"));
    check("${I:-a:1.2@OLD}", Some("1.2"));
    check("${I:-a:${V:-1.2@OLD}}", Some("1.2"));
    check("${R:-h/}a:1.2@OLD", Some("1.2"));
    check("a@OLD", None);
    check("a", None);
    check("a:${V:-1.2}@OLD", None);
    check("a:1.${V:-2}@OLD", None);
    check("a:1.2${D:-@OLD}", None);
    check("a:1.2${V:-}@OLD", None);
    check("a:${V:-}1.2@OLD", None);
    check("a:1.2@${D:-OLD}", None);
}

#[track_caller]
fn problems(source: &[u8]) -> Vec<String> {
    let file = ComposeFile::parse(source);
    assert_eq!(file.uses(&Outside::default()), []);
    let messages = file.problems().iter();
    messages.map(|problem| problem.message.clone()).collect()
}

#[test]
fn what_is_no_text_has_no_uses() {
    let source = b"services: {a: {image: python, x: \xff}}";
    assert_eq!(problems(source), ["the file is not UTF-8"]);
    assert_eq!(ComposeFile::parse(source).problems()[0].span.start, 33);
    let source = b"services: {a: {image: python}}\0";
    assert_eq!(
        problems(source),
        ["the file is not YAML: it has a NUL byte"]
    );
    assert_eq!(problems(b"\xff\xfes\0:\0").len(), 1);
    assert_eq!(problems(b""), [""; 0]);
}

#[test]
fn contexts_from_outside_are_no_images_in_dockerfiles() {
    let source =
        "services: {a: {image: base, build: {dockerfile_inline: FROM base}}, b: {image: base:1}}";
    let file = ComposeFile::parse(source.as_bytes());
    let outside = Outside {
        contexts: vec!["base".to_owned()],
    };
    let uses = file.uses(&outside);
    let meanings: Vec<_> = uses.iter().map(|image| &image.meaning).collect();
    assert!(matches!(
        meanings[..],
        [Meaning::Unknown, Meaning::Context(_), Meaning::Image(_)]
    ));
}

#[test]
fn what_is_nested_without_end_is_refused() {
    for source in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
    ] {
        assert_eq!(problems(source.as_bytes()).len(), 1);
    }
    let source = format!("services: {{a: {{image: \"{}\"}}}}", "${A:-".repeat(50_000));
    assert_eq!(
        ComposeFile::parse(source.as_bytes())
            .uses(&Outside::default())
            .len(),
        1
    );
    let nested = format!("{}x{}", "${A:-".repeat(50_000), "}".repeat(50_000));
    let source = format!("services: {{a: {{image: \"{nested}\"}}}}");
    assert_eq!(
        ComposeFile::parse(source.as_bytes())
            .uses(&Outside::default())
            .len(),
        1
    );
}

#[test]
fn aliases_are_not_multiplied() {
    // Each line doubles the one before: 2 to the power of 60 services, were they copied.
    let mut source = "x-a0: &a0 {s: {image: python}}\n".to_owned();
    for number in 1..60 {
        let before = number - 1;
        let _ = writeln!(
            source,
            "x-a{number}: &a{number} {{<<: [*a{before}, *a{before}], x: [*a{before}, *a{before}]}}"
        );
    }
    source += "services: {<<: [*a59, *a59], t: *a59, u: {environment: *a58}}\n";
    let uses = ComposeFile::parse(source.as_bytes()).uses(&Outside::default());
    assert_eq!(uses.len(), 1);
    assert!(
        matches!(uses[0].state, State::Left { .. }),
        "{:?}",
        uses[0].state
    );
}

/// Returns words that make something like compose files.
fn soup() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "services:",
        "\n  web:",
        "\n  db:",
        "\n    image:",
        "\n    build:",
        "\n      ",
        "\n    ",
        "\n  ",
        "\n",
        "\r\n",
        " ",
        "x-a:",
        "python",
        ":3.9",
        " python:3.9",
        "redis",
        "\"",
        "'",
        "\\",
        "\\x41",
        "\\\n",
        "''",
        " &a ",
        " *a",
        "<<: *a",
        "<<: [*a, *b]",
        " &b ",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
        "- ",
        "? ",
        " |",
        " >",
        " |-",
        " >+",
        " |2",
        "\n        FROM python:3.9",
        "\n          FROM redis",
        "\n      dockerfile_inline:",
        "\n      additional_contexts:",
        " docker-image://redis",
        "base=docker-image://redis",
        "${V:-3.9}",
        "${V:-",
        "}",
        "$V",
        "$$",
        "${V:+",
        "@",
        " # pinfold: ignore",
        " # ",
        "#",
        "---",
        "...",
        "\t",
        "\u{feff}",
        "\u{fc}",
        "\u{1f40d}",
        " !!str ",
        " !reset ",
        "null",
        "~",
        "%",
        "!",
        "@sha256:",
        "scratch",
    ];
    let word = prop_oneof![
        9 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => Just(format!("@{}", old())),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

/// Returns compose files with names written in many ways.
fn files() -> impl Strategy<Value = String> {
    let name = prop::sample::select(
        &[
            "python",
            "python:3.9",
            "ghcr.io/acme/app:1",
            "localhost:5000/app",
            "${V:-redis:7}",
            "redis:${V:-7}",
            "redis:${V:-7}-x",
            "${R:-ghcr.io/}app",
            "${A:-${B:-x}}",
            "$V",
            "a$$b",
            "Bad",
            "",
        ][..],
    );
    let style = prop::sample::select(
        &[
            "    image: @\n",
            "    image: \"@\"\n",
            "    image: '@'  # c\n",
            "    image: &n @\n",
            "    image: !!str '@'\n",
            "    image: >-\n      @\n",
            "    image: |-\n\n      @\n",
            "    image:\n      @\n",
            "    build:\n      dockerfile_inline: |\n        FROM @\n        RUN x\n",
            "    build:\n      dockerfile_inline: >-\n        FROM @\n\n        FROM @\n",
            "    build:\n      dockerfile_inline: \"# \\xe4\\nFROM @\\n\"\n",
            "    build:\n      dockerfile_inline: 'FROM @\n\n\n        FROM @'\n",
            "    build: {additional_contexts: {n: 'docker-image://@'}}\n",
            "    build:\n      additional_contexts:\n      - n=docker-image://@\n",
            "    # pinfold: ignore\n    image: @\n",
            "    <<: {image: @}\n",
            "    x-\u{fc}: \u{1f40d}\n    image: @\n",
        ][..],
    );
    let service = (name, style).prop_map(|(name, style)| style.replace('@', name));
    let services = prop::collection::vec(service, 0..6);
    (services, any::<bool>(), any::<bool>()).prop_map(|(services, is_crlf, has_bom)| {
        let mut text = String::from(if has_bom {
            "\u{feff}services:\n"
        } else {
            "services:\n"
        });
        for (number, service) in services.iter().enumerate() {
            let _ = write!(text, "  s{number}:\n{service}");
        }
        if is_crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

/// Returns the values of all scalars, and what is around them, without digests.
fn shape(text: &str) -> Option<Vec<String>> {
    let tree = Tree::parse(text, &mut Vec::new())?;
    let nodes = (0..tree.len()).map(|id| match &tree.raw(id).kind {
        Kind::Scalar(value, style, is_null) => {
            format!("{} {style:?} {is_null}", without_digests(value))
        }
        other => format!("{other:?}"),
    });
    Some(nodes.collect())
}

/// Returns a text without digests, and without what is written before new ones.
fn without_digests(text: &str) -> String {
    let mut pieces = text.split("@sha256:");
    let mut result = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_hexdigit).count();
        result += if digits >= 64 { &piece[64..] } else { piece };
    }
    result.replace(":latest", "")
}

/// Checks what holds for each file.
fn laws(source: &str) {
    let file = ComposeFile::parse(source.as_bytes());
    let uses = file.uses(&Outside::default());
    for image in &uses {
        assert!(source.get(image.span.range()).is_some(), "{image:?}");
        if let State::Pinned(Ok(site)) = &image.state {
            assert!(source[site.span.range()].parse::<Digest>().is_ok());
        }
    }
    let edits = edits(&uses);
    let pinned = String::from_utf8(apply(source.as_bytes(), &edits).unwrap()).unwrap();
    assert_eq!(shape(&pinned), shape(source), "{source:?} {pinned:?}");
    let again = ComposeFile::parse(pinned.as_bytes());
    assert_eq!(again.problems().len(), file.problems().len(), "{source:?}");
    let read = again.uses(&Outside::default());
    assert_eq!(super::tests::edits(&read), [], "{source:?}");
    assert_eq!(read.len(), uses.len());
    for (image, before) in read.iter().zip(&uses) {
        if let (State::Open(_), Meaning::Image(reference)) = (&before.state, &before.meaning) {
            let State::Pinned(Ok(site)) = &image.state else {
                panic!("{source:?}: {image:?}");
            };
            let (_, digest) = digest(reference);
            assert_eq!(&pinned[site.span.range()], digest.as_str());
            assert_eq!(image.place, before.place);
        }
    }
}

/// Checks that each scalar is read once more as the parser read it.
fn scalars_are_read_twice(source: &str) {
    let Some(tree) = Tree::parse(source, &mut Vec::new()) else {
        return;
    };
    for id in 0..tree.len() {
        let node = tree.raw(id);
        if let Kind::Scalar(value, style, _) = &node.kind {
            let decoded = scalar::decode(source.as_bytes(), node.start, *style, value);
            // The parser takes a comment behind a tab for nothing in a plain scalar.
            let is_odd = source[tree.span(id).range()].contains('\t') && *style == Style::Plain;
            let is_blank = value.trim().is_empty();
            // Where a block says its indentation itself, its first line may be blanks that
            // count, which the parser passes over when it says where the block begins.
            let is_block = matches!(style, Style::Literal | Style::Folded);
            let is_indented = is_block && value.starts_with(' ');
            assert!(
                decoded.is_some() || is_odd || is_blank || is_indented,
                "{source:?}: {node:?}"
            );
            let Some(decoded) = decoded else { continue };
            let mut last = 0;
            for (at, byte) in decoded.bytes().iter().enumerate() {
                let span = decoded.source(Span::new(at, at + 1)).unwrap();
                let raw = &source.as_bytes()[span.range()];
                let is_as_written = raw == [*byte] || raw.starts_with(b"\\") || raw == b"''";
                let is_break = raw.is_empty() || raw.starts_with(b"\n") || raw.starts_with(b"\r");
                assert!(is_as_written || is_break, "{source:?}: {node:?}: {at}");
                assert!(last <= span.start, "{source:?}: {node:?}: {at}");
                last = span.start;
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_but_pins_changes(source in files()) {
        laws(&source);
        scalars_are_read_twice(&source);
    }

    #[test]
    fn nothing_but_pins_changes_in_soup(source in soup()) {
        laws(&source);
        laws(&format!("services:\n  a:\n    image: {source}"));
        laws(&format!("services:\n  a:\n    build:\n      dockerfile_inline: {source}"));
    }

    #[test]
    fn scalars_in_soup_are_read_twice(source in soup()) {
        scalars_are_read_twice(&source);
        scalars_are_read_twice(&format!("a:\n    b: {source}"));
    }

    #[test]
    fn scalars_in_blocks_are_read_twice(source in "[ ]?[a:]{0,2}[|>][1-3]?\\n( {0,4}[a ]?\\n){0,4}  web:") {
        scalars_are_read_twice(&source);
    }

    #[test]
    fn any_bytes_are_read(source in prop::collection::vec(any::<u8>(), 0..200)) {
        let file = ComposeFile::parse(&source);
        file.uses(&Outside::default());
    }
}
