//! Why a file is refused as a whole. Of such a file nothing is imported.

use super::columns::Column;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A cell that shows an error or was never calculated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellFault {
    /// Name of the sheet.
    pub sheet: String,
    /// Row number, from 1.
    pub row: u32,
    /// Column letters: `G`.
    pub column: String,
    /// `#REF!`, or `=` for a formula that was saved without its value.
    pub error: String,
}

/// Why a file is not imported at all. Serialised as `{code, params}`, translated in the UI
/// (`wording.rs` has both languages).
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "code", content = "params", rename_all = "snake_case")]
pub enum FileError {
    /// More bytes than [`super::table::MAX_FILE_BYTES`].
    #[error("the file has {bytes} bytes; at most {limit_bytes} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// A workbook that would unpack to more than [`super::table::MAX_UNPACKED_BYTES`], or holds more text or cells than a register can.
    #[error("the workbook unpacks to more than {limit_bytes} bytes ({entry})")]
    UnpacksTooLarge {
        /// The limit.
        limit_bytes: u64,
        /// The part that is too large.
        entry: String,
    },
    /// More cells, columns or text than a register has.
    #[error("the sheet {sheet} is larger than a register can be ({limit} {what})")]
    SheetTooLarge {
        /// Name of the sheet.
        sheet: String,
        /// `cells`, `columns` or `bytes`.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// A picture, a PDF, a document, …
    #[error("this is no table but {format}")]
    OtherFormat {
        /// `png`, `jpeg`, `pdf`, `html`, `zip`, `binary`, …
        format: String,
    },
    /// The old .xls format, or a workbook with a password: save it as .xlsx without password.
    #[error("an old .xls workbook, or one with a password; save it as .xlsx without password")]
    OldOrLocked,
    /// Begins like a workbook but can't be read.
    #[error("the file is damaged: {detail}")]
    Damaged {
        /// What the reader said.
        detail: String,
    },
    /// No byte, or no cell with text in it.
    #[error("there is nothing in the file")]
    Empty,
    /// A heading and nothing below it.
    #[error("there is a heading but no row below it")]
    NoRows,
    /// No row names the columns of a register.
    #[error("no heading of a register: missing {looked_for:?}, found {found:?}")]
    NoHeader {
        /// Columns that are needed and were not found.
        looked_for: Vec<Column>,
        /// The headings, or the first texts, of the file.
        found: Vec<String>,
    },
    /// Formulas that show an error or were never calculated: their values can't be trusted.
    #[error("{total} cells hold a formula error, first: {cells:?}")]
    FormulaErrors {
        /// The first twenty.
        cells: Vec<CellFault>,
        /// How many there are.
        total: usize,
    },
    /// A quotation mark that is not closed swallows the rows after it.
    #[error("row {row} opens a quotation mark that does not end")]
    OpenQuote {
        /// The row where it opens.
        row: u32,
    },
}

impl FileError {
    /// From all faulty cells; keeps the first twenty.
    pub fn formulas(mut cells: Vec<CellFault>) -> Self {
        let total = cells.len();
        cells.truncate(20);
        FileError::FormulaErrors { cells, total }
    }
}
