//! Between the database and [`super::compare`]: what is stored about a register's estates, and how a preview is
//! written. Grids first, then the households, 500 events a transaction; what the register said comes last, so that
//! an import that was cut off is simply imported again.

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::{Body, Noun},
    grid::{Grid, field},
    ids::{GridId, PersonId},
    projection::{Doc, Key},
    record::first_edit,
    register::{HouseholdFields, Register},
};
use serde_json::json;
use sqlx::Row;

use super::{
    ImportError,
    compare::{Known, KnownHousehold, Preview},
};
use crate::{
    app::App,
    intake::{Entry, Recorded, record_own},
    store::{Conn, Question, Result, StoreError, docs, grids, grids::Tree, plain},
};

/// Rows of one statement, and events of one transaction.
const AT_ONCE: usize = 500;

/// What is stored about the estates of a register, and all grids.
pub async fn known(conn: &mut Conn, register: &Register) -> Result<Known> {
    let estates: BTreeSet<&str> = register.households.iter().map(|h| h.address.estate.as_str()).collect();
    let estates: Vec<&str> = estates.into_iter().collect();
    let mut said: BTreeMap<String, HouseholdFields> = BTreeMap::new();
    let mut keys = Vec::new();
    for part in estates.chunks(AT_ONCE) {
        let mut query = Question::new(
            "SELECT h.id, s.fields FROM household h LEFT JOIN register_said s ON s.household = h.id WHERE h.estate IN ",
        );
        query.list(part.iter().map(|estate| plain(estate).into_owned()));
        for row in query.all(&mut *conn).await? {
            let id: String = row.try_get(0)?;
            if let Some(fields) = row.try_get::<Option<&str>, _>(1)? {
                let fields = serde_json::from_str(fields).map_err(|_| StoreError::damaged("an imported row"))?;
                said.insert(id.clone(), fields);
            }
            keys.push(Key::Record(Noun::Household, id));
        }
    }
    let mut households = Vec::with_capacity(keys.len());
    for doc in docs::load(conn, keys).await?.into_values() {
        if let Doc::Record(record) = doc {
            households.push(KnownHousehold { said: said.remove(&record.id), record });
        }
    }
    Ok(Known { households, grids: all_grids(conn).await? })
}

/// All grids.
pub(super) async fn all_grids(conn: &mut Conn) -> Result<BTreeMap<GridId, Grid>> {
    let tree = Tree::load(conn).await?;
    let tops = tree.below(&all_tops(conn).await?);
    Ok(grids::list(conn, &tops).await?.into_iter().map(|g| (g.id.clone(), g)).collect())
}

async fn all_tops(conn: &mut Conn) -> Result<BTreeSet<GridId>> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM grid").fetch_all(conn).await?;
    ids.into_iter().map(|id| GridId::new(id).map_err(|_| StoreError::damaged("a grid's code"))).collect()
}

/// Writes what a preview shows. `progress` is called with (households done, in all). Gives the number of events.
///
/// # Errors
/// When the database fails, or a grid is gone meanwhile; what was written before stays, and importing again goes on
/// from there.
pub async fn apply(
    app: &App,
    person: &PersonId,
    preview: Preview,
    mut progress: impl FnMut(u64, u64),
) -> std::result::Result<u64, ImportError> {
    let all = preview.edits.len() as u64;
    let mut written = open_grids(app, person, &preview.grids).await?;
    let mut edits = preview.edits.into_iter();
    let mut done = 0;
    loop {
        let part: Vec<Entry> = edits
            .by_ref()
            .take(AT_ONCE)
            .map(|e| Entry::new(person.clone(), e.grid, Some(e.household), Body::Edit(e.edit)))
            .collect();
        if part.is_empty() {
            break;
        }
        done += part.len() as u64;
        written += record(app, part).await?;
        progress(done, all);
    }
    let said = preview.said.iter().map(|(household, fields)| (household.as_str(), json!(fields).to_string()));
    keep_said(app, ("register_said", "household"), said.collect()).await?;
    Ok(written)
}

/// Keeps what the file says of each household (or facility), in its table under its name there.
pub(super) async fn keep_said(
    app: &App,
    (table, name): (&'static str, &'static str),
    said: Vec<(&str, String)>,
) -> Result<()> {
    if said.is_empty() {
        return Ok(());
    }
    let mut write = app.store.write().await?;
    for part in said.chunks(AT_ONCE) {
        let mut query = Question::new(format!("INSERT INTO {table} ({name}, fields) "));
        query.rows(part, |row, (id, fields)| {
            row.bind(*id).bind(fields.as_str());
        });
        query.push(format!(" ON CONFLICT ({name}) DO UPDATE SET fields = excluded.fields"));
        query.run(&mut write).await?;
    }
    write.commit().await
}

/// Makes the grids that a preview needs. Gives the number of events.
pub(super) async fn open_grids(app: &App, person: &PersonId, grids: &[Grid]) -> std::result::Result<u64, ImportError> {
    record(app, grids.iter().map(|grid| opening(person, grid)).collect()).await
}

pub(super) async fn record(app: &App, entries: Vec<Entry>) -> std::result::Result<u64, ImportError> {
    let recorded = record_own(app, entries).await?;
    let refused = recorded.iter().filter(|r| matches!(r, Recorded::Refused(_))).count();
    if refused > 0 {
        return Err(ImportError::Refused { events: refused });
    }
    Ok(recorded.len() as u64)
}

fn opening(person: &PersonId, grid: &Grid) -> Entry {
    let set = [(field::NAME, json!(grid.name)), (field::LEVEL, json!(grid.level)), (field::PARENT, json!(grid.parent))];
    let edit = first_edit(Noun::Grid, grid.id.as_str(), set.map(|(name, v)| (name.to_owned(), v)));
    Entry::of_grid(person.clone(), grid.id.clone(), Body::Edit(edit))
}
