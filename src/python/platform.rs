//! Platforms a lock can be made for, and the names they go by.
//!
//! The names are target triples as uv has them (`x86_64-unknown-linux-gnu`), with
//! any level of glibc (PEP 600) or musl (PEP 656) in place of the last part
//! (`aarch64-manylinux_2_28`), and the spelling of container tools (`linux/arm64`).

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::nearest;

/// An operating system, at the level wheels ask for, on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system.
    pub os: Os,
    /// The machine.
    pub arch: Arch,
}

/// An operating system with the version that decides which wheels run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Os {
    /// Linux with the GNU C library of this version.
    Manylinux {
        /// The number before the dot.
        major: u16,
        /// The number behind the dot.
        minor: u16,
    },
    /// Linux with the musl C library of this version.
    Musllinux {
        /// The number before the dot.
        major: u16,
        /// The number behind the dot.
        minor: u16,
    },
    /// macOS of this version.
    Macos {
        /// The number before the dot.
        major: u16,
        /// The number behind the dot.
        minor: u16,
    },
    /// Windows.
    Windows,
}

/// A machine's architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are all there is to say")]
pub enum Arch {
    X86_64,
    X86,
    Aarch64,
    Armv7l,
    Armv6l,
    Ppc64le,
    Ppc64,
    S390x,
    Riscv64,
    Loongarch64,
}

const ARCHES: [(&str, Arch); 17] = [
    ("x86_64", Arch::X86_64),
    ("i686", Arch::X86),
    ("aarch64", Arch::Aarch64),
    ("armv7l", Arch::Armv7l),
    ("armv6l", Arch::Armv6l),
    ("ppc64le", Arch::Ppc64le),
    ("ppc64", Arch::Ppc64),
    ("s390x", Arch::S390x),
    ("riscv64", Arch::Riscv64),
    ("loongarch64", Arch::Loongarch64),
    // Other names of the same.
    ("amd64", Arch::X86_64),
    ("arm64", Arch::Aarch64),
    ("i386", Arch::X86),
    ("armv7", Arch::Armv7l),
    ("powerpc64le", Arch::Ppc64le),
    ("powerpc64", Arch::Ppc64),
    ("riscv64gc", Arch::Riscv64),
];

/// The machine part of Docker's `OS/ARCH[/VARIANT]`, after `linux/`.
const DOCKER_ARCHES: [(&str, Arch); 11] = [
    ("amd64", Arch::X86_64),
    ("386", Arch::X86),
    ("arm64", Arch::Aarch64),
    ("arm64/v8", Arch::Aarch64),
    ("arm", Arch::Armv7l),
    ("arm/v7", Arch::Armv7l),
    ("arm/v6", Arch::Armv6l),
    ("ppc64le", Arch::Ppc64le),
    ("s390x", Arch::S390x),
    ("riscv64", Arch::Riscv64),
    ("loong64", Arch::Loongarch64),
];

impl Arch {
    /// Returns the name Linux has for the machine: `x86_64`, `aarch64`.
    pub fn as_str(self) -> &'static str {
        ARCHES
            .iter()
            .find(|(_, arch)| *arch == self)
            .map_or("", |(name, _)| name)
    }

    /// Reads any of the machine's names.
    pub fn named(name: &str) -> Option<Self> {
        ARCHES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, arch)| *arch)
    }
}

/// Names that stand for a whole platform, and platforms people look for first.
const KNOWN: [(&str, Platform); 19] = [
    ("linux", linux(2, 28, Arch::X86_64)),
    ("windows", on(Os::Windows, Arch::X86_64)),
    ("macos", macos(13, Arch::Aarch64)),
    ("x86_64-unknown-linux-gnu", linux(2, 28, Arch::X86_64)),
    ("aarch64-unknown-linux-gnu", linux(2, 28, Arch::Aarch64)),
    ("riscv64-unknown-linux", linux(2, 39, Arch::Riscv64)),
    ("riscv64-unknown-linux-gnu", linux(2, 39, Arch::Riscv64)),
    ("x86_64-unknown-linux-musl", musl(Arch::X86_64)),
    ("aarch64-unknown-linux-musl", musl(Arch::Aarch64)),
    ("x86_64-manylinux2014", linux(2, 17, Arch::X86_64)),
    ("aarch64-manylinux2014", linux(2, 17, Arch::Aarch64)),
    ("x86_64-manylinux_2_28", linux(2, 28, Arch::X86_64)),
    ("aarch64-manylinux_2_28", linux(2, 28, Arch::Aarch64)),
    ("x86_64-musllinux_1_2", musl(Arch::X86_64)),
    ("x86_64-apple-darwin", macos(13, Arch::X86_64)),
    ("aarch64-apple-darwin", macos(13, Arch::Aarch64)),
    ("x86_64-pc-windows-msvc", on(Os::Windows, Arch::X86_64)),
    ("aarch64-pc-windows-msvc", on(Os::Windows, Arch::Aarch64)),
    ("i686-pc-windows-msvc", on(Os::Windows, Arch::X86)),
];

const fn on(os: Os, arch: Arch) -> Platform {
    Platform { os, arch }
}

const fn linux(major: u16, minor: u16, arch: Arch) -> Platform {
    on(Os::Manylinux { major, minor }, arch)
}

const fn musl(arch: Arch) -> Platform {
    on(Os::Musllinux { major: 1, minor: 2 }, arch)
}

const fn macos(major: u16, arch: Arch) -> Platform {
    on(Os::Macos { major, minor: 0 }, arch)
}

/// A name that is not a platform's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a platform")]
pub struct PlatformError {
    /// What was given.
    pub name: String,
    /// What to give instead.
    pub help: String,
}

impl Platform {
    /// Reads a platform's name; see the module for which there are.
    ///
    /// # Errors
    /// When it is not a platform's name; the help lists the forms, or the nearest.
    pub fn parse(name: &str) -> Result<Self, PlatformError> {
        let lower = name.trim().to_ascii_lowercase();
        parse_known(&lower)
            .or_else(|| parse_docker(&lower))
            .or_else(|| parse_level(&lower))
            .or_else(|| parse_triple(&lower))
            .ok_or_else(|| PlatformError {
                name: name.to_owned(),
                help: suggest(&lower),
            })
    }

    /// Whether programs for `other` run here, levels and all the rest aside: same
    /// kind of system, same machine.
    pub fn is_like(self, other: Self) -> bool {
        std::mem::discriminant(&self.os) == std::mem::discriminant(&other.os)
            && self.arch == other.arch
    }
}

fn parse_known(name: &str) -> Option<Platform> {
    KNOWN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, platform)| *platform)
}

/// `linux/arm64/v8`; `windows/amd64` too.
fn parse_docker(name: &str) -> Option<Platform> {
    let (os, machine) = name.split_once('/')?;
    let arch = DOCKER_ARCHES
        .iter()
        .find(|(known, _)| *known == machine)
        .map(|(_, arch)| *arch)?;
    match os {
        "linux" => Some(default_linux(arch)),
        "windows" => Some(on(Os::Windows, arch)),
        _ => None,
    }
}

fn default_linux(arch: Arch) -> Platform {
    match arch {
        // Nothing older was ever built for it.
        Arch::Riscv64 => linux(2, 39, arch),
        Arch::Loongarch64 => linux(2, 36, arch),
        _ => linux(2, 28, arch),
    }
}

/// `ARCH-manylinux_X_Y`, `ARCH-musllinux_X_Y`, `ARCH-macos_X_Y`, and the tags'
/// order as well: `manylinux_X_Y_ARCH`.
fn parse_level(name: &str) -> Option<Platform> {
    if let Some((arch, level)) = name.split_once('-') {
        return Some(on(parse_os_level(level)?, Arch::named(arch)?));
    }
    let (arch_name, arch) = ARCHES
        .iter()
        .find(|(known, _)| name.ends_with(known) && name.len() > known.len())?;
    let level = name.strip_suffix(arch_name)?.strip_suffix('_')?;
    Some(on(parse_os_level(level)?, *arch))
}

fn parse_os_level(level: &str) -> Option<Os> {
    let legacy = |minor| Some(Os::Manylinux { major: 2, minor });
    match level {
        "manylinux1" => return legacy(5),
        "manylinux2010" => return legacy(12),
        "manylinux2014" => return legacy(17),
        _ => {}
    }
    let (kind, numbers) = level.split_once('_')?;
    let (major, minor) = numbers.split_once('_')?;
    let (major, minor) = (parse_number(major)?, parse_number(minor)?);
    match kind {
        "manylinux" => Some(Os::Manylinux { major, minor }),
        "musllinux" => Some(Os::Musllinux { major, minor }),
        "macos" | "macosx" => Some(Os::Macos { major, minor }),
        _ => None,
    }
}

/// Levels are small; the tags of all lower ones are listed.
fn parse_number(text: &str) -> Option<u16> {
    text.parse()
        .ok()
        .filter(|number| *number < 1000 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `ARCH-VENDOR-SYSTEM[-ENVIRONMENT]` for machines that are not in the list.
fn parse_triple(name: &str) -> Option<Platform> {
    let (arch, system) = name.split_once('-')?;
    let arch = Arch::named(arch)?;
    match system {
        "unknown-linux" | "unknown-linux-gnu" | "unknown-linux-gnueabihf" | "linux-gnu" => {
            Some(default_linux(arch))
        }
        "unknown-linux-musl" | "unknown-linux-musleabihf" | "linux-musl" => Some(musl(arch)),
        "pc-windows-msvc" => Some(on(Os::Windows, arch)),
        "apple-darwin" => Some(macos(13, arch)),
        _ => None,
    }
}

fn suggest(name: &str) -> String {
    let docker = ["linux/amd64", "linux/arm64", "linux/arm/v7"];
    let names = KNOWN.iter().map(|(known, _)| *known).chain(docker);
    if let Some(near) = nearest(name, names) {
        return format!("did you mean `{near}`?");
    }
    "write `linux`, `macos`, or `windows`; a triple such as `aarch64-unknown-linux-gnu`; \
     `ARCH-manylinux_X_Y` or `ARCH-musllinux_X_Y`; or `linux/amd64` as in Docker"
        .to_owned()
}

impl Display for Platform {
    /// Prints the normal form, which parses again: `x86_64-manylinux_2_28`,
    /// `aarch64-macos_13_0`, `x86_64-pc-windows-msvc`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arch = self.arch.as_str();
        match self.os {
            Os::Manylinux { major, minor } => write!(f, "{arch}-manylinux_{major}_{minor}"),
            Os::Musllinux { major, minor } => write!(f, "{arch}-musllinux_{major}_{minor}"),
            Os::Macos { major, minor } => write!(f, "{arch}-macos_{major}_{minor}"),
            Os::Windows => write!(f, "{arch}-pc-windows-msvc"),
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, normal: &str) {
        let platform = Platform::parse(name).unwrap();
        assert_eq!(platform.to_string(), normal);
        assert_eq!(Platform::parse(normal), Ok(platform));
    }

    #[test]
    fn reads_the_names_of_uv() {
        check("linux", "x86_64-manylinux_2_28");
        check("windows", "x86_64-pc-windows-msvc");
        check("macos", "aarch64-macos_13_0");
        check("x86_64-unknown-linux-gnu", "x86_64-manylinux_2_28");
        check("aarch64-unknown-linux-gnu", "aarch64-manylinux_2_28");
        check("aarch64-unknown-linux-musl", "aarch64-musllinux_1_2");
        check("x86_64-apple-darwin", "x86_64-macos_13_0");
        check("aarch64-pc-windows-msvc", "aarch64-pc-windows-msvc");
        check("i686-pc-windows-msvc", "i686-pc-windows-msvc");
        check("x86_64-manylinux2014", "x86_64-manylinux_2_17");
        check("riscv64-unknown-linux", "riscv64-manylinux_2_39");
    }

    #[test]
    fn reads_any_level_of_glibc_musl_and_macos() {
        check("x86_64-manylinux_2_5", "x86_64-manylinux_2_5");
        check("aarch64-manylinux_2_26", "aarch64-manylinux_2_26");
        check("armv7l-musllinux_1_1", "armv7l-musllinux_1_1");
        check("aarch64-macos_14_2", "aarch64-macos_14_2");
        check("manylinux_2_31_s390x", "s390x-manylinux_2_31");
        check("manylinux2014_aarch64", "aarch64-manylinux_2_17");
        check("macosx_11_0_arm64", "aarch64-macos_11_0");
    }

    #[test]
    fn reads_the_names_of_container_tools() {
        check("linux/amd64", "x86_64-manylinux_2_28");
        check("linux/arm64", "aarch64-manylinux_2_28");
        check("linux/arm64/v8", "aarch64-manylinux_2_28");
        check("linux/arm/v7", "armv7l-manylinux_2_28");
        check("linux/386", "i686-manylinux_2_28");
        check("linux/ppc64le", "ppc64le-manylinux_2_28");
        check("linux/s390x", "s390x-manylinux_2_28");
        check("linux/riscv64", "riscv64-manylinux_2_39");
        check("Linux/AMD64", "x86_64-manylinux_2_28");
    }

    #[track_caller]
    fn check_error(name: &str, help: &str) {
        let error = Platform::parse(name).unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` is not a platform"));
        assert!(error.help.contains(help), "{}", error.help);
    }

    #[test]
    fn errors_name_the_nearest_or_all_forms() {
        check_error("linx", "did you mean `linux`?");
        check_error("linux/amd46", "did you mean `linux/amd64`?");
        check_error("x86_64-unknown-linux-gn", "`x86_64-unknown-linux-gnu`?");
        check_error("x86_64-manylinux_2_x", "manylinux_2_28");
        check_error("solaris", "ARCH-manylinux_X_Y");
        check_error("", "`linux`, `macos`, or `windows`");
        check_error("x86_64-macos_99999_1", "ARCH-manylinux_X_Y");
    }
}
