//! `pinfold init`: a first configuration for the repository at hand, and files that run
//! `pinfold update` on a schedule.
//!
//! Nothing is asked of a network. What is found is told by names alone; `pinfold update`
//! looks closer.

mod surroundings;
mod toml_text;
mod workflow;

use std::fs;
use std::path::{Path, PathBuf};

pub use surroundings::Surroundings;
pub use workflow::{Branches, Workflow};

use crate::config::CommitConfig;
use crate::files;

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Init {
    /// The folder that gets it.
    pub folder: PathBuf,
    /// What runs `pinfold update` on a schedule; none makes a `pinfold.toml`.
    pub workflows: Vec<Workflow>,
    /// What the configuration that is there says about commits.
    pub commit: CommitConfig,
}

/// Files to make, of which none is written yet.
#[derive(Debug)]
pub struct Initial {
    /// The files, in the order in which they were asked for.
    pub files: Vec<NewFile>,
    /// What was found.
    pub surroundings: Surroundings,
}

/// A file to make.
#[derive(Debug)]
pub struct NewFile {
    /// Its path in the folder, with `/`.
    pub name: &'static str,
    /// Where it goes.
    pub path: PathBuf,
    /// What it will hold.
    pub text: String,
    /// Whether there is something by this name.
    pub exists: bool,
}

impl Initial {
    /// Writes the files, with the folders they are in.
    ///
    /// # Errors
    /// When a file or a folder cannot be written; what was written before stays.
    pub fn write(&self) -> Result<(), files::Error> {
        for file in &self.files {
            if let Some(folder) = file.path.parent() {
                files::create_folder(folder)?;
            }
            files::replace(&file.path, file.text.as_bytes())?;
        }
        Ok(())
    }
}

/// Returns the folder that a first configuration belongs into: the root of the
/// repository, else the folder itself.
pub fn root_of(here: &Path) -> &Path {
    here.ancestors()
        .find(|folder| folder.join(".git").exists())
        .unwrap_or(here)
}

/// Makes the files, but does not write them.
pub fn init(request: &Init) -> Initial {
    let surroundings = Surroundings::of(&request.folder);
    let mut files: Vec<(&'static str, String)> = Vec::new();
    if request.workflows.is_empty() {
        files.push(("pinfold.toml", toml_text::text(&surroundings)));
    }
    let branches = Branches::new(&request.commit, surroundings.base.as_deref());
    for workflow in &request.workflows {
        for (name, text) in workflow.files(&branches) {
            if files.iter().all(|(earlier, _)| *earlier != name) {
                files.push((name, text));
            }
        }
    }
    let files = files.into_iter().map(|(name, text)| {
        let path = request.folder.join(name);
        NewFile {
            name,
            // Also a link that leads nowhere is something.
            exists: fs::symlink_metadata(&path).is_ok(),
            path,
            text,
        }
    });
    Initial {
        files: files.collect(),
        surroundings,
    }
}
