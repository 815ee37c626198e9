//! What a hub keeps: what tablets gave it, which photos the server has, who may do what as the server said. And at the
//! server: which devices are hubs.

use std::collections::BTreeSet;

use huce_core::{
    clock::Millis,
    event::SignedEvent,
    hub::{HubBook, HubDevice},
    ids::{DeviceId, EventId, GridId, PersonId, PhotoId},
    wire::{DeviceKey, Fate, Profile, Receipt, Refusal},
};
use serde_json::value::RawValue;
use sqlx::Row;

use super::{Conn, Question, Result, StoreError, from_word, grids, plain, word};

/// The word for what the server has.
const STORED: &str = "stored";
/// Rows of one statement.
const AT_ONCE: usize = 500;

/// The place in the tray after which to go on: device, number, hash.
pub type Place = (String, u64, String);

/// An event in the tray.
#[derive(Debug, Clone)]
pub struct Held {
    /// Where it is in the tray.
    pub place: Place,
    /// As it came.
    pub signed: SignedEvent,
}

/// A device is a hub from now on.
pub async fn add_hub(conn: &mut Conn, device: &DeviceId) -> Result<()> {
    sqlx::query("INSERT INTO hub (device) VALUES ($1) ON CONFLICT (device) DO NOTHING")
        .bind(device.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Is this device a hub?
pub async fn is_hub(conn: &mut Conn, device: &DeviceId) -> Result<bool> {
    let found = sqlx::query("SELECT device FROM hub WHERE device = $1").bind(device.as_str());
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// Keeps an event until the server has it; says what is known of it. `own`: its own device brought it.
pub async fn hold(
    conn: &mut Conn,
    id: &EventId,
    signed: &SignedEvent,
    hash: &str,
    own: bool,
    now_ms: Millis,
) -> Result<Fate> {
    let row = sqlx::query(
        "INSERT INTO held (device, seq, hash, own, held_ms, payload, sig) VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (device, seq, hash) DO UPDATE SET
         code = CASE WHEN excluded.own < held.own AND held.code <> 'stored' THEN NULL ELSE held.code END,
         own = CASE WHEN excluded.own < held.own THEN excluded.own ELSE held.own END
         RETURNING code",
    )
    .bind(id.device.as_str())
    .bind(id.seq.cast_signed())
    .bind(hash)
    .bind(i64::from(own))
    .bind(now_ms)
    .bind(signed.payload.get())
    .bind(&signed.sig)
    .fetch_one(conn)
    .await?;
    Ok(match row.try_get::<Option<String>, _>(0)?.as_deref() {
        None => Fate::Held,
        Some(STORED) => Fate::Had,
        Some(code) => Fate::Refused { code: from_word::<Refusal>(code)? },
    })
}

/// Events that wait for the server, after this place, in the order of devices and numbers.
pub async fn waiting(conn: &mut Conn, own: bool, after: Option<&Place>, limit: usize) -> Result<Vec<Held>> {
    let (device, seq, hash) = after.cloned().unwrap_or_default();
    let rows = sqlx::query(
        "SELECT device, seq, hash, payload, sig FROM held WHERE code IS NULL AND own = $1
         AND (device > $2 OR (device = $2 AND (seq > $3 OR (seq = $3 AND hash > $4))))
         ORDER BY device, seq, hash LIMIT $5",
    )
    .bind(i64::from(own))
    .bind(device)
    .bind(seq.cast_signed())
    .bind(hash)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    let mut held = Vec::with_capacity(rows.len());
    for row in rows {
        let payload = RawValue::from_string(row.try_get(3)?).map_err(|_| StoreError::damaged("a held event"))?;
        let place = (row.try_get(0)?, row.try_get::<i64, _>(1)?.cast_unsigned(), row.try_get(2)?);
        held.push(Held { place, signed: SignedEvent { payload, sig: row.try_get(4)? } });
    }
    Ok(held)
}

/// How many events wait for the server.
pub async fn waiting_count(conn: &mut Conn) -> Result<u64> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM held WHERE code IS NULL").fetch_one(conn).await?;
    Ok(count.cast_unsigned())
}

/// What the server said of an event. What it has need not be kept here any more; what it refused is.
pub async fn answered(conn: &mut Conn, place: &Place, receipt: &Receipt) -> Result<()> {
    let (code, keep) = match &receipt.fate {
        Fate::Stored | Fate::Had => (STORED.to_owned(), 0),
        // It is asked about again.
        Fate::Held | Fate::Refused { code: Refusal::Gap } => return Ok(()),
        Fate::Refused { code } => (word(code), 1),
    };
    sqlx::query(
        "UPDATE held SET code = $4, payload = CASE WHEN $5 = 1 THEN payload ELSE '' END,
         sig = CASE WHEN $5 = 1 THEN sig ELSE '' END WHERE device = $1 AND seq = $2 AND hash = $3",
    )
    .bind(&place.0)
    .bind(place.1.cast_signed())
    .bind(&place.2)
    .bind(code)
    .bind(i64::from(keep))
    .execute(conn)
    .await?;
    Ok(())
}

/// What was refused is handed in once more: rights or devices are others now.
pub async fn retry_refused(conn: &mut Conn) -> Result<()> {
    sqlx::query("UPDATE held SET code = NULL WHERE code IS NOT NULL AND code <> 'stored'").execute(conn).await?;
    Ok(())
}

/// Forgets which events the server has, where its stream says so, or it was long ago.
pub async fn tidy(conn: &mut Conn, before_ms: Millis) -> Result<()> {
    sqlx::query(
        "DELETE FROM held WHERE code = 'stored' AND (held_ms < $1 OR EXISTS (SELECT 1 FROM event WHERE
         event.device = held.device AND event.seq = held.seq AND event.hash = held.hash))",
    )
    .bind(before_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// The server is another one than before (it was restored): what came from it waits for it now, and the streams begin
/// anew. Nothing that it said counts any more.
pub async fn start_over(conn: &mut Conn, now_ms: Millis) -> Result<()> {
    for sql in [
        "DELETE FROM held WHERE code = 'stored'",
        "UPDATE held SET code = NULL",
        "DELETE FROM photo_there",
        "UPDATE held SET own = 0 WHERE EXISTS (SELECT 1 FROM event WHERE event.device = held.device
         AND event.seq = held.seq AND event.hash = held.hash)",
    ] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    sqlx::query(
        "INSERT INTO held (device, seq, hash, own, held_ms, payload, sig)
         SELECT device, seq, hash, 0, $1, payload, sig FROM event WHERE true
         ON CONFLICT (device, seq, hash) DO NOTHING",
    )
    .bind(now_ms)
    .execute(&mut *conn)
    .await?;
    // What is carried only is one of the copied events, too.
    sqlx::query(
        "INSERT INTO held (device, seq, hash, own, held_ms, payload, sig)
         SELECT device, seq, hash, 0, $1, payload, sig FROM carried WHERE true
         ON CONFLICT (device, seq, hash) DO NOTHING",
    )
    .bind(now_ms)
    .execute(&mut *conn)
    .await?;
    for sql in ["DELETE FROM event", "DELETE FROM carried", "DELETE FROM grid_head"] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The server has this photo.
pub async fn photo_is_there(conn: &mut Conn, photo: &PhotoId) -> Result<()> {
    sqlx::query("INSERT INTO photo_there (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING")
        .bind(photo.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Has the server this photo, as it said?
pub async fn is_photo_there(conn: &mut Conn, photo: &PhotoId) -> Result<bool> {
    let found = sqlx::query("SELECT hash FROM photo_there WHERE hash = $1").bind(photo.as_str());
    Ok(found.fetch_optional(conn).await?.is_some())
}

/// Whole photos that the server does not have, the oldest first: hash and bytes.
pub async fn waiting_photos(conn: &mut Conn) -> Result<Vec<(PhotoId, u64)>> {
    let rows = sqlx::query(
        "SELECT hash, bytes FROM photo WHERE complete_ms IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM photo_there WHERE photo_there.hash = photo.hash) ORDER BY begun_ms, hash",
    )
    .fetch_all(conn)
    .await?;
    let photo = |text: String| PhotoId::new(text).map_err(|_| StoreError::damaged("a photo"));
    rows.into_iter().map(|row| Ok((photo(row.try_get(0)?)?, row.try_get::<i64, _>(1)?.cast_unsigned()))).collect()
}

/// What the tablets of this person get as their profile.
pub async fn profile(conn: &mut Conn, person: &PersonId) -> Result<Option<Profile>> {
    let text: Option<String> = sqlx::query_scalar("SELECT profile FROM hub_profile WHERE person = $1")
        .bind(person.as_str())
        .fetch_optional(conn)
        .await?;
    text.map(|t| serde_json::from_str(&t).map_err(|_| StoreError::damaged("a profile"))).transpose()
}

/// Takes the server's book over: it replaces everything that was known of grids, people and devices. What is here of
/// grids that are no longer the hub's goes.
pub async fn save_book(conn: &mut Conn, book: &HubBook, own: &DeviceId) -> Result<()> {
    for sql in ["DELETE FROM role", "DELETE FROM person", "DELETE FROM grid", "DELETE FROM hub_profile"] {
        sqlx::query(sql).execute(&mut *conn).await?;
    }
    for grid in book.scope.iter().chain(&book.above) {
        grids::save(conn, grid).await?;
    }
    for person in &book.people {
        sqlx::query("INSERT INTO person (login, name, added_ms) VALUES ($1, $2, $3)")
            .bind(person.id.as_str())
            .bind(plain(&person.name).into_owned())
            .bind(book.now_ms)
            .execute(&mut *conn)
            .await?;
        for (role, from_ms, until_ms) in &person.roles {
            sqlx::query(
                "INSERT INTO role (person, role, grid, from_ms, until_ms) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (person, role, grid, from_ms) DO UPDATE SET until_ms = excluded.until_ms",
            )
            .bind(person.id.as_str())
            .bind(word(&role.role))
            .bind(role.grid.as_str())
            .bind(*from_ms)
            .bind(*until_ms)
            .execute(&mut *conn)
            .await?;
        }
        let profile = serde_json::to_string(&person.profile).map_err(|_| StoreError::damaged("a profile"))?;
        sqlx::query("INSERT INTO hub_profile (person, profile) VALUES ($1, $2)")
            .bind(person.id.as_str())
            .bind(profile)
            .execute(&mut *conn)
            .await?;
    }
    save_devices(conn, book, own).await?;
    let scope = || book.scope.iter().map(|g| g.id.as_str());
    for table in ["event", "carried", "grid_head"] {
        let mut query = Question::new(format!("DELETE FROM {table}"));
        if !book.scope.is_empty() {
            query.push(" WHERE grid NOT IN ").list(scope());
        }
        query.run(&mut *conn).await?;
    }
    Ok(())
}

async fn save_devices(conn: &mut Conn, book: &HubBook, own: &DeviceId) -> Result<()> {
    // A device that is in the book no more has no place here: its tokens end with it.
    sqlx::query("DELETE FROM device WHERE id <> $1").bind(own.as_str()).execute(&mut *conn).await?;
    sqlx::query("DELETE FROM device_user WHERE device <> $1").bind(own.as_str()).execute(&mut *conn).await?;
    let tablets: Vec<&HubDevice> = book.devices.iter().filter(|d| d.key.device != *own).collect();
    for part in tablets.chunks(AT_ONCE) {
        let mut query = Question::new(
            "INSERT INTO device (id, person, name, key, version, enrolled_ms, unsent_events, unsent_photos, revoked_ms,
             chain_seq, is_server, approved_ms) ",
        );
        query.rows(part, |row, device| {
            row.bind(device.key.device.as_str())
                .bind(device.person.as_ref().map_or("", PersonId::as_str))
                .bind(plain(&device.name).into_owned())
                .bind(device.key.key.as_str())
                .bind("")
                .bind(book.now_ms)
                .bind(0i64)
                .bind(0i64)
                .bind(device.revoked.then_some(book.now_ms))
                .bind(0i64)
                .bind(i64::from(device.is_server))
                .bind(book.now_ms);
        });
        query.run(&mut *conn).await?;
        for (device, person) in part.iter().filter_map(|d| Some((d, d.person.as_ref()?))) {
            sqlx::query("INSERT INTO device_user (device, person) VALUES ($1, $2)")
                .bind(device.key.device.as_str())
                .bind(person.as_str())
                .execute(&mut *conn)
                .await?;
        }
    }
    sqlx::query("DELETE FROM token WHERE device NOT IN (SELECT id FROM device)").execute(conn).await?;
    Ok(())
}

/// Is there anything here that a server has and a hub has not?
pub async fn is_a_server(conn: &mut Conn) -> Result<bool> {
    let people: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM person").fetch_one(&mut *conn).await?;
    let events: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM event").fetch_one(conn).await?;
    Ok(people + events > 0)
}

/// The keys under which what tablets hand in verifies here.
pub async fn key(conn: &mut Conn, device: &DeviceId) -> Result<Option<ed25519_dalek::VerifyingKey>> {
    let key: Option<String> =
        sqlx::query_scalar("SELECT key FROM device WHERE id = $1").bind(device.as_str()).fetch_optional(conn).await?;
    Ok(key.and_then(|text| huce_core::event::key_from_text(&text)))
}

/// The people who have or had a role in these grids, and what a hub is told of devices: theirs, those whose events are
/// in these grids, and the server.
pub async fn people_and_devices(
    conn: &mut Conn,
    scope: &BTreeSet<GridId>,
) -> Result<(BTreeSet<PersonId>, Vec<HubDevice>)> {
    let mut query = Question::new("SELECT DISTINCT person FROM role WHERE grid IN ");
    query.list(scope.iter().map(GridId::as_str));
    let mut people = BTreeSet::new();
    for row in query.all(&mut *conn).await? {
        people.insert(PersonId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a person"))?);
    }
    let mut query = Question::new(
        "SELECT id, key, person, name, revoked_ms, is_server, approved_ms FROM device WHERE is_server = 1",
    );
    query.push(" OR person IN ").list(people.iter().map(PersonId::as_str));
    for table in ["event", "carried"] {
        query.push(format!(" OR id IN (SELECT DISTINCT device FROM {table} WHERE grid IN "));
        query.list(scope.iter().map(GridId::as_str)).push(")");
    }
    query.push(" ORDER BY id");
    let mut devices = Vec::new();
    for row in query.all(conn).await? {
        let device = DeviceId::new(row.try_get::<String, _>(0)?).map_err(|_| StoreError::damaged("a device"))?;
        let is_server = row.try_get::<i64, _>(5)? != 0;
        // One that waits to be let in cannot come to a hub either.
        let approved = row.try_get::<Option<i64>, _>(6)?.is_some();
        let person = PersonId::new(row.try_get::<String, _>(2)?).ok().filter(|_| approved);
        devices.push(HubDevice {
            key: DeviceKey { device, key: row.try_get(1)? },
            person: person.filter(|p| people.contains(p) && !is_server),
            name: row.try_get(3)?,
            revoked: row.try_get::<Option<i64>, _>(4)?.is_some(),
            is_server,
        });
    }
    Ok((people, devices))
}
