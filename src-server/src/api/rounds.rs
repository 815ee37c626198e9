//! Which round runs in which grid, and the one definition of "visited" that every figure uses.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::{Millis, china_date},
    ids::{FormId, GridId, RoundId},
    round::Round,
};
use sqlx::Row;

use crate::store::{Conn, Question, Result, StoreError, grids::Tree};

/// How the visit of a door ended that counts now: the newest one of the running round of its grid, or the newest of
/// all where no round runs. To be read from household `h`, joined by [`FROM_DOORS`].
pub const OUTCOME: &str = "CASE WHEN seen.round IS NULL THEN h.outcome ELSE v.outcome END";
/// When that was.
pub const VISITED_MS: &str = "CASE WHEN seen.round IS NULL THEN h.visited_ms ELSE v.when_ms END";
/// Doors of the grids in `seen` ([`Running::begin`]).
pub const FROM_DOORS: &str = " FROM household h JOIN seen ON seen.grid = h.grid
     LEFT JOIN round_visit v ON v.household = h.id AND v.round = seen.round ";

/// The rounds that run today, by grid.
#[derive(Debug, Clone, Default)]
pub struct Running {
    rounds: BTreeMap<GridId, Round>,
}

impl Running {
    /// Reads them. In a grid runs its own round or, without one, that of the nearest grid above; of several the one
    /// that began last.
    pub async fn load(conn: &mut Conn, tree: &Tree, grids: &BTreeSet<GridId>, now_ms: Millis) -> Result<Self> {
        let rows = sqlx::query(
            "SELECT id, grid, name, form, from_day, until_day, target FROM round
             WHERE from_day <= $1 AND until_day >= $1 ORDER BY from_day, id",
        )
        .bind(china_date(now_ms).to_string())
        .fetch_all(conn)
        .await?;
        let mut own = BTreeMap::new();
        for row in rows {
            let damaged = |_| StoreError::damaged("a round");
            let round = Round {
                id: RoundId::new(row.try_get::<String, _>(0)?).map_err(damaged)?,
                grid: GridId::new(row.try_get::<String, _>(1)?).map_err(damaged)?,
                name: row.try_get(2)?,
                form: FormId::new(row.try_get::<String, _>(3)?).map_err(damaged)?,
                from: row.try_get(4)?,
                until: row.try_get(5)?,
                target: row.try_get::<Option<i64>, _>(6)?.and_then(|n| u32::try_from(n).ok()),
            };
            own.insert(round.grid.clone(), round);
        }
        let of = |grid: &GridId| tree.path(grid).into_iter().find_map(|g| own.get(g)).cloned();
        Ok(Self { rounds: grids.iter().filter_map(|g| Some((g.clone(), of(g)?))).collect() })
    }

    /// The round that runs in a grid.
    pub fn in_grid(&self, grid: &GridId) -> Option<&Round> {
        self.rounds.get(grid)
    }

    /// A question about the doors of these grids: begins with the table `seen(grid, round)`.
    pub fn begin(&self, grids: &BTreeSet<GridId>) -> Question {
        let mut query = Question::new("WITH seen(grid, round) AS (");
        // A row that fits nothing keeps the list from being empty.
        let rows = grids.iter().map(|g| (g.to_string(), self.in_grid(g).map(|r| r.id.to_string())));
        query.rows(rows.chain([(String::new(), None)]), |row, (grid, round)| {
            row.bind(grid).bind(round);
        });
        query.push(") ");
        query
    }
}
