//! The options of a command, as the layers below the command line name them.
//!
//! All of it comes from clap's definition, but for the few options that say one thing
//! in several ways ([`subject`]).

use clap::{Arg, ArgAction, Command};

/// How an option takes values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Shape {
    /// None: it is there or not.
    Switch,
    /// One; of several the last counts.
    One,
    /// Any number.
    List,
}

/// Returns how an option takes values.
pub(in crate::cli) fn shape(option: &Arg) -> Shape {
    match option.get_action() {
        ArgAction::Set => Shape::One,
        ArgAction::Append => Shape::List,
        _ => Shape::Switch,
    }
}

/// Returns the options that have a long name, with it; help and version are none.
pub(in crate::cli) fn options(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    command.get_arguments().filter_map(|option| {
        let is_answer = matches!(
            option.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        let name = option.get_long().filter(|_| !is_answer)?;
        Some((name, option))
    })
}

/// Returns the option that a long name or another spelling of it stands for.
pub(in crate::cli) fn find<'a>(command: &'a Command, name: &str) -> Option<(&'a str, &'a Arg)> {
    options(command)
        .find(|(long, _)| *long == name)
        .or_else(|| {
            options(command).find(|(_, option)| {
                let aliases = option.get_all_aliases().unwrap_or_default();
                aliases.contains(&name)
            })
        })
}

/// Returns the variable that stands for an option.
pub(in crate::cli) fn variable(name: &str) -> String {
    let name = name.replace('-', "_").to_ascii_uppercase();
    format!("PINFOLD_{name}")
}

/// Returns what an option speaks of: a layer that says something of it has said it all.
///
/// `--annotate` and `--no-annotate` speak of one thing, `--index-url` and `--no-index` of
/// two.
pub(in crate::cli) fn subject<'a>(command: &Command, name: &'a str) -> &'a str {
    match name {
        "pre" => "prerelease",
        "all-extras" | "no-all-extras" => "extra",
        "generate-hashes" | "no-hashes" => "hashes",
        "reuse-hashes" => "refresh-hashes",
        "verbose" => "quiet",
        "no-config" => "config",
        "no-cache" => "cache-dir",
        "json" => "format",
        _ => match name.strip_prefix("no-") {
            Some(rest) if is_switch(command, rest) => rest,
            _ => name,
        },
    }
}

fn is_switch(command: &Command, name: &str) -> bool {
    find(command, name).is_some_and(|(_, option)| shape(option) == Shape::Switch)
}

/// Returns the switch that says whether a thing is wanted; none if that is so by default
/// and there is no switch for it. An error if there is no such thing at all.
pub(in crate::cli) fn switch(
    command: &Command,
    name: &str,
    is_wanted: bool,
) -> Result<Option<String>, Unknown> {
    let (positive, is_wanted) = match name.strip_prefix("no-") {
        Some(rest) => (rest, !is_wanted),
        None => (name, is_wanted),
    };
    let of = |name: &str| is_switch(command, name).then(|| name.to_owned());
    let yes = of(positive);
    let no = of(&format!("no-{positive}"));
    if yes.is_none() && no.is_none() {
        return Err(Unknown);
    }
    Ok(if is_wanted { yes } else { no })
}

/// A command has no such option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Unknown;

/// Reads a boolean as people write it in variables.
pub(in crate::cli) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let switch = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let list = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Append);
        Command::new("x")
            .arg(switch("header"))
            .arg(switch("no-header"))
            .arg(switch("no-index"))
            .arg(switch("check"))
            .arg(list("index").alias("idx"))
            .arg(Arg::new("color").long("color"))
    }

    #[test]
    fn finds_options_by_every_spelling() {
        let command = command();
        assert_eq!(find(&command, "idx").unwrap().0, "index");
        assert_eq!(shape(find(&command, "index").unwrap().1), Shape::List);
        assert_eq!(shape(find(&command, "color").unwrap().1), Shape::One);
        assert!(find(&command, "help").is_none());
        assert_eq!(variable("index-url"), "PINFOLD_INDEX_URL");
    }

    #[test]
    fn a_pair_of_switches_is_one_subject() {
        let command = command();
        assert_eq!(subject(&command, "no-header"), "header");
        assert_eq!(subject(&command, "no-index"), "no-index");
        assert_eq!(subject(&command, "pre"), "prerelease");
    }

    #[test]
    fn takes_the_switch_that_says_it() {
        let command = command();
        let check = |name: &str, is_wanted: bool| switch(&command, name, is_wanted);
        assert_eq!(check("header", true), Ok(Some("header".to_owned())));
        assert_eq!(check("header", false), Ok(Some("no-header".to_owned())));
        assert_eq!(check("no-header", true), Ok(Some("no-header".to_owned())));
        assert_eq!(check("no-index", true), Ok(Some("no-index".to_owned())));
        assert_eq!(check("index", false), Ok(Some("no-index".to_owned())));
        assert_eq!(check("check", false), Ok(None));
        assert_eq!(check("frob", false), Err(Unknown));
    }

    #[test]
    fn reads_truth_values() {
        assert_eq!(truth(" Yes"), Some(true));
        assert_eq!(truth("0"), Some(false));
        assert_eq!(truth("maybe"), None);
    }
}
