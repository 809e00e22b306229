//! `pinfold update` and `pinfold apply`.

pub(super) mod args;
mod json;
pub(super) mod settings;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use self::args::{Apply, Update};
use super::args::shared::Format;
use super::exit;
use super::failure::{self, Failure};
use super::repository;
use super::session::{Ended, observer, run_to_end, stdout_failed};
use super::settings::standard_input;
use super::stop;
use crate::config::{CommitConfig, DEFAULT_BRANCH, DEFAULT_MESSAGE};
use crate::files::{self, Recovered};
use crate::forge::Committed;
use crate::ops::update::{self, ApplyError, Gathered, Update as Request};
use crate::text::{many, shell_path};
use crate::ui::{Diagnostic, Printer};
use crate::update::{
    Context, Outputs, Plan, Status, TargetFailure, annotations, github_outputs, markdown, summary,
    terminal,
};

/// How long a report may be where nobody says otherwise: GitHub takes 65,536 characters.
const REPORT_BYTES: usize = 60_000;
/// What GitHub Actions takes for the summary of a step.
const SUMMARY_BYTES: usize = 1_000_000;

/// Runs `pinfold update`.
pub(super) fn run(args: &Update, printer: &Printer, shows_progress: bool) -> Result<u8, Failure> {
    let place = repository::place(&args.configuration)?;
    let (mut request, registry) = settings::update(args, &place)?;
    request.http.observer = observer(printer);
    check_place(args.plan_out.as_deref())?;
    check_place(args.report.as_deref())?;
    // A plan is for `apply`, which does the writing.
    let is_plan_alone = args.plan_out.is_some() && !args.commit;
    let writes = !(args.list || args.dry_run || args.check || is_plan_alone);
    let _held = if writes {
        Some(hold(&place.root, printer)?)
    } else {
        None
    };
    let mut gathered = update::gather(&request);
    check_named(&request, &mut gathered, args.list, printer)?;
    if args.commit {
        update::note_uncommitted(&place.root, &mut gathered)
            .map_err(|error| Failure::of(apply_failed(&error)))?;
    }
    if args.list {
        list(&gathered, args.output.format, printer)?;
        return Ok(exit::DONE);
    }
    let ended = run_to_end(printer, shows_progress, async |teller| {
        update::decide(&request, gathered, &registry, teller).await
    })?;
    let mut plan = match ended {
        Ended::Done(result) => result?,
        Ended::Stopped(code) => return Ok(code),
    };
    for notice in registry.notices() {
        printer.warning(&notice);
    }
    if let Some(path) = &args.plan_out {
        write_file(path, plan.to_json().as_bytes())?;
    }
    let carried = if writes {
        let message = Message::of(&place.project.config.commit, args.branch.as_deref());
        carry_out(
            &mut plan,
            &place.root,
            args.commit.then_some(&message),
            printer,
        )?
    } else {
        Carried::default()
    };
    let results = Results {
        format: args.output.format,
        report: args.report.as_deref(),
    };
    tell(&plan, &carried, &results, printer)?;
    if !writes && !plan.is_empty() {
        printer.line(&match &args.plan_out {
            Some(path) if !(args.dry_run || args.check) => format!(
                "Nothing but the plan was written; `pinfold apply {}` carries it out",
                path.display()
            ),
            _ => "Dry run: nothing was written".to_owned(),
        });
    }
    if args.dry_run && args.output.format == Format::Text {
        diffs(&plan, &place.root, printer)?;
    }
    let code = code_of(&plan);
    if code == exit::DONE && args.check && !plan.is_empty() {
        return Ok(exit::NO);
    }
    Ok(if carried.has_failed {
        exit::FAILED
    } else {
        code
    })
}

/// Complains about paths that were named and of which nothing is updated.
fn check_named(
    request: &Request,
    gathered: &mut Gathered,
    is_list: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let help = || Some("`pinfold update --list` shows all targets".to_owned());
    for path in &gathered.unmatched {
        let full = request.root.join(path);
        if !full.exists() {
            return Err(Failure::usage(format!("there is no `{path}`"), help()));
        }
        if !is_list && !full.is_dir() {
            let message = format!("found nothing to update in `{path}`");
            return Err(Failure::usage(message, help()));
        }
        let message = format!("found nothing to update in `{path}`");
        printer.warning(&message);
        gathered.notes.push(message);
    }
    let mut skipped = gathered.skipped.iter();
    match skipped.find(|skipped| request.paths.contains(&skipped.path)) {
        Some(skipped) if !is_list => Err(Failure::usage(
            format!("cannot update `{}`: {}", skipped.path, skipped.why),
            None,
        )),
        _ => Ok(()),
    }
}

/// Runs `pinfold apply`.
pub(super) fn apply(args: &Apply, printer: &Printer) -> Result<u8, Failure> {
    stop::watch(printer);
    let place = repository::place(&args.configuration)?;
    let bytes = if args.plan == Path::new("-") {
        standard_input()?
    } else {
        files::read_input(&args.plan)?
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("`{}` is not UTF-8", args.plan.display()), None))?;
    let mut plan = Plan::parse(&text).map_err(|error| {
        Failure::usage(
            error.to_string(),
            Some("create a new plan with `pinfold update --plan-out FILE`".to_owned()),
        )
    })?;
    check_place(args.report.as_deref())?;
    let _held = hold(&place.root, printer)?;
    let refused = |error: ApplyError| Failure::of(apply_failed(&error));
    update::check_configuration(&plan, &place.root).map_err(refused)?;
    update::confirm(
        &mut settings::apply(args.index_url.as_deref(), &place)?,
        &plan,
    )
    .map_err(refused)?;
    let message = Message::of(&place.project.config.commit, args.branch.as_deref());
    let carried = carry_out(
        &mut plan,
        &place.root,
        args.commit.then_some(&message),
        printer,
    )?;
    let results = Results {
        format: args.output.format,
        report: args.report.as_deref(),
    };
    tell(&plan, &carried, &results, printer)?;
    Ok(if carried.has_failed {
        exit::FAILED
    } else {
        exit::DONE
    })
}

/// Makes sure that no other run is at work here, and mends what one left half-done.
fn hold(root: &Path, printer: &Printer) -> Result<update::RepositoryLock, Failure> {
    let lock =
        update::lock(root).map_err(|error| Failure::usage(error.to_string(), error.help()))?;
    match update::recover(root)? {
        Recovered::Nothing => {}
        Recovered::Finished(files) => printer.warning(&format!(
            "finished an interrupted run: {} written",
            many(files.len(), "file")
        )),
        Recovered::Undone { restored, .. } => printer.warning(&format!(
            "rolled back an interrupted run: {} restored",
            many(restored.len(), "file")
        )),
    }
    Ok(lock)
}

fn list(gathered: &Gathered, format: Format, printer: &Printer) -> Result<(), Failure> {
    for note in &gathered.notes {
        printer.note(note);
    }
    let is_empty =
        gathered.locks.is_empty() && gathered.images.is_empty() && gathered.skipped.is_empty();
    if is_empty {
        printer.line("Found nothing to update");
    }
    let result = match format {
        Format::Text => printer.text(&listed(gathered)),
        Format::Json => printer.data(&json::listed(gathered)?),
    };
    result.map_err(|error| stdout_failed(&error))
}

fn listed(gathered: &Gathered) -> String {
    let mut text = String::new();
    for target in &gathered.locks {
        let groups = target.options.groups.iter();
        let groups = groups.map(|group| format!("group {group}"));
        let sources = target.options.sources.iter().cloned().chain(groups);
        let _ = writeln!(
            text,
            "{}  {}; from {}",
            target.output,
            update::found(&target.why),
            sources.collect::<Vec<_>>().join(", ")
        );
    }
    for path in &gathered.images {
        let _ = writeln!(text, "{path}  by its name");
    }
    for skipped in &gathered.skipped {
        let _ = writeln!(text, "skipped: {}  {}", skipped.path, skipped.why);
    }
    text
}

/// Where and how a commit is made.
struct Message {
    branch: String,
    subject: String,
}

impl Message {
    fn of(config: &CommitConfig, branch: Option<&str>) -> Self {
        Self {
            branch: match (branch, &config.branch) {
                (Some(branch), _) => branch.to_owned(),
                (None, Some(branch)) => branch.value.clone(),
                (None, None) => DEFAULT_BRANCH.to_owned(),
            },
            subject: match &config.message {
                Some(message) => message.value.clone(),
                None => DEFAULT_MESSAGE.to_owned(),
            },
        }
    }
}

/// What became of the plan.
#[derive(Default)]
struct Carried {
    has_failed: bool,
    /// The groups that were left as they were.
    left: Vec<usize>,
    branch: Option<String>,
    commit: Option<String>,
}

fn carry_out(
    plan: &mut Plan,
    root: &Path,
    message: Option<&Message>,
    printer: &Printer,
) -> Result<Carried, Failure> {
    let mut carried = Carried::default();
    let Some(message) = message else {
        let applied = update::apply(plan, root);
        for (group, error) in &applied.failed {
            printer.diagnostic(&apply_failed(error));
            leave(plan, *group, error);
            carried.left.push(*group);
        }
        carried.has_failed = !applied.failed.is_empty();
        return Ok(carried);
    };
    let committed = match update::commit(plan, root, &message.branch, &message.subject) {
        Ok((committed, left)) => {
            for (group, error) in &left {
                printer.diagnostic(&apply_failed(error));
                leave(plan, *group, error);
                carried.left.push(*group);
            }
            carried.has_failed = !left.is_empty();
            committed
        }
        Err(error) => {
            return Err(Failure::of(apply_failed(&error)));
        }
    };
    match committed {
        Committed::Created(commit) => {
            printer.line(&format!(
                "Committed {} to `{}`",
                commit.short(),
                message.branch
            ));
            carried.commit = Some(commit.as_str().to_owned());
        }
        Committed::Unchanged(commit) => {
            printer.line(&format!(
                "`{}` is already up to date, at {}",
                message.branch,
                commit.short()
            ));
            carried.commit = Some(commit.as_str().to_owned());
        }
        Committed::Nothing => {}
        Committed::Foreign { why, .. } => {
            printer.diagnostic(
                &Diagnostic::warning(format!("`{}` was not changed: {why}", message.branch))
                    .with_help("merge or delete the branch, or use another with `--branch`"),
            );
        }
    }
    carried.branch = Some(message.branch.clone());
    Ok(carried)
}

/// Lets a plan say that a group of targets was left as it was, so that reports do, too.
fn leave(plan: &mut Plan, group: usize, error: &ApplyError) {
    for target in &mut plan.targets {
        if target.group != group || target.files.is_empty() {
            continue;
        }
        target.files.clear();
        target.pins.clear();
        target.images.clear();
        target.status = Status::Failed;
        target.failed = Some(TargetFailure {
            message: error.to_string(),
            details: Vec::new(),
            tried: Vec::new(),
            reproduce: format!("pinfold update {}", shell_path(&target.path)),
            transient: false,
        });
    }
}

fn apply_failed(error: &ApplyError) -> Diagnostic {
    match error {
        ApplyError::File(error) => failure::file(error),
        ApplyError::Forge(error) => {
            let mut diagnostic = Diagnostic::error(error.to_string());
            diagnostic.help = error.help();
            diagnostic
        }
        ApplyError::Changed(_) | ApplyError::Refused { .. } => Diagnostic::error(error.to_string())
            .with_help("create a new plan with `pinfold update --plan-out FILE`"),
        ApplyError::Untracked(_) => Diagnostic::error(error.to_string())
            .with_help("add and commit the file, then run again"),
        ApplyError::Dirty(_) => Diagnostic::error(error.to_string())
            .with_help("commit or stash the changes, then run again"),
        other => Diagnostic::error(other.to_string()),
    }
}

/// Where the report goes.
struct Results<'a> {
    format: Format,
    report: Option<&'a Path>,
}

/// Gives the report everywhere it is wanted.
fn tell(
    plan: &Plan,
    carried: &Carried,
    results: &Results<'_>,
    printer: &Printer,
) -> Result<(), Failure> {
    let report = results.report;
    if let Some(path) = report {
        let text = markdown(plan, &Context::default(), REPORT_BYTES);
        write_file(path, text.as_bytes())?;
    }
    let file_of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = file_of("GITHUB_STEP_SUMMARY") {
        let text = markdown(plan, &Context::default(), SUMMARY_BYTES);
        append(Path::new(&path), &text)?;
    }
    if let Some(path) = file_of("GITHUB_OUTPUT") {
        let delimiter = format!("pinfold-{:016x}{:016x}", random(), random());
        let report = report.map(|path| path.display().to_string());
        let outputs = Outputs {
            branch: carried.branch.as_deref(),
            commit: carried.commit.as_deref(),
            report: report.as_deref(),
            delimiter: &delimiter,
        };
        append(Path::new(&path), &github_outputs(plan, &outputs))?;
    }
    if results.format == Format::Json {
        printer
            .data(plan.to_json().as_bytes())
            .map_err(|error| stdout_failed(&error))?;
    }
    if printer.is_quiet() {
        for target in &plan.targets {
            // What was left out was said.
            if let Some(failed) = &target.failed
                && !carried.left.contains(&target.group)
            {
                let message = format!("{}: {}", target.path, failed.message);
                printer.diagnostic(&Diagnostic::error(message));
            }
        }
    }
    for line in terminal(plan) {
        printer.line(&line);
    }
    if file_of("GITHUB_ACTIONS").is_some() && results.format == Format::Text {
        printer
            .data(annotations(plan).as_bytes())
            .map_err(|error| stdout_failed(&error))?;
    }
    printer.line(&summary(plan));
    Ok(())
}

/// Returns what nobody can guess: the system's randomness, by way of the keys of maps.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// Prints the difference that the plan makes.
fn diffs(plan: &Plan, root: &Path, printer: &Printer) -> Result<(), Failure> {
    for file in plan.files() {
        let before = files::read(&root.join(&file.path)).ok();
        let before = before.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let after = file.after.bytes().unwrap_or_default();
        printer
            .diff(
                &file.path,
                before.as_deref(),
                &String::from_utf8_lossy(&after),
            )
            .map_err(|error| stdout_failed(&error))?;
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    Ok(files::replace(path, bytes)?)
}

/// Checks that a file can be written later, before work is done for it.
fn check_place(path: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = path else {
        return Ok(());
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(Failure::usage(
            format!(
                "cannot write `{}`: its directory does not exist",
                path.display()
            ),
            Some(format!("create the directory `{}` first", folder.display())),
        ));
    }
    if path.is_dir() {
        return Err(Failure::usage(
            format!("cannot write `{}`: it is a directory", path.display()),
            Some("name a file".to_owned()),
        ));
    }
    Ok(())
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            Failure::usage(format!("cannot write `{}`: {error}", path.display()), None)
        })
}

/// Returns the exit code: what failed for good, then what failed for now.
fn code_of(plan: &Plan) -> u8 {
    let failures: Vec<bool> = plan
        .targets
        .iter()
        .filter(|target| matches!(target.status, Status::Failed | Status::Partial))
        .filter_map(|target| target.failed.as_ref())
        .map(|failed| failed.transient)
        .collect();
    if failures.is_empty() {
        exit::DONE
    } else if failures.iter().all(|is_transient| *is_transient) {
        exit::TRY_LATER
    } else {
        exit::FAILED
    }
}
