//! What a backend is asked in an environment: requirements, metadata, a wheel.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::error::Error;
use super::hook::{Answer, Call, ConfigSettings, Deed, Kind};
use super::install;
use super::system::BuildSystem;
use crate::files::TemporaryFolder;

impl Environment {
    /// Asks a backend what else has to be installed before it builds a tree.
    pub async fn requires(
        &self,
        tree: &Path,
        system: &BuildSystem,
        kind: Kind,
        settings: &ConfigSettings,
    ) -> Result<Vec<String>, Error> {
        let call = Call {
            deed: Deed::Requires,
            kind,
            tree,
            system,
            settings,
            into: tree,
        };
        match call.run(self).await? {
            Answer::Requires(requires) => Ok(requires),
            Answer::Wheel(name) | Answer::Metadata(name) => Err(call.odd(name)),
        }
    }

    /// Returns the bytes of the METADATA that a tree gets. Where the backend has no
    /// hook for it, that is the metadata of a wheel that is built.
    pub async fn metadata(
        &self,
        tree: &Path,
        system: &BuildSystem,
        kind: Kind,
        settings: &ConfigSettings,
    ) -> Result<Vec<u8>, Error> {
        let into =
            TemporaryFolder::new("metadata").map_err(Error::io("write", &std::env::temp_dir()))?;
        let call = Call {
            deed: Deed::Metadata,
            kind,
            tree,
            system,
            settings,
            into: into.path(),
        };
        match call.run(self).await? {
            Answer::Metadata(name) => {
                let path = call.made(&name, ".dist-info")?.join("METADATA");
                std::fs::read(&path).map_err(Error::io("read", &path))
            }
            Answer::Wheel(name) => {
                let path = call.made(&name, ".whl")?;
                install::metadata(&path)
            }
            Answer::Requires(requires) => Err(call.odd(requires.join(", "))),
        }
    }

    /// Builds a wheel into a folder; returns where it is.
    pub async fn wheel(
        &self,
        tree: &Path,
        system: &BuildSystem,
        settings: &ConfigSettings,
        into: &Path,
    ) -> Result<PathBuf, Error> {
        std::fs::create_dir_all(into).map_err(Error::io("write", into))?;
        let call = Call {
            deed: Deed::Wheel,
            kind: Kind::Wheel,
            tree,
            system,
            settings,
            into,
        };
        match call.run(self).await? {
            Answer::Wheel(name) => call.made(&name, ".whl"),
            Answer::Metadata(name) => Err(call.odd(name)),
            Answer::Requires(requires) => Err(call.odd(requires.join(", "))),
        }
    }
}
