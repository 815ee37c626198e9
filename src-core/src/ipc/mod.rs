//! The one contract between screens and what is behind them. A page asks with a [`Call`] and does not know whether
//! the tablet's shell answers (Tauri's `invoke`) or the server (HTTP `POST /api/NAME`). One file per noun.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub mod conflict;
pub mod console;
pub mod duty;
pub mod facility;
pub mod form;
pub mod grid;
pub mod household;
pub mod plan;
pub mod report;
pub mod request;
pub mod round;
pub mod search;
pub mod session;
pub mod sync;
pub mod today;
pub mod visit;

/// A question that has one kind of answer.
pub trait Call: Serialize + DeserializeOwned + Send + 'static {
    /// Its name on both transports, snake_case.
    const NAME: &'static str;
    /// The answer.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
}

/// Declares calls: `calls! { Search => "search" -> SearchReply; … }`.
macro_rules! calls {
    ($($call:ty => $name:literal -> $reply:ty;)*) => {$(
        impl $crate::ipc::Call for $call {
            const NAME: &'static str = $name;
            type Reply = $reply;
        }
    )*};
}
pub(crate) use calls;

/// Why a call was not answered; translated in the UI by its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?} {params:?}")]
pub struct CallError {
    /// What happened.
    pub code: Code,
    /// What the text needs, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<(String, String)>,
}

impl CallError {
    /// An error without parameters.
    pub fn new(code: Code) -> Self {
        Self { code, params: Vec::new() }
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }
}

/// What can go wrong. Every code has a text in both languages that says what happened, what was kept, what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The server could not be reached; nothing is lost.
    Offline,
    /// The server (or a portal in between) answered something that is not Huce.
    NotHuce,
    /// The server's certificate is not the one that this tablet knows (`why`: `fingerprint`, `name`, `clock`, `unknown`).
    Untrusted,
    /// Plain HTTP to another machine: everybody on the way could read it.
    Unencrypted,
    /// Sign in first.
    SignedOut,
    /// Wrong name or password (`tries_left`).
    WrongPassword,
    /// Too many failures; try again at `minutes`.
    Locked,
    /// The tablet is locked: its PIN is needed. Everything is kept.
    PinNeeded,
    /// That is not the PIN; the next try is possible in `seconds`.
    WrongPin,
    /// Asked too often (`seconds`): it is tried again by itself.
    SlowDown,
    /// This person has no right to it.
    NoRight,
    /// It does not exist (`what`).
    NotFound,
    /// The enrolment code is wrong, used or too old.
    BadCode,
    /// This tablet is not enrolled yet.
    NotEnrolled,
    /// This tablet has its place and waits until an administrator lets it in.
    NotApproved,
    /// The answers break rules (`refs`: the questions, comma-separated).
    InvalidAnswers,
    /// A value cannot be used (`field`, `why`).
    BadInput,
    /// The file is no picture, or broken (`why`).
    BadPhoto,
    /// The file is no register (`why` and what the register reader says).
    BadFile,
    /// The file is no bundle, or no receipts, for this place (`why`); nothing was taken.
    BadBundle,
    /// The tablet handed in no escrow that this server can open: nobody can let its inspector in again here.
    NoEscrow,
    /// The recovery's code is wrong, used or too old, or no recovery is found for it (`why`: `none`, `used`, `wrong`).
    BadRecovery,
    /// Something has to reach the server first, under the identity that it was recorded with.
    SyncFirst,
    /// The disk is full; what was saved is kept.
    DiskFull,
    /// The store reports damage (`what`); what is whole is kept.
    Damaged,
    /// Somebody changed it meanwhile: look again.
    Stale,
    /// The device's place among the devices was taken away.
    Revoked,
    /// Not possible here (`why`): for example a tablet-only call in the console.
    NotHere,
    /// A fault in Huce itself (`what`).
    Internal,
}

/// What the backend tells the screens: everything of this noun that a page shows is to be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Households, facilities, visits, photos, plans or requests: anything of a door.
    Doors,
    /// The sync's state.
    Sync,
    /// Who is signed in, the profile.
    Session,
}

/// The name of the event that carries [`Changed`] to the tablet's screens.
pub const CHANGED_EVENT: &str = "huce-changed";
