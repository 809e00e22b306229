//! Which wheels a target can install, and which of them it prefers: PEP 425 tags,
//! with the platforms of PEP 600 (manylinux), PEP 656 (musllinux), macOS and
//! Windows, and the stable ABIs `abi3` (PEP 384) and `abi3t` (PEP 803).
//!
//! The order is that of Python's `packaging.tags`. Its list of some thousand tags
//! is never made: the tags of one Python and ABI for all platforms are a *block*,
//! blocks follow each other, and behind them come the tags for `any` platform.

use rustc_hash::FxHashMap;

use super::platform::{Arch, Os, Platform};
use super::target::{Implementation, Target};
use super::wheel::WheelName;

/// The tags a target supports, in its order of preference.
#[derive(Debug, Clone)]
pub struct Tags {
    /// Python tags, numbered as the rows of `blocks` and `any`.
    pythons: FxHashMap<Box<str>, usize>,
    /// ABI tags, numbered as the columns of `blocks`.
    abis: FxHashMap<Box<str>, usize>,
    /// Platform tags but `any`, the best being 0.
    platforms: FxHashMap<Box<str>, u32>,
    /// The place of each Python and ABI, row by row; the best being 0.
    blocks: Vec<Option<u32>>,
    /// The place of each Python's `none-any`; the best being 0.
    any: Vec<Option<u32>>,
    block_count: u32,
    any_count: u32,
    /// The Python tags that are the target's own, not of an older CPython.
    own_pythons: Vec<bool>,
}

/// What keeps a wheel from being installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagMismatch {
    /// It is for other Pythons.
    Python,
    /// It is for this Python built another way.
    Abi,
    /// It is for other systems, machines or newer C libraries.
    Platform,
}

/// The tags in their order, before they are numbered.
struct List {
    platforms: Vec<String>,
    /// Python and ABI.
    blocks: Vec<(String, String)>,
    /// Pythons of `none-any`.
    any: Vec<String>,
}

impl Target {
    /// Returns the wheel tags the target supports.
    pub fn tags(&self) -> Tags {
        Tags::new(self)
    }
}

impl Tags {
    /// Makes the tags of a target.
    pub fn new(target: &Target) -> Self {
        Self::from_list(&list(target))
    }

    fn from_list(list: &List) -> Self {
        let mut pythons: FxHashMap<Box<str>, usize> = FxHashMap::default();
        let mut abis: FxHashMap<Box<str>, usize> = FxHashMap::default();
        for python in list
            .blocks
            .iter()
            .map(|(python, _)| python)
            .chain(&list.any)
        {
            let next = pythons.len();
            pythons.entry(python.as_str().into()).or_insert(next);
        }
        for (_, abi) in &list.blocks {
            let next = abis.len();
            abis.entry(abi.as_str().into()).or_insert(next);
        }
        let mut blocks = vec![None; pythons.len() * abis.len()];
        let mut any = vec![None; pythons.len()];
        let mut own_pythons = vec![false; pythons.len()];
        for (rank, (python, abi)) in (0..).zip(&list.blocks) {
            let row = pythons[python.as_str()];
            blocks[row * abis.len() + abis[abi.as_str()]] = Some(rank);
            own_pythons[row] |= abi == "none";
        }
        for (rank, python) in (0..).zip(&list.any) {
            any[pythons[python.as_str()]] = Some(rank);
        }
        let platforms = (0..)
            .zip(&list.platforms)
            .map(|(rank, platform)| (platform.as_str().into(), rank))
            .collect();
        Self {
            pythons,
            abis,
            platforms,
            blocks,
            any,
            block_count: u32::try_from(list.blocks.len()).unwrap_or(u32::MAX),
            any_count: u32::try_from(list.any.len()).unwrap_or(u32::MAX),
            own_pythons,
        }
    }

    /// Returns how good a wheel is for the target, higher being better; `None`
    /// when it cannot be installed.
    pub fn compatibility(&self, wheel: &WheelName) -> Option<u32> {
        let mut is_any = false;
        let mut platform: Option<u32> = None;
        for tag in wheel.tags.platforms() {
            if tag == "any" {
                is_any = true;
            } else if let Some(rank) = self.platforms.get(tag) {
                platform = Some(platform.map_or(*rank, |best| best.min(*rank)));
            }
        }
        if !is_any && platform.is_none() {
            return None;
        }
        let mut block: Option<u32> = None;
        let mut any: Option<u32> = None;
        for python in wheel.tags.pythons() {
            let Some(row) = self.pythons.get(python) else {
                continue;
            };
            for abi in wheel.tags.abis() {
                if let Some(rank) = self.block(*row, abi) {
                    block = Some(block.map_or(rank, |best| best.min(rank)));
                }
                if is_any
                    && abi == "none"
                    && let Some(rank) = self.any[*row]
                {
                    any = Some(any.map_or(rank, |best| best.min(rank)));
                }
            }
        }
        let width = u32::try_from(self.platforms.len()).unwrap_or(u32::MAX);
        let total = self.block_count * width + self.any_count;
        match (block, platform, any) {
            (Some(block), Some(platform), _) => Some(total - (block * width + platform)),
            (_, _, Some(any)) => Some(self.any_count - any),
            _ => None,
        }
    }

    /// Returns what keeps a wheel from being installed that
    /// [`compatibility`](Self::compatibility) has no answer for.
    pub fn incompatibility(&self, wheel: &WheelName) -> TagMismatch {
        let mut is_own = false;
        for python in wheel.tags.pythons() {
            let Some(row) = self.pythons.get(python) else {
                continue;
            };
            if wheel.tags.abis().any(|abi| self.block(*row, abi).is_some()) {
                return TagMismatch::Platform;
            }
            is_own |= self.own_pythons[*row];
        }
        if is_own {
            TagMismatch::Abi
        } else {
            TagMismatch::Python
        }
    }

    fn block(&self, row: usize, abi: &str) -> Option<u32> {
        let column = self.abis.get(abi)?;
        self.blocks[row * self.abis.len() + column]
    }
}

fn list(target: &Target) -> List {
    let (major, minor) = (target.python.major(), target.python.minor());
    let mut blocks = Vec::new();
    let interpreter = match target.implementation {
        Implementation::CPython { free_threaded } => {
            let own = format!("cp{major}{minor}");
            let suffix = match (free_threaded, (major, minor) < (3, 8)) {
                (true, _) => "t",
                // The pymalloc flag of old.
                (false, true) => "m",
                (false, false) => "",
            };
            let stable = if free_threaded { "abi3t" } else { "abi3" };
            let block = |python: &str, abi: &str| (python.to_owned(), abi.to_owned());
            blocks.push(block(&own, &format!("{own}{suffix}")));
            blocks.push(block(&own, stable));
            blocks.push(block(&own, "none"));
            for older in (2..minor).rev() {
                blocks.push(block(&format!("cp{major}{older}"), stable));
            }
            own
        }
        Implementation::PyPy { abi } => {
            let own = format!("pp{major}{minor}");
            blocks.push((own.clone(), format!("pypy{major}{minor}_pp{abi}")));
            blocks.push((own, "none".to_owned()));
            format!("pp{major}")
        }
    };
    let mut pure = vec![format!("py{major}{minor}"), format!("py{major}")];
    pure.extend((0..minor).rev().map(|older| format!("py{major}{older}")));
    blocks.extend(
        pure.iter()
            .map(|python| (python.clone(), "none".to_owned())),
    );
    let mut any = vec![interpreter];
    any.append(&mut pure);
    List {
        platforms: platform_tags(target.platform),
        blocks,
        any,
    }
}

/// Returns the platform tags, best first.
fn platform_tags(platform: Platform) -> Vec<String> {
    let arch = platform.arch.as_str();
    let mut tags = Vec::new();
    match platform.os {
        Os::Manylinux { major, minor } => {
            tags.push(format!("linux_{arch}"));
            manylinux_tags(&mut tags, platform.arch, major, minor);
        }
        Os::Musllinux { major, minor } => {
            tags.push(format!("linux_{arch}"));
            tags.extend(
                (0..=minor)
                    .rev()
                    .map(|minor| format!("musllinux_{major}_{minor}_{arch}")),
            );
        }
        Os::Macos { major, minor } => macos_tags(&mut tags, platform.arch, major, minor),
        Os::Windows => tags.push(
            match platform.arch {
                Arch::X86 => "win32",
                Arch::Aarch64 => "win_arm64",
                _ => "win_amd64",
            }
            .to_owned(),
        ),
    }
    tags
}

/// The last release of glibc 2 is not known; this many `packaging` foresees.
const LAST_GLIBC_2: u16 = 50;

fn manylinux_tags(tags: &mut Vec<String>, arch: Arch, major: u16, minor: u16) {
    let name = arch.as_str();
    if arch == Arch::Armv6l {
        // There is no manylinux of it; `packaging` lists none.
        return;
    }
    let oldest = if matches!(arch, Arch::X86_64 | Arch::X86) {
        5
    } else {
        17
    };
    for of_major in (2..=major).rev() {
        let newest = if of_major == major {
            minor
        } else {
            LAST_GLIBC_2
        };
        let oldest = if of_major == 2 { oldest } else { 0 };
        for of_minor in (oldest..=newest).rev() {
            tags.push(format!("manylinux_{of_major}_{of_minor}_{name}"));
            let alias = match (of_major, of_minor) {
                (2, 17) => "manylinux2014",
                (2, 12) => "manylinux2010",
                (2, 5) => "manylinux1",
                _ => continue,
            };
            tags.push(format!("{alias}_{name}"));
        }
    }
}

fn macos_tags(tags: &mut Vec<String>, arch: Arch, major: u16, minor: u16) {
    let is_intel = arch == Arch::X86_64;
    let formats: &[&str] = if is_intel {
        &[
            "x86_64",
            "intel",
            "fat64",
            "fat3",
            "universal2",
            "universal",
        ]
    } else {
        &["arm64", "universal2"]
    };
    let mut push = |major: u16, minor: u16, formats: &[&str]| {
        tags.extend(
            formats
                .iter()
                .map(|format| format!("macosx_{major}_{minor}_{format}")),
        );
    };
    if major < 11 {
        // Before 10.4 there was nothing of 64 bits.
        for older in (4..=minor).rev() {
            push(10, older, formats);
        }
        return;
    }
    for older in (11..=major).rev() {
        push(older, 0, formats);
    }
    for older in (4..=16).rev() {
        push(10, older, if is_intel { formats } else { &["universal2"] });
    }
}

#[cfg(test)]
#[path = "tags_tests.rs"]
mod tests;
