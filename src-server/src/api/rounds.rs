//! Which round runs in which grid, and the one definition of "visited" that every figure uses.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::{Millis, china_date},
    ids::{FormId, GridId, RoundId},
    round::{Query, Round},
};
use sqlx::Row;

use crate::store::{Conn, Question, Result, SqlRow, StoreError, grids::Tree};

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
    /// that began last. Only rounds that visit every door of their grid say of its figures what is visited.
    pub async fn load(conn: &mut Conn, tree: &Tree, grids: &BTreeSet<GridId>, now_ms: Millis) -> Result<Self> {
        let today = china_date(now_ms).to_string();
        let all = all(conn).await?.into_iter();
        let running = all.filter(|round| round.is_whole() && round.from <= today && round.until >= today);
        let own: BTreeMap<GridId, Round> = running.map(|round| (round.grid.clone(), round)).collect();
        let of = |grid: &GridId| tree.path(grid).into_iter().find_map(|g| own.get(g)).cloned();
        Ok(Self { rounds: grids.iter().filter_map(|g| Some((g.clone(), of(g)?))).collect() })
    }

    /// These grids with one round each, whether it runs or not.
    pub fn only(rounds: impl IntoIterator<Item = (GridId, Round)>) -> Self {
        Self { rounds: rounds.into_iter().collect() }
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

/// All rounds, those that began last at the end.
pub async fn all(conn: &mut Conn) -> Result<Vec<Round>> {
    let rows =
        sqlx::query("SELECT id, grid, name, form, from_day, until_day, target, body FROM round ORDER BY from_day, id")
            .fetch_all(conn)
            .await?;
    rows.iter().map(read).collect()
}

/// A round as it was kept. A row of a version that drew no rounds up has no body: it visits its whole grid.
fn read(row: &SqlRow) -> Result<Round> {
    let damaged = || StoreError::damaged("a round");
    if let Some(body) = row.try_get::<Option<&str>, _>(7)? {
        return serde_json::from_str(body).map_err(|_| damaged());
    }
    Ok(Round {
        id: RoundId::new(row.try_get::<String, _>(0)?).map_err(|_| damaged())?,
        grid: GridId::new(row.try_get::<String, _>(1)?).map_err(|_| damaged())?,
        name: row.try_get(2)?,
        form: FormId::new(row.try_get::<String, _>(3)?).map_err(|_| damaged())?,
        from: row.try_get(4)?,
        until: row.try_get(5)?,
        target: row.try_get::<Option<i64>, _>(6)?.and_then(|n| u32::try_from(n).ok()),
        query: Query::default(),
        drawn_ms: 0,
        people: Vec::new(),
        who: Vec::new(),
        drive: None,
    })
}
