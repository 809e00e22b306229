//! Requirements that name a source instead of a release: a file by URL or path, a
//! folder, a repository; and project files whose requirements only a build tells.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use url::Url;

use crate::python::{ExtraName, Marker, ProjectName, Requirement, RequirementSource, Specifiers};
use crate::requirements::location;
use crate::resolve::RootRequirement;
use crate::text::{percent_decoded, without_password};

/// A requirement on what is at a source. Its marker holds for the target.
#[derive(Debug, Clone)]
pub(in crate::ops) struct DirectReference {
    /// The project's name, if the line gives it.
    pub(in crate::ops) name: Option<ProjectName>,
    /// The extras that are wanted.
    pub(in crate::ops) extras: Vec<ExtraName>,
    /// When it applies, for the lock.
    pub(in crate::ops) marker: Option<Marker>,
    /// Where it is.
    pub(in crate::ops) source: DirectSource,
    /// Whether it stands behind `-e`.
    pub(in crate::ops) is_editable: bool,
    /// The source as it was written, with `${VAR}`, without name, extras and marker.
    pub(in crate::ops) as_written: String,
    /// Whether it replaces other requirements on the project instead of adding to them.
    pub(in crate::ops) is_override: bool,
    /// The only hashes it accepts, as `sha256:…`.
    pub(in crate::ops) hashes: BTreeSet<String>,
    /// `file:line`, for messages.
    pub(in crate::ops) location: String,
    /// Who requires it, for annotations: `-r requirements.in`.
    pub(in crate::ops) origin: String,
    /// What comments say beside it, if it has no name; else they are with those of all
    /// names.
    pub(in crate::ops) comments: Vec<String>,
}

impl DirectReference {
    /// Returns a requirement on the same project, wherever it is.
    pub(in crate::ops) fn without_place(self, name: ProjectName) -> RootRequirement {
        RootRequirement {
            requirement: Requirement {
                name,
                extras: self.extras,
                source: RequirementSource::Specifiers(Specifiers::default()),
                marker: self.marker,
            },
            location: self.location,
            origin: self.origin,
        }
    }
}

/// Where a project comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::ops) enum DirectSource {
    /// A wheel or an sdist (`http`, `https`, `file`), with the fragment as written.
    File(Url),
    /// A folder with a source tree, by its absolute path.
    Folder(PathBuf),
    /// A repository: the whole `git+…` URL.
    Repository(String),
}

impl DirectSource {
    /// Whether what is there comes over the network.
    pub(in crate::ops) fn is_remote(&self) -> bool {
        match self {
            Self::File(url) => url.scheme() != "file",
            Self::Folder(_) => false,
            Self::Repository(url) => !is_on_this_machine(url),
        }
    }
}

/// A project file that is an input, but says what it requires only when it is built:
/// `setup.py`, `setup.cfg`, or a `pyproject.toml` with dynamic fields.
#[derive(Debug, Clone)]
pub(in crate::ops) struct ProjectTree {
    /// The folder of the project, absolute.
    pub(in crate::ops) folder: PathBuf,
    /// The file as it is shown.
    pub(in crate::ops) file: String,
    /// The extras that are wanted.
    pub(in crate::ops) extras: Vec<ExtraName>,
    /// Whether all extras are wanted.
    pub(in crate::ops) all_extras: bool,
}

/// Why a text names no source that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct InvalidSource {
    /// What is wrong.
    pub(in crate::ops) message: String,
    /// What to do.
    pub(in crate::ops) help: Option<String>,
}

impl InvalidSource {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: Some(help.into()),
        }
    }
}

/// A URL or path, as a requirement has it.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct WrittenSource<'a> {
    /// What is meant.
    pub(in crate::ops) value: &'a str,
    /// What is shown: without the values of variables.
    pub(in crate::ops) as_written: &'a str,
    /// Where a relative path starts: an absolute path.
    pub(in crate::ops) base: &'a str,
    /// Whether it stands behind `-e`.
    pub(in crate::ops) is_editable: bool,
}

impl WrittenSource<'_> {
    /// Whether it is a place on this machine: a path, a `file:` URL, or a repository at one.
    pub(in crate::ops) fn is_local(&self) -> bool {
        is_on_this_machine(self.value)
    }

    /// Finds what kind of source it is. Files and folders have to exist.
    pub(in crate::ops) fn find(&self) -> Result<DirectSource, InvalidSource> {
        let Some(scheme) = scheme(self.value) else {
            let path = PathBuf::from(join(self.base, self.value));
            return self.on_disk(path, None);
        };
        if let Some((system, _)) = scheme.split_once('+') {
            return self.repository(system);
        }
        if scheme.eq_ignore_ascii_case("file") {
            let (path, fragment) = self.file_url(&self.value[scheme.len() + 1..])?;
            return self.on_disk(path, fragment.as_deref());
        }
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Err(InvalidSource::new(
                format!(
                    "cannot fetch `{}`: the scheme `{scheme}` is not supported",
                    self.shown()
                ),
                "use an `https://` or `file://` URL, a path, or a repository: `git+https://…`",
            ));
        }
        self.web(scheme)
    }

    fn repository(&self, system: &str) -> Result<DirectSource, InvalidSource> {
        if system.eq_ignore_ascii_case("git") {
            return Ok(DirectSource::Repository(self.value.to_owned()));
        }
        Err(InvalidSource::new(
            format!(
                "`{}` is a `{}` repository; only git is supported",
                self.shown(),
                system.to_ascii_lowercase()
            ),
            "use a release from an index, the URL of an archive, or a git repository: `git+https://…`",
        ))
    }

    fn web(&self, scheme: &str) -> Result<DirectSource, InvalidSource> {
        let url = Url::parse(self.value).map_err(|error| InvalidSource {
            message: format!("`{}` is not a URL: {error}", self.shown()),
            help: None,
        })?;
        if self.is_editable {
            return Err(InvalidSource::new(
                format!("`{}` cannot be editable", self.shown()),
                "remove `-e`, or use a directory or a repository: `git+https://…`",
            ));
        }
        if is_distribution(url.path()) {
            return Ok(DirectSource::File(url));
        }
        let is_repository = Path::new(url.path())
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("git"));
        Err(if is_repository {
            InvalidSource::new(
                format!("`{}` is a repository, not a file", self.shown()),
                format!("write `git+{scheme}` instead of `{scheme}`"),
            )
        } else {
            InvalidSource::new(
                format!(
                    "cannot tell whether `{}` is a wheel or an archive: its path has no known extension",
                    self.shown()
                ),
                KNOWN_ENDINGS,
            )
        })
    }

    /// Returns the path of a `file:` URL and its fragment.
    ///
    /// ```text
    /// file = "file:" ["//" ["localhost"]] path ["?" query] ["#" fragment]
    /// ```
    /// As in pip, a path without a slash in front is relative.
    fn file_url(&self, rest: &str) -> Result<(PathBuf, Option<String>), InvalidSource> {
        let (path, fragment) = match rest.split_once('#') {
            Some((path, fragment)) => (path, Some(fragment.to_owned())),
            None => (rest, None),
        };
        let path = match path.strip_prefix("//") {
            None => path,
            Some(behind) => {
                let host = behind.split('/').next().unwrap_or_default();
                if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
                    return Err(InvalidSource::new(
                        format!("`{}` is a file on another host, `{host}`", self.shown()),
                        "write `file:///` and an absolute path, or `file:` and a relative one",
                    ));
                }
                &behind[host.len()..]
            }
        };
        // `file://localhost/${VARIABLE}` may have the slash in front twice.
        let relative = match path.strip_prefix('/') {
            Some(absolute) => format!("/{}", absolute.trim_start_matches('/')),
            None => format!("./{path}"),
        };
        let path = Url::from_directory_path(self.base)
            .ok()
            .and_then(|base| base.join(&relative).ok())
            .and_then(|url| url.to_file_path().ok())
            .ok_or_else(|| InvalidSource {
                message: format!("`{}` is not the URL of a file", self.shown()),
                help: None,
            })?;
        Ok((path, fragment))
    }

    fn on_disk(
        &self,
        path: PathBuf,
        fragment: Option<&str>,
    ) -> Result<DirectSource, InvalidSource> {
        if path.is_dir() {
            return self.folder(path, fragment);
        }
        if !path.is_file() {
            return Err(InvalidSource::new(
                format!("`{}` does not exist", self.shown()),
                "check the spelling; paths are relative to the current directory",
            ));
        }
        if self.is_editable {
            return Err(InvalidSource::new(
                format!(
                    "`{}` cannot be editable: it is not a directory",
                    self.shown()
                ),
                "remove `-e`, or use the directory of a project",
            ));
        }
        if !is_distribution(&path.to_string_lossy()) {
            return Err(InvalidSource::new(
                format!(
                    "`{}` is neither a wheel nor an archive: its name has no known extension",
                    self.shown()
                ),
                KNOWN_ENDINGS,
            ));
        }
        let mut url = Url::from_file_path(&path).map_err(|()| InvalidSource {
            message: format!("`{}` is not the path of a file", self.shown()),
            help: None,
        })?;
        url.set_fragment(fragment);
        Ok(DirectSource::File(url))
    }

    fn folder(
        &self,
        folder: PathBuf,
        fragment: Option<&str>,
    ) -> Result<DirectSource, InvalidSource> {
        let subdirectory = fragment
            .unwrap_or_default()
            .split('&')
            .find_map(|part| part.strip_prefix("subdirectory="));
        let folder = match subdirectory {
            Some(subdirectory) => {
                let inside = join(&folder.to_string_lossy(), subdirectory);
                PathBuf::from(inside)
            }
            None => folder,
        };
        let has_project = ["pyproject.toml", "setup.py"]
            .iter()
            .any(|file| folder.join(file).is_file());
        if has_project {
            return Ok(DirectSource::Folder(folder));
        }
        Err(InvalidSource::new(
            if folder.is_dir() {
                format!(
                    "`{}` is not a project: it has neither a `pyproject.toml` nor a `setup.py`",
                    self.shown()
                )
            } else {
                format!("`{}` does not exist", self.shown())
            },
            "use the directory that contains the project's `pyproject.toml` or `setup.py`",
        ))
    }

    fn shown(&self) -> String {
        without_password(self.as_written)
    }
}

/// Returns the folder of the project in an archive, if it is not the top.
pub(in crate::ops) fn subdirectory(url: &Url) -> Option<String> {
    let mut parts = url.fragment()?.split('&');
    let name = parts.find_map(|part| part.strip_prefix("subdirectory="))?;
    let name = percent_decoded(name);
    let is_top = name.split('/').all(|part| part.is_empty() || part == ".");
    (!is_top).then(|| name.into_owned())
}

/// What helps where the ending of a name tells nothing.
const KNOWN_ENDINGS: &str = "a wheel ends in `.whl`, an archive in `.tar.gz`, `.tgz`, `.tar.bz2`, `.tbz`, `.tar.xz`, `.txz`, `.tar` or `.zip`";

/// Whether a path has the name of a wheel (its ending is in lower case, PEP 427) or of
/// an archive.
fn is_distribution(path: &str) -> bool {
    const ARCHIVES: [&str; 8] = [
        ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".zip",
    ];
    let name = path.rsplit('/').next().unwrap_or(path).as_bytes();
    name.ends_with(b".whl")
        || ARCHIVES.iter().any(|ending| {
            name.len() > ending.len()
                && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
        })
}

/// Whether a URL or a path leads to a place on this machine, without looking there.
fn is_on_this_machine(text: &str) -> bool {
    scheme(text).is_none_or(|scheme| {
        let (_, transport) = scheme.split_once('+').unwrap_or(("", scheme));
        transport.eq_ignore_ascii_case("file")
    })
}

/// Returns the scheme of a URL. A path has none: what stands before its `:` has a
/// separator, or nothing.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    // `a:b` may well be a file.
    let is_url =
        rest.starts_with("//") || scheme.eq_ignore_ascii_case("file") || scheme.contains('+');
    (is_scheme && is_url).then_some(scheme)
}

fn join(base: &str, path: &str) -> String {
    location::join(&format!("{}/", base.trim_end_matches('/')), path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for file in [
                "a-1-py3-none-any.whl",
                "a b-1.tar.gz",
                "notes.rst",
                "proj/pyproject.toml",
                "old/setup.py",
                "mono/part/pyproject.toml",
                "empty/x",
            ] {
                let path = folder.path().join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self { folder }
        }

        fn base(&self) -> &str {
            self.folder.path().to_str().unwrap()
        }

        fn find(&self, text: &str) -> Result<DirectSource, InvalidSource> {
            WrittenSource {
                value: text,
                as_written: text,
                base: self.base(),
                is_editable: false,
            }
            .find()
        }

        fn folder(&self, path: &str) -> DirectSource {
            DirectSource::Folder(self.folder.path().join(path))
        }

        /// Says what is found: a URL with `BASE` for the folder, or what is wrong.
        fn told(&self, text: &str) -> String {
            match self.find(text) {
                Ok(DirectSource::File(url)) => url.as_str().replace(self.base(), "BASE"),
                Ok(DirectSource::Folder(path)) => {
                    path.to_str().unwrap().replace(self.base(), "BASE")
                }
                Ok(DirectSource::Repository(url)) => url,
                Err(error) => error.message,
            }
        }
    }

    #[test]
    fn paths_start_in_the_base_and_are_made_plain() {
        let fixture = Fixture::new();
        assert_eq!(fixture.find("proj"), Ok(fixture.folder("proj")));
        assert_eq!(fixture.find("./empty/../proj/"), Ok(fixture.folder("proj")));
        assert_eq!(fixture.find("old"), Ok(fixture.folder("old")));
        let absolute = format!("{}/proj", fixture.base());
        assert_eq!(fixture.find(&absolute), Ok(fixture.folder("proj")));
        assert_eq!(
            fixture.told("./a-1-py3-none-any.whl"),
            "file://BASE/a-1-py3-none-any.whl"
        );
        assert_eq!(fixture.told("a b-1.tar.gz"), "file://BASE/a%20b-1.tar.gz");
    }

    #[test]
    fn file_urls_may_be_relative_and_have_escapes_and_fragments() {
        let fixture = Fixture::new();
        assert_eq!(fixture.find("file:proj"), Ok(fixture.folder("proj")));
        assert_eq!(
            fixture.find("file:./empty/../proj"),
            Ok(fixture.folder("proj"))
        );
        assert_eq!(
            fixture.find("FILE:./proj#egg=x"),
            Ok(fixture.folder("proj"))
        );
        for host in ["", "//", "//localhost"] {
            let url = format!("file:{host}{}/proj", fixture.base());
            assert_eq!(fixture.find(&url), Ok(fixture.folder("proj")), "{url}");
        }
        assert_eq!(
            fixture.told("file:a%20b-1.tar.gz#sha256=00&subdirectory=x"),
            "file://BASE/a%20b-1.tar.gz#sha256=00&subdirectory=x"
        );
        assert_eq!(
            fixture.find("file:mono#subdirectory=part"),
            Ok(fixture.folder("mono/part"))
        );
    }

    #[test]
    fn what_is_not_there_or_no_project_is_refused() {
        let fixture = Fixture::new();
        let check = |text: &str, message: &str| assert_eq!(fixture.told(text), message);
        check("./gone", "`./gone` does not exist");
        check("file:gone.whl", "`file:gone.whl` does not exist");
        check(
            "./empty",
            "`./empty` is not a project: it has neither a `pyproject.toml` nor a `setup.py`",
        );
        check(
            "file:mono#subdirectory=gone",
            "`file:mono#subdirectory=gone` does not exist",
        );
        check(
            "./notes.rst",
            "`./notes.rst` is neither a wheel nor an archive: its name has no known extension",
        );
        check(
            "file://server/share/a.whl",
            "`file://server/share/a.whl` is a file on another host, `server`",
        );
    }

    #[test]
    fn urls_tell_by_their_path_what_they_are() {
        let fixture = Fixture::new();
        for url in [
            "https://host.example/a-1-py3-none-any.whl#sha256=00",
            "http://host.example/archive/main.ZIP?x=1",
            "https://user:pw@host.example/a-1.tar.gz",
        ] {
            assert_eq!(fixture.told(url), url);
        }
        assert_eq!(
            fixture.told("https://me:secret@host.example/download?f=a.whl"),
            "cannot tell whether `https://host.example/download?f=a.whl` is a wheel or an archive: \
             its path has no known extension"
        );
        assert_eq!(
            fixture
                .find("https://host.example/x.git")
                .unwrap_err()
                .help
                .unwrap(),
            "write `git+https` instead of `https`"
        );
        assert_eq!(
            fixture.told("ftp://host.example/a.whl"),
            "cannot fetch `ftp://host.example/a.whl`: the scheme `ftp` is not supported"
        );
    }

    #[test]
    fn of_repositories_only_those_of_git_are_taken() {
        let fixture = Fixture::new();
        for url in [
            "git+https://host.example/x.git@main#subdirectory=y",
            "git+ssh://git@host.example/x",
            "git+file:///srv/x",
        ] {
            assert_eq!(fixture.told(url), url);
        }
        assert_eq!(
            fixture.told("hg+https://host.example/x"),
            "`hg+https://host.example/x` is a `hg` repository; only git is supported"
        );
    }

    #[test]
    fn editable_are_folders_and_repositories() {
        let fixture = Fixture::new();
        let find = |text: &str| {
            WrittenSource {
                value: text,
                as_written: text,
                base: fixture.base(),
                is_editable: true,
            }
            .find()
        };
        assert_eq!(find("./proj"), Ok(fixture.folder("proj")));
        assert!(find("git+https://host.example/x").is_ok());
        for text in ["./a-1-py3-none-any.whl", "https://host.example/a.zip"] {
            let error = find(text).unwrap_err();
            assert!(error.message.contains("cannot be editable"), "{error:?}");
        }
    }

    #[test]
    fn a_colon_alone_makes_no_url() {
        assert_eq!(scheme("a:b"), None);
        assert_eq!(scheme("./a://b"), None);
        assert_eq!(scheme("git+file:///x"), Some("git+file"));
        assert_eq!(scheme("file:x"), Some("file"));
    }
}
