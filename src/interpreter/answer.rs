//! Asking an interpreter what it is, and keeping the answer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::python::{Arch, Environment, Implementation, Os, Platform, PythonVersion, Target};

/// A Python that was found and asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program, as it calls itself.
    pub path: PathBuf,
    /// The values of markers.
    pub environment: Environment,
    version: PythonVersion,
    implementation: Implementation,
    platform: Platform,
}

/// The program that prints an [`Answer`].
const QUERY: &str = include_str!("query.py");

/// What the query prints.
#[derive(Debug, Deserialize)]
struct Answer {
    executable: Option<PathBuf>,
    os: String,
    level: [u16; 2],
    machine: String,
    free_threaded: bool,
    abi: Option<String>,
    environment: Environment,
}

/// Changes with the fields of [`Interpreter`], so that old bytes are not misread.
const FORMAT: u8 = 1;

impl Interpreter {
    /// Returns the target a lock for this very Python has.
    pub fn target(&self) -> Target {
        Target::of_interpreter(
            self.version.clone(),
            self.implementation,
            self.platform,
            self.environment.clone(),
        )
    }

    /// Returns the version.
    pub const fn version(&self) -> &PythonVersion {
        &self.version
    }

    /// Returns the platform, at the level of its C library or system.
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    /// Returns the answer as bytes to be kept under [`fingerprint`]; empty when
    /// the path is not text.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![FORMAT]).unwrap_or_default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` when it is of another
    /// format, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        if *format != FORMAT {
            return None;
        }
        let (interpreter, rest) = postcard::take_from_bytes(rest).ok()?;
        rest.is_empty().then_some(interpreter)
    }
}

/// Returns a text that changes when the answer of the program at `path` may:
/// with its place, time and size, and with the kernel.
///
/// `None` when there is no such file, or when it is a script: which Python a
/// version manager's script starts depends on more than the script.
pub fn fingerprint(path: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let metadata = real.metadata().ok()?;
    if is_script(&real) {
        return None;
    }
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    // Markers know the kernel's release; elsewhere than on Linux it changes with
    // the system's updates, which touch the files as well.
    let kernel = std::fs::read_to_string("/proc/version").unwrap_or_default();
    Some(format!(
        "{}|{}|{}.{:09}|{}|{}",
        path.display(),
        real.display(),
        modified.as_secs(),
        modified.subsec_nanos(),
        metadata.len(),
        kernel.trim(),
    ))
}

fn is_script(path: &Path) -> bool {
    use std::io::Read as _;

    let mut start = [0; 2];
    std::fs::File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == *b"#!")
}

/// Runs the Python at `path` and reads what it says of itself.
///
/// # Errors
/// When it cannot be run, says nothing we understand, or is a Python for which
/// there are no wheel tags.
pub fn query(path: &Path) -> Result<Interpreter, Error> {
    let failed = |problem: String| Error::Failed {
        path: path.to_owned(),
        problem,
    };
    let output = Command::new(path)
        .args(["-I", "-S", "-c", QUERY])
        // Without it, Pythons built for macOS 10 are told that 11 is 10.16.
        .env("SYSTEM_VERSION_COMPAT", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().filter(|line| !line.trim().is_empty());
        // A traceback ends with what happened, anything else begins with it.
        let telling = match lines.next() {
            Some(first) if first.starts_with("Traceback") => lines.next_back(),
            first => first,
        };
        let problem = match telling {
            Some(line) => format!("failed: {}", line.trim()),
            None => format!("failed with {}", output.status),
        };
        return Err(failed(problem));
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|error| {
        failed(format!(
            "does not behave like a Python interpreter: {error}"
        ))
    })?;
    interpret(path, answer)
}

fn interpret(path: &Path, answer: Answer) -> Result<Interpreter, Error> {
    let unsupported = |what: String| Error::Unsupported {
        path: path.to_owned(),
        what,
    };
    let [major, minor] = answer.level;
    let os = match answer.os.as_str() {
        "manylinux" => Os::Manylinux { major, minor },
        "musllinux" => Os::Musllinux { major, minor },
        "macos" => Os::Macos { major, minor },
        "windows" => Os::Windows,
        "linux" => return Err(unsupported("on a Linux without glibc or musl".to_owned())),
        other => return Err(unsupported(format!("on `{other}`"))),
    };
    let arch = Arch::named(&answer.machine)
        .ok_or_else(|| unsupported(format!("on the machine `{}`", answer.machine)))?;
    let implementation = match answer.environment.implementation_name.as_str() {
        "cpython" => Implementation::CPython {
            free_threaded: answer.free_threaded,
        },
        "pypy" => Implementation::PyPy {
            abi: pypy_abi(answer.abi.as_deref().unwrap_or_default()),
        },
        other => return Err(unsupported(format!("a `{other}`"))),
    };
    let version = PythonVersion::from_str(&answer.environment.python_full_version)
        .map_err(|error| unsupported(error.to_string()))?;
    Ok(Interpreter {
        path: answer
            .executable
            .filter(|executable| !executable.as_os_str().is_empty())
            .unwrap_or_else(|| path.to_owned()),
        environment: answer.environment,
        version,
        implementation,
        platform: Platform { os, arch },
    })
}

/// Reads 73 out of `pypy310-pp73-x86_64-linux-gnu`.
fn pypy_abi(soabi: &str) -> u16 {
    soabi
        .split('-')
        .find_map(|part| part.strip_prefix("pp")?.parse().ok())
        .unwrap_or(73)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Result<Interpreter, Error> {
        interpret(Path::new("python3"), serde_json::from_str(json).unwrap())
    }

    fn json(os: &str, machine: &str, name: &str, full: &str) -> String {
        format!(
            r#"{{"executable": "/usr/bin/python3", "os": "{os}", "level": [2, 36],
            "machine": "{machine}", "free_threaded": false, "abi": "pypy310-pp74-x86_64-linux-gnu",
            "environment": {{"os_name": "posix", "sys_platform": "linux",
            "platform_system": "Linux", "platform_machine": "{machine}",
            "platform_release": "6.8.0", "platform_version": "1",
            "implementation_name": "{name}", "platform_python_implementation": "x",
            "python_version": "3.12", "python_full_version": "{full}",
            "implementation_version": "3.12.4"}}}}"#
        )
    }

    #[test]
    fn understands_an_answer() {
        let interpreter = answer(&json("manylinux", "x86_64", "cpython", "3.12.4")).unwrap();
        assert_eq!(interpreter.path, Path::new("/usr/bin/python3"));
        assert_eq!(
            interpreter.target().to_string(),
            "Python 3.12.4 on x86_64-manylinux_2_36"
        );
        assert_eq!(interpreter.target().environment(), interpreter.environment);
        let pypy = answer(&json("musllinux", "arm64", "pypy", "3.10.14")).unwrap();
        assert_eq!(pypy.implementation, Implementation::PyPy { abi: 74 });
        assert_eq!(pypy.platform().to_string(), "aarch64-musllinux_2_36");
    }

    #[test]
    fn says_what_it_has_no_wheels_for() {
        let message = |json: &str| answer(json).unwrap_err().to_string();
        assert_eq!(
            message(&json("freebsd14", "x86_64", "cpython", "3.12.4")),
            "`python3` is on `freebsd14`, which is not supported"
        );
        assert_eq!(
            message(&json("manylinux", "mips", "cpython", "3.12.4")),
            "`python3` is on the machine `mips`, which is not supported"
        );
        assert_eq!(
            message(&json("manylinux", "x86_64", "graalpy", "3.12.4")),
            "`python3` is a `graalpy`, which is not supported"
        );
    }

    #[test]
    fn an_answer_is_read_as_it_was_kept() {
        let interpreter = answer(&json("manylinux", "x86_64", "cpython", "3.12.4")).unwrap();
        let mut bytes = interpreter.to_bytes();
        assert_eq!(Interpreter::from_bytes(&bytes), Some(interpreter));
        assert_eq!(Interpreter::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Interpreter::from_bytes(&[]), None);
        bytes[0] += 1;
        assert_eq!(Interpreter::from_bytes(&bytes), None);
    }

    #[test]
    fn scripts_have_no_fingerprint() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("python3");
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        assert_eq!(fingerprint(&script), None);
        assert_eq!(fingerprint(&folder.path().join("none")), None);
        std::fs::write(&script, "\x7fELF").unwrap();
        let before = fingerprint(&script).unwrap();
        std::fs::write(&script, "\x7fELF longer").unwrap();
        assert_ne!(fingerprint(&script), Some(before));
    }
}
