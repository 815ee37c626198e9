//! A grid 网格: a node of the tree 街道 → 社区 ↔ 班组 → 小区 ↔ 专管员网格 → 微网格, with a polygon, the addresses that it covers,
//! and its team (`team.rs`). A typed view of a [`Record`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    ids::GridId,
    record::Record,
    shape::Rings,
    team::{Seat, Team},
};

/// Names of the record's fields.
pub mod field {
    /// What it is called.
    pub const NAME: &str = "name";
    /// A [`super::Level`].
    pub const LEVEL: &str = "level";
    /// The code of the grid above.
    pub const PARENT: &str = "parent";
    /// A list of rings, each a list of [longitude, latitude], WGS-84 degrees, by the even-odd rule.
    pub const POLYGON: &str = "polygon";
    /// 社区 that answers to a crew's grid.
    pub const COMMUNITY: &str = "community";
    /// A list of [`super::Covers`].
    pub const COVERS: &str = "covers";
    /// The code of the grid into which it was merged.
    pub const INTO: &str = "into";
    /// `team.head`, `team.patrol` …: each seat of the team is a field, a list of [`crate::team::Member`].
    pub const TEAM: &str = "team.";
}

/// How high in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 街道
    Street,
    /// 班组, which answers to a 社区
    Crew,
    /// 专管员网格, which answers to a 小区 or a part of one
    Inspector,
    /// 微网格, of any depth
    Micro,
}

impl Level {
    /// All, from the top.
    pub const ALL: [Self; 4] = [Self::Street, Self::Crew, Self::Inspector, Self::Micro];

    /// Its word in records and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Street => "street",
            Self::Crew => "crew",
            Self::Inspector => "inspector",
            Self::Micro => "micro",
        }
    }

    /// May a grid of this level lie in one of that level? A level may be missing in between; micro-grids lie in each other.
    pub fn fits_in(self, above: Self) -> bool {
        above < self || (above, self) == (Self::Micro, Self::Micro)
    }

    /// The level of a part of a grid of this level.
    pub fn below(self) -> Self {
        match self {
            Self::Street => Self::Crew,
            Self::Crew => Self::Inspector,
            Self::Inspector | Self::Micro => Self::Micro,
        }
    }
}

/// The addresses of an estate that a grid covers, in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Covers {
    /// 小区
    pub estate: String,
    /// 楼栋; none: all of the estate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buildings: Vec<String>,
    /// 单元 of these buildings; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrances: Vec<String>,
}

impl Covers {
    /// How exactly it names this address: 3 an entrance, 2 a building, 1 an estate; none when it does not name it.
    pub fn names(&self, estate: &str, building: &str, entrance: &str) -> Option<u8> {
        let among = |list: &[String], one: &str| list.iter().any(|other| other == one);
        if self.estate != estate {
            return None;
        }
        match (self.buildings.is_empty(), self.entrances.is_empty()) {
            (true, true) => Some(1),
            (false, true) => among(&self.buildings, building).then_some(2),
            (_, false) => {
                let here = self.buildings.is_empty() || among(&self.buildings, building);
                (here && among(&self.entrances, entrance)).then_some(3)
            }
        }
    }
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
    pub polygon: Rings,
    /// 社区
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    /// The addresses that it covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Covers>,
    /// The grid into which it was merged; such a grid stays for what was recorded in it, and holds no households.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<GridId>,
    /// Who works in it.
    #[serde(default, skip_serializing_if = "Team::is_empty")]
    pub team: Team,
}

impl Grid {
    /// One of which no more is known.
    pub fn new(id: GridId, name: String, level: Level, parent: Option<GridId>) -> Self {
        Self {
            id,
            name,
            level,
            parent,
            polygon: Rings::new(),
            community: None,
            covers: Vec::new(),
            into: None,
            team: Team::default(),
        }
    }

    /// Reads the record; none when it has no name or level yet.
    pub fn from_record(record: &Record) -> Option<Self> {
        let seats = Seat::ALL.into_iter().filter_map(|seat| Some((seat, record.read(&seat.field())?)));
        Some(Self {
            id: GridId::new(record.id.clone()).ok()?,
            name: record.text(field::NAME)?.to_owned(),
            level: record.read(field::LEVEL)?,
            parent: record.read(field::PARENT),
            polygon: record.read(field::POLYGON).unwrap_or_default(),
            community: record.text(field::COMMUNITY).map(str::to_owned),
            covers: record.read(field::COVERS).unwrap_or_default(),
            into: record.read(field::INTO),
            team: Team { seats: seats.collect() },
        })
    }

    /// Was it not merged away?
    pub fn is_open(&self) -> bool {
        self.into.is_none()
    }
}

/// The grid itself, or the one into which it was merged, and so on.
pub fn open_grid<'a>(grids: &'a BTreeMap<GridId, Grid>, grid: &'a GridId) -> &'a GridId {
    let (mut seen, mut at) = (BTreeSet::new(), grid);
    while let Some(into) = grids.get(at).and_then(|known| known.into.as_ref()).filter(|into| seen.insert(*into)) {
        at = into;
    }
    at
}

/// The grid whose [`Covers`] name this address most exactly; of several, the deepest, then the first by code.
pub fn grid_of_address<'a>(
    grids: impl IntoIterator<Item = &'a Grid>,
    estate: &str,
    building: &str,
    entrance: &str,
) -> Option<&'a Grid> {
    let naming = grids.into_iter().filter(|grid| grid.is_open()).filter_map(|grid| {
        let exact = grid.covers.iter().filter_map(|covers| covers.names(estate, building, entrance)).max()?;
        Some((exact, grid.level, std::cmp::Reverse(&grid.id), grid))
    });
    naming.max_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2))).map(|(.., grid)| grid)
}

/// What is left of the addresses of a grid when others take these: whole buildings only. An estate or building that is
/// named less exactly than what is taken stays, since the more exact one counts.
pub fn covers_without(covers: &[Covers], taken: &[Covers]) -> Vec<Covers> {
    let mut left = Vec::new();
    for one in covers {
        let mut one = one.clone();
        let of = |other: &&Covers| other.estate == one.estate;
        let all_of_it = |other: &Covers| other.buildings.is_empty() && other.entrances.is_empty();
        if taken.iter().filter(of).any(all_of_it) {
            continue;
        }
        let whole: Vec<&Covers> = taken.iter().filter(of).filter(|other| other.entrances.is_empty()).collect();
        let had = one.buildings.len();
        one.buildings.retain(|building| !whole.iter().any(|other| other.buildings.contains(building)));
        if had == 0 || !one.buildings.is_empty() {
            left.push(one);
        }
    }
    left
}

/// Why a grid may not have this place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misplaced {
    /// There is no such grid above.
    NoParent,
    /// The grid above is of the same or a lower level.
    Level,
    /// It would lie below itself.
    Circle,
    /// The grid above was merged away.
    Closed,
    /// A grid below it would not fit any more.
    Children,
}

/// May `grid` stand where it says, among these others (itself as it was may be among them)?
///
/// # Errors
/// See [`Misplaced`].
pub fn may_stand(grid: &Grid, others: &BTreeMap<GridId, Grid>) -> Result<(), Misplaced> {
    if let Some(parent) = &grid.parent {
        if *parent == grid.id {
            return Err(Misplaced::Circle);
        }
        let above = others.get(parent).ok_or(Misplaced::NoParent)?;
        let (mut seen, mut at) = (BTreeSet::new(), Some(parent));
        while let Some(id) = at.filter(|id| seen.insert((*id).clone())) {
            if *id == grid.id {
                return Err(Misplaced::Circle);
            }
            at = others.get(id).and_then(|other| other.parent.as_ref());
        }
        if !above.is_open() {
            return Err(Misplaced::Closed);
        }
        if !grid.level.fits_in(above.level) {
            return Err(Misplaced::Level);
        }
    }
    let mut below = others.values().filter(|other| other.parent.as_ref() == Some(&grid.id) && other.is_open());
    if below.any(|child| child.id != grid.id && !child.level.fits_in(grid.level)) {
        return Err(Misplaced::Children);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn code(text: &str) -> GridId {
        GridId::new(text).unwrap()
    }

    fn grid(id: &str, level: Level, parent: Option<&str>) -> Grid {
        Grid::new(code(id), id.to_owned(), level, parent.map(code))
    }

    fn covers(estate: &str, buildings: &[&str], entrances: &[&str]) -> Covers {
        let list = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        Covers { estate: estate.to_owned(), buildings: list(buildings), entrances: list(entrances) }
    }

    #[test]
    fn the_most_exact_address_counts() {
        let mut grids = [
            grid("S", Level::Street, None),
            grid("S-1", Level::Inspector, Some("S")),
            grid("S-2", Level::Inspector, Some("S")),
            grid("S-2-a", Level::Micro, Some("S-2")),
        ];
        for (grid, covers) in grids.iter_mut().zip([
            vec![covers("甲", &[], &[])],
            vec![covers("甲", &["1", "2"], &[])],
            vec![covers("甲", &["3"], &[]), covers("乙", &[], &[])],
            vec![covers("甲", &["3"], &["2"])],
        ]) {
            grid.covers = covers;
        }
        let at = |estate: &str, building: &str, entrance: &str| {
            grid_of_address(&grids, estate, building, entrance).map(|grid| grid.id.to_string()).unwrap_or_default()
        };
        assert_eq!(at("甲", "1", "1"), "S-1");
        assert_eq!(at("甲", "3", "1"), "S-2");
        assert_eq!(at("甲", "3", "2"), "S-2-a");
        assert_eq!(at("甲", "9", "2"), "S");
        assert_eq!(at("乙", "9", "2"), "S-2");
        assert_eq!(at("丙", "1", "1"), "");
    }

    #[test]
    fn what_is_taken_is_covered_no_more() {
        let all = [covers("甲", &["1", "2", "3"], &[]), covers("乙", &[], &[]), covers("丙", &["1"], &[])];
        let left =
            covers_without(&all, &[covers("甲", &["3", "1"], &[]), covers("乙", &["1"], &[]), covers("丙", &[], &[])]);
        assert_eq!(left, [covers("甲", &["2"], &[]), covers("乙", &[], &[])]);
        assert_eq!(covers_without(&all[2..], &[covers("丙", &["1"], &["2"])]), all[2..]);
    }

    #[test]
    fn a_tree_has_no_circles_and_its_levels_go_down() {
        let mut all: BTreeMap<GridId, Grid> = [
            grid("S", Level::Street, None),
            grid("S-1", Level::Inspector, Some("S")),
            grid("S-1-a", Level::Micro, Some("S-1")),
            grid("S-1-a-1", Level::Micro, Some("S-1-a")),
        ]
        .into_iter()
        .map(|g| (g.id.clone(), g))
        .collect();
        let may = |all: &BTreeMap<GridId, Grid>, id: &str, level, parent| may_stand(&grid(id, level, parent), all);
        assert_eq!(may(&all, "S-1-a-1-x", Level::Micro, Some("S-1-a-1")), Ok(()), "any depth");
        assert_eq!(may(&all, "S-2", Level::Inspector, Some("S")), Ok(()), "no crew in between");
        assert_eq!(may(&all, "S-2", Level::Inspector, Some("S-1")), Err(Misplaced::Level));
        assert_eq!(may(&all, "S-2", Level::Inspector, Some("X")), Err(Misplaced::NoParent));
        assert_eq!(may(&all, "S-1-a", Level::Micro, Some("S-1-a-1")), Err(Misplaced::Circle));
        assert_eq!(may(&all, "S-1-a", Level::Micro, Some("S-1-a")), Err(Misplaced::Circle));
        assert_eq!(may(&all, "S", Level::Micro, None), Err(Misplaced::Children));
        all.get_mut(&code("S-1-a")).unwrap().into = Some(code("S-1"));
        assert_eq!(may(&all, "S-3", Level::Micro, Some("S-1-a")), Err(Misplaced::Closed));
    }

    #[test]
    fn a_grid_of_an_earlier_version_is_read() {
        let old = r#"{"id":"S-1","name":"一网格","level":"inspector","parent":"S","polygon":[]}"#;
        let grid: Grid = serde_json::from_str(old).unwrap();
        assert!(grid.is_open() && grid.covers.is_empty() && grid.team.is_empty());
        assert_eq!(serde_json::to_string(&grid).unwrap(), old);
    }
}
