//! Reading what projects require: their project files, dependency groups of these, and
//! scripts.

use std::path::Path;

use crate::files;
use crate::ops::compile::direct::source::ProjectTree;
use crate::ops::compile::inputs::kind::{Kind, Role, is_remote, local_path};
use crate::ops::compile::inputs::lines::Asker;
use crate::ops::compile::inputs::reader::{OpenFile, ReadProject, Reader};
use crate::ops::error::Error;
use crate::python::{ExtraName, Requirement, RequirementSource};
use crate::requirements::{
    GroupRequest, Groups, Project, Script, Statement, comments_beside, location,
};
use crate::text::{Problem, Span};

impl Reader<'_> {
    /// Takes a pyproject.toml.
    pub(super) fn project(&mut self, mut file: OpenFile<'_>) -> Result<(), Error> {
        let OpenFile {
            text, source, name, ..
        } = file;
        let project = Project::parse(text);
        file.problems.clone_from(&project.problems);
        file.warnings.clone_from(&project.warnings);
        if !file.problems.is_empty() {
            self.inputs.has_project = true;
            self.note(file);
            return Ok(());
        }
        let is_absent = matches!(
            project.statement,
            Statement::Nothing | Statement::PoetryAlone
        );
        // setuptools reads these when a pyproject.toml names no other build system.
        let has_setup = || {
            let folder = self.folder_of(source);
            ["setup.py", "setup.cfg"].iter().any(|file| {
                let path = Path::new(&folder).join(file);
                self.reading.view.path(&path).is_file()
            })
        };
        if is_absent && !(is_here(source) && has_setup()) {
            // Its groups are all that is wanted of it.
            if !self.is_file_of_groups(source) {
                self.inputs.has_project = true;
                file.problems.push(absence(&project, text));
            }
            self.note(file);
            return Ok(());
        }
        if let Some((specifiers, _)) = &project.requires_python {
            let known = &mut self.inputs.requires_python;
            known.push((name.to_owned(), specifiers.clone()));
        }
        let with_extras = self.reading.all_extras || !self.reading.extras.is_empty();
        if is_absent || project.needs_build(with_extras) {
            self.note(file);
            return self.tree(source, name.to_owned());
        }
        self.inputs.has_project = true;
        // Another project may have the extras that this one lacks.
        let extras: Vec<ExtraName> = self
            .reading
            .extras
            .iter()
            .filter(|extra| project.optional.contains_key(*extra))
            .cloned()
            .collect();
        match project.select(&extras, self.reading.all_extras) {
            Ok(selected) => {
                let origin = format!("{} ({name})", project.name);
                let listed = selected.into_iter().map(|one| (one.requirement, one.span));
                self.all_listed(listed, &origin, &mut file);
            }
            Err(error) => file.problems.push(Problem {
                span: Span::default(),
                message: error.to_string(),
                help: error.help(),
            }),
        }
        self.note(file);
        self.projects.push(ReadProject {
            name: name.to_owned(),
            text: text.to_owned(),
            project,
        });
        Ok(())
    }

    /// Takes a project that only a build tells about.
    pub(super) fn tree(&mut self, source: &str, file: String) -> Result<(), Error> {
        self.inputs.has_project = true;
        let extras = self.reading.extras.to_vec();
        self.tree_with(source, file, extras, self.reading.all_extras)
    }

    fn tree_with(
        &mut self,
        source: &str,
        file: String,
        extras: Vec<ExtraName>,
        all_extras: bool,
    ) -> Result<(), Error> {
        if !is_here(source) {
            return Err(Error::Usage {
                message: format!(
                    "reading the requirements of `{file}` requires a build, and the rest of the project is not on this machine"
                ),
                help: Some(
                    "require the project instead: `name @ git+https://…`, or with the URL of an archive"
                        .to_owned(),
                ),
            });
        }
        let folder = self.folder_of(source).into();
        let trees = &mut self.inputs.trees;
        // `setup.py` and `setup.cfg` of a folder are one project.
        let known = trees
            .iter_mut()
            .find(|tree: &&mut ProjectTree| tree.folder == folder);
        if let Some(known) = known {
            let more = extras
                .into_iter()
                .filter(|extra| !known.extras.contains(extra))
                .collect::<Vec<_>>();
            known.extras.extend(more);
            known.all_extras |= all_extras;
        } else {
            trees.push(ProjectTree {
                folder,
                file,
                extras,
                all_extras,
            });
        }
        Ok(())
    }

    /// Takes a script with a block of metadata.
    pub(super) fn script(&mut self, mut file: OpenFile<'_>) {
        let script = Script::parse(file.text);
        file.problems = script.problems;
        let origin = format!("({})", file.name);
        self.all_listed(script.dependencies, &origin, &mut file);
        if let Some((specifiers, _)) = script.requires_python {
            let known = &mut self.inputs.requires_python;
            known.push((file.name.to_owned(), specifiers));
        }
        self.note(file);
    }

    /// Reads the groups that are asked for, each file once.
    pub(super) async fn read_groups(&mut self) -> Result<(), Error> {
        let mut done: Vec<String> = Vec::new();
        for request in self.groups {
            let file = group_file(request);
            if done.contains(&file) {
                continue;
            }
            let bytes = match self.bytes(&file).await {
                Err(Error::File(error)) if error.cause == files::Cause::Missing => {
                    return Err(Error::Usage {
                        message: format!(
                            "cannot read the group `{}`: `{file}` does not exist",
                            request.name
                        ),
                        help: Some(
                            "write the path before the group: `--group path/to/pyproject.toml:NAME`"
                                .to_owned(),
                        ),
                    });
                }
                read => read?,
            };
            let name = location::displayed(&file, self.reading.current_directory);
            if let Some(text) = self.decoded(&bytes, &name) {
                self.groups_of(OpenFile::new(&text, &file, &name, Role::Requirements))?;
            }
            done.push(file);
        }
        Ok(())
    }

    /// Takes the groups that are asked of a file.
    fn groups_of(&mut self, mut file: OpenFile<'_>) -> Result<(), Error> {
        let OpenFile {
            text, source, name, ..
        } = file;
        let groups = Groups::parse(text);
        file.problems.clone_from(&groups.problems);
        let mut wanted: Vec<&GroupRequest> = Vec::new();
        for request in self.groups {
            if file.problems.is_empty()
                && group_file(request) == source
                && !wanted.iter().any(|one| one.name == request.name)
            {
                wanted.push(request);
            }
        }
        for request in wanted {
            let selected = match groups.select(&request.name) {
                Ok(selected) => selected,
                Err(more) => {
                    file.problems.extend(more);
                    continue;
                }
            };
            let origin = match &groups.project {
                Some(project) => format!("{project} ({name}:{})", request.name),
                None => format!("({name}:{})", request.name),
            };
            let mut listed = Vec::new();
            for one in selected {
                let is_project = groups
                    .project
                    .as_ref()
                    .and_then(|project| project.parse().ok())
                    .is_some_and(|project| one.requirement.name == project);
                let is_by_name = matches!(one.requirement.source, RequirementSource::Specifiers(_));
                if !is_project || !is_by_name {
                    listed.push((one.requirement, one.span));
                    continue;
                }
                // An index may have something else of that name.
                if !self.applies(one.requirement.marker.as_ref()) {
                    continue;
                }
                let project = Project::parse(text);
                if let Some(problem) = project.problems.first() {
                    file.problems.push(problem.clone());
                } else if project.needs_build(!one.requirement.extras.is_empty()) {
                    let extras = one.requirement.extras;
                    self.tree_with(source, name.to_owned(), extras, false)?;
                } else {
                    match project.select_reference(&one.requirement) {
                        Ok(selected) => listed
                            .extend(selected.into_iter().map(|one| (one.requirement, one.span))),
                        Err(error) => file.problems.push(Problem {
                            span: one.span,
                            message: error.to_string(),
                            help: error.help(),
                        }),
                    }
                }
            }
            self.all_listed(listed, &origin, &mut file);
        }
        // Two groups may include a third.
        let mut seen: Vec<Problem> = Vec::new();
        file.problems.retain(|problem| {
            let is_new = !seen.contains(problem);
            if is_new {
                seen.push(problem.clone());
            }
            is_new
        });
        self.note(file);
        Ok(())
    }

    fn all_listed(
        &mut self,
        listed: impl IntoIterator<Item = (Requirement, Span)>,
        origin: &str,
        file: &mut OpenFile<'_>,
    ) {
        let folder = self.folder_of(file.source);
        let prefix = match Kind::of(file.source) {
            Kind::Script => "# ",
            _ => "",
        };
        for (requirement, span) in listed {
            let asker = Asker {
                role: Role::Requirements,
                location: file.location(span),
                origin: origin.to_owned(),
                base: folder.clone(),
                is_remote: is_remote(file.source),
                comments: comments_beside(file.text, span, prefix),
            };
            self.listed(requirement, asker, span, file);
        }
    }

    /// Notes extras that none of the projects has.
    pub(super) fn check_extras(&mut self) {
        // What a build tells is not known yet.
        if !self.problems.is_empty() || !self.inputs.trees.is_empty() {
            return;
        }
        let projects = std::mem::take(&mut self.projects);
        let unknown: Vec<&ExtraName> = self
            .reading
            .extras
            .iter()
            .filter(|extra| {
                !projects
                    .iter()
                    .any(|read| read.project.optional.contains_key(*extra))
            })
            .collect();
        for read in &projects {
            let problems = unknown
                .iter()
                .map(|extra| {
                    let error = read.project.unknown_extra(extra);
                    Problem {
                        span: Span::default(),
                        message: error.to_string(),
                        help: error.help(),
                    }
                })
                .collect();
            self.note(OpenFile {
                problems,
                ..OpenFile::new(&read.text, &read.name, &read.name, Role::Requirements)
            });
        }
    }

    /// Whether groups of a file are asked for.
    fn is_file_of_groups(&self, source: &str) -> bool {
        let whole = |source: &str| {
            let here = self.reading.current_directory;
            location::join(&format!("{here}/"), source)
        };
        self.groups
            .iter()
            .any(|request| whole(&group_file(request)) == whole(source))
    }

    /// Returns the absolute folder of a file; the current directory for what has none.
    fn folder_of(&self, source: &str) -> String {
        let here = self.reading.current_directory;
        if !is_here(source) {
            return here.to_owned();
        }
        let path = Path::new(here).join(local_path(source));
        let folder = path.parent().unwrap_or(&path);
        location::normalise(&folder.to_string_lossy())
    }
}

fn is_here(source: &str) -> bool {
    !is_remote(source) && source != "-"
}

/// Returns the file that has a group, in normal form.
fn group_file(request: &GroupRequest) -> String {
    match request.path.as_deref() {
        Some(path) if is_remote(path) => path.to_owned(),
        Some(path) => location::normalise(path),
        None => "pyproject.toml".to_owned(),
    }
}

/// Says that a pyproject.toml requires nothing, and which groups it has.
fn absence(project: &Project, text: &str) -> Problem {
    let problem = project.absence();
    let names: Vec<String> = Groups::parse(text)
        .names()
        .map(|name| format!("--group {name}"))
        .collect();
    match &names[..] {
        [] => problem,
        names => problem.with_help(format!(
            "to lock its dependency groups, use `{}`",
            names.join("`, `")
        )),
    }
}
