//! The JSON Schema of the plan says what plans are.
//!
//! No validator is at hand: what the schema says of objects, types and known words is
//! compared with a plan that has everything. Patterns and formats are left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::samples;
use crate::update::plan::{Content, FileChange, Plan, Status, TargetKind};
use crate::update::word::{AlarmKind, PinBump, Word};

const SCHEMA: &str = include_str!("../../../docs/plan.schema.json");

/// A plan in which each field has a value somewhere, and each state is there.
fn maximal() -> Plan {
    let mut plan = samples::rich();
    plan.targets[0].files.push(FileChange {
        path: "b".to_owned(),
        before: None,
        after: Content::of(b"\xff"),
    });
    for status in [Status::Partial, Status::Unchanged, Status::Skipped] {
        plan.targets
            .push(samples::target(TargetKind::Lock, "x.txt", status));
    }
    let bumps = ["major", "patch", "downgrade"];
    let pins = bumps.map(|bump| samples::pin("x", "1", "2", bump, &[]));
    plan.targets.push(samples::lock("y.txt", pins.to_vec()));
    plan
}

/// What of a schema was seen in values.
#[derive(Default)]
struct Seen {
    /// Definitions and their keys.
    keys: BTreeSet<(String, String)>,
    /// Words of enumerations.
    words: BTreeSet<String>,
    problems: Vec<String>,
}

/// Follows a value and what the schema says of it. `name` is the definition it is in.
fn follow(root: &Value, schema: &Value, name: &str, value: &Value, seen: &mut Seen) {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.strip_prefix("#/$defs/").expect("all are there");
        let schema = &root["$defs"][name];
        assert!(schema.is_object(), "`{name}` is not defined");
        return follow(root, schema, name, value, seen);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let taken = choices.iter().find(|choice| fits(root, choice, value));
        match taken {
            Some(choice) => follow(root, choice, name, value, seen),
            None => seen
                .problems
                .push(format!("{name}: {value} fits no choice")),
        }
        return;
    }
    if !fits(root, schema, value) {
        seen.problems.push(format!("{name}: {value} does not fit"));
    }
    if let Some(words) = schema["enum"].as_array() {
        if words.contains(value) {
            seen.words.insert(format!("{name} {value}"));
        } else {
            seen.problems.push(format!("{name}: {value} is not listed"));
        }
    }
    for item in value.as_array().into_iter().flatten() {
        follow(root, &schema["items"], name, item, seen);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(key) {
            Some(property) => {
                seen.keys.insert((name.to_owned(), key.clone()));
                follow(root, property, name, value, seen);
            }
            None => seen.problems.push(format!("{name}: `{key}` is not listed")),
        }
    }
}

/// Whether a value has the type and the keys that are required.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.strip_prefix("#/$defs/").expect("all are there");
        return fits(root, &root["$defs"][name], value);
    }
    let is_of = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    let has_type = match &schema["type"] {
        Value::Null => schema["const"].is_null() || schema["const"] == *value,
        Value::Array(kinds) => kinds.iter().any(is_of),
        kind => is_of(kind),
    };
    let required = schema["required"].as_array();
    has_type
        && required.into_iter().flatten().all(|key| {
            let key = key.as_str().expect("keys are strings");
            value.get(key).is_some()
        })
}

#[test]
fn a_plan_has_the_keys_and_words_of_the_schema_and_no_others() {
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let plan: Value = serde_json::from_str(&maximal().to_json()).expect("a plan is JSON");
    let mut seen = Seen::default();
    follow(&root, &root, "", &plan, &mut seen);
    assert_eq!(seen.problems, Vec::<String>::new());

    let (mut keys, mut words) = (BTreeSet::new(), BTreeSet::new());
    for (name, schema) in root["$defs"].as_object().expect("it has definitions") {
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            keys.insert((name.clone(), key.clone()));
            for word in property["enum"].as_array().into_iter().flatten() {
                words.insert(format!("{name} {word}"));
            }
        }
    }
    assert_eq!(seen.keys, keys);
    assert_eq!(seen.words, words);
}

#[test]
fn the_schema_lists_the_words_that_the_program_writes() {
    fn written<W: Word>() -> BTreeSet<&'static str> {
        W::ALL.iter().map(|word| word.as_str()).collect()
    }
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let bumps = &root["$defs"]["pin"]["properties"]["bump"]["enum"];
    let bumps = bumps.as_array().expect("the words are listed").iter();
    let bumps: BTreeSet<&str> = bumps.filter_map(Value::as_str).collect();
    assert_eq!(bumps, written::<PinBump>());
    // Alarms are an open set: the words known today are listed in the description.
    let kinds = root["$defs"]["alarm"]["properties"]["kind"]["description"].as_str();
    let kinds = kinds.expect("it has a description").split('`');
    let kinds: BTreeSet<&str> = kinds.skip(1).step_by(2).collect();
    assert_eq!(kinds, written::<AlarmKind>());
}

#[test]
fn each_object_of_the_schema_is_closed_and_requires_all_its_keys() {
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    for (name, schema) in root["$defs"].as_object().expect("it has definitions") {
        let Some(properties) = schema["properties"].as_object() else {
            continue;
        };
        let keys: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        let required = schema["required"].as_array().into_iter().flatten();
        let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
        assert_eq!(keys, required, "{name}");
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{name}");
    }
}

#[test]
fn the_schema_and_the_program_agree_on_the_version() {
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let version = &root["$defs"]["plan"]["properties"]["version"]["const"];
    assert_eq!(*version, Value::from(crate::update::PLAN_VERSION));
}
