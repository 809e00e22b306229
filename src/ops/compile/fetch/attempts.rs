//! One resolution, and others with all that is known already: trials of what would be
//! loosened, and of what holds a project back.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use crate::ops::compile::fetch::budget::Budget;
use crate::ops::compile::fetch::prefetch::Expected;
use crate::ops::compile::fetch::{Fetcher, Known};
use crate::ops::error::Error;
use crate::python::ProjectName;
use crate::resolve::{Explanation, Request, Resolver, Solution};

/// What came of a resolution.
pub(in crate::ops) struct Resolution {
    pub(in crate::ops) solution: Solution,
    /// What is known.
    pub(in crate::ops) resolver: Resolver,
    /// How many releases had their requirements read.
    pub(in crate::ops) tried: usize,
}

impl Fetcher<'_> {
    /// Resolves a request.
    pub(in crate::ops) async fn resolve(
        &self,
        request: Request,
        expected: Expected<'_>,
    ) -> Result<Resolution, Error> {
        let (mut resolver, mut outcome) = self.outcome(&request, expected, Budget::All).await?;
        // It must not fail by what only an earlier run saw.
        if let Err(explanation) = &outcome
            && self.forget_recalled(explanation) > 0
        {
            (resolver, outcome) = self.outcome(&request, expected, Budget::All).await?;
        }
        self.damaged.store(0, Ordering::Relaxed);
        match outcome {
            Ok(solution) => Ok(Resolution {
                solution,
                tried: resolver.tried().1,
                resolver,
            }),
            Err(explanation) => {
                let advice = self.advice(&explanation).await;
                Err(Error::NoSolution {
                    target: explanation.region.clone(),
                    explanation: Box::new(explanation),
                    advice,
                })
            }
        }
    }

    /// Tries another request, with all that is known already.
    pub(in crate::ops) async fn attempt(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let (_, outcome) = self
            .outcome(&request, Expected::default(), Budget::Attempt)
            .await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Tries another request as long as that takes little more than what a solution has.
    ///
    /// # Errors
    /// [`Error::GivenUp`] when it would take more.
    pub(in crate::ops) async fn attempt_briefly(
        &self,
        request: Request,
    ) -> Result<Result<Solution, Box<Explanation>>, Error> {
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        let budget = Budget::Brief(3 * known);
        let (_, outcome) = self.outcome(&request, Expected::default(), budget).await?;
        Ok(outcome.map_err(Box::new))
    }

    /// Tries what could be loosened, and says what would come of it.
    pub(in crate::ops) async fn advice(&self, explanation: &Explanation) -> Vec<String> {
        let trials = explanation.loosened.iter().take(MOST_TRIALS);
        let verdicts = futures_util::future::join_all(trials.map(async |loosened| {
            // What cannot be tried is not advised.
            let (_, outcome) = self
                .outcome(&loosened.request, Expected::default(), Budget::Trial)
                .await
                .ok()?;
            Some(loosened.verdict(&outcome.ok()?))
        }));
        verdicts.await.into_iter().flatten().collect()
    }

    /// Resolves a request; all over again if a page of the cache turns out to be damaged,
    /// for what was concluded from it does not hold.
    async fn outcome(
        &self,
        request: &Request,
        expected: Expected<'_>,
        budget: Budget,
    ) -> Result<(Resolver, Result<Solution, Explanation>), Error> {
        loop {
            let mut resolver = Resolver::new(request.clone());
            let outcome = self.drive(&mut resolver, expected, budget).await;
            if self.forget_damaged() == 0 {
                return Ok((resolver, outcome?));
            }
        }
    }

    /// Forgets what the pages of earlier runs said of absent projects, and of those whose
    /// bounds are at fault: something may have been uploaded since. Returns how many
    /// projects there are.
    fn forget_recalled(&self, explanation: &Explanation) -> usize {
        let loosened = explanation.loosened.iter();
        let names: Vec<ProjectName> = loosened.map(|one| one.name.clone()).collect();
        let forgotten = self.client.forget_recalled(&names);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|name, _| !forgotten.contains(name));
        if let Some(shared) = &self.shared {
            shared.forget(&|name, _| !forgotten.contains(name));
        }
        forgotten.len()
    }

    /// Forgets the projects of which pages in the cache turned out to be damaged; the
    /// client fetches these anew. Returns how many there are.
    fn forget_damaged(&self) -> usize {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.len();
        let is_sound = |known: &Known| match known {
            Known::Index(releases) => !releases.is_damaged(),
            Known::Direct(_) | Known::Absent => true,
        };
        known.retain(|_, known| is_sound(known));
        if let Some(shared) = &self.shared {
            shared.forget(&|_, known| is_sound(known));
        }
        let forgotten = before - known.len();
        if forgotten > 0 {
            self.damaged.fetch_add(forgotten, Ordering::Relaxed);
            self.client.forget_damaged();
        }
        forgotten
    }

    /// Checks that nothing that was asked of the releases since a solution was found was
    /// answered from a damaged page.
    pub(in crate::ops) fn check_pages(&self) -> Result<(), Error> {
        self.forget_damaged();
        match self.damaged.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(Error::DamagedPages),
        }
    }
}

/// How many loosened requests are tried before advice is given.
const MOST_TRIALS: usize = 3;
