//! A lock as `pylock.toml` (PEP 751): its text, and what a run reads of one.
//!
//! `details` collects what a requirements file does not say, `places` describes what is not
//! from an index, `recorded` compares with the file that is there.

mod details;
mod places;
mod recorded;

use recorded::Recorded;
pub(in crate::ops) use recorded::check_readable;

use std::path::{Path, PathBuf};

use crate::lock::pylock::{Unwritable, render};
use crate::lock::{self, Format, Lock, Style};
use crate::ops::compile::request::Compile;
use crate::ops::compile::runs::{Fetchers, Runs, StatedPythons};
use crate::ops::error::Error;

/// A `pylock.toml` that is written beside a lock in the other format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Its text.
    pub text: String,
    /// The text it had, if there was a file.
    pub previous: Option<String>,
    /// Where it belongs.
    pub output: PathBuf,
}

impl Beside {
    /// Whether the file is not as it should be.
    pub fn is_changed(&self) -> bool {
        self.previous.as_deref() != Some(&self.text)
    }
}

/// What the texts of a lock are made of.
pub(in crate::ops) struct Writing<'a> {
    pub(in crate::ops) request: &'a Compile,
    pub(in crate::ops) fetchers: &'a Fetchers<'a>,
    pub(in crate::ops) runs: &'a Runs,
    pub(in crate::ops) lock: &'a Lock,
    /// The versions of Python as the header states them.
    pub(in crate::ops) stated: &'a StatedPythons,
    pub(in crate::ops) style: Style,
}

impl Writing<'_> {
    /// Returns the text of the lock, and of the one beside it.
    pub(in crate::ops) async fn texts(&self) -> Result<(String, Option<Beside>), Error> {
        let output = &self.request.output;
        let read = &self.fetchers.prepared[0].read;
        self.check_sources()?;
        let text = match output.format {
            Format::Requirements => lock::render(self.lock, &self.style),
            Format::Pylock => {
                let path = output.path.as_deref();
                self.pylock(path, read.previous.as_deref()).await?
            }
        };
        let beside = match &output.beside {
            Some(path) => {
                let previous = read.previous_beside.clone();
                Some(Beside {
                    text: self.pylock(Some(path), previous.as_deref()).await?,
                    previous,
                    output: path.clone(),
                })
            }
            None => None,
        };
        Ok((text, beside))
    }

    /// Checks what locks that are sources record of the chosen releases against what the
    /// index says of them.
    fn check_sources(&self) -> Result<(), Error> {
        for (run, cells) in self.runs.in_order() {
            let fetcher = &self.fetchers.each[cells[0]];
            for source in &self.fetchers.prepared[cells[0]].read.inputs.pylocks {
                let recorded = Recorded::of(source);
                for (name, chosen) in &self.runs.resolutions[run].solution.chosen {
                    if let Some(releases) = fetcher.releases(name) {
                        recorded.check_release(name, &releases, chosen.position)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the text of a `pylock.toml`; it keeps what is recorded of unchanged pins.
    async fn pylock(&self, path: Option<&Path>, previous: Option<&str>) -> Result<String, Error> {
        let name = path.map_or_else(
            || "pylock.toml".to_owned(),
            |path| path.display().to_string(),
        );
        let details = self.details(path, &name, previous).await?;
        render(self.lock, &details, &self.style).map_err(|error| unwritable(&name, &error))
    }
}

fn unwritable(name: &str, error: &Unwritable) -> Error {
    let help = match error {
        Unwritable::Url { .. } => {
            "installers take the name of a file from its URL: use an index whose URLs end in the \
             names of files, or write a requirements.txt"
        }
        Unwritable::NoHash { .. } => "use a release from an index that gives hashes",
        Unwritable::NoFile { .. } => "write a requirements.txt instead",
    };
    Error::Usage {
        message: format!("cannot write `{name}`: {error}"),
        help: Some(help.to_owned()),
    }
}
