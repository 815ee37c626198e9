//! Counting facts: the one place where a figure gets its numbers. Facts may come in any order, each once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    facts::{PlanFact, RequestFact, VisitFact},
    figure::{Figure, Sums, is_cold},
    period::Period,
};
use crate::{
    body::Outcome,
    clock::Millis,
    facility::heating_year_ms,
    ids::{EventId, GridId, HouseholdId, PlanId, RequestId},
    request::{Channel, SAME_MS},
    site::Site,
    view,
};

/// Another request about the same matter at the same place within so many days is a repeated one; so is the same that is
/// asked again.
pub const REPEAT_MS: Millis = SAME_MS;

/// What stands behind a figure: a visit's event, or the record that its events made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A visit.
    Visit {
        /// Where it was.
        site: Site,
        /// Its event.
        event: EventId,
    },
    /// A plan.
    Plan {
        /// Its door.
        household: HouseholdId,
        /// Which; its name is that of the event that opened it.
        plan: PlanId,
    },
    /// A request.
    Request {
        /// Where it is about, if about a place.
        site: Option<Site>,
        /// Which; its name is that of the event that opened it.
        request: RequestId,
    },
}

/// One fact behind a figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trace {
    /// When it happened: a visit, a taking down, a closing; of stocks, when what is open was opened.
    pub when_ms: Millis,
    /// In which grid.
    pub grid: GridId,
    /// What.
    pub source: Source,
}

/// What happened in one step of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Step {
    /// Visits.
    pub visits: u32,
    /// Requests taken.
    pub taken: u32,
    /// Requests solved.
    pub solved: u32,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// Each grid on its own, without those below it.
    pub grids: BTreeMap<GridId, Sums>,
    /// The period's steps.
    pub steps: Vec<Step>,
    /// The facts behind the figure that was asked for, the newest first.
    pub traces: Vec<Trace>,
}

/// What is known of a household so far.
#[derive(Debug, Default)]
struct AtDoor {
    grid: Option<GridId>,
    /// The newest visit that ended, since the heating year began.
    covered: Option<(Millis, EventId)>,
    /// The newest visit that ended, in the period.
    seen: Option<(Millis, EventId)>,
    /// The newest visit that measured, in the period.
    measured: Option<(Millis, EventId, i32)>,
}

/// Counts facts.
#[derive(Debug)]
pub struct Counting {
    period: Period,
    now_ms: Millis,
    traced: Option<Figure>,
    doors: BTreeMap<HouseholdId, AtDoor>,
    requests: Vec<RequestFact>,
    counted: Counted,
}

impl Counting {
    /// Begins to count a period, as it is known now.
    pub fn new(period: Period, now_ms: Millis) -> Self {
        let steps = vec![Step::default(); period.steps()];
        let counted = Counted { steps, ..Counted::default() };
        Self { period, now_ms, traced: None, doors: BTreeMap::new(), requests: Vec::new(), counted }
    }

    /// Names the facts behind a figure, besides.
    pub fn tracing(mut self, figure: Figure) -> Self {
        self.traced = Some(figure);
        self
    }

    /// The instants between which it wants visits: from the beginning of the heating year, or of the period, to its end.
    pub fn visits_between(&self) -> (Millis, Millis) {
        let at_ms = self.at_ms();
        (heating_year_ms(at_ms.saturating_sub(1)).min(self.period.from_ms), at_ms)
    }

    /// It wants every request taken between these instants, and before them every one that is not at its end, or came
    /// to it or was solved after the first: older ones change no figure.
    pub fn requests_between(&self) -> (Millis, Millis) {
        (self.period.from_ms - REPEAT_MS, self.at_ms())
    }

    /// The instant of which stocks speak.
    pub fn at_ms(&self) -> Millis {
        self.period.at_ms(self.now_ms)
    }

    /// A grid's households.
    pub fn households(&mut self, grid: &GridId, n: u64) {
        self.sums(grid).count(Figure::Households, n);
    }

    /// A visit.
    pub fn visit(&mut self, visit: &VisitFact) {
        let at = (visit.when_ms, &visit.event);
        let (from_ms, until_ms) = self.visits_between();
        if !(from_ms..until_ms).contains(&visit.when_ms) {
            return;
        }
        let in_period = self.period.has(visit.when_ms);
        if in_period {
            let source = || Source::Visit { site: visit.site.clone(), event: visit.event.clone() };
            self.mark(Figure::Visits, &visit.grid, visit.when_ms, source);
            match visit.outcome {
                Outcome::NoAnswer => self.mark(Figure::NoAnswer, &visit.grid, visit.when_ms, source),
                Outcome::Refused => self.mark(Figure::Refused, &visit.grid, visit.when_ms, source),
                Outcome::Done if visit.site.facility().is_some() => {
                    self.mark(Figure::Inspections, &visit.grid, visit.when_ms, source);
                }
                Outcome::Done => {}
            }
            self.step(visit.when_ms, |step| step.visits += 1);
        }
        let Some(household) = visit.site.household() else { return };
        let ends = view::ends(Some(visit.outcome));
        let since_april = visit.when_ms >= heating_year_ms(until_ms.saturating_sub(1));
        let door = self.doors.entry(household.clone()).or_default();
        door.grid = Some(visit.grid.clone());
        let newest = |known: &mut Option<(Millis, EventId)>| {
            if known.as_ref().is_none_or(|(when_ms, event)| (*when_ms, event) < at) {
                *known = Some((visit.when_ms, visit.event.clone()));
            }
        };
        if ends && since_april {
            newest(&mut door.covered);
        }
        if ends && in_period {
            newest(&mut door.seen);
        }
        if let (Some(tenths), true) = (visit.lowest_tenths(), in_period)
            && door.measured.as_ref().is_none_or(|(when_ms, event, _)| (*when_ms, event) < at)
        {
            door.measured = Some((visit.when_ms, visit.event.clone(), tenths));
        }
    }

    /// A plan.
    pub fn plan(&mut self, plan: &PlanFact) {
        let (period, at_ms) = (self.period, self.at_ms());
        let grid = &plan.grid;
        let source = || Source::Plan { household: plan.household.clone(), plan: plan.plan.clone() };
        let happened = |ms: Millis| period.has(ms) && ms < at_ms;
        if happened(plan.opened_ms) {
            self.mark(Figure::PlansOpened, grid, plan.opened_ms, source);
            self.mark(Figure::Found, grid, plan.opened_ms, source);
        }
        if let Some(closed) = plan.closed_ms.filter(|ms| happened(*ms)) {
            self.mark(Figure::PlansClosed, grid, closed, source);
        }
        if let Some((effect, written)) = plan.effect.filter(|(_, ms)| happened(*ms)) {
            self.mark(Figure::PlansMeasured, grid, written, source);
            self.sums(grid).effect_tenths += i64::from(effect);
        }
        if plan.is_open(at_ms) {
            self.mark(Figure::PlansOpen, grid, plan.opened_ms, source);
            if plan.overdue_since(at_ms).is_some() {
                self.mark(Figure::PlansOverdue, grid, plan.opened_ms, source);
            }
        }
    }

    /// A request. What is handled in another request counts there, and here only as a repeat.
    pub fn request(&mut self, fact: RequestFact) {
        let (period, at_ms) = (self.period, self.at_ms());
        let request = &fact.request;
        let source = || Source::Request { site: request.site(), request: request.id.clone() };
        for again in request.again.iter().filter(|again| period.has(again.when_ms) && again.when_ms < at_ms) {
            self.mark(Figure::Repeated, &request.grid, again.when_ms, source);
        }
        if request.joined.is_none() {
            self.of_its_own(&fact);
        }
        let recent = (period.from_ms - REPEAT_MS..at_ms).contains(&fact.request.taken_ms);
        if recent && fact.request.site().is_some() {
            self.requests.push(fact);
        }
    }

    fn of_its_own(&mut self, fact: &RequestFact) {
        let (period, at_ms, now_ms) = (self.period, self.at_ms(), self.now_ms);
        let (request, taken_ms) = (&fact.request, fact.request.taken_ms);
        let grid = &request.grid;
        let source = || Source::Request { site: request.site(), request: request.id.clone() };
        if period.has(taken_ms) && taken_ms < at_ms {
            self.mark(Figure::Taken, grid, taken_ms, source);
            self.step(taken_ms, |step| step.taken += 1);
            let promises = [(Figure::AnswerDue, Figure::AnsweredInTime), (Figure::SolveDue, Figure::SolvedInTime)];
            for ((due, in_time), kept) in promises.into_iter().zip(fact.kept(now_ms)) {
                if let Some(kept) = kept {
                    self.mark(due, grid, taken_ms, source);
                    if kept {
                        self.mark(in_time, grid, taken_ms, source);
                    }
                }
            }
            if fact.closed_ms().is_some() {
                self.mark(Figure::Closed, grid, taken_ms, source);
            }
            if let Some(satisfied) = fact.satisfied {
                self.mark(Figure::CalledBack, grid, taken_ms, source);
                if satisfied {
                    self.mark(Figure::Satisfied, grid, taken_ms, source);
                }
            }
            if request.channel == Channel::Visit {
                self.mark(Figure::Found, grid, taken_ms, source);
            }
        }
        if let Some(solved) = request.resolved_ms.filter(|ms| period.has(*ms) && *ms < at_ms) {
            self.mark(Figure::Solved, grid, solved, source);
            self.step(solved, |step| step.solved += 1);
        }
        if fact.is_open(at_ms) {
            self.mark(Figure::RequestsOpen, grid, taken_ms, source);
        }
        if fact.overdue_since(at_ms).is_some() {
            self.mark(Figure::RequestsOverdue, grid, taken_ms, source);
        }
    }

    /// What was counted.
    pub fn finish(mut self) -> Counted {
        for (household, door) in std::mem::take(&mut self.doors) {
            let Some(grid) = door.grid else { continue };
            let source = |event: &EventId| Source::Visit { site: Site::from(&household), event: event.clone() };
            if let Some((when_ms, event)) = &door.covered {
                self.mark(Figure::Covered, &grid, *when_ms, || source(event));
            }
            if let Some((when_ms, event)) = &door.seen {
                self.mark(Figure::Seen, &grid, *when_ms, || source(event));
            }
            if let Some((when_ms, event, tenths)) = &door.measured {
                self.mark(Figure::Measured, &grid, *when_ms, || source(event));
                self.sums(&grid).measure(*tenths, 1);
                if is_cold(*tenths) {
                    self.mark(Figure::Cold, &grid, *when_ms, || source(event));
                }
            }
        }
        self.repeated();
        self.counted.traces.sort_by(|a, b| b.cmp(a));
        self.counted
    }

    /// Looks for requests that repeat one before them: in the order of taking, only neighbours at a place matter.
    fn repeated(&mut self) {
        let mut at_place: BTreeMap<_, Vec<RequestFact>> = BTreeMap::new();
        for fact in std::mem::take(&mut self.requests) {
            at_place.entry((fact.request.site(), fact.request.category)).or_default().push(fact);
        }
        for mut facts in at_place.into_values() {
            crate::order::sort_by_key(&mut facts, |fact| {
                let (taken_ms, another, id) = fact.request.by_time();
                (taken_ms, another, id.clone())
            });
            let repeats =
                facts.iter().zip(facts.iter().skip(1)).filter(|(before, after)| after.repeats(before, REPEAT_MS));
            let repeated: Vec<&RequestFact> = repeats.map(|(_, after)| after).collect();
            for fact in repeated {
                let request = &fact.request;
                if self.period.has(request.taken_ms) {
                    let source = || Source::Request { site: request.site(), request: request.id.clone() };
                    self.mark(Figure::Repeated, &request.grid, request.taken_ms, source);
                }
            }
        }
    }

    fn sums(&mut self, grid: &GridId) -> &mut Sums {
        self.counted.grids.entry(grid.clone()).or_default()
    }

    fn step(&mut self, ms: Millis, count: impl FnOnce(&mut Step)) {
        let at = self.period.step_of(ms);
        if let Some(step) = at.and_then(|at| self.counted.steps.get_mut(at)) {
            count(step);
        }
    }

    /// Counts one, and names what it is where somebody asks.
    fn mark(&mut self, figure: Figure, grid: &GridId, when_ms: Millis, source: impl FnOnce() -> Source) {
        self.sums(grid).count(figure, 1);
        if self.traced == Some(figure) {
            self.counted.traces.push(Trace { when_ms, grid: grid.clone(), source: source() });
        }
    }
}

impl Counted {
    /// All of these grids together.
    pub fn total(&self, of: &BTreeSet<GridId>) -> Sums {
        let mut total = Sums::default();
        self.grids.iter().filter(|(grid, _)| of.contains(*grid)).for_each(|(_, sums)| total.add(sums));
        total
    }
}
