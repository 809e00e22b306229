//! A request to compile as plain as can be, for tests that call the library.

use std::path::Path;

use jiff::Timestamp;
use pinfold::cache::Cache;
use pinfold::http;
use pinfold::index::Refresh;
use pinfold::ops::{
    BuildOptions, Compile, Indexes, OutputOptions, Run, Selection, Source, Sources, TargetRequest,
    View,
};
use pinfold::python::{Platform, PlatformValues, PythonVersion};

/// `requirements.in` in a folder, for Python 3.12 on Linux, from one index.
pub(crate) fn request(folder: &Path, index_url: &str) -> Compile {
    let path = |name: &str| {
        let path = folder.join(name);
        path.into_os_string().into_string().unwrap()
    };
    let now = Timestamp::now();
    Compile {
        sources: Sources {
            files: vec![Source::Path(path("requirements.in"))],
            ..Sources::default()
        },
        selection: Selection {
            target: TargetRequest {
                is_universal: false,
                python: None,
                python_versions: vec![PythonVersion::parse("3.12").unwrap()],
                python_platforms: vec![Platform::parse("linux").unwrap()],
                targets: Vec::new(),
                platform_values: PlatformValues::default(),
            },
            ..Selection::default()
        },
        indexes: Indexes {
            default: Some(index_url.to_owned()),
            ..Indexes::default()
        },
        build: BuildOptions::default(),
        output: OutputOptions {
            path: Some(path("requirements.txt").into()),
            ..OutputOptions::default()
        },
        run: Run {
            now,
            as_of: now,
            is_last: false,
            http: http::Settings::default(),
            login: None,
            cache: Cache::at(folder.join("cache")),
            resolution_timeout: Run::RESOLUTION_TIMEOUT,
            refresh: Refresh::default(),
            view: View::default(),
            current_directory: path(""),
            variable: Box::new(|_| None),
        },
    }
}
