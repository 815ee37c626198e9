//! Values of the database as a whole: `epoch`, `server`, and marks that keep servers away from data that is not whole.

use super::{Conn, Result, Store, Write};

/// A move into this database is under way; the value is the source's fingerprint.
pub const MOVING: &str = "moving";
/// This database was moved away.
pub const MOVED: &str = "moved";
/// A backup is being restored into this database.
pub const RESTORING: &str = "restoring";
/// All marks. A server does not start on a database that has one.
pub const MARKS: [&str; 3] = [MOVING, MOVED, RESTORING];

impl Store {
    /// A value of the database as a whole, for example `epoch`.
    pub async fn meta(&self, name: &str) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(self.pool()).await?)
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
}

/// A value, as this transaction sees it.
pub async fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(conn).await?)
}

/// Sets such a value, whatever stood there.
pub async fn set(write: &mut Write, name: &str, value: &str) -> Result<()> {
    sqlx::query(
        "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Removes such a value.
pub async fn unset(write: &mut Write, name: &str) -> Result<()> {
    sqlx::query("DELETE FROM meta WHERE name = $1").bind(name).execute(&mut **write).await?;
    Ok(())
}
