//! Which lock files a command line names, and in which formats.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::lock::{Format, pylock};

/// The lock files that are to be written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::cli) struct Outputs {
    /// The lock, as it was named; none: its name comes from the sources.
    pub(in crate::cli) lock: Option<String>,
    /// Its format.
    pub(in crate::cli) format: Format,
    /// The `pylock.toml` that is written beside a lock in the other format.
    pub(in crate::cli) beside: Option<String>,
}

impl Outputs {
    /// Returns one lock, in the format that its name has.
    pub(in crate::cli) fn named(lock: Option<&str>) -> Self {
        Self {
            lock: lock.map(str::to_owned),
            format: lock.map_or_else(Format::default, Format::of_path),
            beside: None,
        }
    }

    /// Returns what the options name: of each format the last one.
    pub(in crate::cli) fn of(files: &[String], format: Option<Format>) -> Result<Self, Failure> {
        for file in files {
            check_name(file)?;
        }
        let of_format = |format| {
            let mut files = files.iter().rev();
            files.find(|file| Format::of_path(file) == format).cloned()
        };
        let requirements = of_format(Format::Requirements);
        let pylock = of_format(Format::Pylock);
        match (format, requirements, pylock) {
            (None, Some(requirements), Some(_)) if requirements == "-" => Err(Failure::usage(
                "standard output takes one lock file".to_owned(),
                Some("name both files with `--output-file`".to_owned()),
            )),
            (None, Some(lock), beside) => Ok(Self {
                lock: Some(lock),
                format: Format::Requirements,
                beside,
            }),
            (None, None, lock) => Ok(Self::named(lock.as_deref())),
            (Some(format), Some(_), Some(_)) => Err(Failure::usage(
                format!("`--format {}` is for one lock file", format.name()),
                Some("omit it: each of the two outputs has the format of its name".to_owned()),
            )),
            (Some(Format::Requirements), None, Some(name)) => Err(Failure::usage(
                format!("`{name}` is the name of a pylock.toml, not of a requirements.txt"),
                Some("choose another name with `--output-file`, or omit `--format`".to_owned()),
            )),
            (Some(Format::Pylock), Some(name), None) if name != "-" => Err(no_name(&name)),
            (Some(format), requirements, pylock) => Ok(Self {
                lock: requirements.or(pylock),
                format,
                beside: None,
            }),
        }
    }
}

/// Checks a name by which installers would have to know the format. A file that is there
/// may be what it likes: whether it is a lock is seen when it is read.
fn check_name(file: &str) -> Result<(), Failure> {
    let path = Path::new(file);
    let is_toml = path
        .extension()
        .is_some_and(|extension| extension == "toml");
    let name = path.file_name().and_then(|name| name.to_str());
    match name.map(pylock::check_name) {
        Some(Err(_)) if is_toml && !path.exists() => Err(no_name(file)),
        _ => Ok(()),
    }
}

fn no_name(file: &str) -> Failure {
    let name = Path::new(file).file_name().and_then(|name| name.to_str());
    let why = name.map(pylock::check_name).and_then(Result::err);
    Failure::usage(
        format!("`{file}` is not the name of a lock file in the format pylock.toml"),
        Some(why.unwrap_or(pylock::BadName::Other).to_string()),
    )
}
