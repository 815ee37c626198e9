//! Every figure of the overview and the map, each defined here and nowhere else. They are sums over summary rows
//! ([`crate::store::summary`]); nothing is replayed.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    clock::{Millis, china_date, china_midnight},
    grid::{Grid, Level},
    household::STANDARD_C,
    ids::GridId,
    ipc::household::GridFigures,
    request::{ANSWER_MS, MAJOR_MS, SMALL_MS},
};
use sqlx::Row;

use super::rounds::{FROM_DOORS, OUTCOME, Running};
use crate::store::{Conn, Question, Result, SqlRow, StoreError, grids, grids::Tree};

const DAY_MS: Millis = 24 * 3_600_000;

/// Sums over the doors of one grid (or, added up, of a subtree).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums {
    /// Households.
    pub households: u64,
    /// Doors whose visit ended (done or refused, see [`OUTCOME`]).
    pub visited: u64,
    /// Doors with a temperature: the lowest room at the newest visit that measured.
    pub measured: u64,
    /// Of which below 18 °C.
    pub cold: u64,
    /// All of those temperatures added up, °C.
    pub sum_c: f64,
    /// Requests that have not come to their end, also those without a door.
    pub open_requests: u64,
    /// Plans that are not closed.
    pub open_plans: u64,
}

impl Sums {
    /// Adds another grid's.
    pub fn add(&mut self, other: &Self) {
        self.households += other.households;
        self.visited += other.visited;
        self.measured += other.measured;
        self.cold += other.cold;
        self.sum_c += other.sum_c;
        self.open_requests += other.open_requests;
        self.open_plans += other.open_plans;
    }
}

/// The sums of each grid on its own, without those below it.
pub async fn by_grid(conn: &mut Conn, grids: &BTreeSet<GridId>, running: &Running) -> Result<BTreeMap<GridId, Sums>> {
    let mut sums: BTreeMap<GridId, Sums> = BTreeMap::new();
    let mut query = running.begin(grids);
    query.push(format!(
        "SELECT h.grid, COUNT(*), COUNT(CASE WHEN {OUTCOME} IN ('done', 'refused') THEN 1 END), COUNT(h.temp_c),
         COUNT(CASE WHEN h.temp_c < {STANDARD_C:.1} THEN 1 END), COALESCE(SUM(h.temp_c), 0.0)
         {FROM_DOORS} GROUP BY h.grid"
    ));
    for row in query.all(&mut *conn).await? {
        let own = sums.entry(grid(row.try_get(0)?)?).or_default();
        own.households = count(&row, 1)?;
        own.visited = count(&row, 2)?;
        own.measured = count(&row, 3)?;
        own.cold = count(&row, 4)?;
        own.sum_c = row.try_get(5)?;
    }
    for (table, is_plan) in [("request", false), ("plan", true)] {
        let mut query =
            within(grids, &format!("SELECT grid, COUNT(*) FROM {table} WHERE state <> 'closed' AND grid IN "));
        query.push(" GROUP BY grid");
        for row in query.all(&mut *conn).await? {
            let own = sums.entry(grid(row.try_get(0)?)?).or_default();
            *(if is_plan { &mut own.open_plans } else { &mut own.open_requests }) = count(&row, 1)?;
        }
    }
    Ok(sums)
}

/// The figures of every visible grid, those below it included, with polygons, by code.
pub async fn of_grids(
    conn: &mut Conn,
    tree: &Tree,
    visible: &BTreeSet<GridId>,
    own: &BTreeMap<GridId, Sums>,
) -> Result<Vec<GridFigures>> {
    let mut sums: BTreeMap<&GridId, Sums> = BTreeMap::new();
    for (grid, own) in own {
        for above in tree.path(grid).into_iter().filter(|g| visible.contains(*g)) {
            sums.entry(above).or_default().add(own);
        }
    }
    // A grid that was merged away holds nothing any more.
    let all = grids::list(conn, visible).await?.into_iter().filter(Grid::is_open);
    Ok(all.map(|grid| of_sums(&sums.get(&grid.id).copied().unwrap_or_default(), grid)).collect())
}

fn of_sums(sums: &Sums, grid: Grid) -> GridFigures {
    GridFigures {
        grid,
        households: small(sums.households),
        visited: small(sums.visited),
        measured: small(sums.measured),
        cold: small(sums.cold),
        mean_c: (sums.measured > 0).then(|| sums.sum_c / sums.measured as f64),
        open_requests: small(sums.open_requests),
        open_plans: small(sums.open_plans),
    }
}

/// The grids that the overview lists: inspectors' grids, and whatever else has households of its own that lie in no
/// inspector's grid (doors that an import could not place).
pub fn listed<'a>(all: &'a [GridFigures], own: &BTreeMap<GridId, Sums>, tree: &Tree) -> Vec<&'a GridFigures> {
    let level: BTreeMap<_, _> = all.iter().map(|f| (&f.grid.id, f.grid.level)).collect();
    let in_inspectors =
        |id: &GridId| tree.path(id).into_iter().any(|g| level.get(g).is_some_and(|l| *l == Level::Inspector));
    let has_own = |id: &GridId| own.get(id).is_some_and(|s| s.households > 0);
    let listed =
        |f: &&GridFigures| f.grid.level == Level::Inspector || (has_own(&f.grid.id) && !in_inspectors(&f.grid.id));
    all.iter().filter(listed).collect()
}

/// Visits (also "no answer" and "refused") since midnight in Zhengzhou, and the day before until the same hour.
pub async fn visits_today(conn: &mut Conn, grids: &BTreeSet<GridId>, now_ms: Millis) -> Result<(u32, u32)> {
    let midnight = china_midnight(china_date(now_ms));
    let mut counts = [0; 2];
    for (count_here, (from, until)) in counts.iter_mut().zip([(midnight, now_ms), (midnight - DAY_MS, now_ms - DAY_MS)])
    {
        let mut query = within(grids, "SELECT COUNT(*) FROM visit WHERE grid IN ");
        query.push(" AND when_ms >= ").bind(from).push(" AND when_ms <= ").bind(until);
        *count_here = small(count(&query.one(&mut *conn).await?, 0)?);
    }
    let [today, yesterday] = counts;
    Ok((today, yesterday))
}

/// Last temperatures by whole degree; 17.9 counts as 17.
pub async fn temperatures(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Result<Vec<(i32, u32)>> {
    let mut query = within(grids, "SELECT temp_c, COUNT(*) FROM household WHERE temp_c IS NOT NULL AND grid IN ");
    query.push(" GROUP BY temp_c");
    let mut degrees: BTreeMap<i32, u32> = BTreeMap::new();
    for row in query.all(conn).await? {
        *degrees.entry(row.try_get::<f64, _>(0)?.floor() as i32).or_default() += small(count(&row, 1)?);
    }
    Ok(degrees.into_iter().collect())
}

/// Plans that are not closed, and of which the next date has passed.
pub async fn plans_open(conn: &mut Conn, grids: &BTreeSet<GridId>, now_ms: Millis) -> Result<(u32, u32)> {
    let mut query = Question::new("SELECT COUNT(*), COUNT(CASE WHEN due < ");
    query.bind(china_date(now_ms).to_string()).push(" THEN 1 END) FROM plan WHERE state <> 'closed' AND grid IN ");
    list(&mut query, grids);
    let row = query.one(conn).await?;
    Ok((small(count(&row, 0)?), small(count(&row, 1)?)))
}

/// Requests taken in the last 30 days: all; answered within 5 minutes (a resolution answers as well); solved within
/// 20 minutes or 8 hours, less what was paused; at their end (called back, satisfied). What is handled in another request
/// counts there.
pub async fn requests_30d(conn: &mut Conn, grids: &BTreeSet<GridId>, now_ms: Millis) -> Result<(u32, u32, u32, u32)> {
    let mut query = within(
        grids,
        &format!(
            "SELECT COUNT(*), COUNT(CASE WHEN COALESCE(answered_ms, resolved_ms) <= taken_ms + {ANSWER_MS} THEN 1 END),
             COUNT(CASE WHEN resolved_ms <= COALESCE(due_ms, taken_ms +
                 CASE WHEN severity = 'small' THEN {SMALL_MS} ELSE {MAJOR_MS} END) THEN 1 END),
             COUNT(CASE WHEN state = 'closed' THEN 1 END) FROM request WHERE joined IS NULL AND grid IN "
        ),
    );
    query.push(" AND taken_ms >= ").bind(now_ms - 30 * DAY_MS);
    let row = query.one(conn).await?;
    Ok((small(count(&row, 0)?), small(count(&row, 1)?), small(count(&row, 2)?), small(count(&row, 3)?)))
}

/// Photos named by events of these grids: those whose bytes are here, and those whose bytes have not come.
pub async fn photos(conn: &mut Conn, grids: &BTreeSet<GridId>) -> Result<(u32, u32)> {
    let query = within(
        grids,
        "SELECT COUNT(DISTINCT n.photo), COUNT(DISTINCT CASE WHEN p.complete_ms IS NOT NULL THEN n.photo END)
         FROM photo_named n LEFT JOIN photo p ON p.hash = n.photo WHERE n.grid IN ",
    );
    let row = query.one(conn).await?;
    let (named, here) = (small(count(&row, 0)?), small(count(&row, 1)?));
    Ok((here, named.saturating_sub(here)))
}

/// A question that ends with the list of these grids.
pub fn within(grids: &BTreeSet<GridId>, sql: &str) -> Question {
    let mut query = Question::new(sql);
    list(&mut query, grids);
    query
}

fn list(query: &mut Question, grids: &BTreeSet<GridId>) {
    query.list(grids.iter().map(GridId::as_str));
}

fn count(row: &SqlRow, at: usize) -> Result<u64> {
    Ok(u64::try_from(row.try_get::<i64, _>(at)?).unwrap_or_default())
}

/// As the replies carry it.
pub fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn grid(text: String) -> Result<GridId> {
    GridId::new(text).map_err(|_| StoreError::damaged("a grid's code"))
}
