//! The folder: file names, reading, writing aside and renaming.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::entry::{Entry, Stamp, tail};

/// Bytes by key on disk; a clone uses the same folder.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Option<Arc<Folder>>,
}

#[derive(Debug)]
struct Folder {
    root: PathBuf,
    marked: OnceLock<()>,
}

/// Why an entry could not be stored. Never a reason to end a run.
#[derive(Debug, thiserror::Error)]
#[error("could not write to the cache, at `{}`", path.display())]
pub struct Error {
    /// The file or folder that could not be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// A leftover of a killed process is taken away when it is older than this.
const LEFTOVER_AGE: Duration = Duration::from_secs(3600);

static COUNTER: AtomicU64 = AtomicU64::new(0);

impl Cache {
    /// Returns the cache in a folder, which is made when the first entry is put.
    pub fn at(dir: PathBuf) -> Self {
        let folder = Folder {
            root: dir,
            marked: OnceLock::new(),
        };
        Self {
            folder: Some(Arc::new(folder)),
        }
    }

    /// Returns a cache that keeps nothing.
    pub const fn none() -> Self {
        Self { folder: None }
    }

    /// Returns the folder, if this cache has one.
    pub fn dir(&self) -> Option<&Path> {
        self.folder.as_deref().map(|folder| folder.root.as_path())
    }

    /// Returns the payload stored under a key.
    pub fn get(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.get_entry(bucket, key).map(Entry::into_payload)
    }

    /// Returns the payload stored under a key together with its note.
    pub fn get_entry(&self, bucket: &str, key: &str) -> Option<Entry> {
        let place = self.folder.as_deref()?.place(bucket, key);
        Entry::parse(read(&place.path()).ok()?, place.identity)
    }

    /// Stores a payload under a key, in place of what was there.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put_entry(bucket, key, bytes, &[])
    }

    /// Stores a payload with a note (at most 64 KiB) that [`Cache::touch`] can renew.
    pub fn put_entry(
        &self,
        bucket: &str,
        key: &str,
        payload: &[u8],
        note: &[u8],
    ) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let place = folder.place(bucket, key);
        let Some(tail) = tail(payload, note, place.identity) else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "the note is too long");
            return Err(Error {
                path: place.path(),
                source,
            });
        };
        folder.mark();
        place.write(&[payload, &tail])
    }

    /// Renews the note of an entry that was read before.
    ///
    /// Only the note is written, in place. Where another process has put a
    /// different payload meanwhile, nothing is: its note is the newer one.
    pub fn touch(&self, bucket: &str, key: &str, entry: &Entry, note: &[u8]) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let Some(slot) = entry.stamp().slot(note) else {
            return self.put_entry(bucket, key, entry.payload(), note);
        };
        let place = folder.place(bucket, key);
        let path = place.path();
        match rewrite_slot(&path, place.identity, entry.stamp(), &slot) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error { path, source }),
        }
    }

    /// Takes an entry away; that there is none is no error.
    pub fn remove(&self, bucket: &str, key: &str) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let path = folder.place(bucket, key).path();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error { path, source }),
            _ => Ok(()),
        }
    }
}

/// The file of one key.
struct Place {
    dir: PathBuf,
    name: String,
    /// Part of the key's hash that is not in the name.
    identity: u64,
}

impl Folder {
    /// Finds the file of a key: `bucket/shard/readable-hash`.
    ///
    /// The hash is a cryptographic one, for an index chooses its URLs and must
    /// not be able to speak for another. Sixteen shards keep folders short
    /// without making a folder per entry.
    fn place(&self, bucket: &str, key: &str) -> Place {
        let digest = Sha256::digest(key.as_bytes());
        let mut name = readable(key);
        for byte in &digest[..15] {
            name.push(hex(byte >> 4));
            name.push(hex(byte & 15));
        }
        let identity = digest[16..24]
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let shard = hex(digest[15] & 15);
        let mut dir = self.root.join(bucket);
        dir.push(shard.encode_utf8(&mut [0; 4]));
        Place {
            dir,
            name,
            identity,
        }
    }

    /// Tells backup programs and git, once a process, that this is a cache.
    ///
    /// Failing is left to the entry's own write, which then fails as well.
    fn mark(&self) {
        self.marked.get_or_init(|| {
            let tag = self.root.join("CACHEDIR.TAG");
            if tag.exists() || fs::create_dir_all(&self.root).is_err() {
                return;
            }
            let text = "Signature: 8a477f597d28d172789f06886806bc55\n\
                # This folder is a cache; its content can be made again at any time.\n\
                # See https://bford.info/cachedir/\n";
            let _ = fs::write(tag, text);
            let _ = fs::write(self.root.join(".gitignore"), "*\n");
        });
    }
}

impl Place {
    fn path(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    fn write(&self, parts: &[&[u8]]) -> Result<(), Error> {
        let fail = |path: &Path, source| Error {
            path: path.to_owned(),
            source,
        };
        let (temporary, mut file) = self.create().map_err(|source| fail(&self.dir, source))?;
        let written = parts.iter().try_for_each(|part| file.write_all(part));
        drop(file);
        let path = self.path();
        let result = written
            .map_err(|source| fail(&temporary, source))
            .and_then(|()| fs::rename(&temporary, &path).map_err(|source| fail(&path, source)));
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        result
    }

    /// Makes the file to write to, beside the one it will become.
    fn create(&self) -> io::Result<(PathBuf, File)> {
        let usual = self.dir.join(format!("{}.tmp", self.name));
        match create_new(&usual) {
            Ok(file) => return Ok((usual, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.dir)?;
                return create_new(&usual).map(|file| (usual, file));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        // Another writer is at work, or was killed.
        if is_leftover(&usual) {
            let _ = fs::remove_file(&usual);
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let own = format!("{}.{}-{number}.tmp", self.name, std::process::id());
        let own = self.dir.join(own);
        let file = File::create(&own)?;
        Ok((own, file))
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn is_leftover(path: &Path) -> bool {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|modified| modified.elapsed().ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

/// Reads a file whose length is asked once; `fs::read` would read twice.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn rewrite_slot(path: &Path, identity: u64, expected: Stamp, slot: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let mut footer = [0; Stamp::BYTES];
    if length < footer.len() as u64 {
        return Ok(());
    }
    file.seek(SeekFrom::Start(length - footer.len() as u64))?;
    file.read_exact(&mut footer)?;
    if Stamp::parse(&footer, length, identity) != Some(expected) {
        return Ok(());
    }
    file.seek(SeekFrom::Start(expected.slot_offset()))?;
    file.write_all(slot)
}

/// Returns the last words of a key that a file name can carry, with a hyphen.
fn readable(key: &str) -> String {
    const LONGEST: usize = 40;
    let key = key.split(['?', '#']).next().unwrap_or(key);
    let last = key.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    // A password has its place before the last slash; a token may not.
    if last.contains('@') {
        return String::with_capacity(30);
    }
    let mut name = String::with_capacity(LONGEST + 31);
    for character in last.chars().take(LONGEST) {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
        name.push(if plain { character } else { '-' });
    }
    // No hidden files, and none that ends in what ours end in.
    if name.starts_with('.') {
        name.replace_range(..1, "-");
    }
    if !name.is_empty() {
        name.push('-');
    }
    name
}

fn hex(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16")
}
