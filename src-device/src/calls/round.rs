//! Rounds on the tablet: their list, how far one is, who takes which stairwell, the walk; special-care visits that are due.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use huce_core::{
    act,
    body::{Body, Edit, Noun},
    door::Door,
    household::{self, Household},
    ids::{FormId, GridId, HouseholdId, RoundId},
    ipc::{
        CallError, Code,
        household::FacadeDoor,
        round::{
            AssignRound, CareReply, CareVisits, ChangeRound, OpenRound, RoundPage, Rounds, RoundsReply, WalkReply,
            WalkRound,
        },
    },
    person::LEADERS,
    record::Record,
    round::{Entrance, Round, TopFloors, coverage::Coverage, walk::walk},
    view,
};

use super::{Answer, not_found};
use crate::{Device, device::New};

/// The doors of this person's grids, as rounds are asked of them.
pub(super) struct Doors {
    pub(super) households: Vec<Household>,
    doors: HashMap<HouseholdId, Door>,
    nothing: Door,
}

impl Doors {
    pub(super) fn of(&self, household: &HouseholdId) -> &Door {
        self.doors.get(household).unwrap_or(&self.nothing)
    }

    /// Those about which something is known.
    pub(super) fn known(&self) -> impl Iterator<Item = &Door> {
        self.households.iter().filter_map(|household| self.doors.get(&household.id))
    }
}

impl Device {
    /// Reads them for these rounds: an index has no heating modes, and only some rounds ask for them.
    pub(super) fn doors_for(&self, rounds: &[Round]) -> Result<Doors, CallError> {
        let mut households = self.my_households();
        self.read_modes(&mut households, rounds)?;
        Ok(Doors { households, doors: self.doors()?, nothing: Door::default() })
    }

    fn read_modes(&self, households: &mut [Household], rounds: &[Round]) -> Result<(), CallError> {
        if !rounds.iter().any(|round| round.query.asks_mode()) {
            return Ok(());
        }
        for household in households {
            let record = self.record_of(Noun::Household, household.id.as_str())?;
            household.mode = record.and_then(|record| record.read(household::field::MODE));
        }
        Ok(())
    }

    /// The doors that a round visits, in the order of addresses.
    pub(super) fn doors_of<'a>(&self, round: &Round, doors: &'a Doors) -> Vec<(&'a Household, &'a Door)> {
        let mut within: HashMap<&GridId, bool> = HashMap::new();
        let mut here = Vec::new();
        for household in &doors.households {
            if *within.entry(&household.grid).or_insert_with(|| self.is_within(&household.grid, &round.grid)) {
                here.push((household, doors.of(&household.id)));
            }
        }
        view::drawn(round, here)
    }

    /// The running rounds that visit this door, each with how far above the door's grid it stands. `household` is read
    /// from its record.
    fn rounds_at(&self, household: &Household, door: &Door) -> Result<Vec<(usize, Round)>, CallError> {
        let now_ms = self.server_now_ms();
        let (mut all, _) = self.rounds()?;
        all.retain(|round| view::runs(round, now_ms));
        let path = self.path(&household.grid);
        let beside = self.index().building(&household.estate, &household.building);
        let tops = TopFloors::of(&beside);
        let here = all.into_iter().filter_map(|round| {
            let depth = path.iter().position(|grid| *grid == round.grid)?;
            let fits = round.query.fits(household, &tops) && round.query.fits_past(door, round.drawn_ms);
            fits.then_some((depth, round))
        });
        Ok(here.collect())
    }

    /// The running round that a visit at this door counts for.
    pub(super) fn round_at(&self, household: &Household, door: &Door) -> Result<Option<Round>, CallError> {
        let here = self.rounds_at(household, door)?;
        Ok(view::round_at(here.iter().map(|(depth, round)| (*depth, round)), door).cloned())
    }

    /// The other running rounds that ask this form of the door: a visit counts for them as well.
    pub(super) fn also_at(
        &self,
        household: &Household,
        door: &Door,
        round: Option<&RoundId>,
        form: &FormId,
    ) -> Result<Vec<RoundId>, CallError> {
        let here = self.rounds_at(household, door)?.into_iter().map(|(_, other)| other);
        let others = here.filter(|other| other.form == *form && Some(&other.id) != round);
        let mut also: Vec<RoundId> = others.map(|other| other.id).collect();
        also.sort();
        Ok(also)
    }

    /// The rounds of a drive, by grid.
    pub(super) fn rounds_of(&self, drive: &RoundId) -> Result<Vec<Round>, CallError> {
        let (mut all, _) = self.rounds()?;
        all.retain(|round| round.group() == drive);
        all.sort_by(|a, b| (&a.grid, &a.id).cmp(&(&b.grid, &b.id)));
        if all.is_empty() { Err(not_found("round")) } else { Ok(all) }
    }

    /// The doors of a building by the visits of a drive; those that are none of it stand apart.
    pub(super) fn facade_of(
        &self,
        drive: &RoundId,
        mut households: Vec<Household>,
    ) -> Result<Vec<FacadeDoor>, CallError> {
        let rounds = self.rounds_of(drive)?;
        self.read_modes(&mut households, &rounds)?;
        let mut doors = HashMap::new();
        for household in &households {
            doors.insert(household.id.clone(), self.door(&household.id)?);
        }
        let doors = Doors { households, doors, nothing: Door::default() };
        let mut of: BTreeMap<&HouseholdId, &Round> = BTreeMap::new();
        for round in &rounds {
            of.extend(self.doors_of(round, &doors).into_iter().map(|(household, _)| (&household.id, round)));
        }
        let line = |household: &Household| {
            let round = of.get(&household.id).copied();
            let door = view::facade_door(household, doors.of(&household.id), round);
            match round {
                Some(_) => door,
                None => FacadeDoor { visit: None, visited_ms: None, apart: true, ..door },
            }
        };
        Ok(doors.households.iter().map(line).collect())
    }

    /// Does this person lead in a grid?
    fn leads(&self, grid: &GridId) -> bool {
        let roles = self.profile().map(|profile| profile.person.roles).unwrap_or_default();
        roles.iter().any(|held| LEADERS.contains(&held.role) && self.is_within(grid, &held.grid))
    }

    /// Changes the rounds of a drive in one act; gives how many of them changed.
    fn change_rounds(
        &self,
        drive: &RoundId,
        edit: impl Fn(&Round, &Record) -> Result<Option<Edit>, CallError>,
    ) -> Result<u32, CallError> {
        let person = self.me()?;
        let rounds = self.rounds_of(drive)?;
        if !rounds.iter().all(|round| self.leads(&round.grid)) {
            return Err(CallError::new(Code::NoRight));
        }
        let made = self.write(|_| {
            let mut news = Vec::new();
            for round in &rounds {
                let record = self.my_record(Noun::Round, round.id.as_str())?;
                if let Some(edit) = edit(round, &record)? {
                    let (person, grid) = (person.clone(), record.grid.clone());
                    news.push(New { person, grid, site: None, body: Body::Edit(edit) });
                }
            }
            Ok::<_, CallError>((news, None))
        })?;
        Ok(u32::try_from(made.1).unwrap_or(u32::MAX))
    }
}

impl Answer<Rounds> for Device {
    fn answer(&self, _: Rounds) -> Result<RoundsReply, CallError> {
        let now_ms = self.server_now_ms();
        let (all, _) = self.rounds()?;
        let doors = self.doors_for(&all)?;
        let covered = all.into_iter().map(|round| {
            let told = self.doors_of(&round, &doors).into_iter().map(|(h, door)| (h, view::told(&round, door)));
            let coverage = Coverage::of_one(&round, told, now_ms);
            (round, coverage)
        });
        let covered: Vec<_> = covered.filter(|(_, coverage)| coverage.doors > 0).collect();
        // Drawn up they are in the console.
        Ok(RoundsReply { drives: view::drives(&covered, now_ms), may_draw: Vec::new(), forms: Vec::new() })
    }
}

impl Answer<OpenRound> for Device {
    fn answer(&self, call: OpenRound) -> Result<RoundPage, CallError> {
        let rounds = self.rounds_of(&call.drive)?;
        let doors = self.doors_for(&rounds)?;
        let told = rounds.iter().flat_map(|round| {
            let doors = self.doors_of(round, &doors);
            doors.into_iter().map(move |(household, door)| (round, household, view::told(round, door)))
        });
        let each: Vec<&Round> = rounds.iter().collect();
        let coverage = Coverage::of(&each, told, self.server_now_ms());
        let grids = self.profile().map(|profile| profile.grids).unwrap_or_default();
        Ok(RoundPage {
            grids: view::round_map(grids, &coverage.grids),
            may_change: rounds.iter().all(|round| self.leads(&round.grid)),
            coverage,
            rounds,
        })
    }
}

impl Answer<ChangeRound> for Device {
    fn answer(&self, call: ChangeRound) -> Result<u32, CallError> {
        self.change_rounds(&call.drive, |_, record| act::change_round(record, &call.set))
    }
}

impl Answer<AssignRound> for Device {
    fn answer(&self, call: AssignRound) -> Result<u32, CallError> {
        let rounds = self.rounds_of(&call.drive)?;
        let doors = self.doors_for(&rounds)?;
        self.change_rounds(&call.drive, |round, record| {
            // A round says of its own stairwells who takes them.
            let own: BTreeSet<Entrance> =
                self.doors_of(round, &doors).into_iter().map(|(household, _)| Entrance::of(household)).collect();
            let here: Vec<Entrance> = call.stairwells.iter().filter(|s| own.contains(*s)).cloned().collect();
            act::assign_round(record, &here, call.person.as_ref())
        })
    }
}

impl Answer<WalkRound> for Device {
    fn answer(&self, call: WalkRound) -> Result<WalkReply, CallError> {
        let me = self.me()?;
        let now_ms = self.server_now_ms();
        let rounds = self.rounds_of(&call.drive)?;
        let doors = self.doors_for(&rounds)?;
        let name = rounds.first().map(|round| round.name.clone()).unwrap_or_default();
        let walks = rounds.into_iter().map(|round| {
            let mut mine = self.doors_of(&round, &doors);
            mine.retain(|(household, _)| call.all || round.is_for(&me, household));
            let stairwells = walk(&round, &mine, call.way, now_ms);
            (round.id, stairwells)
        });
        Ok(WalkReply { name, rounds: walks.filter(|(_, stairwells)| !stairwells.is_empty()).collect() })
    }
}

impl Answer<CareVisits> for Device {
    fn answer(&self, _: CareVisits) -> Result<CareReply, CallError> {
        let now_ms = self.server_now_ms();
        let mut lines = Vec::new();
        for household in self.my_households().iter().filter(|household| !household.care.is_empty()) {
            lines.extend(view::care_line(household, &self.door(&household.id)?, now_ms));
        }
        Ok(view::care_visits(lines))
    }
}
