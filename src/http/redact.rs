//! URLs and texts as people may see them: without passwords and tokens.

use std::borrow::Cow;

use url::Url;

/// Returns a URL for people: without user name, password, fragment, and the
/// values of its query, where signatures and tokens are; but for those of parameters
/// that are known to hold none.
pub fn display_url(url: &Url) -> String {
    let has_secrets = url.query().is_some()
        || url.fragment().is_some()
        || url.password().is_some()
        || !url.username().is_empty();
    if !has_secrets {
        return url.as_str().to_owned();
    }
    let mut shown = url.clone();
    // These fail for URLs without a host, which have no such parts.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_fragment(None);
    if let Some(query) = url.query() {
        let hidden: Vec<String> = query.split('&').map(hide_value).collect();
        shown.set_query(Some(&hidden.join("&")));
    }
    shown.into()
}

/// Returns a text, such as another program's message, whose URLs show no user
/// name and no password.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(scheme_end) = rest.find("://").map(|at| at + 3) {
        let (head, tail) = rest.split_at(scheme_end);
        let authority_end = tail
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>')
            })
            .unwrap_or(tail.len());
        redacted.push_str(head);
        rest = match tail[..authority_end].rfind('@') {
            Some(at) => &tail[at + 1..],
            None => tail,
        };
    }
    if redacted.is_empty() {
        return Cow::Borrowed(text);
    }
    redacted.push_str(rest);
    Cow::Owned(redacted)
}

/// What the protocols of registries put there: names of hosts and repositories.
const OPEN: [&str; 3] = ["ns", "scope", "service"];

fn hide_value(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if OPEN.contains(&name) => pair.to_owned(),
        Some((name, value)) if !value.is_empty() => format!("{name}=***"),
        Some((name, _)) => format!("{name}="),
        // A bare word may be a token as well.
        None => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(display_url(&Url::parse(url).unwrap()), expected);
    }

    #[test]
    fn shows_a_plain_url_as_it_is() {
        check(
            "https://index.example/simple/",
            "https://index.example/simple/",
        );
        check("file:///srv/wheels", "file:///srv/wheels");
    }

    #[test]
    fn hides_user_information() {
        check(
            "https://me:pw@index.example:8443/s/",
            "https://index.example:8443/s/",
        );
        check("https://token@index.example/s/", "https://index.example/s/");
        check("https://:pw@index.example/s/", "https://index.example/s/");
    }

    #[test]
    fn hides_the_values_of_a_query_and_the_fragment() {
        check(
            "https://files.example/a.whl?X-Amz-Signature=abc&se=1&flag=#sha256=1",
            "https://files.example/a.whl?X-Amz-Signature=***&se=***&flag=",
        );
        check(
            "https://files.example/a?secret",
            "https://files.example/a?***",
        );
    }

    #[test]
    fn shows_what_registries_are_asked_for() {
        let url =
            "https://r.example/token?service=r.example&scope=repository:a/b:pull&ns=docker.io";
        check(url, url);
    }

    #[test]
    fn hides_user_information_inside_a_text() {
        assert_eq!(
            redact("could not fetch https://me:p@ss@h.example/x and git+ssh://git@h/y, see a@b"),
            "could not fetch https://h.example/x and git+ssh://h/y, see a@b"
        );
        assert!(matches!(redact("nothing here"), Cow::Borrowed(_)));
    }
}
