//! Installing a wheel into an environment (PEP 427, the "binary distribution format").
//!
//! What is left out: comparing the hashes of RECORD, compiling to bytecode, notes on who
//! installed it and from where. RECORD itself is written anew, as backends look for
//! their programs in it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use zip::ZipArchive;

use super::error::{ArchiveProblem, Error};
use super::inside::inside;
use super::launcher::{EntryPoint, with_interpreter};
use super::unpack::{Copy, copy, create};
use crate::python::{ProjectName, Version, WheelName, is_spelling};

/// How large a file may be that is read whole: metadata, a script.
const MAX_TEXT: u64 = 32 << 20;

/// How large all files together may be.
const MAX_BYTES: u64 = 16 << 30;

/// The folders of an environment, by the names of sysconfig.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Site {
    pub(super) purelib: PathBuf,
    pub(super) platlib: PathBuf,
    pub(super) scripts: PathBuf,
    pub(super) include: PathBuf,
    pub(super) data: PathBuf,
    /// The interpreter, as scripts should name it.
    pub(super) python: PathBuf,
}

/// Installs a wheel.
pub(super) fn install(path: &Path, site: &Site) -> Result<(), Error> {
    let mut wheel = Wheel::open(path)?;
    let root = if wheel.root_is_purelib()? {
        &site.purelib
    } else {
        &site.platlib
    };
    let entry_points = wheel.text("entry_points.txt")?.unwrap_or_default();
    let entry_points = EntryPoint::parse_all(&entry_points).map_err(|line| {
        wheel.error(ArchiveProblem::Layout(format!(
            "has an invalid entry point `{line}`"
        )))
    })?;
    let mut installed = Installed {
        files: Vec::new(),
        folders: HashSet::new(),
        room: MAX_BYTES,
    };
    for index in 0..wheel.archive.len() {
        wheel.member(index, site, root, &mut installed)?;
    }
    for entry_point in &entry_points {
        let (name, text) = entry_point.script(&site.python);
        let target = site.scripts.join(name);
        if is_of_environment(&target, site) {
            return Err(wheel.error(ArchiveProblem::Unsafe {
                member: entry_point.name.to_owned(),
                problem: OF_ENVIRONMENT,
            }));
        }
        installed.write(&target, &text, true)?;
    }
    wheel.record(root, installed)
}

/// Returns METADATA out of a wheel.
pub(super) fn metadata(path: &Path) -> Result<Vec<u8>, Error> {
    let mut wheel = Wheel::open(path)?;
    match wheel.bytes("METADATA")? {
        Some(bytes) => Ok(bytes),
        None => Err(wheel.error(ArchiveProblem::Layout("has no METADATA".to_owned()))),
    }
}

/// A wheel whose name and content agree.
struct Wheel {
    filename: String,
    archive: ZipArchive<BufReader<File>>,
    /// `name-version`, as it is spelled in the wheel.
    stem: String,
    project: ProjectName,
}

/// What has been written.
struct Installed {
    files: Vec<PathBuf>,
    /// Folders that are there.
    folders: HashSet<PathBuf>,
    /// How many bytes may still be written.
    room: u64,
}

/// Where a member goes.
enum Place {
    Site(PathBuf),
    Script(PathBuf),
    Nowhere,
}

impl Wheel {
    fn open(path: &Path) -> Result<Self, Error> {
        let filename = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let fail = |problem| Error::Archive {
            archive: filename.clone(),
            problem,
        };
        let name = WheelName::parse(&filename)
            .map_err(|error| fail(ArchiveProblem::Name(error.to_string())))?;
        let file = File::open(path).map_err(Error::io("read", path))?;
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| fail(ArchiveProblem::Damaged(error.to_string())))?;
        let stem =
            stem(&archive, &name).map_err(|problem| fail(ArchiveProblem::Layout(problem)))?;
        Ok(Self {
            filename,
            archive,
            stem,
            project: name.name,
        })
    }

    /// Reads `Root-Is-Purelib`, and checks that the format is one that is known.
    fn root_is_purelib(&mut self) -> Result<bool, Error> {
        let layout = |problem: &str| ArchiveProblem::Layout(problem.to_owned());
        let text = self
            .text("WHEEL")?
            .ok_or_else(|| self.error(layout("has no file `WHEEL`")))?;
        let field = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        match field("Wheel-Version").and_then(|version| version.split('.').next()) {
            Some("1") => {}
            _ => return Err(self.error(layout("has an unknown format"))),
        }
        Ok(field("Root-Is-Purelib").is_some_and(|value| value.eq_ignore_ascii_case("true")))
    }

    /// Returns a file of `.dist-info`, if it is there.
    fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let name = format!("{}.dist-info/{name}", self.stem);
        let Some(index) = self.archive.index_for_name(&name) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let read = self
            .archive
            .by_index(index)
            .map_err(io::Error::other)
            .and_then(|member| member.take(MAX_TEXT + 1).read_to_end(&mut bytes));
        read.map_err(|error| self.error(ArchiveProblem::Damaged(error.to_string())))?;
        if bytes.len() as u64 > MAX_TEXT {
            return Err(self.error(ArchiveProblem::TooLarge));
        }
        Ok(Some(bytes))
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        let bytes = self.bytes(name)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Installs a member.
    fn member(
        &mut self,
        index: usize,
        site: &Site,
        root: &Path,
        installed: &mut Installed,
    ) -> Result<(), Error> {
        let Some(Ok(name)) = self.archive.name_for_index(index) else {
            let problem = "a name in it is not text".to_owned();
            return Err(self.error(ArchiveProblem::Damaged(problem)));
        };
        let name = name.into_owned();
        let place = self.place(&name, site, root)?;
        let fail = |problem| Error::Archive {
            archive: self.filename.clone(),
            problem,
        };
        let mut member = match self.archive.by_index(index) {
            Ok(member) if member.is_dir() => return Ok(()),
            Ok(member) => member,
            Err(error) => return Err(fail(ArchiveProblem::Damaged(error.to_string()))),
        };
        match &place {
            Place::Nowhere => Ok(()),
            Place::Site(target) => {
                let is_executable = member.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
                installed.copy(&mut member, target, is_executable, &fail)
            }
            Place::Script(target) => installed.script(&mut member, target, &site.python, &fail),
        }
    }

    /// Says where a member goes.
    fn place(&self, name: &str, site: &Site, root: &Path) -> Result<Place, Error> {
        let refuse = |problem| {
            self.error(ArchiveProblem::Unsafe {
                member: name.escape_debug().to_string(),
                problem,
            })
        };
        let path = inside(Path::new(name)).map_err(refuse)?;
        let mut parts = path.components();
        let Some(Component::Normal(first)) = parts.next() else {
            return Ok(Place::Nowhere);
        };
        let first = first.to_string_lossy();
        if first.strip_suffix(".dist-info") == Some(&self.stem)
            && (parts.as_path() == Path::new("RECORD"))
        {
            return Ok(Place::Nowhere);
        }
        if first.strip_suffix(".data") != Some(&self.stem) {
            return Ok(Place::Site(root.join(path)));
        }
        let Some(Component::Normal(scheme)) = parts.next() else {
            return Ok(Place::Nowhere);
        };
        let rest = parts.as_path();
        if rest.as_os_str().is_empty() {
            return Ok(Place::Nowhere);
        }
        let folder = match &*scheme.to_string_lossy() {
            "purelib" => &site.purelib,
            "platlib" => &site.platlib,
            "data" => &site.data,
            "headers" => &site.include.join(self.project.as_ref()),
            "scripts" => &site.scripts,
            _ => return Err(refuse("which has no place to go")),
        };
        let target = folder.join(rest);
        if is_of_environment(&target, site) {
            return Err(refuse(OF_ENVIRONMENT));
        }
        Ok(if scheme == "scripts" {
            Place::Script(target)
        } else {
            Place::Site(target)
        })
    }

    /// Writes RECORD: the paths of all files, relative to where `.dist-info` is.
    fn record(&self, root: &Path, mut installed: Installed) -> Result<(), Error> {
        let path = root.join(format!("{}.dist-info", self.stem)).join("RECORD");
        let mut text = String::new();
        for file in installed.files.iter().chain([&path]) {
            let relative = relative(file, root);
            if relative.contains([',', '"', '\n']) {
                let _ = writeln!(text, "\"{}\",,", relative.replace('"', "\"\""));
            } else {
                let _ = writeln!(text, "{relative},,");
            }
        }
        installed.write(&path, text.as_bytes(), false)
    }

    fn error(&self, problem: ArchiveProblem) -> Error {
        Error::Archive {
            archive: self.filename.clone(),
            problem,
        }
    }
}

impl Installed {
    /// Writes a member as it is.
    fn copy(
        &mut self,
        member: &mut impl Read,
        target: &Path,
        is_executable: bool,
        fail: &impl Fn(ArchiveProblem) -> Error,
    ) -> Result<(), Error> {
        let mut file = self.create(target, is_executable)?;
        let written =
            copy(&mut member.take(self.room + 1), &mut file).map_err(|error| match error {
                Copy::Read(error) => fail(ArchiveProblem::Damaged(error.to_string())),
                Copy::Write(error) => Error::io("write", target)(error),
            })?;
        self.room = self
            .room
            .checked_sub(written)
            .ok_or_else(|| fail(ArchiveProblem::TooLarge))?;
        Ok(())
    }

    /// Writes a script, with its interpreter. It may be a compiled program.
    fn script(
        &mut self,
        member: &mut impl Read,
        target: &Path,
        python: &Path,
        fail: &impl Fn(ArchiveProblem) -> Error,
    ) -> Result<(), Error> {
        const MARK: &[u8] = b"#!python";
        let damaged = |error: io::Error| fail(ArchiveProblem::Damaged(error.to_string()));
        let mut start = Vec::with_capacity(MARK.len());
        let mut mark = member.by_ref().take(MARK.len() as u64);
        mark.read_to_end(&mut start).map_err(damaged)?;
        if start != MARK {
            return self.copy(&mut start.chain(member), target, true, fail);
        }
        let mut rest = member.take(MAX_TEXT + 1);
        rest.read_to_end(&mut start).map_err(damaged)?;
        if start.len() as u64 > MAX_TEXT {
            return Err(fail(ArchiveProblem::TooLarge));
        }
        self.write(target, &with_interpreter(start, python), true)
    }

    fn write(&mut self, target: &Path, bytes: &[u8], is_executable: bool) -> Result<(), Error> {
        let mut file = self.create(target, is_executable)?;
        file.write_all(bytes).map_err(Error::io("write", target))
    }

    fn create(&mut self, target: &Path, is_executable: bool) -> Result<File, Error> {
        if let Some(folder) = target.parent()
            && !self.folders.contains(folder)
        {
            fs::create_dir_all(folder).map_err(Error::io("write", folder))?;
            self.folders.insert(folder.to_owned());
        }
        let file = create(target, is_executable).map_err(Error::io("write", target))?;
        self.files.push(target.to_owned());
        Ok(file)
    }
}

const OF_ENVIRONMENT: &str = "which would replace a file of the environment itself";

/// Whether something belongs to the environment: its interpreter, which may be a link,
/// and its settings. Wheels bring no links, so all there are do.
fn is_of_environment(target: &Path, site: &Site) -> bool {
    target == site.python || target == site.data.join("pyvenv.cfg") || target.is_symlink()
}

/// Finds the one `.dist-info`, and checks that it is that of the wheel's name.
fn stem<R: Read + Seek>(archive: &ZipArchive<R>, name: &WheelName) -> Result<String, String> {
    let mut stems: Vec<&str> = archive
        .file_names_raw()
        .filter_map(|path| {
            let (first, _) = std::str::from_utf8(path).ok()?.split_once('/')?;
            first.strip_suffix(".dist-info")
        })
        .collect();
    stems.sort_unstable();
    stems.dedup();
    let stem = match stems[..] {
        [stem] => stem,
        [] => return Err("has no `.dist-info` directory".to_owned()),
        _ => return Err(format!("has {} `.dist-info` directories", stems.len())),
    };
    let agrees = stem.rsplit_once('-').is_some_and(|(project, version)| {
        is_spelling(project, name.name.as_ref())
            && version
                .parse::<Version>()
                .is_ok_and(|version| version == name.version)
    });
    if agrees {
        Ok(stem.to_owned())
    } else {
        Err(format!("contains another release, `{stem}`"))
    }
}

/// Returns the path of `file` as seen from `folder`, with `/` in it.
fn relative(file: &Path, folder: &Path) -> String {
    let common = file
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder.components().skip(common).map(|_| "..".into());
    let down = file
        .components()
        .skip(common)
        .map(|part| part.as_os_str().to_string_lossy());
    up.chain(down).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_record_lead_from_the_site_to_the_scripts() {
        let site = Path::new("/e/lib/python3/site-packages");
        assert_eq!(relative(&site.join("a/b.py"), site), "a/b.py");
        assert_eq!(relative(Path::new("/e/bin/x"), site), "../../../bin/x");
    }
}
