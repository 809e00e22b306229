//! The help of each command: what `-h` shows, and the examples at the end.
//!
//! `-h` fits one screen: of the options it has those that are used most. `--help` has all of
//! them. Nothing of this is needed to run a command, so it is added to the definitions only
//! after help was asked for.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command};

use super::args::STYLES;

/// What the help of one command has beside its definition.
struct Page {
    /// The words of the command, behind `pinfold`.
    path: &'static [&'static str],
    /// The options in the short help, by their ids.
    common: &'static [&'static str],
    examples: &'static str,
    /// The end of the long help.
    notes: &'static str,
}

const PAGES: &[Page] = &[
    Page {
        path: &[],
        common: &["verbose"],
        examples: "  pinfold init               Write a commented pinfold.toml
  pinfold compile            Lock requirements.in or pyproject.toml
  pinfold docker             Pin the images of all Dockerfiles and compose files
  pinfold update --dry-run   Show what is out of date in this repository",
        notes: "\
Each option can also be set by an environment variable: PINFOLD_INDEX_URL sets --index-url.

Exit codes:
  0    done, or nothing to do
  1    check failed (lock out of date, no solution)
  2    error (usage, configuration, file access, access denied)
  75   temporary failure (network, rate limit, server error): run again later",
    },
    Page {
        path: &["compile"],
        common: &[
            "output_file",
            "constraints",
            "extras",
            "groups",
            "upgrade",
            "upgrade_packages",
            "dry_run",
            "check",
            "exclude_newer",
            "pre",
            "python_versions",
            "python_platforms",
            "index_url",
            "extra_index_urls",
        ],
        examples: "  pinfold compile                      Lock requirements.in, keeping existing pins
  pinfold compile -P urllib3           Upgrade urllib3 and what that requires
  pinfold compile pyproject.toml --extra web --python-platform linux -o web.txt",
        notes: "\
Each option can also be set by an environment variable (PINFOLD_INDEX_URL for --index-url) or by a
key in the [compile] table of pinfold.toml (index-url).",
    },
    Page {
        path: &["docker"],
        common: &[
            "ignore",
            "exclude",
            "upgrade",
            "upgrade_images",
            "dry_run",
            "check",
            "platform",
            "format",
        ],
        examples: "  pinfold docker                       Pin all images below the current directory
  pinfold docker -P python:3.12        Move python:3.12 to its current digest
  pinfold docker --check Dockerfile    Fail if an image in this file is not pinned",
        notes: "",
    },
    Page {
        path: &["docker", "verify"],
        common: &["ignore", "exclude", "platforms", "format"],
        examples: "  pinfold docker verify                Check all pinned digests below the current directory
  pinfold docker verify --platform linux/amd64,linux/arm64 Dockerfile",
        notes: "",
    },
    Page {
        path: &["docker", "explain"],
        common: &["ignore", "exclude", "format"],
        examples: "  pinfold docker explain               Show all images below the current directory
  pinfold docker explain --format json compose.yaml",
        notes: "",
    },
    Page {
        path: &["update"],
        common: &[
            "list",
            "dry_run",
            "check",
            "commit",
            "branch",
            "only",
            "plan_out",
            "cooldown",
            "index_url",
            "format",
            "report",
        ],
        examples: "  pinfold update --list                List the lock files and images of this repository
  pinfold update --dry-run             Show what would change
  pinfold update --commit --report pr.md",
        notes: "",
    },
    Page {
        path: &["apply"],
        common: &[
            "commit",
            "branch",
            "index_url",
            "config",
            "format",
            "report",
        ],
        examples: "  pinfold update --dry-run --plan-out plan.json
  pinfold apply plan.json              Write the files of the plan
  pinfold apply plan.json --commit     Commit them to pinfold/update instead",
        notes: "",
    },
    Page {
        path: &["explain"],
        common: &[
            "lock",
            "all",
            "format",
            "python_versions",
            "python_platforms",
            "index_url",
            "offline",
        ],
        examples: "  pinfold explain urllib3              Explain its version in requirements.txt
  pinfold explain urllib3 --lock dev.txt --all
  pinfold explain urllib3 --format json",
        notes: "",
    },
    Page {
        path: &["init"],
        common: &["workflows", "force", "dry_run"],
        examples: "  pinfold init                         Write pinfold.toml
  pinfold init --workflow github       Write .github/workflows/pinfold.yml",
        notes: "",
    },
    Page {
        path: &["completions"],
        common: &[],
        examples: "  pinfold completions bash > ~/.local/share/bash-completion/completions/pinfold
  pinfold completions fish > ~/.config/fish/completions/pinfold.fish",
        notes: "",
    },
];

/// Returns clap's answer with the whole help in it, if help is what it answers with.
pub(super) fn complete(
    error: clap::Error,
    command: impl FnOnce() -> Command,
    words: &[OsString],
) -> clap::Error {
    if !matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return error;
    }
    match full(command()).try_get_matches_from(words) {
        Err(complete) => complete,
        Ok(_) => error,
    }
}

/// Adds to the definitions what only help needs.
fn full(command: Command) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .global(true)
        .help_heading("Global options")
        .help("Print help (`-h`: the most used options, `--help`: all)");
    PAGES
        .iter()
        .fold(command, |command, page| add(command, page.path, page))
        .disable_help_flag(true)
        .propagate_version(false)
        .arg(help)
}

fn add(command: Command, path: &[&'static str], page: &Page) -> Command {
    if let [first, rest @ ..] = path {
        return command.mut_subcommand(first, |command| add(command, rest, page));
    }
    let is_common =
        |option: &Arg| option.is_positional() || page.common.contains(&option.get_id().as_str());
    let header = STYLES.get_header();
    let examples = format!("{header}Examples:{header:#}\n{}", page.examples);
    let end = match page.notes {
        "" => examples.clone(),
        notes => format!("{examples}\n\n{notes}"),
    };
    command
        .mut_args(|option| {
            let is_hidden = !is_common(&option);
            option.hide_short_help(is_hidden)
        })
        .after_help(examples)
        .after_long_help(end)
}

#[cfg(test)]
mod tests {
    use super::super::layers;
    use super::*;

    /// How many lines one screen has.
    const SCREEN: usize = 40;

    fn render(words: &[&str]) -> String {
        let mut all = vec![OsString::from("pinfold")];
        all.extend(words.iter().map(OsString::from));
        let command = layers::command().term_width(100);
        let error = command.clone().try_get_matches_from(&all).unwrap_err();
        complete(error, || command, &all).render().to_string()
    }

    fn leaf<'a>(mut command: &'a Command, path: &[&str]) -> &'a Command {
        for name in path {
            command = command.find_subcommand(name).unwrap();
        }
        command
    }

    #[test]
    fn the_short_help_of_each_command_fits_one_screen() {
        let mut too_long = Vec::new();
        for page in PAGES {
            let help = render(&[page.path, &["-h"]].concat());
            let lines = help.lines().count();
            if lines > SCREEN {
                too_long.push(format!("{lines} lines:\n{help}"));
            }
            assert!(help.contains("\nExamples:\n"), "{help}");
            assert!(
                help.lines().all(|line| line.chars().count() <= 100),
                "{help}"
            );
        }
        assert!(too_long.is_empty(), "{}", too_long.join("\n"));
    }

    #[test]
    fn what_the_short_help_shows_exists() {
        let command = layers::command();
        for page in PAGES {
            let command = leaf(&command, page.path);
            for id in page.common {
                let mut options = command.get_arguments();
                let option = options.find(|option| option.get_id() == id);
                assert!(
                    option.is_some_and(|option| !option.is_hide_set()),
                    "{:?}: {id}",
                    page.path
                );
            }
        }
    }

    #[test]
    fn each_command_has_examples_that_parse() {
        fn check(command: &Command, path: &[&str]) {
            let page = PAGES.iter().find(|page| page.path == path);
            let page = page.unwrap_or_else(|| panic!("{path:?} has no examples"));
            let examples: Vec<&str> = page.examples.lines().collect();
            assert!((2..=4).contains(&examples.len()), "{path:?}");
            for example in examples {
                let line = example.trim().split("   ").next().unwrap();
                let line = line.split(" > ").next().unwrap();
                let matches = layers::command().try_get_matches_from(line.split_whitespace());
                assert!(matches.is_ok(), "{line}: {}", matches.unwrap_err());
            }
            for command in command.get_subcommands().filter(|one| !one.is_hide_set()) {
                check(command, &[path, &[command.get_name()]].concat());
            }
        }
        check(&layers::command(), &[]);
    }

    #[test]
    fn help_is_a_command_too() {
        for path in [&["compile"][..], &["docker", "verify"]] {
            let typed = render(&[&["help"], path].concat());
            assert_eq!(typed, render(&[path, &["--help"]].concat()));
            assert!(typed.contains("--no-progress") && typed.contains("Examples:"));
        }
        assert!(render(&["help"]).contains("Exit codes:"));
    }
}
