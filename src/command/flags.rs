//! What each flag of pip-compile, `uv pip compile` and `pinfold compile` means here.
//!
//! The lists are those of pip-compile 1 to 7.6, uv 0.1 to 0.13 (its hidden flags
//! too) and our own. Long names mean the same in all three, so there is one table
//! of them; short ones do not. A flag that is in no list is an error of the header:
//! what it would change is not known.

use super::tool::Tool;

/// What a flag asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Switch(Switch),
    Value(Value),
}

/// A flag without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    AllExtras(bool),
    NoDeps(bool),
    NoIndex,
    Pre,
    NoBuild(bool),
    Hashes(bool),
    Annotate(bool),
    Header(bool),
    StripExtras(bool),
    StripMarkers(bool),
    EmitIndexUrl(bool),
    EmitFindLinks(bool),
    EmitTrustedHost(bool),
    EmitBinary(bool),
    EmitOptions(bool),
    AllowUnsafe(bool),
    InputComments(bool),
    BuildIsolation(bool),
    /// It changes one run, or where the program works, not the file.
    Ignored,
    /// It changes the file in a way we cannot.
    Unsupported(&'static str),
}

/// A flag with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Output,
    Constraint,
    Override,
    Extra,
    PythonVersion,
    Python,
    PythonPlatform,
    IndexUrl,
    ExtraIndexUrl,
    FindLinks,
    TrustedHost,
    IndexStrategy,
    ExcludeNewer,
    UploadedPriorTo,
    PreRelease,
    OnlyBinary,
    NoBinary,
    AnnotationStyle,
    UnsafePackage,
    Newline,
    Group,
    Hashes,
    ExcludeNewerPackage,
    NoEmitPackage,
    BuildConstraint,
    ConfigSetting,
    PipArguments,
    Resolver,
    Resolution,
    Format,
    Ignored,
    Unsupported(&'static str),
}

/// Reasons, worded to stand behind a flag.
const GROUPS: &str = "name each group with `--group`";
const BUILDS: &str = "pinfold does not lock build requirements";
const UNIVERSAL: &str = "pinfold locks for one Python and one platform at a time";
const PER_PROJECT: &str = "pinfold has no such choice for single projects yet";

/// Returns what a flag means in a tool's command; none if it has no such flag.
///
/// `name` is with its dashes: `--output-file`, `-o`.
pub(super) fn flag(tool: Tool, name: &str) -> Option<Flag> {
    if name.starts_with("--") {
        match (name, tool) {
            ("--color", Tool::PipCompile) => return Some(Flag::Switch(Switch::Ignored)),
            // Before version 6, of the line in the output.
            ("--index", Tool::PipCompile) => {
                return Some(Flag::Switch(Switch::EmitIndexUrl(true)));
            }
            _ => {}
        }
        return switch(name)
            .map(Flag::Switch)
            .or_else(|| value(name).map(Flag::Value));
    }
    let long = match (name, tool) {
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
    };
    flag(tool, long)
}

fn switch(name: &str) -> Option<Switch> {
    Some(match name {
        "--all-extras" => Switch::AllExtras(true),
        "--no-all-extras" => Switch::AllExtras(false),
        "--no-deps" => Switch::NoDeps(true),
        "--deps" => Switch::NoDeps(false),
        "--no-index" => Switch::NoIndex,
        "--pre" => Switch::Pre,
        "--no-build" => Switch::NoBuild(true),
        "--build" => Switch::NoBuild(false),
        "--generate-hashes" => Switch::Hashes(true),
        "--no-generate-hashes" | "--no-hashes" => Switch::Hashes(false),
        "--annotate" => Switch::Annotate(true),
        "--no-annotate" => Switch::Annotate(false),
        "--header" => Switch::Header(true),
        "--no-header" => Switch::Header(false),
        "--strip-extras" => Switch::StripExtras(true),
        "--no-strip-extras" => Switch::StripExtras(false),
        "--strip-markers" => Switch::StripMarkers(true),
        "--no-strip-markers" => Switch::StripMarkers(false),
        "--emit-index-url" => Switch::EmitIndexUrl(true),
        "--no-emit-index-url" => Switch::EmitIndexUrl(false),
        "--emit-find-links" => Switch::EmitFindLinks(true),
        "--no-emit-find-links" => Switch::EmitFindLinks(false),
        "--emit-trusted-host" => Switch::EmitTrustedHost(true),
        "--no-emit-trusted-host" => Switch::EmitTrustedHost(false),
        "--emit-build-options" => Switch::EmitBinary(true),
        "--no-emit-build-options" => Switch::EmitBinary(false),
        "--emit-options" => Switch::EmitOptions(true),
        "--no-emit-options" => Switch::EmitOptions(false),
        "--allow-unsafe" => Switch::AllowUnsafe(true),
        "--no-allow-unsafe" => Switch::AllowUnsafe(false),
        "--input-comments" => Switch::InputComments(true),
        "--no-input-comments" => Switch::InputComments(false),
        "--build-isolation" => Switch::BuildIsolation(true),
        "--no-build-isolation" => Switch::BuildIsolation(false),
        "--universal" => Switch::Unsupported(UNIVERSAL),
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
        | "--no-universal"
        | "--no-sources"
        | "--sources"
        | "--legacy-setup-py"
        | "--emit-index-annotation"
        | "--no-emit-index-annotation"
        | "--emit-marker-expression"
        | "--no-emit-marker-expression" => Switch::Ignored,
        _ => return None,
    })
}

fn value(name: &str) -> Option<Value> {
    Some(match name {
        "--output-file" => Value::Output,
        "--constraint" | "--constraints" => Value::Constraint,
        "--override" | "--overrides" => Value::Override,
        "--extra" => Value::Extra,
        "--python-version" => Value::PythonVersion,
        "--python" => Value::Python,
        "--python-platform" => Value::PythonPlatform,
        "--index-url" | "--default-index" => Value::IndexUrl,
        "--extra-index-url" | "--index" => Value::ExtraIndexUrl,
        "--find-links" => Value::FindLinks,
        "--trusted-host" | "--allow-insecure-host" => Value::TrustedHost,
        "--index-strategy" => Value::IndexStrategy,
        "--exclude-newer" => Value::ExcludeNewer,
        "--uploaded-prior-to" => Value::UploadedPriorTo,
        "--prerelease" => Value::PreRelease,
        "--only-binary" => Value::OnlyBinary,
        "--no-binary" => Value::NoBinary,
        "--annotation-style" => Value::AnnotationStyle,
        "--unsafe-package" => Value::UnsafePackage,
        "--newline" => Value::Newline,
        "--pip-args" => Value::PipArguments,
        "--resolver" => Value::Resolver,
        "--resolution" => Value::Resolution,
        "--format" => Value::Format,
        "--group" => Value::Group,
        "--hashes" => Value::Hashes,
        "--exclude-newer-package" => Value::ExcludeNewerPackage,
        "--no-emit-package" => Value::NoEmitPackage,
        "--build-constraint" | "--build-constraints" => Value::BuildConstraint,
        "--config-setting" | "--config-settings" => Value::ConfigSetting,
        "--build-deps-for" => Value::Unsupported(BUILDS),
        "--exclude" | "--excludes" => {
            Value::Unsupported("pinfold cannot leave a project out of a resolution")
        }
        "--prerelease-package" => Value::Unsupported(PER_PROJECT),
        "--torch-backend" => {
            Value::Unsupported("pinfold takes projects from the indexes that are named")
        }
        "--upgrade-package"
        | "--upgrade-group"
        | "--refresh-package"
        | "--custom-compile-command"
        | "--config-settings-package"
        | "--no-build-isolation-package"
        | "--no-sources-package"
        | "--fork-strategy"
        | "--keyring-provider"
        | "--link-mode"
        | "--max-rounds"
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
    const PLATFORM: &str = "it is for pip; name the target in a `[[lock]]` table";
    Some(match name {
        "-i" | "--index-url" | "--pypi-url" => Flag::Value(Value::IndexUrl),
        "--extra-index-url" => Flag::Value(Value::ExtraIndexUrl),
        "-f" | "--find-links" => Flag::Value(Value::FindLinks),
        "--trusted-host" => Flag::Value(Value::TrustedHost),
        "--only-binary" => Flag::Value(Value::OnlyBinary),
        "--no-binary" => Flag::Value(Value::NoBinary),
        "--uploaded-prior-to" => Flag::Value(Value::UploadedPriorTo),
        "--python-version" => Flag::Value(Value::PythonVersion),
        "-c" | "--constraint" => Flag::Value(Value::Constraint),
        "--build-constraint" => Flag::Value(Value::BuildConstraint),
        "-C" | "--config-settings" => Flag::Value(Value::ConfigSetting),
        "--no-build-isolation" => Flag::Switch(Switch::BuildIsolation(false)),
        "--no-index" => Flag::Switch(Switch::NoIndex),
        "--pre" => Flag::Switch(Switch::Pre),
        "--no-deps" => Flag::Switch(Switch::NoDeps(true)),
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
        assert_eq!(
            flag(Tool::PipCompile, "-p"),
            flag(Tool::PipCompile, "--pre")
        );
        assert_eq!(flag(Tool::Uv, "-p"), flag(Tool::Uv, "--python"));
        assert_eq!(flag(Tool::Uv, "-r"), None);
        assert_eq!(flag(Tool::Pinfold, "--frob"), None);
    }
}
