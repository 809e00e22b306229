//! The tree of a YAML file (1.2), with the places of its scalars in bytes.
//!
//! An alias stays an alias: it leads to the node it names and is never copied, so
//! that a tree is as large as its file. Merge keys (`<<`, YAML 1.1, which Compose
//! reads) are looked through, for the few keys of [`Key`] at once.

use std::borrow::Cow;
use std::collections::HashSet;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::text::{Problem, Span};

/// How deep a compose file may be; its schema ends at about ten.
const DEEPEST: usize = 128;
/// How many problems of one kind are worth saying.
const MOST_PROBLEMS: usize = 20;

/// The documents of a file.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// The node at the top of each document.
    pub(super) roots: Vec<NodeId>,
}

/// The number of a node.
pub(super) type NodeId = usize;

/// A node.
#[derive(Debug)]
pub(super) struct Node<'a> {
    /// Where it begins: quotes are part of it, the indicator of a block is not.
    pub(super) start: usize,
    /// Where it ends, as far as is known: blanks and comments may be part of it.
    pub(super) end: usize,
    /// Whether it is tagged `!reset`, with which Compose takes a value away.
    pub(super) is_reset: bool,
    /// What it is.
    pub(super) kind: Kind<'a>,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    /// A scalar: its value and how it is written.
    Scalar(Cow<'a, str>, Style, IsNull),
    /// A sequence.
    Sequence(Vec<NodeId>),
    /// A mapping.
    Mapping(Box<Mapping>),
    /// An alias; to nothing if it is inside of what it names.
    Alias(Option<NodeId>),
}

/// Whether a scalar stands for no value.
pub(super) type IsNull = bool;

/// The entries of a mapping.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    /// Keys and values, in order.
    pub(super) entries: Vec<(NodeId, NodeId)>,
    /// The values of some keys, merge keys looked through.
    known: [Option<NodeId>; Key::ALL.len()],
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `text`
    Plain,
    /// `'text'`
    Single,
    /// `"text"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// The keys that are looked for in services and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    AdditionalContexts,
    Args,
    Build,
    Context,
    Dockerfile,
    DockerfileInline,
    Extends,
    File,
    Image,
    Platform,
    Provider,
    PullPolicy,
    Script,
    Service,
    Services,
    Tags,
    Version,
}

impl Key {
    const ALL: [(&'static str, Self); 17] = [
        ("additional_contexts", Self::AdditionalContexts),
        ("args", Self::Args),
        ("build", Self::Build),
        ("context", Self::Context),
        ("dockerfile", Self::Dockerfile),
        ("dockerfile_inline", Self::DockerfileInline),
        ("extends", Self::Extends),
        ("file", Self::File),
        ("image", Self::Image),
        ("platform", Self::Platform),
        ("provider", Self::Provider),
        ("pull_policy", Self::PullPolicy),
        ("script", Self::Script),
        ("service", Self::Service),
        ("services", Self::Services),
        ("tags", Self::Tags),
        ("version", Self::Version),
    ];

    fn named(name: &str) -> Option<Self> {
        let at = Self::ALL.binary_search_by_key(&name, |(known, _)| known);
        at.ok().map(|at| Self::ALL[at].1)
    }
}

impl<'a> Tree<'a> {
    /// Reads a file; what is odd about it goes to `problems`.
    ///
    /// A file that is not YAML has no tree.
    pub(super) fn parse(text: &'a str, problems: &mut Vec<Problem>) -> Option<Self> {
        let offsets = Offsets::new(text);
        if let Some(at) = text.find('\0') {
            problems.push(Problem::new(
                Span::new(at, at + 1),
                "the file is not YAML: it has a NUL byte",
            ));
            return None;
        }
        let mut builder = Builder {
            text,
            tree: Self::default(),
            anchors: Vec::new(),
            open: Vec::new(),
            duplicates: Vec::new(),
        };
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    let at = offsets.byte(error.marker().index());
                    problems.push(Problem::new(
                        Span::new(at, at),
                        format!("the file is not YAML: {}", error.info()),
                    ));
                    return None;
                }
            };
            let span = Span::new(
                offsets.byte(span.start.index()),
                offsets.byte(span.end.index().max(span.start.index())),
            );
            if builder.open.len() > DEEPEST {
                problems.push(Problem::new(
                    Span::new(span.start, span.start),
                    "the file is nested too deeply for a compose file",
                ));
                return None;
            }
            builder.take(event, span);
        }
        problems.append(&mut builder.duplicates);
        Some(builder.tree)
    }

    /// Returns a node as it stands.
    pub(super) fn raw(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id]
    }

    /// Returns where a node stands, as far as is known.
    pub(super) fn span(&self, id: NodeId) -> Span {
        Span::new(self.nodes[id].start, self.nodes[id].end)
    }

    /// Returns how many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the node an alias leads to; any other node is itself.
    pub(super) fn resolve(&self, id: NodeId) -> Option<NodeId> {
        match self.nodes[id].kind {
            Kind::Alias(target) => target,
            _ => Some(id),
        }
    }

    /// Returns the value of a scalar, aliases followed; nothing for null.
    pub(super) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[self.resolve(id)?].kind {
            Kind::Scalar(value, _, false) => Some(value),
            _ => None,
        }
    }

    /// Returns the mapping at a node, aliases followed.
    pub(super) fn mapping(&self, id: NodeId) -> Option<&Mapping> {
        match &self.nodes[self.resolve(id)?].kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// Returns the value of a key of the mapping at a node, aliases and merge keys
    /// followed.
    pub(super) fn get(&self, id: NodeId, key: Key) -> Option<NodeId> {
        self.mapping(id)?.known[key as usize]
    }

    /// Whether a node is there and means something: neither null nor `!reset`.
    pub(super) fn is_given(&self, id: NodeId) -> bool {
        !self.nodes[id].is_reset
            && self.resolve(id).is_some_and(|id| {
                !self.nodes[id].is_reset && !matches!(self.nodes[id].kind, Kind::Scalar(.., true))
            })
    }

    /// Whether a node is the plain `<<`.
    pub(super) fn is_merge_key(&self, id: NodeId) -> bool {
        matches!(&self.nodes[id].kind, Kind::Scalar(value, Style::Plain, _) if value == "<<")
    }

    /// Returns the nodes whose mappings the value of a merge key names.
    pub(super) fn merged(&self, value: NodeId) -> Vec<NodeId> {
        match self.resolve(value).map(|id| &self.nodes[id].kind) {
            Some(Kind::Sequence(items)) => items.clone(),
            Some(_) => vec![value],
            None => Vec::new(),
        }
    }

    /// Returns the entries of the mapping at a node, those of merged mappings behind
    /// its own; each key once.
    ///
    /// `budget` is how many entries may be looked at before it stops.
    pub(super) fn entries(&self, id: NodeId, budget: &mut usize) -> Vec<(&str, NodeId, NodeId)> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        let mut seen = HashSet::new();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let Some(id) = self.resolve(id).filter(|id| seen.insert(*id)) else {
                continue;
            };
            let Kind::Mapping(mapping) = &self.nodes[id].kind else {
                continue;
            };
            let mut merged = Vec::new();
            // From behind, as the last one of a key given twice counts.
            let own = entries.len();
            for &(key, value) in mapping.entries.iter().rev() {
                *budget = budget.saturating_sub(1);
                if *budget == 0 {
                    return entries;
                }
                if self.is_merge_key(key) {
                    merged.extend(self.merged(value).into_iter().rev());
                } else if let Some(name) = self.text(key).filter(|name| keys.insert(*name)) {
                    entries.push((name, key, value));
                }
            }
            entries[own..].reverse();
            pending.extend(merged);
        }
        entries
    }
}

/// What is made of the events so far.
struct Builder<'a> {
    text: &'a str,
    tree: Tree<'a>,
    /// The nodes of the anchors, by the parser's numbers; those still open as well.
    anchors: Vec<Option<NodeId>>,
    /// The collections that are not at their end.
    open: Vec<Open>,
    duplicates: Vec<Problem>,
}

/// A collection that is not at its end.
struct Open {
    id: NodeId,
    /// The key whose value comes next.
    key: Option<NodeId>,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, span: Span) {
        match event {
            Event::Alias(anchor) => {
                let target = self.anchors.get(anchor).copied().flatten();
                // What is still open is around the alias: a mapping inside of itself.
                let target = target.filter(|id| self.open.iter().all(|open| open.id != *id));
                self.add(span, Kind::Alias(target), 0, None);
            }
            Event::Scalar(value, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                };
                let is_null = match &tag {
                    None => {
                        style == Style::Plain
                            && matches!(&*value, "" | "~" | "null" | "Null" | "NULL")
                    }
                    Some(tag) => tag.is_yaml_core_schema() && tag.suffix == "null",
                };
                self.add(span, Kind::Scalar(value, style, is_null), anchor, tag);
            }
            Event::SequenceStart(anchor, tag) => {
                let id = self.add(span, Kind::Sequence(Vec::new()), anchor, tag);
                self.open.push(Open { id, key: None });
            }
            Event::MappingStart(anchor, tag) => {
                let id = self.add(span, Kind::Mapping(Box::default()), anchor, tag);
                self.open.push(Open { id, key: None });
            }
            Event::SequenceEnd => {
                self.open.pop();
            }
            Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.close(open.id);
                }
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
    }

    /// Adds a node below the innermost open collection.
    fn add(
        &mut self,
        span: Span,
        kind: Kind<'a>,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
    ) -> NodeId {
        let id = self.tree.nodes.len();
        let start = match &kind {
            Kind::Scalar(value, style, _) if anchor > 0 || tag.is_some() => {
                behind_properties(self.text, span.start, *style, value)
            }
            _ => span.start,
        };
        self.tree.nodes.push(Node {
            start,
            end: span.end.max(start),
            is_reset: tag.is_some_and(|tag| tag.handle == "!" && tag.suffix == "reset"),
            kind,
        });
        if anchor > 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = Some(id);
        }
        let Some(open) = self.open.last_mut() else {
            self.tree.roots.push(id);
            return id;
        };
        match &mut self.tree.nodes[open.id].kind {
            Kind::Sequence(items) => items.push(id),
            Kind::Mapping(mapping) => match open.key.take() {
                None => open.key = Some(id),
                Some(key) => mapping.entries.push((key, id)),
            },
            Kind::Scalar(..) | Kind::Alias(_) => {}
        }
        id
    }

    /// Looks at a mapping that is complete.
    fn close(&mut self, id: NodeId) {
        let Kind::Mapping(mapping) = &self.tree.nodes[id].kind else {
            return;
        };
        let mut known = [None; Key::ALL.len()];
        let mut names = HashSet::with_capacity(mapping.entries.len());
        for &(key, value) in &mapping.entries {
            let Some(name) = self.tree.text(key) else {
                continue;
            };
            if !names.insert(name) && self.duplicates.len() < MOST_PROBLEMS {
                self.duplicates.push(Problem::new(
                    self.tree.span(key),
                    format!("duplicate key `{name}` in a mapping"),
                ));
            }
            if let Some(key) = Key::named(name) {
                known[key as usize] = Some(value);
            }
        }
        let merges = mapping.entries.iter();
        for &(_, value) in merges.filter(|(key, _)| self.tree.is_merge_key(*key)) {
            for other in self.tree.merged(value) {
                let Some(other) = self.tree.mapping(other) else {
                    continue;
                };
                for (known, theirs) in known.iter_mut().zip(other.known) {
                    *known = known.or(theirs);
                }
            }
        }
        if let Kind::Mapping(mapping) = &mut self.tree.nodes[id].kind {
            mapping.known = known;
        }
    }
}

/// Returns where a scalar begins behind its anchor and tag: a block, with its first
/// line that is not blank.
fn behind_properties(text: &str, start: usize, style: Style, value: &str) -> usize {
    const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
    let mut rest = &text[start..];
    loop {
        rest = if rest.starts_with(['&', '!']) {
            &rest[rest.find(BLANKS).unwrap_or(rest.len())..]
        } else if rest.starts_with(BLANKS) {
            rest.trim_start_matches(BLANKS)
        } else if rest.starts_with('#') {
            &rest[rest.find('\n').unwrap_or(rest.len())..]
        } else {
            break;
        };
    }
    if matches!(style, Style::Literal | Style::Folded) {
        rest = &rest[rest.find(['\r', '\n']).unwrap_or(rest.len())..];
        rest = rest.trim_start_matches([' ', '\r', '\n']);
        // With an indicator of the indentation, the value itself may begin with blanks.
        let content = value.trim_start_matches('\n');
        let blanks = content.len() - content.trim_start_matches(' ').len();
        return (text.len() - rest.len()).saturating_sub(blanks);
    }
    text.len() - rest.len()
}

/// Where characters are, in bytes: the parser counts characters.
enum Offsets {
    /// All characters are one byte long.
    Same(usize),
    /// The byte of each character, and the length behind them.
    Table(Vec<usize>),
}

impl Offsets {
    fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self::Same(text.len());
        }
        let starts = text.char_indices().map(|(at, _)| at);
        Self::Table(starts.chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        match self {
            Self::Same(length) => character.min(*length),
            Self::Table(starts) => starts[character.min(starts.len() - 1)],
        }
    }
}
