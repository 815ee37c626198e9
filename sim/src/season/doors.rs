//! At the doors: rounds stairwell by stairwell, people who are not at home or say no, visits with the form, a visit that was
//! written down at the neighbour's door, special-care visits, and the four musts.

use anyhow::Result;
use chrono::{Datelike, Timelike};
use huce_core::{
    body::PhotoRole,
    clock::china_time,
    form::Step,
    ids::{EventId, FormId, RoundId},
    ipc::{
        duty::RecordDuty,
        round::{CareVisits, WalkRound},
        visit::{AddPhoto, BeginVisit, KeepStep, QuickVisit, SubmitVisit, Submitted},
    },
    person::Role,
    round::walk::Way,
    site::Site,
    team::{Duty, Must},
};

use super::{
    Errand, MINUTE, Season,
    papers::{self, degrees},
    picture::picture,
    weather::is_heated,
    works::{COLD, Step as PlanStep},
};

/// Percent of its doors that a drive knocks at in its working days.
pub const HURRY: usize = 105;
/// Special-care visits of one afternoon.
const CARE_AT_ONCE: usize = 2;

impl Season {
    /// The next doors of a drive, in the order of the walk.
    pub(super) fn walk(&mut self, who: usize, drive: usize, doors: usize) -> Result<()> {
        let street = self.hand(who)?.street;
        let drawn = self.drives.get(drive).and_then(|streets| streets.get(street)).cloned().flatten();
        let Some(drive) = drawn else { return Ok(()) };
        let call = WalkRound { drive, way: Way::Up, all: false };
        let Some(walk) = self.look(who, "walk a round", call)? else { return Ok(()) };
        let mut when_ms = self.now_ms;
        let stairwells =
            walk.rounds.into_iter().flat_map(|(round, stairs)| stairs.into_iter().map(move |s| (round.clone(), s)));
        let open =
            stairwells.flat_map(|(round, stairs)| stairs.doors.into_iter().map(move |door| (round.clone(), door)));
        let open: Vec<_> = open.filter(|(_, door)| door.is_open()).take(doors).collect();
        for (round, door) in open {
            when_ms += self.dice.between(6, 13) * MINUTE;
            if let Some(home) = self.numbers.get(&door.household).copied() {
                self.later(when_ms, Errand::Door { who, home, round });
            }
        }
        Ok(())
    }

    pub(super) fn knock(&mut self, who: usize, home: usize, round: RoundId) -> Result<()> {
        let Some(there) = self.town.homes.get(home) else { return Ok(()) };
        let percent = there.at_home_at(china_time(self.now_ms).hour());
        let household = there.id.clone();
        let opens = self.dice.in_of(percent, 100);
        let refused = opens && self.dice.in_of(1, 45);
        if !opens || refused {
            let call = QuickVisit { household, round: Some(round), refused };
            return self.act(who, "knock", call).map(drop);
        }
        // The neighbour of the same stairwell, in a hurry.
        let next = self.town.homes.get(home + 1).filter(|next| next.patch == there.patch);
        let wrong = next.is_some() && self.dice.in_of(1, 140);
        let at = if wrong { home + 1 } else { home };
        let Some(submitted) = self.visit(who, home, at)? else { return Ok(()) };
        if wrong {
            let later_ms = self.now_ms + self.dice.between(20, 70) * MINUTE;
            self.later(later_ms, Errand::Correct { who, home: at, event: submitted.visit });
            // Then the right door is visited, too.
            self.later(later_ms + 15 * MINUTE, Errand::Door { who, home, round });
            return Ok(());
        }
        self.after_visit(who, home, submitted)
    }

    /// Fills the form in with what is found in `home`, at the door of `at`.
    pub(super) fn visit(&mut self, who: usize, home: usize, at: usize) -> Result<Option<Submitted>> {
        let lowest = self.measured(home);
        let heated = is_heated(self.day);
        let (Some(there), Some(door)) = (self.town.homes.get(home), self.town.homes.get(at)) else { return Ok(None) };
        let answers = papers::visit(there, lowest, heated, &mut self.dice);
        let site = Site::from(&door.id);
        let done = self.hand(who)?.device()?.record_visit(&site, FormId::new(papers::VISIT)?, &answers);
        let submitted = self.did(who, "visit", done)?;
        if let Some(submitted) = &submitted {
            self.found(who, at, &submitted.requests);
        }
        if submitted.is_some() && self.dice.in_of(1, 120) {
            self.photo(who, &site, PhotoRole::Visit)?;
        }
        Ok(submitted)
    }

    /// A cold home gets a plan, most of the time at once.
    pub(super) fn after_visit(&mut self, who: usize, home: usize, submitted: Submitted) -> Result<()> {
        let lowest = submitted.lowest_temp_c.map_or(i32::MAX, |c| (c * 10.0).round() as i32);
        let busy = self.works.iter().any(|work| work.home == home && work.is_open);
        if lowest < COLD && is_heated(self.day) && !busy && !self.dice.in_of(1, 6) {
            let when_ms = self.now_ms + 4 * MINUTE;
            let work = self.begin_work(who, home, lowest, submitted.suggestions);
            self.later(when_ms, Errand::Plan { work, step: PlanStep::Open });
        }
        Ok(())
    }

    /// The visit at the wrong door is corrected by what is true there.
    pub(super) fn correct(&mut self, who: usize, home: usize, event: EventId) -> Result<()> {
        let lowest = self.measured(home);
        let Some(there) = self.town.homes.get(home) else { return Ok(()) };
        let call = BeginVisit { corrects: Some(event), ..BeginVisit::at(&there.id) };
        let Some(begun) = self.look(who, "correct a visit", call)? else { return Ok(()) };
        let asks = |node: &&huce_core::form::NodeState| node.reference.ends_with("/temperature");
        let rooms: Vec<String> = begun.view.nodes.iter().filter(asks).map(|node| node.reference.clone()).collect();
        for (warmer, reference) in (0..).zip(rooms) {
            let step = Step::Set { reference, value: degrees(lowest + 3 * warmer).to_string() };
            let call = KeepStep { draft: begun.draft.clone(), step: Some(step), at: None };
            self.look(who, "correct a temperature", call)?;
        }
        self.act(who, "correct a visit", SubmitVisit { draft: begun.draft }).map(drop)
    }

    /// The special-care visits that are most urgent, of those of this inspector's stairwells.
    pub(super) fn care(&mut self, who: usize) -> Result<()> {
        let Some(due) = self.look(who, "special care", CareVisits {})? else { return Ok(()) };
        let mine = due.visits.iter().filter_map(|line| self.numbers.get(&line.door.household).copied());
        let mine: Vec<usize> = mine.filter(|home| self.inspector_of(*home) == Some(who)).take(CARE_AT_ONCE).collect();
        for home in mine {
            let lowest = self.measured(home);
            let Some(there) = self.town.homes.get(home) else { continue };
            let holiday = match self.day.month() {
                2 => Some("spring"),
                12 if self.day.day() > 24 => Some("newyear"),
                _ => None,
            };
            let answers = papers::care(there, lowest, holiday, &mut self.dice);
            let site = Site::from(&there.id);
            let done = self.hand(who)?.device()?.record_visit(&site, FormId::new(papers::CARE)?, &answers);
            if let Some(submitted) = self.did(who, "special care", done)? {
                self.found(who, home, &submitted.requests);
            }
            self.set_clocks(self.now_ms + 12 * MINUTE);
        }
        Ok(())
    }

    pub(super) fn duty(&mut self, who: usize, must: Must) -> Result<()> {
        let hand = self.hand(who)?;
        let patch = hand.patches.first().and_then(|number| self.town.patches.get(*number));
        let (grid, square) = match patch {
            Some(patch) => (patch.grid.clone(), Some(patch.square)),
            None => (hand.grid.clone(), None),
        };
        let place = square.map(|[west, south, _, _]| (south + 0.004, west + 0.005));
        let note = match must {
            Must::Weekly => "网格例会：本周报修与低温户",
            Must::Joint => "联合社区、物业检查楼道阀门井",
            Must::Campaign => "专项行动启动，张贴通知",
            Must::CheckIn | Must::Other => "",
        };
        let with = if hand.role == Role::CrewLead { vec!["社区网格长".to_owned()] } else { Vec::new() };
        let accuracy_m = place.map(|_| 12.0);
        let duty = Duty { must, place, accuracy_m, with, note: note.to_owned(), round: None, photos: Vec::new() };
        self.act(who, "a duty", RecordDuty { grid, duty }).map(drop)
    }

    /// A small picture, taken at a door.
    pub(super) fn photo(&mut self, who: usize, at: &Site, role: PhotoRole) -> Result<()> {
        let base64 = picture(&mut self.dice)?;
        let call = AddPhoto { at: at.clone(), role, draft: None, plan: None, request: None, base64 };
        self.act(who, "take a photo", call).map(drop)
    }
}
