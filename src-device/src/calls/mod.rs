//! The tablet's answers to its screens: one file per noun, as in `huce_core::ipc`. Every act checks first that the
//! grid is one of this person's; what lists show is what the tablet holds, which is what the server gave it.

mod conflict;
mod duty;
mod facility;
mod file;
mod findings;
mod household;
mod plan;
mod report;
mod request;
#[cfg(test)]
mod request_tests;
mod round;
mod search;
mod session;
mod sync;
#[cfg(test)]
mod tests;
mod today;
mod visit;

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::{Body, Edit, Noun},
    household::Household,
    ids::{EventId, GridId, HouseholdId, PersonId},
    ipc::{Call, CallError, Code},
    projection::Doc,
    record::Record,
    round::Round,
    site::{KnownSite, Site},
    view,
};

use crate::{Device, device::New};

/// Answers one kind of call.
pub trait Answer<C: Call> {
    /// The answer, or why there is none.
    fn answer(&self, call: C) -> Result<C::Reply, CallError>;
}

fn not_found(what: &str) -> CallError {
    CallError::new(Code::NotFound).with("what", what)
}

impl Device {
    /// Whose tablet it is.
    fn me(&self) -> Result<PersonId, CallError> {
        let book = self.book();
        if book.revoked {
            return Err(CallError::new(Code::Revoked));
        }
        let profile = book.profile.map(|p| p.person.id);
        profile.or(book.person).ok_or_else(|| CallError::new(Code::NotEnrolled))
    }

    /// The grids of this person: the codes of the whole subtrees.
    fn my_grids(&self) -> BTreeSet<GridId> {
        self.profile().into_iter().flat_map(|p| p.grids).map(|g| g.id).collect()
    }

    /// Refuses what happens in another person's grid.
    fn check_grid(&self, grid: &GridId) -> Result<(), CallError> {
        if self.my_grids().contains(grid) { Ok(()) } else { Err(CallError::new(Code::NoRight)) }
    }

    /// A household of this person's grids, in full.
    fn my_household(&self, id: &HouseholdId) -> Result<(Record, Household), CallError> {
        match self.my_site(&id.into())? {
            (record, KnownSite::Household(household)) => Ok((record, household)),
            _ => Err(not_found("household")),
        }
    }

    /// A household or facility of this person's grids, in full.
    fn my_site(&self, site: &Site) -> Result<(Record, KnownSite), CallError> {
        let missing = || not_found(site.noun().as_str());
        let record = self.record_of(site.noun(), site.as_str())?.ok_or_else(missing)?;
        let known = KnownSite::from_record(&record).ok_or_else(missing)?;
        self.check_grid(known.grid())?;
        Ok((record, known))
    }

    /// Where a record stands: a plan or request where its household or facility does.
    fn stands(&self, record: &Record) -> GridId {
        let index = self.index();
        let grid = match record.site() {
            Some(Site::Household(id)) => index.get(&id).map(|household| household.grid),
            Some(Site::Facility(id)) => index.facility(&id).map(|facility| facility.grid.clone()),
            None => None,
        };
        grid.unwrap_or_else(|| record.grid.clone())
    }

    /// A plan or request of this person's grids; its `grid` is where it stands.
    fn my_record(&self, noun: Noun, id: &str) -> Result<Record, CallError> {
        let mut record = self.record_of(noun, id)?.ok_or_else(|| not_found(noun.as_str()))?;
        record.grid = self.stands(&record);
        self.check_grid(&record.grid)?;
        Ok(record)
    }

    /// All rounds, and of the running ones that visit a whole grid the newest of each grid.
    fn rounds(&self) -> Result<(Vec<Round>, BTreeMap<GridId, Round>), CallError> {
        let now_ms = self.server_now_ms();
        let mut all = Vec::new();
        self.docs("r/round/", |_, doc| {
            if let Doc::Record(record) = doc {
                all.extend(Round::from_record(&record));
            }
        })?;
        let mut running: BTreeMap<GridId, Round> = BTreeMap::new();
        for round in all.iter().filter(|r| r.is_whole() && view::runs(r, now_ms)) {
            let newer = running.get(&round.grid).is_none_or(|r| (&r.from, &r.id) < (&round.from, &round.id));
            if newer {
                running.insert(round.grid.clone(), round.clone());
            }
        }
        Ok((all, running))
    }

    /// A grid and those above it, upwards.
    fn path(&self, grid: &GridId) -> Vec<GridId> {
        let profile = self.profile();
        let grids: Vec<_> = profile.iter().flat_map(|p| p.grids.iter().chain(&p.above)).collect();
        let above = |at: &GridId| grids.iter().find(|g| g.id == *at).and_then(|g| g.parent.clone());
        // A tree is not that deep; one that bites its tail ends.
        std::iter::successors(Some(grid.clone()), above).take(64).collect()
    }

    /// The running round of a grid's figures: its own, else the one of the nearest grid above.
    fn round_of<'a>(&self, grid: &GridId, running: &'a BTreeMap<GridId, Round>) -> Option<&'a Round> {
        self.path(grid).iter().find_map(|at| running.get(at))
    }

    /// Records an edit of something that is there already.
    fn write_edit(
        &self,
        noun: Noun,
        id: &str,
        edit: impl FnOnce(&Record) -> Result<Option<Edit>, CallError>,
    ) -> Result<Option<EventId>, CallError> {
        let person = self.me()?;
        let made = self.write(|_| {
            let record = self.my_record(noun, id)?;
            let Some(edit) = edit(&record)? else { return Ok((Vec::new(), None)) };
            let site = Site::of_record(noun, id).or_else(|| record.site());
            let new = New { person, grid: record.grid.clone(), site, body: Body::Edit(edit) };
            Ok::<_, CallError>((vec![new], None))
        })?;
        Ok((made.1 > 0).then_some(made.0))
    }
}
