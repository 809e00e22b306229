//! The folder: file names, reading, writing aside and renaming.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::buffer::with_buffer;
use super::entry::{Entry, Stamp, tail};
use super::lazy::{self, LazyEntry, LazyStamp, Parts, Renewal};

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
#[error("cannot write to the cache at `{}`", path.display())]
pub struct Error {
    /// The file or folder that could not be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// A leftover of a killed process is taken away when it is older than this.
const LEFTOVER_AGE: Duration = Duration::from_hours(1);

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
        Entry::parse(read(&place.path).ok()?, place.identity)
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
                path: place.path,
                source,
            });
        };
        folder.mark();
        place.write(&[payload, &tail])
    }

    /// Opens what [`Cache::put_parts`] stored: its head is read, its blocks are not.
    pub fn open_entry(&self, bucket: &str, key: &str) -> Option<LazyEntry> {
        let place = self.folder.as_deref()?.place(bucket, key);
        lazy::open(place.path, place.identity)
    }

    /// Stores what can be read in part with a note (at most 64 KiB) that
    /// [`Cache::touch_parts`] can renew.
    pub fn put_parts(
        &self,
        bucket: &str,
        key: &str,
        parts: &Parts<'_>,
        note: &[u8],
    ) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let place = folder.place(bucket, key);
        let Some(before) = lazy::before_body(parts, note, place.identity) else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "a part is too long");
            return Err(Error {
                path: place.path,
                source,
            });
        };
        folder.mark();
        place.write(&[&before, parts.body])
    }

    /// Renews the note of an entry that was opened before, as [`Cache::touch`] does.
    pub fn touch_parts(
        &self,
        bucket: &str,
        key: &str,
        stamp: LazyStamp,
        note: &[u8],
    ) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let place = folder.place(bucket, key);
        let renewed = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&place.path)
            .and_then(|mut file| {
                let renewal = lazy::renew(&mut file, place.identity, stamp, note)?;
                if let Renewal::InPlace(start, slot) = &renewal {
                    file.seek(SeekFrom::Start(*start))?;
                    file.write_all(slot)?;
                }
                Ok(renewal)
            });
        match renewed {
            Ok(Renewal::Whole(bytes)) => place.write(&[&bytes]),
            Ok(Renewal::InPlace(..) | Renewal::Nothing) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error {
                path: place.path,
                source,
            }),
        }
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
        let path = place.path;
        match rewrite_slot(&path, place.identity, entry.stamp(), &slot) {
            Ok(()) => Ok(()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error { path, source }),
        }
    }

    /// Takes an entry away; that there is none is not an error.
    pub fn remove(&self, bucket: &str, key: &str) -> Result<(), Error> {
        let Some(folder) = self.folder.as_deref() else {
            return Ok(());
        };
        let path = folder.place(bucket, key).path;
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error { path, source }),
            _ => Ok(()),
        }
    }
}

/// The file of one key.
struct Place {
    path: PathBuf,
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
        let mut digits = [0; 32];
        let digits = base16ct::lower::encode_str(&digest[..16], &mut digits)
            .expect("sixteen bytes have 32 digits");
        let mut name = readable(key);
        name.push_str(&digits[..30]);
        let identity = digest[16..24]
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let shard = &digits[31..];
        let length = self.root.as_os_str().len() + bucket.len() + name.len() + 4;
        let mut path = PathBuf::with_capacity(length);
        path.push(&self.root);
        path.push(bucket);
        path.push(shard);
        path.push(name);
        Place { path, identity }
    }

    /// Tells backup programs and git, once a process, that this is a cache.
    ///
    /// Failing is left to the entry's own write, which then fails as well.
    fn mark(&self) {
        self.marked.get_or_init(|| {
            // A folder with other things in it is somebody's: its `.gitignore` is not ours.
            let is_ours = fs::create_dir_all(&self.root)
                .and_then(|()| fs::read_dir(&self.root))
                .is_ok_and(|mut entries| entries.next().is_none());
            if !is_ours {
                return;
            }
            let tag = self.root.join("CACHEDIR.TAG");
            let text = "Signature: 8a477f597d28d172789f06886806bc55\n\
                # This directory is a cache; its content can be recreated at any time.\n\
                # See https://bford.info/cachedir/\n";
            let _ = fs::write(tag, text);
            let _ = fs::write(self.root.join(".gitignore"), "*\n");
        });
    }
}

impl Place {
    fn dir(&self) -> &Path {
        self.path.parent().expect("a bucket is in a directory")
    }

    /// Returns a file beside it.
    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(ending);
        name.into()
    }

    fn write(&self, parts: &[&[u8]]) -> Result<(), Error> {
        let fail = |path: &Path, source| Error {
            path: path.to_owned(),
            source,
        };
        let (temporary, mut file) = self.create().map_err(|source| fail(self.dir(), source))?;
        let written = parts.iter().try_for_each(|part| file.write_all(part));
        drop(file);
        let path = &self.path;
        let result = written
            .map_err(|source| fail(&temporary, source))
            .and_then(|()| fs::rename(&temporary, path).map_err(|source| fail(path, source)));
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        result
    }

    /// Makes the file to write to, beside the one it will become.
    fn create(&self) -> io::Result<(PathBuf, File)> {
        let usual = self.beside(".tmp");
        let mut result = create_new(&usual);
        if is_missing(&result) {
            fs::create_dir_all(self.dir())?;
            result = create_new(&usual);
        }
        match result {
            Ok(file) => return Ok((usual, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        // Another writer is at work, or was killed.
        if is_leftover(&usual) {
            let _ = fs::remove_file(&usual);
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let own = self.beside(&format!(".{}-{number}.tmp", std::process::id()));
        let file = File::create(&own)?;
        Ok((own, file))
    }
}

fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn is_missing<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::NotFound)
}

fn is_leftover(path: &Path) -> bool {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|modified| modified.elapsed().ok())
        .is_some_and(|age| age > LEFTOVER_AGE)
}

/// Most entries are shorter than this.
const SHORT: usize = 16 << 10;

/// Reads a file: a short one by one call, and into memory of its length.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    with_buffer(SHORT, |buffer| {
        let length = lazy::read_some(&mut file, buffer)?;
        let mut bytes = buffer[..length].to_vec();
        if length == SHORT {
            file.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (Cache, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        (cache, dir)
    }

    /// The entries' files, and whatever else lies beside them.
    fn files(cache: &Cache) -> Vec<PathBuf> {
        let bucket = cache.dir().unwrap().join("b-v1");
        let shards = fs::read_dir(bucket).unwrap();
        let mut files: Vec<PathBuf> = shards
            .flat_map(|shard| fs::read_dir(shard.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files
    }

    #[test]
    fn keeps_bytes_by_bucket_and_key() {
        let (cache, _dir) = cache();
        assert_eq!(cache.get("b-v1", "k"), None);
        cache.put("b-v1", "k", b"one").unwrap();
        cache.put("b-v2", "k", b"two").unwrap();
        cache.put("b-v1", "other", b"").unwrap();
        assert_eq!(cache.get("b-v1", "k").unwrap(), b"one");
        assert_eq!(cache.get("b-v2", "k").unwrap(), b"two");
        assert_eq!(cache.get("b-v1", "other").unwrap(), b"");
        cache.put("b-v1", "k", b"three").unwrap();
        assert_eq!(cache.get("b-v1", "k").unwrap(), b"three");
        cache.remove("b-v1", "k").unwrap();
        cache.remove("b-v1", "k").unwrap();
        assert_eq!(cache.get("b-v1", "k"), None);
    }

    #[test]
    fn the_cache_that_is_none_keeps_nothing() {
        let cache = Cache::none();
        cache.put("b-v1", "k", b"one").unwrap();
        assert_eq!((cache.get("b-v1", "k"), cache.dir()), (None, None));
    }

    #[test]
    fn leaves_the_files_of_a_folder_with_other_things_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".gitignore"), "mine\n").unwrap();
        let cache = Cache::at(folder.path().to_owned());
        cache.put("b-v1", "k", b"v").unwrap();
        assert_eq!(cache.get("b-v1", "k").unwrap(), b"v");
        let ignored = fs::read_to_string(folder.path().join(".gitignore")).unwrap();
        assert_eq!(ignored, "mine\n");
    }

    #[test]
    fn nothing_is_made_before_the_first_entry() {
        let (cache, _dir) = cache();
        cache.get("b-v1", "k");
        cache.remove("b-v1", "k").unwrap();
        let root = cache.dir().unwrap().to_owned();
        assert!(!root.exists());
        cache.put("b-v1", "k", b"one").unwrap();
        let tag = fs::read_to_string(root.join("CACHEDIR.TAG")).unwrap();
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
        assert_eq!(fs::read_to_string(root.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_torn_or_foreign_file_is_no_entry_and_is_replaced() {
        let (cache, _dir) = cache();
        cache.put("b-v1", "k", b"payload").unwrap();
        cache.put("b-v1", "other", b"foreign").unwrap();
        let path = files(&cache)
            .into_iter()
            .find(|path| {
                path.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with("k-")
            })
            .unwrap();
        let whole = fs::read(&path).unwrap();
        for torn in [&whole[..0], &whole[..whole.len() / 2], b"not ours"] {
            fs::write(&path, torn).unwrap();
            assert_eq!(cache.get("b-v1", "k"), None);
        }
        let other = files(&cache)
            .into_iter()
            .find(|file| *file != path)
            .unwrap();
        fs::copy(other, &path).unwrap();
        assert_eq!(cache.get("b-v1", "k"), None);
        cache.put("b-v1", "k", b"new").unwrap();
        assert_eq!(cache.get("b-v1", "k").unwrap(), b"new");
    }

    #[test]
    fn a_note_is_renewed_without_the_payload_being_written() {
        let (cache, _dir) = cache();
        cache.put_entry("b-v1", "k", b"payload", b"old").unwrap();
        let path = files(&cache).remove(0);
        let length = fs::metadata(&path).unwrap().len();
        let entry = cache.get_entry("b-v1", "k").unwrap();
        assert_eq!(
            (entry.payload(), entry.note()),
            (&b"payload"[..], &b"old"[..])
        );
        cache.touch("b-v1", "k", &entry, b"newer").unwrap();
        let entry = cache.get_entry("b-v1", "k").unwrap();
        assert_eq!(
            (entry.payload(), entry.note()),
            (&b"payload"[..], &b"newer"[..])
        );
        assert_eq!(fs::metadata(&path).unwrap().len(), length);
        // One that outgrows its place is stored anyway.
        cache.touch("b-v1", "k", &entry, &[b'n'; 500]).unwrap();
        let entry = cache.get_entry("b-v1", "k").unwrap();
        assert_eq!(
            (entry.payload(), entry.note().len()),
            (&b"payload"[..], 500)
        );
    }

    #[test]
    fn a_note_does_not_go_to_another_payload() {
        let (cache, _dir) = cache();
        cache.put_entry("b-v1", "k", b"payload", b"old").unwrap();
        let entry = cache.get_entry("b-v1", "k").unwrap();
        cache.put_entry("b-v1", "k", b"PAYLOAD", b"newest").unwrap();
        cache.touch("b-v1", "k", &entry, b"stale").unwrap();
        assert_eq!(cache.get_entry("b-v1", "k").unwrap().note(), b"newest");
        cache.remove("b-v1", "k").unwrap();
        cache.touch("b-v1", "k", &entry, b"stale").unwrap();
        assert_eq!(cache.get("b-v1", "k"), None);
    }

    #[test]
    fn a_leftover_of_a_killed_process_does_not_stand_in_the_way() {
        let (cache, _dir) = cache();
        cache.put("b-v1", "k", b"one").unwrap();
        let path = files(&cache).remove(0);
        let leftover = PathBuf::from(format!("{}.tmp", path.display()));
        fs::write(&leftover, b"half").unwrap();
        cache.put("b-v1", "k", b"two").unwrap();
        assert_eq!(cache.get("b-v1", "k").unwrap(), b"two");
        assert_eq!(files(&cache).len(), 2, "it may be another process's");
        let old = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
        File::options()
            .write(true)
            .open(&leftover)
            .and_then(|file| file.set_modified(old))
            .unwrap();
        cache.put("b-v1", "k", b"three").unwrap();
        assert_eq!(files(&cache), [path]);
    }

    #[test]
    fn many_writers_and_readers_of_one_key_see_whole_entries() {
        let (cache, _dir) = cache();
        let payload = |writer: u8| vec![writer; 50_000 + usize::from(writer)];
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let cache = cache.clone();
                scope.spawn(move || {
                    for _ in 0..50 {
                        cache
                            .put_entry("b-v1", "k", &payload(writer), &[writer])
                            .unwrap();
                        let entry = cache.get_entry("b-v1", "k").expect("always there");
                        let by = entry.payload()[0];
                        assert_eq!(entry.payload(), payload(by));
                        cache.touch("b-v1", "k", &entry, &[by, by]).unwrap();
                    }
                });
            }
        });
        let entry = cache.get_entry("b-v1", "k");
        assert!(entry.is_none_or(|entry| entry.note()[0] == entry.payload()[0]));
        assert_eq!(files(&cache).len(), 1, "nothing is left over");
    }

    #[test]
    fn what_cannot_be_written_is_an_error_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("cache");
        fs::write(&root, "a file, not a folder").unwrap();
        let cache = Cache::at(root.clone());
        let error = cache.put("b-v1", "k", b"one").unwrap_err();
        assert!(error.path.starts_with(&root), "{error}");
        assert_eq!(cache.get("b-v1", "k"), None);
    }

    #[track_caller]
    fn check_name(key: &str, expected: &str) {
        assert_eq!(readable(key), expected);
    }

    #[test]
    fn names_are_readable_and_hold_no_secret() {
        check_name("https://index.example/simple/flask/", "flask-");
        check_name("https://f.example/a-1.0+x.whl?token=hush#x", "a-1.0-x.whl-");
        check_name("me:hush@index.example", "");
        check_name("../../.hidden", "-hidden-");
        check_name("..", "-.-");
        check_name("", "");
        check_name("a\\b:c\0d", "a-b-c-d-");
        check_name(&"é".repeat(100), &("-".repeat(40) + "-"));
    }
}
