//! What is kept between runs.

use super::*;

fn tags_and_digests() -> Server {
    Server::answering(|_| manifest(&index(), INDEX))
}

#[test]
fn a_tag_is_asked_again_when_its_time_has_passed() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::hub(&server).cache(&dir);
    let ask = || resolve(&maker.client(), "python:3.12").unwrap().from_cache;
    assert!(!ask());
    maker.clock.pass(Duration::from_secs(299));
    assert!(ask());
    maker.clock.pass(Duration::from_secs(2));
    assert!(!ask());
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_tag_kept_in_the_future_is_not_believed() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let later = Maker::hub(&server).cache(&dir);
    later.clock.pass(Duration::from_hours(1));
    resolve(&later.client(), "python:3.12").unwrap();
    let now = Maker::hub(&server).cache(&dir);
    assert!(!resolve(&now.client(), "python:3.12").unwrap().from_cache);
}

#[test]
fn a_refresh_asks_at_once() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let mut maker = Maker::hub(&server).cache(&dir);
    resolve(&maker.client(), "python:3.12").unwrap();
    maker.settings.refresh = true;
    assert!(!resolve(&maker.client(), "python:3.12").unwrap().from_cache);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn tags_of_other_registries_are_other_tags() {
    let one = tags_and_digests();
    let two = Server::answering(|_| manifest(b"two", INDEX));
    let dir = tempfile::tempdir().unwrap();
    resolve(&Maker::hub(&one).cache(&dir).client(), "python:3.12").unwrap();
    let resolved = resolve(&Maker::hub(&two).cache(&dir).client(), "python:3.12").unwrap();
    assert_eq!(resolved.digest, Digest::of(b"two"));
}

#[test]
fn what_has_a_digest_is_fetched_once_for_good() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let mut maker = Maker::hub(&server).cache(&dir);
    let digest = Digest::of(&index());
    let first = run(maker.client().manifest(&repository("python"), &digest)).unwrap();
    maker.clock.pass(Duration::from_hours(10_000));
    maker.settings.refresh = true;
    let second = run(maker.client().manifest(&repository("python"), &digest)).unwrap();
    assert_eq!(first, second);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_was_changed_in_the_cache_is_fetched_again() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::hub(&server).cache(&dir);
    let digest = Digest::of(&index());
    let cache = maker.cache.clone().unwrap();
    cache.put("manifest-v1", digest.as_str(), b"{}").unwrap();
    run(maker.client().manifest(&repository("python"), &digest)).unwrap();
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_cache_that_cannot_be_written_is_no_problem() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let mut maker = Maker::hub(&server);
    maker.cache = Some(Cache::at(file));
    resolve(&maker.client(), "python:3.12").unwrap();
    run(maker
        .client()
        .manifest(&repository("python"), &Digest::of(&index())))
    .unwrap();
}

#[test]
fn offline_what_is_kept_is_used_whatever_its_age() {
    let server = tags_and_digests();
    let dir = tempfile::tempdir().unwrap();
    let mut maker = Maker::hub(&server).cache(&dir);
    let digest = Digest::of(&index());
    resolve(&maker.client(), "python:3.12").unwrap();
    run(maker.client().manifest(&repository("python"), &digest)).unwrap();
    let asked = server.seen().len();
    maker.http.offline = true;
    maker.settings.refresh = true;
    maker.clock.pass(Duration::from_hours(10_000));
    let client = maker.client();
    assert!(resolve(&client, "python:3.12").unwrap().from_cache);
    run(client.manifest(&repository("python"), &digest)).unwrap();
    let offline = |error: Error| assert!(matches!(error, Error::Offline { .. }), "{error:?}");
    offline(resolve(&client, "python:3.13").unwrap_err());
    offline(run(client.exists(&repository("python"), &digest)).unwrap_err());
    offline(run(client.config(&repository("python"), &Digest::of(b"x"))).unwrap_err());
    assert_eq!(server.seen().len(), asked);
}
