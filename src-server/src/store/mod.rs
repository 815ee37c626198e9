//! The database: one file per group of tables, plain SQL that SQLite and PostgreSQL both understand.
//!
//! sqlx's `Any` carries the same statements to either. What it demands: values are i64, f64, text or bytes; an
//! `Option<f64>` is bound in a [`Question`] only (a kept statement would take the column for single precision after
//! it first saw a null); text from events goes through [`plain`], since PostgreSQL takes no NUL.
//!
//! SQLite has one writer at a time anyway, so [`Store::write`] makes writers take turns: waiting in a fair queue is
//! better than retrying on "busy". On PostgreSQL they run side by side, in this process and in others; what must not
//! interleave is locked by row ([`devices::lock`], [`stream::lock_heads`], in this order and each sorted), and what
//! still collides is [`StoreError::is_collision`] and tried again by its caller.

use std::{sync::Arc, time::Duration};

use sqlx::any::AnyPoolOptions;
use tokio::sync::{Mutex, OwnedMutexGuard};

mod address;
pub mod carried;
pub mod devices;
pub mod docs;
pub mod duties;
pub mod failures;
pub mod forms;
pub mod grids;
pub mod hub;
pub mod imports;
#[cfg(test)]
mod late_commit_tests;
pub mod meta;
pub mod occupied;
pub mod people;
pub mod photos;
mod question;
pub mod safety;
pub mod stream;
pub mod summary;
pub mod tables;

pub use address::{Address, Kind};
pub use question::{Question, parts};

/// The database as sqlx names it.
pub type Db = sqlx::Any;
/// Connections to it.
pub type Pool = sqlx::AnyPool;
/// One connection.
pub type Conn = sqlx::AnyConnection;
/// A row of an answer.
pub type SqlRow = sqlx::any::AnyRow;

/// Connections of one process. PostgreSQL takes 100 in all unless told otherwise: room for several processes.
const CONNECTIONS: u32 = 16;

/// Of every SQLite connection.
const SQLITE: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
/// Of the one that writes, besides: what it read stays right, since nobody else writes (another process seldom does),
/// so it may keep 64 MB of pages; and what changes again and again is copied out of the log after 16 MB, not after 4.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;";

/// What goes wrong with the database or what is in it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database itself.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Its schema could not be brought up to date.
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Its address is none.
    #[error("the database's address: {0}")]
    Address(String),
    /// Others use the data, or one alone does.
    #[error("the data is in use: stop the server and other commands on it first (or wait until they have ended)")]
    Busy,
    /// Two writers met: nothing of this one was written, and it is tried again.
    #[error("another process wrote the same at the same time")]
    Collided,
    /// A stored value is not what was written.
    #[error("{what} in the database is damaged")]
    Damaged {
        /// Which value.
        what: String,
    },
}

impl StoreError {
    /// A stored value is not what was written.
    pub fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    /// Two writers met, and this one gave way: nothing was written, and the same again will do.
    pub fn is_collision(&self) -> bool {
        // PostgreSQL's serialization_failure and deadlock_detected.
        let gave_way = |e: &sqlx::Error| {
            e.as_database_error().and_then(|e| e.code()).is_some_and(|code| code == "40001" || code == "40P01")
        };
        matches!(self, Self::Collided) || matches!(self, Self::Sql(e) if gave_way(e))
    }
}

/// The result of asking the database.
pub type Result<T> = std::result::Result<T, StoreError>;

/// An opened database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    /// Where writers get their connection. On SQLite it is always the same one: another connection would find its cache
    /// of pages out of date after each transaction.
    writers: Pool,
    kind: Kind,
    turn: Arc<Mutex<()>>,
}

/// A transaction that writes. Dropped without [`Write::commit`] it leaves no trace.
#[derive(Debug)]
pub struct Write {
    tx: sqlx::Transaction<'static, Db>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Write {
    /// Makes it durable: after this returns, a power cut does not undo it.
    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

impl std::ops::Deref for Write {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.tx
    }
}

impl std::ops::DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.tx
    }
}

impl Store {
    /// Opens a database, and brings its schema up to date. SQLite's file is made where there is none.
    pub async fn open(address: &Address) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let kind = address.kind;
        let (pool, writers) = match kind {
            Kind::Sqlite => {
                let pool = connect(address, CONNECTIONS / 2, &[SQLITE]).await?;
                sqlx::migrate!("./migrations/sqlite").run(&pool).await?;
                (pool, connect(address, 1, &[SQLITE, SQLITE_WRITER]).await?)
            }
            Kind::Postgres => {
                let pool = connect(address, CONNECTIONS, &["SET synchronous_commit = on"]).await?;
                sqlx::migrate!("./migrations/postgres").run(&pool).await?;
                (pool.clone(), pool)
            }
        };
        Ok(Self { pool, writers, kind, turn: Arc::default() })
    }

    /// Which of the two it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// For reading.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Begins to write; on SQLite it waits for its turn.
    pub async fn write(&self) -> Result<Write> {
        Ok(match self.kind {
            Kind::Sqlite => {
                let turn = self.turn.clone().lock_owned().await;
                Write { tx: self.writers.begin_with("BEGIN IMMEDIATE").await?, _turn: Some(turn) }
            }
            // Every statement sees what is committed when it begins: what was read under a lock is the newest.
            Kind::Postgres => {
                Write { tx: self.writers.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?, _turn: None }
            }
        })
    }

    /// Begins to read: everything that is read in this transaction is of one moment.
    pub async fn read(&self) -> Result<sqlx::Transaction<'static, Db>> {
        let begin = match self.kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// Closes every connection; what was committed is there.
    pub async fn close(&self) {
        self.pool.close().await;
        self.writers.close().await;
    }
}

async fn connect(address: &Address, connections: u32, settings: &'static [&'static str]) -> Result<Pool> {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(60))
        .after_connect(move |conn, _| {
            Box::pin(async move {
                for setting in settings {
                    sqlx::raw_sql(*setting).execute(&mut *conn).await?;
                }
                Ok(())
            })
        });
    Ok(options.connect_with(address.options.clone()).await?)
}

/// A value as the word that serde writes for it, for example `no_answer`; for plain enums only.
pub fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads [`word`].
pub fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|_| StoreError::damaged("a word"))
}

/// Text from an event as a column can hold it: PostgreSQL takes no NUL. (An event's payload holds none: JSON writes
/// it as `\u0000`.)
pub fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
