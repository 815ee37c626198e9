//! Each device's chain: every number once, from 1 to the newest, each naming the hash of the one before, each signed.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use huce_core::event::{Event, device_id, key_from_text};
use serde::Deserialize;
use sqlx::Row as _;

use super::{Report, Row, What, signed};
use crate::store::{Conn, Result};

/// Rows of one page.
const PAGE: i64 = 2_000;

struct Device {
    id: String,
    key: Option<VerifyingKey>,
    seq: u64,
    hash: Option<String>,
}

/// What stands in a payload about its place, whatever else it says.
#[derive(Deserialize)]
struct Place {
    device: String,
    seq: u64,
    #[serde(default)]
    prev: Option<String>,
}

pub(super) async fn check(conn: &mut Conn, report: &mut Report) -> Result<()> {
    let rows =
        sqlx::query("SELECT id, key, chain_seq, chain_hash FROM device ORDER BY id").fetch_all(&mut *conn).await?;
    let mut devices = BTreeMap::new();
    for row in rows {
        let (id, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let key = key_from_text(&key).filter(|key| device_id(key).as_str() == id);
        if key.is_none() {
            report.find(format!("device:{id}"), What::Record, "its key is not the one that it is named after");
        }
        let device =
            Device { id: id.clone(), key, seq: row.try_get::<i64, _>(2)?.cast_unsigned(), hash: row.try_get(3)? };
        devices.insert(id, device);
    }
    for device in devices.values() {
        report.devices += 1;
        one(conn, device, report).await?;
    }
    // Events of devices that are not listed at all; those that others handed on are kept aside for people to see.
    for table in ["event", "(SELECT device, seq FROM refused WHERE code <> 'not_yours') AS refused"] {
        let sql = format!("SELECT device, seq FROM {table} WHERE device NOT IN (SELECT id FROM device)");
        for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *conn).await? {
            let event = format!("{}-{}", row.try_get::<String, _>(0)?, row.try_get::<i64, _>(1)?);
            report.find(event, What::Added, "its device is not among the devices");
        }
    }
    Ok(())
}

async fn one(conn: &mut Conn, device: &Device, report: &mut Report) -> Result<()> {
    let aside = aside(conn, device, report).await?;
    let (mut expected, mut prev): (u64, Option<String>) = (1, None);
    let mut after = 0;
    // Is the hash of the event before known for sure? After a gap it is not.
    let mut is_certain = true;
    let mut last = (None, device.seq == 0);
    loop {
        let page = page(conn, device, after).await?;
        let Some(newest) = page.last().map(|row| row.seq) else { break };
        after = newest;
        for row in page {
            while expected < row.seq {
                // Beyond the chain's end stands what others handed on before the device came back; it may have gaps.
                if expected > device.seq {
                    (prev, is_certain) = (None, false);
                    break;
                }
                (prev, is_certain) = gap(device, expected, &aside, prev, is_certain, report);
                last = (prev.clone(), is_certain);
                expected += 1;
            }
            let event = format!("{}-{}", device.id, row.seq);
            report.events += 1;
            let true_hash = row.signed.as_ref().map(|s| s.hash());
            let fault = fault(device, &row);
            if let Some(why) = fault {
                let is_end = row.seq >= device.seq && true_hash.as_deref() == Some(row.hash.as_str());
                report.find(&event, if row.seq > device.seq || is_end { What::Added } else { What::Altered }, why);
            } else if is_certain && place(&row).is_some_and(|p| p.prev != prev) {
                // Its own signature fits, so what it followed was another event than the one that is here.
                let before = format!("{}-{}", device.id, row.seq.saturating_sub(1));
                report.find(before, What::Altered, "the event after it was recorded after another one");
            }
            prev = true_hash;
            is_certain = fault.is_none();
            if row.seq <= device.seq {
                last = (prev.clone(), is_certain);
            }
            expected = row.seq + 1;
        }
    }
    while expected <= device.seq {
        (prev, is_certain) = gap(device, expected, &aside, prev, is_certain, report);
        last = (prev.clone(), is_certain);
        expected += 1;
    }
    if last.1 && last.0 != device.hash {
        report.find(
            format!("device:{}", device.id),
            What::Record,
            "its chain does not end with the hash that is noted",
        );
    }
    Ok(())
}

/// A number without a stored event: it was refused and is kept aside, or it was removed.
fn gap(
    device: &Device,
    seq: u64,
    aside: &BTreeMap<u64, Vec<Row>>,
    prev: Option<String>,
    is_certain: bool,
    report: &mut Report,
) -> (Option<String>, bool) {
    let kept = aside.get(&seq).map(Vec::as_slice).unwrap_or_default();
    let follows = |row: &&Row| place(row).is_some_and(|p| !is_certain || p.prev == prev);
    match kept.iter().find(follows) {
        Some(row) => (Some(row.hash.clone()), true),
        None => {
            report.find(format!("{}-{seq}", device.id), What::Removed, "the events after it name one that is not here");
            (None, false)
        }
    }
}

/// Why a row is not what its device signed.
fn fault(device: &Device, row: &Row) -> Option<&'static str> {
    let Some(signed) = &row.signed else { return Some("its payload is not JSON") };
    if let Some(key) = &device.key
        && signed.verify(key).is_err()
    {
        return Some("its device's signature does not fit");
    }
    if signed.hash() != row.hash {
        return Some("its hash is not that of its payload");
    }
    match place(row) {
        Some(place) if place.device == device.id && place.seq == row.seq => {}
        _ => return Some("it was signed as another event"),
    }
    let grid = signed.event().ok().map(|Event { grid, .. }| grid);
    match (&row.grid, grid) {
        (Some(stored), Some(grid)) if *stored != grid.as_str() => Some("it was signed for another grid"),
        _ => None,
    }
}

fn place(row: &Row) -> Option<Place> {
    serde_json::from_str(row.signed.as_ref()?.payload.get()).ok()
}

async fn page(conn: &mut Conn, device: &Device, after: u64) -> Result<Vec<Row>> {
    let rows = sqlx::query(
        "SELECT seq, hash, payload, sig, grid FROM event WHERE device = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(&device.id)
    .bind(after.cast_signed())
    .bind(PAGE)
    .fetch_all(conn)
    .await?;
    let row = |row: &crate::store::SqlRow| {
        Ok(Row {
            seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
            hash: row.try_get(1)?,
            signed: signed(row.try_get(2)?, row.try_get(3)?),
            grid: row.try_get(4)?,
        })
    };
    rows.iter().map(row).collect()
}

/// The events of a device that were not taken, checked, by number. Forks may stand under a number that was taken.
async fn aside(conn: &mut Conn, device: &Device, report: &mut Report) -> Result<BTreeMap<u64, Vec<Row>>> {
    let rows = sqlx::query("SELECT seq, hash, payload, sig FROM refused WHERE device = $1 ORDER BY seq, hash")
        .bind(&device.id)
        .fetch_all(conn)
        .await?;
    let mut aside: BTreeMap<u64, Vec<Row>> = BTreeMap::new();
    for row in rows {
        let row = Row {
            seq: row.try_get::<i64, _>(0)?.cast_unsigned(),
            hash: row.try_get(1)?,
            signed: signed(row.try_get(2)?, row.try_get(3)?),
            grid: None,
        };
        report.events += 1;
        match fault(device, &row) {
            Some(why) => report.find(format!("{}-{}", device.id, row.seq), What::Altered, format!("kept aside: {why}")),
            None => aside.entry(row.seq).or_default().push(row),
        }
    }
    Ok(aside)
}
