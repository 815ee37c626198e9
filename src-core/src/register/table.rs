//! A file as rows of text that know where they stood: what [`super::read`] works on.
//!
//! Reading bytes needs the feature `workbook` (`decode.rs`, `workbook.rs`); the types here don't.

use super::columns::{Layout, Subject};
pub use super::file_error::{CellFault, FileError};
use serde::{Deserialize, Serialize};

#[cfg(feature = "workbook")]
pub use super::decode::{read_table, read_table_of};

/// The largest file that is read, in bytes (64 MiB). 260,000 households are about 30 MB of CSV.
pub const MAX_FILE_BYTES: u64 = 64 << 20;
/// The most that a workbook may unpack to, in bytes (400 MiB). 260,000 households are about 180 MB.
pub const MAX_UNPACKED_BYTES: u64 = 400 << 20;
/// The most cells that are kept, over all sheets.
pub const MAX_CELLS: usize = 24_000_000;
/// The most text that is kept, in bytes.
pub const MAX_TEXT_BYTES: usize = 256 << 20;
/// The widest sheet that is read.
pub const MAX_COLUMNS: usize = 512;
/// The longest text in one cell, in bytes; Excel's own limit is 32,767 characters.
pub const MAX_CELL_BYTES: usize = 128 << 10;

/// A place in a file, as the clerk sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowAt {
    /// Which sheet of the [`Table`], from 0.
    pub sheet: u16,
    /// Row number, from 1.
    pub row: u32,
}

/// One row: all cells in one piece of text, because a register has millions of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Row number in its sheet, from 1.
    pub number: u32,
    text: Box<str>,
    ends: Box<[u32]>,
}

impl Row {
    /// A row from its cells; empty cells at the end are not kept.
    pub fn new<S: AsRef<str>>(number: u32, cells: impl IntoIterator<Item = S>) -> Self {
        let (mut text, mut ends, mut kept) = (String::new(), Vec::new(), 0);
        for cell in cells {
            let cell = cell.as_ref();
            text.push_str(cell);
            ends.push(text.len() as u32);
            if !cell.is_empty() {
                kept = ends.len();
            }
        }
        ends.truncate(kept);
        Self { number, text: text.into(), ends: ends.into() }
    }

    /// The text of a cell by position from 0; empty beyond the end.
    pub fn cell(&self, position: usize) -> &str {
        let start = match position {
            0 => 0,
            p => self.ends.get(p - 1).copied().unwrap_or(0) as usize,
        };
        self.ends.get(position).and_then(|end| self.text.get(start..*end as usize)).unwrap_or("")
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|i| self.cell(i))
    }

    /// How many cells are kept.
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of text.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Nothing but white space.
    pub fn is_blank(&self) -> bool {
        self.text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{200B}')
    }
}

/// A sheet that is a register: its heading and every row below that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Name of the sheet; for text files the file's name.
    pub name: String,
    /// Where the columns are.
    pub layout: Layout,
    /// The rows below the heading, without blank ones.
    pub rows: Vec<Row>,
}

/// Why a sheet of a workbook was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// It is hidden.
    Hidden,
    /// It is empty.
    Blank,
    /// It has no heading of a register (instructions, summaries, charts).
    NoHeader,
}

/// A file that holds at least one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file's name.
    pub file_name: String,
    /// `UTF-8`, `gb18030`, `UTF-16LE`, …; `xlsx` for workbooks.
    pub encoding: String,
    /// The registers in it; never empty.
    pub sheets: Vec<Sheet>,
    /// Sheets that were not read, by name.
    pub skipped: Vec<(String, Skipped)>,
}

impl Table {
    /// A table from one sheet of rows, with the heading to be found: for text files and tests.
    pub fn of_rows(subject: Subject, file_name: &str, encoding: &str, rows: Vec<Row>) -> Result<Self, FileError> {
        let sheet = Sheet::of_rows(subject, file_name, rows)?;
        Ok(Self {
            file_name: file_name.to_owned(),
            encoding: encoding.to_owned(),
            sheets: vec![sheet],
            skipped: Vec::new(),
        })
    }

    /// What it lists.
    pub fn subject(&self) -> Subject {
        self.sheets.first().map(|sheet| sheet.layout.subject).unwrap_or_default()
    }

    /// How many rows there are to read.
    pub fn rows(&self) -> usize {
        self.sheets.iter().map(|s| s.rows.len()).sum()
    }

    /// A place in words: `80`, or `住户台账!80` when there are several sheets.
    pub fn place(&self, at: RowAt) -> String {
        match self.sheets.get(usize::from(at.sheet)) {
            Some(sheet) if self.sheets.len() > 1 => format!("{}!{}", sheet.name, at.row),
            _ => at.row.to_string(),
        }
    }

    /// The row at a place.
    pub fn row(&self, at: RowAt) -> Option<&Row> {
        let rows = &self.sheets.get(usize::from(at.sheet))?.rows;
        rows.binary_search_by_key(&at.row, |r| r.number).ok().and_then(|i| rows.get(i))
    }
}

impl Sheet {
    /// Finds the heading and keeps what is below it. Refuses a sheet without heading or rows, and
    /// one that shows a formula's error.
    pub fn of_rows(subject: Subject, name: &str, rows: Vec<Row>) -> Result<Self, FileError> {
        if rows.iter().all(Row::is_blank) {
            return Err(FileError::Empty);
        }
        let found =
            super::columns::find_layout(subject, rows.iter().filter(|r| !r.is_blank()).map(|r| (r.number, r.cells())));
        let errors = formula_errors(name, &rows);
        if !errors.is_empty() {
            return Err(FileError::formulas(errors));
        }
        let layout = found.map_err(|best| FileError::NoHeader {
            looked_for: if best.columns.is_empty() {
                Layout { subject, ..Layout::default() }.missing()
            } else {
                best.missing()
            },
            found: match best.headings.iter().filter(|h| !h.is_empty()).count() {
                0 => first_texts(&rows),
                _ => best.headings.iter().filter(|h| !h.is_empty()).take(20).cloned().collect(),
            },
        })?;
        let rows: Vec<Row> = rows.into_iter().filter(|r| r.number > layout.header_row && !r.is_blank()).collect();
        if rows.is_empty() {
            return Err(FileError::NoRows);
        }
        Ok(Self { name: name.to_owned(), layout, rows })
    }
}

fn first_texts(rows: &[Row]) -> Vec<String> {
    let cells = rows.iter().take(5).flat_map(Row::cells).map(super::text::clean);
    cells.filter(|c| !c.is_empty()).take(10).map(|c| c.chars().take(24).collect()).collect()
}

/// Errors that spreadsheets write into cells, also when they save as text.
const FORMULA_ERRORS: &[&str] = &[
    "#REF!",
    "#N/A",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    "#BUSY!",
    "#GETTING_DATA",
];

fn formula_errors(sheet: &str, rows: &[Row]) -> Vec<CellFault> {
    let mut faults = Vec::new();
    for row in rows.iter().filter(|r| r.text.contains('#')) {
        for (i, cell) in row.cells().enumerate() {
            let cell = cell.trim();
            if FORMULA_ERRORS.contains(&cell) {
                faults.push(CellFault {
                    sheet: sheet.to_owned(),
                    row: row.number,
                    column: column_letters(i),
                    error: cell.to_owned(),
                });
            }
        }
    }
    faults
}

/// 0 → `A`, 26 → `AA`.
pub fn column_letters(position: usize) -> String {
    let (mut n, mut out) = (position + 1, Vec::new());
    while n > 0 {
        out.push(char::from(b'A' + ((n - 1) % 26) as u8));
        n = (n - 1) / 26;
    }
    out.into_iter().rev().collect()
}
