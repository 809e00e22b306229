//! The keys that pip-tools (7.6) knows in its configuration, and what becomes of each:
//! the long options of pip-compile and of pip-sync, and the names that both have inside.

/// A key of pip-tools.
pub(super) struct PipToolsKey {
    /// Its names, in normal form (`-`, lower case), the option's first.
    pub(super) names: &'static [&'static str],
    /// Whether `no-` before its name turns it round.
    pub(super) has_opposite: bool,
    pub(super) takes: Takes,
    pub(super) fate: Fate,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A truth value.
    Flag,
    /// A text.
    Text,
    /// An array of texts.
    Texts,
    /// Anything: it is not looked at.
    Any,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is this option of ours.
    Ours(&'static str),
    /// It is this option of ours, turned round.
    Opposite(&'static str),
    /// The same, with the words of its values in lower case.
    Lower(&'static str),
    /// The same, a time as pip has it.
    Time(&'static str),
    /// It holds arguments of pip.
    PipArgs,
    /// It says nothing to us.
    Nothing,
    /// It would change the answer; this is how to say that here. A key that says no, or
    /// nothing, is no matter.
    Refused(&'static str),
}

const fn key(
    names: &'static [&'static str],
    takes: Takes,
    has_opposite: bool,
    fate: Fate,
) -> PipToolsKey {
    PipToolsKey {
        names,
        has_opposite,
        takes,
        fate,
    }
}

const fn flag(names: &'static [&'static str], ours: &'static str) -> PipToolsKey {
    key(names, Takes::Flag, true, Fate::Ours(ours))
}

const fn text(names: &'static [&'static str], ours: &'static str) -> PipToolsKey {
    key(names, Takes::Text, false, Fate::Ours(ours))
}

const fn texts(names: &'static [&'static str], ours: &'static str) -> PipToolsKey {
    key(names, Takes::Texts, false, Fate::Ours(ours))
}

const fn nothing(names: &'static [&'static str]) -> PipToolsKey {
    key(names, Takes::Any, true, Fate::Nothing)
}

const BUILD_REQUIREMENTS: Fate =
    Fate::Refused("copy the `requires` of `[build-system]` to a requirements file and lock that");

/// All of them.
pub(super) const KEYS: &[PipToolsKey] = &[
    flag(&["dry-run"], "dry-run"),
    flag(&["pre"], "pre"),
    flag(&["rebuild"], "refresh"),
    texts(&["extra", "extras"], "extra"),
    flag(&["all-extras"], "all-extras"),
    texts(&["find-links"], "find-links"),
    text(&["index-url"], "index-url"),
    // `no-` is a part of its name, and does not turn it round.
    key(&["no-index"], Takes::Flag, false, Fate::Ours("no-index")),
    texts(&["extra-index-url"], "extra-index-url"),
    text(&["cert"], "cert"),
    text(&["client-cert"], "client-cert"),
    texts(&["trusted-host"], "trusted-host"),
    key(
        &["uploaded-prior-to"],
        Takes::Text,
        false,
        Fate::Time("exclude-newer"),
    ),
    flag(&["header"], "header"),
    flag(&["emit-trusted-host"], "emit-trusted-host"),
    flag(&["annotate"], "annotate"),
    text(&["annotation-style"], "annotation-style"),
    flag(&["upgrade"], "upgrade"),
    texts(&["upgrade-package", "upgrade-packages"], "upgrade-package"),
    text(&["output-file"], "output-file"),
    key(&["newline"], Takes::Text, false, Fate::Lower("newline")),
    flag(&["allow-unsafe"], "allow-unsafe"),
    flag(&["strip-extras"], "strip-extras"),
    flag(&["generate-hashes"], "generate-hashes"),
    key(
        &["reuse-hashes"],
        Takes::Flag,
        true,
        Fate::Opposite("refresh-hashes"),
    ),
    texts(&["src-files"], "src-files"),
    flag(&["build-isolation"], "build-isolation"),
    flag(&["emit-find-links"], "emit-find-links"),
    text(&["cache-dir"], "cache-dir"),
    key(
        &["pip-args", "pip-args-str"],
        Takes::Text,
        false,
        Fate::PipArgs,
    ),
    flag(&["emit-index-url"], "emit-index-url"),
    flag(&["emit-options"], "emit-options"),
    texts(&["unsafe-package"], "unsafe-package"),
    texts(&["constraint"], "constraint"),
    key(
        &["build-deps-for", "build-deps-targets"],
        Takes::Texts,
        false,
        BUILD_REQUIREMENTS,
    ),
    key(&["all-build-deps"], Takes::Flag, true, BUILD_REQUIREMENTS),
    key(&["only-build-deps"], Takes::Flag, true, BUILD_REQUIREMENTS),
    // There is one resolver, which needs no bound on its rounds.
    nothing(&["max-rounds"]),
    nothing(&["resolver", "resolver-name"]),
    nothing(&["color"]),
    nothing(&["verbose"]),
    nothing(&["quiet"]),
    nothing(&["help"]),
    nothing(&["version"]),
    nothing(&["config"]),
    nothing(&["ask"]),
    nothing(&["force"]),
    nothing(&["python-executable"]),
    nothing(&["user", "user-only"]),
];

/// Returns the key of this name in normal form, and whether the name turns it round.
pub(super) fn by_name(name: &str) -> Option<(&'static PipToolsKey, bool)> {
    let exact = KEYS.iter().find(|key| key.names.contains(&name));
    if let Some(key) = exact {
        return Some((key, false));
    }
    let bare = name.strip_prefix("no-")?;
    let key = KEYS
        .iter()
        .find(|key| key.has_opposite && key.names.contains(&bare))?;
    Some((key, true))
}
