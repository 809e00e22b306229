//! Tests of specifiers: the table made by `packaging`, and our own spellings.

use super::*;

/// One cut for all exclusions is the same as one for each.
#[test]
fn exclusions_are_taken_out_together_or_one_by_one() {
    for text in [
        "!=1.0,!=1.1",
        "!=1.1,>=1,!=1.0,<2",
        "!=1.*,!=1.0",
        "!=1.0,!=1.*,!=2.0+local,!=2.0",
        "!=1.0a1,!=1.0,!=1.0.post1,!=1.0+x",
        "==1.0,!=1.0,!=1.0",
    ] {
        let specifiers = Specifiers::parse(text).unwrap();
        let clauses = specifiers.clause_list().iter().map(Clause::ranges);
        let one_by_one = clauses.fold(Ranges::full(), |all, next| all.intersection(&next));
        assert_eq!(*specifiers.ranges(), one_by_one, "{text}");
    }
}
use crate::python::describe;

fn specifiers(text: &str) -> Specifiers {
    Specifiers::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

#[test]
fn agrees_with_packaging() {
    let table = include_str!("../../fixtures/oracle/specifiers.tsv");
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [text, candidate, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        pairs += 1;
        let found = match (Specifiers::parse(text), candidate) {
            (Err(_), _) => "invalid",
            (Ok(_), "-") => "valid",
            (Ok(parsed), _) if parsed.contains(&version(candidate)) => "1",
            (Ok(_), _) => "0",
        };
        if found != expected {
            wrong.push(format!("{line} but we say {found}"));
        }
    }
    assert!(pairs > 4000, "{pairs}");
    assert!(
        wrong.is_empty(),
        "{} of {pairs}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn prints_what_was_written() {
    assert_eq!(specifiers(" >= 2.0 , <3 ").to_string(), ">= 2.0 , <3");
    assert_eq!(specifiers("==1.4.*").to_string(), "==1.4.*");
    assert_eq!(specifiers("").to_string(), "");
}

#[test]
fn equality_is_of_meaning_not_of_spelling() {
    assert_eq!(specifiers(">=1,<2"), specifiers("< 2.0, >= 1.0"));
    assert_ne!(specifiers("~=1.0"), specifiers("~=1.0.0"));
    assert_ne!(specifiers("==1.0.*"), specifiers("==1.*"));
    assert_ne!(specifiers("===1.0"), specifiers("===1.0.0"));
    assert_ne!(specifiers(">=1"), specifiers(">=1,>=2"));
}

#[test]
fn finds_the_pinned_version() {
    assert_eq!(specifiers("==1.0").exact(), Some(&version("1.0")));
    assert_eq!(specifiers("===1.0").exact(), Some(&version("1.0")));
    assert_eq!(specifiers("==1.*").exact(), None);
    assert_eq!(specifiers("==1.0,!=2").exact(), None);
    assert_eq!(specifiers("===x").exact(), None);
}

#[test]
fn knows_whether_a_prerelease_is_named() {
    assert!(specifiers(">=1.0a1").mentions_prerelease());
    assert!(specifiers("<2.dev0").mentions_prerelease());
    assert!(!specifiers("!=1.0a1").mentions_prerelease());
    assert!(!specifiers(">=1.0,<2.0.post1").mentions_prerelease());
}

#[test]
fn lists_its_clauses() {
    let parsed = specifiers(">= 1.0, != 1.5.*,=== 1.0+x");
    let clauses: Vec<_> = parsed.clauses().collect();
    assert_eq!(clauses, [(">=", "1.0"), ("!=", "1.5.*"), ("===", "1.0+x")]);
    assert_eq!(parsed.arbitrary().collect::<Vec<_>>(), ["1.0+x"]);
}

#[test]
fn disjoint_specifiers_have_an_empty_range() {
    assert!(specifiers(">2,<1").ranges().is_empty());
    assert!(specifiers("<0").ranges().is_empty());
    assert!(specifiers("==1.0,!=1.0").ranges().is_empty());
    assert!(!specifiers("==1.0,!=1.0+x").ranges().is_empty());
}

#[test]
fn numbers_without_successor_do_no_harm() {
    let largest = u64::MAX.to_string();
    for text in [
        format!("=={largest}.*"),
        format!("~=1.{largest}.0"),
        format!("~={largest}.1"),
        format!(">1.0.post{largest}"),
        format!(">1.0.dev{largest}"),
    ] {
        let _ = specifiers(&text).contains(&version("1.0"));
    }
}

#[track_caller]
fn check_error(text: &str, message: &str, place: &str, help: Option<&str>) {
    let error = Specifiers::parse(text).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(&text[error.span.range()], place);
    assert_eq!(error.help.as_deref(), help);
}

#[test]
fn errors_say_where_and_what_to_write() {
    check_error(
        ">=1.0, ~=2",
        "`~=` needs a version of at least two parts",
        "2",
        Some("write `~=2.0` or `>=2`"),
    );
    check_error(
        " >=1.0.*",
        "`.*` cannot follow `>=`",
        "1.0.*",
        Some("write `>=1.0`; only `==` and `!=` take `.*`"),
    );
    check_error(
        ">=1.0<2.0",
        "`1.0<2.0` is not a version",
        "1.0<2.0",
        Some("put a comma between comparisons: `>=1.0,<2.0`"),
    );
    check_error(
        "1.0",
        "expected a comparison such as `>=1.0`, found `1.0`",
        "1.0",
        Some("write `==1.0` for exactly this version"),
    );
    check_error(
        "=>1.0",
        "expected a comparison such as `>=1.0`, found `=>1.0`",
        "=>1.0",
        Some("write `>=1.0`"),
    );
    check_error("==", "expected a version after `==`", "==", None);
    check_error("==nope", "`nope` is not a version (PEP 440)", "nope", None);
}

#[track_caller]
fn check_lenient(text: &str, meaning: &str) {
    let parsed = Specifiers::parse_lenient(text).unwrap();
    assert_eq!(parsed.to_string(), meaning);
}

#[test]
fn old_metadata_is_understood() {
    check_lenient(">=2.7.*", ">=2.7");
    check_lenient(">=1.0<2.0", ">=1.0,<2.0");
    check_lenient(">=1.0 <2.0", ">=1.0,<2.0");
    check_lenient(">=1.0!=1.5", ">=1.0,!=1.5");
    check_lenient(">='3.6'", ">=3.6");
    check_lenient("~=2", "~=2.0");
    check_lenient("=>1.0,", ">=1.0");
    check_lenient(">=3.6*", ">=3.6");
    check_lenient("!=3.0*", "!=3.0.*");
    check_lenient("!=~5.0", "!=5.0.*");
    check_lenient("(>=1.0", ">=1.0");
    check_lenient(">=1.0, *", ">=1.0");
    check_lenient(">=1.0+abc", ">=1.0");
    check_lenient(">=*", "");
    check_lenient(">dev", "");
}

#[test]
fn leniency_keeps_the_strict_error() {
    let error = Specifiers::parse_lenient("^1.0").unwrap_err();
    assert_eq!(error, Specifiers::parse("^1.0").unwrap_err());
}

#[track_caller]
fn check_description(text: &str, words: &str) {
    assert_eq!(describe(specifiers(text).ranges()), words);
}

#[test]
fn describes_ranges_in_words_of_pep_440() {
    check_description(">=2.0,<3", ">=2.0, <3");
    check_description("==2.0", "==2.0");
    check_description("<=2.0", "<=2.0");
    check_description(">2.0", ">2.0");
    check_description("!=2.0", "<2.0 || >2.0");
    check_description("", "*");
    check_description("<1,>2", "no version");
    check_description("===2.0", "==2.0");
}
