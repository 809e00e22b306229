//! The services of a compose file, and what each scalar is that names an image.
//!
//! One scalar may serve several services, through anchors, merge keys and `extends`;
//! a digest in it has to be right for all of them. So scalars are collected with what
//! claims them, and judged when all claims are known.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use indexmap::IndexMap;

use super::tree::{Key, Kind, NodeId, Tree};
use crate::dockerfile::Reason;
use crate::text::{Problem, Span};

/// How many entries of merged mappings are worth looking at.
const BUDGET: usize = 1_000_000;
/// How many services may extend one another.
const LONGEST_CHAIN: usize = 64;
/// Keys at the top that are not services of a file of version 1.
const TOP_KEYS: [&str; 9] = [
    "configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes",
];

/// What a file says about images.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Scalars that name images of services.
    pub(super) images: BTreeMap<NodeId, Image>,
    /// Scalars that name contexts of builds.
    pub(super) contexts: BTreeMap<NodeId, Context>,
    /// Scalars that are Dockerfiles.
    pub(super) dockerfiles: BTreeMap<NodeId, Inline>,
    /// Scalars that name what services build.
    pub(super) built: Vec<(String, NodeId)>,
    /// Builds by a Dockerfile that is a file.
    pub(super) builds: Vec<Build>,
    /// Whether there are services, by the format of any version.
    pub(super) has_services: bool,
    /// Scalars that serve for something else as well.
    shared: HashSet<NodeId>,
}

/// A scalar that names an image of services.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// The service or extension field where it stands.
    pub(super) owner: String,
    /// The value of `platform` beside it.
    pub(super) platform: Option<NodeId>,
    /// Whether a service uses it as an image to pull.
    is_pulled: bool,
    /// A service that builds an image of this name.
    built_by: Option<String>,
    /// Why it is to be left alone.
    left: Option<Reason>,
    /// Whether a service takes no notice of it.
    is_idle: bool,
}

/// What is to be done with an image.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is pulled.
    Pulled,
    /// It stands in an extension field, and no service here uses it.
    Extension,
    /// It is not pulled.
    NotPulled,
    /// It is left alone.
    Left(Reason),
}

/// A scalar that names a context of a build.
#[derive(Debug)]
pub(super) struct Context {
    /// The service.
    pub(super) service: String,
    /// The context's name.
    pub(super) name: String,
}

/// A build by a Dockerfile that is a file.
#[derive(Debug)]
pub(super) struct Build {
    /// The service, and those that it extends.
    pub(super) services: Vec<String>,
    /// The scalar that names the folder.
    pub(super) context: Option<NodeId>,
    /// The scalar that names the Dockerfile.
    pub(super) dockerfile: Option<NodeId>,
    /// The names of its contexts.
    pub(super) contexts: BTreeSet<String>,
}

/// A scalar that is a Dockerfile.
#[derive(Debug, Default)]
pub(super) struct Inline {
    /// The service.
    pub(super) service: String,
    /// The names of the contexts of its builds.
    pub(super) contexts: BTreeSet<String>,
    /// The names in `args`.
    pub(super) arguments: BTreeSet<String>,
}

impl Found {
    /// Returns what is to be done with an image.
    pub(super) fn verdict(&self, id: NodeId, image: &Image) -> Verdict {
        match (&image.left, &image.built_by) {
            (Some(reason), _) => Verdict::Left(reason.clone()),
            (None, Some(service)) if image.is_pulled => {
                Verdict::Left(Reason::Built(format!("the service `{service}`")))
            }
            (None, Some(_)) => Verdict::NotPulled,
            (None, None) if !image.is_pulled && image.is_idle => Verdict::NotPulled,
            (None, None) => match self.shared_reason(id) {
                Some(reason) => Verdict::Left(reason),
                None if image.is_pulled => Verdict::Pulled,
                None => Verdict::Extension,
            },
        }
    }

    /// Returns why a scalar cannot be changed that serves for something else as well.
    pub(super) fn shared_reason(&self, id: NodeId) -> Option<Reason> {
        let reason = "its anchor is also used for something else";
        self.shared
            .contains(&id)
            .then(|| Reason::Unsafe(reason.to_owned()))
    }
}

/// Finds what names images.
pub(super) fn find(tree: &Tree<'_>, problems: &mut Vec<Problem>) -> Found {
    let mut finder = Finder {
        tree,
        budget: BUDGET,
        owners: Vec::new(),
        found: Found::default(),
        is_old: tree.roots.iter().all(|root| {
            let has = |key| tree.get(*root, key).is_some();
            !has(Key::Services) && !has(Key::Version)
        }),
    };
    let has_services = |root: &NodeId| match tree.get(*root, Key::Services) {
        Some(services) => tree.mapping(services).is_some(),
        None => finder.is_old && is_version_1(tree, *root),
    };
    finder.found.has_services = tree.roots.iter().any(has_services);
    finder.name_owners();
    let services = finder.services(problems);
    for name in services.keys() {
        finder.claim(name, &services);
    }
    finder.walk();
    if finder.budget == 0 {
        let message = "the file merges too many mappings; some were not searched";
        problems.push(Problem::new(Span::new(0, 0), message));
    }
    finder.found
}

/// Whether a mapping is services and nothing else, and not the jobs of a pipeline.
fn is_version_1(tree: &Tree<'_>, root: NodeId) -> bool {
    let entries = tree.mapping(root).map_or(&[][..], |top| &top.entries);
    let is_extension = |key: NodeId| tree.text(key).is_some_and(|name| name.starts_with("x-"));
    let mut services = entries.iter().filter(|(key, _)| !is_extension(*key));
    let is_service = |&(_, value): &(NodeId, NodeId)| {
        let has = |key| tree.get(value, key).is_some();
        (has(Key::Image) || has(Key::Build)) && !has(Key::Script)
    };
    !entries.is_empty() && services.all(is_service)
}

struct Finder<'t, 'a> {
    tree: &'t Tree<'a>,
    budget: usize,
    /// The nodes from which on all belongs to a service or an extension field.
    owners: Vec<(NodeId, Option<&'t str>)>,
    found: Found,
    /// Whether services stand at the top, as in version 1.
    is_old: bool,
}

/// A service, as all documents of the file have it.
#[derive(Default)]
struct Service<'t> {
    images: Vec<NodeId>,
    builds: Vec<NodeId>,
    /// Whether it has a build; nothing is said if not.
    is_built: Option<bool>,
    has_provider: bool,
    pull_policy: Option<&'t str>,
    platform: Option<NodeId>,
    extends: Option<Extends<'t>>,
    /// The name of the service that it extends, in whichever file.
    extended: Option<&'t str>,
}

/// What a service extends.
#[derive(Clone, Copy)]
enum Extends<'t> {
    /// A service of this file.
    Here(&'t str),
    /// A service of another file.
    File(&'t str),
}

/// What a service does with its image.
enum Role {
    Pulls,
    Builds,
    Ignores,
    Leaves(Reason),
}

/// Where in the format a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Top,
    Extension,
    Services,
    Service,
    Build,
    /// The value is of the kind that belongs here.
    Known,
    Other,
}

impl<'t> Finder<'t, '_> {
    /// Notes which parts of the file are which service's, or extension's.
    fn name_owners(&mut self) {
        let tree = self.tree;
        for &root in &tree.roots {
            let Kind::Mapping(top) = &tree.raw(root).kind else {
                continue;
            };
            for &(key, value) in &top.entries {
                let name = tree.text(key);
                self.owners
                    .push((value, name.filter(|name| self.is_owner(name))));
                if name == Some("services")
                    && let Kind::Mapping(services) = &tree.raw(value).kind
                {
                    let services = services.entries.iter();
                    self.owners
                        .extend(services.map(|(key, value)| (*value, tree.text(*key))));
                }
            }
        }
    }

    fn is_owner(&self, name: &str) -> bool {
        name.starts_with("x-") || self.is_old && !TOP_KEYS.contains(&name)
    }

    fn owner(&self, id: NodeId) -> Option<&'t str> {
        let next = self.owners.partition_point(|(start, _)| *start <= id);
        self.owners[..next].last().and_then(|(_, name)| *name)
    }

    /// Collects the services of all documents; later ones are laid over earlier ones.
    fn services(&mut self, problems: &mut Vec<Problem>) -> IndexMap<&'t str, Service<'t>> {
        let tree = self.tree;
        let mut services = IndexMap::<&str, Service<'_>>::new();
        for &root in &tree.roots {
            let named = match tree.get(root, Key::Services) {
                Some(node) => tree.entries(node, &mut self.budget),
                None if self.is_old => {
                    let mut entries = tree.entries(root, &mut self.budget);
                    entries.retain(|(name, _, value)| {
                        let has_image = tree.get(*value, Key::Image);
                        !name.starts_with("x-")
                            && !TOP_KEYS.contains(name)
                            && has_image.is_some_and(|image| tree.text(image).is_some())
                    });
                    entries
                }
                None => Vec::new(),
            };
            for (name, _, node) in named {
                self.lay_over(services.entry(name).or_default(), node, problems);
            }
        }
        services
    }

    fn lay_over(&self, service: &mut Service<'t>, node: NodeId, problems: &mut Vec<Problem>) {
        let tree = self.tree;
        let get = |key| tree.get(node, key);
        let given = |key| get(key).filter(|id| tree.is_given(*id));
        service.images.extend(given(Key::Image));
        if let Some(build) = get(Key::Build) {
            let is_reset = tree.raw(build).is_reset;
            service.is_built = Some(!is_reset);
            if is_reset {
                service.builds.clear();
            } else if tree.is_given(build) {
                service.builds.push(build);
            } else {
                problems.push(Problem::new(tree.span(build), "`build:` is empty"));
            }
        }
        service.has_provider |= given(Key::Provider).is_some();
        service.pull_policy = given(Key::PullPolicy)
            .and_then(|id| tree.text(id))
            .or(service.pull_policy);
        service.platform = given(Key::Platform).or(service.platform);
        if let Some(extends) = given(Key::Extends) {
            let text = |key| tree.get(extends, key).and_then(|id| tree.text(id));
            service.extended = tree.text(extends).or_else(|| text(Key::Service));
            service.extends = match (tree.text(extends), text(Key::File), text(Key::Service)) {
                (Some(name), ..) | (None, None, Some(name)) => Some(Extends::Here(name)),
                (None, Some(file), _) => Some(Extends::File(file)),
                (None, None, None) => None,
            };
        }
    }

    /// Notes what a service does with its scalars, and those of what it extends.
    fn claim(&mut self, name: &str, services: &IndexMap<&'t str, Service<'t>>) {
        let mut chain = Vec::new();
        let mut names = vec![name.to_owned()];
        let mut elsewhere = None;
        let mut next = Some(name);
        while let Some(service) = next.and_then(|name| services.get(name)) {
            if chain.len() == LONGEST_CHAIN {
                break;
            }
            chain.push(service);
            names.extend(service.extended.map(str::to_owned));
            next = match service.extends {
                Some(Extends::Here(name)) => Some(name),
                Some(Extends::File(file)) => {
                    elsewhere = Some(file);
                    None
                }
                None => None,
            };
        }
        let role = role(&chain, elsewhere);
        let platform = chain.iter().find_map(|service| service.platform);
        let images = chain.iter().map(|service| &service.images);
        for &image in images
            .into_iter()
            .find(|images| !images.is_empty())
            .into_iter()
            .flatten()
        {
            self.claim_image(image, name, &role, platform);
        }
        let builds: Vec<NodeId> = chain
            .iter()
            .flat_map(|service| &service.builds)
            .copied()
            .collect();
        if matches!(role, Role::Builds) {
            self.claim_builds(names, &builds);
        }
    }

    fn claim_image(&mut self, id: NodeId, service: &str, role: &Role, platform: Option<NodeId>) {
        let tree = self.tree;
        let Some(id) = tree.resolve(id).filter(|id| tree.text(*id).is_some()) else {
            return;
        };
        let owner = self.owner(id).unwrap_or(service);
        let image = self.found.images.entry(id).or_insert_with(|| Image {
            owner: owner.to_owned(),
            ..Image::default()
        });
        image.platform = image.platform.or(platform);
        match role {
            Role::Pulls => image.is_pulled = true,
            Role::Ignores => image.is_idle = true,
            Role::Leaves(reason) => {
                image.left.get_or_insert_with(|| reason.clone());
            }
            Role::Builds => {
                image.built_by.get_or_insert_with(|| service.to_owned());
                self.found.built.push((service.to_owned(), id));
            }
        }
    }

    /// Notes what the builds of a service name; behind it are those that it extends.
    fn claim_builds(&mut self, services: Vec<String>, builds: &[NodeId]) {
        let tree = self.tree;
        let service = services.first().map_or("", String::as_str);
        let mut context = None;
        let mut dockerfile = None;
        let mut contexts = BTreeSet::new();
        let mut arguments = BTreeSet::new();
        let mut inline = None;
        for &build in builds {
            for (name, value) in self.pairs(build, Key::AdditionalContexts) {
                self.found.contexts.entry(value).or_insert_with(|| Context {
                    service: service.to_owned(),
                    name: name.clone(),
                });
                contexts.insert(name);
            }
            let pairs = self.pairs(build, Key::Args).into_iter();
            arguments.extend(pairs.map(|(name, _)| name));
            if let Some(tags) = tree.get(build, Key::Tags)
                && let Some(Kind::Sequence(tags)) = tree.resolve(tags).map(|id| &tree.raw(id).kind)
            {
                let tags = tags.iter().filter_map(|id| tree.resolve(*id));
                self.found
                    .built
                    .extend(tags.map(|id| (service.to_owned(), id)));
            }
            inline = inline.or_else(|| tree.get(build, Key::DockerfileInline));
            let own = tree.text(build).map(|_| build);
            context = context.or_else(|| own.or_else(|| tree.get(build, Key::Context)));
            dockerfile = dockerfile.or_else(|| tree.get(build, Key::Dockerfile));
        }
        let inline = inline
            .and_then(|id| tree.resolve(id))
            .filter(|id| tree.text(*id).is_some());
        if let Some(id) = inline {
            let owner = self.owner(id).unwrap_or(service);
            let inline = self.found.dockerfiles.entry(id).or_insert_with(|| Inline {
                service: owner.to_owned(),
                ..Inline::default()
            });
            inline.contexts.append(&mut contexts);
            inline.arguments.append(&mut arguments);
        } else {
            self.found.builds.push(Build {
                services,
                context,
                dockerfile,
                contexts,
            });
        }
    }

    /// Returns the names and scalars of what is a mapping, or a list of `name=value`.
    fn pairs(&mut self, build: NodeId, key: Key) -> Vec<(String, NodeId)> {
        let tree = self.tree;
        let Some(id) = tree.get(build, key).and_then(|id| tree.resolve(id)) else {
            return Vec::new();
        };
        let mut pairs = Vec::new();
        match &tree.raw(id).kind {
            Kind::Mapping(_) => {
                for (name, _, value) in tree.entries(id, &mut self.budget) {
                    pairs.extend(tree.resolve(value).map(|value| (name.to_owned(), value)));
                }
            }
            Kind::Sequence(items) => {
                for item in items.iter().filter_map(|item| tree.resolve(*item)) {
                    self.budget = self.budget.saturating_sub(1);
                    let text = tree.text(item).filter(|_| self.budget > 0);
                    let name = text.map(|text| text.split('=').next().unwrap_or(text));
                    pairs.extend(name.map(|name| (name.to_owned(), item)));
                }
            }
            Kind::Scalar(..) | Kind::Alias(_) => {}
        }
        pairs
    }

    /// Goes through the file: for images in extension fields, and for scalars that
    /// serve for something else as well.
    fn walk(&mut self) {
        let tree = self.tree;
        let mut seen = vec![0_u8; tree.len()];
        let mut pending: Vec<_> = tree
            .roots
            .iter()
            .map(|root| (*root, Position::Top))
            .collect();
        while let Some((id, position)) = pending.pop() {
            let bit = 1 << position as u8;
            if seen[id] & bit != 0 {
                continue;
            }
            seen[id] |= bit;
            match &tree.raw(id).kind {
                Kind::Alias(target) => pending.extend(target.map(|target| (target, position))),
                Kind::Scalar(..) => {
                    if position == Position::Other {
                        self.found.shared.insert(id);
                    }
                }
                Kind::Sequence(items) => {
                    // The items of a merge key's list are where the key is.
                    pending.extend(items.iter().map(|item| (*item, position)));
                }
                Kind::Mapping(mapping) => {
                    if position == Position::Extension {
                        self.claim_extension(id);
                    }
                    for &(key, value) in &mapping.entries {
                        let name = tree.text(key).unwrap_or_default();
                        let below = if tree.is_merge_key(key) {
                            position
                        } else {
                            self.below(position, name)
                        };
                        pending.push((value, below));
                    }
                }
            }
        }
    }

    /// Returns where the value of a key stands.
    fn below(&self, position: Position, key: &str) -> Position {
        let is_extension = key.starts_with("x-");
        match (position, key) {
            (Position::Known | Position::Other, _) => position,
            (Position::Extension, _) => Position::Extension,
            (_, _) if is_extension => Position::Extension,
            (Position::Top, "services") => Position::Services,
            (Position::Top, key) if self.is_old && !TOP_KEYS.contains(&key) => Position::Service,
            (Position::Services, _) => Position::Service,
            (Position::Service, "build") => Position::Build,
            (Position::Service, "image")
            | (Position::Build, "dockerfile_inline" | "additional_contexts") => Position::Known,
            (Position::Top | Position::Service | Position::Build, _) => Position::Other,
        }
    }

    /// Notes the image of a mapping below an extension field.
    fn claim_extension(&mut self, id: NodeId) {
        let tree = self.tree;
        let has_build = tree.get(id, Key::Build).is_some_and(|id| tree.is_given(id));
        let Some(image) = tree.get(id, Key::Image).filter(|_| !has_build) else {
            return;
        };
        let Some(image) = tree.resolve(image).filter(|id| tree.text(*id).is_some()) else {
            return;
        };
        let owner = self.owner(image).unwrap_or_default();
        self.found.images.entry(image).or_insert_with(|| Image {
            owner: owner.to_owned(),
            ..Image::default()
        });
    }
}

/// Returns what a service does with its image; it comes first, what it extends behind.
fn role(chain: &[&Service<'_>], elsewhere: Option<&str>) -> Role {
    let is_built = chain.iter().find_map(|service| service.is_built);
    if is_built == Some(true) {
        return Role::Builds;
    }
    if chain.iter().any(|service| service.has_provider) {
        return Role::Ignores;
    }
    match chain.iter().find_map(|service| service.pull_policy) {
        Some("build") => {
            let reason = "`pull_policy: build` means that it is built";
            return Role::Leaves(Reason::Unsafe(reason.to_owned()));
        }
        Some("never") => {
            let reason = "`pull_policy: never` means that it does not come from a registry";
            return Role::Leaves(Reason::Unsafe(reason.to_owned()));
        }
        _ => {}
    }
    match elsewhere {
        Some(file) if is_built.is_none() => Role::Leaves(Reason::Unsafe(format!(
            "the service extends one in `{file}`, which may have a `build:`"
        ))),
        _ => Role::Pulls,
    }
}
