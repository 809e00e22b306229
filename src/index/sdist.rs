//! `PKG-INFO` out of an sdist (PEP 517, 625), and whether it can be relied on
//! without a build (PEP 643, PEP 808).
//!
//! Only `{name}-{version}/PKG-INFO` is read; nothing is written anywhere, so
//! PEP 721's rules for unpacking have nothing to guard here.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::metadata::{CoreMetadata, CoreMetadataError};

/// The longest `PKG-INFO` to accept, inflated.
const MAX_PKG_INFO: u64 = 32 << 20;

/// How much of an archive to inflate in search of it.
const MAX_INFLATED: u64 = 4 << 30;

/// How many entries to look at in search of it.
const MAX_ENTRIES: usize = 1_000_000;

/// Why an sdist gives no `PKG-INFO`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdistError {
    /// It is not an archive of the kind its name says, or damaged.
    #[error("cannot read the sdist's archive: {0}")]
    Archive(String),
    /// It has none at the top.
    #[error("the sdist has no `PKG-INFO`")]
    NoPkgInfo,
    /// It is too long to be true.
    #[error("the sdist's `PKG-INFO` is longer than {MAX_PKG_INFO} bytes")]
    TooLarge,
}

/// Why an sdist has to be built before its metadata is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// The format is from before sdists could promise anything.
    #[error("its metadata version {0} does not guarantee the result of a build")]
    Version(String),
    /// A field that matters may come out differently.
    #[error("its `{0}` is known only after a build")]
    Dynamic(String),
    /// The metadata is none.
    #[error(transparent)]
    Metadata(#[from] CoreMetadataError),
}

/// Returns the metadata of an sdist if no build can change it.
///
/// That is promised from version 2.2 on for the fields that are not listed as
/// dynamic. A field may be both given and dynamic (PEP 808); then the given part
/// is not all, so it does not count.
pub fn static_metadata(pkg_info: &[u8]) -> Result<CoreMetadata, WhyNot> {
    let metadata = CoreMetadata::parse(pkg_info)?;
    let mut numbers = metadata.metadata_version.split('.').map(str::parse::<u32>);
    let version = (numbers.next(), numbers.next());
    let (Some(Ok(major)), Some(Ok(minor))) = version else {
        return Err(WhyNot::Version(metadata.metadata_version));
    };
    if (major, minor) < (2, 2) {
        return Err(WhyNot::Version(metadata.metadata_version));
    }
    for field in ["Requires-Dist", "Requires-Python", "Provides-Extra"] {
        let is_field = |dynamic: &String| dynamic.eq_ignore_ascii_case(field);
        if metadata.dynamic.iter().any(is_field) {
            return Err(WhyNot::Dynamic(field.to_owned()));
        }
    }
    Ok(metadata)
}

/// Returns the bytes of the `PKG-INFO` at the top of an sdist.
pub fn pkg_info(filename: &str, bytes: &[u8]) -> Result<Vec<u8>, SdistError> {
    if filename.strip_suffix(".zip").is_some() {
        from_zip(bytes)
    } else {
        from_tar(MultiGzDecoder::new(bytes).take(MAX_INFLATED))
    }
}

fn from_tar(reader: impl Read) -> Result<Vec<u8>, SdistError> {
    let damaged = |error: std::io::Error| SdistError::Archive(error.to_string());
    let mut archive = tar::Archive::new(reader);
    let entries = archive.entries().map_err(damaged)?;
    for entry in entries.take(MAX_ENTRIES) {
        let entry = entry.map_err(damaged)?;
        if entry.header().entry_type().is_file() && is_pkg_info(&entry.path_bytes()) {
            return read_limited(entry);
        }
    }
    Err(SdistError::NoPkgInfo)
}

fn from_zip(bytes: &[u8]) -> Result<Vec<u8>, SdistError> {
    let damaged = |error: zip::result::ZipError| SdistError::Archive(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let index = archive
        .file_names_raw()
        .take(MAX_ENTRIES)
        .position(is_pkg_info)
        .ok_or(SdistError::NoPkgInfo)?;
    read_limited(archive.by_index(index).map_err(damaged)?)
}

/// Tells whether a path is `{folder}/PKG-INFO`, perhaps with `./` before it.
fn is_pkg_info(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    path.strip_suffix(b"/PKG-INFO")
        .is_some_and(|folder| !folder.is_empty() && !folder.contains(&b'/') && folder != b"..")
}

fn read_limited(reader: impl Read) -> Result<Vec<u8>, SdistError> {
    let mut bytes = Vec::new();
    reader
        .take(MAX_PKG_INFO + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| SdistError::Archive(error.to_string()))?;
    if bytes.len() as u64 > MAX_PKG_INFO {
        return Err(SdistError::TooLarge);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const PKG_INFO: &[u8] = b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nRequires-Dist: a\n";

    fn tar_gz(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            writer
                .start_file(*path, zip::write::SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[track_caller]
    fn check(files: &[(&str, &[u8])], expected: Result<&[u8], SdistError>) {
        let expected = expected.map(<[u8]>::to_vec);
        assert_eq!(pkg_info("demo-1.0.tar.gz", &tar_gz(files)), expected);
        assert_eq!(pkg_info("demo-1.0.zip", &zip(files)), expected);
    }

    #[test]
    fn reads_the_one_at_the_top() {
        check(
            &[
                ("demo-1.0/setup.py", b"x"),
                ("demo-1.0/demo.egg-info/PKG-INFO", b"no"),
                ("demo-1.0/PKG-INFO", PKG_INFO),
            ],
            Ok(PKG_INFO),
        );
        check(
            &[
                ("demo-1.0/demo.egg-info/PKG-INFO", b"no"),
                ("PKG-INFO", b"no"),
            ],
            Err(SdistError::NoPkgInfo),
        );
        check(&[], Err(SdistError::NoPkgInfo));
    }

    #[test]
    fn refuses_one_without_end() {
        let zeros = vec![0; usize::try_from(MAX_PKG_INFO).unwrap() + 1];
        check(&[("demo-1.0/PKG-INFO", &zeros)], Err(SdistError::TooLarge));
    }

    #[test]
    fn refuses_what_is_no_archive() {
        for filename in ["a-1.tar.gz", "a-1.zip"] {
            for bytes in [&b"<html>"[..], b""] {
                let error = pkg_info(filename, bytes).unwrap_err();
                assert!(matches!(error, SdistError::Archive(_)), "{error:?}");
            }
        }
        let whole = tar_gz(&[("demo-1.0/PKG-INFO", PKG_INFO)]);
        assert!(pkg_info("a-1.tar.gz", &whole[..whole.len() / 2]).is_err());
    }

    #[test]
    fn relies_on_what_no_build_can_change() {
        assert_eq!(static_metadata(PKG_INFO).unwrap().requires_dist, ["a"]);
        let with = |head: &str, tail: &str| {
            let text = format!("Metadata-Version: {head}\nName: a\nVersion: 1\n{tail}");
            static_metadata(text.as_bytes()).err()
        };
        assert_eq!(with("2.4", "Dynamic: License-File\n"), None);
        assert_eq!(with("2.10", ""), None);
        for field in ["Requires-Dist", "Requires-Python", "Provides-Extra"] {
            let dynamic = format!("Requires-Dist: a\nDynamic: {}\n", field.to_lowercase());
            assert_eq!(
                with("2.6", &dynamic),
                Some(WhyNot::Dynamic(field.to_owned()))
            );
        }
        for version in ["2.1", "1.2", "2"] {
            assert_eq!(with(version, ""), Some(WhyNot::Version(version.to_owned())));
        }
        let missing = CoreMetadataError::Missing("Metadata-Version");
        assert_eq!(static_metadata(b""), Err(WhyNot::Metadata(missing)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            for filename in ["a-1.tar.gz", "a-1.zip"] {
                let _ = pkg_info(filename, &bytes);
                let mut archive = if filename.ends_with("zip") { zip(&[("a/PKG-INFO", PKG_INFO)]) } else { tar_gz(&[("a/PKG-INFO", PKG_INFO)]) };
                let at = at.index(archive.len());
                archive[at] = byte;
                let _ = pkg_info(filename, &archive);
            }
            let _ = from_tar(bytes.as_slice());
        }
    }
}
