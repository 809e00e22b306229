//! What the benchmarks read: project pages, metadata, locks and universes in the shapes
//! that PyPI has them in, and of the same content in each run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use pinfold::lock::{Header, Lock, Pin, PinSource};
use pinfold::python::{Environment, ProjectName, Requirement, Version};
use pinfold::resolve::{
    Availability, Metadata, Need, NoReleases, Outcome, Releases, Request, Resolver,
    RootRequirement, Solution,
};

/// Returns 64 hexadecimal digits that look drawn by lot and depend on `seed` only.
fn digits(seed: u64) -> String {
    (0..4).fold(String::with_capacity(64), |mut text, part| {
        // The finalizer of SplitMix64.
        let mut bits = (seed * 4 + part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let _ = write!(text, "{:016x}", bits ^ (bits >> 31));
        text
    })
}

/// How many versions a page has.
pub(crate) const VERSIONS: u64 = 200;

/// How many files a version has: an sdist and wheels.
const FILES: usize = 10;

/// Returns the version with a number below [`VERSIONS`]: some are pre-releases.
pub(crate) fn version(number: u64) -> String {
    let (major, minor, patch) = (number / 60, number / 6 % 10, number % 6);
    match number % 20 {
        7 => format!("{major}.{minor}.{patch}rc1"),
        _ => format!("{major}.{minor}.{patch}"),
    }
}

struct Row {
    name: String,
    url: String,
    sha256: String,
    metadata: Option<String>,
    size: u64,
    day: u64,
}

fn rows() -> impl Iterator<Item = Row> {
    const TAGS: [&str; FILES - 1] = [
        "cp310-cp310-macosx_11_0_arm64",
        "cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64",
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp311-cp311-musllinux_1_2_x86_64",
        "cp311-cp311-win_amd64",
        "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "cp312-cp312-win_amd64",
    ];
    let files = (0..VERSIONS).flat_map(|day| (0..FILES).map(move |file| (day, TAGS.get(file))));
    files.zip(0..).map(|((day, tags), number)| {
        let version = version(day);
        let name = match tags {
            Some(tags) => format!("made_up-{version}-{tags}.whl"),
            None => format!("made_up-{version}.tar.gz"),
        };
        let path = digits(number);
        Row {
            url: format!(
                "https://files.example/packages/{}/{}/{}/{name}",
                &path[..2],
                &path[2..4],
                &path[4..]
            ),
            sha256: digits(number + 100_000),
            metadata: tags.map(|_| digits(number + 200_000)),
            size: 40_000 + number * 31,
            day,
            name,
        }
    })
}

/// Returns a page of [`VERSIONS`] versions as JSON (PEP 691).
pub(crate) fn json_page() -> String {
    let mut text = String::from(r#"{"alternate-locations":[],"files":["#);
    for (index, row) in rows().enumerate() {
        let metadata = row.metadata.map_or("false".to_owned(), |sha256| {
            format!(r#"{{"sha256":"{sha256}"}}"#)
        });
        let _ = write!(
            text,
            r#"{}{{"core-metadata":{metadata},"data-dist-info-metadata":{metadata},"filename":"{}","hashes":{{"sha256":"{}"}},"provenance":null,"requires-python":">=3.8","size":{},"upload-time":"20{:02}-{:02}-11T09:25:38.{:06}Z","url":"{}","yanked":false}}"#,
            if index == 0 { "" } else { "," },
            row.name,
            row.sha256,
            row.size,
            10 + row.day / 12,
            1 + row.day % 12,
            row.size,
            row.url,
        );
    }
    text.push_str(r#"],"meta":{"_last-serial":28000000,"api-version":"1.4"},"name":"made-up","project-status":{"status":"active"},"versions":["#);
    for number in 0..VERSIONS {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}"{}""#, version(number));
    }
    text.push_str("]}");
    text
}

/// Returns the same page as HTML (PEP 503).
pub(crate) fn html_page() -> String {
    let mut text = String::from(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <meta name=\"pypi:repository-version\" content=\"1.4\">\n    <title>Links for made-up</title>\n  </head>\n  <body>\n    <h1>Links for made-up</h1>\n",
    );
    for row in rows() {
        let metadata = row.metadata.map_or(String::new(), |sha256| {
            format!(
                " data-dist-info-metadata=\"sha256={sha256}\" data-core-metadata=\"sha256={sha256}\""
            )
        });
        let _ = writeln!(
            text,
            "<a href=\"{}#sha256={}\" data-requires-python=\"&gt;=3.8\"{metadata}>{}</a><br />",
            row.url, row.sha256, row.name
        );
    }
    text.push_str("</body>\n</html>\n");
    text
}

/// Returns requirements as metadata has them.
pub(crate) fn requirements() -> Vec<String> {
    (0..60)
        .map(|number| match number % 6 {
            0 => format!("needed-{number}>=1.{number},<3"),
            1 => format!("needed-{number}[fast,tls]~=2.{number}.1"),
            2 => format!("needed_{number} (>=0.{number},!=0.9.*,<2.0.0)"),
            3 => format!(
                "needed-{number}>=4.{number}; python_version < \"3.{}\"",
                8 + number % 7
            ),
            4 => format!("needed.{number}==2.{number}.*; extra == 'more'"),
            _ => format!(
                "needed-{number}<9,>=1.0; (sys_platform == \"linux\" and platform_machine != \"s390x\") and extra == \"all\""
            ),
        })
        .collect()
}

/// Returns the metadata of a release that has these requirements.
pub(crate) fn metadata() -> String {
    let mut text = String::from(
        "Metadata-Version: 2.4\nName: made-up\nVersion: 3.1.4\nSummary: Nothing that exists\n",
    );
    for number in 0..40 {
        let _ = writeln!(
            text,
            "Classifier: Programming Language :: Python :: 3.{number}"
        );
    }
    text.push_str("Requires-Python: >=3.8\nDescription-Content-Type: text/markdown\nProvides-Extra: all\nProvides-Extra: more\n");
    for requirement in requirements() {
        let _ = writeln!(text, "Requires-Dist: {requirement}");
    }
    text.push('\n');
    for number in 0..300 {
        let _ = writeln!(
            text,
            "A line with the number {number} of a long description."
        );
    }
    text
}

/// Returns a lock of 500 pins with 30 hashes each.
pub(crate) fn lock() -> Lock {
    let pins = (0..500_u64).map(|number| Pin {
        name: name(&format!("pinned-{number}")),
        extras: Vec::new(),
        source: PinSource::version(version(number % VERSIONS)),
        marker: None,
        hashes: (0..30)
            .map(|hash| format!("sha256:{}", digits(number * 30 + hash)))
            .collect(),
        revision: None,
        index: None,
        comments: Vec::new(),
        via: (1..=number % 4)
            .map(|back| format!("pinned-{}", number.saturating_sub(back)))
            .collect(),
        unhashable: false,
    });
    Lock {
        header: Some(Header {
            command: "pinfold compile requirements.in".to_owned(),
            target: "Python 3.11 for x86_64-manylinux_2_28".to_owned(),
        }),
        pins: pins.collect(),
        ..Lock::default()
    }
}

fn name(text: &str) -> ProjectName {
    text.parse().expect("a project's name")
}

/// Projects with their releases, oldest first, and what these require.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    rows: BTreeMap<ProjectName, (Arc<Versions>, Vec<Metadata>)>,
    roots: Vec<Requirement>,
}

#[derive(Debug, Default)]
struct Versions(Vec<Version>);

impl Releases for Versions {
    fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("few versions")
    }

    fn version(&self, position: u32) -> &Version {
        &self.0[position as usize]
    }

    fn availability(&self, _position: u32) -> Availability {
        Availability::Wheel
    }
}

impl Projects {
    /// Returns 300 projects of 40 versions in layers of 60, the first of which is
    /// required; whatever is newest fits.
    pub(crate) fn plain() -> Self {
        let mut projects = Self::default();
        for number in 0..300_u32 {
            let needed: Vec<u32> = (1..=4)
                .map(|step| (number / 60 + 1) * 60 + (number * 7 + step * 13) % 60)
                .filter(|&needed| needed < 300)
                .collect();
            projects.project(&format!("made-{number}"), 40, |version| {
                let needs = needed.iter().enumerate().map(|(index, needed)| {
                    let low = version / 2;
                    match index {
                        0 => format!("made-{needed}[more]>=1.{low}"),
                        1 => format!("made-{needed}>=1.{low},<2"),
                        2 => format!("made-{needed}!=1.{low}; python_version >= '3.8'"),
                        _ => format!("made-{needed}; extra == 'more'"),
                    }
                });
                needs.collect()
            });
        }
        projects.roots((0..60).map(|number| format!("made-{number}")))
    }

    /// Returns projects of which pairs agree on a third only where one of them is
    /// thirty versions older than the other.
    pub(crate) fn knotted() -> Self {
        let mut projects = Self::default();
        let mut roots = Vec::new();
        for knot in 0..8 {
            let window = |low: u32| vec![format!("base-{knot}>=1.{low},<1.{}", low + 2)];
            projects.project(&format!("left-{knot}"), 80, window);
            projects.project(&format!("right-{knot}"), 80, |version| window(version + 30));
            projects.project(&format!("base-{knot}"), 120, |_| Vec::new());
            roots.extend([format!("left-{knot}"), format!("right-{knot}")]);
        }
        projects.roots(roots.into_iter())
    }

    fn project(&mut self, project: &str, count: u32, needs: impl Fn(u32) -> Vec<String>) {
        let versions = (0..count).map(|minor| Version::new([1, u64::from(minor)]));
        let metadata = (0..count).map(|minor| Metadata {
            requirements: needs(minor)
                .iter()
                .map(|text| Arc::new(Requirement::parse(text).expect("a requirement")))
                .collect(),
            extras: vec!["more".parse().expect("an extra")],
            refused: None,
            requires_python: None,
        });
        let row = (Arc::new(Versions(versions.collect())), metadata.collect());
        self.rows.insert(name(project), row);
    }

    fn roots(mut self, roots: impl Iterator<Item = String>) -> Self {
        self.roots = roots
            .map(|text| Requirement::parse(&text).expect("a requirement"))
            .collect();
        self
    }

    fn request(&self) -> Request {
        Request {
            roots: (1..)
                .zip(&self.roots)
                .map(|(line, requirement)| RootRequirement {
                    requirement: requirement.clone(),
                    location: format!("requirements.in:{line}"),
                    origin: "-r requirements.in".to_owned(),
                })
                .collect(),
            environment: Environment {
                python_version: "3.11".to_owned(),
                python_full_version: "3.11.0".to_owned(),
                sys_platform: "linux".to_owned(),
                ..Environment::default()
            },
            ..Request::default()
        }
    }

    /// Resolves, with a world that answers at once and nobody who asks ahead.
    pub(crate) fn resolve(&self) -> Solution {
        let mut resolver = Resolver::new(self.request());
        loop {
            match resolver.solve(&|| true) {
                Outcome::Solved(solution) => return solution,
                Outcome::Needs(needs) => self.tell(&mut resolver, &needs),
                Outcome::Unsolvable(_) | Outcome::Stopped(_) => {
                    unreachable!("there is a solution, and time for it")
                }
            }
        }
    }

    fn tell(&self, resolver: &mut Resolver, needs: &[Need]) {
        let universe = &mut resolver.universe;
        for need in needs {
            match need {
                Need::Releases(project) => {
                    let releases = match self.rows.get(project) {
                        Some((versions, _)) => Arc::clone(versions) as Arc<dyn Releases>,
                        None => NoReleases::shared(),
                    };
                    universe.learn_releases(project, releases);
                }
                Need::Metadata(project, position) => {
                    let metadata = &self.rows[project].1[*position as usize];
                    universe.learn_metadata(project, *position, Ok(metadata.clone()));
                }
            }
        }
    }
}
