//! What is decided at a desk: rounds are drawn up and given out, a grid is split, two people contradict each other and somebody
//! settles it, clocks go wrong.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use huce_core::{
    grid::Covers,
    household::field,
    ids::{FormId, GridId},
    ipc::{
        conflict::{Conflicts, Settle},
        grid::{Part, SplitGrid},
        household::EditHousehold,
        round::{AssignRound, DrawRound},
    },
    person::Role,
    round::{Entrance, Period, Query},
};
use serde_json::json;

use super::{
    Season,
    crew::DISPATCHER,
    days::{DRIVES, Drawn},
    papers,
    town::{Home, Patch, SPLIT, STREETS},
};

/// Conflicts that a crew lead settles at once.
const SETTLED: usize = 5;

impl Season {
    /// The dispatcher draws a drive up, street by street.
    pub(super) fn draw(&mut self, number: usize) -> Result<()> {
        let Some(drive) = DRIVES.get(number) else { return Ok(()) };
        let Some((from, until)) = self.period(drive) else { return Ok(()) };
        let heated = self.in_season((11, 15)).unwrap_or(from).max(self.settings.first);
        let yesterday = from.pred_opt().unwrap_or(from).max(heated);
        let query = match drive.doors {
            Drawn::All => Query::default(),
            Drawn::Top => Query { top_floors: Some(1), ..Query::default() },
            Drawn::Cold => {
                let cold = Period { from: heated.to_string(), until: yesterday.to_string() };
                Query { cold: Some(cold), ..Query::default() }
            }
        };
        for (street, (code, _, _)) in STREETS.iter().enumerate() {
            let call = DrawRound {
                name: drive.name.to_owned(),
                grid: GridId::new(*code)?,
                query: query.clone(),
                form: FormId::new(papers::VISIT)?,
                from: from.to_string(),
                until: until.to_string(),
                people: Vec::new(),
            };
            let drawn = self.console(DISPATCHER.0, "draw up a round", &call)?;
            if let Some(place) = self.drives.get_mut(number).and_then(|streets| streets.get_mut(street)) {
                *place = drawn;
            }
        }
        Ok(())
    }

    /// Where two inspectors share a grid, their crew lead says who takes which stairwell. Then everybody knows.
    pub(super) fn assign(&mut self, number: usize) -> Result<()> {
        for crew in 0..self.town.crews.len() {
            let Some(lead) = self.lead_of(crew) else { continue };
            self.sync(lead)?;
            let street = self.hand(lead)?.street;
            let drive = self.drives.get(number).and_then(|streets| streets.get(street)).cloned().flatten();
            let Some(drive) = drive else { continue };
            for who in 0..self.hands.len() {
                let hand = self.hand(who)?;
                if hand.role != Role::Inspector || hand.crew != Some(crew) {
                    continue;
                }
                let person = Some(hand.person.clone());
                let mine = (0..self.town.homes.len()).filter(|home| self.inspector_of(*home) == Some(who));
                let stairwells: BTreeSet<Entrance> =
                    mine.filter_map(|home| self.town.homes.get(home)).map(entrance).collect();
                let stairwells = stairwells.into_iter().collect();
                let call = AssignRound { drive: drive.clone(), stairwells, person };
                self.act(lead, "assign stairwells", call)?;
            }
            self.sync(lead)?;
        }
        for who in 0..self.hands.len() {
            if self.is_online(who) {
                self.sync(who)?;
            }
        }
        Ok(())
    }

    /// The later half of an estate becomes a grid of its own, with the second inspector of the grid.
    pub(super) fn split(&mut self) -> Result<()> {
        let Some(old) = self.town.patches.get(SPLIT).cloned() else { return Ok(()) };
        let here = || self.town.homes.iter().filter(|home| home.patch == SPLIT);
        let number = |home: &Home| home.building.parse::<u32>().unwrap_or_default();
        let buildings: BTreeSet<u32> = here().map(number).collect();
        let later: BTreeSet<u32> = buildings.iter().copied().skip(buildings.len().div_ceil(2)).collect();
        // Of a single building the other entrances go.
        let goes = |home: &Home| {
            if later.is_empty() { home.entrance != "1" } else { later.contains(&number(home)) }
        };
        let texts = |part: fn(&Home) -> &String| -> Vec<String> {
            let parts: BTreeSet<&String> = here().filter(|home| goes(home)).map(part).collect();
            parts.into_iter().cloned().collect()
        };
        let covers = Covers {
            estate: old.estate.clone(),
            buildings: texts(|home| &home.building),
            entrances: if later.is_empty() { texts(|home| &home.entrance) } else { Vec::new() },
        };
        let moved: Vec<usize> = (0..self.town.homes.len())
            .filter(|number| self.town.homes.get(*number).is_some_and(|home| home.patch == SPLIT && goes(home)))
            .collect();
        if moved.is_empty() {
            return Ok(());
        }
        let [west, south, east, north] = old.square;
        let middle = (west + east) / 2.0;
        let new = Patch {
            grid: GridId::new(format!("{}B", old.grid))?,
            name: format!("{}二网格", old.estate),
            square: [middle, south, east, north],
            ..old.clone()
        };
        let ring = vec![[middle, south], [east, south], [east, north], [middle, north], [middle, south]];
        let part = Part { code: new.grid.clone(), name: new.name.clone(), polygon: vec![ring], covers: vec![covers] };
        let call = SplitGrid { grid: old.grid, parts: vec![part], beside: true, dry_run: false };
        let split = self.console(DISPATCHER.0, "split a grid", &call)?;
        split.context("the grid was not split")?;
        let number = self.town.patches.len();
        self.town.patches.push(new.clone());
        for home in moved {
            if let Some(home) = self.town.homes.get_mut(home) {
                home.patch = number;
            }
        }
        let Some(second) = self.hands.iter().rposition(|hand| hand.patches == [SPLIT]) else { return Ok(()) };
        // What was recorded until now was recorded in the old grid.
        self.sync(second)?;
        if let Some(hand) = self.hands.get_mut(second) {
            hand.patches = vec![number];
            hand.grid = new.grid;
        }
        let known = self.hand(second)?.known();
        self.office.add_person(&known, None)?;
        for who in 0..self.hands.len() {
            if self.hand(who)?.patches == [SPLIT] || who == second {
                self.sync(who)?;
            }
        }
        Ok(())
    }

    /// The inspector and the crew lead write different notes about a door, neither of them with a signal.
    pub(super) fn contradict(&mut self, home: usize) -> Result<()> {
        let Some(there) = self.town.homes.get(home) else { return Ok(()) };
        let (household, patch) = (there.id.clone(), there.patch);
        let crew = self.town.patches.get(patch).map(|patch| patch.crew);
        let people = [self.inspector_of(home), crew.and_then(|crew| self.lead_of(crew))];
        let notes = ["门禁损坏，先打电话", "老人耳背，敲门要久", "钥匙在物业", "白天无人，晚上七点后"];
        let first = self.dice.below(notes.len());
        for (who, note) in people.into_iter().flatten().zip(notes.iter().cycle().skip(first)) {
            let set = vec![(field::NOTE.to_owned(), json!(note))];
            self.act(who, "write a note", EditHousehold { household: household.clone(), set })?;
        }
        Ok(())
    }

    /// The crew lead settles what waits: the newest value stands.
    pub(super) fn settle(&mut self, who: usize) -> Result<()> {
        self.sync(who)?;
        let Some(desk) = self.look(who, "conflicts", Conflicts {})? else { return Ok(()) };
        for line in desk.conflicts.into_iter().take(SETTLED) {
            let Some(newest) = line.conflict.values.first() else { continue };
            let value = newest.value.clone();
            let call = Settle { noun: line.conflict.noun, id: line.conflict.id, field: line.conflict.field, value };
            self.act(who, "settle a conflict", call)?;
        }
        self.sync(who)
    }

    pub(super) fn set_skew(&mut self, who: usize, skew_ms: i64) -> Result<()> {
        let now_ms = self.now_ms;
        if let Some(hand) = self.hands.get_mut(who) {
            hand.skew_ms = skew_ms;
            hand.set_clock(now_ms);
        }
        Ok(())
    }
}

fn entrance(home: &Home) -> Entrance {
    Entrance { estate: home.estate.clone(), building: home.building.clone(), entrance: home.entrance.clone() }
}
