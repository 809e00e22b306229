//! The words of a registry: the error bodies of the OCI distribution specification, and
//! what token servers send in their place.
//!
//! They are shown to people, so they are short, on one line and without control
//! characters.

use serde_json::Value;

use crate::http::{HeaderMap, header, redact};

/// How many characters of a registry's words are shown.
const LONGEST: usize = 240;

/// Returns what a refusal's body says; empty if it says nothing.
pub(super) fn said(headers: &HeaderMap, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return shown(&from_json(&value));
    }
    let is_markup = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains("html"));
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    match line {
        Some(line) if !is_markup && !line.starts_with(['<', '{', '[']) => shown(line),
        _ => String::new(),
    }
}

/// Makes a text fit to be shown.
pub(super) fn shown(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .take(LONGEST)
        .collect();
    redact(line.trim().trim_end_matches('.')).into_owned()
}

fn from_json(value: &Value) -> String {
    if let Some(errors) = value.get("errors").and_then(Value::as_array) {
        // Several say the same of several scopes.
        let mut parts: Vec<String> = Vec::new();
        for part in errors.iter().take(8).map(one_error) {
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        return parts.join("; ");
    }
    ["details", "detail", "message", "error_description", "error"]
        .iter()
        .find_map(|name| text_of(value.get(name)))
        .unwrap_or_default()
        .to_owned()
}

fn one_error(error: &Value) -> String {
    let code = text_of(error.get("code")).unwrap_or_default();
    let message = text_of(error.get("message")).unwrap_or(code);
    match text_of(error.get("detail")).filter(|detail| *detail != message) {
        Some(detail) => format!("{message} ({detail})"),
        None => message.to_owned(),
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    value?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// Characters that turn the direction of a line, or are not seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(said(&HeaderMap::new(), body.as_bytes()), expected);
    }

    #[test]
    fn reads_the_errors_of_registries() {
        check(
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":"unknown tag=9"}]}"#,
            "manifest unknown (unknown tag=9)",
        );
        check(
            r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository"}]}]}"#,
            "authentication required",
        );
        check(
            r#"{"errors":[{"code":"DENIED"},{"code":"DENIED"},{"code":"NAME_UNKNOWN","message":"no such repository."}]}"#,
            "DENIED; no such repository",
        );
        check(r#"{"errors":[]}"#, "");
        check(r#"{"errors":[17,null]}"#, "");
    }

    #[test]
    fn reads_the_errors_of_token_servers() {
        check(
            r#"{"details":"incorrect username or password"}"#,
            "incorrect username or password",
        );
        check(
            r#"{"error":"invalid_grant","error_description":"expired"}"#,
            "expired",
        );
        check(r#"{"message":"Bad credentials"}"#, "Bad credentials");
    }

    #[test]
    fn reads_plain_text_but_no_markup() {
        check("\n404 page not found\nmore", "404 page not found");
        check("<html>no</html>", "");
        check("{broken", "");
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/HTML"));
        assert_eq!(said(&headers, b"no"), "");
    }

    #[test]
    fn is_short_on_one_line_and_harmless() {
        check("{\"message\":\"a\\u001b[31m\\nb\\u202e\"}", "a[31m b");
        check(
            r#"{"message":"see https://me:hush@r.example/x"}"#,
            "see https://r.example/x",
        );
        let long = format!("{{\"message\":\"{}\"}}", "x".repeat(1000));
        check(&long, &"x".repeat(LONGEST));
    }
}
