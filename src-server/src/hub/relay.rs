//! One pass of a hub: the server's book, what waits in the tray, the streams of its grids, photos. Every step is safe to
//! repeat, and what it keeps is durable before the next begins: a hub may be cut off anywhere.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use huce_core::{
    hub::HubBook,
    ids::{GridId, PhotoId},
    wire::{Fate, MAX_PULL_EVENTS, MAX_PUSH_EVENTS, Missing, PhotoReceipt, Pulled, PushAsk, Pushed},
};

use super::{
    AS_OF, BOOK, EPOCH, Hub, OFFSET, SCOPE, tray,
    up::{Session, Up, UpError},
};
use crate::{
    app::App,
    photos::chunk_len,
    store::{
        self, StoreError, Write, carried,
        forms::{self, Published},
        hub, meta, photos, stream,
    },
};

/// Between two passes that went well.
const PAUSE: Duration = Duration::from_secs(20);
/// After something was handed in: several batches of one tablet go together.
const GATHER: Duration = Duration::from_secs(1);
/// After the first pass that failed; it doubles.
const FAILED: Duration = Duration::from_secs(5);
/// What the server has is remembered so long, where no stream says it.
const REMEMBER_MS: i64 = 30 * 86_400_000;
/// The most bytes of payload in one push.
const MAX_PUSH_BYTES: usize = 4 * 1024 * 1024;

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Events that the server has now.
    pub pushed: u64,
    /// Events that it refused.
    pub refused: u64,
    /// Events that came.
    pub pulled: u64,
    /// Photos that the server has now.
    pub photos: u64,
}

/// Passes again and again, until it is dropped.
pub async fn run(app: App, up: Arc<dyn Up>) {
    let mut failures = 0u32;
    loop {
        match pass(&app, up.as_ref()).await {
            Ok(passed) => {
                failures = 0;
                if passed != Passed::default() {
                    let Passed { pushed, refused, pulled, photos } = passed;
                    tracing::info!(
                        hub.pushed = pushed,
                        hub.refused = refused,
                        hub.pulled = pulled,
                        hub.photos = photos,
                        "relayed"
                    );
                }
            }
            Err(e) => {
                failures = failures.saturating_add(1);
                tracing::warn!(error = %e, hub.failures = failures, "hub.pass_failed");
            }
        }
        let pause =
            if failures == 0 { PAUSE } else { (FAILED * 2u32.saturating_pow(failures.min(5) - 1)).min(PAUSE * 3) };
        let woken = async {
            match &app.hub {
                Some(hub) if failures == 0 => hub.wake.notified().await,
                _ => std::future::pending().await,
            }
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            () = woken => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One pass.
///
/// # Errors
/// Why it ended early. What was handed on and taken over until then stays.
pub async fn pass(app: &App, up: &dyn Up) -> Result<Passed, UpError> {
    let Some(here) = &app.hub else { return Err(UpError::NotAHub) };
    let mut session = Session::new(up);
    let (offset_ms, token) = session.sign_in(app).await?;
    let mut passed = Passed::default();
    if token.revoked {
        forget_all(app, here).await?;
    } else {
        let book: HubBook = session.get("/v1/hub/book").await?;
        for form in &book.forms {
            take_form(app, &session, &form.hash).await?;
        }
        take_book(app, here, &book, offset_ms).await?;
    }
    push(app, &session, true, &mut passed).await?;
    push(app, &session, false, &mut passed).await?;
    if !token.revoked {
        for grid in scope(app).await? {
            pull(app, here, &session, &grid, &mut passed).await?;
        }
    }
    let now_ms = app.now_ms();
    let mut write = app.store.write().await?;
    hub::tidy(&mut write, now_ms.saturating_sub(REMEMBER_MS)).await?;
    write.commit().await?;
    let waiting = hub::waiting_photos(&mut *conn(app).await?).await?;
    for (photo, bytes) in waiting {
        passed.photos += u64::from(send_photo(app, &session, &photo, bytes).await?);
    }
    Ok(passed)
}

async fn conn(app: &App) -> Result<sqlx::pool::PoolConnection<store::Db>, StoreError> {
    Ok(app.store.pool().acquire().await?)
}

async fn scope(app: &App) -> Result<Vec<GridId>, StoreError> {
    let text = app.store.meta(SCOPE).await?.unwrap_or_else(|| "[]".to_owned());
    serde_json::from_str(&text).map_err(|_| StoreError::damaged("the scope"))
}

async fn take_form(app: &App, session: &Session<'_>, hash: &str) -> Result<(), UpError> {
    if forms::bytes(&mut *conn(app).await?, hash).await?.is_some() {
        return Ok(());
    }
    let bytes = session.bytes(&format!("/v1/forms/{hash}")).await?;
    if blake3::hash(&bytes).to_hex().as_str() != hash {
        return Err(UpError::NotHuce("a form whose hash does not fit".to_owned()));
    }
    let id = huce_core::ids::FormId::new(hash).map_err(|_| UpError::NotHuce("a form's hash".to_owned()))?;
    let mut write = app.store.write().await?;
    // Named by its hash: what tablets are told of forms stands in their profiles.
    let published = Published { form: &id, version: None, title: ("", ""), bytes: &bytes, by: None };
    forms::publish(&mut write, published, app.now_ms()).await?;
    write.commit().await?;
    Ok(())
}

/// Takes the book over. What a restored server lost waits in the tray then.
async fn take_book(app: &App, here: &Hub, book: &HubBook, offset_ms: i64) -> Result<(), UpError> {
    let mut same = book.clone();
    same.now_ms = 0;
    same.people.iter_mut().for_each(|p| p.profile.now_ms = 0);
    let text = serde_json::to_vec(&same).map_err(|e| UpError::NotHuce(e.to_string()))?;
    let hash = blake3::hash(&text).to_hex().to_string();
    let scope: Vec<&GridId> = book.scope.iter().map(|g| &g.id).collect();
    let scope = serde_json::to_string(&scope).map_err(|e| UpError::NotHuce(e.to_string()))?;
    let is_new = app.store.meta(BOOK).await?.as_deref() != Some(hash.as_str());
    let is_restored = here.epoch() != 0 && here.epoch() != book.epoch;
    let mut write = app.store.write().await?;
    if is_restored {
        tracing::warn!("the server was restored: everything that is here is handed in again");
        hub::start_over(&mut write, book.now_ms).await?;
    }
    if is_new {
        hub::save_book(&mut write, book, &app.own.device).await?;
        hub::retry_refused(&mut write).await?;
    }
    for (name, value) in [
        (EPOCH, book.epoch.to_string()),
        (AS_OF, book.now_ms.to_string()),
        (OFFSET, offset_ms.to_string()),
        (SCOPE, scope),
        (BOOK, hash),
    ] {
        meta::set(&mut write, name, &value).await?;
    }
    write.commit().await?;
    here.epoch.store(book.epoch, Ordering::SeqCst);
    here.as_of_ms.store(book.now_ms, Ordering::SeqCst);
    here.offset_ms.store(offset_ms, Ordering::SeqCst);
    Ok(())
}

/// The hub's place was taken away: what it has of the server's goes; what waits in the tray is still handed in.
async fn forget_all(app: &App, here: &Hub) -> Result<(), UpError> {
    let nothing = HubBook {
        now_ms: app.now_ms(),
        epoch: here.epoch(),
        scope: Vec::new(),
        above: Vec::new(),
        people: Vec::new(),
        devices: Vec::new(),
        forms: Vec::new(),
    };
    take_book(app, here, &nothing, here.offset_ms()).await
}

/// Hands on what waits: what devices brought themselves, or what others handed on.
async fn push(app: &App, session: &Session<'_>, own: bool, passed: &mut Passed) -> Result<(), UpError> {
    let mut after = None;
    loop {
        let mut batch = hub::waiting(&mut *conn(app).await?, own, after.as_ref(), MAX_PUSH_EVENTS).await?;
        let mut bytes = 0;
        let fits = batch.iter().take_while(|held| {
            bytes += held.signed.payload.get().len();
            bytes <= MAX_PUSH_BYTES
        });
        let count = fits.count().max(1);
        batch.truncate(count);
        let Some(last) = batch.last() else { return Ok(()) };
        after = Some(last.place.clone());
        let (events, photos) = left(app).await?;
        let ask = PushAsk {
            unsent: (events.saturating_sub(batch.len() as u64), photos),
            events: batch.iter().map(|held| held.signed.clone()).collect(),
            by_owners: own,
        };
        let Pushed { receipts, .. } = session.post("/v1/push", &ask).await?;
        if receipts.len() != batch.len() {
            return Err(UpError::NotHuce("receipts of other events".to_owned()));
        }
        let mut write = app.store.write().await?;
        for (held, receipt) in batch.iter().zip(&receipts) {
            // A receipt counts only for the event that was sent in its place.
            let named =
                receipt.event.as_ref().is_none_or(|id| id.device.as_str() == held.place.0 && id.seq == held.place.1);
            let taken = matches!(receipt.fate, Fate::Stored | Fate::Had);
            if !named || (taken && receipt.event.is_none()) {
                return Err(UpError::NotHuce("a receipt of another event".to_owned()));
            }
            hub::answered(&mut write, &held.place, receipt).await?;
            passed.pushed += u64::from(taken);
            passed.refused += u64::from(matches!(receipt.fate, Fate::Refused { .. }));
        }
        write.commit().await?;
    }
}

async fn left(app: &App) -> Result<(u64, u64), StoreError> {
    let mut conn = conn(app).await?;
    Ok((hub::waiting_count(&mut conn).await?, hub::waiting_photos(&mut conn).await?.len() as u64))
}

/// Takes a grid's stream over, with the server's positions.
async fn pull(app: &App, here: &Hub, session: &Session<'_>, grid: &GridId, passed: &mut Passed) -> Result<(), UpError> {
    loop {
        let head = stream::head(&mut *conn(app).await?, grid).await?;
        let encoded = percent_encoding::utf8_percent_encode(grid.as_str(), percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/v1/pull?grid={encoded}&after={}&limit={MAX_PULL_EVENTS}", head.pos);
        let page: Pulled = session.get(&path).await?;
        if page.epoch != here.epoch() {
            return Err(UpError::Again);
        }
        let differs = page.head < head.pos || (page.head == head.pos && page.digest != head.digest);
        if differs {
            // Restored without our noticing, or damage here: everything is handed in, and taken over, anew.
            tracing::warn!(grid.id = %grid, "the server's stream is another one: it is taken over anew");
            let mut write = app.store.write().await?;
            hub::start_over(&mut write, app.now_ms()).await?;
            write.commit().await?;
            return Err(UpError::Again);
        }
        if page.events.is_empty() {
            return Ok(());
        }
        passed.pulled += page.events.len() as u64;
        let mut write = app.store.write().await?;
        keep(&mut write, grid, head, &page, app.now_ms()).await?;
        write.commit().await?;
        // And once more: the digest is of everything up to the head.
    }
}

async fn keep(
    write: &mut Write,
    grid: &GridId,
    mut head: stream::Head,
    page: &Pulled,
    now_ms: i64,
) -> Result<(), UpError> {
    let mut read = Vec::with_capacity(page.events.len());
    for (event, pos) in page.events.iter().zip(head.pos + 1..) {
        let unreadable =
            || UpError::NotHuce("an event that this version cannot read: bring the hub up to date".to_owned());
        if event.pos != pos {
            return Err(UpError::NotHuce("a page with gaps".to_owned()));
        }
        read.push((event.event.event().map_err(|_| unreadable())?, event.event.hash(), &event.event, pos));
    }
    let rows: Vec<_> =
        read.iter().map(|(event, hash, signed, pos)| stream::NewEvent { event, signed, hash, pos: *pos }).collect();
    stream::lock_heads(write, [grid]).await?;
    // What was signed for another grid is carried in this one's stream.
    let (own, carried): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.event.grid == *grid);
    let carried_rows: Vec<_> = carried
        .iter()
        .filter_map(|row| Some((row.pos, carried::Carried::of(row.event, row.signed, row.hash)?)))
        .collect();
    if carried_rows.len() != carried.len() {
        return Err(UpError::NotHuce("an event of another grid that is about no household".to_owned()));
    }
    stream::append(write, &own, now_ms).await?;
    carried::add(write, grid, &carried_rows).await?;
    let mut rows: Vec<_> = own.into_iter().chain(carried).collect();
    rows.sort_by_key(|row| row.pos);
    for row in &rows {
        head.pos = row.pos;
        head.digest.add(row.hash);
        tray::name_photos(write, row.signed, Some(grid)).await?;
    }
    stream::save_head(write, grid, &head).await?;
    Ok(())
}

/// Sends a photo. True when the server has it now; then its bytes need not be here any more.
async fn send_photo(app: &App, session: &Session<'_>, photo: &PhotoId, bytes: u64) -> Result<bool, UpError> {
    match offer(app, session, photo, bytes).await {
        Ok(true) => {}
        // Its event is not there (yet), or was refused: it stays.
        Err(UpError::Refused { status: 400..=499, code }) if code != "signed_out" => {
            tracing::info!(photo.id = %photo, code, "hub.photo_waits");
            return Ok(false);
        }
        other => return other,
    }
    let mut write = app.store.write().await?;
    hub::photo_is_there(&mut write, photo).await?;
    write.commit().await?;
    app.photos.forget(photo).await?;
    Ok(true)
}

async fn offer(app: &App, session: &Session<'_>, photo: &PhotoId, bytes: u64) -> Result<bool, UpError> {
    let missing: Missing = session.get(&format!("/v1/photos/{photo}/missing?bytes={bytes}")).await?;
    if missing.complete {
        return Ok(true);
    }
    let Some(whole) = app.photos.read(photo).await?.filter(|b| b.len() as u64 == bytes) else {
        tracing::error!(photo.id = %photo, "a held photo is gone or damaged: it is asked for again");
        let mut write = app.store.write().await?;
        photos::lost(&mut write, photo).await?;
        write.commit().await?;
        app.photos.forget(photo).await?;
        return Ok(false);
    };
    for n in missing.chunks {
        let from = n as usize * huce_core::photo::PHOTO_CHUNK_BYTES;
        let len = chunk_len(bytes, n).and_then(|len| usize::try_from(len).ok());
        let chunk = len.and_then(|len| whole.get(from..from + len));
        let chunk = chunk.ok_or_else(|| UpError::NotHuce("a chunk that the photo does not have".to_owned()))?;
        session.put(&format!("/v1/photos/{photo}/chunks/{n}"), chunk.to_vec()).await?;
    }
    let receipt: PhotoReceipt = session.post(&format!("/v1/photos/{photo}/commit"), &serde_json::json!({})).await?;
    Ok(receipt.photo == *photo && receipt.bytes == bytes && !receipt.held)
}
