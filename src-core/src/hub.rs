//! What a depot hub and its server say to each other beyond what tablets say: `POST /v1/hub/enrol`, `GET /v1/hub/book`.
//!
//! A hub is a server that was started with an upstream. It is a device of the upstream, enrolled with a code of its own
//! kind as some person's; the grids of that person are its scope. `docs/protocol.md` says what each side does.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    grid::Grid,
    ids::PersonId,
    person::RoleIn,
    wire::{DeviceKey, FormRef, Profile},
};

/// `POST /v1/hub/enrol`: a one-time code for hubs for a place as a hub. The reply is [`crate::wire::Enrolled`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HubEnrolAsk {
    /// Eight characters.
    pub code: String,
    /// The hub's public key, 64 hexadecimal digits.
    pub public_key: String,
    /// What people call it.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// `GET /v1/hub/book`: everything by which a hub tells who may do what in its grids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HubBook {
    /// The server's clock: the book is of this time.
    pub now_ms: Millis,
    /// The server's epoch.
    pub epoch: u64,
    /// The grids whose streams the hub carries.
    pub scope: Vec<Grid>,
    /// Grids above, for rights that come from there.
    pub above: Vec<Grid>,
    /// Everybody who has or had a role in these grids.
    pub people: Vec<HubPerson>,
    /// Their devices, those whose events are in these grids, and the server.
    pub devices: Vec<HubDevice>,
    /// Forms in use.
    pub forms: Vec<FormRef>,
}

/// Somebody whose tablet may come to the hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HubPerson {
    /// The login name.
    pub id: PersonId,
    /// The name to show.
    pub name: String,
    /// All roles, each from when and until when; also those in other grids.
    pub roles: Vec<(RoleIn, Millis, Option<Millis>)>,
    /// What their tablets get for `GET /v1/profile`, as the server would give it now.
    pub profile: Profile,
}

/// A device as a hub knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubDevice {
    /// Which, and its public key.
    #[serde(flatten)]
    pub key: DeviceKey,
    /// Whose tablet it is; none when its person is nobody of the hub's: it cannot come, its events can.
    pub person: Option<PersonId>,
    /// What people call it.
    pub name: String,
    /// Was its place taken away?
    pub revoked: bool,
    /// Is it the server?
    pub is_server: bool,
}

/// The text in front of a hub's code where its hash is kept: a tablet's code is no hub's code, nor the other way round.
pub const CODE_KIND: &str = "hub:";
