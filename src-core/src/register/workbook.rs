//! .xlsx files: what they unpack to is measured before anything is read, cells are streamed (a sheet
//! whose only cell is XFD1048576 must not become a rectangle in memory), and a formula is trusted
//! only if its value was saved with it.

use super::columns::{Column, Subject};
use super::table::{
    CellFault, FileError, MAX_CELL_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_TEXT_BYTES, MAX_UNPACKED_BYTES, Row, Sheet,
    Skipped, Table, column_letters,
};
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What measuring a workbook told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Bytes after unpacking.
    pub bytes: u64,
    /// Whether any part speaks of merged cells.
    pub has_merges: bool,
}

/// Unpacks every part of a zip without keeping it, and refuses one that grows beyond `limit` bytes,
/// whatever its directory declares. Any workbook from outside should pass here first.
///
/// # Errors
/// [`FileError::UnpacksTooLarge`], [`FileError::Damaged`], or [`FileError::OtherFormat`] for a zip that is no workbook.
pub fn measure(bytes: &[u8], limit: u64) -> Result<Measured, FileError> {
    let damaged = |e: &dyn std::fmt::Display| FileError::Damaged { detail: e.to_string() };
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let too_large = |entry: &str| FileError::UnpacksTooLarge { limit_bytes: limit, entry: entry.to_owned() };
    let declared: u64 =
        (0..zip.len()).filter_map(|i| zip.by_index_raw(i).ok().map(|f| f.size())).fold(0, u64::saturating_add);
    if declared > limit {
        return Err(too_large("directory"));
    }
    if zip.index_for_name("xl/workbook.xml").is_none() && zip.index_for_name("[Content_Types].xml").is_none() {
        return Err(FileError::OtherFormat { format: "zip".to_owned() });
    }
    if zip.index_for_name("word/document.xml").is_some() || zip.index_for_name("ppt/presentation.xml").is_some() {
        return Err(FileError::OtherFormat { format: "document".to_owned() });
    }
    let mut measured = Measured { bytes: 0, has_merges: false };
    let mut buffer = vec![0u8; 1 << 16];
    const MARK: &[u8] = b"mergeCell";
    for i in 0..zip.len() {
        let mut part = zip.by_index(i).map_err(|e| damaged(&e))?;
        let name = part.name().map(|n| n.into_owned()).unwrap_or_default();
        let mut tail = 0;
        // The end of the last piece stays in front, so that a mark across two pieces is seen.
        while let Some(free) = buffer.get_mut(tail..) {
            let got = part.read(free).map_err(|e| damaged(&e))?;
            if got == 0 {
                break;
            }
            measured.bytes += got as u64;
            if measured.bytes > limit {
                return Err(too_large(&name));
            }
            let filled = tail + got;
            if !measured.has_merges && name.ends_with(".xml") {
                let seen = buffer.get(..filled).unwrap_or_default();
                measured.has_merges = seen.split(|b| *b == b'<').any(|tag| tag.starts_with(MARK));
            }
            let keep = filled.min(MARK.len());
            buffer.copy_within(filled - keep..filled, 0);
            tail = keep;
        }
    }
    Ok(measured)
}

/// Reads all visible sheets that are registers.
pub(super) fn read_workbook(subject: Subject, file_name: &str, bytes: &[u8]) -> Result<Table, FileError> {
    let measured = measure(bytes, MAX_UNPACKED_BYTES)?;
    // The reader does arithmetic on numbers from the file; an overflow there is a damaged file, no crash.
    let read = catch_unwind(AssertUnwindSafe(|| read_sheets(subject, file_name, bytes, measured.has_merges)));
    read.unwrap_or_else(|_| Err(FileError::Damaged { detail: "the reader gave up".to_owned() }))
}

fn damaged(e: XlsxError) -> FileError {
    match e {
        XlsxError::Password => FileError::OldOrLocked,
        e => FileError::Damaged { detail: e.to_string() },
    }
}

fn read_sheets(subject: Subject, file_name: &str, bytes: &[u8], has_merges: bool) -> Result<Table, FileError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut table =
        Table { file_name: file_name.to_owned(), encoding: "xlsx".to_owned(), sheets: Vec::new(), skipped: Vec::new() };
    let mut budget = Budget { cells: MAX_CELLS, text: MAX_TEXT_BYTES };
    let mut refused: Option<FileError> = None;
    let names: Vec<_> = book.sheets_metadata().iter().map(|s| (s.name.clone(), s.visible, s.typ)).collect();
    for (name, visible, kind) in names {
        if visible != SheetVisible::Visible {
            table.skipped.push((name, Skipped::Hidden));
            continue;
        }
        if kind != SheetType::WorkSheet {
            table.skipped.push((name, Skipped::NoHeader));
            continue;
        }
        let mut cells = read_cells(&mut book, &name, &mut budget)?;
        if has_merges {
            fill_merged(&mut cells, &book.merge_cells_by_sheet_name(&name).map_err(damaged)?);
        }
        match Sheet::of_rows(subject, &name, cells.rows()) {
            Ok(sheet) => {
                never_calculated(&sheet, &cells.unvalued)?;
                table.sheets.push(sheet);
            }
            // A sheet without heading is passed over, but if no sheet has one, this is the reason to give.
            Err(e @ (FileError::NoHeader { .. } | FileError::Empty | FileError::NoRows)) => {
                let why = if matches!(e, FileError::NoHeader { .. }) { Skipped::NoHeader } else { Skipped::Blank };
                table.skipped.push((name, why));
                if refused.as_ref().is_none_or(|r| *r == FileError::Empty) {
                    refused = Some(e);
                }
            }
            // An error in a sheet of figures that is no register does no harm.
            Err(e @ FileError::FormulaErrors { .. }) => {
                if cells.is_register(subject) {
                    return Err(e);
                }
                table.skipped.push((name, Skipped::NoHeader));
                refused = Some(e);
            }
            Err(e) => return Err(e),
        }
    }
    match refused {
        Some(e) if table.sheets.is_empty() => Err(e),
        _ if table.sheets.is_empty() => Err(FileError::Empty),
        _ => Ok(table),
    }
}

struct Budget {
    cells: usize,
    text: usize,
}

#[derive(Default)]
struct Cells {
    /// Row (from 0) → cells (column from 0, text), not yet in order.
    by_row: Vec<(u32, Vec<(u16, String)>)>,
    /// Cells whose formula came without a value, or with the 0 that some writers put there.
    unvalued: Vec<(u32, u16)>,
}

impl Cells {
    fn rows(&self) -> Vec<Row> {
        self.by_row
            .iter()
            .map(|(number, cells)| {
                let width = cells.iter().map(|(c, _)| usize::from(*c) + 1).max().unwrap_or(0);
                let mut line = vec![""; width];
                for (column, text) in cells {
                    if let Some(slot) = line.get_mut(usize::from(*column)) {
                        *slot = text;
                    }
                }
                Row::new(number + 1, line)
            })
            .collect()
    }

    fn is_register(&self, subject: Subject) -> bool {
        let rows = self.rows();
        let rows = rows.iter().filter(|r| !r.is_blank()).map(|r| (r.number, r.cells()));
        super::columns::find_layout(subject, rows).is_ok()
    }
}

fn read_cells(book: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, budget: &mut Budget) -> Result<Cells, FileError> {
    let mut cells = Cells::default();
    let mut reader = book.worksheet_cells_reader(sheet).map_err(damaged)?;
    let too_large = |what: &str, limit: usize| FileError::SheetTooLarge {
        sheet: sheet.to_owned(),
        what: what.to_owned(),
        limit: limit as u64,
    };
    loop {
        let cell = match reader.next_cell_with_formula_metadata() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            Err(XlsxError::CellError(error)) => {
                let row = cells.by_row.last().map_or(1, |(r, _)| r + 1);
                return Err(FileError::formulas(vec![CellFault {
                    sheet: sheet.to_owned(),
                    row,
                    column: "?".to_owned(),
                    error,
                }]));
            }
            Err(e) => return Err(damaged(e)),
        };
        let (row, column) = cell.pos;
        if cell.formula.is_some()
            && matches!(cell.value, DataRef::Empty | DataRef::Float(0.0) | DataRef::Int(0))
            && (column as usize) < MAX_COLUMNS
        {
            cells.unvalued.push((row, column as u16));
        }
        let Some(text) = text_of(&cell.value) else { continue };
        if text.trim().is_empty() {
            continue;
        }
        if column as usize >= MAX_COLUMNS {
            return Err(too_large("columns", MAX_COLUMNS));
        }
        budget.cells = budget.cells.checked_sub(1).ok_or_else(|| too_large("cells", MAX_CELLS))?;
        budget.text = budget.text.checked_sub(text.len()).ok_or_else(|| too_large("bytes", MAX_TEXT_BYTES))?;
        if text.len() > MAX_CELL_BYTES {
            return Err(too_large("bytes", MAX_CELL_BYTES));
        }
        match cells.by_row.last_mut() {
            Some((last, line)) if *last == row => line.push((column as u16, text)),
            _ => cells.by_row.push((row, vec![(column as u16, text)])),
        }
    }
    // Rows out of order, or in two pieces, are allowed by some writers.
    cells.by_row.sort_by_key(|(row, _)| *row);
    cells.by_row.dedup_by(|later, earlier| {
        later.0 == earlier.0 && {
            earlier.1.append(&mut later.1);
            true
        }
    });
    Ok(cells)
}

/// `2025-05-02`, with the time where the cell has one.
fn day_or_moment(at: chrono::NaiveDateTime) -> String {
    let format = if at.time() == chrono::NaiveTime::MIN { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S" };
    at.format(format).to_string()
}

/// The text that the clerk sees, nearly: numbers without Excel's rounding noise, dates as 2025-05-02.
fn text_of(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Int(i) => i.to_string(),
        DataRef::Float(f) => number_text(*f),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(d) => d.as_datetime().map_or_else(|| number_text(d.as_f64()), day_or_moment),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(e) => e.to_string(),
    })
}

/// A number in at most 15 digits, as Excel keeps them: 2009000001 and 98.5, not 98.50000000000001.
fn number_text(f: f64) -> String {
    if f.fract() == 0.0 && f.abs() < 1e15 {
        return format!("{f:.0}");
    }
    let shortest = f.to_string();
    if shortest.bytes().filter(u8::is_ascii_digit).count() <= 15 {
        return shortest;
    }
    format!("{f:.14e}").parse::<f64>().map_or(shortest, |rounded| rounded.to_string())
}

/// Merged cells hold their text in the corner; below it, it is meant for every row. To the right it
/// is not: a note across the whole width must not become a room number.
fn fill_merged(cells: &mut Cells, merged: &[calamine::Dimensions]) {
    let position: HashMap<u32, usize> = cells.by_row.iter().enumerate().map(|(i, (row, _))| (*row, i)).collect();
    for area in merged.iter().filter(|a| a.end.0 > a.start.0 && a.start.1 == a.end.1) {
        let column = area.start.1 as u16;
        let corner = position.get(&area.start.0).and_then(|i| cells.by_row.get(*i));
        let Some(text) = corner.and_then(|(_, line)| line.iter().find(|(c, _)| *c == column)).map(|(_, t)| t.clone())
        else {
            continue;
        };
        // Only rows that have something of their own: blank rows stay blank.
        for row in (area.start.0 + 1)..=area.end.0.min(area.start.0.saturating_add(100_000)) {
            if let Some((_, line)) = position.get(&row).and_then(|i| cells.by_row.get_mut(*i))
                && !line.iter().any(|(c, _)| *c == column)
            {
                line.push((column, text.clone()));
            }
        }
    }
}

/// A formula without value in a column that is imported would read as nothing, or as 0.
fn never_calculated(sheet: &Sheet, unvalued: &[(u32, u16)]) -> Result<(), FileError> {
    let matters =
        |column: u16| sheet.layout.columns.iter().any(|(c, p)| *p == usize::from(column) && *c != Column::Note);
    let faults: Vec<CellFault> = unvalued
        .iter()
        .filter(|(row, column)| row + 1 > sheet.layout.header_row && matters(*column))
        .map(|(row, column)| CellFault {
            sheet: sheet.name.clone(),
            row: row + 1,
            column: column_letters(usize::from(*column)),
            error: "=".to_owned(),
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(FileError::formulas(faults)) }
}

#[cfg(test)]
#[path = "workbook_tests.rs"]
mod tests;
