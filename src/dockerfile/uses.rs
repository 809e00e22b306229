//! One place at which a file names an image, and what can be done there.

use crate::image::{Digest, Reference, ReferenceError};
use crate::text::{Edit, Span};

/// A place at which a file names an image, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// What kind of place it is.
    pub place: Place,
    /// Where the word stands, in bytes of the file.
    pub span: Span,
    /// The word as written, continuations joined; bytes that are not UTF-8 are replaced.
    pub written: String,
    /// What the word comes to once quotes, escapes and variables are dealt with.
    pub value: String,
    /// The variables in it, in order.
    pub variables: Vec<Variable>,
    /// What the value means.
    pub meaning: Meaning,
    /// What can be done.
    pub state: State,
    /// The value of `--platform`; where it is not known here, the variable that gives it:
    /// `$BUILDPLATFORM`.
    pub platform: Option<String>,
}

/// What kind of place names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `FROM`
    From {
        /// The stage's number, from 0.
        stage_index: usize,
        /// Its name, in lower case.
        name: Option<String>,
    },
    /// `COPY --from=`
    CopyFrom,
    /// `RUN --mount=…,from=`
    MountFrom,
    /// `# syntax=`
    Syntax,
    /// `ONBUILD COPY --from=`
    OnbuildCopyFrom,
    /// `ONBUILD RUN --mount=…,from=`
    OnbuildMountFrom,
    /// `image:` in a compose file.
    ComposeImage {
        /// The service, or the name of the extension field (`x-…`).
        service: String,
    },
    /// An entry of `build.additional_contexts` in a compose file.
    ComposeContext {
        /// The service.
        service: String,
        /// The context's name.
        context: String,
    },
    /// A place in a `build.dockerfile_inline` of a compose file.
    Inline {
        /// The service.
        service: String,
        /// The place in its Dockerfile.
        place: Box<Self>,
    },
}

/// A variable in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it stands for here; empty if it has no value.
    pub value: String,
    /// Where the value comes from.
    pub source: VariableSource,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableSource {
    /// The default of an `ARG` before the first `FROM`; where that value stands.
    Arg(Span),
    /// The default written beside it: `${V:-d}`; where that stands.
    Inline(Span),
    /// An expression makes the value: `${V#p}`, `${V:+x}`.
    Expression,
    /// The builder gives it: `TARGETARCH` and the like.
    Builder,
    /// Nothing gives it here.
    Nothing,
}

/// What a value means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// An image.
    Image(Reference),
    /// A stage of the file, by its number from 0.
    Stage(usize),
    /// One of several stages of the file, chosen by the builder.
    Stages(Vec<usize>),
    /// The empty image.
    Scratch,
    /// A build context of this name, given from outside.
    Context(String),
    /// It cannot be said from this file alone.
    Unknown,
}

/// What can be done at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It names no image: there is nothing to do.
    Nothing,
    /// An image without a digest, and where that goes.
    Open(Site),
    /// An image with a digest; where that stands, or why it cannot be changed.
    Pinned(Result<Site, Reason>),
    /// Left as it is.
    Left {
        /// Why.
        reason: Reason,
        /// Where a digest could go anyway, if `--build-arg` need not work.
        frozen: Option<Site>,
    },
}

/// Where a digest stands, or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The digest's bytes; empty where there is none yet.
    pub span: Span,
    /// What goes before a digest that is new: `@` or `:latest@`.
    pub prefix: &'static str,
    /// What carries it.
    pub carrier: Carrier,
    /// The bytes of the tag, where all of it stands in one piece beside the digest; else
    /// a new tag cannot be put along with a new digest.
    pub tag: Option<Span>,
}

/// What carries a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// The word itself.
    Word,
    /// The default of an `ARG`.
    Arg(String),
    /// A default written beside a variable.
    Inline(String),
}

/// Why a place is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A comment or the configuration says so.
    #[error("ignored by {0}")]
    Ignored(String),
    /// Another file of the repository builds an image of this name; who does, in words.
    #[error("{0} builds an image of this name")]
    Built(String),
    /// The value is not a reference.
    #[error("{0}")]
    NotAReference(ReferenceError),
    /// A variable has no value in this file.
    #[error("`{0}` has no default; its value comes from outside the file")]
    NoDefault(String),
    /// A stage gives the variable its default, which no `FROM` sees.
    #[error("`{name}` is declared on line {line}, after the first `FROM`, where no `FROM` sees it")]
    LateArg {
        /// The variable.
        name: String,
        /// The line of its `ARG`, from 1.
        line: usize,
    },
    /// The builder gives the variable, and so another image for each platform.
    #[error("`{0}` selects a different image for each platform")]
    PerPlatform(String),
    /// Several images come from one variable.
    #[error("`{name}` is also used for {others}, which a digest in its default would break")]
    SharedArg {
        /// The variable.
        name: String,
        /// The other uses, in words.
        others: String,
    },
    /// A stage declares the variable again, and so would see the digest.
    #[error("`{0}` is declared again in a stage, which would see the digest in its value")]
    RedeclaredArg(String),
    /// Text follows the variable, so that a digest would outlive a `--build-arg`.
    #[error("a digest after `{0}` would stay the same if `--build-arg` changes the tag")]
    NotAtEnd(String),
    /// A variable is part of the image's name.
    #[error("`{0}` is part of the image's name, so its value selects the image")]
    InName(String),
    /// The default is made of other variables.
    #[error("the default of `{0}` uses other variables")]
    NestedArg(String),
    /// An expression makes the value.
    #[error("`{0}` is used in an expression, where a digest cannot be added")]
    Expression(String),
    /// Variables do nothing at this place.
    #[error("variables are not expanded here")]
    NoVariables,
    /// The name may be a stage of the Dockerfile that builds on this image.
    #[error("`{0}` may be a stage of the Dockerfile that builds on this image")]
    StageOfChild(String),
    /// No builder accepts it.
    #[error("{0}")]
    Rejected(String),
    /// There is a digest but no tag to follow.
    #[error("it has a digest but no tag to follow")]
    NoTag,
    /// The place cannot be edited safely.
    #[error("{0}")]
    Unsafe(String),
}

impl Reason {
    /// Whether it is as it should be, so that nobody is missing a digest.
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Ignored(_) | Self::Built(_))
    }
}

impl Site {
    /// Returns the edit that puts a digest here.
    pub fn edit(&self, digest: &Digest) -> Edit {
        let prefix = if self.span.is_empty() {
            self.prefix
        } else {
            ""
        };
        Edit {
            span: self.span,
            replacement: format!("{prefix}{digest}"),
        }
    }
}

impl State {
    /// Returns where the digest stands or goes, if that can be changed.
    pub const fn site(&self) -> Option<&Site> {
        match self {
            Self::Open(site) | Self::Pinned(Ok(site)) => Some(site),
            Self::Nothing | Self::Pinned(Err(_)) | Self::Left { .. } => None,
        }
    }
}
