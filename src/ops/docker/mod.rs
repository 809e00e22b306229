//! Pinning the images that Dockerfiles and compose files name, and looking after the
//! pins: which files there are (`survey`), what changes (`pin`), what the registries
//! say about the pins that are there (`verify`), how pins are kept fresh (`update`).

mod bump;
mod facts;
mod judge;
mod kind;
mod neighbors;
mod pin;
mod survey;
mod update;
mod verify;

pub use kind::FileKind;
pub use pin::{Failure, Outcome, Pin, Pinned, PinnedFile, WriteError, pin, write};
pub use survey::{DockerInput, Survey, SurveyRequest, SurveyedFile, survey};
pub use update::{
    ImageRule, ImagesUpdate, ImagesUpdated, LeftImage, UpdatedFile, expired_rules, update,
};
pub use verify::{Finding, FindingKind, Verified, Verify, verify};
