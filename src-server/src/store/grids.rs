//! The tree of grids, as intake reads it out of their records.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{grid::Grid, ids::GridId};
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, from_word, plain, word};

/// The tree: who is above whom. Small (some thousand nodes), so it is read whole.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    parents: BTreeMap<GridId, Option<GridId>>,
}

impl Tree {
    /// Reads it.
    pub async fn load(conn: &mut Conn) -> Result<Self> {
        let rows = sqlx::query("SELECT id, parent FROM grid").fetch_all(conn).await?;
        let mut parents = BTreeMap::new();
        for row in rows {
            parents.insert(id(row.try_get(0)?)?, row.try_get::<Option<String>, _>(1)?.map(id).transpose()?);
        }
        Ok(Self { parents })
    }

    /// Reads these grids and all that are above them: enough to tell whether one is within another.
    pub async fn load_above<'a>(conn: &mut Conn, grids: impl Iterator<Item = &'a GridId>) -> Result<Self> {
        let mut query = Question::new("WITH RECURSIVE up(id, parent) AS (SELECT id, parent FROM grid WHERE id IN ");
        // Each once: a tree that bites its tail ends, too.
        query.list(grids.collect::<BTreeSet<_>>().into_iter().map(|grid| grid.as_str().to_owned()));
        query.push(
            " UNION SELECT grid.id, grid.parent FROM grid JOIN up ON grid.id = up.parent) SELECT id, parent FROM up",
        );
        let mut parents = BTreeMap::new();
        for row in query.all(conn).await? {
            parents.insert(id(row.try_get(0)?)?, row.try_get::<Option<String>, _>(1)?.map(id).transpose()?);
        }
        Ok(Self { parents })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// All of them.
    pub fn all(&self) -> BTreeSet<GridId> {
        self.parents.keys().cloned().collect()
    }

    /// Is there such a grid?
    pub fn has(&self, grid: &GridId) -> bool {
        self.parents.contains_key(grid)
    }

    /// Adds a grid (or moves it).
    pub fn put(&mut self, grid: GridId, parent: Option<GridId>) {
        self.parents.insert(grid, parent);
    }

    /// The grid and those above it, upwards. A tree that bites its tail ends where it would repeat.
    pub fn path<'a>(&'a self, grid: &'a GridId) -> Vec<&'a GridId> {
        let mut path = vec![grid];
        let mut at = grid;
        while let Some(Some(above)) = self.parents.get(at) {
            if path.contains(&above) {
                break;
            }
            path.push(above);
            at = above;
        }
        path
    }

    /// Is `grid` one of `tops`, or below one?
    pub fn is_within(&self, grid: &GridId, tops: &BTreeSet<GridId>) -> bool {
        self.path(grid).into_iter().any(|g| tops.contains(g))
    }

    /// All grids of the subtrees below `tops`, these included.
    pub fn below(&self, tops: &BTreeSet<GridId>) -> BTreeSet<GridId> {
        self.parents.keys().filter(|grid| self.is_within(grid, tops)).cloned().collect()
    }

    /// All grids strictly above `tops`, apart from those in the subtrees themselves.
    pub fn above(&self, tops: &BTreeSet<GridId>) -> BTreeSet<GridId> {
        let paths = tops.iter().flat_map(|top| self.path(top));
        paths.filter(|grid| !self.is_within(grid, tops)).cloned().collect()
    }
}

/// These grids with names and polygons, in the order of their codes.
pub async fn list(conn: &mut Conn, ids: &BTreeSet<GridId>) -> Result<Vec<Grid>> {
    let rows =
        sqlx::query("SELECT id, name, level, parent, polygon, body FROM grid ORDER BY id").fetch_all(conn).await?;
    let mut grids = Vec::new();
    for row in rows {
        let grid = id(row.try_get(0)?)?;
        if !ids.contains(&grid) {
            continue;
        }
        let body: &str = row.try_get(5)?;
        if !body.is_empty() {
            grids.push(serde_json::from_str(body).map_err(|_| StoreError::damaged("a grid"))?);
            continue;
        }
        let polygon: String = row.try_get(4)?;
        let polygon = serde_json::from_str(&polygon).map_err(|_| StoreError::damaged("a polygon"))?;
        let (level, parent) = (from_word(row.try_get::<&str, _>(2)?)?, row.try_get::<Option<String>, _>(3)?);
        grids.push(Grid { polygon, ..Grid::new(grid, row.try_get(1)?, level, parent.map(id).transpose()?) });
    }
    Ok(grids)
}

/// Writes a grid.
pub async fn save(conn: &mut Conn, grid: &Grid) -> Result<()> {
    let polygon = serde_json::to_string(&grid.polygon).map_err(|_| StoreError::damaged("a polygon"))?;
    let body = serde_json::to_string(grid).map_err(|_| StoreError::damaged("a grid"))?;
    sqlx::query(
        "INSERT INTO grid (id, name, level, parent, polygon, body) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, level = excluded.level, parent = excluded.parent,
         polygon = excluded.polygon, body = excluded.body",
    )
    .bind(grid.id.as_str())
    .bind(plain(&grid.name).into_owned())
    .bind(word(&grid.level))
    .bind(grid.parent.as_ref().map(GridId::as_str))
    .bind(polygon)
    .bind(plain(&body).into_owned())
    .execute(conn)
    .await?;
    Ok(())
}

fn id(text: String) -> Result<GridId> {
    GridId::new(text).map_err(|_| StoreError::damaged("a grid's code"))
}
