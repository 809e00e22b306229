//! Specifiers as old metadata has them, rewritten as PEP 440 wants them.

use super::clause::{Operator, parse_version};

/// Rewrites sloppy specifiers into valid ones; `None` when there is no telling.
///
/// Quotes and parentheses are dropped, then each operator begins a clause, with
/// or without a comma before it.
pub(super) fn repair(text: &str) -> Option<String> {
    let cleaned: String = text
        .chars()
        .filter(|c| !matches!(c, '\'' | '"' | '(' | ')' | '[' | ']'))
        .collect();
    let mut rest = cleaned.trim_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let mut repaired = String::with_capacity(rest.len() + 4);
    while !rest.is_empty() {
        let operator_end = rest
            .find(|c| !matches!(c, '<' | '>' | '=' | '!' | '~'))
            .unwrap_or(rest.len());
        let (symbol, after) = rest.split_at(operator_end);
        let after = after.trim_start();
        let version_end = after
            .char_indices()
            .find(|(at, c)| {
                c.is_whitespace()
                    || matches!(c, ',' | ';' | '<' | '>' | '=' | '~')
                    || after[*at..].starts_with("!=")
            })
            .map_or(after.len(), |(at, _)| at);
        let (version, after) = after.split_at(version_end);
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == ';');
        if symbol.is_empty() && version == "*" {
            continue;
        }
        if symbol.is_empty() || version.is_empty() {
            return None;
        }
        let clause = repair_clause(symbol, version)?;
        if !clause.is_empty() && !repaired.is_empty() {
            repaired.push(',');
        }
        repaired.push_str(&clause);
    }
    Some(repaired)
}

/// Repairs one clause; an empty text when it says nothing, as `>=*`.
fn repair_clause(symbol: &str, version: &str) -> Option<String> {
    let (symbol, is_prefix) = match symbol {
        "=>" => (">=", false),
        "=<" => ("<=", false),
        "=" => ("==", false),
        "!=~" => ("!=", true),
        "<>" => ("!=", false),
        other => (other, false),
    };
    let operator = Operator::at_start(symbol.as_bytes())?;
    if operator.as_str() != symbol {
        return None;
    }
    let base = version.trim_end_matches(['*', '.']);
    let has_star = version.contains('*') || is_prefix;
    if base.is_empty() {
        return has_star.then(String::new);
    }
    if base == "dev" && matches!(operator, Operator::Above | Operator::AtLeast) {
        return Some(String::new());
    }
    let base = if operator.is_equality() {
        base
    } else {
        base.split('+').next().unwrap_or(base)
    };
    let number = parse_version(base)?;
    let tail = if has_star && operator.is_equality() {
        ".*"
    } else if operator == Operator::Compatible && number.release().len() < 2 {
        // The author of `~=2` meant what `~=2.0` says.
        ".0"
    } else {
        ""
    };
    Some(format!("{symbol}{base}{tail}"))
}
