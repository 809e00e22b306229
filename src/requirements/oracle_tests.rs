//! What pip itself makes of the same files: `fixtures/oracle/requirements_files.json`.

use serde_json::{Map, Value, json};

use super::{
    Item, ItemKind, PerProject, RequirementsFile, Selector, UnresolvedRequirement, decode,
};
use crate::python::{Marker, RequirementSource};
use crate::text::position;

const ORACLE: &str = include_str!("../../fixtures/oracle/requirements_files.json");

/// Where we say more than pip, on purpose: pip finds these fit, we do not.
const STRICTER: [&str; 6] = [
    // A hash of the wrong length can never match.
    "hash has",
    // An empty index, folder or host name.
    "is empty",
    // A project of that name may exist, but is not meant.
    "looks like a requirements file",
    // Two requirements on one line, of which pip drops one.
    "stands behind a requirement",
    // `-e name @ URL` without quotes, of which pip takes the name as a path.
    "are one value",
    // One dash before a long option's name.
    "unknown option `-index-url`",
];

fn bytes_of(case: &Value) -> Vec<u8> {
    if let Some(text) = case["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    let hex = case["bytes"].as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|index| u8::from_str_radix(&hex[index..index + 2], 16).unwrap())
        .collect()
}

fn normal_name(name: &str) -> String {
    name.parse::<crate::python::ProjectName>()
        .unwrap()
        .to_string()
}

/// Says a file in the oracle's words.
fn describe(text: &str, file: &RequirementsFile) -> Value {
    let mut said = Map::new();
    let mut requirements = Vec::new();
    let mut lines = Vec::new();
    let mut includes = Vec::new();
    let mut index_urls: Vec<&str> = Vec::new();
    let mut no_index = false;
    let mut find_links = Vec::new();
    let mut binaries = Names::default();
    let mut releases = Names::default();
    let mut hosts = Vec::new();
    let mut features: Vec<&str> = Vec::new();
    for item in &file.items {
        match &item.kind {
            ItemKind::Requirement(line) => {
                lines.push(position(text, item.span.start).line_number);
                let mut said = requirement(&line.requirement);
                let mut hashes = Map::new();
                for hash in &line.hashes {
                    let (algorithm, digest) = hash.split_once(':').unwrap();
                    push(&mut hashes, algorithm, digest);
                }
                set(&mut said, "hashes", Value::Object(hashes));
                set(
                    &mut said,
                    "config_settings",
                    settings(&line.config_settings),
                );
                requirements.push(Value::Object(said));
            }
            ItemKind::Editable(line) => {
                lines.push(position(text, item.span.start).line_number);
                let mut said = requirement(&line.requirement);
                said.insert("editable".to_owned(), json!(true));
                set(
                    &mut said,
                    "config_settings",
                    settings(&line.config_settings),
                );
                requirements.push(Value::Object(said));
            }
            ItemKind::Include(path) => includes.push(json!(["-r", path.value])),
            ItemKind::Constraint(path) => includes.push(json!(["-c", path.value])),
            ItemKind::IndexUrl(url) => index_urls = vec![&url.value],
            ItemKind::ExtraIndexUrl(url) => index_urls.push(&url.value),
            ItemKind::FindLinks(path) => {
                // pip joins it to the file's folder if it exists there.
                find_links.push(path.value.replace("./links", "links"));
            }
            ItemKind::NoIndex => no_index = true,
            ItemKind::NoBinary(selectors) => binaries.no(selectors),
            ItemKind::OnlyBinary(selectors) => binaries.yes(selectors),
            ItemKind::AllReleases(selectors) => releases.yes(selectors),
            ItemKind::OnlyFinal(selectors) => releases.no(selectors),
            ItemKind::Pre => releases.pre = true,
            ItemKind::PreferBinary => set(&mut said, "prefer_binary", json!(true)),
            ItemKind::RequireHashes(true) => set(&mut said, "require_hashes", json!(true)),
            ItemKind::RequireHashes(false) => set(&mut said, "no_require_hashes", json!(true)),
            ItemKind::TrustedHost(host) => {
                if !hosts.contains(host) {
                    hosts.push(host.clone());
                }
            }
            ItemKind::UseFeature(feature) => {
                if !features.contains(&feature.as_str()) {
                    features.push(feature);
                }
            }
        }
    }
    if no_index {
        index_urls.clear();
        said.insert("no_index".to_owned(), json!(true));
    }
    if lines.iter().any(|&line| line != 1) && has_plain_lines(text) {
        set(&mut said, "lines", json!(lines));
    }
    set(&mut said, "requirements", json!(requirements));
    set(&mut said, "includes", json!(includes));
    set(&mut said, "index_urls", json!(index_urls));
    set(&mut said, "find_links", json!(find_links));
    set(&mut said, "trusted_hosts", json!(hosts));
    set(&mut said, "features", json!(features));
    said.insert("binaries".to_owned(), json!(binaries.answers()));
    said.insert("releases".to_owned(), json!(releases.answers()));
    Value::Object(said)
}

/// Answers for the names that the cases use.
#[derive(Default)]
struct Names {
    answers: PerProject,
    pre: bool,
}

const NAMES: [&str; 8] = ["a", "b", "b-c", "c", "d", "flask", "x", "other"];

impl Names {
    fn yes(&mut self, selectors: &[Selector]) {
        self.answers.answer_yes(selectors);
    }

    fn no(&mut self, selectors: &[Selector]) {
        self.answers.answer_no(selectors);
    }

    fn answers(&self) -> Vec<Option<bool>> {
        NAMES
            .map(|name| {
                let answer = self.answers.get(&name.parse().unwrap());
                answer.or(self.pre.then_some(true))
            })
            .to_vec()
    }
}

/// Turns pip's sets of names into an answer for each name, as pip does.
fn answers(yes: &Value, no: &Value) -> Vec<Option<bool>> {
    let has = |set: &Value, name: &str| {
        set.as_array()
            .is_some_and(|set| set.iter().any(|entry| entry == name))
    };
    NAMES
        .iter()
        .map(|name| {
            if has(yes, name) {
                Some(true)
            } else if has(no, name) {
                Some(false)
            } else if has(yes, ":all:") {
                Some(true)
            } else if has(no, ":all:") {
                Some(false)
            } else {
                None
            }
        })
        .collect()
}

fn requirement(requirement: &UnresolvedRequirement) -> Map<String, Value> {
    let mut said = Map::new();
    let (extras, marker) = match requirement {
        UnresolvedRequirement::Named(named) => {
            match &named.source {
                RequirementSource::Specifiers(specifiers) => {
                    let mut clauses: Vec<String> = specifiers
                        .clauses()
                        .map(|(operator, version)| format!("{operator}{version}"))
                        .collect();
                    clauses.sort();
                    set(&mut said, "specifiers", json!(clauses));
                }
                RequirementSource::Url(url) => set(&mut said, "location", json!(url)),
            }
            (&named.extras, &named.marker)
        }
        UnresolvedRequirement::Unnamed(unnamed) => {
            set(&mut said, "location", json!(location(&unnamed.url_or_path)));
            (&unnamed.extras, &unnamed.marker)
        }
    };
    if let Some(name) = requirement.name() {
        set(&mut said, "name", json!(name.to_string()));
    }
    let mut extras: Vec<String> = extras.iter().map(ToString::to_string).collect();
    extras.sort();
    set(&mut said, "extras", json!(extras));
    if let Some(marker) = marker {
        set(&mut said, "marker", json!(marker.to_pip_string()));
    }
    said
}

fn location(url_or_path: &str) -> String {
    if super::unresolved::is_url(url_or_path) {
        url_or_path.to_owned()
    } else {
        super::location::normalise(url_or_path)
    }
}

/// Whether pip, which looks, would have found no directory here.
///
/// `proj` is the only one that the cases have. Archives may be missing.
fn is_missing(item: &Item) -> bool {
    let (requirement, may_be_archive) = match &item.kind {
        ItemKind::Requirement(line) => (&line.requirement, true),
        ItemKind::Editable(line) => (&line.requirement, false),
        _ => return false,
    };
    let UnresolvedRequirement::Unnamed(unnamed) = requirement else {
        return false;
    };
    let path = &unnamed.url_or_path;
    !super::unresolved::is_url(path)
        && super::location::normalise(path) != "proj"
        && !(may_be_archive && super::unresolved::is_archive(path))
}

fn settings(settings: &[(String, String)]) -> Value {
    let mut said = Map::new();
    for (key, value) in settings {
        push(&mut said, key, value);
    }
    Value::Object(said)
}

fn push(map: &mut Map<String, Value>, key: &str, value: &str) {
    let list = map.entry(key).or_insert_with(|| json!([]));
    list.as_array_mut().unwrap().push(json!(value));
}

fn set(map: &mut Map<String, Value>, key: &str, value: Value) {
    let is_empty =
        value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    if !is_empty {
        map.insert(key.to_owned(), value);
    }
}

/// Whether pip counts lines as editors do; and a joined line starts at its text.
fn has_plain_lines(text: &str) -> bool {
    !text.contains(|character: char| {
        character == '\\' || character.is_control() && !matches!(character, '\n' | '\t')
    })
}

/// Brings pip's words into our form: names and extras normal, sets as answers.
fn expected(case: &Value, text: &str) -> Value {
    let mut said = case.as_object().unwrap().clone();
    let mut take = |key: &str| said.remove(key).unwrap_or(Value::Null);
    take("text");
    take("bytes");
    if !has_plain_lines(text) {
        take("lines");
    }
    let no_binary = take("no_binary");
    let only_binary = take("only_binary");
    let all_releases = take("all_releases");
    let only_final = take("only_final");
    said.insert(
        "binaries".to_owned(),
        json!(answers(&only_binary, &no_binary)),
    );
    said.insert(
        "releases".to_owned(),
        json!(answers(&all_releases, &only_final)),
    );
    if let Some(requirements) = said.get_mut("requirements") {
        for requirement in requirements.as_array_mut().unwrap() {
            let requirement = requirement.as_object_mut().unwrap();
            if let Some(name) = requirement.get_mut("name") {
                *name = json!(normal_name(name.as_str().unwrap()));
            }
            if let Some(extras) = requirement.get_mut("extras") {
                let mut names: Vec<String> = extras
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|extra| normal_name(extra.as_str().unwrap()))
                    .collect();
                names.sort();
                // pip keeps two spellings of one extra until later.
                names.dedup();
                *extras = json!(names);
            }
            if let Some(marker) = requirement.get_mut("marker") {
                let parsed = Marker::parse(marker.as_str().unwrap()).unwrap();
                *marker = json!(parsed.to_pip_string());
            }
        }
    }
    Value::Object(said)
}

#[test]
fn says_what_pip_says() {
    let oracle: Value = serde_json::from_str(ORACLE).unwrap();
    let environment = &oracle["environment"];
    let variable = |name: &str| environment[name].as_str().map(str::to_owned);
    let mut differences = Vec::new();
    for case in oracle["cases"].as_array().unwrap() {
        let bytes = bytes_of(case);
        let is_error = case["error"] == true;
        let text = match decode(&bytes) {
            Ok(text) => text,
            Err(error) => {
                if !is_error {
                    differences.push(format!("{case}\n  we: {error}"));
                }
                continue;
            }
        };
        let file = RequirementsFile::parse(&text, &variable);
        if file
            .problems
            .iter()
            .any(|problem| STRICTER.iter().any(|part| problem.message.contains(part)))
        {
            continue;
        }
        let is_refused = !file.problems.is_empty() || file.items.iter().any(is_missing);
        if is_error != is_refused {
            differences.push(format!(
                "{case}\n  we: {:?} {:?}",
                file.problems, file.items
            ));
        } else if !is_error {
            let (ours, pips) = (describe(&text, &file), expected(case, &text));
            if ours != pips {
                differences.push(format!("{text:?}\n pip: {pips}\n  we: {ours}"));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
