//! What has reached the server. Starting and stopping a sync is the sync's own part.

use huce_core::ipc::{
    CallError,
    sync::{SyncState, SyncStatus},
};

use super::Answer;
use crate::Device;

impl Answer<SyncStatus> for Device {
    fn answer(&self, _: SyncStatus) -> Result<SyncState, CallError> {
        Ok(self.sync_state())
    }
}
