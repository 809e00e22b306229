//! What is learned of a file that is named by its URL.

use std::sync::Arc;

use bytes::Bytes;

use crate::index::{CoreMetadata, File, Sha256};
use crate::python::WheelName;

/// A wheel named by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectWheel {
    /// Its name.
    pub name: WheelName,
    /// Its hash, computed.
    pub sha256: Sha256,
    /// Its metadata.
    pub metadata: Arc<CoreMetadata>,
}

/// An sdist named by its URL.
#[derive(Debug, Clone)]
pub struct DirectSdist {
    /// The file, with its hash.
    pub file: File,
    /// Its hash, computed.
    pub sha256: Sha256,
    /// Its metadata, unless that takes a build: then why.
    pub metadata: Result<Arc<CoreMetadata>, String>,
    /// Its content, if it had to be fetched.
    pub content: Option<Bytes>,
}
