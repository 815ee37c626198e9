//! What has reached the server, what waits, what failed and why.

use serde::{Deserialize, Serialize};

use super::{CallError, calls};
use crate::{clock::Millis, ids::EventId, wire::Refusal};

/// How the sync is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncStatus {}

/// Starts a sync now, by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncNow {}

/// Stops the sync that runs; what was sent is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StopSync {}

/// Reply to all of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncState {
    /// Where the server is.
    pub url: Option<String>,
    /// Events that the server does not have yet.
    pub events_waiting: u64,
    /// Photos that the server does not have yet.
    pub photos_waiting: u64,
    /// Their bytes.
    pub photo_bytes_waiting: u64,
    /// What runs now.
    pub running: Option<SyncProgress>,
    /// When everything had arrived last.
    pub last_success_ms: Option<Millis>,
    /// How the last attempt failed.
    pub last_error: Option<(Millis, CallError)>,
    /// Events that the server refused for good: kept here and shown.
    pub refused: Vec<(EventId, Refusal)>,
    /// The server's clock minus the tablet's.
    pub offset_ms: Option<i64>,
    /// Could the server be reached at the last attempt?
    pub online: bool,
    /// The depot hub, where one is set.
    #[serde(default)]
    pub hub: Option<HubState>,
}

/// The depot hub of a tablet: it is asked when the server cannot be reached, and keeps things until the server has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubState {
    /// Where it is.
    pub url: String,
    /// When everything had reached it last.
    pub last_ms: Option<Millis>,
    /// Of the events that wait, so many are kept there.
    pub events: u64,
    /// Of the photos that wait, so many are kept there.
    pub photos: u64,
}

/// Sets the depot hub's address; an empty one: none. [`super::Code::BadInput`] with `field` = `url` and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetHub {
    /// For example `http://192.168.1.10:8440`.
    pub url: String,
}

/// Where bundles go to and receipts come from on this tablet: removable drives, then the person's own folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BundlePlaces {}

/// Such a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundlePlace {
    /// The folder.
    pub folder: String,
    /// What people call it: the drive's name, the folder's.
    pub name: String,
    /// A drive that can be carried away.
    pub removable: bool,
    /// Files of receipts that lie there, the newest first.
    pub receipts: Vec<String>,
}

/// Writes what waits into a file that only the server can read, for where there is no network. It waits all the same
/// until a receipt says otherwise. [`super::Code::BadBundle`] with `why` = `nothing_waits`, `no_room`, `unwritable`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportBundle {
    /// Where to: a folder, in which it is named after the tablet and the time; else a file, which is replaced.
    pub path: String,
}

/// Reply to [`ExportBundle`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleMade {
    /// The file.
    pub path: String,
    /// Events in it.
    pub events: u64,
    /// Photos in it.
    pub photos: u64,
    /// Its size.
    pub bytes: u64,
}

/// Takes in the receipts that the server gave for a bundle. Safe to repeat. [`super::Code::BadBundle`] with `why`:
/// `no_receipts`, `another_server` (or changed on the way), `another_tablet`, `too_old` (the server was restored since).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportReceipts {
    /// The file.
    pub path: String,
}

/// Reply to [`ImportReceipts`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptsTaken {
    /// Events that the server has.
    pub confirmed: u64,
    /// Events that it refused: kept and shown.
    pub refused: u64,
    /// Photos that it has.
    pub photos: u64,
}

/// When photos go, and how fast. Events always go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhotoRule {
    /// Photos wait until this is taken back.
    pub wait: bool,
    /// Photos wait while the network is a metered one (mobile data), as far as the system tells.
    pub only_unmetered: bool,
    /// The most kB (1,000 bytes) a second; none: as fast as it goes.
    pub limit_kb_s: Option<u32>,
}

/// Reads the rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadPhotoRule {}

/// Sets it; it holds from the next chunk on. [`super::Code::BadInput`] with `field` = `limit_kb_s` for 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetPhotoRule {
    /// The rule.
    pub rule: PhotoRule,
}

/// Reply to both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoRuleState {
    /// The rule.
    pub rule: PhotoRule,
    /// Is the network a metered one? None where the system does not tell.
    pub metered: Option<bool>,
    /// Do photos wait now because of the rule?
    pub waits: bool,
}

/// What a sync does at the moment: done and all, in the unit of the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// Which step.
    pub step: SyncStep,
    /// So many are done.
    pub done: u64,
    /// Of so many.
    pub all: u64,
}

/// The steps of a sync, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStep {
    /// Reaching the server.
    Connect,
    /// Sending events (unit: events).
    Push,
    /// Fetching events (unit: events).
    Pull,
    /// Sending photos (unit: bytes).
    Photos,
}

calls! {
    SyncStatus => "sync_status" -> SyncState;
    SyncNow => "sync_now" -> SyncState;
    StopSync => "stop_sync" -> SyncState;
    SetHub => "set_hub" -> SyncState;
    BundlePlaces => "bundle_places" -> Vec<BundlePlace>;
    ExportBundle => "export_bundle" -> BundleMade;
    ImportReceipts => "import_receipts" -> ReceiptsTaken;
    ReadPhotoRule => "read_photo_rule" -> PhotoRuleState;
    SetPhotoRule => "set_photo_rule" -> PhotoRuleState;
}
