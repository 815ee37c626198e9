//! Real registers through the command line: the figures of facts.json, nothing twice, only differences.

use anyhow::{Context, Result};
use huce_tests::{root, server::Server};
use serde_json::{Map, Value};

fn fixture(name: &str) -> String {
    root().join("tests/fixtures/registers").join(name).to_string_lossy().into_owned()
}

fn facts() -> Result<Map<String, Value>> {
    let facts = std::fs::read_to_string(fixture("facts.json"))?;
    Ok(serde_json::from_str(&facts)?)
}

#[test]
fn every_register_gives_the_figures_of_facts_and_repeating_it_changes_nothing() -> Result<()> {
    let server = Server::new()?;
    for (file, truth) in facts()? {
        let first = server.json(&["import", "register", &fixture(&file), "--json"])?;
        for (key, expected) in truth.as_object().context("facts are objects")? {
            assert_eq!(first.get(key), Some(expected), "{file}: {key}");
        }
        assert_eq!(first["new"], truth["households"], "{file}: all are new on an empty server");

        let again = server.json(&["import", "register", &fixture(&file), "--json"])?;
        assert_eq!((&again["new"], &again["changed"]), (&Value::from(0), &Value::from(0)), "{file}: imported again");
        assert_eq!(again["unchanged"], truth["households"], "{file}: imported again");
    }
    Ok(())
}

#[test]
fn a_dry_run_says_the_same_and_imports_nothing() -> Result<()> {
    let server = Server::new()?;
    let file = fixture("badonglou-gb18030.csv");
    let dry = server.json(&["import", "register", &file, "--dry-run", "--json"])?;
    let wet = server.json(&["import", "register", &file, "--json"])?;
    assert_eq!(dry["new"], wet["new"]);
    assert_eq!(wet["new"], 288);
    Ok(())
}

#[test]
fn a_corrected_file_applies_only_its_differences() -> Result<()> {
    let server = Server::new()?;
    server.must(&["import", "register", &fixture("badonglou-gb18030.csv")])?;

    let bytes = std::fs::read(fixture("badonglou-gb18030.csv"))?;
    let at = bytes.windows(10).position(|w| w == b"2009000002").context("the second household's account")?;
    let mut corrected = bytes.clone();
    corrected.splice(at..at + 10, *b"2009999999");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("corrected.csv");
    std::fs::write(&path, corrected)?;

    let changed = server.json(&["import", "register", &path.to_string_lossy(), "--json"])?;
    assert_eq!((&changed["new"], &changed["changed"], &changed["unchanged"]), (&0.into(), &1.into(), &287.into()));
    Ok(())
}

#[test]
fn what_is_no_register_is_refused_with_a_reason_and_imports_nothing() -> Result<()> {
    let server = Server::new()?;
    let folder = tempfile::tempdir()?;
    let files: [(&str, Vec<u8>); 4] = [
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n0000000000".to_vec()),
        ("empty.csv", Vec::new()),
        ("letter.csv", "尊敬的用户\n您好\n".into()),
        ("formula.csv", "小区,楼栋,单元,房号,户号\n八栋楼小区,1,1,101,#REF!\n".into()),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes)?;
        let (out, held, err) = server.command(&["import", "register", &path.to_string_lossy(), "--json"])?;
        assert!(!held, "{name} was taken: {out}");
        assert!(!err.trim().is_empty() || !out.trim().is_empty(), "{name} was refused without a word");
    }
    let after = server.json(&["import", "register", &fixture("badonglou-gb18030.csv"), "--dry-run", "--json"])?;
    assert_eq!(after["new"], 288, "nothing had been imported");
    Ok(())
}
