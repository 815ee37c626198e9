#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use super::super::read;
use super::super::table::read_table;
use super::*;
use std::io::Write;
use zip::write::SimpleFileOptions;

const SPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook from the XML of its sheets: (name, attributes, sheetData, what follows).
fn workbook(sheets: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: String| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    add(
        "[Content_Types].xml",
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.into(),
    );
    add(
        "_rels/.rels",
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    let list: String = sheets
        .iter()
        .enumerate()
        .map(|(i, s)| format!(r#"<sheet name="{}" sheetId="{}" {} r:id="rId{}"/>"#, s.0, i + 1, s.1, i + 1))
        .collect();
    add(
        "xl/workbook.xml",
        format!(
            r#"<?xml version="1.0"?><workbook xmlns="{SPACE}" xmlns:r="{LINKS}"><sheets>{list}</sheets></workbook>"#
        ),
    );
    let links: String = (1..=sheets.len())
        .map(|i| format!(r#"<Relationship Id="rId{i}" Type="{LINKS}/worksheet" Target="worksheets/sheet{i}.xml"/>"#))
        .collect();
    add(
        "xl/_rels/workbook.xml.rels",
        format!(
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>"#
        ),
    );
    for (i, (.., data, after)) in sheets.iter().enumerate() {
        add(
            &format!("xl/worksheets/sheet{}.xml", i + 1),
            format!(
                r#"<?xml version="1.0"?><worksheet xmlns="{SPACE}"><sheetData>{data}</sheetData>{after}</worksheet>"#
            ),
        );
    }
    zip.finish().unwrap().into_inner()
}

/// One row; a cell that begins with `<` is taken as the XML inside and after its opening tag's attributes.
fn row(number: u32, cells: &[&str]) -> String {
    let cell = |(i, text): (usize, &&str)| {
        let at = format!("{}{number}", column_letters(i));
        match text.strip_prefix('|') {
            Some(xml) => format!("<c r=\"{at}\" {xml}</c>"),
            None if text.is_empty() => String::new(),
            None => format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#),
        }
    };
    format!(r#"<row r="{number}">{}</row>"#, cells.iter().enumerate().map(cell).collect::<String>())
}

const HEAD: [&str; 5] = ["小区", "楼栋", "单元", "房号", "面积"];

fn one(rows: &[String]) -> Vec<u8> {
    workbook(&[("台账", "", &rows.concat(), "")])
}

#[test]
fn numbers_are_text_as_the_clerk_sees_it() {
    let bytes = one(&[
        row(1, &HEAD),
        row(2, &["x", "|><v>3</v>", "|><v>1</v>", "|><v>502.0</v>", "|><v>98.50000000000001</v>"]),
    ]);
    let register = read(&read_table("x.xlsx", &bytes).unwrap());
    assert_eq!(register.households[0].address.short(), "3-1-502");
    assert_eq!(register.households[0].fields.area_m2, Some(98.5));
    assert_eq!(register.counts().repaired, 0);
    assert_eq!(number_text(2_009_000_001.0), "2009000001");
    assert_eq!(number_text(0.1 + 0.2), "0.3");
}

#[test]
fn a_formula_error_refuses_the_file_and_names_the_cell() {
    let bytes = one(&[
        row(1, &HEAD),
        row(2, &["x", "1", "1", "101", "90"]),
        row(3, &["x", "1", "1", "102", "|t=\"e\"><f>E1/0</f><v>#DIV/0!</v>"]),
    ]);
    let FileError::FormulaErrors { cells, total } = read_table("x.xlsx", &bytes).unwrap_err() else { panic!() };
    assert_eq!(total, 1);
    assert_eq!(cells[0], CellFault { sheet: "台账".into(), row: 3, column: "E".into(), error: "#DIV/0!".into() });
    let unknown = one(&[row(1, &HEAD), row(2, &["x", "1", "1", "101", "|t=\"e\"><v>#SPILL!</v>"])]);
    assert!(matches!(read_table("x", &unknown), Err(FileError::FormulaErrors { .. })));
}

#[test]
fn a_formula_without_value_is_not_read_as_nothing() {
    let head = ["小区", "楼栋", "单元", "房号", "面积", "欠费"];
    for cell in ["|><f>1+1</f>", "|><f>1+1</f><v></v>", "|><f>1+1</f><v>0</v>", "|><f>1+1</f><v/>"] {
        let bytes = one(&[row(1, &head), row(2, &["x", "1", "1", cell, "90"])]);
        assert!(matches!(read_table("x", &bytes), Err(FileError::FormulaErrors { .. })), "{cell}");
    }
    // With its value it is read; a zero in a column that is not imported does no harm.
    let bytes = one(&[row(1, &head), row(2, &["x", "1", "1", "|><f>100+1</f><v>101</v>", "90", "|><f>0</f><v>0</v>"])]);
    assert_eq!(read(&read_table("x", &bytes).unwrap()).households[0].address.room, "101");
}

#[test]
fn several_sheets_hidden_ones_and_instructions() {
    let data = |room: &str| row(1, &HEAD) + &row(2, &["x", "1", "1", room, "90"]);
    let bytes = workbook(&[
        ("说明", "", &row(1, &["先看这里"]), ""),
        ("一期", "", &data("101"), ""),
        ("旧", "state=\"hidden\"", &data("101"), ""),
        ("空", "", "", ""),
        (
            "二期",
            "",
            &(row(1, &["标题"])
                + &row(2, &["面积", "房号", "单元", "楼栋", "小区"])
                + &row(3, &["90", "101", "1", "1", "x"])),
            "",
        ),
        ("汇总", "", &row(1, &["小区", "|t=\"e\"><v>#REF!</v>"]), ""),
    ]);
    let table = read_table("x", &bytes).unwrap();
    assert_eq!(table.sheets.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["一期", "二期"]);
    assert_eq!(table.skipped.len(), 4);
    assert!(table.skipped.contains(&("旧".into(), Skipped::Hidden)));
    let register = read(&table);
    assert_eq!((register.households.len(), register.exact_duplicates.len()), (1, 1));
    assert_eq!(table.place(register.exact_duplicates[0].row), "二期!3");
    let sheet = super::super::rejected_sheet(&table, &register.refusals(), super::super::Lang::En);
    assert_eq!(sheet[1], ["x", "1", "1", "101", "90", "二期!3", "the same as row 一期!2"]);
}

#[test]
fn merged_cells_count_for_every_row_below() {
    let data = row(1, &HEAD)
        + &row(2, &["x", "1", "1", "101", "90"])
        + &row(3, &["", "", "", "102", "90"])
        + &row(4, &["注：101 户面积待核实，共 2 户"]);
    let merges = r#"<mergeCells count="4"><mergeCell ref="A2:A3"/><mergeCell ref="B2:B3"/><mergeCell ref="C2:C3"/><mergeCell ref="A4:E4"/></mergeCells>"#;
    let register = read(&read_table("x", &workbook(&[("a", "", &data, merges)])).unwrap());
    assert_eq!(register.households.len(), 2);
    assert_eq!(register.households[1].address.short(), "1-1-102");
    assert!(
        register.unusable.iter().all(|u| matches!(u.why, super::super::Why::NoteRow { .. }))
            && register.unusable.len() == 1
    );
}

#[test]
fn empty_damaged_and_other_zips() {
    assert_eq!(read_table("x", &one(&[])).unwrap_err(), FileError::Empty);
    assert_eq!(read_table("x", &one(&[row(1, &HEAD)])).unwrap_err(), FileError::NoRows);
    assert!(matches!(
        read_table("x", &one(&[row(1, &["a", "b"]), row(2, &["1", "2"])])),
        Err(FileError::NoHeader { .. })
    ));
    let good = one(&[row(1, &HEAD), row(2, &["x", "1", "1", "101", "90"])]);
    assert!(matches!(read_table("x", &good[..good.len() / 2]), Err(FileError::Damaged { .. })));
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("photo.jpg", SimpleFileOptions::default()).unwrap();
    assert_eq!(
        read_table("x", &zip.finish().unwrap().into_inner()).unwrap_err(),
        FileError::OtherFormat { format: "zip".into() }
    );
    // Flip bytes everywhere: an error or a table, never a crash.
    for i in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[i] ^= 0x55;
        let _ = read_table("x", &bad);
    }
}

#[test]
fn a_lonely_far_cell_needs_no_rectangle() {
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let bytes = one(&[row(1, &HEAD), row(2, &["x", "1", "1", "101", "90"]), far.to_owned()]);
    assert!(matches!(read_table("x", &bytes), Err(FileError::SheetTooLarge { .. })));
}

/// Like a zip bomb in small: what a part declares does not matter, what it unpacks to does.
#[test]
fn a_zip_bomb_is_refused_whatever_it_declares() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("[Content_Types].xml", SimpleFileOptions::default()).unwrap();
    zip.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..420 {
        zip.write_all(&piece).unwrap();
    }
    let honest = zip.finish().unwrap().into_inner();
    assert!(honest.len() < 1 << 20);
    assert!(
        matches!(read_table("x.xlsx", &honest).unwrap_err(), FileError::UnpacksTooLarge { entry, .. } if entry == "directory")
    );
    // The same bytes, but head and directory say 1,000.
    let size = (420u32 << 20).to_le_bytes();
    let mut lying = honest;
    let places: Vec<usize> = lying.windows(4).enumerate().filter(|(_, w)| *w == size).map(|(i, _)| i).collect();
    assert!(!places.is_empty());
    for i in places {
        lying[i..i + 4].copy_from_slice(&1000u32.to_le_bytes());
    }
    assert!(matches!(
        read_table("x.xlsx", &lying).unwrap_err(),
        FileError::UnpacksTooLarge { .. } | FileError::Damaged { .. }
    ));
    assert!(matches!(measure(&lying, 1 << 20), Err(FileError::UnpacksTooLarge { .. } | FileError::Damaged { .. })));
}
