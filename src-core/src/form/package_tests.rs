//! A form that is published with its files, from the package to what a screen is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::sync::Arc;

use super::{
    Environment, OpenForm, Read, Step,
    package::{Package, is_package},
    read_bytes, read_sheets,
    xlsform::Topic,
};
use crate::workbook::Sheets;

/// A form that takes its list, a value and pictures from files, as an XForm.
fn form() -> Vec<u8> {
    let survey = [
        ["type", "name", "label", "image", "calculation"],
        ["select_one_from_file wards.csv", "ward", "Which ward?", "map.png", ""],
        ["select_one pump", "pump", "Which pump?", "gone.png", ""],
        ["calculate", "chief", "", "", "pulldata('wards', 'chief', 'name', ${ward})"],
    ];
    let choices = [["list_name", "name", "label", "image"], ["pump", "a", "A", "a.png"], ["pump", "b", "B", ""]];
    let rows = |rows: &[&[&str]]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    };
    let survey: Vec<&[&str]> = survey.iter().map(<[_; 5]>::as_slice).collect();
    let choices: Vec<&[&str]> = choices.iter().map(<[_; 4]>::as_slice).collect();
    let sheets = Sheets::from_rows([("survey", rows(&survey)), ("choices", rows(&choices))]);
    read_sheets(&sheets, Some("wards"), true).xform.into_bytes()
}

const WARDS: &str = "name,label,chief\nn,North,Li\ns,South,Wang\n";

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    Package::of(files.chain([("wards.xml".to_owned(), form())])).unwrap().bytes().unwrap()
}

fn missing(read: &Read) -> Vec<&str> {
    let flaws = read.warnings.iter().filter(|flaw| flaw.topic == Topic::FileMissing);
    flaws.map(|flaw| flaw.message.en.split_whitespace().nth(5).unwrap().trim_end_matches(':')).collect()
}

#[test]
fn lists_and_pictures_come_with_the_form() {
    let bytes = package(&[("wards.csv", WARDS), ("map.png", "M"), ("a.png", "A")]);
    assert!(is_package(&bytes));
    let read = read_bytes(&bytes);
    assert_eq!(missing(&read), ["gone.png"]);
    assert!(read.hindrances().is_empty(), "{:?}", read.hindrances());
    let now = chrono::DateTime::parse_from_rfc3339("2026-11-21T10:00:00+08:00").unwrap();
    let mut open = OpenForm::new(Arc::new(read.form().unwrap()), Environment::at(now));
    let ward = open.node("/data/ward").unwrap();
    let labels: Vec<&str> = ward.choices.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!((labels, ward.media.image.as_str()), (vec!["North", "South"], "map.png"));
    let pump = open.node("/data/pump").unwrap();
    let images: Vec<&str> = pump.choices.iter().map(|choice| choice.image.as_str()).collect();
    assert_eq!(images, ["a.png", ""]);
    // A picture that is not there is not asked for.
    assert!(pump.media.is_empty());
    open.apply(&Step::Set { reference: "/data/ward".into(), value: "s".into() }).unwrap();
    assert_eq!(open.answers()["chief"], "Wang");
}

#[test]
fn a_form_without_its_list_reaches_no_tablet() {
    for bytes in [package(&[("map.png", "M")]), form()] {
        let read = read_bytes(&bytes);
        assert!(missing(&read).contains(&"wards.csv"));
        assert_eq!(read.hindrances().len(), 1, "{:?}", read.hindrances());
        assert_eq!(&*read.hindrances()[0].message.zh, "表单用到文件“wards.csv”：要和表单一起提供。");
    }
    let broken = read_bytes(&package(&[("wards.csv", "name\na,b,c\n")]));
    assert!(broken.hindrances()[0].message.en.contains("row 2"), "{:?}", broken.hindrances());
    assert_eq!(&*broken.hindrances()[0].message.zh, "wards.csv：文件第 2 行：有 3 格，而表头只有 1 格。");
}
