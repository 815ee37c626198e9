//! Rows that are not imported: as a list for the preview, and as a workbook that goes back to the clerk.

use huce_core::{
    ipc::console::RejectedRow,
    register::{
        Lang, Refusals, Why,
        columns::{Column, Subject},
        rejected_sheet,
        table::{RowAt, Table},
    },
};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// Every row that is not imported, in the file's order.
pub fn rejected_rows(table: &Table, refusals: &Refusals<'_>) -> Vec<RejectedRow> {
    let mut rows: Vec<(RowAt, RejectedRow)> = Vec::new();
    let line = |at: RowAt, first: Option<RowAt>, why: &str| RejectedRow {
        row: u64::from(at.row),
        first_row: first.map(|f| u64::from(f.row)),
        column: None,
        why: why.to_owned(),
        params: sheet_params(table, at),
        address: address(table, at),
    };
    for duplicate in refusals.exact_duplicates {
        rows.push((duplicate.row, line(duplicate.row, Some(duplicate.first_row), "exact_duplicate")));
    }
    for conflict in &refusals.conflicting {
        let mut row = line(conflict.row, Some(conflict.first_row), "conflicting_duplicate");
        let names: Vec<_> = conflict.columns.iter().map(|c| c.name()).collect();
        row.params.push(("columns".to_owned(), names.join(",")));
        row.column = conflict.columns.first().map(|c| heading(table, conflict.row, *c));
        rows.push((conflict.row, row));
    }
    for unusable in refusals.unusable {
        let (why, text) = code(&unusable.why);
        let mut row = line(unusable.row, None, why);
        row.column = Some(heading(table, unusable.row, unusable.column));
        row.params.extend(text.map(|t| ("text".to_owned(), t.to_owned())));
        rows.push((unusable.row, row));
    }
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The rejected rows as an .xlsx workbook, the reason in the last column, all cells as text.
pub fn rejected_workbook(table: &Table, refusals: &Refusals<'_>, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet.set_name(match lang {
        Lang::Zh => "未导入",
        Lang::En => "rejected",
    })?;
    for (r, line) in (0u32..).zip(rejected_sheet(table, refusals, lang)) {
        for (c, cell) in (0u16..).zip(line) {
            // A cell of a workbook holds 32,767 characters.
            let text: String = cell.chars().take(32_000).collect();
            match r {
                0 => sheet.write_string_with_format(r, c, text, &bold)?,
                _ => sheet.write_string(r, c, text)?,
            };
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofit();
    workbook.save_to_buffer()
}

fn code(why: &Why) -> (&'static str, Option<&str>) {
    match why {
        Why::Missing => ("missing", None),
        Why::TotalRow { text } => ("total_row", Some(text)),
        Why::RepeatedHeader => ("repeated_header", None),
        Why::NoteRow { text } => ("note_row", Some(text)),
        Why::NotADoor { text } => ("not_a_door", Some(text)),
        Why::LooksLikeDate { text } => ("looks_like_date", Some(text)),
        Why::Unreadable { text } => ("unreadable", Some(text)),
        Why::NotUnderstood { text } => ("not_understood", Some(text)),
    }
}

/// The heading as it stands in the file.
fn heading(table: &Table, at: RowAt, column: Column) -> String {
    let layout = table.sheets.get(usize::from(at.sheet)).map(|s| &s.layout);
    let own = layout.and_then(|l| l.headings.get(l.position(column)?)).filter(|h| !h.is_empty());
    own.cloned().unwrap_or_else(|| column.heading_zh().to_owned())
}

fn sheet_params(table: &Table, at: RowAt) -> Vec<(String, String)> {
    let sheet = table.sheets.get(usize::from(at.sheet)).filter(|_| table.sheets.len() > 1);
    sheet.map(|s| ("sheet".to_owned(), s.name.clone())).into_iter().collect()
}

/// The address, or a facility's kind and name, as it was typed.
fn address(table: &Table, at: RowAt) -> String {
    let (Some(sheet), Some(row)) = (table.sheets.get(usize::from(at.sheet)), table.row(at)) else {
        return String::new();
    };
    let columns: &[Column] = match table.subject() {
        Subject::Households => &[Column::Address, Column::Estate, Column::Building, Column::Entrance, Column::Room],
        Subject::Facilities => &[Column::Kind, Column::FacilityName, Column::Code],
        Subject::Requests => &[Column::Number, Column::Address, Column::Estate, Column::Building, Column::Room],
        Subject::Grids => &[Column::GridCode, Column::GridName],
    };
    let cells = columns.iter().filter_map(|c| sheet.layout.position(*c)).map(|p| row.cell(p).trim());
    let text = cells.filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" ");
    text.chars().take(80).collect()
}
