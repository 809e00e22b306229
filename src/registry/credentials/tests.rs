//! What is found in the files, and what helpers say.

use std::collections::HashMap;

use super::*;

/// A home with files in it.
struct Home {
    dir: tempfile::TempDir,
    variables: HashMap<&'static str, OsString>,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let variables = HashMap::from([
            (
                if cfg!(windows) { "USERPROFILE" } else { "HOME" },
                dir.path().into(),
            ),
            ("PATH", dir.path().join("bin").into()),
        ]);
        Self { dir, variables }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn docker(self, text: &str) -> Self {
        self.file(".docker/config.json", text)
    }

    fn podman(self, text: &str) -> Self {
        self.file(".config/containers/auth.json", text)
    }

    fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    /// Makes a helper that runs this shell script.
    ///
    /// Another process writes the program: had we it open for writing while another test
    /// starts a process, that one would hold it open, and it could not be run (`ETXTBSY`).
    #[cfg(unix)]
    fn helper(self, name: &str, script: &str) -> Self {
        let source = format!("scripts/{name}");
        let home = self.file(&source, &format!("#!/bin/sh\n{script}\n"));
        let program = home
            .dir
            .path()
            .join(format!("bin/docker-credential-{name}"));
        let status = std::process::Command::new("install")
            .args(["-D", "-m", "755"])
            .args([home.dir.path().join(source), program])
            .status()
            .unwrap();
        assert!(status.success());
        home
    }

    fn store(&self) -> CredentialStore {
        CredentialStore::from_environment(|name| self.variables.get(name).cloned())
    }

    fn find(&self, host: &str, path: &str) -> Result<Option<Found>, Error> {
        run(self.store().find(host, path))
    }

    /// Returns the login in one word, its secret included.
    #[track_caller]
    fn login(&self, host: &str, path: &str) -> String {
        match self.find(host, path).unwrap() {
            None => "none".to_owned(),
            Some(found) => match found.login {
                Login::Password { user, password } => format!("{user}:{}", password.expose()),
                Login::Identity(token) => format!("identity {}", token.expose()),
                Login::Token(token) => format!("token {}", token.expose()),
            },
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn reads_each_form_of_an_entry() {
    let home = Home::new().docker(
        r#"{"auths":{
            "a.example":{"auth":"bWU6aHU6c2g="},
            "b.example":{"username":"me","password":"hush"},
            "c.example":{"identitytoken":"it","auth":"PHRva2VuPjo="},
            "d.example":{"registrytoken":"rt"},
            "e.example":{},
            "f.example":null,
            "g.example":{"auth":"","username":"me"},
            "h.example":{"auth":"PHRva2VuPjppdA"},
            "i.example":{"auth":"bWU6aHVzaAAA\n"}
        },"psFormat":"x","HttpHeaders":{"X":"y"}}"#,
    );
    for (host, expected) in [
        ("a.example", "me:hu:sh"),
        ("b.example", "me:hush"),
        ("c.example", "identity it"),
        ("d.example", "token rt"),
        ("e.example", "none"),
        ("f.example", "none"),
        ("g.example", "none"),
        ("h.example", "identity it"),
        ("i.example", "me:hush"),
        ("other.example", "none"),
    ] {
        assert_eq!(home.login(host, "acme/app"), expected, "{host}");
    }
}

#[test]
fn a_host_is_found_by_its_old_spellings() {
    let entry =
        |key: &str| format!(r#"{{"auths":{{"{key}":{{"username":"me","password":"x"}}}}}}"#);
    for key in [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
        "index.docker.io/v1/",
    ] {
        let home = Home::new().docker(&entry(key));
        assert_eq!(
            home.login("registry-1.docker.io", "library/python"),
            "me:x",
            "{key}"
        );
        assert_eq!(
            home.login("mirror.example", "library/python"),
            "none",
            "{key}"
        );
    }
    for key in [
        "https://r.example:5000",
        "http://r.example:5000/v1/",
        "R.Example:5000",
    ] {
        let home = Home::new().docker(&entry(key));
        assert_eq!(home.login("r.example:5000", "a"), "me:x", "{key}");
        assert_eq!(home.login("r.example", "a"), "none", "{key}");
    }
}

#[test]
fn the_longest_path_counts() {
    let home = Home::new().podman(
        r#"{"auths":{
            "quay.example":{"username":"all","password":"x"},
            "quay.example/acme":{"username":"acme","password":"x"},
            "quay.example/acme/app":{"username":"app","password":"x"}}}"#,
    );
    let login = |path: &str| home.login("quay.example", path);
    assert_eq!(login("other/app"), "all:x");
    assert_eq!(login("acme-2/app"), "all:x");
    assert_eq!(login("acme/web"), "acme:x");
    assert_eq!(login("acme/app"), "app:x");
    assert_eq!(login("acme/app/sub"), "app:x");
    let store = home.store();
    assert!(run(store.is_same("quay.example", "acme/web", "acme/api")));
    assert!(!run(store.is_same("quay.example", "acme/web", "acme/app")));
}

#[test]
fn files_are_read_in_order() {
    let entry = |user: &str, host: &str| {
        format!(r#"{{"auths":{{"{host}":{{"username":"{user}","password":"x"}}}}}}"#)
    };
    let (a, b) = ("a.example", "b.example");
    let mut home = Home::new().podman(&entry("config", a));
    assert_eq!(home.login(a, "x"), "config:x");
    home = home.file("run/containers/auth.json", &entry("runtime", a));
    let run_dir = home.dir.path().join("run");
    home = home.variable("XDG_RUNTIME_DIR", run_dir);
    assert_eq!(home.login(a, "x"), "runtime:x");
    home = home.file("auth.json", &entry("named", a));
    let named = home.dir.path().join("auth.json");
    home = home.variable("REGISTRY_AUTH_FILE", named);
    assert_eq!(home.login(a, "x"), "named:x");
    home = home.docker(&entry("docker", a));
    assert_eq!(home.login(a, "x"), "docker:x");
    home = home.file("other/config.json", &entry("moved", b));
    let moved = home.dir.path().join("other");
    home = home.variable("DOCKER_CONFIG", moved);
    assert_eq!(
        (home.login(a, "x"), home.login(b, "x")),
        ("named:x".into(), "moved:x".into())
    );
    home = home.variable("DOCKER_AUTH_CONFIG", entry("text", a));
    assert_eq!(home.login(a, "x"), "text:x");
    let found = home.find(a, "x").unwrap().unwrap();
    assert_eq!(found.source, "`DOCKER_AUTH_CONFIG`");
}

#[test]
fn the_source_is_the_file() {
    let home = Home::new().docker(r#"{"auths":{"a.example":{"username":"u","password":"p"}}}"#);
    let found = home.find("a.example", "x").unwrap().unwrap();
    let path = home.dir.path().join(".docker/config.json");
    assert_eq!(found.source, format!("`{}`", path.display()));
}

#[track_caller]
fn check_malformed(text: &str, words: &str) {
    let home = Home::new().docker(text);
    let error = home.find("a.example", "x").unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains(".docker/config.json") && message.contains(words),
        "{message}"
    );
    assert!(!message.contains("hush"), "{message}");
}

#[test]
fn a_file_that_cannot_be_read_is_no_absent_one() {
    check_malformed("{\"auths\": hush", "not JSON, at line 1, column");
    check_malformed(r#"{"auths":{"a.example":"hush"}}"#, "not the expected JSON");
    check_malformed(
        r#"{"auths":{"b.example":{"auth":"!hush!"}}}"#,
        "not Base64, of `b.example`",
    );
    check_malformed(
        r#"{"auths":{"b.example":{"auth":"aHVzaA=="}}}"#,
        "does not contain a colon",
    );
    let home = Home::new().file(".docker/config.json/x", "a folder in its place");
    assert!(home.find("a.example", "x").is_err());
}

#[test]
fn an_empty_file_and_none_say_nothing() {
    assert_eq!(Home::new().login("a.example", "x"), "none");
    assert_eq!(Home::new().docker(" \n").login("a.example", "x"), "none");
    assert!(matches!(
        run(CredentialStore::none().find("a.example", "x")),
        Ok(None)
    ));
}

#[cfg(unix)]
mod helpers {
    use super::*;

    const NOT_FOUND: &str = "echo 'credentials not found in native keychain'; exit 1";

    #[test]
    fn a_helper_is_told_the_host_and_its_words_are_read() {
        let home = Home::new()
            .docker(r#"{"credHelpers":{"a.example":"one"},"credsStore":"two"}"#)
            .helper(
                "one",
                r#"printf '{"ServerURL":"x","Username":"%s","Secret":"from %s"}' "$(cat)" "$1""#,
            )
            .helper("two", r#"echo '{"Username":"<token>","Secret":"it"}'"#);
        assert_eq!(home.login("a.example", "x"), "a.example:from get");
        assert_eq!(home.login("b.example", "x"), "identity it");
        let found = home.find("a.example", "x").unwrap().unwrap();
        assert_eq!(found.source, "`docker-credential-one`");
    }

    #[test]
    fn the_next_place_is_looked_at_where_a_helper_has_none() {
        let home = Home::new()
            .docker(
                r#"{"credHelpers":{"a.example":"one"},"credsStore":"two",
                "auths":{"a.example":{"username":"me","password":"x"}}}"#,
            )
            .helper("one", NOT_FOUND)
            .helper("two", NOT_FOUND);
        assert_eq!(home.login("a.example", "x"), "me:x");
        assert_eq!(home.login("b.example", "x"), "none");
        let empty = Home::new()
            .docker(r#"{"credsStore":"two"}"#)
            .helper("two", r#"echo '{"Username":"","Secret":""}'"#);
        assert_eq!(empty.login("b.example", "x"), "none");
    }

    #[test]
    fn the_hub_is_asked_for_by_its_old_name() {
        let home = Home::new().docker(r#"{"credsStore":"two"}"#).helper(
            "two",
            r#"name=$(cat); test "$name" = https://index.docker.io/v1/ || exit 3
            echo '{"Username":"me","Secret":"x"}'"#,
        );
        assert_eq!(home.login("registry-1.docker.io", "library/python"), "me:x");
    }

    #[test]
    fn a_helper_is_asked_once_a_run() {
        let home = Home::new().docker(r#"{"credsStore":"two"}"#).helper(
            "two",
            r#"echo x >> "$(dirname "$0")/count"; echo '{"Username":"me","Secret":"x"}'"#,
        );
        let store = home.store();
        run(async {
            for path in ["a", "b", "c"] {
                store.find("a.example", path).await.unwrap().unwrap();
            }
        });
        let count = std::fs::read_to_string(home.dir.path().join("bin/count")).unwrap();
        assert_eq!(count, "x\n");
    }

    #[track_caller]
    fn check_failing(script: &str, words: &str) {
        let home = Home::new()
            .docker(r#"{"credsStore":"two"}"#)
            .helper("two", script);
        let error = home.find("a.example", "x").unwrap_err();
        assert!(matches!(error, Error::Helper { .. }), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains(words) && !message.contains("hush"),
            "{message}"
        );
        assert!(
            message.starts_with(
                "cannot get the credentials of `a.example` from `docker-credential-two`"
            ),
            "{message}"
        );
    }

    #[test]
    fn a_helper_that_fails_is_told_in_its_words() {
        check_failing("echo 'no keychain here'; exit 1", "no keychain here");
        check_failing("echo 'on stderr' >&2; exit 1", "on stderr");
        check_failing("exit 3", "exit status: 3");
        check_failing("echo 'hush'", "not the expected JSON");
        check_failing(
            r#"echo '{"Username":"me","Secret":["hush"]}'"#,
            "not the expected JSON",
        );
    }

    #[test]
    fn a_helper_that_never_answers_is_waited_for_only_so_long() {
        let home = Home::new()
            .docker(r#"{"credsStore":"two"}"#)
            .helper("two", "exec sleep 600");
        let mut store = home.store();
        let inner = Arc::get_mut(&mut store.inner).unwrap();
        inner.helpers.patience = std::time::Duration::from_millis(30);
        let error = run(store.find("a.example", "x")).unwrap_err();
        assert!(
            error.to_string().ends_with("did not answer within 30ms"),
            "{error}"
        );
    }

    #[test]
    fn a_helper_that_is_not_there_is_told() {
        let check = |name: &str, words: &str| {
            let home = Home::new().docker(&format!(r#"{{"credsStore":"{name}"}}"#));
            let error = home.find("a.example", "x").unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        };
        check("absent", "it is not on `PATH`");
        check("../../bin/sh", "not a program name");
    }
}
