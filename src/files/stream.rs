//! Outputs that are written to, not replaced: pipes, devices, and what this process has
//! open under a number.
//!
//! `/dev/stdout` leads to whatever standard output is, and that may well be a file. To
//! replace it would lose what the file held before, and others hold the old one open.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

/// How many symbolic links are followed, as on Linux (`MAXSYMLINKS`).
pub(super) const MAX_LINKS: usize = 40;

/// Whether an output is written to as a stream: there is nothing in it to be read back.
pub fn is_stream(path: &Path) -> bool {
    is_special(path) || descriptor(path).is_some()
}

/// Whether a path leads to a pipe or a device.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Writes all bytes to a stream; this waits for who reads them.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut stream = match descriptor(path) {
        // What is open already knows how far it is written.
        #[cfg(unix)]
        Some(1) => duplicate(&io::stdout())?,
        #[cfg(unix)]
        Some(2) => duplicate(&io::stderr())?,
        Some(_) => OpenOptions::new().append(true).open(path)?,
        None => OpenOptions::new().write(true).open(path)?,
    };
    stream.write_all(bytes)
}

#[cfg(unix)]
fn duplicate(stream: &impl std::os::fd::AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

/// Returns the number under which this process has a path open, if the path leads to it
/// by that number: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`, and links to them.
fn descriptor(path: &Path) -> Option<u32> {
    let mut path = std::path::absolute(path).ok()?;
    for _ in 0..MAX_LINKS {
        if let Some(number) = number(&path) {
            return Some(number);
        }
        let link = fs::read_link(&path).ok()?;
        path = plain(&path.parent()?.join(link));
    }
    None
}

fn number(path: &Path) -> Option<u32> {
    let folder = path.parent()?;
    let name = path.file_name()?.to_str()?;
    if folder == Path::new("/dev") {
        return match name {
            "stdin" => Some(0),
            "stdout" => Some(1),
            "stderr" => Some(2),
            _ => None,
        };
    }
    let is_own = folder == Path::new("/dev/fd") || is_of_proc(folder);
    name.parse().ok().filter(|_| is_own)
}

/// Whether a folder is `/proc/self/fd`, or that of this process by another name.
fn is_of_proc(folder: &Path) -> bool {
    let mut names = folder.iter();
    let own = std::process::id().to_string();
    names.next() == Some(OsStr::new("/"))
        && names.next() == Some(OsStr::new("proc"))
        && names
            .next()
            .is_some_and(|name| name == "self" || name == "thread-self" || *name == *own)
        && names.next_back() == Some(OsStr::new("fd"))
}

/// Takes `..` back by the text of the path.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}
