//! What a register changes in what is known: importing a corrected file applies only differences.
//!
//! Three values are compared per field: what the register says, what is known now, and what the
//! register said the last time. A value that an inspector corrected since is not put back by importing
//! the same file again.

use super::address::Address;
use super::columns::Column;
use super::{HouseholdFields, Register};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// A household that is known already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Existing {
    /// Its id.
    pub id: String,
    /// Which door it is.
    pub address: Address,
    /// What is known now.
    pub now: HouseholdFields,
    /// What the last import said; `None` when that is not known: then `now` is taken.
    pub imported: Option<HouseholdFields>,
}

/// One field that the register says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which field.
    pub field: Column,
    /// What is known now (JSON as in [`HouseholdFields`]; null when empty).
    pub old: Value,
    /// What the register says.
    pub new: Value,
}

/// What an import does to one household. Doors that the register confirms are not listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// A door that is not known yet.
    New {
        /// Position in [`Register::households`].
        index: usize,
        /// A known household with the same account number whose own door is not in the register:
        /// perhaps its address was corrected. For a person to decide.
        perhaps: Option<String>,
    },
    /// Fields to set.
    Changed {
        /// The household.
        id: String,
        /// Position in [`Register::households`].
        index: usize,
        /// What changes; never empty.
        fields: Vec<FieldChange>,
    },
    /// A known door in an estate of the register that the register does not have. Nothing is deleted.
    Missing {
        /// The household.
        id: String,
    },
}

/// The differences between `register` and `existing`, in the register's order, missing doors last.
/// Fields whose column the file does not have are left alone.
pub fn diff(existing: &[Existing], register: &Register) -> Vec<Change> {
    let known: HashMap<&Address, &Existing> = existing.iter().map(|e| (&e.address, e)).collect();
    let doors: HashSet<&Address> = register.households.iter().map(|h| &h.address).collect();
    let estates: HashSet<&str> = register.households.iter().map(|h| h.address.estate.as_str()).collect();
    let gone: Vec<&Existing> = existing
        .iter()
        .filter(|e| estates.contains(e.address.estate.as_str()) && !doors.contains(&e.address))
        .collect();
    let gone_accounts: HashMap<&str, &str> =
        gone.iter().filter_map(|e| Some((e.now.account.as_deref()?, e.id.as_str()))).collect();
    let mut changes = Vec::new();
    for (index, household) in register.households.iter().enumerate() {
        match known.get(&household.address) {
            None => {
                let perhaps =
                    household.fields.account.as_deref().and_then(|a| gone_accounts.get(a)).map(|id| (*id).to_owned());
                changes.push(Change::New { index, perhaps });
            }
            Some(e) => {
                let fields = field_changes(e, &household.fields, &register.columns);
                if !fields.is_empty() {
                    changes.push(Change::Changed { id: e.id.clone(), index, fields });
                }
            }
        }
    }
    changes.extend(gone.iter().map(|e| Change::Missing { id: e.id.clone() }));
    changes
}

fn field_changes(existing: &Existing, new: &HouseholdFields, columns: &[Column]) -> Vec<FieldChange> {
    let before = existing.imported.as_ref().unwrap_or(&existing.now);
    let mut changes = Vec::new();
    for field in super::differing(before, new) {
        // The floor comes from the room number when the file has no column for it.
        if field != Column::Floor && !columns.contains(&field) {
            continue;
        }
        let (old, new) = (existing.now.value(field), new.value(field));
        if old != new {
            changes.push(FieldChange { field, old, new });
        }
    }
    changes
}

impl HouseholdFields {
    /// One field as JSON: null when empty, `"series"`, `98.5`, `["empty_nest"]`, …
    /// Columns of the address, and those of other registers, are null.
    pub fn value(&self, field: Column) -> Value {
        let json = match field {
            Column::Floor => serde_json::to_value(self.floor),
            Column::Account => serde_json::to_value(&self.account),
            Column::AreaM2 => serde_json::to_value(self.area_m2),
            Column::Mode => serde_json::to_value(self.mode),
            Column::Name => serde_json::to_value(&self.name),
            Column::Phone => serde_json::to_value(&self.phone),
            Column::Care => serde_json::to_value(&self.care),
            Column::GridCode => serde_json::to_value(&self.grid_code),
            Column::Inspector => serde_json::to_value(&self.inspector),
            Column::Note => serde_json::to_value(&self.note),
            _ => Ok(Value::Null),
        };
        json.unwrap_or(Value::Null)
    }
}
