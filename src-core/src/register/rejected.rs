//! The rows that were not imported, as a sheet that goes back to the clerk: the row as it was, its
//! number, and the reason in the last column. The headings stay, so that the mended sheet can be imported.

use super::table::{RowAt, Table};
use super::wording::{Lang, conflict_text, duplicate_text, why_text};
use super::{Register, columns};

/// All rejected rows in the file's order, the heading first; every line is equally long.
pub fn rejected_sheet(table: &Table, register: &Register, lang: Lang) -> Vec<Vec<String>> {
    let mut rejected: Vec<(RowAt, String)> = Vec::new();
    rejected.extend(register.exact_duplicates.iter().map(|d| (d.row, duplicate_text(&table.place(d.first_row), lang))));
    rejected.extend(
        register.conflicting.iter().map(|c| (c.row, conflict_text(&table.place(c.first_row), &c.columns, lang))),
    );
    rejected.extend(register.unusable.iter().map(|u| (u.row, why_text(u.column, &u.why, lang))));
    rejected.sort_by_key(|(row, _)| *row);

    // Sheets may have their columns in different orders: one heading for all, by name.
    let mut headings: Vec<&str> = Vec::new();
    let mut targets: Vec<Vec<usize>> = Vec::new();
    for sheet in &table.sheets {
        let width = sheet.rows.iter().map(super::table::Row::width).max().unwrap_or(0).max(sheet.layout.headings.len());
        let mut taken = Vec::new();
        for position in 0..width {
            let heading = sheet.layout.headings.get(position).map_or("", String::as_str);
            let same = |h: &str| {
                h == heading
                    || columns::column_of(h).is_some_and(|c| columns::column_of(heading).is_some_and(|d| d.0 == c.0))
            };
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
