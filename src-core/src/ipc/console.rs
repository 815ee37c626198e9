//! Calls that only the console has: overview, people, devices, enrolment codes, the import of registers.
//! The file itself is uploaded to `POST /api/import/upload` (multipart, so that a browser shows its progress).

use serde::{Deserialize, Serialize};

use super::{calls, household::GridFigures};
use crate::{
    clock::Millis,
    grid::Level,
    ids::{DeviceId, GridId, PersonId},
    person::{Person, Role, RoleIn},
};

/// Figures of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Overview {}

/// Reply to [`Overview`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverviewReply {
    /// The server's clock.
    pub now_ms: Millis,
    /// Households.
    pub households: u32,
    /// Households visited in a running round.
    pub visited: u32,
    /// Visits since midnight (China time), and the day before until the same hour.
    pub visits_today: (u32, u32),
    /// Households with a temperature.
    pub measured: u32,
    /// Of which below the standard.
    pub cold: u32,
    /// Last temperatures by whole degree.
    pub temperatures: Vec<(i32, u32)>,
    /// Plans that are not closed, and of which something is overdue.
    pub plans_open: (u32, u32),
    /// Requests of the last 30 days: all, answered in time, solved in time, at their end.
    pub requests_30d: (u32, u32, u32, u32),
    /// Requests that have not come to their end.
    pub requests_open: u32,
    /// Tablets: enrolled, and synced today.
    pub devices: (u32, u32),
    /// By grid (inspector grids).
    pub grids: Vec<GridFigures>,
    /// Photos stored, and those named by events whose bytes have not come.
    pub photos: (u32, u32),
}

/// People of this person's grids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct People {}

/// Reply to [`People`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeopleReply {
    /// People with their roles.
    pub people: Vec<Person>,
    /// Grids to choose from.
    pub grids: Vec<(GridId, String, Level)>,
    /// Their tablets.
    pub devices: Vec<DeviceLine>,
    /// May this person add people and make codes?
    pub may_edit: bool,
}

/// A tablet in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceLine {
    /// Which.
    pub device: DeviceId,
    /// What people call it.
    pub name: String,
    /// Whose.
    pub person: PersonId,
    /// The app's version.
    pub version: String,
    /// Since when.
    pub enrolled_ms: Millis,
    /// When it was heard last.
    pub seen_ms: Option<Millis>,
    /// Events and photos that it had left then.
    pub unsent: (u64, u64),
    /// Taken away, or not let in?
    pub revoked: bool,
    /// Was it let in? Else it waits.
    pub approved: bool,
    /// The server's clock minus the tablet's, when it last asked for a token.
    pub offset_ms: Option<i64>,
}

/// Adds somebody, or changes name and roles.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavePerson {
    /// The login name.
    pub login: PersonId,
    /// The name to show.
    pub name: String,
    /// Roles.
    pub roles: Vec<RoleIn>,
    /// A new password (at least 8 characters); none leaves it.
    pub password: Option<String>,
}

/// Makes a one-time enrolment code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewCode {
    /// Whose tablet.
    pub person: PersonId,
    /// Is the tablet that brings it let in at once?
    #[serde(default)]
    pub approve: bool,
}

/// Reply to [`NewCode`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentCode {
    /// Eight characters, `ABCD-EFGH`.
    pub code: String,
    /// Good until, once.
    pub until_ms: Millis,
    /// The address to type on the tablet.
    pub url: String,
    /// The certificate authority, 64 hexadecimal digits; none where a public one vouches.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// All of it in one line to be pasted ([`crate::enrol_line`]).
    #[serde(default)]
    pub line: String,
    /// The line as a QR code: how many modules wide and high, and the dark ones as the data of an SVG path.
    #[serde(default)]
    pub qr: (u32, String),
}

/// Lets in a tablet that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approve {
    /// Which.
    pub device: DeviceId,
}

/// Takes a tablet's place away; one that waits is not let in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Revoke {
    /// Which.
    pub device: DeviceId,
}

/// Opens the escrow of a tablet whose PIN was forgotten. Who did it and when is written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenEscrow {
    /// Which tablet.
    pub device: DeviceId,
}

/// Reply to [`OpenEscrow`]. The code and the file go to the tablet by different ways.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedEscrow {
    /// 20 letters, `ABCDE-FGHJK-LMNPQ-RSTUV`: told to the inspector. Good once.
    pub code: String,
    /// Until when the tablet can fetch the rest over the network.
    pub until_ms: Millis,
    /// What is put onto a drive where there is no network.
    pub file: String,
    /// Under this name, in the drive's top folder.
    pub file_name: String,
}

/// How far an import is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImportStatus {
    /// The number that the upload was answered with.
    pub import: u64,
}

/// Applies what the preview showed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApplyImport {
    /// Which.
    pub import: u64,
}

/// An import: uploaded, read, previewed, applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportState {
    /// Its number.
    pub import: u64,
    /// The file's name.
    pub file: String,
    /// How far it is.
    pub stage: ImportStage,
    /// Rows done, rows in all, of the running stage.
    pub progress: (u64, u64),
    /// The figures, once read.
    pub counts: Option<ImportCounts>,
    /// Rows that are not imported, the first 200: row, column, why (a code of the register reader), its parameters.
    pub rejected: Vec<RejectedRow>,
    /// What the import changes: new households, changed fields; the first 200 changes.
    pub changes: Vec<ImportChange>,
    /// Why the file was refused as a whole.
    pub error: Option<super::CallError>,
}

/// The stages of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStage {
    /// The file is being read.
    Reading,
    /// Look at it, then apply.
    Preview,
    /// Events are being written.
    Applying,
    /// Applied.
    Done,
    /// Refused; nothing was imported.
    Failed,
}

/// Every row is accounted for: rows = households + exact_duplicates + conflicting_duplicates + unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Data rows.
    pub rows: u64,
    /// Households (rows that are imported).
    pub households: u64,
    /// Rows that repeat another row.
    pub exact_duplicates: u64,
    /// Rows that name a household again with other facts.
    pub conflicting_duplicates: u64,
    /// Rows that cannot be used.
    pub unusable: u64,
    /// Rows in which a value was brought into normal form.
    pub repaired: u64,
    /// Households that did not exist.
    pub new: u64,
    /// Households of which something changes.
    pub changed: u64,
    /// Households that stay as they are.
    pub unchanged: u64,
    /// Households of the file's estates that the file does not have; they stay.
    #[serde(default)]
    pub missing: u64,
}

/// A row that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// As numbered in the spreadsheet, from 1.
    pub row: u64,
    /// The row that it repeats.
    pub first_row: Option<u64>,
    /// The column's title.
    pub column: Option<String>,
    /// Why: `exact_duplicate`, `conflicting_duplicate`, or the reader's code.
    pub why: String,
    /// What the text needs.
    pub params: Vec<(String, String)>,
    /// The address as far as it could be read.
    pub address: String,
}

/// A change by an import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportChange {
    /// 小区 3-3-601
    pub address: String,
    /// None for a new household; else the field, old and new value.
    pub field: Option<(String, String, String)>,
}

/// Roles that the console offers, in the order of display.
pub const ROLES: [Role; 5] =
    [Role::Inspector, Role::Coordinator, Role::CrewLead, Role::Dispatcher, Role::Administrator];

calls! {
    Overview => "overview" -> OverviewReply;
    People => "people" -> PeopleReply;
    SavePerson => "save_person" -> Person;
    NewCode => "new_code" -> EnrolmentCode;
    Approve => "approve" -> DeviceLine;
    Revoke => "revoke" -> DeviceLine;
    OpenEscrow => "open_escrow" -> OpenedEscrow;
    ImportStatus => "import_status" -> ImportState;
    ApplyImport => "apply_import" -> ImportState;
}
