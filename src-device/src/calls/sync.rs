//! What has reached the server. Starting and stopping a sync is the sync's own part.

use huce_core::ipc::{
    CallError,
    sync::{SetHub, SyncState, SyncStatus},
};

use super::Answer;
use crate::{Device, sync::http::normal_url};

impl Answer<SyncStatus> for Device {
    fn answer(&self, _: SyncStatus) -> Result<SyncState, CallError> {
        Ok(self.sync_state())
    }
}

impl Answer<SetHub> for Device {
    fn answer(&self, call: SetHub) -> Result<SyncState, CallError> {
        let hub = match call.url.trim() {
            "" => None,
            url => Some(normal_url(url)?),
        };
        if self.book().hub != hub {
            self.forget_held();
            self.edit_book(|book| {
                book.hub = hub;
                book.hub_ms = None;
                book.hub_relayed = None;
            })?;
        }
        Ok(self.sync_state())
    }
}
