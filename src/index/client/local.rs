//! Files and folders here that serve as indexes: `file:` URLs and `--find-links`.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use url::Url;

use super::Error;
use crate::index::listing::{File, FileKind, Yanked, is_sdist_name, parse_version};
use crate::index::page::{self, MetadataFile, Page, PageFile};
use crate::index::wheel::{self, Search, SparseFile, WheelError};
use crate::index::{Algorithm, Listing};
use crate::python::{ProjectName, WheelName};
use crate::text::without_login;

/// Returns the path that a `file:` URL means.
pub(super) fn path_of(url: &Url) -> Option<PathBuf> {
    if url.scheme() != "file" {
        return None;
    }
    url.to_file_path().ok()
}

/// Reads a project's folder in an index of files: its `index.html`, or what is in it.
pub(super) fn listing(folder: &Path, project: &ProjectName) -> Result<Option<Listing>, Error> {
    let page = folder.join("index.html");
    let url = |path: &Path| Url::from_file_path(path).map_err(|()| not_absolute(path));
    match std::fs::read(&page) {
        Ok(body) => {
            let page =
                page::parse(&body, &url(&page)?).map_err(|error| page_error(&page, error))?;
            Ok(Some(Listing::build(project, &page)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !folder.is_dir() {
                return Ok(None);
            }
            let files = files_in(folder)?;
            Ok(Some(Listing::build(
                project,
                &Page {
                    files,
                    ..Page::default()
                },
            )))
        }
        Err(error) => Err(read_error(&page, error)),
    }
}

/// Reads a flat location: a folder's files, or the links of an HTML file.
pub(super) fn find_links(path: &Path) -> Result<Vec<(ProjectName, File)>, Error> {
    let path = std::path::absolute(path).map_err(|error| read_error(path, error))?;
    if path.is_dir() {
        return Ok(flat(files_in(&path)?));
    }
    let body = std::fs::read(&path).map_err(|error| read_error(&path, error))?;
    let url = Url::from_file_path(&path).map_err(|()| not_absolute(&path))?;
    let page = page::parse(&body, &url).map_err(|error| page_error(&path, error))?;
    Ok(flat(page.files))
}

/// Keeps the wheels and sdists of any project.
pub(super) fn flat(files: Vec<PageFile<'_>>) -> Vec<(ProjectName, File)> {
    files.into_iter().filter_map(flat_file).collect()
}

fn flat_file(file: PageFile<'_>) -> Option<(ProjectName, File)> {
    let (project, kind) = if file.filename.ends_with(".whl") {
        let name = WheelName::parse(&file.filename).ok()?;
        (name.name.clone(), FileKind::Wheel(name))
    } else {
        (sdist_project(&file.filename)?, FileKind::Sdist)
    };
    let sha256 = file
        .sha256
        .map(|hash| (Algorithm::Sha256, hash.to_string()));
    let file = File {
        filename: file.filename.into_owned(),
        url: file.url.into_owned(),
        has_secret: file.has_secret,
        hashes: sha256.into_iter().chain(file.other_hashes).collect(),
        requires_python: file.requires_python.map(Cow::into_owned),
        yanked: file.yanked.map(|reason| Yanked {
            reason: Some(reason.into_owned()).filter(|reason| !reason.is_empty()),
        }),
        upload_time: file.upload_time,
        size: file.size,
        core_metadata: file.core_metadata,
        kind,
    };
    Some((project, file))
}

/// Returns the project of an sdist: what is before the last hyphen (PEP 625).
fn sdist_project(filename: &str) -> Option<ProjectName> {
    if !is_sdist_name(filename) {
        return None;
    }
    let stem = filename
        .strip_suffix(".tar.gz")
        .or_else(|| filename.strip_suffix(".zip"))?;
    let (name, version) = stem.rsplit_once('-')?;
    parse_version(version)?;
    name.parse().ok()
}

fn files_in(folder: &Path) -> Result<Vec<PageFile<'static>>, Error> {
    let failed = |error| read_error(folder, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Names that are not UTF-8 are not distributions' names.
        let Ok(filename) = entry.file_name().into_string() else {
            continue;
        };
        let path = entry.path();
        if !path.is_file() {
            continue;
        }
        files.push(PageFile {
            filename: Cow::Owned(filename),
            url: Cow::Owned(
                Url::from_file_path(&path)
                    .map_err(|()| not_absolute(&path))?
                    .into(),
            ),
            has_secret: false,
            sha256: None,
            other_hashes: Vec::new(),
            requires_python: None,
            yanked: None,
            upload_time: None,
            size: None,
            core_metadata: MetadataFile::Absent,
        });
    }
    // Folders have no order that one could rely on.
    files.sort_by(|one, other| one.filename.cmp(&other.filename));
    Ok(files)
}

/// Reads `METADATA` out of a wheel that lies here.
pub(super) fn wheel_metadata(
    path: &Path,
    name: &WheelName,
) -> io::Result<Result<Vec<u8>, WheelError>> {
    let mut file = std::fs::File::open(path)?;
    let mut known = SparseFile::new(file.metadata()?.len());
    loop {
        match wheel::find_metadata(&known, name) {
            Ok(Search::Found(metadata)) => return Ok(Ok(metadata)),
            Ok(Search::Missing(range)) => {
                let mut part = Vec::new();
                file.seek(SeekFrom::Start(range.start))?;
                (&mut file)
                    .take(range.end - range.start)
                    .read_to_end(&mut part)?;
                if part.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                known.insert(range.start, &part);
            }
            Err(error) => return Ok(Err(error)),
        }
    }
}

fn read_error(path: &Path, error: io::Error) -> Error {
    Error::Read {
        // Somebody may have written a URL with a login, without its scheme.
        path: without_login(&path.to_string_lossy()),
        source: Arc::new(error),
    }
}

fn page_error(path: &Path, error: page::PageError) -> Error {
    Error::Page {
        url: path.display().to_string(),
        source: Arc::new(error),
    }
}

fn not_absolute(path: &Path) -> Error {
    read_error(path, io::ErrorKind::InvalidInput.into())
}
