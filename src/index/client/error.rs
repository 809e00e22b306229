//! What can go wrong with an index, told apart by what one can do about it.

use std::sync::Arc;

use crate::http;
use crate::index::hash::{Algorithm, Sha256};
use crate::index::metadata::CoreMetadataError;
use crate::index::page::PageError;
use crate::index::sdist::{SdistError, WhyNot};
use crate::index::wheel::WheelError;

/// Why a list of files cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The index does not let us in: the next index must not be asked instead.
    #[error("access to the index was denied")]
    Denied(#[source] http::Error),
    /// There is no usable answer, for now or at all.
    #[error("cannot query the index")]
    Http(#[source] http::Error),
    /// The answer is not a project page.
    #[error("`{url}` is not an index page")]
    Page {
        /// The page, without secrets.
        url: String,
        /// What it is instead.
        source: Arc<PageError>,
    },
    /// The network is turned off, and the page was not kept.
    #[error("`{url}` is not in the cache, and the network is disabled")]
    Offline {
        /// The page, without secrets.
        url: String,
    },
    /// A file or folder here cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
}

impl Error {
    /// Tells whether the same request may well succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_transient())
    }

    /// Returns the status the server gave, if one is to blame.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Denied(error) | Self::Http(error) => error.status(),
            _ => None,
        }
    }

    /// Tells whether the index wants credentials, or others.
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Denied(_))
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::Denied { .. } => Self::Denied(error),
            http::Error::Offline { url } => Self::Offline { url },
            error => Self::Http(error),
        }
    }
}

/// Why the metadata (or the hash) of a file cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MetadataError {
    /// It cannot be fetched, for now or at all.
    #[error("cannot download `{filename}`")]
    Http {
        /// The file.
        filename: String,
        /// Why.
        source: http::Error,
    },
    /// A file here cannot be read.
    #[error("cannot read `{filename}`")]
    Read {
        /// The file.
        filename: String,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// What came is not what the index promised.
    #[error("hash mismatch for `{filename}`: expected {algorithm} `{expected}`, got `{actual}`")]
    Hash {
        /// The file, or the metadata beside it.
        filename: String,
        /// How it was hashed.
        algorithm: Algorithm,
        /// What the index says.
        expected: String,
        /// What came.
        actual: String,
    },
    /// Only a build would tell: a candidate of last resort.
    #[error("`{filename}` must be built: {reason}")]
    NeedsBuild {
        /// The sdist.
        filename: String,
        /// What is missing in it.
        reason: String,
    },
    /// It is of another project or version than the file's name says.
    #[error("the metadata of `{filename}` belongs to `{name}` {version}")]
    Inconsistent {
        /// The file.
        filename: String,
        /// The project it is of.
        name: String,
        /// The version it is of.
        version: String,
    },
    /// It cannot be understood.
    #[error("the metadata of `{filename}` is not usable")]
    Metadata {
        /// The file.
        filename: String,
        /// What is wrong.
        source: CoreMetadataError,
    },
    /// The wheel is damaged, or no wheel.
    #[error("cannot use `{filename}`")]
    Wheel {
        /// The file.
        filename: String,
        /// What is wrong.
        source: WheelError,
    },
    /// The name at the end of a URL is not a wheel's.
    #[error("`{url}` is not the URL of a wheel")]
    NotAWheel {
        /// The URL, without secrets.
        url: String,
    },
}

impl MetadataError {
    /// Tells whether the same request may well succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Http { source, .. } if source.is_transient())
    }

    /// Tells whether the server wants credentials, or others.
    pub fn is_denied(&self) -> bool {
        matches!(
            self,
            Self::Http {
                source: http::Error::Denied { .. },
                ..
            }
        )
    }

    /// Tells whether the network was needed but is turned off.
    pub fn is_offline(&self) -> bool {
        matches!(
            self,
            Self::Http {
                source: http::Error::Offline { .. },
                ..
            }
        )
    }

    /// Tells whether the file itself is at fault, so that another release may do.
    pub fn is_of_the_file(&self) -> bool {
        matches!(
            self,
            Self::Inconsistent { .. }
                | Self::Metadata { .. }
                | Self::Wheel { .. }
                | Self::NotAWheel { .. }
                | Self::Http {
                    source: http::Error::NotFound { .. },
                    ..
                }
        )
    }

    pub(super) fn needs_build(filename: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::NeedsBuild {
            filename: filename.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn hash(filename: &str, expected: Sha256, actual: Sha256) -> Self {
        Self::Hash {
            filename: filename.to_owned(),
            algorithm: Algorithm::Sha256,
            expected: expected.to_string(),
            actual: actual.to_string(),
        }
    }
}

/// Why an sdist's metadata is unknown without a build.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoStaticMetadata {
    #[error(transparent)]
    Sdist(#[from] SdistError),
    #[error(transparent)]
    WhyNot(#[from] WhyNot),
}
