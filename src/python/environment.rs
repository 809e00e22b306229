//! The values that environment markers are evaluated against (PEP 508,
//! "Environment Markers").

use serde::{Deserialize, Serialize};

/// Values of a platform that are known of an interpreter's own only, where the user states
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PlatformValues {
    /// `platform_release`
    pub release: Option<String>,
    /// `platform_version`
    pub version: Option<String>,
}

impl PlatformValues {
    /// Returns these, and the others where these are silent.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            release: self.release.or(others.release),
            version: self.version.or(others.version),
        }
    }
}

/// One Python on one machine, as markers see it.
///
/// A value that is not known, as the kernel's release on a foreign platform, is
/// empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Environment {
    /// `os.name`: `posix`, `nt`.
    pub os_name: String,
    /// `sys.platform`: `linux`, `darwin`, `win32`.
    pub sys_platform: String,
    /// `platform.system()`: `Linux`, `Darwin`, `Windows`.
    pub platform_system: String,
    /// `platform.machine()`: `x86_64`, `aarch64`, `arm64`, `AMD64`.
    pub platform_machine: String,
    /// `platform.release()`: the kernel's release.
    pub platform_release: String,
    /// `platform.version()`: the kernel's build.
    pub platform_version: String,
    /// `sys.implementation.name`: `cpython`.
    pub implementation_name: String,
    /// `platform.python_implementation()`: `CPython`.
    pub platform_python_implementation: String,
    /// The first two parts of the version: `3.12`.
    pub python_version: String,
    /// The whole version: `3.12.4`, `3.14.0rc1`.
    pub python_full_version: String,
    /// The version of the implementation; CPython's is Python's.
    pub implementation_version: String,
}
