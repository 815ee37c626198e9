//! A grid 网格: a node of the tree 街道 → 班组 → 专管员网格, with a polygon. A typed view of a [`Record`].

use serde::{Deserialize, Serialize};

use crate::{ids::GridId, record::Record};

/// Names of the record's fields.
pub mod field {
    /// What it is called.
    pub const NAME: &str = "name";
    /// A [`super::Level`].
    pub const LEVEL: &str = "level";
    /// The code of the grid above.
    pub const PARENT: &str = "parent";
    /// A list of rings, each a list of [longitude, latitude], WGS-84 degrees.
    pub const POLYGON: &str = "polygon";
}

/// How high in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 街道
    Street,
    /// 班组
    Crew,
    /// 专管员网格
    Inspector,
    /// 微网格
    Micro,
}

/// A grid as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Its code.
    pub id: GridId,
    /// What it is called.
    pub name: String,
    /// How high in the tree.
    pub level: Level,
    /// The grid above.
    pub parent: Option<GridId>,
    /// Rings of [longitude, latitude], WGS-84 degrees.
    pub polygon: Vec<Vec<[f64; 2]>>,
}

impl Grid {
    /// Reads the record; none when it has no name or level yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        Some(Self {
            id: GridId::new(record.id.clone()).ok()?,
            name: record.text(field::NAME)?.to_owned(),
            level: record.read(field::LEVEL)?,
            parent: record.read(field::PARENT),
            polygon: record.read(field::POLYGON).unwrap_or_default(),
        })
    }
}
