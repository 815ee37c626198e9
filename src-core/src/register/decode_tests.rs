#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use super::*;

const HEAD: &str = "小区,楼栋,单元,房号,备注";

fn fails(bytes: &[u8]) -> FileError {
    read_table("x.csv", bytes).unwrap_err()
}

#[test]
fn what_is_no_table_is_named() {
    let format = |b: &[u8]| match fails(b) {
        FileError::OtherFormat { format } => format,
        other => panic!("{other:?}"),
    };
    assert_eq!(format(b"\x89PNG\r\n\x1a\n0000"), "png");
    assert_eq!(format(b"\xFF\xD8\xFF\xE0....JFIF"), "jpeg");
    assert_eq!(format(b"%PDF-1.7"), "pdf");
    assert_eq!(format("<html><table>小区".as_bytes()), "html");
    assert_eq!(format(b"BM\0\0\0\0\0\0\0\0rest"), "bmp");
    assert_eq!(format(&[1, 2, 0, 200, 0, 0, 9, 7]), "binary");
    assert_eq!(fails(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1]), FileError::OldOrLocked);
    assert_eq!(fails(b""), FileError::Empty);
    assert_eq!(fails(b" \r\n\r\n"), FileError::Empty);
    assert_eq!(fails(b",,,\n,,\n"), FileError::Empty);
    assert_eq!(fails(HEAD.as_bytes()), FileError::NoRows);
}

#[test]
fn a_file_of_200_mb_is_refused() {
    let bytes = vec![b'a'; 200 << 20];
    assert_eq!(fails(&bytes), FileError::TooLarge { bytes: 200 << 20, limit_bytes: MAX_FILE_BYTES });
}

#[test]
fn no_heading_says_what_was_looked_for() {
    let FileError::NoHeader { looked_for, found } = fails("楼栋,单元,房号\n1,1,101\n".as_bytes()) else {
        panic!()
    };
    assert_eq!(looked_for, [super::super::columns::Column::Estate]);
    assert_eq!(found, ["楼栋", "单元", "房号"]);
    let FileError::NoHeader { looked_for, found } = fails(b"hello,world\n1,2\n") else { panic!() };
    assert_eq!(looked_for.len(), 3);
    assert_eq!(found[0], "hello");
}

#[test]
fn formula_errors_refuse_the_file() {
    let FileError::FormulaErrors { cells, total } = fails(format!("{HEAD}\nx,1,1,101,\nx,1,1,102,#REF!\n").as_bytes())
    else {
        panic!()
    };
    assert_eq!(total, 1);
    assert_eq!((cells[0].row, cells[0].column.as_str(), cells[0].error.as_str()), (3, "E", "#REF!"));
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_does() {
    let text = format!("标题\r\n\r\n{HEAD}\r\nx,1,1,101,\"两\r\n行\"\r\n\r\n\r\nx,1,1,102,\r\n,,,,\r\nx,1,1,103,末");
    for text in [text.clone(), text.replace("\r\n", "\n"), text.replace("\r\n", "\r")] {
        let table = read_table("x.csv", text.as_bytes()).unwrap();
        let numbers: Vec<u32> = table.sheets[0].rows.iter().map(|r| r.number).collect();
        assert_eq!((table.sheets[0].layout.header_row, numbers), (3, vec![4, 7, 9]), "{text:?}");
    }
}

#[test]
fn an_open_quote_does_not_swallow_rows() {
    let open = format!("{HEAD}\nx,1,1,101,\nx,1,1,102,\"坏\nx,1,1,103,\nx,1,1,104,\n");
    assert_eq!(fails(open.as_bytes()), FileError::OpenQuote { row: 3 });
    let fine = format!("{HEAD}\nx,1,1,101,\"一\n二\"\nx,1,1,102,3\"管\n");
    assert_eq!(read_table("x", fine.as_bytes()).unwrap().rows(), 2);
}

#[test]
fn broken_characters_are_kept_visible() {
    let mut bytes =
        encoding_rs::GB18030.encode(&format!("{HEAD}\n康桥华城,1,1,101,\n康桥华城,1,1,102,王\n")).0.into_owned();
    bytes.truncate(bytes.len() - 2);
    let table = read_table("x", &bytes).unwrap();
    assert_eq!(table.encoding, "gb18030");
    let register = super::super::read(&table);
    assert_eq!((register.households.len(), register.unusable.len()), (1, 1));
}

#[test]
fn excels_own_separator_line() {
    let text = format!("sep=;\r\n{}\r\nx;1;1;101;a,b,c\r\n", HEAD.replace(',', ";"));
    let table = read_table("x", text.as_bytes()).unwrap();
    assert_eq!((table.sheets[0].rows[0].number, table.sheets[0].rows[0].cell(4)), (3, "a,b,c"));
}

#[test]
fn short_gb18030_is_not_taken_for_another() {
    let (bytes, ..) = encoding_rs::GBK.encode("小区,楼栋,单元,房号\n锦,1,1,101\n");
    assert_eq!(read_table("x", &bytes).unwrap().sheets[0].rows[0].cell(0), "锦");
}
