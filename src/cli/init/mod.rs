//! `pinfold init`: what is written, and what is said.

pub(super) mod args;

use std::fmt::Write as _;
use std::path::Path;

use self::args::{Init, WorkflowKind};
use super::exit;
use super::failure::Failure;
use super::project::{self, shown};
use super::session::stdout_failed;
use super::settings::current_directory;
use crate::config::{CommitConfig, DEFAULT_BASE};
use crate::ops::init::{self, Initial, Surroundings, Workflow};
use crate::ui::Printer;

impl From<WorkflowKind> for Workflow {
    fn from(kind: WorkflowKind) -> Self {
        match kind {
            WorkflowKind::Github => Self::Github,
            WorkflowKind::Gitlab => Self::Gitlab,
            WorkflowKind::Systemd => Self::Systemd,
            WorkflowKind::Kubernetes => Self::Kubernetes,
        }
    }
}

/// Runs `pinfold init`.
pub(super) fn run(args: &Init, printer: &Printer) -> Result<u8, Failure> {
    let here = current_directory()?;
    let folder = match &args.folder {
        Some(folder) => here.join(folder),
        None => init::root_of(&here).to_owned(),
    };
    if !folder.is_dir() {
        return Err(Failure::usage(
            format!("`{}` is not a directory", folder.display()),
            None,
        ));
    }
    let workflows: Vec<Workflow> = args.workflows.iter().copied().map(Into::into).collect();
    // Who asks for a configuration has none, or one that is to be replaced.
    let commit = if workflows.is_empty() {
        CommitConfig::default()
    } else {
        project::read(None, &folder)?.config.commit
    };
    let says_base = commit.base.is_some();
    let initial = init::init(&init::Init {
        folder: folder.clone(),
        workflows,
        commit,
    });
    if args.dry_run {
        return print(&initial, printer);
    }
    if !args.force {
        refuse_to_overwrite(args, &initial, &folder)?;
    }
    initial.write()?;
    let names: Vec<String> = initial
        .files
        .iter()
        .map(|file| format!("`{}`", shown(&file.path, &here)))
        .collect();
    printer.line(&format!("Wrote {}", names.join(", ")));
    if args.workflows.is_empty() {
        printer.line(&found(&initial.surroundings));
    } else {
        printer.line("The comments at the top say what remains to be set up");
        if let Some(base) = initial.surroundings.base.as_ref().filter(|_| !says_base) {
            printer.warning(&format!(
                "the default branch seems to be `{base}`, not `{DEFAULT_BASE}`: \
                 set `base = \"{base}\"` under `[commit]` in the configuration"
            ));
        }
    }
    Ok(exit::DONE)
}

fn refuse_to_overwrite(args: &Init, initial: &Initial, folder: &Path) -> Result<(), Failure> {
    let there: Vec<String> = initial
        .files
        .iter()
        .filter(|file| file.exists)
        .map(|file| format!("`{}`", file.name))
        .collect();
    if !there.is_empty() {
        let (exist, it) = match there.len() {
            1 => ("exists", "it"),
            _ => ("exist", "them"),
        };
        return Err(Failure::usage(
            format!("{} already {exist}", there.join(", ")),
            Some(format!(
                "`--dry-run` prints what would be written, `--force` overwrites {it}"
            )),
        ));
    }
    if args.workflows.is_empty() && project::is_in_pyproject(folder)? {
        return Err(Failure::usage(
            "`pyproject.toml` already has a configuration, in `[tool.pinfold]`".to_owned(),
            Some(
                "edit that one, or write a `pinfold.toml` that takes precedence with `--force`"
                    .to_owned(),
            ),
        ));
    }
    Ok(())
}

/// Prints one file as it is, several with their names between them.
fn print(initial: &Initial, printer: &Printer) -> Result<u8, Failure> {
    let mut text = String::new();
    for file in &initial.files {
        if initial.files.len() > 1 {
            // A comment in TOML, YAML and unit files alike.
            let _ = writeln!(text, "##### {} #####", file.name);
        }
        text.push_str(&file.text);
    }
    printer
        .data(text.as_bytes())
        .map_err(|error| stdout_failed(&error))?;
    for file in initial.files.iter().filter(|file| file.exists) {
        printer.note(&format!(
            "`{}` already exists; `--force` overwrites it",
            file.name
        ));
    }
    Ok(exit::DONE)
}

fn found(surroundings: &Surroundings) -> String {
    let count = |number: usize, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let counts: Vec<String> = [
        count(
            surroundings.requirements.len(),
            "requirements file",
            "requirements files",
        ),
        count(
            surroundings.containers.len(),
            "file with images",
            "files with images",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if counts.is_empty() {
        return "Found no requirements, Dockerfiles, or compose files yet".to_owned();
    }
    format!(
        "Found {}; `pinfold update --dry-run` shows what would change",
        counts.join(" and ")
    )
}
