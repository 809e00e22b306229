//! What project files require that say so only when they are built.

use crate::build::Kind;
use crate::index::CoreMetadata;
use crate::ops::compile::build::failure::Failure;
use crate::ops::compile::direct::DirectReader;
use crate::ops::compile::direct::source::ProjectTree;
use crate::ops::error::{Error, FailedBuild};
use crate::python::{ExtraName, ProjectName, Requirement, Specifiers};
use crate::resolve::RootRequirement;
use crate::text::without_password;

impl DirectReader<'_> {
    /// Returns what project files that have to be built require, and the Pythons that
    /// they are for.
    pub(in crate::ops) async fn projects(
        &self,
        trees: &[ProjectTree],
    ) -> Result<(Vec<RootRequirement>, Vec<(String, Specifiers)>), Error> {
        if let Some(tree) = trees.first()
            && self.is_build_forbidden
        {
            return Err(Error::Usage {
                message: format!(
                    "reading the requirements of `{}` requires a build, which `--no-build` forbids",
                    tree.file
                ),
                help: Some(
                    "list the dependencies in the `[project]` table of a `pyproject.toml`"
                        .to_owned(),
                ),
            });
        }
        let built = trees.iter().map(async |tree| {
            let metadata = self
                .builder
                .tree(&tree.folder, Kind::Wheel, &tree.file, None)
                .await;
            metadata.map_err(|failure| match failure {
                Failure::Build { why, output, help } => Error::FailedBuild(Box::new(FailedBuild {
                    location: tree.file.clone(),
                    what: tree.folder.display().to_string(),
                    why,
                    output,
                    help,
                })),
                Failure::Fetch(source) => Error::Build {
                    what: tree.file.clone(),
                    source,
                },
            })
        });
        let built = futures_util::future::try_join_all(built).await?;
        let mut roots = Vec::new();
        let mut pythons = Vec::new();
        for (tree, metadata) in trees.iter().zip(built) {
            if let Some(text) = &metadata.requires_python
                && let Ok(specifiers) = Specifiers::parse(text)
            {
                pythons.push((tree.file.clone(), specifiers));
            }
            roots.extend(self.selected(tree, &metadata)?);
        }
        Ok((roots, pythons))
    }

    /// Returns the requirements of a built project with the wanted extras.
    fn selected(
        &self,
        tree: &ProjectTree,
        metadata: &CoreMetadata,
    ) -> Result<Vec<RootRequirement>, Error> {
        let provided: Vec<ExtraName> = metadata
            .provides_extra
            .iter()
            .filter_map(|extra| extra.parse().ok())
            .collect();
        if let Some(unknown) = tree.extras.iter().find(|extra| !provided.contains(extra)) {
            let names: Vec<String> = provided.iter().map(ToString::to_string).collect();
            return Err(Error::Usage {
                message: format!(
                    "{}: `{}` has no extra `{unknown}`",
                    tree.file, metadata.name
                ),
                help: Some(if names.is_empty() {
                    "it has no extras".to_owned()
                } else {
                    format!("its extras are `{}`", names.join("`, `"))
                }),
            });
        }
        let wanted: Vec<ExtraName> = if tree.all_extras {
            provided
        } else {
            tree.extras.clone()
        };
        let own: Option<ProjectName> = metadata.name.parse().ok();
        let mut requirements = Vec::new();
        for text in &metadata.requires_dist {
            requirements.push(
                Requirement::parse_metadata(text).map_err(|error| Error::Usage {
                    message: format!(
                        "{}: its build reports an invalid requirement, `{}`: {}",
                        tree.file,
                        without_password(text),
                        error.message
                    ),
                    help: error.help,
                })?,
            );
        }
        let wanted = self.with_own_extras(own.as_ref(), &requirements, wanted);
        let origin = format!("{} ({})", metadata.name, tree.file);
        Ok(requirements
            .into_iter()
            .filter(|one| own.as_ref() != Some(&one.name) && self.holds(one, &wanted))
            .map(|mut requirement| {
                // Which extras are wanted is settled here.
                requirement.marker = requirement.marker.and_then(|marker| marker.without_extra());
                RootRequirement {
                    requirement,
                    location: tree.file.clone(),
                    origin: origin.clone(),
                }
            })
            .collect())
    }
}
