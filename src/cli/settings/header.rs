//! The command for the header: what makes the same file again, wherever that is done.
//!
//! Where a value was said makes no difference. Of what concerns one run or the network
//! nothing is written, and no credentials ever.

use std::path::Path;

use clap::ValueEnum;

use crate::cli::args;
use crate::command::{CommandOption, OptionKind, command_line};

/// Returns the command for the header.
pub(super) fn command(args: &args::Compile, names: &[String], output: Option<&Path>) -> String {
    let mut options = Vec::new();
    values(args, output, &mut options);
    for (name, is_set) in switches(args) {
        if is_set {
            options.push(CommandOption {
                name: name.to_owned(),
                values: Vec::new(),
                kind: OptionKind::Switch,
            });
        }
    }
    command_line("pinfold compile", &options, names)
}

fn values(args: &args::Compile, output: Option<&Path>, options: &mut Vec<CommandOption>) {
    let mut add = |name: &str, values: &[String], default: Option<&str>| {
        let values: Vec<String> = values
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect();
        if !values.is_empty() {
            options.push(CommandOption {
                name: name.to_owned(),
                values,
                kind: OptionKind::Value {
                    default: default.map(str::to_owned),
                },
            });
        }
    };
    let output = output.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    add("--output-file", &[output], None);
    for (name, list) in [
        ("--constraint", &args.constraints),
        ("--override", &args.overrides),
        ("--build-constraint", &args.build_constraints),
        ("--config-setting", &args.config_settings),
        ("--extra", &args.extras),
        ("--group", &args.groups),
        ("--exclude-newer-package", &args.exclude_newer_packages),
        ("--only-binary", &args.only_binary),
        ("--no-binary", &args.no_binary),
        ("--unsafe-package", &args.unsafe_packages),
        ("--no-emit-package", &args.no_emit_packages),
    ] {
        add(name, list, None);
    }
    for (name, value) in [
        ("--python-version", &args.python_version),
        ("--python-platform", &args.python_platforms.last().cloned()),
        ("--exclude-newer", &args.limit()),
    ] {
        add(name, value.as_slice(), None);
    }
    if !args.no_emit_index_url && !args.no_emit_options {
        add("--index-url", args.index_url.as_slice(), None);
        add("--extra-index-url", &args.extra_index_urls, None);
    }
    if !args.no_emit_find_links && !args.no_emit_options {
        add("--find-links", &args.find_links, None);
    }
    add("--hashes", &word(args.hashes), Some("all"));
    add("--prerelease", &word(args.prerelease), Some("if-necessary"));
    add(
        "--index-strategy",
        &word(Some(args.index_strategy)),
        Some("first-index"),
    );
    add(
        "--annotation-style",
        &word(Some(args.annotation_style)),
        Some("split"),
    );
    add("--newline", &word(Some(args.newline)), Some("preserve"));
}

fn switches(args: &args::Compile) -> [(&'static str, bool); 18] {
    [
        ("--all-extras", args.all_extras),
        ("--no-deps", args.no_deps),
        ("--pre", args.pre),
        ("--no-build", args.no_build),
        ("--no-build-isolation", args.no_build_isolation),
        ("--no-index", args.no_index),
        ("--no-hashes", args.no_hashes),
        ("--no-annotate", args.no_annotate),
        ("--no-header", args.no_header),
        ("--input-comments", args.input_comments),
        ("--no-strip-extras", args.no_strip_extras),
        ("--strip-markers", args.strip_markers),
        ("--no-emit-index-url", args.no_emit_index_url),
        ("--no-emit-find-links", args.no_emit_find_links),
        ("--emit-trusted-host", args.emit_trusted_host),
        ("--no-emit-build-options", args.no_emit_build_options),
        ("--no-emit-options", args.no_emit_options),
        ("--no-allow-unsafe", args.no_allow_unsafe),
    ]
}

/// Returns the word for a choice.
fn word(choice: Option<impl ValueEnum>) -> Vec<String> {
    choice
        .and_then(|choice| choice.to_possible_value())
        .map(|value| value.get_name().to_owned())
        .into_iter()
        .collect()
}
