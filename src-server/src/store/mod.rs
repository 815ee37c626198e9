//! The database: one file per group of tables, plain SQL that PostgreSQL understands as well.
//!
//! Everything names the database through [`Db`], [`Pool`] and [`Tx`], so that a second one is a second set of these
//! three and of the migrations. Writers take turns ([`Store::write`]): the database has one writer at a time anyway,
//! and waiting in a fair queue is better than retrying on "busy".

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub mod devices;
pub mod docs;
pub mod failures;
pub mod forms;
pub mod grids;
pub mod people;
pub mod photos;
pub mod stream;
pub mod summary;

/// The database that this build speaks to.
pub type Db = sqlx::Sqlite;
/// Connections to it.
pub type Pool = sqlx::Pool<Db>;
/// One connection.
pub type Conn = <Db as sqlx::Database>::Connection;

/// What goes wrong with the database or what is in it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database itself.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// Its schema could not be brought up to date.
    #[error("migrations: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
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
}

/// The result of asking the database.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database of one data folder.
#[derive(Debug, Clone)]
pub struct Store {
    pool: Pool,
    turn: Arc<Mutex<()>>,
}

/// A transaction that writes. Dropped without [`Write::commit`] it leaves no trace.
#[derive(Debug)]
pub struct Write {
    tx: sqlx::Transaction<'static, Db>,
    _turn: OwnedMutexGuard<()>,
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
    /// Opens (and makes, and brings up to date) `huce.db` in the data folder.
    pub async fn open(data: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(data.join("huce.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30));
        let pool = SqlitePoolOptions::new().max_connections(8).connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool, turn: Arc::default() })
    }

    /// For reading.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Begins to write; waits for its turn.
    pub async fn write(&self) -> Result<Write> {
        let turn = self.turn.clone().lock_owned().await;
        let tx = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Write { tx, _turn: turn })
    }

    /// A value of the database as a whole, for example `epoch`.
    pub async fn meta(&self, name: &str) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(&self.pool).await?)
    }

    /// Sets such a value where there is none, and gives the one that stands.
    pub async fn meta_or(&self, name: &str, value: &str) -> Result<String> {
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .bind(value)
            .execute(&mut *write)
            .await?;
        let stands =
            sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name).fetch_one(&mut *write).await?;
        write.commit().await?;
        Ok(stands)
    }

    /// Sets such a value, whatever it was.
    pub async fn set_meta(&self, name: &str, value: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }

    /// Closes every connection; what was committed is in the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
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
