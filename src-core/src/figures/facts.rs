//! What is counted: visits, plans and requests, each with the event or record that it comes from. Made of doors and
//! records here, for the tablet and for tests; the server reads visits out of their summary rows, which say the same.

use crate::{
    body::Outcome,
    clock::{Millis, china_midnight, parse_day},
    door::Door,
    household::STANDARD_C,
    ids::{EventId, GridId, HouseholdId, PersonId, PlanId},
    plan::{Plan, PlanState, field},
    record::{Held, Record},
    request::{Request, RequestState, SlaClock},
    site::Site,
};

/// A visit that no later one corrects.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitFact {
    /// Its event.
    pub event: EventId,
    /// Where the household or facility lies now.
    pub grid: GridId,
    /// Where it was.
    pub site: Site,
    /// Who was there.
    pub person: PersonId,
    /// When, by the server's clock.
    pub when_ms: Millis,
    /// How it ended.
    pub outcome: Outcome,
    /// The lowest room temperature, °C.
    pub lowest_c: Option<f64>,
    /// 1 to 5.
    pub satisfaction: Option<u8>,
}

impl VisitFact {
    /// The valid visits of a door.
    pub fn of_door<'a>(grid: &'a GridId, site: &'a Site, door: &'a Door) -> impl Iterator<Item = Self> + 'a {
        door.valid_visits().into_iter().map(move |(event, visit)| Self {
            event: event.clone(),
            grid: grid.clone(),
            site: site.clone(),
            person: visit.person.clone(),
            when_ms: visit.when_ms,
            outcome: visit.outcome,
            lowest_c: visit.lowest_c(),
            satisfaction: visit.satisfaction,
        })
    }

    /// The lowest room temperature in tenths of a degree, as thermometers show it.
    pub fn lowest_tenths(&self) -> Option<i32> {
        self.lowest_c.filter(|c| c.is_finite()).map(tenths)
    }
}

/// °C in tenths, rounded.
pub fn tenths(temp_c: f64) -> i32 {
    (temp_c * 10.0).round() as i32
}

/// [`STANDARD_C`] in tenths.
pub fn standard_tenths() -> i32 {
    tenths(STANDARD_C)
}

/// A plan, with when it came to its end and what it brought.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFact {
    /// Which.
    pub plan: PlanId,
    /// Its grid.
    pub grid: GridId,
    /// Its door.
    pub household: HouseholdId,
    /// When it was drawn up.
    pub opened_ms: Millis,
    /// When it came to its end.
    pub closed_ms: Option<Millis>,
    /// The next date, as its record says now.
    pub due: Option<String>,
    /// After minus before in tenths of a degree, and when the temperature after the work was written down.
    pub effect: Option<(i32, Millis)>,
}

impl PlanFact {
    /// Reads the record; none when it belongs to no door.
    pub fn from_record(record: &Record) -> Option<Self> {
        let plan = Plan::from_record(record)?;
        let after = record.held(field::AFTER_C);
        let effect = plan.before_c.zip(plan.after_c).map(|(before, after)| tenths(after) - tenths(before));
        Some(Self {
            closed_ms: (plan.state == PlanState::Closed).then(|| closed_ms(record, &plan)),
            due: plan.due().map(str::to_owned),
            effect: effect.zip(after.map(|held| held.when_ms)),
            opened_ms: plan.opened_ms,
            plan: plan.id,
            grid: plan.grid,
            household: plan.household,
        })
    }

    /// Was it there and not at its end?
    pub fn is_open(&self, at_ms: Millis) -> bool {
        self.opened_ms < at_ms && self.closed_ms.is_none_or(|closed| closed >= at_ms)
    }

    /// Since when its next date had passed, while it was open. On its day a date has not passed yet.
    pub fn overdue_since(&self, at_ms: Millis) -> Option<Millis> {
        let due = self.due.as_deref().and_then(parse_day)?;
        let since_ms = china_midnight(due + chrono::Days::new(1));
        (self.is_open(at_ms) && since_ms < at_ms).then_some(since_ms)
    }
}

/// A plan that somebody closed ended then; one that is worked off, with the last of what it wanted.
fn closed_ms(record: &Record, plan: &Plan) -> Millis {
    let closed = record.held(field::CLOSED).filter(|held| held.value == true);
    if let (Some(held), false) = (closed, plan.is_worked_off()) {
        return held.when_ms;
    }
    let measures = plan.measures.iter().filter_map(|m| m.state_by.as_ref()).map(|(when_ms, _)| *when_ms);
    let follow_ups = plan.follow_ups.iter().filter_map(|f| record.held(&field::follow_up(f.days, "done_c")));
    let worked_off = measures.chain(follow_ups.map(|held: &Held| held.when_ms)).max();
    let closed = closed.map(|held| held.when_ms);
    // Both at once: the earlier of the two was the end.
    [closed, worked_off].into_iter().flatten().min().unwrap_or(plan.opened_ms)
}

/// A request, with what was said when somebody called back.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestFact {
    /// It.
    pub request: Request,
    /// Content, as [`Door::satisfied`] has it.
    pub satisfied: Option<bool>,
    /// When that was said.
    pub said_ms: Option<Millis>,
}

impl RequestFact {
    /// Reads a request's record, and what its door knows of call-backs, where it has one.
    pub fn new(record: &Record, door: Option<&Door>) -> Option<Self> {
        let request = Request::from_record(record)?;
        let at_door = door.and_then(|door| door.said(&request.id));
        let said = at_door.or_else(|| request.satisfied_ms.zip(request.satisfied));
        // Before the solution nobody can have said anything of it.
        let (said_ms, satisfied) = said.filter(|_| request.resolved_ms.is_some()).unzip();
        Some(Self { satisfied, said_ms, request })
    }

    /// A request as its door knows it.
    pub fn at_door(request: &Request, door: &Door) -> Self {
        let (said_ms, satisfied) = door.said(&request.id).filter(|_| request.resolved_ms.is_some()).unzip();
        Self { request: request.clone(), satisfied, said_ms }
    }

    /// When it came to its end; none for one that is handled in another request, which ends there.
    pub fn closed_ms(&self) -> Option<Millis> {
        let is_closed = self.request.state(self.satisfied) == RequestState::Closed;
        let ends_here = is_closed && self.request.joined.is_none();
        ends_here.then(|| self.said_ms.or(self.request.resolved_ms)).flatten()
    }

    /// Was it there and not at its end? One that is handled in another request is open there.
    pub fn is_open(&self, at_ms: Millis) -> bool {
        let is_here = self.request.joined.is_none() && self.request.taken_ms < at_ms;
        is_here && self.closed_ms().is_none_or(|closed| closed >= at_ms)
    }

    /// Since when the promise to solve it was broken, while it was open and not solved. A clock that stands still breaks none.
    pub fn overdue_since(&self, at_ms: Millis) -> Option<Millis> {
        let [_, solve] = self.request.clocks();
        let is_solved = solve.stopped_ms.is_some_and(|stopped| stopped < at_ms);
        let stands_still = solve.paused_ms.is_some_and(|paused| paused <= solve.due_ms);
        let runs = !is_solved && !stands_still && !self.request.doubtful;
        (self.is_open(at_ms) && solve.due_ms < at_ms && runs).then_some(solve.due_ms)
    }

    /// Were its two promises kept (an answer, a solution)? None while that is open, and where a wrong clock made its times.
    pub fn kept(&self, now_ms: Millis) -> [Option<bool>; 2] {
        if self.request.doubtful {
            return [None; 2];
        }
        self.request.clocks().map(|clock: SlaClock| clock.kept(now_ms))
    }

    /// Is it another one about the same matter at the same place, so soon after that one was asked last? Not where a person
    /// said that it is another matter.
    pub fn repeats(&self, earlier: &Self, within_ms: Millis) -> bool {
        let (this, that) = (&self.request, &earlier.request);
        this.id != that.id
            && this.site().is_some()
            && this.site() == that.site()
            && this.category == that.category
            && that.by_time() < this.by_time()
            && !this.another
            && this.taken_ms.saturating_sub(that.asked_ms()) <= within_ms
    }
}
