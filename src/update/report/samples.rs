//! Plans for tests.

use crate::update::plan::{
    Alarm, Content, FileChange, HeldBack, ImageChange, Input, PLAN_VERSION, PinChange, Plan,
    SkippedFile, Status, TargetFailure, TargetKind, TargetPlan,
};
use crate::update::word::{HoldCode, OpenWord};

pub(super) fn plan(targets: Vec<TargetPlan>) -> Plan {
    Plan {
        version: PLAN_VERSION,
        as_of: "2026-11-21T04:17:00Z".parse().unwrap(),
        policy: "cooldown 7 d, major 14 d".to_owned(),
        inputs: Vec::new(),
        targets,
        skipped: Vec::new(),
        notes: Vec::new(),
    }
}

pub(super) fn target(kind: TargetKind, path: &str, status: Status) -> TargetPlan {
    let is_written = matches!(status, Status::Updated | Status::Partial);
    let file = || FileChange {
        path: path.to_owned(),
        before: Some("0".repeat(64)),
        after: Content::of(b"x\n"),
    };
    TargetPlan {
        kind,
        path: path.to_owned(),
        found: "by its header".to_owned(),
        group: 0,
        status,
        files: is_written.then(file).into_iter().collect(),
        inputs: Vec::new(),
        pins: Vec::new(),
        images: Vec::new(),
        held: Vec::new(),
        alarms: Vec::new(),
        failed: None,
    }
}

pub(super) fn lock(path: &str, pins: Vec<PinChange>) -> TargetPlan {
    TargetPlan {
        pins,
        ..target(TargetKind::Lock, path, Status::Updated)
    }
}

/// `from` and `to` are versions, `-` for none.
pub(super) fn pin(project: &str, from: &str, to: &str, bump: &str, via: &[&str]) -> PinChange {
    let version = |text: &str| (text != "-").then(|| text.to_owned());
    PinChange {
        project: project.to_owned(),
        from: version(from),
        to: version(to),
        bump: OpenWord::parse(bump.to_owned()),
        published: (to != "-").then(|| "2026-08-18T12:00:00Z".parse().unwrap()),
        direct: via.is_empty(),
        via: via.iter().map(|name| (*name).to_owned()).collect(),
    }
}

pub(super) fn held(item: &str, candidate: &str) -> HeldBack {
    HeldBack {
        item: item.to_owned(),
        at: Some("5.2.1".to_owned()),
        candidate: candidate.to_owned(),
        code: HoldCode::Rule.into(),
        reason: "rule `<6`: LTS (until 2027-01-31)".to_owned(),
        eligible: None,
    }
}

pub(super) fn alarm(item: &str, kind: &str, message: &str) -> Alarm {
    Alarm {
        item: item.to_owned(),
        kind: OpenWord::parse(kind.to_owned()),
        message: message.to_owned(),
    }
}

pub(super) fn failed() -> TargetPlan {
    TargetPlan {
        failed: Some(TargetFailure {
            message: "mkdocs 2.0 needs `jinja2>=4`; sphinx 8.3 needs `jinja2<4`".to_owned(),
            details: vec!["`docs.in` requires both".to_owned()],
            tried: vec!["without `mkdocs`: still no solution".to_owned()],
            reproduce: "pinfold update tools/requirements.txt --as-of 2026-11-21T04:17:00Z"
                .to_owned(),
            transient: false,
        }),
        ..target(TargetKind::Lock, "tools/requirements.txt", Status::Failed)
    }
}

/// A plan with something of each.
pub(super) fn rich() -> Plan {
    let requests = || pin("requests", "2.31.0", "2.32.5", "minor", &[]);
    let certifi = || pin("certifi", "2026.7.4", "2026.10.5", "other", &["requests"]);
    let mut app = lock(
        "app.txt",
        vec![
            certifi(),
            pin("httpx2", "-", "1.0.3", "new", &["acme-sdk"]),
            requests(),
        ],
    );
    app.held = vec![held("django", "6.1")];
    app.alarms = vec![
        alarm(
            "httpx2",
            "new-package",
            "the project is there since 2026-08-30",
        ),
        alarm(
            "six",
            "yanked",
            "1.16.1 is yanked: \"by @octocat, see #12\"",
        ),
    ];
    let mut dev = lock(
        "dev.txt",
        vec![
            certifi(),
            pin("chardet", "5.2.0", "-", "removed", &["requests"]),
            PinChange {
                direct: false,
                via: vec!["pytest".to_owned()],
                ..requests()
            },
            pin("wheel", "0.45.1", "0.45.1", "hashes", &[]),
        ],
    );
    dev.held = vec![
        held("django", "6.1"),
        HeldBack {
            item: "boto3".to_owned(),
            at: Some("1.99.2".to_owned()),
            candidate: "1.99.3".to_owned(),
            code: HoldCode::Cooldown.into(),
            reason: "published 2026-11-19, cooldown 7 d".to_owned(),
            eligible: Some("2026-11-26T17:00:00Z".parse().unwrap()),
        },
    ];
    let mut docker = target(TargetKind::Images, "Dockerfile", Status::Updated);
    docker.images = vec![
        ImageChange {
            lines: vec![1, 9],
            image: "python".to_owned(),
            from_tag: Some("3.12.1-slim".to_owned()),
            to_tag: Some("3.12.4-slim".to_owned()),
            from_digest: Some(format!("sha256:{}", "8a213af0".repeat(8))),
            to_digest: format!("sha256:{}", "e17fa540".repeat(8)),
            platforms: vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()],
            facts: vec!["PYTHON_VERSION 3.12.1 → 3.12.4".to_owned()],
        },
        ImageChange {
            lines: vec![4],
            image: "ghcr.io/astral-sh/uv".to_owned(),
            from_tag: Some("0.12".to_owned()),
            to_tag: Some("0.12".to_owned()),
            from_digest: None,
            to_digest: format!("sha256:{}", "01234567".repeat(8)),
            platforms: Vec::new(),
            facts: Vec::new(),
        },
    ];
    let mut plan = plan(vec![app, dev, docker, failed()]);
    plan.notes = vec!["`legacy.txt` is left out: no tool is known to have written it".to_owned()];
    plan.inputs = vec![input("pinfold.toml")];
    plan.targets[0].inputs = vec![input("app.in")];
    plan.skipped = vec![SkippedFile {
        path: "all.txt".to_owned(),
        why: "its header has `--all-groups`: name each group with `--group`".to_owned(),
    }];
    plan
}

fn input(path: &str) -> Input {
    Input {
        path: path.to_owned(),
        sha256: "1".repeat(64),
    }
}

/// A plan in which nothing happens.
pub(super) fn empty() -> Plan {
    plan(vec![target(
        TargetKind::Lock,
        "requirements.txt",
        Status::Unchanged,
    )])
}

/// A plan in which nothing works.
pub(super) fn failing() -> Plan {
    let mut failed = failed();
    if let Some(failed) = &mut failed.failed {
        failed.transient = true;
    }
    plan(vec![
        failed,
        target(TargetKind::Lock, "tools/dev.txt", Status::Skipped),
    ])
}
