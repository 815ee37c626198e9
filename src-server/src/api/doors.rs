//! Doors from their summary rows: estates, facades, hits of a search.

use std::collections::BTreeSet;

use huce_core::{
    household::STANDARD_C,
    ids::{GridId, HouseholdId},
    ipc::{
        household::{Building, DoorLine, Estate, FacadeDoor},
        search::Hit,
    },
};
use sqlx::Row;

use super::{
    figures::small,
    rounds::{FROM_DOORS, OUTCOME, Running, VISITED_MS},
};
use crate::store::{Conn, Result, SqlRow, StoreError, from_word, plain};

/// The estates of these grids with their buildings, in the order of their addresses.
pub async fn estates(conn: &mut Conn, grids: &BTreeSet<GridId>, running: &Running) -> Result<Vec<Estate>> {
    let mut query = running.begin(grids);
    query.push(format!(
        "SELECT h.estate, h.building, COUNT(*), COUNT(CASE WHEN {OUTCOME} IN ('done', 'refused') THEN 1 END),
         COUNT(CASE WHEN h.temp_c < {STANDARD_C:.1} THEN 1 END),
         COUNT(CASE WHEN h.plan_state <> 'closed' THEN 1 END)
         {FROM_DOORS} GROUP BY h.estate, h.building ORDER BY MIN(h.sort)"
    ));
    let mut estates: Vec<Estate> = Vec::new();
    for row in query.all(conn).await? {
        let name: String = row.try_get(0)?;
        let count = |at: usize| row.try_get::<i64, _>(at).map(|n| small(n.cast_unsigned()));
        let building = Building {
            name: row.try_get(1)?,
            households: count(2)?,
            visited: count(3)?,
            cold: count(4)?,
            plans: count(5)?,
        };
        match estates.last_mut() {
            Some(estate) if estate.name == name => estate.buildings.push(building),
            _ => estates.push(Estate { name, buildings: vec![building] }),
        }
    }
    Ok(estates)
}

/// The doors of one building, by entrance, floor and room.
pub async fn facade(
    conn: &mut Conn,
    grids: &BTreeSet<GridId>,
    running: &Running,
    estate: &str,
    building: &str,
) -> Result<Vec<FacadeDoor>> {
    let mut query = running.begin(grids);
    query.push(format!(
        "SELECT h.id, h.entrance, h.floor, h.room, h.temp_c, {OUTCOME}, {VISITED_MS}, h.plan_state, h.open_requests,
         h.care {FROM_DOORS} WHERE h.estate = "
    ));
    query.bind(plain(estate).as_ref()).push(" AND h.building = ").bind(plain(building).as_ref());
    query.push(" ORDER BY h.sort");
    let rows = query.all(conn).await?;
    let door = |row: SqlRow| {
        let outcome: Option<String> = row.try_get(5)?;
        let plan: Option<String> = row.try_get(7)?;
        Ok(FacadeDoor {
            household: household(row.try_get(0)?)?,
            entrance: row.try_get(1)?,
            floor: i32::try_from(row.try_get::<i64, _>(2)?).unwrap_or_default(),
            room: row.try_get(3)?,
            temp_c: row.try_get(4)?,
            visit: outcome.as_deref().map(from_word).transpose()?,
            visited_ms: row.try_get(6)?,
            plan: plan.as_deref().map(from_word).transpose()?,
            open_requests: small(row.try_get::<i64, _>(8)?.cast_unsigned()),
            care: !care(&row, 9)?.is_empty(),
            apart: false,
        })
    };
    rows.into_iter().map(door).collect()
}

/// The columns of [`hit`], of household `h`.
pub const HIT: &str = "h.id, h.grid, h.estate, h.building, h.entrance, h.room, h.account, h.temp_c, h.care";

/// Reads a hit of a search.
pub fn hit(row: &SqlRow) -> Result<Hit> {
    let parts: [String; 3] = [row.try_get(3)?, row.try_get(4)?, row.try_get(5)?];
    let short = parts.iter().filter(|p| !p.is_empty()).map(String::as_str).collect::<Vec<_>>().join("-");
    let door = DoorLine {
        household: household(row.try_get(0)?)?,
        grid: GridId::new(row.try_get::<String, _>(1)?).map_err(|_| StoreError::damaged("a grid's code"))?,
        estate: row.try_get(2)?,
        short,
    };
    Ok(Hit { door, account: row.try_get(6)?, temp_c: row.try_get(7)?, care: care(row, 8)? })
}

fn household(id: String) -> Result<HouseholdId> {
    HouseholdId::new(id).map_err(|_| StoreError::damaged("a household"))
}

fn care(row: &SqlRow, at: usize) -> Result<Vec<String>> {
    serde_json::from_str(row.try_get(at)?).map_err(|_| StoreError::damaged("care tags"))
}
