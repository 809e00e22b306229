//! From what was typed behind `pinfold explain` to what is wanted.

use std::path::{Path, PathBuf};

use super::args::Explain;
use crate::cli::failure::Failure;
use crate::cli::repository::{self, Place};
use crate::cli::{project, settings};
use crate::command::seen_from;
use crate::ops::explain::Explain as Request;
use crate::ops::update::{self, Gathered, Update};
use crate::ops::{Compile, Run, View};
use crate::python::ProjectName;
use crate::text::shell_path;
use crate::update::LockTarget;

/// Returns what a command line asks for, and what is doubtful about it.
pub(super) fn explain(args: &Explain) -> Result<(Request, Option<String>), Failure> {
    let project: ProjectName = args.name.parse().map_err(|_| {
        Failure::usage(
            format!("`{}` is not the name of a project", args.name),
            Some("name one as in the lock file: `pinfold explain urllib3`".to_owned()),
        )
    })?;
    refuse_moves(args)?;
    let place = repository::place(&args.compile.configuration)?;
    let now = jiff::Timestamp::now();
    // Who has no configuration may well not know what a cooldown is.
    let policy = (!place.project.name.is_empty())
        .then(|| repository::configured_policy(&place.project.config, now));
    let (compile, doubt) = if args.compile.sources.is_empty() {
        of_lock(args, &place, now)?
    } else {
        (as_typed(args, &place)?, None)
    };
    let request = Request {
        compile,
        project,
        policy,
    };
    Ok((request, doubt))
}

/// What would be silently of no use is refused.
fn refuse_moves(args: &Explain) -> Result<(), Failure> {
    let compile = &args.compile;
    for (option, is_given) in [
        ("--upgrade", compile.upgrade),
        ("--upgrade-package", !compile.upgrade_packages.is_empty()),
        ("--refresh-hashes", compile.refresh_hashes),
        ("--dry-run", compile.dry_run),
        ("--check", compile.check),
    ] {
        if is_given {
            return Err(Failure::usage(
                format!("`{option}` has no effect here: nothing is upgraded or written"),
                Some("`pinfold explain` tries the newest version by itself".to_owned()),
            ));
        }
    }
    Ok(())
}

/// Returns what the command line says of sources and options, as for `compile`.
fn as_typed(args: &Explain, place: &Place) -> Result<Compile, Failure> {
    let lock = args.lock.as_ref().or(args.compile.output_file.last());
    let outputs = settings::Outputs::named(lock.map(String::as_str));
    settings::compile_to(&outputs, &args.compile, &place.project)
}

/// What is asked for, and what is doubtful about it.
type Doubtful = (Compile, Option<String>);

/// Returns what the lock says of itself, the command line having the last word.
fn of_lock(args: &Explain, place: &Place, now: jiff::Timestamp) -> Result<Doubtful, Failure> {
    let mut scope = surroundings(args, place, now)?;
    let mut gathered = update::gather(&scope);
    let named = args
        .lock
        .clone()
        .or_else(|| args.compile.output_file.last().cloned());
    let path = match named {
        Some(path) => path,
        None => match default_lock(args, place, &gathered)? {
            Default::At(path) => path,
            Default::Derived => return Ok((as_typed(args, place)?, None)),
        },
    };
    if path == "-" || !Path::new(&path).is_file() {
        return Err(no_lock(&path));
    }
    let output = repository::below(&place.root, Path::new(&path));
    if let Ok(output) = &output
        && gathered.locks.iter().all(|target| target.output != *output)
    {
        // It may be one that git does not keep.
        scope.paths = vec![output.clone()];
        gathered = update::gather(&scope);
    }
    let target = output.as_ref().ok().and_then(|output| {
        let mut locks = gathered.locks.iter();
        locks.find(|target| target.output == *output)
    });
    // What is only found by its name may have been made with any options: those of the
    // command line are as good, unless there are none to be had.
    let Some(target) = target else {
        let skipped = output.ok().and_then(|output| {
            let mut skipped = gathered.skipped.iter();
            skipped.find(|skipped| skipped.path == output)
        });
        return unsaid(
            args,
            place,
            &path,
            skipped.map(|skipped| skipped.why.as_str()),
        );
    };
    Ok((recorded(args, place, target)?, None))
}

/// Returns what a lock's own command asks for, the command line having the last word.
fn recorded(args: &Explain, place: &Place, target: &LockTarget) -> Result<Compile, Failure> {
    let args = &args.compile;
    let said = settings::options(args, &[], None)?;
    let own = &target.options;
    // A lock that says nothing of a target is this machine's, as it is for `compile`.
    let is_silent =
        own.python_versions.is_empty() && own.python_platforms.is_empty() && own.targets.is_empty();
    let mut recorded = update::recorded(target);
    if is_silent || args.python.as_ref().is_some_and(|text| !text.is_empty()) {
        recorded.python_versions.clear();
        recorded.python_platforms.clear();
        recorded.targets.clear();
    }
    let output = recorded.output.clone();
    let mut options = recorded.overlaid(said);
    options.output = output;
    options.format = target.format();
    let folder = place.root.join(&target.folder);
    let run = settings::run(args)?;
    let configured = settings::configured_indexes(&place.project, run.now)?;
    let run = Run {
        view: View::at(place.root.clone()).seen_from(&target.folder),
        current_directory: settings::path_text(&folder)?,
        ..run
    };
    let mut compile = Compile::new(&options, configured, run);
    let output = seen_from(&target.folder, &target.output);
    compile.output.write_only(output.into());
    settings::of_this_run(args, &mut compile)?;
    Ok(compile)
}

/// Returns what a lock is made of that does not say it: what `compile` would take here, if
/// that would write this lock. `why` is why its header could not be followed, if it has one.
fn unsaid(
    args: &Explain,
    place: &Place,
    path: &str,
    why: Option<&str>,
) -> Result<Doubtful, Failure> {
    let is_default = settings::source_names(&args.compile).is_ok_and(|names| {
        let derived = default_output(args, &names);
        derived.is_ok_and(|derived| derived.as_deref() == Some(Path::new(path)))
    });
    if is_default {
        let doubt = why.map(|why| {
            format!(
                "`{path}` is explained as `pinfold compile` would make it here, because its header \
                 was not followed: {why}"
            )
        });
        return Ok((as_typed(args, place)?, doubt));
    }
    let why = why.unwrap_or("its header does not name its sources");
    Err(Failure::usage(
        format!("the sources of `{path}` are unknown: {why}"),
        Some(format!(
            "name its sources: `pinfold explain {} requirements.in --lock {}`",
            args.name,
            shell_path(path)
        )),
    ))
}

/// Where a lock is when nobody names it.
enum Default {
    At(String),
    /// Where `compile` would write it.
    Derived,
}

/// Returns the lock that `compile` would write here, else the only one there is.
fn default_lock(args: &Explain, place: &Place, gathered: &Gathered) -> Result<Default, Failure> {
    let names = match settings::source_names(&args.compile) {
        Ok(names) => names,
        Err(failure) => {
            let here = settings::current_directory()?;
            let is_here = |target: &&LockTarget| place.root.join(&target.output).starts_with(&here);
            let locks: Vec<&LockTarget> = gathered.locks.iter().filter(is_here).collect();
            return match &locks[..] {
                [] => Err(failure),
                [one] => Ok(Default::At(shown(&place.root, &here, one))),
                several => {
                    let names: Vec<String> = several
                        .iter()
                        .take(5)
                        .map(|one| format!("`{}`", shown(&place.root, &here, one)))
                        .collect();
                    Err(Failure::usage(
                        format!("found {} lock files: {}", several.len(), names.join(", ")),
                        Some("choose one with `--lock FILE`".to_owned()),
                    ))
                }
            };
        }
    };
    let Some(output) = default_output(args, &names)? else {
        return Ok(Default::Derived);
    };
    if !output.is_file() {
        return Err(no_lock(&output.display().to_string()));
    }
    Ok(Default::At(output.display().to_string()))
}

/// Returns the lock that is named as an output, else the one that `compile` would write.
fn default_output(args: &Explain, names: &[String]) -> Result<Option<PathBuf>, Failure> {
    let lock = args.compile.output_file.last();
    settings::output(&settings::Outputs::named(lock.map(String::as_str)), names)
}

fn shown(root: &Path, here: &Path, target: &LockTarget) -> String {
    project::shown(&root.join(&target.output), here)
}

fn no_lock(path: &str) -> Failure {
    Failure::usage(
        if path == "-" {
            "standard output is not a lock file".to_owned()
        } else {
            format!("there is no lock file `{path}`")
        },
        Some("create it with `pinfold compile`, or choose another with `--lock FILE`".to_owned()),
    )
}

/// Returns what there is to know of the repository, as for an update.
fn surroundings(args: &Explain, place: &Place, now: jiff::Timestamp) -> Result<Update, Failure> {
    let os_variable = |name: &str| std::env::var_os(name);
    let http = settings::http(&args.compile, os_variable)?;
    let cache = settings::cache(&args.compile.network, os_variable);
    Ok(Update {
        refresh: settings::refresh(&args.compile)?,
        ..repository::surroundings(place, now, http, cache)?
    })
}
