#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use super::*;

#[test]
fn buildings_agree() {
    for raw in
        ["3号楼", "3#", "3#楼", "3栋", "三号楼", "3幢", "3", "3.0", "３号楼", "03", "第3栋", " 3 号楼　", "3号", "3座"]
    {
        assert_eq!(normal_building(raw).as_deref(), Some("3"), "{raw}");
    }
    for (raw, want) in [
        ("A座", "A"),
        ("a3栋", "A3"),
        ("A-03", "A-3"),
        ("综合楼", "综合楼"),
        ("十二号楼", "12"),
        ("3-1号楼", "3-1"),
        ("东1号楼", "东1"),
    ] {
        assert_eq!(normal_building(raw).as_deref(), Some(want), "{raw}");
    }
    for raw in ["", " ", "/", "0"] {
        assert_eq!(normal_building(raw), None, "{raw}");
    }
}

#[test]
fn entrances_agree() {
    for raw in ["1单元", "一单元", "甲单元", "1", "01", "1.0", "１单元", "第一单元", "1单元门", "1门", "无"]
    {
        assert_eq!(normal_entrance(raw).as_deref(), Some("1"), "{raw}");
    }
    assert_eq!(normal_entrance("东单元").as_deref(), Some("东"));
    assert_eq!(normal_entrance("b单元").as_deref(), Some("B"));
    assert_eq!(normal_entrance(""), None);
    assert_eq!(normal_entrance("单元"), None);
}

#[test]
fn rooms_agree() {
    for raw in [
        "502",
        "502.0",
        "502.00",
        "0502",
        "５０２",
        "502室",
        "502户",
        " 502 ",
        "五〇二",
        "5-2",
        "5-02",
        "5层502",
        "5楼02",
        "'502",
    ] {
        assert_eq!(normal_room(raw, None).as_deref(), Ok("502"), "{raw}");
    }
    assert_eq!(normal_room("1,203", None).as_deref(), Ok("1203"));
    assert_eq!(normal_room("101-1", None).as_deref(), Ok("101-1"));
    assert_eq!(normal_room("东户", Some(5)).as_deref(), Ok("5东"));
    assert_eq!(normal_room("-101", None).as_deref(), Ok("B101"));
    assert_eq!(normal_room("501a", None).as_deref(), Ok("501A"));
    for raw in ["储藏室", "车库12", "商铺", "地下室", "东户"] {
        assert_eq!(normal_room(raw, None), Err(RoomFault::NotADoor), "{raw}");
    }
    for raw in ["5月2日", "2025-05-02", "2025/5/2", "2-May"] {
        assert_eq!(normal_room(raw, None), Err(RoomFault::LooksLikeDate), "{raw}");
    }
    assert_eq!(normal_room("502.5", None), Err(RoomFault::NotUnderstood));
    assert_eq!(normal_room("　", None), Err(RoomFault::Missing));
}

#[test]
fn floors() {
    for (room, floor) in [
        ("501", Some(5)),
        ("1203", Some(12)),
        ("52", None),
        ("5东", Some(5)),
        ("B101", Some(-1)),
        ("101-1", Some(1)),
        ("A501", Some(5)),
        ("10101", None),
    ] {
        assert_eq!(floor_of_room(room), floor, "{room}");
    }
}

#[test]
fn whole_addresses() {
    let want = |e: &str, b: &str, u: Option<&str>, r: &str| Parts {
        estate: e.into(),
        building: Some(b.into()),
        entrance: u.map(Into::into),
        room: r.into(),
    };
    for (raw, parts) in [
        ("康桥华城3号楼2单元501", want("康桥华城", "3", Some("2"), "501")),
        ("康桥华城 3#楼 2单元 501室", want("康桥华城", "3", Some("2"), "501")),
        ("康桥华城三栋二单元501", want("康桥华城", "三", Some("二"), "501")),
        ("3-2-501", want("", "3", Some("2"), "501")),
        ("康桥华城3-2-501", want("康桥华城", "3", Some("2"), "501")),
        ("康桥华城3号楼-2-501", want("康桥华城", "3", Some("2"), "501")),
        ("八栋楼小区8号楼3单元101", want("八栋楼小区", "8", Some("3"), "101")),
        ("康桥华城3号楼2单元5层501", want("康桥华城", "3", Some("2"), "501")),
        ("康桥华城3号楼501", want("康桥华城", "3", None, "501")),
        ("3-501", want("", "3", None, "501")),
        ("康桥华城A座1203", want("康桥华城", "A", None, "1203")),
        ("康桥华城３号楼２单元５０１", want("康桥华城", "3", Some("2"), "501")),
        ("康桥华城３号楼甲单元501", want("康桥华城", "3", Some("甲"), "501")),
        ("康桥华城/3栋/2单元/501", want("康桥华城", "3", Some("2"), "501")),
    ] {
        assert_eq!(parse_combined(raw), Some(parts), "{raw}");
    }
    assert_eq!(parse_combined("2单元501").unwrap().entrance.as_deref(), Some("2"));
    assert_eq!(parse_combined("康桥华城"), None);
}

#[test]
fn labels_and_order() {
    let a = Address::from_cells(" 康桥 华城", "三号楼", "二单元", "0501").unwrap();
    assert_eq!((a.short().as_str(), a.label_zh().as_str(), a.floor()), ("3-2-501", "3号楼 2单元 501", Some(5)));
    assert_eq!(a.estate, "康桥华城");
    let key = |b: &str, r: &str| Address::from_cells("x", b, "1", r).unwrap().sort_key();
    assert!(key("2", "1001") < key("10", "101") && key("2", "201") < key("2", "1001"));
    assert_eq!(Address::from_cells("x", "a座", "1", "101").unwrap().label_zh(), "A座 1单元 101");
}
