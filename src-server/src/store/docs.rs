//! The projection's documents, as JSON under their keys.

use std::collections::BTreeSet;

use huce_core::{
    ids::{GridId, HouseholdId},
    projection::{Doc, Docs, Key},
    record::Record,
};
use sqlx::{QueryBuilder, Row};

use super::{Conn, Db, Result, StoreError};

/// Keys of one question.
const AT_ONCE: usize = 400;

/// The documents under these keys; those that do not exist are left out.
pub async fn load(conn: &mut Conn, keys: impl IntoIterator<Item = Key>) -> Result<Docs> {
    let keys: Vec<Key> = keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut docs = Docs::new();
    for part in keys.chunks(AT_ONCE) {
        let mut query = QueryBuilder::<Db>::new("SELECT key, body FROM doc WHERE key IN (");
        let mut list = query.separated(", ");
        for key in part {
            list.push_bind(key.to_string());
        }
        query.push(")");
        let rows = query.build().persistent(false).fetch_all(&mut *conn).await?;
        let mut found: std::collections::BTreeMap<String, String> =
            rows.into_iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_>>()?;
        for key in part {
            if let Some(body) = found.remove(&key.to_string()) {
                docs.insert(key.clone(), read(&key.to_string(), &body)?);
            }
        }
    }
    Ok(docs)
}

/// One record.
pub async fn record(conn: &mut Conn, key: &Key) -> Result<Option<Record>> {
    match load(conn, [key.clone()]).await?.remove(key) {
        Some(Doc::Record(record)) => Ok(Some(record)),
        _ => Ok(None),
    }
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

/// Writes documents, new or changed.
pub async fn save(conn: &mut Conn, rows: &[DocRow<'_>]) -> Result<()> {
    for part in rows.chunks(AT_ONCE) {
        let mut bodies = Vec::with_capacity(part.len());
        for row in part {
            bodies.push(serde_json::to_string(row.doc).map_err(|_| StoreError::damaged(row.key.to_string()))?);
        }
        let mut query = QueryBuilder::<Db>::new("INSERT INTO doc (key, grid, household, body) ");
        query.push_values(part.iter().zip(bodies), |mut values, (row, body)| {
            values
                .push_bind(row.key.to_string())
                .push_bind(row.grid.as_str().to_owned())
                .push_bind(row.household.map(|h| h.as_str().to_owned()))
                .push_bind(body);
        });
        query.push(
            " ON CONFLICT (key) DO UPDATE SET grid = excluded.grid, household = excluded.household, body = excluded.body",
        );
        query.build().persistent(false).execute(&mut *conn).await?;
    }
    Ok(())
}
