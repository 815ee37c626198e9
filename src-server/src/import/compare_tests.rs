#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
use std::collections::BTreeMap;

use huce_core::{
    body::Body,
    clock::Hlc,
    event::Event,
    ids::PersonId,
    projection::{Doc, Docs, Key, apply},
    register::{
        columns::Subject,
        read,
        table::{Row, Table},
    },
};

use super::*;

/// Everything stored, and a server that numbers its events.
#[derive(Default)]
struct World {
    docs: Docs,
    said: BTreeMap<HouseholdId, HouseholdFields>,
    grids: BTreeMap<GridId, Grid>,
    seq: u64,
}

fn server() -> DeviceId {
    DeviceId::new("server").unwrap()
}

impl World {
    fn record(&mut self, device: &str, grid: &GridId, household: &HouseholdId, edit: Edit) {
        self.seq += 1;
        let event = Event {
            device: DeviceId::new(device).unwrap(),
            seq: self.seq,
            prev: None,
            at: Hlc { ms: i64::try_from(self.seq).unwrap(), count: 0 },
            offset_ms: None,
            person: PersonId::new("somebody").unwrap(),
            grid: grid.clone(),
            household: Some(household.clone()),
            facility: None,
            body: Body::Edit(edit),
        };
        apply(&event, &mut self.docs);
    }

    fn known(&self) -> Known {
        let records = self.docs.iter().filter_map(|(key, doc)| match (key, doc) {
            (Key::Record(Noun::Household, _), Doc::Record(record)) => Some(record.clone()),
            _ => None,
        });
        let said = |r: &Record| self.said.get(&HouseholdId::new(r.id.clone()).unwrap()).cloned();
        Known {
            households: records.map(|record| KnownHousehold { said: said(&record), record }).collect(),
            grids: self.grids.clone(),
        }
    }

    fn import(&mut self, rows: &[&str]) -> Preview {
        let rows = (1u32..).zip(rows).map(|(i, row)| Row::new(i, row.split(','))).collect();
        let register = read(&Table::of_rows(Subject::Households, "x.csv", "UTF-8", rows).unwrap());
        let preview = compare(&register, &self.known(), &Choice::default(), &server());
        self.grids.extend(preview.grids.iter().map(|g| (g.id.clone(), g.clone())));
        for edit in preview.edits.clone() {
            self.record("server", &edit.grid, &edit.household, edit.edit);
        }
        self.said.extend(preview.said.clone());
        preview
    }

    fn door(&self, room: &str) -> Record {
        let id = HouseholdId::of_address("甲小区", "1", "1", room);
        match self.docs.get(&Key::Record(Noun::Household, id.to_string())) {
            Some(Doc::Record(record)) => record.clone(),
            _ => panic!("no door {room}"),
        }
    }

    /// Somebody at the door sets a field, seeing what is stored.
    fn correct(&mut self, room: &str, field: &str, value: Value) {
        let door = self.door(room);
        let edit = door.edit([(field.to_owned(), value)]).unwrap();
        self.record("tablet", &door.grid, &HouseholdId::new(door.id.clone()).unwrap(), edit);
    }
}

const HEAD: &str = "小区,楼栋,单元,房号,户号,建筑面积,供热方式,联系电话,重点关注,网格编号";
const A: &str = "甲小区,1号楼,1单元,101,1001,80,串联,13*****1,空巢,G-1";
const B: &str = "甲小区,1号楼,1单元,201,1002,90.5,并联,13*****2,,G-1";

#[test]
fn repeating_an_import_changes_nothing() {
    let mut world = World::default();
    let first = world.import(&[HEAD, A, B]);
    assert_eq!((first.counts.new, first.edits.len(), first.grids.len()), (2, 2, 2));
    let again = world.import(&[HEAD, B, A]);
    assert_eq!((again.counts.unchanged, again.edits.len(), again.grids.len(), again.said.len()), (2, 0, 0, 0));
    assert_eq!(world.door("101").text("mode"), Some("series"));
    assert_eq!(world.door("101").value("care"), Some(&json!(["空巢"])));
}

#[test]
fn a_corrected_file_applies_only_differences_and_never_a_conflict() {
    let mut world = World::default();
    world.import(&[HEAD, A, B]);
    let corrected = A.replace("80", "81.2").replace("空巢", "");
    let second = world.import(&[HEAD, &corrected]);
    let lines: Vec<_> = second.changes.iter().filter_map(|c| c.field.clone()).collect();
    let want = [("area_m2", "80.0", "81.2"), ("care", "空巢", "")];
    assert_eq!(lines, want.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert_eq!(second.edits[0].edit.set.len(), 2);
    assert_eq!(second.missing, [(GridId::new("G-1").unwrap(), "甲小区 1-1-201".to_owned())]);
    assert_eq!(world.door("101").number("area_m2"), Some(81.2));
    assert_eq!(world.door("101").conflicts().count(), 0);
    // The missing door is still there, and comes back without a change.
    assert_eq!(world.import(&[HEAD, &corrected, B]).edits.len(), 0);
}

#[test]
fn what_was_corrected_at_the_door_is_not_put_back() {
    let mut world = World::default();
    world.import(&[HEAD, A, B]);
    world.correct("101", "phone", json!("15*****9"));
    assert_eq!(world.import(&[HEAD, A, B]).edits.len(), 0);
    assert_eq!(world.door("101").text("phone"), Some("15*****9"));
    // Only when the file itself says something new.
    world.import(&[HEAD, &A.replace("13*****1", "17*****7"), B]);
    assert_eq!(world.door("101").text("phone"), Some("17*****7"));
    assert_eq!(world.door("101").conflicts().count(), 0);
}

#[test]
fn an_import_settles_no_conflict() {
    let mut world = World::default();
    world.import(&[HEAD, A, B]);
    let door = world.door("101");
    let blind = Edit {
        noun: Noun::Household,
        id: door.id.clone(),
        set: BTreeMap::from([("account".to_owned(), Assertion { v: json!("9999"), over: Vec::new() })]),
    };
    world.record("tablet", &door.grid, &HouseholdId::new(door.id.clone()).unwrap(), blind);
    assert!(world.door("101").fields["account"].is_conflict());
    world.import(&[HEAD, &A.replace("1001", "1003"), B]);
    let values: Vec<_> = world.door("101").fields["account"].live.iter().map(|h| h.value.clone()).collect();
    assert_eq!(values, [json!("1003"), json!("9999")]);
}

#[test]
fn a_door_that_changes_its_grid_is_told_there_in_full() {
    let mut world = World::default();
    world.import(&[HEAD, A, B]);
    let moved = world.import(&[HEAD, &A.replace("G-1", "G-2"), B]);
    assert_eq!(moved.counts.changed, 1);
    let door = world.door("101");
    assert_eq!(door.grid.as_str(), "G-2");
    assert_eq!(moved.edits[0].edit.set.keys().collect::<Vec<_>>(), [huce_core::record::HOME]);
    assert_eq!(door.conflicts().count(), 0);
    assert_eq!(world.import(&[HEAD, &A.replace("G-1", "G-2"), B]).edits.len(), 0);
}

#[test]
fn columns_that_a_file_does_not_have_are_left_alone() {
    let mut world = World::default();
    world.import(&[HEAD, A, B]);
    let short = ["小区,楼栋,单元,房号,户号", "甲小区,1号楼,1单元,101,1001", "甲小区,1号楼,1单元,301,1009"];
    let preview = world.import(&short);
    assert_eq!((preview.counts.new, preview.counts.changed), (1, 0));
    // A new door without a code lies where its building lies.
    assert_eq!(world.door("301").grid.as_str(), "G-1");
    assert_eq!(world.import(&[HEAD, A, B]).counts.changed, 0);
}
