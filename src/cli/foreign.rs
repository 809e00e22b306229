//! Options of pip-compile and `uv pip compile` that are none of ours.
//!
//! What would change the file is refused, with what to use instead. What has no
//! meaning here is taken with a warning, so that a command of the other tool need not be
//! rewritten. None of them is shown in the help.

use std::fmt::Write as _;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::failure::Failure;

/// What becomes of an option.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is not supported: why not, and what to use instead.
    Refused(&'static str),
    /// It has no effect here: why.
    Meaningless(&'static str),
    /// It is what happens anyway.
    AsAlways,
}
use Fate::{AsAlways, Meaningless, Refused};

struct Foreign {
    name: &'static str,
    aliases: &'static [&'static str],
    takes_value: bool,
    fate: Fate,
}

const fn switch(name: &'static str, fate: Fate) -> Foreign {
    Foreign {
        name,
        aliases: &[],
        takes_value: false,
        fate,
    }
}

const fn value(name: &'static str, fate: Fate) -> Foreign {
    Foreign {
        name,
        aliases: &[],
        takes_value: true,
        fate,
    }
}

const BUILDS: Fate =
    Refused("pinfold does not lock build requirements; constrain them with `--build-constraint`");
const PYTHONS: Fate =
    Meaningless("pinfold installs nothing and uses only the interpreter given with `--python`");
const SOURCES: Fate = Meaningless("pinfold does not read `[tool.uv.sources]`");

const FOREIGN: &[Foreign] = &[
    // What goes in and out.
    switch("all-groups", Refused("name each group with `--group`")),
    Foreign {
        name: "exclude",
        aliases: &["excludes"],
        takes_value: true,
        fate: Refused(
            "write `NAME ; python_version < \"0\"` into a file for `--override` to exclude the \
             project",
        ),
    },
    value("build-deps-for", BUILDS),
    switch("all-build-deps", BUILDS),
    switch("only-build-deps", BUILDS),
    switch(
        "require-build-hashes",
        Refused(
            "pinfold does not hash build requirements; pin their versions with `--build-constraint`",
        ),
    ),
    // What is chosen.
    value(
        "prerelease-package",
        Refused(
            "use `--prerelease explicit`, and name a pre-release in a requirement: `NAME>=2.0a0`",
        ),
    ),
    value(
        "upgrade-group",
        Refused("name each project with `--upgrade-package`"),
    ),
    value(
        "torch-backend",
        Refused("add the index that has the builds you want with `--index`"),
    ),
    value("resolver", Meaningless("there is one resolver")),
    value("max-rounds", Meaningless("there are no rounds")),
    switch("no-sources", SOURCES),
    switch("sources", SOURCES),
    value("no-sources-package", SOURCES),
    // How builds are made.
    value(
        "no-build-isolation-package",
        Refused("use `--no-build-isolation`, which applies to all projects"),
    ),
    Foreign {
        name: "config-settings-package",
        aliases: &["config-setting-package"],
        takes_value: true,
        fate: Refused("use `--config-setting`, which applies to all projects"),
    },
    switch("legacy-setup-py", AsAlways),
    value("link-mode", Meaningless("pinfold installs nothing")),
    // What is written.
    switch(
        "emit-marker-expression",
        Meaningless("the header names the target"),
    ),
    switch("no-emit-marker-expression", AsAlways),
    // Which Python.
    switch("system", PYTHONS),
    switch("no-system", PYTHONS),
    switch("break-system-packages", PYTHONS),
    switch("managed-python", PYTHONS),
    switch("no-managed-python", PYTHONS),
    switch("allow-python-downloads", PYTHONS),
    switch("no-python-downloads", PYTHONS),
    value("python-preference", PYTHONS),
    value("python-downloads", PYTHONS),
    value("python-fetch", PYTHONS),
    // How the tool works.
    Foreign {
        name: "no-system-certs",
        aliases: &["no-native-tls"],
        takes_value: false,
        fate: Refused("pass the certificates to trust with `--cert`"),
    },
    value(
        "config-file",
        Refused("pinfold does not read uv.toml; use `--config pinfold.toml`"),
    ),
    switch(
        "show-settings",
        Refused("use `--verbose`, which shows what comes from which file"),
    ),
    value("project", Meaningless("it does nothing in uv either")),
    switch("preview", Meaningless("pinfold has no preview features")),
    switch("no-preview", AsAlways),
    value(
        "preview-features",
        Meaningless("pinfold has no preview features"),
    ),
];

/// Gives a command the options of the others, but for one that it has itself.
pub(super) fn add_to(mut command: Command, own: &str) -> Command {
    for foreign in FOREIGN.iter().filter(|foreign| foreign.name != own) {
        let option = Arg::new(foreign.name).long(foreign.name).hide(true);
        let option = if foreign.takes_value {
            option.action(ArgAction::Append)
        } else {
            option.action(ArgAction::SetTrue)
        };
        command = command.arg(option.aliases(foreign.aliases));
    }
    command
}

/// Whether an option is one of the others.
pub(super) fn is_foreign(option: &Arg) -> bool {
    let id = option.get_id().as_str();
    // An option of ours in another command may have the same name.
    option.is_hide_set() && FOREIGN.iter().any(|foreign| foreign.name == id)
}

/// Refuses what is not supported; returns what has no effect here, with a warning.
pub(super) fn check(
    command: &Command,
    matches: &ArgMatches,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let is_own = |name: &str| {
        let mut options = command.get_arguments();
        options.any(|option| option.get_id() == name && !is_foreign(option))
    };
    let mut warnings = Vec::new();
    for foreign in FOREIGN {
        let name = foreign.name;
        if matches.value_source(name) != Some(ValueSource::CommandLine) || is_own(name) {
            continue;
        }
        let refused = match foreign.fate {
            Refused(why) => Some((format!("`--{name}` is not supported"), why)),
            Meaningless(why) => {
                warnings.push((name, format!("`--{name}` has no effect: {why}")));
                None
            }
            AsAlways => None,
        };
        if let Some((what, why)) = refused {
            return Err(Failure::usage(format!("{what}: {why}"), None));
        }
    }
    Ok(warnings)
}

/// Writes what becomes of each of them.
pub(super) fn table(page: &mut String) {
    page.push_str(
        "\n### Options of other tools\n\n`pip-compile` and `uv pip compile` have these \
         options; pinfold does not.\n\n| option | |\n|---|---|\n",
    );
    for foreign in FOREIGN {
        let fate = match foreign.fate {
            Refused(why) => format!("refused: {why}"),
            Meaningless(why) => format!("has no effect: {why}"),
            AsAlways => "is the default".to_owned(),
        };
        let _ = writeln!(page, "| `--{}` | {fate} |", foreign.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn said(words: &[&str]) -> Result<Vec<String>, String> {
        let mut command = add_to(Command::new("x"), "");
        let words = ["x"].iter().chain(words);
        let matches = command.try_get_matches_from_mut(words).unwrap();
        let warnings =
            check(&command, &matches).map_err(|failure| failure.diagnostics[0].message.clone())?;
        Ok(warnings.into_iter().map(|(_, warning)| warning).collect())
    }

    #[test]
    fn refuses_in_one_sentence() {
        assert_eq!(
            said(&["--excludes", "a"]).unwrap_err(),
            "`--exclude` is not supported: write `NAME ; python_version < \"0\"` into a file for \
             `--override` to exclude the project"
        );
    }

    #[test]
    fn takes_what_happens_anyway_and_what_has_no_meaning() {
        let taken = said(&["--no-preview"]);
        assert_eq!(taken, Ok(Vec::new()));
        assert_eq!(
            said(&["--max-rounds", "3"]).unwrap(),
            ["`--max-rounds` has no effect: there are no rounds"]
        );
    }

    #[test]
    fn each_sentence_says_what_to_use_or_why_nothing_is_lost() {
        for foreign in FOREIGN {
            let (Refused(why) | Meaningless(why)) = foreign.fate else {
                continue;
            };
            assert!(!why.ends_with('.') && !why.contains("  "), "{why}");
            if !matches!(foreign.fate, Meaningless(_)) {
                assert!(why.contains('`'), "{}: {why}", foreign.name);
            }
        }
    }
}
