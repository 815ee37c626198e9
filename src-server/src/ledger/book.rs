//! Workbooks as spreadsheet programs like them: numbers as numbers, days as days, headings that stay, filters, links.

use anyhow::Result;
use huce_core::{clock::Millis, register::Lang};
use rust_xlsxwriter::{Chart, ChartType, Format, Url, Workbook, Worksheet};

use super::table::{Cell, Table};

/// Characters of a cell, at most (32,767 are allowed).
const MOST_CHARS: usize = 32_000;
/// Links of a sheet, at most (65,530 are allowed); those beyond are text.
const MOST_LINKS: usize = 60_000;
/// Day 0 of spreadsheets, 1899-12-30, in days before 1970.
const DAY_ZERO: f64 = 25_569.0;
const DAY_MS: f64 = 86_400_000.0;
/// Zhengzhou's clock before UTC's.
const EAST_MS: Millis = 8 * 3_600_000;

/// A workbook that is being made.
pub struct Book {
    book: Workbook,
    lang: Lang,
    url: String,
    head: Format,
    moment: Format,
    share: Format,
    decimals: [Format; 4],
}

impl Book {
    /// An empty one. `url` is where the console is.
    pub fn new(lang: Lang, url: &str) -> Self {
        let number = |format: &str| Format::new().set_num_format(format);
        Self {
            book: Workbook::new(),
            lang,
            url: url.trim_end_matches('/').to_owned(),
            head: Format::new().set_bold().set_text_wrap(),
            moment: number("yyyy-mm-dd hh:mm"),
            share: number("0.0%"),
            decimals: [number("#,##0"), number("0.0"), number("0.00"), number("0.000000")],
        }
    }

    /// Adds a sheet with a table: a heading that stays in sight and filters its column.
    ///
    /// # Errors
    /// When it does not fit a sheet.
    pub fn add(&mut self, table: &Table) -> Result<()> {
        let (lang, url) = (self.lang, self.url.clone());
        let sheet = self.book.add_worksheet();
        sheet.set_name(&table.name)?;
        for (at, column) in (0u16..).zip(&table.columns) {
            sheet.write_string_with_format(0, at, column.heading(lang), &self.head)?;
        }
        let mut links = 0;
        for (at, row) in (1u32..).zip(&table.rows) {
            for (column, cell) in (0u16..).zip(&row.cells) {
                let is_link = matches!(cell, Cell::Link(..));
                links += usize::from(is_link);
                if is_link && links > MOST_LINKS {
                    sheet.write_string(at, column, cell.plain())?;
                } else {
                    write(sheet, (at, column), cell, &url, (&self.moment, &self.share, &self.decimals))?;
                }
            }
        }
        let (rows, columns) = (u32::try_from(table.rows.len())?, u16::try_from(table.columns.len())?);
        if rows > 0 && columns > 0 {
            sheet.autofilter(0, 0, rows, columns - 1)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        // On paper: wide, every column on it, the heading on each page.
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        Ok(())
    }

    /// Draws these columns of a table's sheet beside it, over the first one.
    ///
    /// # Errors
    /// When it does not fit a sheet.
    pub fn chart(&mut self, table: &Table, columns: &[u16], title: &str) -> Result<()> {
        let last = u32::try_from(table.rows.len())?;
        let mut chart = Chart::new(ChartType::Column);
        chart.title().set_name(title);
        for column in columns {
            let heading = table.columns.get(usize::from(*column)).map_or("", |of| of.heading(self.lang));
            let name = table.name.as_str();
            let series = chart.add_series().set_categories((name, 1, 0, last, 0));
            series.set_values((name, 1, *column, last, *column)).set_name(heading);
        }
        let beside = u16::try_from(table.columns.len())?.saturating_add(1);
        self.book.worksheet_from_name(&table.name)?.insert_chart(1, beside, &chart)?;
        Ok(())
    }

    /// Adds a sheet with lines of text, the first one large.
    ///
    /// # Errors
    /// When its name is none.
    pub fn add_text(&mut self, name: &str, lines: &[String]) -> Result<&mut Worksheet> {
        let title = Format::new().set_bold().set_font_size(16);
        let wrapped = Format::new().set_text_wrap();
        let sheet = self.book.add_worksheet();
        sheet.set_name(name)?;
        sheet.set_column_width(0, 100)?;
        for (at, line) in (0u32..).zip(lines) {
            let format = if at == 0 { &title } else { &wrapped };
            sheet.write_string_with_format(at, 0, line, format)?;
        }
        sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
        Ok(sheet)
    }

    /// The file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        Ok(self.book.save_to_buffer()?)
    }
}

type Formats<'a> = (&'a Format, &'a Format, &'a [Format; 4]);

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    url: &str,
    (moment, share, decimals): Formats<'_>,
) -> Result<()> {
    let [whole, one, two, six] = decimals;
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            sheet.write_string(row, column, text.chars().take(MOST_CHARS).collect::<String>())?;
        }
        Cell::Count(n) => {
            sheet.write_number_with_format(row, column, *n as f64, whole)?;
        }
        Cell::Number(n, places) => {
            let format = match places {
                1 => one,
                2 => two,
                _ => six,
            };
            sheet.write_number_with_format(row, column, *n, format)?;
        }
        Cell::Permille(n) => {
            sheet.write_number_with_format(row, column, *n as f64 / 1_000.0, share)?;
        }
        Cell::Moment(ms) => {
            let days = ms.saturating_add(EAST_MS) as f64 / DAY_MS + DAY_ZERO;
            sheet.write_number_with_format(row, column, days, moment)?;
        }
        Cell::Link(text, to) => match (to.strip_prefix('#'), url.is_empty()) {
            (Some(name), _) => {
                let there = Url::new(format!("internal:'{name}'!A1")).set_text(text);
                sheet.write_url(row, column, there)?;
            }
            (None, false) => {
                let there = Url::new(format!("{url}/console{to}")).set_text(text);
                sheet.write_url(row, column, there)?;
            }
            (None, true) => {
                sheet.write_string(row, column, text)?;
            }
        },
    }
    Ok(())
}
