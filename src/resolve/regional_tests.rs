//! The resolver over ranges of environments, on small universes made up here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::python::{Environment, Marker, Requirement, RequirementSource, Specifiers, Worlds};

/// A release: its version, its requirements, the Python it requires at least.
type Release = (Version, Vec<String>, Option<String>);

/// Projects with their releases.
#[derive(Debug, Clone, Default)]
struct Table(BTreeMap<String, Vec<Release>>);

impl Table {
    fn release(self, name: &str, version: &str, requirements: &[&str]) -> Self {
        self.with(name, version, requirements, None)
    }

    fn since(self, name: &str, version: &str, python: &str, requirements: &[&str]) -> Self {
        self.with(name, version, requirements, Some(python.to_owned()))
    }

    fn with(
        mut self,
        name: &str,
        version: &str,
        requirements: &[&str],
        python: Option<String>,
    ) -> Self {
        let requirements = requirements.iter().map(ToString::to_string).collect();
        let releases = self.0.entry(name.to_owned()).or_default();
        releases.push((version.parse().unwrap(), requirements, python));
        releases.sort_by(|one, other| one.0.cmp(&other.0));
        self
    }

    fn tell(&self, resolver: &mut Resolver, need: &Need, pythons_on_pages: bool) {
        match need {
            Need::Releases(name) => {
                let releases = match self.0.get(name.as_ref()) {
                    Some(row) => Arc::new(Row(row.clone(), pythons_on_pages)) as Arc<dyn Releases>,
                    None => NoReleases::shared(),
                };
                resolver.universe.learn_releases(name, releases);
            }
            Need::Metadata(name, position) => {
                let (_, requirements, python) = &self.0[name.as_ref()][*position as usize];
                let metadata = Metadata {
                    requirements: requirements
                        .iter()
                        .map(|text| Arc::new(Requirement::parse(text).unwrap()))
                        .collect(),
                    extras: vec!["x".parse().unwrap()],
                    refused: None,
                    requires_python: python.as_deref().map(pythons),
                };
                let universe = &mut resolver.universe;
                universe.learn_metadata(name, *position, Ok(metadata));
            }
        }
    }
}

fn pythons(text: &str) -> Specifiers {
    Specifiers::parse(text).unwrap()
}

#[derive(Debug)]
struct Row(Vec<Release>, bool);

impl Releases for Row {
    fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }

    fn version(&self, position: u32) -> &Version {
        &self.0[position as usize].0
    }

    fn availability(&self, _position: u32) -> Availability {
        Availability::Wheel
    }

    fn worlds(&self, position: u32, worlds: &mut Worlds) -> WorldSet {
        match &self.0[position as usize].2 {
            Some(python) if self.1 => worlds.of_pythons(&pythons(python)),
            _ => WorldSet::ALL,
        }
    }

    fn limit(&self, position: u32) -> Reason {
        let python = self.0[position as usize].2.clone();
        Reason::RequiresPython(python.unwrap_or_default())
    }
}

/// A request for all environments from a Python on.
fn universal(since: &str, strategy: ForkStrategy, requirements: &[&str]) -> Request {
    let worlds = SharedWorlds::default();
    let all = worlds.lock().since(&since.parse().unwrap());
    Request {
        roots: requirements
            .iter()
            .zip(1..)
            .map(|(text, line)| RootRequirement {
                requirement: Requirement::parse(text).unwrap(),
                location: format!("requirements.in:{line}"),
                origin: "-r requirements.in".to_owned(),
            })
            .collect(),
        range: Some(Range {
            worlds,
            all,
            strategy,
            preferences: rustc_hash::FxHashMap::default(),
        }),
        ..Request::default()
    }
}

/// How the needs of a resolver are met.
#[derive(Debug, Clone, Copy, Default)]
struct Answers {
    /// Whether those asked for last are met first, one at a time.
    is_reversed: bool,
    /// Whether only metadata says which Pythons releases are for.
    only_metadata: bool,
}

fn resolve(table: &Table, request: Request, answers: Answers) -> (Resolver, Outcome) {
    let mut resolver = Resolver::new(request);
    let mut frontier = Frontier::default();
    let mut early = frontier.start(&mut resolver.universe);
    loop {
        match resolver.solve(&|| true) {
            Outcome::Needs(mut needs) => {
                assert!(!needs.is_empty());
                if answers.is_reversed {
                    needs.extend(std::mem::take(&mut early));
                    needs.extend(resolver.look_ahead());
                    needs.reverse();
                }
                for need in needs {
                    table.tell(&mut resolver, &need, !answers.only_metadata);
                    if answers.is_reversed {
                        match &need {
                            Need::Releases(name) => {
                                frontier.learned_releases(&mut resolver.universe, name);
                            }
                            Need::Metadata(name, position) => {
                                frontier.learned_metadata(&mut resolver.universe, name, *position);
                            }
                        }
                        early = frontier.go_on(&mut resolver.universe);
                    }
                }
            }
            outcome => return (resolver, outcome),
        }
    }
}

/// A lock: pins with where they hold.
type Pins = Vec<(ProjectName, Version, WorldSet)>;

fn pins(resolver: &Resolver, worlds: &mut Worlds) -> Pins {
    let mut pins: BTreeMap<(ProjectName, Version), WorldSet> = BTreeMap::new();
    for region in resolver.regions() {
        for (name, chosen) in &region.solution.chosen {
            let key = (name.clone(), chosen.version.clone());
            let set = pins.entry(key).or_insert(WorldSet::NONE);
            *set = worlds.or(*set, region.required[name]);
        }
    }
    let pins = pins.into_iter();
    pins.map(|((name, version), set)| (name, version, set))
        .collect()
}

/// Resolves, and compares the pins with those expected, markers by meaning.
#[track_caller]
fn check(table: &Table, request: &Request, expected: &[&str]) {
    for (is_reversed, only_metadata) in [(false, false), (true, false), (true, true)] {
        let answers = Answers {
            is_reversed,
            only_metadata,
        };
        let (resolver, outcome) = resolve(table, request.clone(), answers);
        assert!(matches!(outcome, Outcome::Solved(_)), "{outcome:#?}");
        let range = request.range.as_ref().unwrap();
        let mut worlds = range.worlds.lock();
        let found = pins(&resolver, &mut worlds);
        let mut wanted: Pins = expected
            .iter()
            .map(|line| {
                let (pin, marker) = line.split_once(';').unwrap_or((line, ""));
                let (name, version) = pin.trim().split_once("==").unwrap();
                let set = match marker {
                    "" => WorldSet::ALL,
                    text => worlds.of_marker(&Marker::parse(text).unwrap(), None),
                };
                let set = worlds.and(range.all, set);
                (name.parse().unwrap(), version.parse().unwrap(), set)
            })
            .collect();
        wanted.sort();
        let shown = |pins: &Pins, worlds: &Worlds| -> Vec<String> {
            let each = pins.iter();
            each.map(|(name, version, set)| {
                format!("{name}=={version} {:?}", worlds.pythons_of(*set))
            })
            .collect()
        };
        assert_eq!(
            found,
            wanted,
            "{answers:?}: {:#?} instead of {:#?}",
            shown(&found, &worlds),
            shown(&wanted, &worlds)
        );
    }
}

#[track_caller]
fn refused(table: &Table, request: Request) -> Explanation {
    match resolve(table, request, Answers::default()).1 {
        Outcome::Unsolvable(explanation) => explanation,
        other => panic!("not refused: {other:#?}"),
    }
}

use ForkStrategy::{Fewest, Newest, RequiresPython};

#[test]
fn pins_without_markers_where_nothing_asks_for_them() {
    let table = Table::default()
        .release("a", "1", &["b"])
        .release("b", "1", &[])
        .release("b", "2", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a"]),
        &["a==1", "b==2"],
    );
}

#[test]
fn marks_what_is_required_in_some_environments_only() {
    let table = Table::default()
        .release("a", "1", &["b; sys_platform == 'win32'"])
        .release("b", "1", &["c; python_version < '3.12'"])
        .release("c", "1", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a"]),
        &[
            "a==1",
            "b==1; sys_platform == 'win32'",
            "c==1; sys_platform == 'win32' and python_version < '3.12'",
        ],
    );
}

#[test]
fn leaves_out_what_no_environment_requires() {
    let table = Table::default()
        .release("a", "1", &["b; sys_platform == 'win32'"])
        .release("b", "1", &["c; sys_platform == 'linux'"])
        .release("c", "1", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a"]),
        &["a==1", "b==1; sys_platform == 'win32'"],
    );
    check(
        &table,
        &universal(
            "3.10",
            RequiresPython,
            &["a; os_name == 'nt' and sys_platform == 'linux'"],
        ),
        &[],
    );
}

#[test]
fn splits_where_a_list_has_a_project_twice() {
    let table = Table::default()
        .release(
            "a",
            "1",
            &[
                "b<2; sys_platform == 'win32'",
                "b>=2; sys_platform != 'win32'",
            ],
        )
        .release("b", "1", &[])
        .release("b", "2", &["c"])
        .release("c", "1", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a"]),
        &[
            "a==1",
            "b==1; sys_platform == 'win32'",
            "b==2; sys_platform != 'win32'",
            "c==1; sys_platform != 'win32'",
        ],
    );
}

#[test]
fn splits_the_users_own_list() {
    let table = Table::default()
        .release("numpy", "1.26.4", &[])
        .release("numpy", "2.2.6", &[]);
    let request = |operator| {
        let first = format!("numpy==1.26.4; python_version {operator} '3.11'");
        let list = [&*first, "numpy==2.2.6; python_version >= '3.11'"];
        universal("3.10", RequiresPython, &list)
    };
    check(
        &table,
        &request("<"),
        &[
            "numpy==1.26.4; python_version < '3.11'",
            "numpy==2.2.6; python_version >= '3.11'",
        ],
    );
    let explanation = refused(&table, request("<="));
    assert_eq!(explanation.region.as_deref(), Some("Python 3.11"));
}

#[test]
fn splits_at_the_python_that_a_newer_release_requires() {
    let table = Table::default()
        .release("a", "1", &[])
        .since("a", "2", ">=3.11", &[])
        .since("a", "3", ">=3.12", &["b"])
        .release("b", "1", &[]);
    for strategy in [RequiresPython, Newest] {
        check(
            &table,
            &universal("3.10", strategy, &["a"]),
            &[
                "a==1; python_version < '3.11'",
                "a==2; python_version >= '3.11' and python_version < '3.12'",
                "a==3; python_version >= '3.12'",
                "b==1; python_version >= '3.12'",
            ],
        );
    }
    check(&table, &universal("3.10", Fewest, &["a"]), &["a==1"]);
    check(
        &table,
        &universal("3.10", Fewest, &["a>1; python_version >= '3.11'"]),
        &["a==2; python_version >= '3.11'"],
    );
}

#[test]
fn makes_more_versions_than_the_fewest_where_nothing_else_will_do() {
    let table = Table::default()
        .since("a", "1", ">=3.10,!=3.12.*", &[])
        .since("a", "2", ">=3.12", &[]);
    check(
        &table,
        &universal("3.10", Fewest, &["a"]),
        &[
            "a==1; python_version < '3.12'",
            "a==2; python_version >= '3.12'",
        ],
    );
}

#[test]
fn cuts_out_pythons_that_a_release_excludes() {
    let table =
        Table::default()
            .release("a", "1", &[])
            .since("a", "2", ">=3.8,!=3.9.0,!=3.9.1", &[]);
    check(
        &table,
        &universal("3.9", RequiresPython, &["a"]),
        &[
            "a==1; python_full_version < '3.9.2'",
            "a==2; python_full_version >= '3.9.2'",
        ],
    );
}

#[test]
fn a_python_that_a_release_excludes_does_not_hold_others_back() {
    let table = Table::default()
        .release("a", "1", &[])
        .since("a", "2", ">=3.12,!=3.14.1", &[]);
    check(
        &table,
        &universal("3.12", RequiresPython, &["a"]),
        &[
            "a==1; python_full_version == '3.14.1'",
            "a==2; python_full_version != '3.14.1'",
        ],
    );
}

#[test]
fn the_better_of_the_versions_that_other_regions_have_is_preferred() {
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "2", &[]);
    let list = [
        "a<2; python_version >= '3.13'",
        "a>=2; python_version >= '3.12' and python_version < '3.13'",
        "a; python_version < '3.12'",
    ];
    check(
        &table,
        &universal("3.11", RequiresPython, &list),
        &[
            "a==1; python_version >= '3.13'",
            "a==2; python_version < '3.13'",
        ],
    );
}

#[test]
fn does_not_split_for_pythons_that_need_no_release() {
    let table = Table::default()
        .release("a", "1", &["b; python_version >= '3.12'"])
        .since("b", "1", ">=3.11", &[]);
    let request = universal("3.10", RequiresPython, &["a"]);
    let (resolver, _) = resolve(&table, request.clone(), Answers::default());
    assert_eq!(resolver.regions().len(), 1);
    check(
        &table,
        &request,
        &["a==1", "b==1; python_version >= '3.12'"],
    );
}

#[test]
fn splits_along_a_condition_that_a_contradiction_rests_on() {
    let table = Table::default()
        .release("a", "1", &["c<2; sys_platform == 'win32'"])
        .release("b", "1", &["c>=2; sys_platform == 'linux'"])
        .release("c", "1", &[])
        .release("c", "2", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a", "b"]),
        &[
            "a==1",
            "b==1",
            "c==1; sys_platform == 'win32'",
            "c==2; sys_platform == 'linux'",
        ],
    );
}

#[test]
fn names_the_environments_without_a_solution() {
    let table = Table::default()
        .release("a", "1", &["b>1; sys_platform == 'win32'"])
        .release("b", "1", &[]);
    let explanation = refused(&table, universal("3.10", RequiresPython, &["a"]));
    let region = "Python 3.10 and later where `sys_platform == \"win32\"`";
    assert_eq!(explanation.region.as_deref(), Some(region));
    let whole = refused(&table, universal("3.10", RequiresPython, &["b>1"]));
    assert_eq!(whole.region, None);
}

#[test]
fn later_regions_prefer_what_earlier_ones_have() {
    let table = Table::default()
        .release(
            "a",
            "1",
            &[
                "b; python_version >= '3.12'",
                "b>0; python_version < '3.12'",
                "c<2; python_version >= '3.12'",
            ],
        )
        .release("b", "1", &[])
        .release("c", "1", &[])
        .release("c", "2", &[])
        .release("d", "1", &["c"]);
    let roots = ["a", "d"];
    check(
        &table,
        &universal("3.10", RequiresPython, &roots),
        &["a==1", "b==1", "c==1", "d==1"],
    );
    check(
        &table,
        &universal("3.10", Newest, &roots),
        &[
            "a==1",
            "b==1",
            "c==1; python_version >= '3.12'",
            "c==2; python_version < '3.12'",
            "d==1",
        ],
    );
}

#[test]
fn pins_of_the_lock_are_tried_first_where_they_hold() {
    let table = Table::default()
        .release("a", "1", &["b<2; os_name == 'nt'", "b>0; os_name != 'nt'"])
        .release("b", "1", &[])
        .release("b", "1.5", &[])
        .release("b", "2", &[])
        .release("b", "3", &[]);
    let mut request = universal("3.10", RequiresPython, &["a"]);
    let range = request.range.as_mut().unwrap();
    let place = |text: &str| {
        let marker = Marker::parse(text).unwrap();
        range.worlds.lock().of_marker(&marker, None)
    };
    let (nt, others) = (place("os_name == 'nt'"), place("os_name != 'nt'"));
    let pins = vec![("1".parse().unwrap(), nt), ("2".parse().unwrap(), others)];
    range.preferences.insert("b".parse().unwrap(), pins);
    check(
        &table,
        &request,
        &["a==1", "b==1; os_name == 'nt'", "b==2; os_name != 'nt'"],
    );
}

#[test]
fn pins_of_the_lock_keep_a_region_apart() {
    let table = Table::default()
        .release("a", "1", &[])
        .since("a", "2", ">=3.11", &[]);
    for strategy in [RequiresPython, Fewest, Newest] {
        let mut request = universal("3.10", strategy, &["a"]);
        let range = request.range.as_mut().unwrap();
        let place = |text: &str| {
            let marker = Marker::parse(text).unwrap();
            range.worlds.lock().of_marker(&marker, None)
        };
        let (old, new) = (
            place("python_version < '3.11'"),
            place("python_version >= '3.11'"),
        );
        let pins = vec![("1".parse().unwrap(), old), ("2".parse().unwrap(), new)];
        range.preferences.insert("a".parse().unwrap(), pins);
        check(
            &table,
            &request,
            &[
                "a==1; python_version < '3.11'",
                "a==2; python_version >= '3.11'",
            ],
        );
    }
}

#[test]
fn constraints_and_overrides_count_where_their_markers_hold() {
    let table = Table::default()
        .release("a", "1", &["b"])
        .release("b", "1", &[])
        .release("b", "2", &[])
        .release("b", "3", &[]);
    let mut request = universal("3.10", Newest, &["a"]);
    request.constraints.push(Constraint {
        name: "b".parse().unwrap(),
        specifiers: "<3".parse().unwrap(),
        marker: Some(Marker::parse("sys_platform == 'win32'").unwrap()),
        location: "constraints.txt:1".to_owned(),
    });
    check(
        &table,
        &request,
        &[
            "a==1",
            "b==2; sys_platform == 'win32'",
            "b==3; sys_platform != 'win32'",
        ],
    );
    let mut request = universal("3.10", RequiresPython, &["a"]);
    for text in ["b==1; sys_platform == 'win32'", "b==2; os_name == 'posix'"] {
        request.overrides.push(RootRequirement {
            requirement: Requirement::parse(text).unwrap(),
            location: "overrides.txt:1".to_owned(),
            origin: "--override overrides.txt".to_owned(),
        });
    }
    check(
        &table,
        &request,
        &[
            "a==1",
            "b==1; sys_platform == 'win32'",
            "b==2; os_name == 'posix'",
        ],
    );
}

#[test]
fn extras_count_where_they_are_asked_for() {
    let table = Table::default()
        .release("a", "1", &["b[x]; sys_platform == 'win32'", "b"])
        .release(
            "b",
            "1",
            &[
                "c; extra == 'x'",
                "d; extra == 'x' and python_version < '3.12'",
            ],
        )
        .release("c", "1", &[])
        .release("d", "1", &[]);
    check(
        &table,
        &universal("3.10", RequiresPython, &["a"]),
        &[
            "a==1",
            "b==1",
            "c==1; sys_platform == 'win32'",
            "d==1; sys_platform == 'win32' and python_version < '3.12'",
        ],
    );
}

/// Environments that the markers of the random tables tell apart.
fn grid() -> Vec<Environment> {
    let mut grid = Vec::new();
    for python in ["3.9", "3.10", "3.11", "3.12", "3.13"] {
        for (sys, os, system) in [
            ("linux", "posix", "Linux"),
            ("win32", "nt", "Windows"),
            ("darwin", "posix", "Darwin"),
        ] {
            for machine in ["x86_64", "aarch64"] {
                grid.push(Environment {
                    python_version: python.into(),
                    python_full_version: format!("{python}.0"),
                    sys_platform: sys.into(),
                    os_name: os.into(),
                    platform_system: system.into(),
                    platform_machine: machine.into(),
                    implementation_name: "cpython".into(),
                    platform_python_implementation: "CPython".into(),
                    ..Environment::default()
                });
            }
        }
    }
    grid
}

/// Checks that what a lock has for an environment is a valid resolution: each requirement
/// is met, nothing else is pinned, and nothing twice.
fn check_world(
    table: &Table,
    roots: &[String],
    pins: &Pins,
    worlds: &Worlds,
    environment: &Environment,
) -> Result<(), String> {
    let mut here: BTreeMap<&ProjectName, &Version> = BTreeMap::new();
    for (name, version, set) in pins {
        if worlds.contains(*set, environment) && here.insert(name, version).is_some() {
            return Err(format!("{name} twice"));
        }
    }
    let mut queue: Vec<Requirement> = roots
        .iter()
        .map(|text| Requirement::parse(text).unwrap())
        .filter(|one| holds(one, environment, None))
        .collect();
    let mut reached = BTreeSet::new();
    while let Some(requirement) = queue.pop() {
        let name = &requirement.name;
        let Some(&version) = here.get(name) else {
            return Err(format!("{name} is missing"));
        };
        if let RequirementSource::Specifiers(specifiers) = &requirement.source
            && !specifiers.contains(version)
        {
            return Err(format!("{requirement} is not met by {version}"));
        }
        let releases = &table.0[name.as_ref()];
        let (_, requirements, python) = releases
            .iter()
            .find(|(other, ..)| other == version)
            .unwrap();
        let own: Version = environment.python_full_version.parse().unwrap();
        if python
            .as_deref()
            .is_some_and(|python| !pythons(python).contains(&own))
        {
            return Err(format!("{name} {version} is for another Python"));
        }
        let extras = requirement.extras.iter().map(Some);
        for extra in std::iter::once(None).chain(extras) {
            if reached.insert((name.clone(), extra.cloned())) {
                let required = requirements.iter();
                let required = required.map(|text| Requirement::parse(text).unwrap());
                queue.extend(required.filter(|one| holds(one, environment, extra)));
            }
        }
    }
    match here
        .keys()
        .find(|&&name| !reached.contains(&(name.clone(), None)))
    {
        Some(name) => Err(format!("nothing requires {name}")),
        None => Ok(()),
    }
}

fn holds(
    requirement: &Requirement,
    environment: &Environment,
    extra: Option<&crate::python::ExtraName>,
) -> bool {
    let marker = requirement.marker.as_ref();
    marker.is_none_or(|marker| marker.evaluate(environment, extra))
}

const MARKERS: [&str; 11] = [
    "",
    "",
    "",
    "; python_version < '3.11'",
    "; python_version >= '3.11'",
    "; python_version >= '3.12'",
    "; sys_platform == 'win32'",
    "; sys_platform != 'win32'",
    "; platform_machine == 'aarch64'",
    "; extra == 'x'",
    "; extra == 'x' and os_name == 'nt'",
];

const BOUNDS: [&str; 6] = ["", "", ">=2", "<2", "!=1", "==3"];

fn requirement() -> impl Strategy<Value = String> {
    (0..6_usize, 0..BOUNDS.len(), 0..MARKERS.len(), any::<bool>()).prop_map(
        |(name, bound, marker, has_extra)| {
            let extra = if has_extra && marker % 3 == 0 {
                "[x]"
            } else {
                ""
            };
            format!("p{name}{extra}{}{}", BOUNDS[bound], MARKERS[marker])
        },
    )
}

fn table() -> impl Strategy<Value = Table> {
    let python = prop_oneof![
        3 => Just(None),
        1 => Just(Some(">=3.10".to_owned())),
        1 => Just(Some(">=3.12".to_owned())),
        1 => Just(Some(">=3.9,!=3.11.*".to_owned())),
    ];
    let release = (prop::collection::vec(requirement(), 0..3), python);
    let project = prop::collection::vec(release, 1..5);
    prop::collection::vec(project, 6).prop_map(|projects| {
        let mut table = Table::default();
        for (number, releases) in projects.into_iter().enumerate() {
            for (at, (requirements, python)) in releases.into_iter().enumerate() {
                let required: Vec<&str> = requirements.iter().map(String::as_str).collect();
                let version = (at + 1).to_string();
                table = table.with(&format!("p{number}"), &version, &required, python);
            }
        }
        table
    })
}

/// Resolves for one environment alone.
fn is_solvable(table: &Table, roots: &[String], environment: &Environment) -> bool {
    let python: Version = environment.python_full_version.parse().unwrap();
    let mut usable = table.clone();
    for releases in usable.0.values_mut() {
        releases.retain(|(_, _, specifiers)| {
            let specifiers = specifiers.as_deref().map(pythons);
            specifiers.is_none_or(|specifiers| specifiers.contains(&python))
        });
    }
    let request = Request {
        roots: roots
            .iter()
            .map(|text| Requirement::parse(text).unwrap())
            .filter(|one| holds(one, environment, None))
            .map(|requirement| RootRequirement {
                requirement,
                location: String::new(),
                origin: String::new(),
            })
            .collect(),
        environment: environment.clone(),
        ..Request::default()
    };
    let outcome = resolve(&usable, request, Answers::default()).1;
    matches!(outcome, Outcome::Solved(_))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn locks_are_valid_in_every_world(
        table in table(),
        roots in prop::collection::vec(requirement(), 1..4),
        strategy in prop_oneof![Just(RequiresPython), Just(Fewest), Just(Newest)],
    ) {
        let texts: Vec<&str> = roots.iter().map(String::as_str).collect();
        let request = universal("3.9", strategy, &texts);
        let range = request.range.clone().unwrap();
        let (resolver, outcome) = resolve(&table, request.clone(), Answers::default());
        match outcome {
            Outcome::Solved(_) => {
                let pins = pins(&resolver, &mut range.worlds.lock());
                for environment in grid() {
                    let worlds = range.worlds.lock();
                    let result = check_world(&table, &roots, &pins, &worlds, &environment);
                    prop_assert_eq!(result, Ok(()), "{:?}", environment);
                }
                let reversed = Answers { is_reversed: true, ..Answers::default() };
                let (other, _) = resolve(&table, request, reversed);
                let mut worlds = range.worlds.lock();
                prop_assert_eq!(super::regional_tests::pins(&other, &mut worlds), pins);
            }
            // Somewhere in the range there must be no solution.
            Outcome::Unsolvable(_) => {
                let unsolvable = grid().into_iter().any(|one| !is_solvable(&table, &roots, &one));
                prop_assert!(unsolvable, "each environment alone has a solution");
            }
            other => panic!("{other:?}"),
        }
    }
}
