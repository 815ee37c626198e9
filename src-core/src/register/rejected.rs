//! The rows that were not imported, as a sheet that goes back to the clerk: the row as it was, its
//! number, and the reason in the last column. The headings stay, so that the mended sheet can be imported.

use super::columns::Column;
use super::table::{RowAt, Table};
use super::verdict::Unusable;
use super::wording::{Lang, conflict_text, duplicate_text, why_text};
use super::{Duplicate, columns};

/// The rows of a register that are not imported.
#[derive(Debug, Clone)]
pub struct Refusals<'a> {
    /// Rows that repeat another.
    pub exact_duplicates: &'a [Duplicate],
    /// Rows that contradict another.
    pub conflicting: Vec<Refused<'a>>,
    /// Rows that are none.
    pub unusable: &'a [Unusable],
}

/// A row that contradicts an earlier one.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// Where it stands.
    pub row: RowAt,
    /// The row that stands.
    pub first_row: RowAt,
    /// The columns in which the two differ.
    pub columns: &'a [Column],
}

/// All rejected rows in the file's order, the heading first; every line is equally long.
pub fn rejected_sheet(table: &Table, refusals: &Refusals<'_>, lang: Lang) -> Vec<Vec<String>> {
    let subject = table.subject();
    let mut rejected: Vec<(RowAt, String)> = Vec::new();
    rejected.extend(refusals.exact_duplicates.iter().map(|d| (d.row, duplicate_text(&table.place(d.first_row), lang))));
    rejected.extend(
        refusals
            .conflicting
            .iter()
            .map(|c| (c.row, conflict_text(subject, &table.place(c.first_row), c.columns, lang))),
    );
    rejected.extend(refusals.unusable.iter().map(|u| (u.row, why_text(u.column, &u.why, lang))));
    rejected.sort_by_key(|(row, _)| *row);

    let column_of = |heading: &str| columns::column_of(subject, heading);
    // Sheets may have their columns in different orders: one heading for all, by name.
    let mut headings: Vec<&str> = Vec::new();
    let mut targets: Vec<Vec<usize>> = Vec::new();
    for sheet in &table.sheets {
        let width = sheet.rows.iter().map(super::table::Row::width).max().unwrap_or(0).max(sheet.layout.headings.len());
        let mut taken = Vec::new();
        for position in 0..width {
            let heading = sheet.layout.headings.get(position).map_or("", String::as_str);
            let same =
                |h: &str| h == heading || column_of(h).is_some_and(|c| column_of(heading).is_some_and(|d| d.0 == c.0));
            let free = headings.iter().enumerate().find(|(i, h)| same(h) && !taken.contains(i)).map(|(i, _)| i);
            let target = free.unwrap_or_else(|| {
                headings.push(heading);
                headings.len() - 1
            });
            taken.push(target);
        }
        targets.push(taken);
    }
    let width = headings.len();
    let (row_heading, reason_heading) = match lang {
        Lang::Zh => ("原行号", "原因"),
        Lang::En => ("original row", "reason"),
    };
    let line = |cells: Vec<String>, row: &str, reason: &str| {
        let mut cells = cells;
        cells.push(row.to_owned());
        cells.push(reason.to_owned());
        cells
    };
    let mut lines = vec![line(headings.iter().map(|h| (*h).to_owned()).collect(), row_heading, reason_heading)];
    for (at, reason) in rejected {
        let mut cells = vec![String::new(); width];
        if let (Some(row), Some(targets)) = (table.row(at), targets.get(usize::from(at.sheet))) {
            for (cell, target) in row.cells().zip(targets) {
                if let Some(slot) = cells.get_mut(*target) {
                    cell.clone_into(slot);
                }
            }
        }
        lines.push(line(cells, &table.place(at), &reason));
    }
    lines
}
