//! The marker by which a lock says for whom it is.

use crate::python::Environment;

/// Returns the marker of an environment: its Python, system, machine and implementation.
///
/// The patch version of Python is a part of it where `has_patch` says that it matters.
pub fn environment(environment: &Environment, has_patch: bool) -> String {
    let Environment {
        python_version,
        python_full_version,
        sys_platform,
        platform_machine,
        implementation_name,
        ..
    } = environment;
    let python = if has_patch {
        format!("python_full_version == \"{python_full_version}\"")
    } else {
        format!("python_version == \"{python_version}\"")
    };
    format!(
        "{python} and sys_platform == \"{sys_platform}\" and platform_machine == \
         \"{platform_machine}\" and implementation_name == \"{implementation_name}\""
    )
}
