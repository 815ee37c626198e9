//! What travels between a device and the server: shapes of requests and replies of `/v1/…`, in JSON, compressed
//! with zstd. `docs/protocol.md` says what each side does with them.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    digest::Digest,
    event::SignedEvent,
    grid::Grid,
    ids::{DeviceId, EventId, FormId, PersonId, PhotoId},
    person::Person,
};

/// `POST /v1/enrol`: a one-time code for a place among the devices.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolAsk {
    /// Eight characters, as an administrator read them out.
    pub code: String,
    /// The device's public key, 64 hexadecimal digits.
    pub public_key: String,
    /// What people call the device.
    pub device_name: String,
    /// The app's version.
    pub version: String,
}

/// Reply to [`EnrolAsk`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolled {
    /// The device's identifier, from its key.
    pub device: DeviceId,
    /// Whose tablet it is now.
    pub person: PersonId,
    /// The server's public key, under which its own events (imports, console) verify.
    pub server_key: String,
    /// The server's device identifier.
    pub server_device: DeviceId,
    /// Is it let in? Else it has a place and waits until an administrator says so. Older servers let everybody in.
    #[serde(default = "yes")]
    pub approved: bool,
}

fn yes() -> bool {
    true
}

/// `GET /v1/challenge`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// To be signed; good for one minute, once.
    pub nonce: String,
    /// The server's clock.
    pub now_ms: Millis,
    /// Who asks, where it is a depot hub: then [`token_text`] names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<DeviceId>,
}

/// What a device signs to get a token. At a hub the text names the hub: what is signed there is worth nothing elsewhere,
/// so that a hub cannot pass the server's challenge on and take a tablet's place.
pub fn token_text(hub: Option<&DeviceId>, nonce: &str) -> String {
    match hub {
        None => format!("huce-token:{nonce}"),
        Some(hub) => format!("huce-hub-token:{hub}:{nonce}"),
    }
}

/// `POST /v1/token`: the device signs [`token_text`] and gets a short-lived token,
/// sent from then on as `Authorization: Bearer TOKEN`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenAsk {
    /// Which device.
    pub device: DeviceId,
    /// From the challenge.
    pub nonce: String,
    /// Ed25519, base64url without padding.
    pub sig: String,
    /// The device's clock, for the list of devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now_ms: Option<Millis>,
    /// The app's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Reply to [`TokenAsk`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    pub token: String,
    /// When it ends, server's clock.
    pub until_ms: Millis,
    /// The server's clock.
    pub now_ms: Millis,
    /// The tablet's place was taken away: the token is good for handing in what it recorded, and for nothing else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// The server's epoch; absent from older servers, whose profile tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// The server, as receipts are signed by it and bundles sealed to it; none at a hub. A restored server is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<DeviceKey>,
    /// At a hub: what it knows of people and devices is of this time, server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_ms: Option<Millis>,
}

/// `GET /v1/profile`: who uses the tablet, and what they may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The person.
    pub person: Person,
    /// The grids whose streams this person pulls (own subtrees).
    pub grids: Vec<Grid>,
    /// Grids above, for their names.
    pub above: Vec<Grid>,
    /// People who work in these grids or above, for names and for assigning.
    pub people: Vec<Person>,
    /// Forms in use.
    pub forms: Vec<FormRef>,
    /// Public keys of the devices whose events are in these grids.
    pub keys: Vec<DeviceKey>,
    /// Changes when the server was restored from a backup.
    pub epoch: u64,
    /// The server's clock.
    pub now_ms: Millis,
    /// Events of the asking device up to this number are in a backup that was restored and verified; absent when none
    /// is, and from older servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<u64>,
    /// Rules of who is responsible that hold in the grids above; those of the own grids come in their streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<crate::rule::Rule>,
}

/// A published form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormRef {
    /// Its identifier.
    pub form: FormId,
    /// Its title in Chinese and English.
    pub title: (String, String),
    /// BLAKE3 of the workbook, 64 hexadecimal digits: `GET /v1/forms/HASH` gives the bytes (.xlsx).
    pub hash: String,
    /// Its size.
    pub bytes: u64,
}

/// A device's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceKey {
    /// The device.
    pub device: DeviceId,
    /// 64 hexadecimal digits.
    pub key: String,
}

/// `POST /v1/push`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PushAsk {
    /// In the order of their numbers; at most [`MAX_PUSH_EVENTS`].
    pub events: Vec<SignedEvent>,
    /// How many events and photos the device still has beyond this batch (for the device list).
    pub unsent: (u64, u64),
    /// A hub hands in what the devices of these events gave it themselves: they are judged as from them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_owners: bool,
}

/// The most events of one push.
pub const MAX_PUSH_EVENTS: usize = 500;
/// The most events of one page of a pull.
pub const MAX_PULL_EVENTS: usize = 1_000;

/// Reply to [`PushAsk`]: one receipt an event. Only a receipt counts as received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pushed {
    /// In the order of the events sent.
    pub receipts: Vec<Receipt>,
    /// The server's clock.
    pub now_ms: Millis,
    /// The server's epoch.
    pub epoch: u64,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which event; none when it could not be read.
    pub event: Option<EventId>,
    /// What became of it.
    pub fate: Fate,
}

/// What becomes of a pushed event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// Stored, durably.
    Stored,
    /// It was there already, the same.
    Had,
    /// A depot hub keeps it, durably, until the server has it. No receipt: the tablet keeps it, too.
    Held,
    /// Not taken.
    Refused {
        /// Why.
        code: Refusal,
    },
}

/// Why an event is not taken. All but [`Refusal::Gap`] are for good: the device keeps the event and shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No event.
    Unreadable,
    /// The signature does not fit the device's key.
    Signature,
    /// Recorded by another device than the one that pushes.
    NotYours,
    /// The person has no right in this grid.
    NoRight,
    /// The number was used for another event: a cloned or restored tablet.
    Forked,
    /// The hash of the previous event does not fit.
    Chain,
    /// Earlier events of the device are missing: send them first.
    Gap,
    /// No such grid.
    NoGrid,
    /// A plan or request is not at the door that the edit names.
    NoSuchDoor,
    /// A code of a newer server.
    #[serde(other)]
    Other,
}

/// `GET /v1/pull?grid=G&after=N&limit=L`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pulled {
    /// In commit order.
    pub events: Vec<PulledEvent>,
    /// The cursor to ask after next.
    pub next: u64,
    /// The newest position of the grid.
    pub head: u64,
    /// The digest of everything up to `head`, so that both sides can compare.
    pub digest: Digest,
    /// The server's epoch.
    pub epoch: u64,
}

/// An event with its position in the grid's stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PulledEvent {
    /// From 1, without gaps within a grid.
    pub pos: u64,
    /// The event.
    pub event: SignedEvent,
}

/// `GET /v1/photos/HASH/missing?bytes=N`: which chunks the server lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// True when the photo is complete, re-hashed and durable: this is a receipt.
    pub complete: bool,
    /// Numbers from 0 of the chunks that are missing; `PUT /v1/photos/HASH/chunks/N`.
    pub chunks: Vec<u32>,
    /// A depot hub has all of it and the server has not: no receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

/// Reply to `POST /v1/photos/HASH/commit`: the bytes are whole, re-hashed and durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoReceipt {
    /// The hash that the server computed.
    pub photo: PhotoId,
    /// How many bytes it holds.
    pub bytes: u64,
    /// A depot hub has it and the server has not: no receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

/// Every error reply of the server: status 4xx or 5xx and this body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// A stable code, for example `no_right`, `signed_out`, `not_found`, `bad_request`, `locked`, `too_large`, `internal`.
    pub code: String,
    /// What the code's text needs: names and numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<(String, String)>,
}
