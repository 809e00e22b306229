//! The resolver as a whole, on small universes made up here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::python::{Environment, ProjectName, Requirement};

/// A universe as a table: project → version → requirements.
#[derive(Debug, Clone, Default)]
struct Table {
    rows: BTreeMap<String, Vec<(Version, Vec<String>, Availability)>>,
    /// Releases without extras; all others have `x` and `y`.
    extraless: BTreeSet<(String, String)>,
    /// Releases that pip refuses.
    refused: BTreeMap<(String, String), String>,
}

impl Table {
    fn release(mut self, name: &str, version: &str, requirements: &[&str]) -> Self {
        self.add(name, version, requirements, Availability::Wheel);
        self
    }

    fn unusable(mut self, name: &str, version: &str, reason: Reason) -> Self {
        self.add(name, version, &[], Availability::Unusable(reason));
        self
    }

    fn add(
        &mut self,
        name: &str,
        version: &str,
        requirements: &[&str],
        availability: Availability,
    ) {
        let requirements = requirements.iter().map(ToString::to_string).collect();
        let releases = self.rows.entry(name.to_owned()).or_default();
        releases.push((version.parse().unwrap(), requirements, availability));
        releases.sort_by(|a, b| a.0.cmp(&b.0));
    }
}

#[derive(Debug)]
struct Row(Vec<(Version, Vec<String>, Availability)>);

impl Releases for Row {
    fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }

    fn version(&self, position: u32) -> &Version {
        &self.0[position as usize].0
    }

    fn availability(&self, position: u32) -> Availability {
        self.0[position as usize].2.clone()
    }
}

fn roots(requirements: &[&str]) -> Request {
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
        environment: Environment {
            python_version: "3.11".into(),
            python_full_version: "3.11.0".into(),
            sys_platform: "linux".into(),
            ..Environment::default()
        },
        ..Request::default()
    }
}

struct Run {
    outcome: Outcome,
    /// How many releases had their metadata looked at.
    fetched: BTreeMap<String, usize>,
    rounds: usize,
}

impl Table {
    fn tell(&self, universe: &mut Universe, need: &Need) {
        match need {
            Need::Releases(name) => {
                let releases = match self.rows.get(name.as_ref()) {
                    Some(row) => Arc::new(Row(row.clone())) as Arc<dyn Releases>,
                    None => NoReleases::shared(),
                };
                universe.learn_releases(name, releases);
            }
            Need::Metadata(name, position) => {
                let (version, requirements, _) = &self.rows[name.as_ref()][*position as usize];
                let release = (name.to_string(), version.to_string());
                let metadata = Metadata {
                    requirements: requirements
                        .iter()
                        .map(|text| Arc::new(Requirement::parse(text).unwrap()))
                        .collect(),
                    extras: if self.extraless.contains(&release) {
                        Vec::new()
                    } else {
                        vec!["x".parse().unwrap(), "y".parse().unwrap()]
                    },
                    refused: self.refused.get(&release).cloned(),
                    requires_python: None,
                };
                universe.learn_metadata(name, *position, Ok(metadata));
            }
        }
    }
}

fn resolve(table: &Table, request: Request) -> Run {
    go_on(table, Resolver::new(request))
}

fn go_on(table: &Table, mut resolver: Resolver) -> Run {
    let mut fetched: BTreeMap<String, usize> = BTreeMap::new();
    for rounds in 1..100_000 {
        match resolver.solve(&|| true) {
            Outcome::Needs(needs) => {
                assert!(
                    !needs.is_empty(),
                    "a solver that stops must say what it lacks"
                );
                for need in needs {
                    if let Need::Metadata(name, _) = &need {
                        *fetched.entry(name.to_string()).or_default() += 1;
                    }
                    table.tell(&mut resolver.universe, &need);
                }
            }
            outcome => {
                return Run {
                    outcome,
                    fetched,
                    rounds,
                };
            }
        }
    }
    panic!("the resolver does not come to an end");
}

#[track_caller]
fn check(table: &Table, request: Request, expected: &[&str]) {
    match resolve(table, request).outcome {
        Outcome::Solved(solution) => {
            let pins: Vec<String> = solution
                .chosen
                .iter()
                .map(|(name, chosen)| {
                    let extras: Vec<String> =
                        chosen.extras.iter().map(ToString::to_string).collect();
                    let extras = if extras.is_empty() {
                        String::new()
                    } else {
                        format!("[{}]", extras.join(","))
                    };
                    format!("{name}{extras}=={}", chosen.version)
                })
                .collect();
            assert_eq!(pins, expected);
        }
        other => panic!("no solution: {other:#?}"),
    }
}

#[track_caller]
fn refused(table: &Table, request: Request) -> Explanation {
    match resolve(table, request).outcome {
        Outcome::Unsolvable(explanation) => explanation,
        other => panic!("not refused: {other:#?}"),
    }
}

#[test]
fn takes_the_newest_of_everything() {
    let table = Table::default()
        .release("a", "1", &["b"])
        .release("a", "2", &["b"])
        .release("b", "1", &[])
        .release("b", "1.5", &[]);
    check(&table, roots(&["a"]), &["a==2", "b==1.5"]);
}

#[test]
fn goes_back_where_the_newest_does_not_fit() {
    let table = Table::default()
        .release("a", "1", &["b<2"])
        .release("a", "2", &["b>=2"])
        .release("b", "1", &[])
        .release("b", "2", &["c<1"])
        .release("c", "1", &[]);
    check(&table, roots(&["a", "c"]), &["a==1", "b==1", "c==1"]);
}

#[test]
fn keeps_preferences_while_they_fit() {
    let table = Table::default()
        .release("a", "1", &["b>=1"])
        .release("a", "2", &["b>=2"])
        .release("b", "1", &[])
        .release("b", "2", &[])
        .release("b", "3", &[]);
    let preferring = |roots_: &[&str], pins: &[(&str, &str)]| Request {
        preferences: pins
            .iter()
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect(),
        ..roots(roots_)
    };
    check(
        &table,
        preferring(&["a"], &[("a", "1"), ("b", "2")]),
        &["a==1", "b==2"],
    );
    // Out of range: dropped without a word.
    check(
        &table,
        preferring(&["a>1"], &[("a", "1"), ("b", "1")]),
        &["a==2", "b==3"],
    );
}

#[test]
fn extras_share_the_version_of_their_project() {
    let table = Table::default()
        .release("a", "1", &["c; extra == 'x'"])
        .release("a", "2", &["c>1; extra == 'x'", "d; extra == 'y'"])
        .release("c", "1", &[])
        .release("d", "1", &[]);
    check(&table, roots(&["a[x]"]), &["a[x]==1", "c==1"]);
    check(&table, roots(&["a[y]"]), &["a[y]==2", "d==1"]);
    check(&table, roots(&["a", "a[x,y]<2"]), &["a[x,y]==1", "c==1"]);
}

#[test]
fn does_not_go_back_to_a_release_without_the_extra() {
    let mut table = Table::default()
        .release("a", "1", &[])
        .release("a", "2", &["gone; extra == 'x'"])
        .release("a", "3", &["gone; extra == 'x'"]);
    table.extraless.insert(("a".to_owned(), "1".to_owned()));
    let explanation = refused(&table, roots(&["a[x]"]));
    assert_eq!(
        explanation.facts,
        [
            "you require a[x] (requirements.in:1)",
            "a 2, 3 require gone for the extra `x`, but no index has a project gone",
            "a 1 has no extra `x` that can be used",
        ]
    );
    // Where no release has the extra, asking for it is a slip.
    let table = Table::default()
        .release("b", "1", &[])
        .release("b", "2", &[]);
    let table = Table {
        extraless: [("b", "1"), ("b", "2")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into(),
        ..table
    };
    check(&table, roots(&["b[x]"]), &["b[x]==2"]);
}

#[test]
fn pre_releases_come_last() {
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "2rc1", &[])
        .release("b", "1b1", &["a>=2rc1"]);
    check(&table, roots(&["a"]), &["a==1"]);
    check(&table, roots(&["b"]), &["a==2rc1", "b==1b1"]);
    check(
        &table,
        Request {
            pre_releases: PreReleases::Allow,
            ..roots(&["a"])
        },
        &["a==2rc1"],
    );
    let explanation = refused(
        &table,
        Request {
            pre_releases: PreReleases::Disallow,
            ..roots(&["b"])
        },
    );
    assert!(
        explanation.hints.iter().any(|hint| hint.contains("--pre")),
        "{explanation:#?}"
    );
}

#[test]
fn constraints_bind_only_what_is_required() {
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "2", &[])
        .release("z", "1", &[]);
    let request = Request {
        constraints: vec![
            Constraint {
                marker: None,
                name: "a".parse().unwrap(),
                specifiers: "<2".parse().unwrap(),
                location: "c.txt:1".into(),
            },
            Constraint {
                marker: None,
                name: "z".parse().unwrap(),
                specifiers: "<1".parse().unwrap(),
                location: "c.txt:2".into(),
            },
        ],
        ..roots(&["a"])
    };
    check(&table, request.clone(), &["a==1"]);
    let explanation = refused(
        &table,
        Request {
            roots: roots(&["a>=2"]).roots,
            ..request
        },
    );
    assert_eq!(
        explanation.facts,
        [
            "you require a>=2 (requirements.in:1)",
            "you constrain a<2 (c.txt:1)"
        ]
    );
}

#[test]
fn overrides_replace_every_requirement() {
    let table = Table::default()
        .release("a", "1", &["b<2", "c"])
        .release("b", "1", &[])
        .release("b", "2", &[])
        .release("c", "1", &["b<2"]);
    let request = Request {
        overrides: roots(&["b>=2"]).roots,
        ..roots(&["a"])
    };
    check(&table, request, &["a==1", "b==2", "c==1"]);
    // Nobody is said to require what only the override says.
    let mut overrides = roots(&["b>=9"]).roots;
    overrides[0].location = "overrides.txt:1".to_owned();
    let explanation = refused(
        &table,
        Request {
            overrides: overrides.clone(),
            ..roots(&["c"])
        },
    );
    assert_eq!(
        explanation.facts,
        [
            "you require c (requirements.in:1)",
            "c 1 requires b>=9 by your override (overrides.txt:1), but there is no such release; b \
             has 1, 2"
        ]
    );
    let explanation = refused(
        &table,
        Request {
            overrides,
            ..roots(&["b<2"])
        },
    );
    assert_eq!(
        explanation.facts,
        [
            "you require b<2 (requirements.in:1), overridden by b>=9 (overrides.txt:1), but there \
             is no such release; b has 1, 2"
        ]
    );
}

#[test]
fn an_override_that_does_not_hold_drops_the_requirement() {
    let table = Table::default()
        .release("a", "1", &["b<2", "c"])
        .release("b", "1", &[])
        .release("c", "1", &[]);
    let request = Request {
        dropped: vec!["b".parse().unwrap()],
        ..roots(&["a"])
    };
    check(&table, request, &["a==1", "c==1"]);
}

#[test]
fn a_release_may_name_the_users_url_and_no_other() {
    let table = Table::default()
        .release("a", "1", &["b @ https://host.example/b-1-py3-none-any.whl"])
        .release("b", "1", &[]);
    let own = "b @ https://host.example/b-1-py3-none-any.whl#sha256=00";
    check(&table, roots(&["a", own]), &["a==1", "b==1"]);
    let other = "b @ https://host.example/other/b-1-py3-none-any.whl";
    let explanation = refused(&table, roots(&["a", other]));
    assert!(
        explanation
            .facts
            .iter()
            .any(|fact| fact.contains("a 1 cannot be used")),
        "{explanation:#?}"
    );
}

#[test]
fn names_the_core_and_nothing_else() {
    let table = Table::default()
        .release("django", "2.2", &[])
        .release("django", "4.2", &[])
        .release("drf", "3.15", &["django>=4.2"])
        .release("drf", "3.16", &["django>=4.2"])
        .release("other", "1", &["more"])
        .release("more", "1", &[]);
    let explanation = refused(&table, roots(&["other", "django<3", "drf>=3.15", "more"]));
    assert_eq!(
        explanation.facts,
        [
            "you require django<3 (requirements.in:2)",
            "you require drf>=3.15 (requirements.in:3)",
            "drf 3.15, 3.16 require django>=4.2",
        ]
    );
    let tried: Vec<String> = explanation
        .loosened
        .iter()
        .filter_map(
            |loosened| match resolve(&table, loosened.request.clone()).outcome {
                Outcome::Solved(solution) => Some(loosened.verdict(&solution)),
                _ => None,
            },
        )
        .collect();
    assert_eq!(
        tried,
        ["without the bound `django<3`, there is a solution with django==4.2"]
    );
}

#[test]
fn names_one_of_several_bounds_on_a_project() {
    // Each of them is left out in turn; what is out must not come back as a suspect.
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "5", &[])
        .release("b", "1", &["a<2"]);
    let request = Request {
        constraints: ["a>=4", "a!=3"]
            .into_iter()
            .zip(1..)
            .map(|(text, line)| {
                let requirement = Requirement::parse(text).unwrap();
                Constraint {
                    marker: None,
                    specifiers: requirement.specifiers().unwrap().clone(),
                    name: requirement.name,
                    location: format!("c.txt:{line}"),
                }
            })
            .collect(),
        ..roots(&["b", "a<9", "b!=7", "a!=8"])
    };
    let explanation = refused(&table, request);
    assert_eq!(
        explanation.facts,
        [
            "you require b (requirements.in:1)",
            "you constrain a>=4 (c.txt:1)",
            "b 1 requires a<2"
        ]
    );
}

#[test]
fn names_what_does_not_exist() {
    let table = Table::default()
        .release("a", "1", &["b"])
        .release("c", "1", &[])
        .release("c", "2", &[]);
    assert_eq!(
        refused(&table, roots(&["a"])).facts,
        [
            "you require a (requirements.in:1)",
            "a 1 requires b, but no index has a project b"
        ]
    );
    assert_eq!(
        refused(&table, roots(&["c>2"])).facts,
        ["you require c>2 (requirements.in:1), but there is no such release; c has 1, 2"]
    );
}

#[test]
fn names_why_releases_cannot_be_used() {
    let table = Table::default()
        .unusable("a", "1", Reason::NeedsBuild)
        .unusable("a", "2", Reason::RequiresPython(">=3.12".into()))
        .unusable("a", "3", Reason::RequiresPython(">=3.12".into()));
    assert_eq!(
        refused(&table, roots(&["a"])).facts,
        [
            "you require a (requirements.in:1)",
            "a 2, 3 cannot be used: requires Python >=3.12",
            "a 1 cannot be used: only a source distribution, which must be built to find its \
             requirements",
        ]
    );
}

/// boto3 as it is: each release wants its own botocore, and old ones want an
/// old urllib3.
fn boto(releases: u32, border: u32) -> Table {
    let mut table =
        Table::default()
            .release("urllib3", "1.25.3", &[])
            .release("urllib3", "2.0", &[]);
    for minor in 0..releases {
        let urllib3 = if minor < border {
            "urllib3<1.26"
        } else {
            "urllib3>=1.25.4"
        };
        table.add(
            "botocore",
            &format!("1.{minor}"),
            &[urllib3],
            Availability::Wheel,
        );
        let botocore = format!("botocore>=1.{minor},<1.{}", minor + 1);
        table.add(
            "boto3",
            &format!("1.{minor}"),
            &[&botocore],
            Availability::Wheel,
        );
    }
    table
}

#[test]
fn does_not_walk_a_thousand_releases() {
    let table = boto(1000, 137);
    let run = resolve(&table, roots(&["urllib3<1.25.4", "boto3"]));
    let Outcome::Solved(solution) = run.outcome else {
        panic!("{:#?}", run.outcome);
    };
    assert_eq!(
        solution.chosen[&"boto3".parse().unwrap()]
            .version
            .to_string(),
        "1.136"
    );
    assert!(
        run.fetched["boto3"] < 60 && run.fetched["botocore"] < 60,
        "{:?}",
        run.fetched
    );
    assert!(run.rounds < 60, "{}", run.rounds);
}

/// aiobotocore as it is: it lags behind botocore, and its old releases have no wheel.
fn boto_with_sdists(wheels: u32) -> Table {
    let mut table = boto(200, 0);
    for minor in 0..180 {
        let availability = if minor < 180 - wheels {
            Availability::Sdist
        } else {
            Availability::Wheel
        };
        let botocore = format!("botocore>=1.{minor},<1.{}", minor + 1);
        let version = format!("2.{minor}");
        table.add("aiobotocore", &version, &[&botocore], availability);
    }
    table
}

#[test]
fn what_may_have_to_be_built_is_not_looked_at_while_another_can_give_way() {
    for wheels in [2, 20, 100] {
        let table = boto_with_sdists(wheels);
        let run = resolve(&table, roots(&["boto3", "botocore", "aiobotocore"]));
        let Outcome::Solved(solution) = run.outcome else {
            panic!("{:#?}", run.outcome);
        };
        let aiobotocore = &solution.chosen[&"aiobotocore".parse().unwrap()];
        assert_eq!(aiobotocore.version.to_string(), "2.179");
        // The few that are looked at before it is clear that one after the other fails.
        let most = wheels as usize + 8;
        assert!(run.fetched["aiobotocore"] <= most, "{:?}", run.fetched);
    }
    // It is looked at anyway where nothing else helps.
    let table = boto_with_sdists(20);
    let run = resolve(&table, roots(&["botocore<1.100", "aiobotocore"]));
    let Outcome::Solved(solution) = run.outcome else {
        panic!("{:#?}", run.outcome);
    };
    let aiobotocore = &solution.chosen[&"aiobotocore".parse().unwrap()];
    assert_eq!(aiobotocore.version.to_string(), "2.99");
}

#[test]
fn proves_a_refusal_that_samples_suggest() {
    // Every release fails but one that no sample will meet: it must be found anyway.
    let mut table = boto(400, 0);
    let lonely = "1.222";
    for (version, requirements, _) in table.rows.get_mut("botocore").unwrap() {
        if version.to_string() == lonely {
            *requirements = vec!["urllib3<1.26".to_owned()];
        }
    }
    check(
        &table,
        roots(&["urllib3<1.25.4", "boto3"]),
        &["boto3==1.222", "botocore==1.222", "urllib3==1.25.3"],
    );
    let run = resolve(&boto(400, 0), roots(&["urllib3<1.25.4", "boto3"]));
    // The proof takes all of it, but not one after the other.
    assert!(run.rounds < 60, "{}", run.rounds);
    let Outcome::Unsolvable(explanation) = run.outcome else {
        panic!("{:#?}", run.outcome);
    };
    assert!(explanation.facts.len() <= 6, "{explanation:#?}");
    assert!(
        explanation.facts[0].contains("urllib3<1.25.4"),
        "{explanation:#?}"
    );
}

// -- against brute force -------------------------------------------------------

const PROJECTS: [&str; 4] = ["a", "b", "c", "d"];

fn requirement() -> impl Strategy<Value = String> {
    let bound = prop_oneof![
        Just(""),
        Just("<2"),
        Just(">=2"),
        Just("==1"),
        Just("!=2"),
        Just(">=3"),
        Just("<3")
    ];
    let extra = prop_oneof![4 => Just(""), 1 => Just("[x]")];
    let marker = prop_oneof![5 => Just(""), 2 => Just("; extra == 'x'")];
    (0..PROJECTS.len(), extra, bound, marker).prop_map(|(project, extra, bound, marker)| {
        format!("{}{extra}{bound}{marker}", PROJECTS[project])
    })
}

fn universes() -> impl Strategy<Value = (Table, Vec<String>)> {
    let release = proptest::collection::vec(requirement(), 0..4);
    let project = proptest::collection::vec(release, 1..4);
    let root = requirement().prop_filter("roots have no extra marker", |text| !text.contains(';'));
    (
        proptest::collection::vec(project, PROJECTS.len()),
        proptest::collection::vec(root, 1..4),
    )
        .prop_map(|(projects, roots)| {
            let mut table = Table::default();
            for (name, releases) in PROJECTS.iter().zip(projects) {
                for (version, requirements) in (1..).zip(releases) {
                    let requirements: Vec<&str> = requirements.iter().map(String::as_str).collect();
                    table.add(
                        name,
                        &format!("{version}"),
                        &requirements,
                        Availability::Wheel,
                    );
                }
            }
            (table, roots)
        })
}

/// Whether a choice of versions meets all that follows from the roots.
fn is_valid(table: &Table, roots: &[String], pins: &BTreeMap<String, usize>) -> bool {
    let environment = Environment::default();
    let mut queue: Vec<Requirement> = roots
        .iter()
        .map(|text| Requirement::parse(text).unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(requirement) = queue.pop() {
        let name = requirement.name.to_string();
        let Some(&pin) = pins.get(&name) else {
            return false;
        };
        let (version, requirements, _) = &table.rows[&name][pin];
        if !requirement.specifiers().unwrap().contains(version) {
            return false;
        }
        for extra in std::iter::once(None).chain(requirement.extras.iter().map(Some)) {
            if seen.insert((name.clone(), extra.cloned())) {
                queue.extend(
                    requirements
                        .iter()
                        .map(|text| Requirement::parse(text).unwrap())
                        .filter(|dependency| {
                            dependency
                                .marker
                                .as_ref()
                                .is_none_or(|marker| marker.evaluate(&environment, extra))
                        }),
                );
            }
        }
    }
    true
}

fn has_solution(table: &Table, roots: &[String]) -> bool {
    fn go(
        table: &Table,
        roots: &[String],
        pins: &mut BTreeMap<String, usize>,
        left: &[&str],
    ) -> bool {
        let Some((name, left)) = left.split_first() else {
            return is_valid(table, roots, pins);
        };
        (0..table.rows[*name].len()).any(|pin| {
            pins.insert((*name).to_owned(), pin);
            go(table, roots, pins, left)
        })
    }
    go(table, roots, &mut BTreeMap::new(), &PROJECTS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn agrees_with_brute_force((table, requirements) in universes()) {
        let texts: Vec<&str> = requirements.iter().map(String::as_str).collect();
        let request = Request { environment: Environment::default(), ..roots(&texts) };
        match resolve(&table, request).outcome {
            Outcome::Solved(solution) => {
                let pins: BTreeMap<String, usize> = solution
                    .chosen
                    .iter()
                    .map(|(name, chosen)| (name.to_string(), chosen.position as usize))
                    .collect();
                prop_assert!(is_valid(&table, &requirements, &pins), "{pins:?}");
            }
            Outcome::Unsolvable(explanation) => {
                prop_assert!(!has_solution(&table, &requirements), "refused: {explanation:#?}");
                prop_assert!(!explanation.facts.is_empty());
            }
            Outcome::Needs(_) | Outcome::Stopped(_) => unreachable!(),
        }
    }

    #[test]
    fn answers_the_same_whatever_it_was_told_before((table, requirements) in universes()) {
        let texts: Vec<&str> = requirements.iter().map(String::as_str).collect();
        let request = Request { environment: Environment::default(), ..roots(&texts) };
        let mut knowing = Resolver::new(request.clone());
        for (name, releases) in &table.rows {
            let name: ProjectName = name.parse().unwrap();
            table.tell(&mut knowing.universe, &Need::Releases(name.clone()));
            for (position, _) in (0..).zip(releases) {
                table.tell(&mut knowing.universe, &Need::Metadata(name.clone(), position));
            }
        }
        match (resolve(&table, request).outcome, go_on(&table, knowing).outcome) {
            (Outcome::Solved(one), Outcome::Solved(other)) => prop_assert_eq!(one, other),
            (Outcome::Unsolvable(_), Outcome::Unsolvable(_)) => {}
            (one, other) => prop_assert!(false, "{one:?} and {other:?}"),
        }
    }
}

/// Goes on until there is an outcome, as a deed does; returns what was asked for, in waves:
/// all that can be known to be needed before something of the wave has come.
fn waves(table: &Table, request: Request) -> Vec<String> {
    let mut resolver = Resolver::new(request);
    let mut frontier = Frontier::default();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut needs = frontier.start(&mut resolver.universe);
    let mut conflicts = (0, 0);
    let mut waves = Vec::new();
    loop {
        match resolver.solve(&|| true) {
            Outcome::Needs(more) => {
                let is_idle = needs.is_empty();
                needs.extend(more);
                let now = (resolver.failure_count(), frontier.dead_end_count());
                if is_idle || now != conflicts {
                    conflicts = now;
                    needs.extend(resolver.look_ahead());
                }
            }
            Outcome::Solved(_) => return waves,
            other => panic!("no solution: {other:#?}"),
        }
        needs.retain(|need| asked.insert(format!("{need:?}")));
        assert!(!needs.is_empty(), "it would never go on");
        let mut wave = Vec::new();
        for need in std::mem::take(&mut needs) {
            table.tell(&mut resolver.universe, &need);
            match need {
                Need::Releases(name) => {
                    frontier.learned_releases(&mut resolver.universe, &name);
                    wave.push(name.to_string());
                }
                Need::Metadata(name, position) => {
                    frontier.learned_metadata(&mut resolver.universe, &name, position);
                    let version = &table.rows[name.as_ref()][position as usize].0;
                    wave.push(format!("{name}={version}"));
                }
            }
        }
        wave.sort();
        waves.push(wave.join(" "));
        needs = frontier.go_on(&mut resolver.universe);
    }
}

#[test]
fn asks_for_nothing_that_a_plain_graph_does_not_have() {
    let table = Table::default()
        .release("a", "1", &["shared<3", "below"])
        .release("b", "1", &["shared"])
        .release("below", "1", &[])
        .release("shared", "2", &[])
        .release("shared", "3", &[]);
    assert_eq!(
        waves(&table, roots(&["a", "b"])),
        ["a b", "a=1 b=1", "below shared", "below=1 shared=2"]
    );
}

#[test]
fn does_not_follow_a_release_that_no_solution_has() {
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "2", &[])
        .release("b", "1", &["a<2"])
        .release("b", "2", &["a>=2", "never"])
        .release("never", "1", &[]);
    assert_eq!(
        waves(&table, roots(&["a<2", "b"])),
        ["a b", "a=1 b=2", "b=1"]
    );
}

#[test]
fn goes_back_on_several_projects_in_the_same_waves() {
    let mut table = Table::default()
        .release("x", "1", &[])
        .release("x", "2", &[]);
    for name in ["a", "b", "c"] {
        for version in 1..=6 {
            let needs = if version <= 3 { "x<2" } else { "x>=2" };
            table = table.release(name, &version.to_string(), &[needs]);
        }
    }
    let waves = waves(&table, roots(&["x<2", "a", "b", "c"]));
    assert_eq!(waves[..2], ["a b c x", "a=6 b=6 c=6 x=1"]);
    assert_eq!(waves[2], "a=5 b=5 c=5");
    assert_eq!(waves.len(), 4, "{waves:#?}");
}

#[test]
fn to_look_ahead_leaves_no_trace() {
    let mut table = Table::default()
        .release("x", "1", &[])
        .release("x", "2", &[]);
    for name in ["a", "b"] {
        for version in 1..=40 {
            let needs = if version <= 3 { "x<2" } else { "x>=2" };
            table = table.release(name, &version.to_string(), &[needs]);
        }
    }
    let request = roots(&["x<2", "a", "b"]);
    let alone = resolve(&table, request.clone());
    let mut resolver = Resolver::new(request);
    let mut fetched: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        match resolver.solve(&|| true) {
            Outcome::Needs(needs) => {
                for need in &needs {
                    if let Need::Metadata(name, _) = need {
                        *fetched.entry(name.to_string()).or_default() += 1;
                    }
                    table.tell(&mut resolver.universe, need);
                }
                // What is guessed is not even fetched here.
                resolver.look_ahead();
            }
            outcome => {
                assert_eq!(format!("{outcome:?}"), format!("{:?}", alone.outcome));
                break;
            }
        }
    }
    assert_eq!(fetched, alone.fetched);
}

proptest! {
    #[test]
    fn answers_the_same_whatever_it_guessed((table, requirements) in universes()) {
        let texts: Vec<&str> = requirements.iter().map(String::as_str).collect();
        let request = Request { environment: Environment::default(), ..roots(&texts) };
        let alone = resolve(&table, request.clone());
        let mut resolver = Resolver::new(request);
        let outcome = loop {
            match resolver.solve(&|| true) {
                Outcome::Needs(needs) => {
                    let guessed = resolver.look_ahead();
                    for need in needs.iter().chain(&guessed) {
                        table.tell(&mut resolver.universe, need);
                    }
                }
                outcome => break outcome,
            }
        };
        match (outcome, alone.outcome) {
            (Outcome::Solved(one), Outcome::Solved(other)) => prop_assert_eq!(one, other),
            (Outcome::Unsolvable(_), Outcome::Unsolvable(_)) => {}
            (one, other) => prop_assert!(false, "{one:?} and {other:?}"),
        }
    }
}

impl Table {
    fn refused(mut self, name: &str, version: &str, requirements: &[&str]) -> Self {
        let release = (name.to_owned(), version.to_owned());
        self.refused.insert(release, "nonsense".to_owned());
        self.release(name, version, requirements)
    }
}

fn solution(table: &Table, request: Request) -> Solution {
    match resolve(table, request).outcome {
        Outcome::Solved(solution) => solution,
        other => panic!("no solution: {other:#?}"),
    }
}

fn told(list: &[(ProjectName, Version, Reason)]) -> Vec<String> {
    let texts = list
        .iter()
        .map(|(name, version, why)| format!("{name} {version}: {why}"));
    texts.collect()
}

#[test]
fn passes_over_what_pip_refuses() {
    let table = Table::default()
        .release("a", "1", &[])
        .refused("a", "2", &["b"])
        .refused("a", "3", &["b"])
        .release("b", "1", &[]);
    check(&table, roots(&["a"]), &["a==1"]);
    let found = solution(&table, roots(&["a"]));
    assert_eq!(
        told(&found.passed_over),
        ["a 3: pip refuses its metadata: nonsense"]
    );
    assert_eq!(told(&found.refused), [""; 0]);
}

#[test]
fn takes_what_pip_refuses_where_nothing_else_is_left() {
    let table = Table::default()
        .release("a", "1", &[])
        .refused("a", "2", &["b"])
        .release("b", "1", &[])
        .refused("b", "2", &[]);
    check(&table, roots(&["a==2"]), &["a==2", "b==1"]);
    let found = solution(&table, roots(&["a==2"]));
    assert_eq!(
        told(&found.refused),
        ["a 2: pip refuses its metadata: nonsense"]
    );
    assert_eq!(
        told(&found.passed_over),
        ["b 2: pip refuses its metadata: nonsense"]
    );
}

#[test]
fn keeps_what_pip_refuses_where_the_lock_has_it() {
    let table = Table::default()
        .release("a", "1", &[])
        .refused("a", "2", &[]);
    let mut request = roots(&["a"]);
    let preference = ("a".parse().unwrap(), "2".parse().unwrap());
    request.preferences.extend([preference]);
    check(&table, request.clone(), &["a==2"]);
    assert_eq!(solution(&table, request).refused.len(), 1);
}

#[test]
fn names_the_newest_release_that_requires_a_url() {
    let table = Table::default()
        .release("a", "1", &[])
        .release("a", "2", &["b @ https://example.com/b.whl"])
        .release("a", "3", &["b @ https://example.com/b.whl"])
        .release("a", "4", &["c>=2"])
        .release("c", "1", &[]);
    let found = solution(&table, roots(&["a"]));
    assert_eq!(
        told(&found.passed_over),
        [
            "a 3: requires `b @ https://example.com/b.whl`, but only your own requirements may use a URL"
        ]
    );
}

/// More projects than version numbers, of which no two may have the same.
fn crowd(projects: usize) -> (Table, Vec<String>) {
    let mut table = Table::default();
    for project in 1..=projects {
        for number in 1..projects {
            let others = (1..=projects).filter(|&other| other != project);
            let needs: Vec<String> = others.map(|it| format!("p{it}!={number}")).collect();
            let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
            table = table.release(&format!("p{project}"), &number.to_string(), &needs);
        }
    }
    (table, (1..=projects).map(|it| format!("p{it}")).collect())
}

#[test]
fn a_search_that_is_not_to_go_on_names_its_knot() {
    let (mut table, crowd) = crowd(12);
    table = table.release("z", "1", &[]);
    let mut required: Vec<&str> = crowd.iter().map(String::as_str).collect();
    required.push("z");
    let mut resolver = Resolver::new(roots(&required));
    let steps = std::cell::Cell::new(0);
    let knot = loop {
        let goes_on = || {
            steps.set(steps.get() + 1);
            steps.get() < 2_000
        };
        match resolver.solve(&goes_on) {
            Outcome::Needs(needs) => {
                for need in needs {
                    table.tell(&mut resolver.universe, &need);
                }
            }
            Outcome::Stopped(knot) => break knot,
            other => panic!("{other:?}"),
        }
    };
    assert!(knot.conflicts > 10, "{knot:?}");
    assert_eq!(knot.projects.len(), 6);
    assert!(!knot.projects.contains(&"z".parse().unwrap()), "{knot:?}");
    // Whoever goes on finds the search where it was.
    assert!(matches!(resolver.solve(&|| false), Outcome::Stopped(_)));
}
