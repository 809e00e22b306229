//! What an update works on: a repository, under a policy.

use std::path::PathBuf;

use crate::cache::Cache;
use crate::command::Options;
use crate::config::{DigestUpdates, LockConfig, TagLimit};
use crate::files::Exclude;
use crate::http;
use crate::image::{ImagePattern, Platform};
use crate::index::Refresh;
use crate::ops::docker::ImageRule;
use crate::ops::{NamedIndex, Variables};
use crate::update::Policy;

/// Everything that decides what an update does.
pub struct Update {
    /// The repository's root, absolute: paths of the plan are relative to it.
    pub root: PathBuf,
    /// The configuration, relative to the root, if there is one below it.
    pub configuration: Option<String>,
    /// Files and folders to update, relative to the root; all if there is none.
    pub paths: Vec<String>,
    /// Whether lock files are updated.
    pub locks: bool,
    /// What is known of lock files beside what they say.
    pub lock_configs: Vec<LockConfig>,
    /// The only files to find, if it says anything.
    pub include: Option<Exclude>,
    /// Files to leave out.
    pub exclude: Exclude,
    /// What may move, and when.
    pub policy: Policy,
    /// The policy in words.
    pub policy_in_words: String,
    /// How images are updated; none if they are not.
    pub images: Option<ImagesRequest>,
    /// What counts where the command of a lock says nothing.
    pub defaults: Options,
    /// The indexes that the configuration names.
    pub index_configs: Vec<NamedIndex>,
    /// The index for locks that name none.
    pub index_url: Option<String>,
    /// User and password for the index.
    pub login: Option<(String, http::Secret)>,
    /// How the network is used.
    pub http: http::Settings,
    /// Where answers are kept.
    pub cache: Cache,
    /// What is asked again although it is fresh.
    pub refresh: Refresh,
    /// The time of the run, for the cache.
    pub now: jiff::Timestamp,
    /// Gives the environment, for `${VAR}` in requirements files.
    pub variable: Box<dyn Fn() -> Variables + Send + Sync>,
}

/// How images are updated.
#[derive(Debug)]
pub struct ImagesRequest {
    /// Images that are not even asked for.
    pub ignore: Vec<ImagePattern>,
    /// Names of build contexts, which are no images.
    pub contexts: Vec<String>,
    /// How far tags move.
    pub limit: TagLimit,
    /// When digests move.
    pub digests: DigestUpdates,
    /// What is different for some images.
    pub rules: Vec<ImageRule>,
    /// The platforms that are built for.
    pub platforms: Vec<Platform>,
    /// Whether to pin where `--build-arg` then has no effect.
    pub freeze_args: bool,
}
