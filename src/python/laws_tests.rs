//! Laws that hold for any input: parsers do not panic, spans are places in the
//! text, what is printed is read again, ranges and their description agree.

use proptest::prelude::*;

use super::*;

/// Text made of what the grammars are made of, so that parsers get somewhere.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("foo".to_owned()),
        Just(" ".to_owned()),
        "[<>=!~]{1,3}",
        "[0-9]{1,3}(\\.[0-9*]{1,2}){0,3}",
        "(a|b|rc|\\.post|\\.dev|\\+|!|v|-|_)[0-9]{0,20}",
        "[\\[\\](),;@'\"]",
        Just("python_version".to_owned()),
        Just("extra".to_owned()),
        Just("os_name".to_owned()),
        "( and | or | in | not in | not )",
        "['\"][a-z0-9. ]{0,5}['\"]",
        Just("https://host.example/x".to_owned()),
        "\\PC{0,3}",
    ];
    prop::collection::vec(scrap, 0..12).prop_map(|scraps| scraps.concat())
}

fn version() -> impl Strategy<Value = Version> {
    "(1!)?[0-3](\\.[0-3]){0,3}((a|b|rc)[0-2])?(\\.post[0-2])?(\\.dev[0-2])?(\\+(x|1))?"
        .prop_map(|text| text.parse().unwrap())
}

fn specifiers() -> impl Strategy<Value = Specifiers> {
    let clause = (
        prop::sample::select(vec!["==", "!=", ">=", "<=", ">", "<", "~="]),
        version(),
        any::<bool>(),
    )
        .prop_map(|(operator, version, is_wildcard)| {
            let version = version.without_local();
            match (operator, is_wildcard) {
                ("==" | "!=", true) => format!("{operator}{}.*", version.only_release()),
                ("~=", _) if version.release().len() < 2 => format!(">={version}"),
                _ => format!("{operator}{version}"),
            }
        });
    prop::collection::vec(clause, 1..4)
        .prop_map(|clauses| Specifiers::parse(&clauses.join(",")).unwrap())
}

proptest! {
    #[test]
    fn parsers_of_requirements_do_not_panic_and_point_into_the_text(text in scraps()) {
        if let Err(error) = Requirement::parse(&text) {
            prop_assert!(text.get(error.span.range()).is_some(), "{error:?}");
        }
        if let Err(error) = Marker::parse(&text) {
            prop_assert!(text.get(error.span.range()).is_some(), "{error:?}");
        }
        if let Err(error) = Specifiers::parse(&text) {
            prop_assert!(text.get(error.span.range()).is_some(), "{error:?}");
        }
        let _ = Requirement::parse_metadata(&text);
        let _ = Specifiers::parse_lenient(&text);
    }

    #[test]
    fn a_requirement_is_printed_as_one_that_reads_the_same(text in scraps()) {
        if let Ok(requirement) = Requirement::parse_metadata(&format!("foo{text}")) {
            let printed = requirement.to_string();
            prop_assert_eq!(Requirement::parse_metadata(&printed), Ok(requirement), "{}", printed);
        }
    }

    #[test]
    fn parsers_of_names_do_not_panic(text in "\\PC{0,40}|[a-z0-9_.+-]{0,40}(\\.whl|\\.tar\\.gz|\\.zip)") {
        let _ = WheelName::parse(&text);
        let _ = SdistName::parse(&text, &"foo".parse().unwrap());
        let _ = Platform::parse(&text);
        let _ = PythonVersion::parse(&text);
    }

    #[test]
    fn platforms_are_printed_as_they_are_read(text in "[a-z0-9_]{3,8}-(manylinux|musllinux|macos)_[0-9]{1,4}_[0-9]{1,4}|(x86_64|arm64|armv7l)-(manylinux|musllinux|macosx)_[0-9]{1,2}_[0-9]{1,2}") {
        if let Ok(platform) = Platform::parse(&text) {
            prop_assert_eq!(Platform::parse(&platform.to_string()), Ok(platform));
        }
    }

    #[test]
    fn clauses_together_admit_what_each_admits(specifiers in specifiers(), version in version()) {
        let each = specifiers.as_str().split(',')
            .all(|clause| Specifiers::parse(clause).unwrap().contains(&version));
        prop_assert_eq!(specifiers.contains(&version), each);
    }

    #[test]
    fn plain_releases_are_compared_as_ranges_compare_them(
        specifiers in specifiers(),
        release in prop::collection::vec(0..4_u64, 1..4),
    ) {
        let text = release.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
        let version: Version = text.parse().unwrap();
        for clause in specifiers.as_str().split(',') {
            let (symbol, number) = clause.split_at(clause.find(|c: char| c.is_ascii_digit()).unwrap());
            let marker = Marker::parse(&format!("python_full_version {symbol} '{number}'")).unwrap();
            let environment = Environment { python_full_version: text.clone(), ..Environment::default() };
            prop_assert_eq!(
                marker.evaluate(&environment, None),
                Specifiers::parse(clause).unwrap().contains(&version),
                "{} {}", clause, text
            );
        }
    }
}
