//! Does one step of a sync, with the network and the tablet, and says what became of it. Whatever a step keeps on the
//! tablet is kept before the state machine hears of it, so a sync may be stopped between any two steps.

use data_encoding::BASE64URL_NOPAD;
use huce_core::{
    ids::{EventId, GridId},
    ipc::{CallError, Code},
    photo::PHOTO_CHUNK_BYTES,
    wire::{
        Challenge, DeviceKey, Fate, MAX_PULL_EVENTS, MAX_PUSH_EVENTS, Missing, PhotoReceipt, Profile, Pulled, PushAsk,
        Pushed, Receipt, Refusal, Token, TokenAsk, token_text,
    },
};

use super::{
    error::SyncError,
    http::Http,
    run::{Got, Next},
};
use crate::{
    Device,
    device::{OnUnknown, Taken, WaitingPhoto},
};

/// The most bytes of payload in one push: a broken line costs no more than this.
const MAX_PUSH_BYTES: usize = 2 * 1024 * 1024;

/// The most bytes of a form's workbook.
const MAX_FORM_BYTES: usize = 16 * 1024 * 1024;

/// Does the step.
pub(super) async fn act(device: &Device, http: &Http, next: &Next) -> Got {
    match one(device, http, next).await {
        Ok(got) => got,
        Err(e) => Got::Failed(e),
    }
}

async fn one(device: &Device, http: &Http, next: &Next) -> Result<Got, SyncError> {
    match next {
        Next::Pause(ms) => {
            http.pause(*ms).await;
            Ok(Got::Failed(SyncError::Stopped))
        }
        Next::Challenge => challenge(device, http).await,
        Next::Token(nonce) => token(device, http, nonce).await,
        Next::Profile => profile(device, http).await,
        Next::Form(hash) => form(device, http, hash).await,
        Next::Push => push(device, http).await,
        Next::SendAgain => {
            device.edit_book(|book| book.relay = true)?;
            device.wait_again()?;
            Ok(Got::SentAgain { waiting: device.waiting_counts().0 })
        }
        Next::Relay(after) => relay(device, http, after.as_ref()).await,
        Next::Grant(grids) => {
            let gone = device.grant(&grids.iter().cloned().collect())?;
            if gone > 0 {
                tracing::info!(events = gone, "sync.grids_left");
            }
            device.take_aside()?;
            Ok(Got::Granted)
        }
        Next::Pull { grid, unknown } => pull(device, http, grid, *unknown).await,
        Next::PullAgain(grid) => {
            device.reset_cursor(grid)?;
            Ok(Got::PulledAgain)
        }
        Next::Photos => {
            if device.photo_rule().waits {
                return Ok(Got::Photos(Vec::new()));
            }
            // A photo of an event that was saved meanwhile goes with the next sync: events first.
            let unsent = |p: &WaitingPhoto| device.is_unsent(&EventId { device: device.id().clone(), seq: p.seq });
            let held = |p: &WaitingPhoto| http.is_hub() && device.is_held(p.seq);
            let said = |p: &WaitingPhoto| http.is_hub() && device.is_photo_said(&p.photo);
            let goes = |p: &WaitingPhoto| (!unsent(p) || held(p)) && !said(p);
            Ok(Got::Photos(device.waiting_photos().into_iter().filter(goes).collect()))
        }
        Next::Missing(photo) => missing(device, http, photo).await,
        Next::Chunk(photo, n) => chunk(device, http, photo, *n).await,
        Next::Commit(photo) => commit(device, http, photo).await,
        Next::Over(_) => Ok(Got::Failed(SyncError::Stopped)),
    }
}

async fn challenge(device: &Device, http: &Http) -> Result<Got, SyncError> {
    let asked_ms = device.now_ms();
    let Challenge { nonce, now_ms, hub } = http.get("/v1/challenge").await?;
    let nonce = match (http.is_hub(), hub) {
        (false, None) => nonce,
        (true, Some(hub)) => token_text(Some(&hub), &nonce),
        (true, None) => return Err(SyncError::NotHuce("a server, not a hub".to_owned())),
        (false, Some(_)) => return Err(SyncError::NotHuce("a depot hub, not the server".to_owned())),
    };
    // The server looked at its clock between asking and hearing: the middle is off by half the way at most.
    let here_ms = asked_ms.midpoint(device.now_ms());
    device.edit_book(|book| book.offset_ms = Some(steady(book.offset_ms, now_ms.saturating_sub(here_ms))))?;
    Ok(Got::Challenge(nonce))
}

/// Small changes of the offset are the network's, not the clock's: the book is not rewritten for them.
fn steady(before: Option<i64>, measured: i64) -> i64 {
    before.filter(|before| before.abs_diff(measured) < 100).unwrap_or(measured)
}

async fn token(device: &Device, http: &Http, nonce: &str) -> Result<Got, SyncError> {
    let text = if http.is_hub() { nonce.to_owned() } else { token_text(None, nonce) };
    let sig = BASE64URL_NOPAD.encode(&device.sign(text.as_bytes()));
    // At a hub the nonce is the text's end.
    let nonce = nonce.rsplit(':').next().unwrap_or_default();
    let ask = TokenAsk {
        device: device.id().clone(),
        nonce: nonce.to_owned(),
        sig,
        now_ms: Some(device.now_ms()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
    };
    let Token { token, revoked, epoch, server, as_of_ms, .. } = http.post("/v1/token", &ask).await?;
    http.set_token(token);
    if !http.is_hub() {
        device.forget_said()?;
    }
    let book = device.book();
    if book.waiting {
        device.edit_book(|book| book.waiting = false)?;
    }
    match (epoch, book.epoch) {
        (Some(epoch), Some(before)) if http.is_hub() && epoch < before => http.set_behind(true),
        (Some(epoch), _) => {
            http.set_behind(false);
            // A restored server has another key: bundles and the data key are sealed to it from now on.
            if let Some(DeviceKey { device: id, key }) = server.filter(|_| !http.is_hub() && Some(epoch) != book.epoch)
            {
                device.edit_book(|book| book.server = Some((id, key)))?;
            }
            device.note_epoch(epoch)?;
        }
        (None, _) => {}
    }
    if !revoked {
        return Ok(Got::Token);
    }
    if http.is_hub() && as_of_ms < book.profile_ms {
        // The place that a hub knows as taken away was perhaps given back since.
        return Err(SyncError::Offline("the hub knows less than this tablet".to_owned()));
    }
    // Others may have handed on meanwhile what was refused from this tablet; then its photos are welcome, too.
    device.retry_refused()?;
    Ok(Got::HandIn { waiting: device.waiting_counts().0 })
}

async fn profile(device: &Device, http: &Http) -> Result<Got, SyncError> {
    let mut profile: Profile = http.get("/v1/profile").await?;
    let heard_ms = Some(profile.now_ms);
    match device.profile() {
        Some(known) if http.is_hub() && (http.is_behind() || heard_ms < device.book().profile_ms) => profile = known,
        _ if http.is_hub() => device.edit_book(|book| book.profile_ms = heard_ms)?,
        _ => {
            device.note_epoch(profile.epoch)?;
            device.edit_book(|book| book.profile_ms = heard_ms)?;
        }
    }
    if http.is_hub() {
        // Only the server knows of backups.
        profile.covered = device.profile().and_then(|known| known.covered);
    }
    let grids = profile.grids.iter().map(|g| g.id.clone()).collect();
    let forms = profile.forms.iter().map(|f| f.hash.clone()).filter(|hash| !device.has_form(hash)).collect();
    // `now_ms` is of each reply: without it an unchanged profile stays unchanged.
    let before = device.profile();
    let same = before.as_ref().is_some_and(|b| Profile { now_ms: b.now_ms, ..profile.clone() } == *b);
    let epoch = profile.epoch;
    if !same {
        device.set_profile(profile)?;
    }
    if !http.is_hub() {
        hand_in_escrow(device, http, epoch).await?;
    }
    Ok(Got::Profile { grids, forms, waiting: device.waiting_counts().0 })
}

/// The data key, sealed to the server, for the day on which the PIN is forgotten. Once for each escrow and epoch.
async fn hand_in_escrow(device: &Device, http: &Http, epoch: u64) -> Result<(), SyncError> {
    let Some(escrow) = device.escrow() else { return Ok(()) };
    let text = serde_json::to_vec(&escrow).map_err(|e| CallError::new(Code::Internal).with("what", e));
    let mark = (blake3::hash(&text.map_err(SyncError::Local)?).to_hex().to_string(), epoch);
    if device.book().escrowed.as_ref() == Some(&mark) {
        return Ok(());
    }
    match http.post::<serde_json::Value>("/v1/escrow", &escrow).await {
        // A server of an earlier version keeps none, or it is not this server's: nothing else waits for it.
        Err(SyncError::Refused { status: 400 | 404 | 405, code, .. }) => {
            tracing::info!(code, "sync.escrow_not_taken");
            Ok(())
        }
        Err(e) => Err(e),
        Ok(_) => Ok(device.edit_book(|book| book.escrowed = Some(mark))?),
    }
}

async fn form(device: &Device, http: &Http, hash: &str) -> Result<Got, SyncError> {
    let bytes = http.bytes(&format!("/v1/forms/{hash}"), MAX_FORM_BYTES).await?;
    match device.keep_form(hash, &bytes) {
        Ok(true) => Ok(Got::Form),
        Ok(false) => Err(SyncError::NotHuce("a form whose hash does not fit".to_owned())),
        Err(e) => Err(crate::DeviceError::Io(e).into()),
    }
}

async fn push(device: &Device, http: &Http) -> Result<Got, SyncError> {
    let mut events = match http.is_hub() {
        true => device.waiting_beyond_hub(MAX_PUSH_EVENTS)?,
        false => device.waiting_events(MAX_PUSH_EVENTS)?,
    };
    let mut bytes = 0;
    let fits = events.iter().take_while(|e| {
        bytes += e.payload.get().len();
        bytes <= MAX_PUSH_BYTES
    });
    let count = fits.count().max(1);
    events.truncate(count);
    if events.is_empty() {
        return Ok(Got::Pushed { confirmed: 0, held: 0, refused: 0, gaps: 0, left: 0 });
    }
    let ids: Vec<Option<EventId>> = events.iter().map(|e| e.event().ok().map(|e| e.id())).collect();
    let (waiting, photos, _) = device.waiting_counts();
    let ask = PushAsk { unsent: (waiting.saturating_sub(events.len() as u64), photos), events, by_owners: false };
    let Pushed { receipts, .. } = http.post("/v1/push", &ask).await?;
    let receipts = match_receipts(&ids, receipts)?;
    if !http.is_hub() && receipts.iter().any(|r| r.fate == Fate::Held) {
        return Err(SyncError::NotHuce("a depot hub, not the server".to_owned()));
    }
    if http.is_hub() { device.hub_said(&receipts) } else { device.confirm(&receipts) }?;
    let count = |fits: fn(&Fate) -> bool| receipts.iter().filter(|r| fits(&r.fate)).count() as u64;
    let gaps = count(|f| matches!(f, Fate::Refused { code: Refusal::Gap }));
    let confirmed = count(|f| matches!(f, Fate::Stored | Fate::Had));
    let held = count(|f| matches!(f, Fate::Held));
    let refused = receipts.len() as u64 - gaps - confirmed - held;
    let kept = if http.is_hub() { device.held_counts().0 } else { 0 };
    Ok(Got::Pushed { confirmed, held, refused, gaps, left: device.waiting_counts().0.saturating_sub(kept) })
}

/// What the server answers to these is not ours to act on: what it lacks and may take, it takes.
async fn relay(device: &Device, http: &Http, after: Option<&EventId>) -> Result<Got, SyncError> {
    let book = device.book();
    // A hub may be lost with what it was given: the server still gets it from this tablet.
    if !book.relay || (http.is_hub() && (http.is_behind() || book.hub_relayed == book.epoch)) {
        return Ok(Got::Relayed(None));
    }
    let events = device.others_events(after, MAX_PUSH_EVENTS)?;
    let until = events.last().and_then(|signed| signed.event().ok()).map(|event| event.id());
    if until.is_none() {
        device.edit_book(|book| match http.is_hub() {
            true => book.hub_relayed = book.epoch,
            false => book.relay = false,
        })?;
        return Ok(Got::Relayed(None));
    }
    let (waiting, photos, _) = device.waiting_counts();
    let ids: Vec<Option<EventId>> = events.iter().map(|e| e.event().ok().map(|e| e.id())).collect();
    let ask = PushAsk { unsent: (waiting, photos), events, by_owners: false };
    let Pushed { receipts, .. } = http.post("/v1/push", &ask).await?;
    match_receipts(&ids, receipts)?;
    Ok(Got::Relayed(until))
}

/// Receipts count only one by one, each for the event that was sent in its place.
fn match_receipts(sent: &[Option<EventId>], receipts: Vec<Receipt>) -> Result<Vec<Receipt>, SyncError> {
    if receipts.len() != sent.len() {
        return Err(SyncError::NotHuce("receipts of other events".to_owned()));
    }
    let matched = sent.iter().zip(receipts).map(|(sent, receipt)| match (&receipt.event, &receipt.fate) {
        (Some(event), _) if Some(event) == sent.as_ref() => Ok(receipt),
        (None, Fate::Refused { .. }) => Ok(Receipt { event: sent.clone(), fate: receipt.fate }),
        _ => Err(SyncError::NotHuce("a receipt of another event".to_owned())),
    });
    matched.collect()
}

async fn pull(device: &Device, http: &Http, grid: &GridId, unknown: OnUnknown) -> Result<Got, SyncError> {
    let from = device.cursor(grid)?.next;
    let grid_text = percent(grid.as_str());
    let path = format!("/v1/pull?grid={grid_text}&after={from}&limit={MAX_PULL_EVENTS}");
    let here = Got::Pulled { from, next: from, head: from, new: 0, agrees: Some(true) };
    if http.is_behind() {
        return Ok(here);
    }
    let page: Pulled = match http.get(&path).await {
        // A grid that this hub does not carry.
        Err(SyncError::Refused { status: 403, code, .. }) if http.is_hub() && code == "no_right" => return Ok(here),
        page => page?,
    };
    if http.is_hub() && (page.head < from || Some(page.epoch) != device.book().epoch) {
        // It has not heard yet what this tablet knows from the server.
        return Ok(here);
    }
    if page.head < from {
        return Ok(Got::Pulled { from, next: from, head: page.head, new: 0, agrees: None });
    }
    let mut new = 0;
    if !page.events.is_empty() {
        match device.take_pulled(&page.events, grid, page.next, unknown)? {
            Taken::Stored { new: stored, aside } => {
                new = stored as u64;
                for (pos, why) in aside {
                    tracing::warn!(grid.id = %grid, event.pos = pos, why, "sync.event_aside");
                }
            }
            Taken::UnknownKeys(devices) => {
                tracing::info!(grid.id = %grid, devices = devices.len(), "sync.unknown_keys");
                return Ok(Got::UnknownKeys);
            }
        }
    }
    let cursor = device.cursor(grid)?;
    let agrees = (cursor.next >= page.head).then(|| cursor.digest == page.digest);
    Ok(Got::Pulled { from, next: cursor.next, head: page.head, new, agrees })
}

fn percent(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

async fn missing(device: &Device, http: &Http, photo: &WaitingPhoto) -> Result<Got, SyncError> {
    let reply: Missing = match http.get(&format!("/v1/photos/{}/missing?bytes={}", photo.photo, photo.bytes)).await {
        // Its event went to the server directly.
        Err(SyncError::Refused { status: 404, .. }) if http.is_hub() => return Ok(Got::NotThere),
        reply => reply?,
    };
    if reply.held {
        device.photo_held(&photo.photo);
        return Ok(Got::Held);
    }
    if reply.complete && http.is_hub() {
        device.hub_said_photo(&photo.photo)?;
    } else if reply.complete {
        device.photo_sent(&PhotoReceipt { photo: photo.photo.clone(), bytes: photo.bytes, held: false })?;
    }
    Ok(Got::Missing { complete: reply.complete, chunks: reply.chunks })
}

async fn chunk(device: &Device, http: &Http, photo: &WaitingPhoto, n: u32) -> Result<Got, SyncError> {
    let file = device.files().chunks(&photo.photo).map_err(crate::DeviceError::from)?;
    let Some(chunks) = file.whole() else {
        return Ok(Got::PhotoFailed("its bytes are damaged or gone on the tablet".to_owned()));
    };
    debug_assert!(chunks.get(0).is_none_or(|c| c.len() <= PHOTO_CHUNK_BYTES));
    let Some(bytes) = chunks.get(n as usize) else {
        return Err(SyncError::NotHuce("a chunk that the photo does not have".to_owned()));
    };
    let began_ms = device.now_ms();
    let sent = bytes.len() as u64;
    http.put(&format!("/v1/photos/{}/chunks/{n}", photo.photo), bytes.to_vec()).await?;
    if let Some(limit) = device.photo_limit() {
        // A clock that is set meanwhile makes it one pause of full length at most.
        let due_ms = sent / u64::from(limit.max(1));
        let took_ms = u64::try_from(device.now_ms().saturating_sub(began_ms)).unwrap_or(0);
        http.pause(due_ms.saturating_sub(took_ms)).await;
    }
    Ok(Got::Chunk)
}

async fn commit(device: &Device, http: &Http, photo: &WaitingPhoto) -> Result<Got, SyncError> {
    let path = format!("/v1/photos/{}/commit", photo.photo);
    let receipt = match http.post::<PhotoReceipt>(&path, &serde_json::json!({})).await {
        Err(SyncError::Refused { status: 409, code, .. }) => return Ok(Got::PhotoFailed(code)),
        receipt => receipt?,
    };
    // Only a receipt that names this hash, and all of its bytes, is one.
    if receipt.photo != photo.photo || receipt.bytes != photo.bytes {
        return Ok(Got::PhotoFailed("the receipt names another photo".to_owned()));
    }
    if receipt.held {
        device.photo_held(&photo.photo);
        return Ok(Got::Held);
    }
    if http.is_hub() { device.hub_said_photo(&photo.photo) } else { device.photo_sent(&receipt) }?;
    Ok(Got::Committed)
}

/// A tablet that has no server yet.
pub(super) fn not_enrolled() -> SyncError {
    SyncError::Local(CallError::new(Code::NotEnrolled))
}
