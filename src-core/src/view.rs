//! From documents to what a page shows. Pure, and the same on the tablet and on the server.

use std::collections::BTreeMap;

use crate::{
    body::{Attached, Noun, Outcome},
    care,
    clock::{Millis, china_date},
    door::{Door, PhotoBrief},
    facility::{Facility, heating_year_ms},
    grid::Grid,
    household::{Household, STANDARD_C},
    ids::{EventId, GridId, PhotoId, RequestId, RoundId},
    ipc::{
        conflict::Conflict,
        facility::{Facilities, FacilitiesReply, FacilityLine, MAX_FACILITIES},
        household::{Building, DoorLine, Estate, FacadeDoor, GridFigures, PlanLine, RequestLine},
        plan::{PlanPage, PlanStory},
        request::{DueHere, DueKind, RequestPage},
        round::{CareLine, CareReply, DriveLine, MAX_CARE, MAX_DRIVES},
        today::{RoundProgress, Stairwell},
    },
    plan::{Plan, PlanState},
    record::Record,
    register::text::natural_key,
    request::{Request, RequestState, same_matter},
    round::{
        Phase, Round, TopFloors,
        coverage::{self, Coverage, GridCoverage, Told},
        walk::{Way, next, walk},
    },
    site::Site,
};

/// A household's door in lists.
pub fn door_line(household: &Household) -> DoorLine {
    DoorLine {
        household: household.id.clone(),
        grid: household.grid.clone(),
        estate: household.estate.clone(),
        short: household.short(),
    }
}

/// Does a round run on the day of `now_ms`?
pub fn runs(round: &Round, now_ms: Millis) -> bool {
    round.phase(now_ms) == Phase::Running
}

/// A door in a facade. `round` is the running round of its grid; without one the last visit of all counts.
pub fn facade_door(household: &Household, door: &Door, round: Option<&Round>) -> FacadeDoor {
    let visit = match round {
        Some(round) => door.visit_in(&round.id),
        None => door.last_visit(),
    };
    FacadeDoor {
        household: household.id.clone(),
        entrance: household.entrance.clone(),
        floor: household.floor.unwrap_or_default(),
        room: household.room.clone(),
        temp_c: door.last_temp().map(|(_, c)| c),
        visit: visit.map(|v| v.outcome),
        visited_ms: visit.map(|v| v.when_ms),
        plan: door.plan().map(|(_, p)| p.state),
        open_requests: u32::try_from(door.open_requests().count()).unwrap_or(u32::MAX),
        care: !household.care.is_empty(),
        apart: false,
    }
}

/// Did the visit in a round end? Nobody at home means: come again.
pub fn ends(outcome: Option<Outcome>) -> bool {
    outcome.is_some_and(coverage::ends)
}

/// Is this room temperature below the standard?
pub fn is_cold(temp_c: Option<f64>) -> bool {
    temp_c.is_some_and(|c| c < STANDARD_C)
}

/// Estates with their buildings, in the order in which the doors come (natural order of addresses).
pub fn estates<'a>(doors: impl IntoIterator<Item = (&'a Household, FacadeDoor)>) -> Vec<Estate> {
    let mut estates: Vec<Estate> = Vec::new();
    for (household, door) in doors {
        if estates.last().is_none_or(|e| e.name != household.estate) {
            estates.push(Estate { name: household.estate.clone(), buildings: Vec::new() });
        }
        let Some(estate) = estates.last_mut() else { continue };
        if estate.buildings.last().is_none_or(|b| b.name != household.building) {
            estate.buildings.push(Building {
                name: household.building.clone(),
                households: 0,
                visited: 0,
                cold: 0,
                plans: 0,
            });
        }
        let Some(building) = estate.buildings.last_mut() else { continue };
        building.households += 1;
        building.visited += u32::from(ends(door.visit));
        building.cold += u32::from(is_cold(door.temp_c));
        building.plans += u32::from(door.plan.is_some_and(|p| p != PlanState::Closed));
    }
    estates
}

/// The doors that a round visits, among all doors of its grid (`doors`, in walking order).
pub fn drawn<'a>(round: &Round, doors: Vec<(&'a Household, &'a Door)>) -> Vec<(&'a Household, &'a Door)> {
    if round.is_whole() {
        return doors;
    }
    let tops = TopFloors::of(doors.iter().map(|(household, _)| *household));
    let fits = |(household, door): &(&Household, &Door)| {
        round.query.fits(household, &tops) && round.query.fits_past(door, round.drawn_ms)
    };
    doors.iter().copied().filter(fits).collect()
}

/// The newest valid visit of a round at a door.
pub fn told(round: &Round, door: &Door) -> Option<Told> {
    door.visit_in(&round.id).map(|visit| (visit.outcome, visit.when_ms))
}

/// How far a round is. `doors` are those that it visits, in walking order.
pub fn round_progress(round: &Round, doors: &[(&Household, &Door)], now_ms: Millis) -> RoundProgress {
    let all = Coverage::of_one(round, doors.iter().map(|(household, door)| (*household, told(round, door))), now_ms);
    let stairwells = all.stairwells.into_iter().map(|s| Stairwell {
        estate: s.at.estate,
        building: s.at.building,
        entrance: s.at.entrance,
        doors: s.doors,
        visited: s.visited,
    });
    let way = walk(round, doors, Way::Up, now_ms);
    let again = way.iter().flat_map(|s| &s.doors).filter_map(|door| door.again.as_ref());
    RoundProgress {
        round: round.clone(),
        doors: all.doors,
        visited: all.visited,
        no_answer: all.no_answer,
        today: all.today,
        days_left: all.days_left,
        stairwells: stairwells.collect(),
        next: next(&way).cloned(),
        again_now: u32::try_from(again.filter(|again| again.now).count()).unwrap_or(u32::MAX),
    }
}

/// The round that a visit at this door counts for, of those that run in its grid and visit it (each with its depth: 0 is
/// the door's own grid): one that is not at its end here before one that is, one that asks for such doors before one of the
/// whole grid, the nearest grid, the one that began last.
pub fn round_at<'a>(rounds: impl IntoIterator<Item = (usize, &'a Round)>, door: &Door) -> Option<&'a Round> {
    let best = rounds.into_iter().max_by_key(|(depth, round)| {
        let is_open = !ends(door.visit_in(&round.id).map(|visit| visit.outcome));
        (is_open, !round.is_whole(), std::cmp::Reverse(*depth), round.from.clone(), round.id.clone())
    });
    best.map(|(_, round)| round)
}

/// Rounds as they are listed: one line a drive. Each round comes with its coverage.
pub fn drives(rounds: &[(Round, Coverage)], now_ms: Millis) -> Vec<DriveLine> {
    let mut lines: BTreeMap<RoundId, DriveLine> = BTreeMap::new();
    for (round, coverage) in rounds {
        let line = lines.entry(round.group().clone()).or_insert_with(|| DriveLine {
            drive: round.group().clone(),
            name: round.name.clone(),
            form: round.form.clone(),
            from: round.from.clone(),
            until: round.until.clone(),
            phase: round.phase(now_ms),
            grids: Vec::new(),
            doors: 0,
            visited: 0,
            no_answer: 0,
        });
        line.grids.push(round.grid.clone());
        // Somebody may have ended, or prolonged, the round of one grid.
        if round.until > line.until {
            (line.until, line.phase) = (round.until.clone(), round.phase(now_ms));
        }
        line.doors += coverage.doors;
        line.visited += coverage.visited;
        line.no_answer += coverage.no_answer;
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    let over = |line: &DriveLine| line.phase == Phase::Over;
    // What is over, the newest first: it may be cut off.
    lines.sort_by(|a, b| {
        let by_end = if over(a) { b.until.cmp(&a.until) } else { a.until.cmp(&b.until) };
        a.phase.cmp(&b.phase).then(by_end).then_with(|| a.drive.cmp(&b.drive))
    });
    lines.truncate(MAX_DRIVES);
    lines
}

/// The map of a drive: these grids with what is below them, those without a door of it left out.
pub fn round_map(grids: Vec<Grid>, coverage: &[GridCoverage]) -> Vec<GridFigures> {
    let mut sums: BTreeMap<GridId, (u32, u32)> = BTreeMap::new();
    let parents: BTreeMap<&GridId, &GridId> =
        grids.iter().filter_map(|grid| Some((&grid.id, grid.parent.as_ref()?))).collect();
    for part in coverage {
        let mut at = Some(&part.grid);
        // A tree that bites its tail ends.
        for _ in 0..MAX_LEVELS {
            let Some(grid) = at else { break };
            let sum = sums.entry(grid.clone()).or_default();
            *sum = (sum.0 + part.doors, sum.1 + part.visited);
            at = parents.get(grid).copied();
        }
    }
    let figures = grids.into_iter().filter_map(|grid| {
        let (households, visited) = sums.get(&grid.id).copied()?;
        Some(GridFigures {
            grid,
            households,
            visited,
            measured: 0,
            cold: 0,
            mean_c: None,
            open_requests: 0,
            open_plans: 0,
        })
    });
    figures.collect()
}

/// The most grids above one another: a tree is not that deep.
const MAX_LEVELS: usize = 64;

/// A household whose special-care visit is due; none where none is.
pub fn care_line(household: &Household, door: &Door, now_ms: Millis) -> Option<CareLine> {
    let due = care::due(household, door, now_ms);
    let first = due.first()?;
    Some(CareLine {
        door: door_line(household),
        care: household.care.clone(),
        kinds: due.iter().map(|visit| visit.kind).collect(),
        due: first.due.to_string(),
        late_days: (china_date(now_ms) - first.due).num_days(),
        last_ms: care::last_ms(door),
    })
}

/// The list of special-care visits: what is late most comes first, then in the order in which they came.
pub fn care_visits(mut lines: Vec<CareLine>) -> CareReply {
    let total = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    crate::order::sort_by_key(&mut lines, |line| line.due.clone());
    lines.truncate(MAX_CARE);
    CareReply { visits: lines, total }
}

/// Last temperatures by whole degree (17.9 counts as 17, so that 18 begins where the standard does).
pub fn temperatures(temps_c: impl IntoIterator<Item = f64>) -> Vec<(i32, u32)> {
    let mut counts: BTreeMap<i32, u32> = BTreeMap::new();
    for temp in temps_c {
        *counts.entry(temp.floor() as i32).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// A plan in a list.
pub fn plan_line(record: &Record, household: &Household) -> Option<PlanLine> {
    Some(PlanLine {
        plan: Plan::from_record(record)?,
        door: door_line(household),
        conflict: record.conflicts().next().is_some(),
    })
}

/// A plan's page; the conflicts with what they started from.
pub fn plan_page(
    record: &Record,
    household: &Household,
    door: &Door,
    conflicts: Vec<Conflict>,
    is_unsent: impl Fn(&EventId) -> bool,
) -> Option<PlanPage> {
    let line = plan_line(record, household)?;
    let of_plan = |brief: &PhotoBrief| {
        let (plan, measure) = brief.plan.as_ref()?;
        (*plan == line.plan.id).then(|| (brief.role, measure.clone()))
    };
    let photos = photos(door, of_plan).into_iter().map(|((role, measure), photo)| (role, measure, photo)).collect();
    Some(PlanPage { story: plan_story(record, is_unsent), photos, conflicts, line })
}

/// A request's page; the conflicts with what they started from. `due`: what else is due there, see [`due_here`].
pub fn request_page(
    line: RequestLine,
    door: Option<&Door>,
    conflicts: Vec<Conflict>,
    due: Vec<DueHere>,
    now_ms: Millis,
) -> RequestPage {
    let of_request = |brief: &PhotoBrief| (brief.request.as_ref() == Some(&line.request.id)).then_some(());
    let found = door.map(|door| photos(door, of_request)).unwrap_or_default();
    let photos = found.into_iter().map(|((), photo)| photo).collect();
    let is_open = request_state(&line) != RequestState::Closed && !line.request.another;
    let same = door.filter(|_| is_open).and_then(|door| same_matter(door, line.request.category, now_ms));
    let same = same.map(|request| request.id.clone()).filter(|id| *id != line.request.id);
    RequestPage { photos, conflicts, due, same, line }
}

/// So many days before its date something shows as due: what fits in one trip is done in one.
pub const SOON_DAYS: u64 = 7;

/// What else is due at a door, besides a request: other open requests, measures and follow-ups of plans within a week, a visit of
/// the running round. Whoever is there does it before leaving.
pub fn due_here(
    door: &Door,
    plans: &[Plan],
    round: Option<&Round>,
    but: Option<&RequestId>,
    now_ms: Millis,
) -> Vec<DueHere> {
    let soon = (china_date(now_ms) + chrono::Days::new(SOON_DAYS)).to_string();
    let thing = |kind, title: &str| DueHere { kind, title: title.to_owned(), until: None, request: None, plan: None };
    let mut due = Vec::new();
    for request in door.open_requests().filter(|request| Some(&request.id) != but) {
        // What is solved waits for a call, not for a visit.
        if request.state(door.satisfied(&request.id)) != RequestState::Resolved {
            due.push(DueHere { request: Some(request.id.clone()), ..thing(DueKind::Request, &request.text) });
        }
    }
    for plan in plans.iter().filter(|plan| plan.state != PlanState::Closed) {
        let of_plan = |kind, title: &str, until: &str| DueHere {
            until: Some(until.to_owned()),
            plan: Some(plan.id.clone()),
            ..thing(kind, title)
        };
        let measures = plan.measures.iter().filter(|m| m.state == crate::plan::MeasureState::Open);
        let dated = measures.filter_map(|m| Some((m, m.until.as_deref().filter(|until| *until <= soon.as_str())?)));
        due.extend(dated.map(|(m, until)| of_plan(DueKind::Measure, &m.title, until)));
        let follow_ups = plan.follow_ups.iter().filter(|f| f.done_c.is_none() && f.due <= soon);
        if plan.state == PlanState::FollowUp {
            due.extend(follow_ups.map(|f| of_plan(DueKind::FollowUp, "", &f.due)));
        }
    }
    if let Some(round) = round.filter(|round| !ends(door.visit_in(&round.id).map(|v| v.outcome))) {
        due.push(DueHere { until: Some(round.until.clone()), ..thing(DueKind::Round, &round.name) });
    }
    due
}

/// What a visit names, sorted: photos, and recordings and files with what they are and their bytes.
pub fn evidence(named: Vec<PhotoId>, door: &Door) -> (Vec<PhotoId>, Vec<(PhotoId, Attached, u64)>) {
    let (mut photos, mut files) = (Vec::new(), Vec::new());
    for id in named {
        let brief = door.photos.get(&id).map(|(_, brief)| brief);
        match brief.and_then(|brief| Some((brief.attached.clone()?, brief.bytes))) {
            Some((attached, bytes)) => files.push((id, attached, bytes)),
            None => photos.push(id),
        }
    }
    (photos, files)
}

/// A door's photos that `pick` wants, the oldest first.
fn photos<T>(door: &Door, pick: impl Fn(&PhotoBrief) -> Option<T>) -> Vec<(T, PhotoId)> {
    let wanted = door.photos.iter().filter_map(|(id, (_, brief))| Some((brief.when_ms, id.clone(), pick(brief)?)));
    let mut wanted: Vec<_> = wanted.collect();
    wanted.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    wanted.into_iter().map(|(_, id, of)| (of, id)).collect()
}

/// What happened to a plan: every value that stands now, the newest first.
pub fn plan_story(record: &Record, is_unsent: impl Fn(&EventId) -> bool) -> Vec<PlanStory> {
    let all = record.fields.iter().flat_map(|(name, field)| field.live.iter().map(move |held| (name, held)));
    let mut story: Vec<_> = all
        .map(|(name, held)| PlanStory {
            when_ms: held.when_ms,
            person: held.person.clone(),
            field: name.clone(),
            value: held.value.clone(),
            unsent: is_unsent(&held.event),
        })
        .collect();
    story.sort_by(|a, b| (b.when_ms, &b.field).cmp(&(a.when_ms, &a.field)));
    story
}

/// A request in a list.
pub fn request_line(
    request: &Request,
    household: Option<&Household>,
    facility: Option<Facility>,
    door: Option<&Door>,
    unsent: bool,
) -> RequestLine {
    let said = door.and_then(|d| d.said(&request.id)).or(request.satisfied_ms.zip(request.satisfied));
    RequestLine {
        request: request.clone(),
        door: household.map(door_line),
        facility,
        satisfied: said.map(|(_, satisfied)| satisfied),
        satisfied_ms: said.map(|(when_ms, _)| when_ms),
        unsent,
    }
}

/// How far a request in a list is.
pub fn request_state(line: &RequestLine) -> RequestState {
    line.request.state(line.satisfied)
}

/// Sorts requests: re-opened ones first, then running clocks, the least time left first; then what stands still; then the newest.
pub fn sort_requests(lines: &mut [RequestLine], now_ms: Millis) {
    lines.sort_by_key(|line| {
        let (request, clock) = (&line.request, line.request.clock());
        let (rank, by) = match (request.is_reopened(line.satisfied), clock.stopped_ms, clock.paused_ms) {
            (true, ..) => (0, request.taken_ms),
            (false, Some(_), _) => (3, -request.taken_ms),
            (false, None, Some(_)) => (2, clock.left_ms(now_ms)),
            (false, None, None) => (1, clock.left_ms(now_ms)),
        };
        (rank, by, request.id.clone())
    });
}

/// What lists say of the visits and requests at a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// How the last visit ended, and when that was.
    pub last: Option<(Outcome, Millis)>,
    /// When a form was filled in last.
    pub done_ms: Option<Millis>,
    /// Requests that have not come to their end.
    pub open_requests: u32,
}

impl From<&Door> for Seen {
    fn from(door: &Door) -> Self {
        Self {
            last: door.last_visit().map(|v| (v.outcome, v.when_ms)),
            done_ms: door.done_ms(),
            open_requests: u32::try_from(door.open_requests().count()).unwrap_or(u32::MAX),
        }
    }
}

/// A facility in a list.
pub fn facility_line(facility: Facility, seen: Seen, now_ms: Millis) -> FacilityLine {
    FacilityLine {
        visit: seen.last.map(|(outcome, _)| outcome),
        visited_ms: seen.last.map(|(_, when_ms)| when_ms),
        due: seen.done_ms.is_none_or(|done_ms| done_ms < heating_year_ms(now_ms)),
        open_requests: seen.open_requests,
        facility,
    }
}

/// The list of facilities: `lines` are those that fit the text.
pub fn facilities(mut lines: Vec<FacilityLine>, call: &Facilities) -> FacilitiesReply {
    let mut kinds: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for line in &lines {
        let (all, due) = kinds.entry(line.facility.kind).or_default();
        *all += 1;
        *due += u32::from(line.due);
    }
    lines.retain(|line| call.kind.is_none_or(|kind| kind == line.facility.kind) && (line.due || !call.due));
    let total = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    crate::order::sort_by_key(&mut lines, |line| {
        let Facility { kind, name, id, .. } = &line.facility;
        (*kind, natural_key(name), id.clone())
    });
    lines.truncate(MAX_FACILITIES);
    FacilitiesReply {
        facilities: lines,
        total,
        kinds: kinds.into_iter().map(|(k, (all, due))| (k, all, due)).collect(),
    }
}

/// The identifiers of the records that a site's page needs: itself, its plans, its requests.
pub fn records_of(site: &Site, door: &Door) -> Vec<(Noun, String)> {
    let plans = door.plans.keys().map(|id| (Noun::Plan, id.to_string()));
    let requests = door.requests.keys().map(|id: &RequestId| (Noun::Request, id.to_string()));
    std::iter::once((site.noun(), site.to_string())).chain(plans).chain(requests).collect()
}
