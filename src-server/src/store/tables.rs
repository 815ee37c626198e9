//! Every table as plain rows, whichever database it is in: for moving, backing up and restoring.
//!
//! Tables and columns are asked of the database itself, so that a migration that adds one is carried along. Rows come
//! in the order of their keys, which is the same in both databases (text is ordered by its bytes).

use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::{Conn, Kind, Question, Result, SqlRow, StoreError};

/// Rows of one page.
const PAGE: i64 = 500;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Whole numbers.
    Int,
    /// Numbers of double precision.
    Real,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// None.
    Null,
    /// A whole number.
    Int(i64),
    /// A number of double precision.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row, its values in the order of [`Table::columns`].
pub type Line = Vec<Value>;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<(String, Holds)>,
    /// The columns of its key, as places in `columns`.
    pub key: Vec<usize>,
}

/// How many rows a table has, and the hash of all of them in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDigest {
    /// Rows.
    pub rows: u64,
    /// BLAKE3, hexadecimal.
    pub hash: String,
}

/// All tables that are ours, by name.
pub async fn all(conn: &mut Conn, kind: Kind) -> Result<Vec<Table>> {
    let names = match kind {
        Kind::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Kind::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        }
    };
    let mut names = sqlx::query_scalar::<_, String>(names).fetch_all(&mut *conn).await?;
    names.retain(|name| !name.starts_with("_sqlx"));
    names.sort();
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(table(conn, kind, name).await?);
    }
    Ok(tables)
}

async fn table(conn: &mut Conn, kind: Kind, name: String) -> Result<Table> {
    let columns = match kind {
        Kind::Sqlite => "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid",
        Kind::Postgres => {
            "SELECT CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT),
             COALESCE((SELECT CAST(k.ordinal_position AS BIGINT) FROM information_schema.key_column_usage k
                 JOIN information_schema.table_constraints t ON t.constraint_name = k.constraint_name
                 AND t.table_schema = k.table_schema AND t.table_name = k.table_name
                 WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema
                 AND k.table_name = c.table_name AND k.column_name = c.column_name), 0)
             FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = $1
             ORDER BY c.ordinal_position"
        }
    };
    let rows = sqlx::query(columns).bind(&name).fetch_all(conn).await?;
    let mut table = Table { name, columns: Vec::new(), key: Vec::new() };
    let mut key: Vec<(i64, usize)> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let holds = match row.try_get::<&str, _>(1)?.to_lowercase().as_str() {
            "integer" | "bigint" => Holds::Int,
            "real" | "double precision" => Holds::Real,
            "text" => Holds::Text,
            "blob" | "bytea" => Holds::Bytes,
            other => return Err(StoreError::damaged(format!("column type {other}"))),
        };
        table.columns.push((row.try_get(0)?, holds));
        let place: i64 = row.try_get(2)?;
        if place > 0 {
            key.push((place, at));
        }
    }
    key.sort_unstable();
    table.key = key.into_iter().map(|(_, at)| at).collect();
    Ok(table)
}

impl Table {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(", ")
    }

    fn key_names(&self) -> String {
        let names = self.key.iter().filter_map(|at| self.columns.get(*at)).map(|(name, _)| quoted(name));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The key of a row.
    pub fn key_of(&self, line: &Line) -> Line {
        self.key.iter().filter_map(|at| line.get(*at)).cloned().collect()
    }

    /// The next rows after this key, in the order of their keys; none when there are no more.
    pub async fn page(&self, conn: &mut Conn, after: Option<&Line>) -> Result<Vec<Line>> {
        let mut query = Question::new(format!("SELECT {} FROM {}", self.names(), quoted(&self.name)));
        if let Some(after) = after {
            query.push(format!(" WHERE ({}) > (", self.key_names()));
            for (at, value) in after.iter().enumerate() {
                query.push(if at == 0 { "" } else { ", " });
                bind(&mut query, value);
            }
            query.push(")");
        }
        query.push(format!(" ORDER BY {} LIMIT {PAGE}", self.key_names()));
        query.all(conn).await?.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, row: &SqlRow) -> Result<Line> {
        let value = |(at, (_, holds)): (usize, &(String, Holds))| {
            Ok(match holds {
                Holds::Int => row.try_get::<Option<i64>, _>(at)?.map_or(Value::Null, Value::Int),
                Holds::Real => row.try_get::<Option<f64>, _>(at)?.map_or(Value::Null, Value::Real),
                Holds::Text => row.try_get::<Option<String>, _>(at)?.map_or(Value::Null, Value::Text),
                Holds::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Value::Null, Value::Bytes),
            })
        };
        self.columns.iter().enumerate().map(value).collect()
    }

    /// Adds rows. A key that is there already is an error: nothing is overwritten.
    pub async fn put(&self, conn: &mut Conn, lines: &[Line]) -> Result<()> {
        // SQLite takes 32,766 values in a statement.
        for part in lines.chunks((30_000 / self.columns.len().max(1)).max(1)) {
            let mut query = Question::new(format!("INSERT INTO {} ({}) VALUES ", quoted(&self.name), self.names()));
            for (at, line) in part.iter().enumerate() {
                query.push(if at == 0 { "(" } else { ", (" });
                for (at, (value, (_, holds))) in line.iter().zip(&self.columns).enumerate() {
                    query.push(if at == 0 { "" } else { ", " });
                    match (value, holds) {
                        // A null of the column's own type: PostgreSQL takes the type of a list from its first row.
                        (Value::Null, Holds::Int) => query.bind(None::<i64>),
                        (Value::Null, Holds::Real) => query.bind(None::<f64>),
                        (Value::Null, Holds::Text) => query.bind(None::<String>),
                        (Value::Null, Holds::Bytes) => query.bind(None::<Vec<u8>>),
                        _ => bind(&mut query, value),
                    };
                }
                query.push(")");
            }
            query.run(&mut *conn).await?;
        }
        Ok(())
    }

    /// The key of the last row.
    pub async fn last(&self, conn: &mut Conn) -> Result<Option<Line>> {
        let back = self.key_names().split(", ").map(|name| format!("{name} DESC")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {} FROM {} ORDER BY {back} LIMIT 1", self.names(), quoted(&self.name));
        let rows = Question::new(sql).all(conn).await?;
        rows.first().map(|row| Ok(self.key_of(&self.line(row)?))).transpose()
    }

    /// Removes every row.
    pub async fn clear(&self, conn: &mut Conn) -> Result<()> {
        Question::new(format!("DELETE FROM {}", quoted(&self.name))).run(conn).await?;
        Ok(())
    }

    /// Counts and hashes every row.
    pub async fn digest(&self, conn: &mut Conn) -> Result<TableDigest> {
        let mut sum = Sum::default();
        let mut after = None;
        loop {
            let page = self.page(&mut *conn, after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(sum.end()) };
            after = Some(self.key_of(last));
            page.iter().for_each(|line| sum.add(line));
        }
    }
}

/// A [`TableDigest`] on its way.
#[derive(Default)]
pub struct Sum {
    rows: u64,
    hasher: blake3::Hasher,
}

impl Sum {
    /// Adds a row, in the order of the keys.
    pub fn add(&mut self, line: &Line) {
        self.rows += 1;
        for value in line {
            let (tag, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Int(n) => (1, &n.to_be_bytes()),
                Value::Real(x) => (2, &x.to_be_bytes()),
                Value::Text(text) => (3, text.as_bytes()),
                Value::Bytes(bytes) => (4, bytes),
            };
            self.hasher.update(&[tag]).update(&(bytes.len() as u64).to_be_bytes()).update(bytes);
        }
    }

    /// The digest.
    pub fn end(self) -> TableDigest {
        TableDigest { rows: self.rows, hash: self.hasher.finalize().to_hex().to_string() }
    }
}

fn bind<'q>(query: &'q mut Question, value: &Value) -> &'q mut Question {
    match value {
        Value::Null => query.push("NULL"),
        Value::Int(n) => query.bind(*n),
        Value::Real(x) => query.bind(*x),
        Value::Text(text) => query.bind(text.as_str()),
        Value::Bytes(bytes) => query.bind(bytes.as_slice()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
