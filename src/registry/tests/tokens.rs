//! Challenges and tokens.

use std::sync::{Arc, Barrier};

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// What a registry with a token server does.
#[derive(Clone, Copy)]
struct Rules {
    /// Refuses tokens for several repositories.
    refuses_many: bool,
    /// Gives access to the first repository asked for only.
    reads_first_only: bool,
    /// No repository of this owner for those without credentials.
    private: &'static str,
    lifetime: u64,
}

const USUAL: Rules = Rules {
    refuses_many: false,
    reads_first_only: false,
    private: "private",
    lifetime: 300,
};

/// A registry whose tokens are the scopes they are for, at `/token`.
fn registry(rules: Rules) -> Server {
    Server::answering(move |seen| {
        let authorization = seen.header("authorization");
        if seen.path.starts_with("/token") {
            let mut scopes = parameters(&seen.path, "scope");
            if rules.refuses_many && scopes.len() > 1 {
                return errors(400, "INVALID", "one scope only");
            }
            if rules.reads_first_only {
                scopes.truncate(1);
            }
            if authorization.is_none() {
                let private = format!("repository:{}/", rules.private);
                scopes.retain(|scope| !scope.starts_with(&private));
            } else if authorization != Some("Basic bWU6aHVzaA==") {
                return Reply::status(401).body(r#"{"details":"incorrect password"}"#);
            }
            let (token, lifetime) = (scopes.join("+"), rules.lifetime);
            return Reply::ok(format!(
                r#"{{"access_token":"t+{token}","expires_in":{lifetime}}}"#
            ));
        }
        let path = seen.path.trim_start_matches("/v2/");
        let path = path.split("/manifests/").next().unwrap();
        let scope = format!("repository:{path}:pull");
        if authorization.is_some_and(|it| it.split('+').any(|part| part == scope)) {
            return manifest(&index(), INDEX);
        }
        bearer(seen, &format!(",scope=\"{scope}\""))
    })
}

fn images(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("acme/app{number:02}:1"))
        .collect()
}

fn expect(client: &Client, images: &[String]) {
    client.expect(images.iter().map(|image| repository(image)));
}

fn count(server: &Server, method: &str, prefix: &str) -> usize {
    let line = format!("{method} {prefix}");
    asked(server)
        .iter()
        .filter(|asked| asked.starts_with(&line))
        .count()
}

fn login(server: &Server, password: &str) -> String {
    let name = name_of(server);
    format!(r#"{{"auths":{{"{name}":{{"username":"me","password":"{password}"}}}}}}"#)
}

#[test]
fn one_token_is_for_many_repositories() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).client();
    let images = images(30);
    expect(&client, &images);
    let results = resolve_all(&client, &images);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(count(&server, "GET", "/token"), 1);
    // The challenge to the first one, then each once.
    assert_eq!(count(&server, "HEAD", "/v2/"), 31);
    let seen = server.seen();
    let token = seen
        .iter()
        .find(|seen| seen.path.starts_with("/token"))
        .unwrap();
    assert_eq!(parameters(&token.path, "service"), ["s"]);
    assert_eq!(parameters(&token.path, "scope").len(), 30);
    assert_eq!(token.header("authorization"), None);
}

#[test]
fn very_many_repositories_take_several_tokens() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).client();
    let images = images(90);
    expect(&client, &images);
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    assert_eq!(count(&server, "GET", "/token"), 3);
    assert_eq!(count(&server, "HEAD", "/v2/"), 91);
}

#[test]
fn repositories_nobody_told_of_get_tokens_of_their_own() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).client();
    assert!(resolve_all(&client, &images(3)).iter().all(Result::is_ok));
    assert_eq!(count(&server, "GET", "/token"), 3);
    assert_eq!(count(&server, "HEAD", "/v2/"), 4);
}

#[test]
fn an_eager_client_waits_for_no_first_answer_and_finds_its_way_all_the_same() {
    // Nobody is answered before all have asked.
    let all = Arc::new(Barrier::new(4));
    let everybody = all.clone();
    let open = Server::answering(move |_| {
        everybody.wait();
        manifest(&index(), INDEX)
    });
    let mut maker = Maker::hub(&open);
    maker.settings.is_eager = true;
    let results = resolve_all(&maker.client(), &images(4));
    assert!(results.iter().all(Result::is_ok), "{results:?}");

    let server = registry(USUAL);
    let mut maker = Maker::hub(&server);
    maker.settings.is_eager = true;
    let client = maker.client();
    let images = images(30);
    expect(&client, &images);
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    assert_eq!(count(&server, "GET", "/token"), 1);
}

#[test]
fn a_server_that_refuses_several_is_asked_one_by_one() {
    let server = registry(Rules {
        refuses_many: true,
        ..USUAL
    });
    let client = Maker::hub(&server).client();
    let images = images(5);
    expect(&client, &images);
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    assert_eq!(count(&server, "GET", "/token"), 1 + 5);
    assert_eq!(count(&server, "HEAD", "/v2/"), 6);
}

#[test]
fn a_token_that_is_too_weak_is_followed_by_one_of_its_own() {
    let server = registry(Rules {
        reads_first_only: true,
        ..USUAL
    });
    let client = Maker::hub(&server).client();
    let images = images(4);
    expect(&client, &images);
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    assert_eq!(count(&server, "GET", "/token"), 1 + 3);
    assert_eq!(count(&server, "HEAD", "/v2/"), 1 + 4 + 3);
}

#[test]
fn one_private_repository_does_not_hold_back_the_others() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).client();
    let images = [images(3), vec!["private/app:1".to_owned()]].concat();
    expect(&client, &images);
    let results = resolve_all(&client, &images);
    let (private, others) = results.split_last().unwrap();
    assert!(others.iter().all(Result::is_ok), "{others:?}");
    let error = private.as_ref().unwrap_err();
    assert!(
        matches!(error, Error::Denied { login: None, .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("missing images look the same"),
        "{error}"
    );
    assert!(!error.is_transient());
    // Its words cost no more tokens: one for all, and one of its own.
    assert_eq!(count(&server, "GET", "/token"), 2);
    assert_eq!(count(&server, "GET", "/v2/"), 1);
}

#[test]
fn credentials_go_to_the_token_server() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).auth(&login(&server, "hush")).client();
    resolve(&client, "private/app:1").unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].header("authorization"), Some("Basic bWU6aHVzaA=="));
    assert!(
        seen[2]
            .header("authorization")
            .unwrap()
            .starts_with("Bearer t+")
    );
}

#[test]
fn a_wrong_password_is_told_with_where_it_stands_but_not_itself() {
    let server = registry(USUAL);
    let client = Maker::hub(&server)
        .auth(&login(&server, "wrong-one"))
        .client();
    let error = resolve(&client, "private/app:1").unwrap_err();
    let name = name_of(&server);
    assert_eq!(
        error.to_string(),
        format!(
            "access to `private/app:1` was denied by `{name}` (with the credentials from \
             `DOCKER_AUTH_CONFIG`): incorrect password"
        )
    );
    assert!(!format!("{error:?} {client:?}").contains("wrong-one"));
    assert_eq!(count(&server, "GET", "/token"), 1);
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let server = registry(Rules {
        lifetime: 100,
        ..USUAL
    });
    let maker = Maker::hub(&server);
    let client = maker.client();
    expect(&client, &["acme/app:1".to_owned()]);
    resolve(&client, "acme/app:1").unwrap();
    maker.clock.pass(Duration::from_secs(89));
    resolve(&client, "acme/app:2").unwrap();
    assert_eq!(count(&server, "GET", "/token"), 1);
    maker.clock.pass(Duration::from_secs(2));
    resolve(&client, "acme/app:3").unwrap();
    assert_eq!(count(&server, "GET", "/token"), 2);
}

#[test]
fn a_token_taken_back_is_replaced() {
    let tokens = AtomicUsize::new(0);
    let server = Server::answering(move |seen| {
        if seen.path.starts_with("/token") {
            let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::ok(format!(r#"{{"token":"t{number}","expires_in":9999}}"#));
        }
        // The first token is good for the first tag only.
        let (_, tag) = seen.path.split_once("/manifests/").unwrap();
        let good = format!("Bearer t{}", &tag[..1]);
        match seen.header("authorization") {
            Some(given) if given == good => manifest(&index(), INDEX),
            _ => bearer(seen, ""),
        }
    });
    let client = Maker::hub(&server).client();
    resolve(&client, "acme/app:1").unwrap();
    resolve(&client, "acme/app:2").unwrap();
    assert_eq!(count(&server, "GET", "/token"), 2);
    let error = resolve(&client, "acme/app:9").unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error:?}");
}

#[test]
fn several_challenges_in_one_header_are_read() {
    let server = Server::answering(|seen| match seen.header("authorization") {
        _ if seen.path.starts_with("/token") => Reply::ok(r#"{"token":"t"}"#),
        Some("Bearer t") => manifest(&index(), INDEX),
        _ => bearer(seen, ",Basic realm=\"gitea\"").header("WWW-Authenticate", "Negotiate"),
    });
    let client = Maker::hub(&server).client();
    resolve(&client, "acme/app:1").unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn a_basic_challenge_is_answered_with_the_password() {
    let server = Server::answering(|seen| match seen.header("authorization") {
        Some("Basic bWU6aHVzaA==") => manifest(&index(), INDEX),
        _ => errors(401, "UNAUTHORIZED", "authentication required")
            .header("WWW-Authenticate", "Basic realm=\"r\""),
    });
    let client = Maker::hub(&server).auth(&login(&server, "hush")).client();
    assert!(resolve_all(&client, &images(5)).iter().all(Result::is_ok));
    assert_eq!(server.seen().len(), 6);
    let error = resolve(&Maker::hub(&server).client(), "acme/app:1").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the same): authentication required"),
        "{error}"
    );
    let client = Maker::hub(&server).auth(&login(&server, "wrong")).client();
    let error = resolve(&client, "acme/app:1").unwrap_err();
    assert!(
        matches!(&error, Error::Denied { login: Some(source), .. } if source == "`DOCKER_AUTH_CONFIG`"),
        "{error:?}"
    );
}

/// A token server that takes identity tokens by POST, or with Basic by GET.
fn identity_server(post_status: u16) -> Server {
    Server::answering(
        move |seen| match (seen.method.as_str(), seen.header("authorization")) {
            ("POST", _) if post_status != 200 => Reply::status(post_status),
            ("POST", None) if parameters(&seen.body, "refresh_token") == ["rt"] => {
                Reply::ok(r#"{"access_token":"t"}"#)
            }
            ("GET", Some("Basic PHRva2VuPjpydA==")) => Reply::ok(r#"{"token":"t"}"#),
            (_, Some("Bearer t")) => manifest(&index(), INDEX),
            _ => bearer(seen, ""),
        },
    )
}

#[test]
fn an_identity_token_is_posted() {
    let server = identity_server(200);
    let auth = format!(
        r#"{{"auths":{{"{}":{{"identitytoken":"rt"}}}}}}"#,
        name_of(&server)
    );
    let client = Maker::hub(&server).auth(&auth).client();
    client.expect(["acme/a", "acme/b"].map(repository));
    resolve(&client, "acme/a:1").unwrap();
    let posted = &server.seen()[1];
    assert_eq!((&*posted.method, &*posted.path), ("POST", "/token"));
    assert_eq!(parameters(&posted.body, "grant_type"), ["refresh_token"]);
    assert_eq!(parameters(&posted.body, "service"), ["s"]);
    assert_eq!(
        parameters(&posted.body, "scope"),
        ["repository:acme/a:pull repository:acme/b:pull"]
    );
}

#[test]
fn where_nothing_can_be_posted_an_identity_token_is_a_password() {
    for status in [404, 405] {
        let server = identity_server(status);
        let auth = format!(
            r#"{{"auths":{{"{}":{{"identitytoken":"rt"}}}}}}"#,
            name_of(&server)
        );
        let client = Maker::hub(&server).auth(&auth).client();
        resolve(&client, "acme/a:1").unwrap();
    }
    let server = identity_server(401);
    let auth = format!(
        r#"{{"auths":{{"{}":{{"identitytoken":"rt"}}}}}}"#,
        name_of(&server)
    );
    let client = Maker::hub(&server).auth(&auth).client();
    let error = resolve(&client, "acme/a:1").unwrap_err();
    assert!(
        matches!(error, Error::Denied { login: Some(_), .. }),
        "{error:?}"
    );
}

#[test]
fn a_registry_token_is_sent_as_it_is() {
    let server = Server::answering(|seen| match seen.header("authorization") {
        Some("Bearer rt") => manifest(&index(), INDEX),
        _ => bearer(seen, ""),
    });
    let auth = format!(
        r#"{{"auths":{{"{}":{{"registrytoken":"rt"}}}}}}"#,
        name_of(&server)
    );
    let client = Maker::hub(&server).auth(&auth).client();
    resolve(&client, "acme/a:1").unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_scope_that_is_not_the_usual_one_is_asked_for_as_given() {
    let check = |scope: &'static str, tokens: usize| {
        let server = Server::answering(move |seen| {
            let path = seen.path.trim_start_matches("/v2/");
            let path = path.split("/manifests/").next().unwrap();
            let wanted = scope.replace("PATH", path);
            if seen.path.starts_with("/token") {
                let scopes = parameters(&seen.path, "scope").join("+");
                return Reply::ok(format!(r#"{{"token":"{scopes}"}}"#));
            }
            match seen.header("authorization") {
                Some(given) if given == format!("Bearer {wanted}") => manifest(&index(), INDEX),
                _ => bearer(seen, &format!(",scope=\"{wanted}\"")),
            }
        });
        let client = Maker::hub(&server).client();
        let images = images(3);
        expect(&client, &images);
        let results = resolve_all(&client, &images);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(count(&server, "GET", "/token"), tokens, "{scope}");
    };
    check("aws", 1);
    check("repository:inner/PATH:pull", 3);
}

#[test]
fn a_realm_elsewhere_in_the_network_is_not_asked() {
    for (realm, words) in [
        ("https://169.254.169.254/latest", "private address"),
        ("file:///etc/passwd", "`file`"),
        ("nonsense", "not a URL"),
    ] {
        let server = Server::answering(move |_| {
            let challenge = format!("Bearer realm=\"{realm}\"");
            Reply::status(401).header("WWW-Authenticate", challenge)
        });
        // By a name that is not this network's: the proxy is the server itself.
        let mut maker = Maker::mirrors(["docker.io=http://registry.example"]);
        maker.http.proxy = Some(server.url("").parse().unwrap());
        let http = http::Settings {
            timer: maker.clock.clone(),
            ..maker.http.clone()
        };
        let client = Client::new(maker.settings, http::Client::new(http), Cache::none());
        let error = resolve(&client, "acme/a:1").unwrap_err();
        assert!(matches!(error, Error::Realm { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn a_refusal_without_a_way_to_prove_anything_is_told() {
    let server = Server::answering(|_| Reply::status(401).header("WWW-Authenticate", "Negotiate"));
    let error = resolve(&Maker::hub(&server).client(), "acme/a:1").unwrap_err();
    assert!(matches!(error, Error::Challenge { .. }), "{error:?}");
}

#[test]
fn an_answer_without_a_token_is_told_without_quoting_it() {
    for body in [
        "{}",
        "hush",
        r#"{"token":""}"#,
        r#"{"token":"hush\n"}"#,
        r#"{"token":["hush"]}"#,
    ] {
        let server = Server::answering(move |seen| {
            if seen.path.starts_with("/token") {
                return Reply::ok(body);
            }
            bearer(seen, "")
        });
        let error = resolve(&Maker::hub(&server).client(), "acme/a:1").unwrap_err();
        assert!(matches!(error, Error::Token { .. }), "{error:?}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_only_where_credentials_are_wanted() {
    let server = registry(USUAL);
    let client = Maker::hub(&server).auth("{\"auths\": [\"hush\"]}").client();
    let error = resolve(&client, "acme/a:1").unwrap_err();
    assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
    assert!(
        error.to_string().contains("`DOCKER_AUTH_CONFIG`"),
        "{error}"
    );
    assert!(!error.to_string().contains("hush"), "{error}");
    let open = Server::answering(|_| manifest(&index(), INDEX));
    let client = Maker::hub(&open).auth("broken").client();
    resolve(&client, "acme/a:1").unwrap();
}

#[test]
fn repositories_of_different_people_share_no_token() {
    let server = Server::answering(|seen| match seen.header("authorization") {
        authorization if seen.path.starts_with("/token") => {
            let user = authorization.unwrap().replace(' ', "");
            let scopes = parameters(&seen.path, "scope").join("+");
            Reply::ok(format!(r#"{{"token":"{user}+{scopes}"}}"#))
        }
        Some(_) => manifest(&index(), INDEX),
        None => bearer(seen, ""),
    });
    let name = name_of(&server);
    let auth = format!(
        r#"{{"auths":{{"{name}/one":{{"username":"one","password":"x"}},
        "{name}/two":{{"username":"two","password":"x"}}}}}}"#
    );
    let client = Maker::hub(&server).auth(&auth).client();
    let images = ["one/a:1", "two/a:1", "one/b:1"].map(str::to_owned);
    expect(&client, &images);
    assert!(resolve_all(&client, &images).iter().all(Result::is_ok));
    let tokens: Vec<(String, usize)> = server
        .seen()
        .iter()
        .filter(|seen| seen.path.starts_with("/token"))
        .map(|seen| {
            let user = seen.header("authorization").unwrap().to_owned();
            (user, parameters(&seen.path, "scope").len())
        })
        .collect();
    let mut tokens = tokens;
    tokens.sort();
    let expected = [("Basic b25lOng=", 2), ("Basic dHdvOng=", 1)];
    assert_eq!(
        tokens,
        expected.map(|(user, count)| (user.to_owned(), count))
    );
}

#[test]
fn a_token_may_come_with_any_status_of_success() {
    let server = Server::answering(|seen| {
        if seen.path.starts_with("/token") {
            return Reply::status(201).body(r#"{"token":"t"}"#);
        }
        match seen.header("authorization") {
            Some("Bearer t") => manifest(&index(), INDEX),
            _ => bearer(seen, ""),
        }
    });
    resolve(&Maker::hub(&server).client(), "acme/app:1").unwrap();
}

#[test]
fn a_page_in_the_place_of_a_token_is_told_as_one() {
    let server = Server::answering(|seen| {
        if seen.path.starts_with("/token") {
            return Reply::ok("<html>Log in</html>");
        }
        bearer(seen, "")
    });
    let error = resolve(&Maker::hub(&server).client(), "acme/app:1").unwrap_err();
    assert!(error.to_string().contains("web page"), "{error}");
}

/// Hides what it has from those who do not log in, and says only at `/v2/` how to.
fn hiding(status: u16) -> Server {
    Server::answering(move |seen| {
        let is_me = seen.header("authorization") == Some("Basic bWU6aHVzaA==");
        match seen.path.split('?').next().unwrap() {
            "/v2/" if !is_me => Reply::status(401).header("WWW-Authenticate", "Basic realm=\"r\""),
            "/v2/" => Reply::ok("{}"),
            path if path.ends_with("/missing") => Reply::status(404),
            _ if is_me => manifest(&index(), INDEX),
            _ => Reply::status(status),
        }
    })
}

#[test]
fn a_refusal_is_asked_about_where_there_is_a_login() {
    for status in [404, 403, 401] {
        let server = hiding(status);
        let client = Maker::hub(&server).auth(&login(&server, "hush")).client();
        let resolved = resolve(&client, "acme/app:1");
        assert!(resolved.is_ok(), "{status}: {resolved:?}");
        assert_eq!(count(&server, "GET", "/v2/?"), 1);
    }
}

#[test]
fn a_refusal_is_believed_where_there_is_no_login() {
    let server = hiding(404);
    let client = Maker::hub(&server).client();
    let error = resolve(&client, "acme/app:1").unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert_eq!(count(&server, "GET", "/v2/?"), 0);
}

#[test]
fn a_registry_is_asked_once_how_to_log_in() {
    let server = hiding(404);
    let client = Maker::hub(&server).auth(&login(&server, "hush")).client();
    let images = ["acme/app:1", "acme/other:1", "acme/app:missing"].map(str::to_owned);
    let answers = resolve_all(&client, &images);
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 2);
    assert_eq!(count(&server, "GET", "/v2/?"), 1);
    let Err(Error::NotFound { is_anonymous, .. }) = &answers[2] else {
        panic!("{answers:?}");
    };
    assert!(!is_anonymous);
}
