//! What holds for whatever is sent: nothing panics, and what is shown is harmless.

use proptest::prelude::*;

use super::*;
use crate::http::{HeaderMap, HeaderValue, header};
use crate::registry::Mirror;
use crate::registry::challenge::Challenge;
use crate::registry::manifest::{ImageConfig, Manifest};
use crate::registry::notices::Notices;
use crate::registry::said::said;

/// Text near to what is expected, or far from it.
fn text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "Bearer ",
        "Basic ",
        "realm=",
        "\"",
        "\\",
        ",",
        " ",
        "=",
        "https://a.example/t",
        "scope",
        "299 - ",
        "100;w=21600",
        "{",
        "}",
        "[",
        "]",
        "\"errors\":",
        "\"message\":",
        "\"code\"",
        "docker.io",
        "://",
        "@",
        "*",
        "\u{202e}",
        "\n",
        "\u{7f}",
        "null",
        "1",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..12).prop_map(|words| words.concat()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn any_challenge_is_read_or_passed_over(bytes in text()) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(bytes.as_bytes()) {
            headers.insert(header::WWW_AUTHENTICATE, value.clone());
            headers.insert(header::WARNING, value.clone());
            headers.insert("ratelimit-limit", value.clone());
            headers.insert("ratelimit-remaining", value);
        }
        let _ = Challenge::of(&headers).map(|challenge| challenge.scoping(&bytes));
        let notices = Notices::default();
        notices.read("r.example", &headers);
        prop_assert!(notices.all().iter().all(|notice| !notice.contains(char::is_control)));
    }

    #[test]
    fn any_words_are_shown_on_one_line(bytes in text()) {
        let words = said(&HeaderMap::new(), bytes.as_bytes());
        prop_assert!(!words.contains(char::is_control));
        prop_assert!(words.chars().count() <= 500);
    }

    #[test]
    fn any_body_is_a_manifest_or_a_problem(bytes in text()) {
        let _ = Manifest::parse(bytes.as_bytes());
        let _ = ImageConfig::parse(bytes.as_bytes());
    }

    #[test]
    fn a_mirror_prints_as_it_is_read(bytes in text()) {
        if let Ok(mirror) = bytes.parse::<Mirror>() {
            prop_assert_eq!(mirror.to_string().parse::<Mirror>().unwrap(), mirror);
        }
    }

    #[test]
    fn any_file_is_read_or_refused(bytes in text()) {
        let store = CredentialStore::from_environment(|name| {
            (name == "DOCKER_AUTH_CONFIG").then(|| OsString::from(&bytes))
        });
        let _ = run(store.find("a.example", "x"));
    }
}
