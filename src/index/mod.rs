//! The Simple API client (PEP 503, 691, 700, 714, 792), and metadata of files
//! (PEP 658, 643).
//!
//! Pure: [`page`] reads project pages, [`Listing`] is what is kept of one,
//! [`CoreMetadata`] what a file requires, [`wheel`] and [`sdist`] find that in
//! archives. [`IndexClient`] brings them together with the network and the cache.
//! Left out: uploads, provenance (PEP 740), building sdists.

mod client;
mod hash;
pub mod listing;
pub mod metadata;
pub mod page;
pub mod sdist;
pub mod wheel;

pub use client::{
    DirectSdist, DirectWheel, Error, FindLinks, IndexClient, IndexUrl, MetadataError, PageStanding,
    Refresh, Settings,
};
pub use hash::{Algorithm, NotSha256, Sha256};
pub use listing::{Entry, File, FileKind, Listing, Yanked};
pub use metadata::{CoreMetadata, CoreMetadataError};
pub use page::MetadataFile;

/// The address of PyPI's Simple API, the index used unless another is named.
pub const PYPI_SIMPLE: &str = "https://pypi.org/simple/";

/// Where PyPI's pages say that its files are: asked for metadata as soon as a page came.
pub const PYPI_FILES: &str = "https://files.pythonhosted.org/";
