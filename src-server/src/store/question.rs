//! A statement that is put together piece by piece, for lists whose length is known only when it runs.
//!
//! sqlx's own builder writes `?` for the `Any` database, which PostgreSQL does not understand: there they are numbered.
//! For SQLite they stay without a number, which is a name to it: it would look for each among all, and a batch of visits
//! has more than a thousand (a third of the processor time of an intake, measured).

use sqlx::{
    Any, AnyConnection, AssertSqlSafe, Encode, Type,
    any::{AnyArguments, AnyRow},
};

use super::{Conn, Result};

/// A parameter. No statement of ours has one in its text.
const HERE: char = '?';

/// The statement so far. Run it with [`Question::all`], [`Question::one`] or [`Question::run`]: once, without keeping
/// the prepared statement, since its text depends on the lengths of its lists.
#[derive(Default)]
pub struct Question {
    /// [`HERE`] stands for each parameter, in their order.
    sql: String,
    arguments: AnyArguments,
    fault: Option<sqlx::error::BoxDynError>,
}

impl Question {
    /// Begins with this text. Never with text from outside: that is bound.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), ..Self::default() }
    }

    /// Adds text. Never text from outside: that is bound.
    pub fn push(&mut self, sql: impl AsRef<str>) -> &mut Self {
        self.sql.push_str(sql.as_ref());
        self
    }

    /// Adds a value as the next parameter.
    pub fn bind<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        // A value that cannot be bound makes the statement fail when it runs.
        if let Err(fault) = sqlx::Arguments::add(&mut self.arguments, value) {
            self.fault = Some(fault);
        }
        self.sql.push(HERE);
        self
    }

    /// Adds `(a, b, …)`; an empty list is one that fits nothing.
    pub fn list<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        self.push("(");
        let mut is_empty = true;
        for value in values {
            self.push(if is_empty { "" } else { ", " }).bind(value);
            is_empty = false;
        }
        self.push(if is_empty { "NULL)" } else { ")" })
    }

    /// Adds `VALUES (…), (…)`: `row` binds the columns of one row.
    pub fn rows<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut row: impl for<'q> FnMut(&mut Columns<'q>, T),
    ) -> &mut Self {
        self.push("VALUES ");
        for (at, value) in rows.into_iter().enumerate() {
            self.push(if at == 0 { "(" } else { ", (" });
            row(&mut Columns { question: self, is_first: true }, value);
            self.push(")");
        }
        self
    }

    fn parts(self, conn: &AnyConnection) -> Result<(String, AnyArguments)> {
        if let Some(fault) = self.fault {
            return Err(sqlx::Error::Encode(fault).into());
        }
        if conn.backend_name() == "SQLite" {
            return Ok((self.sql, self.arguments));
        }
        let mut sql = String::with_capacity(self.sql.len() * 2);
        for (number, part) in self.sql.split(HERE).enumerate() {
            if number > 0 {
                sql.push('$');
                sql.push_str(&number.to_string());
            }
            sql.push_str(part);
        }
        Ok((sql, self.arguments))
    }

    /// All rows of the answer.
    pub async fn all(self, conn: &mut Conn) -> Result<Vec<AnyRow>> {
        let (sql, arguments) = self.parts(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false).fetch_all(conn).await?)
    }

    /// The answer's only row.
    pub async fn one(self, conn: &mut Conn) -> Result<AnyRow> {
        let (sql, arguments) = self.parts(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false).fetch_one(conn).await?)
    }

    /// Runs it; gives how many rows it wrote.
    pub async fn run(self, conn: &mut Conn) -> Result<u64> {
        let (sql, arguments) = self.parts(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(false).execute(conn).await?.rows_affected())
    }
}

/// The columns of one row of [`Question::rows`].
pub struct Columns<'q> {
    question: &'q mut Question,
    is_first: bool,
}

impl Columns<'_> {
    /// The next column.
    pub fn bind<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        self.question.push(if self.is_first { "" } else { ", " }).bind(value);
        self.is_first = false;
        self
    }
}
