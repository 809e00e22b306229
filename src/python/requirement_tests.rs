//! Tests of requirements: real ones as `packaging` and `pep508_rs` read them,
//! errors, leniency.

use super::*;

/// The fields of the table, in its normal forms.
fn fields(requirement: &Requirement) -> [String; 5] {
    let extras: Vec<&str> = requirement.extras.iter().map(AsRef::as_ref).collect();
    let mut clauses: Vec<String> = requirement
        .specifiers()
        .into_iter()
        .flat_map(Specifiers::clauses)
        .map(|(operator, version)| format!("{operator}{version}"))
        .collect();
    clauses.sort_unstable();
    clauses.dedup();
    let url = match &requirement.source {
        RequirementSource::Url(url) => url.clone(),
        RequirementSource::Specifiers(_) => String::new(),
    };
    let marker = requirement.marker.as_ref().map(Marker::to_pip_string);
    [
        requirement.name.to_string(),
        extras.join(","),
        clauses.join(","),
        url,
        marker.unwrap_or_default(),
    ]
}

fn table() -> impl Iterator<Item = (&'static str, Option<[String; 5]>)> {
    include_str!("../../fixtures/oracle/requirements.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (text, rest) = line.split_once('\t').unwrap();
            let fields = (rest != "!").then(|| {
                let mut fields = rest.split('\t').map(str::to_owned);
                std::array::from_fn(|_| fields.next().unwrap())
            });
            (text, fields)
        })
}

/// `packaging` takes these; a name that ends so is against PEP 508, and no index
/// can have it.
const NOT_NAMES: [&str; 1] = ["foo_"];

#[test]
fn agrees_with_packaging_on_real_requirements() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (text, expected) in table().filter(|(text, _)| !NOT_NAMES.contains(text)) {
        count += 1;
        let found = Requirement::parse(text);
        if found.as_ref().ok().map(fields) != expected {
            wrong.push(format!(
                "{text}\n  expected {expected:?}\n  found {found:?}"
            ));
        }
    }
    assert!(count > 500, "{count}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn agrees_with_pep508_rs_on_names_extras_and_versions() {
    let mut count = 0;
    for (text, _) in table() {
        // Only what we take: it panics at `foo[a-]`.
        let Ok(ours) = Requirement::parse(text) else {
            continue;
        };
        let Ok(theirs) = text.parse::<pep508_rs::Requirement<pep508_rs::VerbatimUrl>>() else {
            continue;
        };
        count += 1;
        let mut extras = theirs.extras.clone();
        extras.sort_unstable();
        extras.dedup();
        assert_eq!((ours.name, ours.extras), (theirs.name, extras), "{text}");
        if let Some(pep508_rs::VersionOrUrl::VersionSpecifier(specifiers)) = theirs.version_or_url {
            let RequirementSource::Specifiers(ours) = ours.source else {
                panic!("{text}");
            };
            let theirs = Specifiers::parse(&specifiers.to_string()).unwrap();
            assert_eq!(ours, theirs, "{text}");
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn what_is_printed_is_parsed_as_the_same_requirement() {
    for (text, _) in table() {
        if let Ok(requirement) = Requirement::parse(text) {
            let printed = requirement.to_string();
            assert_eq!(
                Requirement::parse(&printed).unwrap(),
                requirement,
                "{printed}"
            );
        }
    }
}

#[test]
fn extras_are_sorted_and_each_is_there_once() {
    let requirement = Requirement::parse("Foo.Bar[b, A, a] >= 1 ; os_name=='nt'").unwrap();
    assert_eq!(
        requirement.to_string(),
        r#"foo-bar[a,b]>= 1 ; os_name == "nt""#
    );
}

#[track_caller]
fn check_error(text: &str, message: &str, place: &str, help: Option<&str>) {
    let error = Requirement::parse(text).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(&text[error.span.range()], place);
    assert_eq!(error.help.as_deref(), help);
}

#[test]
fn errors_say_where_and_what_to_write() {
    check_error(
        "föö",
        "expected a comparison such as `>=1.0`, found `öö`",
        "öö",
        None,
    );
    check_error(
        "-foo",
        "expected a project name, found `-foo`",
        "-foo",
        None,
    );
    check_error("", "expected a project name, found the end", "", None);
    check_error(
        "foo = 1.0",
        "expected a comparison such as `>=1.0`, found `= 1.0`",
        "= 1.0",
        Some("write `==1.0` for exactly this version"),
    );
    check_error(
        "foo (>= 1.0.*) ; os_name == 'nt'",
        "`.*` cannot follow `>=`",
        "1.0.*",
        Some("write `>=1.0`; only `==` and `!=` take `.*`"),
    );
    check_error("foo[a", "unclosed `[`", "[", None);
    check_error("foo (>=1", "unclosed `(`", "(", None);
    check_error(
        "foo >=1 ; python_versio < '3'",
        "`python_versio` is not a marker variable",
        "python_versio",
        Some("did you mean `python_version`?"),
    );
    check_error(
        "foo_>=1",
        "`foo_` is not a valid name",
        "foo_",
        Some("names start and end with a letter or digit"),
    );
    check_error(
        "foo >=1,,<2",
        "expected a comparison before this comma",
        ",",
        None,
    );
}

#[track_caller]
fn check_metadata(text: &str, meaning: &str) {
    assert!(Requirement::parse(text).is_err(), "no leniency needed");
    let parsed = Requirement::parse_metadata(text).unwrap();
    assert_eq!(parsed.to_string(), meaning);
}

#[test]
fn old_metadata_is_understood() {
    check_metadata("foo (>=2.0.*)", "foo>=2.0");
    check_metadata("foo >=1.0<2.0", "foo>=1.0,<2.0");
    check_metadata("foo (>='1.0') ; extra == 'x'", r#"foo>=1.0 ; extra == "x""#);
    check_metadata("foo (>=1.0", "foo>=1.0");
    check_metadata("foo >=1.0)", "foo>=1.0");
    check_metadata("foo >=1.0 ;", "foo>=1.0");
    check_metadata("foo (=>1.0)", "foo>=1.0");
    check_metadata("foo ~=2", "foo~=2.0");
    check_metadata("foo (>=1.0,<2.0,)(<3)", "foo>=1.0,<2.0,<3");
    check_metadata("foo[a,]", "foo[a]");
    check_metadata(
        "foo; python_version = 2.7",
        r#"foo ; python_version == "2.7""#,
    );
}

#[test]
fn leniency_keeps_the_strict_error() {
    let error = Requirement::parse_metadata("foo ^1.0").unwrap_err();
    assert_eq!(error, Requirement::parse("foo ^1.0").unwrap_err());
}
