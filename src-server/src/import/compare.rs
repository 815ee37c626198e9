//! A register beside what is stored: which households are new, what changes, what is missing. Pure; the edits that
//! come out are what [`super::apply`] writes, so the preview shows exactly what will happen.
//!
//! Two rules of its own: a field in conflict stays in conflict (an import replaces only what earlier imports said of
//! it), and what is missing from a file is reported and stays.

use std::collections::{BTreeMap, HashMap};

use huce_core::{
    body::{Assertion, Edit, Noun},
    grid::Grid,
    household::{Household, field},
    ids::{DeviceId, GridId, HouseholdId},
    ipc::console::{ImportChange, ImportCounts},
    record::{HOME, Record, first_edit},
    register::{Change, Existing, HouseholdFields, HouseholdRow, Register, address::Address, columns::Column, diff},
};
use serde_json::{Value, json};

use super::place::{Choice, Places};

/// A household that is stored, and what the last import said about it.
#[derive(Debug, Clone)]
pub struct KnownHousehold {
    /// Everything that is asserted about it.
    pub record: Record,
    /// The fields of its row in the last import.
    pub said: Option<HouseholdFields>,
}

/// What is stored: the households of the register's estates, and all grids.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Households.
    pub households: Vec<KnownHousehold>,
    /// Grids.
    pub grids: BTreeMap<GridId, Grid>,
}

/// An edit of a household, to be written into its grid's stream.
#[derive(Debug, Clone)]
pub struct DoorEdit {
    /// Which household.
    pub household: HouseholdId,
    /// The grid whose stream carries it.
    pub grid: GridId,
    /// The grid in which the household lies now; none for a new one.
    pub from: Option<GridId>,
    /// What is set.
    pub edit: Edit,
}

/// What an import would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The figures.
    pub counts: ImportCounts,
    /// Doors in the register's estates that the register does not have: grid, and `小区 3-2-501`.
    pub missing: Vec<(GridId, String)>,
    /// New doors whose account number belongs to a stored door that is missing: row number and that door's identifier.
    pub perhaps_moved: Vec<(u32, String)>,
    /// Every change, in the register's order.
    pub changes: Vec<ImportChange>,
    /// Grids to be made first.
    pub grids: Vec<Grid>,
    /// The edits.
    pub edits: Vec<DoorEdit>,
    /// What the register says, by household, where that is new: kept, so that the next import can tell a corrected
    /// file from a household that was corrected at the door.
    pub said: Vec<(HouseholdId, HouseholdFields)>,
}

impl Preview {
    /// The grids that it writes to, or takes doors from; those that it makes are left out.
    pub fn grids_touched(&self) -> Vec<GridId> {
        let new = |id: &GridId| self.grids.iter().any(|g| g.id == *id);
        let parents = self.grids.iter().filter_map(|g| g.parent.clone());
        let grids = self.edits.iter().flat_map(|e| [Some(e.grid.clone()), e.from.clone()]).flatten();
        let mut touched: Vec<_> = grids.chain(parents).filter(|id| !new(id)).collect();
        touched.sort();
        touched.dedup();
        touched
    }
}

/// Compares. `server` is the device by which imports are recorded.
pub fn compare(register: &Register, known: &Known, choice: &Choice, server: &DeviceId) -> Preview {
    let counts = register.counts();
    let mut preview = Preview {
        counts: ImportCounts {
            rows: counts.rows as u64,
            households: counts.households as u64,
            exact_duplicates: counts.exact_duplicates as u64,
            conflicting_duplicates: counts.conflicting_duplicates as u64,
            unusable: counts.unusable as u64,
            repaired: counts.repaired as u64,
            ..ImportCounts::default()
        },
        ..Preview::default()
    };
    let mut places = Places::new(&known.grids, choice);
    for row in &register.households {
        if let Some(code) = &row.fields.grid_code {
            let grid = places.of_code(code);
            places.hint(&row.address.estate, &row.address.building, &grid);
        }
    }
    let mut existing = Vec::new();
    let mut by_id = HashMap::new();
    for door in &known.households {
        let Some(household) = Household::from_record(&door.record) else { continue };
        places.hint(&household.estate, &household.building, &household.grid);
        existing.push(existing_of(&household, door.said.clone()));
        by_id.insert(household.id.to_string(), door);
    }
    for change in diff(&existing, register) {
        match change {
            Change::New { index, perhaps } => {
                let Some(row) = register.households.get(index) else { continue };
                if let Some(id) = perhaps {
                    preview.perhaps_moved.push((row.row.row, id));
                }
                preview.add(row, &mut places);
            }
            Change::Changed { id, index, fields } => {
                let (Some(row), Some(door)) = (register.households.get(index), by_id.get(&id)) else { continue };
                let fields: Vec<_> = fields.into_iter().map(|f| f.field).collect();
                preview.change(row, &door.record, &fields, &mut places, server);
            }
            Change::Missing { id } => {
                let door = existing.iter().find(|e| e.id == id).zip(by_id.get(&id));
                preview.missing.extend(door.map(|(e, d)| (d.record.grid.clone(), label(&e.address))));
            }
        }
    }
    preview.counts.unchanged = preview.counts.households - preview.counts.new - preview.counts.changed;
    preview.counts.missing = preview.missing.len() as u64;
    preview.said = said(register, known);
    preview.grids = places.into_new();
    preview
}

impl Preview {
    fn add(&mut self, row: &HouseholdRow, places: &mut Places<'_>) {
        let grid = match &row.fields.grid_code {
            Some(code) => places.of_code(code),
            None => places.of_address(&row.address.estate, &row.address.building),
        };
        let household = id_of(&row.address);
        let edit = first_edit(Noun::Household, household.as_str(), all_fields(row));
        self.edits.push(DoorEdit { household, grid, from: None, edit });
        self.changes.push(ImportChange { address: label(&row.address), field: None });
        self.counts.new += 1;
    }

    fn change(
        &mut self,
        row: &HouseholdRow,
        record: &Record,
        columns: &[Column],
        places: &mut Places<'_>,
        server: &DeviceId,
    ) {
        let mut set = BTreeMap::new();
        let mut lines = Vec::new();
        let mut grid = record.grid.clone();
        for column in columns {
            match (column, &row.fields.grid_code) {
                // Who inspects is said by roles, not by the register.
                (Column::Inspector, _) | (Column::GridCode, None) => {}
                (Column::GridCode, Some(code)) => grid = places.of_code(code),
                (column, _) => {
                    let Some((name, value)) = record_field(*column, &row.fields) else { continue };
                    lines.push((name, shown(record.value(name)), shown(Some(&value))));
                    set.insert(name.to_owned(), assertion(record, name, value, server));
                }
            }
        }
        if grid != record.grid {
            lines.push(("grid", record.grid.to_string(), grid.to_string()));
            set.insert(HOME.to_owned(), record.assert(HOME, json!(grid)));
        }
        if set.is_empty() {
            return;
        }
        let address = label(&row.address);
        let change = |(name, old, new): (&str, String, String)| ImportChange {
            address: address.clone(),
            field: Some((name.to_owned(), old, new)),
        };
        self.changes.extend(lines.into_iter().map(change));
        self.edits.push(DoorEdit {
            household: id_of(&row.address),
            grid,
            from: Some(record.grid.clone()),
            edit: Edit { noun: Noun::Household, id: record.id.clone(), set },
        });
        self.counts.changed += 1;
    }
}

fn id_of(address: &Address) -> HouseholdId {
    HouseholdId::of_address(&address.estate, &address.building, &address.entrance, &address.room)
}

/// `八栋楼小区 3-2-501`
pub fn label(address: &Address) -> String {
    format!("{} {}", address.estate, address.short())
}

fn existing_of(household: &Household, said: Option<HouseholdFields>) -> Existing {
    let address = Address {
        estate: household.estate.clone(),
        building: household.building.clone(),
        entrance: household.entrance.clone(),
        room: household.room.clone(),
    };
    let mut care: Vec<_> = household.care.iter().map(|c| huce_core::register::values::Care::from_text(c)).collect();
    care.sort();
    let now = HouseholdFields {
        floor: household.floor,
        account: household.account.clone(),
        area_m2: household.area_m2,
        mode: household.mode,
        name: household.name.clone(),
        phone: household.phone.clone(),
        care,
        grid_code: Some(household.grid.to_string()),
        inspector: None,
        note: household.note.clone(),
    };
    Existing { id: household.id.to_string(), address, now, imported: said }
}

/// A column of the register as a field of the household's record.
fn record_field(column: Column, fields: &HouseholdFields) -> Option<(&'static str, Value)> {
    Some(match column {
        Column::Floor => (field::FLOOR, json!(fields.floor)),
        Column::Account => (field::ACCOUNT, json!(fields.account)),
        Column::AreaM2 => (field::AREA_M2, json!(fields.area_m2)),
        Column::Mode => (field::MODE, json!(fields.mode)),
        Column::Name => (field::NAME, json!(fields.name)),
        Column::Phone => (field::PHONE, json!(fields.phone)),
        Column::Care => (field::CARE, json!(fields.care.iter().map(|c| c.zh()).collect::<Vec<_>>())),
        Column::Note => (field::NOTE, json!(fields.note)),
        _ => return None,
    })
}

fn all_fields(row: &HouseholdRow) -> Vec<(String, Value)> {
    let address = [
        (field::ESTATE, &row.address.estate),
        (field::BUILDING, &row.address.building),
        (field::ENTRANCE, &row.address.entrance),
        (field::ROOM, &row.address.room),
    ];
    let address = address.into_iter().map(|(name, text)| (name, json!(text)));
    let facts = Column::ALL.into_iter().filter_map(|c| record_field(c, &row.fields));
    let known = facts.filter(|(name, v)| !(*name == field::CARE && v.as_array().is_some_and(Vec::is_empty)));
    address.chain(known).map(|(name, v)| (name.to_owned(), v)).collect()
}

/// A value for a field. An import replaces what it finds settled, and in a conflict only what imports said.
pub(super) fn assertion(record: &Record, name: &str, v: Value, server: &DeviceId) -> Assertion {
    let mut assertion = record.assert(name, v);
    if record.fields.get(name).is_some_and(|f| f.is_conflict()) {
        assertion.over.retain(|event| event.device == *server);
    }
    assertion
}

pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list.iter().map(|v| shown(Some(v))).collect::<Vec<_>>().join("、"),
        Some(other) => other.to_string(),
    }
}

/// What the register says of each door, where the last import said something else or nothing. Columns that this
/// file does not have keep what was said before.
fn said(register: &Register, known: &Known) -> Vec<(HouseholdId, HouseholdFields)> {
    let before: HashMap<&str, &HouseholdFields> =
        known.households.iter().filter_map(|d| Some((d.record.id.as_str(), d.said.as_ref()?))).collect();
    let has = |column| register.columns.contains(&column);
    let mut said = Vec::new();
    for row in &register.households {
        let id = id_of(&row.address);
        let mut fields = row.fields.clone();
        let Some(old) = before.get(id.as_str()) else {
            said.push((id, fields));
            continue;
        };
        macro_rules! keep {
            ($($column:ident $field:ident),*) => {$(
                if !has(Column::$column) {
                    fields.$field.clone_from(&old.$field);
                }
            )*};
        }
        keep!(Account account, AreaM2 area_m2, Mode mode, Name name, Phone phone, Care care);
        keep!(GridCode grid_code, Inspector inspector, Note note);
        if fields != **old {
            said.push((id, fields));
        }
    }
    said
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
