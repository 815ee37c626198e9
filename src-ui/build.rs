//! Turns `locales/LANGUAGE/PAGE.json` into the module that [`i18n`] includes, so that a key which does not exist is an
//! error of the compiler. A key that one language lacks is an error here: the crate would silently show the other one.

use std::{collections::BTreeSet, error::Error, fs, path::PathBuf};

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos, options::CodegenOptions};

/// One file each, so that people who work on different pages never meet in one.
const PAGES: [&str; 13] = [
    "today",
    "facade",
    "household",
    "visit",
    "plan",
    "request",
    "sync",
    "settings",
    "console",
    "import",
    "people",
    "error",
    "words",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    for page in PAGES {
        let (zh, en) = (keys("zh", page)?, keys("en", page)?);
        if let Some(key) = zh.symmetric_difference(&en).next() {
            return Err(format!("locales: {page}.{key} is in one language only").into());
        }
    }
    let config = Config::new("zh")?
        .add_locale("en")?
        .add_namespaces(PAGES)?
        .parse_options(ParseOptions::default().interpolate_display(true));
    let translations = TranslationsInfos::parse(config)?;
    translations.emit_diagnostics();
    let quiet = "#![allow(missing_docs, dead_code, clippy::all)]".parse().ok();
    translations.generate_i18n_module_with_options(
        PathBuf::from(std::env::var("OUT_DIR")?).join("i18n"),
        CodegenOptions::new().top_level_attributes(quiet),
    )?;
    Ok(())
}

/// The keys of a page's file with the names that their texts want filled in.
fn keys(language: &str, page: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let path = format!("locales/{language}/{page}.json");
    let text = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let all: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|e| format!("{path}: {e}"))?;
    Ok(all.into_iter().map(|(key, text)| format!("{key} {:?}", names(text.as_str().unwrap_or_default()))).collect())
}

fn names(text: &str) -> BTreeSet<&str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name.trim())).collect()
}
