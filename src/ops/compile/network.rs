//! Which servers are asked, as whom, and what of that the lock says.

use std::path::Path;

use rustc_hash::FxHashSet;
use url::Url;

use crate::http::{self, IndexLogin};
use crate::index::{FindLinks, IndexUrl, PYPI_FILES, PYPI_SIMPLE};
use crate::lock::OptionLines;
use crate::ops::compile::indexes::{self, DEFAULT_VARIABLES, IndexSettings, Owner};
use crate::ops::compile::inputs::Inputs;
use crate::ops::compile::inputs::kind::{are_silent, local_path};
use crate::ops::compile::request::{Compile, NamedIndex};
use crate::ops::error::Error;
use crate::ops::events::{Event, Reporter};
use crate::requirements::{Written, location};
use crate::text::{has_query_secret, without_login, without_password};

/// Settles which servers are asked, and with which credentials.
pub(in crate::ops) fn network(
    request: &Compile,
    inputs: &Inputs,
) -> Result<(http::Settings, IndexSettings), Error> {
    let mut http = request.run.http.clone();
    http.trusted_hosts
        .extend(inputs.options.trusted_hosts.iter().cloned());
    let mut index = |text: &str, variables: Option<IndexLogin>| -> Result<IndexUrl, Error> {
        let mut url = parse_location(text, &request.run.current_directory)?;
        if url.scheme() == "file" && !url.to_file_path().is_ok_and(|path| path.is_dir()) {
            return Err(Error::Usage {
                message: format!("the index `{url}` does not exist: there is no such directory"),
                help: None,
            });
        }
        http.credentials.add_index(&mut url, variables);
        Ok(IndexUrl::new(url))
    };
    let given = |text: &str| expanded(text, &|name| request.run.variable(name));
    let mut settings = IndexSettings {
        strategy: request.indexes.strategy,
        ..IndexSettings::default()
    };
    if !request.indexes.no_index && !inputs.options.no_index {
        let of_default = || {
            let (user, password) = request.run.login.clone()?;
            Some(IndexLogin {
                user: Some(http::Secret::new(user)).filter(|user| !user.expose().is_empty()),
                password: Some(password).filter(|password| !password.expose().is_empty()),
                names: DEFAULT_VARIABLES.join(" and "),
            })
        };
        let mut named_default = None;
        for named in &request.indexes.named {
            let name = named.name.as_deref();
            let login = name.and_then(|name| indexes::login_of(name, &*request.run.variable));
            let login = login.or_else(|| of_default().filter(|_| named.is_default));
            let url = index(&given(&named.url), login)?;
            let shown = name.map_or_else(|| url.to_string(), str::to_owned);
            note_index(&mut settings, &url, &shown, named);
            if named.is_default {
                named_default = Some(url.clone());
            } else if named.packages.is_empty() {
                settings.indexes.push(url.clone());
            }
            if !named.packages.is_empty() {
                settings.owners.push(Owner {
                    name: shown,
                    index: url,
                    packages: named.packages.clone(),
                });
            }
        }
        for text in &request.indexes.extra {
            settings.indexes.push(index(&given(text), None)?);
        }
        for written in &inputs.options.extra_index_urls {
            settings.indexes.push(index(&written.value, None)?);
        }
        let default = match (
            &request.indexes.default,
            named_default,
            &inputs.options.index_url,
        ) {
            (Some(text), _, _) => index(&given(text), of_default())?,
            (None, Some(named), _) => named,
            (None, None, Some(written)) => index(&written.value, of_default())?,
            (None, None, None) => index(PYPI_SIMPLE, of_default())?,
        };
        settings.indexes.push(default);
        let mut seen = FxHashSet::default();
        settings.indexes.retain(|index| seen.insert(index.clone()));
    }
    let given: Vec<String> = request
        .indexes
        .find_links
        .iter()
        .chain(&request.indexes.unwritten_find_links)
        .map(|text| given(text))
        .collect();
    settings.trusted_find_links = given.len();
    for text in given.iter().map(String::as_str).chain(
        inputs
            .options
            .find_links
            .iter()
            .map(|written| written.value.as_str()),
    ) {
        settings.find_links.push(if text.contains("://") {
            let mut url = parse_location(text, &request.run.current_directory)?;
            http.credentials.take_from(&mut url);
            FindLinks::Page(url)
        } else {
            FindLinks::Path(request.run.view.path(&local_path(text)))
        });
    }
    Ok((http, settings))
}

/// Notes what is said of an index beside where it is and what it owns.
fn note_index(settings: &mut IndexSettings, url: &IndexUrl, shown: &str, named: &NamedIndex) {
    if let Some(name) = &named.name {
        settings.names.insert(url.clone(), name.clone());
    }
    if let Some(cutoff) = named.exclude_newer {
        let entry = (shown.to_owned(), cutoff);
        settings.cutoffs.insert(url.clone(), entry);
    }
    if !named.ignored_statuses.is_empty() {
        let ignored = named.ignored_statuses.clone();
        settings.ignored_statuses.insert(url.clone(), ignored);
    }
}

/// Connects ahead to the indexes that the command line names, which no input can change.
///
/// PyPI, if it says nothing, only if it is plain that no input does. Else it is left to
/// [`connect_ahead`], after the inputs were read: it is nobody's business that somebody
/// else's index is used.
pub(in crate::ops) fn connect_to_named(request: &Compile, client: &http::Client) {
    if request.indexes.no_index {
        return;
    }
    let others = request.indexes.named.iter().filter(|one| !one.is_default);
    let others = others.filter(|one| one.packages.is_empty());
    let default = request.indexes.default.as_ref().or_else(|| {
        let mut named = request.indexes.named.iter().filter(|one| one.is_default);
        named.next_back().map(|one| &one.url)
    });
    let pypi = PYPI_SIMPLE.to_owned();
    let unnamed = (default.is_none() && are_silent(request)).then_some(&pypi);
    let urls = others
        .map(|one| &one.url)
        .chain(&request.indexes.extra)
        .chain(default)
        .chain(unnamed);
    for text in urls {
        // What is wrong with one is told when all of them are settled.
        let text = expanded(text, &|name| request.run.variable(name));
        if let Ok(url) = parse_location(&text, &request.run.current_directory) {
            connect_to(&url, client);
        }
    }
}

/// Connects ahead to the indexes that are asked for any project.
pub(in crate::ops) fn connect_ahead(settings: &IndexSettings, client: &http::Client) {
    for index in &settings.indexes {
        connect_to(index.url(), client);
    }
}

/// Connects to an index, and to the other server that PyPI has its files on.
fn connect_to(index: &Url, client: &http::Client) {
    client.connect_ahead(index);
    let is_pypi = index.as_str().trim_end_matches('/') == PYPI_SIMPLE.trim_end_matches('/');
    if let (true, Ok(files)) = (is_pypi, Url::parse(PYPI_FILES)) {
        client.connect_ahead(&files);
    }
}

/// An index is a URL; a path to a folder is taken as well.
fn parse_location(text: &str, current_directory: &str) -> Result<Url, Error> {
    let failed = |why: String| Error::Usage {
        message: format!(
            "`{}` is not the URL of an index: {why}",
            without_login(text)
        ),
        help: Some("write it with its scheme: `https://host/simple/`".to_owned()),
    };
    if !text.contains("://") {
        let path = Path::new(current_directory).join(local_path(text));
        if path.is_dir() {
            return Url::from_directory_path(path).map_err(|()| failed("not a path".to_owned()));
        }
    }
    if let Some(variable) = unset_variable(text) {
        return Err(Error::Usage {
            message: format!(
                "`{}` needs the environment variable {variable}, which is not set",
                without_login(text)
            ),
            help: Some(format!("set {variable} and run again")),
        });
    }
    let url = Url::parse(text).map_err(|error| failed(error.to_string()))?;
    match url.scheme() {
        "http" | "https" | "file" => Ok(url),
        other => Err(failed(format!("the scheme `{other}` is not supported"))),
    }
}

/// Returns an option's value with each `${VAR}` that is set replaced, as in a
/// requirements file: so that a secret need not be written out on the command line, and
/// the lock has the name of the variable.
fn expanded(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(name) = unset_variable(rest) {
        let reference = format!("${{{name}}}");
        let Some((before, behind)) = rest.split_once(&reference) else {
            break;
        };
        result.push_str(before);
        match variable(name).filter(|value| !value.is_empty()) {
            Some(value) => result.push_str(&value),
            None => result.push_str(&reference),
        }
        rest = behind;
    }
    result + rest
}

/// Returns the first `${VAR}` that is left in a text after all that are set were
/// replaced.
fn unset_variable(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("${")?;
    let (name, rest) = rest.split_once('}')?;
    let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    if !name.is_empty() && name.bytes().all(is_name) {
        return Some(name);
    }
    unset_variable(rest)
}

/// Returns the option lines, and says what of them is not written although it is needed.
pub(in crate::ops) fn public_option_lines(
    request: &Compile,
    inputs: &Inputs,
    reporter: &dyn Reporter,
) -> OptionLines {
    let lines = option_lines(request, inputs);
    let emitted = request.output.style.options;
    let indexes = lines.index_url.iter().chain(&lines.extra_index_urls);
    let indexes = indexes.filter(|_| emitted.indexes);
    let locations = lines.find_links.iter().filter(|_| emitted.find_links);
    for url in indexes.chain(locations).filter(|url| has_query_secret(url)) {
        reporter.event(Event::Warning(format!(
            "the secret in the query of `{}` is not written to the lock file; write it as `${{VARIABLE}}`, \
             which pip expands, too",
            without_password(url)
        )));
    }
    lines
}

fn option_lines(request: &Compile, inputs: &Inputs) -> OptionLines {
    let named = |is_default: bool| {
        let named = request.indexes.named.iter();
        named
            .filter(move |named| named.is_default == is_default)
            .map(|named| named.url.clone())
    };
    let index_url = request
        .indexes
        .default
        .clone()
        .or_else(|| named(true).next_back())
        .or_else(|| {
            inputs
                .options
                .index_url
                .as_ref()
                .map(|written| written.as_written.clone())
        })
        .filter(|url| url.trim_end_matches('/') != PYPI_SIMPLE.trim_end_matches('/'));
    let mut lines = OptionLines {
        index_url,
        extra_index_urls: named(false)
            .chain(request.indexes.extra.iter().cloned())
            .collect(),
        find_links: request.indexes.find_links.clone(),
        trusted_hosts: request.run.http.trusted_hosts.clone(),
        no_binary: request.output.no_binary.clone(),
        only_binary: request.output.only_binary.clone(),
    };
    let options = &inputs.options;
    let written = |list: &[crate::requirements::Written]| -> Vec<String> {
        list.iter()
            .map(|written| written.as_written.clone())
            .collect()
    };
    lines
        .extra_index_urls
        .extend(written(&options.extra_index_urls));
    let of_files = options.find_links.iter();
    lines
        .find_links
        .extend(of_files.map(|written| seen_from_lock(written, request)));
    lines
        .trusted_hosts
        .extend(options.trusted_hosts.iter().cloned());
    lines.no_binary.extend(options.no_binary.iter().cloned());
    lines
        .only_binary
        .extend(options.only_binary.iter().cloned());
    lines
}

/// Returns links of an input as the lock has to write them: pip takes a path for one that
/// starts where the file is. It stays as written if it leads to the same place from there.
fn seen_from_lock(links: &Written, request: &Compile) -> String {
    if links.value.contains("://") || links.value.starts_with('/') {
        return links.as_written.clone();
    }
    let here = format!("{}/", request.run.current_directory);
    let output = request.output.path.as_deref().map(Path::to_string_lossy);
    let lock = location::join(&here, output.as_deref().unwrap_or_default());
    let lock = match &output {
        Some(_) => lock,
        None => format!("{lock}/"),
    };
    let meant = location::join(&here, &links.value);
    if location::join(&lock, &links.as_written) == meant {
        return links.as_written.clone();
    }
    let folder = lock.rfind('/').map_or("/", |end| &lock[..end]);
    location::displayed(&meant, folder)
}
