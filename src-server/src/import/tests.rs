//! Registers through the path of the command line, and through the binary once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{
    ImportError,
    cli::{RegisterArgs, Report, import},
};
use crate::{
    app::{App, system_clock},
    sample::Stores,
};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/registers")
}

fn args(file: &Path) -> RegisterArgs {
    RegisterArgs { file: file.to_owned(), dry_run: false, json: true, rejected: None, grid: None }
}

async fn empty(stores: Stores) -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let app = App::open(&stores.places(folder.path()), system_clock()).await.unwrap();
    (folder, app)
}

async fn count(app: &App, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(app.store.pool()).await.unwrap()
}

fn facts(report: &Report) -> Value {
    let json = report.json();
    let keys = ["rows", "households", "exact_duplicates", "conflicting_duplicates", "unusable", "repaired"];
    keys.iter().map(|k| ((*k).to_owned(), json[k].clone())).collect::<serde_json::Map<_, _>>().into()
}

async fn the_three_registers_agree_with_their_facts_and_a_second_import_changes_nothing(stores: Stores) {
    let (_folder, app) = empty(stores).await;
    let want: BTreeMap<String, Value> =
        serde_json::from_slice(&std::fs::read(fixtures().join("facts.json")).unwrap()).unwrap();
    let mut households = 0;
    for (name, want) in &want {
        let report = import(&app, &args(&fixtures().join(name))).await.unwrap();
        assert_eq!(&facts(&report), want, "{name}");
        let json = report.json();
        assert_eq!(json["new"], want["households"], "{name}");
        let rejected = json["rejected"].as_array().unwrap();
        assert!(rejected.iter().all(|r| r["row"].as_u64().unwrap() > 1));
        let rows = want["rows"].as_u64().unwrap();
        assert_eq!(rejected.len() as u64, rows - want["households"].as_u64().unwrap(), "{name}");
        households += want["households"].as_i64().unwrap();
    }
    assert_eq!(count(&app, "household").await, households);
    let events = count(&app, "event").await;
    for name in want.keys() {
        let again = import(&app, &args(&fixtures().join(name))).await.unwrap();
        assert_eq!((again.events, again.preview.counts.new, again.preview.counts.changed), (0, 0, 0), "{name}");
        assert_eq!(again.preview.counts.unchanged, again.preview.counts.households);
    }
    assert_eq!(count(&app, "event").await, events);
}

async fn a_corrected_file_applies_its_differences_and_keeps_what_is_missing(stores: Stores) {
    let (folder, app) = empty(stores).await;
    let file = folder.path().join("r.csv");
    let head = "小区,楼栋,单元,房号,户号,建筑面积,网格编号\n";
    std::fs::write(&file, format!("{head}甲,1号楼,1单元,101,1001,80,G-1\n甲,1号楼,1单元,201,1002,90,G-1\n")).unwrap();
    import(&app, &args(&file)).await.unwrap();
    let events = count(&app, "event").await;
    std::fs::write(&file, format!("{head}甲,1号楼,1单元,101,1001,82.5,G-1\n")).unwrap();
    let dry = import(&app, &RegisterArgs { dry_run: true, ..args(&file) }).await.unwrap();
    assert_eq!((dry.json()["changed"].clone(), count(&app, "event").await), (json!(1), events));
    let report = import(&app, &args(&file)).await.unwrap();
    let json = report.json();
    assert_eq!(json["changes"], json!([{"address": "甲 1-1-101", "field": ["area_m2", "80.0", "82.5"]}]));
    assert_eq!(json["missing_doors"], json!(["甲 1-1-201"]));
    assert_eq!((report.events, count(&app, "household").await), (1, 2));
    let area: f64 = sqlx::query_scalar("SELECT area_m2 FROM household WHERE room = '101'")
        .fetch_one(app.store.pool())
        .await
        .unwrap();
    assert!((area - 82.5).abs() < 1e-9);
}

async fn a_file_that_is_no_register_imports_nothing(stores: Stores) {
    let (folder, app) = empty(stores).await;
    let big = std::fs::File::create(folder.path().join("big.csv")).unwrap();
    big.set_len(200 << 20).unwrap();
    let formula = "小区,楼栋,单元,房号\n甲,1,1,#REF!\n";
    let files: [(&str, &[u8]); 4] = [
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n0000"),
        ("empty.csv", b""),
        ("formula.csv", formula.as_bytes()),
        ("heading.csv", "小区,楼栋,单元,房号\n".as_bytes()),
    ];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    for name in ["big.csv", "picture.xlsx", "empty.csv", "formula.csv", "heading.csv"] {
        let result = import(&app, &args(&folder.path().join(name))).await;
        assert!(matches!(result, Err(ImportError::File(_))), "{name}");
    }
    assert_eq!((count(&app, "event").await, count(&app, "household").await), (0, 0));
}

async fn rejected_rows_go_back_as_a_workbook_with_the_reason_last(stores: Stores) {
    let (folder, app) = empty(stores).await;
    let out = folder.path().join("rejected.xlsx");
    let wish = RegisterArgs { rejected: Some(out.clone()), ..args(&fixtures().join("badonglou-gb18030.csv")) };
    import(&app, &wish).await.unwrap();
    let sheets = huce_core::workbook::Sheets::open(&std::fs::read(out).unwrap(), "x", Default::default()).unwrap();
    let rows = sheets.get("未导入").unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0].last().unwrap(), "原因");
    assert!(rows.iter().skip(1).any(|r| r.last().unwrap().contains("完全重复")));
    assert!(rows.iter().skip(1).any(|r| r.last().unwrap().contains("暂以第 79 行为准")));
}

crate::sample::on_both_stores! {
    the_three_registers_agree_with_their_facts_and_a_second_import_changes_nothing,
    a_corrected_file_applies_its_differences_and_keeps_what_is_missing,
    a_file_that_is_no_register_imports_nothing,
    rejected_rows_go_back_as_a_workbook_with_the_reason_last,
}
