//! The projection's documents, as JSON under their keys.

use std::collections::BTreeSet;

use huce_core::{
    body::Noun,
    ids::{GridId, HouseholdId},
    projection::{Doc, Docs, Key},
    record::Record,
};
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, parts, plain};

/// Keys of one question.
const AT_ONCE: usize = 400;

/// The documents under these keys; those that do not exist are left out.
pub async fn load(conn: &mut Conn, keys: impl IntoIterator<Item = Key>) -> Result<Docs> {
    read_all(conn, keys, None).await
}

/// The same for whoever shows them: the `grid` of plans and requests is the one in which they stand, which is that of their
/// household or facility (docs/adr/0007).
pub async fn load_standing(conn: &mut Conn, keys: impl IntoIterator<Item = Key>) -> Result<Docs> {
    let mut docs = load(conn, keys).await?;
    let named: Vec<Key> =
        docs.keys().filter(|key| matches!(key, Key::Record(Noun::Plan | Noun::Request, _))).cloned().collect();
    for part in named.chunks(AT_ONCE) {
        let mut query = Question::new("SELECT key, grid FROM doc WHERE key IN ");
        query.list(part.iter().map(column)).kept();
        let mut found: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        for row in query.all(&mut *conn).await? {
            found.insert(row.try_get(0)?, row.try_get(1)?);
        }
        for key in part {
            if let (Some(grid), Some(Doc::Record(record))) = (found.remove(&column(key)), docs.get_mut(key)) {
                record.grid = GridId::new(grid).map_err(|_| StoreError::damaged("a grid's code"))?;
            }
        }
    }
    Ok(docs)
}

/// The same for a writer who holds the locks of these grids. A document that stands in another one came, or moved,
/// after the locks were chosen: then the writer gives way ([`StoreError::Collided`]). Grid and document are read at
/// once: between two questions, another transaction may commit.
pub async fn load_under(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = Key>,
    locked: &BTreeSet<GridId>,
) -> Result<Docs> {
    read_all(conn, keys, Some(locked)).await
}

async fn read_all(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = Key>,
    locked: Option<&BTreeSet<GridId>>,
) -> Result<Docs> {
    let keys: Vec<Key> = keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut docs = Docs::new();
    for part in keys.chunks(AT_ONCE) {
        let mut query = Question::new("SELECT key, body, grid FROM doc WHERE key IN ");
        query.list(part.iter().map(column)).kept();
        let rows = query.all(&mut *conn).await?;
        for row in rows.iter().filter(|_| locked.is_some()) {
            let grid = row.try_get::<&str, _>(2)?;
            if !locked.is_some_and(|locked| locked.iter().any(|held| held.as_str() == grid)) {
                return Err(StoreError::Collided);
            }
        }
        let mut found: std::collections::BTreeMap<String, String> =
            rows.into_iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
        for key in part {
            if let Some(body) = found.remove(&column(key)) {
                docs.insert(key.clone(), read(&key.to_string(), &body)?);
            }
        }
    }
    Ok(docs)
}

/// A key as it is stored: an edit may name a record by any text.
fn column(key: &Key) -> String {
    plain(&key.to_string()).into_owned()
}

/// The grids in which these documents stand. Whoever changes a document holds the lock of its grid.
pub async fn grids(conn: &mut Conn, keys: &BTreeSet<Key>) -> Result<BTreeSet<GridId>> {
    let keys: Vec<&Key> = keys.iter().collect();
    let mut grids = BTreeSet::new();
    for part in keys.chunks(AT_ONCE) {
        let mut query = Question::new("SELECT DISTINCT grid FROM doc WHERE key IN ");
        query.list(part.iter().map(|key| column(key))).kept();
        for row in query.all(&mut *conn).await? {
            grids.insert(GridId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a grid's code"))?);
        }
    }
    Ok(grids)
}

/// One record.
pub async fn record(conn: &mut Conn, key: &Key) -> Result<Option<Record>> {
    match load(conn, [key.clone()]).await?.remove(key) {
        Some(Doc::Record(record)) => Ok(Some(record)),
        _ => Ok(None),
    }
}

/// One record, its `grid` the one in which it stands: a plan's or request's is that of its household.
pub async fn standing(conn: &mut Conn, key: &Key) -> Result<Option<Record>> {
    let Some(mut record) = record(conn, key).await? else { return Ok(None) };
    let grid: Option<String> =
        sqlx::query_scalar("SELECT grid FROM doc WHERE key = $1").bind(column(key)).fetch_optional(conn).await?;
    if let Some(grid) = grid {
        record.grid = GridId::new(grid).map_err(|_| StoreError::damaged("a grid's code"))?;
    }
    Ok(Some(record))
}

/// Reads a stored document.
pub fn read(key: &str, body: &str) -> Result<Doc> {
    serde_json::from_str(body).map_err(|_| StoreError::damaged(format!("document {key}")))
}

/// A document to write, with where it belongs.
#[derive(Debug)]
pub struct DocRow<'a> {
    /// Its key.
    pub key: &'a Key,
    /// Whose stream it belongs to.
    pub grid: &'a GridId,
    /// Its door.
    pub household: Option<&'a HouseholdId>,
    /// Itself.
    pub doc: &'a Doc,
}

/// Writes documents that are new. Where another transaction wrote one of them meanwhile, this one gives way
/// ([`StoreError::Collided`]): what it knows is not the newest.
pub async fn add(conn: &mut Conn, rows: &[DocRow<'_>]) -> Result<()> {
    let added = write(conn, rows, " ON CONFLICT (key) DO NOTHING").await?;
    if added == rows.len() as u64 { Ok(()) } else { Err(StoreError::Collided) }
}

/// Writes documents that were there, under the locks of their grids.
pub async fn save(conn: &mut Conn, rows: &[DocRow<'_>]) -> Result<()> {
    let replace =
        " ON CONFLICT (key) DO UPDATE SET grid = excluded.grid, household = excluded.household, body = excluded.body";
    write(conn, rows, replace).await.map(|_| ())
}

async fn write(conn: &mut Conn, rows: &[DocRow<'_>], known: &str) -> Result<u64> {
    let mut written = 0;
    for part in parts(rows) {
        let mut bodies = Vec::with_capacity(part.len());
        for row in part {
            bodies.push(serde_json::to_string(row.doc).map_err(|_| StoreError::damaged(row.key.to_string()))?);
        }
        let mut query = Question::new("INSERT INTO doc (key, grid, household, body) ");
        query.rows(part.iter().zip(bodies), |row, (doc, body)| {
            row.bind(column(doc.key)).bind(doc.grid.as_str()).bind(doc.household.map(HouseholdId::as_str)).bind(body);
        });
        query.push(known).kept();
        written += query.run(&mut *conn).await?;
    }
    Ok(written)
}
