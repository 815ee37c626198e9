//! What the tablet knows of its server: where it is, who uses the tablet, how the last sync went. A small file of its
//! own (`sync-book`), not in the store: a store that is thrown away must not cost the tablet its enrolment.

use std::path::Path;

use huce_core::{
    clock::Millis,
    ids::{DeviceId, PersonId},
    ipc::{CallError, sync::PhotoRule},
    wire::Profile,
};
use serde::{Deserialize, Serialize};

use crate::{disk, vault::Seal};

/// The file's name. Sealed JSON.
pub const FILE: &str = "sync-book";
/// Without it a tablet has to be enrolled anew: there are two.
const COPIES: [&str; 2] = [FILE, "sync-book.copy"];
const ABOUT: &[u8] = b"book of the server";

/// What the tablet knows of its server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SyncBook {
    /// Where the server is; none before the enrolment.
    pub url: Option<String>,
    /// The certificate authority that vouches for it, SHA-256 in hexadecimal; none: those that the tablet's system knows.
    #[serde(default)]
    pub pin: Option<String>,
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
    /// It has a place and waits until an administrator lets it in.
    #[serde(default)]
    pub waiting: bool,
    /// The device's place among the devices was taken away.
    #[serde(default)]
    pub revoked: bool,
    /// Of which time the profile is, the server's clock: a hub that knows less changes nothing.
    #[serde(default)]
    pub profile_ms: Option<Millis>,
    /// The depot hub, where there is one: it is asked when the server cannot be reached.
    #[serde(default)]
    pub hub: Option<String>,
    /// When everything had reached the hub last, device time.
    #[serde(default)]
    pub hub_ms: Option<Millis>,
    /// When photos go, and how fast.
    #[serde(default)]
    pub photo_rule: PhotoRule,
    /// In which epoch what others recorded was handed on to the hub.
    #[serde(default)]
    pub hub_relayed: Option<u64>,
    /// The hash of the escrow that the server has, with the epoch in which it got it; none when it has none.
    #[serde(default)]
    pub escrowed: Option<(String, u64)>,
}

/// Reads the book. `Err` says what is wrong with a file that is there.
pub(crate) fn read(folder: &Path, seal: &Seal) -> Result<Option<SyncBook>, String> {
    let mut damage = None;
    for name in COPIES {
        match disk::read_if_there(&folder.join(name)).map_err(|e| e.to_string())?.map(|bytes| whole(&bytes, seal)) {
            Some(Ok(book)) => return Ok(Some(book)),
            Some(Err(why)) => damage = Some(why),
            None => {}
        }
    }
    damage.map_or(Ok(None), Err)
}

fn whole(bytes: &[u8], seal: &Seal) -> Result<SyncBook, String> {
    // Version 1: a checksum, then JSON.
    let old = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once('\n'));
    if let Some((_, json)) = old.filter(|(sum, json)| blake3::hash(json.as_bytes()).to_hex().as_str() == *sum) {
        return serde_json::from_str(json).map_err(|e| e.to_string());
    }
    let json = seal.open(ABOUT, bytes).ok_or("it does not open")?;
    serde_json::from_slice(&json).map_err(|e| e.to_string())
}

/// Writes the book, durably.
pub(crate) fn write(folder: &Path, book: &SyncBook, seal: &Seal) -> std::io::Result<()> {
    let sealed = seal.seal(ABOUT, &serde_json::to_vec(book)?).map_err(std::io::Error::other)?;
    COPIES.iter().try_for_each(|name| disk::write_whole(&folder.join(name), &sealed, true))
}
