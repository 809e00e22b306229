//! Reading what projects require: their project files, dependency groups of these, and
//! scripts.

use std::path::Path;

use crate::files;
use crate::ops::compile::direct::location::ProjectTree;
use crate::ops::compile::inputs::{Asker, Kind, Reader, Role, is_remote, local_path, place};
use crate::ops::error::Error;
use crate::python::{ExtraName, Requirement, RequirementSource};
use crate::requirements::{
    GroupRequest, Groups, Project, Script, Statement, comments_beside, location,
};
use crate::text::{Problem, Span};

/// A project file that stated what it requires.
pub(in crate::ops) struct ReadProject {
    name: String,
    text: String,
    project: Project,
}

impl Reader<'_> {
    /// Takes a pyproject.toml.
    pub(in crate::ops) fn project(
        &mut self,
        text: &str,
        location: &str,
        name: &str,
    ) -> Result<(), Error> {
        let project = Project::parse(text);
        let mut problems = project.problems.clone();
        let warnings = project.warnings.clone();
        if !problems.is_empty() {
            self.inputs.has_project = true;
            self.note(name, text, problems, warnings);
            return Ok(());
        }
        let is_absent = matches!(
            project.statement,
            Statement::Nothing | Statement::PoetryAlone
        );
        // setuptools reads these when a pyproject.toml names no other build system.
        let has_setup = || {
            let folder = self.folder_of(location);
            ["setup.py", "setup.cfg"].iter().any(|file| {
                let path = Path::new(&folder).join(file);
                self.reading.view.path(&path).is_file()
            })
        };
        if is_absent && !(is_here(location) && has_setup()) {
            // Its groups are all that is wanted of it.
            if !self.is_file_of_groups(location) {
                self.inputs.has_project = true;
                problems.push(absence(&project, text));
            }
            self.note(name, text, problems, warnings);
            return Ok(());
        }
        if let Some((specifiers, _)) = &project.requires_python {
            let known = &mut self.inputs.requires_python;
            known.push((name.to_owned(), specifiers.clone()));
        }
        let with_extras = self.reading.all_extras || !self.reading.extras.is_empty();
        if is_absent || project.needs_build(with_extras) {
            self.note(name, text, problems, warnings);
            return self.tree(location, name.to_owned());
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
                self.all_listed(listed, &origin, text, location, name, &mut problems);
            }
            Err(error) => problems.push(Problem {
                span: Span::default(),
                message: error.to_string(),
                help: error.help(),
            }),
        }
        self.note(name, text, problems, warnings);
        self.projects.push(ReadProject {
            name: name.to_owned(),
            text: text.to_owned(),
            project,
        });
        Ok(())
    }

    /// Takes a project that only a build tells about.
    pub(in crate::ops) fn tree(&mut self, location: &str, file: String) -> Result<(), Error> {
        self.inputs.has_project = true;
        let extras = self.reading.extras.to_vec();
        self.tree_with(location, file, extras, self.reading.all_extras)
    }

    fn tree_with(
        &mut self,
        location: &str,
        file: String,
        extras: Vec<ExtraName>,
        all_extras: bool,
    ) -> Result<(), Error> {
        if !is_here(location) {
            return Err(Error::Usage {
                message: format!(
                    "`{file}` says what it requires only when it is built, and the rest of the project is not here"
                ),
                help: Some(
                    "name the project as a requirement: `name @ git+https://…`, or by the URL of an archive"
                        .to_owned(),
                ),
            });
        }
        let folder = self.folder_of(location).into();
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
    pub(in crate::ops) fn script(&mut self, text: &str, location: &str, name: &str) {
        let script = Script::parse(text);
        let mut problems = script.problems;
        let origin = format!("({name})");
        self.all_listed(
            script.dependencies,
            &origin,
            text,
            location,
            name,
            &mut problems,
        );
        if let Some((specifiers, _)) = script.requires_python {
            let known = &mut self.inputs.requires_python;
            known.push((name.to_owned(), specifiers));
        }
        self.note(name, text, problems, Vec::new());
    }

    /// Reads the groups that are asked for, each file once.
    pub(in crate::ops) async fn read_groups(&mut self) -> Result<(), Error> {
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
                            "the group `{}` is looked for in `{file}`, which does not exist",
                            request.name
                        ),
                        help: Some(
                            "name the file before the group: `--group folder/pyproject.toml:NAME`"
                                .to_owned(),
                        ),
                    });
                }
                read => read?,
            };
            let name = location::displayed(&file, self.reading.current_directory);
            if let Some(text) = self.decoded(&bytes, &name) {
                self.groups_of(&text, &file, &name)?;
            }
            done.push(file);
        }
        Ok(())
    }

    /// Takes the groups that are asked of a file.
    fn groups_of(&mut self, text: &str, file: &str, name: &str) -> Result<(), Error> {
        let groups = Groups::parse(text);
        let mut problems = groups.problems.clone();
        let mut wanted: Vec<&GroupRequest> = Vec::new();
        for request in self.groups {
            if problems.is_empty()
                && group_file(request) == file
                && !wanted.iter().any(|one| one.name == request.name)
            {
                wanted.push(request);
            }
        }
        for request in wanted {
            let selected = match groups.select(&request.name) {
                Ok(selected) => selected,
                Err(more) => {
                    problems.extend(more);
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
                    problems.push(problem.clone());
                } else if project.needs_build(!one.requirement.extras.is_empty()) {
                    let extras = one.requirement.extras;
                    self.tree_with(file, name.to_owned(), extras, false)?;
                } else {
                    match project.select_reference(&one.requirement) {
                        Ok(selected) => listed
                            .extend(selected.into_iter().map(|one| (one.requirement, one.span))),
                        Err(error) => problems.push(Problem {
                            span: one.span,
                            message: error.to_string(),
                            help: error.help(),
                        }),
                    }
                }
            }
            self.all_listed(listed, &origin, text, file, name, &mut problems);
        }
        // Two groups may include a third.
        let mut seen: Vec<Problem> = Vec::new();
        problems.retain(|problem| {
            let is_new = !seen.contains(problem);
            if is_new {
                seen.push(problem.clone());
            }
            is_new
        });
        self.note(name, text, problems, Vec::new());
        Ok(())
    }

    fn all_listed(
        &mut self,
        listed: impl IntoIterator<Item = (Requirement, Span)>,
        origin: &str,
        text: &str,
        location: &str,
        name: &str,
        problems: &mut Vec<Problem>,
    ) {
        let folder = self.folder_of(location);
        let prefix = match Kind::of(location) {
            Kind::Script => "# ",
            _ => "",
        };
        for (requirement, span) in listed {
            let asker = Asker {
                role: Role::Requirements,
                place: place(name, text, span),
                origin: origin.to_owned(),
                base: folder.clone(),
                comments: comments_beside(text, span, prefix),
            };
            self.listed(requirement, asker, span, problems);
        }
    }

    /// Notes extras that none of the projects has.
    pub(in crate::ops) fn check_extras(&mut self) {
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
            self.note(&read.name, &read.text, problems, Vec::new());
        }
    }

    /// Whether groups of a file are asked for.
    fn is_file_of_groups(&self, location: &str) -> bool {
        let whole = |location: &str| {
            let here = self.reading.current_directory;
            location::join(&format!("{here}/"), location)
        };
        self.groups
            .iter()
            .any(|request| whole(&group_file(request)) == whole(location))
    }

    /// Returns the absolute folder of a file; the current directory for what has none.
    fn folder_of(&self, location: &str) -> String {
        let here = self.reading.current_directory;
        if !is_here(location) {
            return here.to_owned();
        }
        let path = Path::new(here).join(local_path(location));
        let folder = path.parent().unwrap_or(&path);
        location::normalise(&folder.to_string_lossy())
    }
}

fn is_here(location: &str) -> bool {
    !is_remote(location) && location != "-"
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
            "to compile the groups of the file, name them: `{}`",
            names.join("`, `")
        )),
    }
}
