//! The town of a season: three streets, six crews, twelve grids with an estate each, and what is true behind every door,
//! which nobody knows before somebody measures. All of it comes from the seed.

use anyhow::Result;
use huce_core::{
    facility::FacilityKind,
    household::HeatingMode,
    ids::{FacilityId, GridId, HouseholdId},
    register::address::{normal_building, normal_entrance, normal_estate},
};

use crate::dice::Dice;

/// Streets: code, name, and the south-west corner of each, WGS-84.
pub const STREETS: [(&str, &str, [f64; 2]); 3] = [
    ("CX", "长兴街道（演示）", [113.600, 34.800]),
    ("TB", "桐柏街道（演示）", [113.632, 34.800]),
    ("RH", "汝河街道（演示）", [113.664, 34.800]),
];
/// Crews of a street.
pub const CREWS: usize = 2;
/// Grids of a crew.
pub const PATCHES: usize = 2;
/// Grids at the beginning.
pub const GRIDS: usize = STREETS.len() * CREWS * PATCHES;
/// The estates, one a grid.
const ESTATES: [&str; GRIDS] = [
    "纺机小区",
    "长兴苑",
    "国棉五厂家属院",
    "兴华里",
    "桐柏新村",
    "秦岭佳苑",
    "二砂家属院",
    "锦艺花园",
    "汝河小区",
    "伊河家园",
    "电缆厂家属院",
    "百花公寓",
];
/// The grid that is split in January, and into what.
pub const SPLIT: usize = 6;
/// The side of a grid's square, degrees.
const SIDE: f64 = 0.014;

/// A grid of an inspector.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Its code.
    pub grid: GridId,
    /// What it is called.
    pub name: String,
    /// The crew above: number within the town.
    pub crew: usize,
    /// Its estate.
    pub estate: String,
    /// Its square: west, south, east, north.
    pub square: [f64; 4],
    /// Its heat station.
    pub station: FacilityId,
    /// The station's name and code.
    pub station_name: (String, String),
}

/// Why a home is cold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is not, or only as much as its floor and riser make it.
    Nothing,
    /// Under the roof.
    TopFloor,
    /// The end of a series riser.
    Series,
    /// The filter is blocked.
    Filter,
    /// Air in the riser.
    Air,
    /// The bill is unpaid, the valve locked.
    Unpaid,
    /// Nobody lives there.
    Empty,
}

/// What is true of a household.
#[derive(Debug, Clone)]
pub struct Home {
    /// Its identifier.
    pub id: HouseholdId,
    /// Its grid: number within the town.
    pub patch: usize,
    /// 小区
    pub estate: String,
    /// 楼栋
    pub building: String,
    /// 单元
    pub entrance: String,
    /// 楼层
    pub floor: i32,
    /// 房号
    pub room: String,
    /// 供热方式
    pub mode: HeatingMode,
    /// 重点关注
    pub care: Vec<&'static str>,
    /// 建筑面积, tenths of a square metre.
    pub area_tenths: i64,
    /// Why it is cold.
    pub cause: Cause,
    /// Tenths of a degree that it lacks for good: floor, riser.
    pub lacks: i32,
    /// Tenths of a degree that the cause costs; less after it was mended.
    pub costs: i32,
    /// How often somebody is at home in the morning, the afternoon, the evening: percent.
    pub at_home: [usize; 3],
}

impl Home {
    /// The temperature of the coldest room, tenths of a degree.
    pub fn indoor(&self, outdoor: i32, heated: bool) -> i32 {
        if !heated {
            // What people and sun give, and what the walls have kept.
            return 168 + outdoor / 5 - self.lacks / 3;
        }
        214 - self.lacks - self.costs - (40 - outdoor).max(0) / 12
    }

    /// Percent of at home at an hour.
    pub fn at_home_at(&self, hour: u32) -> usize {
        let part = if hour < 12 { 0 } else { 1 + usize::from(hour >= 17) };
        self.at_home.get(part).copied().unwrap_or_default()
    }
}

/// The town.
#[derive(Debug)]
pub struct Town {
    /// The crews: code, name, street.
    pub crews: Vec<(GridId, String, usize)>,
    /// The grids.
    pub patches: Vec<Patch>,
    /// The homes, grid by grid in the order of addresses.
    pub homes: Vec<Home>,
}

impl Town {
    /// A town of so many households.
    pub fn new(households: usize, dice: &mut Dice) -> Result<Self> {
        let mut town = Self { crews: Vec::new(), patches: Vec::new(), homes: Vec::new() };
        for (street, (code, _, [west, south])) in STREETS.iter().enumerate() {
            for crew in 0..CREWS {
                let (number, own) = (town.crews.len(), format!("{code}-0{}", crew + 1));
                town.crews.push((GridId::new(own.as_str())?, format!("{code} {}班", crew + 1), street));
                for part in 0..PATCHES {
                    let (west, south) = (west + SIDE * part as f64, south + SIDE * crew as f64);
                    let square = [west, south, west + SIDE, south + SIDE];
                    let estate = ESTATES.get(town.patches.len()).copied().unwrap_or("演示小区");
                    town.patches.push(patch(&format!("{own}-{}", part + 1), estate, number, square)?);
                }
            }
        }
        let grids = town.patches.len();
        for number in 0..grids {
            let count = households / grids + usize::from(number < households % grids);
            let estate = town.patches.get(number).map(|patch| patch.estate.clone()).unwrap_or_default();
            let homes = estate_of(number, &estate, count, dice);
            town.homes.extend(homes);
        }
        Ok(town)
    }

    /// The street of a grid.
    pub fn street(&self, patch: usize) -> usize {
        let crew = self.patches.get(patch).map_or(0, |patch| patch.crew);
        self.crews.get(crew).map_or(0, |(_, _, street)| *street)
    }
}

fn patch(code: &str, estate: &str, crew: usize, square: [f64; 4]) -> Result<Patch> {
    let station = format!("RL-{code}");
    Ok(Patch {
        grid: GridId::new(code)?,
        name: format!("{estate}网格"),
        crew,
        estate: normal_estate(estate).unwrap_or_else(|| estate.to_owned()),
        square,
        station: FacilityId::of_code(FacilityKind::Station.as_str(), &huce_core::facility::normal(&station)),
        station_name: (format!("{estate}热力站"), station),
    })
}

/// How estates are built: floors, entrances of a building, doors of a landing, how the radiators hang.
const BUILT: [(i32, usize, usize, HeatingMode); 3] =
    [(6, 3, 3, HeatingMode::Series), (7, 3, 2, HeatingMode::Parallel), (11, 2, 4, HeatingMode::Individual)];

fn estate_of(number: usize, estate: &str, count: usize, dice: &mut Dice) -> Vec<Home> {
    let (floors, entrances, landing, mode) = BUILT.get(number % BUILT.len()).copied().unwrap_or(BUILT[0]);
    let mut homes = Vec::with_capacity(count);
    let mut building = 0;
    while homes.len() < count {
        building += 1;
        for entrance in 1..=entrances {
            for floor in 1..=floors {
                for door in 1..=landing {
                    let texts = [building.to_string(), entrance.to_string(), format!("{floor}0{door}")];
                    if homes.len() < count {
                        homes.push(home(number, estate, texts, (floor, floors), mode, dice));
                    }
                }
            }
        }
    }
    homes
}

fn home(
    patch: usize,
    estate: &str,
    [building, entrance, room]: [String; 3],
    (floor, floors): (i32, i32),
    mode: HeatingMode,
    dice: &mut Dice,
) -> Home {
    let normal = |text: &str, normal: fn(&str) -> Option<String>| normal(text).unwrap_or_else(|| text.to_owned());
    let estate = normal(estate, normal_estate);
    let (building, entrance) = (normal(&building, normal_building), normal(&entrance, normal_entrance));
    let (cause, costs) = match dice.below(1_000) {
        0..30 => (Cause::Empty, 60),
        30..45 => (Cause::Unpaid, 70),
        45..80 => (Cause::Filter, 34),
        80..110 => (Cause::Air, 30),
        110..330 if floor == floors => (Cause::TopFloor, 22),
        330..480 if mode == HeatingMode::Series && floor + 1 >= floors => (Cause::Series, 20),
        _ => (Cause::Nothing, 0),
    };
    let by_mode = if mode == HeatingMode::Series { 2 * floor } else { 0 };
    let lacks = by_mode + if floor == floors { 6 } else { 0 } + dice.between(-8, 9) as i32;
    let care = match dice.below(100) {
        0..2 => vec!["空巢"],
        2..3 => vec!["孤寡"],
        3..5 => vec!["病残"],
        5..6 => vec!["困难"],
        _ => Vec::new(),
    };
    let retired = dice.in_of(2, 5) || !care.is_empty();
    let at_home = match (cause, retired) {
        (Cause::Empty, _) => [0, 0, 0],
        (_, true) => [78, 72, 90],
        (_, false) => [34, 30, 76],
    };
    Home {
        id: HouseholdId::of_address(&estate, &building, &entrance, &room),
        patch,
        estate,
        building,
        entrance,
        floor,
        room,
        mode,
        care,
        area_tenths: dice.between(480, 1_350),
        cause,
        lacks,
        costs,
        at_home,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_town_has_the_households_that_were_asked_for_each_at_its_own_door() {
        let town = Town::new(605, &mut Dice::new(7)).unwrap();
        assert_eq!((town.crews.len(), town.patches.len(), town.homes.len()), (6, 12, 605));
        assert_eq!(town.homes.iter().map(|home| &home.id).collect::<BTreeSet<_>>().len(), 605);
        assert!(town.homes.iter().filter(|home| home.patch == SPLIT).any(|home| home.building == "1"));
        let again = Town::new(605, &mut Dice::new(7)).unwrap();
        assert_eq!(format!("{:?}", town.homes), format!("{:?}", again.homes));
        // Some are cold in the heart of winter, most are not; without heating nobody freezes in October.
        let cold = town.homes.iter().filter(|home| home.indoor(0, true) < 180).count();
        assert!((20..200).contains(&cold), "{cold}");
        assert!(town.homes.iter().all(|home| home.indoor(160, false) > 150));
    }
}
