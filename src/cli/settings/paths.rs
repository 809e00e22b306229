//! What is compiled, and where the lock goes.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::args;
use crate::cli::failure::Failure;
use crate::cli::project::ProjectConfig;
use crate::cli::settings::outputs::Outputs;
use crate::files;
use crate::lock::Format;
use crate::ops::Source;

/// Where to look when no source is named, in this order, as pip-compile does.
const DEFAULT_SOURCES: [&str; 4] = ["requirements.in", "setup.py", "pyproject.toml", "setup.cfg"];

/// Returns what is compiled; nothing where groups are all there is.
pub(in crate::cli) fn source_names(args: &args::Compile) -> Result<Vec<String>, Failure> {
    if !args.sources.is_empty() || !args.groups.is_empty() {
        return Ok(args.sources.clone());
    }
    DEFAULT_SOURCES
        .into_iter()
        .find(|name| Path::new(name).is_file())
        .map(|name| vec![name.to_owned()])
        .ok_or_else(|| {
            Failure::usage(
                "nothing to compile: found no `requirements.in`, `setup.py`, `pyproject.toml`, or `setup.cfg`"
                    .to_owned(),
                Some("name the requirements: `pinfold compile path/to/requirements.in`".to_owned()),
            )
        })
}

pub(super) fn source(name: &str) -> Result<Source, Failure> {
    if name != "-" {
        return Ok(Source::Path(name.to_owned()));
    }
    Ok(Source::Stdin(standard_input()?))
}

/// Returns what standard input holds.
pub(in crate::cli) fn standard_input() -> Result<Vec<u8>, Failure> {
    let failed = |why: &str| Failure::usage(format!("cannot read standard input: {why}"), None);
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(files::MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error.to_string()))?;
    if bytes.len() as u64 > files::MOST_BYTES {
        let most = files::MOST_BYTES >> 20;
        return Err(failed(&format!("it is larger than {most} MiB")));
    }
    Ok(bytes)
}

/// Returns the output's path, named or derived from the sources; none for standard output.
pub(in crate::cli) fn output(
    outputs: &Outputs,
    sources: &[String],
) -> Result<Option<PathBuf>, Failure> {
    let path = match (outputs.lock.as_deref(), sources) {
        (Some("-"), _) => return Ok(None),
        (Some(path), _) => PathBuf::from(path),
        (None, [name]) if name == "-" => return Ok(None),
        (None, [name]) => derived_output(Path::new(name), outputs.format),
        // The requirements.txt beside the project is somebody else's.
        (None, []) => {
            return Err(Failure::usage(
                "dependency groups need an explicit output".to_owned(),
                Some("name it with `--output-file FILE` (`-` for standard output)".to_owned()),
            ));
        }
        (None, _) => {
            return Err(Failure::usage(
                "several inputs need an explicit output".to_owned(),
                Some("name it with `--output-file FILE` (`-` for standard output)".to_owned()),
            ));
        }
    };
    if let Some(name) = sources.iter().find(|name| is_same(Path::new(name), &path)) {
        return Err(Failure::usage(
            format!("`{name}` is both input and output"),
            Some("name another output with `--output-file FILE`".to_owned()),
        ));
    }
    if path.is_dir() {
        return Err(Failure::usage(
            format!("the output `{}` is a directory", path.display()),
            Some(format!(
                "name a file, such as `{}`",
                path.join("requirements.txt").display()
            )),
        ));
    }
    Ok(Some(path))
}

/// Checks that the output is none of the files that settings are read from.
pub(super) fn check_not_read(
    output: &Path,
    args: &args::Compile,
    project: &ProjectConfig,
) -> Result<(), Failure> {
    let network = &args.network;
    let configuration = Path::new(&project.name).file_name();
    let files = [
        configuration.map(|name| project.folder.join(name)),
        network.cert.clone(),
        network.client_cert.clone(),
    ];
    let mut files = files.into_iter().flatten();
    match files.find(|file| output.exists() && is_same(file, output)) {
        Some(_) => Err(Failure::usage(
            format!("`{}` is both input and output", output.display()),
            Some("name another output with `--output-file FILE`".to_owned()),
        )),
        None => Ok(()),
    }
}

/// Whether two paths lead to one file, however they are written.
fn is_same(one: &Path, other: &Path) -> bool {
    let both = || Some((one.canonicalize().ok()?, other.canonicalize().ok()?));
    one == other || both().is_some_and(|(one, other)| one == other)
}

fn derived_output(source: &Path, format: Format) -> PathBuf {
    if format == Format::Pylock {
        return derived_pylock(source);
    }
    match source.file_name().and_then(|name| name.to_str()) {
        Some("pyproject.toml" | "setup.py" | "setup.cfg") => {
            source.with_file_name("requirements.txt")
        }
        _ => source.with_extension("txt"),
    }
}

/// Returns `pylock.dev.toml` for `dev.in`, and `pylock.toml` for what has no name of its own.
fn derived_pylock(source: &Path) -> PathBuf {
    let stem = source.file_stem().and_then(|stem| stem.to_str());
    let name = match stem {
        None | Some("requirements" | "pyproject" | "setup") => "pylock.toml".to_owned(),
        Some(stem) => format!("pylock.{}.toml", stem.replace('.', "-")),
    };
    source.with_file_name(name)
}
