//! Unpacking sdists: PEP 721's rules for tar archives, and the same for zip.
//!
//! Every member is checked and written here, without a library's "unpack all". Links are
//! made last, so nothing is ever written through one. Owners are not restored, nor
//! are special bits and the right of others to write.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::read::MultiGzDecoder;
use tar::EntryType;

use super::error::{ArchiveProblem, Error};
use super::inside::{check_link, inside};

/// How large everything together may be.
const MAX_BYTES: u64 = 4 << 30;

/// How large it may be whatever the archive's size, and how many times as large as that
/// otherwise.
const MODEST_BYTES: u64 = 256 << 20;
const MAX_RATIO: u64 = 200;

/// How many members there may be.
const MAX_MEMBERS: usize = 500_000;

/// The first moment that zip archives know, and so wheels.
const YEAR_1980: Duration = Duration::from_hours(10 * 365 * 24 + 2 * 24);

/// Unpacks an sdist (`.tar.gz`, `.zip`) into a folder that is empty or not there.
///
/// Returns the one folder at its top; or `into` itself, when it is the project.
/// This blocks, for as long as a disk takes.
pub fn unpack(filename: &str, bytes: &[u8], into: &Path) -> Result<PathBuf, Error> {
    write_tree(filename, bytes, into)?.top()
}

/// Unpacks an archive as [`unpack`] does; returns a folder below its top. As for pip, the
/// top is the folder that holds everything, if there is one.
pub fn unpack_subdirectory(
    filename: &str,
    bytes: &[u8],
    into: &Path,
    subdirectory: &str,
) -> Result<PathBuf, Error> {
    write_tree(filename, bytes, into)?.subdirectory(subdirectory)
}

fn write_tree<'a>(filename: &'a str, bytes: &[u8], into: &'a Path) -> Result<Tree<'a>, Error> {
    fs::create_dir_all(into).map_err(Error::io("write", into))?;
    let mut tree = Tree {
        archive: filename,
        into,
        room: (bytes.len() as u64)
            .saturating_mul(MAX_RATIO)
            .clamp(MODEST_BYTES, MAX_BYTES),
        members: 0,
        links: Vec::new(),
        now: SystemTime::now(),
    };
    let ends = |ending: &str| {
        let start = filename.len().checked_sub(ending.len());
        start
            .and_then(|start| filename.get(start..))
            .is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    if ends(".tar.gz") || ends(".tgz") {
        tree.tar(MultiGzDecoder::new(bytes))?;
    } else if ends(".tar") {
        tree.tar(bytes)?;
    } else if ends(".zip") {
        tree.zip(bytes)?;
    } else {
        return Err(tree.error(ArchiveProblem::Unsupported));
    }
    tree.make_links()?;
    Ok(tree)
}

/// A tree that is being written.
struct Tree<'a> {
    archive: &'a str,
    into: &'a Path,
    /// How many bytes may still be written.
    room: u64,
    members: usize,
    links: Vec<Link>,
    now: SystemTime,
}

struct Link {
    path: PathBuf,
    /// As it stands for symbolic links, from the top for hard links.
    target: PathBuf,
    is_symbolic: bool,
}

/// What is known of a file beside its content.
struct Kept {
    /// How long the file should be.
    size: u64,
    is_executable: bool,
    modified: Option<u64>,
}

impl Tree<'_> {
    fn tar(&mut self, reader: impl Read) -> Result<(), Error> {
        // What is inflated and passed over counts as well.
        let mut archive = tar::Archive::new(reader.take(2 * MAX_BYTES));
        let entries = archive.entries().map_err(|error| self.damaged(&error))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| self.damaged(&error))?;
            let kind = entry.header().entry_type();
            if kind == EntryType::XGlobalHeader {
                continue;
            }
            let name = entry.path().map_err(|error| self.damaged(&error))?;
            let name = name.into_owned();
            let path = self.member(&name)?;
            match kind {
                EntryType::Directory => self.folder(&path)?,
                EntryType::Symlink | EntryType::Link => {
                    let target = entry.link_name().map_err(|error| self.damaged(&error))?;
                    let target = target.map(Cow::into_owned);
                    let is_symbolic = kind == EntryType::Symlink;
                    self.link(&name, path, target.unwrap_or_default(), is_symbolic)?;
                }
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    let kept = Kept {
                        size: entry.size(),
                        is_executable: entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0),
                        modified: entry.header().mtime().ok(),
                    };
                    self.file(&name, &path, &mut entry, &kept)?;
                }
                _ => {
                    return Err(self.refused(&name, "which is not a file or directory"));
                }
            }
        }
        Ok(())
    }

    fn zip(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut archive =
            zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| self.damaged(&error))?;
        for index in 0..archive.len() {
            let mut member = archive
                .by_index(index)
                .map_err(|error| self.damaged(&error))?;
            let name = member.name().map_err(|error| self.damaged(&error))?;
            let name = PathBuf::from(&*name);
            let path = self.member(&name)?;
            if member.is_dir() {
                self.folder(&path)?;
            } else if member.is_symlink() {
                let mut target = String::new();
                let read = member.by_ref().take(4096).read_to_string(&mut target);
                read.map_err(|error| self.damaged(&error))?;
                self.link(&name, path, target.into(), true)?;
            } else {
                let kept = Kept {
                    size: member.size(),
                    is_executable: member.unix_mode().is_some_and(|mode| mode & 0o100 != 0),
                    // Its clock has no zone.
                    modified: None,
                };
                self.file(&name, &path, &mut member, &kept)?;
            }
        }
        Ok(())
    }

    /// Counts a member, and returns its path.
    fn member(&mut self, name: &Path) -> Result<PathBuf, Error> {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err(self.error(ArchiveProblem::TooLarge));
        }
        inside(name).map_err(|problem| self.refused(name, problem))
    }

    fn folder(&self, path: &Path) -> Result<(), Error> {
        let path = self.into.join(path);
        fs::create_dir_all(&path).map_err(Error::io("write", &path))
    }

    fn file(
        &mut self,
        name: &Path,
        path: &Path,
        content: &mut impl Read,
        kept: &Kept,
    ) -> Result<(), Error> {
        if path.as_os_str().is_empty() {
            return Err(self.refused(name, "which is not a file name"));
        }
        self.folder(path.parent().unwrap_or(Path::new("")))?;
        let target = self.into.join(path);
        let fail = |source| Error::io("write", &target)(source);
        let mut file = create(&target, kept.is_executable).map_err(fail)?;
        let mut content = content.take(self.room + 1);
        let written = copy(&mut content, &mut file).map_err(|error| match error {
            Copy::Read(error) => self.damaged(&error),
            Copy::Write(error) => fail(error),
        })?;
        self.room = self
            .room
            .checked_sub(written)
            .ok_or_else(|| self.error(ArchiveProblem::TooLarge))?;
        if written < kept.size {
            let error = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(self.damaged(&error));
        }
        if let Some(modified) = kept.modified {
            // Zip archives, so wheels, know no earlier time, and build tools take a
            // later one for a clock that is wrong.
            let modified = UNIX_EPOCH + Duration::from_secs(modified).max(YEAR_1980);
            let times = FileTimes::new().set_modified(modified.min(self.now));
            file.set_times(times).map_err(fail)?;
        }
        Ok(())
    }

    fn link(
        &mut self,
        name: &Path,
        path: PathBuf,
        target: PathBuf,
        is_symbolic: bool,
    ) -> Result<(), Error> {
        let checked = if is_symbolic {
            let folder = path.parent().unwrap_or(Path::new(""));
            check_link(folder, &target).map(|()| target)
        } else {
            inside(&target).map_err(|_| "a link that points outside of the archive")
        };
        let target = checked.map_err(|problem| self.refused(name, problem))?;
        self.links.push(Link {
            path,
            target,
            is_symbolic,
        });
        Ok(())
    }

    /// Makes the links: first the hard ones, as copies, so that none of them copies
    /// through a symbolic one.
    fn make_links(&self) -> Result<(), Error> {
        let (symbolic, hard): (Vec<&Link>, Vec<&Link>) =
            self.links.iter().partition(|link| link.is_symbolic);
        for link in hard {
            let target = self.into.join(&link.target);
            if !target.is_file() {
                return Err(self.refused(&link.path, "a link to a missing file"));
            }
            self.make(link, |path| fs::copy(&target, path).map(|_| ()))?;
        }
        for link in symbolic {
            self.make(link, |path| symlink(&link.target, path))?;
        }
        Ok(())
    }

    fn make(&self, link: &Link, make: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Error> {
        let mut folder = self.into.to_owned();
        for part in link.path.parent().into_iter().flatten() {
            folder.push(part);
            if folder.is_symlink() {
                return Err(self.refused(&link.path, "which is behind a link"));
            }
        }
        fs::create_dir_all(&folder).map_err(Error::io("write", &folder))?;
        let path = self.into.join(&link.path);
        if link.path.as_os_str().is_empty() || path.symlink_metadata().is_ok() {
            return Err(self.refused(&link.path, "a link that replaces another member"));
        }
        make(&path).map_err(Error::io("write", &path))
    }

    /// Returns the folder at the top.
    fn top(&self) -> Result<PathBuf, Error> {
        let entries = fs::read_dir(self.into).map_err(Error::io("read", self.into))?;
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Error::io("read", self.into))?;
            let name = entry.file_name();
            if name == "pyproject.toml" || name == "setup.py" {
                // Archives of a forge's files need not have a folder.
                return Ok(self.into.to_owned());
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && !is_litter(&name) {
                folders.push(entry.path());
            }
        }
        match <[PathBuf; 1]>::try_from(folders) {
            Ok([folder]) => Ok(folder),
            Err(folders) => Err(self.error(ArchiveProblem::TopFolder {
                count: folders.len(),
            })),
        }
    }

    /// Returns a folder below the top.
    fn subdirectory(&self, name: &str) -> Result<PathBuf, Error> {
        let path = inside(Path::new(name)).map_err(|problem| {
            let name = Path::new(name);
            self.refused(name, problem)
        })?;
        let entries = fs::read_dir(self.into).map_err(Error::io("read", self.into))?;
        let entries: Vec<fs::DirEntry> = entries
            .flatten()
            .filter(|entry| !is_litter(&entry.file_name()))
            .collect();
        let top = match &entries[..] {
            [only] if only.file_type().is_ok_and(|kind| kind.is_dir()) => only.path(),
            _ => self.into.to_owned(),
        };
        let missing = || self.error(ArchiveProblem::NoSubdirectory(name.to_owned()));
        let real = |path: &Path| path.canonicalize().map_err(|_| missing());
        let folder = real(&top.join(path))?;
        if folder.is_dir() && folder.starts_with(real(self.into)?) {
            return Ok(folder);
        }
        Err(missing())
    }

    fn refused(&self, name: &Path, problem: &'static str) -> Error {
        self.error(ArchiveProblem::Unsafe {
            member: name.display().to_string().escape_debug().to_string(),
            problem,
        })
    }

    fn damaged(&self, error: &dyn std::error::Error) -> Error {
        self.error(ArchiveProblem::Damaged(error.to_string()))
    }

    fn error(&self, problem: ArchiveProblem) -> Error {
        Error::Archive {
            archive: self.archive.to_owned(),
            problem,
        }
    }
}

/// Whether a folder is what macOS leaves in archives.
fn is_litter(name: &OsStr) -> bool {
    name == "__MACOSX" || name == "PaxHeader" || name.as_encoded_bytes().starts_with(b"._")
}

/// Makes a file of the rights that data has: others may not write, and who may not
/// run a file as its owner may not at all. A file that is there is replaced.
pub(super) fn create(path: &Path, is_executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if is_executable { 0o755 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = is_executable;
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Never written through: it may be a link.
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Which end of copying failed.
pub(super) enum Copy {
    Read(io::Error),
    Write(io::Error),
}

/// Copies, and tells whose fault it is when that fails.
pub(super) fn copy(from: &mut impl Read, to: &mut File) -> Result<u64, Copy> {
    use io::Write as _;

    let mut buffer = vec![0; 64 << 10];
    let mut written = 0;
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(written),
            Ok(length) => {
                to.write_all(&buffer[..length]).map_err(Copy::Write)?;
                written += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Copy::Read(error)),
        }
    }
}

#[cfg(unix)]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Where links need a privilege, files are copied; other links are left out.
#[cfg(not(unix))]
fn symlink(target: &Path, path: &Path) -> io::Result<()> {
    let target = path.parent().unwrap_or(Path::new("")).join(target);
    if target.is_file() {
        fs::copy(target, path)?;
    }
    Ok(())
}
