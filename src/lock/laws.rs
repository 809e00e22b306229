//! The law of the lock's text: what is written is read back as the same pins.

use proptest::prelude::*;

use super::*;
use crate::text::{Newline, without_password};

fn pin() -> impl Strategy<Value = Pin> {
    let source = prop_oneof![
        4 => ("[0-9][0-9a-z.+!]{0,8}", any::<bool>())
            .prop_map(|(version, arbitrary)| PinSource::Version { version, arbitrary }),
        1 => "(git\\+)?https://[a-z]{1,8}/[a-z;@#=&%.-]{0,12}".prop_map(PinSource::Url),
        1 => "\\.{1,2}/[a-z;-]{8,12}(/|\\.tar\\.gz)?".prop_map(PinSource::Path),
        1 => "(\\./|git\\+https://x/)[a-z;@#=&-]{8,12}(\\[[a-z]\\])?".prop_map(PinSource::Editable),
        1 => "\\./[a-z #'\\\\]{1,12}[a-z]".prop_map(PinSource::Editable),
    ];
    let marker = proptest::option::of(prop_oneof![
        Just("python_version >= \"3.8\"".to_owned()),
        "sys_platform == '[a-z ;]{0,10}' and (os_name != \"x\")",
    ]);
    (
        "[a-zA-Z0-9]([-_.a-z0-9]{0,8}[a-z0-9])?",
        proptest::collection::btree_set("[a-z0-9]{1,5}", 0..3),
        source,
        marker,
        proptest::collection::btree_set("sha(256|512):[0-9a-f]{4,64}", 0..4),
        proptest::collection::btree_set(
            prop_oneof![
                "[a-z-]{1,12}",
                "-r [a-z./ é]{0,8}[a-z]",
                "[a-z]{1,5} \\(pyproject\\.toml\\)"
            ],
            0..4,
        ),
        any::<bool>(),
    )
        .prop_map(
            |(name, extras, source, marker, hashes, via, unhashable)| Pin {
                name: name.parse().unwrap(),
                // No hash stands behind `-e`.
                unhashable: unhashable || matches!(source, PinSource::Editable(_)),
                extras: extras.iter().map(|extra| extra.parse().unwrap()).collect(),
                source,
                marker,
                hashes: hashes.into_iter().collect(),
                via: via.into_iter().collect(),
                revision: None,
                index: None,
                comments: Vec::new(),
            },
        )
}

fn lock() -> impl Strategy<Value = Lock> {
    let header = proptest::option::of(("[ -~]{0,40}", "Python 3\\.[0-9]{1,2}").prop_map(
        |(command, target)| Header {
            command: format!("pinfold {command}").trim().to_owned(),
            target,
        },
    ));
    (header, proptest::collection::vec(pin(), 0..8)).prop_map(|(header, pins)| Lock {
        header,
        options: OptionLines {
            index_url: Some("https://u:${PW}@index.example/simple/".to_owned()),
            ..OptionLines::default()
        },
        left_out: Vec::new(),
        pins,
    })
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop_oneof![Just(Annotations::Split), Just(Annotations::Line)],
        prop_oneof![Just(Newline::Lf), Just(Newline::CrLf)],
        prop_oneof![Just(UnsafePlacing::InPlace), Just(UnsafePlacing::Apart)],
    )
        .prop_map(|(annotations, newline, placing)| Style {
            annotations,
            newline,
            unsafe_packages: UnsafePackages {
                names: ["pip", "a", "b"].map(|name| name.parse().unwrap()).to_vec(),
                placing,
            },
            ..Style::default()
        })
}

/// A pin as text, for comparison without regard to order.
fn facts(
    name: &impl ToString,
    extras: &[crate::python::ExtraName],
    source: &PinSource,
    marker: Option<&str>,
    hashes: &[String],
    via: &[String],
) -> String {
    let (mut hashes, mut via) = (hashes.to_vec(), via.to_vec());
    hashes.sort();
    via.sort();
    format!(
        "{} {extras:?} {source:?} {marker:?} {hashes:?} {via:?}",
        name.to_string()
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(lock in lock(), style in style()) {
        let text = render(&lock, &style);
        let file = read(&text);
        // A place has no name there to be read back; it has to be known again anyway.
        let (places, pins): (Vec<&Pin>, Vec<&Pin>) = lock.pins.iter().partition(|pin| {
            matches!(pin.source, PinSource::Path(_) | PinSource::Editable(_))
        });
        let is_path = |pin: &&&Pin| matches!(pin.source, PinSource::Path(_));
        prop_assert_eq!(file.places.len(), places.len(), "{}", text);
        prop_assert_eq!(file.problems.len(), places.iter().filter(is_path).count(), "{}", text);
        let mut written: Vec<String> = pins.iter().map(|pin| {
            let hashes: &[String] = if pin.unhashable { &[] } else { &pin.hashes };
            facts(&pin.name, &pin.extras, &pin.source, pin.marker.as_deref(), hashes, &pin.via)
        }).collect();
        let mut found: Vec<String> = file.pins.iter().map(|pin| {
            facts(&pin.name, &pin.extras, &pin.source, pin.marker.as_deref(), &pin.hashes, &pin.via)
        }).collect();
        written.sort();
        found.sort();
        prop_assert_eq!(written, found, "{}", text);
        prop_assert_eq!(
            lock.header.as_ref().map(|header| (without_password(&header.command), header.target.clone())),
            file.header.as_ref().map(|header| (
                header.command.clone().unwrap_or_default(),
                header.target.clone().unwrap_or_default(),
            ))
        );
        prop_assert!(changes(&file, &lock).is_empty(), "{}", text);
        if style.newline == Newline::CrLf {
            prop_assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }
        // Every span is a pin's text alone.
        for pin in &file.pins {
            let again = read(&text[pin.span.range()]);
            prop_assert_eq!(again.pins.len(), 1);
            prop_assert_eq!(&again.pins[0].hashes, &pin.hashes);
        }
    }

    #[test]
    fn any_text_can_be_read(text in "[ -~\\n\\r\\\\#é\u{feff}]{0,200}") {
        for pin in read(&text).pins {
            prop_assert!(text.get(pin.span.range()).is_some());
        }
    }

    #[test]
    fn no_password_is_ever_written(
        user in "[a-z]{0,5}",
        scheme in "(git\\+)?(https?|ssh|ftp)",
    ) {
        let secret = "S3CRET";
        let url = format!("{scheme}://{user}:{secret}@host.example/x");
        let lock = Lock {
            header: Some(Header { command: format!("make -i {url}"), target: url.clone() }),
            options: OptionLines {
                index_url: Some(url.clone()),
                extra_index_urls: vec![url.clone()],
                find_links: vec![url.clone()],
                trusted_hosts: vec![url.clone()],
                no_binary: vec![url.clone()],
                only_binary: vec![url.clone()],
            },
            pins: [PinSource::Url(url.clone()), PinSource::Editable(url.clone())]
                .map(|source| Pin {
                    name: "a".parse().unwrap(),
                    extras: Vec::new(),
                    source,
                    marker: None,
                    hashes: Vec::new(),
                    via: vec![format!("-r {url}")],
                    index: Some(url.clone()),
                    revision: Some(url.clone()),
                    comments: vec![url.clone()],
                    unhashable: true,
                })
                .to_vec(),
            left_out: Vec::new(),
        };
        let style = Style {
            options: EmittedOptions { trusted_hosts: true, ..EmittedOptions::default() },
            ..Style::default()
        };
        let text = render(&lock, &style);
        prop_assert!(!text.contains(secret), "{}", text);
    }
}
