//! Which files are Dockerfiles, and which are compose files, by their names.

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A compose file.
    Compose,
}

impl FileKind {
    /// Returns what a file of this name is, as far as the name tells.
    ///
    /// `Dockerfile`, `Dockerfile.web`, `Dockerfile-web`, `web.Dockerfile`, the same with
    /// `Containerfile`, in any case; `compose.yaml`, `docker-compose.prod.yml` and the
    /// like. Neither `Dockerfile.dockerignore` nor what editors leave behind.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_leftover = name.ends_with('~')
            || matches!(
                extension,
                "dockerignore" | "containerignore" | "swp" | "swo" | "orig" | "rej" | "bak" | "tmp"
            );
        if is_leftover {
            return None;
        }
        if matches!(extension, "yml" | "yaml") {
            let stem = &name[..name.len() - extension.len() - 1];
            let rest = ["docker-compose", "podman-compose", "compose"]
                .into_iter()
                .find_map(|prefix| stem.strip_prefix(prefix))?;
            return (rest.is_empty() || rest.starts_with(['.', '-', '_'])).then_some(Self::Compose);
        }
        let is_dockerfile = ["dockerfile", "containerfile"].into_iter().any(|word| {
            extension == word
                || name
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        });
        // `Dockerfile.md`, `dockerfile.py`: about Dockerfiles, not one.
        let is_other = matches!(
            extension,
            "md" | "rst"
                | "txt"
                | "html"
                | "json"
                | "py"
                | "go"
                | "js"
                | "ts"
                | "rs"
                | "rb"
                | "java"
                | "c"
                | "h"
                | "sh"
                | "vim"
                | "lua"
                | "png"
                | "svg"
        );
        (is_dockerfile && !is_other).then_some(Self::Dockerfile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_dockerfiles_by_name() {
        for name in [
            "Dockerfile",
            "dockerfile",
            "Containerfile",
            "Dockerfile.web",
            "Dockerfile-web",
            "Dockerfile_arm64",
            "web.Dockerfile",
            "web.containerfile",
            "Dockerfile.3.12",
        ] {
            assert_eq!(
                FileKind::of_name(name),
                Some(FileKind::Dockerfile),
                "{name}"
            );
        }
    }

    #[test]
    fn knows_compose_files_by_name() {
        for name in [
            "compose.yaml",
            "compose.yml",
            "docker-compose.yml",
            "docker-compose.prod.yaml",
            "docker-compose-dev.yml",
            "compose.override.yaml",
        ] {
            assert_eq!(FileKind::of_name(name), Some(FileKind::Compose), "{name}");
        }
    }

    #[test]
    fn passes_over_the_rest() {
        for name in [
            "Dockerfile.dockerignore",
            ".dockerignore",
            "Dockerfile~",
            "Dockerfile.swp",
            "Dockerfile.md",
            "Dockerfiles",
            "dockerfile.py",
            "composer.yml",
            "decompose.yaml",
            "compose.txt",
            "values.yaml",
        ] {
            assert_eq!(FileKind::of_name(name), None, "{name}");
        }
    }
}
