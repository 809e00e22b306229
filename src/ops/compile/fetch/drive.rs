//! The loop around the resolver: what it needs is asked for, and with it all that its
//! frontier and a look ahead say will probably be needed.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::index::File;
use crate::ops::compile::fetch::budget::Budget;
use crate::ops::compile::fetch::builds::given_up;
use crate::ops::compile::fetch::prefetch::{Expected, Prefetch};
use crate::ops::compile::fetch::{Answer, Fetcher, Learned};
use crate::ops::error::Error;
use crate::ops::events::Event;
use crate::python::ProjectName;
use crate::resolve::{Explanation, Frontier, Metadata, Need, Outcome, Reason, Resolver, Solution};

/// How many questions may be open for the resolver to look ahead: where there are more,
/// the frontier is busy, and what it brings changes the view.
const FEW_PENDING: usize = 24;

type Pending<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Answer> + 'a>>>;

/// What is open while the resolver is driven.
struct Drive<'f, 'e> {
    fetcher: &'f Fetcher<'f>,
    budget: Budget,
    /// Runs ahead of the solver all the time.
    frontier: Frontier,
    /// Whether it does: where nearly all is known, there is nothing to run ahead for.
    is_ahead: bool,
    prefetch: Prefetch<'e>,
    /// The projects that will probably be asked for.
    expected: &'e [ProjectName],
    asked: FxHashSet<Need>,
    pending: Pending<'f>,
    /// What the solver waits for.
    awaited: FxHashSet<Need>,
    /// What only the frontier asked for may fail without harm, unless the solver asks as well.
    failed: FxHashMap<Need, Error>,
    /// What takes a build is built when the solver asks for it, not before: asked for ahead
    /// as metadata is, builds once were of 24 old releases that nobody chose.
    unbuilt: FxHashMap<Need, (Box<File>, String)>,
    /// How many builds of a project failed.
    failed_builds: FxHashMap<ProjectName, usize>,
    /// Projects that are not to be built any more.
    barred: FxHashSet<ProjectName>,
    answered: usize,
    has_looked_ahead: bool,
    /// How many failures there were when it was looked ahead last.
    looked_at_failures: (u32, usize),
}

impl<'f, 'e> Drive<'f, 'e> {
    fn new(fetcher: &'f Fetcher<'f>, expected: Expected<'e>, budget: Budget) -> Self {
        Self {
            fetcher,
            budget,
            frontier: Frontier::default(),
            is_ahead: false,
            prefetch: Prefetch::new(expected),
            expected: expected.projects,
            asked: FxHashSet::default(),
            pending: FuturesUnordered::new(),
            awaited: FxHashSet::default(),
            failed: FxHashMap::default(),
            unbuilt: FxHashMap::default(),
            failed_builds: FxHashMap::default(),
            barred: FxHashSet::default(),
            answered: 0,
            has_looked_ahead: false,
            looked_at_failures: (0, 0),
        }
    }

    /// Asks for what is expected, and for what is required directly: it is needed for sure.
    fn start(&mut self, resolver: &mut Resolver) {
        self.is_ahead = true;
        let expected = self.expected.iter();
        self.ask(expected.cloned().map(Need::Releases).collect());
        let start = self.frontier.start(&mut resolver.universe);
        self.need(start);
    }

    fn ask(&mut self, needs: Vec<Need>) {
        for need in needs {
            if self.asked.insert(need.clone()) {
                self.pending.push(Box::pin(self.fetcher.answer(need)));
            }
        }
    }

    /// Asks for what is needed, and for what was held back if that was not expected.
    fn need(&mut self, needs: Vec<Need>) {
        let held = self.prefetch.check(&needs);
        self.ask(held);
        self.ask(needs);
    }

    /// Asks for what may be needed.
    fn guess(&mut self, needs: Vec<Need>) {
        let admitted = self.prefetch.admit(needs);
        self.ask(admitted);
    }

    /// Lets the solver wait for its needs.
    fn wait_for(&mut self, needs: Vec<Need>) -> Result<(), Error> {
        if let Some(error) = needs.iter().find_map(|need| self.failed.remove(need)) {
            return Err(error);
        }
        self.awaited.extend(needs.iter().cloned());
        for need in &needs {
            if let Some((file, why)) = self.unbuilt.remove(need) {
                self.build(need.clone(), file, why);
            }
        }
        self.need(needs);
        self.has_looked_ahead = false;
        Ok(())
    }

    /// Asks for what a copy of the search would ask for next. Where versions fail, that is
    /// something else than what the frontier follows.
    fn look_ahead(&mut self, resolver: &mut Resolver) {
        let failures = (resolver.failure_count(), self.frontier.dead_end_count());
        let is_news = failures != self.looked_at_failures && self.pending.len() <= FEW_PENDING;
        if is_news || (!self.has_looked_ahead && self.pending.len() <= self.awaited.len()) {
            self.has_looked_ahead = true;
            self.looked_at_failures = failures;
            self.guess(resolver.look_ahead());
        }
    }

    fn build(&mut self, need: Need, file: Box<File>, why: String) {
        let build = self
            .fetcher
            .build(need, file, why, self.budget, &self.barred);
        self.pending.push(build);
    }

    /// Takes an answer.
    fn take(&mut self, resolver: &mut Resolver, (need, result): Answer) -> Result<(), Error> {
        if self.answered >= self.budget.answers() {
            return Err(Error::GivenUp);
        }
        self.answered += 1;
        let is_awaited = self.awaited.remove(&need);
        match result {
            Ok(Learned::TakesBuild(file, why)) if is_awaited => {
                self.build(need.clone(), file, why);
                self.awaited.insert(need);
            }
            Ok(Learned::TakesBuild(file, why)) => {
                self.unbuilt.insert(need, (file, why));
            }
            Ok(learned) => {
                if let (
                    Need::Metadata(name, _),
                    Learned::Metadata(Err(Reason::BuildFailed { .. })),
                ) = (&need, &learned)
                {
                    *self.failed_builds.entry(name.clone()).or_default() += 1;
                }
                let frontier = self.is_ahead.then_some(&mut self.frontier);
                self.fetcher.learn(resolver, frontier, need, learned);
            }
            Err(error) if is_awaited => return Err(error),
            Err(error) => {
                self.failed.insert(need, error);
            }
        }
        Ok(())
    }
}

impl Fetcher<'_> {
    /// Asks the resolver again and again, and finds out what it needs, until it has an
    /// answer or the budget is spent.
    ///
    /// The solver runs beside the fetching instead of after it: with the whole graph fetched
    /// first, a contradiction among the user's own requirements was found last. So that the
    /// answer still does not hang on which response comes first, the solver sees only what it
    /// asked for, and the frontier never speaks for it.
    ///
    /// Looking ahead, on a copy of the search that takes the unknown to require nothing, is
    /// for the time that the network takes. Done in every round it was two thirds of a warm
    /// run that backtracks (1,395 million instructions, 559 without). Once for each wait was
    /// too seldom: a dead end that shows while answers are awaited is worth another look.
    /// All answers at hand are read before the frontier asks on. When each was followed by
    /// itself, releases were asked for that another answer at hand ruled out; this, and not
    /// following dead ends, took one benchmarked set from 109 requests to 82.
    pub(super) async fn drive(
        &self,
        resolver: &mut Resolver,
        expected: Expected<'_>,
        budget: Budget,
    ) -> Result<Result<Solution, Explanation>, Error> {
        let mut drive = Drive::new(self, expected, budget);
        if !expected.is_known {
            drive.start(resolver);
        }
        loop {
            if drive.awaited.is_empty() {
                // Between waves, so that it does not hang on who is first within one.
                drive.barred.extend(given_up(&drive.failed_builds));
                match self.clock.measure(|goes_on| resolver.solve(goes_on)) {
                    Outcome::Stopped(knot) => return Err(self.clock.stopped(knot)),
                    Outcome::Solved(solution) => return Ok(Ok(solution)),
                    Outcome::Unsolvable(explanation) => return Ok(Err(explanation)),
                    Outcome::Needs(needs) => drive.wait_for(needs)?,
                }
            }
            let mut next = drive.pending.next().now_or_never().flatten();
            if next.is_none() {
                // Now it takes time, so that there is some to think of what comes then.
                if !drive.is_ahead {
                    drive.start(resolver);
                }
                drive.look_ahead(resolver);
                let first = drive.pending.next().await;
                next = Some(first.expect("what the solver waits for is pending"));
            }
            // All that is here is read before more is asked for: it may narrow what to ask.
            while let Some(answer) = next {
                drive.take(resolver, answer)?;
                next = drive.pending.next().now_or_never().flatten();
            }
            if drive.is_ahead {
                let needs = drive.frontier.go_on(&mut resolver.universe);
                drive.guess(needs);
            }
        }
    }

    /// Tells the resolver and its frontier what was learned.
    fn learn(
        &self,
        resolver: &mut Resolver,
        frontier: Option<&mut Frontier>,
        need: Need,
        learned: Learned,
    ) {
        let universe = &mut resolver.universe;
        match (need, learned) {
            (Need::Releases(name), Learned::Releases(known)) => {
                universe.learn_releases(&name, known.releases());
                if let Some(frontier) = frontier {
                    frontier.learned_releases(universe, &name);
                }
            }
            (Need::Metadata(name, position), Learned::Metadata(metadata)) => {
                self.report(&name, position, &metadata);
                universe.learn_metadata(&name, position, metadata);
                if let Some(frontier) = frontier {
                    frontier.learned_metadata(universe, &name, position);
                }
            }
            (need, _) => unreachable!("{need:?} is answered in kind"),
        }
    }

    fn report(&self, name: &ProjectName, position: u32, metadata: &Result<Metadata, Reason>) {
        let Some(known) = self.known(name) else {
            return;
        };
        let version = known.releases().version(position).clone();
        if matches!(metadata, Err(Reason::Offline)) {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            missed.push((name.clone(), version.clone()));
        }
        self.reporter.event(match metadata {
            Ok(_) => Event::Metadata {
                name: name.clone(),
                version,
            },
            Err(reason) => Event::Rejected {
                name: name.clone(),
                version,
                reason: reason.to_string(),
            },
        });
    }

    async fn answer(&self, need: Need) -> Answer {
        let learned = match &need {
            Need::Releases(name) => match self.known(name) {
                Some(known) => Ok(Learned::Releases(known)),
                None => self.find(name).await.map(Learned::Releases),
            },
            Need::Metadata(name, position) => self.metadata(name, *position).await,
        };
        (need, learned)
    }
}
