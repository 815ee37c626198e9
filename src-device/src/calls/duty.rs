//! The four musts of this person's grids.

use std::collections::BTreeMap;

use huce_core::{
    body::Body,
    grid::Level,
    ids::{EventId, GridId},
    ipc::{
        CallError, Code,
        duty::{Duties, DutiesReply, GridDuties, RecordDuty},
    },
    site::Site,
    team::{DutyDone, Must},
};

use super::Answer;
use crate::Device;

impl Answer<Duties> for Device {
    fn answer(&self, _: Duties) -> Result<DutiesReply, CallError> {
        let now_ms = self.server_now_ms();
        let mut done: BTreeMap<GridId, Vec<DutyDone>> = BTreeMap::new();
        for (grid, one) in self.duties()? {
            done.entry(grid).or_default().push(one);
        }
        let rounds = self.rounds()?.0;
        let grids = self.profile().map(|profile| profile.grids).unwrap_or_default();
        let staffed = grids.iter().filter(|g| g.is_open() && matches!(g.level, Level::Crew | Level::Inspector));
        let grids = staffed
            .map(|grid| {
                let of_it: Vec<_> = rounds.iter().filter(|r| self.is_within(&grid.id, &r.grid)).cloned().collect();
                GridDuties::of(grid, done.remove(&grid.id).unwrap_or_default(), &of_it, now_ms)
            })
            .collect();
        Ok(DutiesReply { now_ms, grids })
    }
}

impl Answer<RecordDuty> for Device {
    fn answer(&self, call: RecordDuty) -> Result<EventId, CallError> {
        self.check_grid(&call.grid)?;
        let bad = |field: &str| CallError::new(Code::BadInput).with("field", field);
        if call.duty.must == Must::Other {
            return Err(bad("must"));
        }
        // Being there is told by place and time.
        if call.duty.must == Must::CheckIn && call.duty.place.is_none_or(|p| !huce_core::facility::is_position(p)) {
            return Err(bad("place").with("why", "missing"));
        }
        let person = self.me()?;
        Ok(self.record(person, call.grid, None::<Site>, Body::Duty(call.duty))?)
    }
}
