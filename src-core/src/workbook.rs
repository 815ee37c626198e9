//! A spreadsheet as plain rows of text, with limits. Workbooks come from outside: a 40 kB zip can hold gigabytes,
//! so what it declares is added up before anything is unpacked. (The household register has its own reader,
//! which knows about encodings and merged headings.)

use std::collections::BTreeMap;

/// Sheets by name, each a list of rows of cells; rows may differ in length. Cells are trimmed of nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheets {
    sheets: BTreeMap<String, Vec<Vec<String>>>,
}

/// What is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Bytes that a zip (.xlsx) says it unpacks to.
    pub unpacked_bytes: u64,
    /// Cells of all sheets, empty ones within the used range included.
    pub cells: usize,
    /// Characters of one cell.
    pub cell_chars: usize,
}

impl Default for Limits {
    /// Enough for a choice list of 100,000 rows; a form of a season is 40 kB.
    fn default() -> Self {
        Limits { file_bytes: 20 << 20, unpacked_bytes: 200 << 20, cells: 3_000_000, cell_chars: 40_000 }
    }
}

/// Why a file is no workbook that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkbookError {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// Larger than [`Limits::file_bytes`].
    #[error("the file has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// What it has.
        bytes: usize,
        /// What is accepted.
        limit: usize,
    },
    /// It would unpack to more than [`Limits::unpacked_bytes`].
    #[error("the file would unpack to {bytes} bytes, more than {limit}")]
    Bomb {
        /// What it declares.
        bytes: u64,
        /// What is accepted.
        limit: u64,
    },
    /// More cells than [`Limits::cells`].
    #[error("the workbook has more than {limit} cells")]
    TooManyCells {
        /// What is accepted.
        limit: usize,
    },
    /// A cell is longer than [`Limits::cell_chars`].
    #[error("sheet {sheet}, row {row}, column {column}: the cell is longer than {limit} characters")]
    CellTooLong {
        /// Sheet.
        sheet: String,
        /// Row from 1.
        row: usize,
        /// Column from 1.
        column: usize,
        /// What is accepted.
        limit: usize,
    },
    /// A formula in a cell gives an error.
    #[error("sheet {sheet}, row {row}, column {column}: the cell holds the error {error}")]
    CellError {
        /// Sheet.
        sheet: String,
        /// Row from 1.
        row: usize,
        /// Column from 1.
        column: usize,
        /// As the spreadsheet shows it.
        error: String,
    },
    /// Neither .xlsx, .xls nor text.
    #[error("the file is no workbook: {0}")]
    NoWorkbook(String),
}

impl Sheets {
    /// Sheets from rows at hand (tests, conformance data).
    pub fn from_rows<N, C>(sheets: impl IntoIterator<Item = (N, Vec<Vec<C>>)>) -> Sheets
    where
        N: Into<String>,
        C: Into<String>,
    {
        let text = |rows: Vec<Vec<C>>| rows.into_iter().map(|r| r.into_iter().map(Into::into).collect()).collect();
        Sheets { sheets: sheets.into_iter().map(|(name, rows)| (name.into(), text(rows))).collect() }
    }

    /// The rows of a sheet; its name may differ in case and in blanks around it.
    pub fn get(&self, name: &str) -> Option<&[Vec<String>]> {
        let is = |n: &&String| n.trim().eq_ignore_ascii_case(name);
        let key = self.sheets.keys().find(|n| *n == name).or_else(|| self.sheets.keys().find(is))?;
        self.sheets.get(key).map(Vec::as_slice)
    }

    /// Names of the sheets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sheets.keys().map(String::as_str)
    }

    /// Reads .xlsx, .xls, .xlsb, .ods, or one sheet of .csv text (UTF-8 or GB18030), which is then called
    /// `csv_sheet` (a form needs several: use [`Sheets::insert_csv`] for a folder of them).
    #[cfg(feature = "workbook")]
    pub fn open(bytes: &[u8], csv_sheet: &str, limits: Limits) -> Result<Sheets, WorkbookError> {
        Sheets::open_as(bytes, csv_sheet, limits, Cells::Plain)
    }

    /// The same for a form: dates, times and errors in cells are written as the tools for XLSForms write them
    /// (`2026-11-21 00:00:00`, `08:30:00`, `#N/A`), so that the form is the same as theirs.
    #[cfg(feature = "workbook")]
    pub fn open_form(bytes: &[u8], csv_sheet: &str, limits: Limits) -> Result<Sheets, WorkbookError> {
        Sheets::open_as(bytes, csv_sheet, limits, Cells::Form)
    }

    #[cfg(feature = "workbook")]
    fn open_as(bytes: &[u8], csv_sheet: &str, limits: Limits, style: Cells) -> Result<Sheets, WorkbookError> {
        if bytes.is_empty() {
            return Err(WorkbookError::Empty);
        }
        if bytes.len() > limits.file_bytes {
            return Err(WorkbookError::TooLarge { bytes: bytes.len(), limit: limits.file_bytes });
        }
        if bytes.starts_with(b"PK") {
            check_zip(bytes, limits)?;
        } else if !bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            let mut sheets = Sheets::default();
            sheets.insert_csv(csv_sheet, bytes, limits)?;
            return Ok(sheets);
        }
        // The reader panics on cells that stand beyond all numbers.
        let read = std::panic::catch_unwind(|| read_workbook(bytes, limits, style));
        read.unwrap_or_else(|_| Err(WorkbookError::NoWorkbook("it cannot be read".to_owned())))
    }

    /// Adds a sheet of .csv text.
    #[cfg(feature = "workbook")]
    pub fn insert_csv(&mut self, name: &str, bytes: &[u8], limits: Limits) -> Result<(), WorkbookError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => std::borrow::Cow::Borrowed(text.trim_start_matches('\u{feff}')),
            Err(_) => match encoding_rs::GB18030.decode(bytes) {
                (text, _, false) => text,
                _ => return Err(WorkbookError::NoWorkbook("its text is neither UTF-8 nor GB18030".into())),
            },
        };
        if text.contains('\0') {
            return Err(WorkbookError::NoWorkbook("it holds bytes that are no text".into()));
        }
        let mut rows = Vec::new();
        let mut cells = 0;
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        for record in reader.into_records() {
            let record = record.map_err(|e| WorkbookError::NoWorkbook(e.to_string()))?;
            cells += record.len();
            if cells > limits.cells {
                return Err(WorkbookError::TooManyCells { limit: limits.cells });
            }
            rows.push(record.iter().map(str::to_owned).collect());
        }
        check_lengths(name, &rows, limits)?;
        self.sheets.insert(name.to_owned(), rows);
        Ok(())
    }
}

/// How cells that hold no text are written.
#[cfg(feature = "workbook")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cells {
    /// Dates as `2026-11-21`; an error is an error of the workbook.
    Plain,
    /// As Python writes them.
    Form,
}

#[cfg(feature = "workbook")]
fn check_zip(bytes: &[u8], limits: Limits) -> Result<(), WorkbookError> {
    let no = |e: zip::result::ZipError| WorkbookError::NoWorkbook(e.to_string());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(no)?;
    let mut total = 0u64;
    for i in 0..archive.len() {
        total = total.saturating_add(archive.by_index_raw(i).map_err(no)?.size());
    }
    if total > limits.unpacked_bytes {
        return Err(WorkbookError::Bomb { bytes: total, limit: limits.unpacked_bytes });
    }
    // A header may lie about the size: unpack into nothing, counting, and stop at the limit.
    let mut counted = 0u64;
    for i in 0..archive.len() {
        let left = limits.unpacked_bytes.saturating_sub(counted);
        let mut part = std::io::Read::take(archive.by_index(i).map_err(no)?, left.saturating_add(1));
        let copied = std::io::copy(&mut part, &mut std::io::sink());
        counted = counted.saturating_add(copied.map_err(|e| WorkbookError::NoWorkbook(e.to_string()))?);
        if counted > limits.unpacked_bytes {
            return Err(WorkbookError::Bomb { bytes: counted, limit: limits.unpacked_bytes });
        }
    }
    Ok(())
}

#[cfg(feature = "workbook")]
fn read_workbook(bytes: &[u8], limits: Limits, style: Cells) -> Result<Sheets, WorkbookError> {
    use calamine::{Data, Reader};
    let no = |e: calamine::Error| WorkbookError::NoWorkbook(e.to_string());
    let mut book = calamine::open_workbook_auto_from_rs(std::io::Cursor::new(bytes)).map_err(no)?;
    let mut sheets = BTreeMap::new();
    let mut cells = 0usize;
    for name in book.sheet_names() {
        if let calamine::Sheets::Xlsx(book) = &mut book {
            measure(book, &name, limits)?;
        }
        let range = book.worksheet_range(&name).map_err(no)?;
        let (height, width) = range.get_size();
        cells = cells.saturating_add(height.saturating_mul(width));
        let (top, left) = range.start().unwrap_or_default();
        if cells > limits.cells || top as usize > limits.cells || left > 16_384 {
            return Err(WorkbookError::TooManyCells { limit: limits.cells });
        }
        let mut rows: Vec<Vec<String>> = vec![Vec::new(); top as usize];
        for row in range.rows() {
            let mut texts = vec![String::new(); left as usize];
            for cell in row {
                texts.push(match cell {
                    Data::Error(error) if style == Cells::Form => error.to_string(),
                    Data::Error(error) => {
                        let (row, column) = (rows.len() + 1, texts.len() + 1);
                        let error = error.to_string();
                        return Err(WorkbookError::CellError { sheet: name, row, column, error });
                    }
                    Data::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
                    Data::DateTime(at) if style == Cells::Form => match at.as_datetime() {
                        Some(time) if at.is_datetime() && at.as_f64() < 1.0 => time.format("%H:%M:%S").to_string(),
                        Some(time) if time.and_utc().timestamp_subsec_micros() > 0 => {
                            time.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
                        }
                        Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
                        None => at.to_string(),
                    },
                    // What is tiny has an exponent.
                    Data::Float(number) if style == Cells::Form && *number != 0.0 && number.abs() < 1e-4 => {
                        let text = format!("{number:e}");
                        match text.split_once("e-") {
                            Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
                            None => text,
                        }
                    }
                    Data::DateTime(at) => match at.as_datetime() {
                        Some(at) if at.time() == chrono::NaiveTime::MIN => at.format("%Y-%m-%d").to_string(),
                        Some(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
                        None => at.to_string(),
                    },
                    other => other.to_string(),
                });
            }
            rows.push(texts);
        }
        check_lengths(&name, &rows, limits)?;
        sheets.insert(name, rows);
    }
    Ok(Sheets { sheets })
}

/// Two cells in far corners make a sheet of thousands of millions: where the cells stand is looked at before there is
/// room made for all between them.
#[cfg(feature = "workbook")]
fn measure<R: std::io::Read + std::io::Seek>(
    book: &mut calamine::Xlsx<R>,
    name: &str,
    limits: Limits,
) -> Result<(), WorkbookError> {
    let no = |e: calamine::XlsxError| WorkbookError::NoWorkbook(e.to_string());
    // What is no sheet of cells is for whoever reads it to say.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return Ok(()) };
    let (mut rows, mut columns) = (0usize, 0usize);
    while let Some(cell) = cells.next_cell().map_err(no)? {
        let (row, column) = cell.get_position();
        rows = rows.max(row as usize);
        columns = columns.max(column as usize);
        if rows.saturating_mul(columns) > limits.cells {
            return Err(WorkbookError::TooManyCells { limit: limits.cells });
        }
    }
    Ok(())
}

#[cfg(feature = "workbook")]
fn check_lengths(sheet: &str, rows: &[Vec<String>], limits: Limits) -> Result<(), WorkbookError> {
    for (row, cells) in rows.iter().enumerate() {
        // Bytes first: counting characters of every cell would be the slow part.
        let long = |c: &String| c.len() > limits.cell_chars && c.chars().count() > limits.cell_chars;
        if let Some(column) = cells.iter().position(long) {
            let sheet = sheet.to_owned();
            let limit = limits.cell_chars;
            return Err(WorkbookError::CellTooLong { sheet, row: row + 1, column: column + 1, limit });
        }
    }
    Ok(())
}

#[cfg(all(test, feature = "workbook"))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zip_of(parts: &[(&str, usize)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(&vec![b'0'; *bytes]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn csv_in_utf8_and_gb18030() {
        let text = "type,name,label\ntext,a,\"室温,\n多少\"\n";
        let (gb, _, _) = encoding_rs::GB18030.encode(text);
        for bytes in [text.as_bytes(), &gb, format!("\u{feff}{text}").as_bytes()] {
            let sheets = Sheets::open(bytes, "survey", Limits::default()).unwrap();
            assert_eq!(sheets.get("Survey").unwrap()[1], ["text", "a", "室温,\n多少"]);
        }
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        let open = |bytes: &[u8]| Sheets::open(bytes, "survey", Limits::default()).unwrap_err();
        assert_eq!(open(b""), WorkbookError::Empty);
        assert!(matches!(open(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff"), WorkbookError::NoWorkbook(_)));
        assert!(matches!(open(&zip_of(&[("a.txt", 10)])), WorkbookError::NoWorkbook(_)));
        assert!(matches!(open(b"PK\x03\x04 cut off"), WorkbookError::NoWorkbook(_)));
        assert!(matches!(open(&[0xD0, 0xCF, 0x11, 0xE0, 1, 2, 3]), WorkbookError::NoWorkbook(_)));
    }

    #[test]
    fn limits_hold_before_anything_is_unpacked() {
        let limits = Limits { unpacked_bytes: 100_000, file_bytes: 50_000, cells: 3, cell_chars: 3 };
        let bomb = zip_of(&[("xl/worksheets/sheet1.xml", 60_000), ("xl/sharedStrings.xml", 60_000)]);
        assert!(bomb.len() < 1_000);
        assert!(matches!(Sheets::open(&bomb, "", limits), Err(WorkbookError::Bomb { bytes: 120_000, .. })));
        assert!(matches!(Sheets::open(&[b'a'; 60_000], "", limits), Err(WorkbookError::TooLarge { .. })));
        assert!(matches!(Sheets::open(b"a,b\nc,d\n", "", limits), Err(WorkbookError::TooManyCells { .. })));
        let long = Sheets::open("a\n室温是多\n".as_bytes(), "s", limits).unwrap_err();
        assert!(matches!(long, WorkbookError::CellTooLong { row: 2, column: 1, .. }), "{long}");
    }

    #[test]
    fn cells_in_far_corners_take_no_memory() {
        let sheet = |cell: &str| {
            let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
            let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
            let package = "http://schemas.openxmlformats.org/package/2006/relationships";
            let files = [
                (
                    "_rels/.rels",
                    format!(
                        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relation}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                    ),
                ),
                (
                    "xl/workbook.xml",
                    format!(
                        "<workbook xmlns=\"{main}\" xmlns:r=\"{relation}\"><sheets><sheet name=\"survey\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
                    ),
                ),
                (
                    "xl/_rels/workbook.xml.rels",
                    format!(
                        "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{relation}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                    ),
                ),
                (
                    "xl/worksheets/sheet1.xml",
                    format!(
                        "<worksheet xmlns=\"{main}\"><sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row><c r=\"{cell}\"><v>1</v></c></row></sheetData></worksheet>"
                    ),
                ),
            ];
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for (name, text) in files {
                writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                writer.write_all(text.as_bytes()).unwrap();
            }
            writer.finish().unwrap().into_inner()
        };
        let open = |cell: &str| Sheets::open(&sheet(cell), "survey", Limits::default());
        assert_eq!(open("B2").unwrap().get("survey").unwrap().len(), 2);
        assert!(matches!(open("XFD1048576"), Err(WorkbookError::TooManyCells { .. })));
        assert!(matches!(open("O9223372036854775807"), Err(WorkbookError::NoWorkbook(_))));
    }

    #[test]
    fn a_lying_header_does_not_get_through() {
        let mut bomb = zip_of(&[("xl/worksheets/sheet1.xml", 60_000)]);
        // The uncompressed size, wherever a header states it, becomes 10.
        let size = 60_000u32.to_le_bytes();
        for at in 0..bomb.len() - 4 {
            if bomb[at..at + 4] == size {
                bomb[at..at + 4].copy_from_slice(&10u32.to_le_bytes());
            }
        }
        let limits = Limits { unpacked_bytes: 20_000, ..Limits::default() };
        let refused = Sheets::open(&bomb, "", limits).unwrap_err();
        assert!(matches!(refused, WorkbookError::Bomb { .. } | WorkbookError::NoWorkbook(_)), "{refused}");
    }
}
