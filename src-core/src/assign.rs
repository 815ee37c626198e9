//! Which grid a household belongs to: the one whose addresses name it most exactly, else the deepest one that holds the
//! place where it was seen. It is never moved up: who stands in a micro-grid is not put into the street around it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    datum::Place,
    door::Door,
    grid::{Grid, grid_of_address},
    ids::{GridId, HouseholdId},
    shape::grid_at,
};

/// By what a household was assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The addresses that a grid covers.
    Address,
    /// A place within its polygon.
    Place,
    /// The grid in which it stood was merged.
    Merged,
}

/// A household to be assigned.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Which.
    pub household: HouseholdId,
    /// Where it stands.
    pub grid: GridId,
    /// 小区, 楼栋, 单元 in normal form.
    pub address: [String; 3],
    /// Where it was seen, WGS-84.
    pub place: Option<Place>,
}

/// A household goes from one grid to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which.
    pub household: HouseholdId,
    /// Where it stands.
    pub from: GridId,
    /// Where it goes.
    pub to: GridId,
    /// Why.
    pub by: By,
}

/// The moves that bring these households where they belong, among `among`; `all` is the whole tree.
pub fn moves(households: &[Standing], among: &BTreeSet<GridId>, all: &BTreeMap<GridId, Grid>) -> Vec<Move> {
    let grids: Vec<&Grid> = all.values().filter(|grid| among.contains(&grid.id)).collect();
    let mut moves = Vec::new();
    for standing in households {
        let [estate, building, entrance] = &standing.address;
        let named = grid_of_address(grids.iter().copied(), estate, building, entrance).map(|grid| (grid, By::Address));
        let held =
            || standing.place.and_then(|place| grid_at(grids.iter().copied(), place)).map(|grid| (grid, By::Place));
        let Some((grid, by)) = named.or_else(held) else { continue };
        let path = path(all, &standing.grid);
        if !path.contains(&&grid.id) {
            let (household, from) = (standing.household.clone(), standing.grid.clone());
            moves.push(Move { household, from, to: grid.id.clone(), by });
        }
    }
    moves
}

/// A grid and those above it, upwards.
fn path<'a>(all: &'a BTreeMap<GridId, Grid>, grid: &'a GridId) -> Vec<&'a GridId> {
    let mut path = vec![grid];
    let mut at = all.get(grid).and_then(|grid| grid.parent.as_ref());
    while let Some(above) = at.filter(|above| !path.contains(above)) {
        path.push(above);
        at = all.get(above).and_then(|grid| grid.parent.as_ref());
    }
    path
}

/// Where a door was seen: the middle of the places of its photos. A tablet that was wrong once does not decide.
pub fn seen_at(door: &Door) -> Option<Place> {
    let places: Vec<Place> = door.photos.values().filter_map(|(_, photo)| photo.place).collect();
    let middle = |mut degrees: Vec<f64>| {
        degrees.sort_by(f64::total_cmp);
        degrees.get(degrees.len() / 2).copied()
    };
    middle(places.iter().map(|p| p.0).collect()).zip(middle(places.iter().map(|p| p.1).collect()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::grid::{Covers, Level};

    fn code(text: &str) -> GridId {
        GridId::new(text).unwrap()
    }

    fn grid(id: &str, level: Level, parent: Option<&str>, estate: &str, buildings: &[&str]) -> Grid {
        let buildings = buildings.iter().map(|b| (*b).to_owned()).collect();
        let covers = vec![Covers { estate: estate.to_owned(), buildings, entrances: Vec::new() }];
        Grid { covers, ..Grid::new(code(id), id.to_owned(), level, parent.map(code)) }
    }

    #[test]
    fn by_address_then_by_place_and_never_upwards() {
        let mut east = grid("S-2", Level::Inspector, Some("S"), "乙", &["1"]);
        east.polygon = vec![vec![[113.0, 34.0], [114.0, 34.0], [114.0, 35.0], [113.0, 35.0], [113.0, 34.0]]];
        let all: BTreeMap<GridId, Grid> = [
            grid("S", Level::Street, None, "甲", &[]),
            grid("S-1", Level::Inspector, Some("S"), "甲", &["1", "2"]),
            east,
            grid("S-1-a", Level::Micro, Some("S-1"), "甲", &["2"]),
        ]
        .into_iter()
        .map(|grid| (grid.id.clone(), grid))
        .collect();
        let standing = |room: &str, at: &str, building: &str, place: Option<Place>| Standing {
            household: HouseholdId::of_address("甲", building, "1", room),
            grid: code(at),
            address: ["甲".to_owned(), building.to_owned(), "1".to_owned()],
            place,
        };
        let households = [
            standing("101", "S-1", "1", None),
            standing("101", "S-1", "2", None),
            standing("102", "S-1-a", "2", None),
            standing("101", "S-2", "3", None),
            standing("101", "S-1-a", "1", Some((34.5, 113.5))),
        ];
        let everywhere: BTreeSet<GridId> = all.keys().cloned().collect();
        let found = moves(&households, &everywhere, &all);
        let brief: Vec<_> = found.iter().map(|m| (m.from.as_str(), m.to.as_str(), m.by)).collect();
        assert_eq!(brief, [("S-1", "S-1-a", By::Address)], "building 3 stays: its street is above it");
        let parts = BTreeSet::from([code("S-2")]);
        let brief: Vec<_> = moves(&households, &parts, &all).into_iter().map(|m| (m.to.to_string(), m.by)).collect();
        assert_eq!(brief, [("S-2".to_owned(), By::Place)], "among those that were asked for");
    }
}
