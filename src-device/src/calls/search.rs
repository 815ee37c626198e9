//! Search by anything.

use huce_core::{
    ipc::{
        CallError,
        search::{Hit, MAX_FACILITY_HITS, Search, SearchReply},
    },
    view,
};

use super::Answer;
use crate::Device;

/// The most hits that are given out at once.
const MAX_HITS: u32 = 500;

impl Answer<Search> for Device {
    fn answer(&self, call: Search) -> Result<SearchReply, CallError> {
        let (found, total) = self.index().search(&call.text, call.limit.min(MAX_HITS) as usize);
        let mut hits = Vec::with_capacity(found.len());
        for household in found {
            hits.push(Hit {
                door: view::door_line(&household),
                temp_c: self.door(&household.id)?.last_temp().map(|(_, c)| c),
                account: household.account,
                care: household.care,
            });
        }
        let facilities = match call.text.trim() {
            "" => Vec::new(),
            text => self.my_facilities(text).into_iter().take(MAX_FACILITY_HITS).collect(),
        };
        Ok(SearchReply { hits, total: u32::try_from(total).unwrap_or(u32::MAX), facilities })
    }
}
