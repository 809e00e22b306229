//! Keeps passwords out of what is written.
//!
//! A URL's userinfo (RFC 3986 §3.2.1) is dropped; `${VAR}`, pip's way to name
//! an environment variable, is not a secret and stays. The scan errs on the side
//! of dropping: it takes the slashes of `http:` as the URL standard does (any
//! number, also backslashes) and lets userinfo hold blanks. Of a query (§3.4) the
//! parameters are dropped that are called as secrets are (`?token=…`). Secrets in a
//! path are not known as such and stay.

use std::borrow::Cow;
use std::ops::Range;

/// Returns `text` without the literal credentials of any URL in it.
///
/// `https://user:secret@host/` becomes `https://host/`, `https://token@host/`
/// too. What consists of `${VAR}` alone stays, with the user name before it:
/// `https://user:${TOKEN}@host/`. The user of an SSH URL (`ssh://git@host/`) is
/// part of the address and stays. `https://host/?token=secret&x=1` becomes
/// `https://host/?x=1`.
pub fn without_password(text: &str) -> String {
    without_userinfo(&without_query_secrets(text))
}

/// Returns a text that should be one URL or path, and could not be used, without what looks
/// like a login.
///
/// Without a scheme, or with a broken one, `me:secret@host/simple/` is no URL; what stands
/// before the `@` may be a secret all the same. Of a path, parts such as `releases@2` stay.
pub fn without_login(text: &str) -> String {
    let text = without_password(text);
    if !text.contains('@') {
        return text;
    }
    let is_path = text.starts_with(['/', '.']);
    let mut shown = Vec::new();
    for (number, part) in text.split('/').enumerate() {
        let hidden = part.rsplit_once('@').filter(|(login, _)| {
            let is_public = public_part(login, "") == Some(login);
            let is_first = number == 0 && !is_path;
            !is_public && (is_first || login.contains(':'))
        });
        shown.push(hidden.map_or_else(|| part.to_owned(), |(_, host)| format!("****@{host}")));
    }
    shown.join("/")
}

/// Whether the query of a URL in `text` has a literal secret, by its name.
pub fn has_query_secret(text: &str) -> bool {
    text.contains('?') && !query_secrets(text).is_empty()
}

/// Returns `text` without the literal secrets in queries of URLs.
pub fn without_query_secrets(text: &str) -> Cow<'_, str> {
    if !has_query_secret(text) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut copied = 0;
    for secret in query_secrets(text) {
        // With the `&` behind it, or else with what is before it.
        let (start, end) = if text[secret.pair.end..].starts_with('&') {
            (secret.pair.start, secret.pair.end + 1)
        } else {
            (secret.pair.start - 1, secret.pair.end)
        };
        kept.push_str(&text[copied..start.max(copied)]);
        // The one before took the separator along, and was not the first of the query.
        if start < copied && kept.ends_with(['?', '&']) {
            kept.pop();
        }
        copied = end;
    }
    kept.push_str(&text[copied..]);
    Cow::Owned(kept)
}

/// A parameter of a query that is called as secrets are.
struct QuerySecret {
    /// Name and value.
    pair: Range<usize>,
    /// The value.
    value: Range<usize>,
}

/// Names of parameters that hold secrets, in lower case.
const SECRET_NAMES: [&str; 24] = [
    "access_key",
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "auth",
    "auth_token",
    "authorization",
    "client_secret",
    "job_token",
    "key",
    "password",
    "passwd",
    "private_token",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-signature",
    "x-goog-credential",
    "x-goog-signature",
];

/// Returns the literal secrets in the queries of the URLs of a text, in order.
fn query_secrets(text: &str) -> Vec<QuerySecret> {
    let mut secrets = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("://").map(|at| from + at + 3) {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '#');
        let end = text[start..]
            .find(is_end)
            .map_or(text.len(), |at| start + at);
        from = start;
        let Some(query) = text[start..end].find('?').map(|at| start + at + 1) else {
            continue;
        };
        from = end;
        let mut at = query;
        for pair in text[query..end].split('&') {
            let pair_at = at..at + pair.len();
            at += pair.len() + 1;
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            let is_named_so = SECRET_NAMES
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one));
            if is_named_so && !value.is_empty() && !is_variables(value) {
                secrets.push(QuerySecret {
                    value: pair_at.end - value.len()..pair_at.end,
                    pair: pair_at,
                });
            }
        }
    }
    secrets
}

fn without_userinfo(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut copied = 0;
    for userinfo in userinfos(text) {
        kept.push_str(&text[copied..userinfo.start]);
        if let Some(public) = userinfo.public {
            kept.push_str(public);
            kept.push('@');
        }
        copied = userinfo.end + 1;
    }
    kept.push_str(&text[copied..]);
    kept
}

/// Returns `text` with stars for the literal credentials of any URL in it, byte
/// by byte, so that places in it stay what they are. URLs end with their line.
pub fn with_masked_passwords(text: &str) -> Cow<'_, str> {
    let has_query_secret = has_query_secret(text);
    if !text.contains('@') && !has_query_secret {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut copied = 0;
        for userinfo in userinfos(line) {
            let written = &line[userinfo.start..userinfo.end];
            if userinfo.public != Some(written) {
                masked.push_str(&line[copied..userinfo.start]);
                masked.extend(std::iter::repeat_n('*', written.len()));
                copied = userinfo.end;
            }
        }
        masked.push_str(&line[copied..]);
    }
    if has_query_secret {
        // The text is as long as before, up to here.
        for secret in query_secrets(text) {
            masked.replace_range(secret.value.clone(), &"*".repeat(secret.value.len()));
        }
    }
    Cow::Owned(masked)
}

/// What is before the `@` of a URL's authority.
struct Userinfo<'a> {
    start: usize,
    /// Where the `@` is.
    end: usize,
    /// What of it may be written.
    public: Option<&'a str>,
}

/// Returns the userinfo of each URL in a text, in order.
fn userinfos(text: &str) -> impl Iterator<Item = Userinfo<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(colon) = text[from..].find(':').map(|at| from + at) {
            from = colon + 1;
            let scheme = scheme_before(&text[..colon]);
            let Some(start) = authority_start(text, colon, scheme) else {
                continue;
            };
            let is_special = is_special(scheme);
            let length = text[start..]
                .find(|c| matches!(c, '/' | '?' | '#') || (is_special && c == '\\'))
                .unwrap_or(text.len() - start);
            let authority = &text[start..start + length];
            // What stands before the digest of an image is its name.
            let at = match authority.rsplit_once('@') {
                Some((before, host)) if is_digest(host) => before.rfind('@'),
                Some((before, _)) => Some(before.len()),
                None => None,
            };
            // Without slashes, words behind a colon are no login.
            let is_words = |at: usize| start == colon + 1 && authority[..at].contains(' ');
            if let Some(at) = at.filter(|at| !is_words(*at)) {
                from = start + at + 1;
                return Some(Userinfo {
                    start,
                    end: start + at,
                    public: public_part(&authority[..at], scheme),
                });
            }
            from = start;
        }
        None
    })
}

/// Whether a text begins with the digest of an image, which no host does.
fn is_digest(text: &str) -> bool {
    let hex = ["sha256:", "sha512:"]
        .iter()
        .find_map(|it| text.strip_prefix(it));
    hex.is_some_and(|hex| hex.bytes().take_while(u8::is_ascii_hexdigit).count() >= 64)
}

/// Returns the longest scheme that ends `text`, without a prefix such as `git+`.
fn scheme_before(text: &str) -> &str {
    let start = text
        .bytes()
        .rposition(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')))
        .map_or(0, |at| at + 1);
    &text[start..]
}

/// Returns where the authority starts behind the colon of a scheme, if it does.
fn authority_start(text: &str, colon: usize, scheme: &str) -> Option<usize> {
    let rest = &text[colon + 1..];
    if is_special(scheme) {
        return Some(text.len() - rest.trim_start_matches(['/', '\\']).len());
    }
    (!scheme.is_empty() && rest.starts_with("//")).then_some(colon + 3)
}

/// Whether the URL standard reads any number of slashes behind this scheme.
fn is_special(scheme: &str) -> bool {
    ["http", "https", "ftp", "ws", "wss"]
        .iter()
        .any(|special| scheme.eq_ignore_ascii_case(special))
}

/// Returns what of a userinfo may be written.
fn public_part<'a>(userinfo: &'a str, scheme: &str) -> Option<&'a str> {
    let (user, password) = userinfo
        .split_once(':')
        .map_or((userinfo, None), |(user, password)| (user, Some(password)));
    match password {
        Some(password) if is_variables(password) => Some(userinfo),
        _ if scheme.eq_ignore_ascii_case("ssh") => Some(user).filter(|user| !user.is_empty()),
        None if is_variables(user) => Some(user),
        _ => None,
    }
}

/// Whether `text` is one or more `${VAR}` and nothing else.
fn is_variables(text: &str) -> bool {
    let mut rest = text;
    while let Some(inner) = rest.strip_prefix("${") {
        let Some((name, behind)) = inner.split_once('}') else {
            return false;
        };
        let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty() && !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{has_query_secret, with_masked_passwords, without_login, without_password};

    fn check(before: &str, after: &str) {
        assert_eq!(without_password(before), after, "{before}");
    }

    #[test]
    fn hides_what_looks_like_a_login_where_there_is_no_scheme() {
        for (text, shown) in [
            ("me:pw@host/simple/", "****@host/simple/"),
            ("token@host/simple/", "****@host/simple/"),
            ("htps:/me:p@w@host/simple/", "htps:/****@host/simple/"),
            ("/work/me:pw@host/simple", "/work/****@host/simple"),
            ("${TOKEN}@host/simple/", "${TOKEN}@host/simple/"),
            ("https://me:pw@host/simple/", "https://host/simple/"),
            ("./releases@2/x", "./releases@2/x"),
            ("/srv/releases@2/x", "/srv/releases@2/x"),
            ("host/simple/", "host/simple/"),
        ] {
            assert_eq!(without_login(text), shown, "{text}");
        }
    }

    #[test]
    fn drops_literal_credentials() {
        check("https://user:pw@host/simple/", "https://host/simple/");
        check("https://token@host/simple/", "https://host/simple/");
        check("https://user:@host/", "https://host/");
        check("https://u:p@ss@host:8080/a@b", "https://host:8080/a@b");
        check("https://u:p w@host", "https://host");
        check("HTTPS://u:pw@host?x", "HTTPS://host?x");
        check("git+https://u:pw@host/r@main", "git+https://host/r@main");
    }

    #[test]
    fn drops_credentials_in_spellings_a_browser_would_accept() {
        check("https:/u:pw@host/", "https:/host/");
        check("https:u:pw@host/", "https:host/");
        check(r"https:\\u:pw@host\x@y", r"https:\\host\x@y");
    }

    #[test]
    fn keeps_variables_as_they_were_written() {
        for url in [
            "https://${USER}:${PW_1}@host/",
            "https://user:${TOKEN}@host/",
            "https://${TOKEN}@host/",
            "${INDEX}",
        ] {
            check(url, url);
        }
        check("https://${USER}:pw@host/", "https://host/");
        check("https://u:x${TOKEN}@host/", "https://host/");
        check("https://u:${TOKEN@host/", "https://host/");
    }

    #[test]
    fn keeps_the_user_of_ssh_but_not_its_password() {
        check("git+ssh://git@host/r.git@v1", "git+ssh://git@host/r.git@v1");
        check("ssh://git:pw@host/", "ssh://git@host/");
    }

    #[test]
    fn drops_parameters_of_a_query_that_are_called_as_secrets_are() {
        check("https://h/s/?token=x", "https://h/s/");
        check("https://h/s/?Token=x#sha256=1", "https://h/s/#sha256=1");
        check("https://h/s/?token=x&a=b", "https://h/s/?a=b");
        check("https://h/s/?a=b&sig=x", "https://h/s/?a=b");
        check("https://h/s/?a=b&sig=x&key=y", "https://h/s/?a=b");
        check("https://h/s/?sig=x&key=y", "https://h/s/");
        check("https://h/s/?sig=x&a=b&key=y&c=d", "https://h/s/?a=b&c=d");
        check("https://u:p@h/s/?sig=x&key=y", "https://h/s/");
        check(
            "a --index-url='https://h/?auth=x' -f \"https://i/?auth=y&z\" # ?auth=z",
            "a --index-url='https://h/' -f \"https://i/?z\" # ?auth=z",
        );
        for text in [
            "https://h/?token=${TOKEN}&a=b",
            "https://h/?token=",
            "https://h/?ntoken=x&token",
            "https://h/token=x",
            "is it so?token=x",
        ] {
            check(text, text);
        }
        assert_eq!(
            with_masked_passwords("-i https://é:b@h/?a=1&token=é&b=2\n"),
            "-i https://****@h/?a=1&token=**&b=2\n"
        );
        assert!(has_query_secret("https://h/?token=x"));
        assert!(!has_query_secret("https://h/?token=${X}"));
    }

    #[test]
    fn finds_every_url_of_a_text() {
        check(
            "-f https://a:b@c/ --index-url=http://d:e@f/g",
            "-f https://c/ --index-url=http://f/g",
        );
        check("-r http://a:b@http://c:d@e/", "-r http://http://e/");
    }

    #[test]
    fn masks_byte_by_byte_and_line_by_line() {
        let masked = |text: &str, expected: &str| {
            assert_eq!(with_masked_passwords(text), expected);
            assert_eq!(text.len(), expected.len());
        };
        masked("-i http://me:é@h/ -x\n", "-i http://*****@h/ -x\n");
        masked("http://h\na@b http://c:d@e", "http://h\na@b http://***@e");
        masked(
            "http://u:${PW}@h git+ssh://git@h",
            "http://u:${PW}@h git+ssh://git@h",
        );
    }

    #[test]
    fn a_digest_is_no_host_and_words_are_no_login() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for text in [
            format!("docker-image://alpine:3.20@{digest}"),
            format!("- uses: docker://alpine@{digest}"),
            "http:80, mail a@b".to_owned(),
        ] {
            check(&text, &text);
        }
        check(
            &format!("http://u:p@h@{digest}"),
            &format!("http://h@{digest}"),
        );
        check("https:u:p@h", "https:h");
    }

    #[test]
    fn leaves_other_text_alone() {
        for text in [
            "",
            "a: b@c",
            "C:\\x@y",
            "git@host:org/repo",
            "é:é//ü@ö",
            "file:///a@b",
        ] {
            check(text, text);
        }
    }
}
