//! Which locks go before others, and which have to agree.
//!
//! A lock that another one reads, as a constraint or a part, goes first. Locks that
//! read each other, or are made of the same requirements for the same target, are
//! one group: their versions have to agree, so all of them are written or none.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::has_ending;
use super::target::{LockTarget, Skipped};
use crate::requirements::location;
use crate::requirements::{ItemKind, RequirementsFile};

/// What a file includes.
#[derive(Debug, Clone, Default)]
struct Includes {
    /// `-r`
    parts: Vec<String>,
    /// `-c`
    constraints: Vec<String>,
}

/// Finds what files include, reading each only once.
pub(super) struct Reading<'a> {
    texts: &'a FxHashMap<&'a str, &'a str>,
    includes: FxHashMap<&'a str, Includes>,
}

/// All that a lock is made of.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The files, in order of their paths.
    pub(super) files: BTreeSet<String>,
    /// Those whose requirements are in the lock.
    pub(super) parts: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(texts: &'a FxHashMap<&'a str, &'a str>) -> Self {
        Self {
            texts,
            includes: FxHashMap::default(),
        }
    }

    /// Returns all files that a target is made of, as far as they are known.
    pub(super) fn reads(&mut self, target: &LockTarget) -> Reads {
        let mut reads = Reads::default();
        let mut open: Vec<(String, bool)> = Vec::new();
        open.extend(
            target
                .options
                .sources
                .iter()
                .map(|path| (path.clone(), true)),
        );
        let options = &target.options;
        let others = options.constraints.iter().chain(&options.overrides);
        open.extend(others.map(|path| (path.clone(), false)));
        let groups = target.options.group_files();
        let groups = groups.iter().map(|path| {
            let path = location::normalise(&format!("/{}/{path}", target.folder));
            (path.trim_start_matches('/').to_owned(), true)
        });
        open.extend(groups);
        while let Some((path, is_part)) = open.pop() {
            let is_new = if is_part {
                reads.files.insert(path.clone()) | reads.parts.insert(path.clone())
            } else {
                reads.files.insert(path.clone())
            };
            if !is_new {
                continue;
            }
            let includes = self.includes(&path);
            let parts = includes.parts.iter().map(|path| (path.clone(), is_part));
            let constraints = includes
                .constraints
                .iter()
                .map(|path| (path.clone(), false));
            open.extend(parts.chain(constraints));
        }
        reads
    }

    fn includes(&mut self, path: &str) -> &Includes {
        const NONE: &Includes = &Includes {
            parts: Vec::new(),
            constraints: Vec::new(),
        };
        let Some((&path, &text)) = self.texts.get_key_value(path) else {
            return NONE;
        };
        self.includes
            .entry(path)
            .or_insert_with(|| includes(path, text))
    }
}

/// Returns the paths a file includes, seen from the root.
fn includes(path: &str, text: &str) -> Includes {
    let mut includes = Includes::default();
    // Most files are locks or have no includes: their lines need not be understood.
    if has_ending(path, ".toml") || has_ending(path, ".py") || !mentions_include(text) {
        return includes;
    }
    for item in RequirementsFile::parse(text, &|_| None).items {
        match item.kind {
            ItemKind::Include(written) => {
                includes.parts.push(location::join(path, &written.value));
            }
            ItemKind::Constraint(written) => {
                includes
                    .constraints
                    .push(location::join(path, &written.value));
            }
            _ => {}
        }
    }
    includes
}

/// Whether a line begins with an option that includes a file.
fn mentions_include(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start_matches(['\u{feff}', ' ', '\t']);
        ["-r", "-c", "--r", "--c"]
            .iter()
            .any(|option| line.starts_with(option))
    })
}

/// Puts targets in order and in groups; those that wait for themselves are skipped.
pub(super) fn arrange(
    found: Vec<LockTarget>,
    reading: &mut Reading<'_>,
    skipped: &mut Vec<Skipped>,
) -> Vec<LockTarget> {
    let mut nodes: Vec<Node> = found
        .into_iter()
        .map(|target| Node {
            reads: reading.reads(&target),
            target,
            needs: Vec::new(),
        })
        .collect();
    nodes.sort_by(|a, b| {
        let key = |node: &Node| node.reads.files.len();
        (key(a), &a.target.output).cmp(&(key(b), &b.target.output))
    });
    skip_circles(&mut nodes, skipped);
    let mut nodes = sorted(nodes);
    let groups = groups(&nodes);
    for (node, group) in nodes.iter_mut().zip(groups) {
        node.target.group = group;
    }
    nodes
        .into_iter()
        .map(|node| LockTarget {
            depends_on: node.needs,
            reads: node.reads.files.into_iter().collect(),
            ..node.target
        })
        .collect()
}

struct Node {
    target: LockTarget,
    reads: Reads,
    /// The nodes that go before, by index.
    needs: Vec<usize>,
}

/// Finds for each node those whose outputs it reads; itself too, if it does.
fn link(nodes: &mut [Node]) {
    let outputs: FxHashMap<String, usize> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| (node.target.output.clone(), index))
        .collect();
    for node in nodes {
        let needs = node.reads.files.iter();
        node.needs = needs
            .filter_map(|path| outputs.get(path).copied())
            .collect();
        node.needs.sort_unstable();
    }
}

/// Takes out the nodes that need themselves, however far around, and links the rest.
fn skip_circles(nodes: &mut Vec<Node>, skipped: &mut Vec<Skipped>) {
    link(nodes);
    let circular: Vec<Option<Vec<String>>> =
        (0..nodes.len()).map(|index| circle(nodes, index)).collect();
    let mut circular = circular.into_iter();
    let before = nodes.len();
    nodes.retain(|node| {
        let Some(Some(others)) = circular.next() else {
            return true;
        };
        let why = if others.is_empty() {
            "it is one of its own sources".to_owned()
        } else {
            let others: Vec<String> = others.iter().map(|path| format!("`{path}`")).collect();
            format!(
                "it depends on {}, which in turn depends on it",
                others.join(" and ")
            )
        };
        skipped.push(Skipped {
            path: node.target.output.clone(),
            why,
            is_lock: true,
        });
        false
    });
    if nodes.len() != before {
        link(nodes);
    }
}

/// Returns the outputs a node needs directly that need the node again, without its
/// own; none if it does not need itself.
fn circle(nodes: &[Node], from: usize) -> Option<Vec<String>> {
    let leads_back = |start: usize| {
        let mut seen = FxHashSet::default();
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            if index == from {
                return true;
            }
            if seen.insert(index) {
                open.extend(&nodes[index].needs);
            }
        }
        false
    };
    let back: Vec<usize> = nodes[from]
        .needs
        .iter()
        .copied()
        .filter(|&need| leads_back(need))
        .collect();
    if back.is_empty() {
        return None;
    }
    let others = back.into_iter().filter(|&need| need != from);
    Some(
        others
            .map(|need| nodes[need].target.output.clone())
            .collect(),
    )
}

/// Returns the nodes so that each comes behind those it needs.
///
/// Among those that could come next, the one that reads the fewest files does, so
/// that `base` comes before what includes its requirements.
fn sorted(nodes: Vec<Node>) -> Vec<Node> {
    let mut waits: Vec<usize> = nodes.iter().map(|node| node.needs.len()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for &need in &node.needs {
            needed_by[need].push(index);
        }
    }
    // The nodes came in the order wanted, so the smallest index is the next.
    let mut ready: BTreeSet<usize> = (0..nodes.len()).filter(|&at| waits[at] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(index) = ready.pop_first() {
        order.push(index);
        for &waiting in &needed_by[index] {
            waits[waiting] -= 1;
            if waits[waiting] == 0 {
                ready.insert(waiting);
            }
        }
    }
    let mut place = vec![0; nodes.len()];
    for (at, &index) in order.iter().enumerate() {
        place[index] = at;
    }
    let mut slots: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|index| slots[index].take())
        .map(|mut node| {
            for need in &mut node.needs {
                *need = place[*need];
            }
            node.needs.sort_unstable();
            node
        })
        .collect()
}

/// Returns the group of each node; groups are numbered as they first appear.
/// Returns values in a row.
fn words(values: &[impl ToString]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join(" ")
}

fn groups(nodes: &[Node]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..nodes.len()).collect();
    let mut owners: FxHashMap<(&str, [String; 3]), usize> = FxHashMap::default();
    for (index, node) in nodes.iter().enumerate() {
        for &need in &node.needs {
            unite(&mut parents, index, need);
        }
        let options = &node.target.options;
        let texts = [
            words(&options.python_versions),
            words(&options.python_platforms),
            words(&options.targets),
        ];
        for part in &node.reads.parts {
            // Locks for different targets may have to differ.
            let owner = *owners.entry((part, texts.clone())).or_insert(index);
            unite(&mut parents, index, owner);
        }
    }
    let mut numbers: FxHashMap<usize, usize> = FxHashMap::default();
    (0..nodes.len())
        .map(|index| {
            let root = root(&parents, index);
            let next = numbers.len();
            *numbers.entry(root).or_insert(next)
        })
        .collect()
}

fn root(parents: &[usize], mut index: usize) -> usize {
    while parents[index] != index {
        index = parents[index];
    }
    index
}

/// The smaller index stays the root, so chains are as short as layers are few.
fn unite(parents: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(parents, one), root(parents, other));
    parents[one.max(other)] = one.min(other);
}
