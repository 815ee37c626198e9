//! Turns `locales/LANGUAGE/PAGE.json` into the functions that [`i18n`] includes, so that a key which does not exist, or
//! a value that a text does not name, is an error of the compiler. What one language lacks is an error here.
//!
//! A text without values becomes a function; one with values a struct, so that they are given by name:
//! `{{ day }}` in the file is `{0}` in the program, where 0 is the value's place in the struct.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write,
    fs,
    path::PathBuf,
};

/// One file each, so that people who work on different pages never meet in one.
const PAGES: [&str; 23] = [
    "today",
    "facade",
    "household",
    "facility",
    "visit",
    "answer",
    "pin",
    "plan",
    "conflict",
    "request",
    "round",
    "sync",
    "settings",
    "console",
    "report",
    "import",
    "forms",
    "people",
    "grids",
    "duty",
    "file",
    "error",
    "words",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    let mut made = String::new();
    for page in PAGES {
        writeln!(made, "pub mod {page} {{")?;
        let (zh, en) = (texts("zh", page)?, texts("en", page)?);
        if let Some(key) = zh.keys().chain(en.keys()).find(|key| !zh.contains_key(*key) || !en.contains_key(*key)) {
            return Err(format!("locales: {page}.{key} is in one language only").into());
        }
        for (key, (zh, en)) in zh.iter().map(|(key, zh)| (key, (zh, en.get(key).map_or("", String::as_str)))) {
            let at = |e: &str| format!("locales: {page}.{key}: {e}");
            let names = names(zh).map_err(at)?;
            if names != self::names(en).map_err(at)? {
                return Err(at("the two languages name different values").into());
            }
            made.push_str(&access(key, zh, en, &names)?);
        }
        made.push_str("}\n");
    }
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("texts.rs"), made)?;
    Ok(())
}

/// The texts of a page's file by key.
fn texts(language: &str, page: &str) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let path = format!("locales/{language}/{page}.json");
    let text = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    Ok(serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?)
}

/// The values that a text wants filled in.
fn names(text: &str) -> Result<BTreeSet<&str>, &'static str> {
    let mut pieces = text.split("{{");
    let mut names = BTreeSet::new();
    let mut rest = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, after) = piece.split_once("}}").ok_or("a {{ without }}")?;
        names.insert(name.trim());
        rest.push_str(after);
    }
    if rest.contains(['{', '}']) { Err("a single brace: values are written {{ name }}") } else { Ok(names) }
}

/// What stands in the program for a text.
fn access(key: &str, zh: &str, en: &str, names: &BTreeSet<&str>) -> Result<String, std::fmt::Error> {
    let mut made = String::new();
    if names.is_empty() {
        writeln!(made, "pub fn {key}(i18n: super::I18n) -> &'static str {{ i18n.chosen(&[{zh:?}, {en:?}]) }}")?;
        return Ok(made);
    }
    let fields: String = names.iter().map(|name| format!("pub {name}: &'a dyn super::Display, ")).collect();
    let values: String = names.iter().map(|name| format!("self.{name}, ")).collect();
    let (zh, en) = (numbered(zh, names), numbered(en, names));
    writeln!(made, "pub struct {key}<'a> {{ {fields}}}")?;
    writeln!(made, "impl {key}<'_> {{")?;
    writeln!(
        made,
        "pub fn said(&self, i18n: super::I18n) -> String {{ i18n.filled(&[{zh:?}, {en:?}], &[{values}]) }}"
    )?;
    writeln!(made, "}}")?;
    Ok(made)
}

/// The text with the numbers of its values.
fn numbered(text: &str, names: &BTreeSet<&str>) -> String {
    let number = |name: &str| names.iter().position(|n| *n == name.trim()).unwrap_or_default();
    let mut pieces = text.split("{{");
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for (name, after) in pieces.filter_map(|piece| piece.split_once("}}")) {
        made.push_str(&format!("{{{}}}{after}", number(name)));
    }
    made
}
