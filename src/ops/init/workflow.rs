//! The files that run `pinfold update` on a schedule.
//!
//! They are kept as they will be, but for three words in `@…@`. No one of them can be
//! written by a stranger: branches are plain (`config::is_branch_name`).

use crate::config::{CommitConfig, DEFAULT_BASE, DEFAULT_BRANCH, is_branch_name};

/// What runs `pinfold update` on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workflow {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// A systemd timer.
    Systemd,
    /// A Kubernetes `CronJob`.
    Kubernetes,
}

/// The branches that stand in workflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// The one that updates start from.
    pub base: String,
    /// The one that updates are committed to.
    pub branch: String,
}

impl Branches {
    /// Returns what the configuration says, else what was found, else the defaults.
    pub(super) fn new(commit: &CommitConfig, found: Option<&str>) -> Self {
        let base = commit.base.as_ref().map(|base| base.value.as_str());
        let branch = commit.branch.as_ref().map(|branch| branch.value.as_str());
        Self {
            base: base
                .or(found.filter(|name| is_branch_name(name)))
                .unwrap_or(DEFAULT_BASE)
                .to_owned(),
            branch: branch.unwrap_or(DEFAULT_BRANCH).to_owned(),
        }
    }
}

impl Workflow {
    /// Returns its files: their paths in the repository, with `/`, and their texts.
    pub(super) fn files(self, branches: &Branches) -> Vec<(&'static str, String)> {
        let templates: &[(&'static str, &str)] = match self {
            Self::Github => &[(".github/workflows/pinfold.yml", include_str!("github.yml"))],
            Self::Gitlab => &[(".gitlab-ci.pinfold.yml", include_str!("gitlab.yml"))],
            Self::Systemd => &[
                ("pinfold-update.service", include_str!("systemd.service")),
                ("pinfold-update.timer", include_str!("systemd.timer")),
            ],
            Self::Kubernetes => &[(
                "pinfold-update.cronjob.yaml",
                include_str!("kubernetes.yaml"),
            )],
        };
        let fill = |template: &str| {
            template
                .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
                .replace("@BASE@", &branches.base)
                .replace("@BRANCH@", &branches.branch)
        };
        templates
            .iter()
            .map(|(name, template)| (*name, fill(template)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_filled_in_and_nothing_else_changes() {
        let branches = Branches {
            base: "trunk".to_owned(),
            branch: "deps/pins".to_owned(),
        };
        for workflow in [
            Workflow::Github,
            Workflow::Gitlab,
            Workflow::Systemd,
            Workflow::Kubernetes,
        ] {
            let files = workflow.files(&branches);
            let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
            assert!(!all.contains("@BASE@") && !all.contains("@BRANCH@"));
            assert!(!all.contains("@VERSION@"));
            assert!(all.contains("trunk") && all.contains("deps/pins"));
            assert!(all.contains(env!("CARGO_PKG_VERSION")));
        }
    }

    #[test]
    fn what_the_configuration_says_wins_over_what_was_found() {
        let found = Branches::new(&CommitConfig::default(), Some("master"));
        assert_eq!(found.base, "master");
        assert_eq!(found.branch, "pinfold/update");
        let odd = Branches::new(&CommitConfig::default(), Some("$(x)"));
        assert_eq!(odd.base, "main");
        let (config, _) = crate::config::Config::parse(
            "[commit]\nbase = 'trunk'\nbranch = 'deps'\n",
            crate::config::Home::PinfoldToml,
        );
        let said = Branches::new(&config.unwrap().commit, Some("master"));
        assert_eq!((&*said.base, &*said.branch), ("trunk", "deps"));
    }
}
