//! Replaces a file: writes a new one beside it, then renames.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use super::error::{Action, Error};
use super::read::read_if_there;
use super::stream::{self, MAX_LINKS, is_stream};
use super::temporaries::{PREFIX, SUFFIX, Temporary, sweep};

/// Makes `after` the content of a file that was `before` when it was looked at (none: it
/// was not there); returns whether that took writing. A stream is written in any case.
///
/// # Errors
/// When the file cannot be written, or is neither by now: then somebody else changed it.
pub fn replace_unchanged(path: &Path, before: Option<&[u8]>, after: &[u8]) -> Result<bool, Error> {
    if !is_stream(path) {
        let found = read_if_there(path)?;
        if found.as_deref() == Some(after) {
            return Ok(false);
        }
        if found.as_deref() != before {
            return Err(Error::changed(path));
        }
    }
    replace(path, after)?;
    Ok(true)
}

/// Makes `bytes` the content of the file at `path`, all at once or not at all.
///
/// The new file is written beside the old one, forced to disk and renamed. On any
/// failure the old file stays and the new one is removed. A symbolic link is
/// followed, also one whose target does not exist yet. A stream, that is a pipe, a device
/// or a file that is open already (`/dev/stdout`), is not replaced but written to.
///
/// A new file may be read and written as the process's mask allows, which is
/// usually `0644`; an existing file keeps its permissions.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    try_replace(path, bytes).map_err(|source| Error::new(Action::Write, path, source))
}

fn try_replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_stream(path) {
        return stream::write(path, bytes);
    }
    let staged = stage(path, bytes, PREFIX)?;
    staged.temporary.rename(&staged.target)?;
    sweep(folder_of(&staged.target));
    Ok(())
}

/// A new file beside the one it is to replace, forced to disk.
pub(super) struct Staged {
    pub(super) temporary: Temporary,
    /// The file itself, at the end of all links.
    pub(super) target: PathBuf,
}

/// Writes a file aside, with the permissions and owner of the one at `path`.
pub(super) fn stage(path: &Path, bytes: &[u8], prefix: &str) -> io::Result<Staged> {
    let existing = existing(path)?;
    if existing.as_ref().is_some_and(Metadata::is_dir) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if existing
        .as_ref()
        .is_some_and(|metadata| !metadata.is_file())
    {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a file or directory",
        ));
    }
    let target = follow_links(path)?;
    if target.file_name().is_none() || ends_with_separator(path) {
        return Err(io::ErrorKind::IsADirectory.into());
    }

    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(SUFFIX);
    if let Some(permissions) = new_permissions(existing.as_ref()) {
        builder.permissions(permissions);
    }
    let mut temporary = Temporary::new_in(folder_of(&target), &builder)?;
    let file = temporary.file();
    file.write_all(bytes)?;
    if let Some(metadata) = &existing {
        keep_owner(file, metadata);
        file.set_permissions(metadata.permissions())?;
    }
    // Without this, a crash of the machine could leave the name with no content.
    file.sync_all()?;
    Ok(Staged { temporary, target })
}

/// Returns what is known of the file at `path`, if there is one.
fn existing(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the folder a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Returns the file a path means, which need not exist.
pub(super) fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            // A relative link is relative to its own folder; `join` takes an
            // absolute one as it is.
            Ok(link) => target = target.parent().unwrap_or(Path::new("")).join(link),
            // Not a link, or not there: this is the file.
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Whether a path names a folder by its spelling.
fn ends_with_separator(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes
        .last()
        .is_some_and(|&byte| std::path::is_separator(byte.into()))
}

/// Returns the permissions a file is made with.
///
/// An existing file's are set later, when they need not suffice for writing; till
/// then nobody else may look into what may be a private file.
#[cfg(unix)]
fn new_permissions(existing: Option<&Metadata>) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    // The mask of the process is taken off by the operating system.
    existing.is_none().then(|| Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_permissions(_: Option<&Metadata>) -> Option<Permissions> {
    None
}

/// Gives a file the owner of the one it replaces, if we may.
///
/// Matters when an administrator runs us on someone's project, as in a container.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let is_same = file
        .metadata()
        .is_ok_and(|new| new.uid() == existing.uid() && new.gid() == existing.gid());
    if !is_same {
        // An ordinary user may not, and then owns the file; that is no failure.
        let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}
