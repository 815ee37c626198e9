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
    facility,
};
use crate::{
    app::{App, system_clock},
    sample::Stores,
};

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/registers")
}

fn args(file: &Path) -> RegisterArgs {
    RegisterArgs {
        file: file.to_owned(),
        dry_run: false,
        json: true,
        rejected: None,
        datum: huce_core::datum::Datum::Wgs84,
        grid: None,
    }
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

async fn facilities_are_imported_once_and_a_corrected_file_applies_its_differences(stores: Stores) {
    let (folder, app) = empty(stores).await;
    let doors = folder.path().join("r.csv");
    std::fs::write(&doors, "小区,楼栋,单元,房号,户号,网格编号\n甲,3号楼,1单元,101,1001,G-3\n").unwrap();
    import(&app, &args(&doors)).await.unwrap();
    let file = folder.path().join("f.csv");
    let head = "设施类别,设施名称,设施编号,小区,楼栋,网格编号,备注\n";
    let station = "热力站,一号热力站,RL-001,甲,,G-1,旧\n";
    let rest = "楼内设施,热力入口,,甲,3号楼,,\n污水井,东门井,,,,G-1,\n污水井,东门井,,,,G-1,\n飞船,x,,,,G-1,\n";
    std::fs::write(&file, format!("{head}{station}{rest}")).unwrap();
    let of = |report: &facility::Report| {
        let json = report.json();
        ["rows", "facilities", "exact_duplicates", "unusable", "new", "changed", "events"]
            .map(|key| json[key].as_u64().unwrap())
    };
    let dry = facility::import(&app, &RegisterArgs { dry_run: true, ..args(&file) }).await.unwrap();
    assert_eq!((of(&dry), count(&app, "facility").await), ([5, 3, 1, 1, 3, 0, 0], 0));
    let first = facility::import(&app, &args(&file)).await.unwrap();
    assert_eq!(of(&first), [5, 3, 1, 1, 3, 0, 4], "a grid and three facilities");
    assert_eq!(first.rejected()[0].address, "污水井 东门井");
    // A building's facility lies where its doors do.
    let grid: String = sqlx::query_scalar("SELECT grid FROM facility WHERE kind = 'building'")
        .fetch_one(app.store.pool())
        .await
        .unwrap();
    assert_eq!(grid, "G-3");
    let again = facility::import(&app, &args(&file)).await.unwrap();
    assert_eq!(of(&again), [5, 3, 1, 1, 0, 0, 0]);
    // Somebody corrects the note in the field; the same file does not put it back, a corrected one changes what it says.
    let id = huce_core::ids::FacilityId::of_code("station", "RL-001");
    let key = huce_core::projection::record_of(&(&id).into());
    let mut conn = app.store.pool().acquire().await.unwrap();
    let record = crate::store::docs::record(&mut conn, &key).await.unwrap().unwrap();
    drop(conn);
    let edit = record.edit([("note".to_owned(), json!("板换两组"))]).unwrap();
    let person = huce_core::ids::PersonId::new("huce").unwrap();
    let entry = crate::intake::Entry::new(person, record.grid.clone(), Some(&id), huce_core::body::Body::Edit(edit));
    crate::intake::record_own(&app, vec![entry]).await.unwrap();
    assert_eq!(facility::import(&app, &args(&file)).await.unwrap().events, 0);
    std::fs::write(&file, format!("{head}热力站,一号换热站,rl-001,甲,,G-3,旧\n")).unwrap();
    let report = facility::import(&app, &args(&file)).await.unwrap();
    let json = report.json();
    let changes: Vec<_> = json["changes"].as_array().unwrap().iter().map(|c| c["field"][0].clone()).collect();
    assert_eq!((report.events, changes), (1, vec![json!("name"), json!("grid")]));
    let body: String = sqlx::query_scalar("SELECT body FROM facility WHERE kind = 'station'")
        .fetch_one(app.store.pool())
        .await
        .unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["name"], &body["note"], &body["grid"]),
        (&json!("一号换热站"), &json!("板换两组"), &json!("G-3"))
    );
}

crate::sample::on_both_stores! {
    the_three_registers_agree_with_their_facts_and_a_second_import_changes_nothing,
    a_corrected_file_applies_its_differences_and_keeps_what_is_missing,
    a_file_that_is_no_register_imports_nothing,
    rejected_rows_go_back_as_a_workbook_with_the_reason_last,
    facilities_are_imported_once_and_a_corrected_file_applies_its_differences,
}
