//! The household register (住户台账): what heating companies keep in spreadsheets, read so that every
//! row is accounted for.
//!
//! A file becomes a [`table::Table`] (`decode.rs`, `workbook.rs`; feature `workbook`), a table becomes a
//! [`Register`] ([`read`]), and a register is compared with what is known already ([`diff`]). Rows that
//! can't be imported go back to the clerk with the reason ([`rejected_sheet`]). Read in this order:
//! `synonyms.rs` and `columns.rs` (headings), `address.rs` (identity), `values.rs`, `household.rs` (one row), then this file.
//! Registers of facilities, files of requests and tables of grids are read the same way: `facility.rs`, `request.rs`,
//! `grid.rs`.
//!
//! The rule of accounting: `rows = households + exact_duplicates + conflicting + unusable`.

pub mod address;
pub mod columns;
#[cfg(feature = "workbook")]
mod decode;
mod diff;
pub mod facility;
mod file_error;
pub mod grid;
mod household;
mod rejected;
pub mod request;
pub mod synonyms;
pub mod table;
pub mod text;
pub mod values;
mod verdict;
mod wording;
#[cfg(feature = "workbook")]
pub mod workbook;

pub use diff::{Change, Existing, FieldChange, diff};
pub use household::{HouseholdFields, HouseholdRow};
pub use rejected::{Refusals, Refused, rejected_sheet};
pub use verdict::{Doubt, Unusable, Warning, Why};
pub use wording::{Lang, doubt_text, file_error_text, why_text};

use address::Address;
use columns::Column;
use household::{Carried, RowReader};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use table::{RowAt, Sheet, Table};

/// A row that says word for word (after cleaning) what an earlier row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Where it stands.
    pub row: RowAt,
    /// The row that it repeats.
    pub first_row: RowAt,
}

/// A row for a door that an earlier row has already, saying something else. The first one stands
/// until a person decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// Where it stands.
    pub row: RowAt,
    /// The row that stands.
    pub first_row: RowAt,
    /// The columns in which the two differ.
    pub columns: Vec<Column>,
    /// What this row says.
    pub household: HouseholdRow,
}

/// A register, with every row accounted for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Register {
    /// All rows below the heading that are not blank.
    pub rows: usize,
    /// Columns that the file has; fields of other columns are unknown, not empty.
    pub columns: Vec<Column>,
    /// One per door, in the file's order.
    pub households: Vec<HouseholdRow>,
    /// Rows that repeat another.
    pub exact_duplicates: Vec<Duplicate>,
    /// Rows that contradict another.
    pub conflicting: Vec<Conflict>,
    /// Rows that are no household.
    pub unusable: Vec<Unusable>,
    /// Oddities in rows that were imported.
    pub warnings: Vec<Warning>,
}

/// The figures of an import, under the names that `--json` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// All rows below the heading that are not blank.
    pub rows: usize,
    /// Households that can be imported.
    pub households: usize,
    /// Rows that repeat another.
    pub exact_duplicates: usize,
    /// Rows that contradict another.
    pub conflicting_duplicates: usize,
    /// Rows that are no household.
    pub unusable: usize,
    /// Households whose row had to be put into normal form.
    pub repaired: usize,
}

impl Register {
    /// The figures.
    pub fn counts(&self) -> Counts {
        Counts {
            rows: self.rows,
            households: self.households.len(),
            exact_duplicates: self.exact_duplicates.len(),
            conflicting_duplicates: self.conflicting.len(),
            unusable: self.unusable.len(),
            repaired: self.households.iter().filter(|h| !h.repaired.is_empty()).count(),
        }
    }
}

impl Register {
    /// The rows that are not imported.
    pub fn refusals(&self) -> Refusals<'_> {
        let conflicting = self.conflicting.iter();
        Refusals {
            exact_duplicates: &self.exact_duplicates,
            conflicting: conflicting
                .map(|c| Refused { row: c.row, first_row: c.first_row, columns: &c.columns })
                .collect(),
            unusable: &self.unusable,
        }
    }
}

/// Reads every row of a table.
pub fn read(table: &Table) -> Register {
    read_with(table, |_| {})
}

/// Like [`read`]; `progress` is called with the number of rows read, every thousand rows.
pub fn read_with(table: &Table, mut progress: impl FnMut(usize)) -> Register {
    let mut reading = Reading::default();
    for (index, sheet) in table.sheets.iter().enumerate() {
        for (column, _) in &sheet.layout.columns {
            if !reading.register.columns.contains(column) {
                reading.register.columns.push(*column);
            }
        }
        let mut rows = RowReader {
            sheet: u16::try_from(index).unwrap_or(u16::MAX),
            layout: &sheet.layout,
            no_entrances: has_no_entrances(sheet),
            carried: Carried { columns: carried_columns(sheet), ..Carried::default() },
        };
        for row in &sheet.rows {
            reading.register.rows += 1;
            if reading.register.rows.is_multiple_of(1000) {
                progress(reading.register.rows);
            }
            let mut doubts = Vec::new();
            match rows.read(row, &mut doubts) {
                Ok(household) => reading.take(household, doubts),
                Err(unusable) => reading.register.unusable.push(unusable),
            }
        }
    }
    reading.register.columns.sort_unstable();
    progress(reading.register.rows);
    reading.register
}

#[derive(Default)]
struct Reading {
    register: Register,
    /// Door → index of the household that stands.
    doors: HashMap<Address, usize>,
    /// Door → indices of the rows that contradict it.
    rivals: HashMap<Address, Vec<usize>>,
    /// Account number → index of the first household with it.
    accounts: HashMap<String, usize>,
}

impl Reading {
    fn take(&mut self, household: HouseholdRow, doubts: Vec<Warning>) {
        let Some(first) = self.doors.get(&household.address).and_then(|i| self.register.households.get(*i)) else {
            self.keep(household, doubts);
            return;
        };
        let row = household.row;
        let columns = differing(&first.fields, &household.fields);
        if columns.is_empty() {
            self.register.exact_duplicates.push(Duplicate { row, first_row: first.row });
            return;
        }
        let rivals = self.rivals.get(&household.address).into_iter().flatten();
        let same =
            rivals.filter_map(|i| self.register.conflicting.get(*i)).find(|c| c.household.fields == household.fields);
        if let Some(same) = same {
            let first_row = same.row;
            self.register.exact_duplicates.push(Duplicate { row, first_row });
            return;
        }
        let conflict = Conflict { row, first_row: first.row, columns, household };
        self.rivals.entry(conflict.household.address.clone()).or_default().push(self.register.conflicting.len());
        self.register.conflicting.push(conflict);
    }

    fn keep(&mut self, household: HouseholdRow, doubts: Vec<Warning>) {
        let index = self.register.households.len();
        self.register.warnings.extend(doubts);
        if let Some(account) = &household.fields.account {
            match self.accounts.get(account).and_then(|i| self.register.households.get(*i)) {
                Some(other) => self.register.warnings.push(Warning {
                    row: household.row,
                    column: Column::Account,
                    doubt: Doubt::AccountShared { first_row: other.row },
                }),
                None => {
                    self.accounts.insert(account.clone(), index);
                }
            }
        }
        self.doors.insert(household.address.clone(), index);
        self.register.households.push(household);
    }
}

fn differing(a: &HouseholdFields, b: &HouseholdFields) -> Vec<Column> {
    let pairs = [
        (Column::Floor, a.floor == b.floor),
        (Column::Account, a.account == b.account),
        (Column::AreaM2, a.area_m2 == b.area_m2),
        (Column::Mode, a.mode == b.mode),
        (Column::Name, a.name == b.name),
        (Column::Phone, a.phone == b.phone),
        (Column::Care, a.care == b.care),
        (Column::GridCode, a.grid_code == b.grid_code),
        (Column::Inspector, a.inspector == b.inspector),
        (Column::Note, a.note == b.note),
    ];
    pairs.iter().filter(|(_, same)| !same).map(|(c, _)| *c).collect()
}

/// Columns of the address that are filled once per group and empty below it: what is left of merged
/// cells in a text file. A few empty cells are mistakes; half of them are a habit.
fn carried_columns(sheet: &Sheet) -> Vec<Column> {
    let room = sheet.layout.position(Column::Room);
    let rows: Vec<_> = sheet.rows.iter().filter(|r| room.is_some_and(|p| !r.cell(p).trim().is_empty())).collect();
    let habit = |column: &Column| {
        sheet.layout.position(*column).is_some_and(|p| {
            let empty = rows.iter().filter(|r| r.cell(p).trim().is_empty()).count();
            empty < rows.len() && empty * 2 >= rows.len() && rows.first().is_some_and(|r| !r.cell(p).trim().is_empty())
        })
    };
    [Column::Estate, Column::Building, Column::Entrance].into_iter().filter(habit).collect()
}

/// Whether no row names an entrance, in a column of its own or within a whole address.
fn has_no_entrances(sheet: &Sheet) -> bool {
    let own = sheet.layout.position(Column::Entrance);
    let whole = sheet.layout.position(Column::Address);
    !sheet.rows.iter().any(|row| {
        own.is_some_and(|p| !row.cell(p).trim().is_empty())
            || whole.is_some_and(|p| address::parse_combined(row.cell(p)).is_some_and(|w| w.entrance.is_some()))
    })
}

#[cfg(all(test, feature = "workbook"))]
#[path = "register_tests.rs"]
mod tests;
