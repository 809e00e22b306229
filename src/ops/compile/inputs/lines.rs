//! What the lines of requirements files and the entries of tables ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::ops::compile::direct::source::{DirectReference, InvalidSource, WrittenSource};
use crate::ops::compile::inputs::kind::{Role, is_remote};
use crate::ops::compile::inputs::reader::{OpenFile, Reader, local_in_remote};
use crate::python::{ExtraName, Marker, ProjectName, Requirement, RequirementSource};
use crate::requirements::{Item, ItemKind, Selector, UnresolvedRequirement, Written, location};
use crate::resolve::{Constraint, RootRequirement};
use crate::text::{Problem, Span, without_password};

/// What a line of a requirements file asks for.
struct RequirementLine {
    requirement: UnresolvedRequirement,
    /// The URL or path with its variables unexpanded, if there is one.
    as_written: Option<String>,
    hashes: BTreeSet<String>,
    is_editable: bool,
    comments: Vec<String>,
}

/// A requirement on a place that has not been looked at.
struct UnresolvedReference {
    name: Option<ProjectName>,
    extras: Vec<ExtraName>,
    marker: Option<Marker>,
    value: String,
    as_written: String,
    hashes: BTreeSet<String>,
    is_editable: bool,
}

/// Who asks for something.
pub(super) struct Asker {
    pub(super) role: Role,
    /// `file:line`
    pub(super) location: String,
    /// For annotations.
    pub(super) origin: String,
    /// Where relative paths start.
    pub(super) base: String,
    /// Whether it came over the network.
    pub(super) is_remote: bool,
    /// What is said beside it.
    pub(super) comments: Vec<String>,
}

impl Reader<'_> {
    /// Takes a line of a requirements file that is no include.
    pub(super) fn item(&mut self, item: Item, file: &mut OpenFile<'_>) {
        let span = item.span;
        let mut unsupported = |message: &str, help: &str| {
            file.warnings.push(Problem {
                span,
                message: message.to_owned(),
                help: Some(help.to_owned()),
            });
        };
        let options = &mut self.inputs.options;
        if let ItemKind::IndexUrl(written)
        | ItemKind::ExtraIndexUrl(written)
        | ItemKind::FindLinks(written) = &item.kind
            && is_remote(file.source)
            && !is_remote(&written.value)
        {
            let (message, help) = local_in_remote(&written.as_written);
            file.problems
                .push(Problem::new(span, message).with_help(help));
            return;
        }
        match item.kind {
            ItemKind::Requirement(line) => {
                let line = RequirementLine {
                    comments: line.comments(),
                    as_written: line.location_as_written().map(str::to_owned),
                    requirement: line.requirement,
                    hashes: line.hashes.into_iter().collect(),
                    is_editable: false,
                };
                self.line(line, span, file);
            }
            ItemKind::Editable(line) => {
                let line = RequirementLine {
                    comments: line.comments(),
                    as_written: line.location_as_written().map(str::to_owned),
                    requirement: line.requirement,
                    hashes: BTreeSet::new(),
                    is_editable: true,
                };
                self.line(line, span, file);
            }
            ItemKind::IndexUrl(url) => options.index_url = Some(url),
            ItemKind::ExtraIndexUrl(url) => options.extra_index_urls.push(url),
            ItemKind::FindLinks(written) => {
                let found = find_links(file.source, &written);
                options.find_links.push(found);
            }
            ItemKind::NoIndex => options.no_index = true,
            ItemKind::Pre => options.pre = true,
            ItemKind::NoBinary(selectors) => {
                options.binary.answer_no(&selectors);
                options
                    .no_binary
                    .extend(selectors.iter().map(selector_text));
            }
            ItemKind::OnlyBinary(selectors) => {
                options.binary.answer_yes(&selectors);
                options
                    .only_binary
                    .extend(selectors.iter().map(selector_text));
            }
            ItemKind::TrustedHost(host) => options.trusted_hosts.push(host),
            // Included files are read already, wheels are preferred anyway, and hashes
            // are written anyway.
            ItemKind::Include(_)
            | ItemKind::Constraint(_)
            | ItemKind::PreferBinary
            | ItemKind::RequireHashes(_) => {}
            ItemKind::AllReleases(_) | ItemKind::OnlyFinal(_) => unsupported(
                "this option has no effect here",
                "use `--pre` or `--prerelease`, which apply to all projects",
            ),
            ItemKind::UseFeature(_) => unsupported(
                "`--use-feature` is for pip and has no effect here",
                "remove it, or keep it for pip",
            ),
        }
    }

    /// Takes what a line of a requirements file requires.
    fn line(&mut self, line: RequirementLine, span: Span, file: &mut OpenFile<'_>) {
        let from = Asker {
            role: file.role,
            location: file.location(span),
            origin: file.origin(),
            base: self.reading.current_directory.to_owned(),
            is_remote: file.is_remote(),
            comments: line.comments,
        };
        let result = match line.requirement {
            UnresolvedRequirement::Named(requirement) => match requirement.source {
                RequirementSource::Specifiers(_) => {
                    self.by_specifiers(requirement, line.hashes, from);
                    Ok(())
                }
                RequirementSource::Url(url) => self.by_place(
                    UnresolvedReference {
                        name: Some(requirement.name),
                        extras: requirement.extras,
                        marker: requirement.marker,
                        as_written: line.as_written.unwrap_or_else(|| url.clone()),
                        value: url,
                        hashes: line.hashes,
                        is_editable: line.is_editable,
                    },
                    from,
                ),
            },
            UnresolvedRequirement::Unnamed(unnamed) => self.by_place(
                UnresolvedReference {
                    name: unnamed.name,
                    extras: unnamed.extras,
                    marker: unnamed.marker,
                    as_written: line
                        .as_written
                        .unwrap_or_else(|| unnamed.url_or_path.clone()),
                    value: unnamed.url_or_path,
                    hashes: line.hashes,
                    is_editable: line.is_editable,
                },
                from,
            ),
        };
        if let Err(InvalidSource { message, help }) = result {
            file.problems.push(Problem {
                span,
                message,
                help,
            });
        }
    }

    /// Takes a requirement that a table lists.
    pub(super) fn listed(
        &mut self,
        requirement: Requirement,
        from: Asker,
        span: Span,
        file: &mut OpenFile<'_>,
    ) {
        let RequirementSource::Url(url) = requirement.source else {
            return self.by_specifiers(requirement, BTreeSet::new(), from);
        };
        let reference = UnresolvedReference {
            name: Some(requirement.name),
            extras: requirement.extras,
            marker: requirement.marker,
            as_written: self.seen_from_here(&url, &from.base),
            value: url,
            hashes: BTreeSet::new(),
            is_editable: false,
        };
        if let Err(InvalidSource { message, help }) = self.by_place(reference, from) {
            file.problems.push(Problem {
                span,
                message,
                help,
            });
        }
    }

    /// Returns a URL as it has to be written where pinfold is run: pip takes the path of
    /// a relative `file:` URL from there, tables mean their own folder.
    fn seen_from_here(&self, url: &str, base: &str) -> String {
        let here = self.reading.current_directory;
        match url.strip_prefix("file:") {
            Some(path) if !path.starts_with('/') && base != here => {
                let path = location::join(&format!("{base}/"), path);
                format!("file:{}", location::displayed(&path, here))
            }
            _ => url.to_owned(),
        }
    }

    /// Takes a place that a lock names, and whether it is editable.
    pub(super) fn by_locked_place(
        &mut self,
        name: Option<ProjectName>,
        marker: Option<Marker>,
        (place, is_editable): (String, bool),
        hashes: BTreeSet<String>,
        from: Asker,
    ) -> Result<(), InvalidSource> {
        let reference = UnresolvedReference {
            name,
            extras: Vec::new(),
            marker,
            as_written: place.clone(),
            value: place,
            hashes,
            is_editable,
        };
        self.by_place(reference, from)
    }

    pub(super) fn by_specifiers(
        &mut self,
        requirement: Requirement,
        hashes: BTreeSet<String>,
        from: Asker,
    ) {
        let Asker {
            role,
            location,
            origin,
            comments,
            ..
        } = from;
        if !self.applies(requirement.marker.as_ref()) {
            match role {
                Role::Requirements => self.inputs.unmet.push(RootRequirement {
                    requirement,
                    location,
                    origin,
                }),
                Role::Overrides => self.inputs.dropped.push(requirement.name),
                Role::Constraints => {}
            }
            return;
        }
        let RequirementSource::Specifiers(specifiers) = &requirement.source else {
            return;
        };
        match role {
            Role::Constraints => {
                let origins = &mut self.inputs.constraint_origins;
                origins.push((requirement.name.clone(), origin));
                self.inputs.constraints.push(Constraint {
                    marker: requirement.marker.clone(),
                    name: requirement.name,
                    specifiers: specifiers.clone(),
                    location,
                });
                return;
            }
            Role::Requirements => {
                let said = &mut self.inputs.comments;
                add_comments(said, &requirement.name, &comments);
                if specifiers.arbitrary().next().is_some() {
                    self.inputs.arbitrary.insert(requirement.name.clone());
                }
                if !hashes.is_empty() {
                    let known = &mut self.inputs.hashes;
                    let entry = known
                        .entry(requirement.name.clone())
                        .or_insert_with(|| (BTreeSet::new(), location.clone()));
                    entry.0.extend(hashes);
                }
            }
            Role::Overrides => {}
        }
        let list = if role == Role::Overrides {
            &mut self.inputs.overrides
        } else {
            &mut self.inputs.roots
        };
        list.push(RootRequirement {
            requirement,
            location,
            origin,
        });
    }

    fn by_place(
        &mut self,
        reference: UnresolvedReference,
        from: Asker,
    ) -> Result<(), InvalidSource> {
        let is_override = from.role == Role::Overrides;
        if !self.applies(reference.marker.as_ref()) {
            if let Some(name) = reference.name
                && is_override
            {
                self.inputs.dropped.push(name);
            }
            return Ok(());
        }
        let source = WrittenSource {
            value: &reference.value,
            as_written: &reference.as_written,
            base: &from.base,
            is_editable: reference.is_editable,
        };
        if from.is_remote && source.is_local() {
            let (message, help) = local_in_remote(&reference.as_written);
            return Err(InvalidSource {
                message,
                help: Some(help.to_owned()),
            });
        }
        let source = source.find()?;
        let mut comments = Vec::new();
        match (&reference.name, from.role) {
            (Some(name), Role::Requirements) => {
                add_comments(&mut self.inputs.comments, name, &from.comments);
            }
            (None, Role::Requirements) => comments = without_passwords(&from.comments),
            _ => {}
        }
        let reference = DirectReference {
            comments,
            name: reference.name,
            // Those of a constraint have no effect.
            extras: match from.role {
                Role::Constraints => Vec::new(),
                Role::Requirements | Role::Overrides => reference.extras,
            },
            marker: reference.marker,
            source,
            is_editable: reference.is_editable,
            as_written: reference.as_written,
            is_override,
            hashes: reference.hashes,
            location: from.location,
            origin: from.origin,
        };
        if from.role == Role::Constraints {
            if let Some(name) = &reference.name {
                let origins = &mut self.inputs.constraint_origins;
                origins.push((name.clone(), reference.origin.clone()));
            }
            self.inputs.direct_constraints.push(reference);
        } else {
            self.inputs.direct.push(reference);
        }
        Ok(())
    }

    /// Whether a marker holds for the target.
    pub(super) fn applies(&mut self, marker: Option<&Marker>) -> bool {
        let Some(marker) = marker else {
            return true;
        };
        if Marker::may_ask_for_patch(marker.as_written()) {
            self.inputs.patch_markers.push(marker.clone());
        }
        self.reading.is_for_range || marker.evaluate(self.reading.environment, None)
    }
}

/// Adds what is said of a project, each comment once.
fn add_comments(
    said: &mut BTreeMap<ProjectName, Vec<String>>,
    name: &ProjectName,
    comments: &[String],
) {
    if comments.is_empty() {
        return;
    }
    let known = said.entry(name.clone()).or_default();
    for comment in without_passwords(comments) {
        if !known.contains(&comment) {
            known.push(comment);
        }
    }
}

fn without_passwords(comments: &[String]) -> Vec<String> {
    comments
        .iter()
        .map(|comment| without_password(comment))
        .collect()
}

/// A path in a file is relative to that file if there is such a path.
fn find_links(source: &str, written: &Written) -> Written {
    if written.value.contains("://") || source == "-" {
        return written.clone();
    }
    let beside = location::join(source, &written.value);
    if Path::new(&beside).exists() {
        return Written {
            as_written: written.as_written.clone(),
            value: beside,
        };
    }
    written.clone()
}

fn selector_text(selector: &Selector) -> String {
    match selector {
        Selector::All => ":all:".to_owned(),
        Selector::None => ":none:".to_owned(),
        Selector::Project(name) => name.to_string(),
    }
}
