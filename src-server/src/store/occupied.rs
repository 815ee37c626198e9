//! Who works on the data: a server and the command line side by side, or one mover alone.
//!
//! Moving and restoring read or write everything at once; what a server stored meanwhile would be lost. A file in the
//! data folder is locked for SQLite, an advisory lock of the database for PostgreSQL. Both end with their process.

use std::{
    fs::File,
    path::Path,
    sync::{Arc, Mutex},
};

use sqlx::Row;

use super::{Conn, Kind, Result, Store, StoreError};

/// The lock's number among those of the database: `huce` in letters.
const NUMBER: i64 = 0x6875_6365;

/// How the data is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// By a server or a command among others.
    Shared,
    /// By nobody else.
    Alone,
}

/// Holds the data until it is dropped. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Occupied {
    _file: Option<Arc<File>>,
    _conn: Option<Arc<Mutex<Conn>>>,
}

impl Occupied {
    /// Takes hold of the data.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when others use it in a way that does not fit.
    pub async fn take(store: &Store, data: &Path, how: Use) -> Result<Self> {
        match store.kind() {
            Kind::Sqlite => {
                let path = data.join("server.lock");
                let failed = |e: std::io::Error| StoreError::Address(format!("{}: {e}", path.display()));
                let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
                let locked = match how {
                    Use::Shared => file.try_lock_shared(),
                    Use::Alone => file.try_lock(),
                };
                match locked {
                    Ok(()) => Ok(Self { _file: Some(Arc::new(file)), _conn: None }),
                    Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy),
                    Err(std::fs::TryLockError::Error(e)) => Err(failed(e)),
                }
            }
            Kind::Postgres => {
                let mut conn = store.pool().acquire().await?.detach();
                let ask = match how {
                    Use::Shared => "SELECT CASE WHEN pg_try_advisory_lock_shared($1) THEN 1 ELSE 0 END",
                    Use::Alone => "SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END",
                };
                let row = sqlx::query(ask).bind(NUMBER).fetch_one(&mut conn).await?;
                if row.try_get::<i64, _>(0)? == 1 {
                    Ok(Self { _file: None, _conn: Some(Arc::new(Mutex::new(conn))) })
                } else {
                    Err(StoreError::Busy)
                }
            }
        }
    }
}
