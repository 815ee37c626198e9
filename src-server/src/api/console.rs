//! What only the console has: the overview, people, codes, tablets.

use std::collections::BTreeSet;

use huce_core::{
    clock::{china_date, china_midnight},
    enrol_line::EnrolLine,
    escrow::Recovery,
    grid::Grid,
    ids::{DeviceId, GridId, PersonId},
    ipc::{
        CallError, Code,
        console::{
            Approve, DeviceLine, EnrolmentCode, NewCode, OpenEscrow, OpenedEscrow, Overview, OverviewReply, People,
            PeopleReply, Revoke, SavePerson,
        },
    },
    person::Person,
};
use qrcode::QrCode;

use super::{
    asked::{Answer, Asked},
    figures,
    viewer::{ADMINISTRATORS, LEADERS},
};
use crate::{
    auth,
    recovery::{self, RecoveryError},
    store::{Conn, devices, grids, people},
};

/// Answers [`Overview`].
pub async fn overview(asked: &Asked, _: Overview) -> Answer<OverviewReply> {
    let mut conn = asked.conn().await?;
    let (now_ms, visible, tree) = (asked.now_ms, &asked.viewer.grids, &asked.viewer.tree);
    let running = asked.running(&mut conn).await?;
    let own = figures::by_grid(&mut conn, visible, &running).await?;
    let mut all = figures::Sums::default();
    own.values().for_each(|sums| all.add(sums));
    let grids = figures::of_grids(&mut conn, tree, visible, &own).await?;
    let midnight = china_midnight(china_date(now_ms));
    let tablets: Vec<_> = tablets(&mut conn, asked).await?.into_iter().filter(|d| d.approved && !d.revoked).collect();
    let synced = tablets.iter().filter(|d| d.seen_ms.is_some_and(|at| at >= midnight)).count();
    Ok(OverviewReply {
        now_ms,
        households: figures::small(all.households),
        visited: figures::small(all.visited),
        visits_today: figures::visits_today(&mut conn, visible, now_ms).await?,
        measured: figures::small(all.measured),
        cold: figures::small(all.cold),
        temperatures: figures::temperatures(&mut conn, visible).await?,
        plans_open: figures::plans_open(&mut conn, visible, now_ms).await?,
        requests_30d: figures::requests_30d(&mut conn, visible, now_ms).await?,
        requests_open: figures::small(all.open_requests),
        devices: (figures::small(tablets.len() as u64), figures::small(synced as u64)),
        grids: figures::listed(&grids, &own, tree).into_iter().cloned().collect(),
        photos: figures::photos(&mut conn, visible).await?,
    })
}

/// Everybody who has a role in a grid that the person sees.
async fn colleagues(conn: &mut Conn, asked: &Asked) -> Answer<Vec<Person>> {
    let all = people::list(conn, asked.now_ms).await?;
    let here = |p: &Person| p.roles.iter().any(|r| asked.viewer.grids.contains(&r.grid));
    Ok(all.into_iter().filter(here).collect())
}

async fn tablets(conn: &mut Conn, asked: &Asked) -> Answer<Vec<DeviceLine>> {
    let people: BTreeSet<PersonId> = colleagues(conn, asked).await?.into_iter().map(|p| p.id).collect();
    let all = devices::lines(conn).await?;
    Ok(all.into_iter().filter(|d| people.contains(&d.person)).collect())
}

/// Answers [`People`]: for those who lead.
pub async fn people(asked: &Asked, _: People) -> Answer<PeopleReply> {
    if !asked.viewer.is_one_of(&LEADERS) {
        return Err(CallError::new(Code::NoRight));
    }
    let mut conn = asked.conn().await?;
    let grids = grids::list(&mut conn, &asked.viewer.grids).await?;
    Ok(PeopleReply {
        people: colleagues(&mut conn, asked).await?,
        grids: grids.into_iter().filter(Grid::is_open).map(|g| (g.id, g.name, g.level)).collect(),
        devices: tablets(&mut conn, asked).await?,
        may_edit: asked.viewer.is_one_of(&ADMINISTRATORS),
    })
}

/// An administrator of every grid in which somebody has a role decides about them; nobody else.
fn must_administer<'a>(asked: &Asked, grids: impl IntoIterator<Item = &'a GridId>) -> Answer<()> {
    if !asked.viewer.is_one_of(&ADMINISTRATORS) {
        return Err(CallError::new(Code::NoRight));
    }
    grids.into_iter().try_for_each(|grid| asked.viewer.must(&ADMINISTRATORS, grid))
}

async fn administered(conn: &mut Conn, asked: &Asked, id: &PersonId) -> Answer<Person> {
    must_administer(asked, [])?;
    let person = people::person(conn, id, asked.now_ms).await?;
    let person = person.ok_or_else(|| CallError::new(Code::NotFound).with("what", id))?;
    must_administer(asked, &decided_in(conn, &person).await?)?;
    Ok(person)
}

/// The grids whose administrators decide about somebody: those of the roles that hold now; where none does, those of
/// all that they had. Else a person between two places would be anybody's, with password and tablet.
async fn decided_in(conn: &mut Conn, person: &Person) -> Answer<Vec<GridId>> {
    if !person.roles.is_empty() {
        return Ok(person.roles.iter().map(|r| r.grid.clone()).collect());
    }
    let had = people::roles(conn, &person.id).await?;
    Ok(had.into_iter().map(|held| held.role.grid).collect())
}

/// Answers [`SavePerson`].
pub async fn save_person(asked: &Asked, call: SavePerson) -> Answer<Person> {
    must_administer(asked, call.roles.iter().map(|r| &r.grid))?;
    let bad = |field: &str, why: &str| CallError::new(Code::BadInput).with("field", field).with("why", why);
    let name = call.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 40 {
        return Err(bad("name", "length"));
    }
    if call.login.as_str() == crate::app::SYSTEM {
        return Err(bad("login", "reserved"));
    }
    if call.roles.is_empty() && call.login == asked.viewer.person.id {
        return Err(bad("roles", "own"));
    }
    let password = call.password.filter(|p| !p.is_empty());
    let hash = match password {
        Some(password) => Some(auth::hash_password(&password).await?),
        None => None,
    };
    let person = Person { id: call.login, name, roles: call.roles };
    let mut write = asked.app.store.write().await?;
    // Looked at within the transaction: whoever has roles elsewhere is not this administrator's to change.
    if let Some(before) = people::person(&mut write, &person.id, asked.now_ms).await? {
        must_administer(asked, &decided_in(&mut write, &before).await?)?;
    }
    people::save(&mut write, &person, hash.as_deref(), asked.now_ms).await?;
    write.commit().await?;
    Ok(person)
}

/// Answers [`NewCode`].
pub async fn new_code(asked: &Asked, call: NewCode) -> Answer<EnrolmentCode> {
    let person = administered(&mut *asked.conn().await?, asked, &call.person).await?;
    let (code, until_ms) = auth::give_code(&asked.app, &person.id, call.approve).await?;
    let (url, fingerprint) = (asked.url.clone(), asked.app.way.fingerprint.clone());
    let line = EnrolLine { url: url.clone(), code: code.clone(), fingerprint: fingerprint.clone() }.to_string();
    let qr = qr(&line).unwrap_or_default();
    Ok(EnrolmentCode { code, until_ms, url, fingerprint, line, qr })
}

/// A line as a QR code: its side in modules, and the dark modules as the data of an SVG path, run by run.
fn qr(line: &str) -> Option<(u32, String)> {
    let code = QrCode::new(line).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (y, row) in modules.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&qrcode::Color::Dark) {
                path.push_str(&format!("M{x} {y}h{}v1h-{}z", run.len(), run.len()));
            }
            x += run.len();
        }
    }
    Some((u32::try_from(width).ok()?, path))
}

/// A tablet that this administrator decides about.
async fn administered_tablet(asked: &Asked, device: &DeviceId) -> Answer<DeviceLine> {
    must_administer(asked, [])?;
    let mut conn = asked.conn().await?;
    let missing = || CallError::new(Code::NotFound).with("what", device);
    let all = devices::lines(&mut conn).await?;
    let line = all.into_iter().find(|d| d.device == *device).ok_or_else(missing)?;
    administered(&mut conn, asked, &line.person).await?;
    Ok(line)
}

/// Answers [`Approve`].
pub async fn approve(asked: &Asked, call: Approve) -> Answer<DeviceLine> {
    let line = administered_tablet(asked, &call.device).await?;
    let mut write = asked.app.store.write().await?;
    let done = devices::approve(&mut write, &call.device, asked.now_ms).await?;
    write.commit().await?;
    if !done && !line.approved {
        return Err(CallError::new(Code::Stale));
    }
    tracing::info!(device.id = %call.device, person.id = %asked.viewer.person.id, "a device was let in");
    Ok(DeviceLine { approved: true, ..line })
}

/// Answers [`Revoke`].
pub async fn revoke(asked: &Asked, call: Revoke) -> Answer<DeviceLine> {
    let line = administered_tablet(asked, &call.device).await?;
    let mut write = asked.app.store.write().await?;
    devices::revoke(&mut write, &call.device, asked.now_ms).await?;
    write.commit().await?;
    tracing::info!(device.id = %call.device, person.id = %asked.viewer.person.id, "a device's place was taken away");
    Ok(DeviceLine { revoked: true, ..line })
}

/// Answers [`OpenEscrow`].
pub async fn open_escrow(asked: &Asked, call: OpenEscrow) -> Answer<OpenedEscrow> {
    let line = administered_tablet(asked, &call.device).await?;
    let by_whom = format!("console: {}", asked.viewer.person.id);
    let (recovery, code) = recovery::make(&asked.app, &line.device, &by_whom, true).await.map_err(|e| match e {
        RecoveryError::NoEscrow(_) => CallError::new(Code::NoEscrow),
        RecoveryError::Store(e) => e.into(),
        e @ RecoveryError::Seal(_) => CallError::new(Code::Internal).with("what", e),
    })?;
    let file = serde_json::to_string(&recovery).map_err(|e| CallError::new(Code::Internal).with("what", e))?;
    let until_ms = asked.now_ms.saturating_add(recovery::FETCHED_MS);
    Ok(OpenedEscrow { code, until_ms, file, file_name: Recovery::file_name(&line.device) })
}
