//! Who is here: enrolment of a tablet, sign-in to the console.

use serde::{Deserialize, Serialize};

use super::calls;
use crate::{
    clock::Millis,
    grid::Grid,
    ids::{DeviceId, PersonId},
    person::Person,
};

/// Where the screens run, and for whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// A tablet that waits for its code.
    NotEnrolled {
        /// Its device identifier.
        device: DeviceId,
    },
    /// A tablet that waits for its PIN.
    Locked {
        /// Milliseconds until the next try; 0 for now.
        wait_ms: Millis,
    },
    /// A tablet that waits until an administrator lets it in.
    Waiting {
        /// Its device identifier, which both sides compare (see [`crate::event::spoken`]).
        device: DeviceId,
        /// Whose it will be.
        person: PersonId,
    },
    /// A console that waits for a name and a password.
    SignedOut,
    /// Ready.
    Ready(Ready),
}

/// Somebody is here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// A tablet or the console.
    pub place: Place,
    /// Who.
    pub me: Person,
    /// The grids that this person works in: whole subtrees.
    pub grids: Vec<Grid>,
    /// Grids above, for their names.
    pub above: Vec<Grid>,
    /// Colleagues, for names and for assigning.
    pub people: Vec<Person>,
    /// Does a PIN keep what is on this tablet? Always false in the console.
    #[serde(default)]
    pub has_pin: bool,
}

impl Ready {
    /// The name to show for somebody.
    pub fn name_of<'a>(&'a self, person: &'a PersonId) -> &'a str {
        self.people.iter().find(|p| p.id == *person).map_or(person.as_str(), |p| p.name.as_str())
    }
}

/// A tablet or the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The tablet's shell.
    Tablet,
    /// The browser.
    Console,
}

/// Who is here?
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WhoAmI {}

/// Enrols the tablet: a one-time code becomes a place among the devices. The grids are pulled afterwards, see
/// [`super::sync::SyncStatus`] for the progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrol {
    /// For example `https://192.168.1.10:8440`; or the whole line ([`crate::enrol_line`]), and the rest is empty.
    pub url: String,
    /// Eight characters; spaces, dashes and lower case do not matter.
    pub code: String,
    /// The certificate authority, where no public one vouches: its SHA-256, or the first 20 digits of it.
    #[serde(default)]
    pub fingerprint: String,
}

/// Gives a tablet whose numbers were used twice (it was copied, or put back from a copy) a new identity in its place: a new
/// one-time code for the same server. What the server kept aside is recorded again, open forms come along.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolAnew {
    /// Eight characters, or the whole line of the console.
    pub code: String,
    /// The tablet's PIN, where it has one.
    pub pin: Option<String>,
}

/// Signs in to the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
}

/// Signs out of the console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignOut {}

/// Opens the tablet with its PIN. A wrong one costs time, and nothing else.
#[derive(Clone, Serialize, Deserialize)]
pub struct Unlock {
    /// As it was typed.
    pub pin: String,
}

/// Opens a locked tablet whose PIN was forgotten, and sets a new one: with the code that the administrator told. What
/// belongs to the code is on a drive, or the server has it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Recover {
    /// 20 letters; spaces, dashes and lower case do not matter.
    pub code: String,
    /// The new PIN.
    pub pin: String,
}

/// Locks the tablet now; it goes on syncing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lock {}

/// Sets the PIN, or changes it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SetPin {
    /// The one until now, where there is one.
    pub old: Option<String>,
    /// The new one.
    pub new: String,
}

/// Somebody touches the screen: it does not lock by itself yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Touched {}

/// What time the promises run by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Now {}

/// Reply to [`Now`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NowReply {
    /// The server's clock as far as it is known here.
    pub now_ms: Millis,
}

calls! {
    WhoAmI => "who_am_i" -> Session;
    Enrol => "enrol" -> Session;
    EnrolAnew => "enrol_anew" -> Session;
    SignIn => "sign_in" -> Session;
    SignOut => "sign_out" -> Session;
    Unlock => "unlock" -> Session;
    Recover => "recover" -> Session;
    Lock => "lock" -> Session;
    SetPin => "set_pin" -> Session;
    Touched => "touched" -> Session;
    Now => "now" -> NowReply;
}
