//! Published forms: workbooks, named by their hash.

use huce_core::{
    clock::Millis,
    ids::{FormId, PersonId},
    ipc::form::FormVersion,
    wire::FormRef,
};
use sqlx::Row;

use super::{Conn, Result, StoreError, plain};

/// A workbook to be published.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// Its `form_id`.
    pub form: &'a FormId,
    /// As its author counts; none where nobody has looked.
    pub version: Option<&'a str>,
    /// Chinese, English.
    pub title: (&'a str, &'a str),
    /// The workbook.
    pub bytes: &'a [u8],
    /// By whom; none: it comes with the server.
    pub by: Option<&'a str>,
}

/// Publishes a workbook under a form's identifier; an earlier workbook stays readable by its hash, and can be published
/// again.
pub async fn publish(conn: &mut Conn, published: Published<'_>, now_ms: Millis) -> Result<String> {
    let Published { form, version, title, bytes, by } = published;
    let hash = blake3::hash(bytes).to_hex().to_string();
    retire(conn, form).await?;
    sqlx::query(
        "INSERT INTO form (hash, id, title_zh, title_en, bytes, published_ms, current, version, by_whom)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)
         ON CONFLICT (hash) DO UPDATE SET current = 1, title_zh = excluded.title_zh, title_en = excluded.title_en,
         published_ms = excluded.published_ms, version = excluded.version, by_whom = excluded.by_whom",
    )
    .bind(&hash)
    .bind(form.as_str())
    .bind(plain(title.0).into_owned())
    .bind(plain(title.1).into_owned())
    .bind(bytes)
    .bind(now_ms)
    .bind(version.map(|version| plain(version).into_owned()))
    .bind(by.map(|by| plain(by).into_owned()))
    .execute(conn)
    .await?;
    Ok(hash)
}

/// Takes a form out of use; its workbooks stay. How many were in use.
pub async fn retire(conn: &mut Conn, form: &FormId) -> Result<u64> {
    let done = sqlx::query("UPDATE form SET current = 0 WHERE id = $1 AND current = 1").bind(form.as_str());
    Ok(done.execute(conn).await?.rows_affected())
}

/// Has somebody here published or retired this form? Then what comes with the server does not replace it.
pub async fn is_decided(conn: &mut Conn, form: &FormId) -> Result<bool> {
    let rows =
        sqlx::query("SELECT current, by_whom FROM form WHERE id = $1").bind(form.as_str()).fetch_all(conn).await?;
    let (mut used, mut by_somebody) = (rows.is_empty(), false);
    for row in rows {
        used |= row.try_get::<i64, _>(0)? == 1;
        by_somebody |= row.try_get::<Option<String>, _>(1)?.is_some();
    }
    Ok(by_somebody || !used)
}

/// A version as it is stored.
#[derive(Debug)]
pub struct Version {
    /// Of which form.
    pub form: FormId,
    /// Chinese, English.
    pub title: (String, String),
    /// What is told of it; its number is "" where nobody has looked.
    pub line: FormVersion,
    /// Nobody has looked at its number.
    pub is_unread: bool,
}

/// All versions of all forms, the newest publication first.
pub async fn versions(conn: &mut Conn) -> Result<Vec<Version>> {
    let rows = sqlx::query(
        "SELECT id, title_zh, title_en, hash, version, published_ms, by_whom, current, LENGTH(bytes)
         FROM form ORDER BY published_ms DESC, hash",
    )
    .fetch_all(conn)
    .await?;
    let mut versions = Vec::new();
    for row in rows {
        let version: Option<String> = row.try_get(4)?;
        versions.push(Version {
            form: FormId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a form"))?,
            title: (row.try_get(1)?, row.try_get(2)?),
            is_unread: version.is_none(),
            line: FormVersion {
                hash: row.try_get(3)?,
                version: version.unwrap_or_default(),
                published_ms: row.try_get(5)?,
                by: row.try_get(6)?,
                current: row.try_get::<i64, _>(7)? == 1,
                bytes: row.try_get::<i64, _>(8)?.cast_unsigned(),
            },
        });
    }
    Ok(versions)
}

/// Writes down the number of a version that somebody has looked at now.
pub async fn number(conn: &mut Conn, hash: &str, version: &str) -> Result<()> {
    let done = sqlx::query("UPDATE form SET version = $2 WHERE hash = $1 AND version IS NULL");
    done.bind(plain(hash).into_owned()).bind(plain(version).into_owned()).execute(conn).await?;
    Ok(())
}

/// A workbook that is looked at before it is published is forgotten after so long.
pub const TRIAL_KEPT_MS: Millis = 24 * 3_600_000;

/// Keeps a workbook to be looked at. What is too old goes.
pub async fn add_trial(conn: &mut Conn, person: &PersonId, name: &str, bytes: &[u8], now_ms: Millis) -> Result<String> {
    sqlx::query("DELETE FROM form_trial WHERE uploaded_ms < $1")
        .bind(now_ms.saturating_sub(TRIAL_KEPT_MS))
        .execute(&mut *conn)
        .await?;
    let hash = blake3::hash(bytes).to_hex().to_string();
    sqlx::query(
        "INSERT INTO form_trial (hash, person, name, bytes, uploaded_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (hash) DO UPDATE SET person = excluded.person, name = excluded.name,
         uploaded_ms = excluded.uploaded_ms",
    )
    .bind(&hash)
    .bind(person.as_str())
    .bind(plain(name).into_owned())
    .bind(bytes)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(hash)
}

/// The name of an uploaded workbook; none where it is not (or no longer) among them.
pub async fn trial_name(conn: &mut Conn, hash: &str) -> Result<Option<String>> {
    let name = sqlx::query_scalar("SELECT name FROM form_trial WHERE hash = $1").bind(plain(hash).into_owned());
    Ok(name.fetch_optional(conn).await?)
}

/// The bytes of a workbook that was uploaded or published.
pub async fn any_bytes(conn: &mut Conn, hash: &str) -> Result<Option<Vec<u8>>> {
    let trial = sqlx::query_scalar("SELECT bytes FROM form_trial WHERE hash = $1").bind(plain(hash).into_owned());
    match trial.fetch_optional(&mut *conn).await? {
        Some(bytes) => Ok(Some(bytes)),
        None => bytes(conn, hash).await,
    }
}

/// Forms in use.
pub async fn current(conn: &mut Conn) -> Result<Vec<FormRef>> {
    let rows =
        sqlx::query("SELECT id, title_zh, title_en, hash, LENGTH(bytes) FROM form WHERE current = 1 ORDER BY id")
            .fetch_all(conn)
            .await?;
    let mut forms = Vec::new();
    for row in rows {
        forms.push(FormRef {
            form: FormId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a form"))?,
            title: (row.try_get(1)?, row.try_get(2)?),
            hash: row.try_get(3)?,
            bytes: row.try_get::<i64, _>(4)?.cast_unsigned(),
        });
    }
    Ok(forms)
}

/// A workbook's bytes.
pub async fn bytes(conn: &mut Conn, hash: &str) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar("SELECT bytes FROM form WHERE hash = $1")
        .bind(plain(hash).into_owned())
        .fetch_optional(conn)
        .await?)
}

/// The newest workbook whose hash begins like this (events name the first 16 digits).
pub async fn bytes_by_prefix(conn: &mut Conn, form: &FormId, prefix: &str) -> Result<Option<Vec<u8>>> {
    let rows = sqlx::query("SELECT hash, bytes FROM form WHERE id = $1 ORDER BY published_ms DESC")
        .bind(form.as_str())
        .fetch_all(conn)
        .await?;
    for row in rows {
        if row.try_get::<&str, _>(0)?.starts_with(prefix) {
            return Ok(Some(row.try_get(1)?));
        }
    }
    Ok(None)
}
