#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use super::columns::Subject;
use super::table::{FileError, Row, Table, read_table};
use super::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/registers")
}

fn fixture(name: &str) -> Table {
    read_table(name, &std::fs::read(fixtures().join(name)).unwrap()).unwrap()
}

fn table(rows: &[Vec<&str>]) -> Table {
    let rows = rows.iter().enumerate().map(|(i, cells)| Row::new(i as u32 + 1, cells)).collect();
    Table::of_rows(Subject::Households, "x.csv", "UTF-8", rows).unwrap()
}

fn accounted(register: &Register) -> bool {
    let c = register.counts();
    c.rows == c.households + c.exact_duplicates + c.conflicting_duplicates + c.unusable
}

#[test]
fn the_three_registers_agree_with_their_facts() {
    let facts: BTreeMap<String, Counts> =
        serde_json::from_slice(&std::fs::read(fixtures().join("facts.json")).unwrap()).unwrap();
    assert_eq!(facts.len(), 3);
    for (name, want) in facts {
        let register = read(&fixture(&name));
        assert_eq!(register.counts(), want, "{name}");
        assert!(accounted(&register));
        assert_eq!(register.warnings, vec![], "{name}");
    }
}

#[test]
fn the_demo_district_is_what_its_readme_says() {
    let demo = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/demo");
    let register = read(&read_table("register.csv", &std::fs::read(demo.join("register.csv")).unwrap()).unwrap());
    let counts = register.counts();
    let figures =
        (counts.rows, counts.households, counts.exact_duplicates, counts.conflicting_duplicates, counts.unusable);
    assert_eq!(figures, (418, 412, 2, 1, 3));
    assert_eq!(register.warnings, vec![]);
    let json =
        |name: &str| -> serde_json::Value { serde_json::from_slice(&std::fs::read(demo.join(name)).unwrap()).unwrap() };
    let doors: Vec<(String, String)> =
        register.households.iter().map(|h| (h.address.estate.clone(), h.address.short())).collect();
    for name in ["history.json", "requests.json", "plans.json"] {
        for entry in json(name).as_array().unwrap() {
            let door = (entry["estate"].as_str().unwrap().to_owned(), entry["household"].as_str().unwrap().to_owned());
            assert!(doors.contains(&door), "{name}: {door:?}");
        }
    }
    // Every door lies in an inspector's grid, and the grid that the register names is the one that covers it.
    let grids = json("grids.geojson");
    for h in &register.households {
        let covers = |f: &&serde_json::Value| {
            let p = &f["properties"];
            p["level"] == "inspector"
                && p["covers"].as_array().unwrap().iter().any(|c| {
                    c["estate"] == *h.address.estate
                        && c["buildings"].as_array().unwrap().iter().any(|b| *b == *h.address.building)
                })
        };
        let grid = grids["features"].as_array().unwrap().iter().find(covers).unwrap();
        assert_eq!(grid["properties"]["code"].as_str(), h.fields.grid_code.as_deref());
    }
}

#[test]
fn rows_are_named_as_the_clerk_sees_them() {
    let table = fixture("badonglou-gb18030.csv");
    assert_eq!(table.encoding, "gb18030");
    let register = read(&table);
    let conflict = &register.conflicting[0];
    assert_eq!(
        (conflict.row.row, conflict.first_row.row, conflict.columns.as_slice()),
        (80, 79, [Column::Phone].as_slice())
    );
    assert_eq!(register.unusable[0].row.row, 198);
    let liuhu = fixture("liuhu-2648.xlsx");
    assert_eq!(liuhu.sheets[0].layout.header_row, 3);
    assert_eq!(liuhu.skipped, vec![("填表说明".to_owned(), table::Skipped::NoHeader)]);
    let register = read(&liuhu);
    let store_room = register.unusable.iter().find(|u| u.row.row == 107).unwrap();
    assert_eq!((store_room.column, &store_room.why), (Column::Room, &Why::NotADoor { text: "储藏室".into() }));
    let no_room = register.unusable.iter().find(|u| u.row.row == 790).unwrap();
    assert_eq!((no_room.column, &no_room.why), (Column::Room, &Why::Missing));
}

/// Any order of columns and rows, other headings, and every encoding and separator say the same.
#[test]
fn the_same_register_in_other_clothes() {
    let original = fixture("kangqiao-2324.csv");
    let want = read(&original).counts();
    let sheet = &original.sheets[0];
    let headings = [
        "项目名称",
        "幢号",
        "单元号",
        "所在楼层",
        "房间号",
        "用户编号",
        "供热面积(㎡)",
        "采暖方式",
        "业主姓名",
        "手机号",
        "特殊人群",
        "所属网格",
        "责任人",
        "说明",
    ];
    let mut random = 7u64;
    for (separator, encoding) in [
        (",", "utf-8"),
        ("\t", "gb18030"),
        (";", "utf-16le"),
        (",", "utf-16be"),
        ("|", "utf-8-bom"),
        ("\t", "utf-16le-bom"),
    ] {
        let mut order: Vec<usize> = (0..headings.len()).collect();
        shuffle(&mut order, &mut random);
        let mut lines = vec!["某某街道住户台账".to_owned(), String::new()];
        lines.push(order.iter().map(|i| headings[*i]).collect::<Vec<_>>().join(separator));
        // Duplicates stay behind their firsts, the rest may go anywhere: the figures don't change.
        lines.extend(sheet.rows.iter().map(|r| order.iter().map(|i| r.cell(*i)).collect::<Vec<_>>().join(separator)));
        let text = lines.join("\r\n");
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let bytes: Vec<u8> = match encoding {
            "gb18030" => encoding_rs::GB18030.encode(&text).0.into_owned(),
            "utf-16le" => utf16(false),
            "utf-16be" => utf16(true),
            "utf-16le-bom" => [vec![0xFF, 0xFE], utf16(false)].concat(),
            "utf-8-bom" => [vec![0xEF, 0xBB, 0xBF], text.into_bytes()].concat(),
            _ => text.into_bytes(),
        };
        let register = read(&read_table("x", &bytes).unwrap());
        assert_eq!(register.counts(), want, "{encoding} {separator:?}");
        assert_eq!(register.unusable[0].row.row, 128 + 2);
    }
}

fn next(random: &mut u64) -> usize {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random as usize
}

fn shuffle<T>(items: &mut [T], random: &mut u64) {
    for i in (1..items.len()).rev() {
        items.swap(i, next(random) % (i + 1));
    }
}

/// Whatever is done to the cells, every row is accounted for exactly once, and nothing panics.
#[test]
fn every_row_is_accounted_for_in_mutated_tables() {
    let original = fixture("badonglou-gb18030.csv");
    let junk = [
        "",
        "　",
        "小计",
        "合计：",
        "储藏室",
        "#",
        "０",
        "5-2",
        "2-501",
        "3-2-501",
        "八栋楼小区3号楼2单元501",
        "\u{FFFD}",
        "2025-05-02",
        "-",
        "-101",
        "1e9",
        "99999999999999999999",
        "楼",
        "单元",
        "三十",
        "'",
        "=\"1\"",
        "a b",
        "🏠",
        "号楼",
        "5层",
        "层",
        "F",
        ",",
        "1,203",
        "B",
        "E",
        "2.009E+09",
        "E+09",
        "1E400",
    ];
    let mut random = 20_261_121u64;
    for _ in 0..60 {
        let sheet = &original.sheets[0];
        let mut rows: Vec<Vec<String>> = sheet.rows.iter().map(|r| r.cells().map(str::to_owned).collect()).collect();
        for row in rows.iter_mut() {
            if next(&mut random).is_multiple_of(3) {
                let i = next(&mut random) % row.len();
                row[i] = junk[next(&mut random) % junk.len()].to_owned();
            }
        }
        shuffle(&mut rows, &mut random);
        let drop = next(&mut random) % 14;
        let mut all = vec![sheet.layout.headings.clone()];
        all.extend(rows);
        let all: Vec<Row> = all
            .iter()
            .enumerate()
            .map(|(i, r)| {
                Row::new(
                    i as u32 + 1,
                    r.iter().enumerate().map(|(c, t)| if c == drop && i > 0 { "" } else { t.as_str() }),
                )
            })
            .collect();
        let Ok(table) = Table::of_rows(Subject::Households, "x", "x", all) else { continue };
        let register = read(&table);
        assert!(accounted(&register));
        assert_eq!(register.rows, table.rows());
        let mut seen: Vec<RowAt> = register.households.iter().map(|h| h.row).collect();
        seen.extend(register.exact_duplicates.iter().map(|d| d.row));
        seen.extend(register.conflicting.iter().map(|c| c.row));
        seen.extend(register.unusable.iter().map(|u| u.row));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), register.rows, "a row was counted twice");
        assert_eq!(
            rejected_sheet(&table, &register.refusals(), Lang::Zh).len() - 1,
            register.rows - register.households.len()
        );
    }
}

#[test]
fn whole_addresses_in_one_column() {
    let register = read(&table(&[
        vec!["地址", "户号", "面积"],
        vec!["康桥华城3号楼2单元501", "1", "98.5㎡"],
        vec!["康桥华城3#2单元0501", "1", "98.5"],
        vec!["康桥华城 3-2-502", "2", "98.5"],
        vec!["康桥华城3号楼503", "3", "98.5"],
        vec!["康桥华城", "4", "98.5"],
        vec!["合计", "", "394"],
    ]));
    let short: Vec<String> = register.households.iter().map(|h| h.address.short()).collect();
    assert_eq!(short, ["3-2-501", "3-2-502"]);
    assert_eq!(register.exact_duplicates.len(), 1);
    let why: Vec<_> = register.unusable.iter().map(|u| (u.row.row, u.column)).collect();
    assert_eq!(why, [(5, Column::Address), (6, Column::Address), (7, Column::Address)]);
    assert_eq!(register.households[0].fields.floor, Some(5));
}

#[test]
fn flattened_groups_and_missing_entrances() {
    let flat = read(&table(&[
        vec!["小区", "楼栋", "单元", "房号"],
        vec!["康桥华城", "1号楼", "1单元", "101"],
        vec!["", "", "", "102"],
        vec!["", "", "2单元", "101"],
        vec!["", "", "", "102"],
        vec!["小计", "", "", "4户"],
        vec!["", "2号楼", "1单元", "101"],
        vec!["", "", "", "102"],
    ]));
    let short: Vec<String> = flat.households.iter().map(|h| h.address.short()).collect();
    assert!(accounted(&flat));
    assert_eq!(short, ["1-1-101", "1-1-102", "1-2-101", "1-2-102", "2-1-101", "2-1-102"]);
    assert!(matches!(flat.unusable[0].why, Why::TotalRow { .. }));
    let towers = read(&table(&[
        vec!["小区", "楼栋", "房号", "户号"],
        vec!["x", "A座", "1203", "1"],
        vec!["x", "B座", "1203", "2"],
    ]));
    assert_eq!(towers.households[0].address.short(), "A-1-1203");
    // One empty cell among many is a mistake, not a habit.
    let holes = read(&table(&[
        vec!["小区", "楼栋", "单元", "房号"],
        vec!["x", "1", "1", "101"],
        vec!["x", "", "1", "102"],
        vec!["x", "1", "", "103"],
        vec!["x", "1", "1", "104"],
    ]));
    let why: Vec<_> = holes.unusable.iter().map(|u| (u.row.row, u.column, u.why.clone())).collect();
    assert_eq!(why, [(3, Column::Building, Why::Missing), (4, Column::Entrance, Why::Missing)]);
}

#[test]
fn duplicates_compare_what_is_meant() {
    let register = read(&table(&[
        vec!["序号", "小区", "楼栋", "单元", "房号", "电话", "重点关注"],
        vec!["1", "x", "3号楼", "1单元", "501", "18*1", "空巢老人、病残"],
        vec!["2", "x", "三栋", "一单元", "0501", "18*1", "病残,空巢"],
        vec!["3", "x", "3#", "1", "501", "13*2", "空巢老人、病残"],
        vec!["4", "x", "3#", "1", "501", "13*2", "空巢老人、病残"],
        vec!["5", "x", "3#", "1", "501", "18*1", "空巢老人、病残"],
    ]));
    assert_eq!(
        register.counts(),
        Counts { rows: 5, households: 1, exact_duplicates: 3, conflicting_duplicates: 1, unusable: 0, repaired: 0 }
    );
    let pairs: Vec<_> = register.exact_duplicates.iter().map(|d| (d.row.row, d.first_row.row)).collect();
    assert_eq!(pairs, [(3, 2), (5, 4), (6, 2)]);
}

#[test]
fn rejected_rows_can_be_mended_and_imported() {
    let table = fixture("badonglou-gb18030.csv");
    let register = read(&table);
    let sheet = rejected_sheet(&table, &register.refusals(), Lang::Zh);
    assert_eq!(sheet.len(), 1 + 4);
    assert_eq!(sheet[0].last().unwrap(), "原因");
    assert!(sheet.iter().all(|l| l.len() == sheet[0].len()));
    let conflict = sheet.iter().find(|l| l[l.len() - 2] == "80").unwrap();
    assert_eq!(conflict.last().unwrap(), "与第 79 行是同一户，但不一致：联系电话；暂以第 79 行为准");
    let rows = sheet.iter().enumerate().map(|(i, l)| Row::new(i as u32 + 1, l)).collect();
    assert_eq!(read(&Table::of_rows(Subject::Households, "again", "x", rows).unwrap()).rows, 4);
}

fn existing(register: &Register) -> Vec<Existing> {
    let known = |h: &HouseholdRow| Existing {
        id: h.address.short(),
        address: h.address.clone(),
        now: h.fields.clone(),
        imported: None,
    };
    register.households.iter().map(known).collect()
}

#[test]
fn only_differences_are_applied() {
    let register = read(&fixture("badonglou-gb18030.csv"));
    let mut known = existing(&register);
    assert_eq!(diff(&known, &register), vec![]);
    assert_eq!(diff(&[], &register).len(), 288);

    let mut corrected = register.clone();
    corrected.households[3].fields.phone = Some("13800000000".into());
    corrected.households[4].address.room = "399".into();
    let changes = diff(&known, &corrected);
    let gone = known[4].id.clone();
    assert_eq!(
        changes,
        vec![
            Change::Changed {
                id: known[3].id.clone(),
                index: 3,
                fields: vec![FieldChange {
                    field: Column::Phone,
                    old: known[3].now.value(Column::Phone),
                    new: "13800000000".into()
                }]
            },
            Change::New { index: 4, perhaps: Some(gone.clone()) },
            Change::Missing { id: gone },
        ]
    );

    // An inspector corrected the phone: the same file again does not put the old one back.
    known[3].imported = Some(known[3].now.clone());
    known[3].now.phone = Some("18*****1111".into());
    assert_eq!(diff(&known, &register), vec![]);
    // A column that the file does not have changes nothing; another estate is not missing.
    let mut narrow = register.clone();
    narrow.columns.retain(|c| *c != Column::Phone);
    narrow.households.iter_mut().for_each(|h| h.fields.phone = None);
    known.push(Existing {
        id: "other".into(),
        address: address::Address::from_cells("别处", "1", "1", "101").unwrap(),
        now: HouseholdFields::default(),
        imported: None,
    });
    assert_eq!(diff(&known, &narrow), vec![]);
}

#[test]
fn verdicts_have_a_stable_shape() {
    let error = FileError::NoHeader { looked_for: vec![Column::Room], found: vec!["a".into()] };
    assert_eq!(
        serde_json::to_string(&error).unwrap(),
        r#"{"code":"no_header","params":{"looked_for":["room"],"found":["a"]}}"#
    );
    let register = read(&fixture("badonglou-gb18030.csv"));
    assert_eq!(
        serde_json::to_string(&register.households[0]).unwrap(),
        r#"{"row":{"sheet":0,"row":2},"estate":"八栋楼小区","building":"1","entrance":"1","room":"101","floor":1,"account":"2009000001","area_m2":55.71,"mode":"series","name":"周**","phone":"15*****3962","care":["病残"],"grid_code":"DL-08-1","inspector":"专管员甲","note":null,"repaired":[]}"#
    );
    assert_eq!(
        serde_json::to_string(&register.unusable[0]).unwrap(),
        r#"{"row":{"sheet":0,"row":198},"column":"estate","why":{"code":"total_row","params":{"text":"小计"}}}"#
    );
}

/// 260,000 rows are a matter of seconds even without optimisation; this guards against a square.
#[test]
fn a_whole_city_is_quick() {
    let row = |i: usize| {
        format!(
            "小区{},{}号楼,{}单元,{},{}0{},{},98.5,串联,王**,13*****0000,,G-1,甲,\n",
            i / 3600,
            i / 72 % 50 + 1,
            i / 24 % 3 + 1,
            i / 4 % 6 + 1,
            i / 4 % 6 + 1,
            i % 4 + 1,
            2_000_000_000 + i
        )
    };
    let text: String = "小区,楼栋,单元,楼层,房号,户号,建筑面积,供热方式,户主,联系电话,重点关注,网格编号,专管员,备注\n"
        .to_owned()
        + &(0..260_000).map(row).collect::<String>();
    let started = std::time::Instant::now();
    let register = read(&read_table("city.csv", text.as_bytes()).unwrap());
    assert_eq!(register.counts().households, 260_000);
    let took = started.elapsed();
    println!("260,000 rows in {took:?}");
    assert!(took.as_secs() < 20, "{took:?}");
}
