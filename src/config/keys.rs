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
    /// An array of texts that has some.
    SomeTexts,
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
    about: "Options of `pinfold compile`, by their long names, where neither the command line nor \
            a variable says otherwise.",
    others: Some(
        "Every other option may stand here, too: switches as `true` or `false`, what may be given \
         several times as an array of texts: `no-header = true`, `constraint = [\"constraints.txt\"]`.",
    ),
    keys: &[
        key(
            "exclude-newer",
            Kind::Cutoff,
            None,
            "\"7d\"",
            "Up to when uploads count: a time, a day (up to its end), or how long ago.",
        ),
        key(
            "exclude-newer-package",
            Kind::Cutoffs,
            None,
            "{ torch = \"30d\", acme-core = false }",
            "The same for single projects; `false` stands for no limit.",
        ),
    ],
};

pub(super) const INDEX: Section = Section {
    name: "index",
    is_list: true,
    about: "An index with a name of its own, and the projects that are taken from it and from no other. \
            Its credentials are looked for in `PINFOLD_INDEX_<NAME>_USERNAME` and \
            `PINFOLD_INDEX_<NAME>_PASSWORD`, the name in capitals and with `_` for all but letters and digits.",
    others: None,
    keys: &[
        key(
            "name",
            Kind::Text,
            None,
            "\"internal\"",
            "What it is called: letters, digits, `-`, `_` and `.`. Has to be there.",
        ),
        key(
            "url",
            Kind::Text,
            None,
            "\"https://index.example/simple/\"",
            "Its root. Has to be there.",
        ),
        key(
            "packages",
            Kind::Texts,
            Some("[]"),
            "[\"acme-*\"]",
            "The projects it owns, in any spelling; `*` stands for anything, `?` for one character. \
             They are looked for here only, and here nothing else, unless it is the default one.",
        ),
        key(
            "default",
            Kind::Flag,
            Some("false"),
            "true",
            "Whether it stands in for PyPI. One index at most does.",
        ),
        key(
            "exclude-newer",
            Kind::Cutoff,
            None,
            "false",
            "As in `[compile]`, for this index; `false` for one that tells no times of upload.",
        ),
    ],
};

pub(super) const POLICY: Section = Section {
    name: "policy",
    is_list: false,
    about: "What `pinfold update` may move, and when.",
    others: None,
    keys: &[
        key(
            "cooldown",
            Kind::Duration,
            Some("\"7d\""),
            "\"10d\"",
            "How long a file must have been on the index before it is taken. \
             What is locked already stays, however young.",
        ),
        key(
            "cooldown-major",
            Kind::Duration,
            Some("\"14d\""),
            "\"4w\"",
            "The same for files of a new major version.",
        ),
        key(
            "missing-upload-time",
            Kind::Word(UPLOAD_TIMES),
            Some("\"hold\""),
            "\"allow\"",
            "What becomes of files for which the index tells no time of upload: \
             `hold` leaves them, `allow` takes them.",
        ),
        key(
            "max-bump",
            Kind::Word(BUMPS),
            Some("\"major\""),
            "\"minor\"",
            "How far versions of projects may move.",
        ),
        key(
            "image-tags",
            Kind::Word(TAG_BUMPS),
            Some("\"keep\""),
            "\"patch\"",
            "How far tags of images may move: with `patch`, `3.12.1-slim` becomes `3.12.4-slim`.",
        ),
        key(
            "digests",
            Kind::Word(DIGESTS),
            Some("\"always\""),
            "\"on-tag-change\"",
            "When digests of images are renewed: whenever the tag says another one, \
             or only along with the tag.",
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
    about: "What holds for some projects, or for some images, in place of `[policy]`. \
            Each rule has either `match` or `match-image`.",
    others: None,
    keys: &[
        key(
            "match",
            Kind::SomeTexts,
            None,
            "[\"django\", \"acme-*\"]",
            "The projects it is for, in any spelling; `*` stands for anything, `?` for one character.",
        ),
        key(
            "match-image",
            Kind::SomeTexts,
            None,
            "[\"python\", \"ghcr.io/acme/*\"]",
            "The images it is for, with a tag if you like; `*` stops at slashes, `**` does not.",
        ),
        key(
            "ignore",
            Kind::Flag,
            Some("false"),
            "true",
            "Whether they are left as they are.",
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
            "The last day of the rule; after it the report says that it ended.",
        ),
        key(
            "reason",
            Kind::Text,
            None,
            "\"LTS\"",
            "Why there is this rule; the report says it beside what it holds back.",
        ),
    ],
};

pub(super) const LOCK: Section = Section {
    name: "lock",
    is_list: true,
    about: "A lock file and what it is made of, where neither its header nor the names tell. \
            Paths are relative to this file's folder.",
    others: None,
    keys: &[
        key(
            "output",
            Kind::Text,
            None,
            "\"requirements.lock\"",
            "The lock file. Has to be there.",
        ),
        key(
            "sources",
            Kind::SomeTexts,
            None,
            "[\"requirements.in\"]",
            "Requirements files, or a `pyproject.toml`. Has to be there.",
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
            "Extras of the `pyproject.toml` that are locked too.",
        ),
        key(
            "python-version",
            Kind::Text,
            None,
            "\"3.12\"",
            "The Python to lock for.",
        ),
        key(
            "python-platform",
            Kind::Text,
            None,
            "\"linux/amd64\"",
            "The platform to lock for.",
        ),
        key(
            "index-url",
            Kind::Text,
            None,
            "\"https://index.example/simple/\"",
            "The index, in place of PyPI.",
        ),
        key(
            "extra-index-urls",
            Kind::Texts,
            Some("[]"),
            "[\"https://other.example/simple/\"]",
            "Further indexes, asked before it.",
        ),
        key(
            "find-links",
            Kind::Texts,
            Some("[]"),
            "[\"wheels/\"]",
            "Folders or pages with links to distributions.",
        ),
        key(
            "no-hashes",
            Kind::Flag,
            Some("false"),
            "true",
            "Whether hashes are left out.",
        ),
        key(
            "only-binary",
            Kind::Texts,
            Some("[]"),
            "[\":all:\"]",
            "Projects of which only wheels are taken; `:all:` stands for all.",
        ),
        key(
            "no-binary",
            Kind::Texts,
            Some("[]"),
            "[\"psycopg2\"]",
            "Projects of which no wheels are taken.",
        ),
    ],
};

pub(super) const DISCOVER: Section = Section {
    name: "discover",
    is_list: false,
    about: "Which files `pinfold update` looks at. Patterns are those of a `.gitignore` in this folder.",
    others: None,
    keys: &[
        key(
            "include",
            Kind::Texts,
            Some("[]"),
            "[\"services/**\"]",
            "Only files that match; empty: all that are recognised.",
        ),
        key(
            "exclude",
            Kind::Texts,
            Some("[]"),
            "[\"vendor/**\"]",
            "No files that match.",
        ),
    ],
};

pub(super) const COMMIT: Section = Section {
    name: "commit",
    is_list: false,
    about: "What `pinfold update --commit` makes.",
    others: None,
    keys: &[
        key(
            "branch",
            Kind::Text,
            Some("\"pinfold/update\""),
            "\"deps/pinfold\"",
            "The branch it commits to.",
        ),
        key(
            "base",
            Kind::Text,
            Some("\"main\""),
            "\"trunk\"",
            "The branch it starts from.",
        ),
        key(
            "message",
            Kind::Text,
            Some("\"Update pins\""),
            "\"build(deps): update pins\"",
            "The first words of the commit's subject.",
        ),
    ],
};

pub(super) const DOCKER: Section = Section {
    name: "docker",
    is_list: false,
    about: "How images are found and looked up, by `pinfold docker` and `pinfold update`.",
    others: None,
    keys: &[
        key(
            "ignore",
            Kind::Texts,
            Some("[]"),
            "[\"acme/base:nightly\", \"ghcr.io/acme/**\"]",
            "Images that are left as they are; `*` stops at slashes, `**` does not.",
        ),
        key(
            "contexts",
            Kind::Texts,
            Some("[]"),
            "[\"assets\"]",
            "Names of build contexts, which are no images.",
        ),
        key(
            "exclude",
            Kind::Texts,
            Some("[]"),
            "[\"tests/fixtures/\"]",
            "Files that are left out, as in a `.gitignore`.",
        ),
        key(
            "platforms",
            Kind::Texts,
            Some("[]"),
            "[\"linux/amd64\", \"linux/arm64\"]",
            "The platforms that are built for; empty: all that an image has.",
        ),
        key(
            "registry-mirrors",
            Kind::Texts,
            Some("[]"),
            "[\"docker.io=https://mirror.example\"]",
            "Servers that are asked in place of a registry.",
        ),
        key(
            "insecure-registries",
            Kind::Texts,
            Some("[]"),
            "[\"registry.internal:5000\"]",
            "Registries that speak plain HTTP.",
        ),
        key(
            "freeze-args",
            Kind::Flag,
            Some("false"),
            "true",
            "Whether a reference is pinned although `--build-arg` then does nothing.",
        ),
    ],
};
