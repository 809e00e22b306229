//! What is compiled for a lock of the repository.

use super::scope::Update;
use crate::command::{AsWritten, Options, seen_from};
use crate::ops::{Compile, Run, View};
use crate::python::Platform;
use crate::resolve::Constraint;
use crate::text::shell_path;
use crate::update::{LockTarget, TargetFailure};

/// The platform of locks that do not say theirs: what containers mostly are.
const DEFAULT_PLATFORM: &str = "linux";

/// Returns how a lock of the repository is made, as its own command says it.
pub fn recorded(target: &LockTarget) -> Options {
    let mut options = target.as_run();
    if options.python_platforms.is_empty() && options.targets.is_empty() {
        let usual = DEFAULT_PLATFORM.parse::<AsWritten<Platform>>();
        options.python_platforms.extend(usual);
    }
    options
}

/// Returns the compilation of a lock that moves what the policy lets move.
pub(super) fn request(
    update: &Update,
    target: &LockTarget,
    view: &View,
    bounds: &[Constraint],
) -> Result<Compile, TargetFailure> {
    // Paths are seen from where the command was run, so that comments stay as they are.
    let folder = update.root.join(&target.folder);
    let current_directory = folder.to_str().ok_or_else(|| TargetFailure {
        message: "the path of its directory is not UTF-8".to_owned(),
        details: Vec::new(),
        tried: Vec::new(),
        reproduce: format!("pinfold update {} --dry-run", shell_path(&target.output)),
        transient: false,
    })?;
    let run = Run {
        now: update.now,
        is_last: false,
        as_of: update.policy.as_of,
        http: update.http.clone(),
        login: update.login.clone(),
        cache: update.cache.clone(),
        resolution_timeout: Run::RESOLUTION_TIMEOUT,
        refresh: update.refresh.clone(),
        view: view.seen_from(&target.folder),
        current_directory: current_directory.to_owned(),
        variable: (update.variable)(),
    };
    let configured = update.index_configs.clone();
    let mut request = Compile::new(&recorded(target), configured, run);
    let output = seen_from(&target.folder, &target.output);
    request.output.write_only(output.into());
    request.sources.bounds = bounds.to_vec();
    request.selection.upgrade = true;
    request.selection.gate = Some(update.policy.clone());
    if target.options.index_url.is_none() {
        request.indexes.default.clone_from(&update.index_url);
    }
    if let Some(command) = &target.custom_command {
        request.output.command.clone_from(command);
    }
    Ok(request)
}
