//! Lock files of other tools that a repository has: only these tools update them, and what
//! can be done instead is said.

use std::collections::BTreeSet;

use crate::lock::foreign::Kind;
use crate::text::shell_path;
use crate::update::Skipped;

/// Whether a file of this name is the lock of a tool that alone updates it.
pub(super) fn is_foreign_lock(name: &str) -> bool {
    Kind::of_name(name).is_some_and(|kind| kind.tool().is_some())
}

/// Returns what is said of such files; `has` knows which files there are.
pub(super) fn foreign_locks(
    paths: &BTreeSet<String>,
    has: &dyn Fn(&str) -> bool,
) -> impl Iterator<Item = Skipped> {
    paths.iter().filter_map(move |path| {
        let (folder, name) = match path.rsplit_once('/') {
            Some((folder, name)) => (format!("{folder}/"), name),
            None => (String::new(), path.as_str()),
        };
        let tool = Kind::of_name(name)?.tool()?;
        let sources = ["pyproject.toml", "requirements.in"];
        let source = sources
            .into_iter()
            .find(|name| has(&format!("{folder}{name}")));
        let source = format!("{folder}{}", source.unwrap_or("requirements.in"));
        let command = format!(
            "pinfold compile {} --preferences {} -o {}",
            shell_path(&source),
            shell_path(path),
            shell_path(&format!("{folder}pylock.toml"))
        );
        Some(Skipped {
            path: path.clone(),
            why: format!(
                "only {tool} updates it; `{command}` makes a lock file of its versions that is \
                 kept up to date here"
            ),
            is_lock: true,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_keeps_to_the_folder_of_the_lock() {
        let paths = BTreeSet::from(["a b/Pipfile.lock".to_owned(), "uv.lock".to_owned()]);
        let skipped: Vec<Skipped> =
            foreign_locks(&paths, &|path| path == "pyproject.toml").collect();
        assert_eq!(
            skipped[0].why,
            "only Pipenv updates it; `pinfold compile 'a b/requirements.in' --preferences \
             'a b/Pipfile.lock' -o 'a b/pylock.toml'` makes a lock file of its versions that is \
             kept up to date here"
        );
        assert!(
            skipped[1]
                .why
                .contains("pinfold compile pyproject.toml --preferences uv.lock")
        );
        assert!(is_foreign_lock("conda-lock.yml") && !is_foreign_lock("pylock.toml"));
    }
}
