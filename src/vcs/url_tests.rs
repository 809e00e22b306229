//! URLs of repositories, read and pinned.

use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn parse(text: &str) -> GitUrl {
    GitUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Checks the repository, the revision and the subdirectory.
#[track_caller]
fn check(text: &str, repository: &str, revision: &str, subdirectory: &str) {
    let url = parse(text);
    assert_eq!(url.repository(), repository, "{text}");
    assert_eq!(url.revision().unwrap_or_default(), revision, "{text}");
    assert_eq!(
        url.subdirectory().unwrap_or_default(),
        subdirectory,
        "{text}"
    );
}

#[track_caller]
fn refused(text: &str, message: &str, help: &str) {
    let error = GitUrl::parse(text).expect_err(text);
    assert_eq!(error.to_string(), message, "{text}");
    assert_eq!(error.help().unwrap_or_default(), help, "{text}");
}

#[test]
fn reads_each_transport() {
    check(
        "git+https://host.example/o/r.git",
        "https://host.example/o/r.git",
        "",
        "",
    );
    check(
        "GIT+HTTP://Host.Example:8080/R",
        "http://host.example:8080/R",
        "",
        "",
    );
    check(
        "git+git://host.example/r@v1",
        "git://host.example/r",
        "v1",
        "",
    );
    check(
        "git+ssh://git@host.example/o/r",
        "ssh://git@host.example/o/r",
        "",
        "",
    );
    check(
        "git+ssh://git@host.example:22/r@x",
        "ssh://git@host.example:22/r",
        "x",
        "",
    );
    check("git+https://[::1]:80/r@x", "https://[::1]:80/r", "x", "");
    check("git+file:///a/b@x", "file:///a/b", "x", "");
    check("git+file:/a/b", "file:///a/b", "", "");
}

#[test]
fn a_revision_may_have_slashes_and_the_user_an_at() {
    check("git+https://h/r@feature/x", "https://h/r", "feature/x", "");
    check(
        "git+https://h/r@refs/pull/1/head",
        "https://h/r",
        "refs/pull/1/head",
        "",
    );
    check("git+ssh://git@h/r", "ssh://git@h/r", "", "");
    check("git+https://u@mail:pw@h/r@x", "https://h/r", "x", "");
    check("git+https://h/a@b/r@x", "https://h/a@b/r", "x", "");
    check("git+https://h/r@x?q=1", "https://h/r?q=1", "x", "");
}

#[test]
fn reads_the_fragment() {
    let url = parse("git+https://h/r@x#egg=name[a]&subdirectory=a/./b%20c/&other=1");
    assert_eq!(url.egg(), Some("name[a]"));
    assert_eq!(url.subdirectory(), Some("a/b c"));
    check("git+https://h/r#subdirectory=", "https://h/r", "", "");
    check("git+https://h/r#subdirectory=.", "https://h/r", "", "");
    check("git+https://h/r#a@b", "https://h/r", "", "");
}

#[test]
fn pins_in_one_form() {
    #[track_caller]
    fn pins(text: &str, pinned: &str) {
        let pinned = pinned.replace("COMMIT", COMMIT);
        assert_eq!(parse(text).pinned(COMMIT), pinned, "{text}");
        let again = parse(&pinned);
        assert_eq!(again.full_commit().as_deref(), Some(COMMIT));
        assert_eq!(again.pinned(COMMIT), pinned);
    }
    pins("git+https://h/r.git@v1#egg=a", "git+https://h/r.git@COMMIT");
    pins("git+https://h/r", "git+https://h/r@COMMIT");
    pins(
        "git+ssh://git@h/r#egg=a&subdirectory=b/c%20d",
        "git+ssh://git@h/r@COMMIT#subdirectory=b/c%20d",
    );
    pins("git+file:/a b/c@x", "git+file:///a%20b/c@COMMIT");
    pins("git+https://h/r@x?q=1", "git+https://h/r@COMMIT?q=1");
    pins(
        "git+https://h/r#subdirectory=a%26b%25",
        "git+https://h/r@COMMIT#subdirectory=a%26b%25",
    );
}

#[test]
fn no_password_and_no_token_is_printed() {
    for (text, printed) in [
        ("git+https://me:s3cret@h/r@x", "git+https://h/r@x"),
        ("git+https://t0ken@h/r", "git+https://h/r"),
        ("git+ssh://git:s3cret@h/r", "git+ssh://git@h/r"),
        ("git+https://me:${TOKEN}@h/r", "git+https://me:${TOKEN}@h/r"),
    ] {
        let url = parse(text);
        assert_eq!(url.to_string(), printed);
        assert_eq!(format!("{url:?}"), format!("GitUrl({printed:?})"));
        assert!(!url.address().contains("s3cret") && !url.address().contains("t0ken"));
        assert_eq!(
            url.pinned("C"),
            format!("{}@C{}", printed.trim_end_matches("@x"), "")
        );
    }
}

#[test]
fn variables_come_back_as_they_were_written() {
    let url = parse("git+https://me:s3cret@h/r@v1#subdirectory=a");
    for (written, pinned) in [
        (
            "git+https://me:${TOKEN}@h/r@${REF}#subdirectory=a",
            "git+https://me:${TOKEN}@h/r@C#subdirectory=a",
        ),
        (
            "git+https://${TOKEN}@${HOST}/r@v1#subdirectory=a&egg=x",
            "git+https://${TOKEN}@${HOST}/r@C#subdirectory=a",
        ),
        // A commit has no place in these.
        ("${URL}", "git+https://h/r@C#subdirectory=a"),
        (
            "git+https://${TOKEN}@h/${REST}",
            "git+https://h/r@C#subdirectory=a",
        ),
        ("git+https://${REST}", "git+https://h/r@C#subdirectory=a"),
    ] {
        assert_eq!(url.pinned_as_written(written, "C"), pinned, "{written}");
    }
}

#[test]
fn a_variable_without_a_value_is_seen() {
    assert_eq!(parse("git+https://${TOKEN}@h/r").variable(), Some("TOKEN"));
    assert_eq!(parse("git+https://h/r@${REF}").variable(), Some("REF"));
    assert_eq!(parse("git+https://h/r@$REF").variable(), None);
    assert_eq!(parse("git+file://${PWD}/r").variable(), Some("PWD"));
}

#[test]
fn tells_a_full_hash_from_other_revisions() {
    let upper = COMMIT.to_uppercase();
    let url = parse(&format!("git+https://h/r@{upper}"));
    assert_eq!(url.full_commit().as_deref(), Some(COMMIT));
    assert_eq!(parse("git+https://h/r@0123abc").full_commit(), None);
    assert!(is_short_hash("0123abc") && !is_short_hash("abc") && !is_short_hash(COMMIT));
}

#[test]
fn refuses_other_systems_and_transports() {
    refused(
        "hg+https://h/r",
        "Mercurial repositories are not supported",
        "only git is supported; otherwise use an archive or a directory with the source",
    );
    refused(
        "svn+ssh://h/r",
        "Subversion repositories are not supported",
        "only git is supported; otherwise use an archive or a directory with the source",
    );
    refused(
        "git+ftp://h/r",
        "`ftp` is not a supported git transport",
        "write `git+https://`, `git+ssh://`, `git+http://`, `git+git://`, or `git+file:///`",
    );
    refused(
        "git+ext://sh -c x",
        "`ext` is not a supported git transport",
        "write `git+https://`, `git+ssh://`, `git+http://`, `git+git://`, or `git+file:///`",
    );
    for text in ["https://h/r", "git+", "git+https", "", "+", "git+https:"] {
        refused(
            text,
            "the URL of a git repository starts with `git+https://`, `git+ssh://`, or \
             `git+file:///`",
            "",
        );
    }
}

#[test]
fn says_how_to_write_what_scp_takes() {
    let message = "`host:path` is not a URL";
    refused(
        "git+git@host.example:o/r.git@v1",
        message,
        "write `git+ssh://git@host.example/o/r.git@v1`",
    );
    refused("git+host:/r", message, "write `git+ssh://host/r`");
    refused(
        "git+ssh://git@host:o/r",
        "the `:` after the host is not followed by a port",
        "write `git+ssh://git@host/o/r`",
    );
}

#[test]
fn a_password_with_a_slash_is_not_repeated() {
    let error = GitUrl::parse("git+https://me:s3/cret@h/r").unwrap_err();
    let told = format!("{error} {error:?} {:?}", error.help());
    assert!(!told.contains("s3") && !told.contains("cret"), "{told}");
    assert!(told.contains("%2F"));
}

#[test]
fn refuses_what_is_no_repository() {
    refused("git+https:///r", "the URL has no host", "");
    refused(
        "git+https://h",
        "the URL has no path",
        "write `%40` for an `@` that belongs to the path",
    );
    refused(
        "git+https://h/@scope/r",
        "the URL has no path",
        "write `%40` for an `@` that belongs to the path",
    );
    refused(
        "git+file://a/b",
        "a file URL needs three slashes and an absolute path",
        "write `git+file:///path/to/repository`",
    );
    refused(
        "git+ssh://-oProxyCommand=x/r",
        "a host or user name cannot start with `-`",
        "",
    );
    refused(
        "git+ssh://-l@h/r",
        "a host or user name cannot start with `-`",
        "",
    );
    refused(
        "git+https://h/r\u{7}",
        "the URL contains a control character",
        "",
    );
}

#[test]
fn refuses_revisions_that_are_none() {
    refused(
        "git+https://h/r@",
        "no revision follows the `@`",
        "name a branch, tag, or commit after it, or omit the `@` for the default branch",
    );
    for revision in [
        "--upload-pack=x",
        "main~2",
        "main^",
        "a..b",
        "a b",
        "a:b",
        "*",
        "/a",
        "a/",
    ] {
        let error = GitUrl::parse(&format!("git+https://h/r@{revision}")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{revision}` is not the name of a branch, tag, or commit")
        );
    }
}

#[test]
fn refuses_subdirectories_outside() {
    for subdirectory in [
        "../a",
        "a/../../b",
        "/etc",
        "%2e%2e/a",
        "C:/a",
        "a\\b",
        ".git/hooks",
    ] {
        let url = format!("git+https://h/r#subdirectory={subdirectory}");
        let error = GitUrl::parse(&url).unwrap_err();
        assert!(
            matches!(error, GitUrlError::Subdirectory { .. }),
            "{subdirectory}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn never_panics_and_prints_what_it_reads(text in "(git\\+(https|ssh|file)://)?[a-zA-Z0-9@:/#?&=%.\\-${}\\[\\]é ]{0,40}") {
        if let Ok(url) = GitUrl::parse(&text) {
            let printed = url.to_string();
            let again = GitUrl::parse(&printed);
            proptest::prop_assert!(again.is_ok(), "{} {}", printed, text);
            proptest::prop_assert_eq!(again.unwrap().to_string(), printed);
        }
    }
}
