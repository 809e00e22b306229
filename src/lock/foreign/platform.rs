//! The platforms that conda names.

use crate::python::Environment;

/// Whether a platform is that of an environment; one that is not known is none.
pub(super) fn is_platform(platform: &str, environment: &Environment) -> bool {
    let (system, machine) = match platform {
        "linux-64" => ("linux", "x86_64"),
        "linux-aarch64" => ("linux", "aarch64"),
        "linux-ppc64le" => ("linux", "ppc64le"),
        "linux-s390x" => ("linux", "s390x"),
        "linux-32" => ("linux", "i686"),
        "osx-64" => ("darwin", "x86_64"),
        "osx-arm64" => ("darwin", "arm64"),
        "win-64" => ("win32", "AMD64"),
        "win-32" => ("win32", "x86"),
        "win-arm64" => ("win32", "ARM64"),
        _ => return false,
    };
    environment.sys_platform == system && environment.platform_machine == machine
}
