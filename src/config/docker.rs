//! `[docker]`: what `pinfold docker` goes by.

use std::convert::Infallible;

use super::keys::DOCKER;
use super::reader::{Reader, Table};
use crate::image::{ImagePattern, Platform};

/// What `[docker]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DockerConfig {
    /// `ignore`: images that are left as they are.
    pub ignore: Vec<ImagePattern>,
    /// `contexts`: names of build contexts, which are not images.
    pub contexts: Vec<String>,
    /// `exclude`: globs of files and folders that are not looked at, from here.
    pub exclude: Vec<String>,
    /// `platforms`: those that are built for.
    pub platforms: Vec<Platform>,
    /// `registry-mirrors`: `HOST=URL`, as on the command line.
    pub registry_mirrors: Vec<String>,
    /// `insecure-registries`: hosts that speak plain HTTP.
    pub insecure_registries: Vec<String>,
    /// `freeze-args`: whether references are pinned although `--build-arg` then does nothing.
    pub freeze_args: Option<bool>,
}

impl DockerConfig {
    pub(super) fn read(table: &Table<'_>, reader: &mut Reader) -> Self {
        reader.known_keys(table, &DOCKER);
        let text = |text: &str| Ok::<_, Infallible>(text.to_owned());
        Self {
            ignore: reader.list(table, "ignore", ImagePattern::parse),
            contexts: reader.list(table, "contexts", text),
            exclude: reader.list(table, "exclude", text),
            platforms: reader.list(table, "platforms", str::parse),
            registry_mirrors: reader.list(table, "registry-mirrors", text),
            insecure_registries: reader.list(table, "insecure-registries", text),
            freeze_args: reader.flag(table, "freeze-args"),
        }
    }
}
