//! Bundles (`huce_core::bundle`): what a tablet could not send, as a file. First all of it is opened, then all of it is
//! taken in, as if the tablet had pushed it; what comes back are signed receipts for the tablet. Safe to repeat.

use std::{
    fs::File,
    io::{BufReader, Seek},
    path::Path,
};

use axum::body::Bytes;
use ed25519_dalek::SigningKey;
use huce_core::{
    bundle::{BundleError, EventReceipt, Manifest, Opener, Receipts, Record, SignedReceipts},
    event::SignedEvent,
    ids::{DeviceId, PhotoId},
    wire::Fate,
};
use serde::Serialize;

use crate::{
    app::App,
    intake::take_all,
    photos::PhotoError,
    store::{StoreError, devices, photos},
};

/// Why a bundle was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Nobody knows its tablet.
    #[error("nobody knows the tablet {0} here: enrol it and let it in, or restore the backup in which it is")]
    Stranger(DeviceId),
    /// The database.
    #[error("{0}; what was taken until then stays: import the bundle again")]
    Store(#[from] StoreError),
    /// The photos.
    #[error("{0}; what was taken until then stays: import the bundle again")]
    Photos(#[from] PhotoError),
    /// Reading was cut off.
    #[error("reading the bundle was cut off")]
    CutOff,
}

/// What came of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Whose it was.
    pub device: Option<DeviceId>,
    /// Events that are new here.
    pub stored: u64,
    /// Events that were here.
    pub had: u64,
    /// Events that were refused; they are kept aside.
    pub refused: u64,
    /// Photos that are here now.
    pub photos: u64,
    /// Photos that no event here names, or whose bytes are others: not taken.
    pub photos_refused: u64,
}

/// Takes a bundle in; also gives the receipts for its tablet.
///
/// # Errors
/// When it is not whole, or not for this server, or its tablet is unknown: then nothing was taken.
pub async fn import(app: &App, path: &Path) -> Result<(Taken, SignedReceipts), ImportError> {
    let keys = keys(app);
    let file = File::open(path).map_err(BundleError::from)?;
    // All of it is opened before anything counts.
    let (file, keys, manifest, signed) = blocking(move || {
        let refs: Vec<&SigningKey> = keys.iter().collect();
        let mut opener = Opener::begin(BufReader::new(&file), &refs)?;
        let Some(Record::Manifest(manifest, signed)) = opener.next_record()? else { return Err(BundleError::NoBundle) };
        let (mut events, mut photos) = (0u64, 0u64);
        while let Some(record) = opener.next_record()? {
            match record {
                Record::Events(some) => events += some.len() as u64,
                Record::Photo(..) => photos += 1,
                Record::Manifest(..) => return Err(BundleError::NoBundle),
            }
        }
        if events != manifest.events || photos > manifest.photos {
            return Err(BundleError::NoBundle);
        }
        drop(opener);
        Ok((file, keys, manifest, signed))
    })
    .await?;
    let chain =
        devices::chain(&mut *app.store.pool().acquire().await.map_err(StoreError::from)?, &manifest.device).await?;
    // One that waits to be let in hands nothing in, by no way.
    let chain =
        chain.filter(|c| !c.is_server && c.approved).ok_or_else(|| ImportError::Stranger(manifest.device.clone()))?;
    let mut file = file;
    file.rewind().map_err(BundleError::from)?;
    let refs: Vec<&SigningKey> = keys.iter().collect();
    let mut opener = Opener::begin(BufReader::new(&file), &refs)?;
    if !opener.is_from(&signed, &chain.key) {
        return Err(BundleError::NotSigned.into());
    }
    let mut taken = Taken { device: Some(manifest.device.clone()), ..Taken::default() };
    let mut receipts = Receipts {
        device: manifest.device.clone(),
        server: app.own.device.clone(),
        epoch: app.epoch(),
        now_ms: app.now_ms(),
        events: Vec::new(),
        photos: Vec::new(),
    };
    while let Some(record) = opener.next_record()? {
        match record {
            Record::Manifest(..) => {}
            Record::Events(events) => take_events(app, &manifest, events, &mut taken, &mut receipts).await?,
            Record::Photo(photo, bytes) => {
                if take_photo(app, &manifest.device, &photo, bytes.into(), &mut receipts).await? {
                    taken.photos += 1;
                } else {
                    taken.photos_refused += 1;
                }
            }
        }
    }
    let mut write = app.store.write().await?;
    devices::heard(&mut write, &manifest.device, None, app.now_ms()).await?;
    write.commit().await?;
    tracing::info!(device.id = %manifest.device, bundle.stored = taken.stored, bundle.had = taken.had, bundle.refused = taken.refused, bundle.photos = taken.photos, "a bundle was taken in");
    let signed = SignedReceipts::sign(&receipts, &app.own.key).ok_or_else(|| StoreError::damaged("receipts"))?;
    Ok((taken, signed))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BundleError> + Send + 'static,
) -> Result<T, ImportError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| ImportError::CutOff)??)
}

async fn take_events(
    app: &App,
    manifest: &Manifest,
    events: Vec<SignedEvent>,
    taken: &mut Taken,
    receipts: &mut Receipts,
) -> Result<(), ImportError> {
    let hashes: Vec<String> = events.iter().map(SignedEvent::hash).collect();
    let fates = take_all(&app.store, events, &manifest.device, false, None, app.now_ms()).await?;
    for (receipt, hash) in fates.into_iter().zip(hashes) {
        match receipt.fate {
            Fate::Stored => taken.stored += 1,
            Fate::Had | Fate::Held => taken.had += 1,
            Fate::Refused { .. } => taken.refused += 1,
        }
        if let Some(event) = receipt.event.filter(|event| event.device == manifest.device) {
            receipts.events.push(EventReceipt { event, hash, fate: receipt.fate });
        }
    }
    Ok(())
}

/// Takes a photo that an event of this device names. False when there is none, or the bytes are others.
async fn take_photo(
    app: &App,
    device: &DeviceId,
    photo: &PhotoId,
    bytes: Bytes,
    receipts: &mut Receipts,
) -> Result<bool, ImportError> {
    let (_, by) = photos::named(&mut *app.store.pool().acquire().await.map_err(StoreError::from)?, photo).await?;
    let len = bytes.len() as u64;
    if !by.contains(device) || !crate::photos::Photos::is_hash(photo) || !app.photos.keep(photo, bytes).await? {
        return Ok(false);
    }
    let now_ms = app.now_ms();
    let mut write = app.store.write().await?;
    photos::begin(&mut write, photo, len, device, now_ms).await?;
    photos::complete(&mut write, photo, len, now_ms).await?;
    write.commit().await?;
    receipts.photos.push((photo.clone(), len));
    Ok(true)
}

/// The keys that open bundles here: the server's, and the one of the server from whose backup this one was restored.
fn keys(app: &App) -> Vec<SigningKey> {
    let mut keys = vec![app.own.key.clone()];
    if let Ok(text) = std::fs::read_to_string(app.data.join("server.key.restored")) {
        let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).ok();
        let bytes: Option<[u8; 32]> = bytes.and_then(|b| b.try_into().ok());
        keys.extend(bytes.map(|b| SigningKey::from_bytes(&b)));
    }
    keys
}
