//! docs/reference.md: every option and every key, from their own definitions.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::foreign;
use super::layers::{self, NO_KEYS, Shape, options, shape, variable};
use crate::config::{Kind, SECTIONS};

const HEAD: &str = "\
# Reference

This page lists every option and every configuration key. `pinfold reference` prints it from the
program's own definitions.

An **option** can be set in several places. From the strongest to the weakest:

1. the command line,
2. its environment variable: `PINFOLD_` and the long name in capitals,
3. for `pinfold compile`: `[compile]` in `pinfold.toml`, or `[tool.pinfold.compile]`,
4. likewise: `[tool.pip-tools]`, in `.pip-tools.toml` or `pyproject.toml` next to the first input,
5. likewise: `UV_DEFAULT_INDEX`, `UV_INDEX`, `UV_INDEX_URL`, `UV_EXTRA_INDEX_URL`, `UV_FIND_LINKS`,
   `UV_INDEX_STRATEGY`, `UV_KEYRING_PROVIDER`,
6. likewise: `PIP_*`,
7. likewise: pip's configuration files,
8. the default.

The first place that sets an option decides it alone: lists from two places are never joined, an
empty list in `[compile]` clears what weaker places set, and `--annotate` and `--no-annotate` are
one option. In a variable, spaces separate the values of a list, and a switch is `1`, `true`, `yes`,
`on` or `0`, `false`, `no`, `off`; an empty variable counts as not set. In `[compile]`, an option has
its long name without dashes: a switch is `true` or `false`, a list is an array of strings, and paths
are relative to the file.

Settings of other tools (4 to 7) are reported on standard error when they apply;
`--no-foreign-config` ignores them. The header of a lock file records what decides its content,
wherever that was set, so that `pinfold update` makes the same file on another machine. That includes
the index of a pip.conf, without credentials. Options that concern only the network (`trusted-host`,
`cert`, `client-cert`, `proxy`, `timeout`, `retries`, `keyring-provider`) or a single run are never
recorded. `pinfold update` also reads `[compile]` for what a lock file's own command does not say; it
does not read settings of other tools.
";

/// Returns the page.
pub(super) fn text() -> String {
    let mut command = layers::command();
    command.build();
    let mut page = HEAD.to_owned();
    // What every command has is said once.
    let global: Vec<&str> = options(&command).map(|(name, _)| name).collect();
    page.push_str("\n## Every command\n");
    tables(&mut page, &command, &[], false);
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        section(&mut page, "pinfold", subcommand, &global);
    }
    keys(&mut page);
    page
}

fn section(page: &mut String, parent: &str, command: &Command, global: &[&str]) {
    if command.get_name() == "help" {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let about = command.get_about().map(plain).unwrap_or_default();
    let _ = write!(page, "\n## `{name}`\n\n{about}.\n");
    let arguments: Vec<&Arg> = command
        .get_positionals()
        .filter(|one| !one.is_hide_set())
        .collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | meaning |\n|---|---|\n");
        for argument in arguments {
            let _ = writeln!(page, "| `{}` | {} |", names(argument), meaning(argument));
        }
    }
    tables(page, command, global, command.get_name() == "compile");
    for subcommand in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        section(page, &name, subcommand, global);
    }
}

/// Writes a table for each heading of the help, in its order.
fn tables(page: &mut String, command: &Command, without: &[&str], is_configurable: bool) {
    let shown: Vec<(&str, &Arg)> = options(command)
        .filter(|(name, option)| !without.contains(name) && !foreign::is_foreign(option))
        .collect();
    let mut headings: Vec<&str> = Vec::new();
    for (_, option) in &shown {
        let heading = heading(option);
        if !option.is_hide_set() && !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for place in headings {
        let _ = write!(page, "\n### {place}\n\n");
        head(page, is_configurable);
        for (name, option) in &shown {
            if !option.is_hide_set() && heading(option) == place {
                row(page, name, option, is_configurable);
            }
        }
    }
    let hidden: Vec<&(&str, &Arg)> = shown
        .iter()
        .filter(|(_, option)| option.is_hide_set())
        .collect();
    if hidden.is_empty() {
        return;
    }
    page.push_str("\n### Opposites and other spellings\n\n");
    head(page, is_configurable);
    for (name, option) in hidden {
        row(page, name, option, is_configurable);
    }
    if is_configurable {
        foreign::table(page);
    }
}

fn heading(option: &Arg) -> &str {
    option.get_help_heading().unwrap_or("Options")
}

/// Begins a table of options.
fn head(page: &mut String, is_configurable: bool) {
    page.push_str(if is_configurable {
        "| option | value | default | variable | `[compile]` | meaning |\n|---|---|---|---|---|---|\n"
    } else {
        "| option | value | default | variable | meaning |\n|---|---|---|---|---|\n"
    });
}

fn row(page: &mut String, name: &str, option: &Arg, is_configurable: bool) {
    let (value, default) = match shape(option) {
        Shape::Switch => (String::new(), String::new()),
        shape => (
            format!(
                "{}{}",
                values(option),
                if shape == Shape::List { " …" } else { "" }
            ),
            defaults(option),
        ),
    };
    let key = match (is_configurable, NO_KEYS.contains(&name)) {
        (false, _) => String::new(),
        (true, true) => " |".to_owned(),
        (true, false) => format!(" `{name}` |"),
    };
    // The variable of that name is for the format of results.
    let variable = if option.get_id() == "lock_format" {
        String::new()
    } else {
        format!("`{}`", variable(name))
    };
    let _ = writeln!(
        page,
        "| {} | {value} | {default} | {variable} |{key} {} |",
        names(option),
        meaning(option)
    );
}

/// Returns all spellings of an option.
fn names(option: &Arg) -> String {
    let mut names = Vec::new();
    if let Some(short) = option.get_short() {
        names.push(format!("`-{short}`"));
    }
    match option.get_long() {
        Some(long) => names.push(format!("`--{long}`")),
        None => return values(option).replace('`', ""),
    }
    for alias in option.get_all_aliases().unwrap_or_default() {
        names.push(format!("`--{alias}`"));
    }
    names.join(", ")
}

fn values(option: &Arg) -> String {
    let possible = option.get_possible_values();
    let words: Vec<String> = possible
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !words.is_empty() {
        return words.join(", ");
    }
    let names: Vec<String> = option
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(" ")
}

fn defaults(option: &Arg) -> String {
    let values: Vec<String> = option
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    // Some say it in their help, since it is no value.
    let help = option.get_help().map(plain).unwrap_or_default();
    let said = help.split_once("[default: ").map(|(_, rest)| rest);
    said.and_then(|rest| rest.strip_suffix(']'))
        .map(cell)
        .unwrap_or_default()
}

/// Returns the help, with what stands only in the long one.
fn meaning(option: &Arg) -> String {
    let help = option
        .get_long_help()
        .or_else(|| option.get_help())
        .map(plain)
        .unwrap_or_default();
    let mut paragraphs = help.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let first = first.split(" [default: ").next().unwrap_or_default();
    let mut text = cell(first);
    for more in paragraphs {
        text.push_str(". ");
        text.push_str(cell(more).trim_end_matches('.'));
    }
    for value in option.get_possible_values() {
        if let Some(help) = value.get_help() {
            let _ = write!(text, "; `{}`: {}", value.get_name(), cell(&plain(help)));
        }
    }
    text
}

fn plain(text: &StyledStr) -> String {
    text.to_string()
}

/// Returns text that fits into a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn keys(page: &mut String) {
    page.push_str(
        "\n## The configuration\n\nThe keys of `pinfold.toml`, and of `[tool.pinfold]` in a \
         `pyproject.toml`; see [configuration.md](configuration.md) for details.\n",
    );
    for section in SECTIONS {
        let _ = write!(page, "\n### `{}`\n\n{}\n", section.header(), section.about);
        if let Some(others) = section.others {
            let _ = write!(page, "\n{others}\n");
        }
        page.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
        for key in section.keys {
            let kind = match key.kind {
                Kind::Text => "string".to_owned(),
                Kind::Flag => "`true`, `false`".to_owned(),
                Kind::Texts => "strings".to_owned(),
                Kind::TextOrTexts => "string or strings".to_owned(),
                Kind::SomeTexts => "strings, at least one".to_owned(),
                Kind::Statuses => "HTTP statuses".to_owned(),
                Kind::Word(words) => {
                    let words: Vec<String> =
                        words.iter().map(|word| format!("`\"{word}\"`")).collect();
                    words.join(", ")
                }
                Kind::Duration => "duration".to_owned(),
                Kind::Date => "date".to_owned(),
                Kind::Cutoff => "time, date, duration, or `false`".to_owned(),
                Kind::Cutoffs => "table of these by project".to_owned(),
            };
            let default = key
                .default
                .map(|value| format!("`{value}`"))
                .unwrap_or_default();
            let _ = writeln!(
                page,
                "| `{}` | {kind} | {default} | {} |",
                key.name,
                cell(key.about)
            );
        }
    }
}
