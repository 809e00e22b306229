//! How each option is spelled: read from a command of pip-compile, `uv pip compile` or
//! `pinfold compile`, and written as a command of ours.
//!
//! The lists are those of pip-compile 1 to 7.6, uv 0.1 to 0.13 (its hidden flags
//! too) and our own. Long names mean the same in all three, so there is one table
//! of them; short ones do not. A flag that is in no list is an error of the header:
//! what it would change is not known.

use std::fmt::Display;
use std::str::FromStr;

use super::line::Line;
use super::options::Options;
use super::tool::Tool;
use super::values::{Hashes, IndexStrategy, LineEnds, Markers, is_version};
use super::written::AsWritten;
use crate::lock::{Annotations, EmittedOptions, Format, pylock};
use crate::python::{Platform, PlatformValues};
use crate::resolve::{ForkStrategy, PreReleases, Resolution};
use crate::text::{prior_to, without_password};

/// What a flag asks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flag {
    Switch(Switch),
    Value(Value),
}

/// A flag without a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Switch {
    /// It changes the options.
    Set(fn(&mut Options)),
    /// Hashes are written, or not: what is not said the file itself shows.
    Hashes(Hashes),
    /// It changes one run, or where the program works, not the file.
    Ignored,
    /// It changes the file in a way we cannot.
    Unsupported(&'static str),
}

/// A flag with a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// It changes the options; an error says why the value is none.
    Set(fn(&mut Options, &str) -> Result<(), String>),
    /// Of which files hashes are written.
    Hashes,
    /// An interpreter, which may be named by its version.
    Python,
    /// What pip-compile hands on to pip.
    PipArguments,
    Ignored,
    Unsupported(&'static str),
}

/// Reasons, worded to stand behind a flag.
const GROUPS: &str = "name each group with `--group`";
const BUILDS: &str = "pinfold does not lock build requirements";
const PER_PROJECT: &str = "pinfold cannot set this for single projects yet";
pub(super) const NO_CHOICE: &str = "pinfold does not support this value";

/// Returns what a flag means in a tool's command; none if it has no such flag.
///
/// `name` is with its dashes: `--output-file`, `-o`.
pub(super) fn flag(tool: Tool, name: &str) -> Option<Flag> {
    if name.starts_with("--") {
        match (name, tool) {
            ("--color", Tool::PipCompile) => return Some(Flag::Switch(Switch::Ignored)),
            // Before version 6, of the line in the output.
            ("--index", Tool::PipCompile) => {
                return Some(Flag::Switch(set(|options| options.emitted.indexes = true)));
            }
            ("--unsafe-package", Tool::Uv) => return flag(tool, "--no-emit-package"),
            _ => {}
        }
        return switch(name)
            .map(Flag::Switch)
            .or_else(|| value(name).map(Flag::Value));
    }
    flag(tool, long_name(tool, name)?)
}

/// Returns the long name of a short one.
fn long_name(tool: Tool, name: &str) -> Option<&'static str> {
    Some(match (name, tool) {
        ("-o", _) => "--output-file",
        ("-c", _) => "--constraint",
        ("-i", _) => "--index-url",
        ("-f", _) => "--find-links",
        ("-U", _) => "--upgrade",
        ("-P", _) => "--upgrade-package",
        ("-q", _) => "--quiet",
        ("-v", _) => "--verbose",
        ("-h", _) => "--help",
        ("-V", Tool::Pinfold | Tool::Uv) => "--version",
        ("-p", Tool::PipCompile) => "--pre",
        ("-p", Tool::Pinfold | Tool::Uv) => "--python",
        ("-n", Tool::PipCompile | Tool::Pinfold) => "--dry-run",
        ("-n", Tool::Uv) => "--no-cache",
        ("-r", Tool::PipCompile | Tool::Pinfold) => "--rebuild",
        ("-b", Tool::Uv | Tool::Pinfold) => "--build-constraint",
        ("-C", Tool::Uv | Tool::Pinfold) => "--config-setting",
        _ => return None,
    })
}

fn switch(name: &str) -> Option<Switch> {
    Some(match name {
        "--all-extras" => set(|options| options.all_extras = true),
        "--no-all-extras" => set(|options| options.all_extras = false),
        "--no-deps" => set(|options| options.no_deps = true),
        "--verify-metadata" => set(|options| options.verify_metadata = true),
        "--deps" => set(|options| options.no_deps = false),
        "--no-index" => set(|options| options.no_index = true),
        "--pre" => set(|options| options.pre = true),
        "--no-build" => set(|options| options.no_build = true),
        "--build" => set(|options| options.no_build = false),
        "--generate-hashes" => Switch::Hashes(Hashes::All),
        "--no-generate-hashes" | "--no-hashes" => Switch::Hashes(Hashes::None),
        "--annotate" => set(|options| annotate(options, true)),
        "--no-annotate" => set(|options| annotate(options, false)),
        "--header" => set(|options| options.header = true),
        "--no-header" => set(|options| options.header = false),
        "--strip-extras" => set(|options| options.strip_extras = true),
        "--no-strip-extras" => set(|options| options.strip_extras = false),
        "--strip-markers" => set(|options| options.markers = Markers::None),
        "--no-strip-markers" => set(|options| options.markers = Markers::All),
        "--emit-index-url" => set(|options| options.emitted.indexes = true),
        "--no-emit-index-url" => set(|options| options.emitted.indexes = false),
        "--emit-find-links" => set(|options| options.emitted.find_links = true),
        "--no-emit-find-links" => set(|options| options.emitted.find_links = false),
        "--emit-trusted-host" => set(|options| options.emitted.trusted_hosts = true),
        "--no-emit-trusted-host" => set(|options| options.emitted.trusted_hosts = false),
        "--emit-build-options" => set(|options| options.emitted.binary = true),
        "--no-emit-build-options" => set(|options| options.emitted.binary = false),
        "--emit-options" => set(|_| {}),
        "--no-emit-options" => set(|options| options.emitted = EmittedOptions::NONE),
        "--allow-unsafe" => set(|options| options.allow_unsafe = true),
        "--no-allow-unsafe" => set(|options| options.allow_unsafe = false),
        "--emit-index-annotation" => set(|options| options.index_annotation = true),
        "--no-emit-index-annotation" => set(|options| options.index_annotation = false),
        "--input-comments" => set(|options| options.input_comments = true),
        "--no-input-comments" => set(|options| options.input_comments = false),
        "--build-isolation" => set(|options| options.build_isolation = true),
        "--no-build-isolation" => set(|options| options.build_isolation = false),
        "--universal" => set(|options| options.universal = true),
        "--no-universal" => set(|options| options.universal = false),
        "--all-groups" => Switch::Unsupported(GROUPS),
        "--all-build-deps" | "--only-build-deps" => Switch::Unsupported(BUILDS),
        "--help"
        | "--version"
        | "--quiet"
        | "--verbose"
        | "--no-color"
        | "--no-progress"
        | "--check"
        | "--dry-run"
        | "--upgrade"
        | "--no-upgrade"
        | "--rebuild"
        | "--refresh"
        | "--no-refresh"
        | "--refresh-hashes"
        | "--reuse-hashes"
        | "--no-reuse-hashes"
        | "--require-build-hashes"
        | "--no-config"
        | "--foreign-config"
        | "--no-foreign-config"
        | "--no-cache"
        | "--no-cache-dir"
        | "--offline"
        | "--no-offline"
        | "--system"
        | "--no-system"
        | "--break-system-packages"
        | "--native-tls"
        | "--no-native-tls"
        | "--system-certs"
        | "--no-system-certs"
        | "--isolated"
        | "--preview"
        | "--no-preview"
        | "--show-settings"
        | "--managed-python"
        | "--no-managed-python"
        | "--allow-python-downloads"
        | "--no-python-downloads"
        | "--no-sources"
        | "--sources"
        | "--legacy-setup-py"
        | "--emit-marker-expression"
        | "--no-emit-marker-expression" => Switch::Ignored,
        _ => return None,
    })
}

fn value(name: &str) -> Option<Value> {
    Some(match name {
        "--output-file" => Value::Set(output_file),
        "--constraint" | "--constraints" => {
            set_value(|options, value| one(&mut options.constraints, value))
        }
        "--override" | "--overrides" => {
            set_value(|options, value| one(&mut options.overrides, value))
        }
        "--extra" => set_value(|options, value| many(&mut options.extras, value)),
        "--python-version" => Value::Set(python_version),
        "--python" => Value::Python,
        "--python-platform" => {
            set_value(|options, value| one(&mut options.python_platforms, value))
        }
        "--target" => set_value(|options, value| one(&mut options.targets, value)),
        "--platform-release" => {
            set_value(|options, value| parsed(&mut options.platform_values.release, value))
        }
        "--platform-version" => {
            set_value(|options, value| parsed(&mut options.platform_values.version, value))
        }
        "--index-url" | "--default-index" => {
            set_value(|options, value| parsed(&mut options.index_url, &index(value)))
        }
        "--extra-index-url" | "--index" => {
            set_value(|options, value| one(&mut options.extra_index_urls, &index(value)))
        }
        "--find-links" => set_value(|options, value| one(&mut options.find_links, value)),
        "--trusted-host" | "--allow-insecure-host" => {
            set_value(|options, value| one(&mut options.trusted_hosts, value))
        }
        "--index-strategy" => set_value(|options, value| {
            choice(&mut options.index_strategy, IndexStrategy::named(value))
        }),
        "--exclude-newer" => set_value(|options, value| parsed(&mut options.exclude_newer, value)),
        "--uploaded-prior-to" => {
            set_value(|options, value| parsed(&mut options.exclude_newer, &prior_to(value)))
        }
        "--prerelease" => {
            set_value(|options, value| choice(&mut options.prerelease, PreReleases::named(value)))
        }
        "--only-binary" => set_value(|options, value| many(&mut options.only_binary, value)),
        "--no-binary" => set_value(|options, value| many(&mut options.no_binary, value)),
        "--annotation-style" => Value::Set(annotation_style),
        "--unsafe-package" => set_value(|options, value| one(&mut options.unsafe_packages, value)),
        "--newline" => Value::Set(newline),
        "--pip-args" => Value::PipArguments,
        "--resolution" => Value::Set(resolution),
        "--fork-strategy" => Value::Set(fork_strategy),
        "--format" => Value::Set(format),
        "--group" => set_value(|options, value| one(&mut options.groups, value)),
        "--hashes" => Value::Hashes,
        "--exclude-newer-package" => {
            set_value(|options, value| one(&mut options.exclude_newer_packages, value))
        }
        "--no-emit-package" => {
            set_value(|options, value| one(&mut options.no_emit_packages, value))
        }
        "--build-constraint" | "--build-constraints" => {
            set_value(|options, value| one(&mut options.build_constraints, value))
        }
        "--config-setting" | "--config-settings" => {
            set_value(|options, value| one(&mut options.config_settings, value))
        }
        "--build-deps-for" => Value::Unsupported(BUILDS),
        "--exclude" | "--excludes" => {
            Value::Unsupported("pinfold cannot exclude a project from a resolution")
        }
        "--prerelease-package" => Value::Unsupported(PER_PROJECT),
        "--torch-backend" => Value::Unsupported("pinfold uses only the indexes that are listed"),
        "--upgrade-package"
        | "--upgrade-group"
        | "--refresh-package"
        | "--custom-compile-command"
        | "--config-settings-package"
        | "--no-build-isolation-package"
        | "--no-sources-package"
        | "--keyring-provider"
        | "--link-mode"
        | "--max-rounds"
        | "--resolver"
        | "--cache-dir"
        | "--cert"
        | "--client-cert"
        | "--proxy"
        | "--timeout"
        | "--retries"
        | "--config"
        | "--config-file"
        | "--directory"
        | "--project"
        | "--color"
        | "--python-preference"
        | "--python-fetch"
        | "--python-downloads"
        | "--preview-features" => Value::Ignored,
        _ => return None,
    })
}

/// Returns what an option of pip means behind `--pip-args`; none if it is not known.
pub(super) fn pip_flag(name: &str) -> Option<Flag> {
    const PLATFORM: &str = "it is for pip only; set the target in a `[[lock]]` table";
    Some(match name {
        "-i" | "--index-url" | "--pypi-url" => Flag::Value(set_value(|options, value| {
            parsed(&mut options.index_url, &index(value))
        })),
        "--extra-index-url" => Flag::Value(set_value(|options, value| {
            one(&mut options.extra_index_urls, &index(value))
        })),
        "-f" | "--find-links" => Flag::Value(set_value(|options, value| {
            one(&mut options.find_links, value)
        })),
        "--trusted-host" => Flag::Value(set_value(|options, value| {
            one(&mut options.trusted_hosts, value)
        })),
        "--only-binary" => Flag::Value(set_value(|options, value| {
            many(&mut options.only_binary, value)
        })),
        "--no-binary" => Flag::Value(set_value(|options, value| {
            many(&mut options.no_binary, value)
        })),
        "--uploaded-prior-to" => Flag::Value(set_value(|options, value| {
            parsed(&mut options.exclude_newer, &prior_to(value))
        })),
        "--python-version" => Flag::Value(Value::Set(python_version)),
        "-c" | "--constraint" => Flag::Value(set_value(|options, value| {
            one(&mut options.constraints, value)
        })),
        "--build-constraint" => Flag::Value(set_value(|options, value| {
            one(&mut options.build_constraints, value)
        })),
        "-C" | "--config-settings" => Flag::Value(set_value(|options, value| {
            one(&mut options.config_settings, value)
        })),
        "--no-build-isolation" => Flag::Switch(set(|options| options.build_isolation = false)),
        "--no-index" => Flag::Switch(set(|options| options.no_index = true)),
        "--pre" => Flag::Switch(set(|options| options.pre = true)),
        "--no-deps" => Flag::Switch(set(|options| options.no_deps = true)),
        "--platform" | "--abi" | "--implementation" => Flag::Value(Value::Unsupported(PLATFORM)),
        "--retries" | "--timeout" | "--default-timeout" | "--proxy" | "--cert"
        | "--client-cert" | "--cache-dir" | "--use-feature" | "--use-deprecated"
        | "--progress-bar" | "--keyring-provider" | "--exists-action" | "--log" | "--src"
        | "--build" | "--global-option" | "--build-option" | "--resume-retries" => {
            Flag::Value(Value::Ignored)
        }
        "--no-cache-dir"
        | "--disable-pip-version-check"
        | "--no-color"
        | "--no-input"
        | "--quiet"
        | "-q"
        | "--verbose"
        | "-v"
        | "--prefer-binary"
        | "--use-pep517"
        | "--no-use-pep517"
        | "--check-build-dependencies"
        | "--require-virtualenv"
        | "--isolated"
        | "--no-python-version-warning"
        | "--no-warn-conflicts"
        | "--user"
        | "--upgrade"
        | "-U"
        | "--no-clean"
        | "--ignore-installed"
        | "-I"
        | "--debug" => Flag::Switch(Switch::Ignored),
        _ => return None,
    })
}

const fn set(change: fn(&mut Options)) -> Switch {
    Switch::Set(change)
}

const fn set_value(change: fn(&mut Options, &str) -> Result<(), String>) -> Value {
    Value::Set(change)
}

/// Takes the last of several values.
fn parsed<T: FromStr<Err: Display>>(place: &mut Option<T>, value: &str) -> Result<(), String> {
    *place = Some(value.parse().map_err(|error: T::Err| error.to_string())?);
    Ok(())
}

/// Takes a value that has a name of its own.
fn choice<T>(place: &mut Option<T>, choice: Option<T>) -> Result<(), String> {
    *place = Some(choice.ok_or(NO_CHOICE)?);
    Ok(())
}

/// Takes one value more.
fn one<T: FromStr<Err: Display> + PartialEq>(list: &mut Vec<T>, value: &str) -> Result<(), String> {
    let value = value.parse().map_err(|error: T::Err| error.to_string())?;
    if !list.contains(&value) {
        list.push(value);
    }
    Ok(())
}

/// Takes the values of a list with commas.
fn many<T: FromStr<Err: Display> + PartialEq>(
    list: &mut Vec<T>,
    value: &str,
) -> Result<(), String> {
    let parts = value.split(',').map(str::trim);
    for part in parts.filter(|part| !part.is_empty()) {
        one(list, part)?;
    }
    Ok(())
}

/// Returns an index, with its name if it has one; pip-compile puts stars into URLs.
fn index(value: &str) -> String {
    if value.contains(":****@") {
        return without_password(value);
    }
    value.to_owned()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what sets an option may fail, though this does not"
)]
fn output_file(options: &mut Options, value: &str) -> Result<(), String> {
    options.take_output(value);
    Ok(())
}

fn python_version(options: &mut Options, value: &str) -> Result<(), String> {
    if !is_version(value) {
        return Err("this is not a Python version (example: `3.12`)".to_owned());
    }
    one(&mut options.python_versions, value)
}

fn annotate(options: &mut Options, is_wanted: bool) {
    options.annotations = match (is_wanted, options.annotations) {
        (false, _) => Annotations::None,
        (true, Annotations::None) => Annotations::Split,
        (true, as_it_is) => as_it_is,
    };
}

fn annotation_style(options: &mut Options, value: &str) -> Result<(), String> {
    let style = match value.to_ascii_lowercase().as_str() {
        "line" => Annotations::Line,
        "split" => Annotations::Split,
        _ => return Err(NO_CHOICE.to_owned()),
    };
    if options.annotations != Annotations::None {
        options.annotations = style;
    }
    Ok(())
}

fn newline(options: &mut Options, value: &str) -> Result<(), String> {
    options.newline =
        LineEnds::named(value).ok_or("the choices are `lf`, `crlf`, `native` and `preserve`")?;
    Ok(())
}

fn resolution(options: &mut Options, value: &str) -> Result<(), String> {
    options.resolution = Resolution::named(value).ok_or(NO_CHOICE)?;
    Ok(())
}

fn fork_strategy(options: &mut Options, value: &str) -> Result<(), String> {
    options.fork_strategy = ForkStrategy::named(value).ok_or(NO_CHOICE)?;
    Ok(())
}

fn format(options: &mut Options, value: &str) -> Result<(), String> {
    options.format = Format::named(value).ok_or(NO_CHOICE)?;
    Ok(())
}

/// Whether the name of a lock file does not say its format.
fn is_format_unsaid(options: &Options) -> bool {
    let path = options.output.as_deref().unwrap_or_default();
    options.format == Format::Pylock && !pylock::has_name(path.rsplit('/').next().unwrap_or(path))
}

/// Returns the command of ours that has these options; what is as by default is not said.
///
/// It reads back as the same options, unless a URL has a password, which is left out.
pub fn write(options: &Options) -> String {
    // No `..`: an option that is added has to be spelled.
    let Options {
        sources,
        output,
        format,
        beside,
        constraints,
        overrides,
        extras,
        all_extras,
        groups,
        no_deps,
        python_versions: _,
        python_platforms: _,
        targets: _,
        verify_metadata: _,
        universal: _,
        fork_strategy: _,
        platform_values: _,
        resolution,
        exclude_newer,
        exclude_newer_packages,
        pre,
        prerelease,
        only_binary,
        no_binary,
        index_url,
        extra_index_urls,
        find_links,
        no_index,
        trusted_hosts,
        index_strategy,
        build_constraints,
        config_settings,
        no_build,
        build_isolation,
        hashes,
        all_files,
        annotations,
        index_annotation,
        input_comments,
        header,
        strip_extras,
        markers,
        emitted,
        allow_unsafe,
        unsafe_packages,
        no_emit_packages,
        newline,
    } = options;
    let mut line = Line::new("pinfold compile");
    line.values("--output-file", output.iter().chain(beside));
    line.values("--format", is_format_unsaid(options).then(|| format.name()));
    line.values("--constraint", constraints);
    line.values("--override", overrides);
    line.values("--extra", extras);
    line.switch("--all-extras", *all_extras);
    line.values("--group", groups);
    line.switch("--no-deps", *no_deps);
    write_target(options, &mut line);
    if *resolution != Resolution::Highest {
        line.values("--resolution", [resolution.name()]);
    }
    line.values("--exclude-newer", exclude_newer);
    line.values("--exclude-newer-package", exclude_newer_packages);
    line.switch("--pre", *pre);
    line.values("--prerelease", prerelease.map(PreReleases::name));
    line.values("--only-binary", only_binary);
    line.values("--no-binary", no_binary);
    line.values("--index-url", index_url);
    line.values("--extra-index-url", extra_index_urls);
    line.values("--find-links", find_links);
    line.switch("--no-index", *no_index);
    line.values("--trusted-host", trusted_hosts);
    line.values("--index-strategy", index_strategy.map(IndexStrategy::name));
    line.values("--build-constraint", build_constraints);
    line.values("--config-setting", config_settings);
    line.switch("--no-build", *no_build);
    line.switch("--no-build-isolation", !build_isolation);
    write_hashes(*hashes, *all_files && options.has_pylock(), &mut line);
    match annotations {
        Annotations::Split => {}
        Annotations::Line => line.values("--annotation-style", ["line"]),
        Annotations::None => line.switch("--no-annotate", true),
    }
    line.switch("--emit-index-annotation", *index_annotation);
    line.switch("--input-comments", *input_comments);
    line.switch("--no-header", !header);
    line.switch("--no-strip-extras", !strip_extras);
    line.switch("--strip-markers", *markers == Markers::None);
    line.switch("--no-strip-markers", *markers == Markers::All);
    write_emitted(*emitted, &mut line);
    // What is called unsafe is not pinned unless that is said, too.
    let is_named = !unsafe_packages.is_empty();
    line.switch("--allow-unsafe", *allow_unsafe && is_named);
    line.switch("--no-allow-unsafe", !allow_unsafe && !is_named);
    line.values("--unsafe-package", unsafe_packages);
    line.values("--no-emit-package", no_emit_packages);
    if *newline != LineEnds::Preserve {
        line.values("--newline", [newline.name()]);
    }
    line.finish(sources)
}

/// Writes whom a lock is for.
fn write_target(options: &Options, line: &mut Line) {
    line.values("--python-version", &options.python_versions);
    write_platforms(&options.python_platforms, &options.platform_values, line);
    line.values("--target", &options.targets);
    line.switch("--verify-metadata", options.verify_metadata);
    line.switch("--universal", options.universal);
    if options.fork_strategy != ForkStrategy::default() {
        line.values("--fork-strategy", [options.fork_strategy.name()]);
    }
}

fn write_platforms(platforms: &[AsWritten<Platform>], values: &PlatformValues, line: &mut Line) {
    let PlatformValues { release, version } = values;
    line.values("--python-platform", platforms);
    line.values("--platform-release", release);
    line.values("--platform-version", version);
}

fn write_hashes(hashes: Hashes, all_files: bool, line: &mut Line) {
    match hashes {
        Hashes::All if all_files => line.values("--hashes", ["all"]),
        Hashes::All => {}
        Hashes::Target => line.values("--hashes", ["target"]),
        Hashes::None => line.switch("--no-hashes", true),
    }
}

fn write_emitted(emitted: EmittedOptions, line: &mut Line) {
    if emitted == EmittedOptions::NONE {
        return line.switch("--no-emit-options", true);
    }
    let EmittedOptions {
        indexes,
        find_links,
        trusted_hosts,
        binary,
    } = emitted;
    line.switch("--no-emit-index-url", !indexes);
    line.switch("--no-emit-find-links", !find_links);
    line.switch("--emit-trusted-host", trusted_hosts);
    line.switch("--no-emit-build-options", !binary);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tool: Tool, switches: &str, values: &str) {
        for name in switches.split_whitespace() {
            assert!(
                matches!(flag(tool, name), Some(Flag::Switch(_))),
                "{tool} {name}"
            );
        }
        for name in values.split_whitespace() {
            assert!(
                matches!(flag(tool, name), Some(Flag::Value(_))),
                "{tool} {name}"
            );
        }
    }

    #[test]
    fn knows_every_flag_of_pip_compile() {
        // As version 7.6.2 lists them.
        check(
            Tool::PipCompile,
            "-h --help --version --color --no-color -v --verbose -q --quiet -n --dry-run -p \
             --pre -r --rebuild --all-extras --no-index --header --no-header \
             --emit-trusted-host --no-emit-trusted-host --annotate --no-annotate -U --upgrade \
             --no-upgrade --allow-unsafe --no-allow-unsafe --strip-extras --no-strip-extras \
             --generate-hashes --reuse-hashes --no-reuse-hashes --build-isolation \
             --no-build-isolation --emit-find-links --no-emit-find-links --emit-index-url \
             --no-emit-index-url --emit-options --no-emit-options --no-config \
             --all-build-deps --only-build-deps",
            "--extra -f --find-links -i --index-url --extra-index-url --cert --client-cert \
             --trusted-host --uploaded-prior-to --annotation-style -P --upgrade-package -o \
             --output-file --newline --max-rounds --cache-dir --pip-args --resolver \
             --unsafe-package --config -c --constraint --build-deps-for",
        );
    }

    #[test]
    fn knows_every_flag_of_uv() {
        // As the help of version 0.13.8 lists them.
        check(
            Tool::Uv,
            "--require-build-hashes --all-extras --no-deps --no-strip-extras \
             --no-strip-markers --no-annotate --no-header --system --generate-hashes \
             --no-build --universal --emit-index-url --emit-find-links --emit-build-options \
             --emit-index-annotation --no-index -U --upgrade --no-sources \
             --no-build-isolation -n --no-cache --refresh --managed-python \
             --no-managed-python --no-python-downloads -q --quiet -v --verbose --system-certs \
             --offline --no-progress -h --help",
            "-c --constraints --overrides --excludes -b --build-constraints --extra --group \
             --cert -o --output-file --format --annotation-style --custom-compile-command \
             --no-binary --only-binary --python-platform --no-emit-package --torch-backend \
             --index --default-index -i --index-url --extra-index-url -f --find-links \
             --index-strategy --keyring-provider -P --upgrade-package --upgrade-group \
             --resolution --prerelease --prerelease-package --fork-strategy --exclude-newer \
             --exclude-newer-package --no-sources-package -C --config-setting \
             --config-settings-package --no-build-isolation-package --link-mode --cache-dir \
             --refresh-package -p --python --python-version --color --allow-insecure-host \
             --directory --project --config-file",
        );
    }

    #[test]
    fn knows_every_flag_of_ours() {
        check(
            Tool::Pinfold,
            "--all-extras --no-deps --upgrade -U --refresh-hashes --no-reuse-hashes --dry-run \
             -n --check --pre --no-build --no-index --refresh --rebuild --generate-hashes \
             --no-hashes --no-generate-hashes --annotate --no-annotate --header --no-header \
             --strip-extras --no-strip-extras --strip-markers --no-strip-markers \
             --emit-index-url --no-emit-index-url --emit-find-links --no-emit-find-links \
             --emit-trusted-host --no-emit-trusted-host --emit-options --no-emit-options \
             --emit-build-options --no-emit-build-options --input-comments --no-input-comments \
             --build-isolation --no-build-isolation --foreign-config --no-foreign-config \
             --no-config --no-upgrade --reuse-hashes --build --deps -r --no-refresh \
             --no-all-extras --no-offline --system-certs --no-color \
             --allow-unsafe --no-allow-unsafe --offline --no-cache -q --quiet -v --verbose \
             --no-progress -h --help -V --version",
            "--output-file -o --constraint --constraints -c --override --overrides --extra \
             --upgrade-package -P --exclude-newer --uploaded-prior-to --prerelease \
             --only-binary --no-binary --python-version --python-platform --python -p \
             --index-url --default-index -i --extra-index-url --index --find-links -f \
             --index-strategy --refresh-package --annotation-style --custom-compile-command \
             --unsafe-package --newline --cache-dir --trusted-host --allow-insecure-host \
             --group --hashes --exclude-newer-package --no-emit-package --build-constraint \
             --build-constraints -b --config-setting --config-settings -C --keyring-provider \
             --config --pip-args --directory \
             --cert --client-cert --proxy --timeout --retries --color",
        );
    }

    #[test]
    fn one_letter_means_what_its_tool_means() {
        assert_eq!(long_name(Tool::PipCompile, "-p"), Some("--pre"));
        assert_eq!(long_name(Tool::Uv, "-p"), Some("--python"));
        assert!(flag(Tool::Uv, "-r").is_none());
        assert!(flag(Tool::Pinfold, "--frob").is_none());
    }
}
