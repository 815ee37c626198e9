//! One history: the district, its tablets, the server, the network, and the dice that decide what happens next.
//! One thread, no sleeping, no clock but the one here: a seed gives the same history every time.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use huce_core::{
    event::SignedEvent,
    ids::{DeviceId, EventId, PersonId},
};

use crate::{
    depot::Depot,
    dice::Dice,
    district::{self, BEGIN_MS, GRIDS, HUB, PEOPLE, sites},
    hub::SimHub,
    net::Net,
    plant::Plant,
    saved::{Fact, Facts, Saved, facts_of},
    tablet::{Did, Tablet},
    work::Act,
};

/// What a history came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Events that somebody was told are saved.
    pub events: u64,
    /// Requests that the server answered.
    pub requests: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// What the oracle found wrong.
    pub failures: Vec<String>,
    /// A hash of everything that happened and of the final state.
    pub trace: String,
    /// What happened, line by line, when it was asked for.
    pub log: Vec<String>,
}

/// A history under way.
pub struct World {
    pub(crate) dice: Dice,
    pub(crate) now_ms: i64,
    pub(crate) depot: Depot,
    pub(crate) hub: Option<SimHub>,
    pub(crate) net: Net,
    pub(crate) tablets: Vec<Tablet>,
    pub(crate) saved: Vec<Saved>,
    /// What each event's author held, also of events that nobody was told of.
    pub(crate) seen: BTreeMap<String, BTreeSet<String>>,
    /// What tablets held when a save was cut off.
    pub(crate) cut_saves: BTreeMap<usize, BTreeSet<String>>,
    /// Who works where now.
    pub(crate) rights: BTreeMap<PersonId, Vec<&'static str>>,
    /// Photos' bytes by hash.
    pub(crate) photos: BTreeMap<String, Vec<u8>>,
    /// Tablets whose place was taken away.
    pub(crate) revoked: BTreeSet<DeviceId>,
    /// What the tablet with a newer version recorded.
    pub(crate) newer: Vec<SignedEvent>,
    pub(crate) clones: usize,
    /// What was recorded again under a new identity: old key and new one.
    pub(crate) carried: BTreeMap<String, String>,
    /// What a planted bug keeps from the first tablet.
    pub(crate) skipped: BTreeSet<(String, u64)>,
    pub(crate) plant: Option<Plant>,
    pub(crate) outcome: Outcome,
    hasher: blake3::Hasher,
    keep_log: bool,
    /// The end: nothing goes wrong any more.
    pub(crate) calm: bool,
    pub(crate) folder: tempfile::TempDir,
}

impl World {
    /// The beginning of a history.
    pub fn new(seed: u64, plant: Option<Plant>, keep_log: bool) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("huce-sim-").tempdir_in(district::scratch())?;
        let depot = Depot::new(folder.path())?;
        let mut world = Self {
            dice: Dice::new(seed),
            now_ms: BEGIN_MS,
            depot,
            hub: None,
            net: Net::default(),
            tablets: Vec::new(),
            saved: Vec::new(),
            seen: BTreeMap::new(),
            cut_saves: BTreeMap::new(),
            rights: BTreeMap::new(),
            photos: BTreeMap::new(),
            revoked: BTreeSet::new(),
            newer: Vec::new(),
            clones: 0,
            carried: BTreeMap::new(),
            skipped: BTreeSet::new(),
            plant,
            outcome: Outcome { seed, ..Outcome::default() },
            hasher: blake3::Hasher::new(),
            keep_log,
            calm: false,
            folder,
        };
        let server = world.depot.place()?;
        let count = 2 + world.dice.below(3);
        for (n, (login, code)) in PEOPLE.iter().enumerate().take(count) {
            let person = district::person(login)?;
            let folder = world.folder.path().join(format!("tablet-{n}"));
            world.tablets.push(Tablet::new(&folder, n as u64, &person, server.clone(), BEGIN_MS)?);
            world.rights.insert(person, vec![*code]);
        }
        if world.dice.in_of(1, 2) {
            // Every fourth is dishonest; not by the dice, so that the other histories stay what they were.
            world.hub = Some(SimHub::new(world.folder.path(), seed.is_multiple_of(4))?);
            if world.dice.in_of(1, 3) {
                world.set_grids(&district::person(HUB)?, vec![GRIDS[0]])?;
            }
        }
        world.plant_at_start()?;
        Ok(world)
    }

    /// Writes a line of the history.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.hasher.update(line.as_bytes());
        self.hasher.update(b"\n");
        if self.keep_log {
            self.outcome.log.push(format!("{:>9} {line}", self.now_ms - BEGIN_MS));
        }
    }

    /// Counts a fault.
    pub(crate) fn fault(&mut self, kind: &'static str) {
        *self.outcome.faults.entry(kind).or_default() += 1;
    }

    /// Something that must never happen has happened.
    pub(crate) fn fail(&mut self, what: String) {
        self.note(format!("FAILURE {what}"));
        self.outcome.failures.push(what);
    }

    /// A tablet.
    pub(crate) fn tablet(&mut self, n: usize) -> Result<&mut Tablet> {
        self.tablets.get_mut(n).context("no such tablet")
    }

    /// Moves the time of everybody.
    pub(crate) fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.depot.set_clock(self.now_ms);
        for tablet in &self.tablets {
            tablet.set_clock(self.now_ms);
        }
    }

    /// What a tablet holds.
    pub(crate) fn facts(&mut self, n: usize) -> Result<Facts> {
        facts_of(&self.tablet(n)?.device()?.events()?)
    }

    /// The next thing happens.
    pub(crate) fn step(&mut self) -> Result<()> {
        let ms = if self.dice.in_of(1, 40) { self.dice.between(0, 7_200_000) } else { self.dice.between(1, 3_000) };
        self.pass(ms);
        let under_way = self.net.len();
        if under_way > 0 && self.dice.in_of(13, 20) {
            return self.deliver(under_way);
        }
        if self.hub.is_some() && self.dice.in_of(1, 4) {
            return if self.dice.in_of(1, 25) { self.hub_mishap() } else { self.hub_step().map(drop) };
        }
        let n = self.dice.below(self.tablets.len());
        if self.tablet(n)?.gone {
            return Ok(());
        }
        match self.dice.below(40) {
            0..22 => self.act(n),
            22..34 => self.begin(n),
            34..36 => self.cut(n),
            _ => self.mishap(n),
        }
    }

    /// The tablet is opened again if it is off; what it was told is saved must be there.
    pub(crate) fn wake(&mut self, n: usize) -> Result<()> {
        if self.tablet(n)?.is_on() {
            return Ok(());
        }
        self.tablet(n)?.reopen()?;
        self.note(format!("tablet {n} opens"));
        let facts = self.facts(n)?;
        if let Some(held) = self.cut_saves.remove(&n) {
            // Only what it was about to record: a late insight must not be put into other people's heads.
            let own = self.tablet(n)?.id.to_string();
            for fact in facts.values().filter(|f| f.device() == own && !held.contains(&f.key)) {
                self.seen.entry(fact.key.clone()).or_insert_with(|| held.clone());
            }
        }
        let lost: Vec<String> = self
            .saved
            .iter()
            .filter(|s| s.tablet == n && !facts.contains_key(&s.fact.key))
            .map(|s| format!("rule 1: {} was saved on tablet {n} and is not there after a cut", s.fact.id))
            .collect();
        lost.into_iter().for_each(|what| self.fail(what));
        Ok(())
    }

    fn act(&mut self, n: usize) -> Result<()> {
        self.wake(n)?;
        let grids = self.rights.get(&self.tablets[n].person).cloned().unwrap_or_default();
        let all: Vec<_> = if self.dice.in_of(1, 12) { GRIDS.to_vec() } else { grids };
        let sites: Vec<_> = all.into_iter().flat_map(sites).collect();
        let Some(act) = Act::any(&sites, &mut self.dice) else { return Ok(()) };
        if let Act::Photo(_, bytes) = &act {
            self.photos.insert(blake3::hash(bytes).to_hex().to_string(), bytes.clone());
        }
        let before: BTreeSet<String> = self.facts(n)?.into_keys().collect();
        let fuse = self.dice.in_of(1, 15).then(|| self.dice.below(3));
        let early = self.plant == Some(Plant::ToldTooEarly) && self.dice.in_of(1, 8);
        let copy = if early { Some(self.tablets[n].snapshot()?) } else { None };
        let blind = self.plant == Some(Plant::DroppedConflict);
        let over = if blind { self.all_assertions(&act)? } else { Vec::new() };
        self.tablets[n].set_fuse(fuse);
        let did = self.tablets[n].ask(|device| act.perform(device, &over))?;
        self.tablets[n].set_fuse(None);
        match did {
            Did::Cut => {
                self.fault("cut in a save");
                self.note(format!("tablet {n} is cut off in {}", act.name()));
                self.cut_saves.insert(n, before);
                self.cut_off(n, false)
            }
            Did::Done(said) => {
                let after = self.facts(n)?;
                let new: Vec<Fact> = after.into_values().filter(|f| !before.contains(&f.key)).collect();
                let ids: Vec<&str> = new.iter().map(|f| f.id.as_str()).collect();
                let said = said.err().map(|e| format!("{:?}", e.code)).unwrap_or_default();
                self.note(format!("tablet {n} {} {ids:?} {said}", act.name()));
                for fact in new {
                    self.seen.insert(fact.key.clone(), before.clone());
                    self.saved.push(Saved { fact, tablet: n });
                }
                if let Some(copy) = copy {
                    self.cut_off(n, false)?;
                    self.tablets[n].roll_back(copy)?;
                }
                Ok(())
            }
        }
    }

    /// Every assertion that any tablet holds of the field that an act sets: what a planted bug claims to replace.
    fn all_assertions(&self, act: &Act) -> Result<Vec<EventId>> {
        let Act::Edit(site, field, _) = act else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for tablet in self.tablets.iter().filter(|t| t.is_on()) {
            let record = tablet.device()?.record_of(site.noun(), site.as_str())?;
            let live = record.and_then(|r| r.fields.get(*field).map(|f| f.live.clone())).unwrap_or_default();
            all.extend(live.into_iter().map(|held| held.event));
        }
        Ok(all)
    }

    fn begin(&mut self, n: usize) -> Result<()> {
        self.wake(n)?;
        if self.tablet(n)?.is_syncing() {
            return Ok(());
        }
        if self.hub().is_some() && self.dice.in_of(1, 2) {
            let line = self.net.hub_line(n);
            self.tablet(n)?.begin_at_hub(line)?;
            self.note(format!("tablet {n} begins to sync at the hub"));
            return self.go_on(n).map(drop);
        }
        let line = self.net.line(n);
        self.tablet(n)?.begin(line)?;
        self.note(format!("tablet {n} begins to sync"));
        self.go_on(n).map(drop)
    }

    /// Cut off while nothing particular happens.
    pub(crate) fn cut(&mut self, n: usize) -> Result<()> {
        if !self.tablet(n)?.is_on() {
            return Ok(());
        }
        let torn = self.dice.in_of(1, 3);
        self.fault(if torn { "cut, torn write" } else { "cut" });
        self.note(format!("tablet {n} is cut off"));
        self.cut_off(n, torn)
    }

    pub(crate) fn cut_off(&mut self, n: usize, torn: bool) -> Result<()> {
        self.net.hang_up(n);
        let tablet = self.tablets.get_mut(n).context("no such tablet")?;
        tablet.cut(&mut self.dice, torn)
    }

    /// The end: what happened and what is there now, as one hash.
    pub(crate) fn close(mut self, state: &str) -> Outcome {
        self.hasher.update(state.as_bytes());
        self.outcome.trace = self.hasher.finalize().to_hex().to_string();
        self.outcome.events = self.saved.len() as u64;
        self.outcome
    }
}
