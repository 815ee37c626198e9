//! A round 排查行动: a form, the households of a grid, a period, a target. A typed view of a [`Record`].

use serde::{Deserialize, Serialize};

use crate::{
    ids::{FormId, GridId, RoundId},
    record::Record,
};

/// Names of the record's fields.
pub mod field {
    /// What it is called.
    pub const NAME: &str = "name";
    /// The form that is filled in.
    pub const FORM: &str = "form";
    /// First day, YYYY-MM-DD.
    pub const FROM: &str = "from";
    /// Last day, YYYY-MM-DD.
    pub const UNTIL: &str = "until";
    /// Households to visit; absent: every one of the grid.
    pub const TARGET: &str = "target";
}

/// A round as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Its identifier.
    pub id: RoundId,
    /// Whose households it visits.
    pub grid: GridId,
    /// What it is called.
    pub name: String,
    /// The form that is filled in.
    pub form: FormId,
    /// First day, YYYY-MM-DD.
    pub from: String,
    /// Last day, YYYY-MM-DD.
    pub until: String,
    /// Households to visit; none: every one of the grid.
    pub target: Option<u32>,
}

impl Round {
    /// Reads the record; none when it has no name or form yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        Some(Self {
            id: RoundId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            name: record.text(field::NAME)?.to_owned(),
            form: record.read(field::FORM)?,
            from: record.text(field::FROM).unwrap_or_default().to_owned(),
            until: record.text(field::UNTIL).unwrap_or_default().to_owned(),
            target: record.integer(field::TARGET).and_then(|n| u32::try_from(n).ok()),
        })
    }
}
