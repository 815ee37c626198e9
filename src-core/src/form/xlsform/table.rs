//! The sheets of a workbook that make the form: headings and rows of trimmed cells.

use super::problem::{Code, Place, Problem, Problems};
use crate::workbook::Sheets;

/// The names of sheets that are read, with the part that they play.
pub(super) const SHEETS: [&str; 6] = ["survey", "choices", "settings", "external_choices", "osm", "entities"];

/// After so many empty columns or rows nothing more is looked for.
const EMPTY_COLUMNS: usize = 20;
/// Columns of a sheet: a form in a hundred languages has fewer.
const MOST_COLUMNS: usize = 1_000;
const EMPTY_ROWS: usize = 60;

/// A sheet as written.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Its part, in lower case.
    pub sheet: String,
    /// Headings that are not empty.
    pub headings: Vec<String>,
    /// Rows after the heading; the first is row 2 of the sheet.
    pub rows: Vec<Row>,
}

/// Cells that are not empty, each with the position of its heading in [`Table::headings`].
pub(super) type Row = Vec<(usize, String)>;

/// The first row of a sheet below its heading.
pub(super) const FIRST_ROW: u32 = 2;

/// The workbook's sheets that make the form.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub survey: Option<Table>,
    pub choices: Option<Table>,
    pub settings: Option<Table>,
    pub external_choices: Option<Table>,
    pub osm: Option<Table>,
    pub entities: Option<Table>,
    /// Names of all sheets as written.
    pub names: Vec<String>,
}

impl Tables {
    pub fn read(sheets: &Sheets, problems: &mut Problems) -> Tables {
        let names: Vec<String> = sheets.names().map(str::to_owned).collect();
        let mut tables = Tables::default();
        for name in &names {
            let mut part = name.trim().to_lowercase();
            if !SHEETS.contains(&part.as_str()) {
                // The only sheet of a workbook is the survey, whatever its name.
                if names.len() > 1 {
                    continue;
                }
                part = "survey".to_owned();
            }
            let Some(rows) = sheets.get(name) else { continue };
            let table = Table::read(part.clone(), rows, problems);
            match part.as_str() {
                "survey" => tables.survey = Some(table),
                "choices" => tables.choices = Some(table),
                "settings" => tables.settings = Some(table),
                "external_choices" => tables.external_choices = Some(table),
                "osm" => tables.osm = Some(table),
                _ => tables.entities = Some(table),
            }
        }
        tables.names = names;
        tables
    }

    /// Sheets whose names are nearly the one that is looked for.
    pub fn misspelt(&self, sheet: &str) -> Option<String> {
        let near = |n: &&String| {
            !n.starts_with('_')
                && !SHEETS.contains(&n.as_str())
                && n.len() <= 64
                && super::name::distance(&n.to_lowercase(), sheet) <= 2
        };
        let found: Vec<&str> = self.names.iter().filter(near).map(String::as_str).collect();
        (!found.is_empty()).then(|| found.join(", "))
    }
}

impl Table {
    /// A sheet's headings and rows.
    pub fn read(sheet: String, rows: &[Vec<String>], problems: &mut Problems) -> Table {
        let mut rows = rows.iter();
        let mut headings: Vec<String> = Vec::new();
        let mut columns: Vec<Option<usize>> = Vec::new();
        let mut empty = 0;
        for cell in rows.next().into_iter().flatten() {
            let text = clean(cell);
            if text.is_empty() {
                if empty == EMPTY_COLUMNS {
                    break;
                }
                empty += 1;
                columns.push(None);
                continue;
            }
            empty = 0;
            let text = collapse(&text);
            if headings.contains(&text) {
                let place = Place::row(&sheet, 1).column(&text);
                let message = (format!("the column \"{text}\" is there twice"), format!("列“{text}”出现了两次。"));
                problems.error(Problem::new(Code::HeadingTwice, place, message));
                columns.push(None);
                continue;
            }
            if headings.len() == MOST_COLUMNS {
                let message = (
                    format!("the sheet has more than {MOST_COLUMNS} columns"),
                    format!("工作表超过 {MOST_COLUMNS} 列。"),
                );
                problems.error(Problem::new(Code::TooLarge, Place::row(&sheet, 1), message));
                break;
            }
            columns.push(Some(headings.len()));
            headings.push(text);
        }
        let mut table = Table { sheet, headings, rows: Vec::new() };
        let mut empty = 0;
        for cells in rows {
            let mut row = Row::new();
            for (cell, column) in cells.iter().zip(&columns) {
                if let Some(column) = column {
                    let text = clean(cell);
                    if !text.is_empty() {
                        row.push((*column, text));
                    }
                }
            }
            if row.is_empty() {
                if empty == EMPTY_ROWS {
                    break;
                }
                empty += 1;
            } else {
                empty = 0;
            }
            table.rows.push(row);
        }
        table.rows.truncate(table.rows.len() - empty.min(table.rows.len()));
        table
    }

    /// Rows with their numbers in the sheet.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &Row)> {
        (FIRST_ROW..).zip(&self.rows)
    }

    /// The sheet as comma-separated values, every cell in quotes, as clients read itemsets.csv.
    pub fn to_csv(&self) -> String {
        let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut out = self.headings.iter().map(|h| quote(h)).collect::<Vec<_>>().join(",");
        out.push_str("\r\n");
        for row in self.rows.iter().filter(|r| !r.is_empty()) {
            let cell = |at: usize| row.iter().find(|(i, _)| *i == at).map_or("", |(_, text)| text.as_str());
            out.push_str(&(0..self.headings.len()).map(|at| quote(cell(at))).collect::<Vec<_>>().join(","));
            out.push_str("\r\n");
        }
        out
    }

    /// Whether there is anything in the sheet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Trimmed; no-break blanks are blanks; what XML cannot hold is left out.
fn clean(cell: &str) -> String {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    cell.trim().chars().filter(allowed).map(|c| if c == '\u{a0}' { ' ' } else { c }).collect()
}

/// Runs of blanks made one.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.trim().chars() {
        if c != ' ' || !blank {
            out.push(c);
        }
        blank = c == ' ';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_numbers() {
        let sheets = Sheets::from_rows([(
            "Survey",
            vec![vec!["type", "", "name"], vec![], vec![" text\u{a0}", "note", "a"], vec!["", ""]],
        )]);
        let mut problems = Problems::default();
        let survey = Tables::read(&sheets, &mut problems).survey.unwrap();
        assert_eq!(survey.headings, ["type", "name"]);
        let rows: Vec<_> = survey.numbered().collect();
        assert_eq!(rows, [(2, &vec![]), (3, &vec![(0, "text".to_owned()), (1, "a".to_owned())])]);
    }
}
