//! Platforms: `os/architecture[/variant]`, as in an image index (OCI image index,
//! `platform`), with the usual other names of architectures understood.

use std::fmt;
use std::str::FromStr;

/// A platform in its usual spelling: `linux/amd64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    /// The operating system: `linux`.
    pub os: String,
    /// The architecture: `amd64`.
    pub architecture: String,
    /// The variant, where it tells platforms apart: `v7` of `arm`.
    pub variant: Option<String>,
}

/// Why a text is not a platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform (examples: `linux/amd64`, `linux/arm/v7`)")]
pub struct PlatformError(String);

impl Platform {
    /// Returns the platform of these words, in its usual spelling.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let os = match os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            os => os.to_owned(),
        };
        let variant = variant.unwrap_or("").to_ascii_lowercase();
        let (architecture, variant) = match architecture.to_ascii_lowercase().as_str() {
            "i386" | "i686" | "x86" => ("386".to_owned(), variant),
            "x86_64" | "x86-64" | "amd64" => (
                "amd64".to_owned(),
                if variant == "v1" {
                    String::new()
                } else {
                    variant
                },
            ),
            "aarch64" | "arm64" => (
                "arm64".to_owned(),
                if matches!(variant.as_str(), "8" | "v8") {
                    String::new()
                } else {
                    variant
                },
            ),
            "armhf" => ("arm".to_owned(), "v7".to_owned()),
            "armel" => ("arm".to_owned(), "v6".to_owned()),
            "arm" => (
                "arm".to_owned(),
                match variant.as_str() {
                    "" | "7" => "v7".to_owned(),
                    "5" | "6" | "8" => format!("v{variant}"),
                    _ => variant,
                },
            ),
            other => (other.to_owned(), variant),
        };
        Self {
            os,
            architecture,
            variant: (!variant.is_empty()).then_some(variant),
        }
    }
}

impl Platform {
    /// Returns how far below this platform one is that its machines run as well: nothing
    /// for the same, the number of steps for a lower variant; none if they do not run it.
    ///
    /// As container engines have it (containerd, `platforms.Only`), without other
    /// architectures: a machine of `amd64` may run `386`, but who builds for one does
    /// not mean the other.
    pub fn distance(&self, offered: &Self) -> Option<u32> {
        if self.os != offered.os || self.architecture != offered.architecture {
            return None;
        }
        if self.variant == offered.variant {
            return Some(0);
        }
        self.level()?.checked_sub(offered.level()?)
    }

    /// Returns what serves this platform best of what is offered, the first of equals.
    pub fn best<T>(
        &self,
        offered: impl IntoIterator<Item = T>,
        platform: impl Fn(&T) -> Option<&Self>,
    ) -> Option<T> {
        let serving = offered.into_iter().filter_map(|item| {
            let distance = self.distance(platform(&item)?)?;
            Some((distance, item))
        });
        let best = serving.min_by_key(|(distance, _)| *distance);
        best.map(|(_, item)| item)
    }

    /// Returns where the variant stands among those of its architecture, which each run
    /// what is made for the lower ones.
    fn level(&self) -> Option<u32> {
        let least = match self.architecture.as_str() {
            "amd64" => "v1",
            "arm" => "v7",
            "arm64" => "v8",
            _ => return None,
        };
        let variant = self.variant.as_deref().unwrap_or(least);
        let number = variant.strip_prefix('v')?;
        let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
        let (major, minor): (u8, u8) = (major.parse().ok()?, minor.parse().ok()?);
        Some(u32::from(major) * 0x100 + u32::from(minor))
    }
}

/// The architectures that container images are made for, by their usual names and others.
const ARCHITECTURES: [&str; 24] = [
    "386", "aarch64", "amd64", "arm", "arm64", "armel", "armhf", "i386", "i686", "loong64", "mips",
    "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv", "riscv64", "s390x", "sparc64",
    "wasm", "x86", "x86-64", "x86_64",
];

impl FromStr for Platform {
    type Err = PlatformError;

    /// Reads `os/architecture[/variant]`, or an architecture alone, of Linux.
    ///
    /// An operating system alone is none: builders take it with their own architecture.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let is_word = |word: &&str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        };
        let words: Vec<&str> = text.split('/').collect();
        if !words.iter().all(is_word) {
            return Err(PlatformError(text.to_owned()));
        }
        match words[..] {
            [word] if is_architecture(word) => Ok(Self::new("linux", word, None)),
            [os, architecture] => Ok(Self::new(os, architecture, None)),
            [os, architecture, variant] => Ok(Self::new(os, architecture, Some(variant))),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

fn is_architecture(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ARCHITECTURES.binary_search(&word.as_str()).is_ok()
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(text.parse::<Platform>().unwrap().to_string(), expected);
    }

    #[test]
    fn other_names_become_the_usual_ones() {
        check("linux/amd64", "linux/amd64");
        check("x86_64", "linux/amd64");
        check("linux/aarch64", "linux/arm64");
        check("linux/arm64/v8", "linux/arm64");
        check("linux/arm64/v9", "linux/arm64/v9");
        check("linux/arm", "linux/arm/v7");
        check("linux/arm/6", "linux/arm/v6");
        check("Windows/AMD64", "windows/amd64");
    }

    #[test]
    fn refuses_what_is_none() {
        for bad in [
            "",
            "/",
            "linux",
            "windows",
            "darwin",
            "vax",
            "linux/",
            "a/b/c/d",
            "linux/am d64",
            "$X",
        ] {
            assert!(bad.parse::<Platform>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_architecture_alone_is_of_linux() {
        assert!(ARCHITECTURES.is_sorted());
        for word in ARCHITECTURES {
            assert_eq!(word.parse::<Platform>().unwrap().os, "linux", "{word}");
        }
    }

    #[test]
    fn machines_run_lower_variants_of_their_own_architecture() {
        let check = |wanted: &str, offered: &str, is_run: bool| {
            let parsed = |text: &str| text.parse::<Platform>().unwrap();
            let distance = parsed(wanted).distance(&parsed(offered));
            assert_eq!(distance.is_some(), is_run, "{offered} for {wanted}");
        };
        check("linux/arm/v7", "linux/arm/v6", true);
        check("linux/arm/v8", "linux/arm/v5", true);
        check("linux/arm/v6", "linux/arm/v7", false);
        check("linux/amd64/v3", "linux/amd64", true);
        check("linux/amd64/v3", "linux/amd64/v4", false);
        check("linux/amd64", "linux/amd64/v2", false);
        check("linux/arm64/v9", "linux/arm64", true);
        check("linux/arm64/v9.2", "linux/arm64/v9", true);
        check("linux/arm64", "linux/arm64/v8.1", false);
        check("linux/amd64", "linux/386", false);
        check("linux/arm64", "linux/arm/v7", false);
        check("linux/amd64", "windows/amd64", false);
        check("linux/riscv64/x", "linux/riscv64/x", true);
        check("linux/riscv64/x", "linux/riscv64/y", false);
    }

    #[test]
    fn the_nearest_variant_serves_best() {
        let offered =
            ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"].map(|it| it.parse().unwrap());
        let best = |wanted: &str| {
            let wanted: Platform = wanted.parse().unwrap();
            wanted
                .best(&offered, |it| Some(it))
                .map(ToString::to_string)
        };
        assert_eq!(best("linux/arm/v6").as_deref(), Some("linux/arm/v6"));
        assert_eq!(best("linux/arm/v8").as_deref(), Some("linux/arm/v7"));
        assert_eq!(best("linux/amd64"), None);
    }
}
