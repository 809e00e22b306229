//! What pins are for: a build of a pinned Dockerfile gives the same after a tag moved.
//!
//! `buildah` builds for real, from a real registry, with storage of its own. That
//! wants root and both programs; without them the tests are left out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::images::Image;
use crate::project::{Project, left_out, run};
use crate::registries::{Registry, program};

const PLATFORMS: &[&str] = &["linux/amd64", "linux/arm64"];

/// What is built for.
const NATIVE: &str = if cfg!(target_arch = "aarch64") {
    "linux/arm64"
} else {
    "linux/amd64"
};

/// `buildah`, and where it finds the images of Docker Hub.
struct Builder {
    registries: String,
}

impl Builder {
    /// Returns `None` where no image can be built.
    fn new(registry: &Registry) -> Option<Self> {
        program("buildah")?;
        if !is_root() {
            left_out("`buildah` without root wants set-up");
            return None;
        }
        let host = registry.host();
        Some(Self {
            registries: format!(
                "unqualified-search-registries = [\"docker.io\"]\n\
                 short-name-mode = \"permissive\"\n\
                 [[registry]]\n\
                 prefix = \"docker.io\"\n\
                 location = \"{host}\"\n\
                 insecure = true\n"
            ),
        })
    }

    /// Builds a Dockerfile from nothing, and returns `/marker` of what came out.
    #[track_caller]
    fn build(&self, dockerfile: &Path) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("registries.conf"), &self.registries).unwrap();
        let policy = r#"{"default": [{"type": "insecureAcceptAnything"}]}"#;
        fs::write(path("policy.json"), policy).unwrap();
        fs::create_dir(path("context")).unwrap();
        let output = Command::new("buildah")
            .arg("--root")
            .arg(path("root"))
            .arg("--runroot")
            .arg(path("runroot"))
            .args(["--storage-driver", "vfs"])
            .args(["bud", "--isolation", "chroot", "--pull-always"])
            .arg("--signature-policy")
            .arg(path("policy.json"))
            .arg("--output")
            .arg(format!("type=local,dest={}", path("out").display()))
            .arg("--file")
            .arg(dockerfile)
            .arg(path("context"))
            .env("HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .env("CONTAINERS_REGISTRIES_CONF", path("registries.conf"))
            .env_remove("REGISTRY_AUTH_FILE")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "buildah: {words}");
        fs::read_to_string(path("out/marker")).unwrap()
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

/// Pins what is in the folder.
#[track_caller]
fn pin(project: &Project, registry: &Registry, options: &[&str]) {
    let mirror = format!("docker.io={}", registry.url());
    let mut arguments = vec!["docker", "--no-cache", "--registry-mirror", &mirror];
    arguments.extend(options);
    let run = run(&mut project.command(&arguments));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_pinned_build_keeps_its_base_when_the_tag_moves() {
    const MULTI_STAGE: &str = "\
ARG TOOLS=1
FROM python:3.9-slim AS base

FROM --platform=$TARGETPLATFORM team/tools:${TOOLS} AS tools

FROM scratch
COPY --from=base /etc/marker /base
COPY --from=tools /etc/marker /tools
COPY --from=team/data:1 /etc/marker /marker
COPY --from=base /etc/marker /marker
";
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let Some(builder) = Builder::new(&registry) else {
        return;
    };
    let project = Project::new();
    project.write("Dockerfile", MULTI_STAGE);
    project.write("unpinned/Dockerfile", MULTI_STAGE);
    for (repository, tag) in [
        ("library/python", "3.9-slim"),
        ("team/tools", "1"),
        ("team/data", "1"),
    ] {
        registry.push_index(repository, tag, 1, PLATFORMS);
    }
    pin(&project, &registry, &["Dockerfile"]);
    let pinned = project.read("Dockerfile");
    assert_eq!(pinned.matches("@sha256:").count(), 3, "{pinned}");
    let (with, without) = (
        project.path("Dockerfile"),
        project.path("unpinned/Dockerfile"),
    );
    let base = |revision: u32| format!("library/python {NATIVE} {revision}\n");
    assert_eq!(builder.build(&with), base(1));
    assert_eq!(builder.build(&without), base(1));

    registry.push_index("library/python", "3.9-slim", 2, PLATFORMS);
    pin(&project, &registry, &["Dockerfile"]);
    assert_eq!(project.read("Dockerfile"), pinned);
    assert_eq!(builder.build(&with), base(1));
    assert_eq!(builder.build(&without), base(2));

    pin(&project, &registry, &["--upgrade", "Dockerfile"]);
    assert_ne!(project.read("Dockerfile"), pinned);
    assert_eq!(builder.build(&with), base(2));
}

#[test]
fn pinned_mounts_and_runs_build() {
    let Some(registry) = Registry::anonymous() else {
        return;
    };
    let Some(builder) = Builder::new(&registry) else {
        return;
    };
    let busybox = fs::read("/bin/busybox").unwrap_or_default();
    // One that wants a loader, which it names near its beginning, does not run by itself.
    let beginning = String::from_utf8_lossy(&busybox[..busybox.len().min(4096)]);
    let wants_loader = beginning.contains("/ld-linux") || beginning.contains("/ld-musl");
    if busybox.is_empty() || wants_loader {
        left_out("there is no static `/bin/busybox` to run in a build");
        return;
    }
    let project = Project::new();
    project.write(
        "Dockerfile",
        "FROM python:3.9-slim\n\
         RUN --mount=type=bind,from=team/data:1,source=/etc,target=/mnt \
         [\"/bin/busybox\", \"sh\", \"-c\", \"/bin/busybox cat /etc/marker /mnt/marker > /marker\"]\n",
    );
    let programs: &[(&str, &[u8])] = &[("bin/busybox", &busybox)];
    let python = Image::with_programs("python", 1, &[NATIVE], programs);
    registry.push("library/python", "3.9-slim", &python);
    registry.push_index("team/data", "1", 1, PLATFORMS);
    pin(&project, &registry, &[]);
    let pinned = project.read("Dockerfile");
    assert_eq!(pinned.matches("@sha256:").count(), 2, "{pinned}");
    for (repository, tag) in [("library/python", "3.9-slim"), ("team/data", "1")] {
        registry.push_index(repository, tag, 2, PLATFORMS);
    }
    let expected = format!("python {NATIVE} 1\nteam/data {NATIVE} 1\n");
    assert_eq!(builder.build(&project.path("Dockerfile")), expected);
}
