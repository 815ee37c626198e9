//! The names of things. All identifiers are made here by one macro, so that a household can never be
//! passed where a plan is meant, and so that no identifier from outside is longer or stranger than it may be.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Empty, or longer than [`MAX_LEN`] bytes.
    #[error("an identifier has 1 to {MAX_LEN} bytes, this one has {0}")]
    Length(usize),
    /// A character that would not survive in a key, a path or an address.
    #[error("an identifier holds letters, digits and . _ - only, this one holds {0:?}")]
    Character(char),
    /// Not `device-sequence`.
    #[error("an event's identifier is DEVICE-NUMBER")]
    Event,
}

/// The most bytes an identifier may have.
pub const MAX_LEN: usize = 80;

fn checked(text: String) -> Result<String, IdError> {
    if text.is_empty() || text.len() > MAX_LEN {
        return Err(IdError::Length(text.len()));
    }
    match text.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
        Some(c) => Err(IdError::Character(c)),
        None => Ok(text),
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text that is an identifier; says why when it is none.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                checked(text.into()).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )*};
}

ids! {
    /// A household 户: `h` and 20 hexadecimal digits of the hash of its normal address, so that two registers
    /// that name the same door name the same household.
    HouseholdId
    /// A facility 设施: `f` and 20 hexadecimal digits of the hash of its kind and normal code, or, where it has no code, of
    /// its kind, grid and normal name.
    FacilityId
    /// A plan 一户一策: the identifier of the event that opened it.
    PlanId
    /// A measure within a plan: its catalogue code, with `-2`, `-3` … for repeats.
    MeasureId
    /// A request 诉求: the identifier of the event that took it down.
    RequestId
    /// A rule of who is responsible: `r` and 20 hexadecimal digits of the hash of its grid, category and kind of place.
    RuleId
    /// A round 排查行动, or a drive of several: `r` and 20 hexadecimal digits of the hash of what drew it up.
    RoundId
    /// A grid 网格: its code, for example `DL-08-1`.
    GridId
    /// A person 人员: the login name.
    PersonId
    /// A device 设备, or the server itself: 16 characters from the hash of its public key.
    DeviceId
    /// A photo 照片: the BLAKE3 hash of its bytes, 64 hexadecimal digits.
    PhotoId
    /// A form: its `form_id` from the workbook's settings.
    FormId
    /// A visit that is being filled in, on one device.
    DraftId
}

impl HouseholdId {
    /// The identifier of the household at a normal address. The parts are in normal form already
    /// (see `register::address`), so that equal doors are equal texts.
    pub fn of_address(estate: &str, building: &str, entrance: &str, room: &str) -> Self {
        Self(named_by('h', &[estate, building, entrance, room]))
    }
}

impl FacilityId {
    /// The identifier of the facility of a kind (its word, see `facility::FacilityKind`) with a code in normal form.
    pub fn of_code(kind: &str, code: &str) -> Self {
        Self(named_by('f', &["code", kind, code]))
    }

    /// The identifier of one that has no code: its name, in normal form, says which it is within its grid.
    pub fn of_name(kind: &str, grid: &GridId, name: &str) -> Self {
        Self(named_by('f', &["name", kind, grid.as_str(), name]))
    }
}

impl RoundId {
    /// The identifier of a drive: who drew it up, what it is called, where, and when (milliseconds).
    pub fn of_drive(person: &PersonId, name: &str, grid: &GridId, drawn_ms: i64) -> Self {
        Self(named_by('r', &["drive", person.as_str(), name, grid.as_str(), &drawn_ms.to_string()]))
    }

    /// The identifier of a drive's round in one grid.
    pub fn of_grid(drive: &Self, grid: &GridId) -> Self {
        Self(named_by('r', &["grid", drive.as_str(), grid.as_str()]))
    }
}

impl RuleId {
    /// The identifier of the rule for requests of a category at a kind of place in a grid.
    pub fn of(grid: &GridId, category: crate::request::Category, place: crate::rule::Place) -> Self {
        Self(named_by('r', &[grid.as_str(), category.as_str(), place.as_str()]))
    }
}

/// A letter and 20 hexadecimal digits of the hash of these parts.
fn named_by(letter: char, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    let hex = hasher.finalize().to_hex();
    format!("{letter}{}", hex.get(..20).unwrap_or_default())
}

impl PhotoId {
    /// The identifier of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes).to_hex().to_string())
    }

    /// The first characters, enough to print on a photo and to recognise it by.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// An event's identity: the device that recorded it and its dense number there, from 1. Written `device-number`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    /// Who recorded it.
    pub device: DeviceId,
    /// The how-manieth on that device, from 1.
    pub seq: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.device, self.seq)
    }
}

impl FromStr for EventId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (device, seq) = text.rsplit_once('-').ok_or(IdError::Event)?;
        Ok(Self { device: DeviceId::new(device)?, seq: seq.parse().map_err(|_| IdError::Event)? })
    }
}

impl TryFrom<String> for EventId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> String {
        id.to_string()
    }
}
