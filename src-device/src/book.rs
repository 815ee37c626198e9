//! What the tablet knows of its server: where it is, who uses the tablet, how the last sync went. A small file of its
//! own (`sync-book`), not in the store: a store that is thrown away must not cost the tablet its enrolment.

use std::path::Path;

use huce_core::{
    clock::Millis,
    ids::{DeviceId, PersonId},
    ipc::CallError,
    wire::Profile,
};
use serde::{Deserialize, Serialize};

use crate::disk;

/// The file's name.
pub const FILE: &str = "sync-book";

/// What the tablet knows of its server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SyncBook {
    /// Where the server is; none before the enrolment.
    pub url: Option<String>,
    /// Whose tablet it is; none before the enrolment.
    pub person: Option<PersonId>,
    /// The server's device identifier and public key (64 hexadecimal digits).
    pub server: Option<(DeviceId, String)>,
    /// Who may see what; none before the first sync.
    pub profile: Option<Profile>,
    /// The server's epoch at the last sync.
    pub epoch: Option<u64>,
    /// The server's clock minus the tablet's.
    pub offset_ms: Option<i64>,
    /// When everything had arrived last, device time.
    pub last_success_ms: Option<Millis>,
    /// How the last attempt failed; none after a success.
    pub last_error: Option<(Millis, CallError)>,
    /// Could the server be reached at the last attempt?
    #[serde(default)]
    pub online: bool,
    /// The server may lack what others recorded and this tablet holds: it is handed on at the next sync.
    #[serde(default)]
    pub relay: bool,
    /// The device's place among the devices was taken away.
    #[serde(default)]
    pub revoked: bool,
}

/// Reads the book. `Err` says what is wrong with a file that is there.
pub(crate) fn read(folder: &Path) -> Result<Option<SyncBook>, String> {
    let Some(bytes) = disk::read_if_there(&folder.join(FILE)).map_err(|e| e.to_string())? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| "no text".to_owned())?;
    let (sum, json) = text.split_once('\n').ok_or("no checksum")?;
    if blake3::hash(json.as_bytes()).to_hex().as_str() != sum {
        return Err("the checksum does not fit".to_owned());
    }
    serde_json::from_str(json).map(Some).map_err(|e| e.to_string())
}

/// Writes the book, durably.
pub(crate) fn write(folder: &Path, book: &SyncBook) -> std::io::Result<()> {
    let json = serde_json::to_string(book)?;
    let text = format!("{}\n{json}", blake3::hash(json.as_bytes()).to_hex());
    disk::write_whole(&folder.join(FILE), text.as_bytes(), true)
}
