//! The law of headers: what is written reads back as the same options, and what another
//! tool's header says is still said once it is written as ours.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use super::{CompileCommand, Hashes, LineEnds, Markers, Options, Recipe, Tool, recipe, write};
use crate::lock::{Annotations, EmittedOptions, FileHeader, Format};
use crate::resolve::{PreReleases, Resolution};
use crate::text::without_password;

fn command(tool: &str, command: &str) -> CompileCommand {
    let header = FileHeader {
        tool: tool.to_owned(),
        target: None,
        command: Some(command.to_owned()),
    };
    match recipe(&header) {
        Recipe::Command(command) => *command,
        other => panic!("{command}: {other:?}"),
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("the strategy gives valid texts")
}

/// A few different values of an option, in any order.
fn some<T: std::str::FromStr<Err: std::fmt::Debug> + Clone + std::fmt::Debug + 'static>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = Vec<T>> {
    let values: Vec<T> = texts.iter().map(|text| parsed(text)).collect();
    subsequence(values, 0..=texts.len()).prop_shuffle()
}

fn maybe<T: std::str::FromStr<Err: std::fmt::Debug> + Clone + std::fmt::Debug + 'static>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = Option<T>> {
    any::<Option<Index>>()
        .prop_map(|index| index.map(|index| parsed(texts[index.index(texts.len())])))
}

const FILES: &[&str] = &["a.in", "my b.in", "it's.in", "-c.in", "d/e.toml", "$x;.in"];
const URLS: &[&str] = &[
    "https://b.example/simple/",
    "https://a.example/simple/",
    "corp=https://c.example/",
    "https://u:${PW}@d.example/",
];
const SELECTORS: &[&str] = &[":all:", ":none:", "Foo_Bar", "baz"];
const NAMES: &[&str] = &["dev", "Test_Extra", "x.y"];

prop_compose! {
    fn inputs()(
        sources in some(FILES),
        output in maybe(&["out.txt", "-", "my out.txt", "sub/pylock.dev.toml"]),
        constraints in some(FILES),
        overrides in some(FILES),
        extras in some(NAMES),
        all_extras: bool,
        groups in some(&["dev", "sub/pyproject.toml:Test_Group"]),
        no_deps: bool,
        verify_metadata: bool,
        python_versions in some(&["3.12", "3.11.7", "3.14.0"]),
        python_platforms in some(&["linux", "linux/arm64", "x86_64-manylinux_2_28"]),
        targets in some(&["3.12@linux", "pypy3.11@linux/arm64", "3.14t@x86_64-musllinux_1_2"]),
        release in maybe(&["23.6.0", "6.8.0-40 generic"]),
        version in maybe(&["#40-Ubuntu SMP", "10.0.22631"]),
    ) -> Options {
        Options {
            sources, output, constraints, overrides, extras, all_extras, groups, no_deps,
            python_versions, python_platforms, targets, verify_metadata,
            platform_values: crate::python::PlatformValues { release, version },
            ..Options::of(Tool::Pinfold)
        }
    }
}

prop_compose! {
    fn choices()(
        options in inputs(),
        resolution in (0..3_usize).prop_map(|index| {
            [Resolution::Highest, Resolution::Lowest, Resolution::LowestDirect][index]
        }),
        exclude_newer in maybe(&["7 days", "2024-06-01", "2024-06-01T00:00:00Z", "false"]),
        exclude_newer_packages in some(&["A=false", "b=7d", "c=2024-06-01"]),
        prerelease in (0..5_usize).prop_map(|index| PreReleases::named(
            ["", "allow", "explicit", "disallow", "if-necessary-or-explicit"][index])),
        only_binary in some(SELECTORS),
        no_binary in some(SELECTORS),
        index_url in maybe(URLS),
        extra_index_urls in some(URLS),
        find_links in some(&["wheels", "my wheels", "https://e.example/links"]),
        trusted_hosts in some(&["a.example", "b.example:8080"]),
        index_strategy in maybe::<String>(&["first-index", "unsafe-best-match", "unsafe-first-match"]),
        build_constraints in some(FILES),
    ) -> Options {
        let index_strategy = index_strategy.as_deref().and_then(super::IndexStrategy::named);
        Options {
            resolution, exclude_newer, exclude_newer_packages, prerelease, only_binary, no_binary, index_url,
            extra_index_urls, find_links, trusted_hosts, index_strategy, build_constraints,
            ..options
        }
    }
}

prop_compose! {
    fn any_options()(
        options in choices(),
        switches: [bool; 9],
        (is_pylock, is_double, wants_all) in any::<(bool, bool, bool)>(),
        markers in (0..3_usize).prop_map(|index| [Markers::None, Markers::Direct, Markers::All][index]),
        emitted: [bool; 4],
        config_settings in some(&["a=b", "c=d e=f", "g="]),
        unsafe_packages in some(&["Foo", "bar"]),
        no_emit_packages in some(&["Foo", "bar"]),
        hashes in (0..3_usize).prop_map(|index| [Hashes::None, Hashes::All, Hashes::Target][index]),
        annotations in (0..3_usize).prop_map(|index| {
            [Annotations::None, Annotations::Split, Annotations::Line][index]
        }),
        newline in (0..4_usize).prop_map(|index| {
            [LineEnds::Preserve, LineEnds::Native, LineEnds::Lf, LineEnds::CrLf][index]
        }),
    ) -> Options {
        let [pre, no_index, no_build, build_isolation, index_annotation, input_comments, header,
            strip_extras, allow_unsafe] = switches;
        let [indexes, find_links, trusted_hosts, binary] = emitted;
        let (format, beside) = match options.output.as_deref() {
            Some("sub/pylock.dev.toml") => (Format::Pylock, None),
            None | Some("-") if is_pylock => (Format::Pylock, None),
            None | Some("-") => (Format::Requirements, None),
            Some(_) => (Format::Requirements, is_double.then(|| "pylock.toml".to_owned())),
        };
        let has_pylock = format == Format::Pylock || beside.is_some();
        Options {
            format, beside,
            all_files: wants_all && has_pylock && hashes == Hashes::All,
            pre, no_index, no_build, build_isolation, index_annotation, input_comments, header,
            strip_extras,
            markers, allow_unsafe,
            emitted: EmittedOptions { indexes, find_links, trusted_hosts, binary },
            config_settings, unsafe_packages, no_emit_packages, hashes, annotations, newline,
            ..options
        }
    }
}

/// Options as pip-compile writes them into its headers.
const OF_PIP_COMPILE: &[&str] = &[
    "--all-extras",
    "--allow-unsafe",
    "--annotation-style=line",
    "--build-constraint=b.txt",
    "--constraint='my c.txt'",
    "--extra-index-url=https://z.example/simple/ --extra-index-url=https://y.example/",
    "--extra=dev",
    "--find-links=wheels",
    "--generate-hashes",
    "--index-url=https://x.example/simple/",
    "--newline=crlf",
    "--no-annotate",
    "--no-build-isolation",
    "--no-emit-find-links",
    "--no-emit-index-url",
    "--no-emit-options",
    "--no-emit-trusted-host",
    "--no-strip-extras",
    "--pip-args='--only-binary foo --no-binary=:all: --no-deps'",
    "--pre",
    "--strip-extras",
    "--trusted-host=x.example",
    "--unsafe-package=foo",
    "--uploaded-prior-to=2024-06-01",
];

/// Options as uv writes them: without quotes.
const OF_UV: &[&str] = &[
    "--all-extras",
    "--annotation-style line",
    "--build-constraints b.txt",
    "--constraint c.txt",
    "--overrides o.txt",
    "--config-setting a=b",
    "--default-index https://x.example/simple/",
    "--emit-build-options",
    "--emit-find-links",
    "--emit-index-annotation",
    "--emit-index-url",
    "--exclude-newer 2024-06-01",
    "--exclude-newer-package foo=2024-06-01",
    "--extra dev",
    "--find-links wheels",
    "--generate-hashes",
    "--group dev",
    "--index https://z.example/ --index https://y.example/",
    "--index-strategy unsafe-best-match",
    "--no-annotate",
    "--no-binary foo",
    "--no-build",
    "--no-build-isolation",
    "--no-deps",
    "--no-emit-package foo",
    "--no-index",
    "--no-strip-extras",
    "--no-strip-markers",
    "--only-binary :all:",
    "--prerelease explicit",
    "--python-platform linux",
    "--python-version 3.11.7",
    "--allow-insecure-host x.example",
];

proptest! {
    #[test]
    fn what_is_written_reads_back(options in any_options()) {
        let written = write(&options);
        let read = command("pinfold", &written);
        prop_assert_eq!(&read.unsupported, &[], "{}", written);
        prop_assert_eq!(&read.options, &options, "{}", written);
        prop_assert_eq!(write(&read.options), written);
    }

    #[test]
    fn any_value_reads_back(value in "[ -~é\u{a0}]{1,12}") {
        // Passwords are left out.
        prop_assume!(without_password(&value) == value);
        let options = Options {
            sources: vec![value.clone(), "a.in".to_owned()],
            output: Some(value.clone()),
            constraints: vec![value.clone()],
            overrides: vec![value.clone()],
            build_constraints: vec![value.clone()],
            find_links: vec![value.clone()],
            config_settings: vec![parsed(&format!("a={value}"))],
            ..Options::of(Tool::Pinfold)
        };
        let written = write(&options);
        let read = command("pinfold", &written);
        prop_assert_eq!(&read.unsupported, &[], "{}", written);
        prop_assert_eq!(&read.options, &options, "{}", written);
    }

    #[test]
    fn what_pip_compile_says_stays_said(said in subsequence(OF_PIP_COMPILE, 0..8)) {
        let theirs = command(
            "pip-compile",
            &format!("pip-compile {} --output-file=a.txt a.in", said.join(" ")),
        );
        prop_assert_eq!(&theirs.unsupported, &[]);
        let ours = command("pinfold", &write(&theirs.options));
        prop_assert_eq!(ours.options, theirs.options);
    }

    #[test]
    fn what_uv_says_stays_said(said in subsequence(OF_UV, 0..8)) {
        let theirs = command(
            "uv",
            &format!("uv pip compile a.in -o a.txt {}", said.join(" ")),
        );
        prop_assert_eq!(&theirs.unsupported, &[]);
        let ours = command("pinfold", &write(&theirs.options));
        prop_assert_eq!(ours.options, theirs.options);
    }
}
