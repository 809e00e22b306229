//! The JSON Schema of `pinfold.toml` (draft-07, which editors know best), made of the
//! table of keys.
//!
//! It says less than the reader where a schema cannot say it well: whether a specifier, a
//! platform or a pattern is one, and that no two locks have the same output.

use serde_json::{Map, Value, json};

use super::keys::{IMAGE_KEYS, Key, Kind, PROJECT_KEYS, SECTIONS, Section};

/// Returns the schema.
pub fn json_schema() -> Value {
    let tables: Map<String, Value> = SECTIONS
        .iter()
        .map(|section| (section.name.to_owned(), table(section)))
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "pinfold.toml",
        "description": "The configuration of Pinfold. It can also be in [tool.pinfold] of a \
            pyproject.toml.",
        "type": "object",
        "additionalProperties": false,
        "properties": tables,
    })
}

fn table(section: &Section) -> Value {
    let properties: Map<String, Value> = section
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let mut schema = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if section.others.is_some() {
        schema["additionalProperties"] = json!({
            "type": ["string", "boolean", "integer", "array"],
            "items": { "type": ["string", "integer"] },
        });
    }
    match section.name {
        "index" => schema["required"] = json!(["name", "url"]),
        "lock" => schema["required"] = json!(["output", "sources"]),
        "rule" => {
            schema["oneOf"] = json!([
                about("match", &IMAGE_KEYS),
                about("match-image", &PROJECT_KEYS)
            ]);
            // Beside what it is for, `until` and `reason`.
            schema["anyOf"] = section
                .keys
                .iter()
                .filter(|key| !["match", "match-image", "until", "reason"].contains(&key.name))
                .map(|key| match key.kind {
                    Kind::Flag => json!({
                        "required": [key.name],
                        "properties": { key.name: { "const": true } },
                    }),
                    _ => json!({ "required": [key.name] }),
                })
                .collect();
        }
        _ => {}
    }
    if section.is_list {
        json!({ "type": "array", "description": section.about, "items": schema })
    } else {
        schema["description"] = section.about.into();
        schema
    }
}

/// A rule that has one key and none of others.
fn about(required: &str, forbidden: &[&str]) -> Value {
    let forbidden: Map<String, Value> = forbidden
        .iter()
        .map(|key| ((*key).to_owned(), Value::Bool(false)))
        .collect();
    json!({ "required": [required], "properties": forbidden })
}

fn property(key: &Key) -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let mut schema = match key.kind {
        Kind::Text => text,
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::TextOrTexts => json!({
            "oneOf": [text, { "type": "array", "items": text }]
        }),
        Kind::Texts => json!({ "type": "array", "items": text }),
        Kind::SomeTexts => json!({ "type": "array", "items": text, "minItems": 1 }),
        Kind::Statuses => json!({
            "type": "array",
            "items": { "type": "integer", "minimum": 400, "maximum": 599 },
        }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Duration => json!({
            "type": "string",
            "pattern": "^((?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+min)?|P(?=[0-9T])([0-9]+W)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?)?)$",
        }),
        Kind::Cutoff => cutoff(),
        Kind::Cutoffs => json!({
            "type": ["object", "string", "array"],
            "additionalProperties": cutoff(),
            "items": text,
        }),
        // A TOML date reaches a validator as text of this form.
        Kind::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
    };
    schema["description"] = key.about.into();
    if let Some(default) = key.default {
        schema["default"] = value(default);
    }
    // A table is not written alike in TOML and JSON.
    if key.kind != Kind::Cutoffs {
        schema["examples"] = json!([value(key.example)]);
    }
    schema
}

fn cutoff() -> Value {
    json!({ "anyOf": [{ "type": "string", "minLength": 2 }, { "const": false }] })
}

/// Returns a value of the table of keys as JSON: texts, arrays of texts and truth values
/// are written alike in both.
fn value(toml: &str) -> Value {
    serde_json::from_str(toml).expect("the table's values are JSON, too")
}

#[cfg(test)]
mod tests {
    use super::super::document::{Config, Home};
    use super::*;

    /// A table that holds one key beside those that have to be there.
    fn with(section: &Section, key: &Key, value: &str) -> String {
        let beside: &[&str] = match (section.name, key.name) {
            ("rule", "match" | "match-image") => &["ignore = true"],
            ("rule", "ignore") => &["match = [\"x\"]", "allow = \"<1\""],
            ("rule", name) if IMAGE_KEYS.contains(&name) => &["match-image = [\"x\"]"],
            ("rule", "until" | "reason") => &["match = [\"x\"]", "ignore = true"],
            ("rule", _) => &["match = [\"x\"]"],
            ("index", "name") => &["url = \"https://a.example/\""],
            ("index", "url") => &["name = \"x\""],
            ("index", _) => &["name = \"x\"", "url = \"https://a.example/\""],
            ("lock", "output") => &["sources = [\"x\"]"],
            ("lock", "sources") => &["output = \"x\""],
            ("lock", _) => &["output = \"x\"", "sources = [\"y\"]"],
            _ => &[],
        };
        format!(
            "{}\n{}\n{} = {value}\n",
            section.header(),
            beside.join("\n"),
            key.name
        )
    }

    #[track_caller]
    fn read(text: &str) -> Config {
        let (config, problems) = Config::parse(text, Home::PinfoldToml);
        assert_eq!(problems, [], "{text}");
        config.unwrap()
    }

    #[test]
    fn each_key_is_read_and_its_value_kept() {
        for section in SECTIONS {
            for key in section.keys {
                let has = format!("{:?}", read(&with(section, key, key.example)));
                let text = with(section, key, key.example);
                let line = text.lines().rfind(|line| line.contains(" = ")).unwrap();
                // A comment of the same length, so that all places stay.
                let without = text.replace(line, &format!("#{}", &line[1..]));
                let (other, _) = Config::parse(&without, Home::PinfoldToml);
                assert_ne!(has, format!("{:?}", other.unwrap()), "{text}");
            }
        }
    }

    #[test]
    fn each_word_means_something_of_its_own() {
        for section in SECTIONS {
            for key in section.keys {
                let Kind::Word(words) = key.kind else {
                    continue;
                };
                let mut meanings: Vec<String> = words
                    .iter()
                    .map(|word| {
                        let text = with(section, key, &format!("\"{word}\""));
                        let mut config = read(&text);
                        // Words of different lengths move what follows.
                        for rule in &mut config.rules {
                            rule.span = crate::text::Span::default();
                        }
                        format!("{config:?}")
                    })
                    .collect();
                meanings.dedup();
                assert_eq!(meanings.len(), words.len(), "{}", key.name);
            }
        }
    }

    #[test]
    fn defaults_are_values() {
        for section in SECTIONS {
            for key in section.keys {
                if let Some(default) = key.default {
                    read(&with(section, key, default));
                }
            }
        }
    }

    #[test]
    fn has_each_table_and_key_and_no_other() {
        let schema = json_schema();
        let names = |schema: &Value| -> Vec<String> {
            let properties = schema["properties"].as_object().unwrap();
            properties.keys().cloned().collect()
        };
        let tables = SECTIONS.map(|section| section.name).to_vec();
        assert_eq!(names(&schema), sorted(tables));
        assert_eq!(schema["additionalProperties"], false);
        for section in SECTIONS {
            let table = &schema["properties"][section.name];
            let table = if section.is_list {
                &table["items"]
            } else {
                table
            };
            assert_eq!(names(table), sorted(section.names()));
            let is_open = table["additionalProperties"] != false;
            assert_eq!(is_open, section.others.is_some());
        }
    }

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_unstable();
        names
    }
}
