//! Replaces several files: all of them or none, whatever happens meanwhile.
//!
//! 1. The folders that get temporaries are noted (`intent`).
//! 2. Each new file is written beside its target and forced to disk.
//! 3. The targets are read again: none may have changed since it was planned.
//! 4. The journal, with the old contents and the hashes of the new ones, is forced to
//!    disk. From here on the transaction will be finished.
//! 5. The new files are renamed to their targets and their folders forced to disk.
//! 6. The journal and the note are removed.
//!
//! An end before step 4 leaves the old files; one after it is mended by [`recover`],
//! which goes on if all that is needed is there, or else back. A reader who looks in
//! the midst of step 5 sees new and old files side by side: no file system has more.
//! What is left out: guarding against others who write to the same files between
//! steps 3 and 5. See [`lock`](super::lock()) for other runs of ours.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::{Action, Error};
use super::read_if_there;
use super::replace::{folder_of, replace, stage};
use super::temporaries;
use crate::text::hex;

/// How the temporaries of a transaction begin, to be told from those of [`replace`].
const PREFIX: &str = ".pinfold-all-";

/// The version of the journal's form; another one is not touched.
const VERSION: u32 = 1;

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The file; a symbolic link is followed.
    pub path: PathBuf,
    /// The content it was planned for; nothing if there was no file.
    pub before: Option<Vec<u8>>,
    /// The content it gets.
    pub after: Vec<u8>,
}

/// What became of a transaction that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// There was none.
    Nothing,
    /// It was finished; these files have their new content.
    Finished(Vec<PathBuf>),
    /// It could not be finished and was undone.
    Undone {
        /// These files have their old content.
        restored: Vec<PathBuf>,
        /// These were changed by somebody since and were left as they are.
        kept: Vec<PathBuf>,
    },
}

/// What the journal says.
#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    files: Vec<Entry>,
}

/// A file in the journal. Paths are absolute: the next run may stand elsewhere.
#[derive(Serialize, Deserialize)]
struct Entry {
    target: PathBuf,
    temporary: PathBuf,
    /// The old content in Base64, if there was a file.
    old: Option<String>,
    /// The SHA-256 of the new content.
    new: String,
}

/// What a target is now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Old,
    New,
    /// Neither.
    Foreign,
}

/// Is called between any two steps; an error stops there. For tests.
type Step<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// Replaces all the files or none; `journal` is a folder for notes, made if missing.
///
/// A transaction that was cut off before is brought to its end first. A replacement
/// that changes nothing only asks that the file is as it was.
///
/// # Errors
/// When a file is not what it was planned for, cannot be written, or is given twice;
/// all files are as they were. Only if going back fails as well do some have their new
/// content; then the journal stays for the next [`recover`].
pub fn replace_all(journal: &Path, replacements: &[Replacement]) -> Result<(), Error> {
    let _together = temporaries::together();
    run(journal, replacements, &mut || Ok(()))
}

/// Brings a transaction that was cut off to its end; to be called at each start.
///
/// # Errors
/// When the journal cannot be read or a file cannot be written; then the next call
/// tries again.
pub fn recover(journal: &Path) -> Result<Recovered, Error> {
    recover_by_steps(journal, &mut || Ok(()))
}

fn run(journal: &Path, replacements: &[Replacement], step: Step<'_>) -> Result<(), Error> {
    recover_by_steps(journal, step)?;
    let changing: Vec<&Replacement> = replacements
        .iter()
        .filter(|file| file.before.as_ref() != Some(&file.after))
        .collect();
    if changing.is_empty() {
        return check_unchanged(replacements);
    }
    fs::create_dir_all(journal).map_err(failed(journal))?;
    let prepared = prepare(journal, replacements, &changing, step);
    if prepared.is_err() {
        // Its temporaries are gone: it names nothing any more.
        let _ = fs::remove_file(intent_path(journal));
    }
    let record = prepared?;
    let finished = forward(&record, step);
    if finished.is_err() {
        back(&record, step)?;
    }
    close(journal, step)?;
    finished
}

/// Does all that can be undone by removing files.
fn prepare(
    journal: &Path,
    replacements: &[Replacement],
    changing: &[&Replacement],
    step: Step<'_>,
) -> Result<Record, Error> {
    let mut record = Record {
        version: VERSION,
        files: Vec::with_capacity(changing.len()),
    };
    note_intent(journal, changing)?;
    let mut pause = |path: &Path| step().map_err(failed(path));
    pause(journal)?;

    let mut temporaries = Vec::with_capacity(changing.len() + 1);
    let mut targets = BTreeSet::new();
    for file in changing {
        let staged = stage(&file.path, &file.after, PREFIX).map_err(failed(&file.path))?;
        let target = std::path::absolute(&staged.target).map_err(failed(&file.path))?;
        let temporary = std::path::absolute(staged.temporary.path()).map_err(failed(&file.path))?;
        if !targets.insert(target.clone()) {
            let twice = io::Error::new(io::ErrorKind::InvalidInput, "the file is given twice");
            return Err(Error::new(Action::Write, &file.path, twice));
        }
        record.files.push(Entry {
            target,
            temporary,
            old: file.before.as_ref().map(|bytes| BASE64.encode(bytes)),
            new: hash(&file.after),
        });
        temporaries.push(staged.temporary);
        pause(&file.path)?;
    }

    check_unchanged(replacements)?;

    let path = journal_path(journal);
    // The one way this can fail is a path that is not UTF-8.
    let text = serde_json::to_vec_pretty(&record)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
        .map_err(failed(journal))?;
    let staged = stage(&path, &text, PREFIX).map_err(failed(&path))?;
    let aside = staged.temporary.path().to_owned();
    temporaries.push(staged.temporary);
    sync_folders(record.files.iter().map(|file| &*file.target));
    pause(&path)?;
    temporaries::keep(temporaries, || fs::rename(aside, &path)).map_err(failed(&path))?;
    sync_folders([&*path]);
    Ok(record)
}

/// Notes where temporaries are going to be, so that they are found after a kill.
///
/// It is not forced to disk: what a power failure leaves is files to be ignored.
fn note_intent(journal: &Path, changing: &[&Replacement]) -> Result<(), Error> {
    let mut folders = BTreeSet::from([journal.to_owned()]);
    for file in changing {
        let target = super::replace::follow_links(&file.path).map_err(failed(&file.path))?;
        folders.insert(folder_of(&target).to_owned());
    }
    let folders: Result<BTreeSet<PathBuf>, io::Error> =
        folders.iter().map(std::path::absolute).collect();
    let path = intent_path(journal);
    let text = folders
        .and_then(|folders| {
            serde_json::to_vec(&folders)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
        })
        .map_err(failed(journal))?;
    fs::write(&path, text).map_err(failed(&path))
}

/// Renames what is not renamed yet.
fn forward(record: &Record, step: Step<'_>) -> Result<(), Error> {
    for file in &record.files {
        step().map_err(failed(&file.target))?;
        match fs::rename(&file.temporary, &file.target) {
            Ok(()) => {}
            // A run that was cut off had renamed it.
            Err(_) if file.state()? == State::New => {}
            Err(source) => return Err(Error::new(Action::Write, &file.target, source)),
        }
    }
    step().map_err(failed(Path::new(".")))?;
    sync_folders(record.files.iter().map(|file| &*file.target));
    Ok(())
}

/// Gives files their old content; returns which, and which are left to who changed them.
fn back(record: &Record, step: Step<'_>) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Error> {
    let mut restored = Vec::new();
    let mut kept = Vec::new();
    for file in &record.files {
        match file.state()? {
            State::Old => restored.push(file.target.clone()),
            State::Foreign => kept.push(file.target.clone()),
            State::New => {
                match file.old_content()? {
                    Some(bytes) => replace(&file.target, &bytes)?,
                    None => fs::remove_file(&file.target).map_err(failed(&file.target))?,
                }
                restored.push(file.target.clone());
            }
        }
        // One that tells of a stop must not stop going back.
        let _ = step();
    }
    for file in &record.files {
        // Those that were renamed are not there.
        let _ = fs::remove_file(&file.temporary);
        let _ = step();
    }
    sync_folders(record.files.iter().map(|file| &*file.target));
    Ok((restored, kept))
}

/// Removes the notes of a transaction that is at its end.
fn close(journal: &Path, step: Step<'_>) -> Result<(), Error> {
    let path = journal_path(journal);
    fs::remove_file(&path).map_err(failed(&path))?;
    sync_folders([&*path]);
    let _ = step();
    let path = intent_path(journal);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::new(Action::Write, &path, error))
        }
        _ => Ok(()),
    }
}

fn recover_by_steps(journal: &Path, step: Step<'_>) -> Result<Recovered, Error> {
    let Some(record) = read_record(journal)? else {
        sweep(journal)?;
        return Ok(Recovered::Nothing);
    };
    let mut can_go_on = true;
    for file in &record.files {
        can_go_on &= match file.state()? {
            State::New => true,
            State::Old => file.is_staged(),
            State::Foreign => false,
        };
    }
    let recovered = if can_go_on && forward(&record, step).is_ok() {
        Recovered::Finished(record.files.into_iter().map(|file| file.target).collect())
    } else {
        let (restored, kept) = back(&record, step)?;
        Recovered::Undone { restored, kept }
    };
    close(journal, step)?;
    Ok(recovered)
}

fn read_record(journal: &Path) -> Result<Option<Record>, Error> {
    let path = journal_path(journal);
    let Some(bytes) = read_if_there(&path)? else {
        return Ok(None);
    };
    // It was renamed when it was whole, so this is another version's or not ours.
    let record: Option<Record> = serde_json::from_slice(&bytes).ok();
    match record.filter(|record| record.version == VERSION) {
        Some(record) => Ok(Some(record)),
        None => Err(Error::new(
            Action::Read,
            &path,
            io::Error::new(
                io::ErrorKind::InvalidData,
                "not a journal that this version writes",
            ),
        )),
    }
}

/// Removes the temporaries of a run that was killed before it had a journal.
fn sweep(journal: &Path) -> Result<(), Error> {
    let path = intent_path(journal);
    let Ok(bytes) = fs::read(&path) else {
        return Ok(());
    };
    // Torn, it names nothing; the temporaries come after it.
    let folders: Vec<PathBuf> = serde_json::from_slice(&bytes).unwrap_or_default();
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(PREFIX) && name.ends_with(".tmp") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
    fs::remove_file(&path).map_err(failed(&path))
}

/// Checks that each file is what it was planned for.
fn check_unchanged(replacements: &[Replacement]) -> Result<(), Error> {
    for file in replacements {
        if read_if_there(&file.path)? != file.before {
            return Err(Error::changed(&file.path));
        }
    }
    Ok(())
}

impl Entry {
    fn state(&self) -> Result<State, Error> {
        let found = read_if_there(&self.target)?;
        Ok(if found.as_deref().map(hash).as_ref() == Some(&self.new) {
            State::New
        } else if found == self.old_content()? {
            State::Old
        } else {
            State::Foreign
        })
    }

    fn old_content(&self) -> Result<Option<Vec<u8>>, Error> {
        let decoded = self.old.as_ref().map(|text| BASE64.decode(text));
        decoded
            .transpose()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
            .map_err(failed(&self.target))
    }

    /// Whether the new file waits beside its target.
    fn is_staged(&self) -> bool {
        fs::read(&self.temporary).is_ok_and(|bytes| hash(&bytes) == self.new)
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Forces the names in the folders of these files to disk, where that can be done.
///
/// Some file systems refuse it, and have their own way; that is no failure.
fn sync_folders<'a>(files: impl IntoIterator<Item = &'a Path>) {
    let folders: BTreeSet<&Path> = files.into_iter().map(folder_of).collect();
    for folder in folders {
        #[cfg(unix)]
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        #[cfg(not(unix))]
        let _ = folder;
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::new(Action::Write, &path, source)
}

fn journal_path(journal: &Path) -> PathBuf {
    journal.join("journal.json")
}

fn intent_path(journal: &Path) -> PathBuf {
    journal.join("intent.json")
}

#[cfg(test)]
#[cfg(target_os = "linux")]
#[path = "transaction_tests.rs"]
mod tests;
