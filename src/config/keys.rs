//! The keys there are, with what they mean: one table for the reader, the JSON Schema,
//! the reference in `docs/configuration.md` and the file that `pinfold init` writes.

/// A table of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// Whether there may be several: `[[rule]]`.
    pub is_list: bool,
    /// What it is about, in a sentence.
    pub about: &'static str,
    /// What further keys it has, in a sentence; without it, none.
    pub others: Option<&'static str>,
    /// Its keys, in the order in which they are explained.
    pub keys: &'static [Key],
}

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What holds without it, as TOML; none if it has to be there or nothing stands for it.
    pub default: Option<&'static str>,
    /// A value, as TOML.
    pub example: &'static str,
    /// What it means, in one sentence or two.
    pub about: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text that is not empty.
    Text,
    /// `true` or `false`.
    Flag,
    /// An array of texts.
    Texts,
    /// A text, or an array of texts.
    TextOrTexts,
    /// An array of texts that has some.
    SomeTexts,
    /// An array of HTTP statuses of errors.
    Statuses,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A length of time.
    Duration,
    /// A day.
    Date,
    /// Up to when uploads count: a time, a day, a length of time back from now, or `false`.
    Cutoff,
    /// A table with a [`Cutoff`](Self::Cutoff) for each project.
    Cutoffs,
}

impl Section {
    /// Returns the names of its keys.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// Returns how it is written: `[policy]`, `[[rule]]`.
    pub fn header(&self) -> String {
        if self.is_list {
            format!("[[{}]]", self.name)
        } else {
            format!("[{}]", self.name)
        }
    }
}

const fn key(
    name: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    example: &'static str,
    about: &'static str,
) -> Key {
    Key {
        name,
        kind,
        default,
        example,
        about,
    }
}

/// All tables.
pub const SECTIONS: [&Section; 8] = [
    &COMPILE, &INDEX, &POLICY, &RULE, &LOCK, &DISCOVER, &COMMIT, &DOCKER,
];

pub(super) const BUMPS: &[&str] = &["patch", "minor", "major"];
pub(super) const TAG_BUMPS: &[&str] = &["keep", "patch", "minor", "major"];
pub(super) const DIGESTS: &[&str] = &["always", "on-tag-change"];
pub(super) const UPLOAD_TIMES: &[&str] = &["hold", "allow"];

pub(super) const COMPILE: Section = Section {
    name: "compile",
    is_list: false,
    about: "Options of `pinfold compile`, by their long names. The command line and variables take \
        precedence.",
    others: Some(
        "All other options are accepted too. Write switches as `true` or `false` and repeatable \
         options as an array of strings: `no-header = true`, `constraint = \
         [\"constraints.txt\"]`.",
    ),
    keys: &[
        key(
            "exclude-newer",
            Kind::Cutoff,
            None,
            "\"7d\"",
            "Ignore files uploaded after a time, a date (through its end), or an age.",
        ),
        key(
            "exclude-newer-package",
            Kind::Cutoffs,
            None,
            "{ torch = \"30d\", acme-core = false }",
            "The same for single projects; `false` means no limit.",
        ),
    ],
};

pub(super) const INDEX: Section = Section {
    name: "index",
    is_list: true,
    about: "A named index and the projects that come only from it. Its credentials are read from \
        `PINFOLD_INDEX_<NAME>_USERNAME` and `PINFOLD_INDEX_<NAME>_PASSWORD`, with the name in \
        capitals and `_` for everything except letters and digits.",
    others: None,
    keys: &[
        key(
            "name",
            Kind::Text,
            None,
            "\"internal\"",
            "The name: letters, digits, `-`, `_`, and `.`. Required.",
        ),
        key(
            "url",
            Kind::Text,
            None,
            "\"https://index.example/simple/\"",
            "The root URL. Required.",
        ),
        key(
            "packages",
            Kind::Texts,
            Some("[]"),
            "[\"acme-*\"]",
            "The projects it owns, as patterns: `*` matches anything, `?` one character.",
        ),
        key(
            "default",
            Kind::Flag,
            Some("false"),
            "true",
            "Use it in place of PyPI. At most one index can be the default.",
        ),
        key(
            "exclude-newer",
            Kind::Cutoff,
            None,
            "false",
            "As in `[compile]`, for this index; `false` if it has no upload times.",
        ),
        key(
            "ignore-error-codes",
            Kind::Statuses,
            Some("[]"),
            "[403]",
            "HTTP statuses that mean \"no such project\" on this index, besides 404 and 410.",
        ),
    ],
};

pub(super) const POLICY: Section = Section {
    name: "policy",
    is_list: false,
    about: "What `pinfold update` may change, and when.",
    others: None,
    keys: &[
        key(
            "cooldown",
            Kind::Duration,
            Some("\"7d\""),
            "\"10d\"",
            "The minimum age of a file on the index. Existing pins stay, however young.",
        ),
        key(
            "cooldown-major",
            Kind::Duration,
            Some("\"14d\""),
            "\"4w\"",
            "The minimum age of files of a new major version.",
        ),
        key(
            "missing-upload-time",
            Kind::Word(UPLOAD_TIMES),
            Some("\"hold\""),
            "\"allow\"",
            "Hold back or allow files without an upload time.",
        ),
        key(
            "max-bump",
            Kind::Word(BUMPS),
            Some("\"major\""),
            "\"minor\"",
            "The largest step that project versions may take.",
        ),
        key(
            "image-tags",
            Kind::Word(TAG_BUMPS),
            Some("\"keep\""),
            "\"patch\"",
            "The largest step that image tags may take: `patch` allows `3.12.1-slim` to \
             `3.12.4-slim`.",
        ),
        key(
            "digests",
            Kind::Word(DIGESTS),
            Some("\"always\""),
            "\"on-tag-change\"",
            "Update image digests whenever they change, or only together with the tag.",
        ),
    ],
};

/// The keys of a rule about projects only.
pub(super) const PROJECT_KEYS: [&str; 5] =
    ["match", "allow", "cooldown", "cooldown-major", "max-bump"];

/// The keys of a rule about images only.
pub(super) const IMAGE_KEYS: [&str; 3] = ["match-image", "image-tags", "digests"];

pub(super) const RULE: Section = Section {
    name: "rule",
    is_list: true,
    about: "Exceptions to `[policy]` for some projects or images. Each rule has either `match` or \
        `match-image`.",
    others: None,
    keys: &[
        key(
            "match",
            Kind::SomeTexts,
            None,
            "[\"django\", \"acme-*\"]",
            "The projects it applies to, as patterns: `*` matches anything, `?` one character.",
        ),
        key(
            "match-image",
            Kind::SomeTexts,
            None,
            "[\"python\", \"ghcr.io/acme/*\"]",
            "The images it applies to, optionally with a tag; `*` stops at slashes, `**` does not.",
        ),
        key(
            "ignore",
            Kind::Flag,
            Some("false"),
            "true",
            "Leave them as they are.",
        ),
        key(
            "allow",
            Kind::Text,
            None,
            "\"<6\"",
            "The versions that may be taken (projects).",
        ),
        key(
            "cooldown",
            Kind::Duration,
            None,
            "\"0d\"",
            "As in `[policy]` (projects).",
        ),
        key(
            "cooldown-major",
            Kind::Duration,
            None,
            "\"0d\"",
            "As in `[policy]` (projects).",
        ),
        key(
            "max-bump",
            Kind::Word(BUMPS),
            None,
            "\"minor\"",
            "As in `[policy]` (projects).",
        ),
        key(
            "image-tags",
            Kind::Word(TAG_BUMPS),
            None,
            "\"patch\"",
            "As in `[policy]` (images).",
        ),
        key(
            "digests",
            Kind::Word(DIGESTS),
            None,
            "\"on-tag-change\"",
            "As in `[policy]` (images).",
        ),
        key(
            "until",
            Kind::Date,
            None,
            "\"2027-01-31\"",
            "The last day of the rule. After it, the report says that the rule ended.",
        ),
        key(
            "reason",
            Kind::Text,
            None,
            "\"LTS\"",
            "The reason for the rule, shown in the report next to what it holds back.",
        ),
    ],
};

pub(super) const LOCK: Section = Section {
    name: "lock",
    is_list: true,
    about: "A lock file and its sources, if Pinfold cannot find them by header or name. Paths are \
        relative to this file's directory.",
    others: None,
    keys: &[
        key(
            "output",
            Kind::Text,
            None,
            "\"requirements.lock\"",
            "The lock file. Required.",
        ),
        key(
            "sources",
            Kind::SomeTexts,
            None,
            "[\"requirements.in\"]",
            "Requirements files, or a `pyproject.toml`. Required.",
        ),
        key(
            "constraints",
            Kind::Texts,
            Some("[]"),
            "[\"constraints.txt\"]",
            "Files that bound versions without requiring anything.",
        ),
        key(
            "overrides",
            Kind::Texts,
            Some("[]"),
            "[\"overrides.txt\"]",
            "Files that replace all other requirements on the projects they name.",
        ),
        key(
            "extras",
            Kind::Texts,
            Some("[]"),
            "[\"postgres\"]",
            "Extras of the `pyproject.toml` to include.",
        ),
        key(
            "python-version",
            Kind::TextOrTexts,
            None,
            "\"3.12\"",
            "The Python version to lock for, or several.",
        ),
        key(
            "python-platform",
            Kind::TextOrTexts,
            None,
            "[\"linux/amd64\", \"linux/arm64\"]",
            "The platform to lock for, or several: each version is locked for each.",
        ),
        key(
            "targets",
            Kind::Texts,
            Some("[]"),
            "[\"3.12.11@linux/amd64\", \"3.13@linux/arm64\"]",
            "The targets to lock for, in place of `python-version` and `python-platform`.",
        ),
        key(
            "universal",
            Kind::Flag,
            Some("false"),
            "true",
            "Lock for all platforms and all Pythons from `python-version` on.",
        ),
        key(
            "index-url",
            Kind::Text,
            None,
            "\"https://index.example/simple/\"",
            "The index to use in place of PyPI.",
        ),
        key(
            "extra-index-urls",
            Kind::Texts,
            Some("[]"),
            "[\"https://other.example/simple/\"]",
            "Additional indexes, searched before it.",
        ),
        key(
            "find-links",
            Kind::Texts,
            Some("[]"),
            "[\"wheels/\"]",
            "Directories or pages with links to distributions.",
        ),
        key(
            "no-hashes",
            Kind::Flag,
            Some("false"),
            "true",
            "Write no hashes.",
        ),
        key(
            "only-binary",
            Kind::Texts,
            Some("[]"),
            "[\":all:\"]",
            "Projects to take only wheels of; `:all:` means all projects.",
        ),
        key(
            "no-binary",
            Kind::Texts,
            Some("[]"),
            "[\"psycopg2\"]",
            "Projects to take no wheels of.",
        ),
    ],
};

pub(super) const DISCOVER: Section = Section {
    name: "discover",
    is_list: false,
    about: "Which files `pinfold update` considers. Write patterns as in a `.gitignore` in this \
        directory.",
    others: None,
    keys: &[
        key(
            "include",
            Kind::Texts,
            Some("[]"),
            "[\"services/**\"]",
            "Only files that match. If empty, all recognized files.",
        ),
        key(
            "exclude",
            Kind::Texts,
            Some("[]"),
            "[\"vendor/**\"]",
            "Skip files that match.",
        ),
    ],
};

pub(super) const COMMIT: Section = Section {
    name: "commit",
    is_list: false,
    about: "The commit that `pinfold update --commit` makes.",
    others: None,
    keys: &[
        key(
            "branch",
            Kind::Text,
            Some("\"pinfold/update\""),
            "\"deps/pinfold\"",
            "The branch to commit to.",
        ),
        key(
            "base",
            Kind::Text,
            Some("\"main\""),
            "\"trunk\"",
            "The branch to start from.",
        ),
        key(
            "message",
            Kind::Text,
            Some("\"Update pins\""),
            "\"build(deps): update pins\"",
            "The start of the commit's subject.",
        ),
    ],
};

pub(super) const DOCKER: Section = Section {
    name: "docker",
    is_list: false,
    about: "How `pinfold docker` and `pinfold update` find and look up images.",
    others: None,
    keys: &[
        key(
            "ignore",
            Kind::Texts,
            Some("[]"),
            "[\"acme/base:nightly\", \"ghcr.io/acme/**\"]",
            "Images to leave as they are; `*` stops at slashes, `**` does not.",
        ),
        key(
            "contexts",
            Kind::Texts,
            Some("[]"),
            "[\"assets\"]",
            "Names of build contexts, which are not images.",
        ),
        key(
            "exclude",
            Kind::Texts,
            Some("[]"),
            "[\"tests/fixtures/\"]",
            "Files to skip, as in a `.gitignore`.",
        ),
        key(
            "platforms",
            Kind::Texts,
            Some("[]"),
            "[\"linux/amd64\", \"linux/arm64\"]",
            "The platforms you build for. If empty, all platforms of an image.",
        ),
        key(
            "registry-mirrors",
            Kind::Texts,
            Some("[]"),
            "[\"docker.io=https://mirror.example\"]",
            "Servers to use in place of a registry.",
        ),
        key(
            "insecure-registries",
            Kind::Texts,
            Some("[]"),
            "[\"registry.internal:5000\"]",
            "Registries that use plain HTTP.",
        ),
        key(
            "freeze-args",
            Kind::Flag,
            Some("false"),
            "true",
            "Pin a reference even if `--build-arg` then has no effect.",
        ),
    ],
};
