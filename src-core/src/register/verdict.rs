//! What the reader says about single rows: why one is no household, and what is odd about one that is.

use super::columns::Column;
use super::table::RowAt;
use serde::{Deserialize, Serialize};

/// Why a row is no household. Serialised as `{code, params}`; `wording.rs` has both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum Why {
    /// The cell is empty.
    Missing,
    /// A subtotal or total.
    TotalRow {
        /// What it says.
        text: String,
    },
    /// The heading once more.
    RepeatedHeader,
    /// A remark in a row of its own.
    NoteRow {
        /// What it says.
        text: String,
    },
    /// A store room, a garage, a shop without number.
    NotADoor {
        /// What it says.
        text: String,
    },
    /// A spreadsheet made a date of it.
    LooksLikeDate {
        /// What it says.
        text: String,
    },
    /// Characters were lost in an earlier conversion.
    Unreadable {
        /// What is left.
        text: String,
    },
    /// Something else.
    NotUnderstood {
        /// What it says.
        text: String,
    },
}

/// A row that was not imported, and which column to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unusable {
    /// Where it stands.
    pub row: RowAt,
    /// The column to look at.
    pub column: Column,
    /// What is wrong.
    pub why: Why,
}

/// Something odd in a row that was imported all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum Doubt {
    /// The heating mode is none that is known; left empty.
    ModeUnknown {
        /// What it says.
        text: String,
    },
    /// The area is no number; left empty.
    AreaNotUnderstood {
        /// What it says.
        text: String,
    },
    /// The floor is no number; taken from the room.
    FloorNotUnderstood {
        /// What it says.
        text: String,
    },
    /// A spreadsheet cut the account number's last digits off; left empty.
    AccountCut {
        /// What is left.
        text: String,
    },
    /// Latitude and longitude are no place; left empty.
    PositionNotUnderstood {
        /// What they say.
        text: String,
    },
    /// The time is none; the request counts as taken down when the file is imported.
    TimeNotUnderstood {
        /// What it says.
        text: String,
    },
    /// Another address has the same account number.
    AccountShared {
        /// The first row with it.
        first_row: RowAt,
    },
}

/// A doubt, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Where.
    pub row: RowAt,
    /// Which column.
    pub column: Column,
    /// What.
    pub doubt: Doubt,
}
