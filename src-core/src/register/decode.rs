//! From a file's bytes to a [`Table`]: which format it is, by what it contains and not by its name,
//! and how text files are taken apart.

use super::columns::Subject;
use super::table::{FileError, MAX_CELL_BYTES, MAX_CELLS, MAX_COLUMNS, MAX_FILE_BYTES, Row, Table};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// Reads a household register, see [`read_table_of`].
///
/// # Errors
/// As there.
pub fn read_table(file_name: &str, bytes: &[u8]) -> Result<Table, FileError> {
    read_table_of(Subject::Households, file_name, bytes)
}

/// Reads a register from a file: .xlsx, or text separated by commas, tabs, semicolons or bars in
/// UTF-8, GB18030/GBK or UTF-16, with or without byte order mark.
///
/// # Errors
/// See [`FileError`]. Nothing of a file that gets an error may be imported.
pub fn read_table_of(subject: Subject, file_name: &str, bytes: &[u8]) -> Result<Table, FileError> {
    let size = bytes.len() as u64;
    if size > MAX_FILE_BYTES {
        return Err(FileError::TooLarge { bytes: size, limit_bytes: MAX_FILE_BYTES });
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(FileError::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return super::workbook::read_workbook(subject, file_name, bytes);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(FileError::OldOrLocked);
    }
    if let Some(format) = known_format(bytes) {
        return Err(FileError::OtherFormat { format: format.to_owned() });
    }
    read_text(subject, file_name, bytes)
}

/// Formats that people pick by mistake, by their first bytes.
fn known_format(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"\x89PNG", "png"),
        (b"\xFF\xD8\xFF", "jpeg"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"RIFF", "webp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
        (b"%PDF", "pdf"),
        (b"{\\rtf", "rtf"),
        (b"Rar!", "rar"),
        (b"7z\xBC\xAF", "7z"),
        (b"\x1F\x8B", "gzip"),
        (b"SQLite format 3", "sqlite"),
    ];
    let magic = MAGIC.iter().find(|(m, _)| bytes.starts_with(m)).map(|(_, f)| *f);
    // Two letters are weak evidence: a bitmap has zero bytes in its head, a table has none.
    if let Some(format) = magic.filter(|f| *f != "bmp" || bytes.iter().take(32).any(|b| *b == 0)) {
        return Some(format);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("heic");
    }
    let head: Vec<u8> = bytes.iter().take(512).filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    let head = String::from_utf8_lossy(&head);
    let head = head.trim_start_matches(['\u{FEFF}', '\u{FFFD}']).trim_start();
    ["<html", "<!doctype html", "<table", "<?xml", "<meta"].iter().any(|t| head.starts_with(t)).then_some("html")
}

/// UTF-16 without mark: ASCII characters (commas, digits, line ends) leave a zero in every second byte.
fn guess_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(8192)).unwrap_or(bytes);
    let zeros = |parity: usize| sample.iter().enumerate().filter(|(i, b)| i % 2 == parity && **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = sample.len() / 20 + 1;
    match () {
        () if odd >= many && even * 20 < odd => Some(UTF_16LE),
        () if even >= many && odd * 20 < even => Some(UTF_16BE),
        () => None,
    }
}

/// The text of a file and its encoding. What can't be decoded becomes U+FFFD, and the rows with it
/// are refused later, by name.
fn decode(bytes: &[u8]) -> Result<(String, &'static str), FileError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
        return Ok((text.into_owned(), encoding.name()));
    }
    if let Some(encoding) = guess_utf16(bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        return Ok((text.into_owned(), encoding.name()));
    }
    if bytes.contains(&0) {
        return Err(FileError::OtherFormat { format: "binary".to_owned() });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((text.to_owned(), UTF_8.name()));
    }
    // GBK is a subset of GB18030. A damaged UTF-8 file reads as GB18030 with more faults than as UTF-8.
    let faults =
        |text: &str| text.chars().filter(|c| *c == '\u{FFFD}' || ('\u{E000}'..='\u{F8FF}').contains(c)).count();
    let (gb, _) = GB18030.decode_without_bom_handling(bytes);
    let (utf8, _) = UTF_8.decode_without_bom_handling(bytes);
    let (text, name) = if faults(&utf8) < faults(&gb) { (utf8, UTF_8.name()) } else { (gb, GB18030.name()) };
    let bad = faults(&text);
    if bad * 10 > text.chars().count() {
        return Err(FileError::OtherFormat { format: "binary".to_owned() });
    }
    Ok((text.into_owned(), name))
}

fn read_text(subject: Subject, file_name: &str, bytes: &[u8]) -> Result<Table, FileError> {
    let (text, encoding) = decode(bytes)?;
    // `sep=;` is Excel's own first line; it stays a row so that the numbers stay the clerk's.
    let told = text.strip_prefix("sep=").and_then(|t| t.bytes().next());
    let separator = told.unwrap_or_else(|| guess_separator(subject, &text));
    Table::of_rows(subject, file_name, encoding, split(&text, separator)?)
}

/// The separator with which the first rows name most columns; the comma if none does.
fn guess_separator(subject: Subject, text: &str) -> u8 {
    let head: String = text.split_inclusive('\n').take(super::columns::HEADER_SEARCH_ROWS).collect();
    let mut best = (b',', 0);
    for separator in [b',', b'\t', b';', b'|'] {
        let rows = split(&head, separator).unwrap_or_default();
        let found = super::columns::find_layout(subject, rows.iter().map(|r| (r.number, r.cells())));
        let named = match found {
            Ok(layout) => layout.columns.len() + 100,
            Err(layout) => layout.columns.len(),
        };
        if named > best.1 {
            best = (separator, named);
        }
    }
    best.0
}

/// Takes text apart into rows, numbered as a spreadsheet numbers them: a quoted line break stays
/// within its row, an empty line is a row.
fn split(text: &str, separator: u8) -> Result<Vec<Row>, FileError> {
    let bytes = text.as_bytes();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(bytes);
    let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
    let (mut number, mut cells, mut at) = (0u32, 0usize, 0usize);
    loop {
        let (skipped, start) = empty_lines(bytes, at);
        number += skipped;
        let more = reader.read_record(&mut record).map_err(|e| FileError::Damaged { detail: e.to_string() })?;
        if !more {
            return Ok(rows);
        }
        number += 1;
        at = reader.position().byte() as usize;
        let raw = bytes.get(start..at).unwrap_or_default();
        if swallows(raw, &record) {
            return Err(FileError::OpenQuote { row: number });
        }
        if record.len() > MAX_COLUMNS {
            return Err(FileError::SheetTooLarge {
                sheet: String::new(),
                what: "columns".into(),
                limit: MAX_COLUMNS as u64,
            });
        }
        cells += record.len();
        if cells > MAX_CELLS {
            return Err(FileError::SheetTooLarge {
                sheet: String::new(),
                what: "cells".into(),
                limit: MAX_CELLS as u64,
            });
        }
        rows.push(Row::new(number, record.iter()));
    }
}

/// How many empty lines begin at `at`, which is just behind a row, and where the next row begins.
/// (The csv reader passes over empty lines without counting them.)
fn empty_lines(bytes: &[u8], mut at: usize) -> (u32, usize) {
    // The row before may have ended between the two characters of its line end.
    if at > 0 && bytes.get(at - 1) == Some(&b'\r') && bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    let mut lines = 0;
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => at += 2,
            (Some(b'\r' | b'\n'), _) => at += 1,
            _ => return (lines, at),
        }
        lines += 1;
    }
}

/// Whether a quotation mark in this row was never meant to open a cell of many lines.
fn swallows(raw: &[u8], record: &csv::StringRecord) -> bool {
    let huge = record.iter().any(|c| c.len() > MAX_CELL_BYTES || c.bytes().filter(|b| *b == b'\n').count() > 100);
    let several_lines = record.iter().any(|c| c.contains('\n'));
    huge || several_lines && raw.iter().filter(|b| **b == b'"').count() % 2 == 1
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
