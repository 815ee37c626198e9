//! Events that stand in more than one stream, because their household moved ([`docs/adr/0007`]).

use std::collections::{BTreeMap, BTreeSet};

use huce_core::{
    body::Noun,
    clock::Millis,
    event::{Event, SignedEvent},
    ids::{DeviceId, GridId, HouseholdId},
    projection::Key,
    site::Site,
};
use serde_json::value::RawValue;
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, parts, plain};

/// An event to be put into a stream besides its own.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Its device and number there.
    pub device: DeviceId,
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// The household or facility.
    pub site: String,
    /// As it came.
    pub signed: SignedEvent,
}

impl Carried {
    /// Of an event at hand; none when it is about no site.
    pub fn of(event: &Event, signed: &SignedEvent, hash: &str) -> Option<Self> {
        let (device, site) = (event.device.clone(), event.site()?.to_string());
        Some(Self { device, seq: event.seq, hash: hash.to_owned(), site, signed: signed.clone() })
    }
}

/// Puts events at these positions of a grid's stream.
pub async fn add(conn: &mut Conn, grid: &GridId, events: &[(u64, Carried)]) -> Result<()> {
    for part in parts(events) {
        let mut query = Question::new("INSERT INTO carried (grid, pos, device, seq, hash, site, payload, sig) ");
        query.rows(part, |row, (pos, event)| {
            row.bind(grid.as_str())
                .bind(pos.cast_signed())
                .bind(event.device.as_str())
                .bind(event.seq.cast_signed())
                .bind(event.hash.as_str())
                .bind(event.site.as_str())
                .bind(event.signed.payload.get())
                .bind(event.signed.sig.as_str());
        });
        query.run(&mut *conn).await?;
    }
    Ok(())
}

/// Everything in the stream of `from` about these sites that is not in the stream of `to`, in the order of that stream.
pub async fn history(conn: &mut Conn, from: &GridId, to: &GridId, sites: &BTreeSet<Site>) -> Result<Vec<Carried>> {
    let mut found: BTreeMap<i64, Carried> = BTreeMap::new();
    let households: Vec<&str> = sites.iter().filter_map(Site::household).map(HouseholdId::as_str).collect();
    if !households.is_empty() {
        let mut query =
            Question::new("SELECT pos, device, seq, hash, payload, sig, household FROM event WHERE grid = ");
        query.bind(from.as_str()).push(" AND household IN ").list(households.iter().copied());
        read(query.all(&mut *conn).await?, &mut found)?;
    }
    for facility in sites.iter().filter_map(Site::facility) {
        // Events have no column for it: there are few, and they are looked for in the payload's text.
        let mut query = Question::new("SELECT pos, device, seq, hash, payload, sig, CAST(");
        query.bind(facility.as_str()).push(" AS TEXT) FROM event WHERE grid = ").bind(from.as_str());
        query.push(" AND household IS NULL AND payload LIKE ").bind(format!("%\"{facility}\"%"));
        let mut rows = BTreeMap::new();
        read(query.all(&mut *conn).await?, &mut rows)?;
        rows.retain(|_, row| row.signed.event().is_ok_and(|e| e.facility.as_ref() == Some(facility)));
        found.append(&mut rows);
    }
    let mut query = Question::new("SELECT pos, device, seq, hash, payload, sig, site FROM carried WHERE grid = ");
    query.bind(from.as_str()).push(" AND site IN ").list(sites.iter().map(Site::as_str));
    read(query.all(&mut *conn).await?, &mut found)?;
    let there = present(conn, to, sites).await?;
    Ok(found.into_values().filter(|event| !there.contains(&(event.device.to_string(), event.seq))).collect())
}

/// Which events about these sites a grid's stream has already.
async fn present(conn: &mut Conn, grid: &GridId, sites: &BTreeSet<Site>) -> Result<BTreeSet<(String, u64)>> {
    let mut there = BTreeSet::new();
    let mut carried = Question::new("SELECT device, seq FROM carried WHERE grid = ");
    carried.bind(grid.as_str()).push(" AND site IN ").list(sites.iter().map(Site::as_str));
    let mut own = Question::new("SELECT device, seq FROM event WHERE grid = ");
    own.bind(grid.as_str()).push(" AND (household IS NULL OR household IN ");
    own.list(sites.iter().map(Site::as_str)).push(")");
    for query in [carried, own] {
        for row in query.all(&mut *conn).await? {
            there.insert((row.try_get(0)?, row.try_get::<i64, _>(1)?.cast_unsigned()));
        }
    }
    Ok(there)
}

fn read(rows: Vec<super::SqlRow>, found: &mut BTreeMap<i64, Carried>) -> Result<()> {
    for row in rows {
        let device = DeviceId::new(row.try_get::<String, _>(1)?).map_err(|_| StoreError::damaged("a device"))?;
        let payload = RawValue::from_string(row.try_get(4)?).map_err(|_| StoreError::damaged("an event"))?;
        let carried = Carried {
            device,
            seq: row.try_get::<i64, _>(2)?.cast_unsigned(),
            hash: row.try_get(3)?,
            site: row.try_get(6)?,
            signed: SignedEvent { payload, sig: row.try_get(5)? },
        };
        found.insert(row.try_get(0)?, carried);
    }
    Ok(())
}

/// When these sites left which grids.
pub async fn left(conn: &mut Conn, sites: &BTreeSet<Site>) -> Result<BTreeMap<(String, GridId), Millis>> {
    let mut left = BTreeMap::new();
    if sites.is_empty() {
        return Ok(left);
    }
    let mut query = Question::new("SELECT site, grid, moved_ms FROM moved WHERE site IN ");
    query.list(sites.iter().map(|site| plain(site.as_str()).into_owned()));
    for row in query.all(conn).await? {
        let grid = GridId::new(row.try_get::<String, _>(1)?).map_err(|_| StoreError::damaged("a grid's code"))?;
        left.insert((row.try_get(0)?, grid), row.try_get(2)?);
    }
    Ok(left)
}

/// These sites left this grid for that one: plans, requests and what is known of the door stand there now. Visits are counted
/// where they were recorded.
pub async fn moved(conn: &mut Conn, from: &GridId, to: &GridId, sites: &BTreeSet<Site>, now_ms: Millis) -> Result<()> {
    let sites: Vec<&Site> = sites.iter().collect();
    for part in parts(&sites) {
        let mut query = Question::new("INSERT INTO moved (site, grid, moved_ms) ");
        query.rows(part, |row, site| {
            row.bind(site.as_str()).bind(from.as_str()).bind(now_ms);
        });
        query.push(" ON CONFLICT (site, grid) DO UPDATE SET moved_ms = excluded.moved_ms");
        query.run(&mut *conn).await?;
    }
    for (table, column) in
        [("doc", "household"), ("plan", "household"), ("request", "household"), ("request", "facility")]
    {
        let mut query = Question::new(format!("UPDATE {table} SET grid = "));
        query.bind(to.as_str()).push(format!(" WHERE {column} IN ")).list(sites.iter().map(|site| site.as_str()));
        query.run(&mut *conn).await?;
    }
    // No column of a document says at which facility it is.
    let facilities: Vec<&Site> = sites.into_iter().filter(|site| site.facility().is_some()).collect();
    if facilities.is_empty() {
        return Ok(());
    }
    let mut keys: Vec<String> = facilities.iter().map(|site| Key::Door((*site).clone()).to_string()).collect();
    let mut query = Question::new("SELECT id FROM request WHERE facility IN ");
    query.list(facilities.iter().map(|site| site.as_str()));
    for row in query.all(&mut *conn).await? {
        keys.push(Key::Record(Noun::Request, row.try_get(0)?).to_string());
    }
    let mut query = Question::new("UPDATE doc SET grid = ");
    query.bind(to.as_str()).push(" WHERE key IN ").list(keys.iter().map(|key| plain(key).into_owned()));
    query.run(&mut *conn).await?;
    Ok(())
}
