//! What a registry wants to see before it answers: `WWW-Authenticate`, and where a
//! token may be fetched.
//!
//! Challenges are a list (RFC 9110 §11.6.1) over several headers and within one; the
//! parameters are those of the distribution project's token authentication. Bearer is
//! taken where it is offered, else Basic; Negotiate and others are passed over.

use std::net::{IpAddr, Ipv6Addr};

use http_auth::ChallengeParser;
use url::{Host, Url};

use crate::http::{HeaderMap, header};

/// What to come back with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token from `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
    /// A user name and a password.
    Basic,
}

/// What the scope of one request says of the scopes of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scoping {
    /// `repository:PATH:pull`, as always.
    Derived,
    /// The same for all of the registry.
    Constant,
    /// Something about the repository that only the registry knows.
    Told,
}

impl Challenge {
    /// Reads the best challenge among an answer's headers.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut best = None;
        for value in headers.get_all(header::WWW_AUTHENTICATE) {
            let Ok(value) = value.to_str() else { continue };
            // What follows a challenge that cannot be read cannot be read either.
            for challenge in ChallengeParser::new(value).map_while(Result::ok) {
                let parameter = |name: &str| {
                    let (_, value) = challenge
                        .params
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
                    Some(value.to_unescaped()).filter(|value| !value.is_empty())
                };
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    if let Some(realm) = parameter("realm") {
                        return Some(Self::Bearer {
                            realm,
                            service: parameter("service"),
                            scope: parameter("scope"),
                        });
                    }
                } else if challenge.scheme.eq_ignore_ascii_case("basic") {
                    best = Some(Self::Basic);
                }
            }
        }
        best
    }

    /// Tells how the scope of this challenge, got for a repository's path, depends on it.
    pub(super) fn scoping(&self, path: &str) -> Scoping {
        let Self::Bearer {
            scope: Some(scope), ..
        } = self
        else {
            return Scoping::Derived;
        };
        match scope.strip_prefix("repository:") {
            None => Scoping::Constant,
            Some(rest) => match rest.rsplit_once(':') {
                Some((name, _)) if name == path => Scoping::Derived,
                _ => Scoping::Told,
            },
        }
    }
}

/// Checks that a token may be fetched from a place the registry names.
///
/// The registry chooses the address, so it could point us to a machine that only we can
/// reach (a cloud's metadata service), or have our password sent in the clear.
pub(super) fn check_realm(realm: &str, registry: &Url) -> Result<Url, String> {
    let mut url: Url = realm
        .parse()
        .map_err(|error| format!("it is not a URL ({error})"))?;
    match (url.scheme(), registry.scheme()) {
        ("https", _) | ("http", "http") => {}
        ("http", _) => return Err("it uses plain HTTP, and the registry does not".to_owned()),
        (scheme, _) => {
            return Err(format!(
                "the scheme `{}` is not HTTP",
                scheme.escape_debug()
            ));
        }
    }
    let is_its_own = url.host() == registry.host();
    if !is_its_own && is_inside(&url) && !is_inside(registry) {
        return Err("it is a private address, and the registry is not".to_owned());
    }
    // Whom to be there is not the registry's to say.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether a URL names this machine or an address of a private network.
pub(super) fn is_inside(url: &Url) -> bool {
    match url.host() {
        None => false,
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
                || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_private(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_private(IpAddr::V6(address)),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                // Shared by a carrier's customers (RFC 6598), and clouds' metadata there.
                || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_private(address),
            None => {
                address.is_loopback()
                    || address.is_unspecified()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
            }
        },
    }
}

/// Returns the IPv4 address within `::ffff:a.b.c.d`.
fn embedded(address: Ipv6Addr) -> Option<IpAddr> {
    address.to_ipv4_mapped().map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeaderValue;

    fn challenge(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_str(value).unwrap(),
            );
        }
        Challenge::of(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn reads_realm_service_and_scope() {
        assert_eq!(
            challenge(&[
                "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",\
                 scope=\"repository:library/python:pull\""
            ]),
            Some(bearer(
                "https://auth.example/token",
                Some("registry.example"),
                Some("repository:library/python:pull")
            ))
        );
        assert_eq!(
            challenge(&["bearer Realm=\"https://a.example\", error=\"insufficient_scope\""]),
            Some(bearer("https://a.example", None, None))
        );
    }

    #[test]
    fn bearer_is_taken_before_basic_wherever_it_stands() {
        let expected = Some(bearer("https://a.example/t", None, None));
        for values in [
            &["Bearer realm=\"https://a.example/t\",Basic realm=\"x\""][..],
            &["Basic realm=\"x\", Bearer realm=\"https://a.example/t\""],
            &[
                "Negotiate",
                "Basic realm=\"x\"",
                "Bearer realm=\"https://a.example/t\"",
            ],
            &["Negotiate, Bearer realm=\"https://a.example/t\""],
            &["not a challenge \"", "Bearer realm=\"https://a.example/t\""],
        ] {
            assert_eq!(challenge(values), expected, "{values:?}");
        }
    }

    #[test]
    fn basic_is_taken_where_bearer_has_no_realm() {
        assert_eq!(
            challenge(&["Bearer service=\"x\"", "Basic realm=\"x\""]),
            Some(Challenge::Basic)
        );
        assert_eq!(challenge(&["Negotiate"]), None);
        assert_eq!(challenge(&[]), None);
    }

    #[test]
    fn a_scope_names_the_repository_the_registry_or_something_else() {
        let scoping =
            |scope: Option<&str>| bearer("https://a.example", None, scope).scoping("acme/app");
        assert_eq!(scoping(None), Scoping::Derived);
        assert_eq!(scoping(Some("repository:acme/app:pull")), Scoping::Derived);
        assert_eq!(
            scoping(Some("repository:acme/app:pull,push")),
            Scoping::Derived
        );
        assert_eq!(scoping(Some("aws")), Scoping::Constant);
        assert_eq!(
            scoping(Some("repository:docker/acme/app:pull")),
            Scoping::Told
        );
    }

    #[track_caller]
    fn check_realm_of(realm: &str, registry: &str, expected: Result<&str, &str>) {
        let result = check_realm(realm, &registry.parse().unwrap());
        match (result, expected) {
            (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
            (Err(words), Err(expected)) => assert!(words.contains(expected), "{words}"),
            (result, expected) => panic!("{realm}: {result:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_realm_is_https_unless_the_registry_is_not() {
        let good = "https://auth.example/token";
        check_realm_of(good, "https://r.example/", Ok(good));
        check_realm_of(good, "http://r.example/", Ok(good));
        check_realm_of(
            "http://auth.example/t",
            "https://r.example/",
            Err("plain HTTP"),
        );
        check_realm_of(
            "http://auth.example/t",
            "http://r.example/",
            Ok("http://auth.example/t"),
        );
        check_realm_of("file:///etc/passwd", "http://r.example/", Err("`file`"));
        check_realm_of("/token", "https://r.example/", Err("not a URL"));
        check_realm_of(
            "https://me:pw@a.example/#x",
            "https://r.example/",
            Ok("https://a.example/"),
        );
    }

    #[test]
    fn a_realm_within_the_network_is_for_registries_within_it() {
        for host in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "[::1]",
            "[fe80::1]",
            "[fd00::1]",
            "[::ffff:169.254.169.254]",
            "2130706433",
            "localhost",
            "localhost.",
        ] {
            let realm = format!("https://{host}/token");
            check_realm_of(&realm, "https://r.example/", Err("private address"));
            check_realm_of(&realm, "https://8.8.8.8/", Err("private address"));
            assert!(check_realm(&realm, &"https://10.0.0.1/".parse().unwrap()).is_ok());
            assert!(check_realm(&realm, &realm.parse().unwrap()).is_ok());
        }
        check_realm_of(
            "https://8.8.8.8/t",
            "https://r.example/",
            Ok("https://8.8.8.8/t"),
        );
    }
}
