//! A household 户: the address and what is known of the heating there. A typed view of a [`Record`].

use serde::{Deserialize, Serialize};

use crate::{
    ids::{GridId, HouseholdId},
    record::Record,
};

/// The room temperature that the heating rules promise, degrees Celsius.
pub const STANDARD_C: f64 = 18.0;

/// How the radiators of a household are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeatingMode {
    /// 串联: one radiator after the other on one riser.
    Series,
    /// 并联: each on its own branch.
    Parallel,
    /// 分户: the household has its own loop and valve.
    Individual,
}

/// Names of the record's fields.
pub mod field {
    /// 小区
    pub const ESTATE: &str = "estate";
    /// 楼栋, normal form, for example `3`
    pub const BUILDING: &str = "building";
    /// 单元, normal form
    pub const ENTRANCE: &str = "entrance";
    /// 房号, normal form
    pub const ROOM: &str = "room";
    /// 楼层, an integer
    pub const FLOOR: &str = "floor";
    /// 户号
    pub const ACCOUNT: &str = "account";
    /// 建筑面积, square metres
    pub const AREA_M2: &str = "area_m2";
    /// 供热方式, a [`super::HeatingMode`]
    pub const MODE: &str = "mode";
    /// 户主 (masked in most registers)
    pub const NAME: &str = "name";
    /// 联系电话 (masked in most registers)
    pub const PHONE: &str = "phone";
    /// 重点关注: a list of texts
    pub const CARE: &str = "care";
    /// 备注
    pub const NOTE: &str = "note";
    /// Every field that a register can carry, in the order of display.
    pub const REGISTER: [&str; 12] =
        [ESTATE, BUILDING, ENTRANCE, ROOM, FLOOR, ACCOUNT, AREA_M2, MODE, NAME, PHONE, CARE, NOTE];
}

/// A household as the screens show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Household {
    /// Its identifier.
    pub id: HouseholdId,
    /// Its grid.
    pub grid: GridId,
    /// 小区
    pub estate: String,
    /// 楼栋, normal form (`3`)
    pub building: String,
    /// 单元, normal form (`3`)
    pub entrance: String,
    /// 房号, normal form (`601`)
    pub room: String,
    /// 楼层
    pub floor: Option<i32>,
    /// 户号
    pub account: Option<String>,
    /// 建筑面积, m²
    pub area_m2: Option<f64>,
    /// 供热方式
    pub mode: Option<HeatingMode>,
    /// 户主
    pub name: Option<String>,
    /// 电话
    pub phone: Option<String>,
    /// 重点关注
    pub care: Vec<String>,
    /// 备注
    pub note: Option<String>,
}

impl Household {
    /// Reads the record; none when it has no address yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        let text = |name: &str| record.text(name).map(str::to_owned);
        Some(Self {
            id: HouseholdId::new(record.id.clone()).ok()?,
            grid: record.grid.clone(),
            estate: text(field::ESTATE)?,
            building: text(field::BUILDING)?,
            entrance: text(field::ENTRANCE).unwrap_or_default(),
            room: text(field::ROOM)?,
            floor: record.integer(field::FLOOR).and_then(|n| i32::try_from(n).ok()),
            account: text(field::ACCOUNT),
            area_m2: record.number(field::AREA_M2),
            mode: record.read(field::MODE),
            name: text(field::NAME),
            phone: text(field::PHONE),
            care: record.read(field::CARE).unwrap_or_default(),
            note: text(field::NOTE),
        })
    }

    /// `3-3-601`: building, entrance, room.
    pub fn short(&self) -> String {
        [&self.building, &self.entrance, &self.room]
            .into_iter()
            .filter(|p| !p.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("-")
    }
}
