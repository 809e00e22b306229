//! Tests of markers: the table made by `packaging`, errors, leniency.

use std::collections::HashMap;

use super::*;
use crate::python::marker_parser::Mode;

#[test]
fn agrees_with_packaging() {
    let table = include_str!("../../fixtures/oracle/markers.tsv");
    let mut environments: HashMap<&str, Environment> = HashMap::new();
    let mut wrong = Vec::new();
    let mut evaluated = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["env", name, json] => {
                environments.insert(name, serde_json::from_str(json).unwrap());
            }
            ["print", marker, expected] => {
                let found = Marker::parse(&marker.replace("\\t", "\t"))
                    .map_or_else(|_| "!".to_owned(), |marker| marker.to_pip_string());
                if found != expected {
                    wrong.push(format!("{line} but we say {found}"));
                }
            }
            ["eval", marker, environment, extra, expected] => {
                evaluated += 1;
                let extra = (!extra.is_empty()).then(|| extra.parse::<ExtraName>().unwrap());
                let environment = &environments[environment];
                let answer = Marker::parse(marker)
                    .map(|marker| marker.evaluate(environment, extra.as_ref()));
                let found = match answer {
                    Ok(true) => "1",
                    Ok(false) => "0",
                    Err(_) => "!",
                };
                if found != expected {
                    wrong.push(format!("{line} but we say {found}"));
                }
            }
            _ => panic!("{line}"),
        }
    }
    assert!(evaluated > 2000, "{evaluated}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn printing_is_parsed_again_as_the_same_marker() {
    let table = include_str!("../../fixtures/oracle/markers.tsv");
    for line in table.lines().filter(|line| line.starts_with("eval")) {
        let Ok(marker) = Marker::parse(line.split('\t').nth(1).unwrap()) else {
            continue;
        };
        assert_eq!(
            Marker::parse(&marker.to_pip_string()).unwrap().root,
            marker.root
        );
    }
}

#[test]
fn keeps_what_was_written() {
    let marker = Marker::parse(" python_version>='3.8' and(os.name == 'nt') ").unwrap();
    assert_eq!(
        marker.as_written(),
        "python_version>='3.8' and(os.name == 'nt')"
    );
    assert_eq!(
        marker.to_pip_string(),
        r#"python_version >= "3.8" and os_name == "nt""#
    );
}

#[test]
fn knows_whether_it_speaks_of_extras() {
    assert!(
        Marker::parse("os_name == 'nt' and ('x' == extra)")
            .unwrap()
            .mentions_extra()
    );
    assert!(
        !Marker::parse("os_name == 'extra'")
            .unwrap()
            .mentions_extra()
    );
}

#[track_caller]
fn check_error(text: &str, message: &str, place: &str, help: Option<&str>) {
    let error = Marker::parse(text).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(&text[error.span.range()], place);
    assert_eq!(error.help.as_deref(), help);
}

#[test]
fn errors_say_where_and_what_to_write() {
    check_error(
        "python_versoin >= '3.8'",
        "`python_versoin` is not a marker variable",
        "python_versoin",
        Some("did you mean `python_version`?"),
    );
    check_error(
        "sys_platform == win32",
        "`win32` is not a marker variable",
        "win32",
        Some("quote strings: `\"win32\"`"),
    );
    check_error("os_name == 'nt", "missing closing `'`", "'nt", None);
    check_error(
        "os_name == 'nt' os_name",
        "expected `and`, `or`, or the end of the marker, found `os_name`",
        "os_name",
        None,
    );
    check_error("(os_name == 'nt'", "unclosed `(`", "(", None);
    check_error("os_name == 'nt')", "unmatched `)`", ")", None);
    check_error(
        "os_name ~= 'nt'",
        "`~=` compares versions, but these are not versions",
        "~=",
        Some("compare strings with `==`, `!=`, `in`, or `not in`"),
    );
    check_error(
        "'x' in extras",
        "`extras` is not a marker variable",
        "extras",
        Some("this variable is only valid in lock files"),
    );
    check_error(
        "",
        "expected a variable or a quoted string, found the end",
        "",
        None,
    );
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let text = "(".repeat(100_000);
    let error = Marker::parse(&text).unwrap_err();
    assert_eq!(error.message, "the parentheses are nested too deeply");
}

#[test]
fn old_metadata_may_leave_quotes_out() {
    let marker = Marker::parse_from("python_version = 2.7", 0, Mode::Lenient).unwrap();
    assert_eq!(marker.to_pip_string(), r#"python_version == "2.7""#);
}

#[test]
fn what_holds_beside_the_extra_is_told_apart() {
    for (marker, rest) in [
        ("extra == 'a'", None),
        ("os_name == 'nt'", Some("os_name == \"nt\"")),
        (
            "(python_version >= '3.10') and extra == 'a'",
            Some("python_version >= \"3.10\""),
        ),
        (
            "(os_name == 'nt' or os_name == 'x') and (python_version < '4' and extra == 'a')",
            Some("(os_name == \"nt\" or os_name == \"x\") and python_version < \"4\""),
        ),
        ("os_name == 'nt' or extra == 'a'", None),
        ("extra == 'a' and (os_name == 'nt' or extra == 'b')", None),
    ] {
        let told = Marker::parse(marker).unwrap().without_extra();
        let told = told.map(|marker| marker.to_pip_string());
        assert_eq!(told.as_deref(), rest, "{marker}");
    }
}
