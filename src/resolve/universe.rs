//! What is known of the projects in play: their releases, which of them can be
//! used and what they require. It answers the solver, and notes what it lacks.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

pub(super) use super::facts::{Edge, Facts, Kind, ProjectId};
use super::provider::PackageId;
use super::regional::{Inherited, Regional};
use super::request::{
    Availability, Metadata, Need, PreReleases, Reason, Releases, Request, Resolution, positions,
};
use super::set::VersionSet;
use crate::python::WorldSet;
use crate::python::{Environment, ExtraName, ProjectName, RequirementSource, Specifiers};

#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: ProjectName,
    pub(super) releases: Option<Arc<dyn Releases>>,
    pub(super) facts: FxHashMap<u32, Facts>,
    /// The releases that the solver has asked for.
    pub(super) noticed: FxHashSet<u32>,
    pub(super) preference: Option<u32>,
    /// What is tried next: other pins of the lock, and what other regions have.
    pub(super) preferences: Vec<u32>,
    /// What was chosen before the region was split off.
    pub(super) inherited: Option<u32>,
    /// What was chosen in other regions, in the order of these.
    pub(super) elsewhere: Vec<u32>,
    sets: FxHashMap<Specifiers, VersionSet>,
    pub(super) sequence: Option<Arc<[u32]>>,
    /// Likewise those that may have to be built.
    pub(super) to_build: Option<Arc<[u32]>>,
    allows_pre_releases: bool,
    /// Whether releases that pip refuses are used.
    pub(super) takes_refused: bool,
    /// Whether its old versions are tried before its new ones.
    pub(super) is_lowest: bool,
    /// The URLs that requirements may name, without their fragments.
    direct: Vec<String>,
    constraints: Vec<usize>,
}

/// Who looks at a release.
///
/// What the frontier has brought in by chance of timing must not steer the solver:
/// it sees what it has asked for, so that the answer is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Viewer {
    Solver,
    Frontier,
}

/// Requirements left out of consideration, to see what comes of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Mask {
    /// Direct requirements that are not there.
    pub(super) roots: FxHashSet<usize>,
    /// Constraints that are not there.
    pub(super) constraints: FxHashSet<usize>,
    /// Pairs of projects of which the first requires nothing of the second.
    pub(super) edges: FxHashSet<(ProjectId, ProjectId)>,
}

/// All that is known, and the request it is known for.
#[derive(Debug)]
pub struct Universe {
    pub(super) mask: Mask,
    pub(super) request: Request,
    pub(super) projects: Vec<Project>,
    by_name: FxHashMap<ProjectName, ProjectId>,
    kinds: Vec<Kind>,
    pub(super) packages: FxHashMap<Kind, PackageId>,
    pub(super) overrides: FxHashMap<ProjectId, Vec<Edge>>,
    /// The user's requirements, each with the numbers of the lines that have it.
    pub(super) roots: Vec<(Edge, Vec<usize>)>,
    /// What is resolved for, if it is more than one environment.
    pub(super) regional: Option<Box<Regional>>,
    needs: IndexMap<Need, ()>,
    /// What is noticed while the solver only guesses, to be forgotten.
    pub(super) guess: Option<Vec<(ProjectId, u32)>>,
    /// Whose releases the solver has to do with.
    consulted: FxHashSet<ProjectId>,
    /// Which releases the solver looked at, if that is recorded.
    pub(super) looked_at: Option<RefCell<FxHashSet<(ProjectId, u32)>>>,
}

/// A requirement of a package on another, as the solver sees it.
pub(super) struct Target {
    pub(super) package: PackageId,
    pub(super) allowed: VersionSet,
}

impl Universe {
    /// Returns a universe in which nothing is known yet.
    pub fn new(request: Request) -> Self {
        let mut universe = Self {
            mask: Mask::default(),
            projects: Vec::new(),
            by_name: FxHashMap::default(),
            kinds: vec![Kind::Root],
            packages: FxHashMap::from_iter([(Kind::Root, PackageId::ROOT)]),
            overrides: FxHashMap::default(),
            roots: Vec::new(),
            needs: IndexMap::new(),
            guess: None,
            consulted: FxHashSet::default(),
            looked_at: request.is_recorded.then(RefCell::default),
            regional: request.range.clone().map(Regional::shared),
            request: Request {
                resolution: request.resolution,
                ..Request::default()
            },
        };
        let mut known: FxHashMap<_, usize> = FxHashMap::default();
        for (index, root) in request.roots.iter().enumerate() {
            let project = universe.project(&root.requirement.name);
            let state = &mut universe.projects[project as usize];
            state.is_lowest = request.resolution != Resolution::Highest;
            match &root.requirement.source {
                RequirementSource::Url(url) => {
                    state.direct.push(without_fragment(url).to_owned());
                }
                RequirementSource::Specifiers(specifiers) => {
                    state.allows_pre_releases |= specifiers.mentions_prerelease();
                }
            }
            let wanted = match &root.requirement.source {
                RequirementSource::Url(url) => ('@', url.as_str()),
                RequirementSource::Specifiers(specifiers) => ('=', specifiers.as_str()),
            };
            let worlds = universe.worlds_of(root.requirement.marker.as_ref());
            let next = universe.roots.len();
            let same = *known
                .entry((project, &root.requirement.extras, wanted, worlds))
                .or_insert(next);
            if let Some((_, lines)) = universe.roots.get_mut(same) {
                lines.push(index);
                continue;
            }
            let edge = Edge {
                project,
                requirement: Arc::new(root.requirement.clone()),
                conditional: false,
                worlds,
            };
            universe.roots.push((edge, vec![index]));
        }
        for name in &request.dropped {
            let project = universe.project(name);
            universe.overrides.entry(project).or_default();
        }
        for one in &request.overrides {
            let project = universe.project(&one.requirement.name);
            if let RequirementSource::Url(url) = &one.requirement.source {
                let state = &mut universe.projects[project as usize];
                state.direct.push(without_fragment(url).to_owned());
            }
            let worlds = universe.worlds_of(one.requirement.marker.as_ref());
            universe.overrides.entry(project).or_default().push(Edge {
                project,
                requirement: Arc::new(one.requirement.clone()),
                conditional: false,
                worlds,
            });
        }
        for (name, url) in &request.places {
            let project = universe.project(name);
            let state = &mut universe.projects[project as usize];
            state.direct.push(without_fragment(url).to_owned());
        }
        for (index, constraint) in request.constraints.iter().enumerate() {
            let project = universe.project(&constraint.name);
            universe.projects[project as usize].constraints.push(index);
        }
        universe.request = request;
        universe.place_constraints();
        if let Some(regional) = &universe.regional {
            let all = regional.region;
            universe.enter(all, &Inherited::default());
        }
        universe
    }

    /// Returns the environment that markers are evaluated in.
    pub const fn environment(&self) -> &Environment {
        &self.request.environment
    }

    /// Returns the number of a project, which it gets when first mentioned.
    pub(super) fn project(&mut self, name: &ProjectName) -> ProjectId {
        if let Some(&id) = self.by_name.get(name) {
            return id;
        }
        let id =
            u32::try_from(self.projects.len()).expect("there are fewer projects than u32 counts");
        self.by_name.insert(name.clone(), id);
        self.projects.push(Project {
            name: name.clone(),
            releases: None,
            facts: FxHashMap::default(),
            noticed: FxHashSet::default(),
            preference: None,
            preferences: Vec::new(),
            inherited: None,
            elsewhere: Vec::new(),
            sets: FxHashMap::default(),
            sequence: None,
            to_build: None,
            allows_pre_releases: false,
            takes_refused: false,
            is_lowest: self.request.resolution == Resolution::Lowest,
            direct: Vec::new(),
            constraints: Vec::new(),
        });
        id
    }

    /// Returns how many projects have been mentioned.
    pub(super) fn project_count(&self) -> ProjectId {
        u32::try_from(self.projects.len()).expect("there are fewer projects than u32 counts")
    }

    pub(super) fn known_project(&self, name: &ProjectName) -> Option<ProjectId> {
        self.by_name.get(name).copied()
    }

    pub(super) fn package(&mut self, kind: Kind) -> PackageId {
        if let Some(&id) = self.packages.get(&kind) {
            return id;
        }
        let id = PackageId(
            u32::try_from(self.kinds.len()).expect("there are fewer packages than u32 counts"),
        );
        self.kinds.push(kind.clone());
        self.packages.insert(kind, id);
        id
    }

    pub(super) fn kind(&self, package: PackageId) -> &Kind {
        &self.kinds[package.0 as usize]
    }

    pub(super) fn project_of(&self, package: PackageId) -> Option<ProjectId> {
        match self.kind(package) {
            Kind::Root => None,
            Kind::Project(project) | Kind::Extra(project, _) => Some(*project),
        }
    }

    pub(super) fn extra_of(&self, package: PackageId) -> Option<&ExtraName> {
        match self.kind(package) {
            Kind::Extra(_, extra) => Some(extra),
            _ => None,
        }
    }

    /// Tells which releases a project has. An unknown project has none.
    pub fn learn_releases(&mut self, name: &ProjectName, releases: Arc<dyn Releases>) {
        let id = self.project(name);
        self.projects[id as usize].releases = Some(releases);
        self.prefer(id);
    }

    /// Tells what a release requires, or why that makes it unusable.
    pub fn learn_metadata(
        &mut self,
        name: &ProjectName,
        position: u32,
        metadata: Result<Metadata, Reason>,
    ) {
        let id = self.project(name);
        let facts = match metadata {
            Ok(metadata) => self.facts(metadata),
            Err(reason) => Facts::Unusable(reason),
        };
        self.projects[id as usize].facts.insert(position, facts);
    }

    fn facts(&mut self, metadata: Metadata) -> Facts {
        let worlds = self.worlds_of_pythons(metadata.requires_python.as_ref());
        let mut edges = Vec::with_capacity(metadata.requirements.len());
        let mut unanswered = Vec::new();
        let requirements = if self.request.without_dependencies {
            Vec::new()
        } else {
            metadata.requirements
        };
        let all = match self.looked_at {
            Some(_) => requirements.clone(),
            None => Vec::new(),
        };
        for requirement in requirements {
            let mut conditional = false;
            let mut worlds = WorldSet::ALL;
            if let Some(marker) = &requirement.marker {
                if marker.mentions_extra() {
                    conditional = true;
                } else if self.regional.is_some() {
                    worlds = self.worlds_of(Some(marker));
                    if self.is_out_of_range(worlds) && !self.is_overridden(&requirement.name) {
                        continue;
                    }
                } else if !marker.evaluate(&self.request.environment, None)
                    && !self.is_overridden(&requirement.name)
                {
                    if marker.is_unanswered(&self.request.environment) {
                        unanswered.push(requirement.name.clone());
                    }
                    continue;
                }
            }
            let project = self.project(&requirement.name);
            if !conditional
                && worlds == WorldSet::ALL
                && self.is_other_url(project, &requirement.source)
                && !self.overrides.contains_key(&project)
            {
                let text = crate::text::without_password(&requirement.to_string());
                return Facts::Unusable(Reason::RequiresUrl(text));
            }
            edges.push(Edge {
                project,
                requirement,
                conditional,
                worlds,
            });
        }
        Facts::Known {
            pythons: metadata.requires_python,
            worlds,
            edges,
            extras: metadata.extras,
            all,
            refused: metadata.refused.map(Reason::RefusedByPip),
            unanswered,
        }
    }

    /// Whether overrides stand in the place of all requirements on a project, with their
    /// markers.
    fn is_overridden(&self, name: &ProjectName) -> bool {
        let project = self.known_project(name);
        project.is_some_and(|project| self.overrides.contains_key(&project))
    }

    /// Returns the release of a project that is to be tried first, if the request
    /// prefers one that can be used.
    pub fn preferred(&self, name: &ProjectName) -> Option<u32> {
        let project = self.known_project(name)?;
        let position = self.projects[project as usize].preference?;
        self.rank(project, position, Viewer::Frontier)
            .map(|_| position)
    }

    /// Notes that the solver asks for a release.
    pub(super) fn notice(&mut self, project: ProjectId, version: u32) {
        let noticed = &mut self.projects[project as usize].noticed;
        if noticed.insert(version)
            && let Some(guess) = &mut self.guess
        {
            guess.push((project, version));
        }
    }

    /// Notes that the solver has to do with a project's releases.
    pub(super) fn consult(&mut self, project: ProjectId) {
        if self.guess.is_none() {
            self.consulted.insert(project);
        }
    }

    /// Returns the projects whose releases the solver had to do with: nothing else of what
    /// is known has a part in the answer.
    pub fn consulted(&self) -> impl Iterator<Item = &ProjectName> {
        self.consulted
            .iter()
            .map(|&project| &self.projects[project as usize].name)
    }

    /// Lets the solver guess: what it notices meanwhile leaves no trace.
    pub(super) fn guess(&mut self, guess: impl FnOnce(&mut Self)) {
        self.guess = Some(Vec::new());
        guess(self);
        for (project, version) in self.guess.take().unwrap_or_default() {
            self.projects[project as usize].noticed.remove(&version);
        }
    }

    /// Returns what was noted as missing since the last call, in order.
    pub fn take_needs(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.needs).into_keys().collect()
    }

    pub(super) fn need_releases(&mut self, project: ProjectId) {
        let name = self.projects[project as usize].name.clone();
        self.needs.insert(Need::Releases(name), ());
    }

    pub(super) fn need_metadata(&mut self, project: ProjectId, position: u32) {
        let name = self.projects[project as usize].name.clone();
        self.needs.insert(Need::Metadata(name, position), ());
    }

    pub(super) fn releases(&self, project: ProjectId) -> Option<&Arc<dyn Releases>> {
        self.projects[project as usize].releases.as_ref()
    }

    /// Whether a release can be used, as far as is known.
    pub(super) fn availability(&self, project: ProjectId, position: u32) -> Availability {
        if let Some(reason) = self.limit(project, position) {
            return Availability::Unusable(reason);
        }
        if let Some(reason) = self.fault(project, position) {
            return Availability::Unusable(reason.clone());
        }
        self.listed_availability(project, position)
    }

    /// Whether a release can be used by what the index says of it.
    fn listed_availability(&self, project: ProjectId, position: u32) -> Availability {
        let state = &self.projects[project as usize];
        let Some(releases) = &state.releases else {
            return Availability::Wheel;
        };
        if releases.version(position).any_prerelease()
            && !self.allows_pre_release(state)
            && (state.preference != Some(position)
                || self.request.pre_releases == PreReleases::Disallow)
        {
            return Availability::Unusable(Reason::PreRelease);
        }
        releases.availability(position)
    }

    fn allows_pre_release(&self, project: &Project) -> bool {
        match self.request.pre_releases {
            PreReleases::Disallow => false,
            PreReleases::Explicit => project.allows_pre_releases,
            PreReleases::Allow | PreReleases::IfNecessary | PreReleases::IfNecessaryOrExplicit => {
                true
            }
        }
    }

    /// Returns in which order a release is tried: 0 before all others, `None` never.
    pub(super) fn rank(&self, project: ProjectId, position: u32, viewer: Viewer) -> Option<u16> {
        if self.regional.is_some() && !self.suits_region(project, position, viewer) {
            return None;
        }
        let state = &self.projects[project as usize];
        if let (Viewer::Solver, Some(looked_at)) = (viewer, &self.looked_at) {
            looked_at.borrow_mut().insert((project, position));
        }
        let availability = match viewer {
            Viewer::Frontier => self.availability(project, position),
            Viewer::Solver if state.noticed.contains(&position) => {
                self.availability(project, position)
            }
            Viewer::Solver => self.listed_availability(project, position),
        };
        let sdist = match availability {
            Availability::Wheel => 0,
            // The lowest version is asked for however it is packed.
            Availability::Sdist => u16::from(!state.is_lowest),
            Availability::Unusable(_) => return None,
        };
        let last = match self.request.pre_releases {
            PreReleases::Allow => false,
            PreReleases::Explicit | PreReleases::IfNecessaryOrExplicit
                if state.allows_pre_releases =>
            {
                false
            }
            _ => state
                .releases
                .as_ref()
                .is_some_and(|releases| releases.version(position).any_prerelease()),
        };
        let turn = state
            .releases
            .as_ref()
            .map_or(0, |releases| releases.turn(position));
        Some(u16::from(turn) * 4 + sdist + if last { 2 } else { 0 })
    }

    /// Returns the releases of a rank in the order in which they are tried: newest first,
    /// unless the lowest is asked for.
    pub(super) fn ranked(&self, project: ProjectId, rank: u16) -> Arc<[u32]> {
        let releases = self.releases(project);
        let count = releases.map_or(0, |releases| releases.count());
        let has_rank = |at: &u32| self.rank(project, *at, Viewer::Solver) == Some(rank);
        if self.projects[project as usize].is_lowest {
            return (0..count).filter(has_rank).collect();
        }
        (0..count).rev().filter(has_rank).collect()
    }

    /// Returns the release to try first out of a set.
    pub(super) fn best(
        &self,
        project: ProjectId,
        allowed: &VersionSet,
        viewer: Viewer,
    ) -> Option<u32> {
        let state = &self.projects[project as usize];
        if let Some(position) = state.preference
            && allowed.contains(position)
            && self.rank(project, position, viewer).is_some()
        {
            return Some(position);
        }
        for &position in &state.preferences {
            // Pre-releases that another region needs are no reason to take them here.
            if allowed.contains(position)
                && (self.rank(project, position, viewer)).is_some_and(|rank| rank % 4 < 2)
            {
                return Some(position);
            }
        }
        if state.is_lowest {
            return self.first_of_best_rank(project, allowed.oldest_first(), viewer);
        }
        self.first_of_best_rank(project, allowed.newest_first(), viewer)
    }

    fn first_of_best_rank(
        &self,
        project: ProjectId,
        positions: impl Iterator<Item = u32>,
        viewer: Viewer,
    ) -> Option<u32> {
        let mut best: Option<(u16, u32)> = None;
        for position in positions {
            match self.rank(project, position, viewer) {
                Some(0) => return Some(position),
                Some(rank) if best.is_none_or(|(other, _)| rank < other) => {
                    best = Some((rank, position));
                }
                _ => {}
            }
        }
        best.map(|(_, position)| position)
    }

    /// Returns which of a project's releases a specifier allows.
    pub(super) fn allowed(&mut self, project: ProjectId, source: &RequirementSource) -> VersionSet {
        let state = &mut self.projects[project as usize];
        let Some(releases) = &state.releases else {
            return VersionSet::empty();
        };
        let RequirementSource::Specifiers(specifiers) = source else {
            return VersionSet::all(releases.count());
        };
        if specifiers.is_empty_spec() {
            return VersionSet::all(releases.count());
        }
        if let Some(set) = state.sets.get(specifiers) {
            return set.clone();
        }
        let set = positions(releases.as_ref(), specifiers);
        state.sets.insert(specifiers.clone(), set.clone());
        set
    }

    /// Returns the requirements of a package's version: those of the root, of a
    /// release, or of a release's extra. `None` while they are unknown.
    pub(super) fn edges(&self, package: PackageId, version: u32) -> Option<Vec<Edge>> {
        let edges = self.edges_as_written(package, version)?;
        Some(self.overridden(edges))
    }

    /// Returns the same without regard to overrides.
    pub(super) fn edges_as_written(&self, package: PackageId, version: u32) -> Option<Vec<Edge>> {
        let (project, extra) = match self.kind(package) {
            Kind::Root => return Some(self.root_edges()),
            Kind::Project(project) => (*project, None),
            Kind::Extra(project, extra) => (*project, Some(extra)),
        };
        let Facts::Known { edges, .. } = self.projects[project as usize].facts.get(&version)?
        else {
            return Some(Vec::new());
        };
        if let Some(regional) = &self.regional {
            let edges = edges.iter();
            let edges = edges.filter(|edge| !self.mask.edges.contains(&(project, edge.project)));
            return Some(regional.taken(edges, extra, &self.overrides));
        }
        let chosen: Vec<Edge> = edges
            .iter()
            .filter(|edge| !self.mask.edges.contains(&(project, edge.project)))
            .filter(|edge| match (extra, edge.conditional) {
                (None, false) => true,
                (Some(_), false) => false,
                (extra, true) => {
                    let is_overridden = self.overrides.contains_key(&edge.project);
                    let holds = |extra| {
                        edge.requirement.marker.as_ref().is_none_or(|marker| {
                            if is_overridden {
                                marker.admits_extra(extra)
                            } else {
                                marker.evaluate(&self.request.environment, extra)
                            }
                        })
                    };
                    // What holds without the extra is the release's own requirement.
                    holds(extra) && (extra.is_none() || !holds(None))
                }
            })
            .cloned()
            .collect();
        Some(chosen)
    }

    fn root_edges(&self) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(self.roots.len());
        for (edge, lines) in &self.roots {
            let is_taken = self.regional.as_ref().is_none_or(|it| it.takes(edge));
            if is_taken && lines.iter().any(|line| !self.mask.roots.contains(line)) {
                edges.push(edge.clone());
            }
        }
        edges
    }

    fn overridden(&self, edges: Vec<Edge>) -> Vec<Edge> {
        if self.overrides.is_empty() {
            return edges;
        }
        let mut result = Vec::with_capacity(edges.len());
        let mut replaced = FxHashSet::default();
        for edge in edges {
            match self.overrides.get(&edge.project) {
                None => result.push(edge),
                Some(instead) => {
                    if replaced.insert(edge.project) {
                        let regional = self.regional.as_ref();
                        let instead = instead.iter();
                        result.extend(
                            instead
                                .filter(|edge| regional.is_none_or(|it| it.takes(edge)))
                                .cloned(),
                        );
                    }
                }
            }
        }
        result
    }

    /// Returns the packages an edge leads to: the project and its extras.
    pub(super) fn targets(&mut self, edge: &Edge) -> Vec<Target> {
        let allowed = self.allowed(edge.project, &edge.requirement.source);
        let mut targets = vec![Target {
            package: self.package(Kind::Project(edge.project)),
            allowed: allowed.clone(),
        }];
        for extra in &edge.requirement.extras {
            targets.push(Target {
                package: self.package(Kind::Extra(edge.project, extra.clone())),
                allowed: allowed.clone(),
            });
        }
        targets
    }

    /// Returns the versions a constraint forbids, once the releases are known.
    pub(super) fn forbidden(&mut self, project: ProjectId) -> VersionSet {
        let Some(count) = self.releases(project).map(|releases| releases.count()) else {
            return VersionSet::empty();
        };
        let mut allowed = VersionSet::all(count);
        for index in self.projects[project as usize].constraints.clone() {
            if self.mask.constraints.contains(&index) || !self.is_constrained_by(index) {
                continue;
            }
            let source =
                RequirementSource::Specifiers(self.request.constraints[index].specifiers.clone());
            allowed = allowed.intersection(&self.allowed(project, &source));
        }
        VersionSet::all(count).difference(&allowed)
    }

    pub(super) fn constraints_on(&self, project: ProjectId) -> &[usize] {
        &self.projects[project as usize].constraints
    }

    /// Returns the extras a release provides, once its metadata is known.
    pub(super) fn provided_extras(&self, project: ProjectId, version: u32) -> Option<&[ExtraName]> {
        match self.projects[project as usize].facts.get(&version)? {
            Facts::Known { extras, .. } => Some(extras),
            Facts::Unusable(_) => None,
        }
    }

    /// Whether a release lacks an extra that another one looked at has.
    ///
    /// An extra that no release has is a slip of who asks for it, and worth a warning.
    /// But to go back to a release without the extra is no way to meet a requirement
    /// for it.
    pub(super) fn has_lost_extra(&self, package: PackageId, version: u32) -> bool {
        let Kind::Extra(project, extra) = self.kind(package) else {
            return false;
        };
        let has = |version| {
            self.provided_extras(*project, version)
                .map(|provided| provided.contains(extra))
        };
        let noticed = &self.projects[*project as usize].noticed;
        has(version) == Some(false) && noticed.iter().any(|&other| has(other) == Some(true))
    }

    /// Whether a release requires something by URL that the user does not.
    pub(super) fn is_foreign_url(&self, package: PackageId, edge: &Edge) -> bool {
        package != PackageId::ROOT && self.is_other_url(edge.project, &edge.requirement.source)
    }

    /// Whether a project is required by a URL that the user does not name for it.
    fn is_other_url(&self, project: ProjectId, source: &RequirementSource) -> bool {
        let RequirementSource::Url(url) = source else {
            return false;
        };
        let own = &self.projects[project as usize].direct;
        own.iter().all(|own| own != without_fragment(url))
    }

    pub(super) fn knows(&self, project: ProjectId, version: u32) -> bool {
        self.projects[project as usize].facts.contains_key(&version)
    }

    /// Returns the versions of a package whose requirements the solver knows.
    pub(super) fn known_versions(&self, package: PackageId) -> Vec<u32> {
        let Some(project) = self.project_of(package) else {
            return vec![0];
        };
        let state = &self.projects[project as usize];
        let mut versions: Vec<u32> = state
            .noticed
            .iter()
            .filter(|version| state.facts.contains_key(version))
            .copied()
            .collect();
        versions.sort_unstable();
        versions
    }
}

/// Returns a URL without what it says of the file beyond its place.
fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}
