//! The Simple API client (PEP 503, 691, 700, 658, 714).

mod client;
mod hash;
pub mod listing;
pub mod metadata;
pub mod page;
pub mod sdist;
pub mod wheel;

pub use client::{
    DirectWheel, Error, FindLinks, IndexClient, IndexUrl, MetadataError, Refresh, Settings,
};
pub use hash::{Algorithm, NotSha256, Sha256};
pub use listing::{Entry, File, FileKind, Listing, Yanked};
pub use metadata::{CoreMetadata, CoreMetadataError};
pub use page::MetadataFile;

/// The address of PyPI's Simple API, the index used unless another is named.
pub const PYPI_SIMPLE: &str = "https://pypi.org/simple/";
