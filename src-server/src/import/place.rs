//! In which grid a row's household lies. A register may come before anybody has drawn a grid, and every usable row
//! must be imported all the same; so a code that is not known yet becomes a grid, and a row without any hint lies in
//! a grid of its own, [`UNPLACED`], from which a person moves it.
//!
//! The order: the row's own code when that grid exists → the grid that the importer chose → a new inspector's grid
//! with the row's code → the grid of the building in the file or in the store, the grid that covers the address, the grid of
//! the estate → [`UNPLACED`]. A grid that was merged away is the one into which it was.

use std::collections::{BTreeMap, HashMap};

use huce_core::{
    grid::{Grid, Level, grid_of_address, open_grid},
    ids::GridId,
    register::grid::code_of,
};

/// The code of the grid for doors without a grid, and the grid above grids that only a register has named so far.
pub const UNPLACED: &str = "unplaced";
/// Its name.
const UNPLACED_NAME: &str = "待划分网格";

/// What the importer chose.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Where rows go whose own grid does not exist.
    pub grid: Option<GridId>,
    /// The grid above new grids whose code has no known beginning; none: a new root grid.
    pub above: Option<GridId>,
}

/// Places rows; grids that have to be made first are collected on the way.
pub struct Places<'a> {
    known: &'a BTreeMap<GridId, Grid>,
    choice: &'a Choice,
    /// Codes as they stand in the file.
    codes: HashMap<String, GridId>,
    /// (estate, building) and (estate, "") → grid.
    hints: HashMap<(String, String), GridId>,
    new: BTreeMap<GridId, Grid>,
}

impl<'a> Places<'a> {
    /// Begins with the grids that exist.
    pub fn new(known: &'a BTreeMap<GridId, Grid>, choice: &'a Choice) -> Self {
        Self { known, choice, codes: HashMap::new(), hints: HashMap::new(), new: BTreeMap::new() }
    }

    /// Remembers where a building's doors lie; the first one counts.
    pub fn hint(&mut self, estate: &str, building: &str, grid: &GridId) {
        for building in [building, ""] {
            self.hints.entry((estate.to_owned(), building.to_owned())).or_insert_with(|| grid.clone());
        }
    }

    /// The grid that a code means.
    pub fn of_code(&mut self, code: &str) -> GridId {
        if let Some(known) = self.codes.get(code) {
            return known.clone();
        }
        let grid = match (code_of(code), &self.choice.grid) {
            (Some(id), _) if self.known.contains_key(&id) => open_grid(self.known, &id).clone(),
            (_, Some(chosen)) => chosen.clone(),
            (Some(id), None) => self.make(id, code),
            (None, None) => self.unplaced(),
        };
        self.codes.insert(code.to_owned(), grid.clone());
        grid
    }

    /// The grid of a door whose row names none.
    pub fn of_address(&mut self, estate: &str, building: &str) -> GridId {
        if let Some(chosen) = &self.choice.grid {
            return chosen.clone();
        }
        let hint = |building: &str| self.hints.get(&(estate.to_owned(), building.to_owned())).cloned();
        let by_address = || grid_of_address(self.known.values(), estate, building, "").map(|grid| grid.id.clone());
        match hint(building).or_else(by_address).or_else(|| hint("")) {
            Some(grid) => open_grid(self.known, &grid).clone(),
            None => self.unplaced(),
        }
    }

    /// The grids to be made, those above first.
    pub fn into_new(self) -> Vec<Grid> {
        let mut grids: Vec<_> = self.new.into_values().collect();
        grids.sort_by(|a, b| (a.level, &a.id).cmp(&(b.level, &b.id)));
        grids
    }

    fn make(&mut self, id: GridId, code: &str) -> GridId {
        let parent = self.above(&id);
        let grid = Grid::new(id.clone(), code.to_owned(), Level::Inspector, parent);
        self.new.insert(id.clone(), grid);
        id
    }

    /// `DX-01-1` lies in `DX-01` where there is one, else in `DX`, else where the importer said.
    fn above(&mut self, id: &GridId) -> Option<GridId> {
        let mut code = id.as_str();
        while let Some((start, _)) = code.rsplit_once('-') {
            if let Some(parent) = GridId::new(start).ok().filter(|p| self.known.contains_key(p)) {
                return Some(parent);
            }
            code = start;
        }
        Some(self.unplaced())
    }

    fn unplaced(&mut self) -> GridId {
        if let Some(above) = &self.choice.above {
            return above.clone();
        }
        let id = GridId::new(UNPLACED).unwrap_or_else(|_| unreachable!("a constant that is an identifier"));
        if !self.known.contains_key(&id) {
            let root = Grid::new(id.clone(), UNPLACED_NAME.to_owned(), Level::Street, None);
            self.new.insert(id.clone(), root);
        }
        id
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn grid(id: &str) -> (GridId, Grid) {
        let id = GridId::new(id).unwrap();
        (id.clone(), Grid::new(id.clone(), id.to_string(), Level::Crew, None))
    }

    #[test]
    fn a_row_finds_its_grid_in_the_written_order() {
        let known = BTreeMap::from([grid("DX-01"), grid("DX-02-1")]);
        let choice = Choice::default();
        let mut places = Places::new(&known, &choice);
        assert_eq!(places.of_code("DX-02-1").as_str(), "DX-02-1");
        assert_eq!(places.of_code("DX-01-1").as_str(), "DX-01-1");
        assert_eq!(places.of_code("东/3").as_str(), "东-3");
        assert_eq!(places.of_address("甲", "1").as_str(), UNPLACED);
        places.hint("甲", "1", &GridId::new("DX-01").unwrap());
        assert_eq!(places.of_address("甲", "1").as_str(), "DX-01");
        assert_eq!(places.of_address("甲", "2").as_str(), "DX-01");
        let new: Vec<_> = places
            .into_new()
            .into_iter()
            .map(|g| (g.id.to_string(), g.parent.map(|p| p.to_string()).unwrap_or_default()))
            .collect();
        let want = [("unplaced", ""), ("DX-01-1", "DX-01"), ("东-3", "unplaced")];
        assert_eq!(new, want.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn the_importers_choice_makes_no_grids() {
        let known = BTreeMap::from([grid("DX-01")]);
        let choice = Choice { grid: Some(GridId::new("DX-01").unwrap()), above: None };
        let mut places = Places::new(&known, &choice);
        assert_eq!(places.of_code("DX-09").as_str(), "DX-01");
        assert_eq!(places.of_address("甲", "1").as_str(), "DX-01");
        assert!(places.into_new().is_empty());
    }
}
