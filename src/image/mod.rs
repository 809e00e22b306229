//! Words for images: references, repositories, digests, platforms.
//!
//! The grammar of references is that of the distribution project, with Docker's
//! reading of short names (`python` is `docker.io/library/python`); digests are
//! those of the OCI image specification.

mod digest;
mod pattern;
mod platform;
mod reference;

pub use digest::{Digest, DigestError};
pub use pattern::{ImagePattern, PatternError};
pub use platform::{Platform, PlatformError};
pub use reference::{DEFAULT_HOST, Reference, ReferenceError, Repository, is_tag};
