//! A statement that is put together piece by piece, for lists whose length is known only when it runs.
//!
//! sqlx's own builder writes `?` for the `Any` database, which PostgreSQL does not understand: there they are numbered.
//! For SQLite they stay without a number, which is a name to it: it would look for each among all, and a batch of visits
//! has more than a thousand (a third of the processor time of an intake, measured).
//!
//! SQLite takes longer to read the text of a statement than to run it, so it keeps those that come again
//! ([`Question::kept`]): lists are cut into parts of few lengths ([`parts`]), or filled up to one ([`Question::list`]).

use sqlx::{
    Any, AnyConnection, AssertSqlSafe, Encode, Type,
    any::{AnyArguments, AnyRow},
};

use super::{Conn, Result};

/// A parameter. No statement of ours has one in its text.
const HERE: char = '?';

/// Rows of one statement, at most.
const MOST_ROWS: usize = 64;

/// A list in parts of 64, 32, 16, 8, 4, 2 and 1: seven texts serve lists of any length.
pub fn parts<T>(mut list: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let power = list.len().checked_ilog2()?;
        let (part, rest) = list.split_at(MOST_ROWS.min(1 << power));
        list = rest;
        Some(part)
    })
}

/// The statement so far. Run it with [`Question::all`], [`Question::one`] or [`Question::run`]: once.
#[derive(Default)]
pub struct Question {
    /// [`HERE`] stands for each parameter, in their order.
    sql: String,
    arguments: AnyArguments,
    fault: Option<sqlx::error::BoxDynError>,
    is_kept: bool,
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

    /// Its text will come again: SQLite keeps what it made of it. (PostgreSQL does not: a kept statement would take a
    /// column of numbers for single precision after it first saw a null.)
    pub fn kept(&mut self) -> &mut Self {
        self.is_kept = true;
        self
    }

    /// Adds `(a, b, …)`; an empty list is one that fits nothing. The last value is repeated until there are 1, 2, 4, 8 …
    pub fn list<'t, T: Encode<'t, Any> + Type<Any> + Clone>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        self.push("(");
        let (mut count, mut last) = (0_usize, None);
        for value in values {
            self.push(if count == 0 { "" } else { ", " }).bind(value.clone());
            (count, last) = (count + 1, Some(value));
        }
        if let Some(last) = last {
            for _ in count..count.next_power_of_two() {
                self.push(", ").bind(last.clone());
            }
        }
        self.push(if count == 0 { "NULL)" } else { ")" })
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

    /// The text, what is bound, and whether the statement is kept.
    fn ready(self, conn: &AnyConnection) -> Result<(String, AnyArguments, bool)> {
        if let Some(fault) = self.fault {
            return Err(sqlx::Error::Encode(fault).into());
        }
        if conn.backend_name() == "SQLite" {
            return Ok((self.sql, self.arguments, self.is_kept));
        }
        let mut sql = String::with_capacity(self.sql.len() * 2);
        for (number, part) in self.sql.split(HERE).enumerate() {
            if number > 0 {
                sql.push('$');
                sql.push_str(&number.to_string());
            }
            sql.push_str(part);
        }
        Ok((sql, self.arguments, false))
    }

    /// All rows of the answer.
    pub async fn all(self, conn: &mut Conn) -> Result<Vec<AnyRow>> {
        let (sql, arguments, is_kept) = self.ready(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(is_kept).fetch_all(conn).await?)
    }

    /// The answer's only row.
    pub async fn one(self, conn: &mut Conn) -> Result<AnyRow> {
        let (sql, arguments, is_kept) = self.ready(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(is_kept).fetch_one(conn).await?)
    }

    /// Runs it; gives how many rows it wrote.
    pub async fn run(self, conn: &mut Conn) -> Result<u64> {
        let (sql, arguments, is_kept) = self.ready(conn)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(is_kept).execute(conn).await?.rows_affected())
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

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn a_list_is_cut_into_parts_of_few_lengths() {
        let lengths = |n: usize| parts(&vec![0; n]).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(0), [0; 0]);
        assert_eq!(lengths(1), [1]);
        assert_eq!(lengths(60), [32, 16, 8, 4]);
        assert_eq!(lengths(131), [64, 64, 2, 1]);
    }
}
