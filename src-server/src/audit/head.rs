//! A head: how far every device's chain and every grid's stream had come at one moment, under one fingerprint that fits
//! on a line. Printed and signed off each day, it shows later that nothing was cut off the end since.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer, Verifier};
use huce_core::{
    clock::{Millis, china_date},
    event::key_from_text,
};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::{Report, What};
use crate::{
    app::Own,
    store::{Result, Store, StoreError},
};

/// A head, as `huce-server audit head` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The date in Zhengzhou.
    pub date: String,
    /// The moment, by the server's clock.
    pub at_ms: Millis,
    /// BLAKE3 of what follows; this is what is read out, compared and signed off on paper.
    pub fingerprint: String,
    /// The server that made it, and its signature over the fingerprint.
    pub server: (String, String),
    /// Device, number and hash of its newest event.
    pub devices: Vec<(String, u64, String)>,
    /// Grid, newest position, and the digest's count and sum.
    pub grids: Vec<(String, u64, u64, u64)>,
}

/// Makes the head of this moment.
///
/// # Errors
/// When the database cannot be read.
pub async fn make(store: &Store, own: &Own, now_ms: Millis) -> Result<Head> {
    let mut read = store.read().await?;
    let rows = sqlx::query(
        "SELECT id, chain_seq, chain_hash FROM device WHERE chain_seq > 0 AND chain_hash IS NOT NULL ORDER BY id",
    )
    .fetch_all(&mut *read)
    .await?;
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        devices.push((row.try_get(0)?, row.try_get::<i64, _>(1)?.cast_unsigned(), row.try_get(2)?));
    }
    let rows = sqlx::query("SELECT grid, head, digest_count, digest_sum FROM grid_head ORDER BY grid");
    let mut grids = Vec::new();
    for row in rows.fetch_all(&mut *read).await? {
        let number = |at: usize| row.try_get::<i64, _>(at).map(i64::cast_unsigned);
        grids.push((row.try_get(0)?, number(1)?, number(2)?, number(3)?));
    }
    let mut head = Head {
        date: china_date(now_ms).to_string(),
        at_ms: now_ms,
        fingerprint: String::new(),
        server: (own.device.to_string(), String::new()),
        devices,
        grids,
    };
    head.fingerprint = head.hash()?;
    head.server.1 = BASE64URL_NOPAD.encode(&own.key.sign(head.fingerprint.as_bytes()).to_bytes());
    Ok(head)
}

impl Head {
    fn hash(&self) -> Result<String> {
        let text = serde_json::to_vec(&(&self.date, self.at_ms, &self.server.0, &self.devices, &self.grids));
        let text = text.map_err(|_| StoreError::damaged("a head"))?;
        Ok(blake3::hash(&text).to_hex().to_string())
    }

    /// Checks that everything which this head names is still there as it was.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn check(&self, store: &Store, report: &mut Report) -> Result<()> {
        let mut read = store.read().await?;
        let name = format!("head:{}", self.date);
        let key: Option<String> = sqlx::query_scalar("SELECT key FROM device WHERE id = $1 AND is_server = 1")
            .bind(&self.server.0)
            .fetch_optional(&mut *read)
            .await?;
        let sig = BASE64URL_NOPAD.decode(self.server.1.as_bytes()).ok().and_then(|s| Signature::from_slice(&s).ok());
        let is_signed = key.as_deref().and_then(key_from_text).zip(sig);
        let is_signed = is_signed.is_some_and(|(key, sig)| key.verify(self.fingerprint.as_bytes(), &sig).is_ok());
        if self.hash()? != self.fingerprint || !is_signed {
            report.find(
                name,
                What::Record,
                "the head itself was altered: compare its fingerprint with the signed paper",
            );
            return Ok(());
        }
        for (device, seq, hash) in &self.devices {
            let stored = sqlx::query_scalar::<_, String>(
                "SELECT hash FROM event WHERE device = $1 AND seq = $2
                 UNION ALL SELECT hash FROM refused WHERE device = $1 AND seq = $2",
            )
            .bind(device)
            .bind(seq.cast_signed())
            .fetch_all(&mut *read)
            .await?;
            if stored.is_empty() {
                report.find(format!("{device}-{seq}"), What::Removed, format!("the head of {} names it", self.date));
            } else if !stored.contains(hash) {
                report.find(format!("{device}-{seq}"), What::Altered, format!("the head of {} has another", self.date));
            }
        }
        for (grid, pos, ..) in &self.grids {
            let head = sqlx::query_scalar::<_, i64>("SELECT head FROM grid_head WHERE grid = $1")
                .bind(grid)
                .fetch_optional(&mut *read)
                .await?;
            if head.is_none_or(|head| head.cast_unsigned() < *pos) {
                report.find(format!("grid:{grid}"), What::Removed, format!("the stream was longer on {}", self.date));
            }
        }
        Ok(())
    }
}
