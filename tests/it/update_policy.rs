//! The cooldown and the rules of an update, inside the resolver.

use jiff::{SignedDuration, Timestamp};
use pinfold::config::{Bump, MissingUploadTime, ProjectPattern};
use pinfold::ops::{Compiled, Error, Hashes, HeldVersion, Ignore, PinDetails, compile};
use pinfold::python::Specifiers;
use pinfold::update::{Hold, Policy, Rule};
use tempfile::TempDir;

use crate::index::{Index, Mode, Release, dynamic_sdist, wheel};
use crate::project::{hashes, pins};
use crate::request::request;
use crate::scripted::Reply;

/// What counts as now.
fn as_of() -> Timestamp {
    "2026-11-21T04:17:00Z".parse().unwrap()
}

/// The time so many hours before.
fn hours_ago(hours: i64) -> String {
    (as_of() - SignedDuration::from_hours(hours)).to_string()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days * 24)
}

/// A wheel uploaded so many days before now.
fn aged(name: &str, version: &str, days: i64) -> Release {
    wheel(name, version).uploaded(&hours_ago(days * 24))
}

fn index(releases: impl IntoIterator<Item = Release>) -> Index {
    let index = Index::new(releases);
    index.cache_control("no-cache");
    index
}

/// A lock line with the hashes of these files.
fn pin(releases: &[&Release]) -> String {
    let filename = releases[0].filename();
    let mut parts = filename.trim_end_matches(".tar.gz").split('-');
    let (name, version) = (parts.next().unwrap(), parts.next().unwrap());
    let hashes: Vec<String> = releases
        .iter()
        .map(|release| format!(" --hash={}", release.hash()))
        .collect();
    format!("{name}=={version}{}\n", hashes.concat())
}

fn rule(project: &str) -> Rule {
    Rule {
        projects: vec![ProjectPattern::parse(project).unwrap()],
        ..Rule::default()
    }
}

/// The plain policy with one rule more.
fn ruled(rule: Rule) -> Policy {
    Policy {
        rules: vec![rule],
        ..Policy::new(as_of())
    }
}

/// A lock file and what it is made of.
struct Repository {
    folder: TempDir,
    hashes: Hashes,
}

impl Repository {
    fn new(requirements: &str, lock: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("requirements.in"), requirements).unwrap();
        std::fs::write(folder.path().join("requirements.txt"), lock).unwrap();
        Self {
            folder,
            hashes: Hashes::Reuse,
        }
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.into_os_string().into_string().unwrap()
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path("requirements.txt")).unwrap()
    }

    fn pins(&self) -> Vec<String> {
        pins(&self.lock())
    }

    /// Resolves all anew under a policy, without writing.
    fn try_update(&self, index: &Index, gate: Policy) -> Result<Compiled, Error> {
        let mut request = request(self.folder.path(), &index.url());
        request.selection.upgrade = true;
        request.selection.gate = Some(gate);
        request.output.hashes = self.hashes;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(compile(&request, &Ignore))
    }

    /// Resolves all anew under a policy and writes the lock.
    #[track_caller]
    fn update(&self, index: &Index, gate: Policy) -> Compiled {
        let compiled = self.try_update(index, gate).unwrap();
        compiled.write().unwrap();
        compiled
    }
}

/// Updates a lock under a policy and returns the pins.
#[track_caller]
fn updated(releases: &[Release], requirements: &str, lock: &str, gate: Policy) -> Vec<String> {
    let repository = Repository::new(requirements, lock);
    repository.update(&index(releases.iter().cloned()), gate);
    repository.pins()
}

/// Says what is held back as `project candidate code`.
fn held(compiled: &Compiled) -> Vec<String> {
    let line =
        |held: &HeldVersion| format!("{} {} {}", held.project, held.candidate, held.hold.code());
    compiled.held.iter().map(line).collect()
}

#[track_caller]
fn facts<'a>(compiled: &'a Compiled, project: &str) -> &'a PinDetails {
    let mut all = compiled.pin_details.iter();
    all.find(|facts| facts.project.as_ref() == project).unwrap()
}

#[test]
fn a_lock_of_last_night_is_not_downgraded() {
    let fresh = wheel("dep", "1.2").uploaded(&hours_ago(12));
    let releases = [aged("dep", "1.1", 100), fresh.clone()];
    let repository = Repository::new("dep\n", &pin(&[&fresh]));
    let index = index(releases);
    let compiled = repository.update(&index, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["dep==1.2"]);
    assert_eq!(hashes(&repository.lock()), [fresh.hash()]);
    assert_eq!(held(&compiled), Vec::<String>::new());
    assert_eq!(compiled.moves, []);
    // Nor one without hashes, nor one with hashes that say nothing here.
    for lock in ["dep==1.2\n", "dep==1.2 --hash=sha512:00\n"] {
        let repository = Repository::new("dep\n", lock);
        repository.update(&index, Policy::new(as_of()));
        assert_eq!(repository.pins(), ["dep==1.2"], "{lock}");
    }
    // Who has not locked it waits.
    let repository = Repository::new("dep\n", "");
    let compiled = repository.update(&index, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["dep==1.1"]);
    assert_eq!(held(&compiled), ["dep 1.2 PF101"]);
}

#[test]
fn the_cooldown_is_for_those_that_others_require_as_well() {
    let releases = [
        aged("app", "1.0", 100).requires(&["dep"]),
        aged("app", "1.1", 30).requires(&["dep>=1.0", "new"]),
        aged("app", "1.2", 2).requires(&["dep>=1.1"]),
        aged("dep", "1.0", 100),
        aged("dep", "1.1", 6),
        aged("new", "3.0", 8),
        aged("new", "4.0", 3),
    ];
    let lock = pin(&[&releases[0]]) + &pin(&[&releases[3]]);
    let repository = Repository::new("app\n", &lock);
    let compiled = repository.update(&index(releases), Policy::new(as_of()));
    assert_eq!(repository.pins(), ["app==1.1", "dep==1.0", "new==3.0"]);
    assert_eq!(
        held(&compiled),
        ["app 1.2 PF101", "dep 1.1 PF101", "new 4.0 PF101"]
    );
    let dep = &compiled.held[1];
    assert_eq!(dep.locked.as_deref(), Some("1.0"));
    assert_eq!(dep.eligible, Some(as_of() + days(1)));
    assert_eq!(
        dep.hold.to_string(),
        "in cooldown until 2026-11-22 04:17 UTC"
    );
    assert_eq!(compiled.held[2].locked, None);
    let told: Vec<(bool, &[String])> = compiled
        .pin_details
        .iter()
        .map(|facts| (facts.direct, &facts.via[..]))
        .collect();
    assert!(told[0].0 && told[0].1[0].ends_with("requirements.in"));
    assert_eq!(told[1], (false, &["app".to_owned()][..]));
    assert_eq!(facts(&compiled, "new").published, Some(as_of() - days(8)));
}

#[test]
fn a_file_is_taken_from_the_second_it_is_old_enough() {
    let releases = [aged("a", "1.0", 100), aged("a", "1.1", 7)];
    let at = |time: Timestamp| updated(&releases, "a\n", "", Policy::new(time));
    assert_eq!(at(as_of()), ["a==1.1"]);
    assert_eq!(at(as_of() - SignedDuration::from_secs(1)), ["a==1.0"]);
}

#[test]
fn a_late_wheel_waits_for_itself() {
    let old = aged("a", "1.0", 100);
    let late = aged("a", "1.0", 1)
        .tag("cp312-cp312-manylinux_2_17_x86_64")
        .requires(&["evil"]);
    let index = index([old.clone(), late.clone(), aged("evil", "1.0", 100)]);
    for lock in ["", "a==1.0\n", &pin(&[&old])] {
        let repository = Repository::new("a\n", lock);
        let compiled = repository.update(&index, Policy::new(as_of()));
        assert_eq!(repository.pins(), ["a==1.0"], "{lock}");
        assert_eq!(hashes(&repository.lock()), [old.hash()], "{lock}");
        let late_files = usize::from(!lock.is_empty());
        assert_eq!(facts(&compiled, "a").late_files, late_files, "{lock}");
        assert_eq!(held(&compiled), Vec::<String>::new());
    }
    // What has been locked with it keeps it.
    let repository = Repository::new("a\n", &pin(&[&old, &late]));
    let compiled = repository.update(&index, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.0", "evil==1.0"]);
    assert_eq!(facts(&compiled, "a").late_files, 0);
    // When it is old enough it is taken without anybody's doing.
    let repository = Repository::new("a\n", &pin(&[&old]));
    repository.update(&index, Policy::new(as_of() + days(6)));
    assert_eq!(repository.pins(), ["a==1.0", "evil==1.0"]);
    let mut both = [old.hash(), late.hash()];
    both.sort_unstable();
    assert_eq!(hashes(&repository.lock())[..2], both);
}

#[test]
fn a_late_file_is_known_by_its_content_where_the_index_gives_no_hashes() {
    let old = aged("a", "1.0", 100);
    let late = aged("a", "1.0", 1).tag("cp312-cp312-win_amd64");
    let index = index([old.clone(), late.clone()]);
    let files: Vec<String> = [(&old, 100), (&late, 1)]
        .iter()
        .map(|(release, age)| {
            format!(
                r#"{{"filename": "{0}", "url": "/files/{0}", "hashes": {{}}, "upload-time": "{1}"}}"#,
                release.filename(),
                hours_ago(age * 24)
            )
        })
        .collect();
    let page = format!(
        r#"{{"meta": {{"api-version": "1.1"}}, "name": "a", "files": [{}]}}"#,
        files.join(",")
    );
    let reply = Reply::ok(page).header("Content-Type", "application/vnd.pypi.simple.v1+json");
    index.set("/simple/a/", reply);
    for hashes_are in [Hashes::Reuse, Hashes::Refresh] {
        let mut repository = Repository::new("a\n", &pin(&[&old]));
        repository.hashes = hashes_are;
        repository.update(&index, Policy::new(as_of()));
        assert_eq!(hashes(&repository.lock()), [old.hash()], "{hashes_are:?}");
    }
}

#[test]
fn of_several_pins_the_one_for_the_target_is_locked() {
    let releases = [
        aged("a", "1.0", 100),
        aged("a", "1.1", 3),
        aged("a", "1.2", 2),
    ];
    let new = "a==1.1 ; python_version >= '3.12'\n";
    let old = "a==1.0 ; python_version < '3.12'\n";
    for lock in [[new, old].concat(), [old, new].concat()] {
        let pins = updated(&releases, "a\n", &lock, Policy::new(as_of()));
        assert_eq!(pins, ["a==1.1"], "{lock}");
    }
}

#[test]
fn requirements_are_not_read_in_a_late_wheel_for_others() {
    let sdist = dynamic_sdist("a", "2.0").uploaded(&hours_ago(2400));
    let late = aged("a", "2.0", 1)
        .tag("cp312-cp312-win_amd64")
        .requires(&["evil"]);
    let releases = [aged("a", "1.0", 100), sdist, late, aged("evil", "1.0", 100)];
    let requirements = "a>=2\n";
    let repository = Repository::new(requirements, "");
    let index = index(releases);
    let error = repository.try_update(&index, Policy::new(as_of()));
    assert!(matches!(error, Err(Error::NoSolution { .. })));
    repository.update(&index, Policy::new(as_of() + days(6)));
    assert_eq!(repository.pins(), ["a==2.0", "evil==1.0"]);
}

#[test]
fn what_has_no_upload_time_is_held() {
    let releases = [
        aged("a", "1.0", 100),
        wheel("a", "1.1").undated(),
        wheel("b", "1.0").undated(),
        wheel("b", "1.1").undated(),
    ];
    let lock = pin(&[&releases[0]]) + &pin(&[&releases[2]]);
    let repository = Repository::new("a\nb\n", &lock);
    let index_of_both = index(releases.clone());
    let compiled = repository.update(&index_of_both, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.0", "b==1.0"]);
    assert_eq!(held(&compiled), ["a 1.1 PF105", "b 1.1 PF105"]);
    assert_eq!(compiled.held[0].eligible, None);
    assert_eq!(facts(&compiled, "b").published, None);
    let gate = Policy {
        missing_upload_time: MissingUploadTime::Allow,
        ..Policy::new(as_of())
    };
    repository.update(&index_of_both, gate);
    assert_eq!(repository.pins(), ["a==1.1", "b==1.1"]);
}

#[test]
fn an_index_without_upload_times_keeps_the_lock_and_has_nothing_new() {
    let releases = [wheel("a", "1.0"), wheel("a", "1.1"), wheel("b", "1.0")];
    let index = Index::in_mode(Mode::Html, releases.clone());
    let repository = Repository::new("a\n", &pin(&[&releases[0]]));
    repository.update(&index, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.0"]);
    let repository = Repository::new("a\nb\n", &pin(&[&releases[0]]));
    let Err(Error::NoSolution { explanation, .. }) =
        repository.try_update(&index, Policy::new(as_of()))
    else {
        panic!("there is a solution");
    };
    let text = [&explanation.facts[..], &explanation.hints[..]]
        .concat()
        .join("\n");
    assert!(text.contains("the index has no upload time"), "{text}");
    assert!(text.contains("PF105"), "{text}");
    assert!(text.contains("missing-upload-time"), "{text}");
}

#[test]
fn a_major_step_takes_longer() {
    let releases = [
        aged("a", "1.0", 100),
        aged("a", "1.1", 8),
        aged("a", "2.0", 10),
    ];
    let lock = pin(&[&releases[0]]);
    let at = |time| updated(&releases, "a\n", &lock, Policy::new(time));
    assert_eq!(at(as_of()), ["a==1.1"]);
    assert_eq!(at(as_of() + days(4)), ["a==2.0"]);
    // Who has no version takes no step.
    assert_eq!(
        updated(&releases, "a\n", "", Policy::new(as_of())),
        ["a==2.0"]
    );
    let repository = Repository::new("a\n", &lock);
    let compiled = repository.update(&index(releases), Policy::new(as_of()));
    let until = as_of() + days(4);
    assert_eq!(compiled.held[0].hold, Hold::Cooldown { until });
    assert_eq!(compiled.held[0].candidate, "2.0");
}

#[test]
fn a_step_to_another_epoch_is_a_major_one() {
    let releases = [aged("a", "2026.1", 100), aged("a", "1!1.0", 10)];
    let lock = pin(&[&releases[0]]);
    let at = |time| updated(&releases, "a\n", &lock, Policy::new(time));
    assert_eq!(at(as_of()), ["a==2026.1"]);
    assert_eq!(at(as_of() + days(4)), ["a==1!1.0"]);
}

#[test]
fn no_step_is_greater_than_wanted() {
    let releases = [
        aged("a", "1.0.0", 100),
        aged("a", "1.0.5", 60),
        aged("a", "1.2.0", 50),
        aged("a", "2.0.0", 40),
    ];
    let lock = pin(&[&releases[0]]);
    let limited = |max_bump| Policy {
        max_bump,
        ..Policy::new(as_of())
    };
    let up_to = |max_bump| updated(&releases, "a\n", &lock, limited(max_bump));
    assert_eq!(up_to(Bump::Patch), ["a==1.0.5"]);
    assert_eq!(up_to(Bump::Minor), ["a==1.2.0"]);
    assert_eq!(up_to(Bump::Major), ["a==2.0.0"]);
    let repository = Repository::new("a\n", &lock);
    let compiled = repository.update(&index(releases.clone()), limited(Bump::Minor));
    assert_eq!(held(&compiled), ["a 2.0.0 PF108"]);
    // A rule says otherwise for one project.
    let gate = Policy {
        rules: vec![Rule {
            max_bump: Some(Bump::Major),
            ..rule("a")
        }],
        ..limited(Bump::Patch)
    };
    assert_eq!(updated(&releases, "a\n", &lock, gate), ["a==2.0.0"]);
}

#[test]
fn a_rule_bounds_versions_till_its_last_day() {
    let releases = [
        aged("django", "5.1", 100),
        aged("django", "5.2", 60),
        aged("django", "6.1", 50),
    ];
    let until = |day: &str| {
        ruled(Rule {
            allow: Some(Specifiers::parse("<6").unwrap()),
            until: Some(day.parse().unwrap()),
            reason: Some("LTS".to_owned()),
            ..rule("Django")
        })
    };
    let lock = pin(&[&releases[0]]);
    let repository = Repository::new("django\n", &lock);
    let index = index(releases.clone());
    let compiled = repository.update(&index, until("2026-11-21"));
    assert_eq!(repository.pins(), ["django==5.2"]);
    assert_eq!(held(&compiled), ["django 6.1 PF107"]);
    assert_eq!(
        compiled.held[0].hold.to_string(),
        "a rule allows only `<6` (LTS; until 2026-11-21)"
    );
    let over = until("2026-11-20");
    assert_eq!(over.expired_rules().count(), 1);
    assert_eq!(updated(&releases, "django\n", &lock, over), ["django==6.1"]);
    // The locked version is no matter of rules.
    let lock = pin(&[&releases[2]]);
    let kept = updated(&releases, "django\n", &lock, until("2026-11-21"));
    assert_eq!(kept, ["django==6.1"]);
}

#[test]
fn a_rule_has_its_own_cooldown() {
    let releases = [
        aged("acme-a", "1.0", 100),
        aged("acme-a", "1.1", 0),
        aged("b", "1.0", 100),
        aged("b", "1.1", 10),
    ];
    let gate = Policy {
        rules: vec![
            Rule {
                cooldown: Some(days(0)),
                ..rule("acme-*")
            },
            Rule {
                cooldown: Some(days(30)),
                ..rule("*")
            },
        ],
        ..Policy::new(as_of())
    };
    let pins = updated(&releases, "acme-a\nb\n", "", gate);
    assert_eq!(pins, ["acme-a==1.1", "b==1.0"]);
}

#[test]
fn an_ignored_project_stays_where_it_is() {
    let releases = [
        aged("a", "1.0", 100),
        aged("a", "1.1", 60),
        aged("a", "1.2", 1),
    ];
    let gate = || {
        ruled(Rule {
            ignore: true,
            reason: Some("breaks the build".to_owned()),
            ..rule("a")
        })
    };
    let repository = Repository::new("a\n", &pin(&[&releases[0]]));
    let compiled = repository.update(&index(releases.clone()), gate());
    assert_eq!(repository.pins(), ["a==1.0"]);
    assert_eq!(held(&compiled), ["a 1.2 PF107"]);
    assert_eq!(
        compiled.held[0].hold.to_string(),
        "a rule keeps the pinned version (breaks the build)"
    );
    // What is not locked, or gone, cannot stay; the cooldown counts.
    assert_eq!(updated(&releases, "a\n", "", gate()), ["a==1.1"]);
    let gone = updated(&releases, "a\n", "a==0.9\n", gate());
    assert_eq!(gone, ["a==1.1"]);
    // It stays although it was yanked.
    let mut releases = releases;
    releases[0] = releases[0].clone().yanked("broken");
    let lock = pin(&[&releases[0]]);
    assert_eq!(updated(&releases, "a\n", &lock, gate()), ["a==1.0"]);
}

#[test]
fn the_same_time_gives_the_same_bytes() {
    let releases = [
        aged("app", "1.0", 100).requires(&["dep"]),
        aged("app", "1.1", 8).requires(&["dep"]),
        aged("dep", "1.0", 100),
        aged("dep", "1.1", 9),
    ];
    let lock = pin(&[&releases[0]]) + &pin(&[&releases[2]]);
    let index = index(releases);
    let first = Repository::new("app\n", &lock);
    let compiled = first.update(&index, Policy::new(as_of()));
    let once = compiled.text.replace(&first.path(""), "");
    // Later uploads, to new versions and to old ones, change nothing.
    index.add(aged("dep", "1.2", 6));
    index.add(aged("app", "1.1", -3).tag("cp312-cp312-manylinux_2_17_x86_64"));
    let second = Repository::new("app\n", &lock);
    let compiled = second.update(&index, Policy::new(as_of()));
    assert_eq!(compiled.text.replace(&second.path(""), ""), once);
    // And again on top of it.
    let compiled = second.update(&index, Policy::new(as_of()));
    assert_eq!(compiled.text.replace(&second.path(""), ""), once);
    assert!(!compiled.is_changed());
}

#[test]
fn what_came_after_the_time_of_the_run_does_not_count() {
    let releases = [
        aged("a", "1.0", 100),
        aged("a", "1.1", 50),
        aged("a", "1.2", 20),
    ];
    let gate = Policy {
        cooldown: days(0),
        cooldown_major: days(0),
        ..Policy::new(as_of() - days(30))
    };
    let repository = Repository::new("a\n", &pin(&[&releases[0]]));
    let index_of_three = index(releases.clone());
    let compiled = repository.update(&index_of_three, gate.clone());
    assert_eq!(repository.pins(), ["a==1.1"]);
    assert_eq!(compiled.held[0].eligible, Some(as_of() - days(20)));
    // Unless it is locked.
    let lock = pin(&[&releases[2]]);
    assert_eq!(updated(&releases, "a\n", &lock, gate), ["a==1.2"]);
}

#[test]
fn a_locked_version_that_vanished_is_told() {
    let releases = [aged("a", "1.0", 100), aged("a", "1.2", 3)];
    let gone = wheel("a", "1.1");
    let repository = Repository::new("a\n", &pin(&[&gone]));
    let index_without = index(releases.clone());
    let compiled = repository.update(&index_without, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.0"]);
    let told = facts(&compiled, "a");
    assert!(told.vanished);
    assert_eq!(told.locked.as_deref(), Some("1.1"));
    assert_eq!(told.version, "1.0");
    assert_eq!(held(&compiled), ["a 1.2 PF101"]);
    // The next run has nothing to tell.
    let compiled = repository.update(&index_without, Policy::new(as_of()));
    assert!(!facts(&compiled, "a").vanished);
}

#[test]
fn other_files_under_the_locked_version_do_not_take_its_place() {
    let recorded = wheel("a", "1.1").payload(10);
    // Young ones are not looked at.
    let index_of_young = index([aged("a", "1.0", 100), aged("a", "1.1", 2)]);
    let repository = Repository::new("a\n", &pin(&[&recorded]));
    let compiled = repository.update(&index_of_young, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.0"]);
    assert!(facts(&compiled, "a").vanished);
    // Old ones would be chosen, with other hashes: that takes somebody's word.
    let repository = Repository::new("a\n", &pin(&[&recorded]));
    let index_of_old = index([aged("a", "1.0", 100), aged("a", "1.1", 30)]);
    let error = repository
        .try_update(&index_of_old, Policy::new(as_of()))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("match none of its files on the index"),
        "{error}"
    );
}

#[test]
fn one_of_several_locked_files_that_is_gone_goes_from_the_lock() {
    let stays = aged("a", "1.0", 2);
    let gone = wheel("a", "1.0").tag("cp312-cp312-win_amd64");
    let repository = Repository::new("a\n", &pin(&[&stays, &gone]));
    let compiled = repository.update(&index([stays.clone()]), Policy::new(as_of()));
    assert_eq!(hashes(&repository.lock()), [stays.hash()]);
    assert!(!facts(&compiled, "a").vanished);
}

#[test]
fn a_yanked_pin_is_kept_and_told_till_there_is_something_newer() {
    let releases = [
        aged("a", "1.0", 100),
        aged("a", "1.1", 50).yanked("broken"),
        aged("a", "1.2", 3),
    ];
    let repository = Repository::new("a\n", &pin(&[&releases[1]]));
    let index_of_three = index(releases.clone());
    let compiled = repository.update(&index_of_three, Policy::new(as_of()));
    assert_eq!(repository.pins(), ["a==1.1"]);
    assert_eq!(facts(&compiled, "a").yanked.as_deref(), Some("broken"));
    let compiled = repository.update(&index_of_three, Policy::new(as_of() + days(4)));
    assert_eq!(repository.pins(), ["a==1.2"]);
    assert_eq!(facts(&compiled, "a").yanked, None);
    // Nobody gets it anew.
    let fresh = updated(&releases, "a\n", "", Policy::new(as_of()));
    assert_eq!(fresh, ["a==1.0"]);
}

#[test]
fn only_what_could_be_taken_counts_as_held() {
    let releases = [
        aged("app", "1.0", 100).requires(&["dep<2", "other[x]"]),
        aged("dep", "1.0", 100),
        aged("dep", "1.1", 3),
        aged("dep", "2.0", 2),
        aged("other", "1.0", 100)
            .extras(&["x"])
            .requires(&["far<1.1; extra == 'x'"]),
        aged("far", "1.0", 100),
        aged("far", "1.1", 1),
        aged("mine", "1.0", 100),
        aged("mine", "1.1", 1),
        aged("pre", "1.0", 100),
        aged("pre", "1.1rc1", 1),
        aged("old", "1.0", 100),
        aged("old", "1.1", 1).python("<3.9"),
        aged("bound", "1.0", 100),
        aged("bound", "1.1", 1),
    ];
    let repository = Repository::new("app\nmine<1.1\npre\nold\nbound\n-c c.txt\n", "");
    std::fs::write(repository.path("c.txt"), "bound<1.1\n").unwrap();
    let compiled = repository.update(&index(releases), Policy::new(as_of()));
    assert_eq!(held(&compiled), ["dep 1.1 PF101"]);
}

#[test]
fn an_explanation_has_the_hold_in_it() {
    let releases = [
        aged("app", "1.0", 100).requires(&["dep>=2"]),
        aged("dep", "1.0", 100),
        aged("dep", "2.0", 3),
        aged("dep", "2.1", 2),
    ];
    let repository = Repository::new("app\n", "");
    let result = repository.try_update(&index(releases), Policy::new(as_of()));
    let Err(Error::NoSolution { explanation, .. }) = result else {
        panic!("there is a solution");
    };
    let text = [&explanation.facts[..], &explanation.hints[..]].concat();
    insta::assert_snapshot!(text.join("\n"), @r"
    you require app (requirements.in:1)
    app 1.0 requires dep>=2
    dep 2.0, 2.1 cannot be used: in cooldown until 2026-11-26 04:17 UTC (PF101)
    wait until the cooldown ends, or give dep a shorter one with a rule
    ");
}

#[test]
fn no_policy_tells_nothing_and_holds_nothing() {
    let releases = [aged("a", "1.0", 100), aged("a", "1.1", 0)];
    let index = index(releases);
    let project = crate::project::Project::of("a\n");
    project.compiles(&index.url(), &[]);
    assert_eq!(project.pins(), ["a==1.1"]);
}
