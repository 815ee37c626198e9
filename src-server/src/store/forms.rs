//! Published forms: workbooks, named by their hash.

use huce_core::{clock::Millis, ids::FormId, wire::FormRef};
use sqlx::Row;

use super::{Conn, Result, StoreError, plain};

/// Publishes a workbook under a form's identifier; an earlier workbook stays readable by its hash.
pub async fn publish(
    conn: &mut Conn,
    form: &FormId,
    title: (&str, &str),
    bytes: &[u8],
    now_ms: Millis,
) -> Result<String> {
    let hash = blake3::hash(bytes).to_hex().to_string();
    sqlx::query("UPDATE form SET current = 0 WHERE id = $1").bind(form.as_str()).execute(&mut *conn).await?;
    sqlx::query(
        "INSERT INTO form (hash, id, title_zh, title_en, bytes, published_ms, current) VALUES ($1, $2, $3, $4, $5, $6, 1)
         ON CONFLICT (hash) DO UPDATE SET current = 1, title_zh = excluded.title_zh, title_en = excluded.title_en",
    )
    .bind(&hash)
    .bind(form.as_str())
    .bind(title.0)
    .bind(title.1)
    .bind(bytes)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(hash)
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
