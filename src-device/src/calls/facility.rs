//! Facilities: their list, one with its timeline, what people change of it.

use huce_core::{
    act,
    body::Noun,
    facility::Facility,
    ids::EventId,
    ipc::{
        CallError,
        facility::{EditFacility, Facilities, FacilitiesReply, FacilityPage, OpenFacility},
    },
    site::{KnownSite, Site},
    view::{self, Seen},
};

use super::{Answer, household::Records, not_found};
use crate::Device;

impl Device {
    /// Facilities of this person's grids that fit what was typed.
    pub(super) fn my_facilities(&self, text: &str) -> Vec<Facility> {
        let mine = self.my_grids();
        self.index().find_facilities(text).into_iter().filter(|f| mine.contains(&f.grid)).cloned().collect()
    }
}

impl Answer<Facilities> for Device {
    fn answer(&self, call: Facilities) -> Result<FacilitiesReply, CallError> {
        let now_ms = self.server_now_ms();
        let mut lines = Vec::new();
        for facility in self.my_facilities(&call.text) {
            let seen = Seen::from(&self.door(&facility.id)?);
            lines.push(view::facility_line(facility, seen, now_ms));
        }
        Ok(view::facilities(lines, &call))
    }
}

impl Answer<OpenFacility> for Device {
    fn answer(&self, call: OpenFacility) -> Result<FacilityPage, CallError> {
        let site = Site::from(&call.facility);
        let (_, KnownSite::Facility(facility)) = self.my_site(&site)? else { return Err(not_found("facility")) };
        let door = self.door(&site)?;
        let Records { conflicts, unsent, .. } = self.records_at(&site, &door)?;
        let draft = self.draft_at(&site).map(|draft| draft.opened.draft);
        Ok(FacilityPage { facility, conflicts, unsent, draft, door })
    }
}

impl Answer<EditFacility> for Device {
    fn answer(&self, call: EditFacility) -> Result<Option<EventId>, CallError> {
        self.my_site(&Site::from(&call.facility))?;
        self.write_edit(Noun::Facility, call.facility.as_str(), |record| act::edit_facility(record, &call.set))
    }
}
