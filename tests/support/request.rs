//! A request to compile as plain as can be, for tests that call the library.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use pinfold::cache::Cache;
use pinfold::command::IndexStrategy;
use pinfold::http;
use pinfold::index::Refresh;
use pinfold::ops::{Compile, OutputOptions, Source, TargetRequest, View};
use pinfold::python::{Platform, PythonVersion};
use pinfold::requirements::PerProject;

/// `requirements.in` in a folder, for Python 3.12 on Linux, from one index.
pub(crate) fn request(folder: &Path, index_url: &str) -> Compile {
    let path = |name: &str| {
        let path = folder.join(name);
        path.into_os_string().into_string().unwrap()
    };
    Compile {
        sources: vec![Source::Path(path("requirements.in"))],
        constraints: Vec::new(),
        bounds: Vec::new(),
        kept_packages: Vec::new(),
        view: View::default(),
        overrides: Vec::new(),
        extras: Vec::new(),
        all_extras: false,
        output: Some(path("requirements.txt").into()),
        upgrade: false,
        upgrade_packages: Vec::new(),
        target: TargetRequest {
            python: None,
            python_version: Some(PythonVersion::parse("3.12").unwrap()),
            python_platform: Some(Platform::parse("linux").unwrap()),
        },
        index_url: Some(index_url.to_owned()),
        extra_index_urls: Vec::new(),
        index_configs: Vec::new(),
        shadow_check: false,
        find_links: Vec::new(),
        unwritten_find_links: Vec::new(),
        no_index: false,
        login: None,
        strategy: IndexStrategy::FirstIndex,
        exclude_newer: None,
        exclude_newer_packages: BTreeMap::new(),
        gate: None,
        is_last: false,
        pre_releases: None,
        binary: PerProject::default(),
        only_binary: Vec::new(),
        no_binary: Vec::new(),
        build: pinfold::ops::BuildOptions::default(),
        groups: Vec::new(),
        without_dependencies: false,
        output_options: OutputOptions::default(),
        http: http::Settings::default(),
        cache: Cache::at(folder.join("cache")),
        refresh: Refresh::default(),
        now: Timestamp::now(),
        current_directory: path(""),
        variable: Box::new(|_| None),
    }
}
