//! What a lock is made for: a Python, its implementation, a platform.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::environment::{Environment, PlatformValues};
use super::platform::{Arch, Os, Platform};
use super::version::Version;

/// A Python's version: `3.12.4`. It parses `3.12` as `3.12.0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PythonVersion {
    major: u16,
    minor: u16,
    full: Version,
    /// Whether a build without the global lock is meant: `3.14t`. Interpreters say so of
    /// themselves elsewhere.
    #[serde(skip)]
    is_free_threaded: bool,
}

/// A text that is not a Python version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PythonVersionError {
    /// It is none at all.
    #[error("`{text}` is not a Python version (examples: `3.12`, `3.12.4`)")]
    Malformed {
        /// What was given.
        text: String,
    },
    /// There is no such build.
    #[error("`{text}`: free-threaded builds exist from Python 3.13 on")]
    NotFreeThreaded {
        /// What was given.
        text: String,
    },
}

/// The first Python with free-threaded builds (PEP 703).
const FREE_THREADED: (u16, u16) = (3, 13);

impl PythonVersion {
    /// Reads `X.Y`, `X.Y.Z` and pre-releases of these; a `t` behind them asks for a
    /// free-threaded build.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self, PythonVersionError> {
        let error = || PythonVersionError::Malformed {
            text: text.to_owned(),
        };
        let (number, is_free_threaded) = match text.trim().strip_suffix('t') {
            Some(number) => (number, true),
            // A Python built between tags calls itself `3.14.0a1+`.
            None => (text.trim().trim_end_matches('+'), false),
        };
        let version = Version::from_str(number).map_err(|_| error())?;
        let part = |index: usize| -> Option<u16> {
            let number = *version.release().get(index)?;
            u16::try_from(number).ok().filter(|number| *number < 1000)
        };
        let (Some(major), Some(minor)) = (part(0), part(1)) else {
            return Err(error());
        };
        if major == 0
            || version.epoch() != 0
            || version.release().len() > 3
            || version.is_post()
            || version.is_dev()
            || version.is_local()
        {
            return Err(error());
        }
        if is_free_threaded && (major, minor) < FREE_THREADED {
            return Err(PythonVersionError::NotFreeThreaded {
                text: text.to_owned(),
            });
        }
        let full = match version.release() {
            [major, minor] => version.clone().with_release([*major, *minor, 0]),
            _ => version,
        };
        Ok(Self {
            major,
            minor,
            full,
            is_free_threaded,
        })
    }

    /// Whether a free-threaded build is asked for.
    pub const fn is_free_threaded(&self) -> bool {
        self.is_free_threaded
    }

    /// Returns the first part.
    pub const fn major(&self) -> u16 {
        self.major
    }

    /// Returns the second part.
    pub const fn minor(&self) -> u16 {
        self.minor
    }

    /// Returns the whole version, of three parts, with the pre-release if any.
    pub const fn full(&self) -> &Version {
        &self.full
    }

    /// Returns the version that `Requires-Python` is checked against: without the
    /// pre-release, as pip does.
    pub fn release(&self) -> Version {
        self.full.only_release()
    }

    /// Returns the first two parts: `3.12`.
    pub fn short(&self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

impl Display for PythonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.full.fmt(f)?;
        f.write_str(if self.is_free_threaded { "t" } else { "" })
    }
}

impl FromStr for PythonVersion {
    type Err = PythonVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Who made the Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Implementation {
    /// The usual one.
    CPython {
        /// Built without the global lock (PEP 703).
        free_threaded: bool,
    },
    /// PyPy.
    PyPy {
        /// Its ABI: 73 of `pypy310_pp73`.
        abi: u16,
    },
}

/// What a lock is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The Python.
    pub python: PythonVersion,
    /// Its implementation.
    pub implementation: Implementation,
    /// What it runs on.
    pub platform: Platform,
    /// What the interpreter said of its machine, while the platform is still its.
    host: Option<Box<Environment>>,
    /// What is stated of the platform.
    stated: PlatformValues,
}

impl Target {
    /// A CPython, of the usual build unless the version says otherwise.
    pub const fn new(python: PythonVersion, platform: Platform) -> Self {
        Self {
            implementation: Implementation::CPython {
                free_threaded: python.is_free_threaded,
            },
            python,
            platform,
            host: None,
            stated: PlatformValues {
                release: None,
                version: None,
            },
        }
    }

    /// A Python of a known implementation.
    pub fn named(
        python: PythonVersion,
        implementation: Implementation,
        platform: Platform,
    ) -> Self {
        Self {
            implementation,
            ..Self::new(python, platform)
        }
    }

    /// The Python that `environment` was asked of.
    pub fn of_interpreter(
        python: PythonVersion,
        implementation: Implementation,
        platform: Platform,
        environment: Environment,
    ) -> Self {
        Self {
            python,
            implementation,
            platform,
            host: Some(Box::new(environment)),
            stated: PlatformValues::default(),
        }
    }

    /// Returns the target with another Python on the same platform: a CPython, as
    /// that of an implementation nobody asked for would be a guess.
    #[must_use]
    pub fn with_version(mut self, python: PythonVersion) -> Self {
        if python.is_free_threaded {
            // The same version of the other build has other wheels.
            self.implementation = Implementation::CPython {
                free_threaded: true,
            };
        }
        if self.python != python {
            let Self { implementation, .. } = self;
            if let Some(host) = &mut self.host {
                let computed = Self::new(python.clone(), self.platform).environment();
                host.implementation_name = computed.implementation_name;
                host.platform_python_implementation = computed.platform_python_implementation;
                host.python_version = computed.python_version;
                host.python_full_version = computed.python_full_version;
                host.implementation_version = computed.implementation_version;
            }
            self.implementation = match implementation {
                // There are no free-threaded builds before 3.13.
                Implementation::CPython { free_threaded } => Implementation::CPython {
                    free_threaded: free_threaded && (python.major, python.minor) >= FREE_THREADED,
                },
                Implementation::PyPy { .. } => Implementation::CPython {
                    free_threaded: python.is_free_threaded,
                },
            };
            self.python = python;
        }
        self
    }

    /// Returns the target with the same Python on another platform.
    ///
    /// A platform that was asked for never takes on the release of the kernel it
    /// was asked on: a lock must not depend on where it is made.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = platform;
        self.host = None;
        self
    }

    /// Returns the target with what the user states of the platform.
    #[must_use]
    pub fn with_platform_values(mut self, stated: PlatformValues) -> Self {
        self.stated = stated;
        self
    }

    /// Returns the values markers are evaluated against.
    pub fn environment(&self) -> Environment {
        let mut environment = self.own_environment();
        if let Some(release) = &self.stated.release {
            environment.platform_release.clone_from(release);
        }
        if let Some(version) = &self.stated.version {
            environment.platform_version.clone_from(version);
        }
        environment
    }

    fn own_environment(&self) -> Environment {
        if let Some(host) = &self.host {
            return (**host).clone();
        }
        let (os_name, sys_platform, platform_system) = match self.platform.os {
            Os::Manylinux { .. } | Os::Musllinux { .. } => ("posix", "linux", "Linux"),
            Os::Macos { .. } => ("posix", "darwin", "Darwin"),
            Os::Windows => ("nt", "win32", "Windows"),
        };
        let platform_machine = match (self.platform.os, self.platform.arch) {
            (Os::Windows, Arch::X86_64) => "AMD64",
            (Os::Windows, Arch::Aarch64) => "ARM64",
            (Os::Windows, Arch::X86) => "x86",
            (Os::Macos { .. }, Arch::Aarch64) => "arm64",
            (_, arch) => arch.as_str(),
        };
        let (implementation_name, platform_python_implementation) = match self.implementation {
            Implementation::CPython { .. } => ("cpython", "CPython"),
            Implementation::PyPy { .. } => ("pypy", "PyPy"),
        };
        let implementation_version = match self.implementation {
            Implementation::CPython { .. } => self.python.full.to_string(),
            Implementation::PyPy { abi } => format!("{}.{}", abi / 10, abi % 10),
        };
        Environment {
            os_name: os_name.to_owned(),
            sys_platform: sys_platform.to_owned(),
            platform_system: platform_system.to_owned(),
            platform_machine: platform_machine.to_owned(),
            platform_release: String::new(),
            platform_version: String::new(),
            implementation_name: implementation_name.to_owned(),
            platform_python_implementation: platform_python_implementation.to_owned(),
            python_version: self.python.short(),
            python_full_version: self.python.full.to_string(),
            implementation_version,
        }
    }
}

impl Display for Target {
    /// Prints the target for people: `Python 3.12.4 on x86_64-manylinux_2_28`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.implementation {
            Implementation::CPython {
                free_threaded: false,
            } => "Python",
            Implementation::CPython {
                free_threaded: true,
            } => "free-threaded Python",
            Implementation::PyPy { .. } => "PyPy",
        };
        write!(f, "{name} {} on {}", self.python.full, self.platform)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(python: &str, platform: &str) -> Target {
        Target::new(python.parse().unwrap(), platform.parse().unwrap())
    }

    #[test]
    fn a_version_without_patch_is_the_first() {
        let version: PythonVersion = "3.12".parse().unwrap();
        assert_eq!(version.to_string(), "3.12.0");
        assert_eq!(version.short(), "3.12");
        assert_eq!((version.major(), version.minor()), (3, 12));
    }

    #[test]
    fn requires_python_is_checked_without_the_prerelease() {
        let version: PythonVersion = "3.15.0a1+".parse().unwrap();
        assert_eq!(version.to_string(), "3.15.0a1");
        assert_eq!(version.release().to_string(), "3.15.0");
    }

    #[test]
    fn refuses_what_is_no_python_version() {
        for text in [
            "",
            "3",
            "x",
            "3.12.1.1",
            "0.1",
            "3.12.post1",
            "1!3.12",
            "3.99999",
            "3.12+x",
            "3.12t",
            "3.14tt",
            "t",
        ] {
            assert!(PythonVersion::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_t_asks_for_a_free_threaded_build() {
        let target = target("3.14.1t", "linux");
        assert_eq!(
            target.to_string(),
            "free-threaded Python 3.14.1 on x86_64-manylinux_2_28"
        );
        assert_eq!(target.environment().python_full_version, "3.14.1");
        assert_eq!(target.python.to_string(), "3.14.1t");
        assert_eq!(target.python.release().to_string(), "3.14.1");
        let usual = interpreter();
        let other = usual.clone().with_version("3.15t".parse().unwrap());
        let free_threaded = Implementation::CPython {
            free_threaded: true,
        };
        assert_eq!(other.implementation, free_threaded);
        assert_ne!(usual.implementation, free_threaded);
    }

    #[test]
    fn the_environment_follows_the_platform() {
        let linux = target("3.12.4", "linux").environment();
        assert_eq!(linux.sys_platform, "linux");
        assert_eq!(linux.platform_machine, "x86_64");
        assert_eq!(linux.python_full_version, "3.12.4");
        assert_eq!(linux.platform_release, "");
        let windows = target("3.12", "windows").environment();
        assert_eq!(
            (&*windows.os_name, &*windows.platform_machine),
            ("nt", "AMD64")
        );
        let macos = target("3.12", "macos").environment();
        assert_eq!(
            (&*macos.sys_platform, &*macos.platform_machine),
            ("darwin", "arm64")
        );
    }

    fn interpreter() -> Target {
        let host = Environment {
            platform_release: "6.8.0".to_owned(),
            sys_platform: "linux".to_owned(),
            python_version: "3.11".to_owned(),
            python_full_version: "3.11.2".to_owned(),
            ..Environment::default()
        };
        let Target {
            python,
            implementation,
            platform,
            ..
        } = target("3.11.2", "linux");
        Target::of_interpreter(python, implementation, platform, host)
    }

    #[test]
    fn another_version_keeps_the_platform_of_the_interpreter() {
        let environment = interpreter()
            .with_version("3.13".parse().unwrap())
            .environment();
        assert_eq!(environment.python_version, "3.13");
        assert_eq!(environment.python_full_version, "3.13.0");
        assert_eq!(environment.platform_release, "6.8.0");
    }

    #[test]
    fn another_platform_keeps_the_version_of_the_interpreter() {
        let target = interpreter().with_platform("windows".parse().unwrap());
        let environment = target.environment();
        assert_eq!(environment.python_full_version, "3.11.2");
        assert_eq!(environment.sys_platform, "win32");
        assert_eq!(environment.platform_release, "");
        assert_eq!(
            target.to_string(),
            "Python 3.11.2 on x86_64-pc-windows-msvc"
        );
    }
}
