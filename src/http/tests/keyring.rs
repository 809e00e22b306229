//! Whom the `keyring` program is asked about, and what becomes of its answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::scripted::{Reply, Server};
use super::*;
use crate::http::{IndexLogin, KeyringProvider, Secret};

const BASIC_ME: &str = "Basic bWU6cHc=";

/// A folder with a program that notes its arguments and then does `script`.
struct Keyring {
    folder: tempfile::TempDir,
}

impl Keyring {
    fn doing(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keyring");
        let noted = folder.path().join("asked");
        // Written by another process: no other test's child can hold it open for writing.
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> '{}'\n{script}\n",
            noted.display()
        );
        let source = folder.path().join("source");
        fs::write(&source, text).unwrap();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o755)).unwrap();
        let status = std::process::Command::new("cp")
            .args([&source, &path])
            .status()
            .unwrap();
        assert!(status.success());
        Self { folder }
    }

    fn asked(&self) -> Vec<String> {
        fs::read_to_string(self.folder.path().join("asked"))
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn client(&self, indexes: &[&str]) -> Client {
        Client::new(asking(self.folder.path(), indexes))
    }
}

fn asking(folder: &Path, indexes: &[&str]) -> Settings {
    let (mut settings, _) = settings();
    settings.keyring = KeyringProvider::Subprocess;
    settings.environment.program_dirs = vec![folder.to_owned()];
    for index in indexes {
        settings.credentials.add_index(&mut url(index), None);
    }
    settings
}

fn told(server: &Server) -> Vec<Option<String>> {
    let seen = server.seen();
    seen.iter()
        .map(|seen| seen.header("authorization").map(str::to_owned))
        .collect()
}

#[test]
fn a_user_in_the_url_is_completed_before_the_first_request() {
    let server = Server::script([Reply::ok("x"), Reply::ok("y")]);
    let keyring = Keyring::doing("echo pw");
    let index = server.url("/simple").replace("://", "://me@");
    let client = keyring.client(&[&index]);
    get(&client, &server.url("/simple/a/")).unwrap();
    get(&client, &server.url("/files/a.whl")).unwrap();
    assert_eq!(
        told(&server),
        [Some(BASIC_ME.to_owned()), Some(BASIC_ME.to_owned())]
    );
    assert_eq!(
        keyring.asked(),
        [format!("get {} me", server.url("/simple"))]
    );
    assert_eq!(client.take_warning(), None);
}

#[test]
fn the_host_is_asked_about_when_the_url_is_not_known() {
    let server = Server::script([Reply::ok("x")]);
    let keyring = Keyring::doing("case $2 in http*) exit 1;; *) echo pw;; esac");
    let client = keyring.client(&[&server.url("/simple/").replace("://", "://me@")]);
    get(&client, &server.url("/simple/a/")).unwrap();
    assert_eq!(told(&server), [Some(BASIC_ME.to_owned())]);
    let host = server.url("").replace("http://", "");
    let host = host.trim_end_matches('/');
    assert_eq!(
        keyring.asked(),
        [
            format!("get {} me", server.url("/simple/")),
            format!("get {host} me")
        ]
    );
}

#[test]
fn an_index_that_asks_gets_what_the_program_knows() {
    let server = Server::script([Reply::status(401), Reply::ok("x"), Reply::ok("y")]);
    let keyring = Keyring::doing("printf 'me\\npw\\n'");
    let client = keyring.client(&[&server.url("/simple/")]);
    get(&client, &server.url("/simple/a/")).unwrap();
    get(&client, &server.url("/simple/b/")).unwrap();
    let me = Some(BASIC_ME.to_owned());
    assert_eq!(told(&server), [None, me.clone(), me]);
    assert_eq!(
        keyring.asked(),
        [format!("get {} --mode creds", server.url("/simple/"))]
    );
}

#[test]
fn nobody_asks_without_need() {
    let server = Server::script([Reply::ok("x"), Reply::status(403), Reply::ok("y")]);
    let keyring = Keyring::doing("printf 'me\\npw\\n'");
    let client = keyring.client(&[]);
    get(&client, &server.url("/a")).unwrap();
    get(&client, &server.url("/b")).unwrap_err();
    get(&client, &server.url("/c").replace("://", "://you:too@")).unwrap();
    assert_eq!(keyring.asked(), Vec::<String>::new());
}

#[test]
fn it_is_asked_once_by_all_clients_also_in_vain() {
    let server = Server::script([Reply::status(401), Reply::status(401)]);
    let keyring = Keyring::doing("exit 1");
    let settings = asking(keyring.folder.path(), &[&server.url("/simple/")]);
    for path in ["/simple/a/", "/simple/b/"] {
        let client = Client::new(settings.clone());
        let error = get(&client, &server.url(path)).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Denied {
                    sent_credentials: false,
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(client.take_warning(), None);
    }
    assert_eq!(keyring.asked().len(), 2, "the URL and the host");
}

#[track_caller]
fn check_warning(client: &Client, server: &Server, words: &str) {
    // The user goes alone, as without the program.
    get(client, &server.url("/simple/a/")).unwrap();
    assert_eq!(told(server), [Some("Basic bWU6".to_owned())]);
    let warning = client.take_warning().unwrap();
    assert!(warning.contains(words), "{warning}");
    assert!(!warning.contains("sesame"), "{warning}");
    assert_eq!(client.take_warning(), None);
}

#[test]
fn a_program_that_fails_is_a_warning_without_its_words() {
    let server = Server::script([Reply::ok("x")]);
    let keyring = Keyring::doing("echo sesame; echo sesame >&2; exit 3");
    let client = keyring.client(&[&server.url("/simple/").replace("://", "://me@")]);
    check_warning(&client, &server, "exit status: 3");
}

#[test]
fn a_program_that_is_not_there_is_a_warning() {
    let server = Server::script([Reply::ok("x")]);
    let empty = tempfile::tempdir().unwrap();
    let index = server.url("/simple/").replace("://", "://me@");
    let client = Client::new(asking(empty.path(), &[&index]));
    check_warning(
        &client,
        &server,
        "cannot find the `keyring` program on `PATH`",
    );
}

#[test]
fn a_program_of_old_wants_a_user() {
    let server = Server::script([Reply::status(401)]);
    let keyring =
        Keyring::doing("echo 'keyring: error: unrecognized arguments: --mode creds' >&2; exit 2");
    let client = keyring.client(&[&server.url("/simple/")]);
    get(&client, &server.url("/simple/a/")).unwrap_err();
    let warning = client.take_warning().unwrap();
    assert!(warning.contains("25.2.1"), "{warning}");
}

#[test]
fn a_refusal_says_where_the_credentials_came_from() {
    let server = Server::script([Reply::status(403), Reply::status(401)]);
    let keyring = Keyring::doing("echo sesame");
    let index = server.url("/simple/").replace("://", "://me@");
    let error = get(&keyring.client(&[&index]), &server.url("/simple/a/")).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("the `keyring` program"), "{words}");
    let (mut settings, _) = settings();
    let variables = IndexLogin {
        user: Some(Secret::new("me")),
        password: Some(Secret::new("sesame")),
        names: "PINFOLD_INDEX_CORP_PASSWORD".to_owned(),
    };
    settings
        .credentials
        .add_index(&mut url(&server.url("/simple/")), Some(variables));
    let error = get(&Client::new(settings), &server.url("/simple/a/")).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("PINFOLD_INDEX_CORP_PASSWORD"), "{words}");
    assert!(!words.contains("sesame"), "{words}");
}
